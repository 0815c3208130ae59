
-- The handshake between nodes; see proof.c.
CREATE FUNCTION distshard.challenge(client_nonce bytea, client_group int, OUT version text, OUT cluster_id uuid,
	OUT group_id int, OUT node_nonce bytea, OUT mac bytea, OUT cancel_key int,
	OUT capacity int)
LANGUAGE c STRICT PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'distshard_challenge';
CREATE FUNCTION distshard.prove(mac bytea, client_group int, session_node int, session_pid int) RETURNS void
LANGUAGE c STRICT PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'distshard_prove';

-- While a server comes or goes.
CREATE FUNCTION distshard.keep_out(node_id int, group_id int) RETURNS void
LANGUAGE c STRICT AS 'MODULE_PATHNAME', 'distshard_keep_out';
REVOKE ALL ON FUNCTION distshard.keep_out FROM PUBLIC;

-- This session's connections to other nodes.
CREATE FUNCTION distshard.connections(OUT node_id int, OUT address text, OUT session_user_name name,
	OUT backend_pid int, OUT state text, OUT unread int, OUT prepared_statements int)
RETURNS SETOF record LANGUAGE c STRICT PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'distshard_connections';
CREATE VIEW distshard.connections AS SELECT * FROM distshard.connections();
GRANT SELECT ON distshard.connections TO PUBLIC;

-- The sessions of this server that have connections to other nodes, or wait until they may; how many may have some.
CREATE FUNCTION distshard.connection_turns(OUT pid int, OUT waiting bool, OUT urgent bool, OUT since timestamptz,
	OUT idle_since timestamptz)
RETURNS SETOF record LANGUAGE c STRICT PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'distshard_connection_turns';
CREATE VIEW distshard.connection_turns AS SELECT * FROM distshard.connection_turns();
GRANT SELECT ON distshard.connection_turns TO PUBLIC;
CREATE FUNCTION distshard.connection_limit() RETURNS int
LANGUAGE c STRICT PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'distshard_connection_limit';

-- This node's number; and which session each of its backends works for.
CREATE FUNCTION distshard.local_node_id() RETURNS int
LANGUAGE c STABLE STRICT PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'distshard_local_node_id';
CREATE FUNCTION distshard.local_sessions(OUT pid int, OUT session_node int, OUT session_pid int)
RETURNS SETOF record LANGUAGE c STRICT PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'distshard_local_sessions';
