# Statements that read several nodes see each distributed transaction whole or not at all, and wait for one whose outcome
# is not known. The order of events is made certain by a transaction that is prepared by hand, named as distshard does.
use strict;
use warnings;

use DistshardCluster;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $cluster = DistshardCluster->new(workers => 2, conf => "distshard.recovery_interval = 1h\ndistshard.in_doubt_timeout = 60s\n");
my ($coordinator, $worker, $other) = $cluster->nodes;
my $db = 'postgres';

$coordinator->safe_psql($db, q{
	CREATE TABLE t (k int PRIMARY KEY, v int);
	SELECT create_distributed_table('t', 'k', shard_count => 6);
	INSERT INTO t SELECT i, 0 FROM generate_series(1, 100) i;
	CREATE TABLE u (k int PRIMARY KEY, v int);
	SELECT create_distributed_table('u', 'k', shard_count => 6);
	INSERT INTO u SELECT i, 0 FROM generate_series(1, 100) i;
	CREATE TABLE apart (k text PRIMARY KEY);
	SELECT create_distributed_table('apart', 'k', shard_count => 6);
	INSERT INTO apart SELECT i FROM generate_series(1, 20) i;
	CREATE TABLE own (v int);
	INSERT INTO own VALUES (0);
	CREATE FUNCTION changed() RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT sum(v) FROM t); END $$;
});
my %key;
for my $k (1 .. 100)
{
	my ($node) = $coordinator->safe_psql($db, "EXPLAIN SELECT * FROM t WHERE k = $k") =~ /Node: (\d)/;
	$key{ $node // 1 } //= $k;
}
my ($apart) = grep { $coordinator->safe_psql($db, "EXPLAIN SELECT * FROM apart WHERE k = '$_'") =~ /Node: 2/ } 1 .. 20;
my $installation = $worker->safe_psql($db, q{SELECT system_identifier || '.' || 'distshard.transaction'::regclass::oid FROM pg_control_system()});
my $transactions = 0;

# A transaction of the two workers that adds to a row of each: prepared, and its name returned.
sub prepare
{
	my ($began) = @_;
	my $gid = sprintf "distshard/2/%s/%016x%016x/2,3", $began // $installation, ++$transactions, 0;
	for my $node (2, 3)
	{
		$cluster->node($node)->safe_psql($db, "BEGIN; UPDATE t SET v = v + 1 WHERE k = $key{$node}; PREPARE TRANSACTION '$gid'");
	}
	return $gid;
}

sub finish
{
	my ($node, $gid, $how) = @_;
	$cluster->node($node)->safe_psql($db, ($how // 'COMMIT') . " PREPARED '$gid'");
}

# Statements that all give the sum, in different ways, each started while a transaction is committed on one node only.
my %statement = (
	'one fragment' => 'SELECT sum(v) FROM t',
	'rows in an order' => 'SELECT sum(v) FROM (SELECT v FROM t ORDER BY v DESC LIMIT 10) s',
	'several fragments' => 'SELECT (SELECT sum(v) FROM t) + (SELECT sum(v) FROM u)',
	'a table of this node' => 'SELECT sum(t.v) FROM t, own WHERE own.v = 0 OR random() < 2',
	'a function' => 'SELECT changed()',
	'a transaction block' => 'BEGIN; INSERT INTO own SELECT 0 WHERE false; SELECT sum(v) FROM t; COMMIT',
	'an explained statement' => 'EXPLAIN ANALYZE SELECT sum(v) FROM t; SELECT sum(v) FROM t',
	'a cursor' => 'BEGIN; DECLARE c CURSOR FOR SELECT sum(v) FROM t; FETCH c; COMMIT',
	'COPY' => 'COPY (SELECT sum(v) FROM t) TO STDOUT',
	'a change' => 'BEGIN; UPDATE u SET v = (SELECT sum(v) FROM t) WHERE k = 1; SELECT v FROM u WHERE k = 1; ROLLBACK',
	'a change of several nodes' => 'BEGIN; UPDATE u SET v = t.v FROM t WHERE t.k = u.k; SELECT sum(v) FROM u; ROLLBACK');
my $sum = 0;

for my $first (2, 3)
{
	for my $what (sort keys %statement)
	{
		my $gid = prepare();
		my $last = 5 - $first;
		my $reader = $cluster->node(1)->background_psql($db, on_error_stop => 0);

		finish($first, $gid);
		$reader->query_until(qr/started/, "\\echo started\n$statement{$what};\n\\echo the end\n");
		ok($cluster->node($last)->poll_query_until($db, q{SELECT count(*) = 1 FROM pg_stat_activity
			WHERE wait_event_type = 'Extension' AND application_name ~ 'distshard' AND state = 'active'}), "$what waits, if node $first has committed");
		finish($last, $gid);
		$sum += 2;
		my $result = $reader->query_until(qr/the end/, '');
		like($result, qr/^$sum$/m, "$what sees the whole transaction");
		$reader->quit;
	}
}

# Off. The name is of an installation that nobody knows, so that recovery leaves it alone when the node starts.
my $gid = prepare('1.1');
finish(2, $gid);
is($coordinator->safe_psql($db, 'SET distshard.consistent_reads = off; SELECT sum(v) FROM t'), $sum + 1, 'it can be turned off');

# After a time
my ($status, $out, $err) = $coordinator->psql($db, "\\set VERBOSITY verbose\nSET distshard.in_doubt_timeout = '300ms'; SELECT sum(v) FROM t", on_error_stop => 0);
like($err, qr/08007: outcome of distributed transaction "\Q$gid\E" is not known yet/, 'the wait has a limit');

# The node restarts
$other->restart('immediate');
($status, $out, $err) = $coordinator->psql($db, "SET distshard.in_doubt_timeout = '300ms'; SELECT sum(v) FROM t", on_error_stop => 0);
like($err, qr/outcome of distributed transaction/, 'what was prepared before a restart is known afterwards');
finish(3, $gid);
$sum += 2;
is($coordinator->safe_psql($db, 'SELECT sum(v) FROM t'), $sum, 'and waited for no longer when it is committed');

# Rolled back
$gid = prepare();
finish(3, $gid, 'ROLLBACK');
is($coordinator->safe_psql($db, 'SELECT sum(v) FROM t'), $sum, 'one that was rolled back on a node is not seen');
finish(2, $gid, 'ROLLBACK');
is($coordinator->safe_psql($db, 'SELECT sum(v) FROM t'), $sum, 'nor when it was on both');

# Prepared everywhere: it is not waited for, unless it has been for so long that it may have been acknowledged
my $attempts = 0;
do
{
	$gid = prepare();
	($status, $out, $err) = $coordinator->psql($db, 'SET distshard.in_doubt_timeout = 0; SELECT sum(v) FROM t', on_error_stop => 0);
	finish($_, $gid, 'ROLLBACK') for 2, 3;
} while ($err && ++$attempts < 10);
is($out, $sum, 'one that is prepared everywhere is not waited for');

$gid = prepare();
ok($worker->poll_query_until($db, q{SELECT clock_timestamp() - prepared > '1.1 s' FROM pg_prepared_xacts}), 'it is in doubt after a second');
my %doubtful = (
	'of one key' => [ $coordinator, "SELECT v FROM t WHERE k = $key{2}" ],
	'of several nodes' => [ $coordinator, 'SELECT max(v) FROM t' ],
	'of several fragments' => [ $coordinator, 'SELECT max(t.v) FROM t JOIN u ON t.v >= u.v' ],
	'on the node itself' => [ $worker, "SELECT v FROM t WHERE k = $key{2}" ],
	'in REPEATABLE READ' => [ $worker, "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT v FROM t WHERE k = $key{2}" ]);
for my $what (sort keys %doubtful)
{
	my ($node, $sql) = @{ $doubtful{$what} };
	($status, $out, $err) = $node->psql($db, "SET distshard.in_doubt_timeout = '200ms'; $sql", on_error_stop => 0);
	like($err, qr/outcome of distributed transaction "\Q$gid\E" is not known yet/, "a statement $what waits for the outcome");
	is($node->safe_psql($db, "SET distshard.consistent_reads = off; $sql"), $sum / 2, 'but not if it does not want to');
}
is($coordinator->safe_psql($db, "SELECT v FROM t WHERE k = $key{1}"), 0, 'other shards are not concerned');
is($coordinator->safe_psql($db, "INSERT INTO t VALUES (101, 0) RETURNING k"), 101, 'nor is an INSERT');
is($coordinator->safe_psql($db, 'SELECT count(*) FROM u'), 100, 'nor other tables');
my $reader = $worker->background_psql($db);
$reader->query_until(qr/started/, "\\echo started\nSELECT v FROM t WHERE k = $key{2};\n\\echo the end\n");
ok($worker->poll_query_until($db, q{SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event_type = 'Extension' AND query ~ '^SELECT v FROM t'}), 'it waits');
finish($_, $gid) for 2, 3;
is((split /\n/, $reader->query_until(qr/the end/, ''))[0], $sum / 2 + 1, 'and sees what was committed');
$reader->quit;

$sum += 2;

# Statements of any kind wait for what is in doubt, and then see it.
for my $what (sort keys %statement)
{
	$gid = prepare();
	ok($_->poll_query_until($db, q{SELECT clock_timestamp() - prepared > '1.1 s' FROM pg_prepared_xacts}), 'it is in doubt') for $worker, $other;
	$reader = $coordinator->background_psql($db, on_error_stop => 0);
	$reader->query_until(qr/started/, "\\echo started\n$statement{$what};\n\\echo the end\n");
	ok($_->poll_query_until($db, q{SELECT count(*) = 1 FROM pg_stat_activity
		WHERE wait_event_type = 'Extension' AND application_name ~ 'distshard' AND state = 'active'}), "$what waits for what is in doubt") for $worker, $other;
	finish($_, $gid) for 2, 3;
	$sum += 2;
	like($reader->query_until(qr/the end/, ''), qr/^$sum$/m, 'and sees it');
	is($reader->{stderr}, '', 'without an error');
	$reader->quit;
}

# So do those whose parts are all for one other node: the first part waits for what the later ones read.
for my $what ('of one other node', 'of one other node, in a transaction block')
{
	my $sql = "SELECT (SELECT count(*) FROM apart WHERE k = '$apart') + (SELECT v FROM t WHERE k = $key{2})";
	$sql = "BEGIN; INSERT INTO own SELECT 0 WHERE false; $sql; COMMIT" if $what =~ /block/;
	$gid = prepare();
	ok($worker->poll_query_until($db, q{SELECT clock_timestamp() - prepared > '1.1 s' FROM pg_prepared_xacts}), 'it is in doubt');
	$reader = $coordinator->background_psql($db, on_error_stop => 0);
	$reader->query_until(qr/started/, "\\echo started\n$sql;\n\\echo the end\n");
	ok($worker->poll_query_until($db, q{SELECT count(*) = 1 FROM pg_stat_activity
		WHERE wait_event_type = 'Extension' AND application_name ~ 'distshard' AND state = 'active'}), "a statement $what waits for what is in doubt");
	finish($_, $gid) for 2, 3;
	$sum += 2;
	my $v = $sum / 2 + 1;
	like($reader->query_until(qr/the end/, ''), qr/^$v$/m, 'and sees it in its last part');
	is($reader->{stderr}, '', 'without an error');
	$reader->quit;
}

# What was not in doubt when the statement began is not waited for later.
my %late = (
	'of several fragments' => 'SELECT (SELECT sum(0) FROM u) + (SELECT sum(v) FROM t) FROM (SELECT pg_sleep(1.5) OFFSET 0) s',
	'of several nodes with a table of this one' => 'SELECT sum(v) + (SELECT sum(v) FROM own) FROM (SELECT pg_sleep(1.5) OFFSET 0) s, LATERAL (SELECT v FROM t OFFSET 0) r');
for my $what (sort keys %late)
{
	$attempts = 0;
	do
	{
		$gid = prepare();
		($status, $out, $err) = $coordinator->psql($db, "SET distshard.in_doubt_timeout = 0; $late{$what}", on_error_stop => 0);
		finish($_, $gid, 'ROLLBACK') for 2, 3;
	} while ($err && ++$attempts < 10);
	is("$out$err", $sum, "a statement $what does not wait for what comes to be in doubt while it runs");
}

# The clock may have been set while the server was down, so it does not tell how long something has been prepared.
$gid = prepare();
$worker->restart('immediate');
($status, $out, $err) = $worker->psql($db, "SET distshard.in_doubt_timeout = '200ms'; SELECT v FROM t WHERE k = $key{2}", on_error_stop => 0);
like($err, qr/outcome of distributed transaction "\Q$gid\E" is not known yet/, 'what was prepared before a restart is in doubt at once');
finish($_, $gid) for 2, 3;

done_testing();
