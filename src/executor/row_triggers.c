/*-------------------------------------------------------------------------
 *
 * row_triggers.c
 *	  Row triggers with transition tables, which fire here, after the statement.
 *
 * Such a trigger sees all rows that the statement has changed, so it fires where
 * they come together, not on the shards. PostgreSQL's queue of triggers would
 * look up rows in the logical table, which has none: they are kept here, and
 * the triggers called for one after the other, in PostgreSQL's order. There are
 * none AFTER UPDATE OF columns, since these cannot have transition tables.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_trigger.h"
#include "commands/trigger.h"
#include "executor/executor.h"
#include "executor/row_triggers.h"
#include "executor/trigger_call.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "optimizer/optimizer.h"
#include "rewrite/rewriteManip.h"
#include "utils/rel.h"
#include "utils/tuplestore.h"

/* One side of the rows that have changed. */
typedef struct KeptRows
{
	Tuplestorestate *store; /* NULL: the operation has no such rows */
	int              reader;
	TupleTableSlot  *slot;
	HeapTuple        tuple; /* of the row that triggers fire for */
} KeptRows;

typedef struct RowTrigger
{
	Trigger   *trigger;
	FmgrInfo   function;
	ExprState *when; /* NULL: always */
} RowTrigger;

struct RowTriggers
{
	EState        *estate;
	ResultRelInfo *target;
	CmdType        operation;
	List          *triggers; /* of RowTrigger */
	KeptRows       old;
	KeptRows new;
};

static bool
is_for(Trigger *trigger, CmdType operation)
{
	return TRIGGER_FOR_ROW(trigger->tgtype) && TRIGGER_FOR_AFTER(trigger->tgtype) &&
		   (trigger->tgoldtable != NULL || trigger->tgnewtable != NULL) &&
		   ((operation == CMD_INSERT && TRIGGER_FOR_INSERT(trigger->tgtype)) ||
			(operation == CMD_UPDATE && TRIGGER_FOR_UPDATE(trigger->tgtype)) ||
			(operation == CMD_DELETE && TRIGGER_FOR_DELETE(trigger->tgtype)));
}

static bool
is_enabled(Trigger *trigger)
{
	if (SessionReplicationRole == SESSION_REPLICATION_ROLE_REPLICA)
		return trigger->tgenabled == TRIGGER_FIRES_ON_REPLICA ||
			   trigger->tgenabled == TRIGGER_FIRES_ALWAYS;
	return trigger->tgenabled == TRIGGER_FIRES_ON_ORIGIN ||
		   trigger->tgenabled == TRIGGER_FIRES_ALWAYS;
}

static ExprState *
prepare_condition(Trigger *trigger, EState *estate)
{
	Node *when;

	if (trigger->tgqual == NULL)
		return NULL;
	when = stringToNode(trigger->tgqual);
	ChangeVarNodes(when, PRS2_OLD_VARNO, INNER_VAR, 0);
	ChangeVarNodes(when, PRS2_NEW_VARNO, OUTER_VAR, 0);
	return ExecPrepareQual(make_ands_implicit((Expr *) when), estate);
}

static void
begin_keeping(KeptRows *rows, RowTriggers *triggers)
{
	rows->store = tuplestore_begin_heap(false, false, work_mem);
	/* queries over the transition table move readers of their own */
	rows->reader = tuplestore_alloc_read_pointer(rows->store, EXEC_FLAG_REWIND);
	rows->slot = ExecInitExtraTupleSlot(
		triggers->estate, RelationGetDescr(triggers->target->ri_RelationDesc), &TTSOpsMinimalTuple);
}

RowTriggers *
BeginRowTriggers(EState *estate, ResultRelInfo *target, CmdType operation)
{
	TriggerDesc *desc = target->ri_RelationDesc->trigdesc;
	RowTriggers *result = palloc0(sizeof(RowTriggers));

	result->estate = estate;
	result->target = target;
	result->operation = operation;
	for (int i = 0; desc != NULL && i < desc->numtriggers; i++)
	{
		Trigger    *trigger = &desc->triggers[i];
		RowTrigger *row_trigger;

		if (!is_for(trigger, operation) || !is_enabled(trigger))
			continue;
		row_trigger = palloc0(sizeof(RowTrigger));
		row_trigger->trigger = trigger;
		fmgr_info(trigger->tgfoid, &row_trigger->function);
		row_trigger->when = prepare_condition(trigger, estate);
		result->triggers = lappend(result->triggers, row_trigger);
	}
	if (result->triggers == NIL)
	{
		pfree(result);
		return NULL;
	}
	if (operation != CMD_INSERT)
		begin_keeping(&result->old, result);
	if (operation != CMD_DELETE)
		begin_keeping(&result->new, result);
	return result;
}

void
KeepForRowTriggers(RowTriggers *triggers, HeapTuple old, TupleTableSlot *new)
{
	if (triggers->old.store)
		tuplestore_puttuple(triggers->old.store, old);
	if (triggers->new.store)
		tuplestore_puttupleslot(triggers->new.store, new);
}

/* Goes on to the next row; it lives in the current context. */
static bool
read_row(KeptRows *rows, Oid relid)
{
	if (rows->store == NULL)
		return true;
	tuplestore_select_read_pointer(rows->store, rows->reader);
	if (!tuplestore_gettupleslot(rows->store, true, true, rows->slot))
		return false;
	rows->slot->tts_tableOid = relid;
	rows->tuple = ExecCopySlotHeapTuple(rows->slot);
	rows->tuple->t_tableOid = relid;
	return true;
}

static void
clear_row(KeptRows *rows)
{
	if (rows->store)
		ExecClearTuple(rows->slot);
}

static void
fire_trigger(RowTriggers *triggers, RowTrigger *row_trigger)
{
	Trigger    *trigger = row_trigger->trigger;
	TriggerData data = {.type = T_TriggerData};

	data.tg_event =
		TRIGGER_EVENT_ROW | (triggers->operation == CMD_INSERT   ? TRIGGER_EVENT_INSERT
							 : triggers->operation == CMD_UPDATE ? TRIGGER_EVENT_UPDATE
																 : TRIGGER_EVENT_DELETE);
	data.tg_relation = triggers->target->ri_RelationDesc;
	data.tg_trigger = trigger;
	data.tg_trigtuple = triggers->old.store ? triggers->old.tuple : triggers->new.tuple;
	data.tg_trigslot = triggers->old.store ? triggers->old.slot : triggers->new.slot;
	if (triggers->operation == CMD_UPDATE)
	{
		data.tg_newtuple = triggers->new.tuple;
		data.tg_newslot = triggers->new.slot;
		data.tg_updatedcols = ExecGetAllUpdatedCols(triggers->target, triggers->estate);
	}
	if (trigger->tgoldtable)
		data.tg_oldtable = triggers->old.store;
	if (trigger->tgnewtable)
		data.tg_newtable = triggers->new.store;
	CallTrigger(triggers->estate, &data, &row_trigger->function);
}

/* The tuplestores are not trimmed meanwhile: each trigger sees all rows. */
void
FireRowTriggers(RowTriggers *triggers)
{
	Oid           relid = RelationGetRelid(triggers->target->ri_RelationDesc);
	ExprContext  *econtext = GetPerTupleExprContext(triggers->estate);
	MemoryContext old = MemoryContextSwitchTo(econtext->ecxt_per_tuple_memory);
	ListCell     *lc;

	while (read_row(&triggers->old, relid) && read_row(&triggers->new, relid))
	{
		econtext->ecxt_innertuple = triggers->old.slot;
		econtext->ecxt_outertuple = triggers->new.slot;
		foreach (lc, triggers->triggers)
		{
			RowTrigger *row_trigger = lfirst(lc);

			if (row_trigger->when == NULL || ExecQual(row_trigger->when, econtext))
				fire_trigger(triggers, row_trigger);
		}
		clear_row(&triggers->old);
		clear_row(&triggers->new);
		ResetExprContext(econtext);
	}
	MemoryContextSwitchTo(old);
}

void
EndRowTriggers(RowTriggers *triggers)
{
	if (triggers->old.store)
		tuplestore_end(triggers->old.store);
	if (triggers->new.store)
		tuplestore_end(triggers->new.store);
}
