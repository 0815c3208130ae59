/*-------------------------------------------------------------------------
 *
 * captured_rows.c
 *	  Rows that a fragment changes, for the transition tables of triggers.
 *
 * The triggers fire where the statement came in. The fragment's plan gets a
 * trigger after the statement that exists in this execution only: it asks for
 * the transition tables of all operations, which PostgreSQL then fills, whatever
 * the statement is, and holds their rows for the coordinator.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/metadata.h"
#include "catalog/pg_trigger.h"
#include "commands/trigger.h"
#include "executor/captured_rows.h"
#include "executor/executor.h"
#include "executor/held_triggers.h"
#include "executor/instrument.h"
#include "pgstat.h"
#include "utils/memutils.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"
#include "utils/tuplestore.h"

/* Goes on to the next row; true if there is none because the operation has no such rows. */
static bool
next_row(Tuplestorestate *rows, TupleTableSlot *slot)
{
	return rows == NULL || tuplestore_gettupleslot(rows, true, false, slot);
}

static HeapTuple
row_in(Tuplestorestate *rows, TupleTableSlot *slot)
{
	return rows ? ExecCopySlotHeapTuple(slot) : NULL;
}

static void
hold_pairs(TriggerData *data, Tuplestorestate *olds, Tuplestorestate *news)
{
	TupleDesc       desc = RelationGetDescr(data->tg_relation);
	TupleTableSlot *old = MakeSingleTupleTableSlot(desc, &TTSOpsMinimalTuple);
	TupleTableSlot *new = MakeSingleTupleTableSlot(desc, &TTSOpsMinimalTuple);

	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "distshard row", ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);

	while (next_row(olds, old) && next_row(news, new))
	{
		HoldChangedRow(data, row_in(olds, old), row_in(news, new));
		ExecClearTuple(old); /* rows are in the same context if they come from disk */
		ExecClearTuple(new);
		MemoryContextReset(context);
	}
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
	ExecDropSingleTupleTableSlot(old);
	ExecDropSingleTupleTableSlot(new);
}

/*
 * In a MERGE, PostgreSQL takes a row that moves to another partition for one that is deleted and one inserted, in this
 * order. If the MERGE does nothing but update, all such rows are those that move.
 */
typedef struct MovedRows
{
	Tuplestorestate *olds;
} MovedRows;

static void
hold_moved_rows(TriggerData *data, MovedRows *moved)
{
	TriggerData update = *data;

	if (TRIGGER_FIRED_BY_DELETE(data->tg_event))
	{
		moved->olds = data->tg_oldtable;
		return;
	}
	update.tg_event = (data->tg_event & ~TRIGGER_EVENT_OPMASK) | TRIGGER_EVENT_UPDATE;
	hold_pairs(&update, moved->olds, data->tg_newtable);
}

/* The trigger's function. */
static Datum
hold_rows(PG_FUNCTION_ARGS)
{
	TriggerData *data = (TriggerData *) fcinfo->context;
	MovedRows   *moved = fcinfo->flinfo->fn_extra;

	if (moved && !TRIGGER_FIRED_BY_UPDATE(data->tg_event))
		hold_moved_rows(data, moved);
	else
		hold_pairs(data, data->tg_oldtable, data->tg_newtable);
	return PointerGetDatum(NULL);
}

/* No trigger of the catalog has its OID. */
static Trigger
capturing_trigger(void)
{
	Trigger trigger = {.tgname = "capture",
					   .tgfoid = F_PG_TRIGGER_DEPTH, /* never called */
					   .tgtype = TRIGGER_TYPE_INSERT | TRIGGER_TYPE_UPDATE | TRIGGER_TYPE_DELETE,
					   .tgenabled = TRIGGER_FIRES_ALWAYS,
					   .tgoldtable = "old",
					   .tgnewtable = "new"};

	return trigger;
}

/* A longer copy of an array that has an element for each trigger. */
static void *
one_more(const void *array, int n, Size size)
{
	char *result = palloc0((n + 1) * size);

	if (array)
		memcpy(result, array, n * size);
	return result;
}

static void
add_trigger(ResultRelInfo *target, EState *estate, MovedRows *moved)
{
	TriggerDesc *triggers = palloc0(sizeof(TriggerDesc));
	int          n;

	if (target->ri_TrigDesc)
		*triggers = *target->ri_TrigDesc;
	n = triggers->numtriggers++;
	triggers->triggers = one_more(triggers->triggers, n, sizeof(Trigger));
	triggers->triggers[n] = capturing_trigger();
	triggers->trig_insert_after_statement = true;
	triggers->trig_update_after_statement = true;
	triggers->trig_delete_after_statement = true;
	triggers->trig_insert_new_table = true;
	triggers->trig_update_old_table = true;
	triggers->trig_update_new_table = true;
	triggers->trig_delete_old_table = true;
	target->ri_TrigDesc = triggers;
	target->ri_TrigFunctions = one_more(target->ri_TrigFunctions, n, sizeof(FmgrInfo));
	target->ri_TrigFunctions[n].fn_addr = hold_rows;
	target->ri_TrigFunctions[n].fn_oid = F_PG_TRIGGER_DEPTH;
	target->ri_TrigFunctions[n].fn_extra = moved;
	target->ri_TrigFunctions[n].fn_stats = TRACK_FUNC_ALL; /* that is, none */
	target->ri_TrigWhenExprs = one_more(target->ri_TrigWhenExprs, n, sizeof(ExprState *));
	if (estate->es_instrument)
		target->ri_TrigInstrument = InstrAlloc(n + 1, estate->es_instrument, false);
}

/* NULL: none, or they cannot be told from others. PostgreSQL itself may move rows of a table that the user partitioned. */
static MovedRows *
capture_moves(ModifyTableState *modify)
{
	DistTable *table =
		LookupDistTableByData(RelationGetRelid(modify->rootResultRelInfo->ri_RelationDesc));

	if (modify->operation != CMD_MERGE || modify->mt_merge_subcommands != MERGE_UPDATE ||
		table == NULL || table->is_parent)
		return NULL;
	modify->mt_merge_subcommands |= MERGE_INSERT | MERGE_DELETE;
	return palloc0(sizeof(MovedRows));
}

void
CaptureRows(QueryDesc *fragment)
{
	ModifyTableState *modify = castNode(ModifyTableState, fragment->planstate);
	ModifyTable      *plan = castNode(ModifyTable, modify->ps.plan);
	ResultRelInfo    *target = modify->rootResultRelInfo;
	Oid               relid = RelationGetRelid(target->ri_RelationDesc);
	MemoryContext     old = MemoryContextSwitchTo(fragment->estate->es_query_cxt);

	add_trigger(target, fragment->estate, capture_moves(modify));
	modify->mt_transition_capture =
		MakeTransitionCaptureState(target->ri_TrigDesc, relid, modify->operation);
	if (plan->onConflictAction == ONCONFLICT_UPDATE)
		modify->mt_oc_transition_capture =
			MakeTransitionCaptureState(target->ri_TrigDesc, relid, CMD_UPDATE);
	MemoryContextSwitchTo(old);
}
