-- The plan of the last fragment that this session ran while distshard.explain_fragments was set; which: 1 verbose,
-- 2 with costs, 3 both.
CREATE FUNCTION distshard.last_fragment_plan(which int) RETURNS text
	LANGUAGE C STRICT PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'distshard_last_fragment_plan';

-- Locks out other writers of this node's copy of a reference table, to the end of the transaction.
CREATE FUNCTION distshard.lock_copy(reference_table regclass) RETURNS void
	LANGUAGE C STRICT AS 'MODULE_PATHNAME', 'distshard_lock_copy';

-- Raises the error of a view WITH CHECK OPTION unless the row has passed the view's condition.
CREATE FUNCTION distshard.check_option(passed bool, view text, new_row anyelement) RETURNS bool
	LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'distshard_check_option';
CREATE FUNCTION distshard.check_conflict(passed bool, view text) RETURNS bool
	LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'distshard_check_conflict';

-- The rows that this transaction has moved out of the shards of this node, given to the node that inserts them.
CREATE FUNCTION distshard.take_moved(anyelement) RETURNS SETOF anyelement
	LANGUAGE C PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'distshard_take_moved';
