
-- The sessions of the cluster: what they do, who waits for whom, and how to stop them.

-- This node's part. What others do is hidden as in pg_stat_activity, which it comes from.
CREATE FUNCTION distshard.local_activity(OUT session_node int, OUT session_pid int, OUT pid int, OUT user_name name,
	OUT application_name text, OUT client_addr inet, OUT state text, OUT wait text, OUT xact_start timestamptz,
	OUT query_start timestamptz, OUT query text) RETURNS SETOF record
LANGUAGE sql SET search_path = pg_catalog AS $$
	SELECT s.session_node, s.session_pid, a.pid, a.usename, a.application_name, a.client_addr, a.state,
		a.wait_event_type || ': ' || a.wait_event, a.xact_start, a.query_start, a.query
	FROM pg_stat_activity a JOIN distshard.local_sessions() s USING (pid)
	WHERE coalesce(a.backend_type, 'client backend') = 'client backend' AND a.datname = current_database()
$$;

-- What the other nodes say to one of these questions, as the user of the session may know it. NULL: nothing. With waits
-- there is no line that could say so.
CREATE FUNCTION distshard.ask_other_nodes(about text, OUT node_id int, OUT answer jsonb) RETURNS SETOF record
LANGUAGE plpgsql STRICT SECURITY DEFINER SET search_path = pg_catalog SET distshard.connect_timeout = '2s' AS $$
DECLARE
	question text := CASE about
		WHEN 'activity' THEN 'SELECT pg_catalog.to_jsonb(a) FROM distshard.local_activity() a'
		WHEN 'waits' THEN 'SELECT pg_catalog.to_jsonb(w) FROM distshard.local_waits() w' END;
	other int;
	answers text[];
BEGIN
	FOR other IN SELECT n.node_id FROM distshard.node n
		WHERE n.role = 'primary' AND n.node_id <> distshard.local_node_id() AND question IS NOT NULL ORDER BY 1
	LOOP
		BEGIN
			answers := ARRAY(SELECT distshard.ask_node(other, question));
		EXCEPTION WHEN connection_exception OR sqlclient_unable_to_establish_sqlconnection OR connection_failure
			OR sqlserver_rejected_establishment_of_sqlconnection THEN
			answers := ARRAY[NULL];
			IF about = 'waits' THEN
				RAISE WARNING 'node % does not answer: locks that are waited for there are not shown', other USING DETAIL = sqlerrm;
			END IF;
		END;
		RETURN QUERY SELECT other, a::jsonb FROM unnest(answers) a;
	END LOOP;
END $$;

CREATE FUNCTION distshard.all_activity(OUT node_id int, OUT session_node int, OUT session_pid int, OUT pid int,
	OUT user_name name, OUT application_name text, OUT client_addr inet, OUT state text, OUT wait text,
	OUT xact_start timestamptz, OUT query_start timestamptz, OUT query text) RETURNS SETOF record
LANGUAGE sql SET search_path = pg_catalog AS $$
	SELECT distshard.local_node_id(), a.* FROM distshard.local_activity() a
	UNION ALL
	SELECT n.node_id, (n.answer ->> 'session_node')::int, (n.answer ->> 'session_pid')::int, (n.answer ->> 'pid')::int,
		n.answer ->> 'user_name', n.answer ->> 'application_name', (n.answer ->> 'client_addr')::inet,
		CASE WHEN n.answer IS NULL THEN 'node does not answer' ELSE n.answer ->> 'state' END, n.answer ->> 'wait',
		(n.answer ->> 'xact_start')::timestamptz, (n.answer ->> 'query_start')::timestamptz, n.answer ->> 'query'
	FROM distshard.ask_other_nodes('activity') n
$$;

CREATE FUNCTION distshard.all_waits(OUT node_id int, OUT pid int, OUT session_node int, OUT session_pid int,
	OUT blocker_pid int, OUT blocker_session_node int, OUT blocker_session_pid int, OUT lock text, OUT since timestamptz)
RETURNS SETOF record
LANGUAGE sql SET search_path = pg_catalog AS $$
	SELECT distshard.local_node_id(), w.* FROM distshard.local_waits() w
	UNION ALL
	SELECT n.node_id, (n.answer ->> 'pid')::int, (n.answer ->> 'session_node')::int, (n.answer ->> 'session_pid')::int,
		(n.answer ->> 'blocker_pid')::int, (n.answer ->> 'blocker_session_node')::int,
		(n.answer ->> 'blocker_session_pid')::int, n.answer ->> 'lock', (n.answer ->> 'since')::timestamptz
	FROM distshard.ask_other_nodes('waits') n WHERE n.answer IS NOT NULL
$$;

-- A line for each session of the cluster, followed by one for each backend of other nodes that works for it. The
-- statement is the client's, the fragment what the backend makes of it.
CREATE VIEW distshard.activity AS
	WITH a AS MATERIALIZED (SELECT * FROM distshard.all_activity())
	SELECT a.session_node, a.session_pid, a.node_id, a.pid, a.user_name, a.application_name, a.client_addr, a.state,
		a.wait, a.xact_start, a.query_start, s.query AS statement,
		CASE WHEN s.pid = a.pid AND s.node_id = a.node_id THEN NULL ELSE a.query END AS fragment
	FROM a LEFT JOIN a s ON s.node_id = a.session_node AND s.pid = a.session_pid
	ORDER BY a.session_node, a.session_pid, a.node_id <> a.session_node OR a.pid <> a.session_pid, a.node_id, a.pid;

-- A line for each backend that waits for a lock and each one that is in its way, on whatever node.
CREATE VIEW distshard.lock_waits AS
	WITH a AS MATERIALIZED (SELECT * FROM distshard.all_activity())
	SELECT w.node_id, w.lock, date_trunc('milliseconds', clock_timestamp() - w.since) AS waiting_for, w.pid AS blocked_pid,
		w.session_node AS blocked_session_node, w.session_pid AS blocked_session_pid, b.user_name AS blocked_user,
		b.query AS blocked_statement, w.blocker_pid AS blocking_pid, w.blocker_session_node AS blocking_session_node,
		w.blocker_session_pid AS blocking_session_pid, h.user_name AS blocking_user,
		CASE WHEN w.blocker_pid IS NULL THEN '<prepared transaction>' ELSE h.query END AS blocking_statement
	FROM distshard.all_waits() w
		LEFT JOIN a b ON b.node_id = w.session_node AND b.pid = w.session_pid
		LEFT JOIN a h ON h.node_id = w.blocker_session_node AND h.pid = w.blocker_session_pid
	ORDER BY w.since, w.node_id, w.pid, w.blocker_pid;

GRANT SELECT ON distshard.activity, distshard.lock_waits TO PUBLIC;

-- pg_cancel_backend() and pg_terminate_backend() for a session, or a backend, of any node; the same rights are needed.
CREATE FUNCTION distshard.signal_other_node(node_id int, pid int, terminate boolean) RETURNS boolean
LANGUAGE sql STRICT SECURITY DEFINER SET search_path = pg_catalog AS $$
	SELECT distshard.ask_node(signal_other_node.node_id, CASE WHEN signal_other_node.terminate
		THEN format('SELECT pg_catalog.pg_terminate_backend(%s)', signal_other_node.pid)
		ELSE format('SELECT pg_catalog.pg_cancel_backend(%s)', signal_other_node.pid) END)::boolean
$$;

CREATE FUNCTION distshard.cancel_session(session_node int, session_pid int) RETURNS boolean
LANGUAGE sql STRICT SET search_path = pg_catalog AS $$
	SELECT CASE WHEN session_node = distshard.local_node_id() THEN pg_cancel_backend(session_pid)
		ELSE distshard.signal_other_node(session_node, session_pid, false) END
$$;

CREATE FUNCTION distshard.terminate_session(session_node int, session_pid int) RETURNS boolean
LANGUAGE sql STRICT SET search_path = pg_catalog AS $$
	SELECT CASE WHEN session_node = distshard.local_node_id() THEN pg_terminate_backend(session_pid)
		ELSE distshard.signal_other_node(session_node, session_pid, true) END
$$;
