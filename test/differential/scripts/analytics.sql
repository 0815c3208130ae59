Queries as analysts write them, over tables that are not co-located, with NULLs, skew and empty ones.

--- include joins.sql

--- statements
WITH d AS (SELECT t, date '2024-01-01' + id AS day, n FROM facts), w AS (SELECT t, day, sum(n) OVER (PARTITION BY t ORDER BY day ROWS BETWEEN 6 PRECEDING AND CURRENT ROW) AS week FROM d) SELECT t, to_char(day, 'YYYY-MM') AS month, max(week), count(*) FROM w GROUP BY 1, 2 ORDER BY 1, 2;

WITH r AS (SELECT t, i, id, rank() OVER (PARTITION BY t ORDER BY i DESC NULLS LAST, id) AS r FROM facts) SELECT r.t, d.i, r.id FROM r JOIN dims d ON d.code = r.t WHERE r <= 3 ORDER BY 1, 2, 3;

SELECT d.code, top.id, top.n FROM dims d LEFT JOIN LATERAL (SELECT id, n FROM facts f WHERE f.i = d.i ORDER BY n DESC NULLS LAST, id LIMIT 2) top ON true ORDER BY 1, 2;

SELECT d.code, top.* FROM dims d CROSS JOIN LATERAL (SELECT m.k, sum(m.part) AS s FROM many m JOIN facts f ON f.id = m.part WHERE m.x <= d.i GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 2) top ORDER BY 1, 2;

SELECT f.m, d.m, count(*), sum(f.n), grouping(f.m, d.m) FROM facts f JOIN dims d ON d.b = f.b GROUP BY CUBE (f.m, d.m) ORDER BY 1, 2, 5;

SELECT d.m, f.t, count(*), avg(f.n) FROM facts f LEFT JOIN dims d ON d.i = f.i GROUP BY ROLLUP (d.m, f.t) HAVING count(*) > 2 ORDER BY 1, 2, 3;

SELECT GROUPING(f.t), f.t, count(DISTINCT f.i), count(DISTINCT d.code) FROM facts f JOIN dims d ON d.i = f.i GROUP BY GROUPING SETS ((f.t), ()) ORDER BY 1, 2;

SELECT i, coalesce(f.c, 0) AS f, coalesce(d.c, 0) AS d FROM (SELECT i, count(*) AS c FROM facts GROUP BY 1) f FULL JOIN (SELECT i, count(*) AS c FROM dims GROUP BY 1) d USING (i) ORDER BY 1, 2, 3;

SELECT i, count(*), count(f.id), count(d.code), count(m.k) FROM facts f FULL JOIN dims d USING (i) FULL JOIN (SELECT x AS i, k FROM many) m USING (i) GROUP BY i ORDER BY 1, 2;

SELECT i, b, f.id, d.code FROM facts f FULL JOIN dims d USING (i, b) WHERE i > 5 OR b IS NULL ORDER BY 1, 2, 3, 4;

SELECT count(*) FROM facts WHERE i NOT IN (SELECT x FROM many UNION SELECT i FROM dims);

SELECT count(*) FROM facts f WHERE (i, b) NOT IN (SELECT i, b FROM dims d WHERE d.code <> f.t);

SELECT t, count(*) FROM facts f WHERE i NOT IN (SELECT d.i FROM dims d WHERE d.b = f.b) GROUP BY 1 ORDER BY 1;

SELECT (SELECT count(*) FROM dims d WHERE d.i = f.i) AS c, (SELECT max(x) FROM many m WHERE m.k = f.b), count(*) FROM facts f GROUP BY 1, 2 ORDER BY 1, 2;

SELECT t, sum(n) FROM facts f GROUP BY t HAVING sum(n) > (SELECT avg(n) FROM dims d WHERE d.code < t) ORDER BY 1;

SELECT t, count(*) FROM facts f GROUP BY t HAVING EXISTS (SELECT FROM dims d WHERE d.code = f.t AND d.i > 3) ORDER BY 1;

SELECT id, CASE WHEN EXISTS (SELECT FROM dims d WHERE d.i = f.i) THEN 'both' WHEN i IS NULL THEN 'none' ELSE 'left' END FROM facts f ORDER BY (SELECT max(part) FROM many m WHERE m.x = f.i) DESC NULLS LAST, id LIMIT 30;

SELECT f.id, d.code FROM facts f JOIN dims d ON d.i = (SELECT max(m.x) FROM many m WHERE m.k = f.i) ORDER BY 1, 2;

SELECT id FROM facts ORDER BY id LIMIT (SELECT count(*) FROM dims WHERE i > 10) OFFSET (SELECT min(k) FROM many);

SELECT sum(n) FROM facts UNION ALL SELECT max(i) FROM dims UNION ALL SELECT count(*) FROM nothing UNION ALL SELECT sum(k) FROM many ORDER BY 1;

SELECT t, count(*) FROM facts GROUP BY 1 EXCEPT SELECT code, i FROM dims ORDER BY 1, 2;

(SELECT i FROM facts WHERE id < 50 INTERSECT SELECT i FROM dims) UNION (SELECT x FROM many EXCEPT ALL SELECT k FROM everywhere) ORDER BY 1;

SELECT t, percentile_cont(ARRAY[0.25, 0.5, 0.9]) WITHIN GROUP (ORDER BY i), percentile_disc(0.5) WITHIN GROUP (ORDER BY v), mode() WITHIN GROUP (ORDER BY b) FROM facts GROUP BY t ORDER BY 1;

SELECT d.m, percentile_cont(0.5) WITHIN GROUP (ORDER BY f.id), rank(5) WITHIN GROUP (ORDER BY f.i) FROM facts f JOIN dims d ON d.i = f.i GROUP BY 1 ORDER BY 1;

SELECT t, count(*) FILTER (WHERE i > 5), sum(n) FILTER (WHERE m = 'ok'), avg(b) FILTER (WHERE i IN (SELECT i FROM dims)), array_agg(id ORDER BY id DESC) FILTER (WHERE b = 1) FROM facts GROUP BY 1 ORDER BY 1;

SELECT d.code, string_agg(f.v, ',' ORDER BY f.id DESC), string_agg(DISTINCT f.t, '|' ORDER BY f.t) FROM dims d LEFT JOIN facts f ON f.b = d.b GROUP BY 1 ORDER BY 1;

SELECT g AS bucket, count(f.id), coalesce(sum(f.n), 0) FROM generate_series(0, 130, 10) g LEFT JOIN facts f ON f.id >= g AND f.id < g + 10 GROUP BY 1 ORDER BY 1;

SELECT day::date, d.m, count(f.id) FROM generate_series(timestamp '2024-01-01', '2024-01-20', '1 day') day CROSS JOIN (SELECT DISTINCT m FROM dims) d LEFT JOIN facts f ON date '2024-01-01' + f.i = day AND f.m IS NOT DISTINCT FROM d.m GROUP BY 1, 2 ORDER BY 1, 2;

SELECT g, count(DISTINCT d.code), count(*) FROM generate_series(1, 20, 3) g LEFT JOIN (facts f JOIN dims d ON d.b = f.b) ON f.i BETWEEN g AND g + 2 GROUP BY 1 ORDER BY 1;

SELECT f.id FROM facts f LEFT JOIN dims d ON d.i = f.i WHERE d.code IS NULL ORDER BY 1;

SELECT d.code FROM dims d WHERE NOT EXISTS (SELECT FROM facts f JOIN many m ON m.x = f.i WHERE f.b = d.b AND m.k > 5) ORDER BY 1;

SELECT count(*) FROM many m WHERE NOT EXISTS (SELECT FROM facts f WHERE f.i = m.x AND f.b > m.k) AND EXISTS (SELECT FROM dims d WHERE d.i = m.part);

SELECT count(*), sum(id) FROM facts f WHERE EXISTS (SELECT FROM many m WHERE m.x = f.i AND m.part > f.id);

SELECT count(*), sum(id) FROM facts f WHERE NOT EXISTS (SELECT FROM many m WHERE m.x = f.i) OR EXISTS (SELECT FROM nothing);

SELECT count(*) FROM facts f WHERE EXISTS (SELECT d.i FROM dims d WHERE d.i = f.i LIMIT 1) AND NOT EXISTS (SELECT DISTINCT x FROM many m WHERE m.x = f.b OFFSET 1);

SELECT count(*) FROM facts f WHERE EXISTS (SELECT count(*) FROM dims d WHERE d.i = f.i) AND NOT EXISTS (SELECT sum(x) FROM many m WHERE m.x = f.b HAVING count(*) > 4);

SELECT count(*), sum(k) FROM many m WHERE EXISTS (SELECT FROM facts f WHERE f.i = m.x AND f.c::text = 'ABC') AND NOT EXISTS (SELECT FROM facts f WHERE f.i = m.k AND f.t = 't2');

SELECT m.part FROM many m WHERE m.x IN (SELECT i FROM facts WHERE t < 't5') AND m.k NOT IN (SELECT b FROM facts WHERE b > 5) AND m.x <> ALL (SELECT i FROM dims WHERE i > 8) ORDER BY 1;

SELECT count(*) FROM facts f WHERE NOT EXISTS (SELECT FROM dims d LEFT JOIN many m ON m.x = d.i WHERE d.b = f.b AND m.k IS NULL);

SELECT count(*), max(f.i) FROM facts f WHERE NOT EXISTS (SELECT FROM dims d WHERE d.i = f.i + 1 AND d.b < 5) AND f.t NOT IN (SELECT code FROM dims WHERE code IS NOT NULL AND i > 4);

WITH RECURSIVE path (start, k, hops) AS (SELECT k, x, 1 FROM many WHERE part < 20 UNION SELECT p.start, m.x, hops + 1 FROM path p JOIN many m ON m.k = p.k WHERE hops < 3) SELECT start, count(DISTINCT k), max(hops) FROM path GROUP BY 1 ORDER BY 1;

WITH RECURSIVE t (id, depth, path) AS (SELECT id, 0, ARRAY[id] FROM facts WHERE id = 1 UNION ALL SELECT f.id, depth + 1, path || f.id FROM t JOIN facts f ON f.id IN (t.id * 2, t.id * 3 + 1) WHERE depth < 4) SELECT depth, count(*), min(id), max(path) FROM t GROUP BY 1 ORDER BY 1;

WITH RECURSIVE t (k) AS (SELECT 1 UNION SELECT m.x FROM t JOIN many m ON m.k = t.k WHERE m.part <= 40) CYCLE k SET looped USING way SELECT k, looped FROM t ORDER BY 1, 2 LIMIT 30;

SELECT d.code, json_agg(json_build_object('id', f.id, 'n', f.n) ORDER BY f.id) FROM dims d JOIN facts f ON f.i = d.i WHERE f.id < 40 GROUP BY 1 ORDER BY 1;

SELECT jsonb_object_agg(coalesce(t, '-'), c ORDER BY t) FROM (SELECT t, count(*) AS c FROM facts GROUP BY 1) s;

SELECT f.t, jsonb_agg(to_jsonb(d) ORDER BY d.code) FROM facts f JOIN dims d ON d.i = f.i WHERE f.id < 25 GROUP BY 1 ORDER BY 1;

SELECT DISTINCT ON (f.t) f.t, f.id, d.code FROM facts f LEFT JOIN dims d ON d.b = f.b ORDER BY f.t, f.n DESC NULLS LAST, f.id, d.code;

SELECT count(*) BETWEEN 0 AND 120 FROM facts f TABLESAMPLE BERNOULLI (50) JOIN dims d ON d.i = f.i WHERE d.code = 't1';

SELECT count(*), sum(f.id) FROM facts f TABLESAMPLE SYSTEM (100) JOIN dims d TABLESAMPLE BERNOULLI (100) ON d.i = f.i;

SELECT f.id, d.code FROM facts f JOIN dims d ON (f.i, f.b) = (d.i, d.b) OR (f.i, f.id) < (d.i, 4) ORDER BY 1, 2;

SELECT f.id, m.part FROM facts f JOIN many m ON (m.x, m.k) <= (f.i, f.b) AND m.part = f.id ORDER BY 1, 2;

SELECT f.id, d.code FROM facts f JOIN dims d ON d.i = ANY (f.a) WHERE f.id < 20 ORDER BY 1, 2;

SELECT a.u, count(*), count(d.code) FROM facts f CROSS JOIN LATERAL unnest(f.a || f.i) WITH ORDINALITY a (u, o) LEFT JOIN dims d ON d.i = a.u GROUP BY 1 ORDER BY 1;

SELECT array_agg(DISTINCT f.a || d.a ORDER BY f.a || d.a) FROM facts f JOIN dims d ON f.a && d.a AND d.i = f.i;

SELECT d.code, count(f.id), min(f.id) FROM dims d LEFT JOIN facts f ON f.id BETWEEN d.i * 5 AND d.i * 5 + 7 GROUP BY 1 ORDER BY 1;

SELECT count(*) FROM facts f JOIN facts g ON int4range(f.id, f.id + f.i) && int4range(g.id, g.id + g.i) AND f.t = g.t AND f.id < g.id;

WITH steps AS (SELECT t AS who, min(id) FILTER (WHERE m = 'sad') AS a, min(id) FILTER (WHERE m = 'ok') AS b FROM facts GROUP BY 1), funnel AS (SELECT s.*, (SELECT min(m.part) FROM many m WHERE m.part > s.b) AS c FROM steps s) SELECT count(a), count(b) FILTER (WHERE b > a), count(c) FILTER (WHERE c > b AND b > a) FROM funnel;

WITH firsts AS (SELECT t, min(id) / 10 AS cohort FROM facts GROUP BY t) SELECT c.cohort, f.id / 10 - c.cohort AS age, count(DISTINCT f.t) FROM facts f JOIN firsts c ON c.t = f.t GROUP BY 1, 2 ORDER BY 1, 2;

WITH s AS (SELECT id, t, id - lag(id) OVER (PARTITION BY t ORDER BY id) > 12 AS fresh FROM facts), n AS (SELECT *, count(*) FILTER (WHERE coalesce(fresh, true)) OVER (PARTITION BY t ORDER BY id) AS session FROM s) SELECT t, session, min(id), max(id), count(*) FROM n GROUP BY 1, 2 ORDER BY 1, 2;

SELECT t, sum(n), round(100 * sum(n) / nullif(sum(sum(n)) OVER (), 0), 2), rank() OVER (ORDER BY sum(n) DESC NULLS LAST, t) FROM facts GROUP BY t ORDER BY 1;

SELECT f.t, d.m, sum(f.n), sum(sum(f.n)) OVER (PARTITION BY d.m ORDER BY f.t), first_value(f.t) OVER (PARTITION BY d.m ORDER BY count(*) DESC, f.t) FROM facts f JOIN dims d ON d.b = f.b GROUP BY 1, 2 ORDER BY 1, 2;

SELECT id, i, ntile(4) OVER w, dense_rank() OVER w, lead(i, 2, -1) OVER w, sum(i) OVER (w ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE CURRENT ROW) FROM facts WINDOW w AS (PARTITION BY m ORDER BY i NULLS FIRST, id) ORDER BY 1 LIMIT 40;

SELECT i, sum(i) OVER (ORDER BY i RANGE BETWEEN 2 PRECEDING AND CURRENT ROW), count(*) OVER (ORDER BY i GROUPS 1 PRECEDING) FROM dims ORDER BY 1;

SELECT x.k, y.code, count(*) FROM (SELECT k, x, row_number() OVER (PARTITION BY k ORDER BY part) AS r FROM many) x LEFT JOIN (SELECT code, i, row_number() OVER (ORDER BY code) AS r FROM dims) y ON y.i = x.x AND y.r > x.r GROUP BY 1, 2 ORDER BY 1, 2;

SELECT round(corr(f.id, d.i)::numeric, 9), round(regr_slope(f.id, m.part)::numeric, 9), stddev(f.n), variance(d.b) FROM facts f JOIN dims d ON d.i = f.i JOIN many m ON m.x = d.i;

SELECT s.t, s.c, d.i FROM (SELECT t, count(*) AS c FROM facts GROUP BY t) s JOIN dims d ON d.code = s.t AND s.c > (SELECT avg(c) FROM (SELECT count(*) AS c FROM facts GROUP BY t) a) ORDER BY 1;

SELECT max(c), min(c) FROM (SELECT f.t, count(*) AS c FROM facts f JOIN many m ON m.x = f.i GROUP BY 1 UNION ALL SELECT d.code, count(*) FROM dims d JOIN bigs b ON b.b = d.b GROUP BY 1) s;

SELECT e.t, count(f.id), sum(m.part) FROM everywhere e LEFT JOIN facts f ON f.i = e.k LEFT JOIN many m ON m.part = f.id GROUP BY 1 ORDER BY 1;

SELECT bool_or(f.i > 3), every(d.i IS NOT NULL), bit_or(f.id), array_length(array_agg(f.id), 1) FROM facts f LEFT JOIN dims d ON d.i = f.i AND d.m = 'ok';

SELECT n.t, (SELECT string_agg(d.code, ',' ORDER BY d.code) FROM dims d WHERE d.i = n.k AND EXISTS (SELECT FROM facts f WHERE f.i = d.i)) FROM notes n ORDER BY 1;

SELECT f.id FROM facts f WHERE f.i > ALL (SELECT d.i FROM dims d WHERE d.b = f.b) AND f.i < ANY (SELECT m.x FROM many m) ORDER BY 1;

SELECT a.t, b.t, count(*) FROM (SELECT t, id FROM facts WHERE id % 2 = 0) a JOIN (SELECT t, id FROM facts WHERE id % 3 = 0) b ON b.id = a.id + 1 GROUP BY 1, 2 HAVING count(*) > 1 OR a.t IS NULL ORDER BY 1, 2;

SELECT * FROM (SELECT t, m, count(*) AS c, row_number() OVER (PARTITION BY t ORDER BY count(*) DESC, m) AS r FROM facts GROUP BY 1, 2) s WHERE r = 1 ORDER BY 1;
