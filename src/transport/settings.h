/*-------------------------------------------------------------------------
 *
 * settings.h
 *	  Session settings follow the session to the nodes.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_SETTINGS_H
#define DISTSHARD_SETTINGS_H

#include "transport/connection.h"

extern void InitSettings(void);

/* The search path that users' code is to see in commands of distshard; see planner/on_behalf.c. */
extern char *KeptSearchPath;

/* Does a statement see each distributed transaction on all nodes, or on none? */
extern bool ConsistentReads;

/* How long a statement waits for the outcome of a distributed transaction that it needs, in milliseconds. */
extern int InDoubtTimeout;

/* Queue what changed since the connection last got it; nothing, usually. */
extern void SendSettings(NodeConn *conn);

/* The node no longer has what was sent. */
extern void ForgetSettings(NodeConn *conn);

#endif
