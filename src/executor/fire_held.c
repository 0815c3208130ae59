/*-------------------------------------------------------------------------
 *
 * fire_held.c
 *	  Triggers whose calls the nodes have held, fired where the statement came in.
 *
 * What the fragments hold is taken when they have ended, and fired once the whole
 * statement is done, before its statement triggers. Rows for transition tables are
 * kept apart, until the modification that they belong to asks for them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "executor/held_call.h"
#include "executor/held_triggers.h"
#include "executor/trigger_call.h"
#include "miscadmin.h"
#include "planner/claim.h"
#include "transaction/xact.h"
#include "transport/connection.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/tuplestore.h"

typedef struct HeldTable
{
	Oid              relid;
	Tuplestorestate *changes; /* rows for transition tables: calls without a trigger; NULL: none */
	Relation         logical; /* while its triggers are called, else NULL */
	TriggerDesc     *triggers;
	FmgrInfo        *functions; /* one for each */
	TupleTableSlot  *first_row; /* the old one, unless there is none */
	TupleTableSlot  *second_row;
} HeldTable;

/* What a statement of this session holds: a plan node that fires it when it is run to its end. */
typedef struct HeldCalls
{
	PlanState        ps;
	Tuplestorestate *calls;
	List            *tables; /* of HeldTable */
} HeldCalls;

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

static HeldTable *
held_table(HeldCalls *held, Oid relid)
{
	MemoryContext old;
	HeldTable    *table;
	ListCell     *lc;

	foreach (lc, held->tables)
	{
		table = lfirst(lc);
		if (table->relid == relid)
			return table;
	}
	old = MemoryContextSwitchTo(held->ps.state->es_query_cxt);
	table = palloc0(sizeof(HeldTable));
	table->relid = relid;
	held->tables = lappend(held->tables, table);
	MemoryContextSwitchTo(old);
	return table;
}

static void
add_change(HeldCalls *held, TupleTableSlot *call)
{
	HeldTable    *table = held_table(held, TableOfHeldCall(call));
	MemoryContext old = MemoryContextSwitchTo(held->ps.state->es_query_cxt);

	if (table->changes == NULL)
		table->changes = tuplestore_begin_heap(false, false, work_mem);
	MemoryContextSwitchTo(old);
	tuplestore_puttupleslot(table->changes, call);
}

void
AddHeldCall(EState *statement, TupleTableSlot *call)
{
	HeldCalls *held = held_by(statement, false);

	slot_getallattrs(call);
	if (call->tts_isnull[CALL_TRIGGER])
		add_change(held, call);
	else
		tuplestore_puttupleslot(held->calls, call);
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
	desc = HeldCallDesc();
	slot = MakeSingleTupleTableSlot(desc, &TTSOpsVirtual);
	foreach (lc, held)
		commands = lappend(commands,
						   queue_taking(linitial_int(lfirst(lc)), lsecond_int(lfirst(lc)), desc));
	foreach (lc, commands)
	{
		while (NextRow(lfirst(lc), slot))
			AddHeldCall(statement, slot);
		CloseCommand(lfirst(lc));
	}
	ExecDropSingleTupleTableSlot(slot);
}

static TupleTableSlot *
table_slot(Relation logical)
{
	return MakeSingleTupleTableSlot(RelationGetDescr(logical), &TTSOpsHeapTuple);
}

static void
open_table(HeldCalls *held, HeldTable *table)
{
	MemoryContext old = MemoryContextSwitchTo(held->ps.state->es_query_cxt);

	table->logical = table_open(table->relid, RowExclusiveLock);
	table->triggers = CopyTriggerDesc(table->logical->trigdesc);
	table->functions =
		palloc0(sizeof(FmgrInfo) * (table->triggers ? table->triggers->numtriggers : 0));
	table->first_row = table_slot(table->logical);
	table->second_row = table_slot(table->logical);
	MemoryContextSwitchTo(old);
}

static void
close_table(HeldTable *table)
{
	ExecDropSingleTupleTableSlot(table->first_row);
	ExecDropSingleTupleTableSlot(table->second_row);
	table_close(table->logical, NoLock);
	table->logical = NULL;
}

static int
find_trigger(HeldTable *table, Datum name)
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

CmdType
NextChangedRow(EState *statement, Relation logical, HeapTuple *old, HeapTuple *new)
{
	HeldCalls       *held = held_by(statement, true);
	Tuplestorestate *rows = held ? held_table(held, RelationGetRelid(logical))->changes : NULL;
	TupleTableSlot  *call;
	CmdType          result = CMD_UNKNOWN;

	if (rows == NULL)
		return CMD_UNKNOWN;
	call = MakeSingleTupleTableSlot(HeldCallDesc(), &TTSOpsMinimalTuple);
	if (tuplestore_gettupleslot(rows, true, false, call))
	{
		slot_getallattrs(call);
		RowsOfHeldCall(call, logical, old, new);
		result = *old == NULL ? CMD_INSERT : *new == NULL ? CMD_DELETE : CMD_UPDATE;
	}
	else
		tuplestore_clear(rows); /* what is added at the end would be skipped */
	ExecDropSingleTupleTableSlot(call);
	return result;
}

static void
fire(HeldCalls *held, TupleTableSlot *call)
{
	Datum      *values = call->tts_values;
	HeldTable  *table = held_table(held, TableOfHeldCall(call));
	TriggerData data = {.type = T_TriggerData};
	FmgrInfo   *function;
	int         n;
	HeapTuple   old;
	HeapTuple new;

	if (table->logical == NULL)
		open_table(held, table);
	n = find_trigger(table, values[CALL_TRIGGER]);
	function = &table->functions[n];
	RowsOfHeldCall(call, table->logical, &old, &new);
	data.tg_event = DatumGetInt32(values[CALL_EVENT]);
	data.tg_relation = table->logical;
	data.tg_trigger = &table->triggers->triggers[n];
	data.tg_trigtuple = old ? old : new;
	data.tg_trigslot = ExecStoreHeapTuple(data.tg_trigtuple, table->first_row, false);
	if (old && new)
	{
		data.tg_newtuple = new;
		data.tg_newslot = ExecStoreHeapTuple(new, table->second_row, false);
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
	TupleTableSlot *call = MakeSingleTupleTableSlot(HeldCallDesc(), &TTSOpsMinimalTuple);
	MemoryContext   old = MemoryContextSwitchTo(GetPerTupleMemoryContext(estate));
	ListCell       *lc;

	while (tuplestore_gettupleslot(held->calls, true, false, call))
	{
		CHECK_FOR_INTERRUPTS();
		slot_getallattrs(call);
		fire(held, call);
		ExecClearTuple(call); /* its row is in the same context if it comes from disk */
		ResetPerTupleExprContext(estate);
	}
	MemoryContextSwitchTo(old);
	ExecDropSingleTupleTableSlot(call);
	tuplestore_clear(held->calls);
	foreach (lc, held->tables)
	{
		if (((HeldTable *) lfirst(lc))->logical != NULL)
			close_table(lfirst(lc));
	}
}

void
FireHeldTriggers(EState *statement)
{
	HeldCalls *held = held_by(statement, true);

	if (held == NULL)
		return;
	PushActiveSnapshot(GetTransactionSnapshot());
	fire_all(held);
	PopActiveSnapshot();
}
