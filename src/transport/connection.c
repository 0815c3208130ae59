/*-------------------------------------------------------------------------
 *
 * connection.c
 *	  The session's connections: opened when first needed, kept for later.
 *
 * A connection belongs to a node and to the session user that it was opened
 * for, so after SET SESSION AUTHORIZATION another one is used.
 *
 * A lost connection is closed at once and opened again at its next use; the
 * NodeConn stays, so that pointers to it never dangle.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <unistd.h>
#include <sys/stat.h>

#include "access/xact.h"
#include "catalog/metadata.h"
#include "commands/dbcommands.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/fd.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "transport/admission.h"
#include "transport/idle.h"
#include "transport/internal.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#define MAX_NODE_CONNINFO   32
#define IDLE_CHECK_AFTER_MS 100
#define SETTLE_TIMEOUT_MS   1000

/* Transactions and their limits are the coordinator's business, whatever the node's defaults. */
#define NODE_OPTIONS                                                                             \
	"-c statement_timeout=0 -c idle_in_transaction_session_timeout=0 -c idle_session_timeout=0 " \
	"-c default_transaction_isolation=read\\ committed -c default_transaction_read_only=off "    \
	"-c default_transaction_deferrable=off"

/*
 * How often a backend at work looks whether its client is still there. On a node it
 * is all that ends work for a server that was killed. Not every platform can tell.
 */
#define CLIENT_CHECK          "client_connection_check_interval"
#define CLIENT_CHECK_INTERVAL "500"

/* settings */
static char *node_conninfo = NULL;
static int   connect_timeout = 5;

static HTAB *conn_hash = NULL;
static List *conn_list = NIL; /* of all entries of the hash */

static bool CheckNodeConninfo(char **newval, void **extra, GucSource source);
static void CloseAllConns(int code, Datum arg);

void
InitConnections(void)
{
	DefineCustomStringVariable(
		"distshard.node_conninfo", "Connection parameters used between the nodes of the cluster.",
		"For instance sslmode and passfile; host, port, user and dbname are "
		"given by the node and the session.",
		&node_conninfo, "", PGC_SUSET, GUC_SUPERUSER_ONLY, CheckNodeConninfo, NULL, NULL);
	DefineCustomIntVariable(
		"distshard.connect_timeout", "Time to wait for a connection to another node.", NULL,
		&connect_timeout, 5, 1, 3600, PGC_USERSET, GUC_UNIT_S, NULL, NULL, NULL);
	if (WaitEventSetCanReportClosed())
		SetConfigOption(CLIENT_CHECK, CLIENT_CHECK_INTERVAL, PGC_POSTMASTER, PGC_S_DYNAMIC_DEFAULT);
	InitAdmission();
	InitIdleConns();
}

/* distshard.node_conninfo must be well-formed and leave alone what we set ourselves. */
static bool
CheckNodeConninfo(char **newval, void **extra, GucSource source)
{
	static const char *const reserved[] = {"host",   "hostaddr",        "port",        "user",
										   "dbname", "client_encoding", "replication", "options"};
	PQconninfoOption        *options = PQconninfoParse(*newval, NULL);
	int                      nset = 0;

	if (options == NULL)
	{
		GUC_check_errdetail("It is not a valid list of connection parameters.");
		return false;
	}
	for (PQconninfoOption *opt = options; opt->keyword; opt++)
	{
		if (opt->val == NULL)
			continue;
		for (int i = 0; i < lengthof(reserved); i++)
		{
			if (strcmp(opt->keyword, reserved[i]) == 0)
			{
				GUC_check_errdetail("Parameter \"%s\" cannot be set here.", reserved[i]);
				PQconninfoFree(options);
				return false;
			}
		}
		nset++;
	}
	PQconninfoFree(options);
	if (nset > MAX_NODE_CONNINFO)
	{
		GUC_check_errdetail("There are too many parameters.");
		return false;
	}
	return true;
}

List *
AllConns(void)
{
	return conn_list;
}

int32
ConnNodeId(NodeConn *conn)
{
	return conn->key.node_id;
}

int32
ConnGroupId(NodeConn *conn)
{
	return conn->group_id;
}

/* FindConn returns the entry for a node and the current session user, made if missing. */
static NodeConn *
FindConn(int32 node_id)
{
	NodeConnKey key = {node_id, GetSessionUserId()};
	NodeConn   *conn;
	bool        found;

	if (conn_hash == NULL)
	{
		HASHCTL ctl = {.keysize = sizeof(NodeConnKey), .entrysize = sizeof(NodeConn)};

		conn_hash = hash_create("distshard connections", 16, &ctl, HASH_ELEM | HASH_BLOBS);
		on_shmem_exit(CloseAllConns, 0);
	}

	conn = hash_search(conn_hash, &key, HASH_ENTER, &found);
	if (!found)
	{
		MemoryContext old;

		memset((char *) conn + sizeof(key), 0, sizeof(NodeConn) - sizeof(key));
		dlist_init(&conn->pending);
		dlist_init(&conn->recent);
		conn->wait_pos = -1;

		old = MemoryContextSwitchTo(TopMemoryContext);
		conn_list = lappend(conn_list, conn);
		MemoryContextSwitchTo(old);
	}
	return conn;
}

/* PeekNodeConn returns the entry of a connection, open or not. */
NodeConn *
PeekNodeConn(int32 node_id)
{
	return FindConn(node_id);
}

/* DropConn closes a connection without ceremony; what was asked of it is lost. */
void
DropConn(NodeConn *conn)
{
	if (conn->pg == NULL)
		return;

	while (!dlist_is_empty(&conn->pending))
		PopPending(conn);
	if (conn->result)
		PQclear(conn->result);
	conn->result = NULL;

	PQfinish(conn->pg);
	conn->pg = NULL;
	ReleaseExternalFD();
	ResetWaitSet();

	conn->incarnation++;
	conn->proven = false;
	conn->needs_sync = false;
	conn->unsent = false;
	conn->outcome_matters = false;
	conn->cancel_sent = 0;
	conn->hung_up = false;
	conn->swollen = false;
	conn->cleaning = false;
	conn->copying = false;
	ForgetStatements(conn);
	ForgetSettings(conn);
}

/* At the end of the session: let nodes know, and stop what they still do for us. */
static void
CloseAllConns(int code, Datum arg)
{
	List     *open = NIL;
	ListCell *lc;

	foreach (lc, conn_list)
	{
		NodeConn *conn = lfirst(lc);

		if (conn->pg && conn->proven && !dlist_is_empty(&conn->pending))
			CancelConns(&conn, 1);
		if (conn->pg)
			open = lappend(open, conn);
	}
	CloseConns(open, OthersWait());
	Leave();
}

/* Does the name or the numeric address mean this host? Asks no name server. */
static bool
HostIsLocal(const char *host)
{
	char             name[256];
	struct addrinfo  hint = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM};
	struct addrinfo *addr = NULL;
	bool             local = false;
	int              sock;

	if (strcmp(host, "localhost") == 0 || host[0] == '/')
		return true;
	if (gethostname(name, sizeof(name)) == 0 && strncmp(name, host, sizeof(name)) == 0)
		return true;

	/* An address is ours if a socket can be bound to it. */
	if (getaddrinfo(host, NULL, &hint, &addr) != 0)
		return false;
	sock = socket(addr->ai_family, SOCK_DGRAM, 0);
	if (sock >= 0)
	{
		local = bind(sock, addr->ai_addr, addr->ai_addrlen) == 0;
		close(sock);
	}
	freeaddrinfo(addr);
	return local;
}

/* Is there a unix socket of this node here? The handshake will prove that it is the node's. */
static bool
CanUseSocket(const ClusterNode *node)
{
	char        path[MAXPGPATH];
	struct stat st;

	if (node->socket_dir == NULL)
		return false;
	if (node->socket_dir[0] == '@') /* abstract socket: no file to look for */
		return HostIsLocal(node->host);
	snprintf(path, sizeof(path), "%s/.s.PGSQL.%d", node->socket_dir, node->port);
	return stat(path, &st) == 0 && HostIsLocal(node->host);
}

/* StartConnect begins to open a connection. */
static void
StartConnect(NodeConn *conn, const ClusterNode *node, bool via_socket)
{
	const char       *keywords[MAX_NODE_CONNINFO + 8];
	const char       *values[MAX_NODE_CONNINFO + 8];
	char              port[16];
	char              application[64];
	int               n = 0;
	PQconninfoOption *options = PQconninfoParse(node_conninfo, NULL);
	char             *user = GetUserNameFromId(conn->key.user_id, false);
	char             *dbname = get_database_name(MyDatabaseId);

	snprintf(port, sizeof(port), "%d", node->port);
	snprintf(application, sizeof(application), "distshard: %d", MyProcPid);

#define ADD_OPTION(keyword, value) (keywords[n] = (keyword), values[n++] = (value))
	for (PQconninfoOption *opt = options; opt && opt->keyword; opt++)
	{
		if (opt->val)
			ADD_OPTION(opt->keyword, opt->val);
	}
	ADD_OPTION("host", via_socket ? node->socket_dir : node->host);
	ADD_OPTION("port", port);
	ADD_OPTION("user", user);
	ADD_OPTION("dbname", dbname);
	ADD_OPTION("client_encoding", GetDatabaseEncodingName());
	ADD_OPTION("application_name", application);
	ADD_OPTION("options", WaitEventSetCanReportClosed() ? NODE_OPTIONS " -c " CLIENT_CHECK
																	   "=" CLIENT_CHECK_INTERVAL
														: NODE_OPTIONS);
	ADD_OPTION(NULL, NULL);
#undef ADD_OPTION

	if (conn->host)
		pfree(conn->host);
	conn->host = MemoryContextStrdup(TopMemoryContext, node->host);
	conn->port = node->port;
	conn->group_id = node->group_id;

	if (!AcquireExternalFD())
		ereport(ERROR, (errcode(ERRCODE_SQLCLIENT_UNABLE_TO_ESTABLISH_SQLCONNECTION),
						errmsg("could not connect to node %d (%s:%d)", node->node_id, conn->host,
							   conn->port),
						errdetail("There are too many open files in this session.")));
	conn->pg = PQconnectStartParams(keywords, values, false);
	PQconninfoFree(options);
	if (conn->pg == NULL)
	{
		ReleaseExternalFD();
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
	}
	PQsetNoticeReceiver(conn->pg, PassNotice, conn);
}

static void
RaiseConnectFailure(NodeConn *conn, const char *why)
{
	char *detail = pchomp(why);
	int   node_id = conn->key.node_id;

	DropConn(conn);
	ereport(ERROR, (errcode(ERRCODE_SQLCLIENT_UNABLE_TO_ESTABLISH_SQLCONNECTION),
					errmsg("could not connect to node %d (%s:%d)", node_id, conn->host, conn->port),
					errdetail_internal("%s", detail)));
}

/* One connection that is being opened. */
typedef struct Opening
{
	NodeConn                 *conn;
	ClusterNode              *node;
	bool                      via_socket;
	PostgresPollingStatusType status;
} Opening;

/* PollOpening goes on with a connection whose socket is ready. */
static void
PollOpening(Opening *opening)
{
	NodeConn *conn = opening->conn;

	opening->status = PQconnectPoll(conn->pg);
	if (opening->status == PGRES_POLLING_FAILED)
	{
		if (!opening->via_socket)
			RaiseConnectFailure(conn, PQerrorMessage(conn->pg));

		/* The way in may differ: pg_hba.conf has other lines for sockets. */
		DropConn(conn);
		conn->avoid_socket = true;
		opening->via_socket = false;
		StartConnect(conn, opening->node, false);
		opening->status = PGRES_POLLING_WRITING;
	}
	else if (opening->status == PGRES_POLLING_OK)
	{
		if (PQsetnonblocking(conn->pg, 1) != 0 || !PQenterPipelineMode(conn->pg))
			RaiseConnectFailure(conn, PQerrorMessage(conn->pg));
	}
}

/*
 * WaitForOpenings waits until one of the sockets is ready and polls it. Sockets
 * change while a connection is being opened, so the wait event set is made anew.
 */
static void
WaitForOpenings(Opening *openings, int n, TimestampTz deadline)
{
	WaitEventSet *set = CreateWaitEventSet(CurrentMemoryContext, n + 2);
	WaitEvent     event;
	Opening *volatile ready = NULL;
	const long timeout = TimestampDifferenceMilliseconds(GetCurrentTimestamp(), deadline);

	PG_TRY();
	{
		AddWaitEventToSet(set, WL_LATCH_SET, PGINVALID_SOCKET, MyLatch, NULL);
		AddWaitEventToSet(set, WL_EXIT_ON_PM_DEATH, PGINVALID_SOCKET, NULL, NULL);
		for (int i = 0; i < n; i++)
		{
			if (openings[i].status == PGRES_POLLING_OK)
				continue;
			AddWaitEventToSet(set,
							  openings[i].status == PGRES_POLLING_READING ? WL_SOCKET_READABLE
																		  : WL_SOCKET_WRITEABLE,
							  PQsocket(openings[i].conn->pg), NULL, &openings[i]);
		}
		if (timeout > 0 && WaitEventSetWait(set, timeout, &event, 1, PG_WAIT_EXTENSION) == 1)
		{
			if (event.events & WL_LATCH_SET)
				ResetLatch(MyLatch);
			else
				ready = event.user_data;
		}
	}
	PG_FINALLY();
	{
		FreeWaitEventSet(set);
	}
	PG_END_TRY();

	CHECK_FOR_INTERRUPTS();
	if (ready)
		PollOpening(ready);
	else if (timeout <= 0)
	{
		for (int i = 0; i < n; i++)
		{
			if (openings[i].status != PGRES_POLLING_OK)
				RaiseConnectFailure(openings[i].conn, "timeout expired");
		}
	}
}

static void
OpenConns(Opening *openings, int n)
{
	TimestampTz deadline =
		TimestampTzPlusMilliseconds(GetCurrentTimestamp(), connect_timeout * 1000);
	List *opened = NIL;

	for (int i = 0; i < n; i++)
	{
		openings[i].via_socket = !openings[i].conn->avoid_socket && CanUseSocket(openings[i].node);
		StartConnect(openings[i].conn, openings[i].node, openings[i].via_socket);
		openings[i].status = PGRES_POLLING_WRITING;
		if (PQstatus(openings[i].conn->pg) == CONNECTION_BAD)
			PollOpening(&openings[i]);
	}

	for (int i = 0; i < n; i++)
	{
		while (openings[i].status != PGRES_POLLING_OK)
			WaitForOpenings(openings, n, deadline);
		opened = lappend(opened, openings[i].conn);
	}
	ResetWaitSet();
	ProveConns(opened);
	list_free(opened);
}

/*
 * Did the node hang up while nothing was asked of it? Restarted nodes are met
 * this way, without an error for the user. One look at the socket, and only
 * after a pause.
 */
static bool
WasClosedWhileIdle(NodeConn *conn)
{
	TimestampTz now = GetCurrentStatementStartTimestamp();
	char        byte;
	ssize_t     n;

	if (conn->hung_up || PQstatus(conn->pg) != CONNECTION_OK)
		return true;
	if (TimestampDifferenceMilliseconds(conn->last_used, now) < IDLE_CHECK_AFTER_MS)
	{
		conn->last_used = now;
		return false;
	}
	conn->last_used = now;

	/* Answers to the end of an earlier transaction come first. */
	SettleConns(list_make1(conn), false, SETTLE_TIMEOUT_MS);
	if (conn->pg == NULL)
		return true;
	if (!dlist_is_empty(&conn->pending))
		return false;

	n = recv(PQsocket(conn->pg), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
	if (n < 0)
		return errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR;
	if (n == 0)
		return true;

	/* A parting message, or a harmless one? */
	conn->cleaning = true;
	while (PQconsumeInput(conn->pg) && !PQisBusy(conn->pg))
	{
		PGresult *result = PQgetResult(conn->pg);

		if (result == NULL)
			break;
		PQclear(result);
	}
	conn->cleaning = false;
	return PQstatus(conn->pg) != CONNECTION_OK ||
		   recv(PQsocket(conn->pg), &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

/* Does the catalog say that the node is elsewhere by now? */
static bool
HasMoved(NodeConn *conn)
{
	ClusterNode *node = LookupNode(conn->key.node_id, true);

	return node == NULL || node->port != conn->port || strcmp(node->host, conn->host) != 0;
}

/* Is the connection ready for use? A useless one is closed. */
static bool
IsReady(NodeConn *conn)
{
	if (conn->pg && conn->proven)
	{
		if (PQtransactionStatus(conn->pg) == PQTRANS_INTRANS)
			return true;
		if (!WasClosedWhileIdle(conn) &&
			(PQtransactionStatus(conn->pg) != PQTRANS_IDLE || !HasMoved(conn)))
			return true;
	}
	DropConn(conn);
	return false;
}

/* GetNodeConn returns the open connection to a node other than this one. */
NodeConn *
GetNodeConn(int32 node_id)
{
	NodeConn *conn = FindConn(node_id);

	NoteUse();
	if (!IsReady(conn))
		ConnectNodes(list_make1_int(node_id));
	return conn;
}

void
ConnectNodes(List *node_ids)
{
	Opening  *openings = palloc0(sizeof(Opening) * Max(list_length(node_ids), 1));
	int       n = 0;
	ListCell *lc;

	NoteUse();
	foreach (lc, node_ids)
	{
		NodeConn *conn = FindConn(lfirst_int(lc));

		if (IsReady(conn))
			continue;
		CloseOtherUsers(conn);
		openings[n].conn = conn;
		openings[n].node = LookupNode(lfirst_int(lc), false);
		n++;
	}
	if (n > 0)
	{
		AwaitAdmission();
		OpenConns(openings, n);
	}
	pfree(openings);
}

Pending *
AddPending(NodeConn *conn, PendingKind kind)
{
	Pending *pending = MemoryContextAllocZero(TopMemoryContext, sizeof(Pending));

	pending->kind = kind;
	pending->level = GetCurrentTransactionNestLevel();
	dlist_push_tail(&conn->pending, &pending->node);
	return pending;
}

/* PopPending removes the first pending entry; its command gets no more from here. */
void
PopPending(NodeConn *conn)
{
	Pending *pending = dlist_container(Pending, node, dlist_pop_head_node(&conn->pending));

	if (pending->command)
	{
		pending->command->pending = NULL;
		pending->command->conn = NULL;
	}
	pfree(pending);
}
