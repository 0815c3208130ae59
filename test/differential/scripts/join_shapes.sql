Joins of tables that are not co-located, in statements of many shapes: several of them, with empty sides, one-shard,
reference and local tables, subqueries, under grouping and windows, in transactions, with parameters.

--- include joins.sql

--- statements
SELECT f.id, m.part, d.code FROM facts f JOIN many m ON m.x = f.i JOIN dims d ON d.i = m.k WHERE f.id < 30 ORDER BY 1, 2, 3;

SELECT count(*) FROM facts f, many m, dims d, bigs b WHERE f.i = m.x AND m.k = d.i AND b.i = d.i;

SELECT count(*) FROM facts f LEFT JOIN many m ON m.x = f.i LEFT JOIN dims d ON d.i = m.k LEFT JOIN bigs b ON b.b = d.b;

SELECT count(*), sum(f.id) FROM facts f JOIN facts g ON f.i = g.id;

SELECT count(*), sum(f.id) FROM facts f JOIN facts g ON f.i = g.i AND f.id < g.id;

SELECT count(*) FROM facts f JOIN nothing n ON n.i = f.i;

SELECT count(*), count(n.k) FROM facts f LEFT JOIN nothing n ON n.i = f.i;

SELECT count(*), count(n.k) FROM nothing n FULL JOIN dims d ON n.i = d.i;

SELECT count(*) FROM nothing n JOIN nothing m ON n.i = m.k;

SELECT count(*) FROM facts WHERE i NOT IN (SELECT i FROM nothing);

SELECT count(*) FROM facts WHERE i NOT IN (SELECT i FROM dims);

SELECT count(*) FROM facts WHERE i NOT IN (SELECT i FROM dims WHERE i IS NOT NULL);

SELECT count(*) FROM facts WHERE (i, b) IN (SELECT i, b FROM dims);

SELECT id FROM facts WHERE i IN (SELECT x FROM many WHERE part > 50) OR b IN (SELECT b FROM bigs) ORDER BY 1;

SELECT count(*) FROM facts WHERE i > ALL (SELECT i FROM dims WHERE i < 3);

SELECT count(*) FROM facts WHERE i = ANY (SELECT k FROM many GROUP BY k HAVING count(*) > 8);

SELECT f.id, o.t FROM facts f JOIN one_place o ON o.k = f.i ORDER BY 1;

SELECT o.k, count(f.id) FROM one_place o LEFT JOIN facts f ON f.t = o.t GROUP BY 1 ORDER BY 1;

SELECT count(*) FROM one_place o FULL JOIN dims d ON d.i = o.k;

SELECT f.id, e.t FROM facts f JOIN many m ON m.x = f.i JOIN everywhere e ON e.k = m.k ORDER BY 1, 2 LIMIT 20;

SELECT f.id, e.t FROM facts f JOIN everywhere e ON e.t = f.t JOIN dims d ON d.i = e.k ORDER BY 1, 2;

SELECT n.k, n.t, count(f.id) FROM notes n LEFT JOIN facts f ON f.i = n.k GROUP BY 1, 2 ORDER BY 1, 2;

SELECT f.id, n.t FROM facts f LEFT JOIN notes n ON n.t = f.t ORDER BY 1, 2 LIMIT 50;

SELECT count(*) FROM notes n FULL JOIN dims d ON d.code = n.t;

SELECT f.id FROM facts f WHERE f.t IN (SELECT t FROM notes) ORDER BY 1;

SELECT f.i, count(*), array_agg(DISTINCT d.code ORDER BY d.code), percentile_cont(0.5) WITHIN GROUP (ORDER BY d.n) FROM facts f JOIN dims d ON d.b = f.b GROUP BY 1 ORDER BY 1;

SELECT f.i, d.m, count(*) FROM facts f JOIN dims d ON d.b = f.b GROUP BY GROUPING SETS ((f.i), (d.m), ()) ORDER BY 1, 2, 3;

SELECT f.id, d.code, row_number() OVER (PARTITION BY d.m ORDER BY f.id, d.code), sum(d.i) OVER (PARTITION BY f.id) FROM facts f JOIN dims d ON d.b = f.b WHERE f.id < 40 ORDER BY 1, 2;

SELECT DISTINCT d.code, f.t FROM facts f JOIN dims d ON d.b = f.b ORDER BY 1, 2;

SELECT DISTINCT ON (d.code) d.code, f.id FROM facts f JOIN dims d ON d.b = f.b ORDER BY 1, 2 DESC;

SELECT f.id, d.code FROM facts f JOIN dims d ON d.i = f.i ORDER BY f.id DESC, d.code LIMIT 7 OFFSET 3;

SELECT s.t, d.code FROM (SELECT t, i, count(*) FROM facts GROUP BY t, i) s JOIN dims d ON d.i = s.i ORDER BY 1, 2;

SELECT s.id, d.code FROM (SELECT f.id, m.k FROM facts f JOIN many m ON m.x = f.i) s JOIN dims d ON d.i = s.k ORDER BY 1, 2 LIMIT 30;

SELECT s.code, count(*) FROM (SELECT code, i FROM dims UNION ALL SELECT t, k FROM one_place) s JOIN facts f ON f.i = s.i GROUP BY 1 ORDER BY 1;

SELECT s.x, f.id FROM (SELECT x FROM many LIMIT 0) s RIGHT JOIN facts f ON f.i = s.x ORDER BY 2 LIMIT 5;

SELECT f.id FROM facts f JOIN (SELECT max(part) AS part, x FROM many GROUP BY x) m ON m.x = f.i AND m.part = f.id ORDER BY 1;

SELECT f.id, v.b FROM facts f JOIN (VALUES (1, 'a'), (2, 'b')) v (a, b) ON v.a = f.i JOIN many m ON m.x = f.i ORDER BY 1, 2 LIMIT 20;

SELECT f.id, g FROM facts f JOIN generate_series(1, 3) g ON g = f.i JOIN dims d ON d.i = g ORDER BY 1, 2;

SELECT f FROM facts f JOIN dims d ON d.i = f.i WHERE f.id < 9 ORDER BY f.id;

SELECT f.*, d.* FROM facts f JOIN dims d USING (i) WHERE f.id < 9 ORDER BY f.id;

SELECT * FROM (SELECT id, i FROM facts) f NATURAL JOIN (SELECT code, i FROM dims) d ORDER BY 1, 2, 3;

SELECT i, id, code FROM facts FULL JOIN dims USING (i) ORDER BY 1, 2, 3;

SELECT f.id, f.ctid IS NOT NULL, f.tableoid::regclass FROM facts f JOIN dims d ON d.i = f.i ORDER BY 1 LIMIT 5;

SELECT count(*) FROM facts f JOIN dims d ON d.i < f.i AND d.m = f.m;

SELECT f.id, d.code FROM facts f, dims d WHERE (f.i = d.i AND f.id < 30 AND d.code > 't1') OR (f.i = d.i AND f.id > 90 AND d.code < 't4') ORDER BY 1, 2;

SELECT f.id, d.code FROM facts f, dims d WHERE f.i = d.i AND (f.id < 30 AND d.code > 't1' OR f.id > 90 AND d.code < 't4' AND f.t IS NOT NULL OR d.b IS NULL AND f.b = 5) ORDER BY 1, 2;

SELECT f.id, d.code FROM facts f LEFT JOIN dims d ON (f.i = d.i AND f.id < 30) OR (f.i = d.i AND d.b > 3) ORDER BY 1, 2;

SELECT f.id, d.code FROM facts f LEFT JOIN dims d ON f.i = d.i AND (f.id < 30 AND d.b IS NULL OR d.b > 3 AND f.id > 20) WHERE f.t = 't1' AND d.code IS NULL OR f.t = 't2' AND d.code > 't1' ORDER BY 1, 2;

SELECT count(*) FROM facts f FULL JOIN dims d ON (f.i = d.i AND f.id < 30) OR (f.i = d.i AND d.b > 3);

SELECT f.id FROM facts f WHERE EXISTS (SELECT FROM dims d WHERE (d.i = f.i AND d.b > 3) OR (d.i = f.i AND f.b = 2)) ORDER BY 1;

SELECT f.id, d.code FROM facts f, dims d WHERE f.i = d.i AND (f.id < 30 AND random() >= 0 AND d.code > 't1' OR f.id > 90 AND d.i IN (SELECT k FROM many)) ORDER BY 1, 2;

SELECT f.id, d.code FROM facts f, dims d WHERE (f.i = d.i AND f.id < 30) OR f.i = d.i OR (f.i = d.i AND NULL) ORDER BY 1, 2;

SELECT count(*) FROM facts f CROSS JOIN dims d WHERE f.wide LIKE '%1%' || d.code;

SELECT count(*) FROM facts f JOIN dims d ON f.t || 'x' = d.code || 'x';

SELECT count(*) FROM facts f JOIN dims d ON f.i + 1 = d.i;

SELECT f.id FROM facts f JOIN dims d ON d.i = f.i WHERE random() >= 0 ORDER BY 1;

SELECT f.id, now() = now() FROM facts f JOIN dims d ON d.i = f.i AND f.id < ${10|50:int} AND d.code > ${t1|t4:text} ORDER BY 1, d.code;

SELECT count(*) FROM bigs b JOIN facts f ON f.id = b.b;

SELECT count(*) FROM bigs b JOIN facts f ON f.i = b.i;

SELECT count(*) FROM bigs b JOIN dims d ON d.code = b.t;

SELECT count(*) FROM bigs b JOIN facts f ON b.t = f.v;

SELECT f.id FROM facts f WHERE f.i = (SELECT max(d.i) FROM dims d WHERE d.b = f.b) ORDER BY 1;

SELECT f.id FROM facts f WHERE EXISTS (SELECT FROM dims d WHERE d.i = f.i AND EXISTS (SELECT FROM many m WHERE m.x = d.i AND m.k = f.b)) ORDER BY 1;

SELECT (SELECT count(*) FROM dims d JOIN facts f ON f.i = d.i), count(*) FROM many m JOIN facts f ON f.b = m.x;

WITH j AS (SELECT f.id, d.code FROM facts f JOIN dims d ON d.i = f.i) SELECT j.code, count(*) FROM j JOIN many m ON m.x = j.id GROUP BY 1 ORDER BY 1;

WITH j AS MATERIALIZED (SELECT f.id, d.code FROM facts f JOIN dims d ON d.i = f.i) SELECT a.code, count(*) FROM j a JOIN j b ON b.id = a.id GROUP BY 1 ORDER BY 1;

WITH RECURSIVE r AS (SELECT 1 AS n, id, i FROM facts WHERE id = 3 UNION ALL SELECT n + 1, f.id, f.i FROM r JOIN facts f ON f.id = r.i WHERE n < 6) SELECT * FROM r ORDER BY 1, 2;

SELECT id FROM facts f JOIN dims d ON d.i = f.i EXCEPT SELECT x FROM many JOIN dims ON dims.i = many.x ORDER BY 1;

SELECT i FROM facts UNION SELECT x FROM many ORDER BY 1;

SELECT i, t FROM facts UNION ALL SELECT x, 't1' FROM many ORDER BY 1, 2;

SELECT i FROM facts UNION ALL SELECT x FROM many UNION SELECT b FROM dims ORDER BY 1;

(SELECT i FROM facts UNION SELECT x FROM many) UNION ALL SELECT i FROM facts ORDER BY 1;

SELECT i FROM facts INTERSECT SELECT x FROM many INTERSECT ALL SELECT k FROM many ORDER BY 1;

SELECT i, m FROM facts EXCEPT ALL SELECT i, m FROM dims ORDER BY 1, 2;

(SELECT i FROM facts EXCEPT ALL SELECT x FROM many) EXCEPT SELECT i FROM dims ORDER BY 1;

SELECT b FROM facts EXCEPT SELECT i FROM facts ORDER BY 1;

SELECT lower(c) FROM (SELECT c FROM facts INTERSECT SELECT c FROM facts WHERE id > 5) s;

SELECT t FROM facts WHERE id < 50 INTERSECT SELECT code FROM dims UNION (SELECT v FROM facts ORDER BY id LIMIT 7) ORDER BY 1;

SELECT count(*), i % 3 FROM facts GROUP BY i UNION SELECT count(*), x % 3 FROM many GROUP BY x ORDER BY 1, 2;

SELECT a, p FROM facts UNION SELECT a, p FROM dims ORDER BY 1, 2;

SELECT x FROM many m JOIN facts f ON f.i = m.x UNION SELECT d.i FROM dims d JOIN facts f ON f.b = d.b ORDER BY 1;

SELECT f.id FROM facts f JOIN dims d ON d.i = f.i ORDER BY 1 LIMIT 3 FOR UPDATE OF f;

-- rows that the transaction has written are joined
INSERT INTO facts (id, i, t) SELECT 1000 + i, i, 'new' FROM generate_series(1, 20) i;
UPDATE dims SET i = i + 1 WHERE code > 't12';
DELETE FROM many WHERE part > 80;
SELECT f.id, d.code FROM facts f JOIN dims d ON d.i = f.i ORDER BY 1, 2;
SELECT count(*) FROM facts f JOIN many m ON m.x = f.i;
SAVEPOINT s;
DELETE FROM facts WHERE id > 1010;
SELECT count(*) FROM facts f JOIN dims d ON d.i = f.i;
ROLLBACK TO s;
SELECT count(*) FROM facts f JOIN dims d ON d.i = f.i;
SELECT 1 / (f.id - 1001) FROM facts f JOIN dims d ON d.i = f.i WHERE f.id > 1000;
ROLLBACK TO s;
SELECT count(*) FROM facts f JOIN dims d ON d.i = f.i;

-- several at the same time
DECLARE c CURSOR FOR SELECT f.id, d.code FROM facts f JOIN dims d ON d.i = f.i ORDER BY 1, 2;
FETCH 3 FROM c;
SELECT count(*) FROM facts f JOIN many m ON m.x = f.i;
DECLARE e CURSOR FOR SELECT f.id, d.code FROM facts f JOIN dims d ON d.b = f.b ORDER BY 1, 2;
FETCH 2 FROM e;
FETCH 3 FROM c;
FETCH 2 FROM e;
CLOSE c;
FETCH 2 FROM e;

INSERT INTO nothing SELECT row_number() OVER (ORDER BY f.id, d.code), f.i, d.code FROM facts f JOIN dims d ON d.i = f.i;

UPDATE facts f SET t = d.code FROM dims d WHERE d.i = f.i AND d.code < 't13';

DELETE FROM facts f USING dims d WHERE d.i = f.i AND d.code > 't13' RETURNING f.id;

DELETE FROM dims WHERE i IN (SELECT x FROM many) RETURNING code;

MERGE INTO dims d USING facts f ON d.i = f.id AND f.id < 12 WHEN MATCHED THEN UPDATE SET v = f.t;

SET enable_hashjoin = off;
SELECT count(*) FROM facts f JOIN dims d ON d.i = f.i;
SET enable_mergejoin = off;
SELECT count(*) FROM facts f JOIN dims d ON d.i = f.i;
SELECT count(*) FROM facts f LEFT JOIN dims d ON d.i = f.i AND d.code > f.t;
