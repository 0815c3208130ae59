/*-------------------------------------------------------------------------
 *
 * fragment_explain.c
 *	  The plans of fragments, where they run.
 *
 * For EXPLAIN ANALYZE a fragment runs once, as always, but with instruments:
 * the sender sets distshard.explain_fragments for the transaction, the node
 * keeps the printed plan of the last fragment, and the sender fetches it with
 * distshard.last_fragment_plan(). Whether the plan is to be shown with costs and
 * verbosely the sender learns only then, so it is printed in all four ways.
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

/* What the instruments of fragments measure, of INSTRUMENT_*; 0: off. */
static int explain_fragments;

/* The fragment that is measured, from its start to its end. */
static QueryDesc *explained;

/* The text of the fragment that this node runs for itself, while it keeps plans. */
static const char *local_fragment;

static FragmentPlans last_plans; /* in TopMemoryContext */

static ExecutorStart_hook_type next_ExecutorStart;
static ExecutorEnd_hook_type   next_ExecutorEnd;

static bool
is_explained(QueryDesc *desc)
{
	return explain_fragments != 0 &&
		   (desc->sourceText == local_fragment || RunningClaim(desc->sourceText) != NULL);
}

LocalFragment *
RunExplainedFragment(const char *sql, ParamListInfo params, int instruments, FragmentPlans *plans)
{
	int         before = explain_fragments;
	const char *text_before = local_fragment;
	LocalFragment *volatile fragment = NULL;
	int i;

	explain_fragments = instruments;
	local_fragment = sql;
	PG_TRY();
	{
		fragment = RunLocalFragment(sql, params);
	}
	PG_FINALLY();
	{
		explain_fragments = before;
		local_fragment = text_before;
	}
	PG_END_TRY();

	for (i = 0; i < lengthof(plans->text); i++)
		plans->text[i] = last_plans.text[i] ? pstrdup(last_plans.text[i]) : NULL;
	return fragment;
}

static void
start_with_instruments(QueryDesc *desc, int eflags)
{
	if (is_explained(desc) && !(eflags & EXEC_FLAG_EXPLAIN_ONLY))
	{
		desc->instrument_options |= explain_fragments;
		explained = desc;
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
	es->buffers = (explain_fragments & INSTRUMENT_BUFFERS) != 0;
	es->wal = (explain_fragments & INSTRUMENT_WAL) != 0;
	es->timing = (explain_fragments & INSTRUMENT_TIMER) != 0;
	ExplainBeginOutput(es);
	ExplainPrintPlan(es, desc);
	ExplainPrintTriggers(es, desc);
	ExplainEndOutput(es);
	return es->str->data;
}

static void
keep_plans(QueryDesc *desc)
{
	int i;

	for (i = 0; i < lengthof(last_plans.text); i++)
	{
		char *text =
			print_plan(desc, (i & FRAGMENT_PLAN_VERBOSE) != 0, (i & FRAGMENT_PLAN_COSTS) != 0);

		if (last_plans.text[i])
			pfree(last_plans.text[i]);
		last_plans.text[i] = MemoryContextStrdup(TopMemoryContext, text);
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

PG_FUNCTION_INFO_V1(distshard_last_fragment_plan);

Datum
distshard_last_fragment_plan(PG_FUNCTION_ARGS)
{
	int   which = PG_GETARG_INT32(0) & (lengthof(last_plans.text) - 1);
	char *plan = last_plans.text[which];

	if (plan == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(plan));
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
