/*-------------------------------------------------------------------------
 *
 * start_time.h
 *	  now() is the same on all nodes of a transaction.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_START_TIME_H
#define DISTSHARD_START_TIME_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "transport/connection.h"

extern void InitStartTimes(void);

/*
 * Before a statement on the logical table is queued that may fire triggers on the node, or not: tells the node when the
 * transaction and the statement began, if code of users' may run there that can ask.
 */
extern void QueueStartTime(NodeConn *conn, Oid relid, bool fires);
extern void SendStartTime(NodeConn *conn); /* in any case */

/* On a node: the transaction, and the statement, began when the sender says so. */
extern void AdoptStartTimes(TimestampTz transaction, TimestampTz statement);

/* On the node, when the statement begins: its start is what the sender told, not when its message came. */
extern void AdoptSentTimes(void);

/* By this node's own clock. */
extern TimestampTz TransactionBeganHere(void);

#endif
