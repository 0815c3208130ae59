/*-------------------------------------------------------------------------
 *
 * trigger_call.c
 *	  Calls that PostgreSQL counts as those of triggers.
 *
 * pg_trigger_depth(), by which triggers keep themselves from firing each other
 * without end, reads a counter that only PostgreSQL's own calls of triggers
 * raise. So what is to be called is made the function of a trigger that exists
 * here only, which PostgreSQL then fires.
 *
 * Statements in triggers are sent to nodes with the depth that they are at, so
 * that the conditions of triggers there see it, too.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_trigger.h"
#include "executor/executor.h"
#include "executor/trigger_call.h"
#include "pgstat.h"
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"

typedef struct Callee
{
	void (*run)(void *arg);
	void *arg;
} Callee;

static Datum
call_callee(PG_FUNCTION_ARGS)
{
	Callee *callee = fcinfo->flinfo->fn_extra;

	callee->run(callee->arg);
	return PointerGetDatum(NULL);
}

/* The function is what is counted in statistics, if stats is what those of its language say. */
static void
fire(EState *estate, Oid function, unsigned char stats, Callee *callee)
{
	FmgrInfo      info = {.fn_addr = call_callee,
						  .fn_oid = function,
						  .fn_stats = stats,
						  .fn_extra = callee,
						  .fn_mcxt = CurrentMemoryContext};
	Trigger       trigger = {.tgfoid = function,
							 .tgtype = TRIGGER_TYPE_ROW | TRIGGER_TYPE_INSTEAD | TRIGGER_TYPE_INSERT,
							 .tgenabled = TRIGGER_FIRES_ALWAYS};
	TriggerDesc   desc = {.triggers = &trigger, .numtriggers = 1};
	ResultRelInfo target = {
		.type = T_ResultRelInfo, .ri_TrigDesc = &desc, .ri_TrigFunctions = &info};
	TupleTableSlot *row = MakeSingleTupleTableSlot(CreateTemplateTupleDesc(0), &TTSOpsVirtual);

	ExecIRInsertTriggers(estate, &target, ExecStoreAllNullTuple(row));
	ExecDropSingleTupleTableSlot(row);
}

typedef struct TriggerCall
{
	TriggerData *data;
	FmgrInfo    *function;
} TriggerCall;

static void
call_function(void *arg)
{
	TriggerCall *call = arg;
	LOCAL_FCINFO(fcinfo, 0);

	InitFunctionCallInfoData(*fcinfo, call->function, 0, InvalidOid, (Node *) call->data, NULL);
	FunctionCallInvoke(fcinfo);
	if (fcinfo->isnull)
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
						errmsg("trigger function %u returned null value", call->function->fn_oid)));
}

void
CallTrigger(EState *estate, TriggerData *data, FmgrInfo *function)
{
	TriggerCall call = {data, function};
	Callee      callee = {call_function, &call};

	fire(estate, function->fn_oid, function->fn_stats, &callee);
}

int
TriggerDepth(void)
{
	return DatumGetInt32(DirectFunctionCall1(pg_trigger_depth, (Datum) 0));
}

typedef struct DeeperRun
{
	EState *estate;
	int     depth;
	Callee  callee;
} DeeperRun;

static void
run_deeper(void *arg)
{
	DeeperRun *deeper = arg;
	Callee     next = {run_deeper, deeper};

	if (deeper->depth-- == 0)
		deeper->callee.run(deeper->callee.arg);
	else
		fire(deeper->estate, F_PG_TRIGGER_DEPTH, TRACK_FUNC_ALL, &next);
}

void
RunInTriggers(int depth, void (*run)(void *), void *arg)
{
	DeeperRun deeper = {NULL, depth, {run, arg}};

	if (depth == 0)
	{
		run(arg);
		return;
	}
	deeper.estate = CreateExecutorState();
	run_deeper(&deeper);
	FreeExecutorState(deeper.estate);
}
