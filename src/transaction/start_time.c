/*-------------------------------------------------------------------------
 *
 * start_time.c
 *	  now() is the same on all nodes of a transaction.
 *
 * Most often nodes are sent its value. But triggers and policies that act where
 * the row is stored ask for it there, and for statement_timestamp(), so a node is
 * told both before a statement that may call any. A statement that is a transaction
 * by itself, on one node, has the times of that node.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/parallel.h"
#include "access/xact.h"
#include "transaction/participants.h"
#include "transaction/start_time.h"
#include "transaction_end.h"
#include "transport/connection.h"
#include "transport/remote_xact.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/rel.h"

static char        *sent_start = NULL; /* setting */
static TimestampTz *began_here = NULL; /* if the transaction has adopted another time */

void
AdoptStartTimes(TimestampTz transaction, TimestampTz statement)
{
	int worker = ParallelWorkerNumber;

	if (began_here == NULL)
	{
		began_here = MemoryContextAlloc(TopTransactionContext, sizeof(TimestampTz));
		*began_here = GetCurrentTransactionStartTimestamp();
	}
	ParallelWorkerNumber = 0; /* PostgreSQL lets only parallel workers take over such times */
	SetParallelStartTimestamps(transaction, statement);
	ParallelWorkerNumber = worker;
}

TimestampTz
TransactionBeganHere(void)
{
	return began_here ? *began_here : GetCurrentTransactionStartTimestamp();
}

static bool
CheckSentStart(char **newval, void **extra, GucSource source)
{
	if (**newval == '\0' || IsParallelWorker() || IsClusterConnection())
		return true;
	GUC_check_errdetail("Only nodes of the cluster say when a transaction began.");
	return false;
}

void
AdoptSentTimes(void)
{
	TimestampTz transaction;
	TimestampTz statement;

	if (sent_start[0] != '\0' &&
		sscanf(sent_start, INT64_FORMAT " " INT64_FORMAT, &transaction, &statement) == 2)
		AdoptStartTimes(transaction, statement);
}

static bool
HasPolicies(Oid relid)
{
	Relation rel = RelationIdGetRelation(relid);
	bool     result = rel && rel->rd_rel->relrowsecurity;

	if (rel)
		RelationClose(rel);
	return result;
}

void
SendStartTime(NodeConn *conn)
{
	char sql[100];

	snprintf(sql, sizeof(sql),
			 "SET LOCAL distshard.start_times = '" INT64_FORMAT " " INT64_FORMAT "'",
			 GetCurrentTransactionStartTimestamp(), GetCurrentStatementStartTimestamp());
	QueuePrelude(conn, sql, 0);
}

void
QueueStartTime(NodeConn *conn, Oid relid, bool fires)
{
	Participant *participant = FindParticipant(conn);
	TimestampTz  now = GetCurrentStatementStartTimestamp();

	if (participant == NULL || participant->told_start == now || !(fires || HasPolicies(relid)))
		return;
	SendStartTime(conn);
	participant->told_start = now;
}

static void
OnTransactionEnd(XactEvent event)
{
	began_here = NULL;
}

void
InitStartTimes(void)
{
	DefineCustomStringVariable(
		"distshard.start_times",
		"When the transaction and the statement began on the node that sends statements.", NULL,
		&sent_start, "", PGC_USERSET, GUC_NO_SHOW_ALL | GUC_NOT_IN_SAMPLE, CheckSentStart, NULL,
		NULL);
	CallAtEvents(AT_END, OnTransactionEnd, &began_here);
}
