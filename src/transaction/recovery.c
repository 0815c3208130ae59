/*-------------------------------------------------------------------------
 *
 * recovery.c
 *	  Finishes distributed transactions that sessions left unfinished.
 *
 * One process in a database, for one round: it does what can be done now, and
 * ends. Work that is left is found again by the launcher.
 *
 * What is prepared here. The node that began the transaction is asked for the
 * outcome, and nothing but its commit record decides (commit_record.c). One
 * that is still in progress there, or a node that cannot be asked, leaves it
 * prepared. Prepared transactions of others are not touched.
 *
 * Commit records here. Each node is asked which of this node's transactions it
 * has prepared. It is told to commit those that are on record, and records
 * that no node needs any more are deleted. The records are read first: a node
 * that took part had prepared before that, so if it has not now, it is done.
 * A node that was removed from the cluster is not waited for.
 *
 * A server that was being added when something crashed: see joining.c.
 *
 * Sessions finish their transactions by themselves within milliseconds, so only
 * what was prepared SETTLING_TIME_MS ago is touched.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/twophase.h"
#include "access/xact.h"
#include "catalog/metadata.h"
#include "lib/stringinfo.h"
#include "transaction/fault.h"
#include "transaction/internal.h"
#include "transaction/recovery.h"
#include "transaction/registry.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

/* A node that takes longer than this to answer is asked again later. */
#define NODE_TIMEOUT_MS 5000

/* -------------------------------------------------- what is prepared here --- */

/* A node group, and what is prepared here of what it began. */
typedef struct Initiator
{
	int32 group;
	List *prepared;  /* of PreparedTransaction * */
	List *committed; /* ids of those whose outcome is known */
	List *aborted;
} Initiator;

static void
ReadOutcome(const char *gid, const char *outcome, void *arg)
{
	Initiator *initiator = arg;

	if (strcmp(outcome, "committed") == 0)
		initiator->committed = lappend(initiator->committed, pstrdup(gid));
	else if (strcmp(outcome, "aborted") == 0)
		initiator->aborted = lappend(initiator->aborted, pstrdup(gid));
}

static void
AskOutcomes(void *arg)
{
	Initiator     *initiator = arg;
	ClusterNode   *node = GroupPrimary(initiator->group, true);
	StringInfoData sql;
	ListCell      *lc;

	if (node == NULL)
		ereport(ERROR, (errmsg("node group %d is not in the cluster any more", initiator->group),
						errdetail("%d transactions that it began remain prepared, see "
								  "distshard.prepared_transactions.",
								  list_length(initiator->prepared))));
	initStringInfo(&sql);
	appendStringInfoString(&sql, "SELECT gid, distshard.transaction_outcome(gid) FROM (VALUES ");
	foreach (lc, initiator->prepared)
		appendStringInfo(&sql, "%s(%s)", foreach_current_index(lc) > 0 ? ", " : "",
						 quote_literal_cstr(((PreparedTransaction *) lfirst(lc))->gid));
	appendStringInfoString(&sql, ") p (gid)");
	if (node->is_local)
		ereport(ERROR, (errmsg("this node has prepared a transaction of its own")));
	AskNode(UseNode(node->node_id), sql.data, ReadOutcome, initiator);
}

static void
CommitHere(void *gid)
{
	EnsureRegistry();
	FinishPreparedTransaction(gid, true);
	PreparedHasEnded(gid, true);
	FAULT_POINT("recovery commits");
	ereport(LOG, (errmsg("recovery has committed transaction \"%s\"", (char *) gid)));
}

static void
RollBackHere(void *gid)
{
	EnsureRegistry();
	FinishPreparedTransaction(gid, false);
	PreparedHasEnded(gid, false);
	FAULT_POINT("recovery rolls back");
	ereport(LOG, (errmsg("recovery has rolled back transaction \"%s\"", (char *) gid)));
}

static void
ReadPreparedHere(void *arg)
{
	MemoryContext old = MemoryContextSwitchTo(RoundContext);

	*(List **) arg = PreparedHere();
	MemoryContextSwitchTo(old);
}

/* The groups that began what is prepared here, and has been for a while. */
static List *
FindInitiators(void)
{
	TimestampTz settled = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), -SETTLING_TIME_MS);
	List       *all = NIL;
	List       *initiators = NIL;
	ListCell   *lc;

	(void) RunStep(ReadPreparedHere, &all, "could not read prepared transactions");
	foreach (lc, all)
	{
		PreparedTransaction *prepared = lfirst(lc);
		Initiator           *initiator = NULL;
		ListCell            *lc2;

		if (prepared->prepared_at > settled)
			continue;
		foreach (lc2, initiators)
		{
			if (((Initiator *) lfirst(lc2))->group == prepared->group)
				initiator = lfirst(lc2);
		}
		if (initiator == NULL)
		{
			initiator = palloc0(sizeof(Initiator));
			initiator->group = prepared->group;
			initiators = lappend(initiators, initiator);
		}
		initiator->prepared = lappend(initiator->prepared, prepared);
	}
	return initiators;
}

static bool
PreparedLeft(void)
{
	List *prepared = NIL;

	return RunStep(ReadPreparedHere, &prepared, "could not read prepared transactions") &&
		   prepared != NIL;
}

static void
FinishPrepared(void)
{
	ListCell *lc;
	ListCell *lc2;

	foreach (lc, FindInitiators())
	{
		Initiator *initiator = lfirst(lc);

		if (!RunStep(AskOutcomes, initiator, "could not ask for the outcome of transactions"))
			continue;
		FAULT_POINT("recovery asked");
		foreach (lc2, initiator->committed)
			(void) RunStep(CommitHere, lfirst(lc2), "could not commit a prepared transaction");
		foreach (lc2, initiator->aborted)
			(void) RunStep(RollBackHere, lfirst(lc2), "could not roll back a prepared transaction");
	}
}

/* ---------------------------------------------------- commit records here --- */

/* Another node, and which of our transactions it has prepared. */
typedef struct Told
{
	ClusterNode *node;
	List        *records; /* all that are on record, of CommitRecord * */
	List        *prepared;
	List        *waiting; /* those whose session will not tell it any more */
} Told;

static void
ReadPrepared(const char *gid, const char *settled, void *arg)
{
	Told *told = arg;

	told->prepared = lappend(told->prepared, pstrdup(gid));
	if (strcmp(settled, "true") == 0)
		told->waiting = lappend(told->waiting, llast(told->prepared));
}

static bool
Contains(List *gids, const char *gid)
{
	ListCell *lc;

	foreach (lc, gids)
	{
		if (strcmp(lfirst(lc), gid) == 0)
			return true;
	}
	return false;
}

/* Asks the node what it has prepared, and tells it to commit what is on record. */
static void
TellCommits(void *arg)
{
	Told     *told = arg;
	NodeConn *conn = UseNode(told->node->node_id);
	ListCell *lc;

	AskNode(conn,
			psprintf("SELECT gid, (prepared < pg_catalog.now() - '%d ms'::interval)::text "
					 "FROM pg_catalog.pg_prepared_xacts "
					 "WHERE database = pg_catalog.current_database() "
					 "AND pg_catalog.starts_with(gid, %s)",
					 SETTLING_TIME_MS, quote_literal_cstr(OwnIdPrefix())),
			ReadPrepared, told);
	foreach (lc, told->records)
	{
		CommitRecord *record = lfirst(lc);

		if (Contains(told->waiting, record->gid))
			FinishCommand(QueueCommand(conn, EndPreparedText(record->gid, true), NULL, NULL, 0));
	}
}

static bool
TookPart(const CommitRecord *record, const ClusterNode *node)
{
	return list_member_int(record->groups, node->group_id);
}

static void
ReadRecords(void *arg)
{
	MemoryContext old = MemoryContextSwitchTo(RoundContext);

	*(List **) arg = CommittedHere();
	MemoryContextSwitchTo(old);
}

static void
DeleteRecords(void *arg)
{
	FAULT_POINT("recovery before deletion");
	DeleteDone(arg);
	FAULT_POINT("recovery after deletion");
}

static void
FinishRecords(List *nodes)
{
	List     *records = NIL;
	ListCell *lc;
	ListCell *lc2;

	if (!RunStep(ReadRecords, &records, "could not read commit records") || records == NIL)
		return;
	foreach (lc, records)
		((CommitRecord *) lfirst(lc))->done = true;
	foreach (lc, nodes)
	{
		Told told = {.node = lfirst(lc)};
		bool answered;

		foreach (lc2, records)
		{
			if (TookPart(lfirst(lc2), told.node))
				told.records = lappend(told.records, lfirst(lc2));
		}
		if (told.records == NIL)
			continue;
		answered = RunStep(TellCommits, &told, "could not tell a node of commits");
		foreach (lc2, told.records)
		{
			CommitRecord *record = lfirst(lc2);

			if (!answered || Contains(told.prepared, record->gid))
				record->done = false;
		}
	}
	(void) RunStep(DeleteRecords, records, "could not delete commit records");

	foreach (lc, records)
	{
		if (!((CommitRecord *) lfirst(lc))->done)
		{
			RequestRecovery();
			break;
		}
	}
}

/* ------------------------------------------------------------------ main --- */

void
RecoveryMain(Datum database)
{
	List *nodes = NIL;

	if (!StartRound(DatumGetObjectId(database), NODE_TIMEOUT_MS, &nodes))
		return;
	FinishPrepared();
	FinishRecords(nodes);
	if (PreparedLeft())
		RequestRecovery();
	TakeBackJoining();
}
