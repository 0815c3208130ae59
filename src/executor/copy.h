/*-------------------------------------------------------------------------
 *
 * copy.h
 *	  COPY of distributed tables.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_COPY_H
#define DISTSHARD_COPY_H

#include "postgres.h"

#include "catalog/metadata.h"
#include "nodes/parsenodes.h"
#include "nodes/plannodes.h"
#include "parser/parse_node.h"
#include "tcop/cmdtag.h"
#include "utils/queryenvironment.h"
#include "utils/relcache.h"

extern void InitCopy(void);

/*
 * Runs a COPY that names a logical table, or, for another node, a data table.
 * Returns false, with nothing done, if it names neither. To be called from the
 * ProcessUtility hook.
 */
extern bool DistributedCopy(PlannedStmt *pstmt, const char *source_text,
							QueryEnvironment *environment, QueryCompletion *completion);

/* COPY FROM once rights have been checked: copy_from.c. */
extern uint64 CopyFromUser(ParseState *pstate, CopyStmt *stmt, Relation rel, Node *where,
						   DistTable *table);

#endif
