/*-------------------------------------------------------------------------
 *
 * server_check.h
 *	  May a server become a node of the cluster?
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_SERVER_CHECK_H
#define DISTSHARD_SERVER_CHECK_H

#include "postgres.h"

#include "catalog/metadata.h"
#include "placement/peer.h"

typedef struct NewServer
{
	const char *host;
	int         port;
	Peer       *peer;
	char       *identity;      /* tells this running server from all others */
	bool        has_extension; /* it is a cluster of one, without tables */
} NewServer;

/* Connects to the server and checks all that can be checked without the extension there. */
extern void ConnectNewServer(NewServer *server);

/* Checks that the server reaches every node, and is reached by every node. The extension must be there. */
extern void CheckReachability(NewServer *server);

/* Checks that all other nodes reach at this address the same server as the peer. */
extern void CheckReachableAs(const ClusterNode *node, const char *host, int port, Peer *peer);

extern char *LocalClusterId(void);

#endif
