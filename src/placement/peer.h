/*-------------------------------------------------------------------------
 *
 * peer.h
 *	  A plain connection to a server that need not be a node of the cluster.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_PEER_H
#define DISTSHARD_PEER_H

#include "postgres.h"

typedef struct Peer Peer;

extern void InitPeers(void);

/*
 * ConnectPeer opens a connection as the session's user. Where that is not
 * possible it returns NULL, and *reason is libpq's message. What is still open
 * at the end of the transaction is closed then.
 */
extern Peer *ConnectPeer(const char *host, int port, const char *database, char **reason);
extern void  ClosePeer(Peer *peer);
extern int   PeerVersion(Peer *peer); /* as PG_VERSION_NUM */

/*
 * Run SQL there; several statements are one transaction. An error of the server
 * is raised as an error of its own, with a context line that names the server.
 * PeerRow returns the columns of the only row, NULL for SQL NULL, PeerValue the first.
 */
extern void   PeerRun(Peer *peer, const char *sql);
extern char **PeerRow(Peer *peer, const char *sql);
extern char  *PeerValue(Peer *peer, const char *sql);

/*
 * If our transaction fails from now on, run the statement there, which takes back what was
 * committed there in advance. A peer with such a statement stays open to the end of the transaction.
 */
extern void PeerUndo(Peer *peer, const char *sql);

#endif
