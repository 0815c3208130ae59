# auto_explain on all nodes, with all that it can be asked for, over statements that go all ways: they answer as without
# it, and every plan that it logs is complete.
use strict;
use warnings;

use DistshardCluster;
use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $cluster = DistshardCluster->new(workers => 1, conf => "session_preload_libraries = 'auto_explain'
auto_explain.log_min_duration = 0
auto_explain.log_analyze = on
auto_explain.log_nested_statements = on
");
my $coordinator = $cluster->coordinator;
my $db = 'postgres';

$coordinator->safe_psql($db, q{
	CREATE TABLE t (k int PRIMARY KEY, v int, note text);
	SELECT create_distributed_table('t', 'k', shard_count => 4);
	CREATE TABLE r (v int PRIMARY KEY, name text);
	SELECT create_reference_table('r');
	CREATE TABLE l (v int);
	INSERT INTO t SELECT i, i % 5, 'note ' || i FROM generate_series(1, 40) i;
	INSERT INTO r SELECT i, 'name ' || i FROM generate_series(0, 4) i;
	INSERT INTO l VALUES (1), (2);
	CREATE FUNCTION total() RETURNS bigint LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN (SELECT sum(v) FROM t); END $$;
});

my @statements = (
	(map { "SELECT * FROM t WHERE k = $_" } 1 .. 4),
	'SELECT count(*), sum(v) FROM t',
	'SELECT v, count(*) FROM t GROUP BY v ORDER BY v',
	'SELECT name, count(*) FROM t JOIN r USING (v) GROUP BY name ORDER BY name',
	'SELECT count(*) FROM t JOIN l USING (v)',
	'SELECT a.k FROM t a JOIN t b ON a.v = b.k WHERE b.note > $$note 2$$ ORDER BY 1 LIMIT 3',
	'WITH w AS MATERIALIZED (SELECT * FROM t WHERE v = 1) SELECT count(*) FROM w',
	'SELECT total()',
	'SELECT k FROM t WHERE v > (SELECT avg(v) FROM t) ORDER BY k LIMIT 2 FOR UPDATE',
	'UPDATE t SET v = v + 1 WHERE k = 3 RETURNING *',
	'UPDATE t SET note = name FROM r WHERE r.v = t.v',
	'UPDATE t SET note = NULL WHERE v > (SELECT avg(v) FROM l)',
	'DELETE FROM t WHERE k IN (SELECT k FROM t ORDER BY v, k LIMIT 2) RETURNING k',
	"INSERT INTO t VALUES (101, 1, 'it''s'), (102, 2, NULL)",
	'INSERT INTO t SELECT k + 1000, v, note FROM t ON CONFLICT DO NOTHING',
	'INSERT INTO r VALUES (9, NULL) RETURNING *');

# Runs the statements and rolls back; returns the answers, and the plans that the client was told.
sub run_all
{
	my ($settings) = @_;
	my ($stdout, $stderr);
	$coordinator->psql($db, join(";\n", 'BEGIN', $settings, @statements, 'ROLLBACK', ''), stdout => \$stdout, stderr => \$stderr,
		on_error_stop => 1);
	return ($stdout, $stderr);
}

my ($answers, $stderr) = run_all('SET client_min_messages = notice');
is($stderr, '', 'the statements work');

for my $format (qw(json text xml yaml))
{
	my ($out, $log) = run_all(qq{
		SET client_min_messages = log;
		SET auto_explain.log_format = $format;
		SET auto_explain.log_analyze = on;
		SET auto_explain.log_verbose = on;
		SET auto_explain.log_buffers = on;
		SET auto_explain.log_wal = on;
		SET auto_explain.log_settings = on;
		SET auto_explain.log_triggers = on});
	is($out, $answers, "$format: the answers are the same");
	unlike($log, qr/ERROR|WARNING/, "$format: without complaints");
	my @plans = split /^(?:psql\S* )?LOG:  duration: [\d.]+ ms  plan:\n/m, $log;
	shift @plans;
	cmp_ok(@plans, '>=', @statements, "$format: every statement's plan is logged");
	cmp_ok((grep { /distshard_public\.t/ } @plans), '>=', 10, "$format: with what the nodes run");
	next unless $format eq 'json';
	my @broken = grep { !eval { JSON::PP->new->decode_prefix($_) } } @plans;
	is_deeply(\@broken, [], 'all JSON is valid');
}

my $worker_log = slurp_file($cluster->node(2)->logfile);
like($worker_log, qr/plan:\n\tQuery Text: .*\/\*distshard /, 'the node logs the plans of fragments');
unlike($worker_log, qr/ERROR/, 'without errors');

done_testing();
