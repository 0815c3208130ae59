/*-------------------------------------------------------------------------
 *
 * statement_part.c
 *	  Several fragments that are one statement.
 *
 * In PostgreSQL no part of a statement sees what another part of it does, and
 * a row that one has changed is not changed again. Where several fragments of
 * one statement go to a node, one after the other, the node lets all have the
 * snapshot and the command number of the first. Which fragments are of one
 * statement it knows from a number that the sender sets, and from their claims
 * that they are parts at all.
 *
 * On the sender's own node the snapshot is that of the statement anyway.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "transaction/statement_part.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/snapmgr.h"

/* What this session calls the statements that it has under way on nodes. */
typedef struct SentStatement
{
	EState               *estate;
	int                   number;
	MemoryContextCallback forget;
} SentStatement;

static List *sent = NIL; /* of SentStatement * */
static int   last_number = 0;

/* On a node: the statement that the sender speaks of, and the one whose snapshot is kept. */
static int      statement_number = 0;
static int      kept_number = 0;
static Snapshot kept_snapshot = NULL;

static void
forget_sent(void *arg)
{
	sent = list_delete_ptr(sent, arg);
}

static int
number_of(EState *estate)
{
	MemoryContext  old;
	SentStatement *statement;
	ListCell      *lc;

	foreach (lc, sent)
	{
		if (((SentStatement *) lfirst(lc))->estate == estate)
			return ((SentStatement *) lfirst(lc))->number;
	}
	statement = MemoryContextAllocZero(estate->es_query_cxt, sizeof(SentStatement));
	statement->estate = estate;
	statement->number = last_number = last_number == INT_MAX ? 1 : last_number + 1;
	statement->forget.func = forget_sent;
	statement->forget.arg = statement;
	old = MemoryContextSwitchTo(TopMemoryContext);
	sent = lappend(sent, statement);
	MemoryContextSwitchTo(old);
	MemoryContextRegisterResetCallback(estate->es_query_cxt, &statement->forget);
	return statement->number;
}

void
QueueStatementPart(NodeConn *conn, EState *estate)
{
	char sql[64];

	snprintf(sql, sizeof(sql), "SET LOCAL distshard.statement = %d", number_of(estate));
	QueuePrelude(conn, sql, 0);
}

static void
forget_kept(void)
{
	if (kept_snapshot)
		UnregisterSnapshotFromOwner(kept_snapshot, TopTransactionResourceOwner);
	kept_snapshot = NULL;
}

/* A copy that stays as it is, whatever commands follow. Registered with the owner. */
static Snapshot
copy_snapshot(Snapshot snapshot, CommandId command, ResourceOwner owner)
{
	Snapshot copy;

	PushCopiedSnapshot(snapshot);
	copy = GetActiveSnapshot();
	copy->curcid = command;
	copy = RegisterSnapshotOnOwner(copy, owner);
	PopActiveSnapshot();
	return copy;
}

void
JoinStatement(QueryDesc *part, bool here, bool newest)
{
	Snapshot own = part->snapshot;
	Snapshot statement = own;

	if (!here)
	{
		if (kept_snapshot == NULL || kept_number != statement_number)
		{
			forget_kept();
			kept_snapshot = copy_snapshot(own, own->curcid, TopTransactionResourceOwner);
			kept_number = statement_number;
		}
		statement = kept_snapshot;
	}
	if (newest)
		part->snapshot = copy_snapshot(here ? GetTransactionSnapshot() : own, statement->curcid,
									   CurrentResourceOwner);
	else
		part->snapshot = RegisterSnapshot(statement);
	UnregisterSnapshot(own);
}

void
StatementJoined(QueryDesc *part)
{
	part->estate->es_output_cid = part->snapshot->curcid;
}

static void
end_of_transaction(XactEvent event, void *arg)
{
	switch (event)
	{
		case XACT_EVENT_PRE_COMMIT:
		case XACT_EVENT_PRE_PREPARE:
			forget_kept();
			break;
		case XACT_EVENT_ABORT:
			kept_snapshot = NULL; /* its owner has let go of it */
			break;
		default:
			break;
	}
}

void
InitStatementParts(void)
{
	DefineCustomIntVariable("distshard.statement",
							"Number of the statement that the next fragments are parts of.", NULL,
							&statement_number, 0, 0, INT_MAX, PGC_USERSET,
							GUC_NO_SHOW_ALL | GUC_NOT_IN_SAMPLE, NULL, NULL, NULL);
	RegisterXactCallback(end_of_transaction, NULL);
}
