/*-------------------------------------------------------------------------
 *
 * held_call.h
 *	  The call of a trigger as it is held, and travels.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_HELD_CALL_H
#define DISTSHARD_HELD_CALL_H

#include "postgres.h"

#include "commands/trigger.h"
#include "executor/tuptable.h"
#include "nodes/execnodes.h"

/*
 * Its columns: the table, the trigger, TriggerData's tg_event, and the rows. Without a
 * trigger it is a row for transition tables.
 */
enum
{
	CALL_SCHEMA,
	CALL_TABLE,
	CALL_TRIGGER,
	CALL_EVENT,
	CALL_OLD,
	CALL_NEW,
	CALL_COLUMNS
};

extern TupleDesc HeldCallDesc(void);

/* Stores a call; the rows are those of the relation that the trigger is on, NULL if there is no such row. */
extern void FillHeldCall(TupleTableSlot *call, TriggerData *data, Relation logical,
						 const char *trigger, HeapTuple old, HeapTuple new);

/* What is in a call: the logical table, and its rows, in the current memory context. */
extern Oid  TableOfHeldCall(TupleTableSlot *call);
extern void RowsOfHeldCall(TupleTableSlot *call, Relation logical, HeapTuple *old, HeapTuple *new);

/* fire_held.c: adds a call to those of a statement of this session. */
extern void AddHeldCall(EState *statement, TupleTableSlot *call);

#endif
