/*-------------------------------------------------------------------------
 *
 * dist_change.h
 *	  The plan node that updates or deletes rows found here.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_DIST_CHANGE_H
#define DISTSHARD_DIST_CHANGE_H

#include "postgres.h"

#include "catalog/metadata.h"
#include "nodes/parsenodes.h"
#include "nodes/plannodes.h"

extern void InitDistChange(void);

/*
 * WrapChange makes a plan that finds rows, and locks them, into one that
 * changes them. statement is a row template whose columns are the plan's output
 * columns; key is the one that has the row's shard key, or 0.
 */
extern PlannedStmt *WrapChange(PlannedStmt *rows, Query *statement, DistTable *table,
							   AttrNumber key);

#endif
