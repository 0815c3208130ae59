-- The commands for a table or a view: base, rest, partition and foreign keys (see recreate.sql).

-- "(name = 'value', ...)" for storage parameters.
CREATE FUNCTION distshard.option_list(options text[]) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT '(' || string_agg(CASE WHEN option_name LIKE 'toast.%' THEN 'toast.' || quote_ident(substr(option_name, 7))
			ELSE quote_ident(option_name) END || ' = ' || quote_literal(option_value), ', ') || ')'
	FROM pg_options_to_table(options)
$$;

-- A column's options without pg_attver, where minor releases such as 15.20 keep the version of the column for rows of
-- its row type: the server sets it itself, from its own WAL position, and another server's means nothing.
CREATE FUNCTION distshard.user_column_options(options text[]) RETURNS text[]
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog AS
	'SELECT ARRAY(SELECT o FROM unnest(options) o WHERE o NOT LIKE ''pg\_attver=%'')';

CREATE FUNCTION distshard.relation_grant_commands(relation regclass) RETURNS SETOF text
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT g
	FROM pg_class, LATERAL (SELECT CASE relkind WHEN 'S' THEN 'SEQUENCE ' ELSE 'TABLE ' END || relation) o (object), LATERAL (
		SELECT * FROM distshard.grant_commands(object, relacl, acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", relowner))
		UNION ALL
		SELECT c FROM (SELECT * FROM pg_attribute WHERE attrelid = relation AND NOT attisdropped ORDER BY attnum) a,
			distshard.grant_commands(object, attacl, NULL, attname) c) g (g)
	WHERE oid = relation
$$;

CREATE FUNCTION distshard.view_commands(view regclass) RETURNS SETOF text
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT format('CREATE OR REPLACE VIEW %s %s AS %s', view, 'WITH ' || distshard.option_list(reloptions), pg_get_viewdef(view))
	FROM pg_class WHERE oid = view
	UNION ALL
	SELECT distshard.owner_grant_comment_commands(view)
	UNION ALL
	SELECT distshard.default_commands(view)
	UNION ALL
	SELECT distshard.rule_and_trigger_commands(view)
$$;

CREATE FUNCTION distshard.owner_grant_comment_commands(relation regclass) RETURNS SETOF text
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT distshard.owner_command('pg_class'::regclass, relation, relowner) FROM pg_class WHERE oid = relation
	UNION ALL
	SELECT distshard.relation_grant_commands(relation)
	UNION ALL
	SELECT distshard.comment_commands('pg_class'::regclass, relation)
$$;

CREATE FUNCTION distshard.default_commands(relation regclass) RETURNS SETOF text
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT format('ALTER TABLE %s ALTER COLUMN %I SET DEFAULT %s', relation, attname, pg_get_expr(adbin, adrelid))
	FROM pg_attrdef JOIN pg_attribute ON attrelid = adrelid AND attnum = adnum
	WHERE adrelid = relation AND attgenerated = ''
	ORDER BY attnum
$$;

-- A column that was dropped is created too, so that the others have the same numbers on all nodes.
CREATE FUNCTION distshard.column_definition(relation regclass, number smallint) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT CASE WHEN attisdropped THEN format('%I int', attname)
		ELSE concat(quote_ident(attname), ' ', format_type(atttypid, atttypmod),
			' COMPRESSION ' || CASE attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END,
			distshard.collate_clause(attcollation, atttypid),
			CASE WHEN attnotnull THEN ' NOT NULL' END,
			(SELECT format(' GENERATED ALWAYS AS (%s) STORED', pg_get_expr(adbin, adrelid))
			FROM pg_attrdef WHERE adrelid = attrelid AND adnum = attnum AND attgenerated <> ''),
			(SELECT format(' GENERATED %s AS IDENTITY (SEQUENCE NAME %s %s)',
				CASE attidentity WHEN 'a' THEN 'ALWAYS' ELSE 'BY DEFAULT' END, seq, distshard.sequence_options(seq))
			FROM distshard.identity_sequence(relation, number) seq WHERE attidentity <> ''))
		END
	FROM pg_attribute WHERE attrelid = relation AND attnum = number
$$;

-- A generated column can name a column that stands behind it only if both are made with the table, and so must be the
-- columns of a partition key.
CREATE FUNCTION distshard.is_added(relation regclass, number smallint) RETURNS bool
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT coalesce(number >= min(g.attnum)
			AND NOT EXISTS (
				SELECT FROM pg_attrdef d JOIN pg_depend ON classid = 'pg_attrdef'::regclass AND objid = d.oid
				WHERE adrelid = relation AND refclassid = 'pg_class'::regclass AND refobjid = relation AND refobjsubid > adnum)
			AND NOT EXISTS (
				SELECT FROM pg_depend
				WHERE classid = 'pg_class'::regclass AND objid = relation AND objsubid > min(g.attnum)
					AND refclassid = 'pg_class'::regclass AND refobjid = relation AND refobjsubid = 0 AND deptype = 'i'), false)
	FROM pg_attribute g WHERE attrelid = relation AND attgenerated <> ''
$$;

CREATE FUNCTION distshard.identity_sequence(relation regclass, number smallint) RETURNS regclass
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT objid::regclass FROM pg_depend
	WHERE refclassid = 'pg_class'::regclass AND refobjid = relation AND refobjsubid = number AND classid = 'pg_class'::regclass
		AND deptype = 'i'
$$;

-- The columns up to the first generated one are made with the table, by the superuser; from there on, each is added by
-- the table's owner, since CREATE TABLE calls functions in a generation expression. Where it has to make the generated
-- columns, too, a function of the owner's that it calls is refused.
CREATE FUNCTION distshard.table_base_commands(relation regclass, target_nodes int[]) RETURNS SETOF text
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT format('CREATE %sTABLE %s (%s)%s%s%s%s', CASE relpersistence WHEN 'u' THEN 'UNLOGGED ' END, relation,
		(SELECT string_agg(distshard.column_definition(relation, attnum), ', ' ORDER BY attnum)
		FROM pg_attribute WHERE attrelid = relation AND attnum > 0 AND NOT distshard.is_added(relation, attnum)),
		' PARTITION BY ' || pg_get_partkeydef(relation),
		(SELECT ' USING ' || quote_ident(amname) FROM pg_am WHERE oid = c.relam),
		' WITH ' || distshard.option_list(reloptions),
		(SELECT ' TABLESPACE ' || quote_ident(spcname) FROM pg_tablespace s WHERE s.oid = c.reltablespace))
	FROM pg_class c WHERE oid = relation
	UNION ALL
	SELECT distshard.owner_command('pg_class'::regclass, relation, relowner) FROM pg_class WHERE oid = relation
	UNION ALL
	(SELECT format('ALTER TABLE %s ADD COLUMN %s', relation, distshard.column_definition(relation, attnum))
	FROM pg_attribute WHERE attrelid = relation AND attnum > 0 AND distshard.is_added(relation, attnum)
	ORDER BY attnum)
	UNION ALL
	-- Now there is a TOAST table, though it may be a column that was added that needs it.
	SELECT format('ALTER TABLE %s SET %s', relation, distshard.option_list(ARRAY(SELECT 'toast.' || option FROM unnest(t.reloptions) option)))
	FROM pg_class c JOIN pg_class t ON t.oid = c.reltoastrelid
	WHERE c.oid = relation AND t.reloptions IS NOT NULL
	UNION ALL
	SELECT format('ALTER TABLE %s DROP COLUMN %I', relation, attname)
	FROM pg_attribute WHERE attrelid = relation AND attisdropped
	UNION ALL
	SELECT format('ALTER TABLE %s OF %s', relation, reloftype::regtype) FROM pg_class WHERE oid = relation AND reloftype <> 0
	UNION ALL
	(SELECT format('ALTER TABLE %s ALTER COLUMN %I SET STORAGE %s', relation, attname,
		CASE attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'x' THEN 'EXTENDED' ELSE 'MAIN' END)
	FROM pg_attribute JOIN pg_type t ON t.oid = atttypid
	WHERE attrelid = relation AND attnum > 0 AND NOT attisdropped AND attstorage <> typstorage
	ORDER BY attnum)
	UNION ALL
	(SELECT format('ALTER TABLE %s ALTER COLUMN %I SET %s', relation, attname, distshard.option_list(options))
	FROM pg_attribute, LATERAL (SELECT distshard.user_column_options(attoptions)) o (options)
	WHERE attrelid = relation AND options <> '{}' AND NOT attisdropped
	ORDER BY attnum)
	UNION ALL
	(SELECT format('ALTER TABLE %s ALTER COLUMN %I SET STATISTICS %s', relation, attname, attstattarget)
	FROM pg_attribute WHERE attrelid = relation AND attnum > 0 AND attstattarget >= 0 AND NOT attisdropped
	ORDER BY attnum)
	UNION ALL
	SELECT command
	FROM pg_attribute, LATERAL distshard.identity_sequence(relation, attnum) seq, LATERAL (
		SELECT distshard.sequence_share_command(seq, target_nodes)
		UNION ALL SELECT distshard.relation_grant_commands(seq)
		UNION ALL SELECT distshard.comment_commands('pg_class'::regclass, seq)) c (command)
	WHERE attrelid = relation AND attidentity <> ''
	UNION ALL
	SELECT distshard.owner_grant_comment_commands(relation)
$$;

CREATE FUNCTION distshard.table_rest_commands(relation regclass) RETURNS SETOF text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog AS $$
BEGIN
	RETURN QUERY SELECT distshard.default_commands(relation);
	RETURN QUERY SELECT format('ALTER SEQUENCE %s OWNED BY %s.%I', objid::regclass, relation, attname)
		FROM pg_depend JOIN pg_class s ON s.oid = objid AND relkind = 'S'
			JOIN pg_attribute ON attrelid = refobjid AND attnum = refobjsubid
		WHERE refclassid = 'pg_class'::regclass AND refobjid = relation AND classid = 'pg_class'::regclass AND deptype = 'a';
	RETURN QUERY SELECT distshard.constraint_and_index_commands(relation);
	RETURN QUERY SELECT distshard.policy_commands(relation);
	RETURN QUERY SELECT distshard.rule_and_trigger_commands(relation);
END $$;

CREATE FUNCTION distshard.partition_commands(relation regclass) RETURNS SETOF text
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT format('ALTER TABLE %s ATTACH PARTITION %s %s', inhparent::regclass, relation, pg_get_expr(relpartbound, relation))
	FROM pg_class JOIN pg_inherits ON inhrelid = oid
	WHERE oid = relation AND relispartition
	UNION ALL
	(SELECT format('ALTER TABLE %s INHERIT %s', relation, inhparent::regclass)
	FROM pg_class JOIN pg_inherits ON inhrelid = oid
	WHERE oid = relation AND NOT relispartition
	ORDER BY inhseqno)
	UNION ALL
	-- ALTER TABLE takes what it finds for the table's own.
	SELECT format('UPDATE pg_attribute SET attislocal = false WHERE attrelid = %L::regclass AND attname = %L', relation, attname)
	FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
	WHERE attrelid = relation AND NOT attislocal AND NOT relispartition
	UNION ALL
	SELECT format('UPDATE pg_constraint SET conislocal = false WHERE conrelid = %L::regclass AND conname = %L', relation, conname)
	FROM pg_constraint JOIN pg_class c ON c.oid = conrelid
	WHERE conrelid = relation AND NOT conislocal AND NOT relispartition
$$;

CREATE FUNCTION distshard.constraint_and_index_commands(relation regclass) RETURNS SETOF text
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT c
	FROM (SELECT * FROM pg_constraint WHERE conrelid = relation AND contype IN ('c', 'p', 'u', 'x')
		ORDER BY contype <> 'p', oid) k, LATERAL (
		SELECT format('ALTER TABLE %s ADD CONSTRAINT %I %s', relation, conname, pg_get_constraintdef(k.oid))
		UNION ALL SELECT format('ALTER INDEX %s SET %s', conindid::regclass, distshard.option_list(reloptions))
			FROM pg_class WHERE oid = conindid AND reloptions IS NOT NULL
		UNION ALL SELECT distshard.comment_commands('pg_constraint'::regclass, k.oid)
		UNION ALL SELECT distshard.comment_commands('pg_class'::regclass, conindid) WHERE conindid <> 0) c (c)
	UNION ALL
	SELECT c
	FROM (SELECT indexrelid FROM pg_index JOIN pg_class x ON x.oid = indexrelid
		WHERE indrelid = relation AND indisvalid AND NOT EXISTS (
			SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u', 'x'))
		ORDER BY indexrelid) i, LATERAL (
		SELECT pg_get_indexdef(indexrelid)
		UNION ALL SELECT distshard.comment_commands('pg_class'::regclass, indexrelid)) c (c)
	UNION ALL
	(SELECT format('ALTER INDEX %s SET TABLESPACE %I', indexrelid::regclass, spcname)
	FROM pg_index JOIN pg_class x ON x.oid = indexrelid JOIN pg_tablespace s ON s.oid = reltablespace
	WHERE indrelid = relation AND indisvalid
	ORDER BY indexrelid)
	UNION ALL
	(SELECT format('ALTER INDEX %s ALTER COLUMN %s SET STATISTICS %s', indexrelid::regclass, attnum, attstattarget)
	FROM pg_index JOIN pg_attribute ON attrelid = indexrelid
	WHERE indrelid = relation AND indisvalid AND attstattarget >= 0
	ORDER BY indexrelid, attnum)
	UNION ALL
	SELECT format('ALTER TABLE %s CLUSTER ON %I', relation, relname)
	FROM pg_index JOIN pg_class x ON x.oid = indexrelid WHERE indrelid = relation AND indisclustered
	UNION ALL
	SELECT format('ALTER TABLE %s REPLICA IDENTITY %s', relation, CASE relreplident WHEN 'f' THEN 'FULL' WHEN 'n' THEN 'NOTHING'
		ELSE (SELECT format('USING INDEX %I', relname) FROM pg_index JOIN pg_class x ON x.oid = indexrelid
			WHERE indrelid = relation AND indisreplident) END)
	FROM pg_class WHERE oid = relation AND relkind = 'r' AND relreplident <> 'd'
	UNION ALL
	SELECT c
	FROM (SELECT * FROM pg_statistic_ext WHERE stxrelid = relation ORDER BY stxname) s, LATERAL (
		SELECT pg_get_statisticsobjdef(s.oid)
		UNION ALL SELECT distshard.owner_command('pg_statistic_ext'::regclass, s.oid, stxowner)
		UNION ALL SELECT format('ALTER %s SET STATISTICS %s', distshard.object_name('pg_statistic_ext'::regclass, s.oid), stxstattarget)
			WHERE stxstattarget >= 0
		UNION ALL SELECT distshard.comment_commands('pg_statistic_ext'::regclass, s.oid)) c (c)
$$;

CREATE FUNCTION distshard.policy_commands(relation regclass) RETURNS SETOF text
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT c
	FROM (SELECT * FROM pg_policy WHERE polrelid = relation ORDER BY polname) p, LATERAL (
		SELECT concat(format('CREATE POLICY %I ON %s AS %s FOR %s TO %s', polname, relation,
				CASE WHEN polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
				CASE polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
				(SELECT string_agg(CASE r WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(r)) END, ', ') FROM unnest(polroles) r)),
			' USING (' || pg_get_expr(polqual, polrelid) || ')',
			' WITH CHECK (' || pg_get_expr(polwithcheck, polrelid) || ')')
		UNION ALL SELECT distshard.comment_commands('pg_policy'::regclass, p.oid)) c (c)
	UNION ALL
	SELECT format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', relation) FROM pg_class WHERE oid = relation AND relrowsecurity
	UNION ALL
	SELECT format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', relation) FROM pg_class WHERE oid = relation AND relforcerowsecurity
$$;

CREATE FUNCTION distshard.rule_and_trigger_commands(relation regclass) RETURNS SETOF text
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT c
	FROM (SELECT 'pg_rewrite'::regclass AS class, oid, 'RULE' AS kind, rulename AS name, pg_get_ruledef(oid) AS definition,
			ev_enabled AS enabled
		FROM pg_rewrite WHERE ev_class = relation AND rulename <> '_RETURN'
		UNION ALL
		SELECT 'pg_trigger'::regclass, oid, 'TRIGGER', tgname, pg_get_triggerdef(oid), tgenabled
		FROM pg_trigger WHERE tgrelid = relation AND NOT tgisinternal AND tgparentid = 0
		ORDER BY kind, name) r, LATERAL (
		SELECT definition
		UNION ALL SELECT format('ALTER TABLE %s %s %s %I', relation,
			CASE enabled WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' ELSE 'ENABLE ALWAYS' END, kind, name) WHERE enabled <> 'O'
		UNION ALL SELECT distshard.comment_commands(class, r.oid)) c (c)
$$;

CREATE FUNCTION distshard.foreign_key_commands(relation regclass) RETURNS SETOF text
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT c
	FROM (SELECT * FROM pg_constraint WHERE conrelid = relation AND contype = 'f' AND conparentid = 0 ORDER BY oid) k, LATERAL (
		SELECT format('ALTER TABLE %s ADD CONSTRAINT %I %s', relation, conname, pg_get_constraintdef(k.oid))
		UNION ALL SELECT distshard.comment_commands('pg_constraint'::regclass, k.oid)) c (c)
$$;
