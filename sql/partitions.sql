-- Partitioned tables: partitions created, attached, detached and dropped when the table is distributed.
\set SHOW_CONTEXT never
CREATE SCHEMA parts;
SET search_path = parts, public;
SET datestyle = ISO;
SET distshard.shard_count = 4;

-- What each node has: the tree of logical tables, and that of data tables, with indexes, without shards.
CREATE FUNCTION trees(relation text) RETURNS TABLE (name text, bound text, keys text, indexes text) LANGUAGE sql AS $$
	SELECT relid::regclass::text, pg_get_expr(relpartbound, relid), pg_get_partkeydef(relid),
		(SELECT string_agg(i.relname || CASE WHEN indisvalid THEN '' ELSE ' (invalid)' END, ', ' ORDER BY i.relname COLLATE "C")
		FROM pg_index JOIN pg_class i ON i.oid = indexrelid WHERE indrelid = relid)
	FROM pg_partition_tree(relation::regclass) t JOIN pg_class c ON c.oid = relid
	WHERE c.relname NOT LIKE '%#%'
	ORDER BY relid::regclass::text COLLATE "C"
$$;
CREATE FUNCTION everywhere(command text) RETURNS text LANGUAGE sql AS $$
	SELECT CASE WHEN min(r) = max(r) THEN 'same on ' || count(*) || ' nodes' ELSE string_agg(r, E'\n') END
	FROM distshard.node n, LATERAL (SELECT string_agg(t, E'\n') FROM distshard.run_on_node(node_id, command) t) x (r)
$$;

CREATE TABLE ev (tenant int NOT NULL, day date NOT NULL, id int NOT NULL, note text DEFAULT 'none', PRIMARY KEY (tenant, day, id))
	PARTITION BY RANGE (day);
CREATE TABLE ev_1 PARTITION OF ev FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
CREATE INDEX ev_note ON ev (note);
INSERT INTO ev SELECT t, '2024-01-01', t FROM generate_series(1, 9) t;
SELECT create_distributed_table('ev', 'tenant');
SELECT * FROM trees('ev');
SELECT * FROM trees('distshard_parts.ev');
-- A shard cannot be named; the error tells whose it is.
DO $$
DECLARE
	shard regclass;
	hint text;
BEGIN
	SELECT relid INTO shard FROM pg_partition_tree('distshard_parts.ev_1') WHERE isleaf LIMIT 1;
	EXECUTE format('SELECT FROM %s', shard);
EXCEPTION WHEN insufficient_privilege THEN
	GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
	RAISE NOTICE '%', hint;
END $$;
\d+ ev
\d+ ev_1

-- New partitions
CREATE TABLE ev_2 PARTITION OF ev FOR VALUES FROM ('2024-02-01') TO ('2024-03-01');
CREATE TABLE ev_3 PARTITION OF ev (note DEFAULT 'march', CHECK (id > 0), UNIQUE (tenant, id)) FOR VALUES FROM ('2024-03-01') TO ('2024-04-01')
	PARTITION BY HASH (tenant);
CREATE TABLE ev_3a PARTITION OF ev_3 FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE ev_3b PARTITION OF ev_3 FOR VALUES WITH (MODULUS 2, REMAINDER 1) WITH (fillfactor = 50);
CREATE TABLE IF NOT EXISTS ev_3b PARTITION OF ev_3 FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE ev_rest PARTITION OF ev DEFAULT;
SELECT * FROM trees('ev');
SELECT * FROM trees('distshard_parts.ev');
SELECT table_name, method, key, shard_count FROM distshard.tables;
SELECT table_name, count(*) FROM distshard.shards GROUP BY 1 ORDER BY 1;
INSERT INTO ev SELECT t, date '2024-01-15' + t * 10, t FROM generate_series(1, 9) t;
INSERT INTO ev_3 (tenant, day, id) VALUES (1, '2024-03-31', 1);
INSERT INTO ev VALUES (1, '2024-03-01', 0);
INSERT INTO ev VALUES (1, '2024-03-30', 1);
SELECT tableoid::regclass, * FROM ev ORDER BY day, tenant;

-- The shards and partitions that a query reads on the first of its nodes
CREATE FUNCTION scans(query text) RETURNS TABLE (partition text, shards bigint) LANGUAGE plpgsql AS $$
DECLARE
	line text;
	plan text = '';
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
		plan := plan || line;
	END LOOP;
	RETURN QUERY SELECT m[1], count(DISTINCT m[2])
		FROM regexp_matches(plan, ' on "(ev_rest|ev_\d[ab]?)\w*#(\d+)"', 'g') m GROUP BY 1 ORDER BY 1;
END $$;
SELECT * FROM scans('SELECT * FROM ev');
SELECT * FROM scans($$SELECT * FROM ev WHERE day < '2024-02-15'$$);
SELECT * FROM scans($$SELECT * FROM ev WHERE tenant = 3 AND day = '2024-03-15'$$);
SELECT * FROM scans($$SELECT a.id FROM ev a JOIN ev b USING (tenant) WHERE tenant = 3 AND a.day = '2024-03-15' AND b.day < '2024-02-01'$$);

-- In the way of a new partition are rows of the default one, and other bounds
INSERT INTO ev VALUES (5, '2024-05-05', 5);
CREATE TABLE ev_5 PARTITION OF ev FOR VALUES FROM ('2024-05-01') TO ('2024-06-01');
CREATE TABLE ev_5 PARTITION OF ev FOR VALUES FROM ('2024-01-01') TO ('2024-06-01');
CREATE TABLE ev_5 PARTITION OF ev (PRIMARY KEY (id)) FOR VALUES FROM ('2024-09-01') TO ('2024-10-01');
CREATE TABLE ev_5 PARTITION OF ev (UNIQUE (id)) FOR VALUES FROM ('2024-09-01') TO ('2024-10-01');
CREATE SCHEMA ev_5 CREATE TABLE ev_5 PARTITION OF parts.ev FOR VALUES FROM ('2024-09-01') TO ('2024-10-01');
CREATE FOREIGN DATA WRAPPER nothing;
CREATE SERVER nowhere FOREIGN DATA WRAPPER nothing;
CREATE FOREIGN TABLE ev_5 PARTITION OF ev FOR VALUES FROM ('2024-09-01') TO ('2024-10-01') SERVER nowhere;
\set VERBOSITY terse
DROP FOREIGN DATA WRAPPER nothing CASCADE;
\set VERBOSITY default
DELETE FROM ev_rest WHERE day = '2024-05-05';
BEGIN;
CREATE TABLE ev_5 PARTITION OF ev FOR VALUES FROM ('2024-05-01') TO ('2024-06-01');
INSERT INTO ev VALUES (5, '2024-05-05', 5);
SELECT count(*) FROM ev_5;
ROLLBACK;
SELECT to_regclass('ev_5'), to_regclass('distshard_parts.ev_5');

-- Detached partitions stay distributed; ordinary tables become so when they are attached
ALTER TABLE ev DETACH PARTITION ev_2;
SELECT count(*) FROM ev;
SELECT * FROM ev_2 ORDER BY day;
INSERT INTO ev_2 VALUES (1, '2024-06-01', 1);
\d ev_2
SELECT * FROM trees('distshard_parts.ev_2');
ALTER TABLE ev ATTACH PARTITION ev_2 FOR VALUES FROM ('2024-02-01') TO ('2024-03-01');
DELETE FROM ev_2 WHERE day = '2024-06-01';
ALTER TABLE ev ATTACH PARTITION ev_2 FOR VALUES FROM ('2024-02-01') TO ('2024-03-01');
SELECT count(*) FROM ev;
CREATE TABLE ev_6 (gone int, note text, id int NOT NULL, day date NOT NULL, tenant int NOT NULL);
ALTER TABLE ev_6 DROP COLUMN gone;
CREATE INDEX six_note ON ev_6 (note);
INSERT INTO ev_6 SELECT 'six', i, '2024-06-06', i FROM generate_series(1, 5) i;
ALTER TABLE ev ATTACH PARTITION ev_6 FOR VALUES FROM ('2024-06-01') TO ('2024-06-05');
SELECT count(*) FROM distshard.tables WHERE table_name = 'ev_6'::regclass;
ALTER TABLE ev ATTACH PARTITION ev_6 FOR VALUES FROM ('2024-06-01') TO ('2024-07-01');
SELECT count(*) FROM ONLY ev_6;
SELECT tableoid::regclass, * FROM ev WHERE day >= '2024-06-01' ORDER BY tenant;
SELECT * FROM trees('ev_6');
SELECT * FROM trees('distshard_parts.ev_6');
CREATE TABLE other (tenant int NOT NULL, day date NOT NULL, id int NOT NULL, note text);
SELECT create_distributed_table('other', 'id');
ALTER TABLE ev ATTACH PARTITION other FOR VALUES FROM ('2024-07-01') TO ('2024-08-01');
CREATE TABLE local (tenant int NOT NULL, day date NOT NULL, id int NOT NULL, note text) PARTITION BY RANGE (day);
ALTER TABLE local ATTACH PARTITION other FOR VALUES FROM ('2024-07-01') TO ('2024-08-01');
ALTER TABLE ev ATTACH PARTITION missing FOR VALUES FROM ('2024-07-01') TO ('2024-08-01');
ALTER TABLE ev DETACH PARTITION other;
ALTER TABLE ev DETACH PARTITION ev_6 CONCURRENTLY;
DROP TABLE ev_rest;
ALTER TABLE ev DETACH PARTITION ev_6 CONCURRENTLY;
BEGIN;
ALTER TABLE ev DETACH PARTITION ev_1 CONCURRENTLY;
ROLLBACK;
SELECT count(*) FROM ev_6;
DROP TABLE ev_6, other, local;

-- Indexes and constraints at each level
CREATE INDEX ON ev (id);
CREATE INDEX ON ONLY ev (tenant, note);
CREATE INDEX one_two ON ev_1 (tenant, note);
SELECT * FROM trees('distshard_parts.ev');
ALTER INDEX ev_tenant_note_idx ATTACH PARTITION one_two;
CREATE INDEX ON ev_2 (tenant, note);
ALTER INDEX ev_tenant_note_idx ATTACH PARTITION ev_2_tenant_note_idx;
CREATE INDEX ON ev_3 (tenant, note);
ALTER INDEX ev_tenant_note_idx ATTACH PARTITION ev_3_tenant_note_idx;
SELECT * FROM trees('distshard_parts.ev');
CREATE INDEX CONCURRENTLY x ON ev (id);
CREATE INDEX CONCURRENTLY x ON ev_1 (day);
DROP INDEX CONCURRENTLY x;
CREATE UNIQUE INDEX ON ev (day);
CREATE UNIQUE INDEX ON ev_1 (day);
ALTER TABLE ev ADD CONSTRAINT positive CHECK (id >= 0);
ALTER TABLE ev_1 ADD CONSTRAINT small CHECK (id < 100);
INSERT INTO ev VALUES (1, '2024-01-03', -1);
INSERT INTO ev VALUES (1, '2024-01-03', 100);
INSERT INTO ev VALUES (1, '2024-01-03', 7), (1, '2024-01-03', 7);
ALTER TABLE ev DROP CONSTRAINT positive;
ALTER TABLE ev_1 DROP CONSTRAINT small;
REINDEX TABLE ev;
REINDEX INDEX ev_note;
REINDEX TABLE ev_1;
DROP INDEX ev_tenant_note_idx;
ALTER INDEX ev_note RENAME TO ev_remark;
SELECT * FROM trees('distshard_parts.ev');

-- Columns
ALTER TABLE ev ADD COLUMN more int DEFAULT 3, ALTER COLUMN note TYPE varchar(50);
ALTER TABLE ev RENAME COLUMN more TO extra;
UPDATE ev SET extra = id WHERE tenant = 1;
SELECT tenant, sum(extra) FROM ev GROUP BY tenant ORDER BY tenant;
ALTER TABLE ev DROP COLUMN extra;
ALTER TABLE ev DROP COLUMN day;
ALTER TABLE ev DROP COLUMN tenant;
ALTER TABLE ONLY ev ADD COLUMN more int;
ALTER TABLE ev_1 RENAME TO ev_january;
ALTER TABLE ev_january SET (fillfactor = 70);
CREATE SCHEMA archive;
ALTER TABLE ev_january SET SCHEMA archive;
SELECT tableoid::regclass, count(*) FROM ev GROUP BY 1 ORDER BY 1;
ALTER TABLE archive.ev_january SET SCHEMA parts;

-- Owners, privileges and policies are each table's own
CREATE ROLE parts_owner;
CREATE ROLE parts_reader;
ALTER TABLE ev OWNER TO parts_owner;
SELECT relname, pg_get_userbyid(relowner) FROM pg_class
WHERE relnamespace IN ('parts'::regnamespace, 'distshard_parts'::regnamespace) AND relkind IN ('r', 'p') AND relname ~ '^(ev|ev_january)(#|$)'
GROUP BY 1, 2 HAVING relname !~ '#' ORDER BY 1, 2;
GRANT USAGE ON SCHEMA parts TO parts_reader, parts_owner;
GRANT SELECT ON ev TO parts_reader;
SET ROLE parts_reader;
SELECT count(*) FROM ev;
SELECT count(*) FROM ev_january;
TRUNCATE ev;
RESET ROLE;
ALTER TABLE ev ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON ev USING (tenant < 4);
SET ROLE parts_reader;
SELECT count(*) FROM ev;
RESET ROLE;
DROP POLICY own ON ev;
ALTER TABLE ev DISABLE ROW LEVEL SECURITY;
ALTER TABLE ev OWNER TO postgres;

-- Triggers
CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF tg_level = 'ROW' AND tg_when = 'BEFORE' AND tg_op = 'INSERT' THEN
		new.note := tg_name || ' of ' || tg_table_name;
	ELSE
		RAISE NOTICE '% % % % %', tg_when, tg_op, tg_level, tg_name, tg_table_name;
	END IF;
	RETURN new;
END $$;
CREATE TRIGGER a_row BEFORE INSERT ON ev FOR EACH ROW EXECUTE FUNCTION tell();
CREATE TRIGGER b_row AFTER INSERT OR UPDATE ON ev FOR EACH ROW EXECUTE FUNCTION tell();
CREATE TRIGGER c_statement AFTER INSERT OR UPDATE ON ev FOR EACH STATEMENT EXECUTE FUNCTION tell();
CREATE TRIGGER z_row BEFORE INSERT ON ev_2 FOR EACH ROW EXECUTE FUNCTION tell();
INSERT INTO ev VALUES (3, '2024-01-30', 30), (3, '2024-02-28', 30);
INSERT INTO ev_2 VALUES (3, '2024-02-28', 31);
UPDATE ev SET day = day + 1 WHERE tenant = 3 AND id = 31;
UPDATE ev SET day = '2024-01-31' WHERE tenant = 3 AND id = 31;
COPY ev (tenant, day, id) FROM STDIN;
4	2024-02-05	40
4	2024-01-05	40
\.
SELECT tableoid::regclass, tenant, day, note FROM ev WHERE note LIKE '%row%' ORDER BY tenant, day;
ALTER TABLE ev DETACH PARTITION ev_2;
INSERT INTO ev_2 VALUES (5, '2024-02-28', 50);
SELECT note FROM ev_2 WHERE id = 50;
ALTER TABLE ev ATTACH PARTITION ev_2 FOR VALUES FROM ('2024-02-01') TO ('2024-03-01');
INSERT INTO ev VALUES (5, '2024-02-28', 51);
SELECT note FROM ev_2 WHERE id = 51;
ALTER TABLE ev DISABLE TRIGGER b_row;
DROP TRIGGER a_row ON ev;
DROP TRIGGER z_row ON ev_2;
INSERT INTO ev VALUES (6, '2024-02-28', 51) RETURNING note;
DROP TRIGGER b_row ON ev;
DROP TRIGGER c_statement ON ev;

-- A row that changes node is deleted and inserted, and each trigger fires once
CREATE FUNCTION tell_moved() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
	RAISE NOTICE '% % % % %', TG_NAME, TG_WHEN, TG_OP, OLD, NEW;
	RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TABLE moving (k int, part int, v text) PARTITION BY LIST (part);
CREATE TABLE moving_1 PARTITION OF moving FOR VALUES IN (1);
CREATE TABLE moving_2 (v text, part int, k int);
ALTER TABLE moving ATTACH PARTITION moving_2 FOR VALUES IN (2);
SELECT create_distributed_table('moving', 'k');
INSERT INTO moving VALUES (1, 1, 'one'), (2, 2, 'two');
CREATE TRIGGER b BEFORE INSERT OR UPDATE OR DELETE ON moving FOR EACH ROW EXECUTE FUNCTION tell_moved();
CREATE TRIGGER a AFTER INSERT OR UPDATE OR DELETE ON moving FOR EACH ROW EXECUTE FUNCTION tell_moved();
\set VERBOSITY terse
UPDATE moving SET k = 3 WHERE v = 'one';
UPDATE moving SET k = 7, part = 1 WHERE v = 'two';
\set VERBOSITY default
DROP TABLE moving;
DROP FUNCTION tell_moved;

-- Foreign keys from, to and between partitioned tables
CREATE TABLE kinds (note text PRIMARY KEY);
INSERT INTO kinds SELECT DISTINCT note FROM ev;
SELECT create_reference_table('kinds');
ALTER TABLE ev ADD CONSTRAINT kind FOREIGN KEY (note) REFERENCES kinds;
INSERT INTO ev VALUES (7, '2024-01-07', 7, 'unknown');
BEGIN;
CREATE TABLE lines (tenant int, day date, id int, line int, FOREIGN KEY (tenant, day, id) REFERENCES ev ON DELETE CASCADE,
	PRIMARY KEY (tenant, day, line)) PARTITION BY RANGE (day);
CREATE TABLE lines_1 PARTITION OF lines FOR VALUES FROM ('2024-01-01') TO ('2024-03-01');
SELECT create_distributed_table('lines', 'tenant', colocate_with => 'ev');
COMMIT;
INSERT INTO lines SELECT tenant, day, id, 1 FROM ev WHERE day < '2024-02-01';
INSERT INTO lines VALUES (1, '2024-02-02', 77, 1);
CREATE TABLE lines_3 PARTITION OF lines DEFAULT;
CREATE TABLE ev_4 PARTITION OF ev FOR VALUES FROM ('2024-04-01') TO ('2024-05-01');
INSERT INTO lines VALUES (1, '2024-04-04', 4, 1);
INSERT INTO ev VALUES (1, '2024-04-04', 4, NULL);
INSERT INTO lines VALUES (1, '2024-04-04', 4, 1);
ALTER TABLE ev DETACH PARTITION ev_4;
DELETE FROM lines WHERE day = '2024-04-04';
ALTER TABLE ev DETACH PARTITION ev_4;
ALTER TABLE ev ATTACH PARTITION ev_4 FOR VALUES FROM ('2024-04-01') TO ('2024-05-01');
INSERT INTO lines VALUES (1, '2024-04-04', 4, 1);
INSERT INTO lines VALUES (1, '2024-04-05', 4, 1);
DELETE FROM ev WHERE tenant = 1;
SELECT count(*) FROM lines WHERE tenant = 1;
ALTER TABLE lines DETACH PARTITION lines_1;
INSERT INTO lines_1 VALUES (1, '2024-02-02', 77, 1);
ALTER TABLE lines ATTACH PARTITION lines_1 FOR VALUES FROM ('2024-01-01') TO ('2024-03-01');
TRUNCATE ev;
TRUNCATE ev CASCADE;
SELECT (SELECT count(*) FROM ev), (SELECT count(*) FROM lines);
DROP TABLE lines;

-- The same on all nodes
SELECT everywhere($$SELECT string_agg(t::text, E'\n') FROM (SELECT * FROM parts.trees('parts.ev')) t$$);
SELECT everywhere($$SELECT string_agg(t::text, E'\n') FROM (SELECT * FROM parts.trees('distshard_parts.ev')) t$$);

-- And back
INSERT INTO ev SELECT t, date '2024-01-01' + t * 8, t, NULL FROM generate_series(1, 12) t;
ANALYZE ev;
SELECT relname, reltuples FROM pg_class WHERE relnamespace = 'parts'::regnamespace AND relname LIKE 'ev%' AND relkind IN ('r', 'p') ORDER BY 1;
VACUUM ev;
CLUSTER ev;
CLUSTER ev USING nothing;
CLUSTER ev USING ev_pkey;
SELECT logical_table, (SELECT count(*) FROM pg_index WHERE indrelid = logical_table AND indisclustered) AS clustered, what
FROM distshard.distributed_table JOIN pg_class c ON c.oid = logical_table LEFT JOIN LATERAL ddl.table_differences(logical_table) ON true WHERE c.relkind = 'r' AND relname LIKE 'ev%' ORDER BY 1;
REINDEX TABLE CONCURRENTLY ev;
REINDEX INDEX CONCURRENTLY ev_pkey;
SELECT count(*) FROM ev;
BEGIN;
CLUSTER ev USING ev_pkey;
ROLLBACK;
SELECT undistribute_table('ev_2');
SELECT undistribute_table('ev');
-- still references a reference table
UPDATE ev SET note = 'of no kind';
UPDATE ev SET note = (SELECT min(note) FROM kinds);
DELETE FROM kinds;
ALTER TABLE ev DROP CONSTRAINT kind;
SELECT tableoid::regclass, count(*) FROM ev GROUP BY 1 ORDER BY 1;
SELECT * FROM trees('ev');
SELECT count(*) FROM distshard.tables;
SELECT count(*) FROM pg_class WHERE relnamespace = 'distshard_parts'::regnamespace AND relkind IN ('r', 'p') AND relname ~ '^ev';
SELECT create_distributed_table('ev', 'tenant');
SELECT count(*) FROM ev;
DROP TABLE ev_2, ev_3a;
SELECT count(*) FROM ev;
DROP TABLE ev;
DROP TABLE kinds;
SELECT count(*) FROM pg_class WHERE relnamespace = 'distshard_parts'::regnamespace;
\set VERBOSITY terse
DROP SCHEMA parts CASCADE;
DROP SCHEMA archive;
DROP ROLE parts_owner, parts_reader;
