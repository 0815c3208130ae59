Modifications with subqueries where there are triggers, functions, savepoints, loops.

--- include shop.tables

--- everywhere
CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE '% % % %', TG_OP, TG_WHEN, TG_LEVEL, TG_TABLE_NAME; RETURN NULL; END $$;
CREATE FUNCTION tag() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.note := coalesce(NEW.note, '') || '+'; RETURN NEW; END $$;
CREATE FUNCTION copy_line() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN WITH d AS (DELETE FROM log WHERE tenant = NEW.tenant RETURNING n) INSERT INTO log SELECT NEW.tenant, coalesce(sum(n), 0) + NEW.quantity FROM d; RETURN NULL; END $$;

--- tables
CREATE TABLE log (tenant int, n int);
CREATE TRIGGER t1 BEFORE INSERT OR UPDATE OR DELETE ON users FOR EACH STATEMENT EXECUTE FUNCTION tell();
CREATE TRIGGER t2 AFTER INSERT OR UPDATE OR DELETE ON users FOR EACH STATEMENT EXECUTE FUNCTION tell();
CREATE TRIGGER tag BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION tag();
CREATE TRIGGER copy_line AFTER INSERT OR UPDATE ON lines FOR EACH ROW EXECUTE FUNCTION copy_line();

--- distribute
SELECT create_distributed_table('log', 'tenant', colocate_with => 'orders');

--- here
CREATE TABLE notes (tenant int, note text);
INSERT INTO notes SELECT t, 'local ' || t FROM generate_series(0, 12, 2) t;
CREATE FUNCTION gone(t int) RETURNS SETOF orders LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY WITH d AS (DELETE FROM lines WHERE tenant = t RETURNING *) DELETE FROM orders WHERE tenant = t AND id = 6 RETURNING *; END $$;
CREATE FUNCTION bump(t int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN UPDATE users SET name = 'bumped' WHERE tenant = t; RETURN t; END $$;

--- statements

INSERT INTO users (tenant, id, name) VALUES (1, 1, 'x') ON CONFLICT (tenant, id) DO UPDATE SET name = 'y';

INSERT INTO users (tenant, id, name) VALUES (1, 1, 'x'), (2, 1, 'y') ON CONFLICT (tenant, id) DO UPDATE SET name = 'y' RETURNING name, (SELECT count(*) FROM notes);

WITH u AS (UPDATE users SET name = 'z' WHERE id = 1 RETURNING *), i AS (INSERT INTO users SELECT tenant + 50, id FROM u) DELETE FROM users WHERE id = 2;

WITH i AS (INSERT INTO orders (tenant, id, note) VALUES (1, 90, 'a'), (2, 90, NULL) RETURNING *) SELECT tenant, note FROM i;

INSERT INTO lines SELECT tenant, 1, 50, 1, 7 FROM users WHERE id = 1 RETURNING tenant, (SELECT count(*) FROM log);
SELECT * FROM log;

SELECT * FROM gone(3);

SELECT count(*) FROM gone(3), gone(4);

UPDATE orders SET note = 'b' WHERE id = 1 RETURNING tenant, bump(tenant);
SELECT count(*) FROM users WHERE name = 'bumped';

UPDATE orders SET note = 'b' WHERE id = 1 AND tenant < 4 RETURNING tenant, (SELECT bump(orders.tenant)), (SELECT count(*) FROM users WHERE name = 'bumped');

DELETE FROM orders o USING orders p WHERE p.tenant = o.tenant + 1 AND p.id = 6 AND o.id = 6 RETURNING o.tenant, p.tenant, (SELECT count(*) FROM orders q WHERE q.total > p.total);

UPDATE orders SET total = total + 1 RETURNING orders.*, (SELECT u FROM users u WHERE u.tenant = orders.tenant AND u.id = orders.id);

INSERT INTO orders (tenant, id) SELECT 9, max(id) + 1 FROM orders RETURNING orders, (SELECT row_to_json(u)->>'name' FROM users u WHERE u.tenant = 9 AND u.id = 1);

BEGIN ISOLATION LEVEL REPEATABLE READ;
WITH d AS (DELETE FROM lines WHERE tenant = 1 RETURNING *) SELECT count(*), (SELECT count(*) FROM lines) FROM d;
SAVEPOINT s;
WITH d AS (DELETE FROM lines WHERE tenant = 2 RETURNING *) UPDATE orders SET total = 1 / (SELECT 0 FROM d LIMIT 1);
ROLLBACK TO s;
WITH d AS (DELETE FROM lines WHERE tenant = 3 RETURNING *) SELECT count(*), (SELECT count(*) FROM lines) FROM d;
SELECT count(*) FROM lines;
ROLLBACK;

WITH d AS (DELETE FROM lines WHERE tenant = 1 RETURNING *), u AS (UPDATE lines SET quantity = 100 WHERE tenant = 1 RETURNING *) SELECT (SELECT count(*) FROM d), (SELECT count(*) FROM u);

WITH a AS (INSERT INTO log VALUES (1, 1), (2, 2) RETURNING *), b AS (UPDATE log SET n = 100 RETURNING *), c AS (DELETE FROM log RETURNING *) SELECT (SELECT count(*) FROM a), (SELECT count(*) FROM b), (SELECT count(*) FROM c);
SELECT * FROM log;

WITH a AS (INSERT INTO log VALUES (1, 1), (2, 2)) INSERT INTO log SELECT tenant, n + 1 FROM log RETURNING *;

WITH a AS (UPDATE products SET price = price + 1 WHERE id = 1 RETURNING price), b AS (UPDATE products SET price = price + 10 WHERE id = 1 RETURNING price) SELECT (SELECT count(*) FROM a) + (SELECT count(*) FROM b);

UPDATE users SET (name, feeling) = (SELECT o.note, 'sad' FROM orders o WHERE o.tenant = users.tenant % 3 + 1 AND o.id = users.id) WHERE id < 3 RETURNING tenant, id, name, feeling;

UPDATE users SET extra['n'] = to_jsonb((SELECT count(*) FROM notes WHERE tenant = users.tenant)) RETURNING tenant, extra;

UPDATE events SET amounts[1] = (SELECT max(quantity) FROM lines l WHERE l.tenant = events.tenant), amounts[3] = 9 WHERE kind = 'buy' RETURNING amounts;

INSERT INTO events (kind, amounts[2], tenant) SELECT name, id, tenant FROM users WHERE id = 1 RETURNING kind, amounts, (SELECT count(*) FROM users u WHERE u.tenant = events.tenant);

WITH x AS (SELECT 1 AS one), d AS (DELETE FROM users WHERE id IN (SELECT one FROM x) RETURNING tenant) INSERT INTO notes SELECT tenant, 'gone' FROM d RETURNING *;

INSERT INTO settings SELECT 'n' || tenant, note FROM notes RETURNING name, (SELECT count(*) FROM notes);

CREATE TEMP TABLE kept AS WITH d AS (SELECT 1 AS x) SELECT * FROM d;
INSERT INTO kept WITH d AS (SELECT tenant FROM users WHERE id = 1) SELECT tenant FROM d RETURNING x, (SELECT max(name) FROM users u WHERE u.tenant = x);

DELETE FROM lines WHERE (tenant, order_id) IN (SELECT tenant, id FROM orders ORDER BY total DESC, tenant LIMIT 3) RETURNING tenant, order_id, line, (SELECT 1);

UPDATE orders SET tenant = tenant, note = 'same key' WHERE tenant = ${1:int} AND id = 6;

UPDATE orders SET tenant = u.tenant, note = 'same key' FROM (SELECT DISTINCT tenant FROM events) u WHERE u.tenant = orders.tenant AND id = 6 RETURNING orders.tenant;

INSERT INTO orders (tenant, id) VALUES (1, 1), (2, 2) ON CONFLICT (tenant, id) DO UPDATE SET tenant = excluded.tenant, id = excluded.id, note = 'same key';

-- count: 4
PREPARE r(int) AS UPDATE orders SET total = total + $1 WHERE id = $1 RETURNING tenant, total, (SELECT sum(total) FROM orders WHERE id = $1);
EXECUTE r(1);
EXECUTE r(1);
EXECUTE r(2);

DO $$ DECLARE n int := 0; r record; BEGIN FOR i IN 1..3 LOOP WITH d AS (DELETE FROM lines WHERE tenant = i RETURNING *) SELECT count(*), (SELECT count(*) FROM lines) INTO r FROM d; n := n + r.count; END LOOP; RAISE NOTICE '% %', n, r; END $$;

-- all but a subquery is here
MERGE INTO notes n USING notes o ON n.tenant = o.tenant + 1 WHEN NOT MATCHED AND o.note IS NOT NULL THEN INSERT VALUES (o.tenant + 1, (SELECT 'same' FROM orders LIMIT 1 OFFSET 3));

UPDATE notes n SET note = (SELECT max(note) FROM orders) FROM notes o WHERE n.tenant = o.tenant + 2 AND o.note < (SELECT max(name) FROM users);

MERGE INTO users u USING notes n ON u.tenant = n.tenant AND u.id = 2 WHEN NOT MATCHED AND n.tenant = 0 THEN INSERT (tenant, id) VALUES (0, 2) WHEN MATCHED AND n.tenant = 2 THEN DELETE WHEN MATCHED THEN UPDATE SET name = n.note WHEN NOT MATCHED THEN INSERT (tenant, id) VALUES (99 + n.tenant, 2);

MERGE INTO users u USING notes n ON u.tenant = n.tenant AND u.id = 2 WHEN MATCHED THEN UPDATE SET name = n.note WHEN NOT MATCHED THEN INSERT (tenant, id) VALUES (99 + n.tenant, 2);

MERGE INTO users u USING notes n ON u.tenant = n.tenant AND u.id = 2 WHEN MATCHED THEN DO NOTHING WHEN NOT MATCHED THEN INSERT (tenant, id) VALUES (99 + n.tenant, 2);
