-- Triggers, policies, rules, statistics, grants, comments. Run from two nodes, with the same answers.
\set SHOW_CONTEXT never
SET search_path = public, ddl;
CREATE ROLE clerk;
CREATE TABLE orders (tenant_id int NOT NULL, id bigint, note text, PRIMARY KEY (tenant_id, id));
CREATE TABLE products (id int PRIMARY KEY, name text);
CREATE TABLE plain (id int);
SELECT create_distributed_table('orders', 'tenant_id', 4);
SELECT create_reference_table('products');

-- triggers
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.note := NEW.note || ' by ' || TG_TABLE_NAME; RETURN NEW; END $$;
CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE TRIGGER a BEFORE INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION touch();
CREATE TRIGGER b AFTER INSERT OR DELETE ON orders FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION nothing();
CREATE TRIGGER c AFTER INSERT ON orders REFERENCING NEW TABLE AS n FOR EACH STATEMENT EXECUTE FUNCTION nothing();
CREATE TRIGGER d BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION touch();
CREATE TRIGGER e AFTER INSERT ON orders REFERENCING NEW TABLE AS n FOR EACH ROW EXECUTE FUNCTION nothing();
CREATE CONSTRAINT TRIGGER f AFTER UPDATE OF note ON orders DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION nothing();
CREATE OR REPLACE TRIGGER a BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION touch();
ALTER TRIGGER a ON orders RENAME TO a2;
ALTER TABLE orders DISABLE TRIGGER b, ENABLE ALWAYS TRIGGER c, ENABLE REPLICA TRIGGER d;
SELECT * FROM table_differences('orders');
ALTER TABLE orders DISABLE TRIGGER USER;
SELECT * FROM table_differences('orders');
ALTER TABLE orders ENABLE TRIGGER ALL;
DROP TRIGGER b ON orders;
DROP TRIGGER d ON orders;
DROP TRIGGER c ON orders;
DROP TRIGGER IF EXISTS c ON orders;
SELECT * FROM table_differences('orders');
INSERT INTO orders VALUES (1, 1, 'written');
UPDATE orders SET note = 'updated' WHERE tenant_id = 1;
SELECT * FROM orders;
CREATE FUNCTION gone() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER g BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION gone();
DROP FUNCTION gone() CASCADE;
SELECT * FROM table_differences('orders');
UPDATE orders SET note = note || ' twice' WHERE tenant_id = 1 RETURNING note;

-- policies
CREATE POLICY p1 ON orders FOR SELECT TO clerk
	USING (orders.tenant_id = 1 AND EXISTS (SELECT FROM products WHERE products.id = orders.id));
CREATE POLICY p2 ON orders AS RESTRICTIVE WITH CHECK (note <> '');
ALTER TABLE orders ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER POLICY p1 ON orders RENAME TO p3;
ALTER POLICY p3 ON orders TO PUBLIC USING (tenant_id = 2);
SELECT * FROM table_differences('orders');
DROP POLICY p2 ON orders;
DROP POLICY IF EXISTS p2 ON orders;
ALTER TABLE orders NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
SELECT * FROM table_differences('orders');

-- statistics
CREATE STATISTICS orders_stat (mcv, ndistinct) ON tenant_id, note FROM orders;
CREATE STATISTICS IF NOT EXISTS orders_stat ON tenant_id, note FROM orders;
ALTER STATISTICS orders_stat SET STATISTICS 200;
ALTER STATISTICS orders_stat RENAME TO orders_stat2;
COMMENT ON STATISTICS orders_stat2 IS 'joint';
SELECT * FROM table_differences('orders');
ALTER STATISTICS orders_stat2 SET SCHEMA ddl;
ALTER STATISTICS orders_stat2 OWNER TO clerk;
SELECT * FROM table_differences('orders');
DROP STATISTICS orders_stat2;
SELECT * FROM table_differences('orders');

-- rules
CREATE RULE r AS ON INSERT TO orders WHERE NEW.note = 'ignore' DO INSTEAD NOTHING;
ALTER RULE r ON orders RENAME TO r2;
INSERT INTO orders VALUES (1, 2, 'ignore');
SELECT count(*) FROM orders;
ALTER TABLE orders DISABLE RULE r2;
SELECT * FROM table_differences('orders');
DROP RULE r2 ON orders;
CREATE RULE "_RETURN" AS ON SELECT TO products DO INSTEAD SELECT 1 AS id, 'a'::text AS name;

-- grants and comments
GRANT SELECT, UPDATE (note) ON orders TO clerk;
GRANT SELECT ON products, plain TO clerk WITH GRANT OPTION;
SELECT * FROM table_differences('orders');
SELECT * FROM table_differences('products');
GRANT ALL ON ALL TABLES IN SCHEMA public TO clerk;
REVOKE DELETE ON orders, products FROM clerk;
SELECT * FROM table_differences('products');
SELECT relname FROM pg_class WHERE relnamespace = 'distshard_public'::regnamespace AND relacl IS NOT NULL;
COMMENT ON TABLE orders IS 'what was ordered';
COMMENT ON COLUMN orders.note IS 'text';
COMMENT ON CONSTRAINT orders_pkey ON orders IS 'key';
COMMENT ON INDEX orders_pkey IS 'index';
COMMENT ON TRIGGER a2 ON orders IS 'trigger';
COMMENT ON POLICY p3 ON orders IS 'policy';
COMMENT ON TABLE plain IS 'plain';
SELECT * FROM table_differences('orders');
SECURITY LABEL ON TABLE orders IS 'secret';

DROP TABLE orders, products, plain;
DROP FUNCTION touch, nothing;
DROP OWNED BY clerk;
DROP ROLE clerk;
SELECT count(*) FROM distshard.distributed_table WHERE logical_table::text !~ '\.';
