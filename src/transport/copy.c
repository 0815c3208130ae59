/*-------------------------------------------------------------------------
 *
 * copy.c
 *	  COPY FROM STDIN over a node's connection.
 *
 * libpq does not allow COPY in pipeline mode, so the connection leaves it for
 * the duration. Data is handed to libpq and goes out as the socket takes it;
 * beyond MAX_UNSENT we wait, so that memory stays bounded.
 *
 * A node that fails ignores the rest of the data, and libpq does not look at
 * its error before the end of the data, which may be hours later. Notices are
 * looked at: so the node sends one first, with a SQLSTATE of its own.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "transport/internal.h"

#define MAX_UNSENT         (1024 * 1024)
#define CHECK_UNSENT_EVERY (64 * 1024)

/* Waits for the next result outside pipeline mode; raises errors of the connection only. */
static PGresult *
NextCopyResult(NodeConn *conn)
{
	conn->unsent = PQflush(conn->pg) == 1;
	while (PQisBusy(conn->pg))
	{
		(void) WaitOnConns(&conn, 1, -1);
		CHECK_FOR_INTERRUPTS();
	}
	return PQgetResult(conn->pg);
}

static void
LeaveCopy(NodeConn *conn)
{
	conn->copying = false;
	if (!PQenterPipelineMode(conn->pg))
		RaiseConnectionLost(conn, NULL);
}

/* FinishCopy reads the outcome of a COPY and raises its error. */
static uint64
FinishCopy(NodeConn *conn)
{
	PGresult *result;
	PGresult *error = NULL;
	uint64    rows = 0;

	while ((result = NextCopyResult(conn)) != NULL)
	{
		if (PQstatus(conn->pg) != CONNECTION_OK)
			RaiseConnectionLost(conn, result);
		if (PQresultStatus(result) == PGRES_FATAL_ERROR && error == NULL)
		{
			error = result;
			continue;
		}
		rows = strtoul(PQcmdTuples(result), NULL, 10);
		PQclear(result);
	}
	LeaveCopy(conn);
	if (error)
		RaiseRemoteError(conn, error);
	return rows;
}

void
SendCopyBegin(NodeConn *conn, const char *sql)
{
	DrainConn(conn);
	conn->fresh = false;
	if (conn->pg == NULL || !PQexitPipelineMode(conn->pg) || !PQsendQuery(conn->pg, sql))
		RaiseConnectionLost(conn, NULL);
	conn->copying = true;
	conn->copy_failed = false;
	conn->copied = 0;
	conn->unsent = PQflush(conn->pg) == 1;
}

void
BeginCopyIn(NodeConn *conn)
{
	PGresult *result;

	if (conn->pg == NULL)
		RaiseConnectionLost(conn, NULL);
	result = NextCopyResult(conn);
	if (result == NULL || PQstatus(conn->pg) != CONNECTION_OK)
		RaiseConnectionLost(conn, result);
	if (PQresultStatus(result) == PGRES_FATAL_ERROR)
	{
		PGresult *end = NextCopyResult(conn);

		PQclear(end);
		LeaveCopy(conn);
		RaiseRemoteError(conn, result);
	}
	if (PQresultStatus(result) != PGRES_COPY_IN)
		elog(ERROR, "node %d does not take a COPY FROM STDIN", conn->key.node_id);
	PQclear(result);
}

void
SendCopyEnd(NodeConn *conn)
{
	if (conn->pg == NULL)
		RaiseConnectionLost(conn, NULL);
	if (PQputCopyEnd(conn->pg, NULL) < 0)
		RaiseConnectionLost(conn, NULL);
	while ((conn->unsent = PQflush(conn->pg) == 1))
	{
		(void) WaitOnConns(&conn, 1, -1);
		CHECK_FOR_INTERRUPTS();
	}
}

static void
CopyInPiece(NodeConn *conn, const char *data, int len)
{
	int sent;

	if (conn->pg == NULL)
		RaiseConnectionLost(conn, NULL);
	while ((sent = PQputCopyData(conn->pg, data, len)) == 0)
	{
		conn->unsent = true;
		(void) WaitOnConns(&conn, 1, -1);
		CHECK_FOR_INTERRUPTS();
	}
	if (sent < 0)
		RaiseConnectionLost(conn, NULL);
	if (conn->copy_failed)
	{
		SendCopyEnd(conn);
		(void) FinishCopy(conn);
	}

	conn->copied += len;
	if (conn->copied < CHECK_UNSENT_EVERY)
		return;
	conn->unsent = PQflush(conn->pg) == 1;
	while (conn->unsent && conn->copied > MAX_UNSENT)
	{
		(void) WaitOnConns(&conn, 1, -1);
		CHECK_FOR_INTERRUPTS();
	}
	if (!conn->unsent)
		conn->copied = 0;

	/* The next call will look at it. */
	if (!PQconsumeInput(conn->pg))
		RaiseConnectionLost(conn, NULL);
}

/* Each time that the socket is full, libpq moves all that it could not send: so it is not given much at once. */
void
CopyInData(NodeConn *conn, const char *data, int len)
{
	for (int done = 0; done < len; done += Min(len - done, MAX_UNSENT))
		CopyInPiece(conn, data + done, Min(len - done, MAX_UNSENT));
}

uint64
EndCopyIn(NodeConn *conn)
{
	if (conn->pg == NULL)
		RaiseConnectionLost(conn, NULL);
	return FinishCopy(conn);
}

/* FailCopyIn ends a COPY that was given up. The node's error is the first thing to be read after it. */
void
FailCopyIn(NodeConn *conn)
{
	(void) PQputCopyEnd(conn->pg, "given up");
	conn->unsent = PQflush(conn->pg) == 1;
}

void
TellCopyFailed(void)
{
	SendNotice(ERRCODE_COPY_FAILED, "COPY failed");
}
