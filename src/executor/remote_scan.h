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

extern const CustomScanMethods RemoteScanMethods;

extern void InitRemoteScan(void);

/*
 * In a recheck after a concurrent update of another table's row, the row that a
 * scan of rows of elsewhere gave before is in the row mark's copy. It is the only one.
 */
extern bool RecheckCopiedRow(ScanState *node, TupleTableSlot *slot);

/* open_cursor.c */
extern void InitOpenCursor(void);

#endif
