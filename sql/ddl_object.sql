-- Schemas, types, functions, roles, views and sequences. Run from two nodes, with the same answers.
\set SHOW_CONTEXT never
SET search_path = public, ddl;
-- Runs a query on all nodes and tells on how many it gave which answer.
CREATE FUNCTION ddl.everywhere(sql text) RETURNS TABLE (nodes bigint, answer text) LANGUAGE plpgsql AS $$
DECLARE
	here text;
BEGIN
	EXECUTE sql INTO here;
	RETURN QUERY SELECT count(*), line FROM (SELECT here AS line UNION ALL SELECT line FROM ddl.on_other_nodes(sql)) l GROUP BY line ORDER BY line;
END $$;

-- schemas and roles
CREATE ROLE clerk LOGIN;
ALTER ROLE clerk CONNECTION LIMIT 7;
ALTER ROLE clerk SET work_mem = '5MB';
CREATE ROLE chief;
GRANT chief TO clerk;
CREATE SCHEMA app AUTHORIZATION clerk CREATE TABLE t (i int);
GRANT USAGE ON SCHEMA app TO PUBLIC;
SELECT * FROM everywhere($$SELECT rolconnlimit || ' ' || rolconfig::text || ' ' || pg_has_role('clerk', 'chief', 'member') FROM pg_roles WHERE rolname = 'clerk'$$);
SELECT * FROM everywhere($$SELECT nspowner::regrole || ' ' || nspacl::text FROM pg_namespace WHERE nspname = 'app'$$);
ALTER SCHEMA app RENAME TO app2;
ALTER SCHEMA app2 OWNER TO chief;
COMMENT ON SCHEMA app2 IS 'of an app';
SELECT * FROM everywhere($$SELECT nspowner::regrole || ' ' || obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = 'app2'$$);

-- types
CREATE TYPE color AS ENUM ('red', 'green');
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE TYPE pair AS (a int, b text);
CREATE TABLE orders (id positive, color color DEFAULT 'red', p pair);
SELECT create_distributed_table('orders', 'id', 4);
ALTER TYPE color ADD VALUE 'blue' AFTER 'red';
ALTER TYPE color RENAME VALUE 'green' TO 'yellow';
ALTER TYPE pair RENAME TO couple;
ALTER TYPE couple ADD ATTRIBUTE c int;
ALTER DOMAIN positive ADD CONSTRAINT small CHECK (VALUE < 1000) NOT VALID;
ALTER TYPE color SET SCHEMA app2;
ALTER TYPE app2.color OWNER TO clerk;
SELECT * FROM everywhere($$SELECT enum_range(NULL::app2.color)::text || (SELECT attname FROM pg_attribute WHERE attrelid = 'couple'::regclass AND attnum = 3)
	|| (SELECT typowner::regrole FROM pg_type WHERE oid = 'app2.color'::regtype)$$);
SELECT * FROM table_differences('orders');
INSERT INTO orders VALUES (1, 'blue'), (2, 'yellow');
SELECT * FROM orders ORDER BY id;

-- functions
CREATE FUNCTION double(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT $1 * 2';
ALTER FUNCTION double(int) STRICT;
ALTER FUNCTION double RENAME TO twice;
CREATE OR REPLACE FUNCTION twice(int) RETURNS int IMMUTABLE STRICT LANGUAGE sql AS 'SELECT $1 + $1';
REVOKE ALL ON FUNCTION twice FROM PUBLIC;
CREATE FUNCTION sees_orders() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM orders';
CREATE AGGREGATE mul(int) (sfunc = int4mul, stype = int);
CREATE OPERATOR === (leftarg = int, rightarg = int, function = int4eq);
CREATE COLLATION german (provider = icu, locale = 'de');
SELECT * FROM everywhere($$SELECT twice(4) || ' ' || proisstrict || ' ' || proacl::text || (1 === 1) || 'x' COLLATE german FROM pg_proc WHERE proname = 'twice'$$);
SELECT * FROM everywhere($$SELECT count(*) FROM pg_proc WHERE proname IN ('sees_orders', 'mul')$$);
SELECT sees_orders();

-- what depends on what only this node has stays here
CREATE TABLE plain (id int);
CREATE FUNCTION of_plain(plain) RETURNS int LANGUAGE sql AS 'SELECT $1.id';
CREATE FUNCTION pg_temp.mine() RETURNS int LANGUAGE sql AS 'SELECT 1';
SELECT * FROM everywhere($$SELECT count(*) FROM pg_proc WHERE proname = 'of_plain'$$);
COMMENT ON FUNCTION of_plain IS 'here';
DROP FUNCTION of_plain;
SET distshard.share_objects = off;
CREATE FUNCTION here() RETURNS int LANGUAGE sql AS 'SELECT 1';
RESET distshard.share_objects;
SELECT * FROM everywhere($$SELECT count(*) FROM pg_proc WHERE proname = 'here'$$);
ALTER FUNCTION here STRICT;
DROP FUNCTION here;

-- views
CREATE VIEW v AS SELECT id, color FROM orders;
CREATE VIEW w AS SELECT count(*) FROM v;
CREATE VIEW mixed AS SELECT orders.id FROM orders JOIN plain USING (id);
CREATE VIEW plain_view AS SELECT * FROM plain;
CREATE MATERIALIZED VIEW mat AS SELECT count(*) FROM orders;
SELECT * FROM everywhere($$SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class WHERE relkind IN ('v', 'm') AND relnamespace = 'public'::regnamespace$$);
CREATE OR REPLACE VIEW v AS SELECT id, color, 1 AS one FROM orders;
ALTER VIEW v RENAME COLUMN one TO eins;
ALTER VIEW v RENAME TO v2;
ALTER VIEW v2 SET (security_barrier);
ALTER VIEW v2 OWNER TO clerk;
ALTER VIEW v2 SET SCHEMA app2;
GRANT SELECT ON app2.v2 TO chief;
COMMENT ON VIEW app2.v2 IS 'a view';
SELECT * FROM everywhere($$SELECT reloptions::text || relowner::regrole || relacl::text || pg_get_viewdef(oid) || obj_description(oid, 'pg_class') FROM pg_class WHERE oid = 'app2.v2'::regclass$$);
SELECT * FROM w;
DROP VIEW app2.v2;
DROP VIEW app2.v2 CASCADE;
DROP VIEW mixed, plain_view;
DROP MATERIALIZED VIEW mat;
SELECT * FROM everywhere($$SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class WHERE relkind IN ('v', 'm') AND relnamespace = 'public'::regnamespace$$);

-- sequences
CREATE TABLE items (tenant int, id bigserial, n int GENERATED BY DEFAULT AS IDENTITY);
SELECT create_distributed_table('items', 'tenant', 4);
ALTER SEQUENCE items_id_seq INCREMENT BY 2 CACHE 5;
ALTER SEQUENCE items_id_seq RESTART;
ALTER SEQUENCE items_id_seq RESTART WITH 5;
ALTER SEQUENCE items_id_seq MAXVALUE 100;
ALTER TABLE items ALTER n SET MAXVALUE 1000000000;
ALTER TABLE items ALTER n SET GENERATED ALWAYS SET INCREMENT BY 1 SET CACHE 1 RESTART;
SELECT * FROM everywhere($$SELECT (seqmax >> 26 = node_id - 1)::text FROM pg_sequence, distshard.local JOIN distshard.node USING (group_id) WHERE seqrelid = 'items_n_seq'::regclass$$);
ALTER SEQUENCE items_id_seq RENAME TO items_seq;
GRANT USAGE ON SEQUENCE items_seq TO clerk;
SELECT * FROM everywhere($$SELECT seqincrement || ' ' || seqcache || ' ' || relacl::text FROM pg_sequence JOIN pg_class c ON c.oid = seqrelid WHERE relname = 'items_seq'$$);
SELECT * FROM table_differences('items');
DROP SEQUENCE items_seq;
DROP SEQUENCE items_seq CASCADE;
SELECT * FROM everywhere($$SELECT count(*) FROM pg_class WHERE relname = 'items_seq'$$);
SELECT * FROM table_differences('items');

DROP TABLE orders, items, plain;
DROP FUNCTION twice, sees_orders, everywhere;
DROP AGGREGATE mul(int);
DROP OPERATOR === (int, int);
DROP COLLATION german;
DROP SCHEMA app2 CASCADE;
DROP DOMAIN positive;
DROP TYPE couple;
DROP ROLE clerk, chief;
SELECT count(*) FROM distshard.distributed_table WHERE logical_table::text !~ '\.';
