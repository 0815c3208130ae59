# Tables and indexes are in the same tablespace on every node.
use strict;
use warnings;

use DistshardCluster;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $db = 'postgres';
my $conf = "allow_in_place_tablespaces = on\n";
my $cluster = DistshardCluster->new(workers => 1, conf => $conf);
my ($node1, $node2) = $cluster->nodes;

sub create_tablespaces
{
	my ($node) = @_;
	$node->safe_psql($db, qq{CREATE TABLESPACE "fast disk" LOCATION ''});
	$node->safe_psql($db, q{CREATE TABLESPACE slow LOCATION ''});
	return;
}

# A line for each tablespace: how many shards, and indexes of shards, are there?
sub places
{
	my ($node, $table) = @_;
	return $node->safe_psql($db, qq{
		SELECT relkind, spcname, count(*)
		FROM pg_class c LEFT JOIN pg_tablespace s ON s.oid = reltablespace
		WHERE relnamespace = 'distshard_public'::regnamespace AND relkind IN ('r', 'i') AND relname LIKE '$table%#%'
		GROUP BY relkind, spcname ORDER BY 1, 2});
}

create_tablespaces($node1);
$node1->safe_psql($db, q{
	CREATE TABLE item (id int, v text, PRIMARY KEY (id) USING INDEX TABLESPACE slow) TABLESPACE "fast disk";
	CREATE INDEX item_v ON item (v) TABLESPACE "fast disk";
	INSERT INTO item SELECT i, i FROM generate_series(1, 100) i});
my ($ret, $out, $err) = $node1->psql($db, q{SELECT create_distributed_table('item', 'id', shard_count => 4)});
like($err, qr/ERROR:  tablespace "fast disk" does not exist/, 'a node has no such tablespace');
is($node1->safe_psql($db, 'SELECT count(*) FROM ONLY item'), '100', 'the table is as it was');

create_tablespaces($node2);
$node1->safe_psql($db, q{SELECT create_distributed_table('item', 'id', shard_count => 4)});
my $placed = join("\n", 'i|fast disk|2', 'i|slow|2', 'r|fast disk|2');
is(places($_, 'item'), $placed, 'distributed: ' . $_->name) foreach $node1, $node2;

my $node3 = DistshardCluster::start_server('node3', $conf);
create_tablespaces($node3);
$cluster->add($node3);
$node3->safe_psql($db, q{
	CREATE TABLE later (id int PRIMARY KEY) TABLESPACE slow;
	SELECT create_distributed_table('later', 'id', shard_count => 3)});
is(places($_, 'later'), join("\n", 'i||1', 'r|slow|1'), 'from another node: ' . $_->name) foreach $node1, $node2, $node3;
$node2->safe_psql($db, 'ALTER TABLE later SET TABLESPACE "fast disk"; ALTER TABLE later SET TABLESPACE "fast disk"');
is(places($_, 'later'), join("\n", 'i||1', 'r|fast disk|1'), 'moved: ' . $_->name) foreach $node1, $node2, $node3;
is($node3->safe_psql($db, q{SELECT string_agg(relname || ' ' || spcname, ', ' ORDER BY relname) FROM pg_class c
	JOIN pg_tablespace s ON s.oid = reltablespace WHERE relnamespace = 'public'::regnamespace AND relname IN ('item', 'item_v', 'item_pkey')}),
	'item fast disk, item_pkey slow, item_v fast disk', 'a new node has them, too');

$node1->safe_psql($db, q{SELECT undistribute_table('item')});
is($node1->safe_psql($db, q{SELECT string_agg(relname || ' ' || spcname, ', ' ORDER BY relname) FROM pg_class c
	JOIN pg_tablespace s ON s.oid = reltablespace WHERE relnamespace = 'public'::regnamespace AND relname IN ('item', 'item_v', 'item_pkey')}),
	'item fast disk, item_pkey slow, item_v fast disk', 'and so it is as one table again');

done_testing();
