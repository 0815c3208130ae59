/*-------------------------------------------------------------------------
 *
 * merge_rows.h
 *	  Rows of several nodes in one order.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_MERGE_ROWS_H
#define DISTSHARD_MERGE_ROWS_H

#include "postgres.h"

#include "executor/remote_scan_state.h"

/*
 * NextMergedRow returns the first row of those that each run has next, by the
 * fragment's order, or NULL when there are none.
 */
extern TupleTableSlot *NextMergedRow(RemoteScanState *state);

/* Before the runs end. */
extern void EndMerge(RemoteScanState *state);

#endif
