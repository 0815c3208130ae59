/*-------------------------------------------------------------------------
 *
 * outbox.h
 *	  Rows that an UPDATE moves away from this node's shards.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_OUTBOX_H
#define DISTSHARD_OUTBOX_H

#include "postgres.h"

#include "executor/execdesc.h"
#include "utils/tuplestore.h"

extern void InitOutboxes(void);

/*
 * OpenOutboxes lets a statement that has just been started move rows out of
 * shards of this node, if its claim says that somebody will take them, or if a
 * foreign key's action runs it.
 */
extern void OpenOutboxes(QueryDesc *query, bool claimed);

/* Says by a notice that rows wait, if some do: to the node that this backend works for. */
extern void TellOfMovedRows(void);

/* Takes the rows that this transaction has moved out: these columns of them. */
extern void TakeMovedRows(Oid logical_relid, List *attnums, Tuplestorestate *rows);

#endif
