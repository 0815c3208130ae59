-- Which servers are in the cluster (nodes.c).

CREATE FUNCTION distshard.add_node(host text, port int DEFAULT 5432, region text DEFAULT NULL, weight real DEFAULT 1,
	holds_shards bool DEFAULT true) RETURNS int
	LANGUAGE C AS 'MODULE_PATHNAME', 'distshard_add_node';
CREATE FUNCTION distshard.remove_node(node_id int) RETURNS void
	LANGUAGE C AS 'MODULE_PATHNAME', 'distshard_remove_node';
CREATE FUNCTION distshard.set_node(node_id int, host text DEFAULT NULL, port int DEFAULT NULL, region text DEFAULT NULL,
	weight real DEFAULT NULL, holds_shards bool DEFAULT NULL) RETURNS void
	LANGUAGE C AS 'MODULE_PATHNAME', 'distshard_set_node';
REVOKE ALL ON FUNCTION distshard.add_node, distshard.remove_node, distshard.set_node FROM PUBLIC;

-- Run on other nodes while the cluster changes.
CREATE FUNCTION distshard.lock_tables() RETURNS void
	LANGUAGE C STRICT SET lock_timeout = '10s' AS 'MODULE_PATHNAME', 'distshard_lock_tables';
CREATE FUNCTION distshard.server_identity(host text, port int) RETURNS text
	LANGUAGE C STRICT AS 'MODULE_PATHNAME', 'distshard_server_identity';
REVOKE ALL ON FUNCTION distshard.lock_tables, distshard.server_identity FROM PUBLIC;

-- The rows of a metadata table as one INSERT, for another node.
CREATE FUNCTION distshard.copy_rows_command(metadata_table regclass) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog AS $$
DECLARE
	rows json;
BEGIN
	EXECUTE format('SELECT json_agg(t) FROM %s t', metadata_table) INTO rows;
	RETURN format('INSERT INTO %1$s SELECT * FROM json_populate_recordset(NULL::%1$s, %2$L)', metadata_table, coalesce(rows, '[]'));
END $$;

-- What makes a new server know that it is a node: all nodes, and the cluster's secret. For now: see joining.c.
CREATE FUNCTION distshard.membership_commands(new_node int, take_back text) RETURNS SETOF text
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	VALUES ('DELETE FROM distshard.colocation'), ('DELETE FROM distshard.local'), ('DELETE FROM distshard.node'),
		('DELETE FROM distshard.node_group'),
		(distshard.copy_rows_command('distshard.node_group')), (distshard.copy_rows_command('distshard.node'))
	UNION ALL
	SELECT format('INSERT INTO distshard.local SELECT * FROM json_populate_record(NULL::distshard.local, %L)',
		to_jsonb(l) || jsonb_build_object('group_id', g.group_id, 'undo', take_back))
	FROM distshard.local l, LATERAL (SELECT n.group_id FROM distshard.node n WHERE node_id = new_node) g
	UNION ALL
	VALUES ('SELECT distshard.hold_joining()')
$$;
REVOKE ALL ON FUNCTION distshard.membership_commands FROM PUBLIC;

-- The data table of a partition is made after that of its parent.
CREATE FUNCTION distshard.parents_first(OUT logical_table regclass) RETURNS SETOF regclass
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT t.logical_table FROM distshard.distributed_table t
	ORDER BY (SELECT count(*) FROM pg_partition_ancestors(t.logical_table)), 1
$$;

-- What a new node runs: first everything but rows, then what is better done when the rows of reference tables are in.
-- Foreign keys come last, as DDL on distributed tables: tables may refer to each other in a circle.
CREATE FUNCTION distshard.join_commands(new_node int) RETURNS SETOF text
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	VALUES ('UPDATE distshard.local SET undo = NULL')
	UNION ALL
	SELECT distshard.recreate_commands(ARRAY(SELECT logical_table FROM distshard.distributed_table ORDER BY 1), ARRAY[new_node], false)
	UNION ALL
	SELECT distshard.recreate_commands(distshard.shared_views(ARRAY(SELECT logical_table FROM distshard.distributed_table)), ARRAY[new_node])
	UNION ALL
	VALUES (distshard.copy_rows_command('distshard.colocation')), (distshard.copy_rows_command('distshard.shard'))
	UNION ALL
	SELECT format('SELECT setval(%L, %s)', seqrelid::regclass, pg_sequence_last_value(seqrelid))
	FROM pg_sequence
	WHERE seqrelid IN ('distshard.colocation_id_seq'::regclass, 'distshard.shard_id_seq'::regclass)
		AND pg_sequence_last_value(seqrelid) IS NOT NULL
	UNION ALL
	(SELECT format('SELECT distshard.create_data_table(%L, %s, %L)', logical_table, colocation_id, attname)
	FROM distshard.parents_first() WITH ORDINALITY t (logical_table, nr)
		JOIN distshard.distributed_table USING (logical_table)
		LEFT JOIN pg_attribute ON attrelid = logical_table AND attnum = key_column
	ORDER BY nr)
$$;

CREATE FUNCTION distshard.finish_commands() RETURNS SETOF text
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT format('SELECT distshard.finish_data_table(%L)', logical_table) FROM distshard.parents_first()
$$;

-- This server alone: what it had of the cluster is gone, and the extension too.
CREATE FUNCTION distshard.leave_cluster() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog SET client_min_messages = warning AS $$
DECLARE
	tables regclass[] := ARRAY(SELECT logical_table FROM distshard.distributed_table);
	logical text[] := tables;
	sequences regclass[] := ARRAY(
		SELECT oid FROM distshard.recreated_graph(tables || distshard.shared_views(tables), false) JOIN pg_class ON oid = objid
		WHERE classid = 'pg_class'::regclass AND relkind = 'S');
	sequence_names text[] := sequences;
	name text;
BEGIN
	-- Nobody else knows how the transactions ended that it began: recovery has to tell all nodes first.
	FOR i IN 1 .. 100 LOOP
		EXIT WHEN NOT EXISTS (SELECT FROM distshard.transaction);
		PERFORM pg_sleep(0.1);
	END LOOP;
	IF EXISTS (SELECT FROM distshard.transaction) THEN
		RAISE EXCEPTION 'transactions that this node began are not finished on all nodes'
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'See distshard.prepared_transactions.';
	END IF;
	DELETE FROM distshard.distributed_table;
	DELETE FROM distshard.node;
	DROP EXTENSION distshard CASCADE;
	FOREACH name IN ARRAY logical LOOP
		EXECUTE format('DROP TABLE IF EXISTS %s CASCADE', name);
	END LOOP;
	-- Those of the tables' own went with them.
	FOR name IN
		SELECT s.name FROM unnest(sequences, sequence_names) s (oid, name) JOIN pg_class c USING (oid)
		WHERE NOT EXISTS (SELECT FROM pg_depend WHERE refclassid = 'pg_class'::regclass AND refobjid = s.oid)
	LOOP
		EXECUTE format('DROP SEQUENCE %s', name);
	END LOOP;
END $$;
REVOKE ALL ON FUNCTION distshard.leave_cluster FROM PUBLIC;
