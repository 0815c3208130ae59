-- Whoever distributes a table, its owner's code runs as the owner, and policies hide no rows from the move.
\set VERBOSITY terse
CREATE ROLE distribute_owner LOGIN;
CREATE ROLE distribute_reader LOGIN;
CREATE SCHEMA rights AUTHORIZATION distribute_owner;
SET search_path = rights;
SET ROLE distribute_owner;
CREATE FUNCTION watched(v int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$
BEGIN
	IF current_user <> 'distribute_owner' THEN
		RAISE EXCEPTION 'runs as %', current_user;
	END IF;
	RETURN v;
END $$;
CREATE TABLE t (k int PRIMARY KEY CHECK (watched(k) > 0), v int,
	g int GENERATED ALWAYS AS (watched(k + 1) + 2) STORED);
CREATE INDEX by_watched ON t (watched(v + 1)) WHERE watched(k) > 0;
CREATE STATISTICS watched_stats ON (watched(v)), k FROM t;
INSERT INTO t SELECT i, i FROM generate_series(1, 100) i;
ALTER TABLE t ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY even ON t USING (k % 2 = 0);
GRANT USAGE ON SCHEMA rights TO distribute_reader;
GRANT SELECT ON t TO distribute_reader;
RESET ROLE;

-- By its owner, on a connection of the owner's
\c - distribute_owner
SET search_path = rights;
SELECT create_distributed_table('t', 'k', 4);
SELECT count(*), sum(g) FROM t;
SELECT undistribute_table('t');
SELECT count(*), sum(g) FROM t;

-- By a superuser
\c - postgres
SET search_path = rights;
SELECT count(*), sum(g) FROM ONLY t;
SELECT create_distributed_table('t', 'k', 4);
SELECT count(*), sum(g) FROM t;
SELECT table_name, owner FROM distshard.tables;
SELECT undistribute_table('t');
SELECT count(*), sum(g) FROM ONLY t;
SELECT create_distributed_table('t', 'k', 4);

-- Others see what they are allowed to, and nobody sees data tables
\c - distribute_reader
SET search_path = rights;
SELECT count(*) FROM t;
INSERT INTO t VALUES (1000);
SELECT count(*) FROM distshard_rights.t;
SELECT undistribute_table('t');
VACUUM t;
ANALYZE t;
SELECT table_name, size IS NOT NULL AS has_size FROM distshard.tables;
SELECT count(*) FROM distshard.local;
\c - distribute_owner
SELECT count(*) FROM distshard_rights.t;
SELECT distshard.lock_table('rights.t');
DROP TABLE rights.t;
\c - postgres
SET client_min_messages = warning;
DROP SCHEMA rights CASCADE;
DROP ROLE distribute_owner, distribute_reader;
SELECT count(*) FROM distshard.tables;
