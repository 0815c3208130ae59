/*-------------------------------------------------------------------------
 *
 * session.h
 *	  Which session of the cluster a backend works for.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_SESSION_H
#define DISTSHARD_SESSION_H

#include "postgres.h"

#include "storage/latch.h"
#include "storage/lock.h"
#include "storage/proc.h"

/* A client's session: the backend on the node that the client connected to. */
typedef struct ClusterSession
{
	int32 node_id;
	int32 pid;
} ClusterSession;

extern void InitSessions(void);

/* This node's number, 0 if it is none of a cluster. */
extern int32 LocalNodeId(void);

/* The session that this backend works for: its own client's, or that of another node. */
extern ClusterSession MyClusterSession(void);

/* From now on, and to its end, this backend works for a session of another node. */
extern void ServeSession(ClusterSession session);

/* Ends the backends of this server that work for sessions of a node, and waits until they are gone. */
extern void EndSessionsOf(int32 node_id);

/*
 * SessionOfProc returns whom a backend of this server works for; one that has a
 * client of its own is a session of the given node. The backend may be gone by
 * then: it never was more than what it was at one moment.
 */
extern ClusterSession SessionOfProc(const PGPROC *proc, int32 local_node);

/* The session whose commit has got so far, pid 0 if no connection of it is left. */
extern ClusterSession SessionThatPrepared(VirtualTransactionId transaction);

/* Does any backend of this server work for another node? If none does, the latch is set when one begins to. */
extern bool AnyServed(Latch *latch);

#endif
