/*-------------------------------------------------------------------------
 *
 * modify_node.c
 *	  What the plan nodes that write rows have in common.
 *
 * In the plan that PostgreSQL makes they are scans, of what the modification
 * returns, so everything else that is done with these rows is done above them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "executor/executor.h"
#include "executor/modify_node.h"
#include "miscadmin.h"

/* As PostgreSQL does with its own: first those that began last. */
void
RunToEnd(CustomScanState *node)
{
	EState *estate = node->ss.ps.state;

	estate->es_auxmodifytables = lcons(node, estate->es_auxmodifytables);
}

bool
NeverRechecked(ScanState *node, TupleTableSlot *slot)
{
	elog(ERROR, "rows of a modification cannot be rechecked");
}

Tuplestorestate *
ComputeRows(PlanState *rows)
{
	Tuplestorestate *store = tuplestore_begin_heap(false, false, work_mem);

	for (;;)
	{
		TupleTableSlot *slot = ExecProcNode(rows);

		if (TupIsNull(slot))
			return store;
		tuplestore_puttupleslot(store, slot);
	}
}

List *
PackCapturedColumns(const CapturedColumns *columns)
{
	return list_make2(columns->attnums,
					  list_make3_int(columns->new_row, columns->old_row, columns->conflict));
}

CapturedColumns
UnpackCapturedColumns(List *packed)
{
	CapturedColumns columns;

	columns.attnums = linitial(packed);
	columns.new_row = linitial_int(lsecond(packed));
	columns.old_row = lsecond_int(lsecond(packed));
	columns.conflict = lthird_int(lsecond(packed));
	return columns;
}

bool
TakeReturned(StatementTriggers *triggers, Query *statement, TupleTableSlot *slot,
			 const CapturedColumns *columns)
{
	if (columns->new_row == 0 && columns->old_row == 0)
		return true;
	CaptureRow(triggers, statement->commandType, slot, columns);
	return Min(columns->new_row ? columns->new_row : columns->old_row,
			   columns->conflict ? columns->conflict : MaxAttrNumber) > 1;
}
