/*-------------------------------------------------------------------------
 *
 * limited_locks.h
 *	  Fragments that lock no more rows than LIMIT says, on all nodes together.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_LIMITED_LOCKS_H
#define DISTSHARD_LIMITED_LOCKS_H

#include "postgres.h"

#include "nodes/parsenodes.h"
#include "nodes/pathnodes.h"
#include "planner/dist_plan.h"

/* Does a leaf lock only rows that come first? Then its scan has to merge what the nodes return, if there is an order. */
extern bool LimitsLocks(PlannerInfo *root, const Query *leaf, bool merged);

/*
 * AddProbe prints a fragment's probe, unless it is for one node, and returns the params with the value of LIMIT
 * behind them.
 */
extern List *AddProbe(FragmentPlan *fragment, Query *query, List *params);

#endif
