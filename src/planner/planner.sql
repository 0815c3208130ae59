-- The row of a data table, as a row of the logical table whose type the second argument has.
CREATE FUNCTION distshard.logical_row(record, anyelement) RETURNS anyelement
	LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'distshard_logical_row';

-- The user's table, or its partition, that a row with this tableoid is of; and its number on the node that asks, which
-- gives the names and numbers that it may be.
CREATE FUNCTION distshard.logical_table(tableoid oid) RETURNS regclass
	LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'distshard_logical_table';
CREATE FUNCTION distshard.partition_oid(tableoid oid, names regclass[], oids oid[]) RETURNS oid
	LANGUAGE sql STABLE PARALLEL SAFE RETURN oids[array_position(names, distshard.logical_table(tableoid))];

-- Shows the text and parameters that a node would be sent for a statement, or the reason why it cannot be sent.
CREATE FUNCTION distshard.print_fragment(statement text, constants_too bool DEFAULT true,
	OUT fragment text, OUT param_types regtype[], OUT params text[], OUT not_printable text)
	LANGUAGE C STRICT AS 'MODULE_PATHNAME', 'distshard_print_fragment';
REVOKE ALL ON FUNCTION distshard.print_fragment FROM PUBLIC;

-- Stands for the rows of a leaf while a query is planned; never executed.
CREATE FUNCTION distshard.leaf_rows(leaf int, first record) RETURNS SETOF record
	LANGUAGE C PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'distshard_leaf_rows';
REVOKE ALL ON FUNCTION distshard.leaf_rows(int, record) FROM PUBLIC;
