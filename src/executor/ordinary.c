/*-------------------------------------------------------------------------
 *
 * ordinary.c
 *	  Statements without distributed tables, as if distshard were not there.
 *
 * Many parts of distshard have a hook in the executor. None of them has anything
 * to do for a plan without distributed tables that a client runs, so it passes
 * them all: each is little work, but together they took an eighth of the time of
 * a short statement, most of it in cache misses. That it does is decided when its
 * executor starts. What it calls is run by executors of their own.
 *
 * It does not pass where it may be part of something larger: on connections of
 * other nodes, where triggers are held, in a transaction with one snapshot, and
 * while the outcome of another transaction is not known.
 *
 * What holds for any statement, ordinary or not, is done here as well: it counts
 * (transaction/one_statement.c), as the query of a cursor it may call functions later
 * (transaction/earlier_state.c; open_cursor.c says so of others), and its error says so
 * if it gave up its part in a deadlock across nodes.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "executor/eflags.h"
#include "executor/executor.h"
#include "executor/held_triggers.h"
#include "executor/ordinary.h"
#include "executor/remote_scan.h"
#include "planner/claim.h"
#include "planner/dist_plan.h"
#include "transaction/deadlock.h"
#include "transaction/registry.h"
#include "transaction/statement_part.h"
#include "transaction/xact.h"

/* The hooks of whom the server has loaded before, or PostgreSQL's functions, ... */
static ExecutorStart_hook_type  standard_start;
static ExecutorRun_hook_type    standard_run;
static ExecutorFinish_hook_type standard_finish;
static ExecutorEnd_hook_type    standard_end;

/* ... and those of distshard. */
static ExecutorStart_hook_type  distshard_start;
static ExecutorRun_hook_type    distshard_run;
static ExecutorFinish_hook_type distshard_finish;
static ExecutorEnd_hook_type    distshard_end;

static bool
passes(const PlannedStmt *statement)
{
	return (statement->jitFlags & PLAN_IS_ORDINARY) && !InsideFragment() && !InLocalFragment() &&
		   !HoldsTriggers() && !IsolationUsesXactSnapshot() && !AnyInDoubt();
}

static bool
has_passed(const QueryDesc *query)
{
	return (query->estate->es_top_eflags & EXEC_FLAG_ORDINARY) != 0;
}

static void
start(QueryDesc *query, int eflags)
{
	if (!passes(query->plannedstmt))
	{
		distshard_start(query, eflags);
		return;
	}
	standard_start(query, eflags | EXEC_FLAG_ORDINARY);
	query->estate->es_jit_flags &= ~PLAN_IS_ORDINARY;
	if (OpensCursor(query, eflags))
		NoteOpenCursor(query);
}

/* Of any statement: it counts, and it may be the one that is ended to break a deadlock. */
static void
run(QueryDesc *query, ScanDirection direction, uint64 count, bool once)
{
	ErrorContextCallback verdicts;
	RunningStatement     statement;

	HeedVerdicts(&verdicts);
	EnterStatement(&statement, query);
	PG_TRY();
	{
		if (has_passed(query))
			standard_run(query, direction, count, once);
		else
			distshard_run(query, direction, count, once);
	}
	PG_FINALLY();
	{
		LeaveStatement();
	}
	PG_END_TRY();
	error_context_stack = verdicts.previous;
}

/* Triggers, foreign keys among them, fire in here. */
static void
finish(QueryDesc *query)
{
	ErrorContextCallback verdicts;
	RunningStatement     statement;

	HeedVerdicts(&verdicts);
	EnterStatement(&statement, query);
	PG_TRY();
	{
		if (has_passed(query))
			standard_finish(query);
		else
			distshard_finish(query);
	}
	PG_FINALLY();
	{
		LeaveStatement();
	}
	PG_END_TRY();
	error_context_stack = verdicts.previous;
}

static void
end(QueryDesc *query)
{
	if (has_passed(query))
		standard_end(query);
	else
		distshard_end(query);
}

void
NotePreviousHooks(void)
{
	standard_start = ExecutorStart_hook ? ExecutorStart_hook : standard_ExecutorStart;
	standard_run = ExecutorRun_hook ? ExecutorRun_hook : standard_ExecutorRun;
	standard_finish = ExecutorFinish_hook ? ExecutorFinish_hook : standard_ExecutorFinish;
	standard_end = ExecutorEnd_hook ? ExecutorEnd_hook : standard_ExecutorEnd;
}

void
LetOrdinaryPass(void)
{
	distshard_start = ExecutorStart_hook;
	ExecutorStart_hook = start;
	distshard_run = ExecutorRun_hook;
	ExecutorRun_hook = run;
	distshard_finish = ExecutorFinish_hook;
	ExecutorFinish_hook = finish;
	distshard_end = ExecutorEnd_hook;
	ExecutorEnd_hook = end;
}
