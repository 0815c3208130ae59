/*-------------------------------------------------------------------------
 *
 * print.c
 *	  Query tree -> the text of a fragment.
 *
 * PostgreSQL's own pg_get_querydef() does the printing. It was made for the
 * trees of views and rules, which the rewriter has not touched, so the query
 * is first brought into a form that it prints rightly:
 *
 *	canonical.c	  the shape that a parser would have made (PrepareForPrint)
 *	substitute.c  what the text cannot say or should not repeat: parameters,
 *				  values that only this node may compute, the logical table's
 *				  row type and OID
 *	printed_names.c	  entries of the range table as they are to be named
 *				  (NameDataTables)
 *	shippable.c	  whether all that succeeds
 *
 * The text must mean the same on every node. Names are qualified unless they
 * are in pg_catalog, and the node that reads the text takes those that have no
 * schema from there, whatever the search path is (catalog_names.c). Literals
 * whose form depends on settings have been made parameters.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "compat.h"
#include "funcapi.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "executor/executor.h"
#include "planner/claim.h"
#include "planner/print.h"
#include "planner/print_steps.h"
#include "tcop/tcopprot.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/ruleutils.h"

static char *
PrintQuery(Query *query)
{
	int   path = PushCatalogSearchPath();
	char *text = pg_get_querydef(query, false);

	PopCatalogSearchPath(path);
	return text;
}

char *
PrintFragment(Query *query, bool constants_too, List **params)
{
	Oid            policy_role = PolicyRole(query);
	StringInfoData text;

	query = copyObject(query);
	PrepareForPrint(query);
	query = SubstituteForPrint(query, constants_too, params);
	NameDataTables(query);

	initStringInfo(&text);
	if (OidIsValid(policy_role))
		AppendPolicyClaim(&text, policy_role);
	appendStringInfoString(&text, PrintQuery(query));
	return text.data;
}

static Datum
ParamTypes(List *params)
{
	Datum *types = palloc(sizeof(Datum) * Max(list_length(params), 1));

	for (int i = 0; i < list_length(params); i++)
		types[i] = ObjectIdGetDatum(exprType(list_nth(params, i)));
	return PointerGetDatum(
		construct_array(types, list_length(params), REGTYPEOID, sizeof(Oid), true, TYPALIGN_INT));
}

/* Evaluates an expression without Vars; the result is text, as its type prints it. */
static Datum
EvaluateAsText(Expr *expr, bool *isnull)
{
	EState    *estate = CreateExecutorState();
	ExprState *state = ExecPrepareExpr(expr, estate);
	Datum      value;
	Oid        output;
	bool       is_varlena;
	text      *result = NULL;

	value = ExecEvalExprSwitchContext(state, GetPerTupleExprContext(estate), isnull);
	if (!*isnull)
	{
		getTypeOutputInfo(exprType((Node *) expr), &output, &is_varlena);
		result = cstring_to_text(OidOutputFunctionCall(output, value));
	}
	FreeExecutorState(estate);
	return PointerGetDatum(result);
}

static Datum
ParamValues(List *params)
{
	int    count = list_length(params);
	Datum *values = palloc(sizeof(Datum) * Max(count, 1));
	bool  *nulls = palloc(sizeof(bool) * Max(count, 1));
	int    lower_bound = 1;

	for (int i = 0; i < count; i++)
		values[i] = EvaluateAsText(list_nth(params, i), &nulls[i]);
	return PointerGetDatum(construct_md_array(values, nulls, 1, &count, &lower_bound, TEXTOID, -1,
											  false, TYPALIGN_INT));
}

PG_FUNCTION_INFO_V1(distshard_print_fragment);

/*
 * distshard.print_fragment(statement, constants_too) shows what would be sent
 * to a node for the statement, or why nothing would.
 */
Datum
distshard_print_fragment(PG_FUNCTION_ARGS)
{
	char       *statement = text_to_cstring(PG_GETARG_TEXT_PP(0));
	List       *parsed = pg_parse_query(statement);
	Query      *query;
	List       *queries;
	List       *params;
	TupleDesc   tupdesc;
	Datum       values[4];
	bool        nulls[4] = {false};
	const char *reason;

	if (get_call_result_type(fcinfo, NULL, &tupdesc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	if (list_length(parsed) != 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("expected one statement")));
	queries = pg_analyze_and_rewrite_fixedparams(linitial(parsed), statement, NULL, 0, NULL);
	if (list_length(queries) != 1 || linitial_node(Query, queries)->commandType == CMD_UTILITY)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("only a single SELECT, INSERT, UPDATE, DELETE or MERGE can be printed")));

	query = linitial_node(Query, queries);
	reason = WhyNotPrintable(query);
	if (reason != NULL)
	{
		nulls[0] = nulls[1] = nulls[2] = true;
		values[3] = CStringGetTextDatum(reason);
	}
	else
	{
		values[0] = CStringGetTextDatum(PrintFragment(query, PG_GETARG_BOOL(1), &params));
		values[1] = ParamTypes(params);
		values[2] = ParamValues(params);
		nulls[3] = true;
	}
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(tupdesc), values, nulls)));
}
