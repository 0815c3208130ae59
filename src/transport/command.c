/*-------------------------------------------------------------------------
 *
 * command.c
 *	  What a command answers, for who sent it.
 *
 * Rows are read when they are wanted, one at a time; those of commands that were
 * sent before it are kept for their readers (pipeline.c). Besides rows there are
 * the tag, and what the node has to say by the way.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "transport/internal.h"
#include "utils/timestamp.h"

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
static PGresult *
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
