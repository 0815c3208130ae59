-- For the tests of DDL: compares a distributed table with its data tables and shards, on all nodes.
CREATE SCHEMA ddl;
-- What describes a relation, a line for each part, in words that are the same for a table, its data table and its shards.
CREATE FUNCTION ddl.describe_relation(rel regclass, logical regclass, mark text) RETURNS SETOF text LANGUAGE sql AS $$
	SELECT format('column %s %I %s%s%s storage %s compression %s statistics %s options %s generated %s', attnum,
			CASE WHEN attisdropped THEN 'dropped' ELSE attname::text END, format_type(atttypid, atttypmod),
			CASE WHEN attnotnull AND NOT attisdropped THEN ' not null' END,
			CASE WHEN attcollation <> 0 THEN ' collate ' || attcollation::regcollation END,
			attstorage, attcompression, attstattarget, (SELECT array_agg(o) FROM unnest(attoptions) o WHERE o NOT LIKE 'pg_attver=%'), attgenerated <> '')
	FROM pg_attribute WHERE attrelid = rel AND attnum > 0
	UNION ALL
	SELECT format('index %s %s', replace(i.relname, mark, ''),
		regexp_replace(regexp_replace(pg_get_indexdef(indexrelid), '^CREATE (UNIQUE )?INDEX .* (?=USING )', '\1'), ' WITH \([^)]*\)', '')
			|| ' valid ' || indisvalid || ' primary ' || indisprimary)
	FROM pg_index JOIN pg_class i ON i.oid = indexrelid WHERE indrelid = rel
	UNION ALL
	SELECT format('constraint %s %s', replace(conname, mark, ''),
		replace(regexp_replace(pg_get_constraintdef(oid), '(REFERENCES )(\w+\.)?', '\1'), 'distshard_', ''))
	FROM pg_constraint WHERE conrelid = rel AND contype <> 't' AND (conparentid = 0 OR conrelid <> (SELECT p.conrelid FROM pg_constraint p WHERE p.oid = pg_constraint.conparentid))
	UNION ALL
	SELECT format('owner %s persistence %s', pg_get_userbyid(relowner), relpersistence) FROM pg_class WHERE oid = rel
$$;
-- The same for what only the data table has of it.
CREATE FUNCTION ddl.describe_parent(rel regclass) RETURNS SETOF text LANGUAGE sql AS $$
	SELECT format('policy %s %s %s %s using %s check %s', polname, polcmd, polpermissive, polroles::regrole[],
		pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid))
	FROM pg_policy WHERE polrelid = rel
	UNION ALL
	SELECT format('trigger %s enabled %s %s', tgname, tgenabled,
		CASE WHEN tgtype & 2 <> 0 THEN tgtype & ~4 ELSE tgtype END)
	FROM pg_trigger WHERE tgrelid = rel AND NOT tgisinternal AND tgtype & 1 = 1 AND NOT (tgtype & 2 <> 0 AND tgtype & 60 = 4)
		AND tgoldtable IS NULL AND tgnewtable IS NULL AND tgname <> 'distshard_reference_actions'
	UNION ALL
	SELECT format('statistics %s %s target %s', stxname, regexp_replace(pg_get_statisticsobjdef(oid), '^CREATE STATISTICS \S+|FROM \S+', '', 'g'), stxstattarget)
	FROM pg_statistic_ext WHERE stxrelid = rel
	UNION ALL
	SELECT format('row security %s %s', relrowsecurity, relforcerowsecurity) FROM pg_class WHERE oid = rel
$$;
CREATE FUNCTION ddl.describe_leaf(rel regclass, mark text) RETURNS SETOF text LANGUAGE sql AS $$
	SELECT format('options %s toast %s replica identity %s tablespace %s', c.reloptions, t.reloptions, c.relreplident, c.reltablespace)
	FROM pg_class c LEFT JOIN pg_class t ON t.oid = c.reltoastrelid WHERE c.oid = rel
	UNION ALL
	SELECT format('index %s clustered %s replica identity %s options %s statistics %s', replace(i.relname, mark, ''), indisclustered, indisreplident, i.reloptions,
		(SELECT array_agg(attstattarget ORDER BY attnum) FROM pg_attribute WHERE attrelid = indexrelid))
	FROM pg_index JOIN pg_class i ON i.oid = indexrelid WHERE indrelid = rel
$$;
-- What only the user's table has.
CREATE FUNCTION ddl.describe_logical(rel regclass) RETURNS SETOF text LANGUAGE sql AS $$
	SELECT format('table %s grants %s comment %s', rel, relacl, obj_description(rel, 'pg_class')) FROM pg_class WHERE oid = rel
	UNION ALL
	SELECT format('inherits from %s as number %s', inhparent::regclass, inhseqno) FROM pg_inherits WHERE inhrelid = rel
	UNION ALL
	SELECT format('constraint %s local %s inherited %s', conname, conislocal, coninhcount) FROM pg_constraint WHERE conrelid = rel AND contype = 'c'
	UNION ALL
	SELECT format('column %s local %s inherited %s grants %s identity %s default %s comment %s', attname, attislocal, attinhcount, attacl, attidentity,
		pg_get_expr(adbin, adrelid), col_description(rel, attnum))
	FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
	WHERE attrelid = rel AND attnum > 0 AND NOT attisdropped
	UNION ALL
	SELECT format('trigger %s enabled %s comment %s', pg_get_triggerdef(oid), tgenabled, obj_description(oid, 'pg_trigger'))
	FROM pg_trigger WHERE tgrelid = rel AND NOT tgisinternal
	UNION ALL
	SELECT format('rule %s enabled %s', pg_get_ruledef(oid), ev_enabled) FROM pg_rewrite WHERE ev_class = rel
	UNION ALL
	SELECT format('constraint %s comment %s', conname, obj_description(oid, 'pg_constraint')) FROM pg_constraint WHERE conrelid = rel
	UNION ALL
	SELECT format('index %s comment %s', indexrelid::regclass, obj_description(indexrelid, 'pg_class')) FROM pg_index WHERE indrelid = rel
	UNION ALL
	SELECT format('statistics %I.%I owner %s', stxnamespace::regnamespace, stxname, pg_get_userbyid(stxowner)) FROM pg_statistic_ext WHERE stxrelid = rel
	UNION ALL
	SELECT ddl.describe_relation(rel, rel, '')
	UNION ALL
	SELECT ddl.describe_parent(rel)
	UNION ALL
	SELECT ddl.describe_leaf(rel, '')
$$;
-- Differences between a distributed table and its data table and shards on this node.
CREATE FUNCTION ddl.local_differences(logical regclass) RETURNS TABLE (relation text, what text) LANGUAGE sql AS $$
	WITH parts AS (
		SELECT data_table AS part, '' AS mark, NOT EXISTS (SELECT FROM pg_inherits WHERE inhparent = data_table) AND relkind = 'r' AS leaf, true AS top
		FROM distshard.distributed_table JOIN pg_class ON pg_class.oid = data_table WHERE logical_table = logical
		UNION ALL
		SELECT inhrelid::regclass, substring(relname from '#\d+$'), true, false
		FROM distshard.distributed_table JOIN pg_inherits ON inhparent = data_table JOIN pg_class c ON c.oid = inhrelid WHERE logical_table = logical AND relname ~ '#\d+$'
	), diffs AS (
		SELECT part, '- ' || x AS what FROM parts, LATERAL (SELECT ddl.describe_relation(logical, logical, '') EXCEPT SELECT ddl.describe_relation(part, logical, mark)) d(x)
		UNION ALL
		SELECT part, '+ ' || x FROM parts, LATERAL (SELECT ddl.describe_relation(part, logical, mark) EXCEPT SELECT ddl.describe_relation(logical, logical, '')) d(x)
		UNION ALL
		SELECT part, '- ' || x FROM parts, LATERAL (SELECT ddl.describe_parent(logical) EXCEPT SELECT ddl.describe_parent(part)) d(x) WHERE top
		UNION ALL
		SELECT part, '+ ' || x FROM parts, LATERAL (SELECT ddl.describe_parent(part) EXCEPT SELECT ddl.describe_parent(logical)) d(x) WHERE top
		UNION ALL
		SELECT part, '- ' || x FROM parts, LATERAL (SELECT ddl.describe_leaf(logical, '') EXCEPT SELECT ddl.describe_leaf(part, mark)) d(x) WHERE leaf
		UNION ALL
		SELECT part, '+ ' || x FROM parts, LATERAL (SELECT ddl.describe_leaf(part, mark) EXCEPT SELECT ddl.describe_leaf(logical, '')) d(x) WHERE leaf
	)
	SELECT CASE WHEN part::text LIKE '%#%' THEN 'shard' ELSE 'data table' END, diffs.what FROM diffs ORDER BY 1, substr(diffs.what, 3), diffs.what
$$;
CREATE FUNCTION ddl.on_other_nodes(sql text) RETURNS TABLE (node int, line text) LANGUAGE sql AS $$
	SELECT node_id, distshard.run_on_node(node_id, sql) FROM distshard.node WHERE group_id <> (SELECT group_id FROM distshard.local)
$$;
-- All differences between the table here, and on the other nodes, and the data tables and shards of each. None, if all is well.
CREATE FUNCTION ddl.table_differences(logical regclass) RETURNS TABLE (what text) LANGUAGE sql AS $$
	SELECT DISTINCT * FROM (
	SELECT relation || ': ' || what FROM ddl.local_differences(logical)
	UNION ALL
	SELECT 'other node, ' || line FROM ddl.on_other_nodes(format('SELECT relation || '': '' || what FROM ddl.local_differences(%L)', logical))
	UNION ALL
	SELECT 'other node ' || node || ': ' || CASE WHEN here THEN '- ' ELSE '+ ' END || line
	FROM (SELECT node, line, bool_or(here) AS here, count(*) AS n FROM (
			SELECT node_id AS node, line, true AS here FROM distshard.node, ddl.describe_logical(logical) line WHERE group_id <> (SELECT group_id FROM distshard.local)
			UNION ALL
			SELECT node, line, false FROM ddl.on_other_nodes(format('SELECT ddl.describe_logical(%L)', logical))) l
		GROUP BY node, line) c
	WHERE n <> 2) all_differences
	ORDER BY 1
$$;
