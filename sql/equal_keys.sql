-- Equal keys are found through joins, CTEs, lateral subqueries, lists and set operations.
CREATE SCHEMA equal_keys;
SET search_path = equal_keys;
\pset format unaligned
\pset tuples_only
CREATE TABLE a (k bigint, id int, x int, s text, PRIMARY KEY (k, id));
CREATE TABLE b (k bigint, id int, y int);
CREATE TABLE c (k bigint, id int, parent int);
CREATE TABLE names (x bigint PRIMARY KEY, name text);
SELECT create_distributed_table('a', 'k');
SELECT create_distributed_table('b', 'k', colocate_with => 'a');
SELECT create_distributed_table('c', 'k', colocate_with => 'a');
SELECT create_reference_table('names');

CREATE FUNCTION explained(statement text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE plan jsonb;
BEGIN
	EXECUTE 'EXPLAIN (COSTS OFF, FORMAT JSON) ' || statement INTO plan;
	RETURN plan;
END $$;

-- What is done with the answers of nodes, and how many of these there are; of how many shards if not of all.
CREATE FUNCTION way(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	plan jsonb = explained(statement);
	above text;
BEGIN
	IF NOT jsonb_path_exists(plan, 'strict $.**."Fragment"') OR jsonb_path_exists(plan, '$[0]."Plan"."Shard"') THEN
		RETURN 'one shard';
	END IF;
	SELECT string_agg(step #>> '{}', ' <- ') INTO above FROM jsonb_path_query(plan, 'strict $.**."Plan"."Node Type"') step;
	IF NOT jsonb_path_exists(plan, 'strict $.**."Nodes"') THEN
		RETURN above || ': of shards that are known when it runs';
	END IF;
	RETURN (SELECT format('%s: %s fragments, of %s', above, count(*), CASE WHEN bool_and(n = all_nodes) THEN 'all' ELSE 'some' END)
		FROM (SELECT jsonb_array_length(nodes) AS n, (SELECT count(*) FROM distshard.nodes) AS all_nodes
			FROM jsonb_path_query(plan, 'strict $.**."Nodes"') nodes) s);
END $$;

-- One shard: outer joins in a row, on columns that they may have made null, and such as are inner joins.
SELECT way('SELECT * FROM a LEFT JOIN b ON b.k = a.k LEFT JOIN c ON c.k = b.k LEFT JOIN a d ON d.k = c.k WHERE a.k = 5');
SELECT way('SELECT * FROM a LEFT JOIN b ON b.k = a.k WHERE b.k = 5');
SELECT way('SELECT * FROM a FULL JOIN b USING (k) WHERE k = 5');

-- CTEs, used once or more often, that are built on each other, recursive.
SELECT way('WITH w AS (SELECT * FROM a) SELECT string_agg(s, '','') FROM w JOIN b USING (k) WHERE b.k = 5');
SELECT way('WITH w AS MATERIALIZED (SELECT * FROM a WHERE k = 5) SELECT * FROM w JOIN b USING (k)');
SELECT way('WITH w AS (SELECT * FROM a WHERE k = 5), v AS (SELECT b.* FROM w JOIN b USING (k)) SELECT * FROM v JOIN c USING (k), w');
SELECT way('WITH w AS (SELECT k, id FROM a WHERE k = 5 LIMIT 10) DELETE FROM a USING w WHERE a.k = w.k AND a.id = w.id');
SELECT way('WITH RECURSIVE r AS (SELECT * FROM c WHERE k = 5 AND parent IS NULL UNION ALL SELECT c.* FROM c JOIN r ON c.k = r.k AND c.parent = r.id) SELECT * FROM r JOIN a USING (k)');
SELECT way('WITH RECURSIVE r AS (SELECT * FROM c WHERE k = 5 AND parent IS NULL UNION ALL SELECT c.* FROM c JOIN r ON c.k = r.k + 1 AND c.parent = r.id) SELECT * FROM r JOIN a USING (k)') = 'one shard';
SELECT way('WITH p AS (SELECT 5::bigint AS k) SELECT * FROM a, p WHERE a.k = p.k');
SELECT way('WITH p AS (SELECT 5::bigint AS k) SELECT * FROM a WHERE a.k = (SELECT k FROM p)');
SELECT way('SELECT * FROM (SELECT k FROM a WHERE k = 5 UNION ALL SELECT k FROM b WHERE k = 5) s JOIN c USING (k)');
SELECT way('SELECT * FROM a WHERE (k = 5 OR 5 IS NULL) AND x = 1');

-- A subquery tells which: it runs first, so the nodes of the others are not asked.
SELECT way('SELECT count(*), max(x) FROM a WHERE k = (SELECT x FROM names WHERE name = ''n'')');
SELECT way('SELECT a.id, b.y FROM a JOIN b ON b.k = a.k WHERE a.k = (SELECT x FROM names WHERE name = ''n'') ORDER BY y LIMIT 3');
SELECT way('UPDATE a SET x = 1 WHERE k = (SELECT x FROM names WHERE name = ''n'')');
SELECT way('DELETE FROM a WHERE k = (SELECT k FROM pg_class, names n(k) WHERE relname = ''n'') RETURNING *');
SELECT way('SELECT s FROM a WHERE k = ANY (ARRAY(SELECT x FROM names WHERE name = ''n''))');
-- but not if it depends on the row
SELECT way('SELECT count(*) FROM a WHERE k = (SELECT n.x FROM names n WHERE n.x = a.x)');

-- Parameters that may be left out, with a plan for their values.
PREPARE optional(bigint) AS SELECT count(*) FROM a WHERE ($1 IS NULL OR k = $1) AND x = 1;
SET plan_cache_mode = force_custom_plan;
SELECT way('EXECUTE optional(5)'), way('EXECUTE optional(NULL)');
PREPARE or_any(bigint) AS SELECT count(*) FROM a WHERE k = COALESCE($1, k) AND x = 1;
SELECT way('EXECUTE or_any(5)'), way('EXECUTE or_any(NULL)');
RESET plan_cache_mode;
SELECT way('SELECT * FROM a WHERE k IS NOT DISTINCT FROM 5');

-- Columns that outer joins in a subquery may have made null, but have not.
SELECT way('SELECT * FROM (SELECT a.id, a.k, b.k AS bk FROM a LEFT JOIN b ON b.k = a.k) s LEFT JOIN c ON c.k = s.bk WHERE s.k = 5');
SELECT way('SELECT * FROM (SELECT a.id, a.k, b.k AS bk FROM a LEFT JOIN b ON b.k = a.k) s JOIN c ON c.k = s.bk WHERE s.k = 5');
SELECT way('SELECT * FROM (SELECT a.id, a.k, b.k AS bk FROM a LEFT JOIN b ON b.k = a.k) s LEFT JOIN c ON c.k = coalesce(s.bk, 7) WHERE s.k = 5') = 'one shard';

-- Some shards: lists that are joined.
SELECT way('SELECT a.* FROM a JOIN (VALUES (5), (5)) v(k) ON a.k = v.k') LIKE '%of all';
SELECT way('SELECT a.* FROM a WHERE k IN (VALUES (5), (5))') LIKE '%of all';
SELECT way('SELECT a.* FROM a WHERE (k, id) IN (VALUES (5, 1), (5, 2))') LIKE '%of all';
SELECT way('SELECT a.* FROM a WHERE k IN (SELECT unnest(''{5,5}''::bigint[]))') LIKE '%of all';
SELECT way('SELECT a.* FROM unnest(''{5,5}''::bigint[], ''{1,2}''::int[]) AS u(k, id) JOIN a USING (k, id)') LIKE '%of all';
PREPARE listed(bigint[]) AS SELECT a.* FROM unnest($1) u(k) JOIN a ON a.k = u.k;
SET plan_cache_mode = force_generic_plan;
SELECT way('EXECUTE listed(''{5,5}'')') LIKE '%of all';
RESET plan_cache_mode;

-- Whole on the nodes: what is joined to such columns.
SELECT way('SELECT * FROM a LEFT JOIN b ON b.k = a.k AND b.id = a.id LEFT JOIN c ON c.k = b.k AND c.id = b.id');
SELECT way('SELECT a.k, (SELECT count(*) FROM c WHERE c.k = b.k) FROM a LEFT JOIN b ON b.k = a.k');
SELECT way('SELECT n.name, a.s FROM names n LEFT JOIN a ON a.k = n.x WHERE a.id = 2');
SELECT way('SELECT k, string_agg(s, '','') FROM a FULL JOIN b USING (k) JOIN c USING (k) GROUP BY k');
-- but not what is grouped by them
SELECT way('SELECT b.k, string_agg(s, '','') FROM a LEFT JOIN b ON b.k = a.k GROUP BY b.k');
SELECT way('SELECT b.k, string_agg(s, '','') FROM a FULL JOIN b ON b.k = a.k GROUP BY b.k');

-- Columns that equal the key, of reference tables.
SELECT way('SELECT n.x, n.name, string_agg(a.s, '','') FROM a JOIN names n ON n.x = a.k GROUP BY n.x');
SELECT way('SELECT rank() OVER (PARTITION BY n.x ORDER BY a.id) FROM a JOIN names n ON n.x = a.k');
SELECT way('SELECT * FROM (SELECT n.x FROM a JOIN names n ON n.x = a.k) s JOIN b ON b.k = s.x');
SELECT way('SELECT n.x, string_agg(a.s, '','') FROM a LEFT JOIN names n ON n.x = a.k GROUP BY n.x');

-- Lateral subqueries, and those in subqueries of expressions.
SELECT way('SELECT a.id, l.y FROM a CROSS JOIN LATERAL (SELECT y FROM b WHERE b.k = a.k ORDER BY y DESC LIMIT 3) l');
SELECT way('SELECT a.id, l.* FROM a LEFT JOIN LATERAL (SELECT count(*), max(y) FROM b WHERE b.k = a.k) l ON true');
SELECT way('SELECT l.* FROM a LEFT JOIN LATERAL (SELECT json_agg(q) FROM (SELECT y FROM b WHERE b.k = a.k LIMIT 2) q) l ON true');
SELECT way('SELECT a.id, (SELECT json_agg(q) FROM (SELECT y FROM b WHERE b.k = a.k LIMIT 2) q) FROM a');
SELECT way('SELECT l.k, string_agg(s, '','') FROM a, LATERAL (SELECT k, y FROM b WHERE b.k = a.k ORDER BY y LIMIT 2) l GROUP BY l.k');
SELECT way('SELECT a.id, l.y FROM a CROSS JOIN LATERAL (SELECT y FROM b WHERE b.id = a.id ORDER BY y DESC LIMIT 3) l') LIKE '%1 fragments, of all';

-- CTEs that are used at several levels.
SELECT way('WITH w AS (SELECT k, s, sum(x) AS t FROM a GROUP BY 1, 2) SELECT * FROM w p WHERE t > (SELECT avg(t) FROM w q WHERE q.k = p.k)');
SELECT way('WITH w AS (SELECT k, s, sum(x) AS t FROM a GROUP BY 1, 2), v AS (SELECT k, max(t) AS m FROM w GROUP BY 1) SELECT w.* FROM w JOIN v ON w.k = v.k AND w.t = v.m');

-- Grouping sets all of which have the key.
SELECT way('SELECT k, s, x, string_agg(s, '','') FROM a GROUP BY k, ROLLUP (s, x)');
SELECT way('SELECT k, s, string_agg(s, '','') FROM a GROUP BY ROLLUP (k, s)');

-- One row of each node is enough to know that there is one.
SELECT DISTINCT jsonb_path_query(explained('SELECT EXISTS (SELECT FROM a WHERE x = 3)'), 'strict $.**."Fragment"') #>> '{}' LIKE '%LIMIT %';

SET client_min_messages = warning;
DROP SCHEMA equal_keys CASCADE;
