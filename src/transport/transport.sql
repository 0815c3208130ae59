
-- The handshake between nodes; see proof.c.
CREATE FUNCTION distshard.challenge(client_nonce bytea, client_group int, OUT version text, OUT cluster_id uuid,
	OUT group_id int, OUT node_nonce bytea, OUT mac bytea, OUT cancel_key int)
LANGUAGE c STRICT PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'distshard_challenge';
CREATE FUNCTION distshard.prove(mac bytea, client_group int, session_node int, session_pid int) RETURNS void
LANGUAGE c STRICT PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'distshard_prove';

-- This session's connections to other nodes.
CREATE FUNCTION distshard.connections(OUT node_id int, OUT address text, OUT session_user_name name,
	OUT backend_pid int, OUT state text, OUT unread int, OUT prepared_statements int)
RETURNS SETOF record LANGUAGE c STRICT PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'distshard_connections';
CREATE VIEW distshard.connections AS SELECT * FROM distshard.connections();
GRANT SELECT ON distshard.connections TO PUBLIC;
