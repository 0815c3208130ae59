# Partitioned tables when nodes are added and removed, and in pg_dump.
use strict;
use warnings;

use DistshardCluster;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $cluster = DistshardCluster->new(workers => 1);
my $node1 = $cluster->coordinator;

my $tables = q{
CREATE TABLE kinds (kind text PRIMARY KEY);
CREATE TABLE ev (tenant int NOT NULL, day date NOT NULL, gone int, id bigserial, kind text REFERENCES kinds, CHECK (id > 0),
	CONSTRAINT ev_key PRIMARY KEY (tenant, day, id)) PARTITION BY RANGE (day);
ALTER TABLE ev DROP COLUMN gone;
CREATE INDEX by_kind ON ev (kind);
CREATE TABLE ev_1 PARTITION OF ev FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
CREATE TABLE ev_2 (kind text, id bigint NOT NULL, more int, tenant int NOT NULL, day date NOT NULL, CONSTRAINT ev_id_check CHECK (id > 0));
ALTER TABLE ev_2 DROP COLUMN more;
CREATE INDEX ev_1_kind_idx1 ON ev_2 (kind);
ALTER TABLE ev ATTACH PARTITION ev_2 FOR VALUES FROM ('2024-02-01') TO (MAXVALUE);
CREATE TABLE ev_0 PARTITION OF ev DEFAULT PARTITION BY LIST (tenant);
CREATE TABLE ev_0a PARTITION OF ev_0 FOR VALUES IN (1, 2) WITH (fillfactor = 80);
CREATE TABLE ev_0b PARTITION OF ev_0 DEFAULT;
CREATE INDEX own ON ev_0b (day);
COMMENT ON TABLE ev_2 IS 'the second';
CREATE TABLE lines (tenant int, day date, id bigint, line int, FOREIGN KEY (tenant, day, id) REFERENCES ev);
CREATE FUNCTION tag() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN NEW.kind := coalesce(NEW.kind, 'a'); RETURN NEW; END$$;
CREATE TRIGGER tag BEFORE INSERT ON ev FOR EACH ROW EXECUTE FUNCTION tag();
};
my $distribute = q{
BEGIN;
SELECT create_reference_table('kinds');
SELECT create_distributed_table('ev', 'tenant', 6);
SELECT create_distributed_table('lines', 'tenant', colocate_with => 'ev');
COMMIT;
};
my $contents = q{
SELECT tableoid::regclass::text, count(*), min(day), sum(id), max(kind) FROM ev GROUP BY 1 UNION ALL
SELECT 'lines', count(*), min(day), sum(id), NULL FROM lines ORDER BY 1
};
# A tree of tables with what each has; data tables without their shards
my $tree = q{
SELECT c.relname, pg_get_expr(relpartbound, c.oid), pg_get_userbyid(relowner), obj_description(c.oid, 'pg_class'),
	(SELECT string_agg(attnum || attname, ' ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped),
	(SELECT string_agg(conname || coninhcount || conislocal || convalidated || (conparentid <> 0), ' ' ORDER BY conname COLLATE "C")
		FROM pg_constraint WHERE conrelid = c.oid AND conname !~ '#'),
	(SELECT string_agg(x.relname || ' of ' || coalesce(p.relname, '-') || indisvalid, ' ' ORDER BY x.relname COLLATE "C")
		FROM pg_index JOIN pg_class x ON x.oid = indexrelid LEFT JOIN pg_inherits ON inhrelid = x.oid LEFT JOIN pg_class p ON p.oid = inhparent
		WHERE indrelid = c.oid),
	(SELECT string_agg(tgname || (tgparentid <> 0), ' ' ORDER BY tgname) FROM pg_trigger WHERE tgrelid = c.oid AND NOT tgisinternal)
FROM pg_partition_tree('%s') JOIN pg_class c ON c.oid = relid
WHERE c.relname !~ '#'
ORDER BY c.relname COLLATE "C"
};

sub same_trees
{
	my ($why, @nodes) = @_;
	for my $table ('ev', 'distshard_public.ev', 'lines')
	{
		my ($first, @others) = map { $_->safe_psql('postgres', sprintf($tree, $table)) } @nodes;
		is($_, $first, "$why: the same tables under $table") for @others;
	}
	return;
}

$node1->safe_psql('postgres', 'CREATE ROLE keeper');
$node1->safe_psql('postgres', $tables . q{
INSERT INTO kinds VALUES ('a'), ('b');
INSERT INTO ev (tenant, day, kind) SELECT t, date '2023-12-01' + d * 9, CASE WHEN d % 3 > 0 THEN 'b' END
	FROM generate_series(1, 20) t, generate_series(0, 12) d;
INSERT INTO lines SELECT tenant, day, id, 1 FROM ev WHERE tenant < 10;
ALTER TABLE ev_0a OWNER TO keeper;
});
my $before = $node1->safe_psql('postgres', sprintf($tree, 'ev'));
my $rows = $node1->safe_psql('postgres', $contents);
$node1->safe_psql('postgres', $distribute);
is($node1->safe_psql('postgres', sprintf($tree, 'ev')), $before, 'the tables are what they were');
is($_->safe_psql('postgres', $contents), $rows, 'rows, from ' . $_->name) for $cluster->nodes;
same_trees('distributed', $cluster->nodes);

# A new node has the same trees, and takes new tables and rows.
my $new = DistshardCluster::start_server('new');
$new->safe_psql('postgres', 'CREATE ROLE keeper');
$cluster->add($new);
same_trees('added', $cluster->nodes);
is($new->safe_psql('postgres', $contents), $rows, 'rows, from the new node');
$new->safe_psql('postgres', q{CREATE TABLE ev_0c PARTITION OF ev_0 FOR VALUES IN (91, 92, 93, 94, 95, 96)});
same_trees('a partition made there', $cluster->nodes);
$new->safe_psql('postgres', q{INSERT INTO ev SELECT t, '2020-01-01', t FROM generate_series(91, 96) t});
is($node1->safe_psql('postgres', q{SELECT tableoid::regclass, kind, count(*) FROM ev WHERE tenant > 90 GROUP BY 1, 2}), 'ev_0c|a|6',
	'rows in it');
my ($ret, $out, $err) = $node1->psql('postgres', q{INSERT INTO lines VALUES (91, '2020-01-01', 92, 1)});
like($err, qr/insert or update on table "lines" violates foreign key constraint "lines_tenant_day_id_fkey"/, 'foreign keys hold');
$new->safe_psql('postgres', q{CREATE TABLE other (k int, n int) PARTITION BY HASH (n);
	CREATE TABLE other_0 PARTITION OF other FOR VALUES WITH (MODULUS 2, REMAINDER 0);
	CREATE TABLE other_1 PARTITION OF other FOR VALUES WITH (MODULUS 2, REMAINDER 1);
	INSERT INTO other SELECT i, i % 7 FROM generate_series(1, 100) i;
	SELECT create_distributed_table('other', 'k', 9)});
is($node1->safe_psql('postgres', 'SELECT count(DISTINCT node_id) FROM distshard.shards WHERE table_name = $$other_0$$::regclass'), 3,
	'shards on the new node');
is($node1->safe_psql('postgres', 'SELECT count(*), sum(n) FROM other WHERE n = 3'), '14|42', 'and rows');
like($node1->safe_psql('postgres', 'ANALYZE; SELECT string_agg(relname || reltuples, $$ $$ ORDER BY relname) FROM pg_class WHERE relname LIKE $$other%$$ AND relnamespace = $$public$$::regnamespace'),
	qr/^other100 other_0\d+ other_1\d+$/, 'ANALYZE finds how large it is');
$rows = $node1->safe_psql('postgres', $contents);

# pg_dump
my $ordinary = PostgreSQL::Test::Cluster->new('ordinary');
$ordinary->init(extra => [qw(--username=postgres --encoding=UTF8 --locale=C.UTF-8)]);
$ordinary->start;
$ordinary->safe_psql('postgres', 'CREATE ROLE keeper');
my $dir = PostgreSQL::Test::Utils::tempdir();
my @restore = ('psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1');
for my $options ([], ['--load-via-partition-root'], ['--inserts'])
{
	my $name = join(' ', 'pg_dump', @$options);
	my $database = 'd' . scalar(() = join('', @$options) =~ /./g);
	$new->command_ok([ 'pg_dump', '-f', "$dir/dump.sql", '--extension', 'plpgsql', @$options, $new->connstr('postgres') ], $name);
	unlike(slurp_file("$dir/dump.sql"), qr/distshard|#\d/, "$name: nothing of the shards");
	$ordinary->safe_psql('postgres', "CREATE DATABASE $database");
	$ordinary->command_ok([ @restore, '-f', "$dir/dump.sql", $ordinary->connstr($database) ], "$name: restore");
	is($ordinary->safe_psql($database, $contents), $rows, "$name: each row once");
}

# Restored into a cluster: definitions, distribution, rows. pg_dump does not know that partitions have the foreign keys of
# their parents.
my $target = DistshardCluster->new(workers => 1, name => 'other');
$target->coordinator->safe_psql('postgres', 'CREATE ROLE keeper');
for my $options ([ 'schema', '--schema-only' ], [ 'kinds', '--data-only', '-t', 'kinds' ], [ 'rows', '--data-only', '-T', 'kinds' ])
{
	my ($file, @options) = @$options;
	$node1->command_ok([ 'pg_dump', '-f', "$dir/$file.sql", @options, '--extension', 'plpgsql', $node1->connstr('postgres') ], "pg_dump @options");
}
$target->node(2)->command_ok([ @restore, '-f', "$dir/schema.sql", $target->node(2)->connstr('postgres') ], 'restore the definitions');
$target->node(2)->safe_psql('postgres', $distribute . q{SELECT create_distributed_table('other', 'k', 9)});
$target->coordinator->command_ok([ @restore, '-f', "$dir/$_.sql", $target->coordinator->connstr('postgres') ], "restore $_") for 'kinds', 'rows';
is($target->coordinator->safe_psql('postgres', $contents), $rows, 'same rows in the other cluster');

# Back, and nodes go
$node1->safe_psql('postgres', q{BEGIN; SELECT undistribute_table('lines'), undistribute_table('ev'), undistribute_table('kinds'); COMMIT; DROP TABLE other});
is($node1->safe_psql('postgres', $contents), $rows, 'the same rows in ordinary tables');
is($_->safe_psql('postgres', q{SELECT count(*) FROM pg_class WHERE relname ~ '^(ev|lines)' AND relkind IN ('r', 'p')}), 0, 'nothing left on ' . $_->name)
  for $cluster->node(2), $new;
$node1->safe_psql('postgres', 'SELECT distshard.remove_node(3)');
$node1->safe_psql('postgres', $distribute);
is($cluster->node(2)->safe_psql('postgres', $contents), $rows, 'distributed again over fewer nodes');
$node1->safe_psql('postgres', 'DROP TABLE ev, lines');
is($_->safe_psql('postgres', q{SELECT count(*) FROM pg_class WHERE relname ~ '^(ev|lines)' AND relkind IN ('r', 'p')}), 0, 'dropped on ' . $_->name)
  for $node1, $cluster->node(2);

done_testing();
