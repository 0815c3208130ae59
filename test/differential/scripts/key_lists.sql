Lists of keys: which shards they are on is found out, from constants and parameters, and no other node is asked.

--- everywhere
CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE DOMAIN tenant_ids AS int[];

--- tables
CREATE TABLE a (k int NOT NULL, id int, x int, s text, PRIMARY KEY (k, id));
CREATE TABLE b (k int, id int, y int);
CREATE TABLE other (k int, z int);
CREATE TABLE words (w text, n int);
CREATE TABLE folded (w text COLLATE nocase, n int);
CREATE TABLE numbers (n numeric, x int);
CREATE TABLE lists (l int[], x int);
CREATE TABLE names (x int PRIMARY KEY, name text);

--- distribute
BEGIN;
SELECT create_reference_table('names');
SELECT create_distributed_table('a', 'k');
SELECT create_distributed_table('b', 'k', colocate_with => 'a');
SELECT create_distributed_table('other', 'k', colocate_with => 'none');
SELECT create_distributed_table('words', 'w');
SELECT create_distributed_table('folded', 'w');
SELECT create_distributed_table('numbers', 'n');
SELECT create_distributed_table('lists', 'l');
COMMIT;

--- data
INSERT INTO a SELECT k, i, (k * i) % 7, 's' || k % 4 FROM generate_series(1, 20) k, generate_series(1, 3) i;
INSERT INTO b SELECT CASE WHEN i % 11 > 0 THEN i % 22 END, i % 4, i FROM generate_series(1, 90) i;
INSERT INTO other SELECT i % 9, i FROM generate_series(1, 30) i;
INSERT INTO words SELECT (ARRAY['a', 'b', 'ä', '', NULL, 'long word'])[1 + i % 6], i FROM generate_series(1, 30) i;
INSERT INTO folded SELECT (ARRAY['Abc', 'aBC', 'xyz', 'XyZ', 'w'])[1 + i % 5], i FROM generate_series(1, 30) i;
INSERT INTO numbers SELECT (i % 5)::numeric(10,2), i FROM generate_series(1, 20) i;
INSERT INTO lists SELECT ARRAY[i % 3, i % 2], i FROM generate_series(1, 20) i;
INSERT INTO names SELECT i, 'name ' || i FROM generate_series(0, 6) i;

--- here
CREATE VIEW some_of_a AS SELECT * FROM a WHERE k IN (2, 3, 5, 7, 11);
CREATE FUNCTION of_keys(int[]) RETURNS bigint LANGUAGE plpgsql STABLE AS
	$$ BEGIN RETURN (SELECT sum(x) FROM a WHERE k = ANY ($1)); END $$;

--- statements

SELECT * FROM a WHERE k IN (1, 2, 3);

SELECT * FROM a WHERE k IN (${1|4|99:int}, ${7|NULL:int}) AND id > 1;

SELECT * FROM a WHERE k = ANY (${{1,5,9}|{}|{3}|NULL|{NULL}|{4,NULL,4}|{{1,2},{3,4}}:int[]});

SELECT count(*), sum(x), max(s), count(DISTINCT x) FROM a WHERE k = ANY (${{1,5,9}|{}|{3}|NULL|{NULL}|{4,NULL,4}:int[]});

SELECT x, count(*) FROM a WHERE k = ANY (${{1,5,9}|{}|{3}|NULL:int[]}) GROUP BY x ORDER BY x;

SELECT k, count(*) FROM a WHERE k IN (4, 8, ${15:int}) GROUP BY k ORDER BY k;

SELECT * FROM a WHERE k = ANY (${{1,5000000000}|{3}:bigint[]});

SELECT * FROM a WHERE k = ANY (${{1,2}|{3}:smallint[]});

SELECT * FROM a WHERE k = ANY (${{1.0,2.5,3}:numeric[]});

SELECT * FROM a WHERE k = ANY (${{1,6}:int[]}::tenant_ids);

SELECT * FROM a WHERE k = ANY (ARRAY[${2:int}, id, x]);

SELECT * FROM a WHERE k = ANY (ARRAY(SELECT x FROM names WHERE x > 4));

SELECT * FROM a WHERE k = ALL (${{2,2}|{2,3}|{}:int[]});

SELECT * FROM a WHERE k NOT IN (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);

SELECT * FROM a WHERE NOT (k IN (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11));

SELECT * FROM a WHERE k <> ALL (${{1,2,3,4,5,6,7,8,9,10,11,12,13,14}:int[]});

SELECT * FROM a WHERE k = 1 OR k = 2;

SELECT * FROM a WHERE k = ${1:int} OR k IN (${4:int}, 5) OR k = ${7|1:int};

SELECT * FROM a WHERE k = 1 OR x = 2;

SELECT * FROM a WHERE (k = 1 AND id = 2) OR (k = 3 AND id = 1) OR (x = 3 AND k = 17);

SELECT * FROM a WHERE (k, id) IN ((1, 1), (2, 2), (${3:int}, ${3:int}));

SELECT * FROM a WHERE (k IN (1, 2) OR k IN (3, 4)) AND (k IN (2, 3) OR x = 2);

SELECT * FROM a WHERE k IN (1, 2, 3) AND k IN (3, 4, 5);

SELECT * FROM a WHERE k IN (1, 2) OR k IS NULL;

SELECT * FROM b WHERE k IN (1, 2, NULL) OR k IS NULL;

SELECT * FROM b WHERE k IS NOT DISTINCT FROM 3 OR k = 4;

SELECT * FROM a JOIN b USING (k) WHERE k IN (2, 3) AND a.id = b.id;

SELECT * FROM a JOIN b ON a.k = b.k WHERE b.k = ANY (${{4,7}|{}:int[]}) AND a.id = b.id;

SELECT a.k, b.y FROM a LEFT JOIN b ON a.k = b.k AND b.k IN (1, 2) WHERE a.k IN (1, 2, 6);

SELECT a.k, b.y FROM a LEFT JOIN b ON a.k = b.k AND b.k IN (1, 2) WHERE a.id = 1;

SELECT a.k, b.y FROM a FULL JOIN b ON a.k = b.k AND a.k IN (1, 2) WHERE a.id = 1 OR b.id = 2;

SELECT a.k, b.y FROM a RIGHT JOIN b ON a.k = b.k AND a.k IN (1, 2) WHERE b.id = 2;

SELECT a.k, o.z FROM a, other o WHERE a.k IN (1, 2) AND o.k IN (3, 4) AND a.id = 1;

SELECT a.k, o.z FROM a JOIN other o ON o.z = a.x WHERE a.k IN (1, 2, 3, 4);

SELECT a.k, o.z FROM a JOIN other o ON o.z = a.x WHERE o.k IN (3, 4);

SELECT a.k, o.z FROM a JOIN other o ON o.z = a.x WHERE a.k = ANY (${{1,5}|{}|{7,8,9,10}:int[]}) AND o.k = ANY (${{1,2,3,4}|{}:int[]});

SELECT count(*), sum(o.z) FROM a JOIN other o ON o.k = a.x WHERE a.k = ANY (${{1,5}|{}|{7,8,9,10}:int[]}) AND o.k IN (1, 2, 3);

SELECT a.k, o.z FROM a LEFT JOIN other o ON o.z = a.k AND o.k IN (2, 4) WHERE a.k IN (1, 2, 3, 4, 5, 6);

SELECT a.k, o.z FROM other o LEFT JOIN a ON o.k = a.x AND a.k IN (2, 4) WHERE o.k = ${1|2:int} OR o.k = 3;

SELECT a.k, b.k FROM a, b WHERE a.k IN (1, 2) AND b.k IN (2, 3) AND a.id = b.id;

SELECT a.k, b.k, a.x FROM a, b WHERE a.k IN (1, 2) AND b.k = 2 AND a.id = b.id;

SELECT * FROM some_of_a WHERE id = 2;

SELECT x, count(*) FROM some_of_a GROUP BY x;

SELECT * FROM some_of_a WHERE k = ${5:int};

SELECT * FROM (SELECT k, sum(x) AS s FROM a GROUP BY k) t WHERE k IN (1, 8, 9);

SELECT * FROM (SELECT k, x, rank() OVER (PARTITION BY k ORDER BY id) AS r FROM a) t WHERE k IN (1, 8, 9) AND r = 1;

SELECT * FROM (SELECT k, x, rank() OVER (ORDER BY k, id) AS r FROM a) t WHERE k IN (1, 8, 9) AND x = 1;

SELECT * FROM (SELECT k FROM a UNION ALL SELECT k FROM b) u WHERE k = ANY (${{2,4}:int[]});

SELECT * FROM (SELECT k FROM a EXCEPT SELECT k FROM b WHERE y > 40) u WHERE k IN (2, 4, 19, 20);

SELECT k FROM a WHERE k IN (2, 3) UNION SELECT k FROM b WHERE k IN (3, 4);

WITH w AS (SELECT * FROM a WHERE k IN (2, 3, 4)) SELECT w1.k, w2.x FROM w w1 JOIN w w2 USING (k, id);

SELECT * FROM a WHERE k IN (3, 4) AND EXISTS (SELECT FROM b WHERE b.k = a.k AND b.id = a.id);

SELECT * FROM a WHERE k IN (SELECT k FROM b WHERE k IN (3, 4));

SELECT * FROM a WHERE k IN (3, 4) AND x > (SELECT min(y) / 10 FROM b WHERE b.k IN (5, 6));

SELECT n.name, (SELECT count(*) FROM a WHERE k IN (n.x, 3)) FROM names n;

SELECT n.name, (SELECT count(*) FROM a WHERE k = ANY (ARRAY[n.x, n.x + 1])) FROM names n;

SELECT n.name, a.k FROM names n, LATERAL (SELECT * FROM a WHERE k IN (n.x, n.x * 2) AND id = 1) a;

SELECT of_keys(${{1,2,3}|{}|NULL|{5,6}:int[]});

SELECT * FROM words WHERE w IN ('a', 'ä');

SELECT * FROM words WHERE w = ANY (${{a,"long word",""}|{}|{NULL}:text[]});

SELECT * FROM words WHERE w = ANY (${{a,b}:varchar[]});

SELECT count(*) FROM words WHERE w = 'a' OR w = ${b:text} OR w LIKE 'l%';

SELECT * FROM folded WHERE w IN ('ABC', 'w');

SELECT * FROM folded WHERE w = ANY (${{ABC,xyz}:text[]});

SELECT * FROM folded WHERE w COLLATE "C" IN ('Abc', 'w');

SELECT * FROM folded WHERE w COLLATE "C" = 'Abc' OR w COLLATE "C" = 'xyz';

SELECT * FROM words WHERE w COLLATE nocase IN ('A', 'B');

SELECT * FROM words WHERE w::name IN ('a', 'b');

SELECT * FROM numbers WHERE n IN (1, 2.00, ${3:int});

SELECT * FROM numbers WHERE n = ANY (${{1.000,4}:numeric[]});

SELECT * FROM lists WHERE l IN ('{1,1}', '{2,0}');

SELECT * FROM lists WHERE l = '{1,1}' OR l = ARRAY[${0:int}, 1];

SELECT a.k, names.name FROM a JOIN names USING (x) WHERE k IN (1, 2, 3) ORDER BY k, id LIMIT 5;

SELECT k, id FROM a WHERE k IN (12, 13, 14) ORDER BY x DESC, k, id LIMIT 4;

SELECT DISTINCT x FROM a WHERE k IN (12, 13, 14);

SELECT k, id FROM a WHERE k IN (12, 13) ORDER BY k, id FOR UPDATE;

SELECT string_agg(s, ',' ORDER BY k, id), percentile_disc(0.5) WITHIN GROUP (ORDER BY x) FROM a WHERE k IN (12, 13);

SELECT x, count(*), grouping(x) FROM a WHERE k IN (12, 13) GROUP BY ROLLUP (x);

-- one key, however often it is said
SELECT k, id, rank() OVER (ORDER BY x, id) FROM a WHERE k IN (9, 9);

SELECT x, string_agg(s, ',' ORDER BY id) FROM a WHERE k = ANY ('{9}') GROUP BY x;

SELECT count(*) FROM a WHERE k = ANY ('{}');

SELECT count(*) FROM a WHERE k IN (NULL, NULL);

UPDATE a SET x = x + 100 WHERE k IN (1, ${2:int}) RETURNING *;

UPDATE a SET x = x + 100 WHERE k = ANY (${{3,4}|{}|NULL:int[]});

UPDATE a SET x = b.y FROM b WHERE a.k = b.k AND a.id = b.id AND b.y < 50 AND a.k IN (5, 6);

DELETE FROM a WHERE k = 1 OR k = 7 RETURNING k, id;

DELETE FROM a WHERE k IN (SELECT z FROM other WHERE k IN (1, 2));

DELETE FROM b WHERE k = ANY (${{3,4,NULL}|{}:int[]}) RETURNING *;

WITH d AS (DELETE FROM a WHERE k IN (3, 4) RETURNING *) SELECT count(*), sum(x) FROM d;

UPDATE a SET k = k + 30 WHERE k IN (6, 7) RETURNING *;

MERGE INTO a USING (SELECT k, id, max(y) AS y FROM b WHERE k IN (2, 3) GROUP BY k, id) b ON a.k = b.k AND a.id = b.id AND a.k IN (2, 3) WHEN MATCHED THEN UPDATE SET x = b.y;

INSERT INTO b SELECT k, id, x FROM a WHERE k IN (2, 3);

-- rows that stay with the keys that are named
INSERT INTO b SELECT k, id, x FROM a WHERE k = ${3:int} RETURNING *;
INSERT INTO b SELECT k, id, y FROM b WHERE k IS NULL;
INSERT INTO a SELECT k, id + 10, x, s FROM a WHERE k IN (${2:int}, ${9:int}) AND x > 1;
INSERT INTO a SELECT b.k, b.id, b.y, 'b' FROM b JOIN a USING (k) WHERE a.k = ANY (${'{4,5,99}':int[]}) ON CONFLICT (k, id) DO NOTHING;
INSERT INTO a SELECT k, id, 0, 'twice' FROM a WHERE k = 6 ON CONFLICT (k, id) DO UPDATE SET x = -1, s = excluded.s RETURNING *;
WITH i AS (INSERT INTO b SELECT k, id, -x FROM a WHERE k = ANY (ARRAY[7, 8]) RETURNING *) SELECT * FROM i JOIN names n ON n.x = i.id;
INSERT INTO b SELECT k, id, x FROM a WHERE k = 3 AND k = 4;
INSERT INTO b SELECT ${3:int}, id, x + 40 FROM a WHERE k = ${3:int};
INSERT INTO b SELECT 3, id, x + 41 FROM a WHERE k = 4;
INSERT INTO b SELECT k, max(id), count(*) + 50 FROM a WHERE k = ${4:int} GROUP BY k RETURNING *;
INSERT INTO b SELECT k, id, x + 60 FROM a WHERE k = ${2:int} ORDER BY id DESC LIMIT 1;
INSERT INTO b SELECT k, 60, count(*) FROM a WHERE k = 4 GROUP BY ROLLUP (k);
INSERT INTO b SELECT 4, 61, count(*) FROM a WHERE k = 4 GROUP BY ROLLUP (1);
INSERT INTO b SELECT b.k, 62, a.x FROM a LEFT JOIN b ON a.k = b.k AND b.id > 1 WHERE a.k = 5;
INSERT INTO b SELECT a.k, 63, a.x FROM a LEFT JOIN b ON a.k = b.k AND b.id > 1 WHERE a.k = 5;
INSERT INTO b SELECT a.k, 64, a.x FROM b LEFT JOIN a ON a.k = b.k AND a.id > 100 WHERE b.k = 5;
INSERT INTO b (SELECT 5, 65, x FROM a WHERE k = 5 UNION SELECT 7, 66, y FROM b WHERE k = 5);
INSERT INTO b SELECT s.k, 67, s.c FROM (SELECT k, count(*) AS c FROM a WHERE k IN (4, 5) GROUP BY k) s WHERE s.k = ${4:int};
SELECT * FROM a;
SELECT * FROM b;

PREPARE copy_key(int) AS INSERT INTO b SELECT k, id, x + 100 FROM a WHERE k = $1;
EXECUTE copy_key(1);
EXECUTE copy_key(2);
EXECUTE copy_key(3);
EXECUTE copy_key(4);
EXECUTE copy_key(5);
EXECUTE copy_key(6);
EXECUTE copy_key(NULL);
DEALLOCATE copy_key;
SELECT * FROM b WHERE y >= 100;
