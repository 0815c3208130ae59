/*-------------------------------------------------------------------------
 *
 * sender.h
 *	  Rows of this node on their way to inboxes.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_ROW_SENDER_H
#define DISTSHARD_ROW_SENDER_H

#include "postgres.h"

#include "executor/execdesc.h"
#include "nodes/pg_list.h"
#include "tcop/dest.h"

/* Where the rows of a transfer go. */
typedef struct RowRoute
{
	Oid        table;    /* whose shard map tells the node; InvalidOid: to all targets */
	AttrNumber key;      /* the row's column that is the key; 0: the table is one shard */
	bool       own_hash; /* hashed as its type is by default, not as the table's key */
	List      *columns;  /* of int: the row's columns that travel, in this order */
	List      *nodes;    /* of int: ids of the nodes that want rows, ... */
	List      *inboxes;  /* ... and the handles of their inboxes, of Oid */
} RowRoute;

extern void InitSentFragments(void);

/*
 * CreateRowSender returns a receiver that sends rows on; all have been received
 * when RowsSent returns. In the current memory context.
 */
extern DestReceiver *CreateRowSender(const RowRoute *route);
extern uint64        RowsSent(DestReceiver *sender);

/* The call that makes another node's session send the rows of its next fragment that claims the transfer. */
extern char *OpenSenderCommand(int transfer, const RowRoute *route);

#endif
