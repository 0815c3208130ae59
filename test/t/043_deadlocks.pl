# Deadlocks across nodes are found within deadlock_timeout and a second, and broken by cancelling the youngest
# transaction; the others go on. What only waits is left to wait.
use strict;
use warnings;

use DistshardCluster;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

my $deadlock_timeout = 0.5;
my $cluster = DistshardCluster->new(workers => 2,
	conf => "deadlock_timeout = '${deadlock_timeout}s'\nlog_lock_waits = on\n");
my @nodes = $cluster->nodes;
my $db = 'postgres';

$nodes[0]->safe_psql($db, q{
	CREATE TABLE t (k int PRIMARY KEY, v int);
	SELECT create_distributed_table('t', 'k', shard_count => 6);
	INSERT INTO t SELECT i, 0 FROM generate_series(1, 100) i;
	CREATE TABLE r (k int PRIMARY KEY, v int);
	SELECT create_reference_table('r');
	INSERT INTO r VALUES (1, 0);
	CREATE TABLE child (k int);
	SELECT create_distributed_table('child', 'k', shard_count => 6);
	ALTER TABLE child ADD FOREIGN KEY (k) REFERENCES t DEFERRABLE INITIALLY DEFERRED;
	CREATE ROLE alice LOGIN;
	GRANT ALL ON t, r TO alice;
});
$_->safe_psql($db, 'CREATE TABLE own (k int PRIMARY KEY, v int); INSERT INTO own VALUES (1, 0); GRANT ALL ON own TO alice')
	foreach @nodes;

# A key on each node.
my %key;
for my $k (1 .. 100)
{
	my ($node) = $nodes[0]->safe_psql($db, "EXPLAIN SELECT * FROM t WHERE k = $k") =~ /Node: (\d)/;
	$key{ $node // 1 } //= $k;
}

sub update
{
	return "UPDATE t SET v = v + 1 WHERE k = $key{$_[0]}";
}

my $waiters = 'SELECT count(DISTINCT pid) FROM distshard.local_waits()';

sub count_waiters
{
	my $n = 0;
	$n += $_->safe_psql($db, $waiters) foreach @nodes;
	return $n;
}

# Sends a statement without waiting for it.
sub send_statement
{
	my ($session, $sql) = @_;
	$session->{stderr} = '';
	$session->query_until(qr/go/, "\\echo go\n$sql;\n");
}

my @times;

# Runs transactions that each do something and then, in the order given, something that waits for another one. The
# last one to begin must get the error, and the others must be able to commit. [node, first, second, options of psql]
sub deadlock
{
	my ($name, @transactions) = @_;
	my @sessions;
	my ($start, $victim);

	foreach (@transactions)
	{
		my ($node, $first, $second, %options) = @$_;
		my $session = $nodes[ $node - 1 ]->background_psql($db, on_error_stop => 0, %options);
		$session->query("\\set VERBOSITY verbose");
		$session->query_safe("BEGIN");
		$session->query_safe($first);
		push @sessions, $session;
	}
	for my $i (0 .. $#transactions)
	{
		$start = time;
		send_statement($sessions[$i], $transactions[$i][2]);
		next if $i == $#transactions;
		sleep 0.01 until count_waiters() > $i || time - $start > 30;
	}
	while (!defined $victim && time - $start < 30)
	{
		$_->{run}->pump_nb foreach @sessions;
		($victim) = grep { $sessions[$_]->{stderr} =~ /ERROR/ } 0 .. $#sessions;
		sleep 0.005;
	}
	push @times, time - $start;
	$victim //= -1;
	is($victim, $#sessions, "$name: the youngest gives up");
	note sprintf('%s: %.3f s', $name, $times[-1]);

	my $error = $sessions[$victim]->{stderr};
	like($error, qr/ERROR:  40P01: deadlock detected/, "$name: as in PostgreSQL");
	$sessions[$victim]->query('ROLLBACK');
	foreach my $i (grep { $_ != $victim } reverse 0 .. $#sessions)
	{
		$sessions[$i]->query('COMMIT');
		is($sessions[$i]->{stderr}, '', "$name: transaction $i goes on and commits");
	}
	$_->quit foreach @sessions;
	is(count_waiters(), 0, "$name: nobody waits any more");
	return $error;
}

# Two nodes, from one coordinator and from two.
my $error = deadlock('one coordinator', [ 1, update(2), update(3) ], [ 1, update(3), update(2) ]);
like($error, qr/DETAIL:  Session \d+ of node 1 waits for ShareLock on transaction \d+ on node 2 \(process \d+\); blocked by session \d+ of node 1 \(process \d+\)\.
Session \d+ of node 1 waits for ShareLock on transaction \d+ on node 3 \(process \d+\); blocked by session \d+ of node 1 \(process \d+\)\.
Session \d+ of node 1: \Q${\update(2)}\E;
Session \d+ of node 1: \Q${\update(3)}\E;/, 'the detail names sessions, locks and statements');
like($error, qr/on node 2/, 'the context names the node');

deadlock('two coordinators', [ 1, update(2), update(3) ], [ 2, update(3), update(2) ]);
deadlock('nobody waits for a node', [ 1, update(2), update(1) ], [ 2, update(1), update(2) ]);
deadlock('three nodes', [ 1, update(1), update(2) ], [ 2, update(2), update(3) ], [ 3, update(3), update(1) ]);
deadlock('elsewhere', [ 3, update(1), update(2) ], [ 3, update(2), update(1) ]);

# Other locks.
deadlock('FOR UPDATE', [ 1, "SELECT * FROM t WHERE k = $key{2} FOR UPDATE", update(3) ],
	[ 2, "SELECT * FROM t WHERE k = $key{3} FOR UPDATE", "SELECT * FROM t WHERE k = $key{2} FOR UPDATE" ]);
deadlock('reference table', [ 1, 'UPDATE r SET v = v + 1', update(3) ], [ 2, update(3), 'UPDATE r SET v = v + 1' ]);
deadlock('LOCK TABLE', [ 1, 'LOCK TABLE t IN SHARE ROW EXCLUSIVE MODE', 'UPDATE r SET v = v + 1' ],
	[ 2, 'UPDATE r SET v = v + 1', update(3) ]);
deadlock('local table', [ 1, 'UPDATE own SET v = 1', update(2) ], [ 2, update(2), "SELECT distshard.run_on_node(1, 'UPDATE own SET v = 2')" ]);
deadlock('wait for a local table', [ 2, "SELECT distshard.run_on_node(1, 'UPDATE own SET v = 2')", update(3) ],
	[ 1, update(3), 'UPDATE own SET v = 1' ]);
deadlock('LOCK TABLE for a local table', [ 2, "SELECT distshard.run_on_node(1, 'UPDATE own SET v = 2')", update(3) ],
	[ 1, update(3), 'LOCK TABLE own' ]);
deadlock('during commit', [ 1, update(2) . "; INSERT INTO child VALUES ($key{3})", 'COMMIT AND CHAIN' ],
	[ 2, "SELECT * FROM t WHERE k = $key{3} FOR UPDATE", update(2) ]);
deadlock('advisory lock', [ 1, 'SELECT pg_advisory_xact_lock(1)', update(3) ], [ 1, update(3), 'SELECT pg_advisory_xact_lock(1)' ]);
$error = deadlock('statements of others', [ 1, update(2), update(3) ],
	[ 2, update(3), update(2), extra_params => [ '-U', 'alice' ] ]);
like($error, qr/Session \d+ of node 1: <insufficient privilege>/, 'are hidden as in pg_stat_activity');
like($error, qr/Session \d+ of node 2: \Q${\update(2)}/, 'the own one is not');

# In PL/pgSQL and below a savepoint the transaction goes on.
my ($older, $younger) = map { $_->background_psql($db, on_error_stop => 0) } @nodes[ 0, 1 ];
$older->query_safe('BEGIN; ' . update(3));
$younger->query_safe('BEGIN; ' . update(2) . '; SAVEPOINT s');
send_statement($younger, update(3));
sleep 0.01 until count_waiters() == 1;
send_statement($older, update(2));
$younger->query('');
like($younger->{stderr}, qr/deadlock detected/, 'below a savepoint: the youngest gives up');
$younger->{stderr} = '';
is($younger->query_safe("ROLLBACK TO s; SELECT v >= 0 FROM t WHERE k = $key{1}"), 't', 'below a savepoint: the transaction goes on');
$younger->query_safe('ROLLBACK');
$older->query('COMMIT');
is($older->{stderr}, '', 'below a savepoint: the other commits');

$nodes[1]->safe_psql($db, q{CREATE FUNCTION lock_own() RETURNS void LANGUAGE plpgsql AS
	$$ BEGIN LOCK TABLE own; EXCEPTION WHEN deadlock_detected THEN RAISE NOTICE 'caught'; END $$});
my $update_own = "SELECT distshard.run_on_node(2, 'UPDATE own SET v = 2')";
foreach my $case (
	[ 'an update on another node', update(1), update(1) ], [ 'an update on this one', update(2), update(2) ],
	[ 'LOCK TABLE', $update_own, 'LOCK TABLE own' ], [ 'TRUNCATE', $update_own, 'TRUNCATE own' ],
	[ 'LOCK TABLE of a distributed table', 'LOCK TABLE r', 'LOCK TABLE r' ],
	[ 'a parsed statement', "SELECT distshard.run_on_node(2, 'LOCK TABLE own')", 'PERFORM * FROM own' ],
	[ 'LOCK TABLE in a function', $update_own, 'PERFORM lock_own()' ])
{
	my ($what, $locks, $waits) = @$case;
	$older->query_safe("BEGIN; $locks");
	$younger->query_safe('BEGIN; ' . update(3));
	send_statement($younger, "DO \$\$ BEGIN $waits; EXCEPTION WHEN deadlock_detected THEN RAISE NOTICE 'caught'; END \$\$");
	sleep 0.01 until count_waiters() == 1;
	send_statement($older, update(3));
	$younger->query('');
	like($younger->{stderr}, qr/^\S+ NOTICE:  caught$/, "a block with EXCEPTION catches it: $what");
	$younger->{stderr} = '';
	$younger->query_safe('ROLLBACK');
	$older->query('COMMIT');
	is($older->{stderr}, '', 'the other commits');
}

# PostgreSQL's own: within one node. Distributed tables are locked on the first one first.
foreach my $case (
	[ 'rows', [ "UPDATE t SET v = 1 WHERE k = $key{2}", "SELECT distshard.run_on_node(2, 'UPDATE own SET v = 2')" ],
		[ 'UPDATE own SET v = 1', "UPDATE t SET v = 1 WHERE k = $key{2}" ] ],
	[ 'LOCK TABLE', [ 'LOCK TABLE r IN SHARE MODE', 'LOCK TABLE t' ], [ 'LOCK TABLE t IN SHARE MODE', 'LOCK TABLE r' ] ])
{
	my ($what, $one, $other) = @$case;
	$older->query_safe("BEGIN; $one->[0]");
	$younger->query_safe("BEGIN; $other->[0]");
	send_statement($older, $one->[1]);
	sleep 0.01 until count_waiters() == 1;
	send_statement($younger, $other->[1]);
	my $end = time + 30;
	do { $_->{run}->pump_nb foreach $older, $younger; sleep 0.01 }
	  until "$older->{stderr}$younger->{stderr}" =~ /deadlock detected/ || time > $end;
	sleep 0.5;
	$_->{run}->pump_nb foreach $older, $younger;
	is(() = "$older->{stderr}$younger->{stderr}" =~ /deadlock detected/g, 1, "a deadlock within a node has one victim too: $what");
	$_->query('ROLLBACK') foreach $older, $younger;
	$_->{stderr} = '' foreach $older, $younger;
}

# Whoever only waits is left alone, also for a prepared transaction.
$older->query_safe('BEGIN; ' . update(2));
send_statement($younger, update(2));
my $prepared = $nodes[1]->background_psql($db);
$prepared->query_safe("BEGIN; UPDATE own SET v = 3; PREPARE TRANSACTION 'mine'");
my $waits = $nodes[1]->background_psql($db, on_error_stop => 0);
send_statement($waits, 'UPDATE own SET v = 4');
sleep 4 * $deadlock_timeout;
is(count_waiters(), 2, 'who waits for no deadlock goes on waiting');
$prepared->query_safe("COMMIT PREPARED 'mine'");
$older->query_safe('COMMIT');
$_->query('') foreach $younger, $waits;
is("$younger->{stderr}$waits->{stderr}", '', 'until it gets the lock');
$_->quit foreach $older, $younger, $prepared, $waits;

my @sorted = sort { $a <=> $b } @times;
cmp_ok($sorted[ $#sorted / 2 ], '<', $deadlock_timeout + 1, 'deadlocks are broken within deadlock_timeout and a second');
note "slowest $sorted[-1] s";

# Updates in one order, from all nodes: much contention, no deadlock.
my $script = $nodes[0]->basedir . '/ordered.sql';
append_to_file($script, "BEGIN;\n" . join('', map { "UPDATE t SET v = v + 1 WHERE k = $key{$_};\n" } 1 .. 3) . "\\sleep 20 ms\nCOMMIT;\n");
$_->append_conf('postgresql.conf', "deadlock_timeout = '10ms'") && $_->reload foreach @nodes;
my @runs;
foreach my $node (@nodes)
{
	my ($out, $err) = ('', '');
	push @runs, [ $node->name, IPC::Run::start([ 'pgbench', '-n', '-c', 3, '-t', 30, '-f', $script, $node->connstr($db) ],
			'>', \$out, '2>', \$err), \$out, \$err ];
}
foreach (@runs)
{
	my ($name, $run, $out, $err) = @$_;
	$run->finish;
	like($$out, qr{processed: 90/90}, "ordered updates of $name: no false deadlock") or diag $$err;
}
is($_->safe_psql($db, q{SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'distshard deadlock check'
	AND backend_start < now() - interval '10 s'}), 0, 'no check goes on on ' . $_->name) foreach @nodes;

# Without a node, the others' deadlocks are found.
$_->append_conf('postgresql.conf', "deadlock_timeout = '${deadlock_timeout}s'") && $_->reload foreach @nodes;
$nodes[2]->stop;
@nodes = @nodes[ 0, 1 ];
deadlock('a node is down', [ 1, update(1), update(2) ], [ 1, update(2), update(1) ]);

done_testing();
