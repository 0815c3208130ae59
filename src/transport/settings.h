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

/* Queue what changed since the connection last got it; nothing, usually. */
extern void SendSettings(NodeConn *conn);

/* The node no longer has what was sent. */
extern void ForgetSettings(NodeConn *conn);

#endif
