Functions and operators of users that have the names of PostgreSQL's own, and fit better or come before them in the search
path; and operators of users that the syntax does not name.

--- variants
coordinator
worker
prepared
single
explain

--- everywhere
CREATE EXTENSION IF NOT EXISTS citext SCHEMA public;
DROP SCHEMA IF EXISTS shade CASCADE;
CREATE SCHEMA shade;
CREATE TYPE grade AS ENUM ('a', 'b', 'c');
CREATE FUNCTION array_length(int[], int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 99';
CREATE FUNCTION never(grade, grade) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT false';
CREATE OPERATOR = (LEFTARG = grade, RIGHTARG = grade, FUNCTION = never);
CREATE FUNCTION shade.upper(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$SELECT 'shade'$$;
CREATE FUNCTION shade.differ(int, int) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT $1 OPERATOR(pg_catalog.<>) $2';
CREATE OPERATOR shade.= (LEFTARG = int, RIGHTARG = int, FUNCTION = shade.differ);
CREATE OPERATOR shade.< (LEFTARG = int, RIGHTARG = int, FUNCTION = pg_catalog.int4gt);

--- tables
CREATE TABLE t (k int PRIMARY KEY, v int, g grade, s text, a int[], c public.citext, d public.citext);

--- distribute
SELECT create_distributed_table('t', 'k');

--- data
INSERT INTO t SELECT k, k % 4, CASE k % 3 WHEN 1 THEN 'a' WHEN 2 THEN 'b' END::grade, 's' || k, ARRAY[k, k + 1],
	CASE WHEN k % 5 > 0 THEN 'C' || k % 4 END, CASE WHEN k % 7 > 0 THEN 'c' || k % 3 END FROM generate_series(1, 30) k;

--- after
CREATE VIEW seen AS SELECT k, array_length(a, 1) AS mine, pg_catalog.array_length(a, 1) AS length, pg_catalog.upper(s) AS loud,
	shade.upper(s) AS dark, g OPERATOR(pg_catalog.=) 'b' AS is_b, g = 'b' AS never_b, v OPERATOR(shade.=) 2 AS odd, v OPERATOR(shade.<) 2 AS more,
	v IS DISTINCT FROM 2 AS other, NULLIF(v, 2) AS rest, CASE v WHEN 2 THEN 'two' END AS word FROM t;

--- statements
SELECT * FROM seen ORDER BY k;

SELECT * FROM seen WHERE k = ${1|2|3:int};

SELECT pg_catalog.array_length(a, 1), array_length(a, 1) FROM t WHERE k = ${2|3|4:int};

SELECT count(*) FROM t WHERE g OPERATOR(pg_catalog.=) 'b';

SELECT count(*) FROM t WHERE g = 'b';

UPDATE t SET v = pg_catalog.array_length(a, 1) + 10 WHERE g OPERATOR(pg_catalog.=) ${a|b:grade} RETURNING k, v;

DELETE FROM t WHERE k = ${1|2|5:int} AND g OPERATOR(pg_catalog.=) 'b' RETURNING k;

SELECT set_config('search_path', 'shade, pg_catalog, ' || current_setting('search_path'), true) IS NOT NULL;
SELECT * FROM seen ORDER BY k;
SELECT k FROM t WHERE k = 2 ORDER BY 1;
SELECT k FROM t WHERE k OPERATOR(pg_catalog.=) 2;
SELECT k FROM t WHERE k OPERATOR(pg_catalog.=) 3;
SELECT k FROM t WHERE k OPERATOR(pg_catalog.=) 4;
SELECT k, pg_catalog.upper(s), upper(s) FROM t WHERE k OPERATOR(pg_catalog.=) ANY (ARRAY[3, 4, 5]) ORDER BY k;
SELECT k, v FROM t WHERE v < 2 ORDER BY k;
SELECT count(*) FROM t WHERE v IN (1, 2);
UPDATE t SET s = upper(s), v = 100 WHERE k OPERATOR(pg_catalog.=) 5 RETURNING k, s;
UPDATE t SET s = pg_catalog.upper(s), v = 100 WHERE v OPERATOR(pg_catalog.=) 1 RETURNING k, s;
UPDATE t SET v = 100 WHERE v = 1 RETURNING k;
DELETE FROM t WHERE v OPERATOR(pg_catalog.=) 2 RETURNING k;
INSERT INTO t SELECT k + 100, v, g, pg_catalog.upper(s) FROM t WHERE k OPERATOR(pg_catalog.<) 9 RETURNING k, s;
SELECT count(*) FROM t x JOIN t y ON x.k OPERATOR(pg_catalog.=) y.k;

SELECT k FROM t WHERE c IS DISTINCT FROM d ORDER BY k;

SELECT k FROM t WHERE c IS NOT DISTINCT FROM d ORDER BY k;

SELECT k FROM t WHERE k = ${1|6|7|24:int} AND c IS NOT DISTINCT FROM d;

SELECT k, NULLIF(c, d), CASE c WHEN d THEN 'same' WHEN 'c3' THEN 'three' ELSE 'other' END FROM t ORDER BY k;

SELECT count(*) FROM t WHERE NULLIF(c, 'c1') IS NULL;

SELECT count(*) FROM t WHERE CASE c WHEN 'c1' THEN true END;

SELECT count(*) FROM t x JOIN t y USING (k, c);

SELECT count(*) FROM t NATURAL JOIN (SELECT k, d AS c FROM t) y;

SELECT k FROM t WHERE c IN ('c1', 'c2') ORDER BY k;

SELECT k FROM t WHERE (k, c) IN (SELECT k, d FROM t) ORDER BY k;

SELECT k FROM t WHERE (k, c) NOT IN (SELECT k, d FROM t WHERE d IS NOT NULL) ORDER BY k;

SELECT k FROM t WHERE (c, k) < ('C2', 12) ORDER BY k;

SELECT k FROM t WHERE (c, d) = (d, c) ORDER BY k;

SELECT (SELECT count(*) FROM t y WHERE (y.c, y.k) >= (x.d, x.k)) FROM t x ORDER BY x.k;

SELECT k FROM t x WHERE (k, c) = ANY (SELECT k, d FROM t y WHERE y.k = x.k) ORDER BY k;

UPDATE t SET v = -1 WHERE c IS NOT DISTINCT FROM d RETURNING k;

UPDATE t SET v = -1 WHERE k = ${1|6|7:int} AND c IS NOT DISTINCT FROM d RETURNING k;

DELETE FROM t WHERE (k, c) IN (SELECT k, d FROM t) RETURNING k;
