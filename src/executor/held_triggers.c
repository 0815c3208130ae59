/*-------------------------------------------------------------------------
 *
 * held_triggers.c
 *	  AFTER ROW triggers, which fire where the statement came in.
 *
 * Row triggers are on the shards, so PostgreSQL decides there which of them fire
 * for which rows. But what they do may concern rows of any node, and all that the
 * statement has changed. So a fragment holds the calls of those that fire after
 * it, with the rows, until the coordinator takes them (fire_held.c). It makes no
 * difference whose rows they are: those of the statement, or of tables that actions
 * of foreign keys have changed. SET CONSTRAINTS holds the constraint triggers that
 * become due by it likewise, and COMMIT what is still deferred (deferred_triggers.c).
 *
 * A statement that may fire them is not sent as a transaction by itself, which
 * would be over too early (planner/after_row.c). A trigger that came into being
 * after it was planned is called on the node, the only coordinator of such a one.
 *
 * All copies of a reference table have the same rows: those of the node that the
 * statement came in on are held, no others.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "access/xact.h"
#include "catalog/logical_table.h"
#include "catalog/metadata.h"
#include "executor/eflags.h"
#include "executor/held_call.h"
#include "executor/held_triggers.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "planner/claim.h"
#include "tcop/tcopprot.h"
#include "transaction_end.h"
#include "transport/connection.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/resowner.h"
#include "utils/tuplestore.h"

/* What this node holds of a fragment for another node, as long as the subtransaction that it ran in lasts. */
typedef struct HeldHere
{
	int              number;
	SubTransactionId subxact;
	Tuplestorestate *calls;
} HeldHere;

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
HoldsTriggers(void)
{
	return holding;
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
		fragment->estate->es_top_eflags |= EXEC_FLAG_HOLDS;
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
	bool   hold = (query->estate->es_top_eflags & EXEC_FLAG_HOLDS) != 0;
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
hold_call(TriggerData *data, Relation logical, const char *trigger, HeapTuple old, HeapTuple new)
{
	TupleTableSlot *call = MakeSingleTupleTableSlot(HeldCallDesc(), &TTSOpsVirtual);

	FillHeldCall(call, data, logical, trigger, old, new);
	if (holder)
		AddHeldCall(holder, call);
	else if (LookupDistTable(RelationGetRelid(logical))->method != DIST_REFERENCE)
		tuplestore_puttupleslot(calls_for_other(), call);
	ExecDropSingleTupleTableSlot(call);
}

bool
HoldTrigger(TriggerData *data, Relation logical)
{
	bool inserts = TRIGGER_FIRED_BY_INSERT(data->tg_event);

	if (!holding || !TRIGGER_FIRED_AFTER(data->tg_event))
		return false;
	hold_call(data, logical, data->tg_trigger->tgname, inserts ? NULL : data->tg_trigtuple,
			  inserts ? data->tg_trigtuple : data->tg_newtuple);
	return true;
}

void
HoldChangedRow(TriggerData *data, HeapTuple old, HeapTuple new)
{
	Relation logical =
		table_open(LogicalTableOf(RelationGetRelid(data->tg_relation)), AccessShareLock);

	Assert(holding);
	hold_call(data, logical, NULL, old, new);
	table_close(logical, NoLock);
}

static void
move_calls(Tuplestorestate *from, Tuplestorestate *to)
{
	TupleTableSlot *slot = MakeSingleTupleTableSlot(HeldCallDesc(), &TTSOpsMinimalTuple);

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

static void
end_of_transaction(XactEvent event)
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
	CallAtEvents(BEFORE_END | AT_ABORT, end_of_transaction, NULL);
	RegisterSubXactCallback(end_of_subtransaction, NULL);
}
