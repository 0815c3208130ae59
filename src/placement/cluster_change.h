/*-------------------------------------------------------------------------
 *
 * cluster_change.h
 *	  Changes of the metadata catalog, the same on all nodes.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_CLUSTER_CHANGE_H
#define DISTSHARD_CLUSTER_CHANGE_H

#include "postgres.h"

#define MAX_SHARD_COUNT 65536

extern bool HaveOtherNodes(void);
extern void LockMetadata(void);
extern void RunHere(const char *sql);
extern void RunEverywhere(const char *sql);

#endif
