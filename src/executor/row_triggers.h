/*-------------------------------------------------------------------------
 *
 * row_triggers.h
 *	  Row triggers with transition tables, which fire here, after the statement.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_ROW_TRIGGERS_H
#define DISTSHARD_ROW_TRIGGERS_H

#include "postgres.h"

#include "nodes/execnodes.h"
#include "nodes/nodes.h"

typedef struct RowTriggers RowTriggers;

/* The triggers of the table for the operation; NULL if it has none. Lives in the current context. */
extern RowTriggers *BeginRowTriggers(EState *estate, ResultRelInfo *target, CmdType operation);

/* Keeps a row for them: as it was, as it is now, or both. */
extern void KeepForRowTriggers(RowTriggers *triggers, HeapTuple old, TupleTableSlot *new);

/* Fires them for each row that was kept. */
extern void FireRowTriggers(RowTriggers *triggers);
extern void EndRowTriggers(RowTriggers *triggers);

#endif
