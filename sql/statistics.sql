-- ANALYZE gives the logical table statistics from the rows of all nodes, on every node.
CREATE SCHEMA st;
SET search_path = st, pg_catalog;
CREATE ROLE st_owner;
CREATE ROLE st_reader;
GRANT USAGE, CREATE ON SCHEMA st TO st_owner;
GRANT USAGE ON SCHEMA st TO st_reader;
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE FUNCTION positive(int) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN $1 > 0; END';
CREATE DOMAIN quantity AS int CHECK (st.positive(VALUE));
CREATE TABLE t (id int, ten int, word text, mood mood, tags text[], q quantity, nothing int, doc jsonb, "Odd name" int);
SELECT create_distributed_table('t', 'id');
CREATE TABLE small (k int, w text);
SELECT create_reference_table('small');
INSERT INTO small VALUES (1, 'a'), (2, 'b');

-- Without statistics.
CREATE FUNCTION estimated(query text, what text DEFAULT 'Plan Rows') RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE plan json;
BEGIN
	EXECUTE 'EXPLAIN (FORMAT json) ' || query INTO plan;
	RETURN plan -> 0 -> 'Plan' -> what;
END $$;
SELECT attname FROM pg_stats WHERE schemaname = 'st';

INSERT INTO t SELECT i, i % 10, 'word ' || i % 100, (ARRAY['sad', 'ok', 'ok', 'happy'])[1 + i % 4]::mood, ARRAY['x', 'y' || i % 5],
	1 + i % 3, NULL, '{}', i FROM generate_series(1, 4000) i;
-- Known by this node's shards, so far.
SELECT estimated('SELECT * FROM t') > 1000;
ANALYZE t;
ANALYZE small;
SELECT tablename, attname, null_frac, avg_width, n_distinct, correlation,
	(SELECT array_agg(v ORDER BY v) FROM unnest(most_common_vals::text::text[]) v WHERE cardinality(most_common_vals::text::text[]) < 11) AS common,
	cardinality(histogram_bounds::text::text[]) AS bounds
FROM pg_stats WHERE schemaname = 'st' ORDER BY 1, 2;
-- The other nodes know the same.
SELECT distshard.run_on_node(2, $$SELECT string_agg(format('%s %s %s', attname, n_distinct, most_common_elems), ', ' ORDER BY attname)
	FROM pg_stats WHERE schemaname = 'st' AND tablename = 't'$$);

-- The planner makes use of them: of leaves, of what the nodes group, and of joins.
SELECT estimated('SELECT * FROM t') BETWEEN 4000 AND 4400 AS every, estimated('SELECT * FROM t WHERE id <= 1000') BETWEEN 900 AND 1100 AS quarter,
	estimated('SELECT * FROM t WHERE ten = 3') BETWEEN 300 AND 500 AS tenth,
	estimated('SELECT * FROM t WHERE mood = ''ok''') BETWEEN 1800 AND 2200 AS half,
	estimated('SELECT * FROM t WHERE nothing IS NOT NULL') AS none;
SELECT estimated('SELECT * FROM t', 'Plan Width') = sum(avg_width) AS width FROM pg_stats WHERE schemaname = 'st' AND tablename = 't';
SELECT estimated('SELECT ten, count(*) FROM t GROUP BY ten'), estimated('SELECT DISTINCT word FROM t');
SELECT estimated('SELECT * FROM t a JOIN t b ON a.ten = b.ten') BETWEEN 1500000 AND 1950000 AS many,
	estimated('SELECT * FROM t a JOIN t b ON a.ten = b.id') BETWEEN 3000 AND 5000 AS few;
SELECT estimated('SELECT * FROM t a, small b WHERE a.word = b.w AND a.ten = 5');
PREPARE by_ten(int) AS SELECT * FROM t WHERE ten < $1;
SELECT estimated('EXECUTE by_ten(2)') BETWEEN 700 AND 900;

-- Some columns only; none; a number of distinct values that the user knows better.
TRUNCATE t;
INSERT INTO t SELECT i, 1, 'one word' FROM generate_series(1, 1000) i;
ALTER TABLE t ALTER word SET (n_distinct = -0.5);
ALTER TABLE t ALTER id SET STATISTICS 0;
ANALYZE t (ten, word, id);
SELECT attname, n_distinct FROM pg_stats WHERE schemaname = 'st' AND tablename = 't' ORDER BY 1;
VACUUM (ANALYZE) t (doc);
SELECT null_frac FROM pg_stats WHERE schemaname = 'st' AND attname = 'doc';
BEGIN;
INSERT INTO t SELECT i, NULL FROM generate_series(1, 1000) i;
ANALYZE t (ten);
SELECT null_frac FROM pg_stats WHERE schemaname = 'st' AND tablename = 't' AND attname = 'ten';
ROLLBACK;
SELECT null_frac FROM pg_stats WHERE schemaname = 'st' AND tablename = 't' AND attname = 'ten';

-- Extended statistics, which are not collected, do no harm.
CREATE STATISTICS st.ten_and_word ON ten, word FROM t;
ANALYZE t;
SELECT count(*) FROM t WHERE ten = 1 AND word = 'one word';

-- Analyzed by the owner, whose functions are called as he; seen only by those who may see the rows.
ALTER TABLE t OWNER TO st_owner;
CREATE OR REPLACE FUNCTION positive(int) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS
	'BEGIN IF current_user <> ''st_owner'' THEN RAISE ''called as %'', current_user; END IF; RETURN $1 > 0; END';
SET ROLE st_owner;
INSERT INTO t (id, q) SELECT i, 1 FROM generate_series(1, 1000) i;
ANALYZE t;
SELECT attname FROM pg_stats WHERE schemaname = 'st' AND tablename = 't' AND attname = 'q';
RESET ROLE;
GRANT SELECT (ten) ON t TO st_reader;
SET ROLE st_reader;
ANALYZE t;
SELECT attname FROM pg_stats WHERE schemaname = 'st' AND tablename = 't';
RESET ROLE;
ALTER TABLE t ENABLE ROW LEVEL SECURITY;
SET ROLE st_reader;
SELECT attname FROM pg_stats WHERE schemaname = 'st' AND tablename = 't';
RESET ROLE;
REVOKE SELECT ON t FROM st_owner;
ANALYZE t;
GRANT SELECT ON t TO st_owner;
REVOKE USAGE ON SCHEMA st FROM PUBLIC, st_owner;
VACUUM (ANALYZE) t;

DROP SCHEMA st CASCADE;
DROP ROLE st_owner;
DROP ROLE st_reader;
