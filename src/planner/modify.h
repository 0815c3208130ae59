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

#include "planner/planner.h"

/* modify_rows.c: the rows are computed here. */
extern PlannedStmt *PlanInsertOfRows(Query *query, DistTable *table, const PlannerCall *call);
extern PlannedStmt *PlanChangeOfRows(Query *query, DistTable *table, const PlannerCall *call);

#endif
