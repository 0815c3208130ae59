/*-------------------------------------------------------------------------
 *
 * before_row.c
 *	  BEFORE UPDATE and BEFORE DELETE row triggers of reference tables.
 *
 * Such a trigger may give a row values that differ from call to call, and all
 * copies of the row must stay alike. So rows to be changed are found and locked
 * where the statement came in (planner/modify_rows.c), and the triggers fire
 * there, with the old row and the new one as the statement has made it. What
 * comes out is written to all copies, by fragments that fire them no more.
 *
 * Where nodes change copies by themselves (ON CONFLICT, MERGE, actions of foreign
 * keys, partitions) they fire there, and must leave rows as they are.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "access/table.h"
#include "catalog/metadata.h"
#include "catalog/pg_trigger.h"
#include "executor/before_row.h"
#include "executor/executor.h"
#include "nodes/bitmapset.h"
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
	HTAB           *seen;    /* ctids: a row that a join gives twice is changed once */
};

static bool
has_copies(Oid logical_relid)
{
	return LookupDistTable(logical_relid)->method == DIST_REFERENCE &&
		   list_length(AllPrimaries()) > 1;
}

bool
FiresBeforeRowHere(Oid logical_relid, CmdType operation)
{
	Relation     logical = table_open(logical_relid, NoLock);
	TriggerDesc *triggers = logical->trigdesc;
	bool         result = false;

	if (triggers && BeforeInsertFiresHere(logical) && has_copies(logical_relid))
		result = (operation == CMD_UPDATE && triggers->trig_update_before_row) ||
				 (operation == CMD_DELETE && triggers->trig_delete_before_row);
	table_close(logical, NoLock);
	return result;
}

BeforeRow *
BeginBeforeRow(StatementTriggers *triggers, CmdType operation, List *attnums, int old_row,
			   TupleDesc found)
{
	TupleDesc  desc = RelationGetDescr(triggers->target->ri_RelationDesc);
	HASHCTL    control = {.keysize = sizeof(ItemPointerData),
						  .entrysize = sizeof(ItemPointerData),
						  .hcxt = CurrentMemoryContext};
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

static bool
was_seen(BeforeRow *before, const TupleTableSlot *found)
{
	int  ctid = before->old_row + before->old->tts_tupleDescriptor->natts;
	bool result;

	(void) hash_search(before->seen, DatumGetPointer(found->tts_values[ctid]), HASH_ENTER, &result);
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

/* The executor has a description of triggers of its own. Generated columns are computed anew as long as that has any. */
void
WaiveFiredTriggers(QueryDesc *fragment, Bitmapset *columns)
{
	ModifyTableState *modify = castNode(ModifyTableState, fragment->planstate);

	for (int i = 0; i < modify->mt_nrels; i++)
	{
		TriggerDesc *triggers = modify->resultRelInfo[i].ri_TrigDesc;

		for (int j = 0; triggers && j < triggers->numtriggers; j++)
		{
			Trigger *trigger = &triggers->triggers[j];

			if (TRIGGER_FOR_ROW(trigger->tgtype) &&
				(TRIGGER_FOR_BEFORE(trigger->tgtype) || !is_for_columns(trigger, columns)))
				trigger->tgenabled = TRIGGER_DISABLED;
		}
	}
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
