# What transactions have besides BEGIN and COMMIT holds on all nodes: locks, read-only transactions, chains, cursors,
# temporary tables, time limits.
use strict;
use warnings;

use DistshardCluster;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $cluster = DistshardCluster->new(workers => 2);
my @nodes = $cluster->nodes;
my $coordinator = $nodes[0];
my $db = 'postgres';

$coordinator->safe_psql($db, q{
	CREATE TABLE t (k int PRIMARY KEY, v int NOT NULL);
	SELECT create_distributed_table('t', 'k', shard_count => 6);
	INSERT INTO t SELECT i, 0 FROM generate_series(1, 30) i;
});
my %key;
for my $k (1 .. 30)
{
	my ($node) = $coordinator->safe_psql($db, "EXPLAIN SELECT * FROM t WHERE k = $k") =~ /Node: (\d)/;
	$key{ $node // 1 } //= $k;
}

# Runs a script in a session of a node, errors and all; returns everything that psql printed.
sub run_on
{
	my ($node_id, $script) = @_;
	my ($stdout, $stderr);
	$nodes[ $node_id - 1 ]->psql($db, $script, stdout => \$stdout, stderr => \$stderr, on_error_stop => 0, timeout => 60,
		extra_params => [ '-v', 'VERBOSITY=verbose' ]);
	return "$stdout\n$stderr";
}

sub nothing_left
{
	my ($what) = @_;
	ok($_->poll_query_until($db, q{SELECT count(*) = 0 FROM pg_stat_activity
			WHERE application_name LIKE 'distshard: %' AND (state <> 'idle' OR xact_start IS NOT NULL) AND pid <> pg_backend_pid()}),
		"$what: nothing is left on " . $_->name) foreach @nodes;
}

# LOCK TABLE is for the whole cluster.
my $holder = $coordinator->background_psql($db, on_error_stop => 0);
$holder->query_safe('BEGIN; LOCK TABLE t IN SHARE MODE');
foreach my $node_id (1 .. 3)
{
	like(run_on($node_id, "SET lock_timeout = '200ms'; UPDATE t SET v = 1 WHERE k = $key{3}"), qr/55P03/, "LOCK TABLE keeps writers of node $node_id out");
	like(run_on($node_id, 'BEGIN; LOCK TABLE t IN ROW EXCLUSIVE MODE NOWAIT'), qr/55P03.*could not obtain lock on relation "t"/, 'NOWAIT is an error');
	like(run_on($node_id, 'BEGIN; LOCK TABLE t IN EXCLUSIVE MODE NOWAIT'), qr/55P03.*could not obtain lock on relation "(public\.)?t"/, 'of a lock on all nodes, too');
	like(run_on($node_id, 'SELECT count(*) FROM t'), qr/^30$/m, 'readers are let in');
}
$holder->query_safe('ROLLBACK');

# Row locks over nodes.
$holder->query_safe("BEGIN; SELECT * FROM t WHERE k IN ($key{1}, $key{2}, $key{3}) FOR UPDATE");
foreach my $node_id (1 .. 3)
{
	like(run_on($node_id, 'SELECT * FROM t FOR UPDATE NOWAIT'), qr/55P03.*could not obtain lock on row in relation "t"/, "FOR UPDATE NOWAIT on node $node_id");
	like(run_on($node_id, 'SELECT count(*) FROM (SELECT * FROM t FOR UPDATE SKIP LOCKED) s'), qr/^27$/m, 'SKIP LOCKED leaves out the locked rows of all nodes');
	like(run_on($node_id, "SET lock_timeout = '2s'; BEGIN; WITH d AS (DELETE FROM t WHERE k IN (SELECT k FROM t FOR UPDATE SKIP LOCKED LIMIT 2) RETURNING k) SELECT count(*) FROM d; ROLLBACK"),
		qr/^2$/m, 'who takes other rows of a queue does not wait for them');
	like(run_on($node_id, "SET lock_timeout = '2s'; BEGIN; WITH j AS (SELECT k FROM t LIMIT 2 FOR UPDATE SKIP LOCKED), d AS (UPDATE t SET v = 0 WHERE k IN (SELECT k FROM j) RETURNING k) SELECT count(*) FROM d; ROLLBACK"),
		qr/^2$/m, 'nor who finds them in a CTE');
	like(run_on($node_id, "SET lock_timeout = '200ms'; SELECT * FROM t WHERE k = $key{2} FOR SHARE"), qr/55P03.*lock timeout/, 'lock_timeout holds there');
	like(run_on($node_id, "SET statement_timeout = '200ms'; SELECT * FROM t ORDER BY k FOR UPDATE"), qr/57014.*statement timeout/, 'statement_timeout as well');
}
$holder->query_safe("SAVEPOINT s; UPDATE t SET v = v + 1 WHERE k = $key{2}; ROLLBACK TO s");
like(run_on(2, "SET lock_timeout = '200ms'; UPDATE t SET v = 1 WHERE k = $key{2}"), qr/55P03/, 'a savepoint keeps the locks from before');
$holder->query_safe('ROLLBACK');
$holder->query_safe("BEGIN; SAVEPOINT s; SELECT * FROM t FOR UPDATE; ROLLBACK TO s");
unlike(run_on(2, "SET lock_timeout = '2s'; BEGIN; UPDATE t SET v = 1; ROLLBACK"), qr/ERROR/, 'rolled back to a savepoint, locks of all nodes are free');
$holder->query_safe('ROLLBACK');

# Advisory locks are those of the session's node.
$holder->query_safe('SELECT pg_advisory_lock(7)');
like(run_on(1, 'SELECT pg_try_advisory_lock(7)'), qr/^f$/m, 'an advisory lock is held on the node of the session');
like(run_on(2, 'SELECT pg_try_advisory_lock(7)'), qr/^t$/m, 'and not on others');
$holder->query_safe('SELECT pg_advisory_unlock(7)');

# Read-only and deferrable transactions, their isolation in chains.
like(run_on(1, "BEGIN READ ONLY; UPDATE t SET v = 1 WHERE k = $key{2}"), qr/25006.*cannot execute UPDATE in a read-only transaction/, 'READ ONLY');
like(run_on(1, "BEGIN; SET TRANSACTION READ ONLY; SELECT count(*) FROM t; SAVEPOINT s; DELETE FROM t; ROLLBACK TO s; SELECT v FROM t WHERE k = $key{3}; COMMIT"),
	qr/^30\n0\n.*25006/s, 'and goes on after a savepoint');
like(run_on(1, "BEGIN; SELECT count(*) FROM t; SET TRANSACTION READ ONLY; DELETE FROM t WHERE k = $key{2}; ROLLBACK"), qr/25006/, 'also when set later');
like(run_on(1, "SET default_transaction_read_only = on; DELETE FROM t"), qr/25006/, 'or by default');
like(run_on(1, "BEGIN; SAVEPOINT s; SET TRANSACTION READ ONLY; SELECT count(*) FROM t; ROLLBACK TO s; UPDATE t SET v = v RETURNING 'changed'; ROLLBACK"), qr/^changed$/m, 'a subtransaction may be read-only');
like(run_on(1, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY DEFERRABLE; SELECT count(*) FROM t; COMMIT"), qr/^30$/m, 'DEFERRABLE means nothing at REPEATABLE READ');
like(run_on(1, "BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY DEFERRABLE; SELECT count(*) FROM t; COMMIT"), qr/0A000.*a SERIALIZABLE transaction cannot use several nodes/, 'and does not help at SERIALIZABLE');
$holder->query_safe("BEGIN ISOLATION LEVEL SERIALIZABLE; UPDATE t SET v = v WHERE k = $key{2}");
like(run_on(3, "SET statement_timeout = '500ms'; BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY DEFERRABLE; SELECT v FROM t WHERE k = $key{2}"), qr/57014/,
	'with one node it waits there for a snapshot that is safe');
like(run_on(3, "BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY; SELECT v FROM t WHERE k = $key{2}; COMMIT"), qr/^0$/m, 'which others do not');
$holder->query_safe('ROLLBACK');
like(run_on(3, "BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY DEFERRABLE; SELECT v FROM t WHERE k = $key{2}; COMMIT"), qr/^0$/m, 'until there is one');
like(run_on(1, "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM t; SELECT pg_export_snapshot() IS NOT NULL AS exported; SELECT count(*) + 1 FROM t; COMMIT"), qr/^30\nt\n31$/m, 'a snapshot that is in use already can be exported');
like(run_on(1, "BEGIN ISOLATION LEVEL REPEATABLE READ; UPDATE t SET v = 5 WHERE k IN ($key{2}, $key{3}); COMMIT AND CHAIN; SHOW transaction_isolation;
		UPDATE t SET v = 6 WHERE k IN ($key{2}, $key{3}); ROLLBACK AND CHAIN; SELECT sum(v) FROM t WHERE k IN ($key{2}, $key{3}); COMMIT"),
	qr/^repeatable read\n10\n/m, 'COMMIT AND CHAIN, ROLLBACK AND CHAIN');
nothing_left('chains');

# The user's own two phases.
my $prepared = run_on(1, "BEGIN; UPDATE t SET v = 9 WHERE k IN ($key{2}, $key{3}); PREPARE TRANSACTION 'mine'; SELECT max(v) FROM t");
like($prepared, qr/^5\n.*0A000: cannot PREPARE a transaction that has used other nodes/s, 'PREPARE TRANSACTION is refused, and the transaction rolled back');
is($_->safe_psql($db, 'SELECT count(*) FROM pg_prepared_xacts'), 0, 'on ' . $_->name) foreach @nodes;
unlike(run_on(1, "CREATE TABLE own (v int); BEGIN; INSERT INTO own VALUES (1); PREPARE TRANSACTION 'mine'; COMMIT PREPARED 'mine'; SELECT v FROM own"),
	qr/ERROR/, 'without other nodes it works');

# Cursors and temporary tables.
like(run_on(1, "BEGIN; DECLARE c CURSOR WITH HOLD FOR SELECT k FROM t ORDER BY k; FETCH 2 FROM c; DELETE FROM t WHERE k < 10; COMMIT;
		FETCH 2 FROM c; MOVE 24 IN c; FETCH 10 FROM c; CLOSE c; INSERT INTO t SELECT i, 0 FROM generate_series(1, 9) i"),
	qr/^1\n2\n3\n4\n29\n30\n/m, 'a cursor WITH HOLD has the rows of its transaction');
like(run_on(1, "CREATE TEMP TABLE gone (k int) ON COMMIT DELETE ROWS; BEGIN; INSERT INTO gone SELECT k FROM t; SELECT count(*) FROM gone JOIN t USING (k);
		COMMIT; SELECT count(*) FROM gone; BEGIN; CREATE TEMP TABLE dropped ON COMMIT DROP AS SELECT * FROM t; COMMIT; SELECT count(*) FROM dropped"),
	qr/^30\n0\n.*42P01/ms, 'ON COMMIT DELETE ROWS and DROP');

# Blocks of PL/pgSQL with an exception on another node.
like(run_on(1, "DO \$\$ BEGIN
		UPDATE t SET v = 7 WHERE k = $key{3};
		BEGIN INSERT INTO t VALUES ($key{2}, 0); EXCEPTION WHEN unique_violation THEN RAISE NOTICE 'exists'; END;
		BEGIN UPDATE t SET v = NULL WHERE k = $key{3}; EXCEPTION WHEN not_null_violation THEN RAISE NOTICE 'not null'; END;
	END \$\$; SELECT v FROM t WHERE k = $key{3}"), qr/^7\n.*exists.*not null/ms, 'exceptions of nodes are caught, and the rest is kept');

# An idle transaction is ended with all that it holds.
$holder->query_safe("SET idle_in_transaction_session_timeout = '300ms'; BEGIN; UPDATE t SET v = 8");
nothing_left('idle_in_transaction_session_timeout');
is($coordinator->safe_psql($db, "SET lock_timeout = '5s'; UPDATE t SET v = 1; SELECT sum(v) FROM t"), 30, 'its locks are free');
$holder->{run}->kill_kill;

done_testing();
