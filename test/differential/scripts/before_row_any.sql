BEFORE UPDATE and BEFORE DELETE row triggers of distributed tables that need rows of any node.

--- everywhere
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
	INSERT INTO log (who, op, old, new, depth) VALUES (TG_TABLE_NAME || '.' || TG_NAME, TG_WHEN || ' ' || TG_OP, OLD::text, NEW::text, pg_trigger_depth());
	IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $$;
CREATE FUNCTION change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
	NEW.changes := OLD.changes + 1; NEW.note := NEW.note || '!'; RETURN NEW; END $$;
CREATE FUNCTION limit_total() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
	IF NEW.v > (SELECT max(v) FROM limits) THEN RAISE EXCEPTION '% is too much', NEW.v; END IF; RETURN NEW; END $$;
CREATE FUNCTION leave_out() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE FUNCTION move() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
	NEW.k := NEW.k + (SELECT 1000 * count(*) FROM limits); RETURN NEW; END $$;
CREATE FUNCTION sum_of_all() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
	NEW.total := (SELECT sum(v) FROM seen); RETURN NEW; END $$;
CREATE FUNCTION touch_it() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
	UPDATE touched SET v = v + 1 WHERE k = OLD.k; IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $$;
CREATE FUNCTION total() RETURNS bigint STABLE LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT sum(v) FROM limits); END $$;
CREATE FUNCTION by_function() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.v := NEW.v + total(); RETURN NEW; END $$;

--- tables
CREATE TABLE t (gone int, k int, v int, note text DEFAULT 'a "quoted", note', changes int DEFAULT 0, gone_too text, double int GENERATED ALWAYS AS (changes * 2) STORED, PRIMARY KEY (k));
ALTER TABLE t DROP COLUMN gone, DROP COLUMN gone_too;
CREATE TABLE c (k int REFERENCES t ON DELETE CASCADE ON UPDATE CASCADE, v int);
CREATE TABLE one (id int PRIMARY KEY, v int, note text, changes int);
CREATE TABLE bare (k text, v int, note text, changes int);
CREATE TABLE seen (k int, v int, total int);
CREATE TABLE touched (k int, v int);
CREATE TABLE called (k int, v int);
CREATE TABLE parent (k int, v int, note text, changes int);
CREATE TABLE child (more int) INHERITS (parent);
CREATE TABLE tree (k int, id int, up int, v int, note text, changes int, PRIMARY KEY (k, id), FOREIGN KEY (k, up) REFERENCES tree);
CREATE TABLE log (who text, op text, old text, new text, depth int);
CREATE TABLE limits (k int, v int);

--- distribute
BEGIN;
SELECT create_distributed_table('t', 'k');
SELECT create_distributed_table('c', 'k');
COMMIT;
SELECT create_distributed_table('one', NULL);
SELECT create_distributed_table('bare', 'k', colocate_with => 'none');
-- on one node, for the order of its rows
SELECT create_distributed_table('seen', NULL);
SELECT create_distributed_table('touched', 'k');
SELECT create_distributed_table('called', 'k');
SELECT create_distributed_table('parent', 'k');
SELECT create_distributed_table('tree', 'k');
SELECT create_distributed_table('log', 'who');
SELECT create_distributed_table('limits', 'k', colocate_with => 'none');

--- data
INSERT INTO t (k, v) SELECT i, i * 10 FROM generate_series(1, 9) i;
INSERT INTO c SELECT i, i FROM generate_series(1, 5) i;
INSERT INTO one SELECT i, i, 'one', 0 FROM generate_series(1, 3) i;
INSERT INTO bare VALUES ('x', 1, 'a', 0), ('x', 1, 'a', 0), ('y', 2, 'b', 0), (NULL, NULL, NULL, 0), (NULL, NULL, NULL, 0);
INSERT INTO seen SELECT i, 1 FROM generate_series(1, 20) i;
INSERT INTO touched SELECT i, 1 FROM generate_series(1, 5) i;
INSERT INTO called SELECT i, 1 FROM generate_series(1, 5) i;
INSERT INTO parent SELECT i, i, 'p', 0 FROM generate_series(1, 4) i;
INSERT INTO child SELECT i, i, 'c', 0, i FROM generate_series(3, 7) i;
INSERT INTO tree SELECT i % 3, i, CASE WHEN i > 3 THEN i - 3 END, i, 'n', 0 FROM generate_series(1, 9) i;
INSERT INTO limits VALUES (1, 50), (2, 100);

--- after
CREATE TRIGGER a_change BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION change();
CREATE TRIGGER b_note BEFORE UPDATE OR DELETE ON t FOR EACH ROW EXECUTE FUNCTION note();
CREATE TRIGGER c_limit BEFORE UPDATE OF v ON t FOR EACH ROW WHEN (OLD.v <> NEW.v) EXECUTE FUNCTION limit_total();
CREATE TRIGGER d_out BEFORE DELETE ON t FOR EACH ROW WHEN (OLD.k = 9) EXECUTE FUNCTION leave_out();
CREATE TRIGGER e_out BEFORE UPDATE ON t FOR EACH ROW WHEN (OLD.k = 8 AND NEW.v < 0) EXECUTE FUNCTION leave_out();
CREATE TRIGGER f_move BEFORE UPDATE ON t FOR EACH ROW WHEN (NEW.note LIKE 'move%') EXECUTE FUNCTION move();
CREATE TRIGGER after_note AFTER UPDATE OF note ON t FOR EACH ROW EXECUTE FUNCTION note();
CREATE TRIGGER after_v AFTER UPDATE OF v OR DELETE ON t FOR EACH ROW EXECUTE FUNCTION note();
CREATE TRIGGER a_change BEFORE UPDATE ON one FOR EACH ROW EXECUTE FUNCTION change();
CREATE TRIGGER b_note BEFORE UPDATE OR DELETE ON one FOR EACH ROW EXECUTE FUNCTION note();
CREATE TRIGGER a_change BEFORE UPDATE ON bare FOR EACH ROW EXECUTE FUNCTION change();
CREATE TRIGGER b_note BEFORE UPDATE OR DELETE ON bare FOR EACH ROW EXECUTE FUNCTION note();
CREATE TRIGGER b_note BEFORE UPDATE ON c FOR EACH ROW WHEN (NEW.v < 0) EXECUTE FUNCTION note();
CREATE TRIGGER sums BEFORE UPDATE ON seen FOR EACH ROW EXECUTE FUNCTION sum_of_all();
CREATE TRIGGER touches BEFORE UPDATE OR DELETE ON touched FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION touch_it();
CREATE TRIGGER calls BEFORE UPDATE ON called FOR EACH ROW EXECUTE FUNCTION by_function();
CREATE TRIGGER b_note BEFORE UPDATE OR DELETE ON parent FOR EACH ROW EXECUTE FUNCTION note();
CREATE TRIGGER a_change BEFORE UPDATE ON child FOR EACH ROW EXECUTE FUNCTION change();
CREATE TRIGGER b_note BEFORE UPDATE OR DELETE ON child FOR EACH ROW EXECUTE FUNCTION note();
CREATE TRIGGER a_change BEFORE UPDATE ON tree FOR EACH ROW EXECUTE FUNCTION change();

--- statements
UPDATE t SET v = v + 1 WHERE k = ${3|9|77:int} RETURNING *;
TABLE t;
TABLE log;

UPDATE t SET note = 'x' WHERE k > ${6:int};
TABLE t;
TABLE log;

UPDATE t SET v = -1 RETURNING k;
TABLE t;
TABLE log;

UPDATE t SET v = 101 WHERE k = 1;

WITH u AS (UPDATE t SET v = v + 1 WHERE k < 4 RETURNING k, changes, double) SELECT * FROM u;
TABLE t;
TABLE log;

WITH u AS (DELETE FROM t WHERE k = 4 RETURNING k) SELECT * FROM u;
TABLE t;
TABLE log;

WITH u AS (UPDATE t SET v = 5 WHERE k = 4 RETURNING v) INSERT INTO limits SELECT v, v FROM u;
TABLE t;
TABLE limits;

-- rows that the join gives twice are changed once
UPDATE t SET v = 1 FROM limits WHERE t.k < 3;
TABLE t;
TABLE log;

UPDATE t SET (v, note) = (SELECT max(limits.v), 'm' FROM limits WHERE limits.k < t.k) WHERE k IN (2, 3);
TABLE t;
TABLE log;

UPDATE t AS x SET v = x.v + c.v FROM c WHERE c.k = x.k RETURNING x.*, c.v;
TABLE t;
TABLE log;

DELETE FROM t WHERE k > ${3:int} RETURNING k, v;
TABLE t;
TABLE c;
TABLE log;

DELETE FROM t WHERE k = ${2|9:int};
TABLE t;
TABLE c;
TABLE log;

DELETE FROM t USING limits WHERE t.v = limits.v;
TABLE t;
TABLE log;

DELETE FROM t;
TABLE t;
TABLE log;

UPDATE t SET v = DEFAULT, note = DEFAULT WHERE k = 5 RETURNING *;
TABLE log;

UPDATE t SET k = k WHERE k = 5;
TABLE t;
TABLE log;

-- a savepoint takes back what triggers did as well
SAVEPOINT s;
UPDATE t SET v = v + 1;
ROLLBACK TO s;
UPDATE t SET v = v + 2 WHERE k = 2;
TABLE t;
TABLE log;

UPDATE one SET v = v + 1 WHERE id = ${2:int} RETURNING *;
TABLE one;
TABLE log;

UPDATE one SET v = v + 1;
DELETE FROM one WHERE id < 3;
TABLE one;
TABLE log;

UPDATE bare SET v = v + 1;
TABLE bare;
TABLE log;

UPDATE bare SET note = 'was null' WHERE k IS NULL;
DELETE FROM bare WHERE k = 'x';
TABLE bare;
TABLE log;

-- each trigger sees the rows that were changed before
UPDATE seen SET v = v + 1;
SELECT total FROM seen ORDER BY total;

UPDATE seen SET v = 10 WHERE k IN (1, 2, 3);
SELECT total FROM seen ORDER BY total;

-- a trigger that changes the row itself
UPDATE touched SET v = 5 WHERE k = ${2:int};
TABLE touched;

DELETE FROM touched WHERE k = ${2:int};
TABLE touched;

UPDATE called SET v = 0 WHERE k < ${3:int};
TABLE called;

-- tables that inherit
UPDATE parent SET v = v + 1 WHERE k > 2;
TABLE parent;
TABLE log;

DELETE FROM ONLY parent WHERE k > 2;
TABLE parent;
TABLE log;

-- rows that reference each other are compared at the end
UPDATE tree SET id = id + 100, up = up + 100;
TABLE tree;

UPDATE tree SET v = v + 1 WHERE k = 1;
TABLE tree;

-- actions of foreign keys
DELETE FROM t WHERE k IN (1, 2);
TABLE t;
TABLE c;

UPDATE c SET v = -v WHERE k < 4;
TABLE c;
TABLE log;

PREPARE p(int, int) AS UPDATE t SET v = $2 WHERE k = $1 RETURNING k, v, changes;
EXECUTE p(1, 5);
EXECUTE p(2, 6);
EXECUTE p(1, 7);
EXECUTE p(3, 7);
EXECUTE p(4, 7);
EXECUTE p(5, 7);
EXECUTE p(5, 8);
DEALLOCATE p;
TABLE t;
TABLE log;

DECLARE cur CURSOR FOR SELECT k FROM t WHERE k = 3 FOR UPDATE;
FETCH cur;
UPDATE t SET v = 0 WHERE CURRENT OF cur;
DELETE FROM t WHERE CURRENT OF cur;
TABLE t;
TABLE log;

DECLARE cur CURSOR FOR SELECT k FROM t WHERE k = 3;
FETCH cur;
DELETE FROM t WHERE CURRENT OF cur RETURNING k;
TABLE t;
TABLE log;

DO $$ BEGIN UPDATE t SET v = 1000 WHERE k = 1; EXCEPTION WHEN raise_exception THEN INSERT INTO log (who, op) VALUES ('caught', SQLERRM); END $$;
TABLE t;
TABLE log;

ALTER TABLE t DISABLE TRIGGER b_note;
UPDATE t SET v = v + 1 WHERE k < 6;
ALTER TABLE t ENABLE TRIGGER b_note;
UPDATE t SET v = v + 1 WHERE k < 3;
TABLE t;
TABLE log;

-- the key is another one afterwards: PostgreSQL has no partitions here, which would see a DELETE
