-- What another node needs to have the same table: commands that recreate a relation there, with all that it
-- depends on, in an order that works.
--
-- The things to create form a graph. A table is four of its nodes, since its parts may need what needs the
-- table's row type: 'base' (columns), 'rest' (defaults, constraints, indexes, triggers, ...), 'partition' (what makes
-- it one, if it is: then the parent's indexes and keys find those of the partition there already) and 'foreign keys'.
-- Everything else is one node ('whole'). The edges are read from pg_depend; the longest path from what was asked
-- for gives the order. Extensions stand for their members.
--
-- The text is generated and run under search_path = pg_catalog, so that every name is qualified. The commands may
-- be run where some of the things that they create exist already; only the relation itself must not. They are
-- meant for a superuser inside a transaction.

-- Raised on the node that lacks what cannot be recreated there.
CREATE FUNCTION distshard.require_roles(roles name[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
	missing name;
BEGIN
	FOREACH missing IN ARRAY roles LOOP
		IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = missing) THEN
			RAISE EXCEPTION 'role "%" does not exist on this node', missing
				USING ERRCODE = 'undefined_object',
					HINT = 'A role that owns or may use a distributed table must exist on every node: create it there first.';
		END IF;
	END LOOP;
END $$;

CREATE FUNCTION distshard.require_object(type text, names text[], args text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
	PERFORM pg_get_object_address(type, names, args);
EXCEPTION WHEN undefined_object OR undefined_function OR undefined_table OR invalid_schema_name THEN
	RAISE EXCEPTION '% % does not exist on this node', type, array_to_string(names, '.')
		USING ERRCODE = 'undefined_object',
			DETAIL = 'A distributed table depends on it, and it cannot be copied from another node.',
			HINT = 'Create it on every node first, or make it part of an extension.';
END $$;

-- The commands are a superuser's, so what exists on the node already may be replaced or granted only if it belongs to
-- the same role as on the node that they come from.
CREATE FUNCTION distshard.check_owner(type text, names text[], args text[], owner name) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
	existing record;
	actual oid;
BEGIN
	BEGIN
		existing := pg_get_object_address(type, names, args);
	EXCEPTION
		WHEN undefined_object OR undefined_function OR undefined_table OR invalid_schema_name THEN
			RETURN;
		WHEN wrong_object_type THEN
			RAISE EXCEPTION 'the name of % % is taken on this node', type, array_to_string(names, '.')
				USING ERRCODE = 'duplicate_object', DETAIL = SQLERRM, HINT = 'Drop or rename what has that name there.';
	END;
	actual := distshard.object_owner(existing.classid, existing.objid);
	IF pg_get_userbyid(actual) <> owner THEN
		RAISE EXCEPTION '% % belongs to another role on this node', type, array_to_string(names, '.')
			USING ERRCODE = 'duplicate_object',
				DETAIL = format('Here it belongs to "%s", there to "%s".', pg_get_userbyid(actual), owner),
				HINT = 'What a distributed table uses must have the same owner on every node.';
	END IF;
END $$;

CREATE FUNCTION distshard.object_owner(classid oid, objid oid) RETURNS oid
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT CASE classid
		WHEN 'pg_namespace'::regclass THEN (SELECT nspowner FROM pg_namespace WHERE oid = objid)
		WHEN 'pg_type'::regclass THEN (SELECT typowner FROM pg_type WHERE oid = objid)
		WHEN 'pg_proc'::regclass THEN (SELECT proowner FROM pg_proc WHERE oid = objid)
		WHEN 'pg_collation'::regclass THEN (SELECT collowner FROM pg_collation WHERE oid = objid)
		WHEN 'pg_class'::regclass THEN (SELECT relowner FROM pg_class WHERE oid = objid)
	END
$$;

-- Creates a type or collation unless it exists; one of the same name but a different definition is an error: keys that
-- are equal on one node must be so on all.
CREATE FUNCTION distshard.create_same(kind text, name text, definition text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
	existing oid := CASE kind WHEN 'type' THEN to_regtype(name)::oid ELSE to_regcollation(name)::oid END;
	here text := CASE kind WHEN 'type' THEN distshard.type_definition(existing) ELSE distshard.collation_definition(existing) END;
BEGIN
	IF existing IS NULL THEN
		EXECUTE definition;
	ELSIF here IS DISTINCT FROM definition THEN
		RAISE EXCEPTION '% % has another definition on this node', kind, name
			USING ERRCODE = 'duplicate_object',
				DETAIL = format('Here it is: %s. There it is: %s.', coalesce(here, 'another kind of ' || kind), definition),
				HINT = format('A %s that a distributed table uses must be the same on every node.', kind);
	END IF;
END $$;

-- The same for an extension: its functions and types may differ from version to version.
CREATE FUNCTION distshard.create_extension(name name, schema name, version text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog SET client_min_messages = warning AS $$
DECLARE
	existing record;
BEGIN
	SELECT extversion AS version, nspname AS schema INTO existing
	FROM pg_extension JOIN pg_namespace n ON n.oid = extnamespace
	WHERE extname = name;
	IF NOT FOUND THEN
		EXECUTE format('CREATE EXTENSION %I WITH SCHEMA %I VERSION %L', name, schema, version);
	ELSIF (existing.version, existing.schema) <> (version, schema) THEN
		RAISE EXCEPTION 'extension % is another one on this node', quote_ident(name)
			USING ERRCODE = 'duplicate_object',
				DETAIL = format('Here it is version %s in schema "%s", there version %s in schema "%s".',
					existing.version, existing.schema, version, schema),
				HINT = 'Use ALTER EXTENSION, or drop it here.';
	END IF;
END $$;

-- For CREATE .. IF NOT EXISTS, without the notice.
CREATE FUNCTION distshard.create_quietly(command text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog SET client_min_messages = warning AS $$
BEGIN
	EXECUTE command;
END $$;

CREATE FUNCTION distshard.other_nodes() RETURNS int[]
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT array_agg(node_id ORDER BY node_id)
	FROM distshard.node
	WHERE role = 'primary' AND group_id <> (SELECT group_id FROM distshard.local)
$$;

-- What each node has to do by another command, by its number.
CREATE FUNCTION distshard.run_own_command(commands jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
	EXECUTE commands ->> (SELECT node_id::text FROM distshard.node JOIN distshard.local USING (group_id) WHERE role = 'primary');
END $$;

-- One that is there already must keep to this node's share, as it does if another distributed table uses it, too: others
-- would give out values of other nodes.
CREATE FUNCTION distshard.create_sequence(name text, commands text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
	command text;
	existing regclass := to_regclass(name);
BEGIN
	IF existing IS NULL THEN
		FOREACH command IN ARRAY commands LOOP
			EXECUTE command;
		END LOOP;
	ELSIF NOT EXISTS (SELECT
		FROM pg_sequence, distshard.node JOIN distshard.local USING (group_id), LATERAL distshard.sequence_share(seqtypid, seqincrement, node_id) share
		WHERE seqrelid = existing AND role = 'primary' AND (seqmax = share.high OR node_id = 1 AND seqincrement < 0)
			AND (seqmin = share.low OR node_id = 1 AND seqincrement > 0))
	THEN
		RAISE EXCEPTION 'relation % exists already on this node', existing
			USING ERRCODE = 'duplicate_table', DETAIL = 'It is no sequence of distributed tables.', HINT = 'Drop or rename it there.';
	END IF;
END $$;

-- COMMENT ON, ALTER .. OWNER TO and GRANT call objects by these words; object is "TABLE public.t", say.
CREATE FUNCTION distshard.object_name(classid oid, objid oid, objsubid int DEFAULT 0) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT CASE
			WHEN type LIKE '% column' THEN 'COLUMN'
			WHEN type LIKE '% constraint' THEN 'CONSTRAINT'
			WHEN type = 'statistics object' THEN 'STATISTICS'
			ELSE upper(type)
		END || ' ' ||
		CASE WHEN type = 'domain constraint' THEN regexp_replace(identity, '^(.*) on (.*)$', '\1 on domain \2')
			ELSE identity
		END
	FROM pg_identify_object(classid, objid, objsubid)
$$;

CREATE FUNCTION distshard.comment_commands(classid oid, objid oid) RETURNS SETOF text
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT format('COMMENT ON %s IS %L', distshard.object_name(classoid, objoid, objsubid), description)
	FROM pg_description
	WHERE classoid = classid AND objoid = objid
	ORDER BY objsubid
$$;

CREATE FUNCTION distshard.owner_command(classid oid, objid oid, owner oid) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT format('ALTER %s OWNER TO %I', distshard.object_name(classid, objid), pg_get_userbyid(owner))
$$;

-- Grants are made by a superuser, that is in the owner's name.
CREATE FUNCTION distshard.grant_commands(object text, acl aclitem[], default_acl aclitem[], column_name name DEFAULT NULL)
RETURNS SETOF text
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT format('REVOKE ALL ON %s FROM %s', object,
			CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END)
	FROM (SELECT DISTINCT grantee FROM aclexplode(default_acl)) d
	WHERE acl IS NOT NULL
	UNION ALL
	(SELECT format('GRANT %s%s ON %s TO %s%s', privilege_type, ' (' || quote_ident(column_name) || ')', object,
			CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END,
			CASE WHEN is_grantable THEN ' WITH GRANT OPTION' END)
	FROM unnest(acl) WITH ORDINALITY i (item, nr), aclexplode(ARRAY[item])
	ORDER BY nr)
$$;

-- What a name in pg_depend belongs to: the index of a constraint to its table, an array type to its element
-- type, a member to its extension.
CREATE FUNCTION distshard.recreated_object(INOUT classid oid, INOUT objid oid, OUT part text)
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	WITH RECURSIVE up AS (
		SELECT classid AS class, objid AS obj, 0 AS depth
		UNION ALL
		SELECT d.refclassid, d.refobjid, depth + 1
		FROM up, LATERAL (
			SELECT refclassid, refobjid
			FROM pg_depend d
			WHERE d.classid = up.class AND d.objid = up.obj AND d.objsubid = 0
				AND (deptype IN ('i', 'e')
					OR deptype = 'a' AND up.class IN ('pg_constraint'::regclass, 'pg_attrdef'::regclass, 'pg_trigger'::regclass,
						'pg_rewrite'::regclass, 'pg_policy'::regclass)
					OR deptype = 'a' AND up.class = 'pg_class'::regclass
						AND (SELECT relkind IN ('i', 'I') FROM pg_class WHERE oid = up.obj))
			ORDER BY deptype = 'e' DESC, deptype = 'i' DESC
			LIMIT 1) d)
	SELECT class, obj,
		CASE
			WHEN class <> 'pg_class'::regclass OR (SELECT relkind IN ('S', 'v') FROM pg_class WHERE oid = obj) THEN 'whole'
			WHEN classid IN ('pg_class'::regclass, 'pg_type'::regclass)
				AND NOT EXISTS (SELECT FROM pg_index WHERE indexrelid = objid) THEN 'base'
			ELSE 'rest'
		END
	FROM up
	ORDER BY depth DESC
	LIMIT 1
$$;

-- The catalog entries that are created along with a node of the graph.
CREATE FUNCTION distshard.recreated_parts(classid oid, objid oid, part text) RETURNS TABLE (partclass oid, partobj oid)
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT classid, objid WHERE part IN ('base', 'whole')
	UNION ALL
	SELECT 'pg_class'::regclass, typrelid FROM pg_type
	WHERE classid = 'pg_type'::regclass AND oid = objid AND typtype = 'c'
	UNION ALL
	SELECT 'pg_constraint'::regclass, oid FROM pg_constraint
	WHERE classid = 'pg_type'::regclass AND contypid = objid
	UNION ALL
	SELECT 'pg_attrdef'::regclass, d.oid
	FROM pg_attrdef d JOIN pg_attribute a ON attrelid = adrelid AND attnum = adnum
	WHERE adrelid = objid AND part IN ('whole', CASE attgenerated WHEN '' THEN 'rest' ELSE 'base' END)
	UNION ALL
	SELECT 'pg_rewrite'::regclass, oid FROM pg_rewrite
	WHERE ev_class = objid AND part IN ('whole', CASE rulename WHEN '_RETURN' THEN 'base' ELSE 'rest' END)
	UNION ALL
	SELECT 'pg_constraint'::regclass, oid FROM pg_constraint
	WHERE conrelid = objid AND contype <> 't' AND part = CASE contype WHEN 'f' THEN 'foreign keys' ELSE 'rest' END
	UNION ALL
	SELECT 'pg_class'::regclass, indexrelid FROM pg_index WHERE indrelid = objid AND part = 'rest'
	UNION ALL
	SELECT 'pg_trigger'::regclass, oid FROM pg_trigger WHERE tgrelid = objid AND NOT tgisinternal AND tgparentid = 0 AND part IN ('whole', 'rest')
	UNION ALL
	SELECT 'pg_policy'::regclass, oid FROM pg_policy WHERE polrelid = objid AND part = 'rest'
	UNION ALL
	SELECT 'pg_statistic_ext'::regclass, oid FROM pg_statistic_ext WHERE stxrelid = objid AND part = 'rest'
$$;

-- Can this be recreated from its catalog entries? If not, its dependencies do not matter either.
CREATE FUNCTION distshard.can_recreate(classid oid, objid oid) RETURNS bool
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT CASE classid
		WHEN 'pg_type'::regclass THEN distshard.type_definition(objid) IS NOT NULL
		WHEN 'pg_proc'::regclass THEN (SELECT prokind <> 'a' FROM pg_proc WHERE oid = objid)
		WHEN 'pg_class'::regclass THEN (SELECT relkind IN ('r', 'p', 'v', 'S') FROM pg_class WHERE oid = objid)
		ELSE classid IN ('pg_namespace'::regclass, 'pg_extension'::regclass, 'pg_collation'::regclass)
	END
$$;

CREATE FUNCTION distshard.recreated_needs(of_class oid, of_obj oid, of_part text)
RETURNS TABLE (classid oid, objid oid, part text)
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT DISTINCT o.classid, o.objid,
		CASE WHEN of_part = 'foreign keys' AND o.part = 'base' THEN 'rest' ELSE o.part END
	FROM distshard.recreated_parts(of_class, of_obj, of_part)
		JOIN pg_depend d ON d.classid = partclass AND d.objid = partobj AND deptype <> 'e',
		LATERAL distshard.recreated_object(refclassid, refobjid) o
	WHERE (o.classid, o.objid) <> (of_class, of_obj) AND distshard.can_recreate(of_class, of_obj)
	UNION
	SELECT of_class, of_obj, 'partition' WHERE of_part = 'foreign keys'
	UNION
	SELECT of_class, of_obj, 'rest' WHERE of_part = 'partition'
	UNION
	SELECT of_class, inhparent, 'rest' FROM pg_inherits WHERE inhrelid = of_obj AND of_part = 'partition'
	UNION
	SELECT of_class, inhrelid, 'partition' FROM pg_inherits WHERE inhparent = of_obj AND of_part = 'foreign keys'
	UNION
	SELECT of_class, of_obj, 'base' WHERE of_part = 'rest'
	UNION
	SELECT d.classid, d.objid, 'whole'		-- sequences owned by a column
	FROM pg_depend d JOIN pg_class ON oid = d.objid AND relkind = 'S'
	WHERE refclassid = of_class AND refobjid = of_obj AND d.classid = 'pg_class'::regclass AND deptype = 'a'
		AND of_part = 'rest'
$$;

-- Everything that the relations need, and they themselves, with the length of the longest path to it. A cycle,
-- which PostgreSQL allows between a function and a domain that checks by it, ends at the limit.
CREATE FUNCTION distshard.recreated_graph(relations regclass[], with_foreign_keys bool)
RETURNS TABLE (classid oid, objid oid, part text, depth int)
LANGUAGE sql STABLE SET search_path = pg_catalog SET jit = off AS $$
	WITH RECURSIVE graph AS (
		SELECT 'pg_class'::regclass::oid AS class, oid AS obj, CASE WHEN relkind = 'v' THEN 'whole' WHEN with_foreign_keys THEN 'foreign keys' ELSE 'partition' END AS part,
			0 AS depth
		FROM pg_class WHERE oid = ANY (relations)
		UNION
		SELECT n.classid, n.objid, n.part, depth + 1
		FROM graph, LATERAL distshard.recreated_needs(class, obj, graph.part) n
		WHERE depth < 100
			AND NOT (n.classid = 'pg_class'::regclass AND n.objid <> ALL (relations)
				AND EXISTS (SELECT FROM distshard.distributed_table WHERE logical_table = n.objid)))
	SELECT class, obj, part, max(depth) FROM graph GROUP BY 1, 2, 3
$$;

-- The commands that recreate the relations (tables with all of their partitions, views) on nodes, in order.
CREATE FUNCTION distshard.recreate_commands(relations regclass[], target_nodes int[], with_foreign_keys bool DEFAULT true) RETURNS SETOF text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres'
SET extra_float_digits = 3 SET jit = off AS $$
DECLARE
	thing record;
	roles name[];
BEGIN
	-- A function's body may name what comes later, or never.
	RETURN NEXT 'SET LOCAL check_function_bodies = off';

	FOR thing IN
		WITH graph AS MATERIALIZED (SELECT * FROM distshard.recreated_graph(relations, with_foreign_keys)),
		needed AS (
			SELECT array_agg(DISTINCT rolname ORDER BY rolname) AS roles
			FROM graph, LATERAL distshard.recreated_parts(classid, objid, part), pg_shdepend s, pg_roles r
			WHERE s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
				AND s.classid = partclass AND s.objid = partobj AND s.refclassid = 'pg_authid'::regclass AND s.refobjid = r.oid)
		SELECT g.*, relkind, needed.roles
		FROM needed, graph g LEFT JOIN pg_class c ON classid = 'pg_class'::regclass AND c.oid = objid
		ORDER BY depth DESC, classid, objid
	LOOP
		IF thing.roles IS DISTINCT FROM roles THEN
			roles := thing.roles;
			RETURN NEXT format('SELECT distshard.require_roles(%L)', roles);
		END IF;

		IF thing.relkind IN ('r', 'p', 'f', 'm') AND thing.objid <> ALL (relations) THEN
			RAISE EXCEPTION 'cannot copy to other nodes what depends on table %, which is not distributed', thing.objid::regclass
				USING ERRCODE = 'feature_not_supported',
					HINT = format('Distribute %s first, or make it a reference table.', thing.objid::regclass);
		ELSIF NOT distshard.can_recreate(thing.classid, thing.objid) THEN
			RETURN QUERY SELECT format('SELECT distshard.require_object(%L, %L, %L)', type, object_names, object_args)
				FROM pg_identify_object_as_address(thing.classid, thing.objid, 0);
		ELSE
			RETURN QUERY SELECT format('SELECT distshard.check_owner(%L, %L, %L, %L)', type, object_names, object_args,
					pg_get_userbyid(owner))
				FROM pg_identify_object_as_address(thing.classid, thing.objid, 0), distshard.object_owner(thing.classid, thing.objid) owner
				WHERE thing.part = 'whole' AND owner IS NOT NULL;
			RETURN QUERY SELECT * FROM distshard.object_commands(thing.classid, thing.objid, thing.part, target_nodes);
		END IF;
	END LOOP;
END $$;

CREATE FUNCTION distshard.recreate_commands(relation regclass, target_nodes int[]) RETURNS SETOF text
LANGUAGE sql STABLE SET search_path = pg_catalog AS
	'SELECT * FROM distshard.recreate_commands(ARRAY[relation], target_nodes)';

-- Does the view read distributed tables, and no other ones, itself or through views?
CREATE FUNCTION distshard.only_distributed(view regclass) RETURNS bool
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	WITH RECURSIVE used AS (
		SELECT view::oid AS rel
		UNION
		SELECT d.refobjid
		FROM used JOIN pg_rewrite r ON ev_class = rel
			JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass
		WHERE NOT EXISTS (SELECT FROM distshard.distributed_table WHERE logical_table = rel)
			AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = refobjid AND e.deptype = 'e')
			AND d.refobjid >= 16384)
	SELECT bool_or(logical_table IS NOT NULL) AND bool_and(logical_table IS NOT NULL OR relkind IN ('v', 'S'))
	FROM used JOIN pg_class ON oid = rel LEFT JOIN distshard.distributed_table ON logical_table = rel
$$;

-- The views over these tables that belong on every node, since they read nothing that only this node has.
CREATE FUNCTION distshard.shared_views(tables regclass[]) RETURNS regclass[]
LANGUAGE sql STABLE SET search_path = pg_catalog SET jit = off AS $$
	WITH RECURSIVE reader AS (
		SELECT unnest(tables)::oid AS rel
		UNION
		SELECT ev_class
		FROM reader JOIN pg_depend d ON refclassid = 'pg_class'::regclass AND refobjid = rel AND classid = 'pg_rewrite'::regclass
			JOIN pg_rewrite r ON r.oid = objid),
	view AS MATERIALIZED ( -- or all views that there are might be asked what they read
		SELECT oid FROM reader JOIN pg_class ON oid = rel
		WHERE relkind = 'v' AND relpersistence = 'p'
			AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = oid AND deptype = 'e'))
	SELECT coalesce(array_agg(oid::regclass ORDER BY oid), '{}')
	FROM view WHERE distshard.only_distributed(oid)
$$;
