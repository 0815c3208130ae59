# pg_dump of any node has each distributed table's rows once and nothing of the shards; it can be restored into an
# ordinary database and into another cluster.
use strict;
use warnings;

use DistshardCluster;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $cluster = DistshardCluster->new(workers => 2);
my $tables = q{
CREATE TABLE tenants (id int PRIMARY KEY, name text NOT NULL);
CREATE TABLE products (id int PRIMARY KEY, name text);
CREATE TABLE orders (tenant_id int REFERENCES tenants, id bigserial, product int REFERENCES products,
	note text DEFAULT 'none', twice int GENERATED ALWAYS AS (product * 2) STORED, PRIMARY KEY (tenant_id, id));
CREATE INDEX orders_note ON orders (note);
COMMENT ON TABLE orders IS 'what was ordered';
};
my $distribute = q{
BEGIN;
SELECT create_distributed_table('tenants', 'id', 6);
SELECT create_reference_table('products');
SELECT create_distributed_table('orders', 'tenant_id', 6);
COMMIT;
};
my $contents = q{
SELECT (SELECT count(*) || ' ' || sum(id) FROM tenants), (SELECT count(*) FROM products),
	(SELECT count(*) || ' ' || sum(id) || ' ' || sum(twice) FROM orders)
};

$cluster->coordinator->safe_psql('postgres', $tables . $distribute . q{
INSERT INTO tenants SELECT i, 'tenant ' || i FROM generate_series(1, 50) i;
INSERT INTO products SELECT i, 'product ' || i FROM generate_series(1, 5) i;
INSERT INTO orders (tenant_id, id, product) SELECT i % 50 + 1, i, i % 5 + 1 FROM generate_series(1, 1000) i;
CREATE STATISTICS orders_stat ON tenant_id, product FROM orders;
CREATE VIEW order_count AS SELECT count(*) FROM orders;
CREATE TABLE plain (id int);
});
my $expected = $cluster->coordinator->safe_psql('postgres', $contents);

my $ordinary = PostgreSQL::Test::Cluster->new('ordinary');
$ordinary->init(extra => [qw(--username=postgres --encoding=UTF8 --locale=C.UTF-8)]);
$ordinary->start;

foreach my $node_id (1 .. 3)
{
	my $node = $cluster->node($node_id);
	my $dump = PostgreSQL::Test::Utils::tempdir() . "/node$node_id.sql";

	$node->command_ok([ 'pg_dump', '-f', $dump, '--extension', 'plpgsql', $node->connstr('postgres') ],
		"pg_dump of node $node_id");
	my $text = slurp_file($dump);
	unlike($text, qr/distshard|#\d/, 'nothing of the shards');
	is(scalar(() = $text =~ /^COPY /mg), $node_id == 1 ? 4 : 3, 'each table once');

	$ordinary->safe_psql('postgres', "CREATE DATABASE node$node_id");
	$ordinary->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', $dump, $ordinary->connstr("node$node_id") ],
		'restore into an ordinary database');
	is($ordinary->safe_psql("node$node_id", $contents), $expected, 'same rows');
}

# Several connections of pg_dump would need the snapshot of one of them on other nodes.
my $parallel = PostgreSQL::Test::Utils::tempdir() . '/parallel';
my @parallel = ('pg_dump', '-F', 'directory', '-j', 2, '-f', $parallel, '--extension', 'plpgsql', $cluster->node(1)->connstr('postgres'));
$cluster->node(1)->command_fails_like(\@parallel, qr/cannot use an exported or imported snapshot on other nodes.*distshard.consistent_reads to off/s, 'pg_dump -j is refused');
PostgreSQL::Test::Utils::system_or_bail('rm', '-rf', $parallel);
{
	local $ENV{PGOPTIONS} = '-c distshard.consistent_reads=off';
	$cluster->node(1)->command_ok(\@parallel, 'unless each may have snapshots of its own');
}
$ordinary->safe_psql('postgres', 'CREATE DATABASE parallel');
$ordinary->command_ok([ 'pg_restore', '-e', '-d', $ordinary->connstr('parallel'), $parallel ], 'restore that');
is($ordinary->safe_psql('parallel', $contents), $expected, 'same rows');

# Into another cluster: the tables come from their definitions, distributed before the rows come.
my $other = DistshardCluster->new(workers => 1, name => 'other');
my $source = $cluster->node(2);
my $dir = PostgreSQL::Test::Utils::tempdir();
$source->command_ok(
	[ 'pg_dump', '-f', "$dir/schema.sql", '--schema-only', '--extension', 'plpgsql', $source->connstr('postgres') ], 'schema only');
$source->command_ok(
	[ 'pg_dump', '-f', "$dir/data.sql", '--data-only', '--extension', 'plpgsql', $source->connstr('postgres') ], 'data only');
my $target = $other->node(2);
my @restore = ('psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1');
$target->command_ok([ @restore, '-f', "$dir/schema.sql", $target->connstr('postgres') ], 'restore the definitions');
$target->safe_psql('postgres', $distribute);
$target->command_ok([ @restore, '-f', "$dir/data.sql", $target->connstr('postgres') ], 'restore the rows');
is($other->coordinator->safe_psql('postgres', $contents), $expected, 'same rows in the other cluster');
is($target->safe_psql('postgres', 'SELECT count FROM order_count'), 1000, 'views count all rows');

done_testing();
