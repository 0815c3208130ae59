
-- Only in a build with make FAULTS=1; see fault.c.
CREATE FUNCTION distshard.set_fault(point text, action text) RETURNS void
LANGUAGE c PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'distshard_set_fault';
CREATE FUNCTION distshard.waiting_at_fault() RETURNS int
LANGUAGE c PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'distshard_waiting_at_fault';
REVOKE ALL ON FUNCTION distshard.set_fault, distshard.waiting_at_fault FROM PUBLIC;
