# Distributed transactions that a crash left unfinished are finished, as their commit record says; others are not touched.
use strict;
use warnings;

use DistshardCluster;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $cluster = DistshardCluster->new(workers => 2, conf => "max_wal_senders = 1\ndistshard.recovery_interval = 500ms\n");
my ($coordinator, $worker, $other) = $cluster->nodes;
my $db = 'postgres';

$coordinator->safe_psql($db, q{
	CREATE TABLE t (k int PRIMARY KEY, v int);
	SELECT create_distributed_table('t', 'k', shard_count => 6);
	INSERT INTO t SELECT i, 0 FROM generate_series(1, 100) i;
});

my %key = $cluster->key_on_each_node('t');
my $keys = "$key{2}, $key{3}";

sub none_left
{
	my ($what) = @_;
	for my $node ($coordinator, $worker, $other)
	{
		ok($node->poll_query_until($db, q{SELECT (SELECT count(*) FROM pg_prepared_xacts WHERE gid LIKE 'distshard/%')
				+ (SELECT count(*) FROM distshard.transaction) = 0}), "$what: no prepared transaction or commit record is left on " . $node->name);
	}
}

sub values_are
{
	my ($value, $what) = @_;
	is($coordinator->safe_psql($db, "SELECT string_agg(v::text, ' ') FROM t WHERE k IN ($keys)"), "$value $value", $what);
}

# Starts a transaction that ends up in its local commit, all nodes having prepared: it is written, and waits for a
# standby that does not exist.
sub start_commit
{
	my ($value) = @_;
	my $session = $coordinator->background_psql($db, on_error_stop => 0);
	$coordinator->append_conf('postgresql.conf', "synchronous_standby_names = 'nobody'");
	$coordinator->reload;
	$session->query("SET application_name = 'waiter'");
	$session->query_until(qr/committing/, "\\echo committing\nBEGIN; UPDATE t SET v = $value WHERE k IN ($keys); COMMIT;\n");
	$coordinator->poll_query_until($db, q{SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'waiter' AND wait_event = 'SyncRep'})
	  or die 'the commit does not wait';
	$coordinator->append_conf('postgresql.conf', "synchronous_standby_names = ''");
	return $session;
}

$coordinator->safe_psql($db, "UPDATE t SET v = 1 WHERE k IN ($keys)");
values_are(1, 'committed');
none_left('an ordinary transaction');

# What is still in progress where it began is left alone
my $session = start_commit(2);
my $log_start = -s $worker->logfile;
$coordinator->wait_for_log(qr/distshard\.transaction_outcome/);
is($worker->safe_psql($db, 'SELECT count(*) FROM pg_prepared_xacts'), 1, 'a transaction in progress stays prepared');

sub view
{
	my ($on) = @_;
	return $on->safe_psql($db, q{SELECT node_id, gid ~ '^distshard/1/', initiator, age BETWEEN '0' AND '5 min', state FROM distshard.prepared_transactions});
}
is(view($worker), "2|t|1|t|in progress\n3|t|1|t|in progress", 'a view shows it');

# The node that began it dies after its commit was written
$coordinator->stop('immediate');
eval { $session->quit };
is($worker->safe_psql($db, 'SELECT count(*) FROM pg_prepared_xacts'), 1, 'and while nobody can be asked, too');
is(view($worker), "1||||node does not answer\n2|t|1|t|initiator does not answer\n3|t|1|t|initiator does not answer",
	'the view shows that, and works with a node that is down');
$coordinator->start;
none_left('coordinator crashed');
values_are(2, 'what its log says is committed is so on all nodes');

# A node dies and is not told
$session = start_commit(3);
$worker->stop('immediate');
$coordinator->reload;
$session->query('SELECT 1');
like($session->{stderr}, qr/WARNING:  node 2 has not confirmed the commit of transaction/, 'a node that was not told is warned of');
$session->quit;
cmp_ok($coordinator->safe_psql($db, 'SELECT count(*) FROM distshard.transaction'), '>', 0, 'its commit record is kept');
$worker->start;
none_left('worker crashed');
values_are(3, 'it is told when it is back');

# No record: it is rolled back. What is not ours stays.
my $prefix = $coordinator->safe_psql($db, q{SELECT 'distshard/1/' || system_identifier || '.' || 'distshard.transaction'::regclass::oid || '/' FROM pg_control_system()});
my $hex = '0123456789abcdef0123456789abcdef';
$worker->safe_psql($db, 'CREATE TABLE own (v text)');
my %others = (
	'any' => 'mine',
	'a similar name' => "distshard/1/$hex",
	'another installation' => "distshard/1/42.42/$hex",
	'a group that is not in the cluster' => "distshard/9/42.42/$hex");
for my $gid (values %others, "$prefix$hex")
{
	$worker->safe_psql($db, "BEGIN; INSERT INTO own VALUES ('$gid'); PREPARE TRANSACTION '$gid'");
}
$worker->safe_psql($db, 'CREATE ROLE somebody; GRANT INSERT ON own TO somebody');
my ($status, $output, $error) = $worker->psql($db, "SET ROLE somebody; BEGIN; INSERT INTO own VALUES (2); PREPARE TRANSACTION '${prefix}bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb'");
like($error, qr/ERROR:  transaction identifier .* is reserved/, 'users cannot choose such a name');
$worker->safe_psql('template1', "BEGIN; CREATE TABLE t (v int); PREPARE TRANSACTION '${prefix}aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'");
ok($worker->poll_query_until($db, "SELECT count(*) = 0 FROM pg_prepared_xacts WHERE gid = '$prefix$hex'"), 'what has no commit record is rolled back');
like(slurp_file($worker->logfile), qr/recovery has rolled back transaction "\Q$prefix$hex\E"/, 'the log says so');
$worker->wait_for_log(qr/node group 9 is not in the cluster any more/, $log_start);
for my $what (sort keys %others)
{
	is($worker->safe_psql($db, "SELECT count(*) FROM pg_prepared_xacts WHERE gid = '$others{$what}'"), 1, "not touched: $what");
	$worker->safe_psql($db, "ROLLBACK PREPARED '$others{$what}'");
}
is($worker->safe_psql($db, q{SELECT count(*) FROM pg_prepared_xacts WHERE database = 'template1'}), 1, 'not touched: another database');
$worker->safe_psql('template1', "ROLLBACK PREPARED '${prefix}aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'");
is($worker->safe_psql($db, 'SELECT count(*) FROM own'), 0, 'nothing of it was committed');

# It is in nobody's way, even with work that cannot be done
$worker->safe_psql($db, "BEGIN; INSERT INTO own VALUES (1); PREPARE TRANSACTION 'distshard/9/42.42/$hex'");
$worker->safe_psql($db, 'CREATE DATABASE gone');
$worker->safe_psql('gone', 'CREATE EXTENSION distshard; CREATE TABLE t (v int)');
$worker->safe_psql('gone', "BEGIN; INSERT INTO t VALUES (1); PREPARE TRANSACTION 'distshard/9/42.42/$hex" . "0'");
$worker->safe_psql('gone', "INSERT INTO distshard.transaction VALUES ('distshard/1/42.42/$hex', '{7}')");
$worker->safe_psql('gone', "ROLLBACK PREPARED 'distshard/9/42.42/${hex}0'");
$worker->safe_psql('gone', 'DROP EXTENSION distshard');
$worker->safe_psql('postgres', 'DROP DATABASE gone');
is($worker->safe_psql($db, "SELECT count(*) FROM pg_database WHERE datname = 'gone'"), 0, 'a database can be dropped');
$worker->safe_psql($db, "ROLLBACK PREPARED 'distshard/9/42.42/$hex'");
for my $mode ('smart', 'fast')
{
	$coordinator->stop($mode);
	pass("$mode shutdown");
	$coordinator->start;
}
values_are(3, 'at the end');
none_left('at the end');

# A node that leaves has its transactions finished first
$coordinator->safe_psql($db, q{SELECT undistribute_table('t')});
none_left('before a node leaves');
my $began = $other->safe_psql($db, q{SELECT 'distshard/3/' || system_identifier || '.' || 'distshard.transaction'::regclass::oid || '/' FROM pg_control_system()}) . $hex;
$worker->safe_psql($db, "BEGIN; INSERT INTO own VALUES ('left'); PREPARE TRANSACTION '$began'");
$other->safe_psql($db, "INSERT INTO distshard.transaction VALUES ('$began', '{2}')");
$other->restart;
$coordinator->safe_psql($db, 'SELECT distshard.remove_node(3)');
is($worker->safe_psql($db, q{SELECT count(*) FROM own WHERE v = 'left'}), 1, 'what a node began is finished before it leaves');

done_testing();
