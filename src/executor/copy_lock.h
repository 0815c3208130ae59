/*-------------------------------------------------------------------------
 *
 * copy_lock.h
 *	  Writers of a reference table take turns, and those who lock its rows.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_COPY_LOCK_H
#define DISTSHARD_COPY_LOCK_H

#include "postgres.h"

#include "catalog/metadata.h"
#include "transport/connection.h"

extern void InitCopyLock(void);

/* Locks out other writers of this node's copy. What they wrote is seen by snapshots taken after it. */
extern void LockLocalCopy(DistTable *table);

/* The same on another node; rides with the next command. */
extern RemoteCommand *QueueCopyLock(NodeConn *conn, DistTable *table);

/* On every node, beginning with the first. */
extern void LockAllCopies(DistTable *table);

#endif
