What is known of the key through joins, CTEs, lateral subqueries, lists and set operations: also where it is null.

--- tables
CREATE TABLE a (k bigint NOT NULL, id int, x int, s text, PRIMARY KEY (k, id));
CREATE TABLE b (k bigint, id int, y int);
CREATE TABLE c (k bigint, id int, z int);
CREATE TABLE other (k int, z int);
CREATE TABLE tree (k bigint, id int, parent int, PRIMARY KEY (k, id));
CREATE TABLE names (x bigint PRIMARY KEY, name text, part int);

--- distribute
BEGIN;
SELECT create_reference_table('names');
SELECT create_distributed_table('a', 'k');
SELECT create_distributed_table('b', 'k', colocate_with => 'a');
SELECT create_distributed_table('c', 'k', colocate_with => 'a');
SELECT create_distributed_table('tree', 'k', colocate_with => 'a');
SELECT create_distributed_table('other', 'k', colocate_with => 'none');
COMMIT;

--- data
INSERT INTO a SELECT k, i, (k * i) % 7, 's' || k % 4 FROM generate_series(1, 12) k, generate_series(1, 3) i;
INSERT INTO b SELECT CASE WHEN i % 7 > 0 THEN i % 15 END, i % 4, i FROM generate_series(1, 40) i;
INSERT INTO c SELECT CASE WHEN i % 5 > 0 THEN i % 19 END, i % 3, i % 9 FROM generate_series(1, 40) i;
INSERT INTO other SELECT i % 9, i FROM generate_series(1, 30) i;
INSERT INTO tree SELECT k, i, CASE WHEN i > 2 THEN i / 2 END FROM generate_series(1, 8) k, generate_series(1, 7) i;
INSERT INTO names SELECT i, 'name ' || i % 5, i % 3 FROM generate_series(0, 14) i;

--- here
CREATE TABLE here AS SELECT i AS x, 'note ' || i AS note FROM generate_series(1, 4) i;
CREATE VIEW both_of AS SELECT k, id, x AS v FROM a UNION ALL SELECT k, id, y FROM b;

--- statements

-- outer joins in a row
SELECT a.k, a.id, b.y, c.z FROM a LEFT JOIN b ON b.k = a.k AND b.id = a.id LEFT JOIN c ON c.k = b.k AND c.id = b.id;

SELECT a.k, b.y, c.z, d.x FROM a LEFT JOIN b ON b.k = a.k AND b.id = a.id LEFT JOIN c ON c.k = b.k LEFT JOIN a d ON d.k = c.k AND d.id = c.id WHERE a.k = ${3|5|14:bigint};

SELECT a.k, b.y, c.z FROM a LEFT JOIN b ON b.k = a.k AND b.y > 10 LEFT JOIN c ON c.k = b.k AND c.z = 3 WHERE a.k IN (2, 3, ${9:int});

SELECT a.k, count(b.y), count(c.z) FROM a LEFT JOIN b ON b.k = a.k LEFT JOIN c ON c.k = b.k GROUP BY a.k;

SELECT b.k, count(*), count(c.z) FROM a LEFT JOIN b ON b.k = a.k AND b.id = a.id LEFT JOIN c ON c.k = b.k GROUP BY b.k;

SELECT DISTINCT b.k FROM a LEFT JOIN b ON b.k = a.k AND b.id = a.id;

SELECT b.k, a.id, rank() OVER (PARTITION BY b.k ORDER BY a.k, a.id, b.y) FROM a LEFT JOIN b ON b.k = a.k AND b.id = a.id;

SELECT a.k, b.k AS bk FROM a LEFT JOIN b ON b.k = a.k AND b.id = a.id UNION SELECT k, k FROM c;

SELECT s.bk, count(*) FROM (SELECT a.k, b.k AS bk FROM a LEFT JOIN b ON b.k = a.k AND b.id = a.id) s GROUP BY 1;

SELECT s.k, s.bk, c.z FROM (SELECT a.k, b.k AS bk FROM a LEFT JOIN b ON b.k = a.k AND b.id = a.id) s LEFT JOIN c ON c.k = s.bk;

SELECT s.k, s.bk, c.z FROM (SELECT a.k, b.k AS bk FROM a LEFT JOIN b ON b.k = a.k AND b.id = a.id) s FULL JOIN c ON c.k = s.bk;

SELECT s.k, s.bk, c.z FROM c LEFT JOIN (SELECT a.k, b.k AS bk FROM a LEFT JOIN b ON b.k = a.k AND b.id = a.id) s ON c.k = s.bk;

SELECT a.k, b.y, c.z FROM a LEFT JOIN b ON b.k = a.k LEFT JOIN c ON c.k IS NOT DISTINCT FROM b.k WHERE a.k < 4;

SELECT a.k, b.y, c.z FROM a LEFT JOIN b ON b.k = a.k AND b.id = a.id LEFT JOIN c ON c.k = coalesce(b.k, 3) WHERE a.k < 4;

SELECT a.k, a.id, (SELECT count(*) FROM c WHERE c.k = b.k), (SELECT max(z) FROM c WHERE c.k = b.k AND c.id = a.id) FROM a LEFT JOIN b ON b.k = a.k AND b.id = a.id;

SELECT a.k, a.id FROM a LEFT JOIN b ON b.k = a.k AND b.id = a.id WHERE b.k IN (SELECT k FROM c) OR a.id = 3;

SELECT a.k, a.id FROM a LEFT JOIN b ON b.k = a.k AND b.id = a.id WHERE b.k NOT IN (SELECT k FROM c WHERE k IS NOT NULL);

SELECT a.k, a.id, EXISTS (SELECT FROM c WHERE c.k = b.k) FROM a LEFT JOIN b ON b.k = a.k AND b.id = a.id;

-- that are inner joins
SELECT a.k, b.y FROM a LEFT JOIN b ON b.k = a.k WHERE b.k = ${3|6:bigint};

SELECT a.k, b.y FROM a LEFT JOIN b ON b.k = a.k WHERE b.y > 20;

SELECT n.name, a.s FROM names n LEFT JOIN a ON a.k = n.x WHERE a.id = 2;

SELECT n.name, a.s FROM names n LEFT JOIN a ON a.k = n.x WHERE a.id = 2 OR a.id IS NULL;

SELECT n.name, a.s FROM names n LEFT JOIN a ON a.k = n.x WHERE a.id IS NULL;

SELECT n.name, a.s, b.y FROM names n LEFT JOIN a ON a.k = n.x LEFT JOIN b ON b.k = a.k WHERE b.y > 5;

SELECT n.name, a.s, b.y FROM names n LEFT JOIN a ON a.k = n.x JOIN b ON b.k = a.k;

SELECT n.name, b.y FROM b RIGHT JOIN names n ON b.k = n.x WHERE b.id = 1;

SELECT a.k, b.y FROM a FULL JOIN b ON b.k = a.k AND b.id = a.id WHERE b.y > 20 AND a.x > 0;

SELECT k, b.y FROM a LEFT JOIN b USING (k) WHERE b.y > 20;

SELECT k, b.y FROM b RIGHT JOIN a USING (k) WHERE b.y > 20 AND k = ${4:bigint};

-- full joins merge keys
SELECT k, a.x, b.y FROM a FULL JOIN b USING (k) WHERE k = ${3|13|40:bigint};

SELECT k, a.x, b.y FROM a FULL JOIN b USING (k) WHERE k IN (3, 13, ${40|0:bigint});

SELECT k, a.x, b.y FROM a FULL JOIN b USING (k, id) WHERE k = 3 OR id = 1;

SELECT k, count(a.x), count(b.y) FROM a FULL JOIN b USING (k) GROUP BY k;

SELECT k, count(*) FROM b FULL JOIN c USING (k) GROUP BY k;

SELECT DISTINCT k FROM b FULL JOIN c USING (k);

SELECT k, count(b.y), count(c.z), count(a.x) FROM b FULL JOIN c USING (k) FULL JOIN a USING (k) GROUP BY k;

SELECT b.k, count(*) FROM b FULL JOIN c USING (k) GROUP BY b.k;

SELECT s.k, b.y FROM (SELECT k, count(*) AS n FROM b FULL JOIN c USING (k) GROUP BY k) s LEFT JOIN b ON b.k = s.k;

SELECT a.x, u.n FROM (SELECT b.k AS bk, c.k AS ck, count(*) AS n FROM b FULL JOIN c ON b.k = c.k GROUP BY 1, 2) u LEFT JOIN a ON a.k = u.ck;

SELECT k, b.y, n.name FROM b FULL JOIN names n ON n.x = b.k WHERE k = 3;

-- reference tables between tables
SELECT n.x, string_agg(a.s, ',' ORDER BY a.id) FROM a JOIN names n ON n.x = a.k GROUP BY n.x;

SELECT n.x, n.name, count(*) OVER (PARTITION BY n.x) FROM b JOIN names n ON n.x = b.k;

SELECT a.k, b.y FROM a JOIN names n ON n.x = a.k JOIN b ON b.k = n.x;

SELECT n.x, array_agg(b.y ORDER BY b.y) FROM b LEFT JOIN names n ON n.x = b.k GROUP BY n.x;

SELECT DISTINCT n.x, n.name FROM b LEFT JOIN names n ON n.x = b.k AND n.part = 1;

SELECT s.x, b.y FROM (SELECT n.x, a.id FROM a JOIN names n ON n.x = a.k) s JOIN b ON b.k = s.x AND b.id = s.id;

-- CTEs
WITH w AS (SELECT * FROM a) SELECT s, string_agg(w.id::text, ',' ORDER BY w.id, y) FROM w JOIN b USING (k) WHERE b.k = ${3|9:bigint} GROUP BY s;

WITH w AS MATERIALIZED (SELECT * FROM a WHERE k = ${3|9:bigint}) SELECT w.id, b.y FROM w JOIN b ON b.k = w.k;

WITH w AS (SELECT * FROM a WHERE k = ${3|9:bigint}) SELECT w.id, b.y FROM w LEFT JOIN b ON b.k = w.k WHERE w.x <= (SELECT avg(x) FROM w);

WITH w AS (SELECT * FROM a WHERE k = ${3|9:bigint}), v AS (SELECT b.k, sum(y) AS s FROM b JOIN w ON w.k = b.k GROUP BY 1) SELECT v.s, (SELECT count(*) FROM w), c.z FROM v JOIN c ON c.k = v.k;

WITH w AS (SELECT k, s, sum(x) AS t FROM a GROUP BY 1, 2) SELECT * FROM w p WHERE t >= (SELECT avg(t) FROM w q WHERE q.k = p.k);

WITH w AS (SELECT k, id, sum(y) AS t FROM b GROUP BY 1, 2), v AS (SELECT k, max(t) AS m FROM w GROUP BY 1) SELECT w.* FROM w JOIN v ON w.k = v.k AND w.t = v.m;

WITH w AS (SELECT k, id, sum(y) AS t FROM b GROUP BY 1, 2), v AS (SELECT k, max(t) AS m FROM w GROUP BY 1) SELECT (SELECT count(*) FROM v WHERE v.k = w.k), w.t FROM w;

WITH w AS (SELECT count(*) AS n FROM a) SELECT a.k, w.n FROM a, w WHERE a.id = 1 AND w.n > (SELECT n / 2 FROM w);

WITH p AS (SELECT ${3|9|NULL:bigint} AS k) SELECT a.* FROM a, p WHERE a.k = p.k;

WITH p AS (SELECT ${3|9|NULL:bigint} AS k) SELECT p.k, a.x FROM p LEFT JOIN a ON a.k = p.k;

WITH p AS (SELECT ${3|9|NULL:bigint} AS k) SELECT a.* FROM a WHERE a.k = (SELECT k FROM p);

WITH p AS (SELECT ${3:bigint} AS k UNION SELECT 9) SELECT p.k, a.x FROM p LEFT JOIN a ON a.k = p.k;

WITH w AS (SELECT k FROM a WHERE k = 3 AND id = 1 FOR UPDATE) UPDATE b SET y = y + 1 FROM w WHERE b.k = w.k RETURNING b.*;

WITH w AS (SELECT k, id FROM a WHERE k = ${3:bigint} ORDER BY id LIMIT 2) DELETE FROM a USING w WHERE a.k = w.k AND a.id = w.id RETURNING a.*;

WITH w AS (UPDATE b SET y = y + 1 WHERE k = 3 RETURNING k, y) SELECT w.y, a.x FROM w JOIN a ON a.k = w.k;

WITH w AS (SELECT k, random() AS r FROM a WHERE k = 3) SELECT count(DISTINCT p.r) FROM w p JOIN w q ON p.k = q.k AND p.r = q.r;

-- recursion
WITH RECURSIVE r AS (SELECT k, id, 1 AS d FROM tree WHERE k = ${3|9:bigint} AND parent IS NULL UNION ALL SELECT t.k, t.id, d + 1 FROM tree t JOIN r ON t.k = r.k AND t.parent = r.id) SELECT r.*, a.x FROM r LEFT JOIN a ON a.k = r.k AND a.id = r.d;

WITH RECURSIVE r AS (SELECT k, id, 1 AS d FROM tree WHERE k = ${3:bigint} AND parent IS NULL UNION ALL SELECT t.k, t.id, d + 1 FROM tree t JOIN r ON t.k = r.k + 1 AND t.parent = r.id WHERE d < 5) SELECT r.*, a.x FROM r LEFT JOIN a ON a.k = r.k AND a.id = r.d;

WITH RECURSIVE r(k, j, d) AS (SELECT 2::bigint, 3::bigint, 1 UNION ALL SELECT j, 3, d + 1 FROM r WHERE d < 3) SELECT r.*, a.x FROM r LEFT JOIN a ON a.k = r.k;

WITH RECURSIVE r(k, j, d) AS (SELECT 2::bigint, 3::bigint, 1 UNION ALL SELECT k, j, d + 1 FROM r WHERE d < 3) SELECT r.*, a.x FROM r LEFT JOIN a ON a.k = r.j AND a.id = r.d;

WITH RECURSIVE r AS (SELECT k, id FROM tree WHERE k = 3 AND id = 1 UNION SELECT t.k, t.id FROM r, LATERAL (WITH RECURSIVE q AS (SELECT r.k, r.id UNION ALL SELECT t.k, t.id FROM tree t JOIN q ON t.k = q.k AND t.parent = q.id) SELECT * FROM q) t) SELECT * FROM r;

-- lists that are joined
SELECT a.* FROM a JOIN (VALUES (3), (${7:int})) v(k) ON a.k = v.k;

SELECT v.i, a.x FROM (VALUES (3::bigint, 1), (7, 2), (${40|NULL:bigint}, 1)) v(k, i) LEFT JOIN a ON a.k = v.k AND a.id = v.i;

SELECT a.* FROM a WHERE k IN (VALUES (3), (${7|NULL:int}));

SELECT a.* FROM a WHERE k NOT IN (VALUES (3), (${7:int}));

SELECT a.* FROM a WHERE (k, id) IN (VALUES (3::bigint, 1), (7, 2));

SELECT a.* FROM a WHERE k IN (SELECT unnest(${{3,7}|{}|NULL|{NULL,4}:bigint[]}));

SELECT a.* FROM a WHERE k = ANY (SELECT unnest(${{3,7}|{}:int[]}) LIMIT 1);

SELECT u.k, a.x FROM unnest(${{3,7,40}|{}|{{3,4},{5,6}}:bigint[]}) u(k) LEFT JOIN a ON a.k = u.k;

SELECT u.*, a.x FROM unnest(${{3,7,40}|{}:bigint[]}, '{1,2}'::int[]) WITH ORDINALITY u(k, i, o) LEFT JOIN a ON a.k = u.k AND a.id = u.i;

SELECT a.* FROM (SELECT unnest(${{3,7}:bigint[]}) AS k, generate_series(1, 3) AS g) u JOIN a ON a.k = u.k AND a.id = u.g;

SELECT v.x, a.s FROM here h, LATERAL (VALUES (h.x), (3)) v(x) JOIN a ON a.k = v.x;

SELECT count(*), sum(x) FROM a WHERE k IN (SELECT 3 UNION ALL SELECT ${7:bigint});

SELECT count(*), sum(x) FROM a WHERE k IN (SELECT k FROM b WHERE k = 3 INTERSECT SELECT k FROM c);

SELECT count(*), sum(x) FROM a WHERE k IN (SELECT k FROM b WHERE k IN (2, 3) EXCEPT SELECT k FROM c WHERE k = 2);

SELECT a.* FROM a WHERE (k = ${3|9:bigint} OR ${3|NULL:bigint} IS NULL) AND id = 1;

SELECT a.* FROM a WHERE (k = 3 OR 5 IS NULL) AND (id = 1 OR NULL IS NULL);

SELECT a.* FROM a WHERE k = (SELECT ${3|NULL:bigint}) OR k = (SELECT 4 WHERE false);

-- set operations
SELECT s.id, c.z FROM (SELECT k, id FROM a WHERE k = ${3:bigint} UNION ALL SELECT k, id FROM b WHERE k = ${3:bigint}) s JOIN c ON c.k = s.k;

SELECT s.id, c.z FROM (SELECT k, id FROM a WHERE k = 3 UNION SELECT k, id FROM b WHERE k IN (4, 5)) s LEFT JOIN c ON c.k = s.k;

SELECT s.k, c.z FROM (SELECT k::int FROM a WHERE k = 3 EXCEPT SELECT k FROM other) s JOIN c ON c.k = s.k;

SELECT v.v, c.z FROM both_of v JOIN c USING (k) WHERE c.k = ${3:bigint} AND v.id = c.id;

-- lateral
SELECT a.k, a.id, l.y FROM a CROSS JOIN LATERAL (SELECT y FROM b WHERE b.k = a.k ORDER BY y DESC LIMIT 2) l;

SELECT a.k, a.id, l.y FROM a LEFT JOIN LATERAL (SELECT y FROM b WHERE b.k = a.k AND b.id = a.id ORDER BY y DESC LIMIT 1) l ON true;

SELECT a.k, a.id, l.y FROM a LEFT JOIN LATERAL (SELECT k, y FROM b ORDER BY y DESC LIMIT 3) l ON l.k = a.k;

SELECT a.k, l.* FROM a, LATERAL (SELECT count(*), max(y) FROM b WHERE b.k = a.k AND b.id = a.id) l;

SELECT sum(l.n), max(l.m), a.x FROM a, LATERAL (SELECT count(*) AS n, max(y) AS m FROM b WHERE b.k = a.k AND b.id = a.id) l GROUP BY a.x;

SELECT b.k, b.y, l.z FROM b LEFT JOIN LATERAL (SELECT z FROM c WHERE c.k = b.k ORDER BY z, id LIMIT 1) l ON true;

SELECT a.k, l.y, m.z FROM a LEFT JOIN LATERAL (SELECT k, y FROM b WHERE b.k = a.k ORDER BY y DESC LIMIT 1) l ON true LEFT JOIN LATERAL (SELECT z FROM c WHERE c.k = l.k ORDER BY z LIMIT 1) m ON true;

SELECT n.name, l.x FROM names n, LATERAL (SELECT x FROM a WHERE a.k = n.x ORDER BY id LIMIT 1) l;

SELECT n.name, b.y, l.x FROM names n JOIN b ON b.k = n.x, LATERAL (SELECT x FROM a WHERE a.k = n.x ORDER BY id LIMIT 1) l;

SELECT a.k, a.id, l.j FROM a, LATERAL (SELECT json_agg(q ORDER BY y) AS j FROM (SELECT y FROM b WHERE b.k = a.k ORDER BY y LIMIT 2) q) l WHERE a.id = 1;

SELECT a.k, (SELECT array_agg(y) FROM (SELECT y FROM b WHERE b.k = a.k ORDER BY y LIMIT 2) q) FROM a WHERE a.id = 1;

SELECT a.k, (SELECT array_agg(v ORDER BY v) FROM (SELECT y AS v FROM b WHERE b.k = a.k UNION SELECT z FROM c WHERE c.k = a.k) q) FROM a WHERE a.id = 1;

SELECT a.k, (SELECT array_agg(v ORDER BY v) FROM (SELECT y AS v FROM b WHERE b.k = a.k UNION SELECT z FROM c) q) FROM a WHERE a.id = 1;

SELECT a.k, l.y, (SELECT count(*) FROM c WHERE c.k = l.k) FROM a, LATERAL (SELECT k, y FROM b WHERE b.k = a.k ORDER BY y LIMIT 1) l;

SELECT l.k, count(*) FROM a, LATERAL (SELECT k, y FROM b WHERE b.k = a.k ORDER BY y LIMIT 2) l GROUP BY l.k;

SELECT a.k, l.k, l.y FROM a LEFT JOIN LATERAL (SELECT k, y FROM b WHERE b.k = a.k ORDER BY y LIMIT 2) l ON l.y > 5 WHERE a.k < 5;

SELECT l.k, count(*) FROM a LEFT JOIN LATERAL (SELECT k, y FROM b WHERE b.k = a.k ORDER BY y LIMIT 2) l ON l.y > 5 GROUP BY l.k;

SELECT a.k, o.z, l.y FROM a JOIN other o ON o.z = a.x CROSS JOIN LATERAL (SELECT y FROM b WHERE b.k = a.k ORDER BY y LIMIT 1) l;

SELECT a.k, l.z FROM a CROSS JOIN LATERAL (SELECT z FROM other o WHERE o.k = a.k ORDER BY z LIMIT 1) l;

SELECT h.x, l.y FROM here h CROSS JOIN LATERAL (SELECT y FROM b WHERE b.k = h.x ORDER BY y LIMIT 1) l;

SELECT a.k, l.n FROM a, LATERAL (SELECT count(*) AS n FROM b JOIN c USING (k) WHERE b.k = a.k) l WHERE a.id = 1;

SELECT a.k, l.n FROM a, LATERAL (SELECT count(*) AS n FROM b, c WHERE b.k = a.k AND c.z = b.id) l WHERE a.id = 1;

SELECT a.k, l.m FROM a, b, LATERAL (SELECT max(z) AS m FROM c WHERE c.k = a.k AND c.id = b.id) l WHERE a.k = b.k AND a.id = 1;

SELECT a.k, l.m FROM a, b, LATERAL (SELECT max(z) AS m FROM c WHERE c.k = b.k AND c.id = a.id) l WHERE a.x = b.id AND a.id = 1;

SELECT a.id, l.y FROM a CROSS JOIN LATERAL (SELECT y FROM b WHERE b.k = a.k ORDER BY y DESC LIMIT 2) l WHERE a.k = ${3|9:bigint};

-- grouping sets that all have the key
SELECT k, s, x, count(*), array_agg(id ORDER BY id) FROM a GROUP BY k, ROLLUP (s, x);

SELECT k, s, count(*), grouping(k, s) FROM a GROUP BY GROUPING SETS ((k, s), (s, k), (k));

SELECT a.k, b.k AS bk, count(*) FROM a JOIN b ON a.k = b.k GROUP BY GROUPING SETS ((a.k, b.k), (a.k));

SELECT s.bk, c.z FROM (SELECT a.k, b.k AS bk, count(*) AS n FROM a JOIN b ON a.k = b.k GROUP BY GROUPING SETS ((a.k, b.k), (a.k))) s LEFT JOIN c ON c.k = s.bk;

SELECT k, s, count(*) FROM a GROUP BY CUBE (k, s);

SELECT * FROM (SELECT k, s, count(*) AS n FROM a GROUP BY ROLLUP (k, s)) r LEFT JOIN b ON b.k = r.k WHERE r.k = 3 OR r.k IS NULL;

SELECT r.k, r.n, b.y FROM (SELECT k, count(*) AS n FROM a WHERE k = 3 GROUP BY ROLLUP (k)) r LEFT JOIN b ON b.k = r.k;

-- subqueries of which only is asked whether they have a row
SELECT EXISTS (SELECT FROM a WHERE x = 3), EXISTS (SELECT FROM a WHERE x = 30), NOT EXISTS (SELECT k FROM b ORDER BY y);

SELECT count(*) FROM here WHERE EXISTS (SELECT FROM a JOIN other o ON o.z = a.x);

SELECT CASE WHEN EXISTS (SELECT s, count(*) FROM a GROUP BY s HAVING count(*) > 100) THEN 1 ELSE 2 END, EXISTS (SELECT count(*) FROM a WHERE k > 100);

SELECT EXISTS (WITH w AS (SELECT max(x) AS m FROM a) SELECT FROM w WHERE m > 3);

-- subqueries that tell the key
SELECT * FROM a WHERE k = (SELECT x FROM names WHERE name = 'name 3' AND part = ${0|1|2:int});

SELECT count(*), max(x), string_agg(s, ',' ORDER BY id) FROM a WHERE k = (SELECT x FROM here WHERE note = ${note 2|note 3|note 9:text});

SELECT a.id, b.y, c.z FROM a JOIN b ON b.k = a.k LEFT JOIN c ON c.k = b.k WHERE a.k = (SELECT max(k) FROM other WHERE z < ${9|12|0:int});

SELECT id, rank() OVER (ORDER BY x) FROM a WHERE k = (SELECT min(x) FROM names WHERE x > (SELECT min(z) FROM other)) ORDER BY id DESC LIMIT 2 OFFSET 1;

SELECT x % 2, count(*) FROM a WHERE k = (SELECT x FROM here WHERE x = 3) AND x >= (SELECT min(z) FROM c) GROUP BY 1 HAVING count(*) > (SELECT 0);

SELECT DISTINCT s FROM a WHERE k = (SELECT x FROM names);

SELECT s.v, h.note FROM here h JOIN (SELECT x AS v, k FROM a WHERE k = (SELECT x FROM names WHERE name = 'name 3' AND part = 0) UNION ALL SELECT y, k FROM b WHERE k = (SELECT x FROM names WHERE name = 'name 3' AND part = 0)) s ON s.v = h.x;

WITH w AS MATERIALIZED (SELECT * FROM a WHERE k = (SELECT max(x) FROM here)) SELECT * FROM w JOIN b ON b.k = w.k WHERE b.k = (SELECT max(x) FROM here);

SELECT * FROM a WHERE k = ANY (ARRAY(SELECT x FROM here WHERE x <> ${2|3:int}));

SELECT * FROM both_of WHERE k = (SELECT x FROM here WHERE note = 'note 4');

SELECT n.name, (SELECT count(*) FROM b WHERE b.k = n.x) FROM names n WHERE n.x = (SELECT x FROM here WHERE note = 'note 4');

SELECT * FROM a LEFT JOIN b ON b.k = a.k AND b.k = (SELECT max(x) FROM here) WHERE a.k = (SELECT max(x) FROM here);

UPDATE a SET x = x + 100 WHERE k = (SELECT x FROM names WHERE name = 'name 3' AND part = ${0|1|2:int}) RETURNING k, id, x, (SELECT count(*) FROM here);

UPDATE b SET y = a.x FROM a WHERE a.k = b.k AND b.id = a.id AND a.k = (SELECT max(x) FROM here);

UPDATE a SET s = (SELECT max(name) FROM names) WHERE k = (SELECT x FROM here WHERE note = ${note 1|note 2:text}) AND id = (SELECT min(id) FROM c);

DELETE FROM b USING here h WHERE b.k = h.x AND b.k = (SELECT min(k) FROM other WHERE k > 2) RETURNING b.*, h.note;

DELETE FROM a WHERE k = (SELECT x FROM names);

WITH gone AS (DELETE FROM c WHERE k = (SELECT x FROM here WHERE note = 'note 2') RETURNING *) SELECT count(*), sum(z) FROM gone;

DELETE FROM tree WHERE k = (SELECT x FROM here WHERE note = ${note 2|note 9:text}) AND id > (SELECT avg(id) FROM tree WHERE parent = 1);

-- columns that outer joins in a subquery may have made null
SELECT s.id, s.bk, c.z FROM (SELECT a.id, a.k, b.k AS bk FROM a LEFT JOIN b ON b.k = a.k AND b.id = a.id) s LEFT JOIN c ON c.k = s.bk WHERE s.k = ${3|5|12:bigint};

SELECT s.id, s.bk, c.z FROM (SELECT a.id, a.k, b.k AS bk FROM a LEFT JOIN b ON b.k = a.k AND b.id = a.id) s JOIN c ON c.k = s.bk WHERE s.k = ${3|5|12:bigint};

SELECT s.id, c.z, d.x FROM (SELECT a.id, a.k, b.k AS bk, b.y FROM b RIGHT JOIN a ON b.k = a.k AND b.id = a.id) s LEFT JOIN c ON c.k = s.bk AND s.y > 4 LEFT JOIN a d ON d.k = c.k WHERE s.k IN (2, ${3:int});

SELECT s.id, c.z FROM (SELECT a.id, a.k, b.k AS bk FROM a LEFT JOIN b ON b.k = a.k AND b.id = a.id) s LEFT JOIN c ON c.k = coalesce(s.bk, 3) WHERE s.k = ${3|4:bigint};

SELECT s.bk, s.n, c.z FROM (SELECT b.k AS bk, a.k, count(*) AS n FROM a LEFT JOIN b ON b.k = a.k GROUP BY 1, 2) s LEFT JOIN c ON c.k = s.bk AND c.id = 1 WHERE s.k = 5;

SELECT s.bk, c.z FROM (SELECT DISTINCT b.k AS bk FROM a FULL JOIN b ON b.k = a.k AND a.id = b.id) s JOIN c ON c.k = s.bk WHERE s.bk > 3;

SELECT s.id, c.z FROM (SELECT a.id, a.k, t.bk FROM a LEFT JOIN (SELECT b.k AS bk, other.z FROM b LEFT JOIN other ON other.z = b.y) t ON t.bk = a.k) s LEFT JOIN c ON c.k = s.bk WHERE s.k = 4;

-- values that may be left out
SELECT count(*), sum(x) FROM a WHERE (${NULL|3|5:bigint} IS NULL OR k = ${NULL|3|5:bigint});

SELECT count(*), sum(x) FROM a WHERE k = coalesce(${NULL|3|5:bigint}, k) AND (${NULL|s1:text} IS NULL OR s = ${NULL|s1:text});

SELECT count(*), sum(y) FROM b WHERE k IS NOT DISTINCT FROM ${NULL|3|5:bigint};

SELECT * FROM b WHERE k IS NOT DISTINCT FROM NULL AND y > 3;

SELECT count(*) FROM a LEFT JOIN b ON b.k IS NOT DISTINCT FROM 4 AND b.id = a.id WHERE a.k = b.k OR b.k IS NULL;

SELECT k, id FROM a WHERE k NOT IN (3, ${4|5:int}) AND k <> 1 AND x > 4;

SELECT k, id FROM a WHERE k BETWEEN 4 AND 4 AND NOT k = 5;

UPDATE a SET x = x + 1 WHERE (${NULL|3|5:bigint} IS NULL OR k = ${NULL|3|5:bigint}) AND id = 1;

-- recursion that stays within the rows of a key, or does not
WITH RECURSIVE r AS (SELECT k, id, 1 AS d FROM tree WHERE parent IS NULL UNION ALL SELECT t.k, t.id, d + 1 FROM tree t JOIN r ON t.k = r.k AND t.parent = r.id) SELECT k, count(*), max(d), sum(id) FROM r GROUP BY k;

WITH RECURSIVE r AS (SELECT k, id, 1 AS d FROM tree WHERE parent IS NULL UNION ALL SELECT t.k, t.id, d + 1 FROM tree t JOIN r USING (k) WHERE t.parent = r.id AND d < ${5|2:int}) SELECT r.k, r.id, d, a.x, n.name FROM r LEFT JOIN a ON a.k = r.k AND a.id = r.id LEFT JOIN names n ON n.x = d;

WITH RECURSIVE r AS (SELECT k, id, 1 AS d FROM tree WHERE parent IS NULL UNION SELECT r.k, t.id, d % 2 FROM tree t JOIN r ON t.k = r.k AND t.parent = r.id) SELECT d, count(*), count(DISTINCT k) FROM r GROUP BY d;

WITH RECURSIVE r AS (SELECT k, id, 1 AS d FROM tree WHERE parent IS NULL UNION SELECT id::bigint, id, d + 1 FROM r WHERE d < 4) SELECT * FROM r;

WITH RECURSIVE r AS (SELECT k, id, 1 AS d FROM tree WHERE parent IS NULL UNION ALL SELECT id::bigint, id, d + 1 FROM r WHERE d < 4) SELECT k, id, d, count(*) FROM r GROUP BY 1, 2, 3;

WITH RECURSIVE r(k, j, d) AS (SELECT k, k, 1 FROM tree WHERE id = 1 UNION ALL SELECT t.k, r.j + 1, d + 1 FROM tree t JOIN r ON t.k = r.k WHERE t.id = 1 AND d < 3) SELECT r.*, a.x FROM r JOIN a ON a.k = r.k AND a.id = 1;

WITH RECURSIVE r(k, j, d) AS (SELECT k, k, 1 FROM tree WHERE id = 1 UNION ALL SELECT t.k, r.j + 1, d + 1 FROM tree t JOIN r ON t.k = r.k WHERE t.id = 1 AND d < 3) SELECT r.*, a.x FROM r JOIN a ON a.k = r.j AND a.id = 1;

WITH RECURSIVE r AS (SELECT k, id, 1 AS d FROM tree WHERE parent IS NULL UNION ALL SELECT t.k, t.id, d + 1 FROM tree t JOIN r ON t.parent = r.id AND t.k = r.k + 1 WHERE d < 4) SELECT d, count(*), sum(k) FROM r GROUP BY d;

WITH RECURSIVE r AS (SELECT k, id FROM tree WHERE parent IS NULL UNION SELECT x, part FROM names WHERE x < 3 UNION ALL SELECT t.k, t.id FROM tree t JOIN r ON t.k = r.k AND t.parent = r.id) SELECT k, count(*) FROM r GROUP BY k;

WITH RECURSIVE r AS ((SELECT k, id FROM tree WHERE parent IS NULL UNION SELECT k, id FROM a WHERE x = 1) UNION ALL SELECT t.k, t.id FROM tree t JOIN r ON t.k = r.k AND t.parent = r.id) SELECT k, count(*) FROM r GROUP BY k;

WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${5|3:int}) SELECT n.i, count(*), sum(x) FROM n LEFT JOIN a ON a.x = n.i GROUP BY n.i;

WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5) SELECT k, count(*) FROM a JOIN n ON a.x = n.i GROUP BY k;

WITH RECURSIVE n(x, l) AS (SELECT x, 1 FROM names WHERE x = 1 UNION SELECT s.x, l + 1 FROM names s JOIN n ON s.x = n.x * 2) SELECT k, id, l FROM a JOIN n USING (x) WHERE EXISTS (SELECT FROM n WHERE n.x = a.id);

WITH RECURSIVE n(i, f) AS (SELECT 1, random() UNION ALL SELECT i + 1, random() FROM n WHERE i < 5) SELECT count(*), count(DISTINCT f) FROM n JOIN a ON a.x = n.i JOIN n o USING (f);

WITH RECURSIVE n(i, v) AS (SELECT 1, 1.0 UNION SELECT i % 3 + 1, CASE WHEN i = 3 THEN 1.00 ELSE 1.0 END FROM n) SELECT k, v, count(*) FROM a JOIN n ON a.x = n.i GROUP BY k, v;

WITH RECURSIVE r AS (SELECT k, id, ARRAY[id] AS path FROM tree WHERE parent IS NULL UNION ALL SELECT t.k, t.id, path || t.id FROM tree t JOIN r ON t.k = r.k AND t.parent = r.id), q AS (SELECT k, id, 0 AS up FROM r WHERE cardinality(path) > 2 UNION ALL SELECT t.k, t.parent, up + 1 FROM q JOIN tree t USING (k, id) WHERE t.parent IS NOT NULL) SELECT r.k, r.id, path, q.up FROM r JOIN q ON q.k = r.k AND q.id = r.id;

WITH RECURSIVE r AS (SELECT k, id FROM tree WHERE parent IS NULL UNION ALL SELECT s.k, s.id FROM r, LATERAL (SELECT t.k, t.id FROM tree t WHERE t.k = r.k AND t.parent = r.id ORDER BY t.id LIMIT 1) s) SELECT * FROM r;

WITH RECURSIVE r AS (SELECT k, id FROM tree WHERE parent IS NULL UNION ALL (WITH w AS (SELECT * FROM r WHERE id < 3) SELECT t.k, t.id FROM w JOIN tree t ON t.k = w.k AND t.parent = w.id)) SELECT * FROM r;

WITH RECURSIVE r AS (SELECT k, id FROM tree WHERE parent IS NULL UNION ALL SELECT t.k, t.id FROM tree t JOIN r ON t.k = r.k AND t.parent = r.id) SEARCH DEPTH FIRST BY id SET o CYCLE id SET c USING p SELECT k, id, c FROM r ORDER BY k, o;

WITH RECURSIVE r AS (SELECT k, id FROM tree WHERE parent IS NULL UNION ALL SELECT k + 1, id FROM r) SELECT count(*) FROM (SELECT * FROM r LIMIT 50) s;

WITH RECURSIVE r AS (SELECT k, id FROM tree WHERE parent IS NULL UNION ALL SELECT k, id + 1 FROM r) SELECT count(*) FROM (SELECT * FROM r LIMIT ${50|7:int}) s;

SELECT k, (WITH RECURSIVE q AS (SELECT t.k, t.id FROM tree t WHERE t.k = a.k AND parent IS NULL UNION ALL SELECT t.k, t.id FROM tree t JOIN q ON t.k = q.k AND t.parent = q.id) SELECT count(*) FROM q) FROM a WHERE id = 1;

INSERT INTO b WITH RECURSIVE r AS (SELECT k, id FROM tree WHERE parent IS NULL UNION ALL SELECT t.k, t.id FROM tree t JOIN r ON t.k = r.k AND t.parent = r.id) SELECT k, id, 77 FROM r WHERE id > 4;

UPDATE b SET y = 78 FROM (WITH RECURSIVE r AS (SELECT k, id FROM tree WHERE parent IS NULL UNION ALL SELECT t.k, t.id FROM tree t JOIN r ON t.k = r.k AND t.parent = r.id) SELECT * FROM r) r WHERE b.k = r.k AND b.y = 77 AND r.id = 7 RETURNING b.*;

WITH RECURSIVE r AS (SELECT k, id FROM tree WHERE parent IS NULL UNION ALL SELECT t.k, t.id FROM tree t JOIN r ON t.k = r.k AND t.parent = r.id), d AS (DELETE FROM b WHERE y = 78 RETURNING *) SELECT (SELECT count(*) FROM r), (SELECT count(*) FROM d);
