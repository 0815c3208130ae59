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

List *
PackWrite(const WritePlan *write)
{
	const RowBatchPlan *batch = &write->batch;

	return list_make5(
		batch->statement, write->attnums, batch->columns,
		list_concat(list_make4_int(batch->key, write->alone, batch->by_row, batch->by_shard),
					write->actions),
		list_concat(list_make2_oid(batch->table, write->named), write->moves));
}

WritePlan
UnpackWrite(List *packed)
{
	List     *numbers = lfourth(packed);
	List     *oids = list_nth(packed, 4);
	WritePlan write = {0};

	write.batch.statement = linitial_node(Query, packed);
	write.attnums = lsecond(packed);
	write.batch.columns = lthird(packed);
	write.batch.key = linitial_int(numbers);
	write.alone = lsecond_int(numbers);
	write.batch.by_row = lthird_int(numbers);
	write.batch.by_shard = lfourth_int(numbers);
	write.actions = list_copy_tail(numbers, 4);
	write.batch.table = linitial_oid(oids);
	write.named = lsecond_oid(oids);
	write.moves = list_copy_tail(oids, 2);
	write.batch.moves = write.moves != NIL;
	return write;
}

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
