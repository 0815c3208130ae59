-- Which part of a query with aggregates, DISTINCT or LIMIT is done on the nodes.
CREATE SCHEMA aggregates;
SET search_path = aggregates;
\pset format unaligned
\pset tuples_only
CREATE TABLE t (k int PRIMARY KEY, g int, h text, x int, n numeric);
CREATE TABLE u (k int, v int);
CREATE TABLE labels (g int PRIMARY KEY, label text);
SELECT create_distributed_table('t', 'k');
SELECT create_distributed_table('u', 'k', colocate_with => 't');
SELECT create_reference_table('labels');
INSERT INTO t SELECT i, i % 7, 'h' || i % 3, i % 10, i / 4.0 FROM generate_series(1, 200) i;

CREATE FUNCTION fragments_of(statement text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	plan jsonb;
BEGIN
	EXECUTE 'EXPLAIN (COSTS OFF, FORMAT JSON) ' || statement INTO plan;
	RETURN QUERY SELECT regexp_replace(replace(ltrim(fragment), 'distshard_aggregates.', ''), '\s+', ' ', 'g')
		FROM jsonb_path_query(plan, 'strict $.**."Fragment"') AS f(j), LATERAL (SELECT j #>> '{}') AS s(fragment);
END $$;

-- combined from plain aggregates
SELECT fragments_of('SELECT g, count(*), sum(x), avg(n), max(h) FILTER (WHERE x > 1) FROM t GROUP BY g HAVING sum(x) > 3 AND g < 5');
SELECT fragments_of('SELECT g, count(*), avg(x), sum(x) FROM t JOIN u USING (k) JOIN labels USING (g) GROUP BY g');
SELECT fragments_of('SELECT label, labels.g, count(*) FROM t JOIN labels USING (g) GROUP BY labels.g');

-- below an outer join that preserves rows which every node has, if rows without a partner are nothing to the aggregates
SELECT fragments_of('SELECT label, count(t.k), sum(x) FROM labels LEFT JOIN t USING (g) GROUP BY label');
SELECT fragments_of('SELECT d, count(*) FILTER (WHERE h = ''h1'') FROM t RIGHT JOIN generate_series(1, 9) d ON d = x AND k < 90 GROUP BY d');
SELECT fragments_of('SELECT label, count(*) FROM labels LEFT JOIN t USING (g) GROUP BY label');
SELECT fragments_of('SELECT label, count(t.k) FROM (SELECT * FROM labels LIMIT 2) l LEFT JOIN t USING (g) GROUP BY label');

-- which rows of those that every node has are picked or numbered is decided once
SELECT fragments_of('SELECT t.k FROM t JOIN (SELECT * FROM labels LIMIT 2) l USING (g)');
SELECT fragments_of('SELECT t.k FROM t JOIN (SELECT DISTINCT ON (label) * FROM labels) l USING (g)');
SELECT fragments_of('SELECT t.k, r FROM t JOIN (SELECT g, row_number() OVER () r FROM labels) l USING (g)');
SELECT fragments_of('SELECT t.k FROM t JOIN labels l TABLESAMPLE BERNOULLI (50) USING (g)');
SELECT fragments_of('SELECT k FROM t WHERE g IN (SELECT g FROM labels ORDER BY label LIMIT 2)');
SELECT fragments_of('UPDATE t SET x = 0 WHERE g = (SELECT g FROM labels ORDER BY label OFFSET 1 LIMIT 1)');
SELECT fragments_of('SELECT k, (SELECT label FROM labels WHERE labels.g = t.g LIMIT 1) FROM t');

-- of a CTE that stays one, only the columns that are needed
SELECT fragments_of('WITH w AS (SELECT * FROM t) SELECT a.k FROM w a JOIN w b ON a.x = b.g');

-- combined from transition states
SELECT fragments_of('SELECT g, stddev(x), corr(x, k) FROM t GROUP BY g');
CREATE AGGREGATE product(numeric) (SFUNC = numeric_mul, STYPE = numeric, COMBINEFUNC = numeric_mul, PARALLEL = safe);
CREATE AGGREGATE total(int) (SFUNC = int4pl, STYPE = int, COMBINEFUNC = int4pl);
SELECT fragments_of('SELECT product(n), total(x) FILTER (WHERE g = 2) FROM t');
SELECT product(x + 1), total(x) FROM t WHERE k < 15;
-- of a shard that is elsewhere
SELECT fragment FROM generate_series(1, 50) k, fragments_of(format('SELECT product(x), total(x) FROM t WHERE k = %s', k)) fragment LIMIT 1;
DO $$
DECLARE
	plan jsonb;
BEGIN
	EXECUTE 'EXPLAIN (VERBOSE, COSTS OFF, FORMAT JSON) SELECT product(x), total(x) FROM t' INTO plan;
	RAISE NOTICE '%', plan #>> '{0,Plan,Output}';
END $$;

-- the nodes return distinct values
SELECT fragments_of('SELECT count(DISTINCT x) FROM t');
SELECT fragments_of('SELECT g, count(DISTINCT x), count(DISTINCT h), sum(x), max(DISTINCT n) FROM t GROUP BY g');
SELECT fragments_of('SELECT count(DISTINCT x) FILTER (WHERE g > 1), count(DISTINCT (g, x)) FROM t');
SELECT fragments_of('SELECT string_agg(DISTINCT h, '','' ORDER BY h) FROM t');
SELECT fragments_of('SELECT DISTINCT h, x FROM t');
SELECT fragments_of('SELECT DISTINCT ON (g) g, x FROM t ORDER BY g, x DESC LIMIT 3');
SELECT fragments_of('SELECT DISTINCT max(x) FROM t GROUP BY k');

-- grouping sets over the finest groups
SELECT fragments_of('SELECT g, h, sum(x), grouping(g) FROM t GROUP BY ROLLUP (g, h)');

-- groups by the key are whole, windows over them are not
SELECT fragments_of('SELECT k, string_agg(h, '''' ORDER BY x), rank() OVER (ORDER BY sum(x)) FROM t GROUP BY k');

-- no combine function: only the columns
SELECT fragments_of('SELECT g, percentile_cont(0.5) WITHIN GROUP (ORDER BY x), count(*) FROM t JOIN u USING (k) WHERE v > 1 GROUP BY g');
SELECT fragments_of('SELECT k, row_number() OVER (ORDER BY x) FROM t WHERE g = 1');

-- subqueries over the groups
SELECT fragments_of('SELECT g, sum(x) FROM t GROUP BY g HAVING sum(x) > (SELECT avg(v) FROM u)');

-- limits
SELECT fragments_of('SELECT * FROM t ORDER BY x DESC, k LIMIT 5 OFFSET 2');
SELECT fragments_of('SELECT g, h, count(*) FROM t GROUP BY g, h ORDER BY h, g DESC LIMIT 3 OFFSET 1');
SELECT fragments_of('SELECT g, h, count(*) FROM t GROUP BY g, h ORDER BY h LIMIT 3');
-- The OIDs that objects are ordered by differ from node to node
CREATE TABLE object (k int, what regclass, number oid);
SELECT create_distributed_table('object', 'k');
SELECT fragments_of('SELECT k, what FROM object ORDER BY 2 LIMIT 3');
SELECT fragments_of('SELECT k, what, count(*) FROM object GROUP BY k, what ORDER BY 2, 1 LIMIT 3');
SELECT fragments_of('SELECT k, number FROM object ORDER BY 2 LIMIT 3');
DROP TABLE object;
SELECT fragments_of('SELECT g, count(*) FROM t GROUP BY g ORDER BY count(*) LIMIT 3');

-- those of UNION ALL in each arm, also through a view
CREATE TABLE far (id int, y int);
SELECT create_distributed_table('far', 'id', colocate_with => 'none');
CREATE VIEW near_and_far AS SELECT k, x FROM t UNION ALL SELECT id, y FROM far;
SELECT fragments_of('SELECT k, x FROM t UNION ALL SELECT id, y FROM far ORDER BY x DESC LIMIT 5 OFFSET 2');
SELECT fragments_of('SELECT x FROM near_and_far ORDER BY x LIMIT 5');
SELECT fragments_of('SELECT x FROM near_and_far LIMIT 5');
SELECT fragments_of('SELECT x FROM near_and_far WHERE k > 3 ORDER BY x LIMIT 5');
SELECT fragments_of('SELECT x FROM t UNION SELECT y FROM far ORDER BY x LIMIT 5');

-- rows are sorted on the nodes and merged here
SELECT fragments_of('SELECT k, x FROM t ORDER BY x DESC, h COLLATE "C" NULLS FIRST');
SELECT fragments_of('SELECT k, rank() OVER (PARTITION BY g ORDER BY x) FROM t');

-- values of the key are counted where they are, others are grouped if they repeat
CREATE TABLE many (k int, x int);
SELECT create_distributed_table('many', 'k');
INSERT INTO many SELECT i, i % 500 FROM generate_series(1, 20000) i;
ANALYZE many;
SELECT fragments_of('SELECT count(DISTINCT k), sum(x) FROM many');
SELECT fragments_of('SELECT count(DISTINCT x), sum(x) FROM many');
SELECT count(DISTINCT k), sum(x) FROM many;

-- A node may compute partial aggregates in parallel itself: with the same states, to the bit.
CREATE TABLE here AS SELECT i AS x, i / 8.0 AS n, 'h' || i % 7 AS h FROM generate_series(1, 10000) i;
CREATE TABLE serial AS SELECT distshard.partial('variance(int)', NULL::bytea, x) AS v,
	distshard.partial('pg_catalog.avg(numeric)', NULL::bytea, n) AS a,
	distshard.partial('aggregates.total(int)', NULL::int, x) FILTER (WHERE x < 100) AS t,
	distshard.partial('max(text)', NULL::text, h) AS m FROM here;
SET min_parallel_table_scan_size = 0;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
EXPLAIN (COSTS OFF) SELECT distshard.partial('variance(int)', NULL::bytea, x) FROM here;
EXPLAIN (COSTS OFF) SELECT distshard.partial_serial('variance(int)', NULL::bytea, x) FROM here;
SELECT serial = p AS same FROM serial, (SELECT distshard.partial('variance(int)', NULL::bytea, x),
	distshard.partial('pg_catalog.avg(numeric)', NULL::bytea, n),
	distshard.partial('aggregates.total(int)', NULL::int, x) FILTER (WHERE x < 100),
	distshard.partial('max(text)', NULL::text, h) FROM here) p;
RESET min_parallel_table_scan_size;
RESET parallel_setup_cost;
RESET parallel_tuple_cost;

-- It does nothing that the aggregate itself would not do.
SELECT distshard.partial('variance(int)', NULL::bytea, n) FROM here;
SELECT distshard.partial('variance(int)', NULL::int, x) FROM here;
SELECT distshard.partial('string_agg(text,text)', NULL::bytea, h, h) FROM here;
SELECT distshard.partial('mode(anyelement)', NULL::bytea, x) FROM here;
SELECT distshard.partial('int4pl(int,int)', NULL::int, x, x) FROM here;
SELECT distshard.partial(NULL, NULL::int, x) FROM here;
SELECT distshard.combine('variance(int)', v, NULL::numeric, NULL::int) FROM serial;
-- By one error or another: releases of PostgreSQL differ.
DO $$ BEGIN
	PERFORM distshard.combine('variance(int)', NULL, NULL::numeric, NULL::int) FROM serial;
EXCEPTION WHEN undefined_function OR feature_not_supported THEN
	RAISE NOTICE '%', regexp_replace(SQLERRM, '^(cannot accept a value of type internal|function \S+\(.*\) does not exist)$', 'not callable');
END $$;
DO $$ BEGIN
	PERFORM distshard.partial_step(NULL, 'max(int)', 1, 1);
EXCEPTION WHEN undefined_function OR feature_not_supported THEN
	RAISE NOTICE '%', regexp_replace(SQLERRM, '^(cannot accept a value of type internal|function \S+\(.*\) does not exist)$', 'not callable');
END $$;
REVOKE ALL ON FUNCTION total(int) FROM PUBLIC;
CREATE ROLE aggregates_user;
GRANT USAGE ON SCHEMA aggregates TO aggregates_user;
GRANT SELECT ON here, t TO aggregates_user;
SET ROLE aggregates_user;
SELECT distshard.partial('aggregates.total(int)', NULL::int, x) FROM here;
SELECT total(x) FROM t;
RESET ROLE;

SET client_min_messages = warning;
DROP SCHEMA aggregates CASCADE;
DROP ROLE aggregates_user;
