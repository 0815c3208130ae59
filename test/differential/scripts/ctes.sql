Joins of tables that are not co-located, within CTEs and around them: CTEs that are used once and several times, that
read each other, are recursive or volatile, stand in subqueries and set operations, or are joined by their own key.

--- include joins.sql

--- statements
WITH s AS (SELECT f.i, count(*) AS n FROM facts f JOIN dims d ON d.i = f.i GROUP BY 1) SELECT m.k, sum(s.n) FROM s JOIN many m ON m.x = s.i GROUP BY 1 ORDER BY 1;

WITH s AS MATERIALIZED (SELECT f.i, count(*) AS n FROM facts f JOIN dims d ON d.i = f.i GROUP BY 1) SELECT m.k, sum(s.n) FROM s JOIN many m ON m.x = s.i GROUP BY 1 ORDER BY 1;

WITH s AS (SELECT i, count(*) AS n FROM facts GROUP BY 1) SELECT a.i, b.n, m.part FROM s a JOIN s b ON a.n = b.i JOIN many m ON m.x = a.i ORDER BY 1, 2, 3;

WITH s AS (SELECT i, max(id) AS id FROM facts GROUP BY 1), r AS (SELECT s.i, s.id, d.code FROM s JOIN dims d ON d.i = s.i) SELECT r.code, s.id, m.part FROM r JOIN s ON s.i = r.i LEFT JOIN many m ON m.x = s.id ORDER BY 1, 2, 3;

WITH a AS (SELECT i, b FROM facts WHERE id < 60), b AS (SELECT a.i, d.code FROM a JOIN dims d ON d.b = a.b), c AS (SELECT b.code, m.part FROM b JOIN many m ON m.x = b.i), d AS (SELECT code, count(*) AS n FROM c GROUP BY 1) SELECT d.n, c.part, b.i FROM d JOIN c USING (code) JOIN b USING (code) JOIN a ON a.i = b.i ORDER BY 1, 2, 3 LIMIT 40;

WITH s AS (SELECT i, count(*) AS n FROM facts GROUP BY 1) SELECT id FROM facts f WHERE i IN (SELECT i FROM s WHERE n > 3) AND EXISTS (SELECT FROM s JOIN dims d ON d.i = s.i WHERE d.b = f.b) ORDER BY 1;

WITH s AS (SELECT i, count(*) AS n FROM facts GROUP BY 1) SELECT d.code, (SELECT max(n) FROM s), (SELECT n FROM s WHERE s.i = d.i) FROM dims d JOIN many m ON m.x = d.i WHERE d.i IN (SELECT i FROM s) ORDER BY 1;

WITH s AS (SELECT i, count(*) AS n FROM facts GROUP BY 1) SELECT s.n, d.code FROM s JOIN dims d ON d.i = s.i UNION ALL SELECT s.n, m.k::text FROM s JOIN many m ON m.x = s.i ORDER BY 1, 2;

WITH s AS (SELECT i, count(*) AS n FROM facts GROUP BY 1) SELECT x.i, x.m, y.c FROM (SELECT s.i, m.k AS m FROM s JOIN many m ON m.x = s.i) x FULL JOIN (SELECT s.i, d.code AS c FROM s JOIN dims d ON d.i = s.i) y ON x.m = y.i ORDER BY 1, 2, 3 LIMIT 50;

WITH s AS (SELECT i, count(*) AS n FROM facts GROUP BY 1), big AS (SELECT max(n) AS n FROM s) SELECT s.i, s.n, d.code FROM s CROSS JOIN big LEFT JOIN dims d ON d.i = s.i WHERE s.n * 2 > big.n ORDER BY 1, 2, 3;

WITH r AS (SELECT id, i, random() AS x FROM facts) SELECT count(*), count(DISTINCT a.id) FROM r a JOIN r b ON b.x = a.x JOIN dims d ON d.i = a.i;

WITH r AS (SELECT id, i, random() AS x FROM facts) SELECT count(*) FROM r a JOIN r b ON b.id = a.id AND b.x = a.x;

WITH r AS MATERIALIZED (SELECT k, random() AS x FROM everywhere) SELECT count(*), count(DISTINCT r.x) FROM r JOIN facts f ON f.i = r.k JOIN dims d ON d.i = r.k;

WITH r AS (SELECT f.i, random() AS x FROM facts f JOIN dims d ON d.i = f.i) SELECT a.i, count(*) FROM r a JOIN many m ON m.x = a.i WHERE EXISTS (SELECT FROM r b WHERE b.x = a.x) AND NOT EXISTS (SELECT FROM r b JOIN dims d ON d.i = b.i WHERE b.x = a.x AND d.i <> a.i) GROUP BY 1 ORDER BY 1;

WITH n AS MATERIALIZED (SELECT k, t FROM notes) SELECT n.k, f.id FROM n JOIN facts f ON f.i = n.k JOIN n o ON o.t = f.t ORDER BY 1, 2;

WITH v (a, b) AS MATERIALIZED (VALUES (1, 't1'), (2, 't2'), (NULL, 't3')) SELECT v.a, f.id, d.i FROM v LEFT JOIN facts f ON f.i = v.a LEFT JOIN dims d ON d.code = v.b ORDER BY 1, 2, 3;

WITH s AS MATERIALIZED (SELECT id, i FROM facts ORDER BY id DESC LIMIT 20) SELECT s.id, d.code FROM s JOIN dims d ON d.i = s.i ORDER BY 1, 2;

WITH s AS MATERIALIZED (SELECT id, i, row_number() OVER (PARTITION BY i ORDER BY id DESC) AS r FROM facts) SELECT d.code, s.id, m.part FROM s JOIN dims d ON d.i = s.i LEFT JOIN many m ON m.x = s.id WHERE r <= 2 ORDER BY 1, 2, 3;

WITH a AS MATERIALIZED (SELECT k, count(*) AS n FROM many GROUP BY 1), b AS MATERIALIZED (SELECT k, max(x) AS x FROM many GROUP BY 1) SELECT a.k, n, x, f.id FROM a JOIN b USING (k) LEFT JOIN facts f ON f.i = b.x ORDER BY 1, 2, 3, 4 LIMIT 30;

WITH a AS MATERIALIZED (SELECT k, part FROM many WHERE part < 50), b AS MATERIALIZED (SELECT k, count(*) AS n FROM a GROUP BY 1) SELECT a.k, a.part, b.n FROM a JOIN b USING (k) ORDER BY 1, 2;

WITH RECURSIVE walk (k, depth) AS (SELECT 1, 0 UNION SELECT m.x, depth + 1 FROM walk w JOIN many m ON m.k = w.k WHERE depth < 4) SELECT w.k, min(depth), count(f.id) FROM walk w LEFT JOIN facts f ON f.i = w.k GROUP BY 1 ORDER BY 1;

WITH RECURSIVE walk (k, depth) AS (SELECT f.i, 0 FROM facts f JOIN dims d ON d.i = f.i WHERE f.id < 10 UNION SELECT m.x, depth + 1 FROM walk w JOIN many m ON m.k = w.k JOIN dims d ON d.i = m.x WHERE depth < 3) SELECT w.k, d.code, count(*) FROM walk w JOIN dims d ON d.i = w.k GROUP BY 1, 2 ORDER BY 1, 2;

WITH RECURSIVE walk AS (SELECT f.i, 0 AS depth FROM facts f WHERE f.id = 2 UNION ALL (WITH w AS (SELECT * FROM walk WHERE depth < 3) SELECT d.i + 1, w.depth + 1 FROM w JOIN dims d ON d.i = w.i JOIN facts f ON f.i = d.i AND f.id < 20)) SELECT * FROM walk ORDER BY 1, 2;

WITH s AS (SELECT i, count(*) AS n FROM facts GROUP BY 1), t AS MATERIALIZED (WITH s AS (SELECT i, max(b) AS n FROM dims GROUP BY 1) SELECT s.i, s.n, m.part FROM s JOIN many m ON m.x = s.i) SELECT s.i, s.n, t.n, t.part FROM s JOIN t USING (i) ORDER BY 1, 2, 3, 4;

SELECT q.i, q.n, f.id FROM (WITH s AS MATERIALIZED (SELECT i, count(*) AS n FROM dims GROUP BY 1) SELECT s.i, s.n, m.part FROM s JOIN many m ON m.x = s.i) q JOIN facts f ON f.id = q.part ORDER BY 1, 2, 3 LIMIT 30;

SELECT id, (WITH s AS MATERIALIZED (SELECT d.i, d.code FROM dims d WHERE d.b = f.b) SELECT count(*) FROM s a JOIN many m ON m.x = a.i) FROM facts f WHERE id < 20 ORDER BY 1;

-- queries within a CTE use columns of the one around it
SELECT id, (WITH s AS MATERIALIZED (SELECT d.i FROM dims d WHERE d.b = f.b UNION SELECT f.i) SELECT count(*) FROM s a, s b WHERE a.i < b.i) FROM facts f WHERE id < 20 ORDER BY 1;

SELECT id, (WITH s AS MATERIALIZED (SELECT i FROM (SELECT d.i FROM dims d WHERE d.b = f.b ORDER BY 1 LIMIT 3) q) SELECT count(*) FROM s a JOIN s b USING (i) JOIN many m ON m.x = a.i) FROM facts f WHERE id < 20 ORDER BY 1;

SELECT id, (WITH RECURSIVE s(i) AS (SELECT f.i UNION SELECT d.b FROM dims d JOIN s ON d.i = s.i) SELECT count(i) FROM s) FROM facts f WHERE id < 20 ORDER BY 1;

SELECT f.id, l.i FROM facts f, LATERAL (WITH RECURSIVE s(i) AS (SELECT f.i UNION SELECT d.b + f.id FROM dims d JOIN s ON d.i = s.i) SELECT i FROM s) l WHERE id < 9 ORDER BY 1, 2;

SELECT b, (SELECT max(n) FROM (WITH s AS MATERIALIZED (SELECT d.i, (SELECT count(*) FROM many m WHERE m.x = d.i AND m.k < count(f.*)) AS n FROM dims d) SELECT a.n FROM s a JOIN s c USING (i)) q) FROM facts f GROUP BY b ORDER BY 1;

WITH p AS MATERIALIZED (SELECT i, p, m, a, c FROM facts WHERE id < 50) SELECT x.p, x.m, x.a, d.code FROM p x JOIN dims d ON d.i = x.i JOIN p y ON y.p = x.p ORDER BY 1, 2, 3, 4 LIMIT 40;

WITH e AS MATERIALIZED (SELECT * FROM nothing) SELECT count(*), count(e.k) FROM facts f LEFT JOIN e ON e.i = f.i LEFT JOIN e e2 ON e2.k = f.i;

WITH s AS MATERIALIZED (SELECT i FROM dims) SELECT count(*) FROM facts WHERE i NOT IN (SELECT i FROM s) OR i IN (SELECT i FROM s);

WITH s AS (SELECT f.i, d.code FROM facts f JOIN dims d ON d.i = f.i) SELECT s.code, m.k, count(*), grouping(s.code) FROM s JOIN many m ON m.x = s.i WHERE s.code IN (SELECT code FROM s) GROUP BY GROUPING SETS ((s.code), (m.k), ()) ORDER BY 1, 2, 3;

WITH s AS NOT MATERIALIZED (SELECT f.i, d.code FROM facts f JOIN dims d ON d.i = f.i) SELECT DISTINCT ON (a.code) a.code, b.i, m.part FROM s a JOIN s b USING (code) JOIN many m ON m.x = b.i ORDER BY 1, 2 DESC NULLS LAST, 3;

WITH s AS (SELECT f.i, d.code FROM facts f JOIN dims d ON d.i = f.i), n AS (SELECT count(DISTINCT code) AS c, count(*) AS n FROM s) SELECT n.*, l.* FROM n, LATERAL (SELECT m.part FROM many m JOIN s ON s.i = m.x WHERE m.k < n.c ORDER BY 1 LIMIT 3) l ORDER BY 3;

WITH s AS MATERIALIZED (SELECT id, count(*) AS n FROM facts GROUP BY 1) SELECT id, n FROM s ORDER BY 1 LIMIT (SELECT count(*) / 20 FROM s);

WITH s AS MATERIALIZED (SELECT i, count(*) AS n FROM facts GROUP BY 1) SELECT d.code, s.n FROM s JOIN dims d ON d.i = s.i ORDER BY 1, 2 LIMIT (SELECT count(*) / 3 FROM s) OFFSET (SELECT min(k) FROM many);

SELECT f.id, d.code FROM facts f JOIN dims d ON d.i = f.i ORDER BY 1, 2 LIMIT (SELECT count(*) / 3 FROM many) OFFSET (SELECT min(k) FROM many);

-- sorted by what is not sent
WITH s AS MATERIALIZED (SELECT i FROM facts ORDER BY id, i LIMIT 20) SELECT a.i, d.code, count(*) FROM s a JOIN dims d ON d.i = a.i JOIN s b ON b.i = a.i GROUP BY 1, 2 ORDER BY 1, 2;

SELECT d.code, count(*) FROM (SELECT i, p FROM facts ORDER BY id, i LIMIT 30) f RIGHT JOIN dims d ON d.i = f.i GROUP BY 1 ORDER BY 1;
