-- The commands for each thing that recreate.sql finds: one function for each kind of object. Each reads the
-- catalogs of this node and returns commands in order.

CREATE FUNCTION distshard.object_commands(classid oid, objid oid, part text, target_nodes int[]) RETURNS SETOF text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog AS $$
BEGIN
	CASE classid
		WHEN 'pg_namespace'::regclass THEN
			RETURN QUERY SELECT distshard.schema_commands(objid);
		WHEN 'pg_extension'::regclass THEN
			RETURN QUERY SELECT distshard.extension_commands(objid);
		WHEN 'pg_type'::regclass THEN
			RETURN QUERY SELECT distshard.type_commands(objid);
		WHEN 'pg_proc'::regclass THEN
			RETURN QUERY SELECT distshard.function_commands(objid);
		WHEN 'pg_collation'::regclass THEN
			RETURN QUERY SELECT distshard.collation_commands(objid);
		WHEN 'pg_class'::regclass THEN
			CASE part
				WHEN 'base' THEN RETURN QUERY SELECT distshard.table_base_commands(objid, target_nodes);
				WHEN 'rest' THEN RETURN QUERY SELECT distshard.table_rest_commands(objid);
				WHEN 'partition' THEN RETURN QUERY SELECT distshard.partition_commands(objid);
				WHEN 'foreign keys' THEN RETURN QUERY SELECT distshard.foreign_key_commands(objid);
				ELSE
					IF EXISTS (SELECT FROM pg_sequence WHERE seqrelid = objid) THEN
						RETURN QUERY SELECT distshard.sequence_commands(objid, target_nodes);
					ELSE
						RETURN QUERY SELECT distshard.view_commands(objid);
					END IF;
			END CASE;
	END CASE;
END $$;

CREATE FUNCTION distshard.schema_commands(schema oid) RETURNS SETOF text
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT format('SELECT distshard.create_quietly(%L)',
		format('CREATE SCHEMA IF NOT EXISTS %I AUTHORIZATION %I', nspname, pg_get_userbyid(nspowner)))
	FROM pg_namespace WHERE oid = schema
	UNION ALL
	SELECT g FROM pg_namespace, LATERAL distshard.grant_commands(format('SCHEMA %I', nspname), nspacl, NULL) g
	WHERE oid = schema
	UNION ALL
	SELECT distshard.comment_commands('pg_namespace'::regclass, schema)
$$;

CREATE FUNCTION distshard.extension_commands(extension oid) RETURNS SETOF text
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT format('SELECT distshard.create_extension(%L, %L, %L)', extname, nspname, extversion)
	FROM pg_extension e JOIN pg_namespace n ON n.oid = extnamespace
	WHERE e.oid = extension AND extname <> 'distshard'
$$;

-- CREATE TYPE or CREATE DOMAIN; NULL for a type that is made of C functions, or of functions on itself.
CREATE FUNCTION distshard.type_definition(type oid) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT CASE
		WHEN typtype = 'e' THEN
			(SELECT format('CREATE TYPE %s AS ENUM (%s)', type::regtype, string_agg(quote_literal(enumlabel), ', ' ORDER BY enumsortorder))
			FROM pg_enum WHERE enumtypid = type)
		WHEN typtype = 'c' AND (SELECT relkind = 'c' FROM pg_class WHERE oid = typrelid) THEN
			(SELECT format('CREATE TYPE %s AS (%s)', type::regtype,
				string_agg(format('%I %s%s', attname, format_type(atttypid, atttypmod),
					distshard.collate_clause(attcollation, atttypid)), ', ' ORDER BY attnum))
			FROM pg_attribute WHERE attrelid = typrelid AND attnum > 0 AND NOT attisdropped)
		WHEN typtype = 'd' THEN
			format('CREATE DOMAIN %s AS %s%s%s%s', type::regtype, format_type(typbasetype, typtypmod),
				distshard.collate_clause(typcollation, typbasetype),
				' DEFAULT ' || pg_get_expr(typdefaultbin, 'pg_type'::regclass),
				CASE WHEN typnotnull THEN ' NOT NULL' END)
			|| coalesce(
				(SELECT string_agg(format(CASE WHEN convalidated THEN ' CONSTRAINT %2$I %3$s'
					ELSE '; ALTER DOMAIN %1$s ADD CONSTRAINT %2$I %3$s' END, type::regtype, conname,
					pg_get_constraintdef(oid)), '' ORDER BY convalidated DESC, conname)
				FROM pg_constraint WHERE contypid = type AND contype = 'c'), '')
		WHEN typtype = 'r' THEN
			(SELECT format('CREATE TYPE %s AS RANGE (SUBTYPE = %s, SUBTYPE_OPCLASS = %I.%I%s%s, MULTIRANGE_TYPE_NAME = %s)',
				type::regtype, format_type(rngsubtype, NULL), opcnamespace::regnamespace::name, opcname,
				', COLLATION = ' || nullif(rngcollation, 0)::regcollation,
				', SUBTYPE_DIFF = ' || nullif(rngsubdiff, 0)::regproc, rngmultitypid::regtype)
			FROM pg_range JOIN pg_opclass o ON o.oid = rngsubopc
			WHERE rngtypid = type AND rngcanonical = 0)
		END
	FROM pg_type WHERE oid = type
$$;

CREATE FUNCTION distshard.collate_clause(collation_oid oid, type oid) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT ' COLLATE ' || collation_oid::regcollation
	FROM pg_type WHERE oid = type AND collation_oid NOT IN (0, typcollation)
$$;

CREATE FUNCTION distshard.type_commands(type oid) RETURNS SETOF text
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT format('SELECT distshard.create_same(%L, %L, %L)', 'type', type::regtype, distshard.type_definition(type))
	UNION ALL
	SELECT distshard.owner_command('pg_type'::regclass, type, typowner) FROM pg_type WHERE oid = type
	UNION ALL
	SELECT g FROM pg_type, LATERAL distshard.grant_commands('TYPE ' || type::regtype, typacl, acldefault('T', typowner)) g
	WHERE oid = type
	UNION ALL
	SELECT distshard.comment_commands('pg_type'::regclass, type)
	UNION ALL
	SELECT distshard.comment_commands('pg_class'::regclass, typrelid) FROM pg_type WHERE oid = type AND typrelid <> 0
	UNION ALL
	SELECT distshard.comment_commands('pg_constraint'::regclass, c.oid) FROM pg_constraint c WHERE contypid = type
$$;

CREATE FUNCTION distshard.function_commands(function oid) RETURNS SETOF text
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT pg_get_functiondef(function)
	UNION ALL
	SELECT distshard.owner_command('pg_proc'::regclass, function, proowner) FROM pg_proc WHERE oid = function
	UNION ALL
	SELECT g FROM pg_proc, LATERAL distshard.grant_commands(distshard.object_name('pg_proc'::regclass, function), proacl, acldefault('f', proowner)) g
	WHERE oid = function
	UNION ALL
	SELECT distshard.comment_commands('pg_proc'::regclass, function)
$$;

CREATE FUNCTION distshard.collation_definition(collation_oid oid) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT format('CREATE COLLATION %s (PROVIDER = %s, %s, DETERMINISTIC = %s)', collation_oid::regcollation,
		CASE collprovider WHEN 'i' THEN 'icu' ELSE 'libc' END,
		coalesce('LOCALE = ' || quote_literal(coalesce(to_jsonb(c) ->> 'colliculocale', to_jsonb(c) ->> 'colllocale')),
			format('LC_COLLATE = %L, LC_CTYPE = %L', collcollate, collctype)),
		collisdeterministic::text)
	FROM pg_collation c WHERE oid = collation_oid
$$;

CREATE FUNCTION distshard.collation_commands(collation_oid oid) RETURNS SETOF text
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT format('SELECT distshard.create_same(%L, %L, %L)', 'collation', collation_oid::regcollation, distshard.collation_definition(collation_oid))
	UNION ALL
	SELECT distshard.owner_command('pg_collation'::regclass, collation_oid, collowner) FROM pg_collation WHERE oid = collation_oid
	UNION ALL
	SELECT distshard.comment_commands('pg_collation'::regclass, collation_oid)
$$;

-- A node's share of the values of a sequence: as many for each node, upwards from 0, or downwards.
CREATE FUNCTION distshard.sequence_share(type regtype, increment bigint, node int, OUT low bigint, OUT high bigint)
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog AS $$
	SELECT CASE WHEN increment > 0 THEN first ELSE -first - size END,
		CASE WHEN increment > 0 THEN first + size - 1 ELSE -first - 1 END
	FROM (SELECT 1::bigint << CASE type WHEN 'bigint'::regtype THEN 48 ELSE 26 END AS size) s,
		LATERAL (SELECT (node - 1) * size AS first) f
$$;

-- The value in the range that was given out last, as far as the rows of the sequence's own table tell. Rows that were
-- made on other nodes come along when a table is distributed again.
CREATE FUNCTION distshard.last_value_used(sequence regclass, increment bigint, low bigint, high bigint) RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path = pg_catalog AS $$
DECLARE
	col record;
	used bigint;
BEGIN
	SELECT attrelid::regclass AS rel, attname INTO col
	FROM pg_depend JOIN pg_attribute ON attrelid = refobjid AND attnum = refobjsubid
	WHERE classid = 'pg_class'::regclass AND objid = sequence AND refclassid = 'pg_class'::regclass AND deptype IN ('a', 'i')
		AND atttypid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype)
		AND NOT EXISTS (SELECT FROM distshard.distributed_table WHERE logical_table = attrelid);
	IF FOUND THEN
		EXECUTE format('SELECT %s(%I) FROM ONLY %s WHERE %2$I BETWEEN %4$s AND %5$s', CASE WHEN increment > 0 THEN 'max' ELSE 'min' END,
			col.attname, col.rel, low, high) INTO used;
	END IF;
	RETURN used;
END $$;

-- The command that limits a sequence to the node's share, to go on after what was given out of it before. On the first
-- node only the far end is a limit, and a sequence that is not shared yet goes on. NULL if there is nothing to do. The
-- sequence may have the limits of another node than this one, when it is from a dump of that node.
CREATE FUNCTION distshard.sequence_share_command(sequence regclass, node int) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog AS $$
DECLARE
	seq pg_sequence;
	upwards bool;
	last bigint := pg_sequence_last_value(sequence);
	here int := (SELECT node_id FROM distshard.node JOIN distshard.local USING (group_id) WHERE role = 'primary');
	own record;
	first record;
	share record;
	origin int;		-- the node whose share it has, or 1
	origins record;
	limited bool;
	shared bool;
	next bigint;
BEGIN
	SELECT * INTO seq FROM pg_sequence WHERE seqrelid = sequence;
	upwards := seq.seqincrement > 0;
	own := distshard.sequence_share(seq.seqtypid, seq.seqincrement, here);
	first := distshard.sequence_share(seq.seqtypid, seq.seqincrement, 1);
	share := distshard.sequence_share(seq.seqtypid, seq.seqincrement, node);
	limited := CASE WHEN upwards THEN seq.seqmax = own.high ELSE seq.seqmin = own.low END;
	origin := greatest(CASE WHEN upwards THEN seq.seqmin ELSE -1 - seq.seqmax END / (first.high - first.low + 1) + 1, 1);
	origins := distshard.sequence_share(seq.seqtypid, seq.seqincrement, origin);
	shared := origin <> 1 AND seq.seqmin = origins.low AND seq.seqmax = origins.high;
	IF NOT shared THEN
		origin := 1;
	END IF;

	IF node = here AND limited AND (shared OR node = 1) THEN
		RETURN NULL;
	ELSIF seq.seqtypid = 'smallint'::regtype THEN
		RAISE EXCEPTION 'sequence % is too small to be shared by several nodes', sequence
			USING ERRCODE = 'feature_not_supported', DETAIL = 'It is of type smallint.',
				HINT = 'Change the column and the sequence to bigint.';
	ELSIF NOT shared AND (upwards AND seq.seqmax NOT IN (first.high, CASE seq.seqtypid WHEN 'int'::regtype THEN 2147483647 ELSE 9223372036854775807 END)
		OR NOT upwards AND seq.seqmin NOT IN (first.low, CASE seq.seqtypid WHEN 'int'::regtype THEN -2147483648 ELSE -9223372036854775808 END))
	THEN
		RAISE EXCEPTION 'sequence % has a limit of its own', sequence
			USING ERRCODE = 'feature_not_supported', DETAIL = 'Each node gives out its own part of the sequence''s values.',
				HINT = format('Use ALTER SEQUENCE %s NO MINVALUE NO MAXVALUE.', sequence);
	END IF;

	next := distshard.last_value_used(sequence, seq.seqincrement, share.low, share.high);
	IF node = origin THEN
		next := CASE WHEN upwards THEN greatest(next, last) ELSE least(next, last) END;
	END IF;
	next := coalesce(next + seq.seqincrement, CASE WHEN node = 1 AND NOT shared THEN seq.seqstart WHEN node = 1 THEN sign(seq.seqincrement)
		WHEN upwards THEN share.low ELSE share.high END);
	IF node > (CASE seq.seqtypid WHEN 'int'::regtype THEN 32 ELSE 32768 END) OR next NOT BETWEEN share.low AND share.high
		OR NOT shared AND last NOT BETWEEN first.low AND first.high
	THEN
		RAISE EXCEPTION 'sequence % has no values left for node %', sequence, node
			USING ERRCODE = 'sequence_generator_limit_exceeded',
				HINT = CASE seq.seqtypid WHEN 'int'::regtype THEN 'Change the column and the sequence to bigint.' END;
	ELSIF node = 1 THEN		-- somebody may be taking values from this node's own sequence
		RETURN format('ALTER SEQUENCE %s%s%s%s', sequence,
			CASE WHEN upwards THEN format(' MAXVALUE %s', share.high) ELSE format(' MINVALUE %s', share.low) END,
			CASE WHEN shared THEN format(' NO %s START %s', CASE WHEN upwards THEN 'MINVALUE' ELSE 'MAXVALUE' END, sign(seq.seqincrement)) END,
			CASE WHEN here <> 1 OR shared THEN format(' RESTART %s', next) END);
	END IF;
	RETURN format('ALTER SEQUENCE %s MINVALUE %s MAXVALUE %s START %s RESTART %s', sequence, share.low, share.high,
		CASE WHEN upwards THEN share.low ELSE share.high END, next);
END $$;

-- For the sequences that a table's columns use: see to it that this node keeps to its share.
CREATE FUNCTION distshard.table_sequence_commands(table_name regclass) RETURNS SETOF text
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT distshard.sequence_share_command(s.oid, node_id)
	FROM pg_class s, distshard.node JOIN distshard.local USING (group_id)
	WHERE relkind = 'S' AND role = 'primary'
		AND (EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = s.oid
				AND refclassid = 'pg_class'::regclass AND refobjid = table_name AND deptype IN ('a', 'i'))
			OR EXISTS (SELECT FROM pg_attrdef a JOIN pg_depend d ON d.classid = 'pg_attrdef'::regclass AND d.objid = a.oid
				WHERE adrelid = table_name AND d.refclassid = 'pg_class'::regclass AND d.refobjid = s.oid))
	ORDER BY s.oid
$$;

CREATE FUNCTION distshard.sequence_options(sequence regclass) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT format('START WITH %s INCREMENT BY %s MINVALUE %s MAXVALUE %s CACHE %s%s', seqstart, seqincrement, seqmin, seqmax, seqcache,
		CASE WHEN seqcycle THEN ' CYCLE' END)
	FROM pg_sequence WHERE seqrelid = sequence
$$;

-- The command that has each of the nodes limit a sequence to its share.
CREATE FUNCTION distshard.sequence_share_command(sequence regclass, nodes int[]) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT format('SELECT distshard.run_own_command(%L)', jsonb_object_agg(node, distshard.sequence_share_command(sequence, node)))
	FROM unnest(nodes) node
$$;

CREATE FUNCTION distshard.sequence_commands(sequence regclass, nodes int[]) RETURNS SETOF text
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT format('SELECT distshard.create_sequence(%L, %L)', sequence, ARRAY[
		format('CREATE %sSEQUENCE %s AS %s %s', CASE relpersistence WHEN 'u' THEN 'UNLOGGED ' END, sequence, seqtypid::regtype,
			distshard.sequence_options(sequence)),
		distshard.sequence_share_command(sequence, nodes)])
	FROM pg_class JOIN pg_sequence ON seqrelid = oid WHERE oid = sequence
	UNION ALL
	SELECT distshard.owner_grant_comment_commands(sequence)
$$;

-- The sequences that a table's defaults use and that aren't its own, for nodes that may lack them.
CREATE FUNCTION distshard.default_sequence_commands(table_name regclass, nodes int[]) RETURNS SETOF text
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT c
	FROM (SELECT DISTINCT s.oid
		FROM pg_attrdef a JOIN pg_depend d ON d.classid = 'pg_attrdef'::regclass AND d.objid = a.oid
			JOIN pg_class s ON d.refclassid = 'pg_class'::regclass AND s.oid = d.refobjid AND s.relkind = 'S'
		WHERE adrelid = table_name AND NOT EXISTS (SELECT FROM pg_depend o WHERE o.classid = 'pg_class'::regclass
			AND o.objid = s.oid AND o.refclassid = 'pg_class'::regclass AND o.refobjid = table_name)) s, LATERAL (
		SELECT format('SELECT distshard.check_owner(%L, %L, %L, %L)', type, object_names, object_args,
			pg_get_userbyid(distshard.object_owner('pg_class'::regclass, s.oid)))
		FROM pg_identify_object_as_address('pg_class'::regclass, s.oid, 0)
		UNION ALL
		SELECT distshard.sequence_commands(s.oid, nodes)) c (c)
$$;
