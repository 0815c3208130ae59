-- The plan of the scan's last fragment that this transaction ran while distshard.explain_fragments was set; which: 1
-- verbose, 2 with costs, 3 both.
CREATE FUNCTION distshard.fragment_plan(scan int, which int) RETURNS text
	LANGUAGE C STRICT PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'distshard_fragment_plan';

-- Locks out other writers of this node's copy of a reference table, to the end of the transaction; shared with
-- others who do not write.
CREATE FUNCTION distshard.lock_copy(reference_table regclass, shared bool, wait bool) RETURNS void
	LANGUAGE C STRICT AS 'MODULE_PATHNAME', 'distshard_lock_copy';

-- Raises the error of a view WITH CHECK OPTION unless the row has passed the view's condition, or that of a policy.
CREATE FUNCTION distshard.check_option(passed bool, view text, new_row anyelement) RETURNS bool
	LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'distshard_check_option';
CREATE FUNCTION distshard.check_policy(passed bool, message text) RETURNS bool
	LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'distshard_check_policy';
CREATE FUNCTION distshard.check_conflict(passed bool, view text) RETURNS bool
	LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'distshard_check_conflict';

-- The rows that this transaction has moved out of the shards of this node, given to the node that inserts them.
CREATE FUNCTION distshard.take_moved(anyelement) RETURNS SETOF anyelement
	LANGUAGE C PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'distshard_take_moved';

-- Stands in plans of ON CONFLICT only: see outbox.c.
CREATE FUNCTION distshard.go_on_as_update(internal) RETURNS bool
	LANGUAGE C PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'distshard_go_on_as_update';

-- The calls of AFTER ROW triggers, and the rows for transition tables (without a trigger's name), that a fragment of this
-- transaction holds, given to the node that fires them.
CREATE FUNCTION distshard.take_triggers(fragment int,
	OUT schema_name text, OUT table_name text, OUT trigger text, OUT event int, OUT old text, OUT new text)
	RETURNS SETOF record
	LANGUAGE C STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'distshard_take_triggers';

-- Fires deferred triggers of this transaction; the calls of users' are held, to be taken. Only for the node that they are for.
CREATE PROCEDURE distshard.fire_deferred()
	LANGUAGE C AS 'MODULE_PATHNAME', 'distshard_fire_deferred';

-- Any aggregate in two steps: the state that its transition function arrives at, as a value of the second argument's
-- type, and the result of combined states. See partial_aggregate.c.
CREATE FUNCTION distshard.partial_step(internal, text, anyelement, VARIADIC "any") RETURNS internal
	LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'distshard_partial_step';
CREATE FUNCTION distshard.partial_final(internal, text, anyelement, VARIADIC "any") RETURNS anyelement
	LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'distshard_partial_final';
CREATE FUNCTION distshard.partial_join(internal, internal) RETURNS internal
	LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'distshard_partial_join';
CREATE FUNCTION distshard.partial_serialize(internal) RETURNS bytea
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'distshard_partial_serialize';
CREATE FUNCTION distshard.partial_deserialize(bytea, internal) RETURNS internal
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'distshard_partial_deserialize';
CREATE AGGREGATE distshard.partial(aggregate text, state_type anyelement, VARIADIC "any") (
	SFUNC = distshard.partial_step, STYPE = internal, SSPACE = 256,
	FINALFUNC = distshard.partial_final, FINALFUNC_EXTRA, FINALFUNC_MODIFY = read_write,
	COMBINEFUNC = distshard.partial_join, SERIALFUNC = distshard.partial_serialize,
	DESERIALFUNC = distshard.partial_deserialize, PARALLEL = safe);
-- of aggregates that are not marked as safe for parallel query
CREATE AGGREGATE distshard.partial_serial(aggregate text, state_type anyelement, VARIADIC "any") (
	SFUNC = distshard.partial_step, STYPE = internal, SSPACE = 256,
	FINALFUNC = distshard.partial_final, FINALFUNC_EXTRA, FINALFUNC_MODIFY = read_write);

CREATE FUNCTION distshard.combine_step(internal, regprocedure, internal, anyelement, VARIADIC "any") RETURNS internal
	LANGUAGE C IMMUTABLE AS 'MODULE_PATHNAME', 'distshard_combine_step';
CREATE FUNCTION distshard.combine_final(internal, regprocedure, internal, anyelement, VARIADIC "any") RETURNS anyelement
	LANGUAGE C IMMUTABLE AS 'MODULE_PATHNAME', 'distshard_combine_final';
CREATE AGGREGATE distshard.combine(aggregate regprocedure, state internal, result anyelement, VARIADIC "any") (
	SFUNC = distshard.combine_step, STYPE = internal, SSPACE = 256,
	FINALFUNC = distshard.combine_final, FINALFUNC_EXTRA, FINALFUNC_MODIFY = read_write);

-- What identifies the current row of a cursor, and where it is: for WHERE CURRENT OF, see dist_cursor.c.
CREATE FUNCTION distshard.cursor_value(cursor text, tableoid oid, n int, anyelement) RETURNS anyelement
	LANGUAGE C STABLE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'distshard_cursor_value';
CREATE FUNCTION distshard.cursor_place(cursor text, tableoid oid) RETURNS text
	LANGUAGE C STABLE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'distshard_cursor_place';
CREATE FUNCTION distshard.latest_ctids(place text, key anyelement) RETURNS tid[]
	LANGUAGE C STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'distshard_latest_ctids';
-- Rows that nodes send each other for a join: see src/executor/inbox.c, row_sender.c and sent_fragment.c.
CREATE FUNCTION distshard.open_inbox(transfer int) RETURNS bigint
	LANGUAGE C STRICT AS 'MODULE_PATHNAME', 'distshard_open_inbox';
CREATE FUNCTION distshard.receive_rows(inbox bigint, sender int, row_count bigint, data bytea) RETURNS void
	LANGUAGE C STRICT AS 'MODULE_PATHNAME', 'distshard_receive_rows';
CREATE FUNCTION distshard.open_sender(transfer int, shards_of text, placement bigint, key int, own_hash bool, columns bigint[], nodes bigint[], inboxes bigint[])
	RETURNS void LANGUAGE C STRICT AS 'MODULE_PATHNAME', 'distshard_open_sender';

-- Stands for these rows in a fragment; never executed. The text tells the planner about them: see src/planner/transfer.c.
CREATE FUNCTION distshard.received_rows(transfer int, about text) RETURNS SETOF record
	LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'distshard_received_rows';

-- The value, if the row is what it was when the value was computed; else raises an error.
CREATE FUNCTION distshard.check_unchanged(unchanged bool, value anyelement) RETURNS anyelement
	LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'distshard_check_unchanged';
