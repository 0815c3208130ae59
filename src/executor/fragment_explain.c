/*-------------------------------------------------------------------------
 *
 * fragment_explain.c
 *	  The plans of fragments, where they run.
 *
 * For EXPLAIN ANALYZE a fragment runs once, as always, but with instruments:
 * the sender sets distshard.explain_fragments before it, the node keeps the
 * printed plan to the end of the transaction, and the sender fetches it with
 * distshard.fragment_plan(). Whether the plan is to be shown with costs and
 * verbosely the sender learns only then, so it is printed in all four ways.
 *
 * A statement may have several fragments for a node, which run in any order and
 * more than once. So each scan has a number, and its plan is that of the last
 * fragment with its number.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "commands/explain.h"
#include "executor/executor.h"
#include "executor/fragment_explain.h"
#include "fmgr.h"
#include "planner/claim.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"

/* A setting of FragmentExplainSetting(); 0: off. */
static int explain_fragments;

#define INSTRUMENT_BITS  4
#define INSTRUMENT_MASK  ((1 << INSTRUMENT_BITS) - 1)
#define SCAN_OF(setting) ((setting) >> INSTRUMENT_BITS)

/* The fragment that is measured, from its start to its end, and its setting. */
static QueryDesc *explained;
static int        explained_setting;

/* The text of the fragment that this node runs for itself, while it keeps plans. */
static const char *local_fragment;

typedef struct KeptPlans
{
	int           scan;
	FragmentPlans plans;
} KeptPlans;

/* Of this transaction, in its context. */
static List *kept_plans = NIL;

static ExecutorStart_hook_type next_ExecutorStart;
static ExecutorEnd_hook_type   next_ExecutorEnd;

static bool
is_explained(QueryDesc *desc)
{
	return explain_fragments != 0 &&
		   (desc->sourceText == local_fragment || RunningClaim(desc->sourceText) != NULL);
}

int
FragmentExplainSetting(int instruments, int scan)
{
	return (instruments & INSTRUMENT_MASK) | scan << INSTRUMENT_BITS;
}

char *
ExplainFragmentsCommand(int setting)
{
	return psprintf("SET LOCAL distshard.explain_fragments = %d", setting);
}

int
NextExplainedScan(void)
{
	static int scan = 0;

	scan = scan < SCAN_OF(PG_INT32_MAX) ? scan + 1 : 1;
	return scan;
}

static void
forget_plans(void *arg)
{
	kept_plans = NIL;
}

/* The scan's plans; if there are none yet, empty ones, or NULL if missing_ok. */
static FragmentPlans *
plans_of(int scan, bool missing_ok)
{
	MemoryContext old;
	KeptPlans    *kept;
	ListCell     *lc;

	foreach (lc, kept_plans)
	{
		kept = lfirst(lc);
		if (kept->scan == scan)
			return &kept->plans;
	}
	if (missing_ok)
		return NULL;
	old = MemoryContextSwitchTo(TopTransactionContext);
	if (kept_plans == NIL)
	{
		MemoryContextCallback *callback = palloc0(sizeof(MemoryContextCallback));

		callback->func = forget_plans;
		MemoryContextRegisterResetCallback(TopTransactionContext, callback);
	}
	kept = palloc0(sizeof(KeptPlans));
	kept->scan = scan;
	kept_plans = lappend(kept_plans, kept);
	MemoryContextSwitchTo(old);
	return &kept->plans;
}

LocalFragment *
RunExplainedFragment(const char *sql, ParamListInfo params, EState *statement, int setting,
					 FragmentPlans *plans)
{
	int         before = explain_fragments;
	const char *text_before = local_fragment;
	LocalFragment *volatile fragment = NULL;
	FragmentPlans *kept;
	int            i;

	explain_fragments = setting;
	local_fragment = sql;
	PG_TRY();
	{
		fragment = RunLocalFragment(sql, params, statement);
	}
	PG_FINALLY();
	{
		explain_fragments = before;
		local_fragment = text_before;
	}
	PG_END_TRY();

	kept = plans_of(SCAN_OF(setting), true);
	for (i = 0; kept && i < lengthof(plans->text); i++)
		plans->text[i] = pstrdup(kept->text[i]);
	return fragment;
}

/* The setting is for one fragment, not for those of statements that its triggers run. */
static void
start_with_instruments(QueryDesc *desc, int eflags)
{
	if (is_explained(desc) && !(eflags & EXEC_FLAG_EXPLAIN_ONLY))
	{
		explained = desc;
		explained_setting = explain_fragments;
		explain_fragments = 0;
		desc->instrument_options |= explained_setting & INSTRUMENT_MASK;
	}
	if (next_ExecutorStart)
		next_ExecutorStart(desc, eflags);
	else
		standard_ExecutorStart(desc, eflags);
}

static char *
print_plan(QueryDesc *desc, bool verbose, bool costs)
{
	ExplainState *es = NewExplainState();

	es->analyze = true;
	es->verbose = verbose;
	es->costs = costs;
	es->buffers = (explained_setting & INSTRUMENT_BUFFERS) != 0;
	es->wal = (explained_setting & INSTRUMENT_WAL) != 0;
	es->timing = (explained_setting & INSTRUMENT_TIMER) != 0;
	ExplainBeginOutput(es);
	ExplainPrintPlan(es, desc);
	ExplainPrintTriggers(es, desc);
	ExplainEndOutput(es);
	return es->str->data;
}

static void
keep_plans(QueryDesc *desc)
{
	FragmentPlans *plans = plans_of(SCAN_OF(explained_setting), false);
	int            i;

	for (i = 0; i < lengthof(plans->text); i++)
	{
		char *text =
			print_plan(desc, (i & FRAGMENT_PLAN_VERBOSE) != 0, (i & FRAGMENT_PLAN_COSTS) != 0);

		if (plans->text[i])
			pfree(plans->text[i]);
		plans->text[i] = MemoryContextStrdup(TopTransactionContext, text);
		pfree(text);
	}
}

static void
end_with_plan(QueryDesc *desc)
{
	if (desc == explained)
	{
		explained = NULL;
		keep_plans(desc);
	}
	if (next_ExecutorEnd)
		next_ExecutorEnd(desc);
	else
		standard_ExecutorEnd(desc);
}

PG_FUNCTION_INFO_V1(distshard_fragment_plan);

Datum
distshard_fragment_plan(PG_FUNCTION_ARGS)
{
	FragmentPlans *plans = plans_of(PG_GETARG_INT32(0), true);

	if (plans == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(
		cstring_to_text(plans->text[PG_GETARG_INT32(1) & (lengthof(plans->text) - 1)]));
}

void
InitFragmentExplain(void)
{
	DefineCustomIntVariable("distshard.explain_fragments",
							"Measures fragments and keeps their plans, for EXPLAIN ANALYZE on "
							"another node.",
							NULL, &explain_fragments, 0, 0, INT_MAX, PGC_USERSET,
							GUC_NO_SHOW_ALL | GUC_NOT_IN_SAMPLE, NULL, NULL, NULL);

	next_ExecutorStart = ExecutorStart_hook;
	ExecutorStart_hook = start_with_instruments;
	next_ExecutorEnd = ExecutorEnd_hook;
	ExecutorEnd_hook = end_with_plan;
}
