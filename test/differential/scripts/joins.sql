Joins of tables that are not co-located, of every type, on keys of equal and of different types, with NULLs and skew; by
each strategy (see the variants broadcast and rehash).

--- everywhere
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE TYPE pair AS (a int, b text);
CREATE DOMAIN small AS int CHECK (VALUE < 1000);
CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);

--- tables
CREATE TABLE facts (id int PRIMARY KEY, i int, b bigint, t text, v varchar(20), n numeric, m mood, s small, p pair, c text COLLATE nocase, a int[], dropped int, wide text);
CREATE TABLE dims (code text PRIMARY KEY, i int, b bigint, v varchar(20), n numeric, m mood, s small, p pair, c text COLLATE nocase, a int[]);
CREATE TABLE bigs (b bigint PRIMARY KEY, i smallint, t char(10));
CREATE TABLE many (k int, part int, x int, PRIMARY KEY (k, part));
CREATE TABLE nothing (k int PRIMARY KEY, i int, t text);
CREATE TABLE one_place (k int PRIMARY KEY, t text);
CREATE TABLE everywhere (k int PRIMARY KEY, t text);

--- distribute
SELECT create_distributed_table('facts', 'id');
SELECT create_distributed_table('dims', 'code');
SELECT create_distributed_table('bigs', 'b', shard_count => 3);
SELECT create_distributed_table('many', 'k', shard_count => 2);
SELECT create_distributed_table('nothing', 'k');
SELECT create_distributed_table('one_place', NULL);
SELECT create_reference_table('everywhere');

--- data
INSERT INTO facts SELECT i, CASE WHEN i % 3 = 0 THEN 7 ELSE nullif(i % 20, 4) END, nullif(i % 17, 3), nullif('t' || i % 12, 't5'), nullif('t' || i % 9, 't1'),
	nullif(i % 8, 2) / 2.0, (ARRAY['sad', 'ok', NULL])[1 + i % 3]::mood, nullif(i % 6, 1), CASE WHEN i % 5 > 0 THEN ROW(i % 4, 'x')::pair END,
	CASE WHEN i % 2 = 0 THEN 'abc' ELSE 'ABC' END, ARRAY[i % 3, i % 2], i, repeat('wide' || i, 1 + i % 50 * 10) FROM generate_series(1, 120) i;
INSERT INTO dims SELECT 't' || i, nullif(i, 6), nullif(i, 2), nullif('t' || i, 't3'), i / 2.0, (ARRAY['ok', 'happy', NULL])[1 + i % 3]::mood, i % 7,
	ROW(i, 'x')::pair, CASE WHEN i % 2 = 0 THEN 'Abc' ELSE 'abd' END, ARRAY[i % 3, 1] FROM generate_series(0, 15) i;
INSERT INTO bigs SELECT i * 3, nullif(i % 7, 0), 't' || i % 4 FROM generate_series(-5, 25) i;
INSERT INTO many SELECT i % 10, i, i % 13 FROM generate_series(1, 90) i;
INSERT INTO one_place SELECT i, 't' || i FROM generate_series(1, 8) i;
INSERT INTO everywhere SELECT i, 't' || i FROM generate_series(1, 6) i;

--- after
ALTER TABLE facts DROP COLUMN dropped;

--- here
CREATE TABLE notes (k int, t text);
INSERT INTO notes SELECT nullif(i, 3), 't' || i FROM generate_series(1, 10) i;

--- statements
SELECT f.id, e.t FROM facts f JOIN (SELECT * FROM everywhere ORDER BY k LIMIT 3) e ON e.k = f.i WHERE f.n > ${1|2:numeric} ORDER BY 1;

SELECT f.i, e.r, count(*) FROM facts f LEFT JOIN (SELECT k, row_number() OVER (ORDER BY t DESC) r FROM everywhere) e ON e.k = f.i GROUP BY 1, 2 ORDER BY 1, 2;

SELECT id FROM facts WHERE i IN (SELECT DISTINCT ON (k % 2) k FROM everywhere ORDER BY k % 2, k DESC) AND id > ${60|100:int} ORDER BY 1;

SELECT count(*), sum(f.id) FROM facts f JOIN everywhere e TABLESAMPLE SYSTEM (100) ON e.k = f.i;

BEGIN;
UPDATE facts SET b = e.r FROM (SELECT k, rank() OVER (ORDER BY t) r FROM everywhere) e WHERE e.k = facts.i;
DELETE FROM facts WHERE i = (SELECT k FROM everywhere ORDER BY k OFFSET ${0|2:int} LIMIT 1) RETURNING id;
SELECT id, b FROM facts ORDER BY id;
ROLLBACK;

--- each
ON
f.i = d.i
f.id = d.i
f.i = d.b
f.b = d.i
f.t = d.code
f.v = d.v
f.v = d.code
f.t = d.code AND f.i = d.i
f.n = d.n
f.n = d.i
f.m = d.m
f.s = d.s
f.s = d.i
f.p = d.p
f.a = d.a
f.c = d.c

--- statements
SELECT f.id, f.t, d.code, d.i FROM facts f JOIN dims d ON @ON@ ORDER BY 1, 3;

SELECT f.id, f.wide, f.m, d.code, d.p, d.m FROM facts f LEFT JOIN dims d ON @ON@ ORDER BY 1, 4;

SELECT count(*), count(f.id), count(d.code), sum(f.n), max(d.v) FROM facts f RIGHT JOIN dims d ON @ON@ AND d.i > 3;

SELECT f.id, d.code FROM facts f FULL JOIN dims d ON @ON@ ORDER BY 1, 2;

SELECT d.m, count(*) FROM facts f LEFT JOIN dims d ON @ON@ WHERE f.id > 20 AND d.code IS NULL GROUP BY 1;

SELECT code FROM dims d WHERE EXISTS (SELECT FROM facts f WHERE @ON@ AND f.id % 2 = 0) ORDER BY 1;

SELECT id FROM facts f WHERE NOT EXISTS (SELECT FROM dims d WHERE @ON@) ORDER BY 1;

SELECT count(*) FROM facts f, LATERAL (SELECT count(*) AS n FROM dims d WHERE @ON@) l WHERE l.n > 0;

SELECT id, (SELECT max(d.code) FROM dims d WHERE @ON@) FROM facts f ORDER BY 1 LIMIT 40;

SELECT id FROM facts f JOIN dims d ON @ON@ WHERE f.id = ${7|9|1000:int} ORDER BY d.code;
