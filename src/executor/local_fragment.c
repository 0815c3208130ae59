/*-------------------------------------------------------------------------
 *
 * local_fragment.c
 *	  Fragments that this node runs for itself.
 *
 * A fragment for this node is the same text that another node would get. It
 * takes the same way here, through the parse hook that checks its claim and
 * points it at the shard, into PostgreSQL's plan cache (fragment_cache.c), and
 * into a nested executor. Rows of a plain SELECT are made as they are asked for;
 * whatever changes something runs to its end first.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "commands/explain.h"
#include "executor/executor.h"
#include "executor/fragment_cache.h"
#include "executor/held_triggers.h"
#include "executor/local_fragment.h"
#include "executor/tstoreReceiver.h"
#include "miscadmin.h"
#include "planner/claim.h"
#include "tcop/dest.h"
#include "utils/snapmgr.h"

static bool running = false; /* a fragment of this node, by this session */

static DestReceiver *
receiver_for(PlannedStmt *statement, LocalFragment *fragment)
{
	DestReceiver *receiver;

	if (statement->commandType != CMD_SELECT && !statement->hasReturning)
		return None_Receiver;
	receiver = CreateDestReceiver(DestTuplestore);
	fragment->rows = tuplestore_begin_heap(false, false, work_mem);
	SetTuplestoreDestReceiverParams(receiver, fragment->rows, CurrentMemoryContext, false, NULL,
									NULL);
	return receiver;
}

/* Rights are checked here, and those on shards were checked on the logical table. */
static void
start(QueryDesc *desc)
{
	bool previous = EnterLocalFragment();

	PG_TRY();
	{
		ExecutorStart(desc, 0);
	}
	PG_FINALLY();
	{
		LeaveLocalFragment(previous);
	}
	PG_END_TRY();
}

static void
prepare(LocalFragment *fragment, const char *sql, ParamListInfo params)
{
	fragment->plan = PlanLocalFragment(sql, params, &fragment->owner);
	fragment->desc =
		CreateQueryDesc(linitial_node(PlannedStmt, fragment->plan->stmt_list), sql,
						GetActiveSnapshot(), InvalidSnapshot, None_Receiver, params, NULL, 0);
}

static void
end(LocalFragment *fragment)
{
	ExecutorEnd(fragment->desc);
	FreeQueryDesc(fragment->desc);
	ReleaseCachedPlan(fragment->plan, fragment->owner);
	fragment->desc = NULL;
}

bool
RunsLocalFragment(void)
{
	return running;
}

static void
run(QueryDesc *desc)
{
	bool previous = running;

	running = true;
	PG_TRY();
	{
		ExecutorRun(desc, ForwardScanDirection, 0, true);
	}
	PG_FINALLY();
	{
		running = previous;
	}
	PG_END_TRY();
}

static void
execute(void *arg)
{
	LocalFragment *fragment = arg;

	start(fragment->desc);
	PushActiveSnapshot(fragment->desc->snapshot);
	run(fragment->desc);
	fragment->processed = fragment->desc->estate->es_processed;
	ExecutorFinish(fragment->desc);
	PopActiveSnapshot();
	end(fragment);
}

static void
run_to_end(LocalFragment *fragment)
{
	HoldTriggers(false, fragment->statement, execute, fragment);
}

LocalFragment *
RunLocalFragment(const char *sql, ParamListInfo params, EState *statement)
{
	LocalFragment *fragment = palloc0(sizeof(LocalFragment));

	fragment->statement = statement;
	prepare(fragment, sql, params);
	fragment->desc->dest = receiver_for(fragment->desc->plannedstmt, fragment);
	run_to_end(fragment);
	return fragment;
}

LocalFragment *
RunLocalFragmentInto(const char *sql, ParamListInfo params, DestReceiver *receiver)
{
	LocalFragment *fragment = palloc0(sizeof(LocalFragment));

	prepare(fragment, sql, params);
	fragment->desc->dest = receiver;
	run_to_end(fragment);
	return fragment;
}

/* Parallel workers start in ExecutorRun only. */
static bool
can_pause(const PlannedStmt *statement)
{
	return statement->commandType == CMD_SELECT && !statement->hasModifyingCTE &&
		   !statement->parallelModeNeeded;
}

LocalFragment *
StartLocalFragment(const char *sql, ParamListInfo params, EState *statement)
{
	LocalFragment *fragment = palloc0(sizeof(LocalFragment));

	fragment->statement = statement;
	prepare(fragment, sql, params);
	if (can_pause(fragment->desc->plannedstmt))
		start(fragment->desc);
	else
	{
		fragment->desc->dest = receiver_for(fragment->desc->plannedstmt, fragment);
		run_to_end(fragment);
	}
	return fragment;
}

static TupleTableSlot *
next_of_running(LocalFragment *fragment)
{
	EState       *estate = fragment->desc->estate;
	MemoryContext old = MemoryContextSwitchTo(estate->es_query_cxt);
	bool          previous = running;
	TupleTableSlot *volatile row = NULL;

	ResetPerTupleExprContext(estate);
	running = true;
	PG_TRY();
	{
		row = ExecProcNode(fragment->desc->planstate);
	}
	PG_FINALLY();
	{
		running = previous;
	}
	PG_END_TRY();
	if (!TupIsNull(row) && estate->es_junkFilter)
		row = ExecFilterJunk(estate->es_junkFilter, row);
	MemoryContextSwitchTo(old);
	return TupIsNull(row) ? NULL : row;
}

TupleTableSlot *
NextLocalRow(LocalFragment *fragment, TupleTableSlot *stored)
{
	if (fragment->desc)
		return next_of_running(fragment);
	if (fragment->rows && tuplestore_gettupleslot(fragment->rows, true, false, stored))
		return stored;
	return NULL;
}

void
EndLocalFragment(LocalFragment *fragment)
{
	if (fragment->desc)
	{
		ExecutorFinish(fragment->desc);
		end(fragment);
	}
	if (fragment->rows)
		tuplestore_end(fragment->rows);
	fragment->rows = NULL;
}

void
ExplainLocalFragment(const char *sql, ParamListInfo params, ExplainState *es)
{
	ResourceOwner owner;
	CachedPlan   *plan = PlanLocalFragment(sql, params, &owner);
	bool          previous = EnterLocalFragment();
	instr_time    planning_time;

	INSTR_TIME_SET_ZERO(planning_time);
	PG_TRY();
	{
		ExplainOnePlan(linitial_node(PlannedStmt, plan->stmt_list), NULL, es, sql, params, NULL,
					   &planning_time, NULL);
	}
	PG_FINALLY();
	{
		LeaveLocalFragment(previous);
	}
	PG_END_TRY();
	ReleaseCachedPlan(plan, owner);
}
