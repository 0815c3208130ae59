-- What cannot be distributed, and the error that says why and what to do.
\set SHOW_CONTEXT never
CREATE SCHEMA refused;
SET search_path = refused, public;
CREATE TABLE t (a int, b text, c int GENERATED ALWAYS AS (a * 2) STORED, d json);
CREATE VIEW v AS SELECT * FROM t;
CREATE MATERIALIZED VIEW mv AS SELECT * FROM t;
CREATE SEQUENCE s;
CREATE INDEX i ON t (a);
CREATE TEMP TABLE temporary (a int);
CREATE TABLE parted (a int) PARTITION BY LIST (a);
CREATE TABLE part PARTITION OF parted DEFAULT;
CREATE TABLE parent (a int);
CREATE TABLE child () INHERITS (parent);

-- Not a table
SELECT create_distributed_table('v', 'a');
SELECT create_distributed_table('mv', 'a');
SELECT create_distributed_table('s', 'last_value');
SELECT create_distributed_table('i', 'a');
SELECT create_distributed_table('temporary', 'a');
SELECT create_reference_table('part');
SELECT create_distributed_table('part', 'a');
SELECT create_distributed_table('child', 'a');
SELECT create_distributed_table('pg_class', 'oid');
SELECT create_distributed_table('distshard.node', 'node_id');
SELECT create_distributed_table('missing', 'a');
SELECT create_distributed_table(NULL, 'a');
SELECT create_reference_table('v');

-- Not a key
SELECT create_distributed_table('t', 'missing');
SELECT create_distributed_table('t', 'A');
SELECT create_distributed_table('t', 'c');
SELECT create_distributed_table('t', 'd');
SELECT create_distributed_table('t', 'ctid');

-- Not a number of shards, not a table to join
SELECT create_distributed_table('t', 'a', 0);
SELECT create_distributed_table('t', 'a', 100000);
SELECT create_distributed_table('t', NULL, 2);
SET distshard.shard_count = 0;
SELECT create_distributed_table('t', 'a', colocate_with => 'missing');
SELECT create_distributed_table('t', 'a', colocate_with => 'parent');
CREATE TABLE ref (a int PRIMARY KEY);
CREATE TABLE ints (a int PRIMARY KEY);
CREATE TABLE lone (a int PRIMARY KEY);
SELECT create_reference_table('ref');
SELECT create_distributed_table('ints', 'a', 4);
SELECT create_distributed_table('lone', NULL);
SELECT create_distributed_table('t', 'a', colocate_with => 'ref');
SELECT create_distributed_table('t', 'a', 5, colocate_with => 'ints');
SELECT create_distributed_table('t', 'b', colocate_with => 'ints');
SELECT create_distributed_table('t', NULL, colocate_with => 'ints');
SELECT create_distributed_table('t', 'a', colocate_with => 'lone');

-- Already distributed, or not at all
SELECT create_distributed_table('ints', 'a');
SELECT create_reference_table('ints');
SELECT create_distributed_table('ref', 'a');
SELECT undistribute_table('t');
SELECT undistribute_table('v');

-- Published, on this node or another one
CREATE TABLE published (a int PRIMARY KEY);
CREATE PUBLICATION one FOR TABLE published;
SELECT create_distributed_table('published', 'a');
DROP PUBLICATION one;
SELECT distshard.run_on_node(2, 'CREATE PUBLICATION one FOR TABLES IN SCHEMA refused');
SELECT create_reference_table('published');
SELECT distshard.run_on_node(2, 'DROP PUBLICATION one');
DROP TABLE published;

-- Uniqueness across shards
CREATE TABLE u (a int PRIMARY KEY, b int UNIQUE, c int);
SELECT create_distributed_table('u', 'b');
ALTER TABLE u DROP CONSTRAINT u_pkey;
CREATE UNIQUE INDEX partial ON u (c) WHERE c > 0;
SELECT create_distributed_table('u', 'b');
DROP INDEX partial;
ALTER TABLE u ADD EXCLUDE USING gist (int4range(b, c) WITH &&);
SELECT create_distributed_table('u', 'b');
ALTER TABLE u DROP CONSTRAINT u_int4range_excl;
CREATE UNIQUE INDEX expression ON u ((b + 1), c);
SELECT create_distributed_table('u', 'b');
DROP INDEX expression;
SELECT create_distributed_table('u', 'b');
DROP TABLE u;

-- Foreign keys
CREATE TABLE f (a int REFERENCES ints, b int, r int REFERENCES ref);
CREATE FUNCTION make_f(how text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	CREATE TABLE f (a int REFERENCES ints, b int, r int REFERENCES ref);
	EXECUTE how;
END $$;
SELECT make_f($$ SELECT create_distributed_table('f', 'b', 4) $$);
SELECT make_f($$ SELECT create_distributed_table('f', 'a', 8) $$);
SELECT make_f($$ SELECT create_distributed_table('f', NULL) $$);
SELECT make_f($$ SELECT create_reference_table('f') $$);
SELECT make_f($$ ALTER TABLE f DROP CONSTRAINT f_a_fkey;
	ALTER TABLE f ADD CONSTRAINT nulls FOREIGN KEY (a) REFERENCES ints ON DELETE SET NULL;
	SELECT create_distributed_table('f', 'a', 4) $$);
SELECT make_f($$ SELECT create_distributed_table('f', 'a', 4) $$);
SELECT undistribute_table('ref');
DROP TABLE f;
CREATE TABLE self (a int PRIMARY KEY, b int REFERENCES self);
SELECT create_distributed_table('self', 'a');
CREATE TABLE self2 (a int, b int, c int, PRIMARY KEY (a, b), FOREIGN KEY (a, c) REFERENCES self2);
INSERT INTO self2 VALUES (1, 1, NULL), (1, 2, 1);
SELECT create_distributed_table('self2', 'a');
INSERT INTO self2 VALUES (1, 3, 7);
INSERT INTO self2 VALUES (1, 3, 2);

-- Between a local and a distributed table: only until the transaction ends
CREATE TABLE p (a int PRIMARY KEY);
CREATE TABLE q (a int REFERENCES p);
SELECT create_distributed_table('p', 'a');
SELECT create_distributed_table('q', 'a');
BEGIN;
SELECT create_distributed_table('p', 'a');
SELECT create_distributed_table('q', 'a');
COMMIT;
SELECT undistribute_table('p');
SELECT undistribute_table('q');
BEGIN;
SELECT undistribute_table('p');
SELECT undistribute_table('q');
COMMIT;

-- Rows that break a foreign key which is not validated are no obstacle
INSERT INTO p VALUES (1);
INSERT INTO q VALUES (1);
ALTER TABLE q DROP CONSTRAINT q_a_fkey;
INSERT INTO q VALUES (2);
ALTER TABLE q ADD CONSTRAINT late FOREIGN KEY (a) REFERENCES p NOT VALID;
BEGIN;
SELECT create_distributed_table('p', 'a');
SELECT create_distributed_table('q', 'a');
ROLLBACK;

-- Others' tables
CREATE ROLE distshard_nobody;
GRANT USAGE ON SCHEMA refused TO distshard_nobody;
SET ROLE distshard_nobody;
SELECT create_distributed_table('refused.t', 'a');
SELECT create_reference_table('refused.t');
SELECT undistribute_table('refused.ints');
SELECT distshard.create_data_table('refused.t', 1, 'a');
SELECT distshard.lock_metadata();
RESET ROLE;
REVOKE USAGE ON SCHEMA refused FROM distshard_nobody;
DROP ROLE distshard_nobody;

-- In use
BEGIN;
DECLARE c CURSOR FOR SELECT * FROM t;
SELECT create_distributed_table('t', 'a');
ROLLBACK;
CREATE SCHEMA distshard_in_the_way;
CREATE SCHEMA in_the_way;
CREATE TABLE in_the_way.t (a int);
SELECT create_distributed_table('in_the_way.t', 'a');
DROP SCHEMA distshard_in_the_way;
SELECT create_distributed_table('in_the_way.t', 'a');

SET client_min_messages = warning;
DROP SCHEMA refused, in_the_way CASCADE;
SELECT count(*) FROM distshard.tables;
SELECT count(*) FROM distshard.colocation;
