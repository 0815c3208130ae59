# Plans that a session keeps under the statement without its constants: how many there are, and that what other sessions
# change is not missed.
use strict;
use warnings;

use DistshardCluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $cluster = DistshardCluster->new(workers => 2, conf => "distshard.recovery_interval = 1h\n");
my $node = $cluster->coordinator;

$node->safe_psql('postgres', q{
	SELECT distshard.set_node(1, holds_shards => false);
	CREATE TYPE mood AS ENUM ('good', 'bad');
	CREATE FUNCTION twice(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 * 2';
	CREATE TABLE t (k int PRIMARY KEY, v int, m mood);
	SELECT create_distributed_table('t', 'k', shard_count => 6);
	INSERT INTO t SELECT i, i * 10, 'good' FROM generate_series(1, 100) i;
	CREATE TABLE r (k int PRIMARY KEY);
	SELECT create_reference_table('r');
	CREATE FUNCTION upper_v() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.v := 1000; RETURN NEW; END'});

my $kept = q{SELECT count(*) FROM pg_backend_memory_contexts WHERE name = 'CachedPlanSource';};
my $other = sprintf q{psql -XAtq -d "%s"}, $node->connstr('postgres');

# The lines that one session prints, in the simple protocol.
sub session
{
	return [ split /\n/, $node->safe_psql('postgres', join('', map { "$_\n" } @_)) ];
}

sub selects
{
	return map {; "SELECT v FROM t WHERE k = $_;" } @_;
}

# From the second time on, one plan for all constants
is_deeply(session($kept, selects(1 .. 2), $kept, selects(3 .. 6), $kept),
	[ 0, 10, 20, 1, 30, 40, 50, 60, 1 ], 'one plan is kept');
is_deeply(session((map {; "SELECT v FROM t WHERE k = $_;", "SELECT v AS w FROM t WHERE k = $_;", "SELECT v FROM t WHERE v = ${_}0;" } 1 .. 4), $kept),
	[ (map { ($_ * 10) x 3 } 1 .. 4), 3 ], 'one for each statement');
is(session((map {; "SELECT v FROM t WHERE k = $_;" x 2 } 1 .. 2), 'DISCARD PLANS;', selects(1 .. 2), $kept)->[-1],
	1, 'and again after DISCARD PLANS');
my @texts = map {; "SELECT v AS v$_ FROM t WHERE k = 1;\nSELECT v AS v$_ FROM t WHERE k = 2;" } 1 .. 330;
is(session(@texts, $kept)->[-1], 300, 'no more than 300');
$node->safe_psql('postgres', q{CREATE FUNCTION forget() RETURNS int LANGUAGE plpgsql AS $$
	BEGIN
		FOR i IN 1 .. 660 LOOP EXECUTE format('SELECT v AS v%s FROM t WHERE k = %s', i / 2, i); END LOOP;
		RETURN 7;
	END $$});
is_deeply(session((map {; "INSERT INTO t VALUES ($_, forget(), 'bad') RETURNING *;" } 301 .. 304), $kept), [ (map {; "$_|7|bad" } 301 .. 304), 300 + 4 ],
	'a plan is forgotten while it is executed (the function has four of its own)');
is_deeply(session((map {; "INSERT INTO t VALUES ($_, NULL, 'good');", "UPDATE t SET v = $_ WHERE k = $_;", "DELETE FROM t WHERE k = $_;" } 201 .. 204), $kept),
	[3], 'for what changes rows, too');
is_deeply(session((map {; "SELECT count(*) FROM r WHERE k = $_;" } 1 .. 3), $kept), [ 0, 0, 0, 0 ], 'none for reference tables');

# Another session changes what the plan was made for: the next answer knows.
sub changed
{
	my ($name, $statement, $change, $expected, $undo) = @_;
	my @before = map { $statement =~ s/KEY/$_/gr } 1 .. 3;
	my @after = map { $statement =~ s/KEY/$_/gr } 4 .. 5;

	is_deeply([ session(@before, "\\! $other -c \"$change\" >/dev/null", @after, $kept)->@[ 3 .. 6 ] ], $expected, $name);
	$node->safe_psql('postgres', $undo);
}

# the values of keys 4 and 5; the number of plans kept; nothing
changed('a column is added', 'SELECT * FROM t WHERE k = KEY;', 'ALTER TABLE t ADD w int DEFAULT 7', [ '4|40|good|7', '5|50|good|7', 2, undef ], 'ALTER TABLE t DROP w');
changed('a type gets another name', "SELECT m = 'good', k FROM t WHERE k = KEY AND m = 'good'::mood;",
	'ALTER TYPE mood RENAME TO temper; ALTER TYPE temper RENAME TO mood', [ 't|4', 't|5', 1, undef ], 'SELECT 1');
changed('a function is another', 'SELECT twice(v) FROM t WHERE k = KEY AND twice(v) > 0;',
	'CREATE OR REPLACE FUNCTION twice(int) RETURNS int LANGUAGE sql IMMUTABLE AS \'SELECT \$1 * 3\'', [ 120, 150, 1, undef ], 'SELECT 1');
changed('a trigger comes', 'UPDATE t SET v = KEY WHERE k = KEY RETURNING v;',
	'CREATE TRIGGER upper_v BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION upper_v()', [ 1000, 1000, 1, undef ], 'DROP TRIGGER upper_v ON t');
changed('the table is none that is distributed', 'SELECT v FROM t WHERE k = KEY;', q{SELECT undistribute_table('t')}, [ 1000, 1000, 1, undef ],
	q{SELECT create_distributed_table('t', 'k', shard_count => 6)});

# A node is added and holds shards: the statement finds its way.
$node->safe_psql('postgres', 'UPDATE t SET v = k');
is_deeply(session(selects(1 .. 3), q{SELECT distshard.set_node(1, holds_shards => true);},
		q{CREATE TABLE s (k int, v int); SELECT create_distributed_table('s', 'k', shard_count => 12, colocate_with => 'none'); INSERT INTO s SELECT i, i FROM generate_series(1, 20) i;},
		selects(4 .. 6), map {; "SELECT v FROM s WHERE k = $_;" } 1 .. 20),
	[ 1 .. 3, '', '', 4 .. 6, 1 .. 20 ], 'shards here and on other nodes');

# Rights are those of the moment.
my ($status, $out, $err) = $node->psql('postgres', q{CREATE ROLE ann; GRANT SELECT ON t TO ann; SET ROLE ann; SELECT v FROM t WHERE k = 1;
	SELECT v FROM t WHERE k = 2; RESET ROLE; REVOKE SELECT ON t FROM ann; SELECT v FROM t WHERE k = 3; SET ROLE ann; SELECT v FROM t WHERE k = 4});
is($out, "1\n2\n3", 'rights are there');
like($err, qr/permission denied for table t/, 'and gone');

done_testing();
