/*-------------------------------------------------------------------------
 *
 * merge_rows.c
 *	  Rows of several nodes in one order.
 *
 * Each node returns its rows sorted. A heap holds the next row of each, as in
 * nodeMergeAppend.c.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "executor/merge_rows.h"
#include "lib/binaryheap.h"
#include "utils/sortsupport.h"

struct RowMerge
{
	binaryheap      *heap; /* of indexes of runs that have rows left */
	FragmentRun    **runs;
	TupleTableSlot **rows;  /* the next one of each run */
	TupleTableSlot **slots; /* where it may be */
	SortSupport      keys;
	int              nkeys;
};

static int
compare_rows(Datum a, Datum b, void *arg)
{
	RowMerge       *merge = arg;
	TupleTableSlot *left = merge->rows[DatumGetInt32(a)];
	TupleTableSlot *right = merge->rows[DatumGetInt32(b)];

	for (int i = 0; i < merge->nkeys; i++)
	{
		SortSupport key = &merge->keys[i];
		AttrNumber  attno = key->ssup_attno;
		bool        left_isnull;
		bool        right_isnull;
		Datum       left_value = slot_getattr(left, attno, &left_isnull);
		Datum       right_value = slot_getattr(right, attno, &right_isnull);
		int result = ApplySortComparator(left_value, left_isnull, right_value, right_isnull, key);

		if (result != 0)
		{
			INVERT_COMPARE_RESULT(result); /* the heap has the greatest on top */
			return result;
		}
	}
	return 0;
}

/*
 * The next row of one node, in the slot or another one, or NULL. It stays as it
 * is until that node's next row is fetched.
 */
static TupleTableSlot *
fetch_row(RemoteScanState *state, FragmentRun *run, TupleTableSlot *slot)
{
	TupleTableSlot *row = slot;

	if (run->local)
		row = NextLocalRow(run->local, slot);
	else if (!NextRow(run->command, slot))
		row = NULL;
	if (row == NULL)
		FragmentEnded(state, run);
	else
		run->rows++;
	return row;
}

static void
prepare_keys(RowMerge *merge, List *order)
{
	ListCell *lc;
	int       i = 0;

	merge->nkeys = list_length(order);
	merge->keys = palloc0(sizeof(SortSupportData) * merge->nkeys);
	foreach (lc, order)
	{
		SortColumn *column = lfirst(lc);
		SortSupport key = &merge->keys[i++];

		key->ssup_cxt = CurrentMemoryContext;
		key->ssup_collation = column->collation;
		key->ssup_nulls_first = column->nulls_first;
		key->ssup_attno = column->attno;
		PrepareSortSupportFromOrderingOp(column->sort_op, key);
	}
}

/* Lives as long as the runs, in the context of the fragment. */
static RowMerge *
begin_merge(RemoteScanState *state)
{
	MemoryContext old = MemoryContextSwitchTo(state->context);
	RowMerge     *merge = palloc0(sizeof(RowMerge));
	int           nruns = list_length(state->runs);

	merge->runs = palloc(sizeof(FragmentRun *) * nruns);
	merge->rows = palloc(sizeof(TupleTableSlot *) * nruns);
	merge->slots = palloc(sizeof(TupleTableSlot *) * nruns);
	for (int i = 0; i < nruns; i++)
	{
		merge->runs[i] = list_nth(state->runs, i);
		merge->slots[i] =
			MakeSingleTupleTableSlot(state->row->tts_tupleDescriptor,
									 merge->runs[i]->local ? &TTSOpsMinimalTuple : &TTSOpsVirtual);
	}
	merge->heap = binaryheap_allocate(nruns, compare_rows, merge);
	prepare_keys(merge, state->fragment.order);
	MemoryContextSwitchTo(old);

	for (int i = 0; i < nruns; i++)
	{
		merge->rows[i] = fetch_row(state, merge->runs[i], merge->slots[i]);
		if (merge->rows[i])
			binaryheap_add_unordered(merge->heap, Int32GetDatum(i));
	}
	binaryheap_build(merge->heap);
	return merge;
}

TupleTableSlot *
NextMergedRow(RemoteScanState *state)
{
	RowMerge *merge = state->merge;
	int       first;

	if (merge == NULL)
		merge = state->merge = begin_merge(state);
	else if (!binaryheap_empty(merge->heap))
	{
		int i = DatumGetInt32(binaryheap_first(merge->heap));

		merge->rows[i] = fetch_row(state, merge->runs[i], merge->slots[i]);
		if (merge->rows[i])
			binaryheap_replace_first(merge->heap, Int32GetDatum(i));
		else
			(void) binaryheap_remove_first(merge->heap);
	}
	if (binaryheap_empty(merge->heap))
		return NULL;
	first = DatumGetInt32(binaryheap_first(merge->heap));
	merge->runs[first]->returned++;
	return merge->rows[first];
}

void
EndMerge(RemoteScanState *state)
{
	if (state->merge == NULL)
		return;
	for (int i = 0; i < list_length(state->runs); i++)
		ExecDropSingleTupleTableSlot(state->merge->slots[i]);
	state->merge = NULL;
}
