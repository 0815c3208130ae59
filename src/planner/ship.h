/*-------------------------------------------------------------------------
 *
 * ship.h
 *	  Plans of statements that are shipped whole.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_SHIP_H
#define DISTSHARD_SHIP_H

#include "postgres.h"

#include "nodes/plannodes.h"
#include "planner/dist_plan.h"

extern PlannedStmt *ShipQuery(Query *query, FragmentPlan *fragment, Expr *key);

/* Does a statement fire triggers on the node where it came in? */
extern bool FiresTriggersOfStatement(Query *query);

/*
 * The table that a statement names, whose statement triggers fire: the one that is changed, or one from which it
 * inherits (modify_tree.h).
 */
extern Oid NamedTable(Query *query);

/* Does an UPDATE or DELETE fire statement triggers, which only a shipped plan does? */
extern bool FiresTriggersOfChange(Query *query);

/* The same for what is in WITH, INSERT included. */
extern bool CtesFireTriggers(Query *query);

/*
 * May a MERGE change the key of rows that triggers have transition tables for? What it updates is then apart from what
 * it deletes, since PostgreSQL takes a row that it moves for one that is deleted and inserted: see executor/captured_rows.c.
 */
extern bool MergeMovesCapturedRows(Query *query);

/* Do its BEFORE row triggers fire here, for an UPDATE or DELETE? See executor/before_row.h. */
extern bool FiresBeforeChangeHere(Query *query);

/* Copies of all relation entries of a query, for permission checks, locks and invalidation. */
extern List *RelationsForChecks(Query *query);

#endif
