# At every point of commit, abort, recovery and of a snapshot of all nodes, on the node where the client is and on another
# one, a process is killed, its server is shut down at once, or an error is raised. Afterwards each transaction is on all
# nodes or on none, those that were acknowledged are there, nothing is left prepared or on record, and sessions can be used.
use strict;
use warnings;

use DistshardCluster;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $cluster = DistshardCluster->new(workers => 2, conf => "distshard.recovery_interval = 100ms\nlog_statement = none\n");
my ($coordinator, $worker, $other) = $cluster->nodes;
my $db = 'postgres';

$coordinator->safe_psql($db, q{
	CREATE TABLE t (k int PRIMARY KEY, v int);
	SELECT create_distributed_table('t', 'k', shard_count => 6);
	INSERT INTO t SELECT i, 0 FROM generate_series(1, 100) i;
	CREATE TABLE d (k int, v int, UNIQUE (k, v) DEFERRABLE INITIALLY DEFERRED);
	SELECT create_distributed_table('d', 'k', colocate_with => 't');
});
$_->safe_psql($db, 'CREATE TABLE alone (v int); INSERT INTO alone VALUES (0)') for $coordinator, $worker, $other;

my %key = $cluster->key_on_each_node('t');
my $keys = join(', ', @key{ 1 .. 3 });
my $value = 0;
my $commit = "UPDATE t SET v = v + 1 WHERE k IN ($keys)";
my $snapshot = "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT sum(v) FROM t; COMMIT";
my $locked = "BEGIN ISOLATION LEVEL REPEATABLE READ; LOCK TABLE t IN SHARE MODE; SELECT sum(v) FROM t; COMMIT";
my $abort = "BEGIN; UPDATE t SET v = v + 1 WHERE k IN ($keys); INSERT INTO d VALUES ($key{3}, 1), ($key{3}, 1); COMMIT";

# Does recovery come to where it is killed, while there is something to recover?
sub dies
{
	my ($node) = @_;
	for (1 .. 300)
	{
		return 1 unless -f $node->data_dir . '/postmaster.pid';
		# It may die just while it is asked.
		my ($status, $left) = eval { $node->psql($db, 'SELECT count(*) FROM pg_prepared_xacts') };
		return 0 if defined $status && $status == 0 && $left eq '0';
		select(undef, undef, undef, 0.1);
	}
	die 'nothing is recovered';
}

# Runs a transaction with a fault set; the action "stop" is an immediate shutdown of the server while the process waits,
# "stop both" one of the coordinator and the worker. A doomed node may die meanwhile of another fault.
sub try_with_fault
{
	my ($sql, $node, $point, $action, $doomed) = @_;
	my @stopped = $action eq 'stop' ? $node : $action eq 'stop both' ? ($coordinator, $worker) : ();
	my $set = @stopped ? 'wait' : $action;
	$node->safe_psql($db, "SELECT distshard.set_fault('$point', '$set')");
	my $session = $coordinator->background_psql($db, on_error_stop => 0);
	$session->query_until(qr/begins/, "\\echo begins\n$sql;\n\\echo :SQLSTATE is the state\n");
	if (@stopped)
	{
		$node->poll_query_until($db, 'SELECT distshard.waiting_at_fault() > 0') or die "nobody waits at $point";
		$_->stop('immediate') for @stopped;
		$_->start for @stopped;
	}
	elsif ($action eq 'kill')
	{
		DistshardCluster::await_death($node);
		# Who died does not hold the others' commits.
		$_->safe_psql($db, "SET statement_timeout = '10s'; UPDATE alone SET v = v + 1") for grep { $_ != $node && $_ != ($doomed // 0) } $coordinator, $worker, $other;
		DistshardCluster::revive($node);
	}
	eval { pump_until($session->{run}, $session->{timeout}, \$session->{stdout}, qr/is the state/) };
	my $acknowledged = $session->{stdout} =~ /00000 is the state/;
	eval { $session->quit };
	return $acknowledged;
}

sub check_invariants
{
	my ($acknowledged, $what) = @_;
	my $left = 0;
	for my $node ($coordinator, $worker, $other)
	{
		$node->poll_query_until($db, q{SELECT (SELECT count(*) FROM pg_prepared_xacts) + (SELECT count(*) FROM distshard.transaction) = 0})
		  or $left++;
	}
	is($left, 0, "$what: nothing is left");
	my @values = split /\n/, $coordinator->safe_psql($db, "SELECT DISTINCT v FROM t WHERE k IN ($keys)");
	ok(@values == 1 && ($values[0] == $value + 1 || ($values[0] == $value && !$acknowledged)),
		"$what: on all nodes or on none" . ($acknowledged ? ', acknowledged' : '')) or diag("values @values, before $value");
	$value = $values[0];
	$coordinator->safe_psql($db, $commit);
	$value++;
}

my @commit_points = ('commit begins', 'record inserted', 'prepare sent', 'all prepared', 'committed', 'commit sent', 'commit told');
my @node_points = ('before PREPARE TRANSACTION', 'after PREPARE TRANSACTION', 'before COMMIT PREPARED', 'after COMMIT PREPARED');
my @abort_points = ('abort begins', 'rollback sent');
my @snapshot_points = ('hold begins', 'commits held', 'snapshots taken', 'hold ends');
my @node_snapshot_points = ('hold begins', 'commits held', 'hold is renewed', 'hold ends');
my @node_abort_points = ('before ROLLBACK PREPARED', 'after ROLLBACK PREPARED');

for my $case (
	(map { [ $commit, $coordinator, $_, 'kill' ] } @commit_points),
	(map { [ $commit, $coordinator, $_, 'error' ] } @commit_points),
	(map { [ $commit, $coordinator, $_, 'stop' ] } 'prepare sent', 'all prepared', 'committed', 'commit sent'),
	(map { [ $commit, $worker, $_, 'kill' ] } @node_points),
	(map { [ $commit, $worker, $_, 'stop' ] } @node_points),
	(map { [ $commit, $coordinator, $_, 'stop both' ] } @commit_points),
	(map { [ $commit, $worker, $_, 'stop both' ] } @node_points),
	(map { [ $abort, $coordinator, $_, 'stop both' ] } @abort_points),
	(map { [ $commit, $worker, $_, 'error' ] } 'before PREPARE TRANSACTION', 'before COMMIT PREPARED'),
	(map { [ $abort, $coordinator, $_, 'kill' ] } @abort_points),
	(map { [ $abort, $worker, $_, 'kill' ] } @node_abort_points),
	(map { [ $snapshot, $coordinator, $_, 'kill' ] } @snapshot_points),
	(map { [ $snapshot, $worker, $_, 'kill' ] } @node_snapshot_points),
	(map { [ $locked, $coordinator, $_, 'error' ] } @snapshot_points),
	(map { [ $locked, $worker, $_, 'kill' ] } @node_snapshot_points))
{
	my ($sql, $node, $point, $action) = @$case;
	my $what = $node->name . ", $point, $action";
	my $acknowledged = try_with_fault($sql, $node, $point, $action);
	check_invariants($acknowledged && $sql eq $commit, $what);
}

# Recovery itself is killed, while there is something to recover
for my $case ([ 'committed', $worker, 'recovery asked' ], [ 'committed', $worker, 'recovery commits' ],
	[ 'all prepared', $worker, 'recovery asked' ], [ 'all prepared', $worker, 'recovery rolls back' ])
{
	my ($left_at, $node, $point) = @$case;
	$node->safe_psql($db, "SELECT distshard.set_fault('$point', 'kill')");
	try_with_fault($commit, $coordinator, $left_at, 'kill', $node);
	if (dies($node))
	{
		DistshardCluster::revive($node);
	}
	else
	{
		# The node that began it was faster, and told this one.
		$node->safe_psql($db, "SELECT distshard.set_fault('$point', NULL)");
	}
	check_invariants(0, "$point, after a crash at $left_at");
}
for my $point ('recovery before deletion', 'recovery after deletion')
{
	# It may come so soon that the client is not told of the commit.
	my ($status) = $coordinator->psql($db, "SELECT distshard.set_fault('$point', 'kill'); $commit");
	DistshardCluster::revive($coordinator);
	check_invariants($status == 0, $point);
}

# If a node cannot be told of a commit, its client gets the answer so late that whoever reads there afterwards finds it in
# doubt, and does not take the rows for unchanged.
$worker->append_conf('postgresql.conf', "distshard.recovery_interval = '1h'");
$worker->reload;
$worker->poll_query_until($db, "SELECT current_setting('distshard.recovery_interval') = '1h'");
my $writer = $coordinator->background_psql($db, on_error_stop => 0);
my $reader = $worker->background_psql($db, on_error_stop => 0);
$reader->query("\\set VERBOSITY verbose\nSET distshard.in_doubt_timeout = 0");
$worker->safe_psql($db, "SELECT distshard.set_fault('before COMMIT PREPARED', 'error')");
$writer->query($commit);
my $seen = $reader->query("SELECT v FROM t WHERE k = $key{2}");
like($writer->{stderr}, qr/WARNING:  node 2 has not confirmed the commit of transaction/, 'a node was not told of a commit');
like("$seen$reader->{stderr}", qr/ERROR:  08007: outcome of distributed transaction .* is not known yet/, 'who reads there does not know it');
$value++;
$writer->query($commit);
$reader->{stderr} = '';
is($reader->query("SELECT v FROM t WHERE k = $key{2}") . $reader->{stderr}, $value + 1, 'until the session has told the node');
$_->quit for $writer, $reader;
check_invariants(1, 'a node that was told late');

done_testing();
