/*-------------------------------------------------------------------------
 *
 * calling_expression.c
 *	  The expressions that call functions and belong to no statement.
 *
 * PL/pgSQL evaluates x := change_it(1) + stable_one(1) by itself, with a snapshot
 * of its own, and the queries of the second function have that snapshot, as they
 * would have a statement's (earlier_state.c). There is no hook in the evaluation;
 * but there is one in the calls. Where the snapshot in use is not that of the
 * statement which runs, an expression calls.
 *
 * Only calls of functions that may change something are looked at. Of those in SQL
 * only those with SET or SECURITY DEFINER are: the hook would keep the others from
 * being inlined. Nor are triggers, each of which would be an expression.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_language.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "fmgr.h"
#include "transaction/calling_expression.h"
#include "transaction/xact.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

static dlist_head calling =
	DLIST_STATIC_INIT(calling); /* of CallingExpression, the innermost first */

static needs_fmgr_hook_type next_needs_hook;
static fmgr_hook_type       next_hook;

static bool
needs_hook(Oid function)
{
	HeapTuple    tuple;
	Form_pg_proc form;
	bool         needs;

	if (next_needs_hook && next_needs_hook(function))
		return true;
	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
	if (!HeapTupleIsValid(tuple))
		return false;
	form = (Form_pg_proc) GETSTRUCT(tuple);
	needs = form->provolatile == PROVOLATILE_VOLATILE && form->prokind == PROKIND_FUNCTION &&
			form->prolang != INTERNALlanguageId && form->prolang != ClanguageId &&
			form->prolang != SQLlanguageId && form->prorettype != TRIGGEROID &&
			form->prorettype != EVENT_TRIGGEROID;
	ReleaseSysCache(tuple);
	return needs;
}

static void
forget(void *arg)
{
	dlist_delete(&((CallingExpression *) arg)->node);
}

/* There is no telling when the expression has been evaluated but by the memory in which it is. */
static void
note_expression(const SnapshotData *snapshot)
{
	CallingExpression *expression = palloc0(sizeof(CallingExpression));

	expression->context = CurrentMemoryContext;
	expression->snapshot = *snapshot;
	expression->forget.func = forget;
	expression->forget.arg = expression;
	dlist_push_head(&calling, &expression->node);
	MemoryContextRegisterResetCallback(CurrentMemoryContext, &expression->forget);
}

static bool
is_noted(const SnapshotData *snapshot)
{
	CallingExpression *last =
		dlist_is_empty(&calling) ? NULL : dlist_head_element(CallingExpression, node, &calling);

	return last && last->context == CurrentMemoryContext &&
		   last->snapshot.curcid == snapshot->curcid;
}

static void
on_call(FmgrHookEventType event, FmgrInfo *function, Datum *private)
{
	const RunningStatement *running = InnermostStatement();

	if (event == FHET_START && ActiveSnapshotSet() &&
		!(running && running->query->snapshot == GetActiveSnapshot()) &&
		!is_noted(GetActiveSnapshot()))
		note_expression(GetActiveSnapshot());
	if (next_hook)
		next_hook(event, function, private);
}

dlist_head *
CallingExpressions(void)
{
	return &calling;
}

EState *
StateOfExpression(CallingExpression *expression)
{
	if (expression->estate == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(expression->context);

		expression->estate = CreateExecutorState();
		expression->estate->es_snapshot = &expression->snapshot;
		MemoryContextSwitchTo(old);
	}
	return expression->estate;
}

void
InitCallingExpressions(void)
{
	next_needs_hook = needs_fmgr_hook;
	needs_fmgr_hook = needs_hook;
	next_hook = fmgr_hook;
	fmgr_hook = on_call;
}
