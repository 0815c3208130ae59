/*-------------------------------------------------------------------------
 *
 * locked_tables.h
 *	  What PostgreSQL is told of tables whose rows the nodes lock.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_LOCKED_TABLES_H
#define DISTSHARD_LOCKED_TABLES_H

#include "postgres.h"

#include "nodes/parsenodes.h"
#include "nodes/plannodes.h"

/* The tables of FOR UPDATE and the like, at any depth, before planning changes the query. */
extern List *FindLockedTables(Query *query);

/* Says in the plan that their rows are locked. */
extern void MarkLockedTables(PlannedStmt *plan, List *locked);

#endif
