-- The row of a data table, as a row of the logical table whose type the second argument has.
CREATE FUNCTION distshard.logical_row(record, anyelement) RETURNS anyelement
	LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'distshard_logical_row';

-- Shows the text and parameters that a node would be sent for a statement, or the reason why it cannot be sent.
CREATE FUNCTION distshard.print_fragment(statement text, constants_too bool DEFAULT true,
	OUT fragment text, OUT param_types regtype[], OUT params text[], OUT not_printable text)
	LANGUAGE C STRICT AS 'MODULE_PATHNAME', 'distshard_print_fragment';
REVOKE ALL ON FUNCTION distshard.print_fragment FROM PUBLIC;

-- Stands for the rows of a leaf while a query is planned; never executed.
CREATE FUNCTION distshard.leaf_rows(leaf int) RETURNS SETOF record
	LANGUAGE C PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'distshard_leaf_rows';
REVOKE ALL ON FUNCTION distshard.leaf_rows(int) FROM PUBLIC;
