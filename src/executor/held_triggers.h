/*-------------------------------------------------------------------------
 *
 * held_triggers.h
 *	  AFTER ROW triggers, which fire where the statement came in.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_HELD_TRIGGERS_H
#define DISTSHARD_HELD_TRIGGERS_H

#include "postgres.h"

#include "commands/trigger.h"
#include "executor/execdesc.h"
#include "executor/executor.h"
#include "nodes/execnodes.h"

extern void InitHeldTriggers(void);

/*
 * HoldTriggers runs something whose AFTER ROW triggers are held if it says so:
 * for that statement of this session, or if it is NULL for the node that this
 * backend works for.
 */
extern void HoldTriggers(bool hold, EState *statement, void (*run)(void *arg), void *arg);

/* Are triggers held that fire now? */
extern bool HoldsTriggers(void);

/* Must the triggers of a fragment for another node be held? Not if it is a transaction by itself. */
extern bool MustHoldTriggers(void);

/* The same for a fragment: to be told once it has been started, and to finish it. */
extern void MarkToHoldTriggers(QueryDesc *fragment);
extern void FinishHoldingTriggers(QueryDesc *query, ExecutorFinish_hook_type finish);

/* Says by a notice that triggers are held, if some are: to the node that this backend works for. */
extern void TellOfHeldTriggers(void);

/* Holds the call of a trigger that fires for a row, or returns false if it is to be called now. */
extern bool HoldTrigger(TriggerData *data, Relation logical);

/* The same for a row that the statement has changed, which its transition tables are to have; NULL: no such row. */
extern void HoldChangedRow(TriggerData *data, HeapTuple old, HeapTuple new);

/* Takes the next such row of a table out of what is held. Returns the operation, CMD_UNKNOWN if there is none. */
extern CmdType NextChangedRow(EState *statement, Relation logical, HeapTuple *old, HeapTuple *new);

/*
 * AddHeldTriggers adds to the list what a node has said that it holds, if it has;
 * TakeHeldTriggers takes it, when the statement or a part of it is done there. They
 * fire when all of it is: at ExecutorFinish, or in FireHeldTriggers if the
 * statement has no such thing.
 */
extern List *AddHeldTriggers(List *held, int32 node_id, int number);
extern void  TakeHeldTriggers(EState *statement, List *held);
extern void  FireHeldTriggers(EState *statement);

#endif
