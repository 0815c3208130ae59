/*-------------------------------------------------------------------------
 *
 * trigger_call.h
 *	  Calls that PostgreSQL counts as those of triggers.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_TRIGGER_CALL_H
#define DISTSHARD_TRIGGER_CALL_H

#include "postgres.h"

#include "commands/trigger.h"
#include "fmgr.h"
#include "nodes/execnodes.h"

/* Calls a trigger's function, once for a row, in the executor's context for one row. */
extern void CallTrigger(EState *estate, TriggerData *data, FmgrInfo *function);

/* How deep in triggers are we? And runs something as if we were so much deeper. */
extern int  TriggerDepth(void);
extern void RunInTriggers(int depth, void (*run)(void *), void *arg);

#endif
