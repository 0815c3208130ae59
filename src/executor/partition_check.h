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

/* To be called when the executor has started a statement: is it what another node has sent? Takes no lock. */
extern void WaivePartitionCheck(QueryDesc *query, bool sent);

#endif /* DISTSHARD_PARTITION_CHECK_H */
