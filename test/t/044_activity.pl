# What the sessions of the cluster do, who waits for whom, and how to stop them, from any node.
use strict;
use warnings;

use DistshardCluster;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $cluster = DistshardCluster->new(workers => 2, conf => "distshard.connect_timeout = 2\n");
my @nodes = $cluster->nodes;
my $db = 'postgres';

$nodes[0]->safe_psql($db, q{
	CREATE TABLE t (k int PRIMARY KEY, v int);
	SELECT create_distributed_table('t', 'k', shard_count => 6);
	INSERT INTO t SELECT i, 0 FROM generate_series(1, 100) i;
	CREATE ROLE alice LOGIN;
	CREATE ROLE bob LOGIN;
	CREATE ROLE watcher LOGIN IN ROLE pg_read_all_stats, pg_signal_backend;
	GRANT ALL ON t TO alice, bob;
});
my %key;
for my $i (1 .. 100)
{
	my ($node) = $nodes[0]->safe_psql($db, "EXPLAIN SELECT * FROM t WHERE k = $i") =~ /Node: (\d)/;
	$key{ $node // 1 } //= $i;
}

# Runs SQL on a node as a role.
sub ask
{
	my ($node_id, $role, $sql) = @_;
	my ($stdout, $stderr);
	$nodes[ $node_id - 1 ]->psql($db, $sql, stdout => \$stdout, stderr => \$stderr,
		connstr => $nodes[ $node_id - 1 ]->connstr($db) . " user=$role");
	return $stdout . $stderr;
}

my $k = $key{3};

sub session
{
	my ($node_id, $role) = @_;
	return $nodes[ $node_id - 1 ]->background_psql($db, on_error_stop => 0, extra_params => [ '-U', $role ]);
}

my $holder = session(1, 'alice');
my $waiter = session(2, 'bob');
my $holder_pid = $holder->query_safe('SELECT pg_backend_pid()');
my $waiter_pid = $waiter->query_safe('SELECT pg_backend_pid()');
$holder->query_safe("BEGIN; UPDATE t SET v = 1 WHERE k = $k");
$waiter->query_until(qr/go/, "\\echo go\nUPDATE t SET v = 2 WHERE k = $k;\n");
$nodes[2]->poll_query_until($db, 'SELECT count(*) > 0 FROM distshard.local_waits()');

my $waits = q{SELECT node_id, blocked_session_node, blocked_session_pid, blocked_user, blocked_statement,
	blocking_session_node, blocking_session_pid, blocking_user, blocking_statement,
	lock ~ '^ShareLock on transaction \d+$', waiting_for < '1 min', blocked_pid <> blocking_pid FROM distshard.lock_waits};
foreach my $node_id (1 .. 3)
{
	my $got = ask($node_id, 'postgres', $waits);
	# psql sends the two statements of the holder one by one
	like($got, qr/^3\|2\|$waiter_pid\|bob\|UPDATE t SET v = 2 WHERE k = $k;\|1\|$holder_pid\|alice\|UPDATE t SET v = 1 WHERE k = $k\s*;?\|t\|t\|t$/,
		"lock_waits of node $node_id");
	like(ask($node_id, 'watcher', $waits), qr/\|bob\|UPDATE.*\|alice\|UPDATE/, 'for a member of pg_read_all_stats too');
	like(ask($node_id, 'alice', $waits), qr/\|bob\|<insufficient privilege>\|1\|$holder_pid\|alice\|UPDATE/, 'others see what is theirs');

	like(ask($node_id, 'postgres', "SELECT session_node, session_pid, node_id, pid <> session_pid, user_name, state,
			statement, fragment FROM distshard.activity WHERE user_name = 'bob'"),
		qr/^2\|$waiter_pid\|2\|f\|bob\|active\|(UPDATE t SET v = 2 WHERE k = $k;)\|\n2\|$waiter_pid\|3\|t\|bob\|active\|\1\|\S*distshard.*UPDATE.*distshard_public\.t/,
		"activity of node $node_id");
	like(ask($node_id, 'alice', "SELECT statement, fragment FROM distshard.activity WHERE user_name = 'bob' AND node_id = 3"),
		qr/^<insufficient privilege>\|<insufficient privilege>$/, 'statements of others are hidden');
	is(ask($node_id, 'alice', "SELECT count(*) FROM distshard.activity WHERE user_name = 'alice' AND statement LIKE 'UPDATE%'"), 2,
		'those of the own sessions are not');
}
is(ask(1, 'postgres', "SELECT count(*) FROM distshard.activity WHERE state = 'active' AND statement IS NULL"), 0,
	'each backend has a session with a statement');

# Tables by their names, and what a prepared transaction holds.
my $other = session(3, 'postgres');
$nodes[2]->safe_psql($db, "CREATE TABLE own (v int); INSERT INTO own VALUES (1)");
$nodes[2]->safe_psql($db, "BEGIN; LOCK TABLE own; PREPARE TRANSACTION 'mine'");
$other->query_until(qr/go/, "\\echo go\nSELECT * FROM own;\n");
$nodes[2]->poll_query_until($db, 'SELECT count(*) = 2 FROM distshard.local_waits()');
is(ask(1, 'postgres', q{SELECT lock, blocking_statement FROM distshard.lock_waits WHERE blocking_pid IS NULL}),
	'AccessShareLock on table "public"."own"|<prepared transaction>', 'a prepared transaction is in the way');
$nodes[2]->safe_psql($db, "ROLLBACK PREPARED 'mine'");
is($other->query(''), 1, 'it is gone');

# Stop them.
like(ask(3, 'alice', "SELECT distshard.cancel_session(2, $waiter_pid)"), qr/must be a member of the role whose query is being canceled/,
	'rights are those of pg_cancel_backend()');
is(ask(3, 'watcher', "SELECT distshard.cancel_session(2, $waiter_pid)"), 't', 'cancel_session() from another node');
$waiter->query('');
like($waiter->{stderr}, qr/canceling statement due to user request/, 'the client is told');
$waiter->{stderr} = '';
$nodes[2]->poll_query_until($db, 'SELECT count(*) = 0 FROM distshard.local_waits()');
pass('nothing is left of it on the node');

like(ask(2, 'bob', "SELECT distshard.terminate_session(1, $holder_pid)"), qr/must be a member of the role whose process is being terminated/,
	'rights are those of pg_terminate_backend()');
is(ask(2, 'alice', "SELECT distshard.terminate_session(1, $holder_pid)"), 't', 'terminate_session() from another node');
ok($_->poll_query_until($db, "SELECT count(*) = 0 FROM pg_stat_activity WHERE usename = 'alice'"), 'nothing is left on ' . $_->name) foreach @nodes;
$waiter->query("UPDATE t SET v = 3 WHERE k = $k");
is($waiter->{stderr}, '', 'its locks are free');
is(ask(1, 'postgres', "SELECT distshard.cancel_session(1, pg_backend_pid()); SELECT 1") =~ /canceling statement due to user request/, 1, 'the own node');

# Nodes that are down.
$nodes[2]->stop('immediate');
is(ask(1, 'postgres', 'SELECT node_id, state FROM distshard.activity WHERE node_id = 3 OR session_node = 3'), '3|node does not answer',
	'activity says which node is down');
like(ask(1, 'postgres', 'SELECT count(*) FROM distshard.lock_waits'),
	qr/^0\D.*WARNING:  node 3 does not answer: .*\nDETAIL:  could not connect to node 3/, 'lock_waits shows the others, and says so');
$nodes[2]->start;

# A node that is frozen, for a session with a connection and for one without
$waiter->query_safe("UPDATE t SET v = 4 WHERE k = $k");
my $postmaster = slurp_file($nodes[2]->data_dir . '/postmaster.pid') =~ /^(\d+)/ ? $1 : die;
my @frozen = ($postmaster, split ' ', `pgrep -P $postmaster`);
kill 'STOP', @frozen;
$waiter->query("SELECT count(*) FROM distshard.lock_waits");
like($waiter->{stderr}, qr/WARNING:  node 3 does not answer: .*\nDETAIL:  (node 3 has not answered|could not connect)/, 'lock_waits does not wait for a frozen node');
$waiter->{stderr} = '';
is(ask(1, 'postgres', 'SELECT node_id, state FROM distshard.activity WHERE node_id = 3'), '3|node does not answer', 'nor does activity');
like(ask(2, 'postgres', 'SELECT distshard.terminate_session(3, 1)'), qr/ERROR:  could not connect to node 3/, 'nor terminate_session()');
kill 'CONT', @frozen;
is($waiter->query_safe("UPDATE t SET v = 5 WHERE k = $k RETURNING v"), 5, 'it goes on');
$_->quit foreach $waiter, $other;

done_testing();
