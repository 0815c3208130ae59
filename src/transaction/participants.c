/*-------------------------------------------------------------------------
 *
 * participants.c
 *	  Which nodes take part in the session's transaction, and how deep.
 *
 * Each node that takes part has one transaction, with a savepoint for each
 * level of subtransaction that touched it; s2 is the one of nesting level 2.
 * Transaction commands are queued and ride with the next statement where nobody
 * has to wait for their result.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/parallel.h"
#include "access/xact.h"
#include "catalog/metadata.h"
#include "transaction/internal.h"
#include "transaction/participants.h"
#include "transaction/start_time.h"
#include "transport/remote_xact.h"
#include "transport/settings.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

Participant *participants = NULL;
int          nparticipants = 0;

static int       max_participants = 0;
static NodeConn *one_statement = NULL; /* node that runs the whole transaction as one statement */

/*
 * Most transactions are what those of the connection are anyway (NODE_OPTIONS in connection.c): to say so would
 * have the node set two parameters, and look at all of them at the end.
 */
static const char *
BeginText(void)
{
	static const char *const texts[4][2] = {{"BEGIN ISOLATION LEVEL READ UNCOMMITTED READ WRITE",
											 "BEGIN ISOLATION LEVEL READ UNCOMMITTED READ ONLY"},
											{"BEGIN", "BEGIN READ ONLY"},
											{"BEGIN ISOLATION LEVEL REPEATABLE READ READ WRITE",
											 "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"},
											{"BEGIN ISOLATION LEVEL SERIALIZABLE READ WRITE",
											 "BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY"}};

	if (XactIsoLevel == XACT_SERIALIZABLE && XactReadOnly && XactDeferrable)
		return "BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY DEFERRABLE";
	return texts[XactIsoLevel][XactReadOnly ? 1 : 0];
}

static void
QueueBegin(Participant *participant)
{
	QueuePrelude(participant->conn, BeginText(), COMMAND_PREPARE);
	participant->isolation = XactIsoLevel;
}

/* SET TRANSACTION ISOLATION LEVEL has come after LOCK TABLE: neither takes a snapshot. */
static void
QueueIsolation(Participant *participant)
{
	static const char *const levels[] = {"READ UNCOMMITTED", "READ COMMITTED", "REPEATABLE READ",
										 "SERIALIZABLE"};
	char                     sql[80];

	snprintf(sql, sizeof(sql), "SET TRANSACTION ISOLATION LEVEL %s %s", levels[XactIsoLevel],
			 XactReadOnly ? "READ ONLY" : "READ WRITE");
	QueuePrelude(participant->conn, sql, COMMAND_PREPARE);
	participant->isolation = XactIsoLevel;
}

static void
QueueSavepoint(NodeConn *conn, const char *verb, int level)
{
	char sql[64];

	snprintf(sql, sizeof(sql), "%s s%d", verb, level);
	QueuePrelude(conn, sql, COMMAND_PREPARE);
}

bool
IsLost(const Participant *participant)
{
	return ConnIncarnation(participant->conn) != participant->incarnation;
}

void
CheckNotLost(const Participant *participant)
{
	if (IsLost(participant))
		ereport(ERROR, (errcode(ERRCODE_CONNECTION_FAILURE),
						errmsg("the connection to node %d was lost in this transaction",
							   ConnNodeId(participant->conn))));
}

Participant *
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

	QueueBegin(participant);
	participant->depth = 1;
	while (participant->depth < GetCurrentTransactionNestLevel())
		QueueSavepoint(conn, "SAVEPOINT", ++participant->depth);
	SetConnFresh(conn);
}

void
UndoBegin(int before)
{
	for (int i = before; i < nparticipants; i++)
	{
		NodeConn *conn = participants[i].conn;

		if (IsLost(&participants[i]))
			continue;
		EndBatch(conn);
		QueuePrelude(conn, "ROLLBACK", COMMAND_PREPARE);
		FlushCommands(conn);
		SettingsRolledBack(conn);
	}
	nparticipants = before;
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

	if (participant->isolation != XactIsoLevel)
		QueueIsolation(participant);
	while (participant->depth < level)
		QueueSavepoint(conn, "SAVEPOINT", ++participant->depth);
	SendSettings(conn);
	if (access == REMOTE_WRITE &&
		(participant->write_level == 0 || participant->write_level > level))
		participant->write_level = level;
	participant->locked = participant->locked || access == REMOTE_LOCK;
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
EnlistAgain(int32 node_id)
{
	return FindParticipant(PeekNodeConn(node_id)) ? Enlist(node_id, REMOTE_READ) : NULL;
}

/* Where PostgreSQL takes no snapshot, nodes get none: what LOCK TABLE waits for is to be seen. */
NodeConn *
EnlistForCommand(int32 node_id, RemoteAccess access)
{
	if (FirstSnapshotSet)
		JoinClusterSnapshot(node_id);
	return Enlist(node_id, access);
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
		QueueBegin(participant);
		for (int level = 2; level <= participant->depth; level++)
			QueueSavepoint(conn, "SAVEPOINT", level);
		if (participant->told_start != 0)
			SendStartTime(conn);
	}
	SendSettings(conn);
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

void
MergeCurrentLevel(void)
{
	for (int i = 0; i < nparticipants; i++)
		MergeLevel(&participants[i], GetCurrentTransactionNestLevel());
}

void
RollbackCurrentLevel(void)
{
	for (int i = 0; i < nparticipants; i++)
		RollbackLevel(&participants[i], GetCurrentTransactionNestLevel());
}

void
ForgetParticipants(void)
{
	if (one_statement)
		SetOutcomeMatters(one_statement, false);
	one_statement = NULL;
	nparticipants = 0;
}

void
InitParticipants(void)
{
	RestartRemoteTransaction = RestartTransaction;
}
