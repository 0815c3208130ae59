When constraints are checked: SET CONSTRAINTS, on the nodes and in a transaction's levels.

--- everywhere
CREATE FUNCTION refuse_33() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF new.k = 33 THEN RAISE EXCEPTION 'not 33'; END IF;
	RETURN NULL;
END $$;

CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO told VALUES (new.k, TG_TABLE_NAME || ' ' || TG_NAME, pg_trigger_depth(), (SELECT sum(n) FROM c));
	RETURN NULL;
END $$;

--- tables
CREATE TABLE told (k int, by_whom text, depth int, total bigint);
CREATE TABLE p (k int PRIMARY KEY, n int);
CREATE TABLE r (k int PRIMARY KEY, n int);
CREATE TABLE c (k int, n int, CONSTRAINT u UNIQUE (k, n) DEFERRABLE INITIALLY DEFERRED,
	CONSTRAINT fk FOREIGN KEY (k) REFERENCES p DEFERRABLE,
	CONSTRAINT fr FOREIGN KEY (n) REFERENCES r DEFERRABLE INITIALLY DEFERRED);

--- distribute
BEGIN;
SELECT create_reference_table('r');
SELECT create_distributed_table('p', 'k');
SELECT create_distributed_table('c', 'k');
SELECT create_distributed_table('told', 'k', shard_count => 5);
COMMIT;

--- data
INSERT INTO p SELECT i, i FROM generate_series(1, 30) i;
INSERT INTO r SELECT i, i FROM generate_series(1, 5) i;

--- after
CREATE CONSTRAINT TRIGGER ct AFTER INSERT ON c DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_33();

CREATE CONSTRAINT TRIGGER tell AFTER INSERT ON c DEFERRABLE FOR EACH ROW WHEN (new.n > 3) EXECUTE FUNCTION tell();

--- here
CREATE TABLE here (a int, CONSTRAINT h UNIQUE (a) DEFERRABLE);

--- statements

SET CONSTRAINTS fk DEFERRED;
INSERT INTO c SELECT i, 1 FROM generate_series(25, 40) i;
INSERT INTO p SELECT i, i FROM generate_series(31, 40) i;
SET CONSTRAINTS fk IMMEDIATE;

SET CONSTRAINTS fk DEFERRED;
INSERT INTO c VALUES (41, 1);
DO $$ BEGIN EXECUTE format('SET CONSTRAINTS %I.fk IMMEDIATE', current_schema()); END $$;

-- a node that the transaction had not used before
SET CONSTRAINTS ALL IMMEDIATE;
INSERT INTO c VALUES (${1|2|3|4|5|6|7|8:int}, 1);
INSERT INTO c VALUES (${1|2|3|4|5|6|7|8:int}, 1);

-- any row
INSERT INTO c SELECT 1 + i % 8, 1 FROM generate_series(1, 9) i;
SET CONSTRAINTS u IMMEDIATE;

-- any row
INSERT INTO c SELECT i, 9 FROM generate_series(1, 8) i;
SET CONSTRAINTS fr IMMEDIATE;

SET CONSTRAINTS u, h DEFERRED;
INSERT INTO c VALUES (1, 1), (1, 1);
INSERT INTO here VALUES (1), (1);
SAVEPOINT s;
SET CONSTRAINTS h IMMEDIATE;
ROLLBACK TO s;
SET CONSTRAINTS u IMMEDIATE;
ROLLBACK TO s;
DELETE FROM c;
SET CONSTRAINTS u, fk, fr IMMEDIATE;

-- the levels of a transaction
SAVEPOINT s;
SET CONSTRAINTS fk DEFERRED;
INSERT INTO c VALUES (50, 1);
ROLLBACK TO s;
INSERT INTO c VALUES (50, 1);

SAVEPOINT s;
SET CONSTRAINTS ALL DEFERRED;
RELEASE s;
INSERT INTO c SELECT i, 1 FROM generate_series(50, 58) i;
INSERT INTO p SELECT i FROM generate_series(50, 58) i;
SET CONSTRAINTS ALL IMMEDIATE;
SELECT count(*) FROM c;

DO $$
BEGIN
	SET CONSTRAINTS fk DEFERRED;
	INSERT INTO c SELECT i, 1 FROM generate_series(70, 80) i;
	INSERT INTO p SELECT i FROM generate_series(70, 80) i;
	BEGIN
		INSERT INTO c VALUES (99, 1);
		SET CONSTRAINTS fk IMMEDIATE;
	EXCEPTION WHEN foreign_key_violation THEN
		INSERT INTO c VALUES (1, 2);
	END;
END $$;
SELECT k FROM c ORDER BY k;

-- triggers
INSERT INTO p VALUES (33);
INSERT INTO c VALUES (33, 1);
SET CONSTRAINTS ALL IMMEDIATE;

SET CONSTRAINTS ct DEFERRED;
INSERT INTO p VALUES (33);
INSERT INTO c VALUES (33, 1);
SELECT count(*) FROM c;

SET CONSTRAINTS ct IMMEDIATE;
SELECT count(*) FROM c;

DO $$ BEGIN EXECUTE format('SET CONSTRAINTS %I.ct IMMEDIATE', current_schema()); END $$;
INSERT INTO p VALUES (33);
INSERT INTO c VALUES (33, 1);

-- any row
-- a trigger that reads and writes rows of all nodes, and tells what it is called with
-- any row
SET CONSTRAINTS tell DEFERRED;
INSERT INTO c SELECT i, 4 FROM generate_series(1, 8) i;
SELECT count(*) FROM told;
SET CONSTRAINTS tell IMMEDIATE;
SELECT * FROM told ORDER BY told;
INSERT INTO c VALUES (9, 4);
SELECT * FROM told WHERE k = 9;

SET CONSTRAINTS tell DEFERRED;
INSERT INTO c SELECT i, 4 FROM generate_series(1, 4) i;
SAVEPOINT s;
INSERT INTO c SELECT i, 4 FROM generate_series(5, 8) i;
SET CONSTRAINTS ALL IMMEDIATE;
SELECT count(*) FROM told;
ROLLBACK TO s;
SELECT count(*) FROM told;
SET CONSTRAINTS tell, ct IMMEDIATE;
SELECT count(*) FROM told;

DO $$ BEGIN
	SET CONSTRAINTS tell DEFERRED;
	INSERT INTO c SELECT i, 5 FROM generate_series(1, 4) i;
	SET CONSTRAINTS ALL IMMEDIATE;
	RAISE NOTICE 'told %', (SELECT count(*) FROM told);
END $$;

-- names
-- undefined
SET CONSTRAINTS nosuch DEFERRED;

-- undefined
SET CONSTRAINTS nosuch.fk DEFERRED;

SET CONSTRAINTS p_pkey DEFERRED;

SET CONSTRAINTS p_pkey IMMEDIATE;
