# Transactions over several nodes: all or nothing, savepoints, what is sent for them, and what is left behind.
use strict;
use warnings;

use DistshardCluster;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $cluster = DistshardCluster->new(workers => 2, conf => "log_statement = all\nmax_wal_senders = 1\ndistshard.recovery_interval = 1h\n");
my ($coordinator, $worker, $other) = $cluster->nodes;
my $db = 'postgres';

$coordinator->safe_psql($db, q{
	CREATE TABLE t (k int PRIMARY KEY, v int);
	SELECT create_distributed_table('t', 'k', shard_count => 6);
	INSERT INTO t SELECT i, 0 FROM generate_series(1, 100) i;
	CREATE TABLE d (k int, v int, UNIQUE (k, v) DEFERRABLE INITIALLY DEFERRED);
	SELECT create_distributed_table('d', 'k', colocate_with => 't');
	CREATE TABLE l (v int);
});

my %key = $cluster->key_on_each_node('t');

# Runs a script in one session, errors and all; returns what it printed, and what it complained about.
sub run_script
{
	my ($script) = @_;
	my ($stdout, $stderr);
	$coordinator->psql($db, $script, stdout => \$stdout, stderr => \$stderr, on_error_stop => 0, timeout => 60);
	return ($stdout, $stderr);
}

# What the worker was sent while a script ran after its first line, a word or two for each statement.
sub sent_to_worker
{
	my ($script) = @_;
	my ($start, $end);
	my ($first, $rest) = split /\n/, $script, 2;
	my $log = $worker->logfile;
	run_script("$first\nSELECT distshard.run_on_node(2, 'SELECT 1 AS mark');\n$rest\nSELECT distshard.run_on_node(2, 'SELECT 2 AS mark');");
	my ($between) = slurp_file($log) =~ /.*SELECT 1 AS mark\n(.*?)[^\n]*SELECT 2 AS mark/s;
	my @sent = $between =~ m{LOG:  execute [^:]*: (?:/\*distshard [^*]*\*/)?\s*(\w+(?: \w+ \w+ (?:READ|s\d))?)}g;
	pop @sent if @sent && $sent[-1] =~ /^BEGIN/;        # of the mark
	shift @sent if @sent && $sent[0] =~ /^COMMIT/;
	return join(' ', map { s/ .*// if /^(?!BEGIN|SAVE|RELEASE|ROLLBACK)/; $_ } @sent);
}

sub values_of
{
	return $coordinator->safe_psql($db, 'SELECT v FROM t WHERE k IN (' . join(',', map { $key{$_} } @_) . ') ORDER BY k');
}

sub is_clean
{
	my ($what) = @_;
	for my $node ($worker, $other)
	{
		is($node->safe_psql($db, 'SELECT count(*) FROM pg_prepared_xacts'), 0, "$what: no prepared transaction on " . $node->name);
	}
}

my ($out, $err);
my ($k1, $k2, $k3) = @key{ 1, 2, 3 };
my $reset = "UPDATE t SET v = 0 WHERE v <> 0; TRUNCATE l;";

# What is sent
is(sent_to_worker("SELECT v FROM t WHERE k = $k2;\nSELECT v FROM t WHERE k = $k2;"), 'SELECT', 'a SELECT is sent alone');
is(sent_to_worker("SELECT v FROM t WHERE k = $k2;\nUPDATE t SET v = v WHERE k = $k2;"), 'UPDATE', 'so is an UPDATE of one node');
is(sent_to_worker("SELECT v FROM t WHERE k = $k2;\nINSERT INTO d VALUES ($k2, 1);"), 'INSERT', 'and an INSERT');
is(sent_to_worker("SELECT v FROM t WHERE k = $k2;\nBEGIN; UPDATE t SET v = v WHERE k = $k2; SELECT v FROM t WHERE k = $k2; COMMIT;"),
	'BEGIN UPDATE SELECT COMMIT', 'a transaction of one node commits there');
is(sent_to_worker("SELECT v FROM t WHERE k = $k2;\nUPDATE t SET v = v WHERE k = $k2 \\; UPDATE t SET v = v WHERE k = $k2;"),
	'BEGIN UPDATE UPDATE COMMIT', 'several statements in one message are one transaction');
like(sent_to_worker("SELECT v FROM t WHERE k = $k2;\nBEGIN; UPDATE t SET v = v WHERE k = $k2; UPDATE t SET v = v WHERE k = $k3; COMMIT;"),
	qr/^BEGIN UPDATE PREPARE COMMIT$/, 'one of two nodes takes two phases');
like(sent_to_worker("SELECT v FROM t WHERE k = $k2;\nBEGIN; UPDATE t SET v = v WHERE k = $k2; INSERT INTO l VALUES (1); COMMIT;"),
	qr/^BEGIN UPDATE PREPARE COMMIT$/, 'so does one of another node and this one');
is(sent_to_worker("SELECT v FROM t WHERE k = $k2;\nSAVEPOINT a; BEGIN; SAVEPOINT a; SAVEPOINT b; RELEASE b; ROLLBACK TO a; COMMIT;"),
	'', 'savepoints that do not concern the node are not sent');
my $level = q{SELECT distshard.run_on_node(2, $$SELECT current_setting('transaction_isolation') || current_setting('transaction_read_only')$$)};
$worker->safe_psql($db, "ALTER DATABASE postgres SET default_transaction_isolation = 'repeatable read';
	ALTER DATABASE postgres SET default_transaction_read_only = on;");
is($coordinator->safe_psql($db, "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; $level; COMMIT"), 'read committedoff',
	'the defaults of a node do not count');
is($coordinator->safe_psql($db, "BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY; $level; COMMIT"), 'read committedon', 'if it only reads neither');
$worker->safe_psql($db, "SET default_transaction_read_only = off; ALTER DATABASE postgres RESET ALL");
$coordinator->safe_psql($db, $reset);

# Settings follow
($out) = run_script("SET TimeZone = 'Asia/Tokyo'; SET app.tenant = 'o''x'; SET search_path = pg_catalog;
	SELECT distshard.run_on_node(2, 'SELECT concat_ws('' '', current_setting(''TimeZone''), current_setting(''app.tenant''), current_setting(''search_path''))');
	BEGIN; SET LOCAL TimeZone = 'UTC';
	SELECT distshard.run_on_node(2, 'SHOW TimeZone');
	ROLLBACK;
	SELECT distshard.run_on_node(2, 'SHOW TimeZone');");
is($out, "Asia/Tokyo o'x pg_catalog\nUTC\nAsia/Tokyo", 'settings follow the session to the nodes');

# Savepoints
($out, $err) = run_script("BEGIN;
	UPDATE t SET v = 1 WHERE k = $k2;
	SAVEPOINT a;
	UPDATE t SET v = 2 WHERE k IN ($k2, $k3);
	SAVEPOINT b;
	UPDATE t SET v = 1 / (v - 2) WHERE k = $k2;
	ROLLBACK TO b;
	SELECT v FROM t WHERE k = $k2;
	ROLLBACK TO a;
	SELECT v FROM t WHERE k = $k2;
	SAVEPOINT c;
	UPDATE t SET v = 3 WHERE k = $k3;
	RELEASE c;
	COMMIT;");
is($out, "2\n1", 'within the transaction, each savepoint is what it was');
is(values_of(2, 3), join("\n", $k2 < $k3 ? (1, 3) : (3, 1)), 'and what was not rolled back is committed');
$coordinator->safe_psql($db, $reset);

($out, $err) = run_script("DO \$\$
DECLARE r record; n int := 0;
BEGIN
	FOR r IN SELECT k FROM t WHERE k <= 20 ORDER BY k LOOP
		BEGIN
			UPDATE t SET v = r.k WHERE k = r.k;
			IF r.k % 2 = 0 THEN RAISE EXCEPTION 'even'; END IF;
			PERFORM 1 / (r.k % 3) FROM t WHERE k = r.k;
			n := n + 1;
		EXCEPTION WHEN raise_exception OR division_by_zero THEN NULL;
		END;
	END LOOP;
	RAISE NOTICE 'n = %', n;
END \$\$;
SELECT sum(v), count(*) FILTER (WHERE v > 0) FROM t;
SELECT DISTINCT state, unread FROM distshard.connections;");
is($out, "73|7\nidle|0", 'blocks with handlers inside a loop over rows of the same nodes');
$coordinator->safe_psql($db, $reset);

($out, $err) = run_script("BEGIN;
	DECLARE c CURSOR FOR SELECT k FROM t ORDER BY k;
	SAVEPOINT a;
	FETCH 1 FROM c;
	UPDATE t SET v = 1 WHERE k = $k2;
	ROLLBACK TO a;
	FETCH 2 FROM c;
	COMMIT;");
is($out, "1\n2\n3", 'a cursor outlives the rollback of a savepoint in which it was read');

# All or nothing
($out, $err) = run_script("DELETE FROM d;
	INSERT INTO d VALUES ($k2, 1);
	BEGIN; INSERT INTO d VALUES ($k3, 1); INSERT INTO d VALUES ($k2, 1); COMMIT;
	INSERT INTO d VALUES ($k2, 1);
	SELECT count(*) FROM d;
	SELECT DISTINCT state, unread FROM distshard.connections;");
my $failures = () = $err =~ /duplicate key value violates unique constraint "d_k_v_key"/g;
is($failures, 2, 'a deferred constraint of one node fails the commit, of one statement too');
is($out, "1\nidle|0", 'on all nodes, and the session goes on');
is_clean('deferred constraint');

for my $isolation ('READ COMMITTED', 'REPEATABLE READ')
{
	$coordinator->safe_psql($db, "BEGIN ISOLATION LEVEL $isolation; UPDATE t SET v = v + 1; INSERT INTO l VALUES (1); COMMIT");
	is($coordinator->safe_psql($db, 'SELECT DISTINCT v FROM t'), $isolation eq 'READ COMMITTED' ? 1 : 2, "$isolation: committed everywhere");
	run_script("BEGIN ISOLATION LEVEL $isolation; UPDATE t SET v = v + 1; SELECT 1/0; COMMIT");
	is($coordinator->safe_psql($db, 'SELECT DISTINCT v FROM t'), $isolation eq 'READ COMMITTED' ? 1 : 2, "$isolation: rolled back everywhere");
}
is_clean('isolation levels');
$coordinator->safe_psql($db, $reset);

($out, $err) = run_script("BEGIN; UPDATE t SET v = 5 WHERE k = $k2; PREPARE TRANSACTION 'mine';");
like($err, qr/cannot PREPARE a transaction that has used other nodes/, 'PREPARE TRANSACTION is refused');
is_clean('PREPARE TRANSACTION');

# A node that cannot prepare
$other->append_conf('postgresql.conf', 'max_prepared_transactions = 0');
$other->restart;
($out, $err) = run_script("BEGIN; UPDATE t SET v = 5 WHERE k IN ($k2, $k3); INSERT INTO l VALUES (5); COMMIT; SELECT v FROM l;");
like($err, qr/prepared transactions are disabled.*max_prepared_transactions.*on node 3/s, 'a node that cannot prepare is named');
is(values_of(2, 3), "0\n0", 'nothing is committed');
is($out, '', 'here neither');
is_clean('cannot prepare');
$other->append_conf('postgresql.conf', 'max_prepared_transactions = 10');
$other->restart;

# A row trigger writes on another node.
$coordinator->safe_psql($db, q{
	CREATE TABLE log (k int, v int);
	SELECT create_distributed_table('log', 'k', colocate_with => 't');
	CREATE FUNCTION log_elsewhere() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
		INSERT INTO log VALUES (NEW.v, NEW.k); IF NEW.v = 13 THEN RAISE EXCEPTION 'unlucky'; END IF; RETURN NEW; END $$;
	CREATE TRIGGER log_elsewhere AFTER UPDATE ON t FOR EACH ROW WHEN (NEW.v > 0) EXECUTE FUNCTION log_elsewhere()});
my $elsewhere = "UPDATE t SET v = $k3 WHERE k = $k2";
is((run_script($elsewhere))[1], '', 'a trigger writes on another node');
is($coordinator->safe_psql($db, 'SELECT k, v FROM log'), "$k3|$k2", 'and its row is there');
is((run_script("BEGIN; $elsewhere; SELECT count(*) FROM log; COMMIT"))[0], 2, 'in a transaction, which sees it');
is((run_script("UPDATE t SET v = $k3 WHERE k IN ($k2, $k1); SELECT count(*) FROM log"))[0], 4, 'for rows of two nodes');
is((run_script("BEGIN; $elsewhere; SAVEPOINT s; UPDATE t SET v = $k3 WHERE k IN ($k2, $k1); ROLLBACK TO s; SELECT count(*) FROM log; ROLLBACK; SELECT count(*) FROM log"))[0],
	"5\n4", 'what it wrote is rolled back with the statement');
like((run_script("UPDATE t SET v = 13 WHERE k IN ($k2, $k3)"))[1], qr/unlucky/, 'an error in it');
is((run_script("DO \$\$ BEGIN UPDATE t SET v = 13 WHERE k IN ($k2, $k3); EXCEPTION WHEN raise_exception THEN UPDATE t SET v = $k1 WHERE k = $k2; END \$\$; SELECT count(*) FROM log"))[0],
	5, 'and one that is caught');
is_clean('triggers that write elsewhere');

# It fires in the client's session, whose tables and settings it uses.
$coordinator->safe_psql($db, q{
	ALTER TABLE t DISABLE TRIGGER log_elsewhere;
	CREATE TABLE log_here (k int, pid int);
	CREATE FUNCTION log_here() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
		INSERT INTO log_here VALUES (NEW.k, pg_backend_pid());
		PERFORM set_config('my.last', NEW.k::text, false);
		NOTIFY logged;
		RETURN NEW; END $$;
});
for my $time ('AFTER', 'BEFORE')
{
	$coordinator->safe_psql($db, "TRUNCATE log_here; CREATE OR REPLACE TRIGGER log_here $time UPDATE ON t FOR EACH ROW EXECUTE FUNCTION log_here()");
	($out) = run_script("LISTEN logged; UPDATE t SET v = 1 WHERE k = $k2; SELECT k, pid = pg_backend_pid(), current_setting('my.last')::int = k FROM log_here");
	like($out, qr/^Asynchronous notification "logged" received.*\n$k2\|t\|t$/, "a trigger $time an update of one row fires in the session");
}
$coordinator->safe_psql($db, 'DROP FUNCTION log_here CASCADE; DROP TABLE log_here');

$coordinator->safe_psql($db, q{
	DROP TRIGGER log_elsewhere ON t;
	CREATE TRIGGER log_elsewhere BEFORE UPDATE ON t FOR EACH ROW WHEN (NEW.v > 0) EXECUTE FUNCTION log_elsewhere()});
is((run_script("BEGIN; $elsewhere; SELECT count(*) FROM log; COMMIT"))[0], 6, 'one that fires before does so, too');
is((run_script("UPDATE t SET v = $k3 WHERE k IN ($k2, $k1); SELECT count(*) FROM log"))[0], 8, 'for rows of two nodes');
like((run_script("UPDATE t SET v = 13 WHERE k IN ($k2, $k3)"))[1], qr/unlucky/, 'an error in it');
like((run_script("BEGIN; INSERT INTO t VALUES ($k2, $k3) ON CONFLICT (k) DO UPDATE SET v = excluded.v; COMMIT"))[1],
	qr/a trigger or policy that acts here needs node 3/, 'but not in ON CONFLICT');
is_clean('triggers that write elsewhere');
$coordinator->safe_psql($db, 'DROP FUNCTION log_elsewhere CASCADE; DROP TABLE log; UPDATE t SET v = 0');

# A node that goes away after the decision. The local commit waits for a standby that does not exist, after it has
# been written, with all nodes prepared.
$coordinator->append_conf('postgresql.conf', "synchronous_standby_names = 'nobody'");
$coordinator->restart;
my $session = $coordinator->background_psql($db, on_error_stop => 0);
$session->query("SET application_name = 'waiter'");
$session->query_until(qr/committing/, "\\echo committing\nBEGIN; UPDATE t SET v = 6 WHERE k IN ($k2, $k3); COMMIT;\n");
$coordinator->poll_query_until($db, q{SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'waiter' AND wait_event = 'SyncRep'})
  or die 'the commit does not wait';
$worker->stop('immediate');
$coordinator->safe_psql($db, q{SET synchronous_commit = local;
	SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE application_name = 'waiter'});
$session->query('SELECT 1');
like($session->{stderr}, qr/WARNING:  node 2 has not confirmed the commit of transaction/, 'a node that was not told is warned of');
$coordinator->append_conf('postgresql.conf', "synchronous_standby_names = ''");
$coordinator->reload;
$worker->start;
is(values_of(3), 6, 'the others are told');
my $gid = $worker->safe_psql($db, 'SELECT gid FROM pg_prepared_xacts');
is($coordinator->safe_psql($db, "SELECT count(*) FROM distshard.transaction WHERE gid = '$gid'"), 1,
	'the node has kept it prepared, and its commit is on record');
is($session->query("SELECT v FROM t WHERE k = $k2"), 6, 'the session tells the node before it next uses it');
$session->quit;
is_clean('told');

is_clean('at the end');

done_testing();
