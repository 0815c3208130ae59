/*-------------------------------------------------------------------------
 *
 * xact.h
 *	  The session's transaction on the nodes that it has touched.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_XACT_H
#define DISTSHARD_XACT_H

#include "postgres.h"

#include "executor/execdesc.h"
#include "transport/connection.h"
#include "utils/snapshot.h"

typedef enum RemoteAccess
{
	REMOTE_READ,
	REMOTE_WRITE,
	REMOTE_LOCK /* nothing but locks on tables, which must be there until the end */
} RemoteAccess;

extern void InitTransactions(void);

/*
 * EnlistNode makes the node take part in the current (sub)transaction and
 * returns its connection. BEGIN and SAVEPOINT are queued, and ride with the
 * first statement. Several writing nodes make the commit a two-phase one, this
 * node included if its transaction has an xid.
 */
extern NodeConn *EnlistNode(int32 node_id, RemoteAccess access);

/*
 * UseNode returns the node's connection for a statement outside any transaction
 * block there. What the node must know of the session is queued before it.
 */
extern NodeConn *UseNode(int32 node_id);

/*
 * EnlistForOneStatement is EnlistNode for a statement that is all that the
 * client's statement does: where that is provably a transaction by itself, no
 * BEGIN and no COMMIT are sent. The caller reads its result to the end.
 */
extern NodeConn *EnlistForOneStatement(int32 node_id, RemoteAccess access);

/*
 * Is the running statement of the client a transaction by itself? Only to be
 * asked while its executor runs.
 */
extern bool IsWholeTransaction(void);

/* A statement that is running, and the one that called it. */
typedef struct RunningStatement
{
	QueryDesc               *query;
	struct RunningStatement *outer; /* NULL: it is the outermost */
} RunningStatement;

/* To be called around the execution of any statement. */
extern void                    EnterStatement(RunningStatement *statement, QueryDesc *query);
extern void                    LeaveStatement(void);
extern const RunningStatement *InnermostStatement(void); /* or NULL */

/* errhint() for what a row trigger or policy, where its row is, cannot do. */
extern int HintOnRowActions(void);

/*
 * TakeClusterSnapshot has a REPEATABLE READ transaction take its snapshot of all
 * nodes, if it has none yet, before the first statement that reads something is
 * run. This node's part of it goes into the snapshots in use, and the statement's.
 * ReadsHere: something is read on this node; SnapshotWasImported: the transaction
 * has got its snapshot from another session.
 */
extern void TakeClusterSnapshot(Snapshot statement);
extern void ReadsHere(void);
extern void SnapshotWasImported(void);

/*
 * Has the transaction changed anything on this node? LOCK TABLE asks before, and says after it
 * that there was nothing but locks, if so.
 */
extern bool WroteHere(void);
extern void NothingButLocks(void);

/*
 * Run statements on nodes as part of the transaction, pipelined, in parallel; rows are discarded.
 * RunOnOtherNodes returns its commands, which are done.
 */
extern void  RunOnNode(int32 node_id, List *statements);
extern List *RunOnOtherNodes(List *statements);

/* The same in two steps, for something to be done here meanwhile. Sending returns the commands, to be finished. */
extern List *OtherPrimaries(void); /* ids of nodes */
extern List *SendToNodes(List *node_ids, List *statements, RemoteAccess access);
extern void  FinishCommands(List *commands);

#endif
