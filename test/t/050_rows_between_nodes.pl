# Rows that nodes send each other for a join: they leave nothing behind, whatever happens, and stay within bounds.
use strict;
use warnings;

use DistshardCluster;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $cluster = DistshardCluster->new(workers => 2);
my ($coordinator, $worker, $other) = $cluster->nodes;
my $db = 'postgres';

$coordinator->safe_psql($db, q{
	CREATE TABLE a (k int, x int, filler text);
	CREATE TABLE b (k int, x int);
	CREATE TABLE c (x int, k int CHECK (k <> 777));
	SELECT create_distributed_table('a', 'k', shard_count => 6), create_distributed_table('b', 'k', shard_count => 6),
		create_distributed_table('c', 'x', shard_count => 6);
	INSERT INTO a SELECT i, i % 5000, repeat(md5(i::text), 10) FROM generate_series(1, 30000) i;
	INSERT INTO b SELECT i, i % 5000 FROM generate_series(1, 20000) i;
});

# Runs a script in one session, errors and all; returns what it printed, and what it complained about.
sub run_script
{
	my ($script) = @_;
	my ($stdout, $stderr);
	$coordinator->psql($db, $script, stdout => \$stdout, stderr => \$stderr, on_error_stop => 0,
		timeout => 60, extra_params => [ '-v', 'VERBOSITY=verbose' ]);
	return ($stdout, $stderr);
}

sub files_of
{
	my ($node) = @_;
	my $dir = $node->data_dir . '/base/pgsql_tmp';
	return grep { !/^\.\.?$/ } -d $dir ? slurp_dir($dir) : ();
}

# Other sessions of a node may be a moment behind.
sub is_clean
{
	my ($what) = @_;
	for my $node ($coordinator, $worker, $other)
	{
		ok($node->poll_query_until($db, q{SELECT count(*) = 0 FROM pg_ls_tmpdir()}) && !files_of($node),
			"$what: no files are left on " . $node->name);
	}
	return;
}

my $join = 'SELECT count(*), sum(length(a.filler)) FROM a JOIN b USING (x)';
my $answer = '120000|38400000';

for my $strategy (qw(rehash broadcast pull))
{
	my ($out, $err) = run_script("SET distshard.join_strategy = $strategy; $join; SET work_mem = '64kB'; $join");
	is($out, "$answer\n$answer", "$strategy: the answer, also with little memory");
	is_clean($strategy);
}

# The strategy shows.
my $explain = "EXPLAIN (COSTS OFF) $join";
like((run_script("SET distshard.join_strategy = rehash; $explain"))[0], qr/Re-hash of a:.*Re-hash of b:/s, 'EXPLAIN shows re-hashing');
like((run_script("SET distshard.join_strategy = broadcast; $explain"))[0], qr/Broadcast of b:/, 'EXPLAIN shows broadcasting');
unlike((run_script("SET distshard.join_strategy = pull; $explain"))[0], qr/Re-hash|Broadcast/, 'and neither if rows are pulled');
like((run_script("ANALYZE a, b; EXPLAIN (COSTS OFF) SELECT count(*) FROM a JOIN b USING (x)"))[0], qr/Re-hash/, 'the planner re-hashes large tables');
like((run_script("EXPLAIN (COSTS OFF) SELECT count(*) FROM a JOIN b USING (x) WHERE b.k < 5"))[0], qr/Broadcast of b:/,
	'and broadcasts a small side');
like((run_script('SET distshard.join_strategy = rehash; EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) ' . $join))[0], qr/Re-hash of a, 30000 rows:/,
	'EXPLAIN ANALYZE tells how many rows were sent');

like((run_script('EXPLAIN (COSTS OFF) SELECT count(*) FROM a, b WHERE (a.x = b.x AND a.k < 5) OR (a.x = b.x AND a.k > 29995)'))[0],
	qr/Broadcast of a:.*FROM distshard_public\.a\s+WHERE \(\(a\.k < 5\) OR \(a\.k > 29995\)\)/s, 'what alternatives have in common ties tables');
like((run_script('EXPLAIN (COSTS OFF) SELECT count(*) FROM a, b WHERE a.x = b.x AND ((b.k > 9 AND a.k < 5) OR (b.k < 9 AND a.k > 29995))'))[0],
	qr/Broadcast of a:.*FROM distshard_public\.a\s+WHERE \(\(a\.k < 5\) OR \(a\.k > 29995\)\)/s, 'what they all say of a table restricts it');

like((run_script('EXPLAIN (COSTS OFF) SELECT count(DISTINCT x) FROM b'))[0], qr/Re-hash of joined:.*count\(DISTINCT/s,
	'rows come together where their values are counted');
is((run_script("SELECT count(DISTINCT x) FROM b"))[0], '5000', 'and all are counted');
unlike((run_script('EXPLAIN (COSTS OFF) SELECT count(DISTINCT k % 3) FROM b'))[0], qr/Re-hash/, 'but not those of an expression');
like((run_script('EXPLAIN (COSTS OFF) SELECT k % 3, count(DISTINCT k) FROM b GROUP BY 1'))[0], qr/^(?!.*Re-hash).*count\(DISTINCT b\.k\)/s,
	'values of the key are counted where they are');

$coordinator->safe_psql($db, q{
	CREATE TABLE few (k int, x int, y int, z int);
	SELECT create_distributed_table('few', 'k', colocate_with => 'a');
	INSERT INTO few SELECT i, i % 20, nullif(i % 30, 0), i % 50 FROM generate_series(1, 10000) i;
	ANALYZE few;
});
my $values = 'count(DISTINCT x), sum(DISTINCT y), avg(DISTINCT z)';
like((run_script("EXPLAIN (COSTS OFF) SELECT $values FROM few"))[0], qr/GROUPING SETS \(\(few\.x\), \(few\.y\), \(few\.z\)\)/,
	'values of several columns are not multiplied');
is((run_script("SELECT $values FROM few"))[0], '20|435|24.5000000000000000', 'and are counted as before');
unlike((run_script("EXPLAIN (COSTS OFF) SELECT $values, count(*) FROM few"))[0], qr/GROUPING SETS/, 'unless rows are counted, too');

like((run_script('EXPLAIN (COSTS OFF) SELECT x % 7 FROM a UNION SELECT x % 9 FROM a'))[0], qr/SELECT DISTINCT.*SELECT DISTINCT/s,
	'nodes drop what arms of a set operation have twice');
unlike((run_script('EXPLAIN (COSTS OFF) SELECT x % 7 FROM a EXCEPT ALL SELECT x % 9 FROM b'))[0], qr/SELECT DISTINCT/,
	'unless it matters how often it is there');

# So does what becomes of subqueries.
my $correlated = 'EXPLAIN (COSTS OFF) SELECT count(*) FROM a WHERE k > (SELECT avg(k) FROM b WHERE b.x = a.x)';
like((run_script($correlated))[0], qr/Broadcast of grouped_subquery:.*LEFT JOIN/s, 'a subquery is grouped and joined');
like((run_script("SET distshard.join_strategy = broadcast; $correlated AND a.k BETWEEN 10 AND 40"))[0], qr/Broadcast of subquery:.*IN \(.*GROUP BY b\.x/s,
	'its rows are restricted to those that are asked for');
unlike((run_script("$correlated AND a.k = 5"))[0], qr/grouped_subquery/, 'for one row it is answered as it is');
unlike((run_script("SET distshard.join_strategy = pull; $correlated"))[0], qr/grouped_subquery/, 'and also if rows are to be pulled');
like((run_script('EXPLAIN (COSTS OFF) SELECT count(*) FROM a WHERE x > (SELECT avg(x) FROM b WHERE b.k = a.k)'))[0],
	qr/avg.*WHERE \(b\.k = a\.k\)/s, 'and if nodes can answer it for their own rows');

# Rows of a subquery are restricted to those that are asked for, where these are few.
my $exists = 'SELECT count(*) FROM b WHERE %s NOT EXISTS (SELECT FROM a WHERE a.x = b.x AND a.filler < md5(b.k::text))';
my $few = sprintf $exists, 'k BETWEEN 10 AND 40 AND';
my $restricted = qr/Broadcast of a:.*Broadcast of subquery:.*FROM distshard_public\.a\s+WHERE \(a\.x IN \(/s;
like((run_script("EXPLAIN (COSTS OFF) $few"))[0], $restricted, 'EXISTS: only what few rows ask for is sent');
unlike((run_script('EXPLAIN (COSTS OFF) ' . sprintf $exists, ''))[0], $restricted, 'but not if many rows ask');
is((run_script($few))[0], (run_script("SET distshard.join_strategy = pull; $few"))[0], 'and the answer is the same');
my $in = 'SET distshard.join_strategy = broadcast; EXPLAIN (COSTS OFF) SELECT count(*) FROM b WHERE k < 40 AND x %s (SELECT x FROM a WHERE filler > md5(k::text))';
like((run_script(sprintf $in, 'IN'))[0], qr/Broadcast of subquery:.*Broadcast of subquery:.*a\.x IN \(/s, 'so it is for IN');
unlike((run_script(sprintf $in, 'NOT IN'))[0], qr/a\.x IN \(/, 'where no nulls are to be found');

like((run_script('EXPLAIN (COSTS OFF) INSERT INTO c SELECT x, k FROM b'))[0], qr/Re-hash of subquery:.*INSERT INTO/s,
	'INSERT .. SELECT re-hashes between nodes');
like((run_script('EXPLAIN (COSTS OFF) UPDATE a SET filler = NULL FROM b WHERE b.x = a.k'))[0], qr/Re-hash of b:.*UPDATE.*FROM distshard\.received_rows/s,
	'what an UPDATE joins is sent to the nodes of its rows');
like((run_script('EXPLAIN (COSTS OFF) DELETE FROM a USING b WHERE b.x = a.x AND b.k < 5'))[0], qr/Broadcast of b:.*DELETE FROM.*USING distshard\.received_rows/s,
	'also by a broadcast, for a DELETE');
like((run_script('EXPLAIN (COSTS OFF) DELETE FROM a WHERE k = 5 AND x IN (SELECT x FROM b)'))[0], qr/Shard: .*Broadcast of subquery:.*DELETE FROM/s,
	'and to the one node that has them');
like((run_script('SET distshard.join_strategy = pull; EXPLAIN (COSTS OFF) DELETE FROM a USING b WHERE b.x = a.x'))[0], qr/Distshard Change/,
	'unless rows are to be pulled');
like((run_script('EXPLAIN (COSTS OFF) SELECT 1 FROM a JOIN b USING (x) WHERE b.k < 5 FOR UPDATE OF a'))[0], qr/Broadcast of b:.*FOR UPDATE OF a.*LockRows/s,
	'rows are locked where they have been joined');

# Errors, at each stage
my @failing = (
	[ 'in the source', 'SELECT count(*) FROM a JOIN b USING (x) WHERE 1 / (b.k - 10000) < 5', qr/22012: division by zero/ ],
	[ 'in the join', 'SELECT count(*) FROM a JOIN b USING (x) WHERE 1 / (a.k - b.k) < 5', qr/22012: division by zero/ ],
	[ 'in the UPDATE', 'UPDATE a SET x = 1 / (b.k - 1000) FROM b WHERE b.k = a.x', qr/22012: division by zero/ ],
	[ 'in the INSERT', 'INSERT INTO c SELECT x, k FROM b', qr/23514: new row for relation "c" violates check constraint/ ],
	[ 'by a timeout', "SET statement_timeout = 100; SELECT count(*) FROM a JOIN b ON a.x < b.x AND a.x = b.x + 0 * a.k JOIN a d ON d.x < a.x; RESET statement_timeout", qr/57014/ ]);
for my $case (@failing)
{
	my ($what, $sql, $error) = @$case;
	my ($out, $err) = run_script("SET distshard.join_strategy = rehash; $sql; $join");
	like($err, $error, "an error $what");
	is($out, $answer, "... and the session goes on");
	is_clean("error $what");
}
is($coordinator->safe_psql($db, 'SELECT count(*) FROM c'), 0, 'nothing was inserted');

# In a transaction that goes on, files of a failed or unfinished statement go with the savepoint or the cursor.
my ($out) = run_script("SET distshard.join_strategy = rehash; BEGIN; SAVEPOINT s;
	SELECT count(*) FROM a JOIN b USING (x) WHERE 1 / (a.k - b.k) < 5; ROLLBACK TO s;
	DECLARE d CURSOR FOR SELECT a.k FROM a JOIN b USING (x); FETCH 1 FROM d \\g /dev/null
	CLOSE d; $join; SELECT 'files: ' || count(*) FROM pg_ls_tmpdir(); COMMIT");
is($out, "$answer\nfiles: 0", 'nothing is left within a transaction');

# A killed session of a node
($out, my $err) = run_script("SET distshard.join_strategy = rehash; $join; BEGIN;
	DECLARE d CURSOR FOR SELECT a.k FROM a JOIN b USING (x); FETCH 1 FROM d \\g /dev/null
	SELECT distshard.run_on_node(2, 'SELECT pg_terminate_backend(pg_backend_pid())'); ROLLBACK; $join");
like($err, qr/08006: lost connection to node 2/, 'a killed session is an error');
is($out, "$answer\n$answer", '... and the next statement works');
is_clean('killed session');

# A killed server process: PostgreSQL restarts, and cleans up.
$worker->append_conf('postgresql.conf', 'restart_after_crash = on');
$worker->reload;
my $session = $coordinator->background_psql($db, on_error_stop => 0);
$session->query_safe("SET distshard.join_strategy = rehash");
$session->query_safe("BEGIN");
$session->query_safe("DECLARE d CURSOR FOR SELECT a.k FROM a JOIN b USING (x)");
$session->query_safe("FETCH 1 FROM d");
my $pid = $worker->safe_psql($db, q{SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'distshard: %' LIMIT 1});
kill 'KILL', $pid;
$session->quit;
ok($worker->poll_query_until($db, 'SELECT true'), 'a server restarts after one of its sessions was killed');
is_clean('kill -9');
is($coordinator->safe_psql($db, $join), $answer, 'and all goes on');

# Nobody can pretend to be a node.
for my $call ('open_inbox(1)', q{receive_rows(1, 1, 1, '')}, q{open_sender(1, '', 0, 0, false, '{}', '{}', '{}')})
{
	like((run_script("SELECT distshard.$call"))[1], qr/42501: only nodes of the cluster/, "$call is refused");
}

done_testing();
