BEFORE row triggers that fire where their row is stored: what they are told of the client's session, and what they are not.

--- everywhere
CREATE FUNCTION act() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	CASE current_setting('app.act', true)
		WHEN 'now' THEN NEW.at := now();
		WHEN 'statement' THEN NEW.at := statement_timestamp();
		WHEN 'settings' THEN NEW.note := concat_ws(' ', current_setting('app.x', true), current_setting('DateStyle'), current_setting('search_path') <> '',
			current_setting('lock_timeout'), current_user, session_user, pg_trigger_depth());
		WHEN 'notice' THEN RAISE NOTICE '% % %', TG_TABLE_NAME, TG_OP, coalesce(NEW.k, OLD.k);
		WHEN 'set' THEN PERFORM set_config('app.seen', TG_OP, false);
		WHEN 'set local' THEN PERFORM set_config('app.seen', TG_OP, true);
		WHEN 'set back' THEN
			PERFORM set_config('app.x', 'inside', true);
			NEW.note := current_setting('app.x');
			PERFORM set_config('app.x', 'before', true);
		WHEN 'guard' THEN
			IF coalesce(current_setting('app.guard', true), '') = '' THEN
				PERFORM set_config('app.guard', 'on', true);
				NEW.note := 'guarded';
				PERFORM set_config('app.guard', '', true);
			END IF;
		WHEN 'currval' THEN NEW.note := currval('numbers');
		WHEN 'lastval' THEN NEW.note := lastval();
		WHEN 'draw' THEN NEW.note := CASE WHEN nextval('numbers') = currval('numbers') THEN 'drawn' END;
		WHEN 'temporary' THEN
			CREATE TEMP TABLE IF NOT EXISTS made (x int);
			INSERT INTO made VALUES (1);
		ELSE NULL;
	END CASE;
	IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
	RETURN NEW;
END $$;

CREATE FUNCTION computes() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
	NEW.note := currval('numbers') = nextval('numbers') - 1;
	NEW.d := length(set_config('app.seen', 'yes', false));
	RETURN NEW;
END $$;

--- tables
CREATE SEQUENCE numbers;
CREATE TABLE parted (k int, d int, note text, at timestamptz, PRIMARY KEY (k, d)) PARTITION BY RANGE (d);
CREATE TABLE parted0 PARTITION OF parted FOR VALUES FROM (0) TO (10);
CREATE TABLE parted1 PARTITION OF parted FOR VALUES FROM (10) TO (20);
CREATE TABLE tree (k int, d int, note text, at timestamptz, up int, PRIMARY KEY (k, d), FOREIGN KEY (k, up) REFERENCES tree);
CREATE TABLE met (k int PRIMARY KEY, d int, note text, at timestamptz);
CREATE TABLE computed (k int PRIMARY KEY, d int, note text);
CREATE TABLE parent (k int, n bigint DEFAULT nextval('numbers'), PRIMARY KEY (k, n));
CREATE TABLE child (k int, n bigint, d int, note text, at timestamptz, FOREIGN KEY (k, n) REFERENCES parent ON DELETE SET NULL (n));
CREATE TABLE copied (k int PRIMARY KEY, d int, note text, at timestamptz);
CREATE TABLE copied_parent (k int PRIMARY KEY);
CREATE TABLE copied_child (k int REFERENCES copied_parent ON UPDATE CASCADE ON DELETE CASCADE, d int, note text, at timestamptz);
CREATE TABLE copied_parted (k int, d int, note text, at timestamptz) PARTITION BY RANGE (d);
CREATE TABLE copied_parted0 PARTITION OF copied_parted FOR VALUES FROM (0) TO (10);

--- distribute
BEGIN;
SELECT create_distributed_table('parted', 'k');
SELECT create_distributed_table('tree', 'k');
SELECT create_distributed_table('met', 'k');
SELECT create_distributed_table('computed', 'k');
SELECT create_distributed_table('parent', 'k');
SELECT create_distributed_table('child', 'k');
SELECT create_reference_table('copied');
SELECT create_reference_table('copied_parent');
SELECT create_reference_table('copied_child');
SELECT create_reference_table('copied_parted');
COMMIT;

--- data
INSERT INTO parted SELECT i, i % 20 FROM generate_series(1, 12) i;
INSERT INTO tree SELECT i, 0 FROM generate_series(1, 12) i;
INSERT INTO met SELECT i, 0 FROM generate_series(1, 12) i;
INSERT INTO computed SELECT i FROM generate_series(1, 12) i;
INSERT INTO parent SELECT i, i FROM generate_series(1, 12) i;
INSERT INTO child SELECT i, i FROM generate_series(1, 12) i;
INSERT INTO copied SELECT i, i % 3 FROM generate_series(1, 12) i;
INSERT INTO copied_parent SELECT i FROM generate_series(1, 12) i;
INSERT INTO copied_child SELECT i FROM generate_series(1, 12) i;
INSERT INTO copied_parted SELECT i, 1 FROM generate_series(1, 12) i;

--- after
CREATE TRIGGER t BEFORE INSERT OR UPDATE OR DELETE ON parted FOR EACH ROW EXECUTE FUNCTION act();
CREATE TRIGGER t BEFORE UPDATE OR DELETE ON tree FOR EACH ROW EXECUTE FUNCTION act();
CREATE TRIGGER t BEFORE UPDATE OR DELETE ON met FOR EACH ROW EXECUTE FUNCTION act();
CREATE TRIGGER t BEFORE UPDATE ON computed FOR EACH ROW EXECUTE FUNCTION computes();
CREATE TRIGGER t BEFORE UPDATE OR DELETE ON child FOR EACH ROW EXECUTE FUNCTION act();
CREATE TRIGGER t BEFORE UPDATE OR DELETE ON copied FOR EACH ROW EXECUTE FUNCTION act();
CREATE TRIGGER t BEFORE UPDATE OR DELETE ON copied_child FOR EACH ROW EXECUTE FUNCTION act();
CREATE TRIGGER t BEFORE INSERT OR UPDATE OR DELETE ON copied_parted FOR EACH ROW EXECUTE FUNCTION act();

--- each
statement ;; changed
INSERT INTO parted SELECT i, i % 20 FROM generate_series(101, 110) i ;; parted
UPDATE parted SET d = d WHERE k < 9 ;; parted
UPDATE tree SET up = NULL WHERE k < 9 ;; tree
INSERT INTO met SELECT i FROM generate_series(5, 15) i ON CONFLICT (k) DO UPDATE SET d = 1 ;; met
MERGE INTO met USING (SELECT k AS x FROM tree) s ON k = x WHEN MATCHED AND x < 9 THEN UPDATE SET d = 2 ;; met
DELETE FROM parent WHERE k < 9 ;; child

--- statements
BEGIN;
SET app.act = 'now';
@statement@;
SET app.act = '';
SELECT count(*) FROM @changed@ WHERE at = now();
ROLLBACK;

BEGIN;
SET app.act = 'statement';
@statement@;
SET app.act = '';
SELECT count(DISTINCT at) FROM @changed@;
ROLLBACK;

BEGIN;
SET app.x = 'a';
SET LOCAL app.x = 'b';
SET LOCAL datestyle = 'SQL, DMY';
SET LOCAL lock_timeout = '3s';
SET app.act = 'settings';
@statement@;
SET app.act = '';
SELECT note, count(*) FROM @changed@ GROUP BY note;
ROLLBACK;

BEGIN;
SET app.x = 'before';
SET app.act = 'set back';
@statement@;
SET app.act = '';
SELECT note, count(*), current_setting('app.x') FROM @changed@ GROUP BY note;
ROLLBACK;

BEGIN;
SET app.act = 'guard';
@statement@;
SET app.act = '';
SELECT note, count(*), coalesce(current_setting('app.guard', true), '') FROM @changed@ GROUP BY note;
ROLLBACK;

BEGIN;
SET app.act = 'draw';
@statement@;
SET app.act = '';
SELECT note, count(*) FROM @changed@ GROUP BY note;
ROLLBACK;

-- what could only be done to a session of the node is an error

BEGIN;
SET app.act = 'set';
@statement@;
SET app.act = '';
SELECT current_setting('app.seen', true);
ROLLBACK;

BEGIN;
SET app.act = 'set local';
@statement@;
SET app.act = '';
SELECT current_setting('app.seen', true);
ROLLBACK;

BEGIN;
SELECT nextval('numbers') > 0;
SET app.act = 'currval';
@statement@;
SET app.act = '';
SELECT count(DISTINCT note) FROM @changed@;
ROLLBACK;

BEGIN;
SET app.act = 'temporary';
@statement@;
SET app.act = '';
SELECT count(*) FROM made;
ROLLBACK;

--- each
statement
INSERT INTO copied SELECT i FROM generate_series(11, 13) i ON CONFLICT (k) DO UPDATE SET d = 9
MERGE INTO copied USING (SELECT 2 AS x) s ON k = x WHEN MATCHED THEN UPDATE SET d = 2
DELETE FROM copied_parent WHERE k > 10
UPDATE copied_parent SET k = k + 100 WHERE k > 10
INSERT INTO copied_parted SELECT i, 5 FROM generate_series(101, 102) i
INSERT INTO copied_parted VALUES (1, 1) RETURNING *
UPDATE copied_parted SET d = 2 WHERE k < 3
DELETE FROM copied_parted WHERE k < 3

--- statements
-- no explain
BEGIN;
SET app.act = 'notice';
@statement@;
SET app.act = '';
ROLLBACK;

--- statements
-- those of an ordinary UPDATE fire in the client's session if they need it
BEGIN;
SELECT nextval('numbers') > 0;
UPDATE computed SET d = 0 WHERE k < 9;
SELECT note, d, count(*), current_setting('app.seen', true) FROM computed GROUP BY note, d;
ROLLBACK;

BEGIN;
SET app.act = 'set';
DELETE FROM copied_parent WHERE k > 10;
SET app.act = '';
SELECT current_setting('app.seen', true);
ROLLBACK;

BEGIN;
SET app.act = 'set local';
DELETE FROM copied_parent WHERE k > 10;
SET app.act = '';
SELECT current_setting('app.seen', true);
ROLLBACK;

BEGIN;
SELECT nextval('numbers') > 0;
SET app.act = 'lastval';
INSERT INTO parted SELECT i, i % 20 FROM generate_series(101, 110) i;
SET app.act = '';
SELECT count(DISTINCT note) FROM parted;
ROLLBACK;
