# CREATE INDEX CONCURRENTLY that fails on a node leaves nothing behind, or says where.
use strict;
use warnings;

use DistshardCluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $cluster = DistshardCluster->new(workers => 2);
my ($node1, $node2, $node3) = map { $cluster->node($_) } 1 .. 3;
my $left = q{SELECT count(*) FROM pg_class c JOIN pg_index ON indexrelid = c.oid WHERE relname LIKE 'new%'};

sub error_of
{
	my ($node, $sql) = @_;
	my $stderr;
	$node->psql('postgres', $sql, stderr => \$stderr, on_error_stop => 0);
	return $stderr;
}

sub nothing_left
{
	my ($why, @nodes) = @_;
	is($_->safe_psql('postgres', $left), 0, "$why: nothing left on " . $_->name) for @nodes;
}

$node1->safe_psql('postgres', <<'END');
CREATE ROLE app LOGIN;
CREATE TABLE t (k int, v int);
INSERT INTO t SELECT i, i FROM generate_series(1, 1000) i;
ALTER TABLE t OWNER TO app;
GRANT CREATE ON SCHEMA public TO app;
SELECT create_distributed_table('t', 'k', 6);
INSERT INTO t VALUES (77, 77);
END
for my $node ($node1, $node2)
{
	like(error_of($node, "SET ROLE app; CREATE UNIQUE INDEX CONCURRENTLY new_unique ON t (k, v)"), qr/could not create unique index "new_unique"\n(?!HINT)/,
		'rows are not unique');
	nothing_left('not unique', $node1, $node2, $node3);
	like(error_of($node, 'CREATE INDEX CONCURRENTLY new_division ON t ((100 / (v - 77)))'), qr/division by zero/, 'an expression fails');
	nothing_left('expression', $node1, $node2, $node3);
}

# Cancelled while one node waits
my $holder = $node3->background_psql('postgres');
$node3->safe_psql('postgres', 'CREATE TABLE other (i int)');
$holder->query_safe('BEGIN ISOLATION LEVEL REPEATABLE READ');
$holder->query_safe('SELECT * FROM other');
like(error_of($node1, q{SET statement_timeout = '1s'; CREATE INDEX CONCURRENTLY new_slow ON t (v)}), qr/statement timeout/, 'cancelled');
$holder->query_safe('ROLLBACK');
$holder->quit;
nothing_left('cancelled', $node1, $node2, $node3);

# Nobody waits long for the locks of tidying up
$holder = $node3->background_psql('postgres');
$holder->query_safe('BEGIN');
$holder->query_safe('LOCK TABLE t IN ROW EXCLUSIVE MODE');
like(error_of($node1, q{SET statement_timeout = '1s'; CREATE INDEX CONCURRENTLY new_busy ON t (v)}),
	qr/statement timeout\nHINT:  Node 3 may have a part of the index: drop it with DROP INDEX IF EXISTS new_busy/, 'the table is in use');
$holder->query_safe('ROLLBACK');
$holder->quit;
$node1->safe_psql('postgres', 'DROP INDEX IF EXISTS new_busy');
nothing_left('no longer in use', $node1, $node2, $node3);

# Nor for those of readers, who have locked shards
$holder = $node1->background_psql('postgres');
$holder->query_safe('BEGIN');
$holder->query_safe('SELECT count(*) FROM t');
like(error_of($node2, q{SET statement_timeout = '1s'; CREATE INDEX CONCURRENTLY new_read ON t (v)}),
	qr/statement timeout\nHINT:  Node \d may have a part of the index: drop it with DROP INDEX IF EXISTS new_read/, 'the table is being read');
$holder->query_safe('ROLLBACK');
$holder->quit;
$node1->safe_psql('postgres', 'DROP INDEX IF EXISTS new_read');
nothing_left('no longer read', $node1, $node2, $node3);

# A node goes down in the middle, and is back
$holder = $node3->background_psql('postgres');
$holder->query_safe('BEGIN');
$holder->query_safe('LOCK TABLE t IN ROW EXCLUSIVE MODE');
my ($out, $err) = ('', '');
my $builder = IPC::Run::start([ 'psql', '-XAtq', '-d', $node1->connstr('postgres'), '-c', 'CREATE INDEX CONCURRENTLY new_down ON t (v)' ], '>', \$out, '2>', \$err);
$node3->poll_query_until('postgres', $left, '1') or die;
$node3->stop('immediate');
$builder->finish;
like($err, qr/HINT:  Node 3 may have a part of the index: drop it with DROP INDEX IF EXISTS new_down/, 'the user is told where something is left');
nothing_left('node down', $node1, $node2);
eval { $holder->quit };
$node3->start;
isnt($node3->safe_psql('postgres', $left), 0, 'there it is');
like(error_of($node2, 'DROP INDEX IF EXISTS new_down'), qr/"new_down" does not exist, skipping/, 'dropped from a node that has nothing');
nothing_left('dropped', $node1, $node2, $node3);
$node2->safe_psql('postgres', 'CREATE INDEX CONCURRENTLY new_down ON t (v)');
is($_->safe_psql('postgres', q{SELECT count(*) > 1, bool_and(indisvalid) FROM pg_class c JOIN pg_index ON indexrelid = c.oid WHERE relname LIKE 'new%'}), 't|t',
	'built at last, on ' . $_->name)
  for $node1, $node2, $node3;
# The session is killed while the others build
$node1->safe_psql('postgres', 'CREATE TABLE u (k int, v int)');
$node1->safe_psql('postgres', q{SELECT create_distributed_table('u', 'k', 6)});
$holder = $node3->background_psql('postgres');
$holder->query_safe('BEGIN');
$holder->query_safe('DECLARE c CURSOR FOR SELECT * FROM other');
$builder = IPC::Run::start([ 'psql', '-XAtq', '-d', $node1->connstr('postgres'), '-c', 'CREATE UNIQUE INDEX CONCURRENTLY killed ON u (k, v)' ], '>', \$out, '2>', \$err);
my $built = q{SELECT count(*) > 2 AND bool_and(indisready) FROM pg_class c JOIN pg_index ON indexrelid = c.oid WHERE relname LIKE 'killed%'};
$_->poll_query_until('postgres', $built) or die for $node1, $node2;
$node1->safe_psql('postgres', q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'CREATE UNIQUE INDEX CONCURRENTLY%' AND application_name NOT LIKE 'distshard:%'});
$builder->finish;
$holder->query_safe('ROLLBACK');
$holder->quit;
is($_->safe_psql('postgres', q{SELECT bool_or(indisvalid) FROM pg_index WHERE indexrelid = to_regclass('killed')}) || 'f', 'f', 'not valid on ' . $_->name)
  for $node1, $node2, $node3;
like(error_of($_, 'REINDEX INDEX killed'), qr/index "killed" is not valid.*HINT:  Drop it/s, 'not rebuilt by itself on ' . $_->name) for $node1, $node3;
like(error_of($node1, 'REINDEX TABLE u'), qr/index "killed" is not valid/, 'nor with the table');
like(error_of($node2, 'ALTER TABLE u ALTER v TYPE bigint'), qr/index "killed" is not valid/, 'nor with a column');
like(error_of($node2, 'ALTER INDEX killed SET (fillfactor = 50)'), qr/index "killed" is not valid/, 'nor changed');
like(error_of($node2, 'ALTER INDEX killed RENAME TO other_name'), qr/index "killed" is not valid/, 'nor renamed');
$node2->safe_psql('postgres', 'TRUNCATE u');
is($_->safe_psql('postgres', q{SELECT bool_or(indisvalid) FROM pg_index WHERE indexrelid = to_regclass('killed')}) || 'f', 'f', 'nor valid when the table is empty, on ' . $_->name)
  for $node1, $node2, $node3;
$node2->safe_psql('postgres', 'DROP INDEX IF EXISTS killed');
$node2->safe_psql('postgres', 'CREATE UNIQUE INDEX CONCURRENTLY killed ON u (k, v)');
is($_->safe_psql('postgres', q{SELECT count(*) > 1, bool_and(indisvalid) FROM pg_class c JOIN pg_index ON indexrelid = c.oid WHERE relname LIKE 'killed%'}), 't|t',
	'built again, on ' . $_->name)
  for $node1, $node2, $node3;

like(error_of($node3, 'CREATE INDEX CONCURRENTLY new_down ON t (k)'), qr/relation "new_down" already exists/, 'it is not taken for a failure');
is($node1->safe_psql('postgres', q{SELECT pg_get_indexdef('new_down'::regclass)}), 'CREATE INDEX new_down ON public.t USING btree (v)', 'and stays');

done_testing();
