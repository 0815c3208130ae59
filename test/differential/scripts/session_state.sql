A session goes back to what it was, with connections to nodes open: SET and RESET, roles, DISCARD ALL.

--- variants
coordinator
worker
prepared
single

--- everywhere
DO $$ BEGIN IF to_regrole('ann') IS NULL THEN CREATE ROLE ann LOGIN; END IF; END $$;
DO $$ BEGIN IF to_regrole('staff') IS NULL THEN CREATE ROLE staff; END IF; END $$;
DO $$ BEGIN IF NOT pg_has_role('ann', 'staff', 'member') THEN GRANT staff TO ann; END IF; END $$;

CREATE FUNCTION tell_state() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	NEW.seen := concat_ws('; ', current_user || ' of ' || session_user, current_setting('TimeZone'), current_setting('DateStyle'), current_setting('search_path'), current_setting('myapp.tenant', true),
		current_setting('extra_float_digits'), current_setting('session_replication_role'), date '2024-02-01', 1.0::float8 / 3);
	RETURN NEW;
END $$;

--- tables
CREATE TABLE states (k int, seen text);
CREATE TRIGGER tell BEFORE UPDATE ON states FOR EACH ROW EXECUTE FUNCTION tell_state();
CREATE TABLE times (k int, at timestamptz);
CREATE TABLE secrets (k int, owner text);
ALTER TABLE secrets ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON secrets USING (owner = current_user OR owner = current_setting('myapp.tenant', true));
GRANT SELECT, UPDATE ON states TO ann, staff;
GRANT SELECT ON times, secrets TO ann, staff;

--- distribute
SELECT create_distributed_table('states', 'k');
SELECT create_distributed_table('times', 'k', colocate_with => 'states');
SELECT create_distributed_table('secrets', 'k', colocate_with => 'states');

--- data
INSERT INTO states SELECT generate_series(1, 6);
INSERT INTO times SELECT k, timestamptz '2024-03-31 00:30:00+00' + k * interval '7 hours' FROM generate_series(1, 6) k;
INSERT INTO secrets SELECT k, CASE k % 3 WHEN 0 THEN 'ann' WHEN 1 THEN 'staff' ELSE 'nobody' END FROM generate_series(1, 9) k;

--- statements

-- autocommit
UPDATE states SET seen = '';
SET TimeZone = 'Asia/Tokyo';
SET DateStyle = 'German';
SET myapp.tenant = 'nobody';
SET extra_float_digits = -10;
UPDATE states SET seen = '';
SELECT k, seen FROM states ORDER BY k;
SELECT k, at::text FROM times ORDER BY k;
RESET ALL;
UPDATE states SET seen = '';
SELECT k, seen FROM states ORDER BY k;
SELECT k, at::text FROM times ORDER BY k;

-- autocommit
SET TimeZone = 'America/New_York';
SET myapp.tenant = 'nobody';
UPDATE states SET seen = '';
SELECT k, seen FROM states ORDER BY k;
DISCARD ALL;
UPDATE states SET seen = '';
SELECT k, seen FROM states ORDER BY k;
SELECT k, at::text FROM times ORDER BY k;

-- autocommit
SET ROLE staff;
UPDATE states SET seen = '';
SELECT k, seen FROM states ORDER BY k;
SELECT k FROM secrets ORDER BY k;
SET myapp.tenant = 'nobody';
SELECT k FROM secrets ORDER BY k;
RESET myapp.tenant;
SELECT k FROM secrets ORDER BY k;
RESET ROLE;
UPDATE states SET seen = '' WHERE k = 2;
SELECT k, seen FROM states ORDER BY k;
SELECT k FROM secrets ORDER BY k;

-- autocommit
SELECT count(*) FROM secrets;
SET SESSION AUTHORIZATION ann;
UPDATE states SET seen = '';
SELECT k, seen FROM states ORDER BY k;
SELECT k FROM secrets ORDER BY k;
DELETE FROM states;
SET ROLE staff;
UPDATE states SET seen = '' WHERE k > 1;
SELECT k, seen FROM states ORDER BY k;
SELECT k FROM secrets ORDER BY k;
SET ROLE NONE;
SELECT k FROM secrets ORDER BY k;
DISCARD ALL;
SELECT k FROM secrets ORDER BY k;
UPDATE states SET seen = '';
SELECT k, seen FROM states ORDER BY k;

-- autocommit
SET SESSION AUTHORIZATION ann;
SET myapp.tenant = 'staff';
SELECT k FROM secrets ORDER BY k;
RESET SESSION AUTHORIZATION;
SELECT k FROM secrets ORDER BY k;
SET SESSION AUTHORIZATION ann;
SELECT k FROM secrets ORDER BY k;
SET myapp.tenant = '';
SELECT k FROM secrets ORDER BY k;
RESET SESSION AUTHORIZATION;

-- as: ann
-- autocommit
SELECT k FROM secrets ORDER BY k;
SET ROLE staff;
SET TimeZone = 'Asia/Tokyo';
SELECT k FROM secrets ORDER BY k;
UPDATE states SET seen = '';
DISCARD ALL;
SELECT k FROM secrets ORDER BY k;
SELECT k, seen FROM states ORDER BY k;
UPDATE states SET seen = '';
SELECT k, seen FROM states ORDER BY k;

-- autocommit
BEGIN;
SET LOCAL ROLE staff;
SET LOCAL TimeZone = 'Asia/Tokyo';
UPDATE states SET seen = '' WHERE k IN (1, 2, 3);
SAVEPOINT s;
SET LOCAL TimeZone = 'America/New_York';
SET myapp.tenant = 'nobody';
UPDATE states SET seen = '' WHERE k IN (4, 5);
SELECT k FROM secrets ORDER BY k;
ROLLBACK TO s;
SELECT k FROM secrets ORDER BY k;
UPDATE states SET seen = '' WHERE k = 6;
SELECT k, seen FROM states ORDER BY k;
COMMIT;
UPDATE states SET seen = '';
SELECT k, seen FROM states ORDER BY k;

-- autocommit
BEGIN;
SELECT k FROM secrets ORDER BY k;
SET LOCAL SESSION AUTHORIZATION ann;
UPDATE states SET seen = '' WHERE k IN (1, 2, 3);
SELECT k FROM secrets ORDER BY k;
ROLLBACK;
UPDATE states SET seen = '' WHERE k IN (1, 2, 3);
SELECT k, seen FROM states ORDER BY k;
SELECT k FROM secrets ORDER BY k;

-- autocommit
-- undefined
DECLARE c CURSOR WITH HOLD FOR SELECT k FROM times ORDER BY k;
FETCH 2 FROM c;
PREPARE p (int) AS SELECT at FROM times WHERE k = $1;
EXECUTE p (2);
CREATE TEMP TABLE kept AS SELECT * FROM times WHERE k < 3;
SELECT count(*) FROM kept JOIN times USING (k);
DISCARD ALL;
FETCH 2 FROM c;
EXECUTE p (2);
SELECT count(*) FROM kept;
SELECT count(*) FROM times;

-- autocommit
PREPARE p (int) AS SELECT at::text FROM times WHERE k = $1;
EXECUTE p (2);
SET TimeZone = 'Asia/Tokyo';
EXECUTE p (2);
DISCARD PLANS;
EXECUTE p (3);
RESET TimeZone;
EXECUTE p (3);
DEALLOCATE ALL;
EXECUTE p (3);

-- autocommit
BEGIN;
SELECT count(*) FROM times;
DISCARD ALL;
ROLLBACK;
SELECT count(*) FROM times;
