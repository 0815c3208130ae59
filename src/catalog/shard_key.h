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

/* The groups that hold shards of the table, as a list of integers. */
extern List *GroupsOfTable(DistTable *table);

/* The groups that hold the shards of an array's elements, likewise; a NULL equals no key. */
extern List *GroupsForValues(DistTable *table, Datum array);

#endif
