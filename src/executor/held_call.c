/*-------------------------------------------------------------------------
 *
 * held_call.c
 *	  The call of a trigger as it is held, and travels: as text, in settings that
 *	  lose nothing.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "executor/held_call.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"

TupleDesc
HeldCallDesc(void)
{
	static TupleDesc desc = NULL;
	MemoryContext    old;

	if (desc != NULL)
		return desc;
	old = MemoryContextSwitchTo(TopMemoryContext);
	desc = CreateTemplateTupleDesc(CALL_COLUMNS);
	for (int i = 1; i <= CALL_COLUMNS; i++)
		TupleDescInitEntry(desc, i, NULL, i == CALL_EVENT + 1 ? INT4OID : TEXTOID, -1, 0);
	MemoryContextSwitchTo(old);
	return desc;
}

static void
set_option(const char *name, const char *value)
{
	(void) set_config_option(name, value, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0,
							 false);
}

/*
 * For text that reads as the same value: returns what AtEOXact_GUC() ends it
 * with. That looks at all settings, if any was set here.
 */
static int
use_exact_formats(void)
{
	int level = NewGUCNestLevel();

	if (DateStyle != USE_ISO_DATES)
		set_option("datestyle", "ISO");
	if (IntervalStyle != INTSTYLE_POSTGRES)
		set_option("intervalstyle", "postgres");
	if (extra_float_digits < 1)
		set_option("extra_float_digits", "1");
	return level;
}

/* record_in() and record_out() remember the last type. */
static FmgrInfo *
record_function(FmgrInfo *function, Oid oid)
{
	if (!OidIsValid(function->fn_oid))
		fmgr_info_cxt(oid, function, TopMemoryContext);
	return function;
}

static Datum
row_as_text(HeapTuple row, Relation shard)
{
	static FmgrInfo output;

	return CStringGetTextDatum(
		OutputFunctionCall(record_function(&output, F_RECORD_OUT),
						   heap_copy_tuple_as_datum(row, RelationGetDescr(shard))));
}

static HeapTuple
row_from_text(Datum value, Relation logical)
{
	static FmgrInfo input;
	HeapTuple       row = palloc0(HEAPTUPLESIZE);

	row->t_data = DatumGetHeapTupleHeader(InputFunctionCall(record_function(&input, F_RECORD_IN),
															TextDatumGetCString(value),
															logical->rd_rel->reltype, -1));
	row->t_len = HeapTupleHeaderGetDatumLength(row->t_data);
	ItemPointerSetInvalid(&row->t_self);
	row->t_tableOid = RelationGetRelid(logical);
	return row;
}

static void
set_value(TupleTableSlot *call, int column, Datum value)
{
	call->tts_values[column] = value;
	call->tts_isnull[column] = false;
}

void
FillHeldCall(TupleTableSlot *call, TriggerData *data, Relation logical, const char *trigger,
			 HeapTuple old, HeapTuple new)
{
	int formats = use_exact_formats();

	ExecStoreAllNullTuple(call);
	set_value(call, CALL_SCHEMA,
			  CStringGetTextDatum(get_namespace_name(RelationGetNamespace(logical))));
	set_value(call, CALL_TABLE, CStringGetTextDatum(RelationGetRelationName(logical)));
	if (trigger)
		set_value(call, CALL_TRIGGER, CStringGetTextDatum(trigger));
	set_value(call, CALL_EVENT, Int32GetDatum(data->tg_event));
	if (old)
		set_value(call, CALL_OLD, row_as_text(old, data->tg_relation));
	if (new)
		set_value(call, CALL_NEW, row_as_text(new, data->tg_relation));
	AtEOXact_GUC(true, formats);
}

Oid
TableOfHeldCall(TupleTableSlot *call)
{
	return get_relname_relid(
		TextDatumGetCString(call->tts_values[CALL_TABLE]),
		get_namespace_oid(TextDatumGetCString(call->tts_values[CALL_SCHEMA]), false));
}

void
RowsOfHeldCall(TupleTableSlot *call, Relation logical, HeapTuple *old, HeapTuple *new)
{
	int formats = use_exact_formats();

	*old = *new = NULL;
	if (!call->tts_isnull[CALL_OLD])
		*old = row_from_text(call->tts_values[CALL_OLD], logical);
	if (!call->tts_isnull[CALL_NEW])
		*new = row_from_text(call->tts_values[CALL_NEW], logical);
	AtEOXact_GUC(true, formats);
}
