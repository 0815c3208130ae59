/*-------------------------------------------------------------------------
 *
 * dist_insert.h
 *	  The plan node that sends rows computed here to their shards.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_DIST_INSERT_H
#define DISTSHARD_DIST_INSERT_H

#include "postgres.h"

#include "catalog/metadata.h"
#include "nodes/parsenodes.h"
#include "nodes/plannodes.h"

extern void InitDistInsert(void);

/*
 * WrapInsert makes a plan that computes rows into one that inserts them: the
 * i-th output column into the i-th attribute number of attnums. statement is a
 * row template whose columns are those of written.
 */
extern PlannedStmt *WrapInsert(PlannedStmt *rows, Query *statement, DistTable *table, List *attnums,
							   List *written);

#endif
