# Functions of a table's owner run as the owner, on every node, whatever distshard does with the table; and they find
# what they name without a schema.
use strict;
use warnings;

use DistshardCluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $cluster = DistshardCluster->new(workers => 1);
my $node1 = $cluster->coordinator;

# watched() with constants is called when an expression is simplified, with columns when it is computed.
$node1->safe_psql('postgres', <<'END');
CREATE ROLE mallory LOGIN;
CREATE SCHEMA m AUTHORIZATION mallory;
SET ROLE mallory;
SET search_path = m;
CREATE FUNCTION helper(v int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT v';
CREATE FUNCTION watched(v int, place text) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$
BEGIN
	IF current_user <> 'mallory' AND coalesce(current_setting('m.armed', true), '') <> 'off' THEN
		RAISE EXCEPTION '% runs as %', place, current_user;
	END IF;
	RETURN helper(v);
END $$;
CREATE FUNCTION inlined(v int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT helper(v)';
CREATE DOMAIN positive AS int CHECK (VALUE >= watched(0, 'domain'));
CREATE DOMAIN later AS int;
ALTER DOMAIN later ADD CHECK (VALUE >= watched(0, 'checked later')) NOT VALID;
CREATE TABLE parent (id int PRIMARY KEY, a positive CHECK (id > watched(0, 'check of parent')));
CREATE INDEX ON parent ((id + watched(1, 'index of parent')), inlined(id));
CREATE TABLE t (k int NOT NULL, parent int, d positive DEFAULT watched(3, 'default'), v int, l later,
	g int GENERATED ALWAYS AS (k + watched(1, 'generated')) STORED, after_g positive DEFAULT 1, s serial,
	i int GENERATED ALWAYS AS IDENTITY,
	CHECK (k > watched(0, 'check')), CHECK (k > inlined(0)), CHECK (v > watched(v, 'value') - 1),
	EXCLUDE USING btree (k WITH =, (v + watched(0, 'exclusion')) WITH =));
CREATE INDEX ON t ((k + watched(1, 'index')), inlined(k + helper(0))) WHERE k > watched(0, 'predicate');
CREATE STATISTICS watched_statistics ON (k + watched(1, 'statistics')), v FROM t;
CREATE POLICY p ON t USING (k > watched(0, 'policy'));
ALTER TABLE t ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE VIEW shown AS SELECT k + watched(1, 'view') FROM t;
INSERT INTO parent SELECT i, i FROM generate_series(1, 20) i;
INSERT INTO t (k, parent, v) SELECT i, i, i FROM generate_series(1, 20) i;
END

sub as_role
{
	my ($role, $sql) = @_;
	my ($out, $err);
	my $status = $node1->psql('postgres', $sql, stdout => \$out, stderr => \$err, connstr => $node1->connstr('postgres') . " user=$role",
		extra_params => [ '-v', 'ON_ERROR_STOP=1' ]);
	return $status == 0 ? $out : $err;
}
my $count = 'SELECT count(*), sum(g), sum(d) FROM m.t';

for my $role ('mallory', $node1->safe_psql('postgres', 'SELECT current_user'))
{
	is(as_role($role, <<'END'), "\n", "distributed by $role");
SET search_path = m;
SET client_min_messages = error;
BEGIN;
SELECT create_reference_table('parent');
SELECT create_distributed_table('t', 'k', 8);
COMMIT;
END
	is(as_role('mallory', "SET search_path = m; $count"), '20|230|60', 'rows are there');
	is(as_role('mallory', <<'END'), '', 'DDL with proofs from check constraints');
SET search_path = m;
ALTER TABLE t ADD PRIMARY KEY (k, parent);
ALTER TABLE t ADD CONSTRAINT to_parent FOREIGN KEY (parent) REFERENCES parent NOT VALID;
ALTER TABLE t VALIDATE CONSTRAINT to_parent;
ALTER TABLE t DROP CONSTRAINT to_parent;
ALTER TABLE t ADD FOREIGN KEY (parent) REFERENCES parent;
ALTER TABLE t ADD CONSTRAINT more CHECK (v > watched(0, 'new check'));
ALTER TABLE t ALTER v TYPE int USING v + watched(0, 'using');
CREATE INDEX new_index ON t ((v + watched(0, 'new index')));
REINDEX TABLE t;
CLUSTER t USING new_index;
END
	is(as_role('mallory', <<'END'), '', 'and back');
SET search_path = m;
ALTER TABLE t DROP CONSTRAINT t_parent_fkey, DROP CONSTRAINT t_pkey, DROP CONSTRAINT more;
ALTER TABLE t ALTER parent DROP NOT NULL;
DROP INDEX new_index;
END
	is(as_role($role, "SET search_path = m; SELECT undistribute_table('parent'); SELECT undistribute_table('t')"), "\n", "undistributed by $role");
	is(as_role('mallory', "SET search_path = m; $count"), '20|230|60', 'rows are there again');
}

# Foreign keys that come along
is(as_role('mallory', <<'END'), "\n", 'foreign keys');
SET search_path = m;
BEGIN;
ALTER TABLE t ADD FOREIGN KEY (parent) REFERENCES parent;
SELECT create_reference_table('parent');
SELECT create_distributed_table('t', 'k', 8);
COMMIT;
END

# A new node gets everything. The rows are looked at as the owner, who plans the query himself.
my $new = DistshardCluster::start_server('new');
$new->safe_psql('postgres', <<'END');
CREATE ROLE mallory LOGIN;
CREATE SCHEMA m AUTHORIZATION mallory;
SET ROLE mallory;
CREATE FUNCTION m.helper(v int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT v';
END
is($node1->safe_psql('postgres', "SET search_path = m, public; SELECT distshard.add_node('localhost', " . $new->port . ')'), 3, 'a node is added');
is(as_role('mallory', "SET search_path = m; $count"), '20|230|60', 'rows are there');
is($new->safe_psql('postgres', "SET ROLE mallory; SET search_path = m; SELECT count(*), sum(a) FROM parent"), '20|210', 'also on the new node');
is($new->safe_psql('postgres', "SELECT count(*) FROM pg_constraint WHERE NOT convalidated AND contypid = 'm.later'::regtype"), 1,
	'a constraint of a domain stays unvalidated');
is($new->safe_psql('postgres', q{SELECT string_agg(attname, ' ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'm.t'::regclass AND attnum > 0}),
	'k parent d v l g after_g s i', 'columns are in their places');

# What is read as a literal is checked on input, by whoever reads it: refused.
like(as_role('mallory', <<'END'), qr/function watched\(integer,text\) of role "mallory" would run with the rights of a superuser/, 'a literal');
SET search_path = m;
CREATE TABLE literal (k int, a positive[] DEFAULT '{1}'::positive[]);
SELECT create_distributed_table('literal', 'k');
END

done_testing();
