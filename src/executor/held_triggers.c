/*-------------------------------------------------------------------------
 *
 * held_triggers.c
 *	  AFTER ROW triggers, which fire where the statement came in.
 *
 * Row triggers are on the shards, so PostgreSQL decides there which of them fire
 * for which rows. But what they do may concern rows of any node, and all that the
 * statement has changed. So a fragment holds the calls of those that fire after
 * it, with the rows, until the coordinator takes them; that calls them at the end
 * of the statement, before its statement triggers. It makes no difference whose
 * rows they are: those of the statement, or of tables that actions of foreign keys
 * have changed. Constraint triggers that are deferred fire on the node at COMMIT.
 *
 * A statement that may fire them is not sent as a transaction by itself, which
 * would be over too early (planner/after_row.c). A trigger that came into being
 * after it was planned is called on the node, the only coordinator of such a one.
 *
 * Rows are held and travel as text, in settings that lose nothing. All copies of a
 * reference table have the same rows: this node's own are taken.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/metadata.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "executor/held_triggers.h"
#include "executor/trigger_call.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "planner/claim.h"
#include "tcop/tcopprot.h"
#include "transaction/xact.h"
#include "transport/connection.h"
#include "transport/remote_xact.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/resowner.h"
#include "utils/tuplestore.h"

/* Marks a running fragment, among the flags that its executor was started with. */
#define EXEC_FLAG_HOLDS_TRIGGERS 0x40000000

/* A call: the table, the trigger, TriggerData's tg_event, and the rows. */
enum
{
	CALL_SCHEMA,
	CALL_TABLE,
	CALL_TRIGGER,
	CALL_EVENT,
	CALL_OLD,
	CALL_NEW,
	CALL_COLUMNS
};

/* What this node holds of a fragment for another node, as long as the subtransaction that it ran in lasts. */
typedef struct HeldHere
{
	int              number;
	SubTransactionId subxact;
	Tuplestorestate *calls;
} HeldHere;

/* A table whose triggers are called. */
typedef struct CalledTable
{
	Relation        logical;
	TriggerDesc    *triggers;
	FmgrInfo       *functions; /* one for each */
	TupleTableSlot *first_row; /* the old one, unless there is none */
	TupleTableSlot *second_row;
} CalledTable;

/* What a statement of this session holds: a plan node that fires it when it is run to its end. */
typedef struct HeldCalls
{
	PlanState        ps;
	Tuplestorestate *calls;
	List            *tables; /* of CalledTable */
} HeldCalls;

static bool    holding = false;
static EState *holder = NULL;       /* NULL: another node */
static List   *held_here = NIL;     /* of HeldHere */
static bool    new_fragment = true; /* the last of these is not of the one that runs */

PG_FUNCTION_INFO_V1(distshard_take_triggers);

void
HoldTriggers(bool hold, EState *statement, void (*run)(void *arg), void *arg)
{
	bool    was_holding = holding;
	EState *previous = holder;

	holding = hold;
	holder = statement;
	PG_TRY();
	{
		run(arg);
	}
	PG_FINALLY();
	{
		holding = was_holding;
		holder = previous;
	}
	PG_END_TRY();
}

bool
MustHoldTriggers(void)
{
	return IsClusterConnection() && IsTransactionBlock();
}

void
MarkToHoldTriggers(QueryDesc *fragment)
{
	if (InLocalFragment() ? holder != NULL : MustHoldTriggers())
		fragment->estate->es_top_eflags |= EXEC_FLAG_HOLDS_TRIGGERS;
}

typedef struct Finish
{
	QueryDesc               *query;
	ExecutorFinish_hook_type finish;
} Finish;

static void
run_finish(void *arg)
{
	Finish *finish = arg;

	finish->finish(finish->query);
}

/* Triggers that fire in here are those of the query, and of the actions of foreign keys. */
void
FinishHoldingTriggers(QueryDesc *query, ExecutorFinish_hook_type finish)
{
	bool   hold = (query->estate->es_top_eflags & EXEC_FLAG_HOLDS_TRIGGERS) != 0;
	Finish arg = {query, finish};

	if (hold == holding)
		finish(query);
	else
		HoldTriggers(hold, holder, run_finish, &arg);
}

void
TellOfHeldTriggers(void)
{
	if (!new_fragment)
		SendNotice(ERRCODE_TRIGGERS_HELD, psprintf("%d", ((HeldHere *) llast(held_here))->number));
	new_fragment = true;
}

static void
set_option(const char *name, const char *value)
{
	(void) set_config_option(name, value, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0,
							 false);
}

/* For text that reads as the same value: returns what AtEOXact_GUC() ends it with. */
static int
use_exact_formats(void)
{
	int level = NewGUCNestLevel();

	if (DateStyle != USE_ISO_DATES)
		set_option("datestyle", "ISO");
	if (IntervalStyle != INTSTYLE_POSTGRES)
		set_option("intervalstyle", "postgres");
	if (extra_float_digits < 3)
		set_option("extra_float_digits", "3");
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

static TupleDesc
call_desc(void)
{
	TupleDesc desc = CreateTemplateTupleDesc(CALL_COLUMNS);

	for (int i = 1; i <= CALL_COLUMNS; i++)
		TupleDescInitEntry(desc, i, NULL, i == CALL_EVENT + 1 ? INT4OID : TEXTOID, -1, 0);
	return desc;
}

static void fire_all(HeldCalls *held);

static TupleTableSlot *
fire_at_end(PlanState *node)
{
	fire_all((HeldCalls *) node);
	return NULL;
}

/* The executor runs the node, after all that write rows; missing_ok: returns NULL if nothing is held. */
static HeldCalls *
held_by(EState *statement, bool missing_ok)
{
	MemoryContext old;
	HeldCalls    *held;
	ListCell     *lc;

	foreach (lc, statement->es_auxmodifytables)
	{
		if (((PlanState *) lfirst(lc))->ExecProcNode == fire_at_end)
			return lfirst(lc);
	}
	if (missing_ok)
		return NULL;
	old = MemoryContextSwitchTo(statement->es_query_cxt);
	held = palloc0(sizeof(HeldCalls));
	NodeSetTag(held, T_PlanState);
	held->ps.state = statement;
	held->ps.ExecProcNode = fire_at_end;
	held->calls = tuplestore_begin_heap(false, false, work_mem);
	statement->es_auxmodifytables = lappend(statement->es_auxmodifytables, held);
	MemoryContextSwitchTo(old);
	return held;
}

static Tuplestorestate *
calls_for_other(void)
{
	static int    number = 0;
	HeldHere     *held;
	MemoryContext old;
	ResourceOwner owner;

	if (!new_fragment)
		return ((HeldHere *) llast(held_here))->calls;
	old = MemoryContextSwitchTo(TopTransactionContext);
	owner = CurrentResourceOwner;
	CurrentResourceOwner = TopTransactionResourceOwner;
	held = palloc(sizeof(HeldHere));
	held->number = number = number < PG_INT32_MAX ? number + 1 : 1;
	held->subxact = GetCurrentSubTransactionId();
	held->calls = tuplestore_begin_heap(false, false, work_mem);
	held_here = lappend(held_here, held);
	new_fragment = false;
	CurrentResourceOwner = owner;
	MemoryContextSwitchTo(old);
	return held->calls;
}

static void
hold_call(Tuplestorestate *calls, TriggerData *data, Relation logical)
{
	bool  updates = TRIGGER_FIRED_BY_UPDATE(data->tg_event);
	int   first_row = TRIGGER_FIRED_BY_INSERT(data->tg_event) ? CALL_NEW : CALL_OLD;
	int   formats = use_exact_formats();
	Datum values[CALL_COLUMNS];
	bool  nulls[CALL_COLUMNS] = {[CALL_OLD] = true, [CALL_NEW] = true};

	values[CALL_SCHEMA] = CStringGetTextDatum(get_namespace_name(RelationGetNamespace(logical)));
	values[CALL_TABLE] = CStringGetTextDatum(RelationGetRelationName(logical));
	values[CALL_TRIGGER] = CStringGetTextDatum(data->tg_trigger->tgname);
	values[CALL_EVENT] = Int32GetDatum(data->tg_event);
	values[first_row] = row_as_text(data->tg_trigtuple, data->tg_relation);
	nulls[first_row] = false;
	if (updates)
		values[CALL_NEW] = row_as_text(data->tg_newtuple, data->tg_relation);
	nulls[CALL_NEW] = !updates && first_row != CALL_NEW;
	AtEOXact_GUC(true, formats);
	tuplestore_putvalues(calls, call_desc(), values, nulls);
}

bool
HoldTrigger(TriggerData *data, Relation logical)
{
	if (!holding || !TRIGGER_FIRED_AFTER(data->tg_event))
		return false;
	if (holder)
		hold_call(held_by(holder, false)->calls, data, logical);
	else if (LookupDistTable(RelationGetRelid(logical))->method != DIST_REFERENCE)
		hold_call(calls_for_other(), data, logical);
	return true;
}

static void
move_calls(Tuplestorestate *from, Tuplestorestate *to)
{
	TupleTableSlot *slot = MakeSingleTupleTableSlot(call_desc(), &TTSOpsMinimalTuple);

	while (tuplestore_gettupleslot(from, true, false, slot))
		tuplestore_puttupleslot(to, slot);
	ExecDropSingleTupleTableSlot(slot);
	tuplestore_end(from);
}

/* distshard.take_triggers(number) is for the node that sent the fragment, as a statement by itself. */
Datum
distshard_take_triggers(PG_FUNCTION_ARGS)
{
	const Claim *claim = CurrentClaim(debug_query_string);
	ListCell    *lc;

	if (claim == NULL || !claim->takes_moved)
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						errmsg("distshard.take_triggers() cannot be called directly")));
	InitMaterializedSRF(fcinfo, 0);
	foreach (lc, held_here)
	{
		HeldHere *held = lfirst(lc);

		if (held->number != PG_GETARG_INT32(0))
			continue;
		move_calls(held->calls, ((ReturnSetInfo *) fcinfo->resultinfo)->setResult);
		held_here = foreach_delete_current (held_here, lc);
	}
	return (Datum) 0;
}

static RemoteCommand *
queue_taking(int32 node_id, int number, TupleDesc desc)
{
	NodeConn      *conn = EnlistNode(node_id, REMOTE_WRITE);
	RemoteCommand *command;
	StringInfoData text;

	initStringInfo(&text);
	AppendClaim(&text, NULL, GetUserId(), false);
	AppendMovesClaim(&text, true);
	appendStringInfo(&text, "SELECT * FROM distshard.take_triggers(%d)", number);
	command = QueueCommand(conn, text.data, NULL, desc, COMMAND_ROWS);
	FlushCommands(conn);
	return command;
}

List *
AddHeldTriggers(List *held, int32 node_id, int number)
{
	return number == 0 ? held : lappend(held, list_make2_int(node_id, number));
}

void
TakeHeldTriggers(EState *statement, List *held)
{
	List           *commands = NIL;
	TupleDesc       desc;
	TupleTableSlot *slot;
	ListCell       *lc;

	if (held == NIL)
		return;
	desc = call_desc();
	slot = MakeSingleTupleTableSlot(desc, &TTSOpsVirtual);
	foreach (lc, held)
		commands = lappend(commands,
						   queue_taking(linitial_int(lfirst(lc)), lsecond_int(lfirst(lc)), desc));
	foreach (lc, commands)
	{
		while (NextRow(lfirst(lc), slot))
			tuplestore_puttupleslot(held_by(statement, false)->calls, slot);
		CloseCommand(lfirst(lc));
	}
	ExecDropSingleTupleTableSlot(slot);
}

static TupleTableSlot *
table_slot(Relation logical)
{
	return MakeSingleTupleTableSlot(RelationGetDescr(logical), &TTSOpsHeapTuple);
}

static CalledTable *
called_table(HeldCalls *held, Datum schema, Datum name)
{
	Oid           relid = get_relname_relid(TextDatumGetCString(name),
											get_namespace_oid(TextDatumGetCString(schema), false));
	MemoryContext old;
	CalledTable  *table;
	ListCell     *lc;

	foreach (lc, held->tables)
	{
		if (RelationGetRelid(((CalledTable *) lfirst(lc))->logical) == relid)
			return lfirst(lc);
	}
	old = MemoryContextSwitchTo(held->ps.state->es_query_cxt);
	table = palloc(sizeof(CalledTable));
	table->logical = table_open(relid, RowExclusiveLock);
	table->triggers = CopyTriggerDesc(table->logical->trigdesc);
	table->functions =
		palloc0(sizeof(FmgrInfo) * (table->triggers ? table->triggers->numtriggers : 0));
	table->first_row = table_slot(table->logical);
	table->second_row = table_slot(table->logical);
	held->tables = lappend(held->tables, table);
	MemoryContextSwitchTo(old);
	return table;
}

static void
close_table(CalledTable *table)
{
	ExecDropSingleTupleTableSlot(table->first_row);
	ExecDropSingleTupleTableSlot(table->second_row);
	table_close(table->logical, NoLock);
}

static int
find_trigger(CalledTable *table, Datum name)
{
	char *wanted = TextDatumGetCString(name);

	for (int i = 0; table->triggers && i < table->triggers->numtriggers; i++)
	{
		if (strcmp(table->triggers->triggers[i].tgname, wanted) == 0)
			return i;
	}
	ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
					errmsg("trigger \"%s\" for table \"%s\" does not exist", wanted,
						   RelationGetRelationName(table->logical))));
}

static void
fire(HeldCalls *held, TupleTableSlot *call)
{
	Datum       *values = call->tts_values;
	CalledTable *table = called_table(held, values[CALL_SCHEMA], values[CALL_TABLE]);
	int          n = find_trigger(table, values[CALL_TRIGGER]);
	FmgrInfo    *function = &table->functions[n];
	TriggerData  data = {.type = T_TriggerData};
	int          formats = use_exact_formats();
	HeapTuple    rows[2];
	int          nrows = 0;

	for (int i = CALL_OLD; i <= CALL_NEW; i++)
	{
		if (!call->tts_isnull[i])
			rows[nrows++] = row_from_text(values[i], table->logical);
	}
	AtEOXact_GUC(true, formats);
	data.tg_event = DatumGetInt32(values[CALL_EVENT]);
	data.tg_relation = table->logical;
	data.tg_trigger = &table->triggers->triggers[n];
	data.tg_trigtuple = rows[0];
	data.tg_trigslot = ExecStoreHeapTuple(rows[0], table->first_row, false);
	if (nrows == 2)
	{
		data.tg_newtuple = rows[1];
		data.tg_newslot = ExecStoreHeapTuple(rows[1], table->second_row, false);
	}
	if (!OidIsValid(function->fn_oid))
		fmgr_info_cxt(data.tg_trigger->tgfoid, function, held->ps.state->es_query_cxt);
	CallTrigger(held->ps.state, &data, function);
	ExecClearTuple(table->first_row);
	ExecClearTuple(table->second_row);
}

static void
fire_all(HeldCalls *held)
{
	EState         *estate = held->ps.state;
	TupleTableSlot *call = MakeSingleTupleTableSlot(call_desc(), &TTSOpsMinimalTuple);
	MemoryContext   old = MemoryContextSwitchTo(GetPerTupleMemoryContext(estate));
	ListCell       *lc;

	while (tuplestore_gettupleslot(held->calls, true, false, call))
	{
		CHECK_FOR_INTERRUPTS();
		slot_getallattrs(call);
		fire(held, call);
		ResetPerTupleExprContext(estate);
	}
	MemoryContextSwitchTo(old);
	ExecDropSingleTupleTableSlot(call);
	tuplestore_clear(held->calls);
	foreach (lc, held->tables)
		close_table(lfirst(lc));
	held->tables = NIL;
}

void
FireHeldTriggers(EState *statement)
{
	HeldCalls *held = held_by(statement, true);

	if (held)
		fire_all(held);
}

static void
end_of_transaction(XactEvent event, void *arg)
{
	switch (event)
	{
		case XACT_EVENT_PRE_COMMIT:
		case XACT_EVENT_PRE_PREPARE:
			if (held_here != NIL)
				ereport(ERROR,
						(errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("triggers have not fired"),
						 errdetail("The statement that they are for was not run to its end.")));
			break;
		case XACT_EVENT_ABORT:
			held_here = NIL;
			new_fragment = true;
			break;
		default:
			break;
	}
}

static void
end_of_subtransaction(SubXactEvent event, SubTransactionId subxact, SubTransactionId parent,
					  void *arg)
{
	ListCell *lc;

	if (event == SUBXACT_EVENT_ABORT_SUB)
		new_fragment = true;
	foreach (lc, held_here)
	{
		HeldHere *held = lfirst(lc);

		if (held->subxact != subxact)
			continue;
		if (event == SUBXACT_EVENT_COMMIT_SUB)
			held->subxact = parent;
		else if (event == SUBXACT_EVENT_ABORT_SUB)
		{
			tuplestore_end(held->calls);
			held_here = foreach_delete_current (held_here, lc);
		}
	}
}

void
InitHeldTriggers(void)
{
	RegisterXactCallback(end_of_transaction, NULL);
	RegisterSubXactCallback(end_of_subtransaction, NULL);
}
