/*-------------------------------------------------------------------------
 *
 * start_time.c
 *	  now() is the same on all nodes of a transaction.
 *
 * Most often nodes are sent its value. But triggers and policies that act where
 * the row is stored ask for it there, so a node that is to use a table with any
 * is told when the transaction began, before the first such statement. A statement
 * that is a transaction by itself, on one node, has the time of that node.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/parallel.h"
#include "access/xact.h"
#include "transaction/internal.h"
#include "transaction/participants.h"
#include "transaction/start_time.h"
#include "transaction_end.h"
#include "transport/connection.h"
#include "transport/remote_xact.h"
#include "transport/settings.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/rel.h"

static char       *sent_start = NULL; /* setting */
static TimestampTz began_here = 0;    /* if the transaction has adopted another time */

void
AdoptStartTimes(TimestampTz transaction, TimestampTz statement)
{
	int worker = ParallelWorkerNumber;

	if (began_here == 0)
		began_here = GetCurrentTransactionStartTimestamp();
	ParallelWorkerNumber = 0; /* PostgreSQL lets only parallel workers take over such times */
	SetParallelStartTimestamps(transaction, statement);
	ParallelWorkerNumber = worker;
}

TimestampTz
TransactionBeganHere(void)
{
	return began_here ? began_here : GetCurrentTransactionStartTimestamp();
}

static bool
CheckSentStart(char **newval, void **extra, GucSource source)
{
	if (**newval == '\0' || IsParallelWorker() || IsClusterConnection())
		return true;
	GUC_check_errdetail("Only nodes of the cluster say when a transaction began.");
	return false;
}

static void
AssignSentStart(const char *newval, void *extra)
{
	if (newval && *newval && !IsParallelWorker() && IsTransactionState())
		AdoptStartTimes(strtoi64(newval, NULL, 10), GetCurrentStatementStartTimestamp());
}

/* Does the node run code of users' for the rows? */
static bool
RunsCodeForRows(Oid relid, bool writes)
{
	Relation rel = RelationIdGetRelation(relid);
	bool     runs = rel && ((writes && rel->trigdesc) || rel->rd_rel->relrowsecurity);

	if (rel)
		RelationClose(rel);
	return runs;
}

void
SendStartTime(NodeConn *conn)
{
	char sql[80];

	snprintf(sql, sizeof(sql), "SET LOCAL distshard.transaction_start = '" INT64_FORMAT "'",
			 GetCurrentTransactionStartTimestamp());
	QueuePrelude(conn, sql, 0);
}

void
QueueStartTime(NodeConn *conn, Oid relid, bool writes)
{
	Participant *participant = FindParticipant(conn);

	if (participant == NULL || participant->knows_start || !RunsCodeForRows(relid, writes))
		return;
	SendStartTime(conn);
	participant->knows_start = true;
}

static void
OnTransactionEnd(XactEvent event)
{
	began_here = 0;
}

void
InitStartTimes(void)
{
	DefineCustomStringVariable(
		"distshard.transaction_start",
		"When the transaction began on the node that sends statements.", NULL, &sent_start, "",
		PGC_USERSET, GUC_NO_SHOW_ALL | GUC_NOT_IN_SAMPLE, CheckSentStart, AssignSentStart, NULL);
	CallAtEvents(AT_END, OnTransactionEnd, NULL);
}
