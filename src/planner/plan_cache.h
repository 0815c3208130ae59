/*-------------------------------------------------------------------------
 *
 * plan_cache.h
 *	  Plans of statements for one shard, kept under the statement without its constants.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_PLAN_CACHE_H
#define DISTSHARD_PLAN_CACHE_H

#include "postgres.h"

#include "nodes/parsenodes.h"
#include "nodes/plannodes.h"

/*
 * A plan that shares what is kept, which stays there as long as the current memory context does. NULL if there is
 * none, or the shard is here. The query is left as it was, but by errors.
 */
extern PlannedStmt *PlanFromCache(Query *query, int cursor_options);

#endif
