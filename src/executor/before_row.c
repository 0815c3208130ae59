/*-------------------------------------------------------------------------
 *
 * before_row.c
 *	  BEFORE UPDATE and BEFORE DELETE row triggers that fire where the statement came in.
 *
 * A trigger that runs statements may need rows of any node. One of a reference
 * table may give a row values that differ from call to call, and all copies of
 * the row must stay alike. So rows to be changed are found and locked where the
 * statement came in (planner/modify_rows.c), and the triggers fire there, with
 * the old row and the new one as the statement has made it. What comes out is
 * written to the shard, or to all copies, by fragments that fire them no more. If
 * the triggers run statements, each row is written before they fire for the next.
 *
 * Others fire on the node, which costs a round trip less. So do all of tables with
 * constraints on several rows that are checked at the end of a statement. Where
 * nodes change rows by themselves (ON CONFLICT, MERGE, actions of foreign keys,
 * partitions) they fire there as well, and must leave copies as they are.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "access/table.h"
#include "catalog/metadata.h"
#include "catalog/pg_trigger.h"
#include "catalog/shard_key.h"
#include "catalog/trigger_function.h"
#include "executor/before_row.h"
#include "executor/eflags.h"
#include "executor/executor.h"
#include "executor/instrument.h"
#include "nodes/bitmapset.h"
#include "planner/claim.h"
#include "utils/fmgroids.h"
#include "utils/hsearch.h"
#include "utils/rel.h"

struct BeforeRow
{
	StatementTriggers *triggers;
	CmdType            operation;
	List              *attnums;
	int                old_row;
	TupleTableSlot    *old;
	TupleTableSlot *new;
	TupleTableSlot *changed; /* what was found, with new values */
	HTAB           *seen;    /* of RowPlace: a row that a join gives twice is changed once */
};

typedef struct RowPlace
{
	int64           shard_id; /* 0: there is but one */
	ItemPointerData ctid;
} RowPlace;

static bool inserts_fired = false; /* does such an INSERT run? */

static bool
has_copies(Oid logical_relid)
{
	return LookupDistTable(logical_relid)->method == DIST_REFERENCE &&
		   list_length(AllPrimaries()) > 1;
}

static bool
is_before_row(const Trigger *trigger, CmdType operation)
{
	return TRIGGER_FOR_ROW(trigger->tgtype) && TRIGGER_FOR_BEFORE(trigger->tgtype) &&
		   trigger->tgenabled != TRIGGER_DISABLED &&
		   ((operation == CMD_INSERT && TRIGGER_FOR_INSERT(trigger->tgtype)) ||
			(operation == CMD_UPDATE && TRIGGER_FOR_UPDATE(trigger->tgtype)) ||
			(operation == CMD_DELETE && TRIGGER_FOR_DELETE(trigger->tgtype)));
}

static bool
runs_statements(const TriggerDesc *triggers, CmdType operation)
{
	for (int i = 0; i < triggers->numtriggers; i++)
	{
		if (is_before_row(&triggers->triggers[i], operation) &&
			MayRunStatements(triggers->triggers[i].tgfoid))
			return true;
	}
	return false;
}

/* Are rows compared with each other at the end of a statement: do they reference each other, or is a key deferrable? */
static bool
compares_rows(Relation logical)
{
	for (int i = 0; i < logical->trigdesc->numtriggers; i++)
	{
		Trigger *trigger = &logical->trigdesc->triggers[i];

		if (trigger->tgconstrrelid == RelationGetRelid(logical) ||
			trigger->tgfoid == F_UNIQUE_KEY_RECHECK)
			return true;
	}
	return false;
}

static bool
fires_here(Relation logical, CmdType operation)
{
	TriggerDesc *triggers = logical->trigdesc;

	if (triggers == NULL || !BeforeInsertFiresHere(logical))
		return false;
	if (has_copies(RelationGetRelid(logical)))
		return (operation == CMD_UPDATE && triggers->trig_update_before_row) ||
			   (operation == CMD_DELETE && triggers->trig_delete_before_row);
	return !compares_rows(logical) && runs_statements(triggers, operation);
}

bool
FiresBeforeRowHere(Oid logical_relid, CmdType operation)
{
	Relation logical;
	bool     result;

	if (LookupDistTable(logical_relid) == NULL || list_length(AllPrimaries()) < 2 ||
		InsideFragment())
		return false;
	logical = table_open(logical_relid, NoLock);
	result = fires_here(logical, operation);
	table_close(logical, NoLock);
	return result;
}

bool
SeeRowsBefore(Relation logical, CmdType operation)
{
	return logical->trigdesc && runs_statements(logical->trigdesc, operation);
}

BeforeRow *
BeginBeforeRow(StatementTriggers *triggers, CmdType operation, List *attnums, int old_row,
			   TupleDesc found)
{
	TupleDesc desc = RelationGetDescr(triggers->target->ri_RelationDesc);
	HASHCTL   control = {
		  .keysize = sizeof(RowPlace), .entrysize = sizeof(RowPlace), .hcxt = CurrentMemoryContext};
	BeforeRow *result = palloc0(sizeof(BeforeRow));

	result->triggers = triggers;
	result->operation = operation;
	result->attnums = attnums;
	result->old_row = old_row;
	result->old = ExecInitExtraTupleSlot(triggers->estate, desc, &TTSOpsVirtual);
	result->new = ExecInitExtraTupleSlot(triggers->estate, desc, &TTSOpsVirtual);
	result->changed = ExecInitExtraTupleSlot(triggers->estate, found, &TTSOpsVirtual);
	result->seen =
		hash_create("distshard rows", 256, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	return result;
}

/* The shard of a row whose columns begin with the first; 0: there is but one. */
static int64
shard_of(BeforeRow *before, const TupleTableSlot *slot, int first)
{
	DistTable *table = LookupDistTable(RelationGetRelid(before->triggers->target->ri_RelationDesc));
	int        key = first + table->key_attno - 1;

	if (table->method != DIST_HASH)
		return 0;
	return ShardForHash(table, HashKey(table, slot->tts_values[key], slot->tts_isnull[key]))
		->shard_id;
}

static bool
was_seen(BeforeRow *before, const TupleTableSlot *found)
{
	int      ctid = before->old_row + before->old->tts_tupleDescriptor->natts;
	RowPlace place;
	bool     result;

	memset(&place, 0, sizeof(place));
	place.ctid = *(ItemPointer) DatumGetPointer(found->tts_values[ctid]);
	place.shard_id = shard_of(before, found, before->old_row);
	(void) hash_search(before->seen, &place, HASH_ENTER, &result);
	return result;
}

/* Columns of one row, from the first one given, as a row of their own. */
static TupleTableSlot *
store_columns(TupleTableSlot *slot, const TupleTableSlot *from, int first)
{
	int natts = slot->tts_tupleDescriptor->natts;

	ExecClearTuple(slot);
	memcpy(slot->tts_values, from->tts_values + first, natts * sizeof(Datum));
	memcpy(slot->tts_isnull, from->tts_isnull + first, natts * sizeof(bool));
	return ExecStoreVirtualTuple(slot);
}

static TupleTableSlot *
fire_before_update(BeforeRow *before, TupleTableSlot *found, HeapTuple old)
{
	StatementTriggers *triggers = before->triggers;
	TupleTableSlot    *row = store_columns(before->new, found, before->old_row);
	TupleTableSlot    *changed = before->changed;
	ListCell          *lc;

	foreach (lc, before->attnums)
	{
		row->tts_values[lfirst_int(lc) - 1] = found->tts_values[foreach_current_index(lc)];
		row->tts_isnull[lfirst_int(lc) - 1] = found->tts_isnull[foreach_current_index(lc)];
	}
	if (!ExecBRUpdateTriggers(triggers->estate, NULL, triggers->target, NULL, old, row, NULL))
		return NULL;
	slot_getallattrs(row);
	/* what PostgreSQL does with rows that change partition */
	if (shard_of(before, row, 0) != shard_of(before, found, before->old_row) &&
		!ExecBRDeleteTriggers(triggers->estate, NULL, triggers->target, NULL, old, NULL))
		return NULL;
	store_columns(changed, found, 0);
	foreach (lc, before->attnums)
	{
		changed->tts_values[foreach_current_index(lc)] = row->tts_values[lfirst_int(lc) - 1];
		changed->tts_isnull[foreach_current_index(lc)] = row->tts_isnull[lfirst_int(lc) - 1];
	}
	return changed;
}

TupleTableSlot *
FireBeforeRow(BeforeRow *before, TupleTableSlot *found)
{
	StatementTriggers *triggers = before->triggers;
	EState            *estate = triggers->estate;
	MemoryContext      caller;
	HeapTuple          old;

	ResetPerTupleExprContext(estate);
	slot_getallattrs(found);
	if (was_seen(before, found))
		return NULL;
	caller = MemoryContextSwitchTo(GetPerTupleMemoryContext(estate));
	old = ExecCopySlotHeapTuple(store_columns(before->old, found, before->old_row));
	old->t_tableOid = RelationGetRelid(triggers->target->ri_RelationDesc);
	MemoryContextSwitchTo(caller);
	if (before->operation == CMD_UPDATE)
		return fire_before_update(before, found, old);
	return ExecBRDeleteTriggers(estate, NULL, triggers->target, NULL, old, NULL) ? found : NULL;
}

Bitmapset *
FiredColumns(BeforeRow *before)
{
	return ExecGetUpdatedCols(before->triggers->target, before->triggers->estate);
}

static bool
is_for_columns(const Trigger *trigger, Bitmapset *columns)
{
	if (trigger->tgnattr == 0 || !TRIGGER_FOR_UPDATE(trigger->tgtype))
		return true;
	for (int i = 0; i < trigger->tgnattr; i++)
	{
		if (bms_is_member(trigger->tgattr[i] - FirstLowInvalidHeapAttributeNumber, columns))
			return true;
	}
	return false;
}

/* The executor has a description of triggers of its own; by the table's, generated columns are computed anew. */
void
WaiveFiredTriggers(QueryDesc *fragment, Bitmapset *columns)
{
	ModifyTableState *modify = castNode(ModifyTableState, fragment->planstate);

	fragment->estate->es_top_eflags |= EXEC_FLAG_FIRED;
	for (int i = 0; i < modify->mt_nrels; i++)
	{
		TriggerDesc *triggers = modify->resultRelInfo[i].ri_TrigDesc;

		if (triggers == NULL)
			continue;
		triggers->trig_update_before_row = triggers->trig_delete_before_row = false;
		for (int j = 0; modify->operation == CMD_UPDATE && j < triggers->numtriggers; j++)
		{
			Trigger *trigger = &triggers->triggers[j];

			if (TRIGGER_FOR_ROW(trigger->tgtype) && !is_for_columns(trigger, columns))
				trigger->tgenabled = TRIGGER_DISABLED;
		}
	}
}

/*
 * A row of a shard was found and locked. If it is not there now, a trigger has changed it: PostgreSQL's error.
 * That the executor has changed none is another matter: a BEFORE INSERT trigger may leave out one that moves.
 */
static void
check_row_found(QueryDesc *fragment)
{
	ModifyTableState *modify = castNode(ModifyTableState, fragment->planstate);
	Instrumentation  *rows = outerPlanState(modify)->instrument;
	const DistTable  *table =
		LookupDistTableByData(RelationGetRelid(modify->rootResultRelInfo->ri_RelationDesc));
	const char *change = modify->operation == CMD_DELETE ? "deleted" : "updated";

	if (rows->ntuples + rows->tuplecount > 0 || (table && table->method == DIST_REFERENCE))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_TRIGGERED_DATA_CHANGE_VIOLATION),
			 errmsg("tuple to be %s was already modified by an operation triggered by the current "
					"command",
					change),
			 errhint("Consider using an AFTER trigger instead of a BEFORE trigger to propagate "
					 "changes to other rows.")));
}

/* Triggers of tables that tuple routing finds while the INSERT runs call fire_trigger(), which does nothing then. */
void
RunFired(QueryDesc *query, void (*run)(void *arg), void *arg)
{
	bool previous = inserts_fired;
	bool fired = (query->estate->es_top_eflags & EXEC_FLAG_FIRED) != 0;

	if (!fired && !previous)
	{
		run(arg);
		return;
	}
	inserts_fired = fired && query->operation == CMD_INSERT;
	PG_TRY();
	{
		run(arg);
	}
	PG_FINALLY();
	{
		inserts_fired = previous;
	}
	PG_END_TRY();
	if (fired && query->operation != CMD_INSERT)
		check_row_found(query);
}

bool
HasFired(const TriggerData *data)
{
	return inserts_fired && TRIGGER_FIRED_BEFORE(data->tg_event) &&
		   TRIGGER_FIRED_BY_INSERT(data->tg_event);
}

void
CheckCopiesAlike(TriggerData *data, Relation logical, Datum result)
{
	HeapTuple row =
		TRIGGER_FIRED_BY_UPDATE(data->tg_event) ? data->tg_newtuple : data->tg_trigtuple;

	if (!TRIGGER_FIRED_BEFORE(data->tg_event) || DatumGetPointer(result) == (Pointer) row ||
		TRIGGER_FIRED_BY_DELETE(data->tg_event) || !has_copies(RelationGetRelid(logical)))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("trigger \"%s\" cannot change rows of reference table \"%s\" here",
					data->tg_trigger->tgname, RelationGetRelationName(logical)),
			 errdetail("ON CONFLICT, MERGE and actions of foreign keys change the copy on each "
					   "node, as does what is done to a partitioned table: triggers fire for each "
					   "copy, which would differ."),
			 errhint("Use INSERT and UPDATE, for which triggers fire once.")));
}
