# Triggers that fire where their row is stored do not take a table of that node for the client's.
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
	CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
		IF current_setting('app.fails', true) = 'inside' THEN
			BEGIN PERFORM 1 / 0; EXCEPTION WHEN division_by_zero THEN NULL; END;
		END IF;
		INSERT INTO notes VALUES (OLD.k);
		RETURN NULL;
	END $$;
	CREATE TABLE parted (k int, d int) PARTITION BY RANGE (d);
	CREATE TABLE parted0 PARTITION OF parted FOR VALUES FROM (0) TO (10);
	SELECT create_distributed_table('parted', 'k', shard_count => 6);
	INSERT INTO parted SELECT i, 1 FROM generate_series(1, 30) i;
	CREATE TABLE parent (k int PRIMARY KEY);
	CREATE TABLE child (k int REFERENCES parent ON DELETE CASCADE);
	BEGIN;
	SELECT create_distributed_table('parent', 'k', shard_count => 6);
	SELECT create_distributed_table('child', 'k', colocate_with => 'parent');
	COMMIT;
	INSERT INTO parent SELECT generate_series(1, 30);
	INSERT INTO child SELECT generate_series(1, 30);
	CREATE TRIGGER notes BEFORE DELETE ON parted FOR EACH ROW EXECUTE FUNCTION note();
	CREATE TRIGGER notes BEFORE DELETE ON child FOR EACH ROW EXECUTE FUNCTION note();
});
$_->safe_psql($db, 'CREATE TABLE notes (k int)') foreach @nodes;

my $refused = qr/a trigger that fires where its row is stored cannot use table "notes", which is not distributed/;

sub refuses
{
	my ($sql, $what) = @_;
	my ($ret, $out, $err) = $nodes[1]->psql($db, $sql);
	like($err, $refused, $what);
	return;
}

refuses('DELETE FROM parted', 'a trigger of a partition does not use it');
refuses('DELETE FROM parent', 'nor does one of rows that a foreign key deletes');
refuses(q{SET app.fails = 'inside'; DELETE FROM parted}, 'nor does one with subtransactions');
refuses('BEGIN; SAVEPOINT s; DELETE FROM parted; ROLLBACK TO s; DELETE FROM parent; COMMIT', 'nor after a savepoint');
is($_->safe_psql($db, 'SELECT count(*) FROM notes'), '0', $_->name . ' has no notes') foreach @nodes;

# The client's node is that of some rows: their triggers may use its tables.
my $mine = $nodes[1]->safe_psql($db, q{
	SELECT string_agg(format('DELETE FROM parted WHERE k = %s', k), '; ') FROM parted});
for my $statement (split /; /, $mine)
{
	my ($ret, $out, $err) = $nodes[1]->psql($db, $statement);
	like($err, $refused, "$statement is refused") if $ret != 0;
}
cmp_ok($nodes[1]->safe_psql($db, 'SELECT count(*) FROM notes'), '>', 0, 'triggers of rows of the client\'s node use it');
is($nodes[$_]->safe_psql($db, 'SELECT count(*) FROM notes'), '0', $nodes[$_]->name . ' has no notes') foreach 0, 2;

# A session that was refused goes on.
is($nodes[1]->safe_psql($db, q{
	BEGIN;
	SAVEPOINT s;
	DO $$ BEGIN DELETE FROM parted; EXCEPTION WHEN feature_not_supported THEN NULL; END $$;
	UPDATE parted SET d = 2;
	SELECT count(*) FROM parted WHERE d = 2;
	COMMIT;
}), '30', 'and the session goes on');

# What all nodes have, they use.
$_->safe_psql($db, 'DROP TABLE notes') foreach @nodes;
$nodes[0]->safe_psql($db, q{CREATE TABLE notes (k int); SELECT create_distributed_table('notes', 'k', colocate_with => 'parent')});
$nodes[1]->safe_psql($db, 'DELETE FROM parent');
is($nodes[2]->safe_psql($db, 'SELECT count(*) FROM notes'), '30', 'a co-located table is used');

done_testing();
