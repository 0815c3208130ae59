# Copies of a reference table have the same rows, but in another order: what depends on the order is computed once.
use strict;
use warnings;

use DistshardCluster;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $cluster = DistshardCluster->new(workers => 2);
my @nodes = $cluster->nodes;
my $db = 'postgres';
my @copied = qw(ref ref2 log);

$nodes[0]->safe_psql($db, q{
	CREATE TABLE ref (id int PRIMARY KEY, g int, n int, f float8, u numeric);
	CREATE TABLE ref2 (id int PRIMARY KEY, g int, n int, f float8, u numeric);
	CREATE TABLE log (id int PRIMARY KEY, v text);
	CREATE TABLE dist (k int PRIMARY KEY, g int, n int, t text);
	SELECT create_reference_table(t) FROM unnest('{ref,ref2,log}'::regclass[]) t;
	SELECT create_distributed_table('dist', 'k', shard_count => 6);
	INSERT INTO ref SELECT i, i % 7, i, i * 0.1, CASE WHEN i % 2 = 0 THEN 1.0 ELSE 1.00 END FROM generate_series(1, 70) i;
	INSERT INTO ref2 SELECT i, i % 7, i, (ARRAY[1e16, 0.7, -1e16])[1 + i % 3], CASE WHEN i / 7 % 2 = 0 THEN 1.0 ELSE 1.00 END
		FROM generate_series(1, 70) i;
	INSERT INTO log SELECT i, '' FROM generate_series(1, 70) i;
	INSERT INTO dist SELECT i, i % 7, i, '' FROM generate_series(1, 700) i;
});

# Without the library a node lets its copies be written.
sub rewrite_copies
{
	my ($node, $order) = @_;

	$node->append_conf('postgresql.conf', q{shared_preload_libraries = ''});
	$node->restart;
	$node->safe_psql($db, qq{
		BEGIN;
		CREATE TEMPORARY TABLE rows AS TABLE distshard_public.$_;
		DELETE FROM distshard_public.$_;
		INSERT INTO distshard_public.$_ SELECT * FROM rows ORDER BY $order;
		COMMIT;
		VACUUM FULL distshard_public.$_}) foreach @copied;
	$node->append_conf('postgresql.conf', q{shared_preload_libraries = 'distshard'});
	$node->restart;
	return;
}

sub rows_here
{
	my ($node, $table, $order) = @_;
	return $node->safe_psql($db, "SELECT md5(string_agg(r::text, ',' $order)) FROM $table r");
}

sub alike
{
	my ($table, $what) = @_;
	my @rows = map { rows_here($_, $table, 'ORDER BY id') } @nodes;
	is($rows[$_], $rows[0], "$what: rows of node " . ($_ + 1)) foreach 1 .. $#nodes;
	return;
}

rewrite_copies($nodes[1], 'id DESC');
rewrite_copies($nodes[2], 'md5(id::text)');
isnt(rows_here($nodes[$_], 'ref2', ''), rows_here($nodes[0], 'ref2', ''), 'order of node ' . ($_ + 1)) foreach 1 .. $#nodes;
alike($_, "$_ at first") foreach @copied;

# How many different values do the rows of dist meet?
my @met = (
	['LIMIT by a copied row', 70, '(r.id, x.n)', 'ref r, LATERAL (SELECT n FROM ref2 WHERE ref2.g = r.g LIMIT 1) x JOIN dist d ON d.n > 0'],
	['DISTINCT ON by a copied row', 70, '(r.id, x.id)', 'ref r, LATERAL (SELECT DISTINCT ON (g) id FROM ref2 WHERE ref2.g = r.g) x JOIN dist d ON d.g >= 0'],
	['row numbers by a copied row', 70, '(x.id, x.rn)', 'ref r, LATERAL (SELECT id, row_number() OVER () rn FROM ref2 WHERE ref2.g = r.g) x JOIN dist d ON d.g >= 0'],
	['a scalar subquery by a copied row', 70, '(x.id, x.a)', 'dist d JOIN (SELECT r.id, (SELECT id FROM ref2 WHERE ref2.g = r.g LIMIT 1) a FROM ref r) x ON d.g = x.id % 7'],
	['a scalar subquery over joined rows', 70, '(id, a)', '(SELECT r.id, (SELECT id FROM ref2 WHERE ref2.g = r.g LIMIT 1) a FROM ref r JOIN dist d ON d.g = r.id % 7) s'],
	['array_agg()', 7, '(x.g, x.a)', 'dist d JOIN (SELECT g, array_agg(n) a FROM ref2 GROUP BY g) x USING (g)'],
	['array_agg() of an outer join', 1, 'x.a', 'dist d JOIN (SELECT array_agg(r.id) a FROM ref r FULL JOIN ref2 s ON r.id = s.id) x ON true'],
	['json_agg() for each row', 1, '(SELECT json_agg(id) FROM ref2)::text', 'dist'],
	['ARRAY()', 1, 'ARRAY(SELECT id FROM ref2)', 'dist'],
	['ARRAY() by a copied row', 70, '(x.id, x.a)', 'dist d JOIN (SELECT r.id, ARRAY(SELECT id FROM ref2 WHERE ref2.g = r.g) a FROM ref r) x ON d.g = x.id % 7'],
	['a sum of floats', 7, '(x.g, x.s)', 'dist d JOIN (SELECT g, sum(f) s FROM ref2 GROUP BY g) x USING (g)'],
	['max() of equal numbers', 1, 'x.s', 'dist d JOIN (SELECT g, max(u)::text s FROM ref2 GROUP BY g) x USING (g) WHERE x.g = 1'],
	['groups of equal numbers', 1, 'x.s', 'dist d CROSS JOIN (SELECT u::text s FROM (SELECT u FROM ref2 GROUP BY u) y) x'],
	['DISTINCT of equal numbers', 1, 'x.s', 'dist d CROSS JOIN (SELECT u::text s FROM (SELECT DISTINCT u FROM ref2) y) x'],
	['UNION of equal numbers', 1, 'x.s', 'dist d CROSS JOIN (SELECT u::text s FROM (SELECT u FROM ref2 UNION SELECT u FROM ref) y) x'],
	['INTERSECT of equal numbers', 1, 'x.s', 'dist d CROSS JOIN (SELECT u::text s FROM (SELECT u FROM ref2 INTERSECT SELECT u FROM ref) y) x'],
	['percentile_disc() of equal numbers', 1, 'x.m', 'dist d JOIN (SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY u)::text m FROM ref2) x ON true'],
	['ctid', 70, '(r.id, r.ctid)', 'ref r JOIN dist d ON d.g = r.g'],
	['xmin', 1, 'r.xmin::text', 'ref2 r JOIN dist d ON d.g = r.g'],
	['a function in FROM', 1, 'x', 'dist d JOIN pick() x ON true'],
);

$nodes[0]->safe_psql($db, q{
	CREATE FUNCTION pick() RETURNS int STABLE LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT n FROM ref2 LIMIT 1); END $$});
for my $met (@met)
{
	my ($what, $values, $value, $from) = @$met;
	is($nodes[0]->safe_psql($db, "SELECT count(DISTINCT $value) FROM $from"), $values, $what);
}

# Of rows that an UPDATE finds for one row it takes any, but the same for each copy.
my @updates = (
	['another table', 'UPDATE ref SET n = o.id FROM ref2 o WHERE o.g = ref.g', 'ref'],
	['a scalar subquery', 'UPDATE log SET v = (SELECT n FROM ref2 WHERE g = log.id % 7 LIMIT 1)', 'log'],
	['string_agg()', q{UPDATE log SET v = (SELECT string_agg(n::text, ',') FROM ref2 WHERE g = log.id % 7)}, 'log'],
	['ARRAY()', 'UPDATE log SET v = ARRAY(SELECT n FROM ref2 WHERE g = log.id % 7)::text', 'log'],
	['ctid', 'UPDATE log SET v = log.ctid::text', 'log'],
	['which rows are deleted', 'DELETE FROM log WHERE id IN (SELECT id FROM ref2 LIMIT 3)', 'log'],
);
for my $update (@updates)
{
	my ($what, $sql, $table) = @$update;
	$nodes[0]->safe_psql($db, $sql);
	alike($table, $what);
}
$nodes[0]->safe_psql($db, 'UPDATE dist SET t = x.a FROM (SELECT g, array_agg(id)::text a FROM ref2 GROUP BY g) x WHERE x.g = dist.g');
is($nodes[0]->safe_psql($db, 'SELECT count(DISTINCT (g, t)) FROM dist'), '7', 'rows of all nodes get the same');

done_testing();
