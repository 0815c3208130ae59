-- What EXPLAIN and EXPLAIN ANALYZE tell about each node.
CREATE SCHEMA ex;
SET search_path = ex, pg_catalog;
CREATE TABLE t (id int PRIMARY KEY, other int);
SELECT create_distributed_table('t', 'id', shard_count => 4, colocate_with => 'none');
CREATE TABLE u (id int PRIMARY KEY, other int);
SELECT create_distributed_table('u', 'id', shard_count => 4, colocate_with => 'none');
INSERT INTO t SELECT i, i FROM generate_series(1, 12) i;
INSERT INTO u SELECT i, i FROM generate_series(1, 12) i;

-- Without what depends on which shard is where.
CREATE FUNCTION explained(options text, statement text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE line text;
BEGIN
	FOR line IN EXECUTE format('EXPLAIN (%s COSTS OFF) %s', options, statement) LOOP
		line := regexp_replace(line, '\([^ ]*:\d+\)', '(host:port)', 'g');
		CONTINUE WHEN line ~ 'Rows Removed by Filter';
		line := regexp_replace(line, '(#|Shard: |Filter: \(other = )\d+', '\1N', 'g');
		IF line ~ '#N|Node \d' THEN
			line := regexp_replace(line, 'rows=\d+', 'rows=N');
		END IF;
		RETURN NEXT line;
	END LOOP;
END $$;
CREATE FUNCTION without_node(line text) RETURNS text LANGUAGE sql AS $$ SELECT regexp_replace(line, 'Node \d', 'Node N') $$;
\set analyze '''ANALYZE, TIMING OFF, SUMMARY OFF,'''

SELECT explained('', 'SELECT count(*) FROM t');
SELECT explained(:analyze, 'SELECT count(*) FROM t');
-- Rows of another node.
SELECT distshard.set_node(1, holds_shards => false);
CREATE TABLE away (id int PRIMARY KEY, other int);
SELECT create_distributed_table('away', 'id', shard_count => 1, colocate_with => 'none');
SELECT distshard.set_node(1, holds_shards => true);
INSERT INTO away VALUES (3, 3);
SELECT without_node(explained(:analyze, 'SELECT * FROM away WHERE id = 3'));
SELECT without_node(explained(:analyze, 'UPDATE away SET other = other + 1 WHERE id = 3'));

-- Rows that are sent: as statements, or if there are many by COPY.
CREATE TABLE r (id int PRIMARY KEY, other int);
SELECT create_reference_table('r');
SELECT explained('', 'INSERT INTO t VALUES (101, 1), (102, 2)');
SELECT explained('', 'INSERT INTO t VALUES (101, 1), (102, 2) ON CONFLICT DO NOTHING');
SELECT explained(:analyze, 'INSERT INTO r VALUES (1, 1), (2, 2)');
SELECT explained(:analyze, 'INSERT INTO r SELECT i, i FROM generate_series(3, 300) i');
SELECT explained(:analyze, 'INSERT INTO r SELECT i, i FROM generate_series(3, 300) i WHERE i < 0');
SELECT without_node(explained(:analyze, 'INSERT INTO away VALUES (4, 4), (5, 5) RETURNING id'));
SELECT without_node(explained(:analyze, 'INSERT INTO away SELECT i, i FROM generate_series(6, 300) i'));
SELECT without_node(explained(:analyze, 'INSERT INTO away SELECT i, i FROM generate_series(1, 1200) i ON CONFLICT DO NOTHING'));
SELECT without_node(explained(:analyze, 'INSERT INTO away SELECT max(other) + 2000, 0 FROM away'));
SELECT line FROM explained('', 'UPDATE t SET other = 0 FROM u WHERE t.other = u.other RETURNING u') WITH ORDINALITY AS e (line, n) WHERE n < 8;
SELECT count(*) FROM explained(:analyze, 'INSERT INTO t SELECT i, i FROM generate_series(200, 399) i') line WHERE line ~ 'Node \d';
DELETE FROM t WHERE id > 100;

-- What its triggers read is no part of its plan.
CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM count(*) FROM u; RETURN NULL; END $$;
CREATE TRIGGER look AFTER INSERT OR UPDATE ON t FOR EACH STATEMENT EXECUTE FUNCTION look();
SELECT count(*) FILTER (WHERE line ~ 'Insert on t '), count(*) FILTER (WHERE line ~ 'Aggregate')
FROM explained(:analyze, 'INSERT INTO t SELECT i, i FROM generate_series(200, 239) i') line;
SELECT count(*) FILTER (WHERE line ~ 'Update on t '), count(*) FILTER (WHERE line ~ 'Aggregate')
FROM explained(:analyze, 'UPDATE t SET other = id WHERE other < 100') line;
DROP TRIGGER look ON t;
DELETE FROM t WHERE id > 100;

-- Each of several scans has the plan of its own fragment.
SET distshard.join_strategy = pull;
SELECT explained(:analyze, 'SELECT count(*) FROM t JOIN u ON t.other = u.other');
SELECT explained(:analyze, 'SELECT id, (SELECT max(id) FROM u WHERE u.other = t.other) FROM t WHERE other < 3');
RESET distshard.join_strategy;

-- Why the nodes do not aggregate.
SELECT line FROM explained('', 'SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY other) FROM t') line WHERE line ~ 'Not Pushed Further';
SELECT line FROM explained('', 'SELECT count(*), string_agg(other::text, '','' ORDER BY id) FROM t GROUP BY other') line WHERE line ~ 'Not Pushed Further';

-- Arms that are not co-located are grouped each by itself.
SELECT count(*) FROM explained('', 'SELECT count(*) FROM (SELECT id FROM t UNION ALL SELECT other FROM u) a') line WHERE line ~ 'count\(\*\) AS part_1';

-- A constant for a column around the subquery is known in it.
SELECT line FROM explained('', 'SELECT (SELECT max(id) FROM u WHERE u.other = t.other) FROM t WHERE other = 2') line WHERE line ~ 'WHERE';

SET client_min_messages = warning;
DROP SCHEMA ex CASCADE;
