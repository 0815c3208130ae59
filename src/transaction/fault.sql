
-- Only in a build with make FAULTS=1; see fault.c.
CREATE FUNCTION distshard.set_fault(point text, action text) RETURNS void
LANGUAGE c PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'distshard_set_fault';
CREATE FUNCTION distshard.waiting_at_faults() RETURNS int
LANGUAGE c PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'distshard_waiting_at_faults';
REVOKE ALL ON FUNCTION distshard.set_fault, distshard.waiting_at_faults FROM PUBLIC;
