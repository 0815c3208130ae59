# Distributing a table: its shards get what PostgreSQL doesn't pass on by itself, progress is shown, and a
# node that fails leaves everything as it was.
use strict;
use warnings;

use DistshardCluster;
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $cluster = DistshardCluster->new(workers => 1);
my ($node1, $node2) = $cluster->nodes;

# What each shard has
$node1->safe_psql('postgres', <<'END');
CREATE EXTENSION btree_gist;
CREATE UNLOGGED TABLE t (gone int, k int NOT NULL, during int4range, note text, CONSTRAINT apart EXCLUDE USING gist (k WITH =, during WITH &&))
	WITH (fillfactor = 55, toast.autovacuum_enabled = false);
ALTER TABLE t DROP COLUMN gone;
CREATE UNIQUE INDEX by_key ON t (k, note);
ALTER TABLE t ALTER note SET NOT NULL, REPLICA IDENTITY USING INDEX by_key, CLUSTER ON by_key;
ALTER TABLE t ALTER note SET STORAGE EXTERNAL, ALTER note SET STATISTICS 12, ALTER k SET (n_distinct = 7);
INSERT INTO t SELECT i, int4range(i, i + 5), 'note' FROM generate_series(1, 100) i;
SELECT create_distributed_table('t', 'k', 4);
END
for my $node ($node1, $node2)
{
	is( $node->safe_psql('postgres', <<'END'), 'u|{fillfactor=55}|{autovacuum_enabled=false}|i|2', 'tables and toast on ' . $node->name);
SELECT c.relpersistence, c.reloptions, t.reloptions, c.relreplident, count(*)
FROM distshard.local_shards() s JOIN pg_class c ON c.oid = s.relation JOIN pg_class t ON t.oid = c.reltoastrelid GROUP BY 1, 2, 3, 4
END
	is( $node->safe_psql('postgres', <<'END'), "2|during|-1|x|f\n2|k|-1|p|t\n2|note|12|e|f", 'columns on ' . $node->name);
SELECT count(*), attname, attstattarget, attstorage, coalesce('n_distinct=7' = ANY (attoptions), false) AS option
FROM distshard.local_shards() JOIN pg_attribute ON attrelid = relation WHERE attnum > 0 AND NOT attisdropped
GROUP BY 2, 3, 4, 5 ORDER BY 2
END
	is( $node->safe_psql('postgres', <<'END'), '2|f|f|t|t', 'indexes on ' . $node->name);
SELECT count(*), bool_and(x.indisexclusion), bool_and(p.indisexclusion), bool_and(x.indisclustered), bool_and(x.indisreplident)
FROM distshard.local_shards() JOIN pg_index x ON x.indrelid = relation JOIN pg_inherits ON inhrelid = x.indexrelid
	JOIN pg_index p ON p.indexrelid = inhparent
END
	is( $node->safe_psql('postgres', <<'END'), '2|3', 'each with an exclusion constraint and all columns where the logical table has them, on ' . $node->name);
SELECT count(*), min(a.attnum) FROM distshard.local_shards() JOIN pg_constraint ON conrelid = relation AND contype = 'x'
	JOIN pg_attribute a ON attrelid = relation AND attname = 'during'
END
}
$node1->safe_psql('postgres', <<'END');
CREATE TABLE late_text (k int, next int GENERATED ALWAYS AS (k + 1) STORED, note text) WITH (fillfactor = 60, toast.autovacuum_enabled = false);
SELECT create_distributed_table('late_text', 'k', 4);
END
for my $node ($node1, $node2)
{
	is($node->safe_psql('postgres', <<'END'), '3|{fillfactor=60}|{autovacuum_enabled=false}', 'toast of a column after a generated one, on ' . $node->name);
SELECT count(*), c.reloptions, t.reloptions FROM pg_class c JOIN pg_class t ON t.oid = c.reltoastrelid
WHERE c.oid = 'late_text'::regclass OR c.oid IN (SELECT relation FROM distshard.local_shards() WHERE logical_table = 'late_text'::regclass) GROUP BY 2, 3
END
}
$node1->safe_psql('postgres', 'DROP TABLE late_text');
my ($status, $stdout, $stderr) = $node1->psql('postgres', q{INSERT INTO t VALUES (7, '[8,9]', 'again')});
like($stderr, qr/conflicting key value violates exclusion constraint/, 'the exclusion constraint holds');
is($node1->safe_psql('postgres', 'SELECT count(*) FROM t'), 100, 'all rows are there');
$node1->safe_psql('postgres', q{SELECT undistribute_table('t')});
is($node2->safe_psql('postgres', q{SELECT to_regclass('t') IS NULL}), 't', 'the table left the other node');

# Progress, while this node waits for a lock at its first row from 50000 on
$node1->safe_psql('postgres', <<'END');
CREATE FUNCTION wait_at(k int) RETURNS bool LANGUAGE plpgsql AS $$
BEGIN
	IF k >= 50000 THEN
		PERFORM pg_advisory_xact_lock(1);
	END IF;
	RETURN true;
END $$;
CREATE DOMAIN waits AS int CHECK (wait_at(VALUE));
CREATE TABLE p (k waits);
INSERT INTO p SELECT generate_series(1, 60000);
END
my $timeout = IPC::Run::timeout($PostgreSQL::Test::Utils::timeout_default);
sub progress_of
{
	my ($statement, $progress) = @_;
	my @locks = map { $_->background_psql('postgres') } $node1, $node2;
	$_->query_safe('SELECT pg_advisory_lock(1)') for @locks;
	my $out = '';
	my $load = IPC::Run::start([ 'psql', '-XAtq', '-d', $node1->connstr('postgres'), '-c', $statement ], '>', \$out, '2>', \$out, $timeout);
	$node1->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted});
	is($node1->safe_psql('postgres', "SELECT table_name, phase, $progress FROM distshard.progress"), 'p|moving rows|t|t', "progress of $statement");
	$_->query_safe('SELECT pg_advisory_unlock(1)') for @locks;
	$load->finish;
	$_->quit for @locks;
	is($out, "\n", 'the load ended well');
	is($node1->safe_psql('postgres', 'SELECT count(*) FROM p'), 60000, 'with all rows');
	is($node1->safe_psql('postgres', 'SELECT count(*) FROM distshard.progress'), 0, 'and progress is over');
}
progress_of(q{SELECT create_distributed_table('p', 'k', 2)}, 'rows BETWEEN 48 * 1024 AND 60000, percent BETWEEN 80 AND 100');
progress_of(q{SELECT undistribute_table('p')}, 'rows BETWEEN 48 * 1024 AND 60000, percent BETWEEN 70 AND 100');

# All or nothing
sub unchanged
{
	my ($why) = @_;
	is($node1->safe_psql('postgres', 'SELECT count(*) FROM ONLY q'), 1000, "$why: rows are where they were");
	is($_->safe_psql('postgres', q{SELECT count(*) FROM distshard.distributed_table WHERE logical_table::text = 'q'}), 0,
		"$why: no metadata on " . $_->name)
	  for ($node1, $node2);
	is($node2->safe_psql('postgres', q{SELECT to_regclass('q') IS NULL AND to_regclass('distshard_public.q') IS NULL}), 't',
		"$why: nothing on the other node");
	is($node1->safe_psql('postgres', q{SELECT to_regclass('distshard_public.q') IS NULL}), 't', "$why: no data table");
}
$node1->safe_psql('postgres', 'CREATE TABLE q (k int, v int); INSERT INTO q SELECT i, i FROM generate_series(1, 1000) i');
$node1->safe_psql('postgres', q{BEGIN; SELECT create_distributed_table('q', 'k'); ROLLBACK});
unchanged('rollback');
$node1->psql('postgres', q{BEGIN; SELECT create_distributed_table('q', 'k'); SELECT 1/0; COMMIT});
unchanged('late error');
$node2->safe_psql('postgres', 'CREATE TABLE q (k int)');
($status, $stdout, $stderr) = $node1->psql('postgres', q{SELECT create_distributed_table('q', 'k')});
like($stderr, qr/relation "q" already exists.*on node 2/s, 'a table of that name on another node is in the way');
$node2->safe_psql('postgres', 'DROP TABLE q');
unchanged('table exists');
$node2->stop('immediate');
($status, $stdout, $stderr) = $node1->psql('postgres', q{SELECT create_distributed_table('q', 'k')});
like($stderr, qr/node 2/, 'the error names the node that is down');
$node2->start;
unchanged('node down');
$node1->safe_psql('postgres', q{SELECT create_distributed_table('q', 'k')});
is($node2->safe_psql('postgres', 'SELECT count(*), sum(v) FROM q'), '1000|500500', 'and then it works');

# Views that were there before, and what depends on a table that becomes an ordinary one of another node
$node1->safe_psql('postgres', <<'END');
CREATE TABLE here (k int);
CREATE TABLE base (k int PRIMARY KEY, v text);
CREATE VIEW "a view" WITH (security_barrier) AS SELECT k, v FROM base WHERE k > 0;
CREATE VIEW above AS SELECT count(*) FROM "a view";
CREATE VIEW mixed AS SELECT base.* FROM base JOIN here USING (k);
CREATE TEMP VIEW passing AS SELECT * FROM base;
INSERT INTO base SELECT i, 'v' FROM generate_series(1, 10) i;
SELECT create_distributed_table('base', 'k');
END
is($node2->safe_psql('postgres', q{SELECT count(*), (SELECT * FROM above), to_regclass('mixed') FROM "a view"}), '10|10|', 'views are on every node');
$node1->safe_psql('postgres', 'CREATE FUNCTION rows() RETURNS SETOF base LANGUAGE sql AS $$ SELECT * FROM base $$');
my %dependent = (
	'view public.mixed' => q{DROP VIEW mixed},
	'materialized view public.stored' => q{DROP MATERIALIZED VIEW stored},
	'column b of table public.composite' => q{DROP TABLE composite},
	'policy p on table public.q' => q{DROP POLICY p ON q},
	'default value for column v of table public.q' => q{ALTER TABLE q ALTER v DROP DEFAULT});
$node1->safe_psql('postgres', <<'END');
CREATE MATERIALIZED VIEW stored AS SELECT * FROM "a view";
CREATE TABLE composite (b base);
CREATE POLICY p ON q USING (EXISTS (SELECT FROM base WHERE base.k = q.k));
CREATE FUNCTION many() RETURNS int BEGIN ATOMIC SELECT count(*) FROM base; END;
ALTER TABLE q ALTER v SET DEFAULT many();
END
foreach my $name (sort keys %dependent)
{
	($status, $stdout, $stderr) = $node2->psql('postgres', q{SELECT undistribute_table('base')});
	like($stderr, qr/cannot undistribute table "base": \Q$name\E depends on it.*HINT:.*on node 1/s, "$name is not dropped");
	$node1->safe_psql('postgres', $dependent{$name});
}
$node2->safe_psql('postgres', q{SELECT undistribute_table('base')});
is($node2->safe_psql('postgres', 'SELECT count(*), (SELECT * FROM above) FROM rows()'), '10|10', 'views and functions stay where the rows are');
is($node1->safe_psql('postgres', q{SELECT to_regclass('base'), to_regclass('above'), to_regproc('rows')}), '||', 'and leave other nodes');

done_testing();
