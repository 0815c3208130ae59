/*-------------------------------------------------------------------------
 *
 * connection.h
 *	  The session's connection to each node, and statements sent over it.
 *
 * One connection per session and node. Everything sent goes through libpq's
 * pipeline mode, so that whatever may share a round trip does: queue several
 * commands, flush once, then read the results in order.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_CONNECTION_H
#define DISTSHARD_CONNECTION_H

#include "postgres.h"

#include "executor/tuptable.h"
#include "nodes/pg_list.h"

typedef struct NodeConn      NodeConn;
typedef struct RemoteCommand RemoteCommand;

/* Values for $1..$n of a command. Type 0 lets the node infer the type; values are in send format
 * (binary) where formats[i] is 1, else null-terminated text. */
typedef struct RemoteParams
{
	int          count;
	Oid         *types;
	const char **values; /* NULL pointer: SQL NULL */
	int         *lengths;
	int         *formats;
} RemoteParams;

typedef enum CommandFlags
{
	COMMAND_PREPARE =
		1 << 0,           /* keep as a server-side prepared statement, found again by its text */
	COMMAND_ROWS = 1 << 1 /* returns rows, to be read with NextRow */
} CommandFlags;

/* Connections. ConnectNodes opens what is missing, all in parallel. */
extern void      InitConnections(void);
extern void      ConnectNodes(List *node_ids);
extern NodeConn *GetNodeConn(int32 node_id);
extern int32     ConnNodeId(NodeConn *conn);

/*
 * QueueCommand appends a statement to the connection's pipeline. Nothing is
 * written before FlushCommands (or the first read). If an earlier command of
 * the connection still has unread rows, they are moved into that command's
 * tuplestore first. The command lives in the current memory context.
 */
extern RemoteCommand *QueueCommand(NodeConn *conn, const char *sql, const RemoteParams *params,
								   TupleDesc result_desc, int flags);
extern void           FlushCommands(NodeConn *conn);

/*
 * NextRow stores the next row in slot, or returns false at the end. Waits,
 * interruptible. An error of the node is raised here as an error of its own
 * SQLSTATE, message, detail and hint, with a context line naming the node.
 */
extern bool   NextRow(RemoteCommand *command, TupleTableSlot *slot);
extern uint64 CommandRowCount(RemoteCommand *command); /* of the command tag; waits for the end */
extern void   FinishCommand(RemoteCommand *command);   /* read to the end, raise its error */
extern void   CloseCommand(RemoteCommand *command);    /* not interested in the rest */

/* Returns the index of a command that NextRow will not have to wait for. */
extern int WaitForAnyCommand(RemoteCommand **commands, int ncommands);

/* COPY FROM STDIN over the connection; it can do nothing else meanwhile. */
extern void   BeginCopyIn(NodeConn *conn, const char *sql);
extern void   CopyInData(NodeConn *conn, const char *data, int len);
extern uint64 EndCopyIn(NodeConn *conn);

#endif
