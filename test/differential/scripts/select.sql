SELECT in every shape.

--- include shop.tables

--- after
CREATE FUNCTION orders_of(int) RETURNS SETOF orders LANGUAGE sql STABLE AS 'SELECT * FROM orders WHERE tenant = $1';
CREATE FUNCTION names() RETURNS TABLE (who text, n bigint) LANGUAGE sql STABLE
	AS 'SELECT name, count(*) FROM users GROUP BY name ORDER BY name';
CREATE FUNCTION kinds() RETURNS SETOF text LANGUAGE sql STABLE BEGIN ATOMIC SELECT DISTINCT kind FROM events; END;
CREATE FUNCTION odd() RETURNS SETOF "Odd ""Name""" LANGUAGE sql STABLE AS 'SELECT * FROM "Odd ""Name"""';

--- here
CREATE TABLE notes (tenant int, note text);
INSERT INTO notes SELECT t, 'local ' || t FROM generate_series(0, 12, 2) t;
CREATE VIEW big_orders AS SELECT * FROM orders WHERE total > 20;
CREATE TEMP VIEW mine AS SELECT * FROM users WHERE id < 3;
CREATE VIEW in_order AS SELECT tenant, id, note FROM orders ORDER BY total DESC, tenant, id;
CREATE VIEW per_tenant AS SELECT tenant, count(*) AS n, sum(total) AS total FROM orders GROUP BY tenant;
CREATE VIEW with_lines AS SELECT o.tenant, o.id, o.note, l.line, l.product, p.name, p.price * l.quantity AS price
	FROM orders o JOIN lines l ON l.tenant = o.tenant AND l.order_id = o.id LEFT JOIN products p ON p.id = l.product;

--- statements

-- by key
SELECT * FROM orders WHERE tenant = ${3|4|11|NULL:int};

SELECT * FROM orders WHERE tenant = ${3|4:int} AND id = ${2|5|77:int};

SELECT * FROM orders WHERE tenant = ${3|70000000000:bigint};

SELECT * FROM orders WHERE tenant = ${3.0|3.5:numeric};

SELECT * FROM orders WHERE tenant = ${3:smallint} AND total > ${10:numeric} ORDER BY id DESC;

SELECT * FROM events WHERE kind = ${view|Return|élan||nothing:text} ORDER BY at;

SELECT * FROM events WHERE kind IS NULL ORDER BY at;

SELECT * FROM events WHERE kind IS NOT DISTINCT FROM ${view|NULL:text} ORDER BY at;

SELECT * FROM users WHERE tenant IN (${1|4:int}, ${2:int}) ORDER BY 1, 2;

SELECT * FROM users WHERE tenant = ANY (${{1,5,9}|{}|{3}|NULL:int[]}) AND id = 1;

SELECT * FROM users WHERE (tenant, id) = (${3:int}, ${2:int});

SELECT * FROM users WHERE (tenant, id) IN ((1, 2), (3, 4), (5, 66));

SELECT * FROM users WHERE (tenant, id) > (8, 2) ORDER BY tenant, id;

SELECT * FROM users WHERE tenant = 1 OR tenant = 7;

SELECT * FROM users WHERE tenant = 1 AND tenant = 2;

SELECT * FROM users WHERE tenant = id;

SELECT * FROM users WHERE tenant + 0 = 4;

SELECT * FROM users WHERE tenant BETWEEN 3 AND 4 AND id < 3;

SELECT * FROM users WHERE false;

SELECT * FROM users WHERE tenant = 1 AND NULL;

SELECT * FROM users WHERE tenant = (SELECT 2 + 2);

SELECT * FROM users WHERE tenant = (SELECT max(tenant) FROM orders) - 2;

SELECT * FROM users WHERE tenant = (SELECT tenant FROM notes WHERE note = 'local 4');

SELECT name FROM settings ORDER BY name;

SELECT * FROM settings WHERE name = ${language:text};

SELECT * FROM empty;

SELECT count(*), max(id), string_agg(name, ',') FROM empty;

SELECT count(*) FROM empty GROUP BY id;

SELECT * FROM products WHERE id = ${5:int};

SELECT *, "ümlaut" + 1 AS "Sum ""x""" FROM "Odd ""Name""" WHERE "The Key" = ${3:int};

SELECT "Odd ""Name""" FROM "Odd ""Name""" ORDER BY "The Key";

-- targets
SELECT 1 FROM orders WHERE tenant = 2;

SELECT FROM orders WHERE tenant = 2;

SELECT tenant, tenant, id AS tenant FROM users WHERE tenant = 2;

SELECT o FROM orders o WHERE tenant = 2;

SELECT o FROM orders o WHERE id = 2;

SELECT o.* FROM orders o WHERE o = ROW(2, 2, 2, timestamptz '2024-01-01 02:00:00+00', 6.0, 'note 2')::orders;

SELECT (o).total, row_to_json(o) FROM orders o WHERE id = 1;

SELECT o IS NULL, o IS NOT NULL, count(*) FROM orders o GROUP BY 1, 2;

SELECT count(o), count(o.note), count(*) FROM orders o;

SELECT array_agg(o ORDER BY o.tenant, o.id) FROM orders o WHERE id = 2 AND tenant < 4;

SELECT pg_typeof(o), pg_typeof(o.total), pg_typeof(u.feeling) FROM orders o JOIN users u USING (tenant, id) WHERE tenant = 1;

SELECT tableoid::regclass::text, count(*) FROM orders GROUP BY tableoid;

SELECT tableoid::regclass, tenant, id FROM orders WHERE tenant = 5;

SELECT tableoid = 'orders'::regclass FROM orders WHERE tenant = 5 AND id = 1;

SELECT ctid IS NULL, xmin IS NULL, cmin IS NULL FROM orders WHERE tenant = 5 AND id = 1;

SELECT tenant, id, ctid = ctid AS same FROM users WHERE id = 1;

SELECT tenant, CASE WHEN id > 2 THEN 'high' ELSE 'low' END, coalesce(note, 'none'), nullif(id, 3) FROM orders WHERE tenant < 3;

SELECT extra -> 'n', extra ->> 'n', extra #>> '{list,1}', extra @> '{"n": 4}' FROM users WHERE tenant IN (2, 4);

SELECT (extra ->> 'n')::int AS n, count(*) FROM users GROUP BY 1 ORDER BY 1;

SELECT feeling, feeling > 'sad', enum_range(feeling, NULL) FROM users WHERE tenant = 2;

SELECT feeling, count(*) FROM users WHERE feeling = ${ok|happy:mood} GROUP BY feeling;

SELECT feeling, count(*) FROM users GROUP BY feeling ORDER BY feeling DESC;

SELECT min(feeling), max(feeling), array_agg(DISTINCT feeling) FROM users;

SELECT amounts[1], amounts[2:3], array_length(amounts, 1), cardinality(amounts) FROM events WHERE kind = 'buy';

SELECT period, lower(period), isempty(period), period && int4range(10, 20) FROM events WHERE kind = 'view';

SELECT kind, range_agg(period ORDER BY period) FROM events GROUP BY kind;

SELECT kind, payload, payload ->> 'e' FROM events WHERE at < '2024-01-01 02:00';

SELECT now() - now() AS zero, current_user, current_schema, count(*) FROM orders GROUP BY 1, 2, 3;

SELECT DISTINCT now() = (SELECT now()) FROM orders;

SELECT DISTINCT statement_timestamp() = (SELECT statement_timestamp()), transaction_timestamp() = now() FROM users;

SELECT count(*) FROM users WHERE random() >= 0;

SELECT count(DISTINCT r) > 1 FROM (SELECT random() AS r FROM users) s;

SELECT format('%s-%s', tenant, id) FROM orders WHERE tenant = 4 ORDER BY 1 COLLATE "C" DESC;

SELECT tenant::text || $x$it's $1 "q"$x$ || E'\\ \n' FROM users WHERE tenant = 1 AND id = 1;

SELECT 'a$1b', ${val'ue:text}, tenant FROM users WHERE tenant = 1;

-- types of parameters and constants
SELECT ${1.5:float8} * id, ${NULL:text}, ${{a,"b c",NULL}:text[]}, ${[1\,4):int4range} FROM users WHERE tenant = 1;

SELECT interval '1 day' * id, date '2024-02-29' + id, time '10:00' + id * interval '1 hour', b'101', x'1F', true FROM users WHERE tenant = 3;

SELECT 'NaN'::float8, 'Infinity'::numeric, '-0'::float8, 1e100, 0.1::float4, id / 3.0, 1::float8 / 3 FROM users WHERE tenant = 3;

SELECT '{"a": [1, 2]}'::jsonb || extra FROM users WHERE tenant = 3;

SELECT ROW(1, 'a', id), ROW(tenant, id) < ROW(3, 2) FROM users WHERE id = 2;

SELECT ARRAY[id, tenant], ARRAY[[id], [tenant]], ARRAY(SELECT line FROM lines l WHERE l.tenant = u.tenant AND l.order_id = u.id ORDER BY 1) FROM users u WHERE id = 2;

-- joins on the key
SELECT o.id, l.line, l.product FROM orders o JOIN lines l ON l.tenant = o.tenant AND l.order_id = o.id WHERE o.tenant = ${3:int};

SELECT o.tenant, o.id, count(l.line) FROM orders o LEFT JOIN lines l ON l.tenant = o.tenant AND l.order_id = o.id GROUP BY 1, 2;

SELECT o.tenant, o.id, u.name FROM orders o RIGHT JOIN users u ON u.tenant = o.tenant AND u.id = o.user_id;

SELECT o.tenant, o.id, u.tenant, u.id FROM orders o FULL JOIN users u ON u.tenant = o.tenant AND u.id = o.user_id;

SELECT * FROM orders o FULL JOIN users u USING (tenant, id) WHERE tenant IN (3, 10);

SELECT * FROM orders NATURAL JOIN users WHERE tenant < 3;

SELECT count(*) FROM orders o JOIN lines l USING (tenant) JOIN users u USING (tenant);

SELECT u.name, o.id, p.name, l.quantity FROM users u JOIN orders o ON (o.tenant, o.user_id) = (u.tenant, u.id) JOIN lines l ON l.tenant = o.tenant AND l.order_id = o.id JOIN products p ON p.id = l.product WHERE u.tenant = ${2:int} ORDER BY 1, 2, 3, 4;

SELECT u.tenant, sum(p.price * l.quantity) FROM users u JOIN orders o ON o.tenant = u.tenant AND o.user_id = u.id JOIN lines l ON l.tenant = o.tenant AND l.order_id = o.id JOIN products p ON p.id = l.product GROUP BY u.tenant ORDER BY 2 DESC, 1;

SELECT a.tenant, a.id, b.id FROM orders a JOIN orders b ON a.tenant = b.tenant AND a.id < b.id WHERE a.note = b.note;

SELECT * FROM orders o JOIN orders p ON o.tenant = p.tenant AND p.tenant = 4 WHERE o.id = 1 AND p.id = 2;

SELECT count(*) FROM users u JOIN orders o ON o.tenant = u.tenant WHERE u.tenant = ${4:int} AND o.tenant = ${5:int};

-- joins to reference and local tables, and away from the key
SELECT p.id, p.name, count(l.line), sum(l.quantity) FROM products p LEFT JOIN lines l ON l.product = p.id GROUP BY p.id ORDER BY p.id;

SELECT p.id, l.tenant, l.order_id, l.line FROM products p FULL JOIN lines l ON l.product = p.id AND l.quantity > 2;

SELECT l.tenant, l.line, p.name FROM lines l LEFT JOIN products p ON p.id = l.product AND p.price > 5 WHERE l.order_id = 1;

SELECT p.*, l.* FROM lines l RIGHT JOIN products p ON p.id = l.product AND l.tenant = 4;

SELECT count(*) FROM products p CROSS JOIN users u;

SELECT n.note, u.name FROM notes n JOIN users u ON u.tenant = n.tenant WHERE u.id = 1;

SELECT n.note, u.name FROM notes n LEFT JOIN users u ON u.tenant = n.tenant AND u.id = 1;

SELECT n.note, u.name FROM notes n FULL JOIN users u ON u.tenant = n.tenant AND u.id = 1;

SELECT n.note, u.tenant, u.id FROM users u LEFT JOIN notes n ON u.tenant = n.tenant WHERE n.tenant IS NULL;

SELECT n.note, p.name, l.line FROM notes n JOIN lines l ON l.tenant = n.tenant JOIN products p ON p.id = l.product WHERE l.order_id = 2;

SELECT o.tenant, o.id, e.at FROM orders o JOIN events e ON e.tenant = o.tenant AND e.kind = 'view' WHERE o.id = 1;

SELECT e.kind, u.tenant, u.name FROM events e LEFT JOIN users u ON u.tenant = e.tenant AND u.id = 1;

SELECT e.kind, e.at, u.tenant, u.name FROM events e FULL JOIN users u ON u.tenant = e.tenant AND u.id = 1;

SELECT a.tenant, b.tenant FROM users a JOIN users b ON a.tenant = b.tenant + 1 AND a.id = b.id WHERE a.id = 2;

SELECT a.tenant, b.tenant, c.line FROM users a JOIN orders b ON a.id = b.id JOIN lines c ON c.order_id = b.id AND c.line = a.id WHERE a.tenant < 3 AND b.tenant < 3 AND c.tenant < 3;

SELECT s.name, u.tenant FROM settings s, users u WHERE u.id = length(s.value) ORDER BY 1, 2;

SELECT a.id, b.id FROM orders a LEFT JOIN (orders b JOIN users u ON u.tenant = b.tenant AND u.id = b.id) ON a.tenant = b.tenant AND a.id = b.id + 2 WHERE a.tenant = 5;

SELECT count(*) FROM orders a JOIN events e ON e.payload ->> 'e' = a.id::text LEFT JOIN products p ON p.id = a.id LEFT JOIN notes n ON n.tenant = a.tenant;

-- sublinks
SELECT * FROM users u WHERE EXISTS (SELECT 1 FROM orders o WHERE o.tenant = u.tenant AND o.user_id = u.id AND o.total > 50);

SELECT * FROM users u WHERE NOT EXISTS (SELECT FROM orders o WHERE o.tenant = u.tenant AND o.user_id = u.id);

SELECT * FROM users u WHERE EXISTS (SELECT 1 FROM events e WHERE e.tenant = u.tenant AND e.kind = 'buy') AND id = 1;

SELECT tenant FROM users WHERE tenant IN (SELECT tenant FROM orders WHERE total > 80) AND id = 1;

SELECT tenant FROM users WHERE tenant NOT IN (SELECT tenant FROM orders WHERE total > 80) AND id = 1;

SELECT tenant, id FROM users WHERE tenant NOT IN (SELECT tenant FROM notes) AND id = 1;

SELECT count(*) FROM orders WHERE user_id NOT IN (SELECT user_id FROM orders WHERE tenant = 2);

SELECT count(*) FROM orders WHERE user_id NOT IN (SELECT user_id FROM orders WHERE user_id IS NOT NULL AND tenant = 2 AND id = 1);

SELECT id FROM products WHERE id IN (SELECT product FROM lines WHERE tenant = ${2:int});

SELECT id FROM products WHERE id NOT IN (SELECT product FROM lines WHERE product IS NOT NULL AND quantity = 4);

SELECT id FROM products p WHERE NOT EXISTS (SELECT FROM lines l WHERE l.product = p.id AND l.quantity > 3);

SELECT u.tenant, u.id, (SELECT count(*) FROM orders o WHERE o.tenant = u.tenant AND o.user_id = u.id) AS n FROM users u;

SELECT u.tenant, u.id, (SELECT max(at) FROM events e WHERE e.tenant = u.tenant) AS last FROM users u WHERE id = 1;

SELECT tenant, id, (SELECT name FROM products p WHERE p.id = o.id) FROM orders o WHERE tenant = 2;

SELECT tenant, (SELECT note FROM notes n WHERE n.tenant = u.tenant) FROM users u WHERE id = 3;

SELECT note, (SELECT count(*) FROM orders o WHERE o.tenant = n.tenant) FROM notes n;

SELECT note, (SELECT sum(total) FROM orders o WHERE o.id = n.tenant) FROM notes n;

SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM orders), (SELECT count(*) FROM events WHERE kind = 'buy');

SELECT 1 WHERE EXISTS (SELECT FROM orders WHERE tenant = 3);

SELECT o.tenant, o.id FROM orders o WHERE total > ALL (SELECT total FROM orders p WHERE p.tenant = o.tenant AND p.id <> o.id);

SELECT o.tenant, o.id FROM orders o WHERE total >= ANY (SELECT avg(total) FROM orders GROUP BY tenant HAVING tenant > 8);

SELECT o.tenant FROM orders o WHERE (o.tenant, o.id) IN (SELECT l.tenant, l.order_id FROM lines l WHERE l.product = 3);

SELECT o.tenant, o.id FROM orders o WHERE (user_id, id) = (SELECT u.id, 2 FROM users u WHERE u.tenant = o.tenant AND u.name = 'user b');

SELECT o.tenant, o.id FROM orders o WHERE o.id = (SELECT u.id FROM users u);

SELECT o.tenant FROM orders o WHERE o.tenant = 2 AND o.id = (SELECT u.id FROM users u WHERE u.tenant = 2);

SELECT tenant, id FROM orders o WHERE EXISTS (SELECT FROM lines l JOIN products p ON p.id = l.product WHERE l.tenant = o.tenant AND l.order_id = o.id AND p.price > 10 AND EXISTS (SELECT FROM users u WHERE u.tenant = l.tenant AND u.id = o.user_id AND u.feeling = 'ok'));

SELECT u.tenant, ARRAY(SELECT o.id FROM orders o WHERE o.tenant = u.tenant ORDER BY o.id DESC LIMIT 2) FROM users u WHERE u.id = 1;

SELECT u.tenant, EXISTS (SELECT FROM orders o WHERE o.tenant = u.tenant AND o.total > 60), 5 IN (SELECT id FROM orders o WHERE o.tenant = u.tenant) FROM users u WHERE u.id = 1;

-- aggregates
SELECT count(*), sum(total), avg(total), min(total), max(total), min(note), max(placed) FROM orders;

SELECT count(DISTINCT note), count(DISTINCT tenant), sum(DISTINCT id), avg(DISTINCT total) FROM orders;

SELECT tenant, count(*), sum(total), avg(total)::numeric(10,4), count(DISTINCT note) FROM orders GROUP BY tenant;

SELECT tenant, note, count(*) FROM orders GROUP BY tenant, note ORDER BY tenant, note NULLS FIRST;

SELECT note, count(*), sum(total), count(DISTINCT tenant) FROM orders GROUP BY note ORDER BY note NULLS LAST;

SELECT note, tenant % 2 AS odd, count(*) FROM orders GROUP BY 1, 2;

SELECT tenant, sum(total) FROM orders GROUP BY tenant HAVING sum(total) > 100 ORDER BY sum(total);

SELECT note, avg(total) FROM orders GROUP BY note HAVING count(*) > 9 AND min(id) = 1;

SELECT 1 FROM orders HAVING count(*) > 3;

SELECT count(*) FROM orders HAVING count(*) > 1000;

SELECT count(*) FILTER (WHERE id > 3), sum(total) FILTER (WHERE tenant = 2), count(DISTINCT id) FILTER (WHERE note IS NULL) FROM orders;

SELECT note, count(*) FILTER (WHERE id > 3) AS n FROM orders GROUP BY note;

SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY id), percentile_disc(0.25) WITHIN GROUP (ORDER BY total), mode() WITHIN GROUP (ORDER BY id) FROM orders;

SELECT tenant, percentile_disc(ARRAY[0.25, 0.75]) WITHIN GROUP (ORDER BY total) FROM orders GROUP BY tenant;

SELECT rank(3) WITHIN GROUP (ORDER BY id) FROM orders;

SELECT string_agg(DISTINCT note, ',' ORDER BY note), string_agg(id::text, '' ORDER BY tenant, id) FROM orders WHERE tenant < 4;

SELECT array_agg(id ORDER BY tenant DESC, id) FROM users WHERE id < 3;

SELECT tenant, array_agg(id ORDER BY id), jsonb_object_agg(id, name), json_agg(name ORDER BY id DESC), bool_and(id < 4), every(id > 0), bit_or(id) FROM users GROUP BY tenant;

SELECT bool_or(id > 3), bit_and(id), bit_xor(id), bool_and(note IS NULL) FROM orders;

SELECT var_pop(id), stddev_samp(id)::numeric(20,10), variance(total)::numeric(20,6), regr_count(id, tenant), corr(id, id)::numeric(5,3) FROM orders;

SELECT kind, count(*), min(at), max(lower(period)), sum(amounts[1]) FROM events GROUP BY kind;

SELECT upper(kind), count(*) FROM events GROUP BY upper(kind);

SELECT kind COLLATE "C", count(*) FROM events GROUP BY 1 ORDER BY kind COLLATE "C";

SELECT date_trunc('hour', at) AS h, count(*) FROM events GROUP BY h ORDER BY h;

SELECT tenant, kind, count(*) FROM events GROUP BY GROUPING SETS ((tenant), (kind), ());

SELECT tenant, kind, count(*), grouping(tenant, kind) FROM events WHERE tenant < 4 GROUP BY CUBE (tenant, kind);

SELECT kind, tenant, sum(amounts[2]) FROM events WHERE tenant < 3 GROUP BY ROLLUP (kind, tenant) ORDER BY 1 NULLS FIRST, 2 NULLS FIRST, 3;

SELECT count(*) FROM (SELECT tenant, count(*) AS n FROM orders GROUP BY tenant) s WHERE n = 6;

SELECT max(n), sum(n) FROM (SELECT note, count(*) AS n FROM orders GROUP BY note) s;

SELECT avg(s) FROM (SELECT tenant, sum(total) AS s FROM orders GROUP BY tenant) t;

SELECT sum(count(*)) OVER (ORDER BY tenant), tenant FROM orders GROUP BY tenant ORDER BY tenant;

SELECT count(*), sum(id + tenant), max(id) - min(id), avg(total) * 2 + 1 FROM orders WHERE tenant = ${5:int};

SELECT tenant, id, sum(total) FROM orders GROUP BY tenant, id;

SELECT tenant, id, note, sum(total) FROM orders GROUP BY orders.tenant, orders.id;

SELECT sum(total + ${1:int}), count(*) + ${2:int} FROM orders GROUP BY id % ${3:int} ORDER BY 1;

SELECT sum(id)::int8 / count(*) AS mean, sum(id::int2), sum(id::int8), sum(id::float8), avg(id::int2), max(id::text), min(placed::date) FROM orders;

SELECT sum(interval '1 hour' * id), avg(interval '1 minute' * id) FROM users;

SELECT array_agg(DISTINCT tenant ORDER BY tenant), xmlagg(NULL) IS NULL FROM users;

-- DISTINCT
SELECT DISTINCT tenant FROM orders;

SELECT DISTINCT note FROM orders ORDER BY note;

SELECT DISTINCT tenant, user_id FROM orders WHERE id > 2;

SELECT DISTINCT ON (tenant) tenant, id, total FROM orders ORDER BY tenant, total DESC;

SELECT DISTINCT ON (note) note, tenant, id FROM orders ORDER BY note NULLS FIRST, tenant DESC, id;

SELECT DISTINCT count(*) FROM orders GROUP BY tenant;

SELECT DISTINCT e.kind, u.feeling FROM events e JOIN users u ON u.tenant = e.tenant;

-- window functions
SELECT tenant, id, row_number() OVER (PARTITION BY tenant ORDER BY total DESC), sum(total) OVER (PARTITION BY tenant ORDER BY id) FROM orders;

SELECT tenant, id, rank() OVER (ORDER BY id), count(*) OVER () FROM orders WHERE id < 3;

SELECT note, id, tenant, lag(id) OVER w, lead(id, 2, -1) OVER w, first_value(id) OVER w, nth_value(id, 2) OVER w FROM orders WINDOW w AS (PARTITION BY note ORDER BY tenant, id);

SELECT tenant, id, avg(total) OVER (PARTITION BY tenant ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING)::numeric(10,4) FROM orders;

SELECT tenant, id, sum(id) OVER (ORDER BY tenant, id RANGE UNBOUNDED PRECEDING), sum(id) OVER (ORDER BY tenant GROUPS 1 PRECEDING EXCLUDE TIES) FROM users WHERE tenant < 3;

SELECT * FROM (SELECT tenant, id, row_number() OVER (PARTITION BY tenant ORDER BY id DESC) AS n FROM orders) s WHERE n <= 2 AND tenant = ${4:int};

SELECT * FROM (SELECT tenant, id, row_number() OVER (ORDER BY id DESC, tenant) AS n FROM orders) s WHERE n <= 5;

SELECT tenant, sum(sum(total)) OVER (ORDER BY tenant DESC), ntile(3) OVER (ORDER BY tenant), percent_rank() OVER (ORDER BY tenant), cume_dist() OVER (ORDER BY tenant) FROM orders GROUP BY tenant;

SELECT tenant, count(*) FILTER (WHERE id > 2) OVER (PARTITION BY tenant) FROM users;

-- set operations
SELECT tenant FROM orders UNION SELECT tenant FROM users;

SELECT tenant, id FROM orders UNION ALL SELECT tenant, id FROM users;

SELECT tenant, id FROM orders INTERSECT SELECT tenant, id FROM users ORDER BY 1, 2;

SELECT tenant, id FROM orders EXCEPT SELECT tenant, id FROM users;

SELECT tenant, id % 2 FROM orders EXCEPT ALL SELECT tenant, id % 2 FROM users;

SELECT id FROM orders INTERSECT ALL SELECT id FROM users;

SELECT tenant FROM orders UNION SELECT tenant FROM notes UNION SELECT id FROM products ORDER BY 1 LIMIT 20;

(SELECT tenant, id FROM orders ORDER BY total DESC, 1, 2 LIMIT 3) UNION ALL (SELECT tenant, id FROM users ORDER BY 1, 2 LIMIT 3);

SELECT name FROM users WHERE tenant = 1 UNION SELECT name FROM products UNION ALL SELECT note FROM orders WHERE tenant = 2;

SELECT 'o' AS what, count(*) FROM orders UNION ALL SELECT 'u', count(*) FROM users UNION ALL SELECT 'none', 0 ORDER BY 2, 1;

SELECT * FROM (SELECT tenant, id FROM orders UNION ALL SELECT tenant, id FROM users) s WHERE tenant = ${6:int};

-- the first rows of tables that are not co-located
SELECT tenant, placed::timestamp AS at FROM orders UNION ALL SELECT tenant, at FROM events ORDER BY 2 DESC, 1 LIMIT ${5|0|1000:int} OFFSET ${0|3:int};

SELECT tenant FROM orders UNION ALL SELECT tenant FROM events UNION ALL SELECT id FROM products ORDER BY 1 DESC FETCH FIRST 3 ROWS WITH TIES;

SELECT tenant AS t FROM orders UNION ALL (SELECT tenant FROM events UNION SELECT id FROM products) ORDER BY t NULLS FIRST LIMIT 7;

SELECT s.id FROM (SELECT id, placed AS at FROM orders UNION ALL SELECT tenant, at FROM events) s ORDER BY s.at, s.id LIMIT ${6|NULL:int};

SELECT count(*) FROM (SELECT tenant FROM orders UNION ALL SELECT tenant FROM events LIMIT 7) s;

SELECT s.id % 3 FROM (SELECT id FROM orders UNION ALL SELECT tenant FROM events OFFSET 4) s ORDER BY s.id % 3, s.id LIMIT 6;

SELECT u.id, (SELECT s.tenant FROM (SELECT tenant, id FROM orders UNION ALL SELECT tenant, 3 FROM events) s ORDER BY s.tenant, s.id LIMIT 1 OFFSET u.id) FROM users u WHERE u.tenant = 3;

SELECT tenant, count(*) FROM (SELECT tenant, id FROM orders UNION SELECT tenant, id FROM users) s GROUP BY tenant;

SELECT NULL AS x FROM users WHERE tenant = 1 UNION SELECT tenant FROM users WHERE tenant < 3 ORDER BY x;

-- ORDER BY, LIMIT
SELECT * FROM orders ORDER BY total DESC, tenant, id LIMIT 5;

SELECT * FROM orders ORDER BY note NULLS FIRST, total, tenant, id LIMIT ${4|0|NULL:int} OFFSET ${3|58:int};

SELECT tenant, id FROM orders ORDER BY id, tenant DESC OFFSET 50;

SELECT id FROM orders ORDER BY id FETCH FIRST 3 ROWS WITH TIES;

SELECT tenant, id FROM orders WHERE tenant = 2 ORDER BY id % 2, id FETCH FIRST 2 ROWS ONLY;

SELECT tenant, sum(total) FROM orders GROUP BY tenant ORDER BY sum(total) DESC LIMIT 3;

SELECT tenant AS id, id AS tenant FROM users ORDER BY id, users.id LIMIT 7;

SELECT -tenant AS tenant, id FROM users ORDER BY tenant, id LIMIT 3;

SELECT -tenant AS tenant, id FROM users ORDER BY users.tenant, id LIMIT 3;

SELECT kind, at FROM events ORDER BY kind COLLATE "C" DESC NULLS LAST, at USING > LIMIT 12;

SELECT kind FROM events GROUP BY kind ORDER BY kind;

SELECT name FROM users ORDER BY feeling DESC, extra -> 'n', name, tenant LIMIT 10;

SELECT tenant, id FROM users ORDER BY born LIMIT 4 OFFSET 2;

-- count
SELECT * FROM orders LIMIT 7;

-- count
SELECT * FROM orders WHERE tenant > 2 OFFSET 5 LIMIT 3;

SELECT count(*) FROM (SELECT * FROM orders LIMIT 13) s;

SELECT * FROM orders LIMIT 0;

SELECT * FROM users ORDER BY 1, 2 LIMIT (SELECT count(*) FROM products) / 3;

SELECT * FROM users ORDER BY 1 LIMIT -1;

SELECT * FROM users ORDER BY 9;

-- CTEs
WITH o AS (SELECT * FROM orders WHERE tenant = ${4:int}) SELECT * FROM o WHERE id > 2;

WITH o AS (SELECT * FROM orders) SELECT a.id, b.id FROM o a JOIN o b ON a.tenant = b.tenant AND b.id = a.id + 3;

WITH o AS MATERIALIZED (SELECT * FROM orders) SELECT count(*) FROM o WHERE tenant = 2;

WITH o AS NOT MATERIALIZED (SELECT * FROM orders) SELECT count(*) FROM o WHERE tenant = 2;

WITH o AS (SELECT tenant, sum(total) AS total FROM orders GROUP BY tenant), m AS (SELECT max(total) AS top FROM o) SELECT o.* FROM o, m WHERE o.total = m.top;

WITH n AS (SELECT * FROM notes), o AS (SELECT * FROM orders WHERE id = 1) SELECT n.note, o.total FROM n LEFT JOIN o USING (tenant);

WITH a AS (WITH b AS (SELECT tenant FROM users WHERE id = 1) SELECT * FROM b WHERE tenant > 3) SELECT * FROM a WHERE tenant IN (SELECT tenant FROM a);

WITH unused AS (SELECT 1 / 0 FROM orders) SELECT 1;

WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT r.n, count(o.*) FROM r LEFT JOIN orders o ON o.tenant = r.n GROUP BY r.n;

WITH RECURSIVE r AS (SELECT tenant, id, 1 AS depth FROM orders WHERE tenant = 2 AND id = 1 UNION ALL SELECT o.tenant, o.id, depth + 1 FROM r JOIN orders o ON o.tenant = r.tenant AND o.id = r.id + 1) SELECT * FROM r ORDER BY depth;

WITH RECURSIVE r AS (SELECT tenant, id FROM users WHERE tenant = 1 UNION SELECT u.tenant, u.id FROM r JOIN users u ON u.tenant = r.tenant * 2) SELECT * FROM r;

WITH RECURSIVE r AS (SELECT tenant, id FROM users WHERE tenant = 1 AND id = 1 UNION ALL SELECT u.tenant, u.id FROM r JOIN users u ON u.tenant = r.tenant + 1 AND u.id = 1) SEARCH BREADTH FIRST BY tenant SET o CYCLE tenant SET c USING p SELECT * FROM r ORDER BY tenant;

-- lateral, functions, VALUES
SELECT u.tenant, u.id, l.id FROM users u CROSS JOIN LATERAL (SELECT o.id FROM orders o WHERE o.tenant = u.tenant AND o.user_id = u.id ORDER BY o.total DESC LIMIT 1) l;

SELECT u.tenant, u.id, l.n FROM users u LEFT JOIN LATERAL (SELECT count(*) AS n FROM orders o WHERE o.tenant = u.tenant AND o.user_id = u.id) l ON true WHERE u.id < 3;

SELECT n.tenant, l.id FROM notes n, LATERAL (SELECT o.id FROM orders o WHERE o.tenant = n.tenant ORDER BY o.id LIMIT 2) l;

SELECT u.tenant, e.at FROM users u, LATERAL (SELECT at FROM events WHERE events.tenant = u.tenant ORDER BY at DESC LIMIT 1) e WHERE u.id = 2;

SELECT p.id, l.tenant FROM products p, LATERAL (SELECT tenant FROM lines l WHERE l.product = p.id ORDER BY tenant DESC, order_id, line LIMIT 1) l;

SELECT e.kind, a.x FROM events e, unnest(e.amounts) WITH ORDINALITY AS a(x, n) WHERE a.n = 2 AND e.tenant = 3;

SELECT tenant, unnest(amounts), generate_series(1, 2) FROM events WHERE kind = 'view' AND tenant < 4;

SELECT tenant, generate_series(1, id) FROM users WHERE tenant = 3;

SELECT generate_series(1, 3) AS g, count(*) FROM orders GROUP BY 1;

SELECT u.tenant, j.* FROM users u, jsonb_each_text(u.extra) j WHERE u.tenant = 2;

SELECT u.name, j.v FROM users u, LATERAL jsonb_array_elements(u.extra -> 'list') AS j(v) WHERE u.id = 4;

SELECT g, o.id FROM generate_series(1, 3) g LEFT JOIN orders o ON o.tenant = g AND o.id = 1;

SELECT v.a, o.total FROM (VALUES (1, 'x'), (2, 'y'), (99, 'z')) v(a, b) LEFT JOIN orders o ON o.tenant = v.a AND o.id = 2;

SELECT * FROM orders WHERE (tenant, id) IN (VALUES (1, 1), (2, 2));

SELECT x.* FROM ROWS FROM (generate_series(1, 3), unnest(ARRAY['a', 'b'])) x(n, t) JOIN users u ON u.id = x.n WHERE u.tenant = 1;

SELECT u.id, x.* FROM users u, jsonb_to_record(u.extra) AS x(n int, list jsonb) WHERE u.tenant = 7;

VALUES (1, (SELECT count(*) FROM orders)), (2, (SELECT max(id) FROM users));

TABLE products;

SELECT * FROM ONLY orders WHERE tenant = 3;

SELECT count(*) FROM ONLY orders;

SELECT count(*) FROM orders TABLESAMPLE SYSTEM (100);

SELECT count(*) FROM orders TABLESAMPLE BERNOULLI (100) REPEATABLE (3) WHERE tenant = 4;

SELECT count(*) <= 60 FROM orders TABLESAMPLE BERNOULLI (50);

SELECT a.x, a.y FROM orders AS a(x, y) WHERE a.x = 2;

SELECT * FROM (orders JOIN users USING (tenant, id)) AS j WHERE tenant = 2;

SELECT j.tenant, x FROM (orders o JOIN lines l ON l.tenant = o.tenant AND l.order_id = o.id) AS j(tenant, x) WHERE j.tenant = 1;

-- views
SELECT * FROM big_orders WHERE tenant = ${7:int};

SELECT count(*), sum(total) FROM big_orders;

SELECT * FROM per_tenant WHERE tenant = ${7:int};

SELECT * FROM per_tenant WHERE total > 50 ORDER BY total;

SELECT * FROM with_lines WHERE tenant = ${2:int} AND id = 3;

SELECT name, sum(price) FROM with_lines GROUP BY name;

SELECT v.tenant, p.n FROM with_lines v JOIN per_tenant p USING (tenant) WHERE v.id = 1 AND v.line = 1;

SELECT big_orders FROM big_orders WHERE tenant = 3;

-- locks
SELECT * FROM orders WHERE tenant = ${3:int} FOR UPDATE;

SELECT * FROM orders WHERE id = 3 FOR UPDATE;

SELECT * FROM orders WHERE id = 3 ORDER BY tenant LIMIT 2 FOR SHARE;

SELECT * FROM orders o JOIN lines l ON l.tenant = o.tenant AND l.order_id = o.id WHERE o.tenant = 3 FOR UPDATE OF o SKIP LOCKED;

SELECT * FROM orders o JOIN events e ON e.tenant = o.tenant WHERE o.id = 3 AND e.kind = 'buy' FOR NO KEY UPDATE OF o NOWAIT;

SELECT * FROM products WHERE id = 2 FOR KEY SHARE;

SELECT n.*, o.id FROM notes n JOIN orders o ON o.tenant = n.tenant AND o.id = 1 FOR UPDATE;

SELECT * FROM (SELECT * FROM orders WHERE tenant = 3 FOR UPDATE) s WHERE id = 2;

SELECT count(*) FROM orders FOR UPDATE;

-- errors
SELECT 1 / (id - 3) FROM orders WHERE tenant = ${2:int};

SELECT 1 / (id - 3) FROM orders;

-- undefined
SELECT nothing FROM orders;

SELECT * FROM orders WHERE tenant = 'x';

SELECT note::int FROM orders WHERE tenant = 4 AND id = 1;

SELECT sum(note::int) FROM orders WHERE note = 'note 3';

SELECT tenant FROM orders GROUP BY note;

SELECT (SELECT id FROM orders WHERE tenant = 2);

SELECT (SELECT o.id FROM orders o WHERE o.tenant = u.tenant) FROM users u;

-- a column of the table beside it in a lateral subquery that an outer join makes null
SELECT l.line, s.line FROM lines l LEFT JOIN LATERAL (SELECT o.total, l.line FROM orders o) s ON l.order_id = s.line WHERE l.tenant < 3;

SELECT l.line, count(s.line) FROM lines l LEFT JOIN LATERAL (SELECT o.total, l.line FROM orders o WHERE o.total > l.product) s ON l.order_id = s.line GROUP BY 1;

SELECT n.tenant, s.two FROM notes n LEFT JOIN LATERAL (SELECT n.tenant AS two FROM per_tenant p WHERE p.tenant = 1) s ON true FULL JOIN users u ON n.tenant = u.tenant WHERE EXISTS (SELECT FROM orders o WHERE s.two <> n.tenant + o.tenant);

-- a join that turns out not to be needed
SELECT count(*) FROM products p FULL JOIN orders o ON p.id = o.tenant WHERE o.user_id = o.id;

SELECT FROM (SELECT count(*) FROM products p FULL JOIN orders o ON p.id = o.tenant WHERE o.user_id = 1) s;

-- CTEs that nothing refers to
WITH c AS (SELECT * FROM notes) SELECT note, count(*) FROM orders GROUP BY note;

WITH c AS (SELECT * FROM notes), d AS (SELECT * FROM c, orders) SELECT count(*) FROM users;

SELECT * FROM (WITH c AS (SELECT * FROM notes) SELECT id FROM orders) s WHERE EXISTS (WITH c AS (SELECT * FROM notes), d AS (SELECT * FROM users) SELECT FROM d WHERE d.id = s.id);

-- SQL functions that stand for a query
SELECT * FROM orders_of(${3|4:int}) o WHERE o.id > 2;

SELECT u.name, o.id FROM users u, orders_of(u.tenant) o WHERE o.user_id = u.id AND u.id < 3;

SELECT u.tenant, u.id, o, o IS NULL, row_to_json(o) FROM users u LEFT JOIN orders_of(2) o ON o.tenant = u.tenant AND o.id = u.id;

SELECT n, n.who, (SELECT count(*) FROM names() m WHERE m.who < n.who) FROM names() n;

SELECT k, count(*) FROM kinds() k JOIN events e ON e.kind = k GROUP BY k;

SELECT o, * FROM odd() o WHERE "The Key" > 2;

SELECT * FROM names() WITH ORDINALITY;

SELECT (orders_of(3)).id, (SELECT min(id) FROM orders_of(u.id)) FROM users u WHERE tenant = 1 AND id = 2;

WITH w AS (SELECT * FROM orders_of(5)) SELECT count(*) FROM w JOIN users USING (tenant);

-- whole rows of a table further out
SELECT u.id, s.* FROM users u LEFT JOIN LATERAL (SELECT coalesce(u) AS u, o.id FROM orders o WHERE o.user_id = u.id AND o.tenant = 4) s ON true
	WHERE u.tenant < 3;

-- the order of a subquery is that of the query
-- ordered
SELECT * FROM (SELECT tenant, id FROM orders ORDER BY total, id, tenant) s LIMIT ${5:int};

-- ordered
SELECT * FROM in_order WHERE id > 3;

-- ordered
SELECT id, tenant, note FROM (SELECT * FROM in_order LIMIT 20) s WHERE tenant <> 10 LIMIT 7;

-- ordered
WITH w AS (SELECT * FROM orders ORDER BY note NULLS FIRST, tenant DESC, id) SELECT tenant, id FROM w OFFSET 5 LIMIT 9;

SELECT ARRAY(SELECT id FROM in_order WHERE tenant < 5), (SELECT string_agg(name, ',') FROM (SELECT name FROM users ORDER BY born, id) s);

-- ordered
SELECT s FROM (SELECT tenant, id FROM users ORDER BY tenant + id, id) s LIMIT 6;

-- types that the other nodes do not have
SELECT mine, (SELECT mine) FROM mine WHERE tenant < 4;

SELECT mine::text FROM mine WHERE tenant = ${2:int};

SELECT ROW(tenant, name)::notes, tenant FROM users WHERE id = 1 AND ROW(tenant, name)::notes > ROW(3, '')::notes;

SELECT tenant, id FROM users u WHERE (SELECT n FROM notes n WHERE n.tenant = u.tenant) IS NOT DISTINCT FROM ROW(u.tenant, 'local 2')::notes;

DO $$ DECLARE n notes; BEGIN
	SELECT * INTO n FROM notes WHERE tenant = 4;
	INSERT INTO settings VALUES (n.tenant, n.note);
	INSERT INTO settings SELECT (n).*;
	UPDATE settings SET value = n.note || '!' WHERE name = n.tenant::text;
	DELETE FROM settings WHERE ROW(1, value)::notes > n;
END $$;

-- rows as a whole beside their system columns
SELECT o, o.ctid IS NULL, e, e.tableoid::regclass FROM orders o JOIN events e ON e.tenant = o.tenant WHERE o.id = 2 AND e::text <> o::text;
