# REPEATABLE READ over several nodes, from two coordinators: what is held while its snapshot is taken, and for how long;
# what it shows; what happens to those who stop in between.
use strict;
use warnings;

use DistshardCluster;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time sleep);

my $cluster = DistshardCluster->new(workers => 2, conf => "distshard.recovery_interval = 1h\n");
my @nodes = $cluster->nodes;
my ($coordinator, $worker, $other) = @nodes;
my $db = 'postgres';
my $again = 'BEGIN ISOLATION LEVEL REPEATABLE READ;';

$coordinator->safe_psql($db, q{
	CREATE TABLE t (k int PRIMARY KEY, v int);
	SELECT create_distributed_table('t', 'k', shard_count => 6);
	INSERT INTO t SELECT i, 0 FROM generate_series(1, 100) i;
	CREATE TABLE r (k int PRIMARY KEY);
	SELECT create_reference_table('r');
	INSERT INTO r VALUES (1);
	CREATE TABLE ordinary (v int);
});
my %key;
for my $k (1 .. 9)
{
	my ($node) = $coordinator->safe_psql($db, "EXPLAIN SELECT * FROM t WHERE k = $k") =~ /Node: (\d)/;
	$key{ $node // 1 } //= $k;
}
my ($k1, $k2, $k3) = @key{ 1, 2, 3 };

sub value_of
{
	my ($session, $k) = @_;
	return $session->query_safe("SELECT v FROM t WHERE k = $k");
}

# From each coordinator, with each node as the first one that is read
for my $reader (0, 1)
{
	for my $first (1 .. 3)
	{
		my $session = $nodes[$reader]->background_psql($db);
		$session->query_safe($again);
		my %before = map { $_ => $coordinator->safe_psql($db, "SELECT v FROM t WHERE k = $key{$_}") } 1 .. 3;
		is(value_of($session, $key{$first}), $before{$first}, 'the first statement takes the snapshot');
		$nodes[ 2 - $reader ]->safe_psql($db, "UPDATE t SET v = v + 1 WHERE k IN ($k1, $k2, $k3); INSERT INTO t VALUES (1000 + $reader * 3 + $first, 0)");
		is(join(' ', map { value_of($session, $key{$_}) } 1 .. 3), join(' ', map { $before{$_} } 1 .. 3), "node $first was first: no other node is ahead");
		is($session->query_safe("SELECT count(*) FROM t WHERE k = 1000 + $reader * 3 + $first"), 0, 'and no row comes up');
		$session->query_safe('COMMIT');
		is(value_of($session, $k3), $before{3} + 1, 'what was acknowledged before a statement is seen by it');
		$session->quit;
	}
}

# Long fork: two writers on different nodes, two readers on different coordinators
my ($one, $two) = map { $_->background_psql($db, on_error_stop => 0) } $coordinator, $worker;
$_->query_safe($again) for $one, $two;
$coordinator->safe_psql($db, "UPDATE t SET v = 100 WHERE k = $k2");
is(value_of($one, $k2) . ' ' . value_of($one, $k3), '100 6', 'a reader sees the first writer');
$other->safe_psql($db, "UPDATE t SET v = 200 WHERE k = $k3");
is(value_of($two, $k3) . ' ' . value_of($two, $k2), '200 100', 'another one that sees the second sees the first as well');
is(value_of($one, $k3), 6, 'which the one before it does not');
$_->query_safe('COMMIT') for $one, $two;

# This node's own snapshot is part of it, whatever came first; functions and cursors as well
$one->query_safe("$again SELECT count(*) FROM ordinary");
$coordinator->safe_psql($db, 'BEGIN; UPDATE t SET v = v + 1; INSERT INTO ordinary VALUES (1); COMMIT');
is($one->query_safe("SELECT v, (SELECT count(*) FROM ordinary) FROM t WHERE k = $k2"), '100|0', 'after a statement on an ordinary table');
$one->query_safe('COMMIT');
$one->query_safe("$again SELECT 1; SELECT count(*) FROM pg_class");
$coordinator->safe_psql($db, 'BEGIN; UPDATE t SET v = v + 1; INSERT INTO ordinary VALUES (1); COMMIT');
is($one->query_safe("SELECT v, (SELECT count(*) FROM ordinary) FROM t WHERE k = $k2"), '101|1', 'after statements that read no table');
is($one->query_safe('SELECT count(*) FROM ordinary'), 1, 'it replaces what PostgreSQL took before');
$one->query_safe('SAVEPOINT s; DECLARE c CURSOR FOR SELECT count(*) FROM ordinary; ROLLBACK TO s');
$coordinator->safe_psql($db, 'INSERT INTO ordinary VALUES (1)');
is($one->query_safe('SELECT count(*) FROM ordinary'), 1, 'a rolled back subtransaction changes nothing');
is($one->query_safe("DECLARE c CURSOR FOR SELECT (SELECT count(*) FROM ordinary), v FROM t WHERE k = $k2; FETCH c"), '1|101', 'a cursor sees the same');
is($one->query_safe('COPY ordinary TO STDOUT'), 1, 'and COPY');
$one->query_safe('COMMIT');

$one->query_safe("$again SAVEPOINT a; SELECT count(*) FROM t; ROLLBACK TO a");
$coordinator->safe_psql($db, "UPDATE t SET v = v + 1");
is(value_of($one, $k3), 202, 'taken in a subtransaction that is rolled back');
$one->query('UPDATE t SET v = 0 WHERE k = 5');
like($one->{stderr}, qr/could not serialize access due to concurrent update/, 'an update of what has changed since fails');
$one->{stderr} = '';
$one->query('ROLLBACK');

# A function that comes to other nodes
$coordinator->safe_psql($db, q{
	CREATE FUNCTION total() RETURNS bigint LANGUAGE plpgsql AS 'BEGIN RETURN (SELECT sum(v) FROM t); END';
	CREATE TABLE totals (total bigint);
	CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.total = total(); RETURN NEW; END';
	CREATE TRIGGER note BEFORE INSERT ON totals FOR EACH ROW EXECUTE FUNCTION note();
	ALTER DATABASE postgres SET default_transaction_isolation = 'repeatable read';
});
my $total = $coordinator->safe_psql($db, 'SELECT sum(v) FROM t');
is($coordinator->safe_psql($db, 'SELECT total(), count(*) FROM ordinary'), "$total|3", 'as its first statement');
is($coordinator->safe_psql($db, 'INSERT INTO totals DEFAULT VALUES RETURNING total'), $total, 'in a trigger');
is($coordinator->safe_psql($db, "DO 'BEGIN PERFORM count(*) FROM ordinary; PERFORM total(); END'; EXPLAIN (COSTS OFF) SELECT total()"), 'Result', 'in DO');

# A statement that is a transaction of one node holds nothing, other nodes may be down
$other->stop('immediate');
is($coordinator->safe_psql($db, "SELECT v IS NULL FROM t WHERE k = $k2; UPDATE t SET v = v WHERE k = $k2"), 'f', 'a node alone');
is($coordinator->safe_psql($db, "$again SELECT v IS NULL FROM t WHERE k = $k2; COMMIT"), 'f', 'a transaction goes without a node that is down');
my (undef, undef, $err) = $coordinator->psql($db, "$again SELECT 1 FROM t WHERE k = $k2; SELECT 1 FROM t WHERE k = $k3");
like($err, qr/node 3 does not take part in the transaction/, 'unless it needs that one');
$other->start;
is($coordinator->safe_psql($db, "$again SELECT 1 FROM t WHERE k = $k3; SELECT 1 FROM t WHERE k = $k2; COMMIT"), "1\n1", 'it is back');
$coordinator->safe_psql($db, 'ALTER DATABASE postgres RESET default_transaction_isolation');

# SERIALIZABLE
my $serial = 'BEGIN ISOLATION LEVEL SERIALIZABLE;';
is($coordinator->safe_psql($db, "$serial SELECT k FROM t WHERE k = $k2; UPDATE t SET v = 0 WHERE k = $k2; COMMIT"), $k2, 'SERIALIZABLE on one node');
is($coordinator->safe_psql($db, "$serial SELECT k FROM r; SELECT count(*) FROM ordinary; SELECT k FROM t WHERE k = $k1; CREATE SCHEMA s; COMMIT"), "1\n3\n$k1", 'and on this node');
for my $statements ("SELECT count(*) FROM t", "SELECT FROM t WHERE k = $k2; SELECT FROM t WHERE k = $k3", "SELECT FROM t WHERE k = $k2; SELECT FROM t WHERE k = $k1",
	"SELECT FROM t WHERE k = $k1; UPDATE t SET v = 0 WHERE k = $k2", "SELECT FROM ordinary; SELECT FROM t WHERE k = $k2", 'INSERT INTO r VALUES (2)')
{
	(undef, undef, $err) = $coordinator->psql($db, "$serial $statements; COMMIT");
	like($err, qr/a SERIALIZABLE transaction cannot use several nodes/, "refused: $statements");
}

# Snapshots of other sessions
my $id = $one->query_safe("$again SELECT pg_export_snapshot()");
is($coordinator->safe_psql($db, "$again SET TRANSACTION SNAPSHOT '$id'; SELECT count(*) FROM ordinary; COMMIT"), 3, 'an imported snapshot is good for this node');
(undef, undef, $err) = $coordinator->psql($db, "$again SET TRANSACTION SNAPSHOT '$id'; SELECT count(*) FROM t");
like($err, qr/cannot use an exported or imported snapshot on other nodes/, 'not for others');
is($coordinator->safe_psql($db, "$again SET TRANSACTION SNAPSHOT '$id'; SET distshard.consistent_reads = off; SELECT count(*) FROM t; COMMIT"), 106, 'unless each is to have its own');
$one->query_safe('ROLLBACK');

# Commits that are held, for a second
sub hold
{
	my ($session) = @_;
	my $begun = time;
	$session->query_safe("BEGIN; SELECT distshard.read_from_node(2, 'SELECT distshard.hold_commits()')") eq 't' or die 'no hold';
	return $begun;
}

# What does not wait takes less, unless the machine is busy.
sub does_not_wait
{
	my ($action, $what) = @_;
	my $seconds;
	for (1 .. 5)
	{
		my $session = $coordinator->background_psql($db, on_error_stop => 0);
		my $begun = hold($session);
		$action->($session);
		$seconds = time - $begun;
		$session->quit;
		last if $seconds < 0.9;
	}
	cmp_ok($seconds, '<', 0.9, $what);
	return;
}
$worker->safe_psql($db, 'CREATE DATABASE elsewhere');
$worker->safe_psql('elsewhere', 'CREATE TABLE t (v int)');
does_not_wait(sub { $worker->safe_psql($db, 'SELECT 1 FROM r') }, 'who only reads goes on');
does_not_wait(sub { $worker->safe_psql('elsewhere', 'INSERT INTO t VALUES (1)') }, 'and so do other databases');
does_not_wait(
	sub {
		my $pid = $_[0]->query_safe('SELECT pg_backend_pid()');
		$coordinator->safe_psql($db, "SELECT pg_terminate_backend($pid, 1000)");
		$worker->safe_psql($db, "UPDATE t SET v = v WHERE k = $k2");
	},
	'a hold ends with its session');

my $held = hold($one);
$coordinator->safe_psql($db, "UPDATE t SET v = 0 WHERE k = $k2");
cmp_ok(time - $held, '>', 0.95, 'a commit waits');
is($one->query_safe("SELECT distshard.read_from_node(2, 'SELECT distshard.renew_hold()')"), 'f', 'the hold has expired, which its holder is told');
$one->query_safe('ROLLBACK');

for (1 .. 5)    # again if the hold has expired before we come to it
{
	$worker->safe_psql($db, "UPDATE t SET v = 0 WHERE k = $k2");
	my $begun = hold($one);
	my $cancelled = 0;
	$two->{stdin} .= "UPDATE t SET v = 7 WHERE k = $k2;\n";
	$two->{run}->pump_nb;
	while (!$cancelled && time - $begun < 1)
	{
		$cancelled = $worker->safe_psql($db, q{
			SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity WHERE query LIKE 'UPDATE t%' AND wait_event = 'Extension'});
	}
	$two->query('SELECT 1');
	$one->query_safe('ROLLBACK');
	last if $two->{stderr};
}
like($two->{stderr}, qr/canceling statement due to user request/, 'a commit that waits can be cancelled');
$two->{stderr} = '';
is($worker->safe_psql($db, "SELECT v FROM t WHERE k = $k2"), 0, 'it is rolled back');
(undef, undef, $err) = $worker->psql($db, 'SELECT distshard.hold_commits()');
like($err, qr/only nodes of the cluster can hold commits/, 'users cannot hold commits');

# A distributed transaction that was decided, but of which a node has not been told
my $system = $coordinator->safe_psql($db, 'SELECT system_identifier FROM pg_control_system()');
my $records = $coordinator->safe_psql($db, "SELECT 'distshard.transaction'::regclass::oid");
my $gid = "distshard/1/$system.$records/" . '0123456789abcdef' x 2;
$other->safe_psql($db, "BEGIN; CREATE TABLE half (); PREPARE TRANSACTION '$gid'");
is($_->safe_psql($db, "$again SELECT count(*) FROM t; COMMIT"), 106, 'one that is undecided is no matter') for @nodes;
$coordinator->safe_psql($db, "INSERT INTO distshard.transaction VALUES ('$gid', '{3}')");
for my $reader ($coordinator, $worker, $other)
{
	(undef, undef, $err) = $reader->psql($db, "SET statement_timeout = '500ms'; $again SELECT count(*) FROM t");
	like($err, qr/canceling statement/, 'half of a transaction is not shown');
}
$one->query("$again SAVEPOINT a; SET LOCAL distshard.in_doubt_timeout = '100ms'; SELECT count(*) FROM t;");
like($one->{stderr}, qr/the outcome of a distributed transaction is not known yet/, 'a reader gives up');
$one->query("ROLLBACK TO a; SET LOCAL statement_timeout = '100ms'; SELECT count(*) FROM t;");
$one->{stderr} = '';
my $locker = $worker->background_psql($db, on_error_stop => 0);
my $locks = q{SELECT count(*) FROM pg_locks WHERE relation = 'r'::regclass AND mode = 'ShareLock'};
$locker->query_safe("$again LOCK TABLE r IN SHARE MODE; SAVEPOINT a");
for my $limit ("distshard.in_doubt_timeout = '100ms'", "statement_timeout = '100ms'")
{
	$locker->query("ROLLBACK TO a; SET LOCAL $limit; SELECT count(*) FROM t;");
	like($locker->{stderr}, qr/is not known yet|canceling statement/, 'who has locked a table gives up');
	$locker->{stderr} = '';
}
is(join(' ', map { $_->safe_psql($db, $locks) } @nodes), '1 1 1', 'and keeps the lock');
$two->{stdin} .= "$again SELECT count(*) FROM t;\n\\echo done\n";
$two->{run}->pump_nb;
sleep 0.3;
$other->safe_psql($db, "COMMIT PREPARED '$gid'");
like($two->query_safe('COMMIT'), qr/106\ndone/, 'another one waits until the node is told');
is($one->query_safe('ROLLBACK TO a; SELECT count(*) FROM t; UPDATE t SET v = v; COMMIT'), 106, 'the first one can try again');
is($locker->query_safe("ROLLBACK TO a; SELECT count(*) FROM t WHERE v <> 1"), 106, 'and who has locked a table');
$coordinator->safe_psql($db, 'UPDATE t SET v = 1');
is($locker->query_safe('SELECT count(*) FROM t WHERE v <> 1; COMMIT'), 106, 'with one snapshot of all nodes');
$_->quit for $one, $two, $locker;

# Writers of single nodes and of several, readers on two coordinators, one of which stops every now and then
my $dir = PostgreSQL::Test::Utils::tempdir();
my $seconds = 6;
my @running;
sub client
{
	my ($node, $clients, $script) = @_;
	my $file = "$dir/script" . @running;
	append_to_file($file, $script);
	my $log = "$file.log";
	push @running, {
		log => $log,
		run => IPC::Run::start([ 'pgbench', '-n', '-c', $clients, '-T', $seconds, '-f', $file, '-h', $node->host, '-p', $node->port, $db ],
			'>', $log, '2>&1')
	};
	return;
}
$_->safe_psql($db, 'CREATE TABLE seen (a int, b int, s int)') for $coordinator, $worker;
$coordinator->safe_psql($db, 'UPDATE t SET v = 0');
client($other, 1, "UPDATE t SET v = v + 1 WHERE k = $k2;\n");
client($coordinator, 1, "UPDATE t SET v = v + 1 WHERE k = $k3;\n");
client($_, 1, '\set x random(10, 100)
\set y random(10, 100)
BEGIN;
UPDATE t SET v = v - 1 WHERE k = :x;
UPDATE t SET v = v + 1 WHERE k = :y;
COMMIT;
') for @nodes;
for my $reader ([ $coordinator, '' ], [ $worker, 'LOCK TABLE r IN SHARE MODE;' ])
{
	client($reader->[0], 2, "$again
$reader->[1]
SELECT v AS a FROM t WHERE k = $k2 \\gset
SELECT sum(v) AS s FROM t WHERE k >= 10 \\gset
SELECT v AS b FROM t WHERE k = $k3 \\gset
INSERT INTO seen VALUES (:a, :b, :s);
COMMIT;
");
}

my $until = time + $seconds - 1.5;
while (time < $until)
{
	my ($victim) = split /\n/, $coordinator->safe_psql($db, q{
		SELECT pid FROM pg_stat_activity WHERE application_name = 'pgbench' AND query NOT LIKE 'UPDATE%' ORDER BY random() LIMIT 1});
	next unless $victim;
	kill 'STOP', $victim;
	sleep 0.4;
	kill 'CONT', $victim;
	sleep 0.2;
}
for my $client (@running)
{
	$client->{run}->finish;
	my $log = slurp_file($client->{log});
	ok($log !~ /ERROR|aborted/ && $log =~ /processed: [1-9]/, 'clients go on without an error') or diag $log;
}
my @seen = sort { $a->[0] <=> $b->[0] || $a->[1] <=> $b->[1] }
  map { [ split /\|/ ] } map { split /\n/, $_->safe_psql($db, 'SELECT * FROM seen') } $coordinator, $worker;
cmp_ok(scalar(@seen), '>', 50, scalar(@seen) . ' transactions have read');
is(scalar(grep { $_->[2] != 0 } @seen), 0, 'each saw distributed transactions whole');
is(scalar(grep { $seen[$_][1] < $seen[ $_ - 1 ][1] } 1 .. $#seen), 0, 'all agree on the order of single ones');

done_testing();
