# How often a transaction waits for nodes: what goes over the connections to two workers passes through a proxy that
# holds back answers for a moment, so that the order in which messages go out and answers come is certain.
use strict;
use warnings;

use DistshardCluster;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Proxy;
use Test::More;
use Time::HiRes qw(sleep time);

my $cluster = DistshardCluster->new(workers => 2, conf => "distshard.recovery_interval = 1h\n");
my $coordinator = $cluster->coordinator;
my $db = 'postgres';

$coordinator->safe_psql($db, q{
	CREATE TABLE t (k int PRIMARY KEY, v int);
	SELECT create_distributed_table('t', 'k', shard_count => 6);
	INSERT INTO t SELECT i, 0 FROM generate_series(1, 100) i;
	CREATE VIEW shown AS SELECT k FROM t;
	CREATE TABLE own (v int);
	CREATE TABLE stamped (k int PRIMARY KEY, v int, n int);
	CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.n := NEW.v; RETURN NEW; END';
	CREATE TABLE watched (k int, v int);
	SELECT create_distributed_table('watched', 'k', colocate_with => 't');
	INSERT INTO watched SELECT k, 1 FROM t;
	CREATE FUNCTION watch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
	CREATE TRIGGER watch AFTER UPDATE ON watched FOR EACH ROW WHEN (NEW.v > 0) EXECUTE FUNCTION watch();
	CREATE TRIGGER stamp BEFORE UPDATE ON stamped FOR EACH ROW EXECUTE FUNCTION stamp();
	SELECT create_distributed_table('stamped', 'k', colocate_with => 't');
	CREATE TABLE many (k int, v int);
	SELECT create_distributed_table('many', 'k', colocate_with => 't');
	CREATE TABLE everywhere (k int, v int);
	SELECT create_reference_table('everywhere');
	CREATE TABLE late (k int, v int);
	SELECT create_distributed_table('late', 'k', colocate_with => 't');
	INSERT INTO late SELECT k, 1 FROM t;
	CREATE CONSTRAINT TRIGGER watch AFTER UPDATE ON late DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.v > 0) EXECUTE FUNCTION watch();
	CREATE TABLE checked (k int PRIMARY KEY, v int);
	CREATE TABLE most (v int);
	INSERT INTO most VALUES (1000);
	CREATE FUNCTION check_most() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF NEW.v > (SELECT v FROM most) THEN RETURN NULL; END IF; RETURN NEW; END';
	CREATE TRIGGER check_most BEFORE UPDATE ON checked FOR EACH ROW EXECUTE FUNCTION check_most();
	SELECT create_distributed_table('checked', 'k', colocate_with => 't');
	INSERT INTO checked SELECT k, v FROM t;
	INSERT INTO stamped SELECT k, v FROM t;
});
my %key = $cluster->key_on_each_node('t');

# Rows for all nodes, first of each few, then more.
my $rows = join ', ', map { "($key{$_}, 1)" } 1 .. 3;
my $folder = PostgreSQL::Test::Utils::tempdir_short();
append_to_file("$folder/rows", join '', map { "$key{$_}\t1\n" } 1 .. 3);

# A line for each message or several that came at once: the node, and whether it is sent or answers.
my $trace = PostgreSQL::Test::Utils::tempdir_short() . '/trace';
append_to_file($trace, '');
my $proxy = Proxy->new($cluster, nodes => [ 2, 3 ], hold_back => 0.05, message => sub { append_to_file($trace, "$_[0] $_[1]\n") });

# Waits for answers that nobody else waits for: what was sent has been done, and answered.
sub settle
{
	foreach my $worker ($cluster->workers)
	{
		$worker->poll_query_until($db, q{
			SELECT NOT EXISTS (SELECT FROM pg_prepared_xacts) AND NOT EXISTS (
				SELECT FROM pg_stat_activity WHERE application_name LIKE 'distshard:%' AND state <> 'idle')})
		  or die 'a transaction does not end';
	}
	my $until = time + $PostgreSQL::Test::Utils::timeout_default;
	my %last;
	do
	{
		die 'there is no answer' if time > $until;
		sleep 0.01;
		%last = map { split } split /\n/, slurp_file($trace);
	} while grep { $_ eq 'sent' } values %last;
	return;
}

my $session = $coordinator->background_psql($db);
sub trace_of
{
	my ($sql) = @_;
	$session->query_safe($sql) for 1 .. 2;    # statements are prepared by then
	settle();
	my $start = -s $trace;
	$session->query_safe($sql);
	settle();
	my $lines = substr slurp_file($trace), $start;
	my @lines = split /\n/, $lines;
	return wantarray ? @lines : join(', ', @lines);
}

# What went in one direction before something went in the other, and by which nodes; a message may have come in pieces.
sub rounds
{
	my @rounds;
	for (@_)
	{
		my ($node, $direction) = split;
		push @rounds, [$direction] unless @rounds && $rounds[-1][0] eq $direction;
		push @{ $rounds[-1] }, $node unless grep { $_ eq $node } @{ $rounds[-1] };
	}
	return map { join ' ', $_->[0], sort @$_[ 1 .. $#$_ ] } @rounds;
}

my $update = 'UPDATE t SET v = v + 1 WHERE k =';
is(trace_of("SELECT v FROM t WHERE k = $key{2}"), '2 sent, 2 answers', 'a statement that reads one node: one round trip');
is(trace_of("$update $key{2}"), '2 sent, 2 answers', 'one that writes one node: one round trip');
$session->query_safe("PREPARE change (int) AS $update \$1");
is(trace_of("EXECUTE change ($key{2})"), '2 sent, 2 answers', 'and so does EXECUTE');
is(trace_of("BEGIN; EXECUTE change ($key{2}); COMMIT"), '2 sent, 2 answers, 2 sent, 2 answers', 'which in a transaction leaves the end to COMMIT');
is(trace_of("DO \$\$ BEGIN EXECUTE 'EXECUTE change ($key{2})'; END \$\$"), '2 sent, 2 answers, 2 sent, 2 answers', 'and in a DO to that');
is(trace_of("BEGIN; SELECT v FROM t WHERE k = $key{2}; COMMIT"), '2 sent, 2 answers, 2 sent, 2 answers', 'a transaction that reads sends one message more');
is(trace_of("BEGIN; SELECT v FROM t WHERE k = $key{2}; COMMIT; SELECT v FROM t WHERE k = $key{3}"),
	'2 sent, 2 answers, 2 sent, 3 sent, 2 answers, 3 answers', 'without waiting for it');
is(trace_of("BEGIN; $update $key{2}; $update $key{2}; COMMIT"), join(', ', ('2 sent, 2 answers') x 3),
	'a transaction of one node: one round trip for each statement, one for COMMIT');

# What else transactions have costs nothing by itself: it rides with the next statement.
my $twice = join(', ', ('2 sent, 2 answers') x 2);
my $thrice = "$twice, 2 sent, 2 answers";
is(trace_of("BEGIN; $update $key{2}; SAVEPOINT a; $update $key{2}; RELEASE a; COMMIT"), $thrice, 'SAVEPOINT and RELEASE');
is(trace_of("BEGIN; SAVEPOINT a; SAVEPOINT b; $update $key{2}; COMMIT"), $twice, 'also several at once');
is(trace_of("BEGIN; $update $key{2}; SAVEPOINT a; ROLLBACK TO a; SAVEPOINT b; COMMIT"), $twice, 'of those that no node takes part in nodes hear nothing');
is(trace_of("BEGIN; SET LOCAL TimeZone = 'Asia/Tokyo'; $update $key{2}; COMMIT"), $twice, 'SET LOCAL');
is(trace_of("BEGIN; DECLARE c CURSOR FOR SELECT v FROM t WHERE k = $key{2}; FETCH c; FETCH c; CLOSE c; COMMIT"), $twice, 'a cursor of one node');
is(trace_of("BEGIN; SELECT v FROM t WHERE k = $key{2} FOR UPDATE; $update $key{2}; COMMIT"), $thrice, 'FOR UPDATE');
for my $mode ('SHARE ROW EXCLUSIVE', 'ACCESS EXCLUSIVE')
{
	is(join(', ', rounds(trace_of("BEGIN; LOCK TABLE t IN $mode MODE; COMMIT"))), join(', ', ('sent 2 3, answers 2 3') x 2),
		"LOCK TABLE IN $mode MODE waits for all nodes at once, after the first one, and needs no more than COMMIT if nothing is written");
	is(join(', ', rounds(trace_of("BEGIN; LOCK TABLE t IN $mode MODE; $update $key{2}; COMMIT"))),
		join(', ', 'sent 2 3, answers 2 3', 'sent 2, answers 2', ('sent 2 3, answers 2 3') x 2), 'else its nodes prepare');
	is(join(', ', rounds(trace_of("BEGIN; LOCK TABLE t IN $mode MODE; INSERT INTO own VALUES (1); COMMIT"))),
		join(', ', ('sent 2 3, answers 2 3') x 3), 'also if it is this one that is written');
}
is(join(', ', rounds(trace_of('BEGIN; LOCK TABLE shown IN SHARE ROW EXCLUSIVE MODE; COMMIT'))), join(', ', ('sent 2 3, answers 2 3') x 2),
	'LOCK TABLE of a view is sent on, and needs no more than COMMIT');
is(join(', ', rounds(trace_of('BEGIN; DECLARE c CURSOR FOR SELECT v FROM t; FETCH ALL FROM c; COMMIT'))), 'sent 2 3, answers 2 3, sent 2 3, answers 2 3', 'a cursor of all nodes');
is(trace_of("DO \$\$ BEGIN FOR i IN 1 .. 3 LOOP BEGIN UPDATE t SET v = v + 1 WHERE k = $key{2}; EXCEPTION WHEN OTHERS THEN NULL; END; END LOOP; END \$\$"),
	"$thrice, 2 sent, 2 answers", 'blocks with EXCEPTION');

my $stamp = "UPDATE stamped SET v = v + 1 WHERE k = $key{2}";
is(trace_of($stamp), join(', ', ('2 sent, 2 answers') x 2), 'one whose trigger may have changed the key: one more, for COMMIT');
is(trace_of("BEGIN; $stamp; $stamp; COMMIT"), join(', ', ('2 sent, 2 answers') x 3), 'in a transaction no more than others');

my $checked = "UPDATE checked SET v = v + 1 WHERE k = $key{2}";
is(trace_of($checked), join(', ', ('2 sent, 2 answers') x 3), 'one whose trigger runs statements here: one more, to lock the row');
is(trace_of("BEGIN; $checked; $checked; COMMIT"), join(', ', ('2 sent, 2 answers') x 5), 'and for each in a transaction');

my $watched = "UPDATE watched SET v = v + 1 WHERE k = $key{2}";
for my $transaction ($watched, "BEGIN; $watched; COMMIT")
{
	is(trace_of($transaction), join(', ', ('2 sent, 2 answers') x 3), 'an AFTER trigger fires here: one to know of it, one for COMMIT');
}
is(trace_of("UPDATE watched SET v = 0 WHERE k = $key{2}"), join(', ', ('2 sent, 2 answers') x 2), 'where none fires: one for COMMIT');

my $late = "UPDATE late SET v = v + 1 WHERE k = $key{2}";
is(trace_of("BEGIN; $late; $late; COMMIT"), join(', ', ('2 sent, 2 answers') x 5), 'a deferred trigger fires here: one to fire, one to know of it');
is(trace_of("BEGIN; UPDATE late SET v = 0 WHERE k = $key{2}; COMMIT"), join(', ', ('2 sent, 2 answers') x 2), 'where none is deferred: none');

my @trace = trace_of("BEGIN; $update $key{2}; $update $key{3}; COMMIT");
is(join(', ', @trace[ 0 .. 3 ]), '2 sent, 2 answers, 3 sent, 3 answers', 'a transaction of two nodes: one round trip for each statement');
is(join(', ', @trace[ 4, 5 ], sort @trace[ 6, 7 ]), '2 sent, 3 sent, 2 answers, 3 answers', 'one for PREPARE on all nodes at once');
is(join(', ', @trace[ 8, 9 ], sort @trace[ 10, 11 ]), '2 sent, 3 sent, 2 answers, 3 answers', 'and one for COMMIT PREPARED on all at once');
is(scalar(@trace), 12, 'and no more');

# Rows that are computed here: few are a statement, that all nodes get at once; more go by COPY, which has to be begun.
my $both = 'sent 2 3, answers 2 3';
sub is_rounds
{
	my ($sql, $rounds, $what) = @_;
	is(join(', ', rounds(trace_of($sql))), join(', ', @$rounds), $what);
	return;
}
my $many = "INSERT INTO many VALUES $rows";
my $select = "INSERT INTO many SELECT k.k, i FROM generate_series(1, 1000) i, (VALUES $rows) k(k)";
is_rounds($many, [ ($both) x 3 ], 'INSERT of several rows: one round trip for all nodes, two to commit');
is_rounds("BEGIN; $many; $many; COMMIT", [ ($both) x 4 ], 'and one for each in a transaction');
is_rounds("$many RETURNING v", [ ($both) x 3 ], 'no more with RETURNING');
is_rounds("INSERT INTO many VALUES ($key{2}, 1), ($key{2}, 2)", [ ('sent 2, answers 2') x 2 ], 'for one node: one, and one for COMMIT');
is_rounds($select, [ ($both) x 5 ], 'of many rows: two to begin, one for the rows, two to commit');
is_rounds("BEGIN; $many; $select; COMMIT", [ ($both) x 5 ], 'where the nodes have begun: one to begin');
is_rounds("COPY many FROM '$folder/rows'", [ ($both) x 5 ], 'COPY: the same');
is_rounds("BEGIN; $many; COPY many FROM '$folder/rows'; COMMIT", [ ($both) x 5 ], 'also where the nodes have begun');
is_rounds("INSERT INTO everywhere VALUES (1, 1), (2, 2)", [ ($both) x 3 ], 'a reference table: this node, then the others at once');
is_rounds("COPY everywhere FROM '$folder/rows'", [ ($both) x 5 ], 'and so COPY');

# A snapshot of all nodes. The first time, in a new session, connections are opened.
my $again = "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT v FROM t WHERE k = $key{1}; COMMIT";
my $start = -s $trace;
$coordinator->safe_psql($db, $again);
@trace = split /\n/, substr slurp_file($trace), $start;
is(join(', ', sort @trace[ 0, 1 ]), '2 sent, 3 sent', 'REPEATABLE READ opens connections to all nodes at once');
is(join(', ', (rounds(trace_of($again)))[ 0 .. 3 ]), 'sent 2 3, answers 2 3, sent 2 3, answers 2 3',
	'its snapshot takes two round trips, to all at once');

# What is rolled back is not waited for, be it that the node stands still.
my $busy = q{SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'distshard: %' AND xact_start IS NOT NULL};
$session->query_safe("BEGIN; $update $key{2}; SAVEPOINT a; $update $key{2}");
my $backend = $cluster->node(2)->safe_psql($db, $busy);
kill STOP => $backend;
$session->query_safe('ROLLBACK TO a');
kill CONT => $backend;
my $before = $coordinator->safe_psql($db, "SELECT v FROM t WHERE k = $key{2}");
$session->query_safe("$update $key{2}; COMMIT");
is($coordinator->safe_psql($db, "SELECT v FROM t WHERE k = $key{2}"), $before + 2, 'ROLLBACK TO SAVEPOINT is not waited for');

$session->quit;
$proxy->stop;
done_testing();
