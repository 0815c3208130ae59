/*-------------------------------------------------------------------------
 *
 * idle.h
 *	  Connections between transactions: kept, or closed.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_IDLE_H
#define DISTSHARD_IDLE_H

#include "nodes/pg_list.h"
#include "transport/connection.h"

extern void InitIdleConns(void);

/* The current transaction makes use of connections. */
extern void NoteUse(void);

/* Before another connection to the same node is opened, for another user. */
extern void CloseOtherUsers(NodeConn *conn);

/* CloseConns closes idle connections, and may wait until nodes count them no more. */
extern void CloseConns(List *conns, bool wait);

#endif
