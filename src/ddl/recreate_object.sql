-- The commands for each thing that recreate.sql finds: one function for each kind of object. Each reads the
-- catalogs of this node and returns commands in order.

CREATE FUNCTION distshard.object_commands(classid oid, objid oid, part text, target_node int) RETURNS SETOF text
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
				WHEN 'base' THEN RETURN QUERY SELECT distshard.table_base_commands(objid, target_node);
				WHEN 'rest' THEN RETURN QUERY SELECT distshard.table_rest_commands(objid);
				WHEN 'foreign keys' THEN RETURN QUERY SELECT distshard.foreign_key_commands(objid);
				ELSE
					IF EXISTS (SELECT FROM pg_sequence WHERE seqrelid = objid) THEN
						RETURN QUERY SELECT distshard.sequence_commands(objid, target_node);
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
	SELECT format('SELECT distshard.create_quietly(%L)', format('CREATE EXTENSION IF NOT EXISTS %I WITH SCHEMA %s VERSION %L',
		extname, extnamespace::regnamespace, extversion))
	FROM pg_extension
	WHERE oid = extension AND extname <> 'distshard'
$$;

-- CREATE TYPE or CREATE DOMAIN; NULL for a type that is made of C functions, or of functions on itself.
CREATE FUNCTION distshard.type_definition(type oid) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT CASE
		WHEN typtype = 'e' THEN
			(SELECT format('CREATE TYPE %s AS ENUM (%s)', type::regtype, string_agg(quote_literal(enumlabel), ', ' ORDER BY enumsortorder))
			FROM pg_enum WHERE enumtypid = type)
		WHEN typtype = 'c' THEN
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
	SELECT format('SELECT distshard.create_type(%L, %L)', type::regtype, distshard.type_definition(type))
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

CREATE FUNCTION distshard.collation_commands(collation_oid oid) RETURNS SETOF text
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT format('SELECT distshard.create_quietly(%L)', format(
		'CREATE COLLATION IF NOT EXISTS %s (PROVIDER = %s, %s, DETERMINISTIC = %s)', collation_oid::regcollation,
		CASE collprovider WHEN 'i' THEN 'icu' ELSE 'libc' END,
		coalesce('LOCALE = ' || quote_literal(coalesce(to_jsonb(c) ->> 'colliculocale', to_jsonb(c) ->> 'colllocale')),
			format('LC_COLLATE = %L, LC_CTYPE = %L', collcollate, collctype)),
		collisdeterministic::text))
	FROM pg_collation c WHERE oid = collation_oid
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

-- The command that limits a sequence to the node's share. NULL for the first node, whose sequence stays as it is.
CREATE FUNCTION distshard.sequence_share_command(sequence regclass, node int) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog AS $$
DECLARE
	seq pg_sequence;
	is_int bool;
	own record;
	share record;
BEGIN
	SELECT * INTO seq FROM pg_sequence WHERE seqrelid = sequence;
	is_int := seq.seqtypid = 'int'::regtype;
	SELECT s.* INTO own
	FROM distshard.node JOIN distshard.local USING (group_id), distshard.sequence_share(seq.seqtypid, seq.seqincrement, node_id) s
	WHERE role = 'primary';

	IF node = 1 THEN
		RETURN NULL;
	ELSIF seq.seqtypid = 'smallint'::regtype THEN
		RAISE EXCEPTION 'sequence % is too small to be shared by several nodes', sequence
			USING ERRCODE = 'feature_not_supported', DETAIL = 'It is of type smallint.',
				HINT = 'Change the column and the sequence to bigint.';
	ELSIF node > (CASE WHEN is_int THEN 32 ELSE 32768 END)
		OR pg_sequence_last_value(sequence) > own.high OR pg_sequence_last_value(sequence) < own.low AND seq.seqincrement < 0
	THEN
		RAISE EXCEPTION 'sequence % has no values left for node %', sequence, node
			USING ERRCODE = 'sequence_generator_limit_exceeded',
				HINT = CASE WHEN is_int THEN 'Change the column and the sequence to bigint.' END;
	ELSIF seq.seqincrement > 0 AND seq.seqmax NOT IN (own.high, CASE WHEN is_int THEN 2147483647 ELSE 9223372036854775807 END)
		OR seq.seqincrement < 0 AND seq.seqmin NOT IN (own.low, CASE WHEN is_int THEN -2147483648 ELSE -9223372036854775808 END)
	THEN
		RAISE EXCEPTION 'sequence % has a limit of its own', sequence
			USING ERRCODE = 'feature_not_supported', DETAIL = 'Each node gives out its own part of the sequence''s values.',
				HINT = format('Use ALTER SEQUENCE %s NO MINVALUE NO MAXVALUE.', sequence);
	END IF;

	share := distshard.sequence_share(seq.seqtypid, seq.seqincrement, node);
	RETURN format('ALTER SEQUENCE %1$s MINVALUE %2$s MAXVALUE %3$s START %4$s RESTART %4$s', sequence, share.low, share.high,
		CASE WHEN seq.seqincrement > 0 THEN share.low ELSE share.high END);
END $$;

-- The first node goes on from the last value given out here.
CREATE FUNCTION distshard.sequence_value_command(sequence regclass, node int) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT format('SELECT setval(%L, %s)', sequence, pg_sequence_last_value(sequence))
	WHERE node = 1 AND pg_sequence_last_value(sequence) IS NOT NULL
$$;

-- For the sequences that a table's columns use: see to it that this node (the caller's copies) keeps to its share.
CREATE FUNCTION distshard.table_sequence_commands(table_name regclass, node int) RETURNS SETOF text
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT distshard.sequence_share_command(s.oid, node)
	FROM pg_class s
	WHERE relkind = 'S' AND node <> 1
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

CREATE FUNCTION distshard.sequence_commands(sequence regclass, node int) RETURNS SETOF text
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT format('SELECT distshard.create_sequence(%L, %L)', sequence, array_remove(ARRAY[
		format('CREATE %sSEQUENCE %s AS %s %s', CASE relpersistence WHEN 'u' THEN 'UNLOGGED ' END, sequence, seqtypid::regtype,
			distshard.sequence_options(sequence)),
		distshard.sequence_share_command(sequence, node),
		distshard.sequence_value_command(sequence, node)], NULL))
	FROM pg_class JOIN pg_sequence ON seqrelid = oid WHERE oid = sequence
	UNION ALL
	SELECT distshard.owner_grant_comment_commands(sequence)
$$;
