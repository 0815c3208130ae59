AFTER ROW triggers that read and write rows of any node.

--- everywhere
CREATE FUNCTION audit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
	INSERT INTO log (who, op, old, new, depth) VALUES (TG_TABLE_NAME || '.' || TG_NAME || coalesce('/' || TG_ARGV[0], ''),
		TG_WHEN || ' ' || TG_LEVEL || ' ' || TG_OP, OLD::text, NEW::text, pg_trigger_depth()); RETURN NULL; END $$;
CREATE FUNCTION count_rows() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
	UPDATE counters SET n = n + CASE TG_OP WHEN 'INSERT' THEN 1 WHEN 'DELETE' THEN -1 ELSE 0 END, changes = changes + 1 WHERE name = TG_TABLE_NAME;
	RETURN NEW; END $$;
CREATE FUNCTION see_all() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
	INSERT INTO log (who, op) SELECT 'sees', count(*) || ' ' || sum(v) FROM t; RETURN NULL; END $$;
CREATE FUNCTION again() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
	UPDATE t SET v = v + 1000 WHERE k = NEW.k; UPDATE t SET v = v + 1 WHERE k = NEW.k + 1; RETURN NULL; END $$;
CREATE FUNCTION again_deeper() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
	INSERT INTO log (who, op) VALUES ('deeper', pg_trigger_depth()::text); RETURN NULL; END $$;
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
	IF (SELECT count(*) FROM t WHERE v = NEW.v) > 1 THEN RAISE EXCEPTION 'there twice' USING ERRCODE = 'unique_violation'; END IF; RETURN NULL; END $$;
CREATE FUNCTION audit_here() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
	INSERT INTO here VALUES (TG_TABLE_NAME, TG_OP, OLD::text, NEW::text); RETURN NULL; END $$;
CREATE FUNCTION follow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
	IF TG_OP = 'DELETE' THEN DELETE FROM other WHERE x = OLD.k; RETURN OLD; END IF;
	INSERT INTO other VALUES (NEW.k, NEW.v) ON CONFLICT (x) DO UPDATE SET y = other.y + excluded.y; RETURN NEW; END $$;
CREATE FUNCTION twice(x int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN UPDATE other SET y = y + x WHERE x = twice.x; RETURN 2 * x; END $$;
CREATE FUNCTION twice_in_other(k int) RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN UPDATE t2 SET v = v + 1 WHERE t2.k <> twice_in_other.k; RETURN (SELECT count(*) FROM log); END $$;

--- tables
CREATE TABLE t (gone int, k int PRIMARY KEY, v int, note text DEFAULT 'a "quoted", note', double int GENERATED ALWAYS AS (v * 2) STORED, at timestamptz DEFAULT '2024-05-06 07:08:09.123456+02', f float8 DEFAULT 0.1);
ALTER TABLE t DROP COLUMN gone;
CREATE TABLE t2 (k int PRIMARY KEY, v int);
CREATE TABLE log (who text, op text, old text, new text, depth int);
CREATE TABLE counters (name text PRIMARY KEY, n int, changes int);
CREATE TABLE other (x int PRIMARY KEY, y int);
CREATE TABLE ref (id int PRIMARY KEY, name text);
CREATE TABLE ref_c (k int PRIMARY KEY, r int REFERENCES ref ON DELETE CASCADE ON UPDATE CASCADE);
CREATE TABLE c (k int REFERENCES t ON DELETE CASCADE ON UPDATE CASCADE, n int);
CREATE TABLE days (k int, day date, v int, PRIMARY KEY (k, day)) PARTITION BY RANGE (day);
CREATE TABLE days_1 PARTITION OF days FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
CREATE TABLE days_2 (v int, day date NOT NULL, k int NOT NULL);
ALTER TABLE days ATTACH PARTITION days_2 FOR VALUES FROM ('2024-02-01') TO ('2024-03-01');
CREATE TABLE "Only" (k int, "The V" int);

--- distribute
BEGIN;
SELECT create_reference_table('ref');
SELECT create_distributed_table('t', 'k');
SELECT create_distributed_table('c', 'k', colocate_with => 't');
SELECT create_distributed_table('ref_c', 'k');
COMMIT;
SELECT create_distributed_table('t2', 'k');
SELECT create_distributed_table('log', 'who');
SELECT create_distributed_table('counters', 'name');
SELECT create_distributed_table('other', 'x');
SELECT create_distributed_table('days', 'k');
SELECT create_distributed_table('"Only"', NULL);

--- data
INSERT INTO t (k, v) SELECT i, i * 10 FROM generate_series(1, 9) i;
INSERT INTO t2 SELECT i, i FROM generate_series(1, 9) i;
INSERT INTO c SELECT i, i FROM generate_series(1, 5) i;
INSERT INTO c SELECT i, -i FROM generate_series(1, 5) i;
INSERT INTO counters VALUES ('t', 9, 0), ('days_1', 0, 0), ('days_2', 0, 0), ('ref', 0, 0);
INSERT INTO ref VALUES (1, 'one'), (2, 'two');
INSERT INTO ref_c SELECT i, i % 2 + 1 FROM generate_series(1, 6) i;
INSERT INTO other SELECT i, 0 FROM generate_series(1, 4) i;

--- after
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON t FOR EACH ROW EXECUTE FUNCTION audit('some, args');
CREATE TRIGGER audit_some AFTER UPDATE OF note ON t FOR EACH ROW WHEN (OLD.note IS DISTINCT FROM NEW.note AND NEW.k > 3) EXECUTE FUNCTION audit();
CREATE TRIGGER count_rows AFTER INSERT OR UPDATE OR DELETE ON t FOR EACH ROW EXECUTE FUNCTION count_rows();
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON c FOR EACH ROW EXECUTE FUNCTION audit();
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON ref FOR EACH ROW EXECUTE FUNCTION audit();
CREATE TRIGGER count_rows AFTER INSERT OR UPDATE OR DELETE ON ref FOR EACH ROW EXECUTE FUNCTION count_rows();
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON ref_c FOR EACH ROW EXECUTE FUNCTION audit();
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON days FOR EACH ROW EXECUTE FUNCTION audit();
CREATE TRIGGER count_rows AFTER INSERT OR UPDATE OR DELETE ON days_2 FOR EACH ROW EXECUTE FUNCTION count_rows();
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON "Only" FOR EACH ROW EXECUTE FUNCTION audit();
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON t2 FOR EACH ROW EXECUTE FUNCTION audit();

--- here
CREATE TABLE here (t text, op text, old text, new text);
CREATE TABLE local (k int, v int);
INSERT INTO local SELECT i, i FROM generate_series(1, 5) i;

--- statements

INSERT INTO t (k, v) VALUES (${21|22:int}, 5);
SELECT who, op, old, new, depth FROM log ORDER BY 1, 2, 3, 4, 5;
SELECT * FROM counters ORDER BY 1;

INSERT INTO t (k, v) VALUES (31, 5), (32, 6), (33, NULL) RETURNING k, double;
SELECT who, op, old, new, depth FROM log ORDER BY 1, 2, 3, 4, 5;
SELECT * FROM counters ORDER BY 1;

INSERT INTO t (k, v) SELECT k + 40, v FROM local;
SELECT who, op, old, new, depth FROM log ORDER BY 1, 2, 3, 4, 5;
SELECT * FROM counters ORDER BY 1;

INSERT INTO t (k, v) SELECT k + 50, v FROM t WHERE k < 4 RETURNING k, v;
SELECT who, op, old, new, depth FROM log ORDER BY 1, 2, 3, 4, 5;
SELECT * FROM counters ORDER BY 1;

SET LOCAL work_mem = '64kB';
INSERT INTO t (k, v) SELECT g, g FROM generate_series(100, 1300) g;
SELECT count(*), sum(depth), min(new), max(new) FROM log;
SELECT * FROM counters ORDER BY 1;

INSERT INTO t (k, v) VALUES (1, 1), (41, 2) ON CONFLICT DO NOTHING;
SELECT who, op, old, new, depth FROM log ORDER BY 1, 2, 3, 4, 5;
SELECT * FROM counters ORDER BY 1;

INSERT INTO t (k, v) VALUES (1, 1), (2, 7), (41, 2) ON CONFLICT (k) DO UPDATE SET v = t.v + excluded.v WHERE t.k < 2;
SELECT who, op, old, new, depth FROM log ORDER BY 1, 2, 3, 4, 5;
SELECT * FROM counters ORDER BY 1;

INSERT INTO t (k, v) VALUES (3, 1) ON CONFLICT (k) DO UPDATE SET note = 'again';
SELECT who, op, old, new, depth FROM log ORDER BY 1, 2, 3, 4, 5;
SELECT * FROM counters ORDER BY 1;

UPDATE t SET v = v + 1 WHERE k = ${1|2|3|4|5:int};
SELECT who, op, old, new, depth FROM log ORDER BY 1, 2, 3, 4, 5;
SELECT * FROM counters ORDER BY 1;

UPDATE t SET v = v + 1, note = upper(note) WHERE k IN (2, 3, 4, 5) RETURNING k, v;
SELECT who, op, old, new, depth FROM log ORDER BY 1, 2, 3, 4, 5;
SELECT * FROM counters ORDER BY 1;

UPDATE t SET v = v + 1;
SELECT who, op, old, new, depth FROM log ORDER BY 1, 2, 3, 4, 5;
SELECT * FROM counters ORDER BY 1;

UPDATE t SET v = s.v FROM (SELECT max(v) AS v FROM t2) s WHERE t.k < 4;
SELECT who, op, old, new, depth FROM log ORDER BY 1, 2, 3, 4, 5;
SELECT * FROM counters ORDER BY 1;

UPDATE t SET v = 1 WHERE v IN (SELECT v * 10 FROM t2 WHERE k > 7);
SELECT who, op, old, new, depth FROM log ORDER BY 1, 2, 3, 4, 5;
SELECT * FROM counters ORDER BY 1;

DELETE FROM t WHERE k = ${1|2|3:int};
SELECT who, op, old, new, depth FROM log ORDER BY 1, 2, 3, 4, 5;
SELECT * FROM counters ORDER BY 1;

DELETE FROM t WHERE k > 3;
SELECT who, op, old, new, depth FROM log ORDER BY 1, 2, 3, 4, 5;
SELECT * FROM counters ORDER BY 1;

DELETE FROM t USING t2 WHERE t.v = t2.v * 10 AND t2.k < 3 RETURNING t.k;
SELECT who, op, old, new, depth FROM log ORDER BY 1, 2, 3, 4, 5;
SELECT * FROM counters ORDER BY 1;

UPDATE t SET v = 0 WHERE false;
SELECT who, op, old, new, depth FROM log ORDER BY 1, 2, 3, 4, 5;
SELECT * FROM counters ORDER BY 1;

MERGE INTO t USING t2 ON t.k = t2.k + 2 WHEN MATCHED AND t.k > 8 THEN DELETE WHEN MATCHED THEN UPDATE SET v = t2.v WHEN NOT MATCHED THEN INSERT (k, v) VALUES (t2.k + 2, 0);
SELECT who, op, old, new, depth FROM log ORDER BY 1, 2, 3, 4, 5;
SELECT * FROM counters ORDER BY 1;

MERGE INTO t USING t2 ON t.k = t2.k WHEN MATCHED AND t.k > 8 THEN DELETE WHEN MATCHED THEN UPDATE SET v = t2.v + t.v;
SELECT who, op, old, new, depth FROM log ORDER BY 1, 2, 3, 4, 5;
SELECT * FROM counters ORDER BY 1;

WITH d AS (DELETE FROM t WHERE k < 3 RETURNING k, v), u AS (UPDATE t2 SET v = v + 1 WHERE k > 5 RETURNING k) INSERT INTO t (k, v) SELECT k + 300, v FROM d;
SELECT who, op, old, new, depth FROM log ORDER BY 1, 2, 3, 4, 5;
SELECT * FROM counters ORDER BY 1;

WITH a AS (UPDATE t SET v = 1 WHERE k = 1), b AS (UPDATE t SET v = 2 WHERE k = 2) UPDATE t SET v = 3 WHERE k = 3;
SELECT who, op, old, new, depth FROM log ORDER BY 1, 2, 3, 4, 5;
SELECT * FROM counters ORDER BY 1;

WITH u AS (UPDATE t SET v = v + 1 WHERE k = 4 RETURNING k) SELECT * FROM u;
SELECT who, op, old, new, depth FROM log ORDER BY 1, 2, 3, 4, 5;
SELECT * FROM counters ORDER BY 1;

COPY t (k, v) FROM STDIN;
71	1
72	2
73	\N
\.
SELECT who, op, old, new, depth FROM log ORDER BY 1, 2, 3, 4, 5;
SELECT * FROM counters ORDER BY 1;

COPY "Only" FROM STDIN;
71	1
72	2
\.
SELECT who, op, old, new, depth FROM log ORDER BY 1, 2, 3, 4, 5;
SELECT * FROM counters ORDER BY 1;

INSERT INTO "Only" VALUES (1, 2), (3, 4);
UPDATE "Only" SET "The V" = 5;
DELETE FROM "Only" WHERE k = 1;
SELECT who, op, old, new, depth FROM log ORDER BY 1, 2, 3, 4, 5;
SELECT * FROM counters ORDER BY 1;

INSERT INTO ref VALUES (3, 'three'), (4, 'four');
SELECT who, op, old, new, depth FROM log ORDER BY 1, 2, 3, 4, 5;
SELECT * FROM counters ORDER BY 1;

UPDATE ref SET name = name || '!';
SELECT who, op, old, new, depth FROM log ORDER BY 1, 2, 3, 4, 5;
SELECT * FROM counters ORDER BY 1;

UPDATE ref SET id = id + 10 WHERE id = 1;
SELECT who, op, old, new, depth FROM log ORDER BY 1, 2, 3, 4, 5;
SELECT * FROM counters ORDER BY 1;

DELETE FROM ref WHERE id = 2;
SELECT who, op, old, new, depth FROM log ORDER BY 1, 2, 3, 4, 5;
SELECT * FROM counters ORDER BY 1;

COPY ref FROM STDIN;
5	five
6	six
\.
SELECT who, op, old, new, depth FROM log ORDER BY 1, 2, 3, 4, 5;
SELECT * FROM counters ORDER BY 1;

INSERT INTO days VALUES (1, '2024-01-05', 1);
INSERT INTO days VALUES (2, '2024-02-05', 2), (3, '2024-02-06', 3);
UPDATE days SET v = v + 1;
UPDATE days SET day = day + 10 WHERE k > 1;
UPDATE days SET day = '2024-02-20' WHERE k = 1;
DELETE FROM days WHERE k = 2;
SELECT who, op, old, new, depth FROM log ORDER BY 1, 2, 3, 4, 5;
SELECT * FROM counters ORDER BY 1;

COPY days FROM STDIN;
7	2024-01-03	1
8	2024-02-04	2
\.
SELECT who, op, old, new, depth FROM log ORDER BY 1, 2, 3, 4, 5;
SELECT * FROM counters ORDER BY 1;

INSERT INTO c VALUES (1, 5), (2, 6);
DELETE FROM t WHERE k IN (1, 2);
SELECT who, op, old, new, depth FROM log ORDER BY 1, 2, 3, 4, 5;
SELECT * FROM counters ORDER BY 1;

UPDATE t SET v = v + 1 WHERE k < 3;
SAVEPOINT s;
UPDATE t SET v = v + 1 WHERE k < 5;
ROLLBACK TO s;
DELETE FROM t WHERE k = 9;
SELECT who, op, old, new, depth FROM log ORDER BY 1, 2, 3, 4, 5;
SELECT * FROM counters ORDER BY 1;

CREATE TRIGGER see_all AFTER UPDATE ON t FOR EACH ROW EXECUTE FUNCTION see_all();
UPDATE t SET v = v * 2 WHERE k < 4;
UPDATE t SET v = v * 2 WHERE k = 4;
DROP TRIGGER see_all ON t;
SELECT who, op, old, new, depth FROM log ORDER BY 1, 2, 3, 4, 5;
SELECT * FROM counters ORDER BY 1;

CREATE TRIGGER again AFTER UPDATE ON t FOR EACH ROW WHEN (pg_trigger_depth() = 0 AND NEW.k = 3) EXECUTE FUNCTION again();
CREATE TRIGGER deeper AFTER UPDATE ON t FOR EACH ROW WHEN (pg_trigger_depth() > 0) EXECUTE FUNCTION again_deeper();
UPDATE t SET v = v * 2 WHERE k = 3;
UPDATE t SET v = v * 2 WHERE k = 4;
DROP TRIGGER again ON t;
DROP TRIGGER deeper ON t;
SELECT who, op, old, new, depth FROM log ORDER BY 1, 2, 3, 4, 5;
SELECT * FROM counters ORDER BY 1;

CREATE TRIGGER refuse AFTER INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION refuse();
UPDATE t SET v = 10 WHERE k < 4;
DROP TRIGGER refuse ON t;

CREATE TRIGGER refuse AFTER INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION refuse();
INSERT INTO t (k, v) VALUES (77, 777), (78, 778);
DO $$ BEGIN UPDATE t SET v = 10 WHERE k < 4; EXCEPTION WHEN unique_violation THEN INSERT INTO log (who, op) VALUES ('caught', SQLERRM); END $$;
SELECT who, op, old, new, depth FROM log ORDER BY 1, 2, 3, 4, 5;
SELECT * FROM counters ORDER BY 1;
DROP TRIGGER refuse ON t;

CREATE CONSTRAINT TRIGGER refuse AFTER INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION refuse();
INSERT INTO t (k, v) VALUES (77, 777), (78, 777);
DROP TRIGGER refuse ON t;

CREATE TRIGGER here AFTER INSERT OR UPDATE OR DELETE ON t FOR EACH ROW EXECUTE FUNCTION audit_here();
UPDATE t SET v = v + 1 WHERE k < 5;
DELETE FROM t WHERE k = 5;
SELECT * FROM here ORDER BY 1, 2, 3, 4;
DROP TRIGGER here ON t;

CREATE TRIGGER follow AFTER INSERT OR UPDATE OR DELETE ON t FOR EACH ROW EXECUTE FUNCTION follow();
UPDATE t SET v = v + 1 WHERE k < 6;
DELETE FROM t WHERE k = 5;
INSERT INTO t (k, v) VALUES (61, 1);
SELECT * FROM other ORDER BY 1;
SELECT who, op, old, new, depth FROM log ORDER BY 1, 2, 3, 4, 5;
SELECT * FROM counters ORDER BY 1;
DROP TRIGGER follow ON t;

ALTER TABLE t DISABLE TRIGGER audit;
UPDATE t SET v = v + 1 WHERE k < 6;
ALTER TABLE t ENABLE TRIGGER audit;
UPDATE t SET v = v + 1 WHERE k < 3;
SELECT who, op, old, new, depth FROM log ORDER BY 1, 2, 3, 4, 5;
SELECT * FROM counters ORDER BY 1;

SET LOCAL session_replication_role = replica;
UPDATE t SET v = v + 1 WHERE k < 6;
ALTER TABLE t ENABLE ALWAYS TRIGGER audit;
UPDATE t SET v = v + 1 WHERE k < 3;
SELECT who, op, old, new, depth FROM log ORDER BY 1, 2, 3, 4, 5;
SELECT * FROM counters ORDER BY 1;

ALTER TRIGGER audit ON t RENAME TO zz;
UPDATE t SET v = v + 1 WHERE k < 6;
SELECT who, op, old, new, depth FROM log ORDER BY 1, 2, 3, 4, 5;
SELECT * FROM counters ORDER BY 1;

SET LOCAL datestyle = 'SQL, DMY';
SET LOCAL timezone = 'Asia/Kolkata';
SET LOCAL extra_float_digits = -10;
UPDATE t SET f = 0.1::float8 + 0.2::float8, at = '2024-01-02 03:04:05.123456 UTC' WHERE k < 3;
SET LOCAL extra_float_digits = 1;
UPDATE t SET v = v + 1 WHERE k < 3;
SELECT who, op, old, new, depth FROM log ORDER BY 1, 2, 3, 4, 5;
SELECT * FROM counters ORDER BY 1;

-- a function of RETURNING runs statements before the triggers fire
UPDATE t SET v = v + 1 WHERE k IN (1, 2, 3, 4) RETURNING k, twice(k);
SELECT * FROM other ORDER BY 1;
SELECT who, op, old, new, depth FROM log ORDER BY 1, 2, 3, 4, 5;
SELECT * FROM counters ORDER BY 1;

UPDATE t SET v = v + 1 WHERE k < 5 RETURNING k, twice_in_other(k) > 0;
SELECT who, op, old, new, depth FROM log ORDER BY 1, 2, 3, 4, 5;
SELECT * FROM counters ORDER BY 1;

PREPARE p(int) AS UPDATE t SET v = v + 1 WHERE k = $1;
EXECUTE p(1);
EXECUTE p(2);
EXECUTE p(3);
EXECUTE p(1);
EXECUTE p(2);
EXECUTE p(4);
EXECUTE p(5);
DEALLOCATE p;
SELECT who, op, old, new, depth FROM log ORDER BY 1, 2, 3, 4, 5;
SELECT * FROM counters ORDER BY 1;

DECLARE cur CURSOR FOR SELECT k FROM t WHERE k = 3 FOR UPDATE;
FETCH cur;
UPDATE t SET v = 0 WHERE CURRENT OF cur;
SELECT who, op, old, new, depth FROM log ORDER BY 1, 2, 3, 4, 5;
SELECT * FROM counters ORDER BY 1;
