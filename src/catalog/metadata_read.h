/*-------------------------------------------------------------------------
 *
 * metadata_read.h
 *	  The rows of the metadata tables, uncached: most callers want metadata.h.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_METADATA_READ_H
#define DISTSHARD_METADATA_READ_H

#include "postgres.h"

#include "catalog/metadata.h"
#include "nodes/pg_list.h"

/* A row of distshard.distributed_table. */
typedef struct TableRow
{
	Oid        relid;
	Oid        data_relid;
	int32      colocation_id;
	AttrNumber key; /* InvalidAttrNumber unless the method is hash */
} TableRow;

extern Oid        FindMetadataSchema(void);
extern void       ReadLocal(Oid schema, int32 *group_id, int64 *placement_version);
extern List      *ReadNodes(Oid schema, int32 local_group); /* of ClusterNode *, by node_id */
extern List      *ReadTables(Oid schema);                   /* of TableRow * */
extern DistMethod ReadMethod(Oid schema, int32 colocation_id);
extern Shard     *ReadShards(Oid schema, int32 colocation_id, int *nshards); /* by hash_min */

#endif
