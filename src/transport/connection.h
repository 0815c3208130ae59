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
		1 << 0,           /* likely to come again: from the second time on a prepared statement */
	COMMAND_ROWS = 1 << 1 /* returns rows, to be read with NextRow */
} CommandFlags;

/* Connections. ConnectNodes opens what is missing, all in parallel. */
extern void      InitConnections(void);
extern void      ConnectNodes(List *node_ids);
extern NodeConn *GetNodeConn(int32 node_id);
extern int32     ConnNodeId(NodeConn *conn);
extern int32     ConnGroupId(NodeConn *conn);

/*
 * MakeRemoteParams returns the values in the form in which they travel:
 * built-in types in binary, others as text of type 0, so that the text of the
 * statement must cast them. In the current memory context.
 */
extern RemoteParams *MakeRemoteParams(int count, const Oid *types, const Datum *values,
									  const bool *nulls);

/*
 * QueueCommand appends a statement to the connection's pipeline. Nothing is
 * waited for before the first read; sql and params need not live longer than
 * the call. result_desc says what the rows of a COMMAND_ROWS are to be read as.
 * The command lives in the current memory context, and may be forgotten: rows
 * that nobody reads any more are thrown away. Its rows are still there when
 * other commands have used the connection in between, in a tuplestore.
 */
extern RemoteCommand *QueueCommand(NodeConn *conn, const char *sql, const RemoteParams *params,
								   TupleDesc result_desc, int flags);

/* QueuePrelude is for statements without a result: an error comes up with the next command's. */
extern void QueuePrelude(NodeConn *conn, const char *sql, int flags);
extern void FlushCommands(NodeConn *conn);

/* DrainConn reads all that the connection still has to say, and raises errors. */
extern void DrainConn(NodeConn *conn);

/*
 * NextRow stores the next row in slot, or returns false at the end. Waits,
 * interruptible. An error of the node is raised here as an error of its own
 * SQLSTATE, message, detail and hint, with a context line naming the node.
 * The row is valid until the next call.
 */
extern bool   NextRow(RemoteCommand *command, TupleTableSlot *slot);
extern uint64 CommandRowCount(RemoteCommand *command); /* of the command tag; waits for the end */
extern void   FinishCommand(RemoteCommand *command);   /* read to the end, raise its error */
extern void
KeepCommandRows(RemoteCommand *command);          /* the same, but NextRow still gives the rows */
extern void CloseCommand(RemoteCommand *command); /* not interested in the rest */

/*
 * A node reports about the snapshot of a statement by a notice, before the first
 * row, or says nothing if there is nothing to be reported. ExpectReport is to be
 * called before the command is flushed; CommandReport waits for the report, the
 * first row, or the end, and returns the report or NULL. It raises the command's error.
 */
#define ERRCODE_SNAPSHOT_REPORT MAKE_SQLSTATE('D', 'S', '0', '0', '4')

extern void        ExpectReport(RemoteCommand *command);
extern const char *CommandReport(RemoteCommand *command);

/* Returns the index of a command that NextRow will not have to wait for. */
extern int WaitForAnyCommand(RemoteCommand **commands, int ncommands);

/*
 * COPY FROM STDIN over the connection; it can do nothing else meanwhile. SendCopyBegin sends the statement, when all
 * that was queued before has been answered, and BeginCopyIn waits until data may be sent. SendCopyEnd says that there is no
 * more, and EndCopyIn waits for the outcome.
 */
#define ERRCODE_COPY_FAILED MAKE_SQLSTATE('D', 'S', '0', '0', '3')

extern void   SendCopyBegin(NodeConn *conn, const char *sql);
extern void   BeginCopyIn(NodeConn *conn);
extern void   CopyInData(NodeConn *conn, const char *data, int len);
extern void   SendCopyEnd(NodeConn *conn);
extern uint64 EndCopyIn(NodeConn *conn);

/* On the other side of it, in PG_CATCH: tells the sender that an error is to come. */
extern void TellCopyFailed(void);

/*
 * A node says by a notice that rows wait there which a statement has moved out of its shards. RowsWait tells
 * whether it has said so in this transaction; those rows may have been taken since.
 */
#define ERRCODE_ROWS_WAIT MAKE_SQLSTATE('D', 'S', '0', '0', '5')

extern bool RowsWait(NodeConn *conn);

/*
 * And that a fragment which only reads has written in this transaction all the same: a function did so that a
 * policy calls, for instance.
 */
#define ERRCODE_HAS_WRITTEN MAKE_SQLSTATE('D', 'S', '0', '0', '6')

extern bool HasWritten(NodeConn *conn);

/*
 * By another it says that it holds calls of triggers, of this command or of the
 * COPY that was ended last: a number that is asked for once it has ended, or 0.
 */
#define ERRCODE_TRIGGERS_HELD MAKE_SQLSTATE('D', 'S', '0', '0', '7')

extern int   HeldTriggers(RemoteCommand *command);
extern int   HeldTriggersOfCopy(NodeConn *conn);
extern int32 CommandNodeId(RemoteCommand *command);

/*
 * And that triggers of users are deferred in this transaction. TakeTriggersDeferred
 * tells whether it has said so since it was last asked.
 */
#define ERRCODE_TRIGGERS_DEFERRED MAKE_SQLSTATE('D', 'S', '0', '0', '8')

extern bool TakeTriggersDeferred(NodeConn *conn);

/* Tells the node that this backend works for something beside the results: with what comes next, or at once. */
extern void SendNotice(int sqlstate, const char *text);
extern void SendNoticeAtOnce(int sqlstate, const char *text);

/* Is this backend's client another node of the cluster, which proved it? */
extern bool  IsClusterConnection(void);
extern int32 ClusterConnectionGroup(void); /* that node's group; 0 if it is none */

/* Set in a process that asks other nodes as a superuser, not as one of the cluster's nodes. */
extern bool WorksForNoSession;

/* A node's message with the user's names for tables and constraints instead of shards'; palloc'd. */
extern char *LogicalNames(const char *text);

/* The same for an error about a shard of this node; in place. */
extern void UseLogicalNames(ErrorData *error);

/* Does the running command tell of its work on each node? Then what other nodes tell, as INFO, says which one. */
extern bool NodesInInfo;

#endif
