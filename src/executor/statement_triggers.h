/*-------------------------------------------------------------------------
 *
 * statement_triggers.h
 *	  Triggers of the logical table, which fire once for a statement, here; and
 *	  row triggers with transition tables.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_STATEMENT_TRIGGERS_H
#define DISTSHARD_STATEMENT_TRIGGERS_H

#include "postgres.h"

#include "commands/trigger.h"
#include "executor/row_triggers.h"
#include "nodes/execnodes.h"
#include "nodes/nodes.h"
#include "utils/relcache.h"

typedef struct StatementTriggers
{
	EState    *estate;
	Bitmapset *operations; /* of CmdType */
	Bitmapset
		*before; /* those whose triggers fire before it, which other parts of a MERGE may do */
	ResultRelInfo *named;  /* the logical table whose statement triggers fire */
	ResultRelInfo *target; /* that whose rows change: the same, or one that inherits from it */

	/* transition tables, by CmdType; NULL: nobody wants them */
	TransitionCaptureState *captures[CMD_DELETE + 1];
	ResultRelInfo          *captured;                     /* the target without its row triggers */
	RowTriggers            *row_triggers[CMD_DELETE + 1]; /* that want transition tables, too */
	TupleTableSlot         *row;                          /* one of its rows */
} StatementTriggers;

/* Do row triggers BEFORE INSERT fire where the statement came in? And are there any? */
extern bool BeforeInsertFiresHere(Relation logical);
extern bool HasBeforeInsertHere(Relation logical);

/* Does the operation fire triggers on the node where the statement came in? */
extern bool FiresTriggersHere(Oid logical_relid, CmdType operation);

/* Are there triggers with transition tables? */
extern bool HasTransitionTables(Oid logical_relid);

/* Do triggers after it want its rows in transition tables? Known once FireBeforeStatement was called. */
extern bool CapturesRows(const StatementTriggers *triggers);

/* Will they, if it is run? */
extern bool WillCaptureRows(const StatementTriggers *triggers);

/* The caller holds a lock on the tables, and ends what it began. */
extern void BeginStatementTriggers(StatementTriggers *triggers, EState *estate, Oid target,
								   Oid named, Bitmapset *operations);

/* What a statement may do to rows: MERGE by its clauses, INSERT by ON CONFLICT. */
extern Bitmapset *OperationsOfStatement(Query *statement);
extern void       FireBeforeStatement(StatementTriggers *triggers);
extern void       FireAfterStatement(StatementTriggers *triggers);
extern void       EndStatementTriggers(StatementTriggers *triggers);

#endif
