-- Any key that can be hashed, NULL keys, any number of shards, any name.
\set VERBOSITY terse
CREATE SCHEMA keys;
SET search_path = keys, public;
CREATE TYPE mood AS ENUM ('calm', 'hasty', 'glad');
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE DOMAIN span AS int4range;
CREATE DOMAIN spans AS int4multirange;
CREATE TYPE pair AS (a int, b text);
CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);

-- For each type: a table with rows is distributed, each row is found by its key, and all come back.
CREATE FUNCTION check_key(type text, value text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	rows int;
	found int := 0;
	i int;
	back int;
BEGIN
	EXECUTE format('CREATE TABLE k (key %s, i int)', type);
	EXECUTE format('INSERT INTO k SELECT (%s)::%s, i FROM generate_series(1, 20) i', value, split_part(type, ' COLLATE', 1));
	INSERT INTO k VALUES (NULL, 0);
	PERFORM create_distributed_table('k', 'key', 3, colocate_with => 'none');
	SELECT count(*) INTO rows FROM k;
	FOR i IN 1..20 LOOP
		EXECUTE format('SELECT $1 + count(*) FROM k WHERE key = (SELECT (%s)::%s FROM (VALUES ($2)) v (i)) AND i = $2', value,
			split_part(type, ' COLLATE', 1)) INTO found USING found, i;
	END LOOP;
	PERFORM undistribute_table('k');
	SELECT count(*) INTO back FROM ONLY k;
	DROP TABLE k;
	RETURN format('%s rows, %s found, %s back', rows, found, back);
END $$;

SELECT type, check_key(type, value) FROM (VALUES
	('smallint', 'i'), ('int', '-i'), ('bigint', 'i * 10000000000'), ('numeric', 'i / 3.0'), ('real', 'i / 4.0'),
	('float8', '-i / 4.0'), ('text', '''key '' || i'), ('varchar(10)', '''key '' || i'), ('char(10)', '''key '' || i'),
	('"char"', 'chr(60 + i)'), ('name', '''key '' || i'), ('bytea', 'int4send(i)'), ('bool', 'i % 2 = 0'),
	('date', 'date ''2020-02-29'' + i'), ('time', 'time ''00:00'' + i * interval ''1 minute'''),
	('timetz', 'timetz ''00:00+02'' + i * interval ''1 minute'''), ('timestamp', 'timestamp ''2020-02-29'' + i * interval ''1 hour'''),
	('timestamptz', 'timestamptz ''2020-02-29'' + i * interval ''1 hour'''), ('interval', 'i * interval ''1 hour'''),
	('uuid', 'lpad(i::text, 32, ''0'')'), ('inet', '''10.0.0.'' || i'), ('cidr', '''10.0.0.'' || i'),
	('macaddr', '''08:00:2b:01:02:'' || i + 10'), ('macaddr8', '''08:00:2b:01:02:03:04:'' || i + 10'),
	('jsonb', '''{"a":'' || i || ''}'''), ('oid', 'i'), ('positive', 'i'),
	('span', 'int4range(i, i + 3)'), ('spans', 'int4multirange(int4range(i, i + 3))'),
	('mood', '(enum_range(NULL::mood))[1 + i % 3]'), ('pair', 'ROW(i, ''x'')'), ('int[]', 'ARRAY[i, NULL]'), ('text[]', 'ARRAY[''x'', i::text]'),
	('int4range', 'int4range(i, i + 5)'), ('int4multirange', 'int4multirange(int4range(i, i + 5))'), ('pg_lsn', '''0/'' || i + 10'),
	('text COLLATE "C"', '''key '' || i'), ('text COLLATE nocase', '''key '' || i')) t (type, value);

-- Not every type can be hashed
CREATE TABLE k (a json, b point, c money, d json[], e bit(3));
SELECT create_distributed_table('k', 'a');
SELECT create_distributed_table('k', 'b');
SELECT create_distributed_table('k', 'c');
SELECT create_distributed_table('k', 'd');
SELECT create_distributed_table('k', 'e');
DROP TABLE k;

-- Keys that a collation holds to be equal are together
CREATE TABLE k (key text COLLATE nocase PRIMARY KEY, n int);
SELECT create_distributed_table('k', 'key', 8);
INSERT INTO k VALUES ('Abc', 1);
INSERT INTO k VALUES ('aBC', 2);
INSERT INTO k VALUES ('aBC', 2) ON CONFLICT (key) DO UPDATE SET n = k.n + 10;
SELECT * FROM k WHERE key = 'ABC';
DROP TABLE k;

-- The number of shards need not be a power of two
CREATE FUNCTION check_shards(shards int) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text;
BEGIN
	CREATE TABLE k (key int);
	INSERT INTO k SELECT generate_series(1, 2000);
	PERFORM create_distributed_table('k', 'key', shards);
	SELECT format('%s shards, %s to %s wide, %s gaps, %s rows', count(*), min(width), max(width), count(*) FILTER (WHERE gap), (SELECT count(*) FROM k))
	INTO result
	FROM (SELECT hash_max - hash_min + 1 AS width, hash_min <> coalesce(lag(hash_max) OVER (ORDER BY hash_min), -1) + 1 AS gap
		FROM distshard.shard JOIN distshard.distributed_table USING (colocation_id) WHERE logical_table = 'k'::regclass) s;
	DROP TABLE k;
	RETURN result;
END $$;
SELECT check_shards(1);
SELECT check_shards(2);
SELECT check_shards(3);
SELECT check_shards(48);
SELECT check_shards(100);

-- Names
CREATE SCHEMA "Größe ""x"" 'y'";
CREATE TABLE "Größe ""x"" 'y'"."T'able ""1"" $$" ("K ey'""" int PRIMARY KEY, "%s" text);
INSERT INTO "Größe ""x"" 'y'"."T'able ""1"" $$" SELECT i, i FROM generate_series(1, 10) i;
SELECT create_distributed_table('"Größe ""x"" ''y''"."T''able ""1"" $$"', 'K ey''"', 2);
SELECT count(*), sum("K ey'""") FROM "Größe ""x"" 'y'"."T'able ""1"" $$";
UPDATE "Größe ""x"" 'y'"."T'able ""1"" $$" SET "%s" = 'new' WHERE "K ey'""" = 3;
SELECT * FROM "Größe ""x"" 'y'"."T'able ""1"" $$" WHERE "K ey'""" = 3;
CREATE SCHEMA s23456789012345678901234567890123456789012345678901234567890123;
SET search_path = s23456789012345678901234567890123456789012345678901234567890123;
CREATE TABLE t23456789012345678901234567890123456789012345678901234567890123 (k int PRIMARY KEY);
CREATE TABLE "äääääääääääääääääääääääääääääää" (k int PRIMARY KEY);
SELECT create_distributed_table('t23456789012345678901234567890123456789012345678901234567890123', 'k', 2);
SELECT create_distributed_table('äääääääääääääääääääääääääääääää', 'k', 2);
INSERT INTO t23456789012345678901234567890123456789012345678901234567890123 VALUES (1), (2);
INSERT INTO "äääääääääääääääääääääääääääääää" SELECT k + 1 FROM t23456789012345678901234567890123456789012345678901234567890123;
SELECT * FROM "äääääääääääääääääääääääääääääää" ORDER BY k;
SELECT relname, length(relname) FROM pg_class WHERE relnamespace::regnamespace::text LIKE 'distshard\_s%' AND relkind = 'p' ORDER BY 1;
SET client_min_messages = warning;
DROP SCHEMA s23456789012345678901234567890123456789012345678901234567890123, "Größe ""x"" 'y'", keys CASCADE;
SELECT count(*) FROM distshard.tables;
