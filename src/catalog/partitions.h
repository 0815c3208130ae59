/*-------------------------------------------------------------------------
 *
 * partitions.h
 *	  The partitions of a user's table.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_PARTITIONS_H
#define DISTSHARD_PARTITIONS_H

#include "postgres.h"

#include "nodes/pg_list.h"
#include "storage/lockdefs.h"

/* PartitionTree returns the table and all partitions below it, parents first, but not what inherits from it. */
extern List *PartitionTree(Oid relid, LOCKMODE mode);

#endif
