/*-------------------------------------------------------------------------
 *
 * earlier_state.c
 *	  What a node had before a statement's functions changed it.
 *
 * The queries of a STABLE function have the snapshot of the statement that calls
 * it: they see nothing of what that statement changes, or a VOLATILE function that
 * it calls, and nor does what the statement itself reads later. But a node takes a
 * fragment for the next command, and shows it all changes.
 *
 * So before a node changes rows, it keeps a snapshot for each statement under way
 * that may still read there, unless it has one already for other parts of it
 * (statement_part.c). That is one more command in the same round trip, once for each
 * statement and node. What reads after the change, with a snapshot from before
 * it, is sent as a part of that statement. The snapshot's command number tells: who
 * changes something on a node uses up the number of this node's command, so that
 * a query of a VOLATILE function, or the next statement, has a later one.
 *
 * A statement may read later if it calls a function of a user and something else:
 * another one, or a table. Most of those that call functions call one alone. A
 * cursor may call that one when others have changed something. An expression of
 * PL/pgSQL has a snapshot as a statement has, and may always call another function
 * (calling_expression.c).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "transaction/calling_expression.h"
#include "transaction/participants.h"
#include "transaction/statement_part.h"
#include "transaction/xact.h"

static bool
MayReadLater(const PlannedStmt *statement)
{
	return list_length(statement->invalItems) + list_length(statement->relationOids) > 1;
}

static bool
SeesAllChanges(Snapshot snapshot, const Participant *participant)
{
	return snapshot->curcid >= participant->changes_seen_from;
}

bool
IsStateKept(const SentStatement *statement, NodeConn *conn)
{
	return list_member_int(statement->nodes, ConnNodeId(conn));
}

void
NoteStateKept(SentStatement *statement, NodeConn *conn)
{
	Participant  *participant = FindParticipant(conn);
	MemoryContext old;

	if (participant == NULL || !SeesAllChanges(statement->estate->es_snapshot, participant))
		return;
	old = MemoryContextSwitchTo(statement->estate->es_query_cxt);
	statement->nodes = list_append_unique_int(statement->nodes, ConnNodeId(conn));
	MemoryContextSwitchTo(old);
}

void
NoteOpenCursor(QueryDesc *query)
{
	SentStatement *statement;

	if (query->plannedstmt->invalItems == NIL && !MayReadLater(query->plannedstmt))
		return;
	statement = FindSentStatement(query->estate);
	if (statement == NULL)
		statement = AddSentStatement(query->estate, 0);
	statement->is_cursor = true;
}

static void
KeepState(NodeConn *conn, EState *estate)
{
	SentStatement *statement = FindSentStatement(estate);

	if (!SeesAllChanges(estate->es_snapshot, FindParticipant(conn)) ||
		(statement && IsStateKept(statement, conn)))
		return;
	if (statement == NULL)
		statement = AddSentStatement(estate, 0);
	if (statement->number == 0)
		statement->number = NewStatementNumber();
	CloseCommand(QueueTakeSnapshot(conn, statement->number, NIL, NIL, false));
	NoteStateKept(statement, conn);
}

/* A node that takes no part in the transaction runs a statement that is one by itself: nothing comes after it. */
void
KeepStates(NodeConn *conn, EState *whole)
{
	Participant            *participant = FindParticipant(conn);
	const RunningStatement *running;
	dlist_iter              iter;
	ListCell               *lc;

	if (participant == NULL)
		return;
	for (running = InnermostStatement(); running; running = running->outer)
	{
		if (running->query->estate != whole && MayReadLater(running->query->plannedstmt))
			KeepState(conn, running->query->estate);
	}
	dlist_foreach(iter, CallingExpressions())
	{
		CallingExpression *expression = dlist_container(CallingExpression, node, iter.cur);

		if (SeesAllChanges(&expression->snapshot, participant))
			KeepState(conn, StateOfExpression(expression));
	}
	foreach (lc, SentStatements())
	{
		SentStatement *statement = lfirst(lc);

		if (statement->is_cursor)
			KeepState(conn, statement->estate);
	}
	participant->changes_seen_from = GetCurrentCommandId(true) + 1;
}

/* What the caller has the node keep, if that is what reads with the snapshot are to see; or NULL. */
static SentStatement *
StateOfCaller(NodeConn *conn, EState *caller, Snapshot snapshot)
{
	SentStatement *statement = FindSentStatement(caller);

	return statement && IsStateKept(statement, conn) &&
				   caller->es_snapshot->curcid == snapshot->curcid
			   ? statement
			   : NULL;
}

SentStatement *
EarlierState(NodeConn *conn, EState *estate)
{
	Participant            *participant = FindParticipant(conn);
	SentStatement          *statement;
	const RunningStatement *running;
	dlist_iter              iter;

	if (participant == NULL || SeesAllChanges(estate->es_snapshot, participant))
		return NULL;
	statement = StateOfCaller(conn, estate, estate->es_snapshot);
	for (running = InnermostStatement(); running && statement == NULL; running = running->outer)
		statement = StateOfCaller(conn, running->query->estate, estate->es_snapshot);
	dlist_foreach(iter, CallingExpressions())
	{
		const CallingExpression *expression = dlist_container(CallingExpression, node, iter.cur);

		if (statement == NULL && expression->estate)
			statement = StateOfCaller(conn, expression->estate, estate->es_snapshot);
	}
	if (statement)
		return statement;
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("node %d does not have any more what the query is to see", ConnNodeId(conn)),
			 errdetail("A query of a STABLE function sees what there was before the statement or "
					   "expression that calls it, which has changed rows on that node since."),
			 errhint("Call the function in a statement of its own, or mark it VOLATILE if it is "
					 "to see the changes.")));
}
