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

/* Does an INSERT fire triggers that belong to the coordinator: of the statement, or before a row? */
extern bool HasInsertTriggers(Oid logical_relid);

/*
 * WrapInsert makes a plan that computes rows into one that inserts them: the
 * i-th output column into the i-th attribute number. insert is the statement
 * without its source, for RETURNING and ON CONFLICT.
 */
extern PlannedStmt *WrapInsert(PlannedStmt *rows, Query *insert, DistTable *table, List *attnums);

#endif
