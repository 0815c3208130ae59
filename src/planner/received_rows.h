/*-------------------------------------------------------------------------
 *
 * received_rows.h
 *	  The call that stands for rows which are sent to the nodes.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_RECEIVED_ROWS_H
#define DISTSHARD_RECEIVED_ROWS_H

#include "postgres.h"

#include "nodes/parsenodes.h"
#include "nodes/pathnodes.h"
#include "planner/transfer.h"
#include "utils/selfuncs.h"

extern bool  IsReceivedRowsFunction(Oid function);
extern Node *MakeReceivedRowsCall(Transfer *transfer);

/* The number of the transfer whose rows the entry is a call for; 0: it is none. */
extern int ReceivedTransfer(RangeTblEntry *rte);

/* Where a fragment is planned, or estimated: the path for such an entry, and what is known of its columns. */
extern bool AddReceivedPath(PlannerInfo *root, RelOptInfo *rel, RangeTblEntry *rte);
extern bool ReceivedColumnStats(RangeTblEntry *rte, AttrNumber attno, VariableStatData *vardata);

#endif
