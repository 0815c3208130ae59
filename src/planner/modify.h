/*-------------------------------------------------------------------------
 *
 * modify.h
 *	  INSERT, UPDATE, DELETE and MERGE.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_MODIFY_H
#define DISTSHARD_MODIFY_H

#include "postgres.h"

#include "executor/modify_node.h"
#include "executor/statement_triggers.h"
#include "nodes/extensible.h"
#include "nodes/pathnodes.h"
#include "planner/leaf.h"
#include "planner/planner.h"

/*
 * How a modification is carried out: either the query is shipped, or rows are
 * computed here, by the source, and a plan node sends them on.
 */
struct Modification
{
	Query       *query;
	FragmentPlan fragment; /* shipped: where to */
	Expr        *key;      /* shipped to one shard: what selects it */

	Query                   *source; /* NULL: the query is shipped */
	const CustomScanMethods *methods;
	WritePlan                write;
};

/* modify.c: can it be shipped? Fills in how, if so. */
extern bool ShipModification(Query *query, Modification *modification);

/* Raises the error that a modification cannot be done, with the reason as detail. */
extern void RefuseModification(Query *query, const char *reason) pg_attribute_noreturn();

/* Has the expression a subquery that gives another answer on another node? */
extern bool ReadsOtherTables(Node *expr);

/* Does each row that is changed meet one row of what is joined with it at most? Else one of several is chosen. */
extern bool JoinsOneRow(Query *query);

/* modify_rows.c: the other way. Fills in how, or raises an error. */
extern void InsertRows(Query *query, Modification *modification);
extern void ChangeRows(Query *query, Modification *modification);

/* Must rows be inserted shard by shard, for what RETURNING asks of them? */
extern bool InsertsByShard(Query *query, DistTable *table);

/* Makes the source of a statement's rows lock those of the target. */
extern void LockTarget(Query *query, Query *source, bool deletes);

/* modify_merge.c: a SELECT from the source with the target joined to it, and nothing selected. */
extern Query *JoinForMerge(Query *merge);

/* Makes a MERGE a SELECT, in place, with CTEs that do what it does. */
extern void ReplaceMerge(Query *query);

/* steps.c: a CTE that is computed by itself, whatever the number of references to it. */
extern CommonTableExpr *MakeCte(const char *name, Query *query, int references);

/* A SELECT from a CTE of the query around it, without what it selects. */
extern Query *SelectFromCte(CommonTableExpr *cte);

/* Adds to WITH what is carried out when it is asked, in the list of what is selected, whether it has rows. */
extern CommonTableExpr *AddStep(Query *outer, const char *name, Query *step);

/* modify_leaf.c: a modification as a source of rows. */

/* Is it an INSERT, UPDATE, DELETE or MERGE whose target is distributed? */
extern bool ModifiesDistTable(Query *query);

/* Does RETURNING need what the nodes do not have, so that it is computed here? */
extern bool ReturnsHere(Query *query);

/* Makes it a SELECT, in place, of what the modification returns. */
extern void ReplaceModification(Query *query);

/* Sees to it that each CTE is planned once, by itself: those of a query with modifications. */
extern void KeepCtes(List *ctes);

extern CustomPath *ModificationPath(PlannerInfo *root, RelOptInfo *rel, Modification *modification);

/* A SELECT in the query's place, without what it selects. */
extern Query *SelectAround(Query *query);

/* Moves the query one level down, below a query that has its CTEs now. */
extern void MoveBelowCtes(Query *query);

#endif
