BEFORE UPDATE and BEFORE DELETE row triggers of reference tables, which fire once for all copies, and may need any rows.

--- everywhere
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
	INSERT INTO log (who, op, old, new, depth) VALUES (TG_TABLE_NAME || '.' || TG_NAME, TG_WHEN || ' ' || TG_OP, OLD::text, NEW::text, pg_trigger_depth());
	IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $$;
CREATE FUNCTION change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
	NEW.changes := OLD.changes + 1; NEW.note := NEW.note || '!'; RETURN NEW; END $$;
CREATE FUNCTION limit_total() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
	IF NEW.v > (SELECT max(v) FROM limits) THEN RAISE EXCEPTION '% is too much', NEW.v; END IF; RETURN NEW; END $$;
CREATE FUNCTION leave_out() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE FUNCTION same() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;

--- tables
CREATE TABLE r (gone int, id int PRIMARY KEY, v int, note text DEFAULT 'a "quoted", note', changes int DEFAULT 0, gone_too text, double int GENERATED ALWAYS AS (changes * 2) STORED);
ALTER TABLE r DROP COLUMN gone, DROP COLUMN gone_too;
CREATE TABLE bare (v int, note text, changes int);
CREATE TABLE child (id int PRIMARY KEY, r int REFERENCES r ON DELETE CASCADE ON UPDATE CASCADE);
CREATE TABLE log (who text, op text, old text, new text, depth int);
CREATE TABLE limits (k int, v int);

--- distribute
SELECT create_reference_table('r');
SELECT create_reference_table('bare');
SELECT create_reference_table('child');
SELECT create_distributed_table('log', 'who');
SELECT create_distributed_table('limits', 'k');

--- data
INSERT INTO r (id, v) SELECT i, i * 10 FROM generate_series(1, 9) i;
INSERT INTO bare VALUES (1, 'a', 0), (1, 'a', 0), (2, 'b', 0), (NULL, NULL, 0);
INSERT INTO child SELECT i, i FROM generate_series(1, 5) i;
INSERT INTO limits VALUES (1, 50), (2, 100);

--- after
CREATE TRIGGER a_change BEFORE UPDATE ON r FOR EACH ROW EXECUTE FUNCTION change();
CREATE TRIGGER b_note BEFORE UPDATE OR DELETE ON r FOR EACH ROW EXECUTE FUNCTION note();
CREATE TRIGGER c_limit BEFORE UPDATE OF v ON r FOR EACH ROW WHEN (OLD.v <> NEW.v) EXECUTE FUNCTION limit_total();
CREATE TRIGGER d_out BEFORE DELETE ON r FOR EACH ROW WHEN (OLD.id = 9) EXECUTE FUNCTION leave_out();
CREATE TRIGGER after_note AFTER UPDATE OF note ON r FOR EACH ROW EXECUTE FUNCTION note();
CREATE TRIGGER after_v AFTER UPDATE OF v OR DELETE ON r FOR EACH ROW EXECUTE FUNCTION note();
CREATE TRIGGER a_change BEFORE UPDATE ON bare FOR EACH ROW EXECUTE FUNCTION change();
CREATE TRIGGER a_same BEFORE UPDATE ON child FOR EACH ROW EXECUTE FUNCTION same();

--- statements
UPDATE r SET v = v + 1 WHERE id = ${3|9|77:int} RETURNING *;
TABLE r;
TABLE log;

UPDATE r SET note = 'x' WHERE id > ${6:int};
TABLE r;
TABLE log;

UPDATE r SET v = 101 WHERE id = 1;

WITH u AS (UPDATE r SET v = v + 1 WHERE id < 4 RETURNING id, changes, double) SELECT * FROM u;
TABLE r;
TABLE log;

-- rows that the join gives twice are changed once
UPDATE r SET v = 1 FROM limits WHERE r.id < 3;
TABLE r;
TABLE log;

UPDATE r SET (v, note) = (SELECT max(limits.v), 'm' FROM limits WHERE k < r.id) WHERE id IN (2, 3);
TABLE r;
TABLE log;

-- the key of rows that others reference
UPDATE r SET id = id + 100 WHERE id IN (1, 8);
TABLE r;
TABLE child;
TABLE log;

DELETE FROM r WHERE id > ${3:int} RETURNING id, v;
TABLE r;
TABLE child;
TABLE log;

DELETE FROM r USING limits WHERE r.v = limits.v;
TABLE r;
TABLE log;

-- without a key
UPDATE bare SET v = v + 1;
TABLE bare;

UPDATE bare SET note = NULL WHERE v = 2 OR v IS NULL;
TABLE bare;

UPDATE child SET r = 7 WHERE id = 1;
TABLE child;

INSERT INTO r (id, v) VALUES (20, 5) ON CONFLICT (id) DO UPDATE SET v = excluded.v;
TABLE r;

-- triggers that leave the row as it is may fire for each copy
INSERT INTO child VALUES (1, 2) ON CONFLICT (id) DO UPDATE SET r = excluded.r;
TABLE child;

MERGE INTO child USING limits ON id = k WHEN MATCHED THEN UPDATE SET r = 3;
TABLE child;
