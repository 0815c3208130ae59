/*-------------------------------------------------------------------------
 *
 * deferred_triggers.h
 *	  Constraint triggers that are still deferred at COMMIT.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_DEFERRED_TRIGGERS_H
#define DISTSHARD_DEFERRED_TRIGGERS_H

#include "postgres.h"

#include "executor/execdesc.h"
#include "utils/relcache.h"

extern void InitDeferredTriggers(void);

/* For another node rows of these data tables, or their partitions, have changed, in ways that their triggers are deferred for, or not. */
extern void NoteChanges(QueryDesc *query);
extern void NoteChangedTree(Relation data);

/* Says by a notice that triggers are deferred, if some are: to the node that this backend works for. */
extern void TellOfDeferredTriggers(void);

#endif
