/*-------------------------------------------------------------------------
 *
 * pipeline.c
 *	  Results come back in the order in which commands went out.
 *
 * What was sent and not yet answered is in NodeConn.pending; reading a command's
 * rows first moves the rows of earlier commands into their tuplestores, so that
 * several scans can share a connection.
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
#define OUTCOME_TIMEOUT_MS 800

void (*RestartRemoteTransaction)(NodeConn *conn) = NULL;

static Pending *
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

void
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
static void
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
static void
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

/* After a command the sync that follows is mostly there, too; with it come errors of an implicit commit. */
static void
ReadSync(NodeConn *conn)
{
	while (conn->pg && !dlist_is_empty(&conn->pending) && FirstPending(conn)->kind == PENDING_SYNC)
		(void) PumpConn(conn);
	if (conn->outcome_matters && dlist_is_empty(&conn->pending))
	{
		/* It is committed there: let no cancel make an error of it. */
		conn->outcome_matters = false;
		conn->cancel_sent = 0;
		HoldOffCancel();
	}
}

/*
 * NextResult returns the next row of the command as libpq has it, or NULL at
 * the end. The result belongs to the connection.
 */
PGresult *
NextResult(RemoteCommand *command)
{
	if (command->row_waits && command->conn)
	{
		command->row_waits = false;
		return command->conn->result;
	}
	while (!command->done)
	{
		NodeConn *conn = command->conn;

		AdvanceTo(command);
		if (command->pending == NULL)
		{
			if (command->done)
				break;
			ereport(ERROR,
					(errcode(ERRCODE_CONNECTION_FAILURE),
					 errmsg("the result of a command on node %d was lost", command->node_id)));
		}
		if (PumpConn(conn) == PUMP_ROW)
			return conn->result;
		if (command->done)
			ReadSync(conn);
	}
	return NULL;
}

bool
NextText(RemoteCommand *command, const char **value, bool *isnull)
{
	PGresult *result = NextResult(command);

	if (result == NULL)
		return false;
	*isnull = PQnfields(result) == 0 || PQgetisnull(result, 0, 0);
	*value = *isnull ? NULL : PQgetvalue(result, 0, 0);
	return true;
}

bool
NextRow(RemoteCommand *command, TupleTableSlot *slot)
{
	PGresult *result;

	ExecClearTuple(slot);
	for (;;)
	{
		if (command->store &&
			tuplestore_gettupleslot(command->store, true, false, command->store_slot))
		{
			slot_getallattrs(command->store_slot);
			StoreInSlot(slot, command->store_slot->tts_values, command->store_slot->tts_isnull);
			return true;
		}
		if (command->done)
			return false;
		result = NextResult(command);
		if (result == NULL && command->store == NULL)
			return false;
		if (result)
		{
			DecodeCommandRow(command, result, false);
			StoreInSlot(slot, command->values, command->nulls);
			return true;
		}
	}
}

/* KeepCommandRows reads to the end and keeps the rows for NextRow. Raises the command's error. */
void
KeepCommandRows(RemoteCommand *command)
{
	while (!command->done)
	{
		if (PumpConn(command->conn) == PUMP_ROW)
			StoreRow(command->conn);
	}
}

void
FinishCommand(RemoteCommand *command)
{
	while (NextResult(command))
		;
}

void
ExpectReport(RemoteCommand *command)
{
	command->wants_report = true;
}

/*
 * KeepReport is for the first command in the queue that expects one: what comes
 * before it there is its prelude, or was answered already. A command that is
 * not to be answered any more has left the queue.
 */
void
KeepReport(NodeConn *conn, const char *text)
{
	dlist_iter iter;

	dlist_foreach(iter, &conn->pending)
	{
		RemoteCommand *command = dlist_container(Pending, node, iter.cur)->command;

		if (command && command->wants_report)
		{
			command->report = MemoryContextStrdup(command->context, text);
			return;
		}
	}
}

/* The number comes before the end of its command, which is the first one in the queue; a COPY is in none. */
void
KeepHeldTriggers(NodeConn *conn, const char *number)
{
	dlist_iter iter;

	dlist_foreach(iter, &conn->pending)
	{
		RemoteCommand *command = dlist_container(Pending, node, iter.cur)->command;

		if (command)
		{
			command->held_triggers = atoi(number);
			return;
		}
	}
	conn->held_triggers = atoi(number);
}

int
HeldTriggers(RemoteCommand *command)
{
	return command->held_triggers;
}

int32
CommandNodeId(RemoteCommand *command)
{
	return command->node_id;
}

int
HeldTriggersOfCopy(NodeConn *conn)
{
	int number = conn->held_triggers;

	conn->held_triggers = 0;
	return number;
}

const char *
CommandReport(RemoteCommand *command)
{
	while (command->report == NULL && !command->done && command->store == NULL)
	{
		NodeConn *conn = command->conn;

		if (conn == NULL)
			break;
		AdvanceTo(command);
		if (command->pending && ConnIsBusy(conn))
		{
			if (conn->needs_sync)
				FlushCommands(conn);
			if (command->report == NULL && ConnIsBusy(conn))
				(void) WaitOnConns(&conn, 1, -1);
			CHECK_FOR_INTERRUPTS();
		}
		else if (command->report == NULL && command->pending && PumpConn(conn) == PUMP_ROW)
		{
			command->row_waits = true;
			break;
		}
	}
	return command->report;
}

uint64
CommandRowCount(RemoteCommand *command)
{
	FinishCommand(command);
	return command->rows;
}

const char *
CommandResultTag(RemoteCommand *command)
{
	FinishCommand(command);
	return command->tag;
}

void
CloseCommand(RemoteCommand *command)
{
	command->discard = true;
	if (command->store)
	{
		tuplestore_end(command->store);
		ExecDropSingleTupleTableSlot(command->store_slot);
		command->store = NULL;
	}
}

/* Reads what is there, without waiting, until the command is next. */
static bool
IsCommandReady(RemoteCommand *command)
{
	NodeConn *conn = command->conn;

	if (command->done || command->store || command->row_waits || command->pending == NULL)
		return true;
	if (conn->needs_sync)
		FlushCommands(conn);
	while (command->pending && FirstPending(conn) != command->pending && !ConnIsBusy(conn))
	{
		if (PumpConn(conn) == PUMP_ROW)
			StoreRow(conn);
	}
	return command->pending == NULL || !ConnIsBusy(conn);
}

int
WaitForAnyCommand(RemoteCommand **commands, int ncommands)
{
	static int turn = 0; /* so that none is always served first */
	NodeConn **conns = palloc(sizeof(NodeConn *) * ncommands);

	for (;;)
	{
		turn++;
		for (int i = 0; i < ncommands; i++)
		{
			int candidate = (int) ((unsigned) (turn + i) % ncommands);

			if (IsCommandReady(commands[candidate]))
			{
				pfree(conns);
				return candidate;
			}
		}
		for (int i = 0; i < ncommands; i++)
			conns[i] = commands[i]->conn;
		(void) WaitOnConns(conns, ncommands, -1);
		CHECK_FOR_INTERRUPTS();
	}
}

bool
WaitForCommand(RemoteCommand *command, long timeout)
{
	TimestampTz give_up = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), timeout);

	while (!IsCommandReady(command))
	{
		long left = TimestampDifferenceMilliseconds(GetCurrentTimestamp(), give_up);

		if (left <= 0)
			return false;
		(void) WaitOnConns(&command->conn, 1, left);
		CHECK_FOR_INTERRUPTS();
	}
	return true;
}
