/*-------------------------------------------------------------------------
 *
 * cleanup.c
 *	  Bring connections to rest when a (sub)transaction is over.
 *
 * After an error, statements may still be running on nodes and answers be on
 * their way. They are cancelled and read off; a node that does not come to rest
 * within a given time loses its connection. Runs while a transaction is
 * aborted or has been committed, so that nothing here may raise an error or be
 * interrupted.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "transport/internal.h"
#include "utils/timestamp.h"

#define CANCEL_AFTER_MS 10

static bool cancel_held = false;

uint32
ConnIncarnation(NodeConn *conn)
{
	return conn->incarnation;
}

bool
ConnIsOpen(NodeConn *conn)
{
	return conn->pg != NULL;
}

bool
RowsWait(NodeConn *conn)
{
	return conn->rows_wait;
}

bool
HasWritten(NodeConn *conn)
{
	return conn->has_written;
}

bool
TakeTriggersDeferred(NodeConn *conn)
{
	bool result = conn->triggers_deferred;

	conn->triggers_deferred = false;
	return result;
}

void
SetConnFresh(NodeConn *conn)
{
	conn->fresh = true;
	conn->rows_wait = false;
	conn->has_written = false;
	conn->triggers_deferred = false;
}

void
SetOutcomeMatters(NodeConn *conn, bool matters)
{
	conn->outcome_matters = matters;
	conn->cancel_sent = 0;
}

void
HoldOffCancel(void)
{
	if (!cancel_held)
		HOLD_CANCEL_INTERRUPTS();
	cancel_held = true;
}

/* An error has reset the counter by itself; a cancel that came meanwhile came too late. */
void
ResumeCancel(void)
{
	if (!cancel_held)
		return;
	cancel_held = false;
	if (QueryCancelHoldoffCount > 0)
	{
		RESUME_CANCEL_INTERRUPTS();
		QueryCancelPending = false;
	}
}

void
SettingsRolledBack(NodeConn *conn)
{
	if (conn->settings_in_xact)
		ForgetSettings(conn);
}

void
SettingsCommitted(NodeConn *conn)
{
	conn->settings_in_xact = false;
}

/* Answers whose content does not matter need no attention. */
bool
IsAtRest(NodeConn *conn)
{
	dlist_iter iter;

	if (conn->pg == NULL)
		return true;
	if (conn->needs_sync || conn->copying || !conn->proven)
		return false;
	dlist_foreach(iter, &conn->pending)
	{
		if (!dlist_container(Pending, node, iter.cur)->forgiven)
			return false;
	}
	return true;
}

void
DropUnsent(NodeConn *conn)
{
	if (conn->needs_sync)
		DropConn(conn);
}

bool
CommandDone(RemoteCommand *command)
{
	return command->done;
}

int
CommandForgivenError(RemoteCommand *command)
{
	return command->forgiven_error;
}

void
EndBatch(NodeConn *conn)
{
	if (conn->pg == NULL || !conn->needs_sync)
		return;
	if (PQpipelineSync(conn->pg))
	{
		AddPending(conn, PENDING_SYNC);
		conn->needs_sync = false;
	}
	else
		DropConn(conn);
}

void
ForgiveErrors(NodeConn *conn)
{
	dlist_iter iter;

	dlist_foreach(iter, &conn->pending) dlist_container(Pending, node, iter.cur)->forgiven = true;
}

/* Does the command belong to a portal of an outer (sub)transaction, which lives on? */
static bool
OutlivesSubtransaction(RemoteCommand *command)
{
	for (ResourceOwner owner = command->resowner; owner; owner = ResourceOwnerGetParent(owner))
	{
		if (owner == CurTransactionResourceOwner)
			return false;
	}
	return true;
}

void
AbandonCommands(NodeConn *conn, int level)
{
	dlist_iter iter;

	dlist_foreach(iter, &conn->pending)
	{
		Pending *pending = dlist_container(Pending, node, iter.cur);

		if (pending->level < level)
			continue;
		if (pending->command)
		{
			if (level > 1 && OutlivesSubtransaction(pending->command))
			{
				pending->level = level - 1;
				continue;
			}
			pending->command->pending = NULL;
			pending->command->conn = NULL;
			pending->command = NULL;
		}
		pending->forgiven = true;
	}
}

void
RaiseCommandLevel(NodeConn *conn, int level)
{
	dlist_iter iter;

	dlist_foreach(iter, &conn->pending)
	{
		Pending *pending = dlist_container(Pending, node, iter.cur);

		pending->level = Min(pending->level, level - 1);
	}
}

static bool
HasAbandoned(NodeConn *conn)
{
	return conn->pg && !dlist_is_empty(&conn->pending) &&
		   dlist_container(Pending, node, dlist_head_node(&conn->pending))->forgiven;
}

/* Reads what has arrived; returns whether there is more to come. */
static bool
ReadArrived(NodeConn *conn)
{
	while (HasAbandoned(conn) && !ConnIsBusy(conn))
		(void) PumpConn(conn);
	return HasAbandoned(conn);
}

/* A COPY that was given up ends with an error, outside pipeline mode. */
static bool
ReadCopyEnd(NodeConn *conn)
{
	PGresult *result;

	while (conn->pg && !PQisBusy(conn->pg))
	{
		if (PQstatus(conn->pg) != CONNECTION_OK)
		{
			DropConn(conn);
			break;
		}
		result = PQgetResult(conn->pg);
		if (result == NULL)
		{
			conn->copying = false;
			if (!PQenterPipelineMode(conn->pg))
				DropConn(conn);
			return false;
		}
		if (PQresultStatus(result) == PGRES_COPY_IN)
			FailCopyIn(conn);
		PQclear(result);
	}
	return conn->pg != NULL;
}

static bool
ReadRest(NodeConn *conn)
{
	return conn->copying ? ReadCopyEnd(conn) : ReadArrived(conn);
}

/* Reads from busy connections for so long, in milliseconds; returns how many are left at the head of the array. */
static int
ReadFor(NodeConn **busy, int nbusy, long timeout)
{
	TimestampTz now = GetCurrentTimestamp();
	TimestampTz deadline = TimestampTzPlusMilliseconds(now, timeout);

	for (;;)
	{
		int still_busy = 0;

		if (StopIsWanted())
			deadline = Min(deadline, TimestampTzPlusMilliseconds(now, STOP_TIMEOUT_MS));

		for (int i = 0; i < nbusy; i++)
		{
			if (ReadRest(busy[i]))
				busy[still_busy++] = busy[i];
		}
		nbusy = still_busy;
		if (nbusy == 0 || now >= deadline)
			return nbusy;
		(void) WaitOnConns(busy, nbusy, TimestampDifferenceMilliseconds(now, deadline) + 1);
		now = GetCurrentTimestamp();
	}
}

static void
DropAll(NodeConn **conns, int nconns, bool only_not_cancelled)
{
	for (int i = 0; i < nconns; i++)
	{
		if (!only_not_cancelled || !conns[i]->cancel_taken)
			DropConn(conns[i]);
	}
}

void
SettleConns(List *conns, bool cancel, long timeout)
{
	NodeConn **busy = palloc(sizeof(NodeConn *) * Max(list_length(conns), 1));
	int        nbusy = 0;
	ListCell  *lc;

	HOLD_INTERRUPTS();
	foreach (lc, conns)
	{
		NodeConn *conn = lfirst(lc);

		conn->cleaning = true;
		conn->outcome_matters = false;
		if (conn->pg && !conn->proven)
			DropConn(conn);
		if (conn->pg && conn->copying)
			FailCopyIn(conn);
		if (ReadRest(conn))
			busy[nbusy++] = conn;
	}

	/* What is about to end by itself is not worth a cancel request. */
	if (cancel && nbusy > 0)
		nbusy = ReadFor(busy, nbusy, CANCEL_AFTER_MS);
	if (cancel && nbusy > 0)
	{
		CancelConns(busy, nbusy);
		DropAll(busy, nbusy, true);
	}
	if (nbusy > 0)
		nbusy = ReadFor(busy, nbusy, timeout);
	DropAll(busy, nbusy, false);

	foreach (lc, conns)
		((NodeConn *) lfirst(lc))->cleaning = false;
	RESUME_INTERRUPTS();
	pfree(busy);
}
