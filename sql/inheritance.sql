-- Tables that inherit from each other: what distributes them, DDL that reaches the children, and what is refused.
SET client_min_messages = warning;
\set SHOW_CONTEXT never
CREATE SCHEMA inheritance;
SET search_path = inheritance, public;
CREATE FUNCTION differences() RETURNS TABLE (logical regclass, what text) LANGUAGE sql AS $$
	SELECT logical_table, d.what FROM distshard.distributed_table, ddl.table_differences(logical_table) d
	WHERE logical_table::text !~ '\.' AND what !~ '\m(my_)?own\M' ORDER BY 1, 2
$$;
CREATE TABLE base (id int, name text DEFAULT 'none', CONSTRAINT positive CHECK (id > 0), CONSTRAINT own CHECK (id < 1000) NO INHERIT);
CREATE TABLE child (extra text, name text DEFAULT 'child') INHERITS (base);
CREATE TABLE late (note text, name text, id int, CONSTRAINT positive CHECK (id > 0));
ALTER TABLE late INHERIT base;
CREATE TABLE grandchild (more int) INHERITS (child, late);
INSERT INTO base VALUES (1), (2);
INSERT INTO child VALUES (3), (4);
INSERT INTO late VALUES ('n', 'late', 5);
INSERT INTO grandchild (id, more) VALUES (6, 7);

-- A tree is distributed as a whole.
CREATE TABLE top (id int);
ALTER TABLE grandchild INHERIT top;
SELECT create_distributed_table('child', 'id');
SELECT create_distributed_table('base', 'id');
ALTER TABLE grandchild NO INHERIT top;
SELECT create_distributed_table('base', 'id', shard_count => 4);
SELECT logical_table, data_table FROM distshard.distributed_table WHERE logical_table::text !~ '\.' ORDER BY 1;
SELECT * FROM differences();
SELECT tableoid::regclass, * FROM base ORDER BY id;

-- The parent's own rows
COPY (SELECT count(*) FROM base) TO STDOUT;
COPY late TO STDOUT;
ANALYZE base;
SELECT n_distinct, most_common_vals, histogram_bounds FROM pg_stats WHERE schemaname = 'inheritance' AND tablename = 'base' AND attname = 'id';
SELECT reltuples FROM pg_class WHERE oid = 'base'::regclass;

-- DDL reaches the children as PostgreSQL lets it.
ALTER TABLE base ADD COLUMN a int DEFAULT 5 CHECK (a > 0), ADD COLUMN extra text, ADD COLUMN s serial;
SELECT * FROM differences();
SELECT id, a, count(*) OVER (PARTITION BY s) FROM base ORDER BY id;
ALTER TABLE base ALTER COLUMN a TYPE bigint, ALTER COLUMN a SET NOT NULL, ALTER COLUMN name SET STORAGE external, ALTER COLUMN name SET STATISTICS 5;
ALTER TABLE base RENAME COLUMN a TO b;
ALTER TABLE base RENAME CONSTRAINT positive TO id_positive;
ALTER TABLE base RENAME CONSTRAINT own TO my_own;
ALTER TABLE base ADD CONSTRAINT short CHECK (length(name) < 10) NOT VALID;
SELECT * FROM differences();
ALTER TABLE base VALIDATE CONSTRAINT short;
ALTER TABLE base DROP COLUMN s CASCADE;
ALTER TABLE base DROP COLUMN extra, ALTER COLUMN b DROP NOT NULL, DROP CONSTRAINT short;
ALTER TABLE child ADD PRIMARY KEY (id);
CREATE INDEX ON base (name);
CREATE TABLE newborn (x int, UNIQUE (id)) INHERITS (late);
SELECT * FROM differences();
INSERT INTO newborn (id, b) VALUES (9, -1);
INSERT INTO newborn (id) VALUES (-9);
INSERT INTO newborn (id, note) VALUES (9, 'new');
SELECT tableoid::regclass, * FROM late ORDER BY id;

-- One that has rows already comes along.
CREATE TABLE adopted (CONSTRAINT id_positive CHECK (id > 0), CONSTRAINT base_a_check CHECK (b > 0), x int, name text, id int, b bigint);
INSERT INTO adopted (id, b) VALUES (11, 1);
ALTER TABLE adopted ADD COLUMN y int, INHERIT base;
SELECT * FROM differences();
SELECT tableoid::regclass, id FROM base ORDER BY id;
ALTER TABLE adopted NO INHERIT base;
SELECT * FROM differences();
SELECT max(id) FROM base;
ALTER TABLE ONLY base DROP COLUMN b;
SELECT * FROM differences();
SELECT tableoid::regclass, * FROM base ORDER BY id;
SELECT id, b FROM child ORDER BY id;

-- What is refused.
CREATE TABLE single (id int, name text, b bigint, CONSTRAINT id_positive CHECK (id > 0), CONSTRAINT base_a_check CHECK (b > 0));
SELECT create_distributed_table('single', NULL);
ALTER TABLE single INHERIT base;
CREATE TABLE both_of () INHERITS (single, child);
CREATE TABLE both_of () INHERITS (top, child);
ALTER TABLE child INHERIT top;
CREATE TEMP TABLE fleeting () INHERITS (base);
SELECT undistribute_table('child');
ALTER TABLE child ENABLE ROW LEVEL SECURITY;
ALTER TABLE child FORCE ROW LEVEL SECURITY;
CREATE ROLE inheritance_reader;
GRANT USAGE ON SCHEMA inheritance TO inheritance_reader;
GRANT SELECT, UPDATE ON base TO inheritance_reader;
SET ROLE inheritance_reader;
SELECT count(*) FROM base;
SELECT count(*) FROM ONLY base;
RESET ROLE;
ALTER TABLE child DISABLE ROW LEVEL SECURITY;
SET ROLE inheritance_reader;
-- The right to the parent is one to read its children through it.
SELECT count(*) FROM base;
UPDATE base SET name = 'mine' WHERE id = 3 RETURNING tableoid::regclass::text, id;
SELECT count(*) FROM child;
RESET ROLE;
DELETE FROM base WHERE id IN (SELECT t.id FROM (SELECT id FROM top LIMIT 1) t WHERE t.id = base.id);
WITH first AS (SELECT id FROM base ORDER BY id LIMIT 1) DELETE FROM base WHERE id IN (SELECT id FROM first) RETURNING id;
CREATE TABLE copied (id int);
CREATE TABLE copied_more (more int) INHERITS (copied);
SELECT create_reference_table('copied');
MERGE INTO copied USING top ON top.id = copied.id WHEN MATCHED THEN DELETE;
DELETE FROM copied WHERE CURRENT OF c;
DROP TABLE copied CASCADE;
CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER t AFTER UPDATE ON base REFERENCING NEW TABLE AS n FOR EACH ROW EXECUTE FUNCTION nothing();
UPDATE base SET name = 'x';
DROP TRIGGER t ON base;
BEGIN;
DECLARE c CURSOR FOR SELECT * FROM ONLY child FOR UPDATE;
MOVE c;
UPDATE child SET name = 'x' WHERE CURRENT OF c;
ROLLBACK;

-- The tree becomes ordinary again as a whole.
SELECT undistribute_table('base');
SELECT logical_table FROM distshard.distributed_table WHERE logical_table::text !~ '\.' ORDER BY 1;
SELECT tableoid::regclass, id, name FROM base ORDER BY id;
SELECT * FROM ddl.on_other_nodes($$SELECT relname FROM pg_class WHERE relnamespace IN ('inheritance'::regnamespace, 'distshard_inheritance'::regnamespace) AND relkind IN ('r', 'p') AND relname !~ '^(single|adopted)' ORDER BY 1$$);
DROP SCHEMA inheritance CASCADE;
DROP ROLE inheritance_reader;
