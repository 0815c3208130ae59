/*-------------------------------------------------------------------------
 *
 * current_of.h
 *	  WHERE CURRENT OF, and the cursors that it refers to.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_CURRENT_OF_H
#define DISTSHARD_CURRENT_OF_H

#include "postgres.h"

#include "nodes/plannodes.h"

extern void InitCurrentOf(void);

/* What a cursor's query returns more than its client sees; NULL: nothing. */
typedef struct CursorIdentity CursorIdentity;

/* Makes a cursor's query return what identifies the rows of its distributed tables, if they can be updated. */
extern CursorIdentity *AddCursorIdentity(Query *query);

/* Puts a node on top of its plan that takes this off, and knows it. */
extern PlannedStmt *PlanCursor(PlannedStmt *plan, CursorIdentity *identity);

/* Makes WHERE CURRENT OF a comparison with what a cursor knows. */
extern void ReplaceCurrentOf(Query *query);

#endif
