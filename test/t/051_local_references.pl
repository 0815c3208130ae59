# Ordinary tables of several nodes reference one reference table: whichever node changes it, their foreign keys hold.
use strict;
use warnings;

use DistshardCluster;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $cluster = DistshardCluster->new(workers => 2);
my @nodes = $cluster->nodes;
my $db = 'postgres';

$nodes[0]->safe_psql($db, q{
	CREATE TABLE product (id int PRIMARY KEY, name text);
	INSERT INTO product SELECT i, 'p' || i FROM generate_series(1, 9) i;
	CREATE TABLE stock (product int REFERENCES product);
	INSERT INTO stock VALUES (1);
	SELECT create_reference_table('product');
});
$nodes[1]->safe_psql($db, q{
	CREATE TABLE picture (product int REFERENCES product ON DELETE CASCADE ON UPDATE CASCADE);
	INSERT INTO picture VALUES (2), (3);
});

sub fails
{
	my ($node, $sql, $error, $what) = @_;
	my ($ret, $out, $err) = $node->psql($db, $sql);
	like($err, $error, $what);
	return;
}

my $products = q{SELECT string_agg(id::text, ' ' ORDER BY id) FROM product};
my $pictures = q{SELECT string_agg(product::text, ' ' ORDER BY product) FROM picture};
my $referenced = qr/violates foreign key constraint "stock_product_fkey" on table "stock"/;

fails($nodes[2], 'DELETE FROM product WHERE id = 1', $referenced, 'another node cannot delete what is referenced');
fails($nodes[2], 'DELETE FROM product WHERE id < 5', $referenced, 'nor among others');
is($nodes[1]->safe_psql($db, $pictures), '2 3', 'of which nothing remains');
$nodes[2]->safe_psql($db, 'DELETE FROM product WHERE id = 2; UPDATE product SET id = 30 WHERE id = 3');
is($nodes[1]->safe_psql($db, $pictures), '30', 'its changes are carried to the ordinary table');
is($_->safe_psql($db, $products), '1 4 5 6 7 8 9 30', $_->name . ' has the same products') foreach @nodes;
fails($nodes[1], 'INSERT INTO picture VALUES (3)', qr/violates foreign key constraint "picture_product_fkey"/,
	'new rows are checked');
fails($nodes[2], 'TRUNCATE product', qr/cannot truncate a table referenced/, 'TRUNCATE is refused');
fails($nodes[2], 'DROP TABLE product', qr/other objects depend on it/, 'so is DROP');
fails($nodes[2], q{SELECT undistribute_table('product')}, qr/cannot be enforced/, 'and taking the rows to another node');

# A row that another session is just referencing cannot be deleted, on any node.
my $session = $nodes[1]->background_psql($db, on_error_stop => 1);
$session->query_safe('BEGIN; INSERT INTO picture VALUES (4)');
fails($nodes[2], q{SET lock_timeout = '200ms'; DELETE FROM product WHERE id = 4}, qr/lock timeout/,
	'a row that is being referenced is locked');
$session->query_safe('COMMIT');
$session->quit;
$nodes[2]->safe_psql($db, 'DELETE FROM product WHERE id = 4');
is($nodes[1]->safe_psql($db, $pictures), '30', 'and then deleted with its reference');

$nodes[2]->safe_psql($db, 'TRUNCATE product CASCADE');
is($nodes[0]->safe_psql($db, 'SELECT count(*) FROM stock'), '0', 'TRUNCATE CASCADE empties tables of other nodes');

# Both ways back.
$nodes[0]->safe_psql($db, q{INSERT INTO product VALUES (1); INSERT INTO stock VALUES (1)});
fails($nodes[0], q{SELECT undistribute_table('product')}, qr/"picture_product_fkey".*cannot be enforced/,
	'tables of two nodes cannot reference an ordinary one');
$nodes[1]->safe_psql($db, 'DROP TABLE picture');
$nodes[0]->safe_psql($db, q{SELECT undistribute_table('product')});
fails($nodes[0], 'DELETE FROM product', $referenced, 'the foreign key holds between ordinary tables');

done_testing();
