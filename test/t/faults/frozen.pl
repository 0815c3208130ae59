# At every point of commit, of abort, of recovery and of a snapshot of all nodes, on the node where the client is and on another
# one, a process is stopped by SIGSTOP for a while. Others go on meanwhile: who works on one node does not wait, who reads
# several finds each transaction on all of them or on none, waits, or gets an error that says that an outcome is not known
# if he does not want to. Then the process goes on, and all that was begun succeeds. Nothing is left prepared, on record,
# locked or held.
use strict;
use warnings;

use DistshardCluster;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

# Longer than what is prepared comes to be in doubt, and than commits may be held
my $frozen_s = 1.5;

my $cluster = DistshardCluster->new(workers => 2, conf => "distshard.recovery_interval = 100ms\ndistshard.in_doubt_timeout = 60s\nstatement_timeout = 60s\nlog_statement = none\n");
my @nodes = $cluster->nodes;
my ($coordinator, $worker, $other) = @nodes;
my $db = 'postgres';

$coordinator->safe_psql($db, q{
	CREATE TABLE t (k int PRIMARY KEY, v int);
	SELECT create_distributed_table('t', 'k', shard_count => 6);
	INSERT INTO t SELECT i, 0 FROM generate_series(1, 100) i;
	CREATE TABLE others (k int PRIMARY KEY, v int);
	SELECT create_distributed_table('others', 'k', colocate_with => 't');
	INSERT INTO others SELECT i, 0 FROM generate_series(1, 100) i;
});
$_->safe_psql($db, 'CREATE TABLE alone (v int); INSERT INTO alone VALUES (0)') for @nodes;

my %key = $cluster->key_on_each_node('t');
my $keys = join(', ', @key{ 1 .. 3 });
my $commit = "UPDATE t SET v = v + 1 WHERE k IN ($keys)";
my $read = "SELECT string_agg(DISTINCT v::text, ' and ') FROM t WHERE k IN ($keys)";
my $snapshot = "BEGIN ISOLATION LEVEL REPEATABLE READ; $read; $read; COMMIT";
my $commits = 0;

# Starts SQL in a session of its own.
sub start
{
	my ($node, $sql) = @_;
	my $session = $node->background_psql($db, on_error_stop => 0);
	$session->query("\\set VERBOSITY verbose");
	$session->{stdin} .= "$sql;\n\\echo the end\n";
	$session->{run}->pump_nb;
	return $session;
}

# Its rows and its errors, when it has come to its end.
sub finish
{
	my ($session) = @_;
	pump_until($session->{run}, $session->{timeout}, \$session->{stdout}, qr/the end/);
	my @rows = grep { $_ ne 'the end' } split /\n/, $session->{stdout};
	my $error = $session->{stderr};
	$session->{stderr} = '';
	$session->quit;
	return (\@rows, $error);
}

# Sees all rows with the same value, one of those that there may be; or, in REPEATABLE READ, is to try again: what was not
# known when its snapshot was taken has been committed, or a node could not take one.
sub check_read
{
	my ($session, $from, $what) = @_;
	my ($rows, $error) = finish($session);
	my ($value, @different) = do { my %seen; grep { !$seen{$_}++ } @$rows };
	ok($what =~ /REPEATABLE READ|^snapshot[^:]*$/ && $error =~ /ERROR:  40001: (could not serialize access due to a distributed transaction whose outcome was not known|node \d does not take part)/
		  || $error eq '' && !@different && $value =~ /^\d+$/ && $value >= $from && $value <= $commits, "$what reads all or nothing")
	  or diag("@$rows, not from $from to $commits: $error");
}

# Is nothing left that others would have to wait for?
sub check_rest
{
	my ($what) = @_;
	my $left = 0;
	for my $node (@nodes)
	{
		$node->poll_query_until($db, q{SELECT (SELECT count(*) FROM pg_prepared_xacts) + (SELECT count(*) FROM distshard.transaction)
			+ (SELECT count(*) FROM pg_locks WHERE locktype = 'transactionid' AND pid <> pg_backend_pid())
			+ (SELECT count(*) FROM pg_stat_activity WHERE application_name ~ '^distshard') = 0}) or $left++;
	}
	is($left, 0, "$what: nothing is left");
	is($coordinator->safe_psql($db, $snapshot), "$commits\n$commits", "$what: what was acknowledged is there, once");
}

# What is left prepared on the worker is for its own recovery: the coordinator does not look meanwhile.
sub set_recovery
{
	my ($interval) = @_;
	$coordinator->append_conf('postgresql.conf', "distshard.recovery_interval = $interval");
	$coordinator->reload;
	$coordinator->poll_query_until($db, "SELECT current_setting('distshard.recovery_interval') = '$interval'");
}

# Each has what it runs, the node and the point where a process is frozen; and where errors are raised before.
my @commit_fails = ([ $worker, 'before COMMIT PREPARED' ]);
my @prepare_fails = ([ $coordinator, 'all prepared' ]);
my @abort_fails = (@prepare_fails, [ $worker, 'before ROLLBACK PREPARED' ]);
for my $case (
	(map { [ $commit, $coordinator, $_ ] } 'commit begins', 'record inserted', 'prepare sent', 'all prepared', 'committed',
		'commit sent', 'commit told', 'recovery before deletion', 'recovery after deletion'),
	(map { [ $commit, $worker, $_ ] } 'before PREPARE TRANSACTION', 'after PREPARE TRANSACTION', 'before COMMIT PREPARED',
		'after COMMIT PREPARED'),
	(map { [ $commit, $worker, $_, @commit_fails ] } 'recovery asked', 'recovery commits'),
	(map { [ $commit, $worker, $_, @abort_fails ] } 'recovery asked', 'recovery rolls back'),
	(map { [ $commit, $coordinator, $_, @prepare_fails ] } 'abort begins', 'rollback sent'),
	(map { [ $commit, $worker, $_, @prepare_fails ] } 'before ROLLBACK PREPARED', 'after ROLLBACK PREPARED'),
	(map { [ $snapshot, $coordinator, $_ ] } 'hold begins', 'commits held', 'snapshots taken', 'hold ends'),
	(map { [ $snapshot, $worker, $_ ] } 'hold begins', 'commits held', 'hold is renewed', 'hold ends'))
{
	my ($sql, $node, $point, @fails) = @$case;
	my $aborts = grep { $_->[1] eq 'all prepared' } @fails;
	my $what = ($sql ne $commit ? 'snapshot' : $aborts ? 'abort' : 'commit') . ', ' . $node->name . ", $point";
	my $from = $commits;

	set_recovery('1h') if $point =~ /^recovery (asked|commits|rolls back)/;
	$_->[0]->safe_psql($db, "SELECT distshard.set_fault('$_->[1]', 'error')") for @fails;
	$node->safe_psql($db, "SELECT distshard.set_fault('$point', 'wait')");
	my $session = start($coordinator, $sql);
	$commits++ if $sql eq $commit && !$aborts;
	$node->poll_query_until($db, 'SELECT distshard.waiting_at_fault() > 0') or die "nobody waits at $point";
	my $pid = $node->safe_psql($db, 'SELECT distshard.waiting_at_fault()');
	my $thaw = time + $frozen_s;
	kill 'STOP', $pid or die;
	$node->safe_psql($db, "SELECT distshard.set_fault('$point', NULL)");

	my @readers = map { [ start($_, $read), $_->name ], [ start($_, $snapshot), $_->name . ', in REPEATABLE READ,' ] } @nodes;
	my @writers = map { start($nodes[ $_ - 1 ], "UPDATE others SET v = v + 1 WHERE k % 3 = $_ - 1") } 1 .. 3;
	my ($seen, $error) = finish(start($other, "SET distshard.in_doubt_timeout = 0; $read"));
	like("@$seen$error", qr/^(\d+|.*ERROR:  08007: outcome of distributed transaction .* is not known yet.*)$/s,
		"$what: who does not wait is told why");
	for my $there (@nodes)
	{
		(undef, $error) = finish(start($there, "UPDATE alone SET v = v + 1"));
		is($error, '', "$what: transactions of " . $there->name . ' go on');
	}
	if ($sql ne $commit)
	{
		(undef, $error) = finish(start($other, $commit));
		is($error, '', "$what: also what the snapshot is about");
		$commits++;
	}
	sleep 0.01 while time < $thaw;
	kill 'CONT', $pid or die;
	set_recovery('100ms');

	if ($sql eq $commit)
	{
		(undef, $error) = finish($session);
		like($error, $aborts ? qr/ERROR: .* fault at/ : @fails ? qr/^(?!.*ERROR).*WARNING: .* has not confirmed/s : qr/^$/,
			"$what: the commit " . ($aborts ? 'fails' : 'succeeds'));
	}
	else
	{
		check_read($session, $from, $what);
	}
	check_read($_->[0], $from, "$what: $_->[1]") for @readers;
	is(join('', map { (finish($_))[1] } @writers), '', "$what: who writes to several nodes succeeds");
	check_rest($what);
}

done_testing();
