Statements that modify and read, or modify several tables: no part of a statement sees what another one does.

--- include shop.tables

--- everywhere
CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE FUNCTION adds_all() RETURNS trigger STABLE LANGUAGE plpgsql AS $$ BEGIN NEW.total := NEW.total + (SELECT sum(total) FROM orders WHERE tenant = NEW.tenant); RETURN NEW; END $$;

--- tables
CREATE TABLE archive (tenant int, id int, total numeric, why text DEFAULT 'moved');

CREATE TABLE tags (n int, label text, j json);
CREATE TABLE words (tenant int, word text, n int, seen numeric DEFAULT 1);
CREATE UNIQUE INDEX ON words (tenant, lower(word));
CREATE UNIQUE INDEX ON words (tenant, n) WHERE n > 2;
CREATE UNIQUE INDEX ON words (tenant, word COLLATE nocase);
CREATE UNIQUE INDEX ON words (tenant, word text_pattern_ops);

--- distribute
SELECT create_distributed_table('archive', 'tenant', colocate_with => 'orders');
SELECT create_distributed_table('words', 'tenant');
SELECT create_reference_table('tags');

--- data
INSERT INTO tags VALUES (1, 'one', '{"a": 1}'), (1, 'one', '{"a": 1}'), (2, NULL, NULL), (2, 'two', '[]'), (NULL, 'none', NULL);

INSERT INTO words SELECT t, 'Word ' || n, n FROM generate_series(1, 8) t, generate_series(1, 4) n;

--- here
CREATE TABLE notes (tenant int, note text);
INSERT INTO notes SELECT t, 'local ' || t FROM generate_series(0, 12, 2) t;
CREATE FUNCTION total_of(t int, i int) RETURNS int STABLE LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT total FROM orders WHERE tenant = t AND id = i); END $$;
CREATE FUNCTION all_totals() RETURNS numeric STABLE LANGUAGE sql AS $$ SELECT sum(total) FROM orders o JOIN users USING (tenant) $$;
CREATE FUNCTION raise_total(t int, i int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN UPDATE orders SET total = total + 1 WHERE tenant = t AND id = i; RETURN (SELECT total FROM orders WHERE tenant = t AND id = i); END $$;
CREATE FUNCTION fixed_total(t int, i int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT total FROM orders WHERE tenant = t AND id = i); END $$;
CREATE FUNCTION raise_twice(t int, i int) RETURNS int LANGUAGE plpgsql AS $$ DECLARE before int; after int; BEGIN after := raise_total(t, i) + 0 * total_of(t, i); before := total_of(t, i) + 0 * raise_total(t, i); IF after <> before THEN RAISE '% %', after, before; END IF; RETURN raise_total(t, i) - total_of(t, i); END $$;
CREATE FUNCTION is_raised(t int, i int) RETURNS bool LANGUAGE plpgsql SECURITY DEFINER SET work_mem = '2MB' AS $$ BEGIN PERFORM raise_total(t, i); RETURN raise_total(t, i) IS NOT NULL; END $$;
CREATE FUNCTION notes_of(t int) RETURNS text STABLE LANGUAGE plpgsql AS $$ DECLARE r record; notes text; BEGIN FOR r IN SELECT * FROM orders WHERE tenant = t ORDER BY id LOOP notes := concat(notes, r.id, r.total); END LOOP; RETURN notes; END $$;
CREATE FUNCTION descend(t int, depth int) RETURNS text LANGUAGE plpgsql AS $$ DECLARE seen text; BEGIN IF depth = 0 THEN RETURN raise_total(t, 1); END IF; seen := concat(total_of(t, 1), descend(t, depth - 1), ',', total_of(t, 1), descend(t % 8 + 1, depth - 1), ',', total_of(t, 1), total_of(t % 8 + 1, 1)); RETURN seen; END $$;

--- statements

-- RETURNING with subqueries
INSERT INTO orders (tenant, id, total) VALUES (${1|30:int}, ${70:int}, ${1:int}) RETURNING tenant, id, (SELECT count(*) FROM orders), (SELECT max(name) FROM products);

INSERT INTO orders (tenant, id) VALUES (5, 70), (6, 70), (7, 70) RETURNING tenant, (SELECT count(*) FROM orders o WHERE o.tenant = orders.tenant), (SELECT note FROM notes n WHERE n.tenant = orders.tenant);

INSERT INTO orders (tenant, id) SELECT tenant, 70 + id FROM users RETURNING *, (SELECT name FROM users u WHERE (u.tenant, u.id) = (orders.tenant, orders.id - 70));

INSERT INTO products VALUES (40, 'forty', 1), (41, 'forty-one', 2) RETURNING id, (SELECT count(*) FROM lines WHERE product = products.id - 39);

INSERT INTO settings VALUES ('a', 'b') RETURNING (SELECT count(*) FROM settings), (SELECT count(*) FROM orders);

INSERT INTO notes VALUES (1, 'x') RETURNING tenant, (SELECT count(*) FROM lines WHERE tenant = notes.tenant);

UPDATE orders SET total = total + 1 WHERE tenant = ${4:int} RETURNING id, total, (SELECT sum(total) FROM orders), (SELECT count(*) FROM notes);

UPDATE orders o SET note = 'x' WHERE id = 2 RETURNING o, (SELECT array_agg(l.product ORDER BY l.line) FROM lines l WHERE l.tenant = o.tenant + 1 AND l.order_id = o.id);

UPDATE orders o SET note = u.name FROM users u WHERE u.tenant = o.tenant AND u.id = o.user_id AND o.id = 3 RETURNING o.tenant, u.name, o.note, EXISTS (SELECT FROM events e WHERE e.tenant = u.tenant);

UPDATE orders o SET note = n.note FROM notes n WHERE n.tenant = o.tenant RETURNING n.note, o.tenant IN (SELECT tenant FROM users);

UPDATE products SET price = price + 1 WHERE id < 4 RETURNING id, price, (SELECT count(*) FROM lines WHERE product = products.id);

UPDATE settings SET value = 'z' RETURNING name, (SELECT min(name) FROM users);

UPDATE orders SET total = 3 WHERE id = 1 RETURNING (SELECT ROW(orders.tenant, count(*))::text FROM orders x WHERE x.total = 3);

DELETE FROM lines WHERE line = ${1:int} RETURNING tenant, (SELECT count(*) FROM lines);

DELETE FROM lines l USING notes n WHERE n.tenant = l.tenant RETURNING l.*, n.note, (SELECT total FROM orders o WHERE o.tenant = l.tenant AND o.id = l.order_id);

DELETE FROM events WHERE tenant = 3 RETURNING kind, ARRAY(SELECT name FROM users u WHERE u.tenant = events.tenant ORDER BY name);

DELETE FROM products p WHERE p.id > 90 RETURNING (SELECT max(id) FROM orders);

WITH u AS (SELECT tenant, max(name) AS name FROM users GROUP BY tenant) UPDATE orders SET note = u.name FROM u WHERE u.tenant = orders.tenant AND id = 4 RETURNING orders.tenant, note, (SELECT count(*) FROM u);

WITH u AS (SELECT tenant FROM users) DELETE FROM events WHERE tenant NOT IN (SELECT tenant FROM u) RETURNING (SELECT count(*) FROM u);

-- several columns from one subquery
UPDATE orders o SET (total, note) = (SELECT count(*), max(name) FROM users u WHERE u.tenant = o.id) WHERE id < 4 RETURNING *;

UPDATE orders SET (total, note) = (SELECT count(*), 'many' FROM events);

UPDATE orders o SET (note, total) = (SELECT note, 1 FROM notes n WHERE n.tenant = o.tenant), placed = '2020-01-01';

UPDATE orders SET (total, note) = (SELECT l.quantity, 'x' FROM lines l WHERE l.order_id = orders.user_id);

UPDATE orders SET (total, note) = (SELECT 1, 'x' WHERE false), (user_id, placed) = (SELECT max(id), '2021-01-01'::timestamptz FROM users u WHERE u.id <= orders.id) WHERE tenant IN (2, 3) RETURNING *;

UPDATE orders o SET (note, total) = (SELECT u.name, o.total + u.id FROM users u WHERE u.tenant = o.tenant AND u.id = o.id) FROM notes n WHERE n.tenant = o.tenant;

UPDATE products SET (name, price) = (SELECT 'p' || products.id, 3) WHERE id = 2 RETURNING *;

UPDATE settings SET (name, value) = (SELECT name, feeling::text FROM users ORDER BY tenant, id LIMIT 1) WHERE name = 'Zone';

-- ON CONFLICT with subqueries
INSERT INTO orders (tenant, id) VALUES (${1|17:int}, 1) ON CONFLICT (tenant, id) DO UPDATE SET note = (SELECT max(name) FROM users WHERE tenant = excluded.tenant + 1), total = (SELECT count(*) FROM orders) RETURNING *;

INSERT INTO orders (tenant, id, total) SELECT tenant, id, 99 FROM users ON CONFLICT (tenant, id) DO UPDATE SET total = excluded.total + (SELECT count(*) FROM events e WHERE e.tenant = excluded.tenant) + orders.id RETURNING *;

INSERT INTO orders (tenant, id) VALUES (2, 2), (3, 3), (50, 1) ON CONFLICT (tenant, id) DO UPDATE SET (note, total) = (SELECT min(note), count(*) FROM notes) WHERE EXISTS (SELECT FROM notes WHERE tenant = excluded.tenant) RETURNING *;

INSERT INTO orders (tenant, id) VALUES (2, 2), (2, 2) ON CONFLICT (tenant, id) DO UPDATE SET total = (SELECT count(*) FROM notes);

INSERT INTO orders (tenant, id, note) VALUES (2, 2, 'a') ON CONFLICT (tenant, id) DO UPDATE SET note = excluded.note || (SELECT string_agg(name, ',' ORDER BY name) FROM products WHERE price < 3);

INSERT INTO products VALUES (1, 'x', 1), (77, 'y', 2) ON CONFLICT (id) DO UPDATE SET price = (SELECT sum(quantity) FROM lines WHERE product = excluded.id) RETURNING id, price;

INSERT INTO orders AS o (tenant, id) SELECT tenant, id FROM users ON CONFLICT (tenant, id) DO UPDATE SET note = (SELECT u.name FROM users u WHERE u.tenant = o.id AND u.id = excluded.id) RETURNING *;

INSERT INTO orders AS o (tenant, id) VALUES (1, 1), (4, 2), (4, 98) ON CONFLICT ON CONSTRAINT orders_pkey DO UPDATE SET (note, total) = (SELECT max(note), count(*) FROM notes n WHERE n.tenant = o.tenant) WHERE o.tenant IN (SELECT tenant FROM notes) RETURNING *;

INSERT INTO orders AS o (tenant, id) VALUES (1, 1) ON CONFLICT (tenant, id) DO UPDATE SET note = (SELECT max(note) FROM notes n WHERE n.tenant = o.user_id);

INSERT INTO orders AS o (tenant, id, note) VALUES (1, 2, 'new'), (4, 2, NULL), (5, 99, 'inserted'), (8, 4, 'x') ON CONFLICT (tenant, id) DO UPDATE SET note = excluded.note || (SELECT coalesce(max(note), '-') FROM notes n WHERE n.tenant = o.user_id OR n.note = excluded.note), total = o.total + 1 RETURNING *;

INSERT INTO orders AS o (tenant, id) SELECT tenant, 3 FROM notes ON CONFLICT ON CONSTRAINT orders_pkey DO UPDATE SET (note, total) = (SELECT max(p.name), sum(p.price) + o.total FROM products p WHERE p.id <= o.total) WHERE o.user_id IN (SELECT tenant + 3 FROM notes) RETURNING *;

INSERT INTO products AS p (id, name, price) VALUES (1, 'again', 5), (50, 'fifty', 1) ON CONFLICT (id) DO UPDATE SET name = p.name || (SELECT count(*) FROM orders o WHERE o.total > p.price), price = excluded.price + (SELECT max(tenant) FROM notes WHERE tags[1] > 'a' AND tenant < p.price * 3) RETURNING *;

INSERT INTO users AS u (tenant, id) VALUES (1, 1), (2, 9) ON CONFLICT (tenant, id) DO UPDATE SET name = (SELECT string_agg(v.name, ',' ORDER BY v.name) FROM users v WHERE v.feeling = u.feeling AND v.extra @> u.extra), born = (SELECT max(born) FROM users w WHERE w.born < u.born + 200);

INSERT INTO orders AS o (tenant, id) VALUES (7, 1), (7, 1) ON CONFLICT (tenant, id) DO UPDATE SET note = (SELECT max(note) FROM notes n WHERE n.tenant > o.user_id);

WITH i AS (INSERT INTO orders AS o (tenant, id) VALUES (6, 1) ON CONFLICT (tenant, id) DO UPDATE SET note = (SELECT max(note) FROM notes n WHERE n.tenant > o.user_id) RETURNING note, total) SELECT * FROM i;

INSERT INTO words AS w VALUES (1, 'word 1', 10), (2, 'WORD 2', 20), (3, 'new', 30) ON CONFLICT (tenant, lower(word)) DO UPDATE SET seen = (SELECT sum(u.id) FROM users u WHERE u.id <= w.n + excluded.n), word = w.word || (SELECT max(note) FROM notes m WHERE m.tenant > w.n) RETURNING *;

INSERT INTO words AS w SELECT tenant, 'a ' || note, tenant % 5 FROM notes WHERE tenant > 0 ON CONFLICT (tenant, n) WHERE n > 2 DO UPDATE SET (word, seen) = (SELECT max(name), count(*) FROM users u WHERE u.id <= w.seen) WHERE EXISTS (SELECT FROM notes m WHERE m.note < w.word) RETURNING *;

INSERT INTO words AS w VALUES (1, 'x', 3), (1, 'y', 3) ON CONFLICT (tenant, n) WHERE n > 2 DO UPDATE SET seen = (SELECT count(*) FROM notes m WHERE m.tenant < w.seen);

INSERT INTO products AS p (id, name, price) VALUES (1, 'again', 5), (50, 'fifty', 1) ON CONFLICT (id) DO UPDATE SET price = p.price + (random() * 0)::int + length(gen_random_uuid()::text), name = excluded.name || (random() = random()) RETURNING id, name, price;

-- rows of types that only this session or node has
UPDATE orders SET note = n.note FROM notes n WHERE n.tenant = orders.tenant RETURNING n, orders.id, (n).note, ARRAY[n];

CREATE TEMP VIEW shown AS SELECT tenant, note || '!' AS note FROM notes WHERE tenant < 7;
CREATE DOMAIN pg_temp.short AS text CHECK (length(VALUE) < 20);
UPDATE orders SET note = s.note FROM shown s RIGHT JOIN users u ON u.tenant = s.tenant WHERE u.tenant = orders.tenant AND u.id = orders.id RETURNING s, s IS NULL, orders.*;
DELETE FROM lines USING shown WHERE shown.tenant = lines.tenant RETURNING shown, line;
MERGE INTO orders o USING shown s ON s.tenant = o.tenant AND id < 3 WHEN MATCHED THEN UPDATE SET note = s::text || (s).note WHEN NOT MATCHED THEN INSERT (tenant, id, note) VALUES (s.tenant, 500, s::text);
INSERT INTO archive SELECT tenant, 1, 2, ('x' || note)::pg_temp.short FROM shown RETURNING why::pg_temp.short;
UPDATE archive SET why = 'a' RETURNING why::pg_temp.short, id;
SELECT tenant, why::pg_temp.short FROM archive WHERE tenant = 4;
DROP VIEW shown;

-- modifications in WITH
WITH gone AS (DELETE FROM orders WHERE id = 6 RETURNING tenant, id, total) INSERT INTO archive SELECT * FROM gone;

WITH gone AS (DELETE FROM orders WHERE id = 6 RETURNING tenant, id, total) INSERT INTO archive SELECT * FROM gone RETURNING *, (SELECT count(*) FROM orders);

WITH gone AS (DELETE FROM orders WHERE tenant = ${3:int} AND id = 6 RETURNING *) SELECT *, (SELECT count(*) FROM orders) FROM gone;

WITH gone AS (DELETE FROM events WHERE tenant < 4 RETURNING *) SELECT tenant, count(*), (SELECT count(*) FROM events) FROM gone GROUP BY tenant ORDER BY tenant;

WITH up AS (UPDATE orders SET total = 0 WHERE id < 3 RETURNING tenant, id, total) SELECT o.tenant, o.id, o.total, up.total FROM orders o LEFT JOIN up USING (tenant, id) WHERE o.tenant < 4;

WITH a AS (UPDATE orders SET note = 'a' WHERE id = 1 RETURNING tenant), b AS (DELETE FROM lines WHERE order_id = 5 RETURNING tenant), c AS (INSERT INTO archive SELECT tenant, 1, 2 FROM users RETURNING tenant) SELECT (SELECT count(*) FROM a), (SELECT count(*) FROM b), (SELECT count(*) FROM c), (SELECT count(*) FROM archive);

WITH a AS (UPDATE orders SET note = 'a' WHERE id = 1), b AS (DELETE FROM lines), c AS (INSERT INTO products VALUES (60, 'sixty', 6)) SELECT count(*) FROM lines;

WITH a AS (INSERT INTO orders (tenant, id) VALUES (60, 1), (61, 1) RETURNING *) UPDATE users SET name = 'x' WHERE tenant IN (SELECT tenant - 58 FROM a) RETURNING tenant, id, name;

WITH a AS (INSERT INTO orders (tenant, id) SELECT 60, g FROM generate_series(1, 3) g RETURNING *), b AS (SELECT tenant, sum(id) AS s FROM a GROUP BY tenant) INSERT INTO archive SELECT tenant, s, 1 FROM b RETURNING *;

WITH a AS (UPDATE products SET price = 100 WHERE id < 3 RETURNING id, price), b AS (UPDATE settings SET value = 'b' RETURNING name) SELECT p.id, p.price, a.price, (SELECT count(*) FROM b) FROM products p LEFT JOIN a USING (id);

WITH a AS (UPDATE orders SET total = 1 WHERE tenant = 2 RETURNING id) UPDATE orders SET total = 2 WHERE tenant = 3 AND id IN (SELECT id FROM a);

WITH a AS (DELETE FROM lines WHERE tenant = 4 RETURNING order_id) DELETE FROM orders WHERE tenant = 4 AND id = 6;

WITH n AS (INSERT INTO notes VALUES (3, 'three') RETURNING *) UPDATE orders SET note = n.note FROM n WHERE n.tenant = orders.tenant RETURNING *;

WITH d AS (DELETE FROM notes RETURNING *) INSERT INTO archive (tenant, why) SELECT tenant, note FROM d RETURNING *;

WITH d AS (DELETE FROM archive RETURNING *), i AS (INSERT INTO notes SELECT tenant, why FROM d RETURNING *) SELECT count(*) FROM i;

WITH up AS (INSERT INTO settings VALUES ('new', 'one') RETURNING *) SELECT * FROM settings UNION ALL SELECT * FROM up;

WITH up AS (INSERT INTO orders (tenant, id, total) VALUES (1, 1, 7), (1, 99, 8), (2, 1, 9) ON CONFLICT (tenant, id) DO UPDATE SET total = excluded.total RETURNING tenant, id, total) SELECT tenant, count(*), sum(total) FROM up GROUP BY 1;

WITH up AS (UPDATE orders SET total = total + 1 RETURNING *) SELECT count(*) FROM (SELECT * FROM up LIMIT 3) s;

WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 3), d AS (DELETE FROM users WHERE id IN (SELECT n FROM t) RETURNING id) SELECT id, count(*) FROM d GROUP BY id;

WITH d AS (DELETE FROM users WHERE feeling = 'sad' RETURNING tenant, name), e AS (UPDATE orders SET note = d.name FROM (SELECT tenant, max(name) AS name FROM d GROUP BY tenant) d WHERE d.tenant = orders.tenant RETURNING orders.tenant) SELECT count(*) >= 0 FROM e;

WITH d AS (UPDATE users SET name = (SELECT max(note) FROM orders o WHERE o.id = users.id) RETURNING tenant, id, name) SELECT * FROM d;

WITH a AS (UPDATE orders SET total = 5 WHERE id = 1 RETURNING tenant), b AS (UPDATE orders SET total = 6 WHERE id = 1 AND tenant IN (SELECT tenant FROM a WHERE tenant > 100)) SELECT count(*) FROM a;

WITH a AS (SELECT tenant, id FROM users WHERE id = 1), b AS (DELETE FROM orders USING a WHERE orders.tenant = a.tenant AND orders.id = a.id RETURNING orders.*) SELECT tenant, id FROM b ORDER BY 1, 2;

WITH a AS (DELETE FROM orders WHERE tenant = 9 RETURNING *) SELECT count(*) FROM lines WHERE tenant = 9;

WITH a AS (INSERT INTO archive VALUES (1, 1, 1), (2, 2, 2) RETURNING *), b AS (INSERT INTO archive SELECT tenant + 10, id, total FROM a RETURNING *), c AS (INSERT INTO archive SELECT tenant + 10, id, total FROM b RETURNING *) SELECT * FROM c;

-- count: 3
PREPARE mixed(int) AS WITH d AS (DELETE FROM lines WHERE tenant = $1 RETURNING order_id) UPDATE orders SET note = 'gone' WHERE tenant = $1 + 1 AND id IN (SELECT order_id FROM d) RETURNING id, (SELECT count(*) FROM lines);
EXECUTE mixed(1);
EXECUTE mixed(4);

-- reference tables according to others
UPDATE products SET price = s.n FROM (SELECT product, count(*) AS n FROM lines GROUP BY product) s WHERE s.product = products.id;

UPDATE products SET price = price + 1 WHERE EXISTS (SELECT FROM lines WHERE product = products.id AND quantity > 3) RETURNING id, price;

UPDATE products p SET name = p.name || n.note FROM notes n WHERE n.tenant = p.id RETURNING p.*, n.note;

UPDATE products SET (price, tags) = (SELECT sum(quantity), array_agg(DISTINCT tenant::text) FROM lines WHERE product = products.id);

UPDATE products SET (price, tags) = (SELECT sum(quantity), array_agg(DISTINCT tenant::text) FROM lines WHERE product = products.id) WHERE id IN (SELECT product FROM lines) RETURNING id, price;

UPDATE products SET price = ${3:int} WHERE id = (SELECT max(product) FROM lines WHERE tenant = ${2:int}) RETURNING *;

DELETE FROM lines WHERE product > 5;
DELETE FROM products WHERE id NOT IN (SELECT product FROM lines WHERE product IS NOT NULL) RETURNING id;
INSERT INTO products SELECT 100 + tenant, min(name), 1 FROM users GROUP BY tenant HAVING tenant < 2;
UPDATE products SET id = id + 200 WHERE id > 5 AND EXISTS (SELECT FROM notes) RETURNING id;

DELETE FROM products USING users u WHERE u.id = products.id - 100 RETURNING products.id;

WITH gone AS (DELETE FROM lines WHERE quantity > 1 RETURNING product, quantity) UPDATE products p SET price = p.price + s.q FROM (SELECT product, sum(quantity) AS q FROM gone GROUP BY product) s WHERE s.product = p.id RETURNING p.id, p.price, (SELECT count(*) FROM lines);

WITH up AS (UPDATE products SET price = 50 WHERE id IN (SELECT tenant FROM notes) RETURNING id) SELECT p.id, p.price FROM products p JOIN up USING (id);

UPDATE tags SET label = label || '!', n = (SELECT count(*) FROM orders WHERE tenant = tags.n) WHERE n IN (SELECT tenant FROM notes) RETURNING *;

DELETE FROM tags USING users u WHERE u.tenant = tags.n RETURNING tags.label, u.id > 0;

INSERT INTO tags SELECT n, label FROM tags RETURNING *;
DELETE FROM tags WHERE n = (SELECT min(tenant) FROM users);

UPDATE products SET price = random() * 0 + 5 WHERE id < 3 RETURNING price;
SELECT id, price FROM products WHERE id < 4 ORDER BY id;

-- system columns
INSERT INTO orders (tenant, id) VALUES (1, 70), (2, 70), (30, 1) RETURNING tenant, xmax = 0, ctid IS NULL, tableoid::regclass;

INSERT INTO orders (tenant, id) SELECT tenant, id + 70 FROM users RETURNING xmax, cmin IS NULL;

INSERT INTO orders (tenant, id) VALUES (1, 1), (2, 70) ON CONFLICT (tenant, id) DO UPDATE SET note = 'x' RETURNING tenant, xmax::text = '0', note;

INSERT INTO products VALUES (90, 'ninety', 1) RETURNING xmax;

UPDATE orders SET note = 'y' WHERE id = 1 RETURNING tenant, xmax, tableoid::regclass;

-- in functions
CREATE FUNCTION pg_temp.archive_all(below int) RETURNS bigint LANGUAGE sql AS $$ WITH gone AS (DELETE FROM lines WHERE tenant < below RETURNING tenant, line), put AS (INSERT INTO archive SELECT tenant, line, 0 FROM gone RETURNING *) SELECT count(*) FROM put $$;
SELECT pg_temp.archive_all(3);
SELECT pg_temp.archive_all(5);
SELECT count(*) FROM archive;

DO $$ DECLARE r record; BEGIN FOR r IN WITH d AS (DELETE FROM events WHERE tenant < 5 RETURNING tenant) SELECT tenant, count(*) AS n FROM d GROUP BY tenant ORDER BY 1 LOOP INSERT INTO archive VALUES (r.tenant, r.n, 0); END LOOP; END $$;
SELECT * FROM archive ORDER BY tenant, id;

-- what queries of STABLE functions see: what there was before the statement that calls them
UPDATE orders SET total = 10 * id + tenant;

UPDATE orders SET total = total + 100 WHERE id < 4 RETURNING tenant, id, total, total_of(tenant, id), all_totals();

UPDATE orders SET total = total + 100 WHERE id < 4 RETURNING tenant, id, total, fixed_total(tenant, id);

WITH u AS (UPDATE orders SET total = total + 100 WHERE id < 4 RETURNING tenant, id, total, fixed_total(tenant, id)) SELECT *, fixed_total(tenant, id), total_of(tenant, id) FROM u;

UPDATE orders SET total = total + 1 WHERE tenant = ${3:int} AND id = 2 RETURNING total, total_of(3, 2), total_of(tenant, id), all_totals();

DELETE FROM orders WHERE tenant = ${3:int} AND id = 2 RETURNING total, total_of(tenant, id);

INSERT INTO orders (tenant, id, total) VALUES (3, 2, 50), (4, 80, 51) RETURNING total, total_of(tenant, id), all_totals();

SELECT total_of(t, 1), raise_total(t, 1), total_of(t, 1), all_totals() FROM generate_series(1, 8) t ORDER BY t;

SELECT raise_total(5, 1), total_of(5, 1), raise_total(5, 1), all_totals();

SELECT tenant, id, raise_total(tenant, id), total_of(tenant, id) FROM orders ORDER BY tenant, id;

INSERT INTO archive SELECT 100, raise_total(${2:int}, 2), (SELECT total FROM orders WHERE tenant = 2 AND id = 2) RETURNING *;
INSERT INTO archive VALUES (101, raise_total(2, 2), total_of(2, 2)), (102, raise_total(4, 2), (SELECT total FROM orders WHERE tenant = 4 AND id = 2)) RETURNING *;

WITH r AS MATERIALIZED (SELECT raise_total(6, 1) AS a) SELECT a, total, total_of(6, 1) FROM r, orders WHERE tenant = 6 AND id = 1;

DO $$ DECLARE a int; b int; BEGIN FOR t IN 1..8 LOOP SELECT raise_total(t, 1), total_of(t, 1) INTO a, b; IF a <> b + 1 THEN RAISE '% %: %', a, b, t; END IF; a := raise_total(t, 1); IF a <> total_of(t, 1) THEN RAISE '%: %', a, t; END IF; END LOOP; END $$;

CREATE TRIGGER adds_all BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION adds_all();
UPDATE orders SET total = total + 1 WHERE id < 4 RETURNING tenant, id, total;
UPDATE orders SET total = total + 1 WHERE tenant = 3;
SELECT tenant, id, total FROM orders WHERE id < 5;
DROP TRIGGER adds_all ON orders;

-- expressions of PL/pgSQL have a snapshot, too
DO $$ DECLARE n int; seen text; BEGIN FOR t IN 1..8 LOOP n := raise_total(t, 1) - total_of(t, 1); seen := concat(seen, n); IF is_raised(t, 1) AND total_of(t, 1) = 0 THEN RAISE 'zero'; END IF; seen := concat(seen, ' ', is_raised(t, 1), notes_of(t), is_raised(t, 1), notes_of(t), all_totals()); PERFORM set_config('test.seen', concat(current_setting('test.seen', true), seen), false); END LOOP; END $$;
SELECT current_setting('test.seen');

SELECT t, raise_twice(t, 1), total_of(t, 1), all_totals() FROM generate_series(1, 8) t ORDER BY t;

DO $$ DECLARE seen text; before text; BEGIN FOR t IN 1..8 LOOP BEGIN seen := concat(seen, raise_twice(t, 1), notes_of(t), CASE WHEN t % 3 = 0 THEN 1 / (t - t) END, notes_of(t)); EXCEPTION WHEN division_by_zero THEN seen := concat(seen, ' ', t, raise_total(t, 1), total_of(t, 1)); END; seen := concat(seen, ' ', total_of(t, 1)); END LOOP; PERFORM set_config('test.seen', seen, false); END $$;
SELECT current_setting('test.seen');

SELECT descend(${2:int}, 3), total_of(2, 1), total_of(3, 1);

DO $$ BEGIN PERFORM set_config('test.seen', concat(descend(5, 2), total_of(5, 1), descend(7, 3), total_of(7, 1)), false); END $$;
SELECT current_setting('test.seen');
SELECT tenant, id, total FROM orders WHERE id = 1;

DO $$ DECLARE r record; BEGIN FOR r IN SELECT t, total_of(t % 8 + 1, 1) AS n FROM generate_series(1, 80) t LOOP UPDATE orders SET total = total + r.n WHERE tenant = r.t % 8 + 1 AND id = 1; END LOOP; END $$;
SELECT tenant, id, total FROM orders WHERE id = 1;

BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT raise_total(5, 1), total_of(5, 1), raise_total(5, 1), all_totals();
SELECT raise_total(5, 1), total_of(5, 1), raise_total(7, 1), all_totals();
COMMIT;

INSERT INTO words VALUES (2, 'WORD 1', 9), (9, 'new', 9) ON CONFLICT (tenant, word COLLATE nocase) DO UPDATE SET n = excluded.n + (SELECT count(*) FROM lines l WHERE l.quantity > words.n), seen = (SELECT sum(length(words.word || name)) FROM products WHERE name > words.word) RETURNING *;

INSERT INTO words VALUES (3, 'Word 2', 9) ON CONFLICT (tenant, word text_pattern_ops) DO UPDATE SET word = (SELECT words.word || count(*) FROM orders WHERE id > words.n) RETURNING *;
