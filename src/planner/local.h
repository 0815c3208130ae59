/*-------------------------------------------------------------------------
 *
 * local.h
 *	  Queries that this node can answer from its own shards.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_LOCAL_H
#define DISTSHARD_LOCAL_H

#include "postgres.h"

#include "catalog/metadata.h"
#include "nodes/parsenodes.h"

/*
 * PointAtDataTables changes the query so that it reads and writes this node's
 * data tables, or with shard_id, that one shard of them. Takes the locks on
 * them that the query's own tables already hold.
 */
extern void PointAtDataTables(Query *query, int64 shard_id);

/* The same for reference tables only. */
extern void PointAtLocalCopies(Query *query);

#endif
