# Nodes that are down, killed, stuck, restarted, full or impostors: a clear error, nothing half done, and the session
# goes on.
use strict;
use warnings;

use DistshardCluster;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);

my $cluster = DistshardCluster->new(workers => 2);
my ($coordinator, $worker, $other) = $cluster->nodes;
my $db = 'postgres';

$coordinator->safe_psql($db, q{
	CREATE TABLE t (k int PRIMARY KEY, v int);
	SELECT create_distributed_table('t', 'k', shard_count => 6);
	INSERT INTO t SELECT i, 0 FROM generate_series(1, 100) i;
});

my %key = $cluster->key_on_each_node('t');

# Runs a script in one session, errors and all; returns what it printed, and what it complained about.
sub run_script
{
	my ($script, %options) = @_;
	my ($stdout, $stderr);
	$coordinator->psql($db, $script, stdout => \$stdout, stderr => \$stderr, on_error_stop => 0,
		timeout => 60, extra_params => [ '-v', 'VERBOSITY=verbose' ], %options);
	return ($stdout, $stderr);
}

# What nodes must not be left with: prepared transactions, and sessions of distshard at work.
sub is_clean
{
	my ($what) = @_;
	for my $node ($worker, $other)
	{
		is($node->safe_psql($db, 'SELECT count(*) FROM pg_prepared_xacts'), 0, "$what: no prepared transaction on " . $node->name);
		ok($node->poll_query_until($db,
				q{SELECT count(*) = 0 FROM pg_stat_activity WHERE application_name LIKE 'distshard: %' AND state <> 'idle'}),
			"$what: nothing goes on on " . $node->name);
	}
}

sub value_of
{
	return $coordinator->safe_psql($db, "SELECT v FROM t WHERE k = $_[0]");
}

my $address = 'localhost:' . $worker->port;
my $data = $worker->data_dir;
my $write_both = "UPDATE t SET v = v + 1 WHERE k = $key{2}; UPDATE t SET v = v + 1 WHERE k = $key{3};";
my ($out, $err);

# The context of an error in one of many rows tells nothing of the COPY by which they went there
($out, $err) = run_script("CREATE FUNCTION divide(int) RETURNS bool LANGUAGE plpgsql AS 'BEGIN RETURN 1 / \$1 > 0; END';
	ALTER TABLE t ADD CONSTRAINT divides CHECK (divide(v + 1)) NOT VALID;
	INSERT INTO t SELECT $key{2} + 1000 * i, -1 FROM generate_series(1, 500) i;
	ALTER TABLE t DROP CONSTRAINT divides");
like($err, qr/22012: division by zero\nCONTEXT:  PL\/pgSQL function divide\(integer\) line 1 at RETURN\non node \d/, 'context of an error in a row');

# Killed in a transaction
($out, $err) = run_script("BEGIN; $write_both
	SELECT distshard.run_on_node(2, 'SELECT pg_terminate_backend(pg_backend_pid())');
	COMMIT;
	SELECT 'v=' || v FROM t WHERE k = $key{2};
	SELECT 'state=' || state FROM distshard.connections ORDER BY node_id;");
like($err, qr/08006: lost connection to node 2 \(\Q$address\E\)/, 'a killed node session is an error that names the node');
like($err, qr/terminating connection due to administrator command/, 'and gives its last words');
is($out, "v=0\nstate=idle\nstate=idle", 'nothing was committed, and the session goes on');
is_clean('killed');

# The loss must not be forgotten where it was caught
($out, $err) = run_script("BEGIN; $write_both
	DO \$\$ BEGIN
		PERFORM distshard.run_on_node(2, 'SELECT pg_terminate_backend(pg_backend_pid())');
	EXCEPTION WHEN connection_failure THEN NULL;
	END \$\$;
	COMMIT;
	SELECT 'v=' || v FROM t WHERE k IN ($key{2}, $key{3});");
like($err, qr/08006: the connection to node 2 was lost in this transaction/, 'a transaction that lost a part cannot commit');
is($out, "v=0\nv=0", 'on no node');
is_clean('loss caught');

# Down, and up again
($out, $err) = run_script("SELECT v FROM t WHERE k = $key{2};
	\\! pg_ctl -D $data -m immediate stop >/dev/null
	SELECT v FROM t WHERE k = $key{2};
	SELECT v FROM t WHERE k = $key{3};
	BEGIN; UPDATE t SET v = 7 WHERE k = $key{3}; UPDATE t SET v = 7 WHERE k = $key{2}; COMMIT;
	SELECT count(*) FROM t;
	\\! pg_ctl -D $data -w -l $data/../restart.log start >/dev/null
	SELECT v FROM t WHERE k = $key{2};");
like($err, qr/08001: could not connect to node 2 \(\Q$address\E\)/, 'a node that is down is an error that names it');
is($out, "0\n0\n0", 'other nodes can be used meanwhile, and it when it is back');
is(value_of($key{3}), 0, 'nothing was half done');
$worker->_update_pid(1);

($out, $err) = run_script("SELECT v FROM t WHERE k = $key{2};
	\\! pg_ctl -D $data -m fast -w -l $data/../restart.log restart >/dev/null
	SELECT v FROM t WHERE k = $key{2};
	UPDATE t SET v = v WHERE k = $key{2};");
is($err, '', 'a restart between two transactions is not noticed');
$worker->_update_pid(1);

# Moved
($out, $err) = run_script("SELECT v FROM t WHERE k = $key{2};
	SELECT FROM distshard.set_node(2, host => '127.0.0.1');
	SELECT v FROM t WHERE k = $key{2};
	SELECT address FROM distshard.connections WHERE node_id = 2;
	SELECT FROM distshard.set_node(2, host => 'localhost');
	SELECT v FROM t WHERE k = $key{2};");
like($out, qr/^0\s+0\s+127\.0\.0\.1:\d+\s+0$/, 'a session finds a node that has got another address');

# Cancel and time limits reach the node
my $blocker = "SET lock_timeout = 0; BEGIN; UPDATE t SET v = v WHERE k = $key{2};";
for my $case ([ "SET statement_timeout = '300ms'; ", qr/57014: canceling statement due to statement timeout/ ],
	[ "SET lock_timeout = '300ms'; ", qr/55P03: canceling statement due to lock timeout.*on node 2/s ])
{
	my ($setting, $expected) = @$case;
	my $session = $coordinator->background_psql($db);
	$session->query_safe($blocker);

	my $start = time;
	($out, $err) = run_script("$setting UPDATE t SET v = 9 WHERE k = $key{2};
		BEGIN; UPDATE t SET v = 9 WHERE k = $key{3}; UPDATE t SET v = 9 WHERE k = $key{2}; COMMIT;
		SELECT v FROM t WHERE k = $key{2};");
	like($err, $expected, 'a time limit reaches the node');
	is($out, 0, 'and the session goes on');
	cmp_ok(time - $start, '<', 10, 'at once');
	is($worker->safe_psql($db, 'SELECT count(*) FROM pg_locks WHERE NOT granted'), 0, 'nobody waits on the node any more');
	$session->quit;
	is(value_of($key{3}), 0, 'nothing was half done');
	is_clean('time limit');
}

# A node that does not answer
my $stopped = "\\! kill -STOP \$(head -1 $data/postmaster.pid) \$(pgrep -P \$(head -1 $data/postmaster.pid))\n";
my $continued = "\\! kill -CONT \$(head -1 $data/postmaster.pid) \$(pgrep -P \$(head -1 $data/postmaster.pid))\n";
my $start = time;
($out, $err) = run_script("SET distshard.connect_timeout = 1; SET statement_timeout = '300ms'; SELECT v FROM t WHERE k = $key{2};
	$stopped
	SELECT v FROM t WHERE k = $key{2};
	RESET statement_timeout;
	SELECT v FROM t WHERE k = $key{2};
	SELECT v FROM t WHERE k = $key{3};
	$continued
	SELECT v FROM t WHERE k = $key{2};");
like($err, qr/57014: canceling statement due to statement timeout/, 'a statement on a stuck node can be cancelled');
like($err, qr/08001: could not connect to node 2.*timeout expired/s, 'a stuck node cannot be connected to');
is($out, "0\n0\n0", 'the session goes on');
cmp_ok(time - $start, '<', 20, 'within bounds');
is_clean('stuck');

# Passwords, limits
$coordinator->safe_psql($db, "CREATE ROLE alice LOGIN; GRANT SELECT ON t TO alice");
for my $node ($worker, $other)
{
	$node->psql($db, 'CREATE ROLE alice LOGIN');
	$node->psql($db, 'GRANT SELECT ON t TO alice');
}
($out, $err) = run_script("SELECT current_user, v FROM t WHERE k = $key{2}", connstr => $coordinator->connstr($db) . ' user=alice');
is($out, 'alice|0', 'connections are made as the user of the session');

$worker->safe_psql($db, "ALTER ROLE alice PASSWORD 'right'");
my $hba = PostgreSQL::Test::Utils::slurp_file("$data/pg_hba.conf");
unlink "$data/pg_hba.conf";
$worker->append_conf('pg_hba.conf', "local all alice scram-sha-256\nhost all alice all scram-sha-256\n$hba");
$worker->reload;
my $passfile = PostgreSQL::Test::Utils::tempdir() . '/pass';
for my $password ('wrong', 'right')
{
	unlink $passfile;
	append_to_file($passfile, "*:*:*:alice:$password\n");
	chmod 0600, $passfile;
	$coordinator->append_conf('postgresql.conf', "distshard.node_conninfo = 'passfile=$passfile'\n");
	$coordinator->reload;
	($out, $err) = run_script("SELECT v FROM t WHERE k = $key{2}; SELECT v FROM t WHERE k = $key{3}",
		connstr => $coordinator->connstr($db) . ' user=alice');
	if ($password eq 'wrong')
	{
		like($err, qr/08001: could not connect to node 2.*password authentication failed for user "alice"/s, 'a wrong password is an error');
		is($out, 0, 'other nodes can be used');
	}
	else
	{
		is($out, "0\n0", 'the right password is found by the setting');
	}
}
$worker->safe_psql($db, q{UPDATE pg_authid SET rolconnlimit = 0 WHERE rolname = 'alice'});    # on this node only
($out, $err) = run_script("SELECT v FROM t WHERE k = $key{2}; SELECT v FROM t WHERE k = $key{3}",
	connstr => $coordinator->connstr($db) . ' user=alice');
like($err, qr/08001: could not connect to node 2.*too many connections for role "alice"/s, 'a connection limit is an error');
is($out, 0, 'other nodes can be used');
($out, $err) = run_script("SHOW distshard.node_conninfo", connstr => $coordinator->connstr($db) . ' user=alice');
like($err, qr/42501/, 'users cannot read the connection parameters');

# Impostors
$worker->safe_psql($db, q{UPDATE distshard.local SET secret = 'guess'});
($out, $err) = run_script("SELECT v FROM t WHERE k = $key{2}");
like($err, qr/08004: node 2 \(\Q$address\E\) cannot be used.*could not prove that it belongs to this cluster/s, 'a node needs the secret');
my $secret = $coordinator->safe_psql($db, 'SELECT secret FROM distshard.local');
$worker->safe_psql($db, "UPDATE distshard.local SET secret = '$secret', cluster_id = gen_random_uuid()");
($out, $err) = run_script("SELECT v FROM t WHERE k = $key{2}");
like($err, qr/08004: node 2.*belongs to another cluster/s, 'a node of another cluster is not used');
$worker->safe_psql($db, 'UPDATE distshard.local SET cluster_id = \'' .
	$coordinator->safe_psql($db, 'SELECT cluster_id FROM distshard.local') . "', group_id = 3");
($out, $err) = run_script("SELECT v FROM t WHERE k = $key{2}");
like($err, qr/08004: node 2.*node group 3, not 2/s, 'nor is one of another node group');
$worker->safe_psql($db, 'UPDATE distshard.local SET group_id = 2');
$worker->safe_psql($db, q{UPDATE pg_proc SET proname = 'challenge2' WHERE proname = 'challenge';
	CREATE TEMP TABLE p AS SELECT * FROM pg_proc WHERE proname = 'challenge2';
	UPDATE p SET oid = 99999, proname = 'challenge', prolang = 14, probin = NULL, prosrc =
		$$ SELECT '0.9', cluster_id, group_id, node_nonce, mac, cancel_key, capacity FROM distshard.challenge2($1, $2) $$;
	INSERT INTO pg_proc SELECT * FROM p});
($out, $err) = run_script("SELECT v FROM t WHERE k = $key{2}");
like($err, qr/08004: node 2.*runs version 0\.9 of distshard, and this server version 1\.0.*HINT/s, 'versions must be the same');
$worker->safe_psql($db, 'DELETE FROM pg_proc WHERE oid = 99999');
($out, $err) = run_script("SELECT v FROM t WHERE k = $key{2}");
like($err, qr/08004: node 2.*Version 1\.0 of extension distshard is not installed/s, 'a node needs the extension');
$worker->safe_psql($db, q{UPDATE pg_proc SET proname = 'challenge' WHERE proname = 'challenge2'});
is(value_of($key{2}), 0, 'all is well again');
my ($status, $stdout, $stderr) = $worker->psql($db, q{SELECT distshard.prove('\x00', 1, 1, 1)});
like($stderr, qr/did not prove to be a node of this cluster/, 'a client cannot pass for a node');
is_clean('impostors');

done_testing();
