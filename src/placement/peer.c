/*-------------------------------------------------------------------------
 *
 * peer.c
 *	  A plain connection to a server that need not be a node of the cluster.
 *
 * Connections between nodes go through transport/, which takes only servers
 * that are known and can prove it. Before a server is added, and when one is
 * removed that may be dead, there is only libpq. Transactions of a peer are its
 * own: what has to be committed there before ours is (the extension and the
 * cluster's secret, without which the server could not take part in ours) is
 * taken back by a statement that is run if our transaction aborts.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "commands/dbcommands.h"
#include "libpq-fe.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "nodes/pg_list.h"
#include "pgstat.h"
#include "placement/peer.h"
#include "storage/fd.h"
#include "storage/latch.h"
#include "transaction_end.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#define MAX_CONNINFO_OPTIONS 64
#define CONNECT_TIMEOUT_MS   10000
#define ANSWER_TIMEOUT_MS    1000
#define UNDO_TIMEOUT_MS      15000 /* longer than the server's lock_timeout */

struct Peer
{
	PGconn *pg;
	char   *address; /* host:port, for messages */
	char   *undo;    /* to be run if our transaction aborts, or NULL */
};

static List *peers = NIL; /* open ones, in TopMemoryContext */

static void AtEndOfTransaction(XactEvent event);

/* Must come before InitTransactions(): callbacks run last in, first out, and the undo must find no locks. */
void
InitPeers(void)
{
	CallAtEvents(AT_END, AtEndOfTransaction, &peers);
}

static PGconn *
StartConnection(const char *host, int port, const char *database)
{
	const char       *keywords[MAX_CONNINFO_OPTIONS + 8];
	const char       *values[MAX_CONNINFO_OPTIONS + 8];
	int               n = 0;
	char             *port_text = psprintf("%d", port);
	const char       *conninfo = GetConfigOption("distshard.node_conninfo", true, false);
	PQconninfoOption *options = PQconninfoParse(conninfo ? conninfo : "", NULL);
	PGconn           *pg;

#define ADD_OPTION(keyword, value) (keywords[n] = (keyword), values[n++] = (value))
	for (PQconninfoOption *opt = options; opt && opt->keyword; opt++)
	{
		if (opt->val && n < MAX_CONNINFO_OPTIONS)
			ADD_OPTION(opt->keyword, opt->val);
	}
	ADD_OPTION("host", host);
	ADD_OPTION("port", port_text);
	ADD_OPTION("user", GetUserNameFromId(GetSessionUserId(), false));
	ADD_OPTION("dbname", database);
	ADD_OPTION("client_encoding", GetDatabaseEncodingName());
	ADD_OPTION("application_name", "distshard");
	ADD_OPTION("options", "-c search_path=pg_catalog -c lock_timeout=10s -c DateStyle=ISO");
	ADD_OPTION(NULL, NULL);
#undef ADD_OPTION

	pg = PQconnectStartParams(keywords, values, false);
	PQconninfoFree(options);
	pfree(port_text);
	if (pg == NULL)
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
	return pg;
}

/* Waits for the socket, interruptible. Returns false when the deadline has passed; 0 is none. */
static bool
WaitForSocket(PGconn *pg, int events, TimestampTz deadline)
{
	long timeout = -1;
	int  happened;

	events |= WL_LATCH_SET | WL_EXIT_ON_PM_DEATH;
	if (deadline != 0)
	{
		timeout = TimestampDifferenceMilliseconds(GetCurrentTimestamp(), deadline);
		if (timeout <= 0)
			return false;
		events |= WL_TIMEOUT;
	}

	happened = WaitLatchOrSocket(MyLatch, events, PQsocket(pg), timeout, PG_WAIT_EXTENSION);
	if (happened & WL_LATCH_SET)
		ResetLatch(MyLatch);
	CHECK_FOR_INTERRUPTS();
	return (happened & WL_TIMEOUT) == 0;
}

/* Completes the connection. Returns NULL, or why that is not possible. */
static const char *
FinishConnection(PGconn *pg)
{
	TimestampTz deadline = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), CONNECT_TIMEOUT_MS);
	PostgresPollingStatusType status = PGRES_POLLING_WRITING;

	while (PQstatus(pg) != CONNECTION_BAD && status != PGRES_POLLING_OK &&
		   status != PGRES_POLLING_FAILED)
	{
		if (!WaitForSocket(
				pg, status == PGRES_POLLING_READING ? WL_SOCKET_READABLE : WL_SOCKET_WRITEABLE,
				deadline))
			return "timeout expired";
		status = PQconnectPoll(pg);
	}
	return PQstatus(pg) == CONNECTION_OK ? NULL : PQerrorMessage(pg);
}

Peer *
ConnectPeer(const char *host, int port, const char *database, char **reason)
{
	MemoryContext old;
	Peer         *peer;
	const char   *failure;

	if (!AcquireExternalFD())
	{
		*reason = "there are too many open files in this session";
		return NULL;
	}

	old = MemoryContextSwitchTo(TopMemoryContext);
	peer = palloc0(sizeof(Peer));
	peer->address = psprintf("%s:%d", host, port);
	peers = lappend(peers, peer);
	MemoryContextSwitchTo(old);

	peer->pg = StartConnection(host, port, database);
	failure = FinishConnection(peer->pg);
	if (failure)
	{
		*reason = pchomp(failure);
		ClosePeer(peer);
		return NULL;
	}
	return peer;
}

static void
FreePeer(Peer *peer)
{
	PQfinish(peer->pg);
	ReleaseExternalFD();
	pfree(peer->address);
	if (peer->undo)
		pfree(peer->undo);
	pfree(peer);
}

void
ClosePeer(Peer *peer)
{
	if (peer->undo)
		return;
	peers = list_delete_ptr(peers, peer);
	FreePeer(peer);
}

int
PeerVersion(Peer *peer)
{
	return PQserverVersion(peer->pg);
}

static void
RaisePeerError(Peer *peer, PGresult *result)
{
	char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	char *detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
	char *hint = PQresultErrorField(result, PG_DIAG_MESSAGE_HINT);
	int   code = ERRCODE_CONNECTION_FAILURE;

	/* copy before the result goes away */
	if (sqlstate)
		code = MAKE_SQLSTATE(sqlstate[0], sqlstate[1], sqlstate[2], sqlstate[3], sqlstate[4]);
	message = message ? pstrdup(message) : pchomp(PQerrorMessage(peer->pg));
	detail = detail ? pstrdup(detail) : NULL;
	hint = hint ? pstrdup(hint) : NULL;
	PQclear(result);

	ereport(ERROR, (errcode(code), errmsg_internal("%s", message),
					detail ? errdetail_internal("%s", detail) : 0, hint ? errhint("%s", hint) : 0,
					errcontext("server %s", peer->address)));
}

/* Returns the last result, which is a success. */
static PGresult *
PeerQuery(Peer *peer, const char *sql)
{
	PGresult *last = NULL;
	PGresult *result;

	if (!PQsendQuery(peer->pg, sql))
		RaisePeerError(peer, NULL);
	for (;;)
	{
		while (PQisBusy(peer->pg))
		{
			WaitForSocket(peer->pg, WL_SOCKET_READABLE, 0);
			if (!PQconsumeInput(peer->pg))
				break;
		}
		result = PQgetResult(peer->pg);
		if (result == NULL)
			break;
		PQclear(last);
		last = result;
		if (PQresultStatus(last) == PGRES_FATAL_ERROR)
			RaisePeerError(peer, last);
	}
	return last;
}

void
PeerRun(Peer *peer, const char *sql)
{
	PQclear(PeerQuery(peer, sql));
}

char **
PeerRow(Peer *peer, const char *sql)
{
	PGresult *result = PeerQuery(peer, sql);
	int       ncolumns = PQnfields(result);
	char    **values = palloc0(sizeof(char *) * ncolumns);

	if (PQntuples(result) != 1)
	{
		PQclear(result);
		elog(ERROR, "unexpected number of rows from server %s", peer->address);
	}
	for (int i = 0; i < ncolumns; i++)
		values[i] = PQgetisnull(result, 0, i) ? NULL : pstrdup(PQgetvalue(result, 0, i));
	PQclear(result);
	return values;
}

char *
PeerValue(Peer *peer, const char *sql)
{
	return PeerRow(peer, sql)[0];
}

void
PeerUndo(Peer *peer, const char *sql)
{
	peer->undo = MemoryContextStrdup(TopMemoryContext, sql);
}

/*
 * PeerQuery for an aborted transaction: no errors, no interrupts, and no wait beyond the timeout. Returns NULL,
 * or why it failed.
 */
static const char *
TryPeerRun(Peer *peer, const char *sql, int timeout)
{
	TimestampTz deadline = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), timeout);
	const char *failure = NULL;

	if (!PQsendQuery(peer->pg, sql))
		return pchomp(PQerrorMessage(peer->pg));
	for (;;)
	{
		PGresult *result;

		while (PQisBusy(peer->pg))
		{
			long left = TimestampDifferenceMilliseconds(GetCurrentTimestamp(), deadline);

			if (left <= 0)
				return "timeout expired";
			(void) WaitLatchOrSocket(NULL, WL_SOCKET_READABLE | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
									 PQsocket(peer->pg), left, PG_WAIT_EXTENSION);
			if (!PQconsumeInput(peer->pg))
				break;
		}
		result = PQgetResult(peer->pg);
		if (result == NULL)
			return failure;
		if (failure == NULL && PQresultStatus(result) == PGRES_FATAL_ERROR)
			failure = pchomp(PQresultErrorMessage(result));
		PQclear(result);
	}
}

/* A server that does not say at once that it is there may be frozen: it restores itself once it finds us gone. */
static void
RunUndo(Peer *peer)
{
	const char *failure = TryPeerRun(peer, "ROLLBACK", ANSWER_TIMEOUT_MS);

	if (failure == NULL)
		failure = TryPeerRun(peer, peer->undo, UNDO_TIMEOUT_MS);
	if (failure)
		ereport(WARNING, (errmsg("could not restore server %s", peer->address),
						  errdetail_internal("%s", failure),
						  errhint("It restores itself when it is up: run SELECT "
								  "distshard.leave_cluster() there if it does not.")));
}

static void
AtEndOfTransaction(XactEvent event)
{
	while (peers != NIL)
	{
		Peer *peer = llast(peers);

		peers = list_delete_last(peers);
		if (peer->undo && event == XACT_EVENT_ABORT)
			RunUndo(peer);
		FreePeer(peer);
	}
}
