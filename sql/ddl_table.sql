-- ALTER TABLE on distributed tables. Run from two nodes, with the same answers.
\set SHOW_CONTEXT never
SET search_path = public, ddl;
CREATE TABLE tenants (id int PRIMARY KEY, name text);
CREATE TABLE products (id int PRIMARY KEY, name text);
CREATE TABLE orders (tenant_id int NOT NULL, id bigserial, note text, PRIMARY KEY (tenant_id, id));
SELECT create_distributed_table('tenants', 'id', 4);
SELECT create_reference_table('products');
SELECT create_distributed_table('orders', 'tenant_id', 4);
INSERT INTO tenants SELECT i, 'tenant ' || i FROM generate_series(1, 10) i;
INSERT INTO products VALUES (1, 'one'), (2, 'two');
INSERT INTO orders SELECT i % 10 + 1, i, 'note ' || i FROM generate_series(1, 100) i;
SELECT * FROM table_differences('orders');

-- columns
ALTER TABLE orders ADD COLUMN amount int DEFAULT 5 NOT NULL CHECK (amount > 0);
ALTER TABLE orders ADD COLUMN number serial, ADD COLUMN seq bigint GENERATED ALWAYS AS IDENTITY,
	ADD twice int GENERATED ALWAYS AS (amount * 2) STORED;
ALTER TABLE orders ADD COLUMN IF NOT EXISTS amount int;
SELECT count(*), sum(amount), sum(twice), count(DISTINCT number), count(DISTINCT seq) FROM orders;
ALTER TABLE orders ADD COLUMN extra int DEFAULT 1, ALTER COLUMN extra SET DEFAULT 2;
INSERT INTO orders (tenant_id, id) VALUES (1, 1000);
SELECT extra, count(*) FROM orders GROUP BY extra ORDER BY extra;
SELECT * FROM table_differences('orders');
ALTER TABLE orders DROP COLUMN extra, ADD COLUMN code text COLLATE "C";
ALTER TABLE orders ALTER note SET STATISTICS 500, ALTER note SET (n_distinct = -0.5), ALTER code SET STORAGE EXTERNAL,
	ALTER code SET COMPRESSION pglz;
ALTER TABLE orders ALTER code SET DEFAULT 'x', ALTER amount DROP NOT NULL, ALTER id SET NOT NULL;
ALTER TABLE orders ALTER note SET NOT NULL;
ALTER TABLE orders ALTER number DROP DEFAULT, ALTER number DROP NOT NULL, ALTER seq DROP IDENTITY, ALTER seq DROP NOT NULL;
ALTER TABLE orders ALTER twice DROP EXPRESSION;
ALTER TABLE orders ALTER amount TYPE numeric(10, 2) USING amount / 2.0;
SELECT sum(amount) FROM orders;
ALTER TABLE orders ALTER note TYPE int;
ALTER TABLE orders RENAME COLUMN note TO remark;
ALTER TABLE products ADD COLUMN stamp timestamptz DEFAULT now();
ALTER TABLE products ADD COLUMN price int DEFAULT 10;
SELECT sum(price) FROM products;
SELECT * FROM table_differences('orders');
SELECT * FROM table_differences('products');

-- the key
ALTER TABLE orders ALTER tenant_id TYPE bigint;
ALTER TABLE orders DROP COLUMN tenant_id;
ALTER TABLE orders RENAME tenant_id TO tid;
SELECT count(*) FROM orders WHERE tid = 3;
ALTER TABLE orders RENAME tid TO tenant_id;

-- constraints
ALTER TABLE orders ADD FOREIGN KEY (tenant_id) REFERENCES tenants;
ALTER TABLE orders ADD COLUMN product int REFERENCES products;
INSERT INTO orders (tenant_id, id, remark, product) VALUES (11, 1, 'no such tenant', 1);
INSERT INTO orders (tenant_id, id, remark, product) VALUES (1, 1001, 'no such product', 3);
DELETE FROM tenants WHERE id = 1;
ALTER TABLE orders ADD CONSTRAINT few CHECK (id < 1000);
ALTER TABLE orders ADD CONSTRAINT few CHECK (id < 1000) NOT VALID;
ALTER TABLE orders VALIDATE CONSTRAINT few;
DELETE FROM orders WHERE id >= 1000;
ALTER TABLE orders VALIDATE CONSTRAINT few;
INSERT INTO orders (tenant_id, id, remark) VALUES (1, 1000, 'too many');
ALTER TABLE orders ADD CONSTRAINT product2 FOREIGN KEY (product) REFERENCES products NOT VALID;
ALTER TABLE orders VALIDATE CONSTRAINT product2;
ALTER TABLE orders RENAME CONSTRAINT product2 TO product3;
ALTER TABLE orders DROP CONSTRAINT product3;
ALTER TABLE orders ADD UNIQUE (id);
ALTER TABLE orders ADD UNIQUE (remark, tenant_id), ADD CONSTRAINT unlike EXCLUDE USING btree (tenant_id WITH =, id WITH =);
SELECT * FROM table_differences('orders');
INSERT INTO orders (tenant_id, id, remark) VALUES (1, 200, 'note 10');
ALTER TABLE orders DROP CONSTRAINT unlike, DROP CONSTRAINT orders_remark_tenant_id_key;
\set VERBOSITY terse
ALTER TABLE tenants ADD FOREIGN KEY (id) REFERENCES products;
\set VERBOSITY default
ALTER TABLE products ADD FOREIGN KEY (id) REFERENCES tenants;
ALTER TABLE orders ADD FOREIGN KEY (id) REFERENCES tenants;
CREATE TABLE plain (id int PRIMARY KEY);
ALTER TABLE orders ADD FOREIGN KEY (tenant_id) REFERENCES plain;
ALTER TABLE plain ADD FOREIGN KEY (id) REFERENCES tenants;
CREATE TABLE plain2 (id int REFERENCES tenants);
DROP TABLE plain;
SELECT * FROM table_differences('orders');

-- storage
ALTER TABLE orders SET (fillfactor = 80, toast.autovacuum_enabled = off);
ALTER TABLE orders RESET (fillfactor);
ALTER TABLE orders REPLICA IDENTITY FULL;
ALTER TABLE orders REPLICA IDENTITY USING INDEX orders_pkey;
ALTER TABLE orders CLUSTER ON orders_pkey;
SELECT * FROM table_differences('orders');
ALTER TABLE orders SET WITHOUT CLUSTER;
ALTER TABLE orders SET UNLOGGED;
ALTER TABLE orders SET LOGGED;
SELECT * FROM table_differences('orders');

-- names, schema and owner
ALTER TABLE orders RENAME TO sales;
CREATE SCHEMA app;
ALTER TABLE sales SET SCHEMA app;
SELECT * FROM table_differences('app.sales');
ALTER SCHEMA app RENAME TO "my App";
CREATE ROLE clerk;
GRANT USAGE, CREATE ON SCHEMA "my App" TO clerk;
ALTER TABLE "my App".sales OWNER TO clerk;
SELECT * FROM table_differences('"my App".sales');
SELECT count(*) FROM "my App".sales WHERE tenant_id = 3;
SET ROLE clerk;
ALTER TABLE "my App".sales ADD COLUMN x int DEFAULT length('abc') CHECK (x > 0), ADD UNIQUE (tenant_id, id, x);
ALTER TABLE "my App".sales RENAME x TO y;
ALTER TABLE tenants ADD COLUMN x int;
RESET ROLE;
SELECT * FROM table_differences('"my App".sales');

-- what a distributed table can't be part of
ALTER TABLE tenants INHERIT products;
CREATE PUBLICATION p FOR TABLE tenants;
CREATE PUBLICATION p FOR ALL TABLES;
CREATE PUBLICATION p FOR TABLES IN SCHEMA public;
CREATE PUBLICATION p FOR TABLES IN SCHEMA ddl;
ALTER PUBLICATION p ADD TABLES IN SCHEMA CURRENT_SCHEMA;
DROP PUBLICATION p;
TRUNCATE distshard_public.tenants;
ALTER TABLE distshard_public.tenants ADD COLUMN a int;
CREATE INDEX ON distshard_public.tenants (name);
GRANT SELECT ON distshard_public.tenants TO PUBLIC;
DROP TABLE distshard_public.tenants;
DROP INDEX distshard_public.tenants_pkey;

-- in a transaction
BEGIN;
ALTER TABLE tenants ADD COLUMN a int;
SAVEPOINT s;
ALTER TABLE tenants ADD COLUMN b int;
ROLLBACK TO s;
INSERT INTO tenants VALUES (20, 'twenty', 1);
COMMIT;
BEGIN;
ALTER TABLE tenants ADD COLUMN c int;
ROLLBACK;
SELECT * FROM tenants WHERE id = 20;
SELECT * FROM table_differences('tenants');

-- from functions, and several statements in one string
DO $$ BEGIN ALTER TABLE tenants ADD COLUMN c int; EXECUTE 'ALTER TABLE tenants ADD COLUMN d int'; END $$;
SELECT 1 AS one \; ALTER TABLE tenants DROP COLUMN c \; ALTER TABLE tenants DROP COLUMN d /* the end */ ;
SELECT * FROM table_differences('tenants');

DROP SCHEMA "my App" CASCADE;
DROP TABLE tenants, products;
DROP ROLE clerk;
SELECT count(*) FROM distshard.distributed_table WHERE logical_table::text !~ '\.';
