/*-------------------------------------------------------------------------
 *
 * node_plan.h
 *	  How a node plans what it does over all its shards.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_NODE_PLAN_H
#define DISTSHARD_NODE_PLAN_H

#include "postgres.h"

#include "nodes/plannodes.h"
#include "planner/planner.h"

/*
 * PlanOverShards has PostgreSQL plan a query over data tables, with the settings
 * that suit all shards of this node. If it is a fragment, other nodes run it too.
 */
extern PlannedStmt *PlanOverShards(Query *query, const PlannerCall *call, bool is_fragment);

#endif
