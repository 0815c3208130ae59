Correlated subqueries that nodes cannot answer for their own rows: on columns that are not keys, with NULLs, groups
without rows and outer rows that are alike; aggregates that are 0, and that are null, for no rows; where a subquery may
stand. See also the variants broadcast and rehash.

--- everywhere
CREATE TYPE pair AS (a int, b text);
CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);

--- tables
CREATE TABLE sold (id int PRIMARY KEY, what int, shop smallint, price numeric, at date, t text, c text COLLATE nocase, flag bool, f float8);
CREATE TABLE things (id bigint PRIMARY KEY, kind text, shop int, size numeric, t varchar(10), c text COLLATE nocase, f float8);
CREATE TABLE kinds (kind text PRIMARY KEY, rank int);
CREATE TABLE nothing (k int PRIMARY KEY, what int, price numeric);
CREATE TABLE places (shop int PRIMARY KEY, town text);

--- distribute
SELECT create_distributed_table('sold', 'id');
SELECT create_distributed_table('things', 'id', colocate_with => 'none');
SELECT create_distributed_table('kinds', 'kind');
SELECT create_distributed_table('nothing', 'k');
SELECT create_reference_table('places');

--- data
INSERT INTO sold SELECT i, nullif(i % 23, 7), nullif(i % 5, 3), CASE WHEN i % 11 > 0 THEN i % 13 END, date '2024-01-01' + i % 31, nullif('t' || i % 9, 't4'),
	CASE WHEN i % 2 = 0 THEN 'abc' ELSE 'ABC' END, i % 3 = 0, nullif(i % 7, 1) FROM generate_series(1, 300) i;
INSERT INTO things SELECT i, CASE WHEN i % 6 > 0 THEN 'k' || i % 4 END, nullif(i % 7, 2), i / 2.0, nullif('t' || i % 12, 't3'),
	(ARRAY['aBc', 'abd', NULL])[1 + i % 3], nullif(i % 9, 5) FROM generate_series(1, 40) i;
INSERT INTO things SELECT i + 100, 'k1', 1, 3, 't1', 'abc', 0 FROM generate_series(1, 12) i;
INSERT INTO kinds SELECT 'k' || i, i * 10 FROM generate_series(0, 3) i;
INSERT INTO places SELECT i, 'town ' || i % 3 FROM generate_series(0, 6) i;

--- each
AGG
avg(s.price)
0.2 * avg(s.price)
count(*)
count(s.price)
count(DISTINCT s.t)
count(*) FILTER (WHERE s.flag)
sum(s.price * (1 - s.shop)) / 3
sum(1000 / s.id)
coalesce(sum(s.price), -1)
max(s.price) - min(s.price) + count(*)
regr_count(s.f, s.f)
CASE WHEN count(*) = 0 THEN 7 ELSE 1 / count(*) END
1
sum(s.price ORDER BY s.id DESC) + t.size
array_length(array_agg(s.id), 1)

--- statements
SELECT t.id, (SELECT @AGG@ FROM sold s WHERE s.what = t.id) FROM things t ORDER BY 1;
SELECT t.id FROM things t WHERE t.size > (SELECT @AGG@ FROM sold s WHERE s.shop = t.shop AND s.at < '2024-01-20') ORDER BY 1;
SELECT t.kind, count(*), sum((SELECT @AGG@ FROM sold s WHERE s.shop = t.shop)) FROM things t GROUP BY 1 ORDER BY 1;
SELECT t.id FROM things t WHERE (SELECT @AGG@ FROM sold s WHERE s.what = t.id AND s.shop = t.shop) IS NULL ORDER BY 1;

--- statements
SELECT t.id FROM things t JOIN sold o ON o.what = t.id WHERE o.price < (SELECT 0.9 * avg(s.price) FROM sold s WHERE s.what = t.id) ORDER BY 1;

SELECT sum(o.price) FROM things t, sold o WHERE o.what = t.id AND t.kind = 'k1' AND o.price < (SELECT avg(s.price) FROM sold s WHERE s.what = t.id);

SELECT o.id, o.price FROM sold o WHERE o.price >= (SELECT max(s.price) FROM sold s WHERE s.shop = o.shop) ORDER BY 1;

SELECT o.id FROM sold o WHERE o.price >= (SELECT avg(s.price) FROM sold s WHERE s.shop = o.shop AND s.what = o.what) ORDER BY 1;

SELECT k.kind FROM kinds k WHERE k.rank IN (SELECT t.shop * 10 FROM things t WHERE t.id > 5
	AND t.size > (SELECT 0.5 * sum(s.price) FROM sold s WHERE s.what = t.id AND s.shop = t.shop)) ORDER BY 1;

SELECT p.town FROM places p WHERE p.shop IN (SELECT t.shop FROM things t WHERE t.kind IN (SELECT kind FROM kinds WHERE rank > 5)
	AND t.size > (SELECT 0.5 * sum(s.price) FROM sold s WHERE s.what = t.id AND s.shop = t.shop)) ORDER BY 1;

SELECT t.id FROM things t WHERE EXISTS (SELECT FROM sold o WHERE o.what = t.id AND o.price > (SELECT avg(s.price) FROM sold s WHERE s.shop = o.shop)) ORDER BY 1;

SELECT t.id FROM things t WHERE NOT EXISTS (SELECT FROM sold o WHERE o.what = t.id AND o.price > (SELECT avg(s.price) FROM sold s WHERE s.shop = t.shop)) ORDER BY 1;

-- two levels up
SELECT t.id FROM things t WHERE t.size > (SELECT avg(s.price) FROM sold s WHERE s.what = t.id AND s.price > (SELECT avg(x.price) FROM sold x WHERE x.shop = s.shop)) ORDER BY 1;

SELECT t.id FROM things t WHERE t.size > (SELECT avg(s.price) FROM sold s WHERE s.what = t.id AND s.price > (SELECT avg(x.price) FROM sold x WHERE x.shop = t.shop)) ORDER BY 1;

-- types, collations, expressions on either side
SELECT t.id, (SELECT count(*) FROM sold s WHERE s.shop = t.id) FROM things t ORDER BY 1;

SELECT t.id, (SELECT count(*) FROM sold s WHERE t.t = s.t), (SELECT sum(s.id) FROM sold s WHERE s.t = t.t) FROM things t ORDER BY 1;

SELECT t.id, (SELECT count(*) FROM sold s WHERE s.c = t.c) FROM things t ORDER BY 1;

SELECT t.id, (SELECT count(*) FROM sold s WHERE s.c = t.t COLLATE "C") FROM things t ORDER BY 1;

SELECT count(*), min(s.t) FROM sold s JOIN generate_series(1, 60) g ON g = s.id WHERE s.t COLLATE nocase = 'T5' OR s.c COLLATE "C" = 'abc' AND s.id < 9;

SELECT t.id, t.t FROM things t JOIN generate_series(1, 20) g ON g = t.id WHERE t.t::text COLLATE nocase IN ('T5', 'T6') ORDER BY t.t COLLATE nocase, 1;

SELECT t.id, (SELECT count(*) FROM sold s WHERE s.f = t.f), (SELECT count(*) FROM sold s WHERE s.f = t.size), (SELECT count(*) FROM sold s WHERE s.price = t.size) FROM things t ORDER BY 1;

SELECT t.id, (SELECT count(*) FROM sold s WHERE s.what + 1 = t.shop * 2) FROM things t ORDER BY 1;

SELECT t.id, (SELECT count(*) FROM sold s WHERE s.what = coalesce(t.shop, 5)) FROM things t ORDER BY 1;

SELECT t.id, (SELECT count(*) FROM sold s WHERE s.what IS NOT DISTINCT FROM t.shop) FROM things t ORDER BY 1;

SELECT t.id, (SELECT count(*) FROM sold s WHERE s.what = t.shop OR s.shop = t.shop) FROM things t ORDER BY 1;

SELECT t.id, (SELECT count(*) FROM sold s WHERE s.what > t.shop) FROM things t ORDER BY 1;

SELECT t.id, (SELECT count(*) FROM sold s WHERE s.what = t.shop AND s.shop = t.shop) FROM things t ORDER BY 1;

SELECT t.id, (SELECT count(*) FROM sold s WHERE ROW(s.what, s.shop) = ROW(t.shop, t.shop)) FROM things t ORDER BY 1;

SELECT t.id, (SELECT min(s.id) FROM sold s WHERE ROW(s.what, 'x')::pair = ROW(t.shop, 'x')::pair) FROM things t ORDER BY 1;

-- joins around, and within
SELECT t.id, o.id FROM things t LEFT JOIN sold o ON o.what = t.id AND o.price > 5 WHERE (SELECT count(*) FROM things x WHERE x.shop = o.shop) = 0 ORDER BY 1, 2;

SELECT t.id, o.id, (SELECT count(*) FROM things x WHERE x.shop = o.shop AND x.id = t.id) FROM things t LEFT JOIN sold o ON o.what = t.id AND o.price > 8 ORDER BY 1, 2;

SELECT t.id, o.id, (SELECT max(x.size) FROM things x WHERE x.shop = o.shop) FROM sold o FULL JOIN things t ON o.what = t.id AND o.price > 11 ORDER BY 1, 2;

SELECT shop, (SELECT count(*) FROM sold s WHERE s.what = shop) FROM (SELECT shop FROM things) t FULL JOIN (SELECT what AS shop FROM sold WHERE id < 30) o USING (shop) ORDER BY 1;

SELECT t.id, (SELECT count(*) FROM sold s JOIN places p ON p.shop = s.shop WHERE s.what = t.id AND p.town = 'town 1') FROM things t ORDER BY 1;

SELECT t.id, (SELECT count(*) FROM sold s JOIN kinds k ON k.rank = s.what WHERE s.shop = t.shop) FROM things t ORDER BY 1;

SELECT t.id, (SELECT sum(k.rank) FROM kinds k LEFT JOIN sold s ON s.what = k.rank AND s.shop = t.shop) FROM things t ORDER BY 1;

SELECT v.id, (SELECT count(*) FROM sold s WHERE s.what = v.id) FROM (SELECT id, shop FROM things WHERE shop = 1 ORDER BY id LIMIT 9) v ORDER BY 1;

SELECT g, (SELECT count(*) FROM sold s WHERE s.what = g) FROM generate_series(1, 30) g ORDER BY 1;

SELECT p.shop, (SELECT count(*) FROM sold s WHERE s.shop = p.shop) FROM places p ORDER BY 1;

WITH x AS (SELECT * FROM things WHERE id < 30) SELECT x.id, (SELECT sum(s.price) FROM sold s WHERE s.what = x.id) FROM x ORDER BY 1;

WITH x AS (SELECT * FROM sold WHERE id < 130) SELECT t.id, (SELECT sum(x.price) FROM x WHERE x.what = t.id) FROM things t ORDER BY 1;

SELECT t.id, s.n FROM things t, LATERAL (SELECT count(*) AS n FROM sold s WHERE s.what = t.id) s ORDER BY 1;

SELECT t.id, (SELECT count(*) FROM nothing n WHERE n.what = t.id), (SELECT sum(price) FROM nothing n WHERE n.what = t.id) FROM things t ORDER BY 1;

SELECT n.k, (SELECT count(*) FROM sold s WHERE s.what = n.what) FROM nothing n ORDER BY 1;

-- where it may stand
SELECT t.id FROM things t WHERE t.size > 18 OR 5 < (SELECT count(*) FROM sold s WHERE s.what = t.shop) ORDER BY 1;

SELECT t.id FROM things t WHERE CASE WHEN t.id > 10 THEN (SELECT count(*) FROM sold s WHERE s.what = t.shop) > 3 END ORDER BY 1;

SELECT t.id, 100 / CASE WHEN (SELECT count(*) FROM sold s WHERE s.what = t.shop) = 0 THEN 1 ELSE (SELECT count(*) FROM sold s WHERE s.what = t.shop) END FROM things t ORDER BY 1;

SELECT DISTINCT (SELECT count(*) FROM sold s WHERE s.what = t.shop) FROM things t ORDER BY 1;

SELECT t.id FROM things t ORDER BY (SELECT count(*) FROM sold s WHERE s.what = t.shop), 1;

SELECT t.shop, (SELECT count(*) FROM sold s WHERE s.what = t.shop), count(*) FROM things t GROUP BY t.shop HAVING (SELECT count(*) FROM sold s WHERE s.what = t.shop) < 20 ORDER BY 1;

SELECT (SELECT count(*) FROM sold s WHERE s.what = t.shop) AS n, count(*) FROM things t GROUP BY 1 ORDER BY 1;

SELECT t.id, rank() OVER (ORDER BY (SELECT count(*) FROM sold s WHERE s.what = t.shop)) FROM things t ORDER BY 1;

SELECT t.shop, count(*) FILTER (WHERE (SELECT count(*) FROM sold s WHERE s.what = t.shop) > 2) FROM things t GROUP BY 1 ORDER BY 1;

SELECT t.id FROM things t WHERE t.shop = 4 AND t.size > (SELECT avg(s.price) FROM sold s WHERE s.shop = t.shop) ORDER BY 1 LIMIT 3;

SELECT t.id FROM things t WHERE t.size > (SELECT avg(s.price) FROM sold s WHERE s.shop = t.shop) ORDER BY 1 LIMIT 3 FOR UPDATE;

SELECT t.id, (SELECT avg(s.price) FROM sold s WHERE s.what = t.id HAVING count(*) > 2), (SELECT avg(s.price) FROM sold s WHERE s.what = t.id LIMIT 0) FROM things t ORDER BY 1;

SELECT t.id, (SELECT count(*) FROM (SELECT what FROM sold WHERE price > 3) s WHERE s.what = t.id) FROM things t ORDER BY 1;

SELECT t.id, (SELECT count(*) FROM (SELECT what FROM sold WHERE shop = t.shop) s WHERE s.what = t.id) FROM things t ORDER BY 1;

SELECT t.id, ARRAY(SELECT s.id FROM sold s WHERE s.what = t.id ORDER BY 1), t.id IN (SELECT s.what FROM sold s WHERE s.shop = t.shop), t.shop NOT IN (SELECT s.what FROM sold s WHERE s.shop = t.id) FROM things t ORDER BY 1;

SELECT t.id, (SELECT max(s.id) FROM sold s WHERE s.id = t.id), (SELECT max(s.id) FROM sold s WHERE s.id = t.shop) FROM things t ORDER BY 1;

UPDATE things t SET size = (SELECT avg(s.price) FROM sold s WHERE s.what = t.shop) WHERE t.id < (SELECT count(*) * 5 FROM sold s WHERE s.what = t.shop) RETURNING id, size;

DELETE FROM things t WHERE t.size > (SELECT avg(s.price) FROM sold s WHERE s.shop = t.shop) RETURNING id;

INSERT INTO nothing SELECT t.id, t.shop, (SELECT avg(s.price) FROM sold s WHERE s.what = t.id) FROM things t RETURNING *;

-- Of what EXISTS and IN look for only the values are needed that the query around asks for: nulls on both sides, none, doubles.
SELECT s.id FROM sold s WHERE s.flag AND EXISTS (SELECT FROM things t WHERE t.shop = s.what AND t.size > 2) ORDER BY 1;

SELECT s.id FROM sold s WHERE s.flag AND NOT EXISTS (SELECT FROM things t WHERE t.shop = s.what AND t.size > 2) ORDER BY 1;

SELECT s.id FROM sold s WHERE s.what > 100 AND NOT EXISTS (SELECT FROM things t WHERE t.shop = s.what) ORDER BY 1;

SELECT count(*) FROM sold s WHERE s.flag AND NOT EXISTS (SELECT FROM nothing n WHERE n.what = s.what);

SELECT t.id FROM things t WHERE t.size < 9 AND t.size > (SELECT avg(price) / 2 FROM sold WHERE flag) AND NOT EXISTS (SELECT FROM sold s WHERE s.what = t.shop AND s.flag) ORDER BY 1;

SELECT t.id FROM things t WHERE t.id < 30 AND EXISTS (SELECT FROM sold s WHERE s.what = t.shop AND s.t = t.t AND s.price > t.size) ORDER BY 1;

SELECT t.id FROM things t WHERE t.id < 30 AND NOT EXISTS (SELECT FROM sold s WHERE s.shop = t.shop AND s.price IS NOT DISTINCT FROM t.size AND s.id <> t.id) ORDER BY 1;

SELECT t.id FROM things t WHERE t.id < 30 AND NOT EXISTS (SELECT FROM sold s WHERE s.c = t.c AND s.price > t.size) ORDER BY 1;

SELECT t.id FROM things t WHERE t.id < 30 AND NOT EXISTS (SELECT FROM sold s WHERE s.price = t.shop AND s.f = t.f) ORDER BY 1;

SELECT t.id FROM things t WHERE t.shop <> 0 AND t.id < 30 AND EXISTS (SELECT FROM sold s WHERE s.what = 12 / t.shop) ORDER BY 1;

SELECT t.id, CASE WHEN t.shop <> 0 THEN EXISTS (SELECT FROM sold s WHERE s.what = 12 / t.shop AND s.flag) END FROM things t WHERE t.id < 30 ORDER BY 1;

SELECT t.id, EXISTS (SELECT FROM sold s WHERE s.what = t.shop AND s.flag), t.shop IN (SELECT what FROM sold WHERE flag), t.shop NOT IN (SELECT what FROM sold) FROM things t WHERE t.size < 9 ORDER BY 1;

SELECT t.id FROM things t WHERE t.size < 9 AND t.shop IN (SELECT what FROM sold WHERE flag) ORDER BY 1;

SELECT t.id FROM things t WHERE t.size < 9 AND t.shop NOT IN (SELECT what FROM sold WHERE flag) ORDER BY 1;

SELECT t.id FROM things t WHERE t.size < 9 AND t.shop NOT IN (SELECT what FROM sold WHERE what IS NOT NULL AND shop = 1) ORDER BY 1;

SELECT t.id FROM things t WHERE t.size < 9 AND (t.shop IN (SELECT what FROM sold WHERE flag)) IS NOT TRUE ORDER BY 1;

SELECT t.id FROM things t WHERE t.size < 9 AND (t.shop IN (SELECT what FROM sold WHERE flag) OR t.id = 5) ORDER BY 1;

SELECT t.id FROM things t WHERE t.size < 9 AND (t.shop, t.t) IN (SELECT s.what, s.t FROM sold s LEFT JOIN nothing n ON n.what = s.what) ORDER BY 1;

SELECT t.id FROM things t WHERE t.size < 9 AND t.shop IN (SELECT max(what) FROM sold GROUP BY shop) AND t.shop IN (SELECT what FROM sold ORDER BY id LIMIT 5) ORDER BY 1;

SELECT t.id FROM things t WHERE t.size < 9 AND t.shop IN (SELECT s.what FROM sold s WHERE s.f = t.f) AND t.shop NOT IN (SELECT s.shop FROM sold s WHERE s.f = t.f AND s.shop > 1) ORDER BY 1;

SELECT t.id, k.rank FROM things t LEFT JOIN kinds k ON k.kind = t.kind AND k.rank > 10 WHERE t.size < 9 AND NOT EXISTS (SELECT FROM sold s WHERE s.what * 10 = k.rank) ORDER BY 1;

SELECT t.id, k.rank FROM kinds k LEFT JOIN things t ON k.kind = t.kind AND EXISTS (SELECT FROM sold s WHERE s.what = t.shop AND s.flag) AND t.size < 9 WHERE k.rank < 30 ORDER BY 1, 2;

SELECT t.id FROM things t WHERE t.size < 9 AND EXISTS (SELECT FROM kinds k LEFT JOIN sold s ON s.what = t.shop AND s.flag WHERE k.kind = t.kind AND s.id IS NULL) ORDER BY 1;

SELECT t.id FROM things t WHERE t.size < 9 AND NOT EXISTS (SELECT FROM sold s JOIN kinds k ON k.rank = s.what * 10 WHERE s.shop = t.shop AND NOT EXISTS (SELECT FROM things o WHERE o.kind = k.kind AND o.shop = t.shop)) ORDER BY 1;

SELECT n.shop FROM (SELECT DISTINCT shop, kind FROM things WHERE size < 9) n WHERE NOT EXISTS (SELECT FROM sold s WHERE s.what = n.shop) ORDER BY 1;

SELECT p.town FROM places p WHERE p.shop > 2 AND NOT EXISTS (SELECT FROM sold s WHERE s.shop = p.shop) ORDER BY 1;

WITH few AS (SELECT shop, size FROM things WHERE size < 9) SELECT count(*) FROM few WHERE NOT EXISTS (SELECT FROM sold s WHERE s.what = few.shop) AND EXISTS (SELECT FROM few o WHERE o.shop = few.shop);

DELETE FROM things t WHERE t.size < 9 AND NOT EXISTS (SELECT FROM sold s WHERE s.what = t.shop AND s.flag) RETURNING id;

UPDATE sold s SET price = 7 FROM things t WHERE t.id = s.what AND t.size < 9 AND EXISTS (SELECT FROM sold o WHERE o.shop = t.shop AND o.flag) RETURNING s.id;

-- Some parts of subqueries that run once for each row around them are the same each time.
SELECT t.id, (SELECT count(*) FROM sold s WHERE s.what >= t.shop AND s.id <> t.id) FROM things t ORDER BY 1;

SELECT t.id, (SELECT count(*) FROM sold s JOIN things o ON o.shop = s.what WHERE s.price > t.size) FROM things t ORDER BY 1;

SELECT t.id, (SELECT sum(s.n) FROM (SELECT what, count(*) AS n FROM sold GROUP BY ROLLUP (1)) s WHERE s.what IS DISTINCT FROM t.shop) FROM things t ORDER BY 1;

SELECT t.id FROM things t WHERE EXISTS (SELECT FROM sold s WHERE s.price < t.size AND EXISTS (SELECT FROM things o WHERE o.size > s.price AND o.shop <> t.shop)) ORDER BY 1;

SELECT t.id, s.* FROM things t CROSS JOIN LATERAL (SELECT what, price FROM sold WHERE price > t.size OR what = t.shop ORDER BY what, price, id LIMIT 2) s ORDER BY 1, 2, 3;

SELECT count(DISTINCT (SELECT min(random() + t.id) FROM sold s WHERE s.what < t.shop)) FROM things t;

-- the first rows for each row
SELECT t.id, s.* FROM things t, LATERAL (SELECT s.id, s.price FROM sold s WHERE s.what = t.id ORDER BY s.price DESC NULLS LAST, s.id LIMIT 3) s;

SELECT t.id, s.* FROM things t LEFT JOIN LATERAL (SELECT * FROM sold s WHERE s.shop = t.shop ORDER BY s.at DESC, s.id LIMIT 2) s ON s.flag;

SELECT t.id, p.town, s.id FROM things t LEFT JOIN places p USING (shop) LEFT JOIN LATERAL (SELECT s.id FROM sold s WHERE s.shop = p.shop AND s.flag AND p.shop = s.what ORDER BY s.id LIMIT 2) s ON true;

SELECT p.town, s.* FROM places p, LATERAL (SELECT s.price, s.id FROM sold s WHERE s.shop = p.shop AND s.at > '2024-01-05' ORDER BY s.price, s.id LIMIT 2) s;

SELECT t.id, a.id, b.id FROM things t CROSS JOIN LATERAL (SELECT s.id, s.shop FROM sold s WHERE s.what = t.id ORDER BY s.id LIMIT 2) a LEFT JOIN LATERAL (SELECT s.id FROM sold s WHERE s.what = a.shop ORDER BY s.id DESC LIMIT 1) b ON true;

SELECT t.id, s.id, s.c FROM things t, LATERAL (SELECT s.id, s.c FROM sold s WHERE s.c = t.c ORDER BY s.id LIMIT 2) s;

SELECT t.id, s.id, s.f FROM things t, LATERAL (SELECT s.id, s.f FROM sold s WHERE s.f = t.f AND s.t = t.t ORDER BY s.id LIMIT 2) s;

SELECT t.id, s FROM things t, LATERAL (SELECT s.id, s.price FROM sold s WHERE s.what = t.id ORDER BY s.at, s.id LIMIT 1) s;

SELECT t.id, s.x FROM things t, LATERAL (SELECT 100 / (s.id - t.id) AS x FROM sold s WHERE s.what = t.id AND s.id <> t.id ORDER BY s.id LIMIT 1) s;

SELECT count(*), count(s.id) FROM things t LEFT JOIN LATERAL (SELECT s.id FROM sold s WHERE s.what = t.id LIMIT 2) s ON true;

SELECT t.id, s.* FROM things t, LATERAL (SELECT s.id FROM sold s WHERE s.what = t.id ORDER BY s.id LIMIT 0) s;

SELECT t.id, s.* FROM things t, LATERAL (SELECT s.id FROM sold s WHERE s.what = t.id ORDER BY s.id LIMIT ${2|1|3:int}) s WHERE t.id < ${20:int};

SELECT t.id, (SELECT count(*) FROM kinds k WHERE k.rank > s.id) FROM things t JOIN kinds ON kinds.kind = t.kind, LATERAL (SELECT s.id FROM sold s WHERE s.shop = kinds.rank / 10 ORDER BY s.id LIMIT 2) s;

SELECT t.kind, sum(s.price), count(*) FROM things t, LATERAL (SELECT s.price, s.t FROM sold s JOIN kinds k ON k.rank = s.what WHERE s.shop = t.shop ORDER BY s.id LIMIT 4) s WHERE s.t <> 't2' GROUP BY 1;

SELECT t.id, s.id FROM things t, LATERAL (SELECT s.id FROM sold s WHERE s.what = t.id AND EXISTS (SELECT FROM kinds k WHERE k.rank = s.what) ORDER BY s.id LIMIT 2) s;

-- a constant for the column that ties the subquery, where it may be one and where not
SELECT count(*), sum(t.size) FROM things t WHERE t.id = ${5|40|-1:bigint} AND EXISTS (SELECT FROM sold s WHERE s.what = t.id);

SELECT t.id, (SELECT max(s.price) FROM sold s WHERE s.shop = t.shop) FROM things t WHERE t.shop = ${1|3:int};

SELECT t.id FROM things t WHERE t.shop = 1 AND t.kind IN (SELECT 'k' || s.what FROM sold s WHERE s.shop = t.shop AND s.id > t.id);

SELECT t.id, s.* FROM things t LEFT JOIN LATERAL (SELECT s.id, s.price FROM sold s WHERE s.shop = t.shop ORDER BY s.id LIMIT 2) s ON true WHERE t.shop = ${1:int};

SELECT t.id, s.* FROM things t LEFT JOIN LATERAL (SELECT s.id FROM sold s WHERE s.shop = t.shop AND s.price > t.size ORDER BY s.id LIMIT 2) s ON true WHERE 1 = t.shop;

SELECT p.shop, t.id, (SELECT count(*) FROM sold s WHERE s.shop = t.shop), (SELECT count(*) FROM sold s WHERE s.shop = p.shop) FROM places p LEFT JOIN things t ON t.shop = p.shop AND EXISTS (SELECT FROM sold s WHERE s.what = p.shop) WHERE p.shop = ${2|1:int};

SELECT t.shop, (SELECT count(*) FROM sold s WHERE s.shop = t.shop), (SELECT count(*) FROM sold s WHERE s.shop IS NOT DISTINCT FROM t.shop) FROM things t WHERE t.shop = 1 GROUP BY ROLLUP (t.shop);

SELECT t.shop, count(*), (SELECT count(*) FROM sold s WHERE s.shop = t.shop) FROM things t WHERE t.shop = 1 GROUP BY t.shop HAVING count(*) > (SELECT count(*) FROM kinds k WHERE k.rank = t.shop);

SELECT t.id, t.c FROM things t WHERE t.c = 'ABC' AND (SELECT count(*) FROM sold s WHERE s.c = t.c AND s.c::text = t.c::text COLLATE "C") > 0;

SELECT t.id, t.size, (SELECT max(s.id || t.size::text) FROM sold s WHERE s.price = t.size) FROM things t WHERE t.size = 3.00;

SELECT t.id, (SELECT count(*) FROM sold s WHERE s.shop = t.shop) FROM things t WHERE t.shop = 1 OR t.shop = 2;

SELECT t.id, (SELECT count(*) FROM sold s WHERE s.shop = t.shop) FROM things t WHERE t.shop = NULL;

SELECT count(DISTINCT r) FROM (SELECT (SELECT random() FROM kinds k WHERE k.rank > t.shop LIMIT 1) AS r FROM things t WHERE t.shop = 1) s;

SELECT id, (SELECT count(*) FROM sold s WHERE s.what = j.id AND s.shop = shop.shop) FROM things j FULL JOIN (SELECT shop FROM kinds, places WHERE rank = 10) shop USING (shop) WHERE shop = 1;

UPDATE things t SET size = (SELECT max(s.price) FROM sold s WHERE s.shop = t.shop) WHERE t.shop = 1 AND t.id IN (SELECT s.what FROM sold s WHERE s.shop = t.shop) RETURNING t.id, t.size;

DELETE FROM things t WHERE t.shop = 4 AND EXISTS (SELECT FROM sold s WHERE s.shop = t.shop AND s.what = 9) RETURNING t.id;
