/*-------------------------------------------------------------------------
 *
 * xact.c
 *	  The session's transaction on the nodes that it has touched.
 *
 * Each node that takes part has one transaction, with a savepoint for each
 * level of subtransaction that touched it; s2 is the one of nesting level 2.
 * Transaction commands are queued and ride with the next statement where nobody
 * has to wait for their result.
 *
 * Commit. If one node wrote, and this one did not, that node's COMMIT is the
 * transaction's. Otherwise it takes two phases: the commit record is inserted
 * here, all writers prepare, the local commit decides (always synchronously),
 * and they are told. A node that cannot be told keeps its prepared transaction
 * until recovery finds the record. Nodes that only read are released at the
 * end, since the locks that they hold must last as long.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/parallel.h"
#include "access/xact.h"
#include "catalog/metadata.h"
#include "miscadmin.h"
#include "transaction/deadlock.h"
#include "transaction/fault.h"
#include "transaction/hold_commits.h"
#include "transaction/internal.h"
#include "transaction/registry.h"
#include "transaction/statement_part.h"
#include "transport/remote_xact.h"
#include "transport/settings.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

/* How long to wait for a node's answer when its transaction is over. */
#define COMMIT_TIMEOUT_MS 10000
#define ABORT_TIMEOUT_MS  3000

/* A node that takes part. */
typedef struct Participant
{
	NodeConn      *conn;
	uint32         incarnation; /* of the connection that holds the transaction */
	int            depth;       /* nesting levels that the node knows of */
	int            write_level; /* outermost nesting level that wrote; 0: it only read */
	bool           preparing;   /* PREPARE TRANSACTION was sent */
	bool           over;        /* the transaction there has ended */
	RemoteCommand *command;
} Participant;

static Participant *participants = NULL;
static int          nparticipants = 0;
static int          max_participants = 0;
static NodeConn *one_statement = NULL; /* node that runs the whole transaction as one statement */
static char     *global_id = NULL;     /* of the two-phase commit under way */
static int64     all_prepared_at = 0;  /* and when all nodes had prepared */

static const char *
BeginText(void)
{
	static const char *const texts[4][2] = {{"BEGIN ISOLATION LEVEL READ UNCOMMITTED READ WRITE",
											 "BEGIN ISOLATION LEVEL READ UNCOMMITTED READ ONLY"},
											{"BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE",
											 "BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY"},
											{"BEGIN ISOLATION LEVEL REPEATABLE READ READ WRITE",
											 "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"},
											{"BEGIN ISOLATION LEVEL SERIALIZABLE READ WRITE",
											 "BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY"}};

	return texts[XactIsoLevel][XactReadOnly ? 1 : 0];
}

static void
QueueSavepoint(NodeConn *conn, const char *verb, int level)
{
	char sql[64];

	snprintf(sql, sizeof(sql), "%s s%d", verb, level);
	QueuePrelude(conn, sql, COMMAND_PREPARE);
}

static bool
IsLost(const Participant *participant)
{
	return ConnIncarnation(participant->conn) != participant->incarnation;
}

static void
CheckNotLost(const Participant *participant)
{
	if (IsLost(participant))
		ereport(ERROR, (errcode(ERRCODE_CONNECTION_FAILURE),
						errmsg("the connection to node %d was lost in this transaction",
							   ConnNodeId(participant->conn))));
}

static Participant *
FindParticipant(NodeConn *conn)
{
	for (int i = 0; i < nparticipants; i++)
	{
		if (participants[i].conn == conn)
			return &participants[i];
	}
	return NULL;
}

static Participant *
AddParticipant(NodeConn *conn)
{
	Participant *participant;

	if (nparticipants == max_participants)
	{
		int n = Max(8, max_participants * 2);

		participants = participants ? repalloc(participants, sizeof(Participant) * n)
									: MemoryContextAlloc(TopMemoryContext, sizeof(Participant) * n);
		max_participants = n;
	}
	participant = &participants[nparticipants++];
	memset(participant, 0, sizeof(Participant));
	participant->conn = conn;
	participant->incarnation = ConnIncarnation(conn);
	return participant;
}

void
BeginOnNode(NodeConn *conn)
{
	Participant *participant = AddParticipant(conn);

	QueuePrelude(conn, BeginText(), COMMAND_PREPARE);
	participant->depth = 1;
	while (participant->depth < GetCurrentTransactionNestLevel())
		QueueSavepoint(conn, "SAVEPOINT", ++participant->depth);
	SetConnFresh(conn);
}

void
UndoBegin(void)
{
	for (int i = 0; i < nparticipants; i++)
	{
		NodeConn *conn = participants[i].conn;

		if (IsLost(&participants[i]))
			continue;
		EndBatch(conn);
		QueuePrelude(conn, "ROLLBACK", COMMAND_PREPARE);
		FlushCommands(conn);
		SettingsRolledBack(conn);
	}
	nparticipants = 0;
}

static NodeConn *
Enlist(int32 node_id, RemoteAccess access)
{
	NodeConn    *conn = PeekNodeConn(node_id);
	Participant *participant = FindParticipant(conn);
	int          level = GetCurrentTransactionNestLevel();

	if (IsParallelWorker())
		ereport(ERROR, (errcode(ERRCODE_INVALID_TRANSACTION_STATE),
						errmsg("cannot access other nodes in a parallel worker")));
	if (participant == NULL)
	{
		CheckNotPartOfOther(node_id);
		(void) GetNodeConn(node_id);
		TellNode(conn);
		BeginOnNode(conn);
		participant = FindParticipant(conn);
	}
	CheckNotLost(participant);

	while (participant->depth < level)
		QueueSavepoint(conn, "SAVEPOINT", ++participant->depth);
	SendSettings(conn);
	if (access == REMOTE_WRITE &&
		(participant->write_level == 0 || participant->write_level > level))
		participant->write_level = level;
	return conn;
}

NodeConn *
EnlistNode(int32 node_id, RemoteAccess access)
{
	JoinClusterSnapshot(node_id);
	if (IsolationIsSerializable())
		UseInSerializable(LookupNode(node_id, false)->group_id);
	return Enlist(node_id, access);
}

NodeConn *
EnlistForCommand(int32 node_id)
{
	JoinClusterSnapshot(node_id);
	return Enlist(node_id, REMOTE_WRITE);
}

NodeConn *
UseNode(int32 node_id)
{
	NodeConn *conn = GetNodeConn(node_id);

	TellNode(conn);
	SendSettings(conn);
	return conn;
}

NodeConn *
EnlistForOneStatement(int32 node_id, RemoteAccess access)
{
	NodeConn *conn;

	if (nparticipants > 0 || one_statement)
		return EnlistNode(node_id, access);
	if (!IsOneStatement())
		return IsWholeTransaction() && RunsAlone() ? Enlist(node_id, access)
												   : EnlistNode(node_id, access);

	conn = UseNode(node_id);
	SetConnFresh(conn);
	if (access == REMOTE_WRITE)
	{
		one_statement = conn;
		SetOutcomeMatters(conn, true);
	}
	return conn;
}

/* RestartRemoteTransaction's implementation; nothing was done in the transaction yet. */
static void
RestartTransaction(NodeConn *conn)
{
	Participant *participant = FindParticipant(conn);

	if (participant)
	{
		QueuePrelude(conn, "ROLLBACK", COMMAND_PREPARE);
		QueuePrelude(conn, BeginText(), COMMAND_PREPARE);
		for (int level = 2; level <= participant->depth; level++)
			QueueSavepoint(conn, "SAVEPOINT", level);
	}
	SendSettings(conn);
}

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

static void
PreCommit(void)
{
	Participant *writer = NULL;
	int          nwriters = 0;

	for (int i = 0; i < nparticipants; i++)
	{
		CheckNotLost(&participants[i]);
		if (HasWritten(participants[i].conn))
			participants[i].write_level = 1;
		if (participants[i].write_level > 0)
		{
			writer = &participants[i];
			nwriters++;
		}
	}
	if (nwriters == 1 && !TransactionIdIsValid(GetTopTransactionIdIfAny()))
		CommitOnePhase(writer);
	else if (nwriters > 0)
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
		if (participant->write_level > 0)
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
	if (one_statement)
		SetOutcomeMatters(one_statement, false);
	ForgetClusterSnapshot();
	nparticipants = 0;
	one_statement = NULL;
	global_id = NULL;
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
OnTransactionEvent(XactEvent event, void *arg)
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

/* The subtransaction at this level becomes part of the one above. */
static void
MergeLevel(Participant *participant, int level)
{
	RaiseCommandLevel(participant->conn, level);
	if (participant->depth < level || IsLost(participant))
		return;
	QueueSavepoint(participant->conn, "RELEASE SAVEPOINT", level);
	participant->depth = level - 1;
	if (participant->write_level == level)
		participant->write_level = level - 1;
}

static void
RollbackLevel(Participant *participant, int level)
{
	NodeConn *conn = participant->conn;

	if (participant->depth < level || IsLost(participant))
		return;
	EndBatch(conn);
	AbandonCommands(conn, level);
	SettleConns(list_make1(conn), true, ABORT_TIMEOUT_MS);
	if (IsLost(participant))
		return;
	QueueSavepoint(conn, "ROLLBACK TO SAVEPOINT", level);
	QueueSavepoint(conn, "RELEASE SAVEPOINT", level);
	FlushCommands(conn); /* others may wait for its locks */
	SettingsRolledBack(conn);
	participant->depth = level - 1;
	if (participant->write_level >= level)
		participant->write_level = 0;
}

static void
RollbackCurrentLevel(void)
{
	for (int i = 0; i < nparticipants; i++)
		RollbackLevel(&participants[i], GetCurrentTransactionNestLevel());
}

static void
OnSubtransactionEvent(SubXactEvent event, SubTransactionId my_subid, SubTransactionId parent_subid,
					  void *arg)
{
	switch (event)
	{
		case SUBXACT_EVENT_PRE_COMMIT_SUB:
			for (int i = 0; i < nparticipants; i++)
				MergeLevel(&participants[i], GetCurrentTransactionNestLevel());
			break;
		case SUBXACT_EVENT_ABORT_SUB:
			ReleaseCommitsHere();
			if (nparticipants > 0)
				Finish(RollbackCurrentLevel, false);
			break;
		default:
			break;
	}
}

void
InitTransactions(void)
{
	RestartRemoteTransaction = RestartTransaction;
	RegisterXactCallback(OnTransactionEvent, NULL);
	RegisterSubXactCallback(OnSubtransactionEvent, NULL);
	InitOneStatement();
	InitHoldCommits();
	InitStatementParts();
	InitVerdicts();
	InitRecovery();
	InitRegistry(); /* last, so that it hears first how a transaction ended */
}
