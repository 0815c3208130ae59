Grouping below outer joins that preserve rows which every node has; and CTEs of whose columns only some are needed.

--- tables
CREATE TABLE countries (id int PRIMARY KEY, name text, continent int);
CREATE TABLE regions (id int PRIMARY KEY, label text);
CREATE TABLE users (k bigint, id int, country int, x int, s text, at date, PRIMARY KEY (k, id));
CREATE TABLE orders (k bigint, id int, user_id int, amount numeric, flag boolean);
CREATE TABLE far (id int, x int, note text);

--- distribute
BEGIN;
SELECT create_reference_table('countries');
SELECT create_reference_table('regions');
SELECT create_distributed_table('users', 'k');
SELECT create_distributed_table('orders', 'k', colocate_with => 'users');
SELECT create_distributed_table('far', 'id', colocate_with => 'none');
COMMIT;

--- data
INSERT INTO countries SELECT i, 'country ' || i % 6, CASE WHEN i % 4 > 0 THEN i % 4 END FROM generate_series(1, 12) i;
INSERT INTO regions SELECT i, 'region ' || i FROM generate_series(1, 3) i;
INSERT INTO users SELECT i % 7, i, CASE WHEN i % 9 > 0 THEN i % 9 END, CASE WHEN i % 5 > 0 THEN i END, 's' || i % 3, date '2024-01-01' + i % 11 FROM generate_series(1, 60) i;
INSERT INTO orders SELECT i % 7, i, i % 60, i / 4.0, i % 3 = 0 FROM generate_series(1, 90) i;
INSERT INTO far SELECT i, i % 8, 'note ' || i FROM generate_series(1, 30) i;

--- here
CREATE TABLE here AS SELECT i AS x, 'note ' || i AS note FROM generate_series(1, 4) i;

--- statements

-- rows without a partner are nothing to these aggregates
SELECT c.name, count(u.id), sum(u.x), avg(u.x), min(u.s), max(u.at) FROM countries c LEFT JOIN users u ON u.country = c.id GROUP BY c.name ORDER BY c.name;

SELECT c.id, c.name, count(u.x), bool_and(u.x > 3), stddev(u.x), corr(u.x, u.id) FROM countries c LEFT JOIN users u ON u.country = c.id GROUP BY c.id;

SELECT c.name, coalesce(sum(u.x), -1) AS total FROM users u RIGHT JOIN countries c ON u.country = c.id WHERE c.continent > 1 GROUP BY c.name HAVING count(u.id) < ${3|8|100:int} ORDER BY total, 1 LIMIT 3;

SELECT count(u.id), sum(u.x) FROM countries c LEFT JOIN users u ON u.country = c.id AND u.x > ${10|1000:int};

SELECT d, count(u.id) FROM generate_series(1, 14) d LEFT JOIN users u ON u.at = date '2024-01-01' + d GROUP BY d ORDER BY d LIMIT 4 OFFSET 2;

SELECT d::date, count(DISTINCT u.s), count(DISTINCT u.k), sum(DISTINCT u.x) FROM generate_series(timestamp '2024-01-01', timestamp '2024-01-14', interval '1 day') d LEFT JOIN users u ON u.at = d GROUP BY d;

SELECT v.n, count(u.id) FROM (VALUES (1), (2), (50), (NULL)) v(n) LEFT JOIN users u ON u.x = v.n GROUP BY v.n;

SELECT c.name, count(u.id), sum(o.amount) FROM countries c LEFT JOIN users u ON u.country = c.id LEFT JOIN orders o ON o.k = u.k AND o.user_id = u.id GROUP BY c.name;

SELECT c.name, count(*) FILTER (WHERE u.x > 5), count(*) FILTER (WHERE u.x > 5 AND o.flag), sum(1) FILTER (WHERE o.flag) FROM countries c LEFT JOIN (users u JOIN orders o ON o.k = u.k AND o.user_id = u.id) ON u.country = c.id GROUP BY c.name;

SELECT c.name, r.label, count(u.id) FROM countries c JOIN regions r ON r.id = c.continent LEFT JOIN users u ON u.country = c.id GROUP BY c.name, r.label;

SELECT c.name, count(s.n), sum(s.n) FROM countries c LEFT JOIN (SELECT country, k, count(*) AS n FROM users GROUP BY k, country) s ON s.country = c.id GROUP BY c.name;

SELECT c.continent, c.name, count(u.id), grouping(c.continent, c.name) FROM countries c LEFT JOIN users u ON u.country = c.id GROUP BY ROLLUP (c.continent, c.name);

SELECT c.name, count(u) FROM countries c LEFT JOIN users u ON u.country = c.id GROUP BY c.name;

SELECT DISTINCT c.continent FROM countries c LEFT JOIN users u ON u.country = c.id;

SELECT c.name, rank() OVER (ORDER BY count(u.id)) FROM countries c LEFT JOIN users u ON u.country = c.id GROUP BY c.name;

SELECT c.name FROM countries c LEFT JOIN users u ON u.country = c.id GROUP BY c.name;

SELECT c.name, count(u.id) FROM countries c LEFT JOIN users u ON u.country = c.id AND u.k = ANY ('{}'::bigint[]) GROUP BY c.name;

SELECT c.name, count(u.id) FROM countries c LEFT JOIN users u ON u.country = c.id AND u.k IN (3, ${4|5:bigint}) GROUP BY c.name;

WITH d AS (SELECT generate_series(1, 9) AS n), e AS (SELECT n, n * 2 AS m FROM d) SELECT e.m, count(u.id) FROM e LEFT JOIN users u ON u.x = e.n GROUP BY e.m;

-- rows that a node chooses may be others on each
SELECT count(*) FROM (SELECT c.id, count(u.id) FROM (SELECT * FROM countries LIMIT 4) c LEFT JOIN users u ON u.country = c.id GROUP BY c.id) s;

WITH c AS MATERIALIZED (SELECT DISTINCT ON (continent) * FROM countries ORDER BY continent, id) SELECT c.id, count(u.id) FROM c LEFT JOIN users u ON u.country = c.id GROUP BY c.id;

-- but to these they are
SELECT c.name, count(*) FROM countries c LEFT JOIN users u ON u.country = c.id GROUP BY c.name;

SELECT c.name, sum(coalesce(u.x, 1)), count(c.id) FROM countries c LEFT JOIN users u ON u.country = c.id GROUP BY c.name;

SELECT c.name, u.s, count(u.id) FROM countries c LEFT JOIN users u ON u.country = c.id GROUP BY c.name, u.s;

SELECT c.name, count(u.id), count(*) FILTER (WHERE u.id IS NULL) FROM countries c LEFT JOIN users u ON u.country = c.id GROUP BY c.name;

SELECT c.name, count(c.id) FROM countries c LEFT JOIN users u ON u.country = c.id WHERE u.id IS NULL GROUP BY c.name;

SELECT c.name, count(u.id) FROM countries c LEFT JOIN users u ON u.country = c.id WHERE u.id IS NULL OR u.x > 20 GROUP BY c.name;

SELECT r.label, count(u.id) FROM countries c LEFT JOIN users u ON u.country = c.id LEFT JOIN regions r ON r.id = u.x GROUP BY r.label;

SELECT c.name, count(r.id), count(u.id) FROM countries c LEFT JOIN users u ON u.country = c.id LEFT JOIN regions r ON r.id = c.continent GROUP BY c.name;

SELECT c.name, count(u.id), count(f.id) FROM countries c LEFT JOIN users u ON u.country = c.id LEFT JOIN far f ON f.x = c.id GROUP BY c.name;

SELECT c.name, array_agg(u.id ORDER BY u.id) FROM countries c LEFT JOIN users u ON u.country = c.id GROUP BY c.name;

SELECT c.name, count(u.id) FROM countries c FULL JOIN users u ON u.country = c.id GROUP BY c.name;

-- CTEs of whose columns some are not needed
WITH w AS (SELECT * FROM users) SELECT a.id, b.id AS other FROM w a JOIN w b ON a.x = b.country WHERE a.id < 30;

WITH w AS (SELECT *, x + 1 AS more FROM users), v AS (SELECT id, more, s FROM w WHERE country > 1) SELECT p.id, q.more FROM v p JOIN v q ON p.id = q.more;

WITH w AS MATERIALIZED (SELECT country, count(*) AS n, max(x) AS m, min(s) AS l FROM users GROUP BY country) SELECT sum(n) FROM w;

WITH w AS MATERIALIZED (SELECT count(*) AS n, max(x) AS m FROM users) SELECT 1 AS one FROM w;

WITH w AS MATERIALIZED (SELECT sum(x) AS n, max(x) AS m, min(x) FROM users HAVING count(*) > 1) SELECT m FROM w;

WITH w AS (SELECT k, id, x, rank() OVER (PARTITION BY k ORDER BY x, id) AS r FROM users) SELECT a.id FROM w a JOIN w b ON b.id = a.x;

WITH w AS (SELECT * FROM users) SELECT a.id, b FROM w a JOIN w b ON a.x = b.id;

WITH w AS (SELECT * FROM users) SELECT a.id, (SELECT max(x) FROM w b WHERE b.country = a.x), EXISTS (SELECT FROM w c WHERE c.s = 's' || a.x) FROM w a;

WITH w AS (SELECT * FROM users) SELECT j.id, j.x FROM (w a JOIN w b USING (id)) j (id, k, country, x) WHERE j.x < 20;

WITH w AS (SELECT * FROM users) SELECT (j).id, (j).s FROM (SELECT j FROM w j JOIN far f ON f.x = j.country) s;

WITH w AS (SELECT * FROM users), v AS (SELECT * FROM w UNION SELECT * FROM w) SELECT count(*), max(id) FROM v JOIN w USING (x);

WITH w AS MATERIALIZED (SELECT DISTINCT country, s FROM users) SELECT country FROM w;

WITH w AS (SELECT * FROM users ORDER BY x DESC, id LIMIT 10) SELECT a.id FROM w a JOIN w b ON a.id = b.x;

WITH w AS (SELECT * FROM users), RECURSIVE_PART AS (SELECT id, x FROM w) SELECT a.id FROM RECURSIVE_PART a JOIN RECURSIVE_PART b ON a.id = b.x;

WITH RECURSIVE w AS (SELECT id, x, country, 1 AS n FROM users WHERE id < 4 UNION ALL SELECT u.id, u.x, u.country, w.n + 1 FROM users u JOIN w ON u.id = w.id + 5 WHERE w.n < 4) SELECT id FROM w;

WITH w AS (SELECT * FROM users) SELECT a.id FROM w a JOIN here h ON h.x = a.country JOIN LATERAL (SELECT b.x FROM w b WHERE b.country = a.country LIMIT 1) l ON true;

WITH w AS (SELECT u.k, u.id, u.x FROM users u JOIN far f ON f.id = u.x) UPDATE orders o SET amount = 0 FROM w WHERE w.id = o.user_id RETURNING o.id;

WITH gone AS (DELETE FROM orders WHERE id > 80 RETURNING *), w AS (SELECT id, flag, amount FROM gone) SELECT count(a.id) FROM w a JOIN w b USING (id);

INSERT INTO far WITH w AS (SELECT * FROM users) SELECT a.id, b.x, 'new' FROM w a JOIN w b ON a.x = b.country;
