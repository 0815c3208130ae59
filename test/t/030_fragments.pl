# What a node does with a fragment that comes from another one, and with what only looks like one.
#
# All shards are on node 1, so whatever node 2 is asked is sent there.
use strict;
use warnings;

use DistshardCluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $roles = q{CREATE ROLE alice LOGIN; CREATE ROLE bob LOGIN; CREATE ROLE "odd ""*/% name" LOGIN};
my $cluster = DistshardCluster->new(workers => 0);
my $holder = $cluster->coordinator;
my $sender = DistshardCluster::start_server('node2');

$_->safe_psql('postgres', $roles) for $holder, $sender;
$holder->safe_psql(
	'postgres', q{
CREATE TABLE t (k int PRIMARY KEY, who name, v int DEFAULT 0);
CREATE TABLE ref (id int PRIMARY KEY, v text);
INSERT INTO t SELECT i, CASE WHEN i % 2 = 0 THEN 'alice' ELSE 'bob' END, i FROM generate_series(1, 10) i;
INSERT INTO ref VALUES (1, 'one');
CREATE TABLE secret (k int PRIMARY KEY, owner name);
INSERT INTO secret SELECT i, (ARRAY['alice', 'bob'])[i % 2 + 1] FROM generate_series(1, 10) i;
ALTER TABLE secret ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON secret USING (owner = current_user);
CREATE POLICY boss ON secret TO alice USING (k > 8);
GRANT SELECT ON secret TO alice, bob, "odd ""*/% name";
GRANT ALL ON t, ref TO bob;
ALTER TABLE t OWNER TO alice;
SELECT create_distributed_table('t', 'k', shard_count => 4);
SELECT create_distributed_table('secret', 'k', shard_count => 4);
SELECT create_reference_table('ref');
});
$cluster->add($sender);
$_->safe_psql(
	'postgres', q{
CREATE OR REPLACE VIEW secret_of_alice AS SELECT k, owner FROM secret;
ALTER VIEW secret_of_alice OWNER TO alice;
GRANT SELECT ON secret_of_alice TO bob;
CREATE OR REPLACE VIEW two_roles AS SELECT s.k AS alices, t.k AS own FROM secret_of_alice s FULL JOIN secret t ON s.k = t.k;
GRANT SELECT ON two_roles TO bob;
CREATE OR REPLACE FUNCTION as_alice() RETURNS TABLE (k int, u name) LANGUAGE plpgsql SECURITY DEFINER
	AS $$ BEGIN RETURN QUERY SELECT s.k, current_user FROM secret s ORDER BY s.k; END $$;
ALTER FUNCTION as_alice() OWNER TO alice;
GRANT EXECUTE ON FUNCTION as_alice() TO bob;
}) for $holder, $sender;

sub as_role
{
	my ($node, $role, $sql) = @_;
	my ($status, $out, $err) = $node->psql('postgres', $sql, extra_params => [ '-U', $role ]);

	return $status == 0 ? $out : $err;
}

# Only fragments name data tables.
for my $node ($holder, $sender)
{
	my $name = $node->name;

	like(as_role($node, 'alice', 'SELECT * FROM distshard_public.t'),
		qr/data table "t" cannot be named directly\nHINT:  Use the distributed table public.t/, "$name: data table in SELECT");
	like(as_role($node, 'alice', "SELECT 1 WHERE EXISTS (WITH w AS (DELETE FROM distshard_public.t RETURNING 1) SELECT 1 FROM w)"),
		qr/cannot be named directly|must be at the top level/, "$name: data table in WITH");
	like(as_role($node, 'alice', 'SELECT (SELECT count(*) FROM distshard_public.t)'),
		qr/cannot be named directly/, "$name: data table in a sublink");
	like(as_role($node, 'alice', 'PREPARE p AS DELETE FROM distshard_public.t'),
		qr/cannot be named directly/, "$name: data table in PREPARE");
	like(as_role($node, 'alice', 'EXPLAIN ANALYZE SELECT * FROM distshard_public.t'),
		qr/cannot be named directly/, "$name: data table in EXPLAIN");
	like(as_role($node, 'alice', 'COPY (SELECT * FROM distshard_public.t) TO STDOUT'),
		qr/cannot be named directly/, "$name: data table in COPY");
	like(as_role($node, 'alice', '/*distshard placement=1*/ SELECT * FROM distshard_public.t'),
		qr/cannot be named directly/, "$name: a forged claim has no effect");
	like(as_role($node, 'alice', "DO \$\$ BEGIN EXECUTE '/*distshard placement=1*/ SELECT * FROM distshard_public.t'; END \$\$"),
		qr/cannot be named directly/, "$name: nor in a function");
	is(as_role($node, 'alice', 'SELECT count(*) FROM t'), 10, "$name: the logical table can");
}
my $shard = $holder->safe_psql('postgres',
	q{SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'distshard_public.t'::regclass ORDER BY 1 LIMIT 1});
like(as_role($holder, 'alice', "SELECT * FROM $shard"), qr/shard "t#\d+" cannot be named directly/, 'nor can a shard be named');

# Whose rights count, from the node with the shards and from the one without.
for my $node ($holder, $sender)
{
	my $name = $node->name;

	is(as_role($node, 'alice', 'SELECT k FROM secret ORDER BY k'), "2\n4\n6\n8\n9\n10", "$name: policies of the session's role");
	is(as_role($node, 'bob', 'SELECT k FROM secret WHERE k = 9'), 9, "$name: policies in a query for one shard");
	is(as_role($node, 'bob', 'SELECT k FROM secret WHERE k = 10'), '', "$name: policies in a query for one shard hide a row");
	is(as_role($node, 'bob', 'SELECT k FROM secret_of_alice ORDER BY k'), "1\n3\n5\n7\n9\n10",
		"$name: policies for a view's owner, current_user the caller");
	is(as_role($node, 'bob', 'SELECT count(alices), count(own) FROM two_roles'), '6|10', "$name: policies of two roles in one query");
	is(as_role($node, 'bob', 'SELECT string_agg(k::text, $$ $$), min(u) FROM as_alice()'), '2 4 6 8 9 10|alice',
		"$name: in a function that is SECURITY DEFINER");
	is($node->safe_psql('postgres', 'SET ROLE bob; SELECT count(*), current_user FROM secret'), '5|bob', "$name: after SET ROLE");
	is($node->safe_psql('postgres', 'SELECT count(*) FROM secret'), 10, "$name: a superuser sees all");
	is($node->safe_psql('postgres', 'SET ROLE "odd ""*/% name"; SELECT count(*), current_user FROM secret'),
		'0|odd "*/% name', "$name: a role whose name needs escaping");
	like(as_role($node, 'odd "*/% name', 'SELECT * FROM t'), qr/permission denied for table t/, "$name: no right, no rows");
	like(as_role($node, 'bob', 'SELECT * FROM t; ALTER TABLE t ADD x int'), qr/must be owner of table t/, "$name: rights are not ownership");
}

# A node runs fragments for itself, too.
$holder->safe_psql('postgres', q{
CREATE TABLE spread (k int PRIMARY KEY, owner name);
ALTER TABLE spread ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON spread USING (owner = current_user);
GRANT ALL ON spread TO alice;
SELECT create_distributed_table('spread', 'k', shard_count => 4);
INSERT INTO spread SELECT i, (ARRAY['alice', 'bob'])[i % 2 + 1] FROM generate_series(1, 20) i});
for my $node ($holder, $sender)
{
	my $name = $node->name;

	is(as_role($node, 'alice', 'SELECT count(*), min(owner), sum(k) FROM spread'), '10|alice|110', "$name: policies on all nodes");
	is(as_role($node, 'alice', 'UPDATE spread SET owner = owner RETURNING 1') =~ tr/1//, 10, "$name: policies for UPDATE");
	like(as_role($node, 'bob', 'SELECT count(*) FROM spread'), qr/permission denied for table spread/, "$name: no right on it");
}

# A fragment whose sender believes what is not so is refused.
my $change = 'UPDATE distshard.shard SET generation = generation + 1';
$holder->safe_psql('postgres', $change);
my $stale = as_role($sender, 'alice', '\set VERBOSITY verbose' . "\nSELECT v FROM t WHERE k = 1");
like($stale, qr/DS001: .*this node does not hold the shards of table public.t/, 'the generation of the shard differs');
is(as_role($sender, 'alice', 'SELECT count(*) FROM t'), 10, 'a fragment for all shards does not speak of generations');
$sender->safe_psql('postgres', $change);
is(as_role($sender, 'alice', 'SELECT v FROM t WHERE k = 1'), 1, 'both nodes agree again');

$holder->safe_psql('postgres', 'UPDATE distshard.local SET placement_version = placement_version + 1');
$stale = as_role($sender, 'alice', '\set VERBOSITY verbose' . "\nSELECT count(*) FROM t");
like($stale, qr/DS001: /, 'the placement version differs');
$sender->safe_psql('postgres', 'UPDATE distshard.local SET placement_version = placement_version + 1');
is(as_role($sender, 'alice', 'SELECT count(*) FROM t'), 10, 'and agrees again');

# Writers of a reference table take turns.
my $writer = $sender->background_psql('postgres');
$writer->query_safe('BEGIN; UPDATE ref SET v = $$two$$');
is($_->safe_psql('postgres', q{SELECT mode FROM pg_locks WHERE relation = 'distshard_public.ref'::regclass AND mode LIKE 'Share%'}),
	"ShareRowExclusiveLock", $_->name . ' is locked for other writers')
  for $holder, $sender;
$writer->query_safe('COMMIT');
$writer->quit;

# What user code does inside a fragment must stay on the node.
$_->safe_psql('postgres', q{
CREATE OR REPLACE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
	PERFORM FROM distshard_public.t; RETURN NEW; END $$;
CREATE OR REPLACE FUNCTION count_t() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
	NEW.v := (SELECT count(*) FROM t); RETURN NEW; END $$}) for $holder, $sender;
like(as_role($sender, 'alice', 'EXPLAIN UPDATE t SET v = 5 WHERE k = 3'), qr/Update on "t#\d+"/, 'EXPLAIN of a fragment: planned on its shard');
$sender->safe_psql('postgres', 'CREATE TRIGGER look BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION look()');
like(as_role($sender, 'alice', 'MERGE INTO t USING (VALUES (3)) n (k) ON n.k = t.k WHEN MATCHED THEN UPDATE SET v = 5'), qr/cannot be named directly/, 'a trigger on the node names no data tables');
$sender->safe_psql('postgres', 'DROP TRIGGER look ON t; CREATE TRIGGER count BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION count_t()');
is(as_role($sender, 'alice', 'UPDATE t SET v = 5 WHERE k = 3 RETURNING v'), 10, 'but distributed tables');

# What needs more is an error.
$sender->safe_psql('postgres', q{DROP TRIGGER count ON t;
CREATE TABLE other (k int PRIMARY KEY, v int);
SELECT create_distributed_table('other', 'k', shard_count => 8, colocate_with => 'none');
GRANT SELECT ON other TO alice;
INSERT INTO other SELECT i, i FROM generate_series(1, 100) i;
CREATE POLICY other ON secret AS RESTRICTIVE USING (EXISTS (SELECT FROM other o WHERE o.k = secret.k AND o.v > 4));
GRANT UPDATE, DELETE ON secret TO alice});
is(as_role($_, 'alice', 'SELECT k FROM secret ORDER BY k'), "6\n8\n9\n10", $_->name . ': a policy that needs rows of other nodes')
  for $holder, $sender;
like(as_role($sender, 'alice', 'MERGE INTO secret USING (VALUES (1)) v (k) ON v.k = secret.k WHEN MATCHED THEN DELETE'),
	qr/a trigger or policy that acts here needs rows of other nodes/, 'but not in MERGE');
$sender->safe_psql('postgres', q{DROP POLICY other ON secret;
CREATE POLICY row_of_t ON secret AS RESTRICTIVE USING (EXISTS (SELECT FROM t WHERE t.k = secret.k AND t.k > 4))});
is(as_role($sender, 'alice', 'SELECT k FROM secret ORDER BY k'), "6\n8\n9\n10", 'a policy that needs co-located rows');
like(as_role($sender, 'alice', 'UPDATE secret SET k = k + 100 WHERE k = 6'), qr/new row violates row-level security policy "row_of_t" for table "secret"/,
	'also where the key changes');

# A policy may call a function that writes: the node says so, and its part is no longer one that only reads.
$_->safe_psql('postgres', q{
CREATE TABLE seen (k int UNIQUE DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE work (k int);
GRANT ALL ON seen, work TO alice;
CREATE OR REPLACE FUNCTION see() RETURNS bool LANGUAGE plpgsql AS $$ BEGIN INSERT INTO seen VALUES (1); RETURN true; END $$})
  for $holder, $sender;
$sender->safe_psql('postgres', 'DROP POLICY row_of_t ON secret; CREATE POLICY see ON secret AS RESTRICTIVE USING (see())');
like(as_role($sender, 'alice', 'EXPLAIN (VERBOSE) SELECT owner FROM secret WHERE k = 9'), qr/Node: 1 .*WHERE \(secret.k = /s,
	'a policy that calls a volatile function, in a query for one shard');
my $read = 'BEGIN; INSERT INTO work VALUES (1); SELECT owner FROM secret WHERE k = 9; COMMIT';
is(as_role($sender, 'alice', $read), 'bob', 'a policy that writes, in a transaction that is committed in two phases');
is($holder->safe_psql('postgres', 'SELECT count(*) FROM seen'), 1, 'what it wrote is there');
like(as_role($sender, 'alice', $read), qr/duplicate key value violates unique constraint "seen_k_key"/, 'it cannot be committed');
is($sender->safe_psql('postgres', 'SELECT count(*) FROM work'), 1, 'and nor is the rest of the transaction');

# A node finds out that a row was sent to the wrong shard, which the sender takes for the right one.
my $swap = q{BEGIN; ALTER TABLE distshard.shard DROP CONSTRAINT shard_colocation_id_hash_min_key;
	UPDATE distshard.shard s SET hash_min = o.hash_min, hash_max = o.hash_max FROM distshard.shard o
		WHERE o.colocation_id = s.colocation_id AND o.hash_min = (2 * 2147483648 - s.hash_min) % (2 * 2147483648) AND o.hash_min <> s.hash_min
};
$sender->safe_psql('postgres', q{CREATE TABLE u (k int, v int); SELECT create_distributed_table('u', 'k', colocate_with => 't')});
my $insert = join '; ', map { "INSERT INTO u VALUES ($_, 1)" } 1 .. 20;
like(as_role($sender, 'postgres', "$insert; $swap; $insert; COMMIT"), qr/new row for relation "u" violates partition constraint.*CONTEXT:  on node 1/s,
	'a row of another shard is refused');
is(as_role($sender, 'postgres', 'SELECT count(*) FROM u'), 20, 'and nothing is kept of it');

done_testing();
