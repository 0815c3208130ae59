\echo Use "CREATE EXTENSION distshard" to load this file. \quit

-- The metadata catalog: what lives where. Every node holds the same rows, changed only in one distributed
-- transaction over all nodes; node-local are distshard.local and distshard.transaction. Object identifiers
-- differ from node to node, so rows travel in text form, in which regclass and regtype print as names.

CREATE SCHEMA distshard;
GRANT USAGE ON SCHEMA distshard TO PUBLIC;

-- One replicated unit: a primary and its standbys.
CREATE TABLE distshard.node_group (
	group_id int PRIMARY KEY
);

-- One PostgreSQL server.
CREATE TABLE distshard.node (
	node_id int PRIMARY KEY,
	group_id int NOT NULL REFERENCES distshard.node_group,
	role text NOT NULL DEFAULT 'primary' CHECK (role IN ('primary', 'standby')),
	host text NOT NULL,
	port int NOT NULL CHECK (port BETWEEN 1 AND 65535),
	socket_dir text,                            -- its first unix socket directory, used when it is on this host
	region text,
	weight real NOT NULL DEFAULT 1 CHECK (weight > 0),
	holds_shards bool NOT NULL DEFAULT true,    -- do new distributed tables put shards here?
	UNIQUE (host, port)
);

-- A set of tables cut alike: their shards with equal ranges live together.
--   hash       cut by the hash of the key
--   single     the whole table is one shard
--   reference  a full copy on every node
CREATE TABLE distshard.colocation (
	colocation_id int PRIMARY KEY,
	method text NOT NULL CHECK (method IN ('hash', 'single', 'reference')),
	key_type regtype,
	key_collation regcollation,
	shard_count int NOT NULL CHECK (shard_count >= 1),
	joinable bool NOT NULL DEFAULT true         -- do new tables that are cut alike join it unasked?
);
CREATE SEQUENCE distshard.colocation_id_seq AS int;

-- One slice of a colocation, the same for all of its tables. hash_min and hash_max bound it on the hash
-- ring (0 to 2^32 - 1, both inclusive); a reference colocation has one shard with group_id NULL: every group.
CREATE TABLE distshard.shard (
	shard_id bigint PRIMARY KEY,
	colocation_id int NOT NULL REFERENCES distshard.colocation ON DELETE CASCADE,
	hash_min bigint NOT NULL,
	hash_max bigint NOT NULL,
	group_id int REFERENCES distshard.node_group,
	generation bigint NOT NULL DEFAULT 1,       -- grows whenever the shard changes its place or its range
	UNIQUE (colocation_id, hash_min),
	CHECK (hash_min BETWEEN 0 AND hash_max AND hash_max <= 4294967295)
);
CREATE SEQUENCE distshard.shard_id_seq;

-- Logical table -> how it is distributed. The data table is the relation of the same name in the schema
-- that distshard.data_schema() names; key_column is NULL unless the method is hash.
CREATE TABLE distshard.distributed_table (
	logical_table regclass PRIMARY KEY,
	data_table regclass NOT NULL UNIQUE,
	colocation_id int NOT NULL REFERENCES distshard.colocation,
	key_column smallint                         -- attribute number, the same on all nodes
);
CREATE INDEX distributed_table_colocation_idx ON distshard.distributed_table (colocation_id);

-- This node's own row: which cluster it belongs to, as which group. The secret proves to other nodes that a
-- connection comes from the cluster; it is never sent.
CREATE TABLE distshard.local (
	cluster_id uuid NOT NULL,
	secret bytea NOT NULL,
	group_id int NOT NULL REFERENCES distshard.node_group,
	placement_version bigint NOT NULL DEFAULT 1,
	undo text                                   -- what takes back the add_node() that is adding this server (joining.c)
);
CREATE UNIQUE INDEX local_one_row ON distshard.local ((true));
REVOKE ALL ON distshard.local FROM PUBLIC;

-- Commit records of the two-phase commits that this node began: a row means committed. It goes away when none of
-- the node groups that took part has the transaction prepared any more. There is no index: every transaction would pay
-- for it, and what is there is of the last seconds.
CREATE TABLE distshard.transaction (
	gid text NOT NULL,
	groups int[] NOT NULL
);

GRANT SELECT ON distshard.node_group, distshard.node, distshard.colocation, distshard.shard,
	distshard.distributed_table TO PUBLIC;

-- A new installation is a cluster of one: this server, holding all shards.
INSERT INTO distshard.node_group VALUES (1);
INSERT INTO distshard.node (node_id, group_id, host, port, socket_dir)
	VALUES (1, 1, 'localhost', current_setting('port')::int,
		nullif(btrim(split_part(current_setting('unix_socket_directories'), ',', 1)), ''));
INSERT INTO distshard.local (cluster_id, secret, group_id)
	VALUES (gen_random_uuid(), uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()), 1);

-- A change of metadata, by whomever, reaches every backend of this server when it is committed.
CREATE FUNCTION distshard.metadata_changed() RETURNS trigger
	LANGUAGE C AS 'MODULE_PATHNAME', 'distshard_metadata_changed';
CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON distshard.node
	EXECUTE FUNCTION distshard.metadata_changed();
CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON distshard.colocation
	EXECUTE FUNCTION distshard.metadata_changed();
CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON distshard.shard
	EXECUTE FUNCTION distshard.metadata_changed();
CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON distshard.distributed_table
	EXECUTE FUNCTION distshard.metadata_changed();
CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON distshard.local
	EXECUTE FUNCTION distshard.metadata_changed();
ALTER TABLE distshard.node ENABLE ALWAYS TRIGGER changed;
ALTER TABLE distshard.colocation ENABLE ALWAYS TRIGGER changed;
ALTER TABLE distshard.shard ENABLE ALWAYS TRIGGER changed;
ALTER TABLE distshard.distributed_table ENABLE ALWAYS TRIGGER changed;
ALTER TABLE distshard.local ENABLE ALWAYS TRIGGER changed;
