Triggers with transition tables.

--- everywhere
CREATE TYPE pair AS (a int, b text);
CREATE FUNCTION inserted() RETURNS trigger LANGUAGE plpgsql AS $$ DECLARE r record; BEGIN
	FOR r IN SELECT n::text AS new FROM news n ORDER BY 1 LOOP RAISE NOTICE '% % %', TG_NAME, TG_OP, r.new; END LOOP;
	RAISE NOTICE '% of %', (SELECT count(*) FROM news), TG_TABLE_NAME; RETURN NULL; END $$;
CREATE FUNCTION deleted() RETURNS trigger LANGUAGE plpgsql AS $$ DECLARE r record; BEGIN
	FOR r IN SELECT o::text AS old FROM olds o ORDER BY 1 LOOP RAISE NOTICE '% % %', TG_NAME, TG_OP, r.old; END LOOP; RETURN NULL; END $$;
CREATE FUNCTION updated() RETURNS trigger LANGUAGE plpgsql AS $$ DECLARE r record; BEGIN
	FOR r IN SELECT n::text AS row FROM olds n ORDER BY 1 LOOP RAISE NOTICE '% % was %', TG_NAME, TG_OP, r.row; END LOOP;
	FOR r IN SELECT n::text AS row FROM news n ORDER BY 1 LOOP RAISE NOTICE '% % is %', TG_NAME, TG_OP, r.row; END LOOP; RETURN NULL; END $$;
CREATE FUNCTION each_row() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
	RAISE NOTICE '% % % %: % to %', TG_NAME, TG_WHEN, TG_LEVEL, TG_OP, OLD, NEW; RETURN NULL; END $$;
CREATE FUNCTION share_of_new() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
	INSERT INTO shares SELECT NEW.k, 100 * NEW.v / sum(n.v), count(*) FROM news n HAVING sum(n.v) <> 0; RETURN NULL; END $$;
CREATE FUNCTION share_of_old() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
	INSERT INTO shares SELECT OLD.k, OLD.v / sum(o.v), count(*) + TG_ARGV[0]::int FROM olds o HAVING sum(o.v) <> 0; RETURN NULL; END $$;
CREATE FUNCTION both_rows() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
	INSERT INTO shares VALUES (OLD.k, (SELECT sum(o.v) FROM olds o), OLD.v), (NEW.k, (SELECT sum(n.v) FROM news n), NEW.double); RETURN NULL; END $$;
CREATE FUNCTION totals() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
	UPDATE total SET v = total.v + s.v FROM (SELECT note, sum(v) AS v FROM news GROUP BY 1) s WHERE s.note = total.note; RETURN NULL; END $$;
CREATE FUNCTION bump() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.v = 13 THEN RETURN NULL; END IF; NEW.v := coalesce(NEW.v, 0) + 100; RETURN NEW; END $$;

--- tables
CREATE TABLE t (gone int, k int PRIMARY KEY, v int, note text DEFAULT 'd', double int GENERATED ALWAYS AS (v * 2) STORED);
ALTER TABLE t DROP COLUMN gone;
ALTER TABLE t ADD COLUMN p pair DEFAULT (1, 'x');
CREATE TABLE m (k text, v int);
CREATE TABLE ref (id int PRIMARY KEY, name text);
CREATE TABLE "One" (k int, "The V" int);
CREATE TABLE total (note text PRIMARY KEY, v int);
CREATE TABLE sums (k int, v int, note text);
CREATE TABLE other (x int, y int);
CREATE TABLE days (k int, day date, v int, PRIMARY KEY (k, day)) PARTITION BY RANGE (day);
CREATE TABLE days_1 PARTITION OF days FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
CREATE TABLE days_2 (v int, day date NOT NULL, k int NOT NULL);
ALTER TABLE days ATTACH PARTITION days_2 FOR VALUES FROM ('2024-02-01') TO ('2024-03-01');
CREATE TABLE rows (k int PRIMARY KEY, v int, w text, double int GENERATED ALWAYS AS (v * 2) STORED);
CREATE TABLE shares (k int, share numeric, n int);
CREATE TABLE c (k int REFERENCES t ON DELETE CASCADE, n int);

--- distribute
BEGIN;
SELECT create_distributed_table('t', 'k');
SELECT create_distributed_table('c', 'k', colocate_with => 't');
COMMIT;
SELECT create_distributed_table('m', 'k');
SELECT create_distributed_table('rows', 'k');
SELECT create_distributed_table('shares', 'k');
SELECT create_distributed_table('days', 'k');
SELECT create_reference_table('ref');
SELECT create_distributed_table('"One"', NULL);
SELECT create_distributed_table('total', 'note');
SELECT create_distributed_table('sums', 'k');
SELECT create_distributed_table('other', 'y');

--- data
INSERT INTO t SELECT i, i * 10, 'n' || i % 3 FROM generate_series(1, 9) i;
INSERT INTO c SELECT i, i FROM generate_series(1, 5) i;
INSERT INTO m SELECT nullif(chr(64 + i), 'C'), i FROM generate_series(1, 6) i;
INSERT INTO ref SELECT i, 'name ' || i FROM generate_series(1, 5) i;
INSERT INTO rows SELECT i, i * 10, 'w' || i FROM generate_series(1, 6) i;
INSERT INTO "One" SELECT i, i FROM generate_series(1, 3) i;
INSERT INTO days SELECT i, date '2024-01-01' + i * 5, i FROM generate_series(0, 11) i;
INSERT INTO total VALUES ('a', 0), ('b', 0);
INSERT INTO other SELECT i, i * 7 FROM generate_series(1, 6) i;

--- after
CREATE TRIGGER i AFTER INSERT ON t REFERENCING NEW TABLE AS news FOR EACH STATEMENT EXECUTE FUNCTION inserted();
CREATE TRIGGER d AFTER DELETE ON t REFERENCING OLD TABLE AS olds FOR EACH STATEMENT EXECUTE FUNCTION deleted();
CREATE TRIGGER u AFTER UPDATE ON t REFERENCING OLD TABLE AS olds NEW TABLE AS news FOR EACH STATEMENT EXECUTE FUNCTION updated();
CREATE TRIGGER u2 AFTER UPDATE ON t REFERENCING NEW TABLE AS news FOR EACH STATEMENT EXECUTE FUNCTION inserted();
CREATE TRIGGER b BEFORE INSERT OR UPDATE ON m FOR EACH ROW EXECUTE FUNCTION bump();
CREATE TRIGGER i AFTER INSERT ON m REFERENCING NEW TABLE AS news FOR EACH STATEMENT EXECUTE FUNCTION inserted();
CREATE TRIGGER u AFTER UPDATE ON m REFERENCING OLD TABLE AS olds NEW TABLE AS news FOR EACH STATEMENT EXECUTE FUNCTION updated();
CREATE TRIGGER i AFTER INSERT ON ref REFERENCING NEW TABLE AS news FOR EACH STATEMENT EXECUTE FUNCTION inserted();
CREATE TRIGGER u AFTER UPDATE ON ref REFERENCING NEW TABLE AS news FOR EACH STATEMENT EXECUTE FUNCTION inserted();
CREATE TRIGGER d AFTER DELETE ON ref REFERENCING OLD TABLE AS olds FOR EACH STATEMENT EXECUTE FUNCTION deleted();
CREATE TRIGGER i AFTER INSERT ON "One" REFERENCING NEW TABLE AS news FOR EACH STATEMENT EXECUTE FUNCTION inserted();
CREATE TRIGGER u AFTER UPDATE ON "One" REFERENCING OLD TABLE AS olds NEW TABLE AS news FOR EACH STATEMENT EXECUTE FUNCTION updated();
CREATE TRIGGER i AFTER INSERT ON sums REFERENCING NEW TABLE AS news FOR EACH STATEMENT EXECUTE FUNCTION totals();
CREATE TRIGGER i AFTER INSERT ON total REFERENCING NEW TABLE AS news FOR EACH STATEMENT EXECUTE FUNCTION inserted();
CREATE TRIGGER u AFTER UPDATE ON total REFERENCING NEW TABLE AS news FOR EACH STATEMENT EXECUTE FUNCTION inserted();
CREATE TRIGGER i AFTER INSERT ON days REFERENCING NEW TABLE AS news FOR EACH STATEMENT EXECUTE FUNCTION inserted();
CREATE TRIGGER u AFTER UPDATE ON days REFERENCING OLD TABLE AS olds NEW TABLE AS news FOR EACH STATEMENT EXECUTE FUNCTION updated();
CREATE TRIGGER d AFTER DELETE ON days REFERENCING OLD TABLE AS olds FOR EACH STATEMENT EXECUTE FUNCTION deleted();
CREATE TRIGGER r AFTER INSERT ON rows REFERENCING NEW TABLE AS news FOR EACH ROW EXECUTE FUNCTION share_of_new();
CREATE TRIGGER r2 AFTER DELETE ON rows REFERENCING OLD TABLE AS olds FOR EACH ROW EXECUTE FUNCTION share_of_old('7');
CREATE TRIGGER r3 AFTER UPDATE ON rows REFERENCING OLD TABLE AS olds NEW TABLE AS news FOR EACH ROW WHEN (OLD.v IS DISTINCT FROM NEW.v AND NEW.k > 1) EXECUTE FUNCTION both_rows();
CREATE TRIGGER s AFTER INSERT ON rows REFERENCING NEW TABLE AS news FOR EACH STATEMENT EXECUTE FUNCTION inserted();
CREATE TRIGGER r1 AFTER INSERT ON "One" REFERENCING NEW TABLE AS news FOR EACH ROW EXECUTE FUNCTION each_row();
CREATE TRIGGER r2 AFTER UPDATE ON total REFERENCING OLD TABLE AS olds NEW TABLE AS news FOR EACH STATEMENT EXECUTE FUNCTION updated();
CREATE TRIGGER r3 AFTER UPDATE ON ref REFERENCING OLD TABLE AS olds FOR EACH ROW EXECUTE FUNCTION each_row();
CREATE TRIGGER t2 AFTER TRUNCATE ON t FOR EACH STATEMENT EXECUTE FUNCTION bump();

--- here
CREATE TABLE local (k int, v int);
INSERT INTO local SELECT i, i FROM generate_series(1, 5) i;

--- statements

INSERT INTO t (k, v) VALUES (${21|22:int}, 5);

INSERT INTO t (k, v) VALUES (31, 5), (32, 6), (33, NULL) RETURNING k, double;

INSERT INTO t SELECT k + 40, v, 'from local' FROM local;

INSERT INTO t SELECT k + 50, v FROM t WHERE k < 4 RETURNING *;

INSERT INTO t (k, v) VALUES (1, 1), (41, 2) ON CONFLICT DO NOTHING;

INSERT INTO t (k, v) SELECT 1, 1 WHERE false;

UPDATE t SET v = v + 1 WHERE k = ${1|2|3:int};

UPDATE t SET v = v + 1, note = upper(note) WHERE k < 5 RETURNING k, v, note, double;

UPDATE t SET k = k + 100 WHERE k > 5;

UPDATE t SET v = 0 WHERE k > 1000;

UPDATE t SET v = l.v FROM local l, other o WHERE l.k = t.k AND o.x = l.v RETURNING t.k, l.v, o.y;

UPDATE t SET v = l.x FROM (VALUES (1, 1), (1, 1), (2, 3)) AS l (k, x) WHERE l.k = t.k;

UPDATE t SET (v, note) = (SELECT max(v), 'several' FROM local) WHERE k IN (1, 7) RETURNING *, (SELECT count(*) FROM other);

DELETE FROM t WHERE k = ${1|2|3:int};

DELETE FROM t WHERE k > 3 RETURNING k;

DELETE FROM t USING other o WHERE o.x = t.k AND o.y < 20 RETURNING t.*, o.*;

WITH i AS (INSERT INTO m (k, v) VALUES ('W', 1) RETURNING *), u AS (UPDATE t SET v = -1 WHERE k = 2 RETURNING k), d AS (DELETE FROM "One" WHERE k = 3 RETURNING k) SELECT u.k, d.k FROM u, d;

WITH a AS (UPDATE t SET v = 1 WHERE k = 1), b AS (UPDATE t SET v = 2 WHERE k = 2) UPDATE t SET v = 3 WHERE k = 3;

INSERT INTO m VALUES ('x', 1), ('y', 13), (NULL, 3) RETURNING *;

INSERT INTO m SELECT 'z', 7;

UPDATE m SET v = v + 12;

UPDATE m SET v = 5 WHERE k = ${'A'|'B':text} RETURNING *;

UPDATE m SET v = 9 WHERE k IS NULL;

DELETE FROM m;

INSERT INTO ref VALUES (7, 'seven'), (8, 'eight');

INSERT INTO ref VALUES (1, 'new 1'), (9, 'nine') ON CONFLICT (id) DO UPDATE SET name = excluded.name;

UPDATE ref SET name = name || '!' WHERE id < ${4:int} RETURNING *;

DELETE FROM ref WHERE id = 2;

INSERT INTO "One" SELECT 5, count(*) FROM t;

UPDATE "One" SET "The V" = 0;

INSERT INTO sums SELECT i, i, CASE WHEN i % 2 = 0 THEN 'a' ELSE 'b' END FROM generate_series(1, 10) i;
SELECT * FROM total;

MERGE INTO t USING local l ON t.k = l.k + 7 WHEN NOT MATCHED THEN INSERT (k, v) VALUES (l.k + 70, 0);

MERGE INTO t USING local l ON t.k = l.k WHEN MATCHED THEN UPDATE SET v = 0;
MERGE INTO t USING local l ON t.k = l.k AND l.k = 1 WHEN MATCHED THEN UPDATE SET k = t.k + 1000;

MERGE INTO t USING local l ON t.k = l.k + 5 WHEN MATCHED AND l.k = 1 THEN DELETE WHEN MATCHED AND l.k < 4 THEN UPDATE SET k = t.k + 1000, v = 5 WHEN MATCHED THEN UPDATE SET v = 6 WHEN NOT MATCHED THEN INSERT (k, v) VALUES (l.k + 70, 0);

MERGE INTO t USING local l ON t.k = ${7:int} AND l.k < 3 WHEN MATCHED THEN UPDATE SET k = 200 + l.k;

MERGE INTO t USING local l ON t.k = l.k % 2 + 6 WHEN MATCHED AND l.k = 5 THEN DELETE WHEN MATCHED THEN UPDATE SET k = 200 + l.k;

MERGE INTO t USING other o ON t.k = 8 AND o.x = 2 WHEN MATCHED THEN UPDATE SET k = 77;

MERGE INTO t USING (VALUES (7)) n (k) ON t.k = 7 WHEN MATCHED THEN UPDATE SET k = 77, note = 'm' WHEN NOT MATCHED THEN INSERT (k) VALUES (7);

MERGE INTO rows USING local l ON rows.k = l.k WHEN MATCHED AND l.k = 2 THEN DELETE WHEN MATCHED THEN UPDATE SET k = rows.k + 20, v = l.k WHEN NOT MATCHED THEN INSERT (k, v) VALUES (l.k, 0);
SELECT * FROM shares;

MERGE INTO t USING local l ON t.k = l.k + 6 WHEN MATCHED AND l.k = 1 THEN DELETE WHEN MATCHED AND l.k = 2 THEN UPDATE SET v = 0, note = 'm' WHEN MATCHED THEN UPDATE SET v = t.v + l.v WHEN NOT MATCHED THEN INSERT (k, v) VALUES (l.k + 70, 0);

MERGE INTO rows USING (SELECT * FROM other) o ON rows.k = o.x - 2 WHEN MATCHED AND o.x = 4 THEN DELETE WHEN MATCHED THEN UPDATE SET v = o.y WHEN NOT MATCHED THEN INSERT (k, v) VALUES (o.x + 10, o.y);
SELECT * FROM shares ORDER BY 1, 2, 3;

MERGE INTO days USING local l ON days.k = l.k WHEN MATCHED AND l.k = 1 THEN DELETE WHEN MATCHED THEN UPDATE SET v = -1, day = day + 1;

INSERT INTO t (k, v) VALUES (1, 2) ON CONFLICT (k) DO UPDATE SET v = 3;

INSERT INTO total VALUES ('a', 1), ('q', 2), ('b', 3) ON CONFLICT (note) DO UPDATE SET v = excluded.v + total.v;

INSERT INTO total SELECT 'n' || k, k FROM local ON CONFLICT (note) DO UPDATE SET v = excluded.v WHERE total.v > 0 RETURNING *;

INSERT INTO days VALUES (100, '2024-01-09', 1), (101, '2024-02-09', 2) RETURNING *;

UPDATE days SET v = v + 1, day = day + 20 WHERE k < 4;

DELETE FROM days WHERE k > ${8:int};

COPY t (k, v) FROM STDIN;
81	1
82	2
\.

COPY sums FROM STDIN (FORMAT csv);
1,5,a
2,6,b
\.

BEGIN;
UPDATE t SET v = 1 WHERE k = 1;
SAVEPOINT s;
UPDATE t SET v = 2 WHERE k < 3;
ROLLBACK TO s;
UPDATE t SET v = 3 WHERE k < 3;
COMMIT;

-- no explain
DO $$ BEGIN FOR i IN 1 .. 3 LOOP UPDATE t SET v = i WHERE k = i; DELETE FROM t WHERE k = i + 3; END LOOP; END $$;

-- row triggers
INSERT INTO rows VALUES (${21|22:int}, 5);
SELECT * FROM shares;

INSERT INTO rows SELECT i, i, 'x' FROM generate_series(31, 34) i RETURNING *;
SELECT * FROM shares;

INSERT INTO rows VALUES (1, 1), (41, 2), (2, 3) ON CONFLICT (k) DO UPDATE SET v = excluded.v, w = 'c' WHERE rows.v < 20;
SELECT * FROM shares;

UPDATE rows SET v = ${7:int} WHERE k = 3;

UPDATE rows SET v = v + 1 WHERE k < 4 RETURNING *;
SELECT * FROM shares;

UPDATE rows SET w = 'not v';

DELETE FROM rows WHERE k = 3;

DELETE FROM rows WHERE k > ${4:int};
SELECT * FROM shares;

BEGIN;
ALTER TABLE rows DISABLE TRIGGER r;
INSERT INTO rows VALUES (50, 1);
ALTER TABLE rows ENABLE TRIGGER r;
INSERT INTO rows VALUES (51, 1);
COMMIT;
SELECT * FROM shares;

COPY rows (k, v) FROM STDIN;
81	1
82	2
\.
SELECT * FROM shares;

INSERT INTO "One" VALUES (7, 8), (8, 9);

CREATE TRIGGER later AFTER DELETE ON "One" REFERENCING OLD TABLE AS olds FOR EACH ROW EXECUTE FUNCTION each_row();
DELETE FROM "One" WHERE k = 2;
DROP TRIGGER later ON "One";
DELETE FROM "One" WHERE k = 3;
