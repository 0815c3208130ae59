
-- What people look at.

CREATE VIEW distshard.nodes AS
	SELECT node_id, host, port, role, holds_shards,
		(SELECT count(*) FROM distshard.shard s
			JOIN distshard.distributed_table t USING (colocation_id)
			WHERE s.group_id = n.group_id OR s.group_id IS NULL) AS shards
	FROM distshard.node n
	ORDER BY node_id;

CREATE VIEW distshard.shards AS
	SELECT t.logical_table AS table_name, s.shard_id,
		CASE c.method WHEN 'hash' THEN lpad(to_hex(s.hash_min), 8, '0') || '-' || lpad(to_hex(s.hash_max), 8, '0')
			ELSE 'all' END AS hash_range,
		n.node_id, n.host, n.port, pg_size_pretty(z.bytes) AS size
	FROM distshard.distributed_table t
		JOIN distshard.colocation c USING (colocation_id)
		JOIN distshard.shard s USING (colocation_id)
		JOIN distshard.node n ON n.role = 'primary' AND (n.group_id = s.group_id OR s.group_id IS NULL)
		JOIN pg_class r ON r.oid = t.logical_table AND r.relkind = 'r'
		LEFT JOIN distshard.shard_sizes() z
			ON z.logical_table = t.logical_table AND z.shard_id = s.shard_id AND z.node_id = n.node_id
	ORDER BY t.logical_table::text, s.hash_min, n.node_id;

CREATE VIEW distshard.tables AS
	SELECT t.logical_table AS table_name, c.method, a.attname AS key, c.colocation_id, c.shard_count,
		pg_get_userbyid(r.relowner) AS owner,
		pg_size_pretty((SELECT sum(bytes) FROM distshard.shard_sizes() z
			WHERE z.logical_table = t.logical_table
				OR z.logical_table IN (SELECT relid FROM pg_partition_tree(t.logical_table)))) AS size
	FROM distshard.distributed_table t
		JOIN distshard.colocation c USING (colocation_id)
		JOIN pg_class r ON r.oid = t.logical_table
		LEFT JOIN pg_attribute a ON a.attrelid = t.logical_table AND a.attnum = t.key_column
	ORDER BY t.logical_table::text;

-- What create_distributed_table() and its kin are doing on this node. The parameters are those of pg_stat_progress_copy,
-- but for the last one, the rows (see progress.h). How much comes back from other nodes is an estimate.
CREATE VIEW distshard.progress AS
	SELECT pid, relid::regclass AS table_name, 'moving rows' AS phase, param20 AS rows,
		least(round(100.0 * param1 / nullif(param2, 0), 1), 100.0) AS percent
	FROM pg_stat_get_progress_info('COPY') JOIN pg_stat_activity USING (pid)
	WHERE param6 = 4 AND backend_type = 'client backend' AND relid IS NOT NULL
	UNION ALL
	SELECT pid, s.logical_table, 'building index on shard ' || s.shard_id || ': ' || p.phase, tuples_done,
		round(100.0 * blocks_done / nullif(blocks_total, 0), 1)
	FROM pg_stat_progress_create_index p JOIN distshard.local_shards() s ON p.relid = s.relation;

GRANT SELECT ON distshard.progress, distshard.nodes, distshard.shards, distshard.tables TO PUBLIC;
