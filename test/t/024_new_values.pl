# New columns, new types and sequences: what is one value on a plain table is one on all nodes, and what is different for
# each row stays so.
use strict;
use warnings;

use DistshardCluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $cluster = DistshardCluster->new(workers => 2);
my ($node1, $node2, $node3) = map { $cluster->node($_) } 1 .. 3;

# Every node has a copy of its own of what nodes are asked about
sub is_on
{
	my ($node, $sql, $expected, $name) = @_;
	is($node->safe_psql('postgres', $sql), $expected, $name . ', from ' . $node->name);
}

sub error_of
{
	my ($node, $sql) = @_;
	my $stderr;
	$node->psql('postgres', $sql, stderr => \$stderr, on_error_stop => 0);
	return $stderr;
}

$node1->safe_psql('postgres', <<'END');
CREATE TABLE t (k int PRIMARY KEY, v text);
CREATE TABLE r (k int PRIMARY KEY, v text);
INSERT INTO t SELECT i, i FROM generate_series(1, 60) i;
INSERT INTO r SELECT i, i FROM generate_series(1, 6) i;
SELECT create_distributed_table('t', 'k', 8), create_reference_table('r');
END

# Stable: the same value everywhere
for my $table ('t', 'r')
{
	is_on($node2, <<"END", "1|t|t|t\n1|t", "$table: the time of the transaction");
BEGIN;
ALTER TABLE $table ADD a timestamptz DEFAULT now(), ADD b text DEFAULT current_user, ADD c timestamptz DEFAULT statement_timestamp();
SELECT count(DISTINCT (a, b, c)), bool_and(a = now()), bool_and(b = current_user), bool_and(c < clock_timestamp()) FROM $table;
ALTER TABLE $table ALTER a TYPE timestamptz USING now() - interval '1 day', ADD CHECK (a <= now());
SELECT count(DISTINCT a), bool_and(a = now() - interval '1 day') FROM $table;
COMMIT;
END
}
$node1->safe_psql('postgres', q{CREATE FUNCTION mine() RETURNS int STABLE LANGUAGE sql AS 'SELECT pg_backend_pid()'});
for my $table ('t', 'r')
{
	is_on($node2, "BEGIN; ALTER TABLE $table ADD d int DEFAULT mine(), ADD dd text DEFAULT 'it''s ' || mine() NOT NULL; SELECT count(DISTINCT (d, dd)), count(d), bool_and(dd = 'it''s ' || d), min(d) = mine() FROM $table; COMMIT",
		$table eq 't' ? '1|60|t|t' : '1|6|t|t', "$table: a user's stable function is called once");
	is_on($_, "SELECT count(DISTINCT (d, dd)) FROM $table", 1, "$table: ... for all nodes") for $node1, $node2, $node3;
	like(error_of($node1, "ALTER TABLE $table ALTER v TYPE int USING mine()"), qr/cannot compute new values of column "v"/, "$table: ... in USING");
}

# Volatile: each row its own
$node1->safe_psql('postgres', 'ALTER TABLE t ADD e float DEFAULT random(), ADD f uuid DEFAULT gen_random_uuid(), ADD g timestamptz DEFAULT clock_timestamp()');
is_on($node3, 'SELECT count(DISTINCT e), count(DISTINCT f), count(DISTINCT g) > 1 FROM t', '60|60|t', 'volatile defaults');
$node1->safe_psql('postgres', 'ALTER TABLE t ALTER e TYPE float USING random() + 1');
is_on($node3, 'SELECT count(DISTINCT e), min(e) >= 1 FROM t', '60|t', 'volatile USING');
like(error_of($node1, "ALTER TABLE r $_"), qr/Each node would fill its copy of the reference table/, "refused for a reference table: $_")
  for 'ADD e float DEFAULT random()', 'ALTER v TYPE text USING random()::text', 'ADD s serial', 'ADD s int GENERATED ALWAYS AS IDENTITY';
$node1->safe_psql('postgres', q{CREATE TABLE empty (k int); SELECT create_reference_table('empty'); ALTER TABLE empty ADD s serial, ADD e float DEFAULT random()});
is_on($_, 'INSERT INTO empty DEFAULT VALUES RETURNING 1', 1, 'but not for an empty one') for $node1, $node2;
is_on($node3, 'SELECT count(DISTINCT s), count(DISTINCT e) FROM empty', '2|2', 'different values');

# Sequences: no value twice, from whichever node
$node2->safe_psql('postgres', 'ALTER TABLE t ADD s serial, ADD i bigint GENERATED ALWAYS AS IDENTITY; CREATE SEQUENCE sq; ALTER TABLE t ADD q bigint DEFAULT nextval($$sq$$)');
is_on($node3, 'SELECT count(DISTINCT s), count(DISTINCT i), count(DISTINCT q) FROM t', '60|60|60', 'new sequences fill with unique values');
my $key = 1000;
for my $node ($node1, $node2, $node3)
{
	$node->safe_psql('postgres', 'INSERT INTO t (k) VALUES (' . $key++ . ')') for 1 .. 5;
}
is_on($node3, 'SELECT count(DISTINCT s), count(DISTINCT i), count(DISTINCT q) FROM t', '75|75|75', 'and go on so');

# A table that is distributed from another node than the first, and again
$node2->safe_psql('postgres', <<'END');
CREATE TABLE again (k serial PRIMARY KEY, down int GENERATED ALWAYS AS IDENTITY (INCREMENT -1), v int);
INSERT INTO again (v) SELECT i FROM generate_series(1, 40) i;
END
my @turns = ($node2, $node1, $node3, $node2, $node1, $node2);
for my $turn (0 .. $#turns - 1)
{
	$turns[$turn]->safe_psql('postgres', q{SELECT create_distributed_table('again', 'k', 8)});
	for my $node ($node1, $node2, $node3)
	{
		$node->safe_psql('postgres', 'INSERT INTO again (v) VALUES (0)') for 1 .. 3;
	}
	$turns[ $turn + 1 ]->safe_psql('postgres', q{SELECT undistribute_table('again'); INSERT INTO again (v) VALUES (0)});
	is_on($turns[ $turn + 1 ], 'SELECT count(*) - 10 * (' . ($turn + 1) . '), count(*) - count(DISTINCT k), count(*) - count(DISTINCT down) FROM again',
		'40|0|0', 'unique values after being distributed by ' . $turns[$turn]->name);
}

done_testing();
