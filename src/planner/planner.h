/*-------------------------------------------------------------------------
 *
 * planner.h
 *	  Query -> plan: the hook, and the strategies that it chooses from.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_PLANNER_H
#define DISTSHARD_PLANNER_H

#include "postgres.h"

#include "nodes/params.h"
#include "nodes/parsenodes.h"
#include "nodes/pathnodes.h"
#include "nodes/plannodes.h"
#include "planner/dist_plan.h"
#include "planner/shape.h"

/* What the planner hook was called with. */
typedef struct PlannerCall
{
	const char   *query_string;
	int           cursor_options;
	ParamListInfo bound_params;
} PlannerCall;

extern void         InitPlanner(void);
extern PlannedStmt *PlanOrdinary(Query *query, const PlannerCall *call);
extern bool         AllShardsLocal(QueryTables *tables);
extern Shard       *ShardKnownNow(DistTable *table, Expr *key);

/* The plan of a query that the shard of the key can answer, whichever that is; NULL: cannot be printed. */
extern PlannedStmt *ShipToShard(Query *query, DistTable *table, Expr *key);

/* inline_functions.c: *inlined then says what the plan depends on; it stays NULL if there is nothing */
extern void InlineFunctions(Query *query, PlannerGlobal **inlined);

/* known_params.c: in place */
extern void FoldKnownNulls(Query *query, ParamListInfo params);

/* leaf.c: queries whose distributed parts are fetched, and the rest done here */
extern void         InitLeaves(void);
extern PlannedStmt *PlanWithLeaves(Query *query, const PlannerCall *call);

/* modify.c: INSERT, UPDATE, DELETE, MERGE */
extern PlannedStmt *PlanModification(Query *query, QueryTables *tables, const PlannerCall *call);

/*
 * While it is set, queries that look for rows against a foreign key see the empty logical tables. Returns what it was.
 */
extern bool PlanForeignKeysAsEmpty(bool empty);

#endif
