# Whatever ends a statement ends its work on all nodes within a second: a cancel, a time limit, the death of the client,
# of its backend, or of the whole coordinator. Nothing is left of it.
use strict;
use warnings;

use DistshardCluster;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

my $cluster = DistshardCluster->new(workers => 2);
my @nodes = $cluster->nodes;
my $coordinator = $nodes[0];
my $db = 'postgres';

# Joined by the key with itself, it takes forever.
$coordinator->safe_psql($db, q{
	CREATE TABLE t (k int PRIMARY KEY, v int);
	SELECT create_distributed_table('t', 'k', shard_count => 6);
	INSERT INTO t SELECT i, 0 FROM generate_series(1, 100) i;
	CREATE TABLE few (k int, v int);
	SELECT create_distributed_table('few', 'k', shard_count => 6);
	INSERT INTO few SELECT i % 10, i FROM generate_series(1, 200000) i;
	ANALYZE few;
});
my %key;
for my $k (1 .. 100)
{
	my ($node) = $coordinator->safe_psql($db, "EXPLAIN SELECT * FROM t WHERE k = $k") =~ /Node: (\d)/;
	$key{ $node // 1 } //= $k;
}

my $pairs = 'few a JOIN few b USING (k) WHERE a.v + b.v <> 1';
my %statements = (
	'a sleep' => "SELECT distshard.run_on_node(2, 'SELECT pg_sleep(600)')",
	'a join' => "SELECT count(*) FROM $pairs",
	'a sort' => "SELECT a.v, b.v FROM $pairs ORDER BY 2, 1 LIMIT 1 OFFSET 1000000000",
	'a wait for a lock' => "UPDATE t SET v = 1 WHERE k = $key{2}",
	'a wait for a lock here' => "UPDATE t SET v = 1 WHERE k = $key{1}",
	'COPY TO' => "COPY (SELECT * FROM $pairs) TO STDOUT",
	'COPY FROM' => "\\copy few from program 'seq -f %.0f,1 1000000000' csv",
	'a transaction' => "BEGIN; UPDATE t SET v = v + 1 WHERE k > 50; SELECT count(*) FROM $pairs");

my $at_work = q{SELECT count(*) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND (state <> 'idle' OR xact_start IS NOT NULL)
	AND usename <> 'holder' AND (application_name LIKE 'distshard: %' OR application_name = 'victim')};

# Another session holds locks; it is not what the test is about.
$coordinator->safe_psql($db, 'CREATE ROLE holder SUPERUSER LOGIN');
my $holder = $coordinator->background_psql($db, extra_params => [ '-U', 'holder' ]);
$holder->set_query_timer_restart;

# Starts a client, and waits until its statement is at work where it should be; returns it, and its backend.
sub start_client
{
	my ($sql, $options) = @_;
	my $sink = '';
	my @command = ('psql', '-X', '-q', '-A', '-t', '-o', '/dev/null', map { ('-c', $_) } split /; /, $sql);
	my $client = IPC::Run::start([ @command, '-d', $coordinator->connstr($db) . " application_name=victim options='$options'" ],
		'<', \undef, '>', '/dev/null', '2>', \$sink);
	my $here = $sql eq $statements{'a wait for a lock here'};
	$coordinator->poll_query_until($db, q{SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'victim' AND state = 'active'})
	  or die;
	($here ? $nodes[0] : $nodes[1])->poll_query_until($db, "SELECT ($at_work) > 0") or die;
	sleep 0.3;
	return ($client, $coordinator->safe_psql($db, q{SELECT pid FROM pg_stat_activity WHERE application_name = 'victim'}));
}

my (@times, @answers);

sub nothing_left
{
	my ($what, $start, @on) = @_;
	my $left = 1;
	while ($left && time - $start < 20)
	{
		$left = 0;
		$left += $_->safe_psql($db, $at_work) foreach @on;
		push @times, time - $start if !$left;
	}
	is($left, 0, "$what: the work ends on all nodes") or diag time - $start;
	note sprintf('%s: %.3f s', $what, $times[-1]);
	foreach my $node (@on)
	{
		is($node->safe_psql($db, q{SELECT (SELECT count(*) FROM pg_prepared_xacts),
				(SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE relation > 16384 AND usename <> 'holder' AND application_name ~ 'distshard: |victim'),
				(SELECT count(*) FROM pg_ls_tmpdir())}), '0|0|0', "$what: no transaction, lock or file is left on " . $node->name);
	}
}

sub hold_locks
{
	my ($sql) = @_;
	$holder->query_safe("BEGIN; UPDATE t SET v = 0 WHERE k IN ($key{1}, $key{2})") if $sql =~ /k = /;
}

my %ends = (
	'a cancel' => sub { $coordinator->safe_psql($db, "SELECT pg_cancel_backend($_[1])") },
	'the end of the backend' => sub { $coordinator->safe_psql($db, "SELECT pg_terminate_backend($_[1])") },
	'the death of the client' => sub { $_[0]->signal('KILL') },
	'a time limit' => sub { $coordinator->poll_query_until($db, "SELECT count(*) = 0 FROM pg_stat_activity WHERE pid = $_[1] AND state = 'active'") });

foreach my $statement (sort keys %statements)
{
	my $sql = $statements{$statement};
	foreach my $end (sort keys %ends)
	{
		hold_locks($sql);
		my ($client, $pid) = start_client($sql, $end eq 'a time limit' ? '-c statement_timeout=1500' : '');
		my $start = time;
		$ends{$end}->($client, $pid);
		nothing_left("$statement, $end", $end eq 'a time limit' ? time : $start, @nodes);
		$client->kill_kill(grace => 1);
		$holder->query_safe('ROLLBACK') if $sql =~ /k = /;
	}
}

# A frozen node, or one process of it, keeps nobody waiting who wants to stop.
sub processes_of
{
	my ($node) = @_;
	my $postmaster = PostgreSQL::Test::Utils::slurp_file($node->data_dir . '/postmaster.pid') =~ s/\n.*//sr;
	return ($postmaster, split /\n/, `pgrep -P $postmaster`);
}

my $working = q{SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'distshard: %' AND xact_start IS NOT NULL};
my $victim = $coordinator->background_psql($db, on_error_stop => 0, extra_params => [ '-d', $coordinator->connstr($db) . ' application_name=victim' ]);
my $victim_pid = $victim->query('SELECT pg_backend_pid()');
# Has the client cancel a statement while processes stand still, which go on afterwards; it gets the error soon.
sub cancel_frozen
{
	my ($what, $sql, $stopped, $error, $meaning) = @_;
	kill STOP => @$stopped;
	$victim->{stdin} .= "$sql;\n\\echo the end\n";
	$victim->{run}->pump_nb;
	$coordinator->poll_query_until($db, "SELECT count(*) = 1 FROM pg_stat_activity WHERE pid = $victim_pid AND state = 'active' AND query LIKE '$sql%'") or die;
	my $cancelled = time;
	$coordinator->safe_psql($db, "SELECT pg_cancel_backend($victim_pid)");
	pump_until($victim->{run}, $victim->{timeout}, \$victim->{stdout}, qr/the end/);
	push @answers, time - $cancelled;
	note sprintf('%s: %.3f s', $what, $answers[-1]);
	like($victim->{stderr}, $error, "$what: $meaning");
	$victim->{$_} = '' for qw(stdout stderr);
	kill CONT => @$stopped;
}

foreach my $frozen ('a frozen process', 'a frozen node')
{
	foreach my $sql ('COMMIT', 'UPDATE t SET v = v + 1 WHERE k > 50')
	{
		my $before = $coordinator->safe_psql($db, 'SELECT sum(v) FROM t');
		$victim->query("BEGIN; UPDATE t SET v = v + 1 WHERE k IN ($key{2}, $key{3})");
		my @stopped = $frozen eq 'a frozen node' ? processes_of($nodes[1]) : $nodes[1]->safe_psql($db, $working);
		cancel_frozen("$sql on $frozen", $sql, \@stopped, qr/canceling statement due to user request/, 'it was cancelled');
		$victim->query('ROLLBACK');
		ok($_->poll_query_until($db, 'SELECT count(*) = 0 FROM pg_prepared_xacts'), 'what it prepared later is rolled back') foreach @nodes;
		nothing_left("$sql on $frozen", time, @nodes);
		is($coordinator->safe_psql($db, 'SELECT sum(v) FROM t'), $before, 'and nothing has changed');
	}
}

# If that is where it was to be decided, nobody knows how.
foreach my $frozen ('a frozen process', 'a frozen node')
{
	foreach my $sql ('COMMIT', "UPDATE t SET v = v + 1 WHERE k = $key{2}")
	{
		$victim->query($sql eq 'COMMIT' ? "BEGIN; UPDATE t SET v = v + 1 WHERE k = $key{2}" : "SELECT v FROM t WHERE k = $key{2}");
		my $backends = $sql eq 'COMMIT' ? $working : q{SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'distshard: %'};
		my @stopped = $frozen eq 'a frozen node' ? processes_of($nodes[1]) : split /\n/, $nodes[1]->safe_psql($db, $backends);
		my $what = "$sql of one node, on $frozen";
		cancel_frozen($what, $sql, \@stopped, qr/canceled while node 2 .* was to commit.*may have been committed or not/s, 'nobody knows');
		nothing_left($what, time, @nodes);
	}
}
$victim->quit;

# A server that is killed tells nobody.
my ($client) = start_client($statements{'a transaction'}, '');
my (undef, @backends) = processes_of($coordinator);
my $start = time;
$coordinator->kill9;
kill KILL => @backends;
nothing_left('the death of the coordinator', $start, @nodes[ 1, 2 ]);
$client->kill_kill(grace => 1);
$holder->{run}->kill_kill;

# One may have found the machine busy.
sub in_a_second
{
	my ($what, @seconds) = @_;
	@seconds = sort { $a <=> $b } @seconds;
	cmp_ok($seconds[ @seconds * 3 / 4 ], '<', 1, $what);
	cmp_ok($seconds[-1], '<', 2, "$what, and never much longer");
	note "median $seconds[ $#seconds / 2 ] s, slowest $seconds[-1] s";
}
in_a_second('work ends within a second', @times);
in_a_second('a client whose node stands still gets its answer within a second', @answers);

done_testing();
