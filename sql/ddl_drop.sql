-- All ways to drop or empty a distributed table, and maintenance. Run from two nodes, with the same answers.
\set SHOW_CONTEXT never
SET search_path = public, ddl;
-- What is left of distributed tables, on all nodes.
CREATE FUNCTION ddl.local_remains() RETURNS SETOF text LANGUAGE sql AS $$
	SELECT 'table ' || logical_table FROM distshard.distributed_table WHERE logical_table::text !~ '^(?!app)\w+\.'
	UNION ALL SELECT 'colocation of ' || shard_count FROM distshard.colocation c WHERE method <> 'reference'
		AND NOT EXISTS (SELECT FROM distshard.distributed_table t WHERE t.colocation_id = c.colocation_id AND logical_table::text ~ '^(?!app)\w+\.')
	UNION ALL SELECT 'data table ' || oid::regclass FROM pg_class WHERE relnamespace::regnamespace::text IN ('distshard_public', 'distshard_app') AND relkind IN ('r', 'p') AND NOT relispartition
	UNION ALL SELECT 'logical table ' || oid::regclass FROM pg_class WHERE relkind = 'r' AND relnamespace IN (SELECT oid FROM pg_namespace WHERE nspname IN ('public', 'app')) AND relname <> 'plain'
$$;
CREATE FUNCTION ddl.remains() RETURNS TABLE (nodes bigint, what text) LANGUAGE sql AS $$
	SELECT count(*), what FROM (
		SELECT ddl.local_remains() AS what
		UNION ALL
		SELECT line FROM ddl.on_other_nodes('SELECT ddl.local_remains()')) r
	GROUP BY what ORDER BY what
$$;
CREATE TABLE tenants (id int PRIMARY KEY, name text);
CREATE TABLE products (id serial PRIMARY KEY, name text);
CREATE TABLE orders (tenant_id int REFERENCES tenants, id bigint, product int REFERENCES products, PRIMARY KEY (tenant_id, id));
CREATE TABLE plain (id int);
BEGIN;
SELECT create_distributed_table('tenants', 'id', 4);
SELECT create_reference_table('products');
SELECT create_distributed_table('orders', 'tenant_id', 4);
COMMIT;

-- TRUNCATE
INSERT INTO tenants SELECT i FROM generate_series(1, 20) i;
INSERT INTO products SELECT i FROM generate_series(1, 5) i;
INSERT INTO orders SELECT i % 20 + 1, i, i % 5 + 1 FROM generate_series(1, 100) i;
INSERT INTO plain VALUES (1);
TRUNCATE tenants;
SELECT (SELECT count(*) FROM tenants), (SELECT count(*) FROM orders);
BEGIN;
TRUNCATE orders, plain;
SELECT (SELECT count(*) FROM plain), (SELECT count(*) FROM orders);
ROLLBACK;
SELECT (SELECT count(*) FROM plain), (SELECT count(*) FROM orders);
TRUNCATE ONLY orders, plain;
SELECT (SELECT count(*) FROM plain), (SELECT count(*) FROM orders);
INSERT INTO orders SELECT i % 20 + 1, i, i % 5 + 1 FROM generate_series(1, 100) i;
TRUNCATE products RESTART IDENTITY CASCADE;
SELECT (SELECT count(*) FROM products), (SELECT count(*) FROM orders);
INSERT INTO products (name) VALUES ('first again') RETURNING id % 67108864 < 2 AS restarted;
TRUNCATE products CASCADE;

-- Triggers of TRUNCATE fire once, here: before the rows are gone, and after
INSERT INTO products SELECT i FROM generate_series(1, 5) i;
CREATE TABLE truncated (at serial, what text, rows bigint);
CREATE FUNCTION note_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO truncated (what, rows) VALUES (format('%s %s', tg_when, tg_table_name), (SELECT count(*) FROM products));
	IF tg_when = 'AFTER' AND tg_table_name = 'products' THEN
		INSERT INTO products VALUES (1, 'default');
	END IF;
	RETURN NULL;
END $$;
CREATE TRIGGER before_truncate BEFORE TRUNCATE ON products FOR EACH STATEMENT EXECUTE FUNCTION note_truncate();
CREATE TRIGGER after_truncate AFTER TRUNCATE ON products FOR EACH STATEMENT EXECUTE FUNCTION note_truncate();
CREATE TRIGGER after_truncate AFTER TRUNCATE ON orders FOR EACH STATEMENT EXECUTE FUNCTION note_truncate();
CREATE TRIGGER after_truncate AFTER TRUNCATE ON plain FOR EACH STATEMENT EXECUTE FUNCTION note_truncate();
TRUNCATE products, plain CASCADE;
SELECT what, rows FROM truncated ORDER BY at;
SELECT * FROM products;
DROP TABLE truncated;
DROP FUNCTION note_truncate CASCADE;
TRUNCATE products CASCADE;

-- maintenance
INSERT INTO products SELECT i FROM generate_series(1, 5) i;
INSERT INTO orders SELECT i % 20 + 1, i, i % 5 + 1 FROM generate_series(1, 100) i;
ANALYZE orders;
SELECT sum(line::real) FROM (
	SELECT line FROM on_other_nodes($$SELECT sum(c.reltuples) FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid WHERE inhparent = 'distshard_public.orders'::regclass$$)
	UNION ALL
	SELECT sum(c.reltuples)::text FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid WHERE inhparent = 'distshard_public.orders'::regclass) x;
SELECT reltuples, relpages > 0 FROM pg_class WHERE oid = 'orders'::regclass;
DELETE FROM orders WHERE id > 50;
VACUUM orders;
VACUUM (ANALYZE) orders (id), plain, products;
SELECT DISTINCT line FROM on_other_nodes($$SELECT string_agg(relname || ' ' || reltuples, ', ' ORDER BY relname) FROM pg_class
	WHERE oid IN ('orders'::regclass, 'products'::regclass)$$);
BEGIN;
ANALYZE orders (tenant_id), plain;
VACUUM orders;
ROLLBACK;
-- Settings of the session go before what cannot run in a transaction block
CREATE SCHEMA elsewhere;
CREATE TABLE elsewhere.vacuumed (id int);
SELECT create_distributed_table('elsewhere.vacuumed', 'id');
SET search_path = elsewhere;
VACUUM (ANALYZE) vacuumed;
SET search_path = public, ddl;
VACUUM (ANALYZE) vacuumed;
DROP TABLE elsewhere.vacuumed;
DROP SCHEMA elsewhere;
VACUUM;
ANALYZE;
BEGIN;
LOCK TABLE orders, plain IN ACCESS SHARE MODE;
LOCK orders, plain;
COMMIT;

-- DROP TABLE
DROP TABLE tenants;
BEGIN;
DROP TABLE tenants CASCADE;
SELECT * FROM remains();
ROLLBACK;
SELECT * FROM table_differences('orders');
DROP TABLE tenants CASCADE;
SELECT * FROM table_differences('orders');
DROP TABLE orders, plain;
DROP TABLE IF EXISTS orders, products;
SELECT * FROM remains();

-- DROP SCHEMA
CREATE SCHEMA app;
CREATE TABLE app.a (id int, b int);
CREATE TABLE app.plain (id int);
SELECT create_distributed_table('app.a', 'id', 3);
CREATE TYPE app.color AS ENUM ('red', 'green');
ALTER TABLE app.a ADD PRIMARY KEY (id), ADD color app.color;
CREATE TABLE outside (id int, color app.color);
SELECT create_distributed_table('outside', 'id', 3);
ALTER TABLE outside ADD FOREIGN KEY (id) REFERENCES app.a;
CREATE VIEW outside_view AS SELECT a.b FROM app.a JOIN outside USING (id);
DROP SCHEMA app;
DROP SCHEMA app CASCADE;
SELECT * FROM table_differences('outside');
DROP TABLE outside;
SELECT * FROM remains();

-- DROP OWNED
CREATE ROLE clerk;
GRANT CREATE ON SCHEMA public TO clerk;
SET ROLE clerk;
CREATE TABLE b (id int, b int);
CREATE TABLE plain (id int);
CREATE TYPE color AS ENUM ('red', 'green');
SELECT create_distributed_table('b', 'id', 3);
CREATE VIEW v AS SELECT * FROM b;
RESET ROLE;
REASSIGN OWNED BY clerk TO postgres;
SELECT * FROM table_differences('b');
ALTER TABLE b OWNER TO clerk;
ALTER TYPE color OWNER TO clerk;
CREATE TABLE others (id int, color color);
SELECT create_distributed_table('others', 'id', 3);
DROP OWNED BY clerk;
DROP OWNED BY clerk CASCADE;
SELECT * FROM table_differences('others');
DROP TABLE others;
SELECT * FROM remains();
DROP TABLE plain;
GRANT CREATE ON SCHEMA public TO clerk;
SET ROLE clerk;
CREATE TABLE b (id int, b int) PARTITION BY LIST (b);
CREATE TABLE b1 PARTITION OF b FOR VALUES IN (1);
SELECT create_distributed_table('b', 'id', 3);
CREATE VIEW v AS SELECT * FROM b;
RESET ROLE;
DROP OWNED BY clerk;
SELECT * FROM remains();
DROP ROLE clerk;

-- used by a cursor
CREATE TABLE c (id int PRIMARY KEY);
SELECT create_distributed_table('c', 'id', 8);
INSERT INTO c SELECT generate_series(1, 50);
BEGIN;
DECLARE reader CURSOR FOR SELECT * FROM c ORDER BY id;
MOVE reader;
SAVEPOINT before;
ALTER TABLE c ADD n int;
ROLLBACK TO before;
DROP TABLE c;
ROLLBACK;
DROP TABLE c;

-- what a table needs, CASCADE
CREATE TYPE color AS ENUM ('red', 'green');
CREATE FUNCTION positive(int) RETURNS bool IMMUTABLE LANGUAGE sql AS 'SELECT $1 > 0';
CREATE TABLE c (id int CHECK (positive(id)), color color, n int, g bool GENERATED ALWAYS AS (positive(id)) STORED);
CREATE INDEX c_positive ON c (positive(n));
CREATE STATISTICS c_stats ON positive(n), id FROM c;
SELECT create_distributed_table('c', 'id', 1);
CREATE TABLE d (id int, color color, colors color[]);
SELECT create_distributed_table('d', 'id', 1);
DROP TYPE color;
DROP TYPE color CASCADE;
DROP FUNCTION positive;
DROP FUNCTION positive CASCADE;
SELECT * FROM table_differences('d');
DROP TABLE d;
SELECT * FROM table_differences('c');
CREATE TABLE d (id int);
SELECT create_distributed_table('d', NULL);
SELECT * FROM table_differences('d');
ALTER TABLE d ADD PRIMARY KEY (id);
SELECT * FROM table_differences('d');
DROP EXTENSION distshard;
DROP EXTENSION distshard CASCADE;
DROP TABLE c, d;
DROP EXTENSION distshard;
SELECT * FROM remains();
DROP FUNCTION remains, local_remains;
