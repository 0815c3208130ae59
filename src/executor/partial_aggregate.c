/*-------------------------------------------------------------------------
 *
 * partial_aggregate.c
 *	  Any aggregate in two steps, by its own functions.
 *
 * What PostgreSQL does between a parallel worker and its leader is done here
 * between nodes, by aggregates whose transition state holds that of another
 * one. distshard.partial() runs its transition function and returns the state,
 * which then travels like any value: of an internal state, what its
 * serialization function made. distshard.combine() takes such states, runs the
 * combine function and, in the end, the final function.
 *
 * Both name the other aggregate in their first argument, by its signature, or
 * its OID where that does not leave this node. Its functions are called as
 * nodeAgg.c would, with the same rules for NULL and strictness, in the context
 * of the aggregate that is running.
 *
 * Anybody may call distshard.partial(), so it trusts nothing that it is given.
 * A state is declared as internal: only plans of ours have one.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/objectaccess.h"
#include "catalog/pg_aggregate.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "libpq/pqformat.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parse_agg.h"
#include "parser/parse_coerce.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/expandeddatum.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/regproc.h"
#include "utils/syscache.h"

/* Arguments of partial_step() and combine_step() before those of the other aggregate. */
#define PARTIAL_FIRST_ARG 3
#define COMBINE_FIRST_ARG 4

/* What is known about the aggregate whose states these are. */
typedef struct InnerAggregate
{
	Oid  oid;
	Oid  owner;
	int  nargs;
	Oid  argtypes[FUNC_MAX_ARGS];
	Oid  result_type;
	Oid  collation;
	bool final_extra;

	Oid   state_type;
	int16 state_length;
	bool  state_by_value;
	Datum initial;
	bool  initial_isnull;

	Oid      final_oid; /* InvalidOid: the state is the result */
	FmgrInfo transition;
	FmgrInfo combine;
	FmgrInfo serialize; /* these two for internal states only */
	FmgrInfo deserialize;
	FmgrInfo final;
} InnerAggregate;

typedef struct InnerState
{
	InnerAggregate *inner;
	Datum           value;
	bool            isnull;
	bool            none; /* no value yet: the first one becomes it */
} InnerState;

static void
check_execute(Oid function, Oid role, ObjectType type)
{
	AclResult result = pg_proc_aclcheck(function, role, ACL_EXECUTE);

	if (result != ACLCHECK_OK)
		aclcheck_error(result, type, get_func_name(function));
	InvokeFunctionExecuteHook(function);
}

static void
find_function(FmgrInfo *info, Oid function, InnerAggregate *inner, MemoryContext context)
{
	check_execute(function, inner->owner, OBJECT_FUNCTION);
	fmgr_info_cxt(function, info, context);
}

static void
find_functions(InnerAggregate *inner, Form_pg_aggregate form, MemoryContext context)
{
	Expr *expr;

	find_function(&inner->transition, form->aggtransfn, inner, context);
	build_aggregate_transfn_expr(inner->argtypes, inner->nargs, 0, false, inner->state_type,
								 inner->collation, form->aggtransfn, InvalidOid, &expr, NULL);
	fmgr_info_set_expr((Node *) expr, &inner->transition);

	find_function(&inner->combine, form->aggcombinefn, inner, context);
	build_aggregate_transfn_expr(&inner->state_type, 1, 0, false, inner->state_type,
								 inner->collation, form->aggcombinefn, InvalidOid, &expr, NULL);
	fmgr_info_set_expr((Node *) expr, &inner->combine);

	if (inner->state_type == INTERNALOID)
	{
		find_function(&inner->serialize, form->aggserialfn, inner, context);
		find_function(&inner->deserialize, form->aggdeserialfn, inner, context);
	}
	inner->final_oid = form->aggfinalfn;
	inner->final_extra = form->aggfinalextra;
	if (OidIsValid(inner->final_oid))
	{
		find_function(&inner->final, inner->final_oid, inner, context);
		build_aggregate_finalfn_expr(inner->argtypes, 1 + (inner->final_extra ? inner->nargs : 0),
									 inner->state_type, inner->result_type, inner->collation,
									 inner->final_oid, &expr);
		fmgr_info_set_expr((Node *) expr, &inner->final);
	}
}

static void
find_initial_value(InnerAggregate *inner, HeapTuple tuple)
{
	Datum value =
		SysCacheGetAttr(AGGFNOID, tuple, Anum_pg_aggregate_agginitval, &inner->initial_isnull);
	Oid input;
	Oid io_param;

	if (inner->initial_isnull)
		return;
	getTypeInputInfo(inner->state_type, &input, &io_param);
	inner->initial = OidInputFunctionCall(input, TextDatumGetCString(value), io_param, -1);
}

/* May the aggregate be called with arguments of these types, as they are? */
static bool
takes_arguments(InnerAggregate *inner, HeapTuple proc)
{
	Form_pg_proc form = (Form_pg_proc) GETSTRUCT(proc);
	Oid          declared[FUNC_MAX_ARGS];

	if (form->pronargs != inner->nargs)
		return false;
	memcpy(declared, form->proargtypes.values, sizeof(Oid) * inner->nargs);
	for (int i = 0; i < inner->nargs; i++)
	{
		if (declared[i] != inner->argtypes[i] && !IsPolymorphicType(declared[i]))
			return false;
	}
	if (!can_coerce_type(inner->nargs, inner->argtypes, declared, COERCION_IMPLICIT))
		return false;
	inner->result_type = enforce_generic_type_consistency(inner->argtypes, declared, inner->nargs,
														  form->prorettype, false);
	return true;
}

/* Looks up an aggregate for arguments of these types, and keeps it as long as the plan. */
static InnerAggregate *
find_aggregate(FunctionCallInfo fcinfo, Oid aggregate, const Oid *argtypes, Oid collation)
{
	MemoryContext     context = fcinfo->flinfo->fn_mcxt;
	MemoryContext     old = MemoryContextSwitchTo(context);
	InnerAggregate   *inner = palloc0(sizeof(InnerAggregate));
	HeapTuple         proc = SearchSysCache1(PROCOID, ObjectIdGetDatum(aggregate));
	HeapTuple         tuple = SearchSysCache1(AGGFNOID, ObjectIdGetDatum(aggregate));
	Form_pg_aggregate form;

	if (!HeapTupleIsValid(proc) || !HeapTupleIsValid(tuple))
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_FUNCTION), errmsg("there is no such aggregate")));
	form = (Form_pg_aggregate) GETSTRUCT(tuple);
	inner->oid = aggregate;
	inner->owner = ((Form_pg_proc) GETSTRUCT(proc))->proowner;
	inner->nargs = ((Form_pg_proc) GETSTRUCT(proc))->pronargs;
	inner->collation = collation;
	memcpy(inner->argtypes, argtypes, sizeof(Oid) * inner->nargs);
	if (form->aggkind != AGGKIND_NORMAL || !OidIsValid(form->aggcombinefn) ||
		!takes_arguments(inner, proc))
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
						errmsg("aggregate %s cannot be computed in parts from these arguments",
							   format_procedure(aggregate))));
	check_execute(aggregate, GetUserId(), OBJECT_AGGREGATE);

	inner->state_type =
		resolve_aggregate_transtype(aggregate, form->aggtranstype, inner->argtypes, inner->nargs);
	get_typlenbyval(inner->state_type, &inner->state_length, &inner->state_by_value);
	if (inner->state_type == INTERNALOID &&
		(!OidIsValid(form->aggserialfn) || !OidIsValid(form->aggdeserialfn)))
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
						errmsg("the state of aggregate %s cannot be serialized",
							   format_procedure(aggregate))));
	find_functions(inner, form, context);
	find_initial_value(inner, tuple);
	ReleaseSysCache(tuple);
	ReleaseSysCache(proc);
	MemoryContextSwitchTo(old);
	return inner;
}

/* The same for the arguments that the running aggregate has been given from the number first on. */
static InnerAggregate *
find_called_aggregate(FunctionCallInfo fcinfo, Oid aggregate, int first)
{
	Oid argtypes[FUNC_MAX_ARGS];

	for (int i = 0; i < FUNC_MAX_ARGS; i++)
		argtypes[i] = get_fn_expr_argtype(fcinfo->flinfo, first + i);
	return find_aggregate(fcinfo, aggregate, argtypes, fcinfo->fncollation);
}

static MemoryContext
aggregate_context(FunctionCallInfo fcinfo)
{
	MemoryContext result;

	if (!AggCheckCallContext(fcinfo, &result))
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("function was called in non-aggregate context")));
	return result;
}

static Datum
copy_to(MemoryContext context, Datum value, InnerAggregate *inner)
{
	MemoryContext old = MemoryContextSwitchTo(context);
	Datum         result = datumCopy(value, inner->state_by_value, inner->state_length);

	MemoryContextSwitchTo(old);
	return result;
}

static InnerState *
new_state(FunctionCallInfo fcinfo, InnerAggregate *inner)
{
	MemoryContext context = aggregate_context(fcinfo);
	InnerState   *state = MemoryContextAllocZero(context, sizeof(InnerState));

	state->inner = inner;
	state->isnull = inner->initial_isnull;
	state->none = inner->initial_isnull;
	if (!state->isnull)
		state->value = copy_to(context, inner->initial, inner);
	return state;
}

/* Keeps a function's result as the state, beyond the row, as nodeAgg.c does. */
static void
set_value(FunctionCallInfo fcinfo, InnerState *state, Datum value, bool isnull)
{
	InnerAggregate *inner = state->inner;
	MemoryContext   context = aggregate_context(fcinfo);

	if (!inner->state_by_value && DatumGetPointer(value) != DatumGetPointer(state->value))
	{
		if (isnull)
			value = (Datum) 0;
		else if (!DatumIsReadWriteExpandedObject(value, false, inner->state_length) ||
				 MemoryContextGetParent(DatumGetEOHP(value)->eoh_context) != context)
			value = copy_to(context, value, inner);
		if (!state->isnull)
		{
			if (DatumIsReadWriteExpandedObject(state->value, false, inner->state_length))
				DeleteExpandedObject(state->value);
			else
				pfree(DatumGetPointer(state->value));
		}
	}
	state->value = value;
	state->isnull = isnull;
	state->none = false;
}

/* Calls the transition or the combine function with the state and, behind it, these arguments. */
static void
advance(FunctionCallInfo fcinfo, InnerState *state, FmgrInfo *function, NullableDatum *args,
		int nargs)
{
	LOCAL_FCINFO(call, FUNC_MAX_ARGS);
	Datum result;

	if (function->fn_strict)
	{
		for (int i = 0; i < nargs; i++)
		{
			if (args[i].isnull)
				return;
		}
		if (state->none)
		{
			set_value(fcinfo, state, args[0].value, false);
			return;
		}
		if (state->isnull)
			return;
	}
	InitFunctionCallInfoData(*call, function, nargs + 1, fcinfo->fncollation, fcinfo->context,
							 NULL);
	call->args[0].value = state->value;
	call->args[0].isnull = state->isnull;
	memcpy(&call->args[1], args, sizeof(NullableDatum) * nargs);
	result = FunctionCallInvoke(call);
	set_value(fcinfo, state, result, call->isnull);
}

/* The state as a value of an SQL type. */
static Datum
exported_value(FunctionCallInfo fcinfo, InnerState *state)
{
	LOCAL_FCINFO(call, 1);

	if (state->inner->state_type != INTERNALOID)
		return MakeExpandedObjectReadOnly(state->value, state->isnull, state->inner->state_length);
	InitFunctionCallInfoData(*call, &state->inner->serialize, 1, InvalidOid, fcinfo->context, NULL);
	call->args[0].value = state->value;
	call->args[0].isnull = state->isnull;
	return FunctionCallInvoke(call);
}

/* Combines the state with another one, as exported_value made it. */
static void
add_exported(FunctionCallInfo fcinfo, InnerState *state, Datum value, bool isnull)
{
	NullableDatum arg = {.value = value, .isnull = isnull};

	if (state->inner->state_type == INTERNALOID && !isnull)
	{
		LOCAL_FCINFO(call, 2);

		InitFunctionCallInfoData(*call, &state->inner->deserialize, 2, InvalidOid, fcinfo->context,
								 NULL);
		call->args[0].value = value;
		call->args[0].isnull = false;
		call->args[1].value = PointerGetDatum(NULL);
		call->args[1].isnull = false;
		arg.value = FunctionCallInvoke(call);
		arg.isnull = call->isnull;
	}
	advance(fcinfo, state, &state->inner->combine, &arg, 1);
}

static Oid
exported_type(InnerAggregate *inner)
{
	return inner->state_type == INTERNALOID ? BYTEAOID : inner->state_type;
}

PG_FUNCTION_INFO_V1(distshard_partial_step);

/* partial_step(state, aggregate, type of its state, arguments ...) */
Datum
distshard_partial_step(PG_FUNCTION_ARGS)
{
	InnerAggregate *inner = fcinfo->flinfo->fn_extra;
	InnerState     *state;

	(void) aggregate_context(fcinfo);
	if (inner == NULL)
	{
		if (PG_ARGISNULL(1))
			ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
							errmsg("name of an aggregate must not be NULL")));
		inner = find_called_aggregate(
			fcinfo,
			DatumGetObjectId(DirectFunctionCall1(
				regprocedurein, CStringGetDatum(text_to_cstring(PG_GETARG_TEXT_PP(1))))),
			PARTIAL_FIRST_ARG);
		if (get_fn_expr_argtype(fcinfo->flinfo, 2) != exported_type(inner))
			ereport(ERROR,
					(errcode(ERRCODE_DATATYPE_MISMATCH),
					 errmsg("state of aggregate %s is of type %s", format_procedure(inner->oid),
							format_type_be(exported_type(inner)))));
		fcinfo->flinfo->fn_extra = inner;
	}
	state = PG_ARGISNULL(0) ? new_state(fcinfo, inner) : (InnerState *) PG_GETARG_POINTER(0);
	advance(fcinfo, state, &inner->transition, &fcinfo->args[PARTIAL_FIRST_ARG], inner->nargs);
	PG_RETURN_POINTER(state);
}

PG_FUNCTION_INFO_V1(distshard_partial_final);

Datum
distshard_partial_final(PG_FUNCTION_ARGS)
{
	InnerState *state;

	(void) aggregate_context(fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	state = (InnerState *) PG_GETARG_POINTER(0);
	if (state->isnull)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(exported_value(fcinfo, state));
}

/*
 * What a parallel worker sends to its leader: the head, the types of the
 * arguments and the exported value.
 */
typedef struct SentState
{
	Oid aggregate;
	Oid collation;
	int nargs;
	Oid argtypes[FLEXIBLE_ARRAY_MEMBER];
} SentState;

PG_FUNCTION_INFO_V1(distshard_partial_serialize);

Datum
distshard_partial_serialize(PG_FUNCTION_ARGS)
{
	InnerState     *state = (InnerState *) PG_GETARG_POINTER(0);
	InnerAggregate *inner = state->inner;
	Datum           value = (Datum) 0;
	int16           length;
	bool            by_value;
	Size            head = offsetof(SentState, argtypes) + sizeof(Oid) * inner->nargs;
	SentState      *sent = palloc(head);
	bytea          *result;
	char           *end;

	if (!state->isnull)
		value = exported_value(fcinfo, state);
	get_typlenbyval(exported_type(inner), &length, &by_value);
	sent->aggregate = inner->oid;
	sent->collation = inner->collation;
	sent->nargs = inner->nargs;
	memcpy(sent->argtypes, inner->argtypes, sizeof(Oid) * inner->nargs);
	result = palloc(VARHDRSZ + head + datumEstimateSpace(value, state->isnull, by_value, length));
	memcpy(VARDATA(result), sent, head);
	end = VARDATA(result) + head;
	datumSerialize(value, state->isnull, by_value, length, &end);
	SET_VARSIZE(result, end - (char *) result);
	PG_RETURN_BYTEA_P(result);
}

PG_FUNCTION_INFO_V1(distshard_partial_deserialize);

/* The state's value stays exported: partial_join() is all that follows. */
Datum
distshard_partial_deserialize(PG_FUNCTION_ARGS)
{
	bytea          *bytes = PG_GETARG_BYTEA_PP(0);
	InnerAggregate *inner = fcinfo->flinfo->fn_extra;
	InnerState     *state = palloc0(sizeof(InnerState));
	SentState      *sent = palloc(VARSIZE_ANY_EXHDR(bytes));
	char           *value;

	memcpy(sent, VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes));
	if (inner == NULL)
		inner = fcinfo->flinfo->fn_extra =
			find_aggregate(fcinfo, sent->aggregate, sent->argtypes, sent->collation);
	value = (char *) &sent->argtypes[sent->nargs];
	state->inner = inner;
	state->value = datumRestore(&value, &state->isnull);
	PG_RETURN_POINTER(state);
}

PG_FUNCTION_INFO_V1(distshard_partial_join);

Datum
distshard_partial_join(PG_FUNCTION_ARGS)
{
	InnerState *state = PG_ARGISNULL(0) ? NULL : (InnerState *) PG_GETARG_POINTER(0);
	InnerState *other = PG_ARGISNULL(1) ? NULL : (InnerState *) PG_GETARG_POINTER(1);

	(void) aggregate_context(fcinfo);
	if (other == NULL)
	{
		if (state == NULL)
			PG_RETURN_NULL();
		PG_RETURN_POINTER(state);
	}
	if (state == NULL)
		state = new_state(fcinfo, other->inner);
	add_exported(fcinfo, state, other->value, other->isnull);
	PG_RETURN_POINTER(state);
}

PG_FUNCTION_INFO_V1(distshard_combine_step);

/* combine_step(state, aggregate, a node's state, NULL of the result's type, NULLs of the arguments' types ...) */
Datum
distshard_combine_step(PG_FUNCTION_ARGS)
{
	InnerState *state;

	(void) aggregate_context(fcinfo);
	if (fcinfo->flinfo->fn_extra == NULL)
		fcinfo->flinfo->fn_extra =
			find_called_aggregate(fcinfo, PG_GETARG_OID(1), COMBINE_FIRST_ARG);
	state = PG_ARGISNULL(0) ? new_state(fcinfo, fcinfo->flinfo->fn_extra)
							: (InnerState *) PG_GETARG_POINTER(0);
	add_exported(fcinfo, state, PG_GETARG_DATUM(2), PG_ARGISNULL(2));
	PG_RETURN_POINTER(state);
}

/* Without a row, the aggregate is found in the call itself. */
static InnerState *
empty_state(FunctionCallInfo fcinfo)
{
	Aggref *call = AggGetAggref(fcinfo);
	Const  *aggregate = castNode(Const, linitial_node(TargetEntry, call->args)->expr);

	return new_state(fcinfo, find_called_aggregate(fcinfo, DatumGetObjectId(aggregate->constvalue),
												   COMBINE_FIRST_ARG));
}

PG_FUNCTION_INFO_V1(distshard_combine_final);

Datum
distshard_combine_final(PG_FUNCTION_ARGS)
{
	LOCAL_FCINFO(call, FUNC_MAX_ARGS);
	InnerState     *state;
	InnerAggregate *inner;
	int             nargs;
	bool            has_null;
	Datum           result;

	(void) aggregate_context(fcinfo);
	state = PG_ARGISNULL(0) ? empty_state(fcinfo) : (InnerState *) PG_GETARG_POINTER(0);
	inner = state->inner;
	has_null = state->isnull || inner->final_extra;
	if (!OidIsValid(inner->final_oid) ? state->isnull : inner->final.fn_strict && has_null)
		PG_RETURN_NULL();
	result = MakeExpandedObjectReadOnly(state->value, state->isnull, inner->state_length);
	if (!OidIsValid(inner->final_oid))
		PG_RETURN_DATUM(result);

	nargs = 1 + (inner->final_extra ? inner->nargs : 0);
	InitFunctionCallInfoData(*call, &inner->final, nargs, fcinfo->fncollation, fcinfo->context,
							 NULL);
	call->args[0].value = result;
	call->args[0].isnull = state->isnull;
	for (int i = 1; i < nargs; i++)
	{
		call->args[i].value = (Datum) 0;
		call->args[i].isnull = true;
	}
	result = FunctionCallInvoke(call);
	if (call->isnull)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(result);
}
