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
	EState        *estate;
	Bitmapset     *operations; /* of CmdType */
	ResultRelInfo *target;     /* of the logical table */

	/* transition tables, by CmdType; NULL: nobody wants them */
	TransitionCaptureState *captures[CMD_DELETE + 1];
	ResultRelInfo          *captured;                     /* the table without its row triggers */
	RowTriggers            *row_triggers[CMD_DELETE + 1]; /* that want transition tables, too */
	TupleTableSlot         *row;                          /* one of its rows */
} StatementTriggers;

/* Where the rows for transition tables stand among what a statement returns. */
typedef struct CapturedColumns
{
	List      *attnums;  /* of int: which columns of the table */
	AttrNumber new_row;  /* the first of them, of rows as they are now; 0: not wanted */
	AttrNumber old_row;  /* the first of them, of rows as they were */
	AttrNumber conflict; /* xmax of an INSERT's rows: not 0 if ON CONFLICT has updated them */
} CapturedColumns;

/* Do row triggers BEFORE INSERT fire where the statement came in? And are there any? */
extern bool BeforeInsertFiresHere(Relation logical);
extern bool HasBeforeInsertHere(Relation logical);

/* Does the operation fire triggers on the node where the statement came in? */
extern bool FiresTriggersHere(Oid logical_relid, CmdType operation);

/* Do triggers after it want its rows in transition tables? */
extern bool WantsTransitionTable(Oid logical_relid, CmdType operation);
extern bool WantsOldTransitionTable(Oid logical_relid, CmdType operation);

/* Keeps a row that the statement has returned for them. */
extern void CaptureRow(StatementTriggers *triggers, CmdType command, TupleTableSlot *returned,
					   const CapturedColumns *columns);

/* The caller holds a lock on the table, and ends what it began. */
extern void BeginStatementTriggers(StatementTriggers *triggers, EState *estate, Oid logical_relid,
								   Bitmapset *operations);

/* What a statement may do to rows: MERGE by its clauses, INSERT by ON CONFLICT. */
extern Bitmapset *OperationsOfStatement(Query *statement);
extern void       FireBeforeStatement(StatementTriggers *triggers);
extern void       FireAfterStatement(StatementTriggers *triggers);
extern void       EndStatementTriggers(StatementTriggers *triggers);

#endif
