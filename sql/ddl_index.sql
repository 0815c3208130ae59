-- CREATE, ALTER and DROP INDEX, REINDEX. Run from two nodes, with the same answers.
\set SHOW_CONTEXT never
SET search_path = public, ddl;
CREATE TABLE orders (tenant_id int NOT NULL, id bigint, note text, amount int);
CREATE TABLE products (id int PRIMARY KEY, name text);
SELECT create_distributed_table('orders', 'tenant_id', 4);
SELECT create_reference_table('products');
INSERT INTO orders SELECT i % 10, i, 'note ' || i, i FROM generate_series(1, 100) i;
INSERT INTO products VALUES (1, 'one'), (2, 'two');

CREATE INDEX ON orders (note);
CREATE INDEX by_note ON orders USING btree (lower(note) COLLATE "C" DESC NULLS LAST) INCLUDE (amount) WITH (fillfactor = 70) WHERE amount > 3;
CREATE UNIQUE INDEX by_id ON orders (tenant_id, id);
CREATE INDEX IF NOT EXISTS by_note ON orders (id);
CREATE INDEX ON ONLY orders USING hash (id);
CREATE INDEX ON products (name);
SELECT * FROM table_differences('orders');
SELECT * FROM table_differences('products');
INSERT INTO orders VALUES (1, 11, 'again', 1);
CREATE UNIQUE INDEX not_unique ON orders (id);
\set VERBOSITY terse
CREATE UNIQUE INDEX not_unique ON orders (tenant_id);
ALTER TABLE orders ADD CONSTRAINT not_unique UNIQUE (tenant_id);
\set VERBOSITY default
CREATE INDEX bad ON orders (no_such_column);

ALTER INDEX by_note RENAME TO by_lower_note;
ALTER INDEX by_lower_note SET (fillfactor = 60);
ALTER TABLE orders ALTER note TYPE varchar;
SELECT * FROM table_differences('orders');
ALTER INDEX by_lower_note RESET (fillfactor);
ALTER TABLE orders ALTER note TYPE text;
ALTER INDEX by_lower_note ALTER COLUMN 1 SET STATISTICS 300;
SELECT * FROM table_differences('orders');
COMMENT ON INDEX by_id IS 'unique';
ALTER TABLE orders ADD CONSTRAINT orders_pkey PRIMARY KEY USING INDEX by_id;
ALTER TABLE orders CLUSTER ON orders_pkey, REPLICA IDENTITY USING INDEX orders_pkey;
SELECT * FROM table_differences('orders');

REINDEX INDEX orders_pkey;
REINDEX TABLE orders;
REINDEX TABLE CONCURRENTLY orders;
REINDEX INDEX CONCURRENTLY by_lower_note;
REINDEX (VERBOSE off, CONCURRENTLY) TABLE products;
BEGIN;
REINDEX TABLE orders;
REINDEX TABLE CONCURRENTLY orders;
ROLLBACK;
CLUSTER orders USING orders_pkey;
CLUSTER orders;
SELECT * FROM table_differences('orders');

DROP INDEX by_lower_note, orders_note_idx;
DROP INDEX IF EXISTS by_lower_note;
DROP INDEX orders_pkey;
SELECT * FROM table_differences('orders');

CREATE INDEX CONCURRENTLY by_amount ON orders (amount);
CREATE INDEX CONCURRENTLY IF NOT EXISTS by_amount ON orders (amount);
CREATE UNIQUE INDEX CONCURRENTLY by_name ON products (name);
CREATE INDEX CONCURRENTLY ON orders (amount);
SELECT * FROM table_differences('orders');
SELECT * FROM table_differences('products');
BEGIN;
CREATE INDEX CONCURRENTLY by_amount2 ON orders (amount);
ROLLBACK;
CREATE UNIQUE INDEX CONCURRENTLY not_unique ON orders (id);
\set VERBOSITY terse
CREATE UNIQUE INDEX CONCURRENTLY not_unique ON orders (tenant_id);
\set VERBOSITY default
DROP INDEX IF EXISTS not_unique;
SELECT * FROM table_differences('orders');
DROP INDEX CONCURRENTLY by_amount;
BEGIN;
DROP INDEX CONCURRENTLY by_name;
ROLLBACK;
SELECT * FROM table_differences('orders');

-- an ordinary table
CREATE TABLE plain (id int);
CREATE INDEX CONCURRENTLY plain_id ON plain (id);
REINDEX TABLE CONCURRENTLY plain;
DROP INDEX CONCURRENTLY plain_id;
DROP TABLE plain;

DROP TABLE orders, products;
SELECT count(*) FROM distshard.distributed_table WHERE logical_table::text !~ '\.';
