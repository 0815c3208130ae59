-- How large VACUUM and ANALYZE have found this node's part of a table to be.
CREATE FUNCTION distshard.local_table_size(logical regclass, OUT pages bigint, OUT tuples float8)
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT coalesce(sum(relpages), 0), coalesce(sum(greatest(reltuples, 0)), 0)
	FROM distshard.distributed_table JOIN pg_class
		ON oid = data_table OR oid IN (SELECT relid FROM pg_partition_tree(data_table))
	WHERE logical_table = logical AND relkind = 'r'
$$;
CREATE FUNCTION distshard.set_table_size(logical regclass, pages bigint, tuples float8) RETURNS void
	LANGUAGE C STRICT AS 'MODULE_PATHNAME', 'distshard_set_table_size';
REVOKE ALL ON FUNCTION distshard.set_table_size FROM PUBLIC;

-- What tells a node how large the table is, all nodes together; a reference table is as large as one copy.
CREATE FUNCTION distshard.table_size_command(logical regclass) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT format('SELECT distshard.set_table_size(%L, %s, %s)', logical, sum((size ->> 'pages')::bigint), sum((size ->> 'tuples')::float8))
	FROM (
		SELECT to_json(s) FROM distshard.local_table_size(logical) s
		UNION ALL
		SELECT distshard.run_on_node(node_id, format('SELECT to_json(s) FROM distshard.local_table_size(%L) s', logical))::json
		FROM distshard.node JOIN distshard.distributed_table ON logical_table = logical JOIN distshard.colocation USING (colocation_id)
		WHERE method <> 'reference' AND role = 'primary' AND group_id <> (SELECT group_id FROM distshard.local)) s (size)
$$;

-- The size of a value of variable length, without fetching what is toasted: a sample needs no more of large ones.
CREATE FUNCTION distshard.raw_size(value "any") RETURNS int
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'distshard_raw_size';

-- Stores the statistics of a column of a logical table on this node; of each slot: its kind, operator, collation,
-- numbers, and type and values.
CREATE FUNCTION distshard.set_column_statistics(logical regclass, column_name name, null_frac float4, width int,
	n_distinct float4, kinds text[], operators text[], collations text[], numbers text[], types text[], slot_values text[])
	RETURNS void LANGUAGE C STRICT AS 'MODULE_PATHNAME', 'distshard_set_column_statistics';
REVOKE ALL ON FUNCTION distshard.set_column_statistics FROM PUBLIC;

-- Drops what CREATE INDEX CONCURRENTLY has left on this node.
CREATE FUNCTION distshard.drop_index_left(logical regclass, index_name name) RETURNS void
	LANGUAGE C STRICT AS 'MODULE_PATHNAME', 'distshard_drop_index_left';
REVOKE ALL ON FUNCTION distshard.drop_index_left FROM PUBLIC;

-- All nodes have built the index of CREATE INDEX CONCURRENTLY.
CREATE FUNCTION distshard.set_index_valid(logical regclass, index_name name) RETURNS void
	LANGUAGE C STRICT AS 'MODULE_PATHNAME', 'distshard_set_index_valid';
REVOKE ALL ON FUNCTION distshard.set_index_valid FROM PUBLIC;
