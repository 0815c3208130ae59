/*-------------------------------------------------------------------------
 *
 * metadata.h
 *	  What lives where: distributed tables, shards and nodes, cached for the
 *	  session. See metadata.c for how long results stay valid.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_METADATA_H
#define DISTSHARD_METADATA_H

#include "postgres.h"

#include "access/attnum.h"
#include "fmgr.h"
#include "nodes/pg_list.h"
#include "partitioning/partdefs.h"

#define HASH_RING_MAX PG_UINT32_MAX

typedef enum DistMethod
{
	DIST_HASH,     /* cut by the hash of the key */
	DIST_SINGLE,   /* the whole table is one shard */
	DIST_REFERENCE /* a full copy on every node */
} DistMethod;

/* One PostgreSQL server of the cluster. */
typedef struct ClusterNode
{
	int32 node_id;
	int32 group_id;
	bool  is_primary;
	char *host;
	int   port;
	char *socket_dir; /* NULL if unknown */
	bool  holds_shards;
	bool  is_local; /* this very server */
} ClusterNode;

/* One slice of the hash ring, as one table sees it. */
typedef struct Shard
{
	int64  shard_id;
	uint32 hash_min; /* both inclusive */
	uint32 hash_max;
	int32  group_id; /* 0 for a reference table: every group */
	int64  generation;
	Oid    partition; /* this node's relation that holds its rows, or InvalidOid; for a parent, its data table */
} Shard;

/* A logical table and how it is cut. */
typedef struct DistTable
{
	Oid        relid;      /* logical table */
	Oid        data_relid; /* data table on this node */
	int32      colocation_id;
	DistMethod method;
	bool       is_parent; /* partitioned by the user: its rows are those of its partitions */
	bool       all_here;  /* this node has all shards; never so for a reference table */

	/* DIST_HASH only */
	AttrNumber key_attno;
	Oid        key_type;
	int32      key_typmod;
	Oid        key_collation;
	Oid        hash_opfamily;
	Oid        hash_opcintype;
	FmgrInfo   hash_proc;       /* extended hash function of the key's type */
	Oid        other_type;      /* which values of queries had last, or InvalidOid */
	FmgrInfo   other_hash_proc; /* that of this type */

	int    nshards;
	Shard *shards; /* ordered by hash_min, without gaps */
} DistTable;

/* Everything below raises errors only for a damaged catalog or out of memory. */

extern void       InitMetadataCache(void);
extern bool       DistshardInstalled(void);
extern Oid        MetadataSchema(void);
extern bool       HaveDistTables(void);
extern DistTable *LookupDistTable(Oid relid);
extern DistTable *LookupDistTableByData(Oid data_relid);
extern List      *AllDistTables(void); /* of DistTable * */

extern int32        LocalGroupId(void);
extern int64        PlacementVersion(void);
extern List        *AllPrimaries(void); /* of ClusterNode *, by node_id */
extern ClusterNode *LookupNode(int32 node_id, bool missing_ok);
extern ClusterNode *GroupPrimary(int32 group_id, bool missing_ok);

extern uint32 HashRingPosition(uint64 partition_hash);
extern uint32 HashKey(DistTable *table, Datum value, bool isnull);
extern Shard *ShardForHash(DistTable *table, uint32 position);
extern Shard *ShardById(DistTable *table, int64 shard_id);

/* Tell every backend of this server that metadata changed, at commit. */
extern void InvalidateMetadata(void);

#endif
