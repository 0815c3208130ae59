
-- Run a statement on another node, or on all others, as part of the current transaction. For administration.
CREATE FUNCTION distshard.run_on_node(node_id int, sql text) RETURNS SETOF text
LANGUAGE c STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'distshard_run_on_node';
CREATE FUNCTION distshard.run_on_other_nodes(sql text) RETURNS void
LANGUAGE c STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'distshard_run_on_other_nodes';
REVOKE ALL ON FUNCTION distshard.run_on_node(int, text), distshard.run_on_other_nodes(text) FROM PUBLIC;

-- What became of a transaction that this node began; a node that has it prepared asks.
CREATE FUNCTION distshard.transaction_outcome(gid text) RETURNS text
LANGUAGE c STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'distshard_transaction_outcome';
REVOKE ALL ON FUNCTION distshard.transaction_outcome(text) FROM PUBLIC;

CREATE FUNCTION distshard.read_from_node(node_id int, sql text) RETURNS SETOF text
LANGUAGE c STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'distshard_read_from_node';
REVOKE ALL ON FUNCTION distshard.read_from_node(int, text) FROM PUBLIC;

-- The same for the views on nodes, of which some may be in trouble: outside of the transaction, and not for long.
CREATE FUNCTION distshard.ask_node(node_id int, sql text) RETURNS SETOF text
LANGUAGE c STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'distshard_ask_node';
REVOKE ALL ON FUNCTION distshard.ask_node(int, text) FROM PUBLIC;

-- One line for each node that has a distributed transaction prepared, or does not answer. The state is what the node
-- that began it says.
CREATE FUNCTION distshard.prepared_transactions(OUT node_id int, OUT gid text, OUT initiator int, OUT age interval,
	OUT state text) RETURNS SETOF record
LANGUAGE plpgsql SET search_path = pg_catalog SET distshard.connect_timeout = '2s' AS $$
DECLARE
	here int := (SELECT n.node_id FROM distshard.node n JOIN distshard.local l USING (group_id) WHERE n.role = 'primary');
	question text;
	answers text[];
	answer text;
	node int;
BEGIN
	FOR node IN SELECT n.node_id FROM distshard.node n WHERE n.role = 'primary' ORDER BY 1 LOOP
		node_id := node;
		question := $q$SELECT jsonb_build_array(gid, date_trunc('second', clock_timestamp() - prepared)) FROM pg_prepared_xacts
			WHERE database = current_database() AND gid ~ '^distshard/\d+/[\d.]+/[\da-f]{32}(/[\d,]+)?$' ORDER BY prepared$q$;
		BEGIN
			IF node = here THEN
				EXECUTE 'SELECT array_agg(a) FROM (' || question || ') t (a)' INTO answers;
			ELSE
				answers := ARRAY(SELECT distshard.ask_node(node, question));
			END IF;
		EXCEPTION WHEN connection_exception OR sqlclient_unable_to_establish_sqlconnection OR connection_failure
			OR sqlserver_rejected_establishment_of_sqlconnection THEN
			answers := ARRAY['["", null]'];
		END;
		FOREACH answer IN ARRAY coalesce(answers, '{}') LOOP
			gid := nullif(answer::jsonb ->> 0, '');
			age := answer::jsonb ->> 1;
			initiator := NULL;
			IF gid IS NULL THEN
				state := 'node does not answer';
			ELSE
				initiator := (SELECT n.node_id FROM distshard.node n
					WHERE n.role = 'primary' AND n.group_id = split_part(gid, '/', 2)::int);
				question := format('SELECT distshard.transaction_outcome(%L)', gid);
				BEGIN
					IF initiator = here THEN
						EXECUTE question INTO state;
					ELSIF initiator IS NULL THEN
						state := 'initiator is not in the cluster';
					ELSE
						state := (SELECT distshard.ask_node(initiator, question));
					END IF;
				EXCEPTION WHEN connection_exception OR sqlclient_unable_to_establish_sqlconnection OR connection_failure
					OR sqlserver_rejected_establishment_of_sqlconnection THEN
					state := 'initiator does not answer';
				END;
			END IF;
			RETURN NEXT;
		END LOOP;
	END LOOP;
END $$;
REVOKE ALL ON FUNCTION distshard.prepared_transactions() FROM PUBLIC;
CREATE VIEW distshard.prepared_transactions AS SELECT * FROM distshard.prepared_transactions();

-- Who waits for whom on this node, for distshard.lock_waits and, as lines of text, for the search for deadlocks.
CREATE FUNCTION distshard.local_waits(OUT pid int, OUT session_node int, OUT session_pid int, OUT blocker_pid int,
	OUT blocker_session_node int, OUT blocker_session_pid int, OUT lock text, OUT since timestamptz)
RETURNS SETOF record LANGUAGE c STRICT PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'distshard_local_waits';
CREATE FUNCTION distshard.print_waits() RETURNS SETOF text
LANGUAGE c STRICT PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'distshard_print_waits';

-- When a session of this node began its transaction, in microseconds, whose it is, and its statement.
CREATE FUNCTION distshard.session_facts(pid int, OUT started_by text, OUT statement text) RETURNS SETOF record
LANGUAGE sql STRICT SET search_path = pg_catalog AS $$
	SELECT (extract(epoch FROM coalesce(a.xact_start, 'epoch')) * 1000000)::bigint || ' ' || a.usename, a.query
	FROM pg_stat_get_activity(session_facts.pid) g JOIN pg_stat_activity a USING (pid) WHERE a.usename IS NOT NULL
$$;

-- Ends a wait that is part of a deadlock.
CREATE FUNCTION distshard.break_deadlock(pid int, since bigint, detail text, log text) RETURNS boolean
LANGUAGE c STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'distshard_break_deadlock';
REVOKE ALL ON FUNCTION distshard.print_waits(), distshard.session_facts(int),
	distshard.break_deadlock(int, bigint, text, text) FROM PUBLIC;

-- A node of the cluster has the snapshot of its statement taken, before the fragments come, and gets a report.
CREATE FUNCTION distshard.take_snapshot(statement int, previous int, awaited text, tables text[], hold bool) RETURNS text
LANGUAGE c STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'distshard_take_snapshot';

-- Nodes ask each other for these, to take one snapshot of all; see cluster_snapshot.c.
CREATE FUNCTION distshard.hold_commits() RETURNS bool
LANGUAGE c STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'distshard_hold_commits';
CREATE FUNCTION distshard.renew_hold() RETURNS bool
LANGUAGE c STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'distshard_renew_hold';
CREATE FUNCTION distshard.take_snapshot_again() RETURNS bool
LANGUAGE c STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'distshard_take_snapshot_again';
CREATE FUNCTION distshard.release_commits() RETURNS void
LANGUAGE c STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'distshard_release_commits';
CREATE FUNCTION distshard.prepared_here() RETURNS SETOF text
LANGUAGE c STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'distshard_prepared_here';
CREATE FUNCTION distshard.may_have_committed(gid text) RETURNS bool
LANGUAGE c STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'distshard_may_have_committed';

-- For the session that adds this server to a cluster.
CREATE FUNCTION distshard.hold_joining() RETURNS void
LANGUAGE c STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'distshard_hold_joining';
REVOKE ALL ON FUNCTION distshard.hold_joining() FROM PUBLIC;
