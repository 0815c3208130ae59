# DDL from several nodes at once, and in transactions with other things.
use strict;
use warnings;

use DistshardCluster;
use POSIX ();
use PostgreSQL::Test::Utils;
use Test::More;

my $cluster = DistshardCluster->new(workers => 2);
my ($node1, $node2, $node3) = map { $cluster->node($_) } 1 .. 3;
my @nodes = ($node1, $node2, $node3);

# A session that runs by itself from here on
my $dir = PostgreSQL::Test::Utils::tempdir();
my $nscripts = 0;
sub start
{
	my ($node, $sql) = @_;
	my ($out, $err) = ('', '');
	my $script = "$dir/script" . ++$nscripts;
	PostgreSQL::Test::Utils::append_to_file($script, $sql);
	return { err => \$err,
		run => IPC::Run::start([ 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('postgres'), '-f', $script ], '>', \$out, '2>', \$err) };
}

sub errors_of
{
	my ($session) = @_;
	$session->{run}->finish;
	return ${ $session->{err} };
}

sub columns_everywhere
{
	my ($expected, $name) = @_;
	my $sql = q{SELECT string_agg(attname, ' ' ORDER BY attname) FROM pg_attribute WHERE attrelid = '%s'::regclass AND attnum > 0 AND NOT attisdropped};
	for my $relation ('t', 'distshard_public.t')
	{
		is($_->safe_psql('postgres', sprintf($sql, $relation)), $expected, "$name: $relation on " . $_->name) for @nodes;
	}
}

$node1->safe_psql('postgres', q{CREATE TABLE t (k int, v int); INSERT INTO t SELECT i, 0 FROM generate_series(1, 100) i; SELECT create_distributed_table('t', 'k', 6);
	CREATE TABLE u (k int); SELECT create_distributed_table('u', 'k', 6)});

# Two sessions change the table's definition, a third one its rows.
my @sessions = (
	start($node1, join('', map { "ALTER TABLE t ADD a$_ int DEFAULT 1; ALTER TABLE t DROP v; ALTER TABLE t ADD v int DEFAULT 0;\n" } 1 .. 4)),
	start($node2, join('', map { "ALTER TABLE t ADD b$_ int DEFAULT 1; CREATE INDEX b${_}_idx ON t (b$_);\n" } 1 .. 4)),
	start($node3, "UPDATE t SET k = k;\n" x 20));
is(errors_of($_), '', 'no errors') for @sessions;
columns_everywhere('a1 a2 a3 a4 b1 b2 b3 b4 k v', 'all changes');
is($node2->safe_psql('postgres', 'SELECT count(*), sum(a1 + a2 + a3 + a4 + b1 + b2 + b3 + b4) FROM t'), '100|800', 'rows have all columns');
$node3->safe_psql('postgres', join('', map { "ALTER TABLE t DROP a$_, DROP b$_;" } 1 .. 4));

# Each has what the other wants: lock_timeout counts for all nodes, and is over before a deadlock is looked for. To open a
# pipe waits for the other side.
POSIX::mkfifo("$dir/$_", 0600) or die "cannot make $dir/$_: $!" for 't', 'u';
sub lock_out
{
	my ($node, $mine, $other, $timeout) = @_;
	return start($node, "SET lock_timeout = '$timeout'; BEGIN; ALTER TABLE $mine ADD c int;\n\\! : >$dir/$mine & : <$dir/$other; wait\n"
		. "ALTER TABLE $other ADD c int; COMMIT;\n");
}
@sessions = (lock_out($node2, 't', 'u', '200ms'), lock_out($node3, 'u', 't', '60s'));
like(errors_of($sessions[0]), qr/canceling statement due to lock timeout/, 'of two sessions that lock each other out, one gives up');
is(errors_of($sessions[1]), '', 'the other one goes on');
columns_everywhere('c k v', 'deadlock');

# In a transaction: after changes of rows, and taken back to a savepoint
for my $node (@nodes)
{
	$node->safe_psql('postgres', <<'END');
BEGIN;
INSERT INTO t SELECT i, 1 FROM generate_series(1000, 1099) i;
ALTER TABLE t ADD d int DEFAULT 7;
SAVEPOINT s;
UPDATE t SET d = 8;
ALTER TABLE t ADD e int, DROP v;
INSERT INTO t SELECT i, i FROM generate_series(2000, 2099) i;
TRUNCATE t;
ROLLBACK TO s;
DELETE FROM t WHERE v = 1 AND d = 7;
ALTER TABLE t DROP d;
COMMIT;
END
	columns_everywhere('c k v', 'savepoint on ' . $node->name);
	is($node->safe_psql('postgres', 'SELECT count(*) FROM t'), 100, 'rows are as they were');
}

# Nobody queues for long behind undistribute_table() that waits for a transaction.
my $holder = $node3->background_psql('postgres');
$holder->query_safe('BEGIN; INSERT INTO t VALUES (1, 1)');
my $undistribute = start($node1, q{SELECT undistribute_table('t')});
$node1->poll_query_until('postgres', q{SELECT count(*) > 0 FROM pg_stat_activity WHERE query LIKE '%undistribute_table(''t'')%' AND pid <> pg_backend_pid()}) or die;
is($node2->safe_psql('postgres', q{SET statement_timeout = '10s'; SELECT count(*) FROM t}), 100, 'another session reads meanwhile') for 1 .. 3;
$holder->query_safe('COMMIT');
$holder->quit;
is(errors_of($undistribute), '', 'then it has its turn');
is($node1->safe_psql('postgres', 'SELECT count(*) FROM t'), 101, 'with all rows');

# NOWAIT names the table as the user did, whichever node it is locked on.
sub stderr_of
{
	my ($node, $sql) = @_;
	my ($ret, $out, $err) = $node->psql('postgres', $sql);
	return $err;
}
$holder = $node3->background_psql('postgres');
$holder->query_safe('BEGIN; LOCK TABLE u IN SHARE MODE');
for my $node (@nodes)
{
	like(stderr_of($node, 'BEGIN; LOCK TABLE u NOWAIT'), qr/ERROR:  could not obtain lock on relation "u"$/m, 'NOWAIT: ' . $node->name);
	like(stderr_of($node, 'BEGIN; LOCK TABLE public.u NOWAIT'), qr/ERROR:  could not obtain lock on relation "public\.u"$/m,
		'NOWAIT with a schema: ' . $node->name);
}
$holder->query_safe('COMMIT');
$holder->quit;

# VERBOSE tells which node a line is about, if it is another one; what functions say goes without.
my $node2_name = 'node 2 \(localhost:' . $node2->port . '\)';
for my $command ([ 'VACUUM (VERBOSE, ANALYZE) u', qr/vacuuming "postgres\.distshard_public\.u#\d+"/ ],
	[ 'ANALYZE VERBOSE u', qr/analyzing "distshard_public\.u#\d+"/ ], [ 'REINDEX (VERBOSE) TABLE u', qr/index "u_k_idx#\d+" was reindexed/ ])
{
	$node1->safe_psql('postgres', 'CREATE INDEX IF NOT EXISTS u_k_idx ON u (k)');
	my ($sql, $line) = @$command;
	like(stderr_of($node1, $sql), qr/INFO:  $node2_name: $line/, "$sql: lines of another node");
	like(stderr_of($node1, $sql), qr/INFO:  $line/, "$sql: lines of this node");
}
$node1->safe_psql('postgres', q{CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE INFO 'told'; RETURN NEW; END $$;
	CREATE TRIGGER tell BEFORE UPDATE ON u FOR EACH ROW EXECUTE FUNCTION tell();
	INSERT INTO u SELECT generate_series(1, 100)});
my $told = stderr_of($node1, 'UPDATE u SET c = 1');
like($told, qr/INFO:  told/, 'what a trigger says on another node');
unlike($told, qr/node \d/, '... as it says it');

done_testing();
