/*-------------------------------------------------------------------------
 *
 * remote_scan.h
 *	  The plan node that runs a fragment on its nodes and returns the rows.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_REMOTE_SCAN_H
#define DISTSHARD_REMOTE_SCAN_H

#include "postgres.h"

#include "nodes/extensible.h"
#include "nodes/plannodes.h"

extern const CustomScanMethods RemoteScanMethods;

extern void InitRemoteScan(void);

/* Is the statement a fragment for one shard, and nothing else? Most are, and have nothing to agree on with other nodes. */
extern bool IsForOneShard(const PlannedStmt *statement);

/*
 * In a recheck after a concurrent update of another table's row, the row that a
 * scan of rows of elsewhere gave before is in the row mark's copy. It is the only one.
 */
extern bool RecheckCopiedRow(ScanState *node, TupleTableSlot *slot);

/* open_cursor.c */
extern void InitOpenCursor(void);

/* Is what is being started the query of a cursor? */
extern bool OpensCursor(QueryDesc *query, int eflags);

#endif
