-- Which nodes are asked for lists of keys.
CREATE SCHEMA key_lists;
SET search_path = key_lists;
\pset format unaligned
\pset tuples_only
CREATE TABLE t (k int PRIMARY KEY, x int);
CREATE TABLE u (k int, y int);
SELECT create_distributed_table('t', 'k', shard_count => 8);
SELECT create_distributed_table('u', 'k', colocate_with => 't');
INSERT INTO t SELECT i, i % 3 FROM generate_series(1, 100) i;
INSERT INTO u SELECT i % 50, i FROM generate_series(1, 100) i;

-- The nodes for each fragment; a plan that is nothing else is in brackets. Nodes have letters here, since which one has which of the shards depends on what was made before.
CREATE TABLE names (node text, name text);
CREATE FUNCTION nodes_of(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	line text;
	scans bool;
	whole bool;
	result text[] = '{}';
	asked text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || statement LOOP
		whole := coalesce(whole, line LIKE 'Custom Scan (Distshard)%');
		scans := scans IS TRUE OR line LIKE '%Custom Scan (Distshard)%';
		IF line ~ '^ *Nodes?:' THEN
			asked := regexp_replace(regexp_replace(line, '^ *Nodes?: *', ''), ' \(\S+\)', '', 'g');
			result := result || (SELECT string_agg(coalesce(name, node), ' ' ORDER BY name COLLATE "C", node)
								 FROM unnest(string_to_array(asked, ', ')) node LEFT JOIN names USING (node));
		END IF;
	END LOOP;
	IF NOT scans THEN
		RETURN (SELECT format('[%s]', coalesce((SELECT name FROM names WHERE node = '1'), '1')));
	END IF;
	RETURN format(CASE WHEN whole THEN '[%s]' ELSE '%s' END, array_to_string(result, '; '));
END $$;
CREATE TABLE placed AS SELECT trim('[]' FROM nodes_of('SELECT * FROM t WHERE k = ' || k)) AS node, k FROM generate_series(1, 12) k;
INSERT INTO names SELECT node, chr(ascii('a') + row_number() OVER (ORDER BY min(k))::int - 1) FROM placed GROUP BY node;
SELECT name, array_agg(k ORDER BY k) FROM placed JOIN names USING (node) GROUP BY name ORDER BY name;

-- whole queries for one node
SELECT nodes_of('SELECT x, count(*), string_agg(k::text, '','') FROM t WHERE k IN (5, 8, 12) GROUP BY x');
SELECT nodes_of('SELECT t.k, rank() OVER (ORDER BY y) FROM t JOIN u USING (k) WHERE k IN (2, 4)');
SELECT nodes_of('SELECT * FROM t, u WHERE t.k IN (2, 4) AND u.k = 6');
SELECT nodes_of('SELECT count(*) FROM t WHERE k = 1 OR k IN (3, 11)');
SELECT nodes_of('SELECT count(*) FROM t WHERE k = ANY (''{7,10,7,NULL}'')');
SELECT nodes_of('SELECT count(*) FROM (SELECT * FROM t WHERE k IN (2, 4) UNION ALL SELECT * FROM u WHERE k IN (4, 6)) s');

-- some of the nodes
SELECT nodes_of('SELECT x, count(*) FROM t WHERE k IN (5, 7) GROUP BY x');
SELECT nodes_of('SELECT * FROM t WHERE k = 2 OR (k = 5 AND x = 1) OR k = ANY (''{4,8}'')');
SELECT nodes_of('SELECT * FROM t JOIN u USING (k) WHERE u.k IN (2, 7)');
SELECT nodes_of('SELECT * FROM t, u WHERE t.k IN (2, 7) AND u.k IN (4, 5) AND t.k = u.k');
SELECT nodes_of('SELECT * FROM (SELECT k, sum(x) FROM t GROUP BY k) s WHERE k IN (2, 7)');
SELECT nodes_of('SELECT * FROM t LEFT JOIN u ON t.k = u.k AND u.k IN (2, 7)');
SELECT nodes_of('UPDATE t SET x = 0 WHERE k IN (2, 7)');
SELECT nodes_of('DELETE FROM t WHERE k = 2 OR k = 7');
SELECT nodes_of('SELECT * FROM t WHERE k = 2 OR x = 7');
SELECT nodes_of('SELECT count(*) FROM t WHERE k = ANY (NULL::int[])');
SELECT nodes_of('SELECT count(*) FROM t WHERE k = ANY (''{}'')');

-- chosen at each execution
SET plan_cache_mode = force_generic_plan;
PREPARE one_of(int[]) AS SELECT x, count(*) FROM t WHERE k = ANY ($1) GROUP BY x;
PREPARE two_keys(int, int) AS SELECT count(*) FROM t WHERE k IN ($1, $2);
SELECT nodes_of('EXECUTE one_of(''{2,4}'')');
SELECT nodes_of('EXECUTE one_of(''{2,7,5,1}'')');
SELECT nodes_of('EXECUTE one_of(''{}'')');
EXECUTE one_of('{2,7,5,1}');
EXECUTE one_of('{}');
EXECUTE one_of(NULL);
EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) EXECUTE one_of('{}');
SELECT nodes_of('EXECUTE two_keys(2, 6)');
SELECT nodes_of('EXECUTE two_keys(2, 5)');
EXECUTE two_keys(2, 5);
EXECUTE two_keys(2, NULL);

-- An empty vector has no binary form that PostgreSQL reads
CREATE TABLE vectors (key oidvector, i int, v int2vector, a oidvector[]);
INSERT INTO vectors VALUES ('', 1, '', '{""}'), ('1 2', 2, NULL, NULL);
SELECT create_distributed_table('vectors', 'key', 4, colocate_with => 'none');
INSERT INTO vectors VALUES ('', 3, '', '{""}'), ('3', 4, NULL, NULL);
INSERT INTO vectors SELECT * FROM vectors;
SELECT * FROM vectors WHERE key IN ('', '3') ORDER BY i;
SELECT undistribute_table('vectors');
SELECT * FROM ONLY vectors ORDER BY i;
DROP TABLE vectors;

SET client_min_messages = warning;
DROP SCHEMA key_lists CASCADE;
