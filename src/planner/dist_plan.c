/*-------------------------------------------------------------------------
 *
 * dist_plan.c
 *	  FragmentPlan <-> the form in which a plan tree can be copied.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "nodes/pg_list.h"
#include "nodes/value.h"
#include "planner/dist_plan.h"

static List *
pack_transfer(const TransferPlan *transfer)
{
	return list_make4(
		list_make4_int(transfer->transfer, transfer->key, transfer->own_hash, transfer->subplan),
		list_make1_oid(transfer->table), makeString(transfer->name), transfer->source);
}

static TransferPlan *
unpack_transfer(List *packed)
{
	TransferPlan *transfer = palloc(sizeof(TransferPlan));
	List         *numbers = linitial(packed);

	transfer->transfer = linitial_int(numbers);
	transfer->key = lsecond_int(numbers);
	transfer->own_hash = lthird_int(numbers);
	transfer->subplan = lfourth_int(numbers);
	transfer->table = linitial_oid(lsecond(packed));
	transfer->name = strVal(lthird(packed));
	transfer->source = lfourth_node(PlannedStmt, packed);
	return transfer;
}

/* Four numbers for each column. */
static List *
pack_order(List *order)
{
	List     *numbers = NIL;
	ListCell *lc;

	foreach (lc, order)
	{
		SortColumn *column = lfirst(lc);

		numbers = list_concat(numbers, list_make4_oid(column->attno, column->sort_op,
													  column->collation, column->nulls_first));
	}
	return numbers;
}

static List *
unpack_order(List *numbers)
{
	List *order = NIL;

	for (int i = 0; i < list_length(numbers); i += 4)
	{
		SortColumn *column = palloc(sizeof(SortColumn));

		column->attno = list_nth_oid(numbers, i);
		column->sort_op = list_nth_oid(numbers, i + 1);
		column->collation = list_nth_oid(numbers, i + 2);
		column->nulls_first = list_nth_oid(numbers, i + 3);
		order = lappend(order, column);
	}
	return order;
}

static uint32
hash_of_text(const FragmentPlan *fragment)
{
	if (fragment->target != TARGET_ONE_SHARD)
		return 0;
	return hash_bytes((const unsigned char *) fragment->sql, strlen(fragment->sql));
}

List *
PackFragment(const FragmentPlan *fragment)
{
	List *numbers = list_make5_int(fragment->target, fragment->operation, fragment->locks_rows,
								   fragment->whole_query, fragment->whole_row);
	List *oids = list_concat(
		list_make3_oid(fragment->table, fragment->key_type, fragment->triggers), fragment->moves);
	List     *transfers = NIL;
	ListCell *lc;

	numbers = lappend_int(numbers, fragment->part);
	numbers = lappend_int(numbers, fragment->counts);
	numbers = lappend_int(numbers, fragment->repeatable);
	numbers = lappend_int(numbers, fragment->probe_locks);
	numbers = lappend_int(numbers, fragment->fires);
	numbers = lappend_int(numbers, (int) hash_of_text(fragment));
	foreach (lc, fragment->transfers)
		transfers = lappend(transfers, pack_transfer(lfirst(lc)));
	return list_concat(list_make5(makeString(fragment->sql), numbers, oids, transfers,
								  pack_order(fragment->order)),
					   list_make2(makeString(pstrdup(fragment->reason ? fragment->reason : "")),
								  fragment->probe ? makeString(fragment->probe) : NULL));
}

FragmentPlan
UnpackFragment(List *packed)
{
	List        *numbers = lsecond(packed);
	List        *oids = lthird(packed);
	FragmentPlan fragment = {0};
	ListCell    *lc;

	fragment.sql = strVal(linitial(packed));
	fragment.target = linitial_int(numbers);
	fragment.operation = lsecond_int(numbers);
	fragment.locks_rows = lthird_int(numbers);
	fragment.whole_query = lfourth_int(numbers);
	fragment.whole_row = list_nth_int(numbers, 4);
	fragment.part = list_nth_int(numbers, 5);
	fragment.counts = list_nth_int(numbers, 6);
	fragment.repeatable = list_nth_int(numbers, 7);
	fragment.probe_locks = list_nth_int(numbers, 8);
	fragment.fires = list_nth_int(numbers, 9);
	fragment.sql_hash = (uint32) list_nth_int(numbers, 10);
	fragment.table = linitial_oid(oids);
	fragment.key_type = lsecond_oid(oids);
	fragment.triggers = lthird_oid(oids);
	fragment.moves = list_copy_tail(oids, 3);
	foreach (lc, (List *) lfourth(packed))
		fragment.transfers = lappend(fragment.transfers, unpack_transfer(lfirst(lc)));
	fragment.order = unpack_order(list_nth(packed, 4));
	fragment.reason = strVal(list_nth(packed, 5));
	fragment.probe = list_nth(packed, 6) ? strVal(list_nth(packed, 6)) : NULL;
	return fragment;
}

bool
RunsOnOneNode(List *packed)
{
	return linitial_int(lsecond(packed)) == TARGET_ONE_SHARD && lfourth(packed) == NIL;
}
