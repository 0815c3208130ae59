
-- Row triggers of data tables call this; it calls the trigger function of the logical table's trigger.
CREATE FUNCTION distshard.fire_trigger() RETURNS trigger
	LANGUAGE C AS 'MODULE_PATHNAME', 'distshard_fire_trigger';

-- This node's copy of a reference table calls this for the foreign keys that ordinary tables have to it.
CREATE FUNCTION distshard.act_on_references() RETURNS trigger
	LANGUAGE C AS 'MODULE_PATHNAME', 'distshard_act_on_references';

-- Enums that are shard keys are hashed by their labels: the OIDs of values differ from node to node.
CREATE FUNCTION distshard.hash_enum(anyenum, seed bigint) RETURNS bigint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'distshard_hash_enum';
CREATE OPERATOR CLASS distshard.enum_label_ops FOR TYPE anyenum USING hash AS
	OPERATOR 1 =, FUNCTION 1 hashenum(anyenum), FUNCTION 2 distshard.hash_enum(anyenum, bigint);

-- The verbs.
CREATE FUNCTION pg_catalog.create_distributed_table(table_name regclass, key text, shard_count int DEFAULT NULL,
		colocate_with text DEFAULT NULL) RETURNS void
	LANGUAGE C AS 'MODULE_PATHNAME', 'distshard_create_distributed_table';
COMMENT ON FUNCTION pg_catalog.create_distributed_table IS 'spread the rows of a table over the nodes by a key';
CREATE FUNCTION pg_catalog.create_reference_table(table_name regclass) RETURNS void
	LANGUAGE C STRICT AS 'MODULE_PATHNAME', 'distshard_create_reference_table';
COMMENT ON FUNCTION pg_catalog.create_reference_table IS 'keep a full copy of a table on every node';
CREATE FUNCTION pg_catalog.undistribute_table(table_name regclass) RETURNS void
	LANGUAGE C STRICT AS 'MODULE_PATHNAME', 'distshard_undistribute_table';
COMMENT ON FUNCTION pg_catalog.undistribute_table IS 'make a distributed or reference table an ordinary one again';

-- What another node does for a table that is being distributed: the logical table exists there, and the rows of
-- its colocation and shards. Rows are moved in between these two.
CREATE FUNCTION distshard.create_data_table(logical regclass, colocation_id int, key name) RETURNS void
	LANGUAGE C AS 'MODULE_PATHNAME', 'distshard_create_data_table';
REVOKE ALL ON FUNCTION distshard.create_data_table FROM PUBLIC;
CREATE FUNCTION distshard.finish_data_table(logical regclass) RETURNS void
	LANGUAGE C STRICT AS 'MODULE_PATHNAME', 'distshard_finish_data_table';
REVOKE ALL ON FUNCTION distshard.finish_data_table FROM PUBLIC;

-- The shards of this node and the relations that hold their rows.
CREATE FUNCTION distshard.local_shards(OUT logical_table regclass, OUT shard_id bigint, OUT relation regclass)
	RETURNS SETOF record LANGUAGE C STABLE AS 'MODULE_PATHNAME', 'distshard_local_shards';
CREATE FUNCTION distshard.local_shard_sizes(OUT table_schema text, OUT table_name text, OUT shard_id bigint, OUT bytes bigint)
	RETURNS SETOF record LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT nspname, relname, s.shard_id, pg_total_relation_size(s.relation)
	FROM distshard.local_shards() s JOIN pg_class c ON c.oid = logical_table JOIN pg_namespace n ON n.oid = relnamespace
$$;

CREATE FUNCTION distshard.lock_metadata() RETURNS void
	LANGUAGE C STRICT AS 'MODULE_PATHNAME', 'distshard_lock_metadata';
REVOKE ALL ON FUNCTION distshard.lock_metadata FROM PUBLIC;

-- Of a table that becomes an ordinary one again, the views and functions that every node has stay on the node that has its
-- rows. All else that depends on it is lost where the table is dropped: that is an error.
CREATE FUNCTION distshard.refuse_dependents(tables regclass[]) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog SET jit = off AS $$
DECLARE
	sequences regclass[] := ARRAY(SELECT s.oid FROM pg_class s JOIN pg_depend ON classid = 'pg_class'::regclass AND objid = s.oid
		WHERE relkind = 'S' AND refclassid = 'pg_class'::regclass AND refobjid = ANY (tables) AND deptype IN ('a', 'i'));
	relations regclass[] := tables || sequences || distshard.shared_views(tables);
	dependent text;
BEGIN
	WITH RECURSIVE dropped AS (
		SELECT 'pg_class'::regclass::oid AS class, unnest(relations)::oid AS obj, true AS shared, NULL AS name
		UNION
		SELECT o.classid, o.objid, o.classid = 'pg_proc'::regclass OR o.objid = ANY (relations),
			CASE d.classid WHEN 'pg_rewrite'::regclass THEN pg_describe_object(o.classid, o.objid, 0)
				ELSE pg_describe_object(d.classid, d.objid, d.objsubid)
			END
		FROM dropped LEFT JOIN pg_type t ON class = 'pg_class'::regclass AND t.typrelid = obj
			JOIN pg_depend d ON (refclassid, refobjid) IN ((class, obj), ('pg_type'::regclass, t.oid), ('pg_type'::regclass, t.typarray))
				AND deptype = 'n',
			LATERAL distshard.recreated_object(d.classid, d.objid) o
		WHERE shared AND o.classid <> 'pg_extension'::regclass
			AND NOT EXISTS (SELECT FROM pg_constraint WHERE d.classid = 'pg_constraint'::regclass AND oid = d.objid AND contype = 'f'))
	SELECT min(name) INTO dependent FROM dropped WHERE NOT shared;
	IF dependent IS NOT NULL THEN
		RAISE EXCEPTION 'cannot undistribute table "%": % depends on it', (SELECT relname FROM pg_class WHERE oid = tables[1]), dependent
			USING ERRCODE = 'dependent_objects_still_exist',
				HINT = 'Drop that first, or, if only this node has it, call undistribute_table() here.';
	END IF;
END $$;
REVOKE ALL ON FUNCTION distshard.refuse_dependents FROM PUBLIC;

-- What another node does for a table that becomes an ordinary one again.
CREATE FUNCTION distshard.lock_table(logical regclass) RETURNS void
	LANGUAGE C STRICT AS 'MODULE_PATHNAME', 'distshard_lock_table';
CREATE FUNCTION distshard.drop_distributed_table(logical regclass) RETURNS void
	LANGUAGE C STRICT AS 'MODULE_PATHNAME', 'distshard_drop_distributed_table';
REVOKE ALL ON FUNCTION distshard.lock_table, distshard.drop_distributed_table FROM PUBLIC;

-- The sizes of the shards of all nodes.
CREATE FUNCTION distshard.shard_sizes(OUT logical_table regclass, OUT shard_id bigint, OUT node_id int, OUT bytes bigint)
	RETURNS SETOF record LANGUAGE C STABLE AS 'MODULE_PATHNAME', 'distshard_shard_sizes';
