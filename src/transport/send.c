/*-------------------------------------------------------------------------
 *
 * send.c
 *	  Commands go out; pipeline.c reads what comes back.
 *
 * A connection is always in libpq's pipeline mode. Each flush ends a batch with
 * a sync, up to which the node skips everything after an error.
 *
 * A command removes itself from the queue when its memory context goes away, so
 * errors leave nothing behind but answers to be skipped.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "transport/internal.h"
#include "utils/memutils.h"

/* Callback for the end of a command's memory context. */
static void
DetachCommand(void *arg)
{
	RemoteCommand *command = arg;

	if (command->pending)
		command->pending->command = NULL;
	command->pending = NULL;
}

static RemoteParams *
CopyParams(const RemoteParams *params)
{
	RemoteParams *copy = palloc(sizeof(RemoteParams));
	int           n = params->count;

	copy->count = n;
	copy->types = memcpy(palloc(sizeof(Oid) * n), params->types, sizeof(Oid) * n);
	copy->lengths = memcpy(palloc(sizeof(int) * n), params->lengths, sizeof(int) * n);
	copy->formats = memcpy(palloc(sizeof(int) * n), params->formats, sizeof(int) * n);
	copy->values = palloc0(sizeof(char *) * n);
	for (int i = 0; i < n; i++)
	{
		if (params->values[i])
			copy->values[i] = params->formats[i] ? memcpy(palloc(params->lengths[i] + 1),
														  params->values[i], params->lengths[i])
												 : pstrdup(params->values[i]);
	}
	return copy;
}

static Size
SizeOfParams(const RemoteParams *params)
{
	Size size = 0;

	for (int i = 0; i < params->count; i++)
	{
		if (params->values[i])
			size += params->formats[i] ? params->lengths[i] : strlen(params->values[i]);
	}
	return size;
}

/* SendStatement puts a statement into the pipeline, prepared if so wanted. */
static Pending *
SendStatement(NodeConn *conn, const char *sql, const RemoteParams *params, TupleDesc desc,
			  int flags, bool binary)
{
	int                n = params ? params->count : 0;
	const Oid         *types = params ? params->types : NULL;
	const char *const *values = params ? params->values : NULL;
	const int         *lengths = params ? params->lengths : NULL;
	const int         *formats = params ? params->formats : NULL;
	Pending           *pending;
	int                sent;
	uint32             id = 0;
	bool               found = false;

	if (conn->pg == NULL)
		RaiseConnectionLost(conn, NULL);
	if (conn->copying)
		elog(ERROR, "connection to node %d is in use by COPY", conn->key.node_id);

	if (flags & COMMAND_PREPARE)
		id = FindStatement(conn, sql, params, desc, &found);
	if (id != 0)
	{
		char name[NAMEDATALEN];

		StatementName(id, name);
		if (!found)
		{
			conn->needs_sync = true;
			if (!PQsendPrepare(conn->pg, name, sql, n, types))
				RaiseConnectionLost(conn, NULL);
			AddPending(conn, PENDING_PARSE)->statement_id = id;
		}
		sent = PQsendQueryPrepared(conn->pg, name, n, values, lengths, formats, binary);
	}
	else
		sent = PQsendQueryParams(conn->pg, sql, n, types, values, lengths, formats, binary);
	if (n > 0)
		NoteMessage(conn, SizeOfParams(params));
	if (!sent)
		RaiseConnectionLost(conn, NULL);

	conn->needs_sync = true;
	pending = AddPending(conn, PENDING_STATEMENT);
	pending->statement_id = id;
	pending->reused = found;
	return pending;
}

void
SendCommand(RemoteCommand *command, NodeConn *conn, const char *sql, const RemoteParams *params)
{
	Pending *pending =
		SendStatement(conn, sql, params, command->desc, command->flags, command->binary);

	pending->command = command;
	command->pending = pending;
	command->conn = conn;
}

RemoteCommand *
QueueCommand(NodeConn *conn, const char *sql, const RemoteParams *params, TupleDesc result_desc,
			 int flags)
{
	RemoteCommand *command = palloc0(sizeof(RemoteCommand));

	command->node_id = conn->key.node_id;
	command->context = CurrentMemoryContext;
	command->resowner = CurrentResourceOwner;
	command->desc = result_desc;
	command->flags = flags;

	/* Receive functions would convert texts from the encoding of our own client. */
	command->binary = result_desc && pg_get_client_encoding() == GetDatabaseEncoding() &&
					  RowIsBinary(result_desc);
	command->on_reset.func = DetachCommand;
	command->on_reset.arg = command;
	MemoryContextRegisterResetCallback(command->context, &command->on_reset);

	SendCommand(command, conn, sql, params);
	if (command->pending->reused && conn->fresh)
	{
		command->may_retry = true;
		command->sql = pstrdup(sql);
		command->params = params && params->count > 0 ? CopyParams(params) : NULL;
	}
	conn->fresh = false;
	return command;
}

void
QueuePrelude(NodeConn *conn, const char *sql, int flags)
{
	SendStatement(conn, sql, NULL, NULL, flags, false);
}

void
FlushCommands(NodeConn *conn)
{
	if (conn->pg == NULL)
		RaiseConnectionLost(conn, NULL);
	if (conn->needs_sync)
	{
		if (!PQpipelineSync(conn->pg))
			RaiseConnectionLost(conn, NULL);
		AddPending(conn, PENDING_SYNC);
		conn->needs_sync = false;
	}
	conn->unsent = PQflush(conn->pg) == 1;
}
