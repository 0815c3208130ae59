
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
