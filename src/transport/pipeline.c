/*-------------------------------------------------------------------------
 *
 * pipeline.c
 *	  Results come back in the order in which commands went out.
 *
 * What was sent and not yet answered is in NodeConn.pending; reading a command's
 * rows first moves the rows of earlier commands into their tuplestores, so that
 * several scans can share a connection. command.c is for who wants the answer.
 *
 * Nobody owns a result for longer than one step: the row being decoded hangs on
 * the connection.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "transport/internal.h"
#include "utils/timestamp.h"

/* How long who has been cancelled waits to hear whether the node has committed. */
#define OUTCOME_TIMEOUT_MS 700

void (*RestartRemoteTransaction)(NodeConn *conn) = NULL;

Pending *
FirstPending(NodeConn *conn)
{
	return dlist_container(Pending, node, dlist_head_node(&conn->pending));
}

/* Would reading the next result wait? */
bool
ConnIsBusy(NodeConn *conn)
{
	if (!dlist_is_empty(&conn->pending))
	{
		Pending *first = FirstPending(conn);

		/* Before anything of it is parsed, or it would be collected as a whole. */
		if (!first->started && first->kind == PENDING_STATEMENT)
			PQsetSingleRowMode(conn->pg);
		first->started = true;
	}
	return PQisBusy(conn->pg);
}

static void
RaiseOutcomeUnknown(NodeConn *conn)
{
	DropConn(conn);
	ereport(ERROR, (errcode(ERRCODE_TRANSACTION_RESOLUTION_UNKNOWN),
					errmsg("canceled while node %d (%s:%d) was to commit, which has not answered",
						   conn->key.node_id, conn->host, conn->port),
					errhint("The transaction may have been committed or not.")));
}

/*
 * While a commit is on its way, a cancel is passed on to the node, but only its
 * answer decides: the client must not get an error for what was committed. If
 * there is none, nobody can tell; then that is the client's error.
 */
static void
CheckInterruptsDuringCommit(NodeConn *conn)
{
	if (QueryCancelPending && InterruptHoldoffCount == 0)
	{
		if (conn->cancel_sent == 0)
		{
			conn->cancel_sent = GetCurrentTimestamp();
			CancelConns(&conn, 1);
		}
		else if (TimestampDifferenceExceeds(conn->cancel_sent, GetCurrentTimestamp(),
											OUTCOME_TIMEOUT_MS))
			RaiseOutcomeUnknown(conn);
	}

	HOLD_CANCEL_INTERRUPTS();
	CHECK_FOR_INTERRUPTS();
	RESUME_CANCEL_INTERRUPTS();
}

static void
WaitForResult(NodeConn *conn)
{
	if (conn->needs_sync)
		FlushCommands(conn);
	while (ConnIsBusy(conn))
	{
		(void) WaitOnConns(&conn, 1, !conn->outcome_matters ? -1 : conn->cancel_sent ? 50 : 1000);
		if (conn->outcome_matters)
			CheckInterruptsDuringCommit(conn);
		else
			CHECK_FOR_INTERRUPTS();
	}
}

/* The first pending entry was answered; libpq ends a statement's results with a NULL. */
static void
FinishPending(NodeConn *conn)
{
	PGresult *end = PQgetResult(conn->pg);

	if (end)
		PQclear(end);
	PopPending(conn);
}

static void
CompleteCommand(RemoteCommand *command, PGresult *result)
{
	if (command == NULL)
		return;
	command->done = true;
	command->rows = strtoul(PQcmdTuples(result), NULL, 10);
	strlcpy(command->tag, PQcmdStatus(result), sizeof(command->tag));
}

/*
 * May the command be sent again, whose prepared statement the node does not
 * want to run, or does not have? Only if it was the first one in the node's
 * transaction, so that the transaction can begin again, and the last one sent.
 */
static bool
CanRetry(NodeConn *conn, RemoteCommand *command, PGresult *result)
{
	const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);

	if (command == NULL || !command->may_retry || command->store || sqlstate == NULL ||
		(strcmp(sqlstate, "0A000") != 0 && strcmp(sqlstate, "26000") != 0))
		return false;
	return !conn->needs_sync && (dlist_is_empty(&conn->pending) ||
								 (FirstPending(conn)->kind == PENDING_SYNC &&
								  !dlist_has_next(&conn->pending, &FirstPending(conn)->node)));
}

static void
RetryCommand(NodeConn *conn, RemoteCommand *command, uint32 statement_id)
{
	ForgetStatement(conn, statement_id);
	ForgetSettings(conn);
	command->may_retry = false;
	while (!dlist_is_empty(&conn->pending))
		(void) PumpConn(conn);
	RestartRemoteTransaction(conn);
	SendCommand(command, conn, command->sql, command->params);
	FlushCommands(conn);
}

/* The node ends the session with this error, even if the end has not been read yet. */
static bool
IsFatal(const PGresult *result)
{
	const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);

	return severity && (strcmp(severity, "FATAL") == 0 || strcmp(severity, "PANIC") == 0);
}

static PumpResult
HandleError(NodeConn *conn, PGresult *result)
{
	Pending       *first = FirstPending(conn);
	RemoteCommand *command = first->command;
	bool           forgiven = first->forgiven || conn->cleaning;
	uint32         statement_id = first->statement_id;

	if (PQstatus(conn->pg) != CONNECTION_OK || result == NULL || IsFatal(result))
	{
		if (!conn->cleaning)
			RaiseConnectionLost(conn, result);
		PQclear(result);
		DropConn(conn);
		return PUMP_DONE;
	}

	/* An error in place of a sync is one of the commit that it implies; the sync follows. */
	if (first->kind != PENDING_SYNC)
	{
		if (first->kind == PENDING_PARSE)
			ForgetStatement(conn, statement_id);
		FinishPending(conn);
	}
	if (forgiven)
	{
		if (command)
			command->forgiven_error = SqlState(result);
		PQclear(result);
		return PUMP_DONE;
	}
	if (CanRetry(conn, command, result))
	{
		PQclear(result);
		RetryCommand(conn, command, statement_id);
		return PUMP_DONE;
	}
	if (conn->settings_in_xact)
		ForgetSettings(conn);
	RaiseRemoteError(conn, result);
}

/* StoreRow keeps the row in conn->result for the command that it belongs to. */
void
StoreRow(NodeConn *conn)
{
	RemoteCommand *command = FirstPending(conn)->command;
	MemoryContext  old;

	if (command == NULL || command->discard || command->desc == NULL ||
		!(command->flags & COMMAND_ROWS))
		return;

	old = MemoryContextSwitchTo(command->context);
	if (command->store == NULL)
	{
		ResourceOwner old_owner = CurrentResourceOwner;

		CurrentResourceOwner = command->resowner;
		command->store = tuplestore_begin_heap(false, false, work_mem);
		CurrentResourceOwner = old_owner;
		command->store_slot = MakeSingleTupleTableSlot(command->desc, &TTSOpsMinimalTuple);
	}
	MemoryContextSwitchTo(old);
	DecodeCommandRow(command, conn->result, true);
	tuplestore_putvalues(command->store, command->desc, command->values, command->nulls);
}

/* Is the row in conn->result one that CommandReport came upon? Then it is to be kept. */
static bool
FirstRowWaits(NodeConn *conn)
{
	RemoteCommand *command = dlist_is_empty(&conn->pending) ? NULL : FirstPending(conn)->command;
	bool           waits = command && command->row_waits;

	if (waits)
		command->row_waits = false;
	return waits;
}

/*
 * PumpConn waits for the next result of the connection and handles it. Errors
 * of the node are raised here, whomever they belong to: its transaction is dead.
 */
PumpResult
PumpConn(NodeConn *conn)
{
	PGresult *result;
	Pending  *first;

	if (conn->result && FirstRowWaits(conn))
		StoreRow(conn);
	if (conn->result)
		PQclear(conn->result);
	conn->result = NULL;

	WaitForResult(conn);
	first = FirstPending(conn);
	result = PQgetResult(conn->pg);
	if (result == NULL) /* after an error in place of a sync */
	{
		WaitForResult(conn);
		result = PQgetResult(conn->pg);
	}

	switch (PQresultStatus(result))
	{
		case PGRES_SINGLE_TUPLE:
			conn->result = result;
			NoteMessage(conn, PQresultMemorySize(result));
			return PUMP_ROW;
		case PGRES_TUPLES_OK:
		case PGRES_COMMAND_OK:
		case PGRES_EMPTY_QUERY:
			CompleteCommand(first->command, result);
			PQclear(result);
			FinishPending(conn);
			return PUMP_DONE;
		case PGRES_PIPELINE_SYNC:
			PQclear(result);
			PopPending(conn);
			return PUMP_DONE;
		case PGRES_PIPELINE_ABORTED:
			PQclear(result);
			if (first->kind == PENDING_PARSE)
				ForgetStatement(conn, first->statement_id);
			FinishPending(conn);
			return PUMP_DONE;
		default:
			return HandleError(conn, result);
	}
}

/* AdvanceTo reads up to the first result of a command that is still pending. */
void
AdvanceTo(RemoteCommand *command)
{
	while (command->pending && FirstPending(command->conn) != command->pending)
	{
		NodeConn *conn = command->conn;

		if (PumpConn(conn) == PUMP_ROW)
			StoreRow(conn);
	}
}

/* DrainConn reads everything that the connection still has to say. */
void
DrainConn(NodeConn *conn)
{
	while (conn->needs_sync || !dlist_is_empty(&conn->pending))
	{
		if (PumpConn(conn) == PUMP_ROW)
			StoreRow(conn);
	}
}
