/*-------------------------------------------------------------------------
 *
 * forward.c
 *	  Sending a utility statement to the other nodes.
 *
 * What is sent is the user's own text after a claim. The session's settings,
 * which decide what it means, go before it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "ddl/ddl.h"
#include "miscadmin.h"
#include "placement/cluster_change.h"
#include "planner/claim.h"
#include "transaction/xact.h"
#include "transport/remote_xact.h"
#include "utils/queryjumble.h"
#include "utils/snapmgr.h"

/* How long a node may take to stop a command, in milliseconds; then the connection is closed. */
#define STOP_TIMEOUT 5000

static char *
ForwardedText(const char *sql)
{
	StringInfoData buf;

	initStringInfo(&buf);
	AppendClaim(&buf, NULL, GetUserId(), true);
	appendStringInfoString(&buf, sql);
	return buf.data;
}

static char *
StatementText(Utility *utility)
{
	int         location = utility->pstmt->stmt_location;
	int         length = utility->pstmt->stmt_len;
	const char *text;

	if (utility->context == PROCESS_UTILITY_SUBCOMMAND)
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("cannot run this command on a distributed table as part of another"),
						errhint("Run it as a statement of its own.")));
	text = CleanQuerytext(utility->query_string, &location, &length);
	return pnstrdup(text, length);
}

/* A statement that user code runs for another node must not go on to a third. */
static void
CheckMayForward(void)
{
	if (InsideFragment())
		ereport(ERROR,
				(errcode(ERRCODE_FORBIDDEN_IN_FRAGMENT),
				 errmsg("cannot change a distributed table from inside a fragment"),
				 errdetail("A function or trigger that runs on behalf of another node tried to.")));
}

static void
SendText(const char *sql, RemoteAccess access)
{
	CheckMayForward();
	if (HaveOtherNodes())
		FinishCommands(SendToNodes(OtherPrimaries(), list_make1(ForwardedText(sql)), access));
}

/* ForwardText sends a statement to all other nodes, as part of the transaction. */
void
ForwardText(const char *sql)
{
	SendText(sql, REMOTE_WRITE);
}

/* Forward sends the user's statement on, unless it came from another node. */
void
Forward(Utility *utility)
{
	if (utility->forwarded)
		return;
	if (utility->new_values && HaveOtherNodes())
		RunOnOtherNodes(list_make1(TellNewValues(utility->new_values)));
	SendText(StatementText(utility),
			 IsA(utility->pstmt->utilityStmt, LockStmt) ? REMOTE_LOCK : REMOTE_WRITE);
}

/* ForwardedStatement returns what Forward would send. */
char *
ForwardedStatement(Utility *utility)
{
	CheckMayForward();
	return ForwardedText(StatementText(utility));
}

static void
StopCommands(List *conns)
{
	ListCell *lc;

	foreach (lc, conns)
		AbandonCommands(lfirst(lc), GetCurrentTransactionNestLevel());
	SettleConns(conns, true, STOP_TIMEOUT);
}

static List *
ConnectPrimaries(bool here_too)
{
	List     *node_ids = NIL;
	ListCell *lc;

	foreach (lc, AllPrimaries())
	{
		ClusterNode *node = lfirst(lc);

		if (here_too || !node->is_local)
			node_ids = lappend_int(node_ids, node->node_id);
	}
	ConnectNodes(node_ids);
	return node_ids;
}

/* ConnectAll raises an error if a node, or this one in another backend, cannot be reached. */
void
ConnectAll(void)
{
	list_free(ConnectPrimaries(true));
}

/*
 * Each node has its own transactions for the statement. Waits until all are
 * done, or stops them when one has failed.
 */
static void
RunOutsideTransaction(const char *sql, bool here_too)
{
	List *node_ids = ConnectPrimaries(here_too);
	List *volatile conns = NIL;

	PG_TRY();
	{
		List     *commands = NIL;
		ListCell *lc;

		foreach (lc, node_ids)
		{
			NodeConn *conn = UseNode(lfirst_int(lc));

			conns = lappend(conns, conn);
			EndBatch(conn); /* a batch is a transaction block */
			commands = lappend(commands, QueueCommand(conn, sql, NULL, NULL, 0));
		}
		InvalidateCatalogSnapshot(); /* they may wait for those who hold one */
		foreach (lc, conns)
			FlushCommands(lfirst(lc));
		foreach (lc, commands)
			FinishCommand(lfirst(lc));
	}
	PG_CATCH();
	{
		StopCommands(conns);
		PG_RE_THROW();
	}
	PG_END_TRY();
}

/*
 * ForwardOutsideTransaction sends a statement that cannot run in a transaction
 * block.
 */
void
ForwardOutsideTransaction(Utility *utility)
{
	if (!utility->forwarded && HaveOtherNodes())
		RunOutsideTransaction(ForwardedStatement(utility), false);
}

/* RunOnAllOutsideTransaction does the same on this node as well, in another backend. */
void
RunOnAllOutsideTransaction(const char *sql)
{
	RunOutsideTransaction(sql, true);
}
