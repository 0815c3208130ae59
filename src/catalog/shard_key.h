/*-------------------------------------------------------------------------
 *
 * shard_key.h
 *	  The shard of a value that a query compares the shard key with.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_SHARD_KEY_H
#define DISTSHARD_SHARD_KEY_H

#include "postgres.h"

#include "catalog/metadata.h"

extern Shard *ShardForValue(DistTable *table, Oid type, Datum value, bool isnull);

#endif
