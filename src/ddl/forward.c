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
				(errcode(MAKE_SQLSTATE('D', 'S', '0', '0', '2')),
				 errmsg("cannot change a distributed table from inside a fragment"),
				 errdetail("A function or trigger that runs on behalf of another node tried to.")));
}

/* ForwardText sends a statement to all other nodes, as part of the transaction. */
void
ForwardText(const char *sql)
{
	CheckMayForward();
	if (!HaveOtherNodes())
		return;
	RunOnOtherNodes(list_make1(ForwardedText(sql)));
}

/* Forward sends the user's statement on, unless it came from another node. */
void
Forward(Utility *utility)
{
	if (!utility->forwarded)
		ForwardText(StatementText(utility));
}

/*
 * ForwardOutsideTransaction does the same for a statement that cannot run in
 * a transaction block. Waits until all nodes are done.
 */
void
ForwardOutsideTransaction(Utility *utility)
{
	List       *commands = NIL;
	ListCell   *lc;
	const char *sql;

	if (utility->forwarded || !HaveOtherNodes())
		return;
	CheckMayForward();
	sql = ForwardedText(StatementText(utility));
	foreach (lc, AllPrimaries())
	{
		ClusterNode *node = lfirst(lc);
		NodeConn    *conn;

		if (node->is_local)
			continue;
		conn = UseNode(node->node_id);
		EndBatch(conn); /* a batch is a transaction block */
		commands = lappend(commands, QueueCommand(conn, sql, NULL, NULL, 0));
		FlushCommands(conn);
	}
	foreach (lc, commands)
		FinishCommand(lfirst(lc));
}
