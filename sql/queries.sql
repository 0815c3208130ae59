-- Statements on distributed tables where the answer tells how they were run.
CREATE SCHEMA queries;
SET search_path = queries;
CREATE TABLE a (k int PRIMARY KEY, x int, s text);
CREATE TABLE b (k int, y int);
CREATE TABLE here (id int, v text);
SELECT create_distributed_table('a', 'k');
SELECT create_distributed_table('b', 'k', shard_count => 3);
INSERT INTO a SELECT i, i % 10, 'a' || i FROM generate_series(1, 100) i;
INSERT INTO b SELECT i % 20, i FROM generate_series(1, 50) i;
INSERT INTO here SELECT i, 'v' || i FROM generate_series(1, 5) i;

-- A volatile function that is computed once is computed once, whatever the number of nodes.
SELECT count(DISTINCT r) FROM (SELECT r FROM a, (SELECT random() AS r) x) s;
WITH x AS (SELECT random() AS r) SELECT count(DISTINCT r) FROM a, x;
SELECT count(*) IN (0, 100) AS all_or_none FROM a WHERE 0.5 < (SELECT random());
SELECT count(DISTINCT now()) FROM a;

-- Which nodes run a query, by EXPLAIN in JSON.
CREATE FUNCTION nodes_of(statement text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	plan jsonb;
BEGIN
	EXECUTE 'EXPLAIN (COSTS OFF, FORMAT JSON) ' || statement INTO plan;
	RETURN (SELECT jsonb_agg(jsonb_array_length(nodes))
			FROM jsonb_path_query(plan, 'strict $.**."Nodes"') AS nodes);
END $$;
SELECT nodes_of('SELECT count(*) FROM a');
SELECT nodes_of('SELECT x, count(*) FROM a GROUP BY x');
SELECT nodes_of('SELECT DISTINCT x FROM a');
SELECT nodes_of('SELECT * FROM a ORDER BY s LIMIT 3');
SELECT nodes_of('SELECT * FROM a JOIN b ON a.x = b.y');
SELECT nodes_of('SELECT * FROM a WHERE k IN (SELECT k FROM a WHERE x = 1)');
SELECT nodes_of('UPDATE a SET x = 1');
SELECT nodes_of('INSERT INTO a SELECT k, x, s FROM a');
SELECT nodes_of('INSERT INTO a SELECT k, x, s FROM a WHERE k = 3') IS NULL AS one_shard;
SELECT nodes_of('INSERT INTO a SELECT k, x, s FROM a WHERE k IN (3, 4)');

-- The first rows for each row of another table are numbered, not asked for row by row.
CREATE FUNCTION numbers_rows(statement text) RETURNS bool LANGUAGE plpgsql AS $$
DECLARE
	plan jsonb;
BEGIN
	EXECUTE 'EXPLAIN (COSTS OFF, FORMAT JSON) ' || statement INTO plan;
	RETURN jsonb_path_exists(plan, 'strict $.**."Node Type" ? (@ == "WindowAgg")');
END $$;
SELECT numbers_rows('SELECT * FROM a, LATERAL (SELECT * FROM b WHERE b.y = a.x ORDER BY b.k LIMIT 2) s');
SELECT numbers_rows('SELECT * FROM a LEFT JOIN LATERAL (SELECT * FROM b WHERE b.y = a.x ORDER BY b.k LIMIT 2) s ON s.y > 5');
SELECT numbers_rows('SELECT * FROM a, LATERAL (SELECT * FROM b WHERE b.y = a.x ORDER BY b.k LIMIT 2) s WHERE a.k = 1');
SELECT numbers_rows('SELECT * FROM a, LATERAL (SELECT * FROM b WHERE b.y > a.x ORDER BY b.k LIMIT 2) s');

-- Rows that are found by joins on the coordinator.
UPDATE a SET s = s || '-' || b.y FROM b WHERE a.x = b.y AND a.k < 13;
SELECT * FROM a WHERE s LIKE '%-%' ORDER BY k;
UPDATE a SET s = s || '+' || b.y FROM b WHERE a.x = b.y AND a.k = 12 RETURNING a.*, b.k;
UPDATE a SET s = here.v FROM here WHERE a.x = here.id AND a.k BETWEEN 20 AND 25;
SELECT * FROM a WHERE k BETWEEN 20 AND 25 ORDER BY k;
DELETE FROM a USING here WHERE a.x = here.id AND a.k > 94 RETURNING a.k, here.v;
UPDATE here SET v = a.s FROM a WHERE a.k = here.id * 10;
SELECT * FROM here ORDER BY id;
DELETE FROM a WHERE x > (SELECT max(id) + 3 FROM here);
SELECT count(*), sum(k), max(s) FROM a;

-- An UPDATE of the key moves rows to other nodes and back, and so does a trigger that changes the key unasked.
UPDATE a SET k = k + 1000;
SELECT count(*), min(k), count(DISTINCT k) FROM a;
UPDATE a SET k = k - 1000;
UPDATE a SET k = k WHERE k = 5 RETURNING *;
CREATE FUNCTION elsewhere() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN new.k := new.k + 1000; RETURN new; END $$;
CREATE TRIGGER elsewhere BEFORE UPDATE ON a FOR EACH ROW EXECUTE FUNCTION elsewhere();
BEGIN;
UPDATE a SET x = x;
SELECT count(*), min(k), count(DISTINCT k) FROM a;
UPDATE a SET x = 55 WHERE k = 1005;
UPDATE a SET k = k, x = 56 WHERE k + 0 = 1006;
SELECT * FROM a WHERE x IN (55, 56) ORDER BY k;
UPDATE a SET x = 0 WHERE k = 2005;
SELECT * FROM a WHERE k = 2005;
ROLLBACK;
DROP TRIGGER elsewhere ON a;
DROP FUNCTION elsewhere;
SELECT * FROM distshard.take_moved(NULL::a);

-- Statement triggers fire once, BEFORE INSERT triggers see every row and may change the key.
CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	RAISE NOTICE '% % %', tg_when, tg_op, tg_level;
	IF tg_level = 'ROW' THEN
		new.k := new.k + 500;
		RETURN new;
	END IF;
	RETURN NULL;
END $$;
CREATE TRIGGER before_all BEFORE INSERT OR UPDATE OR DELETE ON a FOR EACH STATEMENT EXECUTE FUNCTION tell();
CREATE TRIGGER after_all AFTER INSERT OR UPDATE OR DELETE ON a FOR EACH STATEMENT EXECUTE FUNCTION tell();
CREATE TRIGGER before_row BEFORE INSERT ON a FOR EACH ROW EXECUTE FUNCTION tell();
INSERT INTO a VALUES (1, 1, 'moved'), (2, 2, 'moved') RETURNING *;
INSERT INTO a SELECT 3, 3, 'moved too';
UPDATE a SET x = 0 WHERE k = 501;
UPDATE a SET x = 0;
DELETE FROM a WHERE k > 500;

-- A modification in WITH fires them too.
WITH gone AS (DELETE FROM a WHERE k > 30 RETURNING *) SELECT count(*), (SELECT count(*) FROM a) FROM gone;

-- So does MERGE.
MERGE INTO a USING here ON a.k = here.id WHEN MATCHED THEN DELETE;
SELECT count(*) FROM a;

SET client_min_messages = warning;
DROP SCHEMA queries CASCADE;
