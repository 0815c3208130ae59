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
#include "utils/memutils.h"

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

/* Rows that come from disk belong to the slot: they must last as long as it does. */
bool
NextComputedRow(Tuplestorestate *rows, TupleTableSlot *slot)
{
	MemoryContext caller = MemoryContextSwitchTo(slot->tts_mcxt);
	bool          found = tuplestore_gettupleslot(rows, true, false, slot);

	MemoryContextSwitchTo(caller);
	return found;
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
