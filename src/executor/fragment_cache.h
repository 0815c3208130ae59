/*-------------------------------------------------------------------------
 *
 * fragment_cache.h
 *	  Plans of fragments that this node runs for itself.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_FRAGMENT_CACHE_H
#define DISTSHARD_FRAGMENT_CACHE_H

#include "postgres.h"

#include "catalog/metadata.h"
#include "nodes/params.h"
#include "planner/dist_plan.h"
#include "utils/plancache.h"
#include "utils/resowner.h"

/*
 * The plan of a fragment, with the claim at its head, and who holds it, to be
 * released with it: NULL if it is in the current memory context, and nobody
 * does.
 */
extern CachedPlan *PlanLocalFragment(const char *sql, ParamListInfo params, ResourceOwner *owner);

/*
 * The same for a fragment about one shard of this node. Sets *sql to its text,
 * with the claim, in the current memory context.
 */
extern CachedPlan *PlanShardFragment(const FragmentPlan *fragment, const Shard *shard,
									 ParamListInfo params, char **sql, ResourceOwner *owner);

#endif
