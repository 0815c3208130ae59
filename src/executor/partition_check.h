/*-------------------------------------------------------------------------
 *
 * partition_check.h
 *	  Rows that cannot but belong to their shard are not checked for it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_PARTITION_CHECK_H
#define DISTSHARD_PARTITION_CHECK_H

#include "executor/execdesc.h"

/* To be called when the executor has started a fragment. Raises nothing, takes no lock. */
extern void WaivePartitionCheck(QueryDesc *query);

#endif /* DISTSHARD_PARTITION_CHECK_H */
