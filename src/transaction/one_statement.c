/*-------------------------------------------------------------------------
 *
 * one_statement.c
 *	  Is the running statement a transaction by itself?
 *
 * If so, the node may commit it by itself, and BEGIN and COMMIT are spared. That
 * holds for a statement that the client sent outside a transaction block, with
 * nothing before it in its transaction and nothing to follow: in the simple
 * protocol alone in its message, in the extended one with a Sync behind it that
 * is already here. What runs below it, in functions and triggers, does not count.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "tcop/pquery.h"
#include "transaction/internal.h"
#include "transport/connection.h"
#include "utils/portal.h"

/* From libpq/libpq.h, which cannot be included without the headers of Kerberos. */
extern bool pq_buffer_has_data(void);
extern void pq_startmsgread(void);
extern void pq_endmsgread(void);
extern int  pq_peekbyte(void);

static RunningStatement *innermost = NULL;

void
EnterStatement(RunningStatement *statement, QueryDesc *query)
{
	statement->query = query;
	statement->outer = innermost;
	innermost = statement;
}

void
LeaveStatement(void)
{
	innermost = innermost->outer;
}

const RunningStatement *
InnermostStatement(void)
{
	return innermost;
}

/* Has the client's Sync arrived already, right behind the message being processed? */
static bool
SyncIsNext(void)
{
	int type;

	if (!pq_buffer_has_data())
		return false;
	pq_startmsgread();
	type = pq_peekbyte();
	pq_endmsgread();
	return type == 'S';
}

/* In the simple protocol the portal of what the client sent is unnamed and invisible. */
static bool
IsAloneInMessage(Portal portal)
{
	return portal->name[0] == '\0' && !portal->visible;
}

/* Did the client send an EXECUTE, by the simple protocol and alone in its message? */
static bool
IsExecuteAlone(void)
{
	Portal sent = GetPortalByName("");

	return sent && IsAloneInMessage(sent) && sent->status == PORTAL_ACTIVE &&
		   list_length(sent->stmts) == 1 &&
		   linitial_node(PlannedStmt, sent->stmts)->utilityStmt != NULL &&
		   IsA(linitial_node(PlannedStmt, sent->stmts)->utilityStmt, ExecuteStmt);
}

bool
IsWholeTransaction(void)
{
	if (innermost == NULL || innermost->outer || IsTransactionBlock() ||
		GetCurrentTransactionNestLevel() != 1 || (MyXactFlags & XACT_FLAGS_PIPELINING) ||
		TransactionIdIsValid(GetTopTransactionIdIfAny()))
		return false;
	if (ActivePortal == NULL || list_length(ActivePortal->stmts) != 1)
		return false;
	/* what the client sent, not something that it calls */
	if (innermost->query->plannedstmt != linitial_node(PlannedStmt, ActivePortal->stmts))
		return false;

	return IsAloneInMessage(ActivePortal) || IsExecuteAlone() || SyncIsNext();
}

/* The node's own transactions are READ COMMITTED, and may write. */
bool
IsOneStatement(void)
{
	return XactIsoLevel <= XACT_READ_COMMITTED && !XactReadOnly && IsWholeTransaction();
}

int
HintOnRowActions(void)
{
	return errhint("A trigger or policy can read reference tables, and co-located tables by the "
				   "key of its row. A trigger that fires after the row has changed acts where the "
				   "client is connected.");
}

void
CheckNotPartOfOther(int32 node_id)
{
	if (IsClusterConnection() && IsTransactionBlock())
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("a trigger or policy that acts here needs node %d", node_id),
				 errdetail("It acts where its row is stored, for a transaction that has other "
						   "parts, on other nodes or in other statements."),
				 HintOnRowActions()));
}
