# Connections between nodes: how long they are kept, how many there may be, and who has to wait for whom.
use strict;
use warnings;

use DistshardCluster;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $cluster = DistshardCluster->new(workers => 2, conf => "max_connections = 40\nsuperuser_reserved_connections = 4\n");
my ($coordinator, $worker, $other) = $cluster->nodes;
my $db = 'postgres';

$coordinator->safe_psql($db, q{
	CREATE TABLE t (k int PRIMARY KEY, v int NOT NULL);
	SELECT create_distributed_table('t', 'k', shard_count => 6);
	INSERT INTO t SELECT i, 0 FROM generate_series(1, 1000) i;
	CREATE TABLE u (k int, v int);
	SELECT create_distributed_table('u', 'k', colocate_with => 't');
	INSERT INTO u SELECT i, i FROM generate_series(1, 1000) i;
	ANALYZE t, u;
});

# A key on each node.
my %key;
for my $k (1 .. 100)
{
	my ($node) = $coordinator->safe_psql($db, "EXPLAIN SELECT * FROM t WHERE k = $k") =~ /Node: (\d)/;
	$key{ $node // 1 } //= $k;
}
my ($here, $there, $elsewhere) = map { "UPDATE t SET v = v + 1 WHERE k = $key{$_}" } 1 .. 3;

my %pid;

sub session
{
	my ($name) = @_;
	my $session = $coordinator->background_psql($db, on_error_stop => 0);
	$pid{$session} = $session->query('SELECT pg_backend_pid()');
	return $session;
}

# Starts a statement whose end the caller looks for later.
sub start
{
	my ($session, $sql) = @_;
	$session->{stdout} = '';
	$session->query_until(qr/started/, "\\echo started\n$sql;\n\\echo ended\n");
}

sub finish
{
	my ($session) = @_;
	pump_until($session->{run}, $session->{timeout}, \$session->{stdout}, qr/ended/);
	my $error = $session->{stderr};
	$session->{stdout} = $session->{stderr} = '';
	return $error;
}

# Polls until the coordinator says so.
sub holds
{
	my ($what, $condition) = @_;
	ok($coordinator->poll_query_until($db, "SELECT $condition"), $what);
}

sub set_conf
{
	$coordinator->append_conf('postgresql.conf', "distshard.$_[0]");
	$coordinator->reload;
}

sub has { my ($session) = @_; return "EXISTS (SELECT FROM distshard.connection_turns WHERE pid = $pid{$session} AND NOT waiting)" }
sub waits { my ($session) = @_; return "EXISTS (SELECT FROM distshard.connection_turns WHERE pid = $pid{$session} AND waiting)" }

sub connections_on_worker
{
	my ($session) = @_;
	return "(SELECT count(*) FROM pg_stat_activity WHERE application_name = 'distshard: $pid{$session}')";
}

# Each of the three nodes has a third of what a node can take.
$coordinator->safe_psql($db, $there);
is($coordinator->safe_psql($db, 'SELECT distshard.connection_limit()'), 12, 'the share of a node in the connections of another');

# Kept, until nobody needs them for a while
my $session = session();
$session->query_safe($there);
my $backend = $session->query('SELECT backend_pid FROM distshard.connections');
$session->query_safe("BEGIN; $there; COMMIT; BEGIN; $there; ROLLBACK");
is($session->query('SELECT backend_pid FROM distshard.connections'), $backend, 'the next transactions use the same connection');

$session->query_safe("SET distshard.idle_connection_timeout = '50ms'");
ok($worker->poll_query_until($db, 'SELECT 0 = ' . connections_on_worker($session)), 'an idle session closes it');
holds('and is no longer counted', 'NOT ' . has($session));
is($session->query("$there RETURNING 'changed'"), 'changed', 'and opens another one in silence');

$session->query('SELECT 1/0');
$session->{stderr} = '';
ok($worker->poll_query_until($db, 'SELECT 0 = ' . connections_on_worker($session)), 'also after an error, which stops all timers');

$session->query_safe("BEGIN; $there");
$coordinator->safe_psql($db, 'SELECT pg_sleep(0.2)');
is($session->query("$there RETURNING 'changed'"), 'changed', 'a transaction keeps it, however long its client thinks');
$session->query_safe('COMMIT');
ok($worker->poll_query_until($db, 'SELECT 0 = ' . connections_on_worker($session)), 'to its end');
$session->quit;

# One session at a time may have connections
set_conf('max_connections_per_node = 1');
holds('the setting counts', 'distshard.connection_limit() = 1');
my ($one, $two, $three) = map { session() } 1 .. 3;

$one->query_safe($there);
$two->query_safe($there);
pass('a session whose client is silent gives its connections to another one');
is($worker->safe_psql($db, 'SELECT ' . connections_on_worker($one)), 0, 'they are closed');
is($one->query("$there RETURNING 'changed'"), 'changed', 'and it gets them again');

$one->query_safe("BEGIN; $there");
start($two, $elsewhere);
holds('while a transaction has them, another session waits', waits($two));
is($coordinator->safe_psql($db, "SELECT wait_event_type FROM pg_stat_activity WHERE pid = $pid{$two}"), 'Extension', 'which is a wait event');
is($three->query("$here RETURNING 'changed'"), 'changed', 'who needs no connection does not wait');
start($three, $there);
holds('so does a third', waits($three));
$one->query_safe("$elsewhere; COMMIT");
is(finish($two), '', 'the end of the transaction ends the wait of the first in line');
is(finish($three), '', 'then of the next');

# Who is asked for its connections, and in vain, since its client goes on just then, is asked again. The client is silent for
# a twentieth of a turn before that, and its transaction begins so early that it does not use the connections yet.
set_conf("connection_turn = '10s'");
holds('the turn is set', "current_setting('distshard.connection_turn') = '10s'");
$one->query_safe($there);
my $stopped = session();
$stopped->query_safe('SELECT pg_advisory_lock(1)');
start($one, "DO 'BEGIN PERFORM pg_advisory_xact_lock(1); $there; END'");
start($two, $there);
holds('another session waits', waits($two));
$coordinator->safe_psql($db, 'SELECT pg_sleep(0.7)');    # it asks after half a second
$stopped->query_safe('SELECT pg_advisory_unlock(1)');
is(finish($one), '', 'a session uses its connections again, after it was asked for them');
is(finish($two), '', 'then another one gets them');

# Who is in a transaction is not asked instead of who could give up connections.
set_conf('max_connections_per_node = 2');
holds('two have connections', 'distshard.connection_limit() = 2');
foreach my $order ([ $one, $two ], [ $two, $one ])
{
	my ($in_transaction, $idle) = @$order;
	$_->query_safe($there) foreach @$order;
	$in_transaction->query_safe('BEGIN; SELECT 1');
	start($three, $there);
	is(finish($three), '', 'an idle session gives way while another one is in a transaction that does not use its connections');
	$in_transaction->query_safe('COMMIT');
}
$coordinator->safe_psql($db, "SELECT pg_terminate_backend($pid{$stopped})");
set_conf("connection_turn = '1s'");
set_conf('max_connections_per_node = 1');
holds('the setting counts again', 'distshard.connection_limit() = 1');

# Waiting ends
$one->query_safe("BEGIN; $there");
$two->query_safe("SET distshard.connection_wait_timeout = '100ms'; \\set VERBOSITY verbose");
start($two, $there);
like(finish($two), qr/53300: timed out waiting for connections.*No more than 1 sessions.*connection_turns/s, 'a timeout');
$two->query_safe("SET statement_timeout = '100ms'; SET distshard.connection_wait_timeout = 0");
start($two, $there);
like(finish($two), qr/57014/, 'a statement timeout');
$two->query_safe('RESET statement_timeout');
start($two, $there);
holds('it waits again', waits($two));
$coordinator->safe_psql($db, "SELECT pg_cancel_backend($pid{$two})");
like(finish($two), qr/57014/, 'a cancel');
start($two, $there);
start($three, $there);
holds('two wait', waits($two) . ' AND ' . waits($three));
$coordinator->safe_psql($db, "SELECT pg_terminate_backend($pid{$two})");
holds('a session that was terminated does not', 'NOT ' . waits($two));
$coordinator->safe_psql($db, "SELECT pg_terminate_backend($pid{$one})");
is(finish($three), '', 'nor does one that was terminated while it had connections keep others waiting');
$_->{run}->finish foreach $one, $two;

# Locks and connections do not make a circle
($one, $two) = map { session() } 1 .. 2;
$one->query_safe("BEGIN; $there");
$two->query_safe("BEGIN; $here");
start($one, $here);
start($two, $elsewhere);
is(finish($two), '', 'who holds locks gets over the limit in the end');
$two->query_safe('COMMIT');
is(finish($one), '', 'so that others do not wait for ever');
$one->query_safe('COMMIT');

# A node joins what others send it: senders need connections to each other.
set_conf('max_connections_per_node = 2');
foreach my $node ($worker, $other)
{
	$node->append_conf('postgresql.conf', 'distshard.max_connections_per_node = 1');
	$node->reload;
}
$_->query_safe("SET distshard.join_strategy = 'rehash'") foreach $one, $two, $three;
my $join = 'SELECT count(*) FROM t JOIN u ON t.k = u.v';
$three->query_safe("BEGIN; $there; COMMIT");
like($three->query("EXPLAIN $join"), qr/Broadcast|Re-hash/, 'a join for which nodes send rows to each other');
my $expected = $three->query($join);
start($_, $join) foreach $one, $two;
foreach ($one, $two)
{
	pump_until($_->{run}, $_->{timeout}, \$_->{stdout}, qr/ended/);
	like($_->{stdout}, qr/^$expected$/m, 'two sessions join tables off the key');
	is($_->{stderr}, '', 'without an error');
}

# Connections are the session user's
$coordinator->safe_psql($db, 'CREATE ROLE clerk LOGIN; GRANT ALL ON t TO clerk');
set_conf('max_connections_per_node = 1');
$one->query_safe($there);
$one->query_safe("SET SESSION AUTHORIZATION clerk; $there");
is($worker->safe_psql($db, 'SELECT ' . connections_on_worker($one)), 1, 'after SET SESSION AUTHORIZATION there is still one connection');
is($worker->safe_psql($db, "SELECT usename FROM pg_stat_activity WHERE application_name = 'distshard: $pid{$one}'"), 'clerk', 'of the new user');
$_->quit foreach $one, $two, $three;
holds('sessions leave nothing', "NOT EXISTS (SELECT FROM distshard.connection_turns)");

done_testing();
