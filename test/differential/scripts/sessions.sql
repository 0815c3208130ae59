What a session brings with it: settings, temporary tables, cursors, prepared statements, roles, PL/pgSQL. And forms of
statements that are met seldom.

--- include shop.tables

--- variants
coordinator
worker
prepared
single

--- everywhere
DO $$ BEGIN IF to_regrole('ann') IS NULL THEN CREATE ROLE ann LOGIN; END IF; END $$;

CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF NEW.at IS NULL THEN NEW.at := '2024-02-01 00:00 ' || 'EST'; END IF;
	ASSERT NEW.k < 4 OR current_setting('plpgsql.check_asserts') = 'on', 'too large';
	NEW.seen := concat_ws('; ', current_user || ' of ' || session_user, quote_ident('a'), date '2024-02-01', current_setting('TimeZone'), '1 day'::interval,
		to_char(1234.5, '9G999D9'), '\x41'::bytea, 1.0::float8 / 3, current_setting('myapp.tenant', true), to_tsvector('cats'));
	RETURN NEW;
END $$;

CREATE FUNCTION note_time() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.same := NEW.at = now(); NEW.at := NULL; RETURN NEW; END $$;

--- tables
CREATE TABLE dated (k int PRIMARY KEY, v int, at timestamptz, same boolean);
CREATE TRIGGER note_time BEFORE UPDATE ON dated FOR EACH ROW EXECUTE FUNCTION note_time();
ALTER TABLE dated ENABLE ROW LEVEL SECURITY;
CREATE POLICY just_now ON dated USING (current_setting('myapp.now', true)::timestamptz = now());
GRANT SELECT ON dated TO ann;
CREATE TABLE stamps (k int, at timestamptz, seen text);
CREATE TRIGGER stamp BEFORE UPDATE ON stamps FOR EACH ROW EXECUTE FUNCTION stamp();
CREATE TABLE times (k int, at timestamptz, d date, i interval, f float8, b bytea, m numeric, x text);
GRANT SELECT ON orders, times TO ann;
GRANT SELECT, UPDATE ON stamps TO ann;

--- distribute
SELECT create_distributed_table('times', 'k');
SELECT create_distributed_table('stamps', 'k');
SELECT create_distributed_table('dated', 'k');

--- data
INSERT INTO dated SELECT k, k FROM generate_series(1, 20) k;
INSERT INTO stamps SELECT k FROM generate_series(1, 5) k;
INSERT INTO times SELECT k, timestamptz '2024-03-31 00:30:00+00' + k * interval '7 hours', date '2024-02-27' + k,
	k * interval '1 month 3 days 04:05:06.789', k / 3.0, decode(lpad(to_hex(k), 4, '0'), 'hex'), k / 7.0, 'x' || k FROM generate_series(1, 12) k;
INSERT INTO times VALUES (NULL, NULL, NULL, NULL, 'NaN', NULL, 'NaN', NULL), (13, 'infinity', '-infinity', '0', '-0', '', 0, '');

--- after
CREATE FUNCTION rows_of(refcursor, text) RETURNS refcursor LANGUAGE plpgsql AS $$
BEGIN
	OPEN $1 SCROLL FOR EXECUTE 'SELECT tenant, id FROM ' || quote_ident($2) || ' ORDER BY 1, 2';
	RETURN $1;
END $$;
CREATE FUNCTION stamp_all() RETURNS void LANGUAGE plpgsql SET TimeZone = 'Asia/Tokyo' SET DateStyle = 'German' SET IntervalStyle = 'iso_8601'
	SET extra_float_digits = -10 SET bytea_output = 'escape' SET myapp.tenant = '7' SET default_text_search_config = 'english'
	SET timezone_abbreviations = 'Australia' AS $$
BEGIN
	UPDATE stamps SET at = NULL WHERE k = 1;
	UPDATE stamps SET at = NULL WHERE k > 2;
END $$;
CREATE FUNCTION local_settings() RETURNS SETOF text LANGUAGE plpgsql SET TimeZone = 'Asia/Tokyo' SET DateStyle = 'German' AS $$
BEGIN
	RETURN QUERY SELECT at::text || ' ' || d FROM times WHERE k < 4 ORDER BY k;
	PERFORM set_config('IntervalStyle', 'iso_8601', true);
	RETURN QUERY SELECT i::text FROM times WHERE k = 2;
END $$;
CREATE FUNCTION change_in_pieces(n int) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	r record; done int := 0; failed int := 0;
BEGIN
	FOR r IN SELECT tenant, id FROM orders WHERE id <= n ORDER BY tenant, id LOOP
		BEGIN
			UPDATE orders SET total = total / (tenant - 3) WHERE tenant = r.tenant AND id = r.id;
			done := done + 1;
		EXCEPTION WHEN division_by_zero OR check_violation THEN
			failed := failed + 1;
			UPDATE orders SET note = SQLSTATE WHERE tenant = r.tenant AND id = r.id;
		END;
	END LOOP;
	RETURN done || ' done, ' || failed || ' failed';
END $$;
CREATE FUNCTION diagnose(t int, i int) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	c text; tab text; con text; msg text; det text;
BEGIN
	INSERT INTO orders (tenant, id) VALUES (t, i);
	RETURN 'inserted';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS c = RETURNED_SQLSTATE, tab = TABLE_NAME, con = CONSTRAINT_NAME, msg = MESSAGE_TEXT, det = PG_EXCEPTION_DETAIL;
	RETURN concat_ws('|', c, tab, con, msg, det);
END $$;
CREATE FUNCTION counts() RETURNS TABLE (what text, n bigint) LANGUAGE plpgsql AS $$
DECLARE
	t text;
BEGIN
	FOREACH t IN ARRAY ARRAY['users', 'orders', 'products', 'settings'] LOOP
		RETURN QUERY EXECUTE format('SELECT %L::text, count(*) FROM %I', t, t);
	END LOOP;
END $$;
CREATE FUNCTION with_temp() RETURNS SETOF bigint LANGUAGE plpgsql AS $$
BEGIN
	CREATE TEMP TABLE picked ON COMMIT DROP AS SELECT tenant, id FROM orders WHERE total > 50;
	INSERT INTO picked SELECT tenant, id FROM users WHERE id = 1;
	RETURN QUERY SELECT count(*) FROM picked;
	RETURN QUERY SELECT count(*) FROM orders o JOIN picked p USING (tenant, id);
	UPDATE orders o SET note = 'picked' FROM picked p WHERE p.tenant = o.tenant AND p.id = o.id;
	RETURN QUERY SELECT count(*) FROM orders WHERE note = 'picked';
END $$;

--- here
CREATE TABLE notes (tenant int, note text);
INSERT INTO notes SELECT t, 'local ' || t FROM generate_series(0, 12, 2) t;

--- statements
SET LOCAL TimeZone = 'America/New_York';
SELECT k, at, at::date, date_trunc('day', at), extract(hour FROM at), at::text FROM times ORDER BY k;
SELECT at::date, count(*) FROM times GROUP BY 1;
SELECT k FROM times WHERE at::date = '2024-03-31' OR at = '2024-04-01 03:30';
SET LOCAL TimeZone = 'Australia/Lord_Howe';
SELECT date_trunc('day', at), count(*) FROM times GROUP BY 1 ORDER BY 1;
UPDATE times SET x = at::text, d = at::date WHERE k < 5 RETURNING *;

SET LOCAL DateStyle = 'SQL, DMY';
SELECT k, at, d, d::text, '03/04/2024'::date = d FROM times ORDER BY k;
SELECT k FROM times WHERE d = '01/03/2024';
INSERT INTO times (k, d) VALUES (50, '05/06/2024'), (51, '05/06/2024') RETURNING d, d::text;
UPDATE times SET d = '07/08/2024' WHERE k = 1 RETURNING d - date '2024-08-07';

SET LOCAL IntervalStyle = 'sql_standard';
SELECT k, i, i::text FROM times ORDER BY k;
UPDATE times SET x = i::text;
SELECT x FROM times ORDER BY k;

SET LOCAL extra_float_digits = -10;
SELECT k, f, f::text FROM times ORDER BY k;
UPDATE times SET x = f::text;
SET LOCAL extra_float_digits = 3;
SELECT x, f::text, f = x::float8 FROM times ORDER BY k;

SET LOCAL bytea_output = 'escape';
SELECT k, b, b::text, length(b) FROM times ORDER BY k;
SELECT max(b::text) FROM times;

-- undefined
SET LOCAL search_path = pg_catalog;
SELECT count(*) FROM orders;

SET LOCAL lc_numeric = 'C';
SELECT to_char(m, '9D999'), to_char(at, 'TMDay') FROM times WHERE k = 3;

SET LOCAL row_security = off;
SELECT count(*) FROM times;

-- as: ann
SET LOCAL TimeZone = 'Asia/Tokyo';
SELECT at FROM times WHERE k = 1;
INSERT INTO times (k) VALUES (1);

SET LOCAL ROLE ann;
SELECT count(*) FROM orders;
SAVEPOINT s;
DELETE FROM orders;
ROLLBACK TO s;
SELECT count(*) FROM users;
ROLLBACK TO s;
RESET ROLE;
DELETE FROM lines;
SELECT current_user, count(*) FROM users;

-- undefined
SET LOCAL myapp.tenant = '4';
SELECT id FROM orders WHERE tenant = current_setting('myapp.tenant')::int;
SELECT count(*) FROM orders WHERE tenant < current_setting('myapp.tenant')::int;
SELECT count(*) FROM orders WHERE current_setting('myapp.nothing', true) IS NULL;
SELECT current_setting('myapp.other') FROM orders;

SAVEPOINT s;
SET LOCAL TimeZone = 'Asia/Kolkata';
SELECT at FROM times WHERE k IN (1, 2);
ROLLBACK TO s;
SELECT at FROM times WHERE k IN (1, 2);

SELECT * FROM local_settings();
SHOW TimeZone;
SELECT at FROM times WHERE k = 1;

-- now() is one on all nodes
UPDATE dated SET v = v + 1, at = now();
SELECT same, count(*) FROM dated GROUP BY 1;
SAVEPOINT s;
UPDATE dated SET v = 0, at = now() WHERE k < 8;
ROLLBACK TO s;
INSERT INTO dated SELECT k, 0, now() FROM generate_series(15, 20) k ON CONFLICT (k) DO UPDATE SET v = excluded.v, at = excluded.at;
UPDATE dated SET k = k + 100, at = now() WHERE k < 5;
SELECT same, count(*) FROM dated GROUP BY 1;

SELECT length(set_config('myapp.now', now()::text, true)) > 0;
SET LOCAL ROLE ann;
SELECT count(*) FROM dated;
SELECT v FROM dated WHERE k = 7;

SELECT change_in_pieces(3);
SELECT tenant, id, total, note FROM orders WHERE id <= 3;

SELECT diagnose(${1|2|77:int}, ${1|99|1:int});

SELECT * FROM counts();

SELECT with_temp();
SELECT tenant, id FROM orders WHERE note = 'picked';

CREATE TEMP TABLE mine (tenant int, what text);
INSERT INTO mine SELECT tenant, string_agg(id::text, ',' ORDER BY id) FROM orders WHERE total > 10 GROUP BY tenant;
SELECT * FROM mine ORDER BY 1;
SELECT u.name, m.what FROM users u JOIN mine m USING (tenant) WHERE u.id = 2;
SELECT m.tenant, u.id FROM mine m LEFT JOIN users u ON u.tenant = m.tenant AND u.id > 3;
UPDATE users SET name = what FROM mine WHERE mine.tenant = users.tenant AND users.id = 1 RETURNING name;
DELETE FROM mine USING users WHERE users.tenant = mine.tenant AND users.name LIKE '%4%' RETURNING mine.*;
INSERT INTO orders (tenant, id, note) SELECT tenant, 500, what FROM mine RETURNING *;
DELETE FROM orders WHERE tenant IN (SELECT tenant FROM mine) AND id = 500;
WITH x AS (INSERT INTO mine VALUES (100, 'new') RETURNING *) SELECT x.what, (SELECT count(*) FROM orders) FROM x;
DROP TABLE mine;

CREATE TEMP VIEW v AS SELECT tenant, count(*) AS n FROM orders GROUP BY tenant;
SELECT * FROM v WHERE tenant = 3;
SELECT sum(n) FROM v;

CREATE TEMP SEQUENCE s;
SELECT count(DISTINCT n), max(n) FROM (SELECT nextval('s') AS n FROM orders) q;
WITH u AS (UPDATE times SET m = 0 * nextval('s') RETURNING m) SELECT count(*) FROM u;
SELECT currval('s');

DECLARE c SCROLL CURSOR WITH HOLD FOR SELECT tenant, id FROM orders ORDER BY total, tenant, id;
FETCH 2 FROM c;
FETCH BACKWARD 1 FROM c;
FETCH LAST FROM c;
FETCH ABSOLUTE -3 FROM c;
MOVE BACKWARD 2 IN c;
FETCH PRIOR FROM c;
CLOSE c;

-- autocommit
DECLARE h CURSOR WITH HOLD FOR SELECT tenant, id FROM users ORDER BY tenant DESC, id;
FETCH 3 FROM h;
DELETE FROM orders WHERE tenant = 9 AND id = 6;
FETCH RELATIVE 2 FROM h;
CLOSE h;

SELECT rows_of('rc', 'users');
FETCH 3 FROM rc;
FETCH BACKWARD 2 FROM rc;
MOVE LAST FROM rc;
FETCH RELATIVE 0 FROM rc;
CLOSE rc;

DECLARE a CURSOR FOR SELECT k FROM times ORDER BY k;
FETCH 2 FROM a;
SAVEPOINT s;
FETCH 1 FROM a;
UPDATE times SET k = k WHERE k = 3;
SELECT 1 / (k - 5) FROM times WHERE k = 5;
ROLLBACK TO s;
FETCH 1 FROM a;
CLOSE a;

DECLARE a CURSOR FOR SELECT t.k, o.id FROM times t JOIN orders o ON o.tenant = t.k WHERE t.k = 4 ORDER BY 2;
DECLARE b CURSOR FOR SELECT tenant, id FROM orders WHERE tenant = 4 ORDER BY 2 DESC;
FETCH 1 FROM a;
FETCH 1 FROM b;
FETCH 2 FROM a;
DELETE FROM lines WHERE tenant = 4;
FETCH ALL FROM b;
FETCH ALL FROM a;

SET LOCAL plan_cache_mode = force_generic_plan;
PREPARE p (int, text) AS SELECT id, note FROM orders WHERE tenant = $1 AND (note = $2 OR $2 IS NULL);
EXECUTE p (3, NULL);
EXECUTE p (3, 'note 3');
EXECUTE p (NULL, NULL);
PREPARE q (int[]) AS SELECT tenant, id FROM orders WHERE tenant = ANY ($1) AND id = 1;
EXECUTE q ('{1,2,3,NULL}');
EXECUTE q ('{}');
EXECUTE q (NULL);
PREPARE u (int, numeric) AS UPDATE orders SET total = total + $2 WHERE tenant = $1 AND id = 2 RETURNING total;
EXECUTE u (1, 0.5);
EXECUTE u (4, 1);
PREPARE i (int, text) AS INSERT INTO times (k, x) VALUES ($1, $2) RETURNING k, x;
EXECUTE i (7, 'seven');
EXECUTE i (NULL, 'none');
PREPARE g AS SELECT kind, count(*) FROM events GROUP BY kind;
EXECUTE g;
DEALLOCATE ALL;

SET LOCAL plan_cache_mode = force_custom_plan;
PREPARE p AS SELECT * FROM orders WHERE tenant = $1 AND id = $2 + 1;
EXECUTE p (3, 1);
EXECUTE p ('4', '2');

PREPARE p AS SELECT count(*) FROM times WHERE k = $1;
EXECUTE p (1);
ALTER TABLE times ADD COLUMN extra int DEFAULT 5;
EXECUTE p (1);
PREPARE r AS SELECT * FROM times WHERE k = $1;
EXECUTE r (2);
ALTER TABLE times DROP COLUMN extra;
EXECUTE r (2);

SELECT * FROM orders WHERE tenant = ${3:int} AND note = ${note 3:text};

SELECT tenant, id FROM orders ORDER BY total, tenant FETCH FIRST 5 ROWS WITH TIES;

SELECT note FROM orders ORDER BY note FETCH FIRST 4 ROWS WITH TIES;

SELECT tenant, count(*) FROM orders WHERE tenant = 4 GROUP BY tenant ORDER BY count(*) FETCH FIRST ROW WITH TIES;

-- count
SELECT * FROM orders TABLESAMPLE BERNOULLI (100);

SELECT count(*) FROM orders TABLESAMPLE SYSTEM (100) REPEATABLE (3);

SELECT count(*) FROM orders TABLESAMPLE BERNOULLI (0);

SELECT count(*) FROM orders o TABLESAMPLE BERNOULLI (100) JOIN users u USING (tenant, id);

SELECT percentile_cont(ARRAY[0.1, 0.5]) WITHIN GROUP (ORDER BY total) FROM orders GROUP BY tenant % 2;

SELECT tenant % 2, mode() WITHIN GROUP (ORDER BY note), rank(20) WITHIN GROUP (ORDER BY total DESC) FROM orders GROUP BY 1;

SELECT tenant, count(*), grouping(tenant, note) FROM orders GROUP BY ROLLUP (tenant, note) HAVING count(*) > 2;

SELECT count(*) FROM orders GROUP BY GROUPING SETS ((tenant), (), ()) ORDER BY 1;

SELECT DISTINCT ON (o.note) o.note, o.tenant, l.line FROM orders o JOIN lines l ON l.tenant = o.tenant AND l.order_id = o.id ORDER BY o.note, o.tenant DESC, o.id, l.line DESC;

SELECT a.id, b.id FROM (SELECT * FROM orders WHERE tenant = 2) a FULL JOIN (SELECT * FROM users WHERE tenant = 3) b ON a.id = b.id;

SELECT o.note, n.note FROM orders o FULL JOIN notes n ON o.note = replace(n.note, 'local', 'note') WHERE o.id IS NULL OR o.id = 1;

SELECT s.* FROM users u CROSS JOIN LATERAL (SELECT o.id, row_number() OVER (ORDER BY o.total DESC) AS r FROM orders o WHERE o.tenant = u.tenant LIMIT 2) s WHERE u.id = 1;

SELECT t, t.k, (t).x, to_jsonb(t) FROM times t WHERE k = 3;

SELECT row_to_json(s) FROM (SELECT tenant, array_agg(o ORDER BY id) AS rows FROM orders o WHERE id < 3 GROUP BY tenant) s;

SELECT t.* IS NULL, t IS DISTINCT FROM NULL, count(*) FROM times t GROUP BY 1, 2;

SELECT tableoid::regclass, count(*), count(ctid), bool_and(xmin IS NOT NULL) FROM times GROUP BY 1;

SELECT x.tableoid::regclass FROM (SELECT tableoid FROM orders WHERE tenant = 1 UNION ALL SELECT tableoid FROM products) x GROUP BY 1;

SELECT o.tableoid = u.tableoid FROM orders o LEFT JOIN users u ON u.tenant = o.tenant AND u.id = 99 WHERE o.tenant < 3;

WITH RECURSIVE tree (tenant, id, depth) AS (
	SELECT tenant, id, 1 FROM users WHERE id = 1
	UNION ALL SELECT o.tenant, o.id, t.depth + 1 FROM tree t JOIN orders o ON o.tenant = t.tenant AND o.id = t.id + 1 WHERE t.depth < 4)
SELECT depth, count(*), max(tenant) FROM tree GROUP BY depth;

WITH RECURSIVE r AS (SELECT 1 AS n UNION SELECT (SELECT min(tenant) FROM orders WHERE tenant > n) FROM r WHERE n IS NOT NULL) SELECT * FROM r;

SELECT tenant FROM orders WHERE user_id NOT IN (SELECT user_id FROM orders WHERE tenant = 1) AND tenant = 2;

SELECT count(*) FROM orders WHERE (user_id, id) NOT IN (SELECT user_id, id FROM orders WHERE tenant = 1);

SELECT jsonb_agg(extra ORDER BY tenant, id) -> 3 -> 'list', jsonb_object_agg(tenant || '-' || id, extra ->> 'n') -> '3-2' FROM users;

SELECT j.key, count(*) FROM users, LATERAL jsonb_each(extra) j GROUP BY 1;

SELECT tenant, x FROM users, jsonb_to_record(extra) AS x(n int, list int[]) WHERE id = 2;

SELECT tag, count(*) FROM products p, unnest(tags) WITH ORDINALITY AS u(tag, n) JOIN lines l ON l.line = n GROUP BY tag;

SELECT unnest(amounts), kind FROM events WHERE kind = 'buy' ORDER BY 1, 2;

SELECT generate_series(1, id), tenant FROM users WHERE tenant < 3;

SELECT (SELECT sum(x) FROM unnest(amounts) x), period * int4range(3, 20), at - lag(at) OVER (ORDER BY at) FROM events WHERE tenant = 3 ORDER BY at;

SELECT first_value(id) OVER w, last_value(total) OVER w, sum(total) FILTER (WHERE id > 2) OVER w FROM orders WINDOW w AS (PARTITION BY note ORDER BY tenant, id ROWS BETWEEN 2 PRECEDING AND CURRENT ROW EXCLUDE CURRENT ROW);

(SELECT tenant FROM orders WHERE id = 1 ORDER BY tenant LIMIT 3) UNION ALL (SELECT id FROM users WHERE tenant = 2 ORDER BY id DESC LIMIT 1) ORDER BY 1;

SELECT tenant FROM orders INTERSECT (SELECT tenant FROM users EXCEPT SELECT tenant FROM notes);

SELECT * FROM (VALUES (1, 'a'), (2, 'b')) v (tenant, x) JOIN users USING (tenant) WHERE id = 1;

VALUES ((SELECT count(*) FROM orders), (SELECT max(id) FROM users WHERE tenant = 3));

TABLE settings;

SELECT xmlelement(name o, xmlattributes(tenant, id), note)::text FROM orders WHERE tenant = 2;

SELECT kind SIMILAR TO '(v|b)%', kind ~* 'RET', kind BETWEEN SYMMETRIC 'z' AND 'a', overlay(kind placing 'X' from 1 for 1) FROM events GROUP BY kind;

SELECT * FROM orders WHERE (placed, interval '1 hour') OVERLAPS (timestamptz '2024-01-01 02:00+00', timestamptz '2024-01-01 03:00+00') AND tenant = 1;

SELECT count(*) FROM orders WHERE ROW(tenant, id) >= ROW(5, 3) AND (tenant, id) IS NOT DISTINCT FROM (6, 2);

DO $$ DECLARE n int; BEGIN SELECT count(*) INTO STRICT n FROM orders WHERE tenant = 3; UPDATE orders SET note = n::text WHERE tenant = 3; IF NOT FOUND THEN RAISE EXCEPTION 'none'; END IF; END $$;

DO $$ DECLARE r record; BEGIN SELECT * INTO STRICT r FROM orders WHERE tenant = 3; END $$;

DO $$ DECLARE r orders; BEGIN FOR r IN UPDATE orders SET note = 'loop' WHERE id = 2 RETURNING * LOOP INSERT INTO times (k, x) VALUES (r.tenant, r.note || r.id); END LOOP; END $$;

DO $$ DECLARE c CURSOR (t int) FOR SELECT id FROM orders WHERE tenant = t ORDER BY id; x int; BEGIN OPEN c (4); FETCH c INTO x; MOVE NEXT FROM c; FETCH c INTO x; CLOSE c; UPDATE settings SET value = x::text WHERE name = 'currency'; END $$;

DO $$ BEGIN FOR i IN 1 .. 3 LOOP BEGIN INSERT INTO orders (tenant, id) VALUES (i, i), (i + 1, 600 + i); EXCEPTION WHEN unique_violation THEN INSERT INTO orders (tenant, id) VALUES (i, 700 + i); END; END LOOP; END $$;

COPY (SELECT tenant, id, note FROM orders WHERE tenant < 3 ORDER BY 1, 2) TO STDOUT (FORMAT csv, HEADER, FORCE_QUOTE (note), NULL 'nil', DELIMITER ';');

COPY times (k, x, m) FROM STDIN (FORMAT csv, HEADER, DELIMITER '|', QUOTE '''', NULL 'nil', FORCE_NOT_NULL (x));
k|x|m
100|'a|b'|1.5
101||nil
102|nil|2
\.
SELECT * FROM times WHERE k >= 100;

COPY times (k, m) FROM STDIN;
1	2.5
2	bad
\.

COPY times (k, m) FROM STDIN WITH (FORMAT csv);
1,2.5
2,"3"
three,4
\.

COPY times (k, m) FROM STDIN;
1	2.5
2
\.

COPY times (k, m) FROM STDIN;
1	2.5	7
\.

COPY orders (tenant, id, total) FROM STDIN;
50	1	5
51	1	6
52	1	-7
\.

COPY orders (tenant, id, total) FROM STDIN;
50	1	5
3	3	6
\.

COPY lines FROM STDIN (FORMAT csv);
1,1,77,1,1
2,99,77,1,1
\.

COPY times (k, x) FROM STDIN WHERE k > 201;
200	a
201	b
202	c
203	\N
\.
SELECT k, x FROM times WHERE k >= 200;

-- undefined
COPY times (nothing) FROM STDIN;
1
\.

COPY orders TO STDOUT (FORMAT csv);

COPY times TO STDOUT (FORMAT text, NULL '-');

-- settings that functions on the nodes see
SET LOCAL timezone_abbreviations = 'Australia';
UPDATE stamps SET at = NULL;
SELECT * FROM stamps ORDER BY k;
SET LOCAL timezone_abbreviations = 'Default';
SET LOCAL quote_all_identifiers = on;
SET LOCAL plpgsql.check_asserts = off;
SET LOCAL DateStyle = 'SQL, DMY';
UPDATE stamps SET at = NULL WHERE k < 3;
UPDATE stamps SET at = NULL WHERE k = ${3:int};
SELECT * FROM stamps ORDER BY k;

-- roles on the nodes
SET LOCAL ROLE ann;
UPDATE stamps SET at = '2024-05-05 00:00+00' WHERE k = ${2:int};
SELECT k, seen LIKE 'ann of %' FROM stamps ORDER BY k;
RESET ROLE;
UPDATE stamps SET at = '2024-05-05 00:00+00';
SELECT k, seen LIKE 'ann of %' FROM stamps ORDER BY k;

SELECT stamp_all();
SELECT * FROM stamps ORDER BY k;
