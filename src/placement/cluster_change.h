/*-------------------------------------------------------------------------
 *
 * cluster_change.h
 *	  Work of the extension's own on all nodes, as part of the transaction.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_CLUSTER_CHANGE_H
#define DISTSHARD_CLUSTER_CHANGE_H

#include "postgres.h"

#include "nodes/pg_list.h"
#include "storage/lockdefs.h"

extern bool  HaveOtherNodes(void);
extern void  LockMetadata(void);
extern List *RunHere(const char *sql);
extern void  RunElsewhere(const char *sql);
extern void  RunEverywhere(const char *sql);
extern void  RunOnNodeAsOwner(int32 node_id, List *statements);
extern void  RunOnOtherNodesAsOwner(List *statements);
extern List *AllAsExtensionOwner(List *statements);
extern void  LockTableEverywhere(Oid relid);

/* table_lock.c */
extern void LockTables(List *relids, LOCKMODE mode, bool nowait);

#endif
