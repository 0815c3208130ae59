/*-------------------------------------------------------------------------
 *
 * xact.c
 *	  The end of the session's transaction, on all nodes that take part.
 *
 * If one node wrote, and this one did not, that node's COMMIT is the
 * transaction's. Otherwise it takes two phases: the commit record is inserted
 * here, all writers prepare, the local commit decides (always synchronously),
 * and they are told. A node that cannot be told keeps its prepared transaction
 * until recovery finds the record. Nodes that only read are released at the
 * end, since the locks that they hold must last as long. Those that LOCK TABLE
 * went to count as writers if there is one, so that their locks are sure to last.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/metadata.h"
#include "miscadmin.h"
#include "transaction/calling_expression.h"
#include "transaction/deadlock.h"
#include "transaction/fault.h"
#include "transaction/hold_commits.h"
#include "transaction/internal.h"
#include "transaction/participants.h"
#include "transaction/registry.h"
#include "transaction/start_time.h"
#include "transaction/statement_part.h"
#include "transaction_end.h"
#include "transport/remote_xact.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#define COMMIT_TIMEOUT_MS 10000 /* to wait for nodes that are told */

static char *global_id = NULL;    /* of the two-phase commit under way */
static int64 all_prepared_at = 0; /* and when all nodes had prepared */

/* How far the transaction's WAL went when it had nothing but locks. */
static XLogRecPtr wal_of_locks = InvalidXLogRecPtr;

/* WaitForEnd raises an error unless the node answers the end of its transaction with the tag. */
static void
WaitForEnd(Participant *participant, const char *tag)
{
	if (strcmp(CommandResultTag(participant->command), tag) != 0)
		ereport(ERROR, (errcode(ERRCODE_TRANSACTION_ROLLBACK),
						errmsg("the transaction was rolled back on node %d",
							   ConnNodeId(participant->conn))));
}

/* Queues a statement that ends the transaction, and flushes. */
static void
SendEnd(Participant *participant, const char *sql, int flags)
{
	participant->command = QueueCommand(participant->conn, sql, NULL, NULL, flags);
	FlushCommands(participant->conn);
}

static void
CommitOnePhase(Participant *participant)
{
	SetOutcomeMatters(participant->conn, true);
	SendEnd(participant, "COMMIT", COMMAND_PREPARE);
	WaitForEnd(participant, "COMMIT");
	participant->over = true;
}

static void
PrepareAll(void)
{
	char *sql;
	List *groups = NIL;
	List *participating;
	bool  wrote_here = TransactionIdIsValid(GetTopTransactionIdIfAny());

	for (int i = 0; i < nparticipants; i++)
	{
		if (participants[i].write_level > 0)
			groups = lappend_int(groups, ConnGroupId(participants[i].conn));
	}
	FAULT_POINT("commit begins");
	participating = wrote_here ? lappend_int(list_copy(groups), LocalGroupId()) : groups;
	global_id = MemoryContextStrdup(TopTransactionContext, NewGlobalId(participating));
	RecordCommit(global_id, groups);
	if (wrote_here)
		EnterDecision(global_id);
	ForceSyncCommit();
	FAULT_POINT("record inserted");

	sql = psprintf("PREPARE TRANSACTION %s", quote_literal_cstr(global_id));
	for (int i = 0; i < nparticipants; i++)
	{
		if (participants[i].write_level == 0)
			continue;
		participants[i].preparing = true;
		SendEnd(&participants[i], sql, 0);
	}
	FAULT_POINT("prepare sent");
	for (int i = 0; i < nparticipants; i++)
	{
		if (participants[i].preparing)
			WaitForEnd(&participants[i], "PREPARE TRANSACTION");
	}
	all_prepared_at = MonotonicTime();
	FAULT_POINT("all prepared");
}

/* Nothing was written anywhere. Had a node lost its locks, what was read under them would not be true. */
static void
CommitLocked(void)
{
	for (int i = 0; i < nparticipants; i++)
	{
		if (participants[i].locked)
			SendEnd(&participants[i], "COMMIT", COMMAND_PREPARE);
	}
	for (int i = 0; i < nparticipants; i++)
	{
		if (!participants[i].locked)
			continue;
		WaitForEnd(&participants[i], "COMMIT");
		participants[i].over = true;
	}
}

/* ACCESS EXCLUSIVE locks get the transaction an xid, for standbys, which is not a change by itself. */
bool
WroteHere(void)
{
	return TransactionIdIsValid(GetTopTransactionIdIfAny()) &&
		   (wal_of_locks == InvalidXLogRecPtr || XactLastRecEnd != wal_of_locks);
}

void
NothingButLocks(void)
{
	wal_of_locks = XactLastRecEnd;
}

/* Which nodes have something to lose? Those with locks too, if anything was written under these. */
static int
FindWriters(Participant **writer)
{
	bool wrote = WroteHere();
	int  nwriters = 0;

	for (int i = 0; i < nparticipants; i++)
	{
		CheckNotLost(&participants[i]);
		if (HasWritten(participants[i].conn))
			participants[i].write_level = 1;
		wrote = wrote || participants[i].write_level > 0;
	}
	for (int i = 0; i < nparticipants; i++)
	{
		if (wrote && participants[i].locked)
			participants[i].write_level = 1;
		if (participants[i].write_level > 0)
		{
			*writer = &participants[i];
			nwriters++;
		}
	}
	return nwriters;
}

static void
PreCommit(void)
{
	Participant *writer = NULL;
	int          nwriters = FindWriters(&writer);

	if (nwriters == 0)
		CommitLocked();
	else if (nwriters == 1 && !TransactionIdIsValid(GetTopTransactionIdIfAny()))
		CommitOnePhase(writer);
	else
		PrepareAll();
}

/*
 * TrySend queues and flushes a statement that ends a transaction which has been
 * decided already. Its errors are of no consequence, and nor is a connection
 * that turns out to be lost: returns NULL then.
 */
static RemoteCommand *
TrySend(NodeConn *conn, const char *sql, int flags)
{
	MemoryContext caller = CurrentMemoryContext;
	RemoteCommand *volatile command = NULL;

	PG_TRY();
	{
		command = QueueCommand(conn, sql, NULL, NULL, flags);
		FlushCommands(conn);
		ForgiveErrors(conn);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(caller);
		FlushErrorState();
		DropConn(conn);
		command = NULL;
	}
	PG_END_TRY();
	return command;
}

/*
 * The client is about to learn of a commit of which not all nodes do. Who reads there after that
 * must find the transaction in doubt, see in_doubt.c.
 */
static void
AwaitDoubt(void)
{
	int64 left;

	/* Signals end a sleep early. */
	while ((left = all_prepared_at + DOUBT_AFTER_US - MonotonicTime()) > 0)
		pg_usleep(left);
}

/* The decision has been made here: tell the nodes that prepared. */
static void
CommitPrepared(void)
{
	char *sql = EndPreparedText(global_id, true);
	List *conns = NIL;

	RequestRecovery();
	FAULT_POINT("committed");
	for (int i = 0; i < nparticipants; i++)
	{
		Participant *participant = &participants[i];

		if (!participant->preparing)
			continue;
		participant->over = true;
		participant->command = IsLost(participant) ? NULL : TrySend(participant->conn, sql, 0);
		conns = lappend(conns, participant->conn);
	}
	FAULT_POINT("commit sent");
	SettleConns(conns, false, COMMIT_TIMEOUT_MS);
	FAULT_POINT("commit told");
	for (int i = 0; i < nparticipants; i++)
	{
		Participant *participant = &participants[i];

		if (!participant->preparing || WasTold(participant->command))
			continue;
		AwaitDoubt();
		RememberUntold(participant->conn, global_id, true);
		if (IsBeingTold(participant->command))
			continue;
		ereport(
			WARNING,
			(errmsg("node %d has not confirmed the commit of transaction \"%s\"",
					ConnNodeId(participant->conn), global_id),
			 errdetail(
				 "The transaction is committed; the node keeps it prepared until it is told.")));
	}
}

/*
 * StopWork brings all connections to rest: what is still under way is of no
 * interest to anybody, as rows that a LIMIT left unread.
 */
static void
StopWork(void)
{
	List     *conns = NIL;
	ListCell *lc;

	foreach (lc, AllConns())
	{
		NodeConn *conn = lfirst(lc);

		if (IsAtRest(conn))
			continue;
		/* Unsent statements without a transaction around them must not be carried out. */
		if (FindParticipant(conn))
			EndBatch(conn);
		else
			DropUnsent(conn);
		AbandonCommands(conn, 0);
		conns = lappend(conns, conn);
	}
	SettleConns(conns, true, ABORT_TIMEOUT_MS);
}

static void
FinishCommit(void)
{
	if (global_id)
		CommitPrepared();
	StopWork();
	for (int i = 0; i < nparticipants; i++)
	{
		if (!participants[i].over && !IsLost(&participants[i]))
			(void) TrySend(participants[i].conn, "COMMIT", COMMAND_PREPARE);
	}
}

static void
FinishAbort(void)
{
	List *writers = NIL;

	FAULT_POINT("abort begins");
	StopWork();
	for (int i = 0; i < nparticipants; i++)
	{
		Participant *participant = &participants[i];

		participant->command = NULL;
		if (participant->over || IsLost(participant))
			continue;
		(void) TrySend(participant->conn, "ROLLBACK", COMMAND_PREPARE);
		if (participant->preparing)
			participant->command = TrySend(participant->conn, EndPreparedText(global_id, false), 0);
		if (participant->write_level > 0 || participant->locked)
			writers = lappend(writers, participant->conn);
	}
	FAULT_POINT("rollback sent");
	SettleConns(writers, false, ABORT_TIMEOUT_MS);
	for (int i = 0; i < nparticipants; i++)
	{
		Participant *participant = &participants[i];

		if (participant->preparing && !participant->over && !WasTold(participant->command))
			RememberUntold(participant->conn, global_id, false);
	}
}

static void
ForgetTransaction(bool committed)
{
	ListCell *lc;

	foreach (lc, AllConns())
	{
		if (committed)
			SettingsCommitted(lfirst(lc));
		else
			SettingsRolledBack(lfirst(lc));
	}
	ForgetParticipants();
	ForgetClusterSnapshot();
	global_id = NULL;
	wal_of_locks = InvalidXLogRecPtr;
	ForgetStopWanted();
	ResumeCancel();
}

/*
 * Finish runs when the transaction has been decided, so that an error must not
 * get out: the connections are given up instead, and nodes are told later.
 */
static void
Finish(void (*finish)(void), bool committed)
{
	MemoryContext caller = CurrentMemoryContext;

	HOLD_INTERRUPTS();
	PG_TRY();
	{
		finish();
	}
	PG_CATCH();
	{
		ListCell *lc;

		MemoryContextSwitchTo(caller);
		FlushErrorState();
		foreach (lc, AllConns())
			DropConn(lfirst(lc));
		for (int i = 0; i < nparticipants; i++)
		{
			if (!participants[i].preparing)
				continue;
			if (committed)
				AwaitDoubt();
			RememberUntold(participants[i].conn, global_id, committed);
		}
	}
	PG_END_TRY();
	RESUME_INTERRUPTS();
}

static void
OnTransactionEvent(XactEvent event)
{
	switch (event)
	{
		case XACT_EVENT_PRE_COMMIT:
			PreCommit();
			if (TransactionIdIsValid(GetTopTransactionIdIfAny()))
				EnterCommit();
			break;
		case XACT_EVENT_COMMIT:
			if (nparticipants > 0)
				Finish(FinishCommit, true);
			LeaveCommit();
			ForgetTransaction(true);
			break;
		case XACT_EVENT_ABORT:
			LeaveCommit();
			ReleaseCommitsHere();
			if (AllConns() != NIL)
				Finish(FinishAbort, false);
			ForgetTransaction(false);
			break;
		case XACT_EVENT_PREPARE:
			LeaveCommit();
			ForgetClusterSnapshot();
			wal_of_locks = InvalidXLogRecPtr;
			RequestRecovery();
			break;
		case XACT_EVENT_PRE_PREPARE:
			if (nparticipants > 0)
				ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
								errmsg("cannot PREPARE a transaction that has used other nodes"),
								errhint("Use COMMIT: distshard commits on all nodes or on none.")));
			EnterCommit();
			break;
		default:
			break;
	}
}

static void
OnSubtransactionEvent(SubXactEvent event, SubTransactionId my_subid, SubTransactionId parent_subid,
					  void *arg)
{
	switch (event)
	{
		case SUBXACT_EVENT_PRE_COMMIT_SUB:
			MergeCurrentLevel();
			break;
		case SUBXACT_EVENT_ABORT_SUB:
			ReleaseCommitsHere();
			if (nparticipants > 0)
				Finish(RollbackCurrentLevel, false);
			ForgetStopWanted();
			break;
		default:
			break;
	}
}

void
InitTransactions(void)
{
	InitParticipants();
	CallAtEvents(BEFORE_END | AT_END, OnTransactionEvent, NULL);
	RegisterSubXactCallback(OnSubtransactionEvent, NULL);
	InitHoldCommits();
	InitStatementParts();
	InitCallingExpressions();
	InitStartTimes();
	InitVerdicts();
	InitRecovery();
	InitRegistry(); /* last, so that it hears first how a transaction ended */
}
