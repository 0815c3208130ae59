Constraint triggers that are deferred until COMMIT, and need rows of any node.

--- everywhere
CREATE FUNCTION check_sum() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF (SELECT sum(n) FROM c) <> 0 THEN RAISE EXCEPTION 'the sum is %, at %', (SELECT sum(n) FROM c), (SELECT min(n) FROM c); END IF;
	RETURN NULL;
END $$;
CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO told VALUES (new.k, TG_TABLE_NAME || ' ' || TG_NAME || ' ' || TG_OP, pg_trigger_depth(), (SELECT count(*) FROM c));
	RETURN NULL;
END $$;
CREATE FUNCTION go_on() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF new.n > 0 THEN UPDATE d SET n = new.n - 1 WHERE k = new.k + 1; UPDATE other SET n = n + 1 WHERE k = new.n; END IF;
	RETURN NULL;
END $$;

--- tables
CREATE TABLE told (k int, by_whom text, depth int, total bigint);
CREATE TABLE c (k int PRIMARY KEY, n int);
CREATE TABLE d (k int PRIMARY KEY, n int);
CREATE TABLE other (k int PRIMARY KEY, n int);
CREATE TABLE r (k int PRIMARY KEY, n int);
CREATE TABLE days (k int, day date, n int) PARTITION BY RANGE (day);
CREATE TABLE days_1 PARTITION OF days FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
CREATE TABLE days_2 PARTITION OF days FOR VALUES FROM ('2024-02-01') TO ('2024-03-01');
CREATE TABLE weeks (k int, day date, n int) PARTITION BY RANGE (day);
CREATE TABLE weeks_1 PARTITION OF weeks FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
CREATE TABLE weeks_2 PARTITION OF weeks FOR VALUES FROM ('2024-02-01') TO ('2024-03-01');

--- distribute
SELECT create_reference_table('r');
SELECT create_distributed_table('c', 'k');
SELECT create_distributed_table('d', 'k');
SELECT create_distributed_table('other', 'k', colocate_with => 'none');
SELECT create_distributed_table('told', 'k', shard_count => 5);
SELECT create_distributed_table('days', 'k');
SELECT create_distributed_table('weeks', 'k');

--- data
INSERT INTO c SELECT i, CASE WHEN i % 2 = 0 THEN 1 ELSE -1 END FROM generate_series(1, 10) i;
INSERT INTO d SELECT i, 0 FROM generate_series(1, 30) i;
INSERT INTO other SELECT i, 0 FROM generate_series(1, 30) i;
INSERT INTO r VALUES (1, 1), (2, 2);
DELETE FROM told;

--- after
CREATE CONSTRAINT TRIGGER balance AFTER INSERT OR UPDATE OR DELETE ON c DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_sum();
CREATE CONSTRAINT TRIGGER tell AFTER INSERT OR UPDATE ON c DEFERRABLE FOR EACH ROW WHEN (new.n > 3) EXECUTE FUNCTION tell();
CREATE CONSTRAINT TRIGGER go_on AFTER UPDATE ON d DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION go_on();
CREATE CONSTRAINT TRIGGER tell AFTER INSERT OR UPDATE ON r DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION tell();
CREATE CONSTRAINT TRIGGER tell AFTER INSERT OR UPDATE ON days DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION tell();
CREATE CONSTRAINT TRIGGER tell AFTER INSERT OR UPDATE ON weeks_2 DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION tell();

--- statements
-- autocommit
BEGIN;
UPDATE c SET n = n + 1 WHERE k = ${1|2|3:int};
UPDATE c SET n = n - 1 WHERE k = ${4|5|6:int};
COMMIT;
SELECT k, n FROM c ORDER BY k;

-- autocommit
BEGIN;
UPDATE c SET n = n + 1 WHERE k = ${1|2|3:int};
COMMIT;
SELECT k, n FROM c ORDER BY k;

-- autocommit
UPDATE c SET n = n + 1 WHERE k = ${1|2|3|4:int};
SELECT k, n FROM c ORDER BY k;

-- autocommit
UPDATE c SET n = -n;
INSERT INTO c VALUES (11, 0);
INSERT INTO c VALUES (12, 1);
DELETE FROM c WHERE k = 1;
DELETE FROM c WHERE n = 0;
SELECT k, n FROM c ORDER BY k;

-- autocommit
BEGIN;
SET CONSTRAINTS tell DEFERRED;
UPDATE c SET n = n * 5;
SELECT count(*) FROM told;
COMMIT;
SELECT * FROM told ORDER BY told;

-- autocommit
BEGIN;
SET CONSTRAINTS tell DEFERRED;
UPDATE c SET n = n * 5 WHERE k < 3;
SAVEPOINT s;
UPDATE c SET n = n * 5;
ROLLBACK TO s;
UPDATE c SET n = n * 5 WHERE k IN (5, 6);
RELEASE s;
COMMIT;
SELECT * FROM told ORDER BY told;

-- autocommit
BEGIN;
UPDATE c SET n = n + 1 WHERE k = 1;
SAVEPOINT s;
UPDATE c SET n = n + 1 WHERE k = 2;
ROLLBACK TO s;
UPDATE c SET n = n - 1 WHERE k = 7;
COMMIT;
SELECT k, n FROM c ORDER BY k;

-- triggers that have others deferred, on other nodes
-- autocommit
BEGIN;
UPDATE d SET n = ${5|9:int} WHERE k = 1;
COMMIT;
SELECT * FROM d ORDER BY k;
SELECT * FROM other ORDER BY k;

-- autocommit
UPDATE d SET n = 3 WHERE k IN (1, 11, 21);
SELECT * FROM d ORDER BY k;
SELECT * FROM other ORDER BY k;

-- once for all copies
-- autocommit
BEGIN;
UPDATE r SET n = n + 10;
INSERT INTO r VALUES (3, 3);
SELECT count(*) FROM told;
COMMIT;
SELECT * FROM told ORDER BY told;

-- autocommit
INSERT INTO days SELECT i, '2024-01-20'::date + i, 1 FROM generate_series(1, 20) i;
UPDATE days SET day = day + 12 WHERE k = 1;
SELECT * FROM told ORDER BY told;

-- autocommit
COPY c FROM STDIN;
51	1
52	2
\.
COPY c FROM STDIN;
51	-2
52	2
\.
COPY days FROM STDIN;
7	2024-01-03	1
8	2024-02-04	2
\.
SELECT k, n FROM c ORDER BY k;
SELECT * FROM told ORDER BY told;

-- only one partition has the trigger
-- autocommit
BEGIN;
COPY weeks FROM STDIN;
7	2024-01-03	1
8	2024-02-04	2
9	2024-02-05	2
10	2024-02-06	2
11	2024-02-07	2
\.
INSERT INTO c VALUES (61, -1), (62, 1);
COMMIT;
SELECT * FROM told ORDER BY told;

-- autocommit
DO $$ BEGIN
	UPDATE d SET n = 2 WHERE k = 3;
	COMMIT;
	UPDATE c SET n = n + 1 WHERE k = 3;
	UPDATE c SET n = n - 1 WHERE k = 4;
	COMMIT;
END $$;
SELECT * FROM d ORDER BY k;
SELECT k, n FROM c ORDER BY k;
