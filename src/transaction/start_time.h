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

/* Before a statement that reads or writes the logical table is queued: tells the node when the transaction began. */
extern void QueueStartTime(NodeConn *conn, Oid relid, bool writes);
extern void SendStartTime(NodeConn *conn); /* in any case */

/* On a node: the transaction, and the statement, began when the sender says so. */
extern void AdoptStartTimes(TimestampTz transaction, TimestampTz statement);

/* By this node's own clock. */
extern TimestampTz TransactionBeganHere(void);

#endif
