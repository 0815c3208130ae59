/*-------------------------------------------------------------------------
 *
 * limit_share.h
 *	  How many of the rows that LIMIT lets pass each node is to lock.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_LIMIT_SHARE_H
#define DISTSHARD_LIMIT_SHARE_H

#include "executor/remote_scan_state.h"

/* ShareLimit is called before a fragment with a probe is started: it sets the shares that the nodes get. */
extern void ShareLimit(RemoteScanState *state);

/* Applies the shares to the runs that have been chosen, as their limits. */
extern void ApplyShares(RemoteScanState *state);

#endif
