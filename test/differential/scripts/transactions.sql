Transactions, savepoints, cursors, PL/pgSQL, COPY.

--- include shop.tables

--- after
CREATE FUNCTION total_of(int) RETURNS numeric STABLE LANGUAGE sql AS 'SELECT sum(total) FROM orders WHERE tenant = $1';
CREATE FUNCTION twice(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT $1 * 2';
CREATE FUNCTION add_order(t int, o int, x numeric) RETURNS orders LANGUAGE plpgsql AS $$
DECLARE r orders;
BEGIN
	INSERT INTO orders (tenant, id, total) VALUES (t, o, x) RETURNING * INTO r;
	RETURN r;
EXCEPTION WHEN unique_violation THEN
	UPDATE orders SET total = total + x WHERE tenant = t AND id = o RETURNING * INTO r;
	RETURN r;
END $$;
CREATE FUNCTION walk() RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE u users; n int;
BEGIN
	FOR u IN SELECT * FROM users WHERE id = 1 ORDER BY tenant LOOP
		SELECT count(*) INTO n FROM orders WHERE tenant = u.tenant AND user_id = u.id;
		UPDATE users SET name = n || ' orders' WHERE tenant = u.tenant AND id = u.id;
		RETURN NEXT u.name || n;
		EXIT WHEN u.tenant = 7;
	END LOOP;
	RETURN QUERY SELECT name FROM users WHERE id = 1;
END $$;
CREATE FUNCTION dynamic(what text, VARIADIC keys int[]) RETURNS SETOF bigint LANGUAGE plpgsql AS $$
DECLARE k int; c refcursor; r record;
BEGIN
	FOREACH k IN ARRAY keys LOOP
		RETURN QUERY EXECUTE format('SELECT count(*) FROM %I WHERE tenant = $1', what) USING k;
	END LOOP;
	OPEN c FOR EXECUTE format('SELECT tenant FROM %I ORDER BY tenant, id', what);
	FETCH c INTO r;
	RETURN NEXT r.tenant;
	MOVE FORWARD 3 FROM c;
	FETCH c INTO r;
	RETURN NEXT r.tenant;
	CLOSE c;
END $$;
CREATE PROCEDURE in_pieces() LANGUAGE plpgsql AS $$
BEGIN
	FOR t IN 1 .. 4 LOOP
		UPDATE users SET name = 'piece ' || t WHERE tenant = t OR tenant = t + 4;
		IF t % 2 = 0 THEN ROLLBACK; ELSE COMMIT; END IF;
	END LOOP;
END $$;

--- here
CREATE TABLE notes (tenant int, note text);
INSERT INTO notes VALUES (1, 'local');

--- statements

BEGIN;
INSERT INTO orders (tenant, id) VALUES (1, 70), (2, 70), (3, 70), (4, 70);
UPDATE products SET price = 0 WHERE id = 1;
INSERT INTO notes VALUES (2, 'too');
COMMIT;
SELECT tenant FROM orders WHERE id = 70;

BEGIN;
INSERT INTO orders (tenant, id) VALUES (1, 71), (2, 71), (3, 71), (4, 71);
DELETE FROM lines;
SELECT count(*) FROM lines;
ROLLBACK;
SELECT count(*) FROM lines;
SELECT tenant FROM orders WHERE id = 71;

BEGIN;
UPDATE orders SET note = 'a' WHERE tenant = 1;
SAVEPOINT s1;
UPDATE orders SET note = 'b' WHERE tenant < 5;
SAVEPOINT s2;
DELETE FROM lines WHERE tenant = 2;
INSERT INTO orders (tenant, id) VALUES (1, 1);
ROLLBACK TO s2;
SELECT count(*) FROM lines WHERE tenant = 2;
SELECT DISTINCT note FROM orders WHERE tenant IN (1, 2);
ROLLBACK TO s1;
SELECT tenant, note FROM orders WHERE tenant < 3;
RELEASE s1;
UPDATE users SET name = 'c' WHERE tenant = 9;
COMMIT;
SELECT tenant, note FROM orders WHERE tenant < 3;
SELECT name FROM users WHERE tenant = 9;

BEGIN;
SAVEPOINT s;
SELECT 1 / (id - 3) FROM orders ORDER BY tenant, id;
SELECT 1;
ROLLBACK TO s;
SELECT count(*) FROM orders;
SAVEPOINT s;
INSERT INTO lines VALUES (1, 99, 1);
ROLLBACK TO s;
INSERT INTO lines VALUES (1, 2, 77);
COMMIT;
SELECT * FROM lines WHERE line = 77;

BEGIN;
INSERT INTO orders (tenant, id) VALUES (5, 1);
SELECT count(*) FROM orders;
COMMIT;
SELECT count(*) FROM orders;

BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT count(*) FROM orders;
INSERT INTO orders (tenant, id) VALUES (5, 90), (6, 90);
SELECT count(*) FROM orders;
SHOW transaction_isolation;
COMMIT;

BEGIN ISOLATION LEVEL SERIALIZABLE;
SELECT sum(total) FROM orders WHERE tenant = 3;
UPDATE orders SET total = total + 1 WHERE tenant = 3;
COMMIT;
SELECT sum(total) FROM orders;

BEGIN READ ONLY;
SELECT count(*) FROM orders WHERE tenant < 4;
UPDATE orders SET note = 'no' WHERE tenant = 4;
COMMIT;

BEGIN READ ONLY;
INSERT INTO orders (tenant, id) VALUES (1, 600), (2, 600);
COMMIT;

START TRANSACTION;
UPDATE orders SET note = 'chain' WHERE id = 1;
COMMIT AND CHAIN;
UPDATE orders SET note = 'rolled back' WHERE id = 2;
ROLLBACK AND CHAIN;
SELECT count(*) FROM orders WHERE note = 'chain' OR note = 'rolled back';
COMMIT;

-- deferred constraints
ALTER TABLE lines ADD CONSTRAINT later FOREIGN KEY (tenant, order_id) REFERENCES orders DEFERRABLE INITIALLY DEFERRED;

-- cursors
DECLARE c CURSOR FOR SELECT tenant, id FROM orders ORDER BY tenant, id;
FETCH 3 FROM c;
FETCH FORWARD 2 FROM c;
UPDATE orders SET note = 'between' WHERE tenant = 1;
FETCH NEXT FROM c;
MOVE 10 FROM c;
FETCH c;
FETCH ALL FROM c;
FETCH c;
CLOSE c;

DECLARE c SCROLL CURSOR FOR SELECT tenant, id FROM orders WHERE id < 3 ORDER BY tenant DESC, id;
FETCH LAST FROM c;
FETCH PRIOR FROM c;
FETCH FIRST FROM c;
FETCH ABSOLUTE 5 FROM c;
FETCH RELATIVE -2 FROM c;
FETCH BACKWARD 5 FROM c;

DECLARE a CURSOR FOR SELECT tenant, id FROM orders ORDER BY 1, 2;
DECLARE b NO SCROLL CURSOR FOR SELECT tenant, id FROM users ORDER BY 1 DESC, 2;
FETCH 2 FROM a;
FETCH 2 FROM b;
FETCH 2 FROM a;
SELECT count(*) FROM lines;
SAVEPOINT x;
FETCH 1 FROM b;
FETCH 9 FROM nothing;
ROLLBACK TO x;
FETCH 2 FROM b;
FETCH 2 FROM a;
FETCH BACKWARD 1 FROM b;

DECLARE c CURSOR FOR SELECT * FROM orders WHERE tenant = 3 ORDER BY id FOR UPDATE;
FETCH 2 FROM c;
UPDATE orders SET note = 'here' WHERE CURRENT OF c;

BEGIN;
DECLARE h SCROLL CURSOR WITH HOLD FOR SELECT tenant, id FROM orders ORDER BY 1, 2;
FETCH 2 FROM h;
COMMIT;
UPDATE orders SET note = 'after' WHERE tenant = 1;
FETCH 2 FROM h;
FETCH BACKWARD 1 FROM h;
CLOSE h;

DECLARE c BINARY CURSOR FOR SELECT tenant, name, feeling FROM users WHERE tenant = 3 ORDER BY id;
FETCH 2 FROM c;

DECLARE c CURSOR FOR SELECT tenant, 1 / (id - 4) FROM orders WHERE tenant = 2 ORDER BY id;
FETCH 5 FROM c;

-- functions
SELECT total_of(3), total_of(99);

SELECT tenant, total_of(tenant) FROM users WHERE id = 1;

SELECT count(*) FROM orders WHERE total_of(tenant) > 100;

SELECT tenant, twice(id) FROM users WHERE tenant = twice(2);

SELECT * FROM add_order(${1|50:int}, ${1:int}, ${7:numeric});

SELECT (add_order(t, 2, 1)).tenant FROM generate_series(9, 12) t;

SELECT * FROM walk();

SELECT count(*) FROM users, walk() w WHERE users.tenant < 2;

SELECT * FROM dynamic('orders', 1, 2, 77);

DO $$ BEGIN
	INSERT INTO orders (tenant, id) SELECT t, 60 FROM generate_series(1, 5) t;
	BEGIN
		INSERT INTO orders (tenant, id) VALUES (60, 1), (1, 60);
	EXCEPTION WHEN unique_violation THEN RAISE NOTICE 'caught %', SQLERRM;
	END;
	DELETE FROM users WHERE tenant = 2;
	RAISE NOTICE '% left', (SELECT count(*) FROM users);
END $$;

DO $$ DECLARE n int; BEGIN
	UPDATE orders SET note = 'do' WHERE id < 3;
	GET DIAGNOSTICS n = ROW_COUNT;
	RAISE NOTICE '% rows, found %', n, FOUND;
	PERFORM FROM orders WHERE tenant = 77;
	RAISE NOTICE 'found %', FOUND;
	SELECT tenant INTO STRICT n FROM orders WHERE id = 1;
END $$;

CALL in_pieces();
SELECT tenant, name FROM users WHERE id = 1;

-- autocommit
DO $$ BEGIN
	FOR t IN 1 .. 4 LOOP
		INSERT INTO orders (tenant, id) VALUES (t, 61);
		COMMIT;
	END LOOP;
	INSERT INTO orders (tenant, id) VALUES (7, 61);
	ROLLBACK;
END $$;
SELECT tenant FROM orders WHERE id = 61;

-- COPY
COPY orders (tenant, id, note, total) FROM STDIN;
1	500	first	1.5
2	500	\N	2.5
3	500	tab\there	3.5
\.
SELECT tenant, note, total FROM orders WHERE id = 500;

COPY users FROM STDIN (FORMAT csv, HEADER true, NULL '-');
tenant,id,name,born,feeling,extra
11,1,"quo""ted, name",2000-01-01,happy,"{""a"": 1}"
12,2,-,-,-,-
13,3,"two
lines",2000-02-29,sad,[]
\.
SELECT * FROM users WHERE tenant > 10;

COPY orders (tenant, id) FROM STDIN;
1	501
2	x
3	501
\.

COPY orders (tenant, id) FROM STDIN;
1	501
2	501
1	501
\.

COPY orders (tenant, id) FROM STDIN;
1	501
2
\.

COPY orders (tenant, id) FROM STDIN;
1	501
\N	502
\.

COPY orders (tenant, id, total) FROM STDIN;
1	501	1
2	502	-1
\.

COPY lines (tenant, order_id, line) FROM STDIN;
1	1	70
2	999	70
\.

COPY events (kind, tenant, amounts, period) FROM STDIN WITH (DELIMITER ';');
view;1;{1,2};[1,5)
\N;2;\N;empty
élan;3;{};(,)
\.
SELECT * FROM events WHERE at IS NULL;

COPY products FROM STDIN;
700	copied	1	{a,b}
701	copied too	2	\N
\.
SELECT * FROM products WHERE id >= 700;

COPY products FROM STDIN;
700	product 1	1	{a,b}
\.

COPY settings FROM STDIN;
a	b
c	\N
\.

COPY "Odd ""Name""" ("select", "The Key") FROM STDIN;
x	100
y	\N
\.
SELECT * FROM "Odd ""Name""" WHERE "The Key" = 100 OR "The Key" IS NULL;

COPY orders FROM STDIN WHERE id > 1;
1	1	1	2024-01-01	1	x
2	700	1	2024-01-01	1	x
\.

COPY empty FROM STDIN;
\.

COPY orders TO STDOUT;

COPY orders (id, tenant, note) TO STDOUT (FORMAT csv, HEADER true, FORCE_QUOTE (note));

COPY (SELECT tenant, count(*) FROM orders GROUP BY tenant ORDER BY 1) TO STDOUT;

COPY (SELECT tenant, id, note FROM orders WHERE tenant = 3 ORDER BY id) TO STDOUT (FORMAT binary);

COPY (DELETE FROM lines WHERE tenant = 3 RETURNING order_id, line) TO STDOUT;

COPY products TO STDOUT (DELIMITER '|');

COPY events TO STDOUT (NULL 'none');

COPY empty TO STDOUT;

COPY settings TO STDOUT;

-- other statements
CREATE TEMP TABLE copies AS SELECT * FROM orders WHERE id < 3;
SELECT count(*), sum(total) FROM copies;
SELECT count(*) FROM copies JOIN orders USING (tenant, id);
DROP TABLE copies;

SELECT tenant, total INTO TEMP sums FROM orders WHERE id = 4;
SELECT * FROM sums;
DROP TABLE sums;

CREATE MATERIALIZED VIEW totals AS SELECT tenant, sum(total) AS total FROM orders GROUP BY tenant;
UPDATE orders SET total = 0 WHERE tenant = 2;
SELECT * FROM totals;
REFRESH MATERIALIZED VIEW totals;
SELECT * FROM totals WHERE tenant = 2;
DROP MATERIALIZED VIEW totals;

LOCK TABLE orders IN EXCLUSIVE MODE;
UPDATE orders SET note = 'locked' WHERE id = 1;

ANALYZE orders;

-- ANALYZE does not take for gone what a rollback brings back
CREATE RULE nobody AS ON INSERT TO users WHERE new.name = 'nobody' DO INSTEAD NOTHING;
SAVEPOINT before;
DROP RULE nobody ON users;
ANALYZE users;
ROLLBACK TO before;
INSERT INTO users VALUES (1, -1, 'nobody'), (2, -1, 'nobody'), (3, -1, 'somebody');
SELECT * FROM users WHERE id = -1;

VACUUM orders;

PREPARE p AS SELECT * FROM orders WHERE tenant = $1 AND id = ANY ($2) ORDER BY id;
EXECUTE p(1, '{1,2}');
EXECUTE p(2, '{}');
EXECUTE p(3, NULL);
EXECUTE p(4, '{3}');
EXECUTE p(5, '{3}');
EXECUTE p(6, '{3}');
EXECUTE p(7, '{1,3}');
SET plan_cache_mode = force_generic_plan;
EXECUTE p(8, '{1,3}');
EXECUTE p(NULL, '{1,3}');
DEALLOCATE p;

PREPARE multi(int, text) AS SELECT o.tenant, count(*), $2 FROM orders o JOIN lines l ON l.tenant = o.tenant WHERE o.id > $1 GROUP BY 1 HAVING count(*) > $1 ORDER BY 1;
EXECUTE multi(1, 'a');
EXECUTE multi(4, NULL);
EXECUTE multi(3, 'a');
EXECUTE multi(2, 'a');
EXECUTE multi(2, 'b');
EXECUTE multi(2, 'c');
EXECUTE multi(NULL, 'c');
DEALLOCATE multi;

-- undefined
SET search_path = pg_catalog;
SELECT count(*) FROM nothing;

SET DateStyle = 'German, DMY';
SELECT placed, placed::date FROM orders WHERE tenant = 2;
SELECT count(*) FROM orders WHERE placed < '02.01.2024';

SET TimeZone = 'Asia/Tokyo';
SELECT placed FROM orders WHERE tenant < 3 AND id = 1;
SELECT count(*) FROM orders WHERE placed < '2024-01-01 12:00';
SELECT placed::date, count(*) FROM orders GROUP BY 1;
INSERT INTO orders (tenant, id, placed) VALUES (1, 800, '2024-05-05 00:00'), (2, 800, '2024-05-05 00:00') RETURNING placed;

SET extra_float_digits = -3;
SELECT 1 / id::float8, (1 / id::float8)::text FROM orders WHERE tenant = 3;

SET bytea_output = escape;
SELECT convert_to(note, 'UTF8'), convert_to(note, 'UTF8')::text FROM orders WHERE tenant = 1;

SET IntervalStyle = sql_standard;
SELECT (id * interval '1 day 2 hours')::text FROM orders WHERE id < 3;

SET client_encoding = LATIN1;
SELECT kind FROM events WHERE kind LIKE '_lan' AND tenant = 3;
SELECT kind FROM events WHERE kind > 'z';

SET standard_conforming_strings = off;
SELECT note, 'a' FROM orders WHERE note = 'note 1' AND id < 3;

SET transform_null_equals = on;
SELECT tenant, id FROM orders WHERE note = NULL;

SET LOCAL statement_timeout = '1ms';
SELECT count(*) FROM orders a, orders b, orders c, orders d;

-- a cursor does not see what changes after it was opened
DECLARE c CURSOR FOR SELECT tenant, id, note FROM orders ORDER BY tenant, id;
UPDATE orders SET note = 'new' WHERE id = 1;
DELETE FROM orders WHERE id > 4;
INSERT INTO orders (tenant, id) VALUES (1, 100), (2, 100);
FETCH ALL FROM c;

-- ordered
DECLARE c SCROLL CURSOR FOR SELECT o.tenant, o.id, e.kind FROM orders o JOIN events e USING (tenant) WHERE o.id IN (SELECT id FROM users) ORDER BY 1, 2, e.at;
DELETE FROM events;
UPDATE users SET name = 'new';
FETCH 3 FROM c;
DELETE FROM orders WHERE tenant < 9;
FETCH 200 FROM c;
FETCH BACKWARD 4 FROM c;

DECLARE c CURSOR FOR SELECT * FROM users WHERE tenant = ${3|4|5:int};
UPDATE users SET name = 'new';
FETCH ALL FROM c;
CLOSE c;

DO $$ DECLARE c CURSOR FOR SELECT tenant, id FROM users ORDER BY 1, 2; r record; s text := ''; BEGIN
	OPEN c;
	DELETE FROM users WHERE id > 1;
	LOOP FETCH c INTO r; EXIT WHEN NOT FOUND; s := s || r::text; END LOOP;
	INSERT INTO settings VALUES ('seen', s);
END $$;
SELECT * FROM settings;
