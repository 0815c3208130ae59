/*-------------------------------------------------------------------------
 *
 * before_row.h
 *	  BEFORE UPDATE and BEFORE DELETE row triggers that fire where the statement came in.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_BEFORE_ROW_H
#define DISTSHARD_BEFORE_ROW_H

#include "postgres.h"

#include "commands/trigger.h"
#include "executor/execdesc.h"
#include "executor/statement_triggers.h"

/* Do triggers of the table fire like that? */
extern bool FiresBeforeRowHere(Oid logical_relid, CmdType operation);

/* May triggers BEFORE a row that fire here, or those BEFORE INSERT, run statements, which see the rows before? */
extern bool SeeRowsBefore(Relation logical, CmdType operation);

typedef struct BeforeRow BeforeRow;

/*
 * Rows that are found have, from their first column on, the new values of these
 * attributes, and from the column old_row on (counted from 0), the old row and its ctid.
 */
extern BeforeRow *BeginBeforeRow(StatementTriggers *triggers, CmdType operation, List *attnums,
								 int old_row, TupleDesc found);

/* Returns the row with what triggers made of its new values, or NULL if they left it out. */
extern TupleTableSlot *FireBeforeRow(BeforeRow *before, TupleTableSlot *found);

/* What a fragment is told that writes such rows: the columns that the statement sets, as in RangeTblEntry. */
extern Bitmapset *FiredColumns(BeforeRow *before);

/* Has a fragment that has just been started not fire these triggers, nor those after it that are for other columns. */
extern void WaiveFiredTriggers(QueryDesc *fragment, Bitmapset *columns);

/*
 * Runs such a fragment, which must count the rows that it finds (INSTRUMENT_ROWS), or another one. HasFired() says of
 * a trigger that it is not to fire in it.
 */
extern void RunFired(QueryDesc *query, void (*run)(void *arg), void *arg);
extern bool HasFired(const TriggerData *data);

/* Raises an error if a trigger has made something else of a row of which each copy would have its own. */
extern void CheckCopiesAlike(TriggerData *data, Relation logical, Datum result);

#endif
