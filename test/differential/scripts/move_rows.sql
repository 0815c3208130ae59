Updates of the shard key: rows that move to another node, rows that stay.

--- everywhere
DO $$ BEGIN IF to_regrole('ann') IS NULL THEN CREATE ROLE ann LOGIN; END IF; END $$;
CREATE FUNCTION watch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
	RAISE NOTICE '% % % % %', TG_NAME, TG_WHEN, TG_OP, to_jsonb(OLD), to_jsonb(NEW);
	IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
	IF TG_WHEN = 'BEFORE' THEN NEW.seen := coalesce(NEW.seen, '') || left(TG_OP, 1); END IF;
	RETURN NEW;
END $$;
CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN EXECUTE NEW.seen; NEW.seen := 'met'; RETURN NEW; END $$;
CREATE FUNCTION leave_out() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE FUNCTION let_pass() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE FUNCTION rekey() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.k := NEW.k + coalesce(NEW.v, 0) % 100; NEW.note := TG_OP || ' was ' || OLD.k; RETURN NEW; END $$;
CREATE FUNCTION to_key(key int) RETURNS int LANGUAGE sql VOLATILE AS 'SELECT key + 500';
CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE DOMAIN code AS text CHECK (VALUE <> 'bad');
CREATE TYPE pair AS (a int, b text);

--- tables
CREATE TABLE p (gone int, k int, "the Value" numeric(8,2) DEFAULT 7, note text, CHECK (note <> 'bad'), double numeric GENERATED ALWAYS AS ("the Value" * 2) STORED,
	id int GENERATED ALWAYS AS IDENTITY, PRIMARY KEY (k));
ALTER TABLE p DROP COLUMN gone;
ALTER TABLE p ADD COLUMN late pair DEFAULT (1, 'x');
CREATE TABLE c (k int, n int, what text, PRIMARY KEY (k, n), FOREIGN KEY (k) REFERENCES p ON UPDATE CASCADE ON DELETE CASCADE);
CREATE TABLE d (k int, n int, m int, PRIMARY KEY (k, n, m), FOREIGN KEY (k, n) REFERENCES c ON UPDATE CASCADE ON DELETE SET NULL (n));
CREATE TABLE q (k int PRIMARY KEY REFERENCES p, v int);
CREATE TABLE dic (code int PRIMARY KEY, name text);
CREATE TABLE uses (code int REFERENCES dic ON UPDATE CASCADE, n int);
CREATE TABLE maybe (code int REFERENCES dic ON UPDATE SET NULL, n int);
CREATE TABLE texts (k text COLLATE nocase, v text);
CREATE TABLE codes (k code, v int, "Part" text);
CREATE TABLE pairs (k pair, v int);
CREATE TABLE one (k int, v int);
CREATE TABLE keyed (k int PRIMARY KEY, v int, note text);
CREATE TABLE follows (k int, v int REFERENCES dic ON UPDATE CASCADE, note text);
CREATE TABLE met (gone int, k int, n int, v numeric DEFAULT 1, note text CHECK (note <> 'bad'), twice numeric GENERATED ALWAYS AS (v * 2) STORED, PRIMARY KEY (k, n));
ALTER TABLE met DROP COLUMN gone;
-- foreign keys that are NOT VALID are on shards, whose columns have other numbers
CREATE TABLE top (k int PRIMARY KEY, v int);
CREATE TABLE nulled (gone int, k int, v int);
ALTER TABLE nulled DROP COLUMN gone;
CREATE TABLE cascaded (gone int, k int, v int);
ALTER TABLE cascaded DROP COLUMN gone;
CREATE TABLE defaulted (gone int, k int DEFAULT 5, v int);
ALTER TABLE defaulted DROP COLUMN gone;
CREATE TABLE mine (k int, n int, owner text, PRIMARY KEY (k, n));
-- rows of the first wait for its trigger, those of the others for these
CREATE TABLE first (k int PRIMARY KEY, v int);
CREATE TABLE second (k int PRIMARY KEY REFERENCES first ON UPDATE CASCADE, v int);
CREATE TABLE third (k int REFERENCES second ON UPDATE CASCADE, v int);
-- compared with PostgreSQL's own hash partitions, which are the same
DO $$ BEGIN
	IF EXISTS (SELECT FROM pg_extension WHERE extname = 'distshard') THEN
		CREATE TABLE w (k int, v int, seen text);
		CREATE TABLE b (k int, v int, seen text);
		CREATE TABLE e (k int, v int, seen text);
		CREATE TABLE parts (k int, d int, v int, seen text, double int GENERATED ALWAYS AS (length(seen) * 2) STORED) PARTITION BY RANGE (d);
		CREATE TABLE parts0 PARTITION OF parts FOR VALUES FROM (0) TO (10);
		CREATE TABLE parts1 PARTITION OF parts FOR VALUES FROM (10) TO (20);
	ELSE
		EXECUTE format('CREATE SCHEMA %I', current_schema() || '_parts');
		CREATE TABLE w (k int, v int, seen text) PARTITION BY HASH (k);
		CREATE TABLE b (k int, v int, seen text) PARTITION BY HASH (k);
		CREATE TABLE e (k int, v int, seen text) PARTITION BY HASH (k);
		CREATE TABLE parts (k int, d int, v int, seen text, double int GENERATED ALWAYS AS (length(seen) * 2) STORED) PARTITION BY RANGE (d);
		CREATE TABLE parts0 PARTITION OF parts FOR VALUES FROM (0) TO (10) PARTITION BY HASH (k);
		CREATE TABLE parts1 PARTITION OF parts FOR VALUES FROM (10) TO (20) PARTITION BY HASH (k);
		FOR i IN 0 .. 7 LOOP
			EXECUTE format('CREATE TABLE %1$I.w%2$s PARTITION OF w FOR VALUES WITH (MODULUS 8, REMAINDER %2$s)', current_schema() || '_parts', i);
			EXECUTE format('CREATE TABLE %1$I.b%2$s PARTITION OF b FOR VALUES WITH (MODULUS 8, REMAINDER %2$s)', current_schema() || '_parts', i);
			EXECUTE format('CREATE TABLE %1$I.e%2$s PARTITION OF e FOR VALUES WITH (MODULUS 8, REMAINDER %2$s)', current_schema() || '_parts', i);
			EXECUTE format('CREATE TABLE %1$I.parts0%2$s PARTITION OF parts0 FOR VALUES WITH (MODULUS 8, REMAINDER %2$s)', current_schema() || '_parts', i);
			EXECUTE format('CREATE TABLE %1$I.parts1%2$s PARTITION OF parts1 FOR VALUES WITH (MODULUS 8, REMAINDER %2$s)', current_schema() || '_parts', i);
		END LOOP;
	END IF;
END $$;

--- distribute
BEGIN;
SELECT create_reference_table('dic');
SELECT create_distributed_table('p', 'k');
SELECT create_distributed_table('c', 'k', colocate_with => 'p');
SELECT create_distributed_table('d', 'k', colocate_with => 'p');
SELECT create_distributed_table('q', 'k', colocate_with => 'p');
SELECT create_distributed_table('uses', 'code');
SELECT create_distributed_table('maybe', 'code');
SELECT create_distributed_table('texts', 'k', shard_count => 5);
SELECT create_distributed_table('codes', 'k');
SELECT create_distributed_table('pairs', 'k');
SELECT create_distributed_table('one', NULL);
SELECT create_distributed_table('keyed', 'k');
SELECT create_distributed_table('follows', 'k');
SELECT create_distributed_table('met', 'k');
SELECT create_distributed_table('top', 'k');
SELECT create_distributed_table('nulled', 'k');
SELECT create_distributed_table('cascaded', 'k');
SELECT create_distributed_table('defaulted', 'k');
SELECT create_distributed_table('mine', 'k');
SELECT create_distributed_table('first', 'k');
SELECT create_distributed_table('second', 'k');
SELECT create_distributed_table('third', 'k');
SELECT create_distributed_table('w', 'k', shard_count => 8);
SELECT create_distributed_table('b', 'k', shard_count => 8);
SELECT create_distributed_table('e', 'k', shard_count => 8);
SELECT create_distributed_table('parts', 'k', shard_count => 8);
COMMIT;

--- data
INSERT INTO p (k, "the Value", note, id) OVERRIDING SYSTEM VALUE SELECT i, i * 1.5, 'row ' || i, i FROM generate_series(1, 20) i;
INSERT INTO c SELECT i, j, repeat('long ', 600 * j) FROM generate_series(1, 12) i, generate_series(1, 2) j;
INSERT INTO d SELECT i, 1, j FROM generate_series(1, 12) i, generate_series(1, 2) j;
INSERT INTO q SELECT i, i FROM generate_series(15, 20) i;
INSERT INTO dic SELECT i, 'name ' || i FROM generate_series(1, 9) i;
INSERT INTO uses SELECT 1 + i % 9, i FROM generate_series(1, 30) i;
INSERT INTO maybe SELECT 1 + i % 9, i FROM generate_series(1, 30) i;
INSERT INTO texts SELECT chr(64 + i), repeat(chr(64 + i), i * 300) FROM generate_series(1, 20) i;
INSERT INTO codes SELECT chr(64 + i), i, 'part' FROM generate_series(1, 20) i;
INSERT INTO pairs SELECT (i, chr(64 + i))::pair, i FROM generate_series(1, 20) i;
INSERT INTO pairs VALUES (NULL, 0), ((NULL, NULL), -1);
INSERT INTO one SELECT i, i FROM generate_series(1, 5) i;
INSERT INTO keyed SELECT i * 100, i FROM generate_series(1, 20) i;
INSERT INTO follows SELECT i, 1 + i % 9 FROM generate_series(1, 20) i;
INSERT INTO met SELECT i, 1 + i % 2, i, 'row ' || i FROM generate_series(1, 20) i;
INSERT INTO top SELECT i, i FROM generate_series(1, 12) i;
INSERT INTO nulled SELECT i, i FROM generate_series(1, 12) i;
INSERT INTO cascaded SELECT i, i FROM generate_series(1, 12) i;
INSERT INTO defaulted SELECT i, i FROM generate_series(1, 12) i;
INSERT INTO mine SELECT i, 1, CASE WHEN i % 2 = 0 THEN 'ann' ELSE 'bob' END FROM generate_series(1, 10) i;
INSERT INTO first SELECT i, i FROM generate_series(1, 20) i;
INSERT INTO second SELECT i, i FROM generate_series(1, 15) i;
INSERT INTO third SELECT i, i FROM generate_series(1, 15) i;
INSERT INTO w SELECT i, i FROM generate_series(1, 20) i;
INSERT INTO b SELECT i, i FROM generate_series(1, 20) i;
INSERT INTO e SELECT i, i FROM generate_series(1, 20) i;
INSERT INTO parts SELECT i, i % 20, i FROM generate_series(1, 20) i;

--- after
CREATE TRIGGER a1 BEFORE UPDATE OR DELETE ON w FOR EACH ROW EXECUTE FUNCTION watch();
CREATE TRIGGER a2 AFTER INSERT OR UPDATE OR DELETE ON w FOR EACH ROW EXECUTE FUNCTION watch();
CREATE TRIGGER a1 BEFORE INSERT OR UPDATE OR DELETE ON b FOR EACH ROW EXECUTE FUNCTION watch();
CREATE TRIGGER a2 AFTER INSERT OR UPDATE OR DELETE ON b FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION watch();
CREATE TRIGGER a0 BEFORE INSERT ON b FOR EACH ROW WHEN (NEW.v = 130) EXECUTE FUNCTION leave_out();
CREATE TRIGGER a0 BEFORE INSERT ON e FOR EACH ROW WHEN (NEW.v = 130) EXECUTE FUNCTION leave_out();
CREATE TRIGGER a1 BEFORE UPDATE ON e FOR EACH ROW WHEN (NEW.seen <> 'met') EXECUTE FUNCTION meddle();
CREATE TRIGGER a0 BEFORE INSERT ON parts FOR EACH ROW WHEN (NEW.v = 130) EXECUTE FUNCTION leave_out();
CREATE TRIGGER a1 BEFORE INSERT OR UPDATE OR DELETE ON parts FOR EACH ROW EXECUTE FUNCTION watch();
CREATE TRIGGER a2 AFTER INSERT OR UPDATE OR DELETE ON parts FOR EACH ROW EXECUTE FUNCTION watch();

ALTER TABLE nulled ADD FOREIGN KEY (k) REFERENCES top ON UPDATE SET NULL NOT VALID;
ALTER TABLE cascaded ADD FOREIGN KEY (k) REFERENCES top ON UPDATE CASCADE NOT VALID;
ALTER TABLE defaulted ADD FOREIGN KEY (k) REFERENCES top ON UPDATE SET DEFAULT NOT VALID;
CREATE TRIGGER let_pass BEFORE INSERT ON first FOR EACH ROW EXECUTE FUNCTION let_pass();
CREATE TRIGGER rekey BEFORE UPDATE ON keyed FOR EACH ROW EXECUTE FUNCTION rekey();
CREATE TRIGGER rekey BEFORE UPDATE ON follows FOR EACH ROW EXECUTE FUNCTION rekey();
GRANT ALL ON mine TO ann;
ALTER TABLE mine ENABLE ROW LEVEL SECURITY;
CREATE POLICY sees ON mine FOR SELECT USING (true);
CREATE POLICY makes ON mine FOR INSERT WITH CHECK (k < 20);
CREATE POLICY changes ON mine FOR UPDATE USING (owner = current_user) WITH CHECK (k > 50);

--- here
CREATE TABLE local (k int, v int);
INSERT INTO local SELECT i, i * 3 FROM generate_series(1, 20) i;

--- statements

UPDATE p SET k = ${101|102|103|104|1:int} WHERE k = ${1:int} RETURNING *;

UPDATE p SET k = ${101:int}, "the Value" = "the Value" + 1, note = ${'moved':text}, late.b = 'y' WHERE k = ${2:int};

UPDATE p SET k = k + 1000 WHERE k < 15;

UPDATE p SET k = k + 1000 WHERE k % 2 = 0 AND k < 15 RETURNING k, "the Value", double, late, id, note;

UPDATE p SET k = k WHERE k < 9 RETURNING k;

UPDATE p SET k = 5, note = 'same' WHERE k = 5;

UPDATE p SET k = -k, note = 'bad' WHERE k = 3;

UPDATE p SET k = 4 WHERE k = 3;

UPDATE p SET k = NULL WHERE k = 3;

UPDATE p SET k = k + 300 WHERE k = 16;

UPDATE q SET k = k + 1 WHERE k = 20;

UPDATE q SET k = 1 + v / 10 WHERE v < 16;

UPDATE p SET k = p.k + 100 FROM local l WHERE l.k = p.k AND l.v < 20 RETURNING p.k, l.v, p.note;

UPDATE p SET k = p.k + l.v * 100 FROM texts t, local l WHERE l.k = p.k AND length(t.v) = p.k * 300 AND p.k < 15 RETURNING p.k, l.v, length(t.v);

UPDATE p SET k = (SELECT max(k) FROM p) + p.k WHERE k IN (SELECT v FROM codes WHERE v < 5);

UPDATE p SET (k, note) = (SELECT 100 + l.v, 'from ' || l.k FROM local l WHERE l.k = p.k) WHERE k < 6 RETURNING *;

UPDATE p SET k = to_key(k) WHERE k < 8;

UPDATE p SET k = k + 700 WHERE k = 7 RETURNING k, (SELECT count(*) FROM p AS other WHERE other.k < p.k);

WITH moved AS (UPDATE p SET k = k + 200 WHERE k < 5 RETURNING k, note), gone AS (DELETE FROM codes WHERE v > 10 RETURNING v)
SELECT * FROM moved, (SELECT count(*) FROM gone) g, (SELECT sum(k) FROM p) s;

WITH a AS (UPDATE codes SET k = k || 'x' WHERE v < 5 RETURNING *), b AS (UPDATE texts SET k = 'z' WHERE k < 'd' RETURNING k) SELECT a.k, b.k FROM a, b;

WITH moved AS (UPDATE codes SET k = k || 'x' RETURNING *) INSERT INTO texts SELECT k, "Part" FROM moved WHERE v < 4;

MERGE INTO codes USING local l ON codes.v = l.v WHEN MATCHED AND l.k < 3 THEN UPDATE SET k = 'm' || l.k, "Part" = 'merged' WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT VALUES ('n' || l.k, l.v);

MERGE INTO codes USING (VALUES ('A', 'AA'), ('B', 'BB'), ('ZZ', 'Y')) AS s(a, b) ON k = a WHEN MATCHED THEN UPDATE SET k = b WHEN NOT MATCHED THEN INSERT (k, v) VALUES (b, 0);

UPDATE texts SET k = lower(k);

UPDATE texts SET k = lower(k) || 'x', v = v || '!' WHERE k = ${'b':text} RETURNING k, length(v);

UPDATE texts SET k = NULL WHERE k < 'f';
UPDATE texts SET k = 'back' WHERE k IS NULL;
SELECT k, length(v) FROM texts;

UPDATE codes SET k = 'bad' WHERE v = 3;

UPDATE codes SET k = ${'new':text} WHERE k = ${'C':text};

UPDATE pairs SET k = ((k).a + 100, 'moved') WHERE (k).a > 3 RETURNING *;

UPDATE pairs SET k.a = 50 WHERE v = 2 RETURNING *;

UPDATE pairs SET k = (1, 'x') WHERE v < 1;
UPDATE pairs SET k = NULL WHERE v = 5;
SELECT * FROM pairs WHERE k = (1, 'x')::pair;

UPDATE one SET k = k + 1;

UPDATE dic SET code = code + 100;
SELECT count(*) FROM dic JOIN uses USING (code);

UPDATE dic SET code = 90 WHERE name = 'name 3' RETURNING *;
SELECT * FROM maybe WHERE code IS NULL;

INSERT INTO dic VALUES (1, 'x'), (77, 'y') ON CONFLICT (code) DO UPDATE SET code = dic.code + 1000;

UPDATE w SET k = k + 100 WHERE k = ${1|2|3|4|5|6|7|8:int} RETURNING *;

UPDATE b SET k = k + 100 WHERE k = ${1|2|3|4|5|6|7|8:int} RETURNING *;

UPDATE b SET k = b.k + 200 FROM local l WHERE l.v = b.v AND l.k = 2 RETURNING b.*, l.*;

-- no explain
MERGE INTO b USING (SELECT 4 AS x) s ON k = x WHEN MATCHED THEN UPDATE SET k = 14, v = 0;

WITH m AS (UPDATE b SET k = 99 WHERE k = 6 RETURNING *) SELECT * FROM m;

-- a BEFORE INSERT trigger leaves the row out where it would move to
UPDATE b SET k = k + 100, v = 130 WHERE k = ${1|2|3|4|5:int} RETURNING *;

-- the same where a trigger that runs statements fires before
UPDATE e SET k = k + 100, v = 130, seen = 'SELECT 1' WHERE k = ${1|2|3|4|5:int} RETURNING *;

UPDATE e SET k = k + 100, v = CASE WHEN k < 4 THEN 130 ELSE 0 END, seen = 'SELECT 1' WHERE k < 9 RETURNING *;

UPDATE e SET k = k + 100, v = 130, seen = format('UPDATE e SET v = 0 WHERE k = %s', k) WHERE k = ${1|2|3|4|5:int} RETURNING *;

UPDATE e SET v = 130, seen = format('DELETE FROM e WHERE k = %s', k) WHERE k = ${1|2|3|4|5:int} RETURNING *;

-- the same of partitioned tables
UPDATE parts SET k = k + 100 WHERE k = ${1|2|3|4|5|6|7|8:int} RETURNING *;

UPDATE parts SET k = k + 100, v = 130 WHERE k = ${1|2|3|4|5:int} RETURNING *;

UPDATE parts SET k = k + 100, d = 19 - d WHERE k = ${6|7|8|9|10|11:int} RETURNING *;

UPDATE parts SET d = (d + 10) % 20, v = CASE WHEN k < 3 THEN 130 ELSE 0 END WHERE k = ${1|2|3|4:int} RETURNING *;

UPDATE parts SET k = parts.k + 200 FROM local l WHERE l.v = parts.v AND l.k = 2 RETURNING parts.*, l.*;

WITH m AS (UPDATE parts SET k = 99 WHERE k = 6 RETURNING *) SELECT * FROM m;

-- rows that ON CONFLICT moves
INSERT INTO met (k, n, v) VALUES (${1|2|3|4|5|6|7|8:int}, 2, 100) ON CONFLICT (k, n) DO UPDATE SET k = met.k + ${20|30|40:int}, note = 'moved from ' || excluded.k, v = DEFAULT RETURNING *;

INSERT INTO met (k, n, v) SELECT i, 1 + i % 3, -i FROM generate_series(1, 30) i ON CONFLICT (k, n) DO UPDATE SET k = excluded.k + 100, v = met.v + excluded.v WHERE met.v < 15 RETURNING *;

INSERT INTO met (k, n) VALUES (2, 1), (102, 1) ON CONFLICT (k, n) DO UPDATE SET k = 102;

INSERT INTO met (k, n) VALUES (2, 1), (2, 1), (2, 1) ON CONFLICT (k, n) DO UPDATE SET k = met.k + 100;

INSERT INTO met (k, n) VALUES (2, 1), (2, 1), (102, 2) ON CONFLICT (k, n) DO UPDATE SET k = met.k + 100 RETURNING *;

INSERT INTO met (k, n) VALUES (2, 1), (4, 1) ON CONFLICT ON CONSTRAINT met_pkey DO UPDATE SET k = 6 - met.k;

INSERT INTO met (k, n) VALUES (2, 1), (4, 1) ON CONFLICT ON CONSTRAINT met_pkey DO UPDATE SET k = met.k + 2;

INSERT INTO met (k, n) VALUES (3, 2) ON CONFLICT (k, n) DO UPDATE SET k = 200, note = 'bad';

INSERT INTO met (k, n) VALUES (3, 2) ON CONFLICT (k, n) DO UPDATE SET k = NULL;

INSERT INTO met (k, n) VALUES (3, 2), (5, 2) ON CONFLICT (k, n) DO UPDATE SET (k, note) = (SELECT 300 + l.v, 'from ' || met.v FROM local l WHERE l.k = met.k) RETURNING *;

WITH i AS (INSERT INTO met (k, n) SELECT k, 1 FROM p ON CONFLICT (k, n) DO UPDATE SET k = 400 + met.k RETURNING k, v) SELECT count(*), sum(k), (SELECT count(*) FROM met) FROM i;

INSERT INTO p (k, note, id) OVERRIDING SYSTEM VALUE VALUES (1, 'x', 91), (2, 'y', 92) ON CONFLICT (k) DO UPDATE SET k = p.k + 1000, note = excluded.note;
SELECT k, n FROM c JOIN d USING (k, n);

INSERT INTO p (k) VALUES (16) ON CONFLICT (k) DO UPDATE SET k = 316;

INSERT INTO p AS mine (k, id) OVERRIDING SYSTEM VALUE SELECT k, 100 + k FROM local ON CONFLICT (k) DO UPDATE SET k = (SELECT max(k) FROM p) + mine.k WHERE mine.k IN (SELECT v FROM local) AND mine.k < 15 RETURNING k, note;

PREPARE shift(int, int) AS INSERT INTO met (k, n) VALUES ($1, 2) ON CONFLICT (k, n) DO UPDATE SET k = $2 RETURNING k, n, v;
EXECUTE shift(1, 71);
EXECUTE shift(71, 72);
EXECUTE shift(3, 3);
EXECUTE shift(5, 73);
EXECUTE shift(500, 501);
EXECUTE shift(7, 74);
EXECUTE shift(9, 75);
EXECUTE shift(75, 76);
DEALLOCATE shift;

SET ROLE ann;
INSERT INTO mine VALUES (2, 1, 'x') ON CONFLICT (k, n) DO UPDATE SET k = 52 RETURNING *;
RESET ROLE;

SET ROLE ann;
INSERT INTO mine VALUES (2, 1, 'x') ON CONFLICT (k, n) DO UPDATE SET k = 12;
RESET ROLE;

SET ROLE ann;
INSERT INTO mine VALUES (3, 1, 'x') ON CONFLICT (k, n) DO UPDATE SET k = 53;
RESET ROLE;

SET ROLE ann;
INSERT INTO mine VALUES (30, 1, 'x') ON CONFLICT (k, n) DO UPDATE SET k = 53;
RESET ROLE;

-- foreign keys that are NOT VALID
UPDATE top SET k = k + 100 WHERE k = ${1|2|3|4|6:int};

UPDATE top SET k = k + 100 WHERE v <> 5 RETURNING *;
SELECT * FROM nulled WHERE k IS NULL;
SELECT * FROM cascaded WHERE k = 103;
SELECT * FROM defaulted WHERE k = 5;
UPDATE top SET k = k + 100 WHERE k = 103;

-- keys that triggers change
UPDATE keyed SET v = v WHERE k = ${100|200|300|400|500|600|700|800:int} RETURNING *;

UPDATE keyed SET v = v + 1 WHERE v < 15 RETURNING *;
SELECT * FROM keyed WHERE k = 102;

UPDATE keyed SET v = 0 WHERE k = ${300:int};

UPDATE keyed SET v = 0, k = k + 7 WHERE k IN (100, 200);

UPDATE keyed SET v = -100 WHERE k > 500;

UPDATE keyed SET v = keyed.v + l.k FROM local l WHERE l.k = keyed.v RETURNING keyed.*, l.v;

UPDATE keyed SET (k, v) = (SELECT keyed.k + 1, l.k FROM local l WHERE l.k = keyed.v);

WITH u AS (UPDATE keyed SET v = v + 3 WHERE k < 600 RETURNING k) SELECT u.k, (SELECT count(*) FROM keyed) FROM u;

MERGE INTO keyed USING (VALUES (100), (200), (777)) AS s(a) ON k = a WHEN MATCHED AND k > 100 THEN UPDATE SET v = 33 WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT VALUES (a, 1);

MERGE INTO keyed USING local l ON l.k = keyed.v WHEN MATCHED AND l.k < 9 THEN UPDATE SET v = l.v WHEN NOT MATCHED THEN INSERT VALUES (l.k, 1);

INSERT INTO keyed VALUES (100, 5), (105, 6) ON CONFLICT (k) DO UPDATE SET v = 0;
INSERT INTO keyed VALUES (100, 5), (105, 6) ON CONFLICT (k) DO NOTHING;

UPDATE dic SET code = code + 100 WHERE code < 6;
SELECT * FROM follows;

PREPARE touch(int) AS UPDATE keyed SET v = v + 1 WHERE k = $1 RETURNING k;
EXECUTE touch(100);
EXECUTE touch(200);
EXECUTE touch(300);
EXECUTE touch(400);
EXECUTE touch(500);
EXECUTE touch(102);
EXECUTE touch(102);
DEALLOCATE touch;

PREPARE move(int, int) AS UPDATE p SET k = $2 WHERE k = $1 RETURNING k, note;
EXECUTE move(1, 201);
EXECUTE move(201, 202);
EXECUTE move(202, 202);
EXECUTE move(202, 1);
EXECUTE move(1, 203);
EXECUTE move(203, 204);
EXECUTE move(204, 205);
DEALLOCATE move;

BEGIN;
UPDATE p SET k = k + 100 WHERE k < 4;
SAVEPOINT s;
UPDATE p SET k = k + 100 WHERE k < 8;
ROLLBACK TO s;
UPDATE p SET k = k - 1000 WHERE k > 100;
SELECT k FROM p;
UPDATE q SET k = 1000;
ROLLBACK;

BEGIN;
UPDATE p SET k = 30 WHERE k = 3;
UPDATE p SET k = 31 WHERE k = 30;
UPDATE p SET k = 3 WHERE k = 31;
DELETE FROM p WHERE k = 3;
COMMIT;

BEGIN;
INSERT INTO met (k, n) VALUES (2, 1) ON CONFLICT (k, n) DO UPDATE SET k = 60;
SAVEPOINT s;
INSERT INTO met (k, n) VALUES (60, 1) ON CONFLICT (k, n) DO UPDATE SET k = 61;
INSERT INTO met (k, n) VALUES (61, 1) ON CONFLICT (k, n) DO UPDATE SET k = 2 RETURNING *;
ROLLBACK TO s;
INSERT INTO met (k, n) VALUES (60, 1) ON CONFLICT (k, n) DO UPDATE SET k = 62 RETURNING *;
COMMIT;

-- no explain
DO $$ BEGIN FOR i IN 1 .. 5 LOOP UPDATE codes SET k = 'loop' || i WHERE v = i; BEGIN UPDATE texts SET k = 'sub' || i WHERE length(v) = i * 300; IF i > 3 THEN RAISE division_by_zero; END IF; EXCEPTION WHEN division_by_zero THEN NULL; END; END LOOP; END $$;

INSERT INTO codes VALUES ('A', 1, 'new'), ('neu', 2, 'old') RETURNING *;
UPDATE codes SET k = v::text RETURNING *;

UPDATE first SET k = k + 700;
SELECT * FROM first LEFT JOIN second USING (k) LEFT JOIN third USING (k);
WITH x AS (UPDATE first SET k = k + 7 WHERE k % 5 = 0 RETURNING k) SELECT count(*) FROM x;

UPDATE second SET k = k + 5 WHERE k > 12;
UPDATE second SET k = k + 1 WHERE k = 5;
