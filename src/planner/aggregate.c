/*-------------------------------------------------------------------------
 *
 * aggregate.c
 *	  Aggregates in two steps: on the nodes, and over their answers.
 *
 * An aggregate becomes what the nodes compute for their groups, and an
 * expression over that. There are three ways:
 *
 *	- by other aggregates in plain SQL, for the few that are used most: a
 *	  count is the sum of counts, a maximum the maximum of maxima;
 *	- by the aggregate's own transition states, which distshard.partial()
 *	  returns and distshard.combine() puts together, for all others that
 *	  PostgreSQL could compute in parallel (see partial_aggregate.c);
 *	- of DISTINCT values, the nodes return the values by grouping by them as
 *	  well. Groups so become finer, which is nothing to the other aggregates.
 *
 * So the nodes use parallel query and partition-wise aggregation, and the values
 * are exactly those that one server would compute (the order of floating-point
 * additions apart, which PostgreSQL does not fix either).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/transam.h"
#include "catalog/pg_aggregate.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parse_agg.h"
#include "parser/parse_coerce.h"
#include "parser/parse_func.h"
#include "parser/parse_oper.h"
#include "parser/parser.h"
#include "planner/equality.h"
#include "planner/shape.h"
#include "planner/split.h"
#include "rewrite/rewriteManip.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/regproc.h"
#include "utils/syscache.h"

/* How the parts of an aggregate are put together. */
typedef enum CombineRule
{
	COMBINE_SAME,    /* the aggregate itself, over its parts: bit_xor */
	COMBINE_ANY,     /* the same, and values that come twice change nothing: min, max ... */
	COMBINE_SUM,     /* the sum of the parts */
	COMBINE_COUNT,   /* the same, 0 if there are none */
	COMBINE_AVERAGE, /* sum of sums divided by sum of counts */
	COMBINE_STATES   /* by the functions of the aggregate, if it has them */
} CombineRule;

static CombineRule
combine_rule(Aggref *agg)
{
	static const struct
	{
		const char *name;
		CombineRule rule;
	} rules[] = {{"count", COMBINE_COUNT}, {"sum", COMBINE_SUM},     {"avg", COMBINE_AVERAGE},
				 {"min", COMBINE_ANY},     {"max", COMBINE_ANY},     {"bool_and", COMBINE_ANY},
				 {"bool_or", COMBINE_ANY}, {"every", COMBINE_ANY},   {"bit_and", COMBINE_ANY},
				 {"bit_or", COMBINE_ANY},  {"bit_xor", COMBINE_SAME}};
	char *name;

	/* the built-in aggregates only: what another of the same name does is unknown */
	if (agg->aggfnoid >= FirstNormalObjectId)
		return COMBINE_STATES;
	name = get_func_name(agg->aggfnoid);
	for (int i = 0; i < lengthof(rules); i++)
	{
		if (strcmp(name, rules[i].name) == 0)
			return rules[i].rule;
	}
	return COMBINE_STATES;
}

/* args are expressions, whose types are the arguments' unless types are given. */
static Aggref *
make_aggregate(Oid function, Oid type, List *args, Expr *filter)
{
	Aggref   *agg = makeNode(Aggref);
	ListCell *lc;

	agg->aggfnoid = function;
	agg->aggtype = type;
	agg->aggcollid = get_typcollation(type);
	foreach (lc, args)
	{
		agg->aggargtypes = lappend_oid(agg->aggargtypes, exprType(lfirst(lc)));
		agg->args = lappend(
			agg->args, makeTargetEntry(lfirst(lc), foreach_current_index(lc) + 1, NULL, false));
	}
	agg->aggfilter = filter;
	agg->aggkind = AGGKIND_NORMAL;
	agg->aggsplit = AGGSPLIT_SIMPLE;
	agg->aggno = -1;
	agg->aggtransno = -1;
	agg->location = -1;
	return agg;
}

static Expr *
make_sum(Expr *arg, Expr *filter)
{
	Oid argtypes[] = {exprType((Node *) arg)};
	Oid function = LookupFuncName(SystemFuncName("sum"), 1, argtypes, false);

	return (Expr *) make_aggregate(function, get_func_rettype(function), list_make1(arg), filter);
}

static Expr *
make_count(Expr *arg, Expr *filter)
{
	Oid argtypes[] = {ANYOID};

	return (Expr *) make_aggregate(LookupFuncName(SystemFuncName("count"), 1, argtypes, false),
								   INT8OID, list_make1(arg), filter);
}

static Expr *
make_number(int64 value)
{
	return (Expr *) makeConst(INT8OID, -1, InvalidOid, 8, Int64GetDatum(value), false,
							  FLOAT8PASSBYVAL);
}

static Expr *
cast_to(Expr *expr, Oid type, int32 typmod)
{
	Node *result = coerce_to_target_type(NULL, (Node *) expr, exprType((Node *) expr), type, typmod,
										 COERCION_EXPLICIT, COERCE_EXPLICIT_CAST, -1);

	if (result == NULL)
		elog(ERROR, "could not cast type %u to %u", exprType((Node *) expr), type);
	return (Expr *) result;
}

static Expr *
make_operation(const char *operator, Expr * left, Expr *right)
{
	return make_op(NULL, list_make2(makeString("pg_catalog"), makeString(pstrdup(operator))),
				   (Node *) left, (Node *) right, NULL, -1);
}

static Expr *
first_argument(Aggref *agg)
{
	return copyObject(linitial_node(TargetEntry, agg->args)->expr);
}

static Expr *
sum_over(Query *leaf, Expr *part)
{
	return make_sum((Expr *) LeafColumnFor(leaf, part), NULL);
}

static Node *
combine_same(Aggref *agg, Query *leaf)
{
	Aggref *part = copyObject(agg);
	Aggref *same;

	part->aggdistinct = NIL;
	same = make_aggregate(agg->aggfnoid, agg->aggtype,
						  list_make1(LeafColumnFor(leaf, (Expr *) part)), NULL);
	same->aggcollid = agg->aggcollid;
	same->inputcollid = agg->inputcollid;
	return (Node *) same;
}

static Node *
combine_count(Aggref *agg, Query *leaf)
{
	CoalesceExpr *coalesce = makeNode(CoalesceExpr);

	coalesce->coalescetype = INT8OID;
	coalesce->args =
		list_make2(cast_to(sum_over(leaf, (Expr *) copyObject(agg)), INT8OID, -1), make_number(0));
	coalesce->location = -1;
	return (Node *) coalesce;
}

static Node *
combine_average(Aggref *agg, Query *leaf)
{
	Expr *arg = first_argument(agg);
	Expr *count = sum_over(leaf, make_count(copyObject(arg), copyObject(agg->aggfilter)));
	Expr *sum;
	Oid   type;

	/* sums that do not lose what the average keeps */
	if (exprType((Node *) arg) == FLOAT4OID)
		arg = cast_to(arg, FLOAT8OID, -1);
	sum = sum_over(leaf, make_sum(arg, copyObject(agg->aggfilter)));
	type = exprType((Node *) sum);
	if (type == INT8OID)
		sum = cast_to(sum, NUMERICOID, -1);
	else if (type != NUMERICOID)
		count = cast_to(count, FLOAT8OID, -1);
	return (Node *) cast_to(make_operation("/", sum, count), agg->aggtype, -1);
}

/* Has an aggregate what it takes to compute it in parallel? */
typedef struct StateFunctions
{
	Oid  type;       /* of the transition state as the nodes return it */
	bool parallel;   /* may the nodes do so themselves? */
	bool takes_null; /* a state of NULL may count, where there were rows */
} StateFunctions;

static bool
find_state_functions(Aggref *agg, StateFunctions *functions)
{
	HeapTuple         tuple = SearchSysCache1(AGGFNOID, ObjectIdGetDatum(agg->aggfnoid));
	Form_pg_aggregate form;
	Oid               argtypes[FUNC_MAX_ARGS];
	int               nargs = get_aggregate_argtypes(agg, argtypes);
	bool              result;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for aggregate %u", agg->aggfnoid);
	form = (Form_pg_aggregate) GETSTRUCT(tuple);
	functions->type =
		resolve_aggregate_transtype(agg->aggfnoid, form->aggtranstype, argtypes, nargs);
	result = form->aggkind == AGGKIND_NORMAL && OidIsValid(form->aggcombinefn) &&
			 get_func_variadictype(agg->aggfnoid) != ANYOID;
	if (functions->type == INTERNALOID)
	{
		result = result && OidIsValid(form->aggserialfn) && OidIsValid(form->aggdeserialfn);
		functions->type = BYTEAOID;
	}
	else
		result = result && get_typtype(functions->type) != TYPTYPE_PSEUDO;
	functions->parallel = func_parallel(agg->aggfnoid) == PROPARALLEL_SAFE;
	functions->takes_null =
		form->aggtranstype != INTERNALOID && result && !func_strict(form->aggcombinefn);
	ReleaseSysCache(tuple);
	return result;
}

static Oid
find_distshard_aggregate(const char *name, Oid first, Oid second, Oid third)
{
	Oid   argtypes[] = {first, second, third, ANYOID};
	List *names = list_make2(makeString("distshard"), makeString(pstrdup(name)));

	if (OidIsValid(third))
		return LookupFuncName(names, 4, argtypes, false);
	argtypes[2] = ANYOID;
	return LookupFuncName(names, 3, argtypes, false);
}

static Expr *
make_partial(Aggref *agg, StateFunctions *functions)
{
	char *name = format_procedure_extended(agg->aggfnoid, FORMAT_PROC_FORCE_QUALIFY);
	List *args = list_make2(
		makeConst(TEXTOID, -1, DEFAULT_COLLATION_OID, -1, CStringGetTextDatum(name), false, false),
		makeNullConst(functions->type, -1, InvalidOid));
	Aggref   *partial;
	ListCell *lc;

	foreach (lc, agg->args)
		args = lappend(args, copyObject(lfirst_node(TargetEntry, lc)->expr));
	if (agg->args == NIL)
		args = lappend(args, makeBoolConst(true, false)); /* which it ignores */
	partial =
		make_aggregate(find_distshard_aggregate(functions->parallel ? "partial" : "partial_serial",
												TEXTOID, ANYELEMENTOID, InvalidOid),
					   functions->type, args, copyObject(agg->aggfilter));
	partial->inputcollid = agg->inputcollid;
	return (Expr *) partial;
}

/*
 * The call of distshard.combine(): the state is declared as internal, so that
 * nobody else can call it with one.
 */
static Node *
combine_states(Aggref *agg, Query *leaf)
{
	StateFunctions functions;
	Var           *state;
	Expr          *filter = NULL;
	Aggref        *result;
	List          *args;
	ListCell      *lc;

	if (agg->aggorder || !find_state_functions(agg, &functions))
		return NULL;
	state = LeafColumnFor(leaf, make_partial(agg, &functions));
	if (functions.takes_null)
	{
		Aggref *count = make_aggregate(LookupFuncName(SystemFuncName("count"), 0, NULL, false),
									   INT8OID, NIL, copyObject(agg->aggfilter));

		count->aggstar = true;
		filter = make_operation(">", (Expr *) LeafColumnFor(leaf, (Expr *) count), make_number(0));
	}
	args = list_make3(makeConst(REGPROCEDUREOID, -1, InvalidOid, sizeof(Oid),
								ObjectIdGetDatum(agg->aggfnoid), false, true),
					  state, makeNullConst(agg->aggtype, -1, agg->aggcollid));
	foreach (lc, agg->aggargtypes)
		args = lappend(args, makeNullConst(lfirst_oid(lc), -1, InvalidOid));
	result = make_aggregate(
		find_distshard_aggregate("combine", REGPROCEDUREOID, INTERNALOID, ANYELEMENTOID),
		agg->aggtype, args, filter);
	lsecond_oid(result->aggargtypes) = INTERNALOID;
	result->aggcollid = agg->aggcollid;
	result->inputcollid = agg->inputcollid;
	return (Node *) result;
}

static SortGroupClause *
clause_of(TargetEntry *arg, List *clauses)
{
	ListCell *lc;

	foreach (lc, clauses)
	{
		if (lfirst_node(SortGroupClause, lc)->tleSortGroupRef == arg->ressortgroupref)
			return lfirst(lc);
	}
	return NULL;
}

/* GROUP BY names no operator. */
static bool
is_usual_equality(Oid operator, Expr * expr)
{
	Oid usual;

	get_sort_group_operators(exprType((Node *) expr), false, false, false, NULL, &usual, NULL,
							 NULL);
	return operator== usual;
}

/* The argument, as far as it is looked at: errors in computing it are none where the filter fails. */
static Expr *
filtered(Expr *arg, Expr *filter)
{
	CaseExpr *result = makeNode(CaseExpr);
	CaseWhen *when = makeNode(CaseWhen);
	Oid       type = exprType((Node *) arg);
	Oid       collation = exprCollation((Node *) arg);

	when->expr = copyObject(filter);
	when->result = arg;
	when->location = -1;
	result->casetype = type;
	result->casecollid = collation;
	result->args = list_make1(when);
	result->defresult = (Expr *) makeNullConst(type, exprTypmod((Node *) arg), collation);
	result->location = -1;
	return (Expr *) result;
}

/* Makes the leaf group by the argument: by its columns if it is a row, which cannot travel. */
static Node *
group_by_value(Expr *arg, Expr *filter, Query *leaf)
{
	RowExpr  *row;
	ListCell *lc;

	if (!IsA(arg, RowExpr))
		return (Node *) LeafGroupFor(leaf, filter ? filtered(arg, filter) : arg);
	row = (RowExpr *) arg;
	foreach (lc, row->args)
	{
		if (!IsA(lfirst(lc), Const))
			lfirst(lc) = group_by_value(lfirst(lc), filter, leaf);
		if (lfirst(lc) == NULL)
			return NULL;
	}
	return (Node *) row;
}

static Expr *
is_true(Expr *condition)
{
	BooleanTest *test = makeNode(BooleanTest);

	test->arg = copyObject(condition);
	test->booltesttype = IS_TRUE;
	test->location = -1;
	return (Expr *) test;
}

/* The aggregate itself, over the values by which the nodes have grouped. */
static Node *
combine_distinct(Aggref *agg, Query *leaf)
{
	Aggref   *result = copyObject(agg);
	bool      grouped = false;
	ListCell *lc;

	if (contain_volatile_functions((Node *) agg->args) ||
		contain_volatile_functions((Node *) agg->aggfilter))
		return NULL;
	foreach (lc, result->args)
	{
		TargetEntry     *arg = lfirst_node(TargetEntry, lc);
		SortGroupClause *clause = clause_of(arg, agg->aggdistinct);

		if (clause == NULL || !is_usual_equality(clause->eqop, arg->expr))
			return NULL;
		if (IsA(arg->expr, Const))
			continue;
		arg->expr = (Expr *) group_by_value(arg->expr, agg->aggfilter, leaf);
		if (arg->expr == NULL)
			return NULL;
		grouped = true;
	}
	/* without groups a node returns a row even if it has none */
	if (!grouped)
		return NULL;
	if (agg->aggfilter)
		result->aggfilter = (Expr *) LeafGroupFor(leaf, is_true(agg->aggfilter));
	return (Node *) result;
}

Var *
ColumnOfDistinct(Aggref *agg)
{
	CombineRule  rule = combine_rule(agg);
	TargetEntry *arg;

	if (agg->aggdistinct == NIL || list_length(agg->args) != 1 || agg->agglevelsup > 0 ||
		(rule != COMBINE_COUNT && rule != COMBINE_SUM))
		return NULL;
	arg = linitial(agg->args);
	if (!IsA(arg->expr, Var) ||
		!is_usual_equality(linitial_node(SortGroupClause, agg->aggdistinct)->eqop, arg->expr))
		return NULL;
	return (Var *) arg->expr;
}

/* A row of nulls is not null. */
static bool
counts_something_else_walker(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Aggref))
	{
		Aggref     *agg = (Aggref *) node;
		CombineRule rule = combine_rule(agg);

		return agg->aggdistinct == NIL || agg->aggfilter || list_length(agg->args) != 1 ||
			   (rule != COMBINE_COUNT && rule != COMBINE_SUM && rule != COMBINE_AVERAGE) ||
			   IsA(linitial_node(TargetEntry, agg->args)->expr, RowExpr);
	}
	return expression_tree_walker(node, counts_something_else_walker, context);
}

bool
CountsValuesOnly(Query *query)
{
	return !counts_something_else_walker((Node *) query->targetList, NULL) &&
		   !counts_something_else_walker(query->havingQual, NULL);
}

/* Is each of the different values found on one node only? */
static bool
is_distinct_key(Aggref *agg, Query *leaf)
{
	Var   *column = ColumnOfDistinct(agg);
	Spread spread;

	if (column == NULL)
		return false;
	spread = SpreadOfInput(leaf);
	return spread.kind == SPREAD_SPLIT && spread.table->method == DIST_HASH &&
		   list_member(spread.keys, CanonicalTerm(leaf, (Expr *) column)) &&
		   op_in_opfamily(linitial_node(SortGroupClause, agg->aggdistinct)->eqop,
						  spread.table->hash_opfamily);
}

/* Is there a DISTINCT aggregate for which nodes would have to group by its values? */
static bool
needs_groups_walker(Node *node, Query *leaf)
{
	if (node == NULL)
		return false;
	if (IsA(node, Aggref) && ((Aggref *) node)->aggdistinct &&
		combine_rule((Aggref *) node) != COMBINE_ANY)
		return !is_distinct_key((Aggref *) node, leaf);
	return expression_tree_walker(node, needs_groups_walker, leaf);
}

bool
DistinctValuesAreApart(Query *query, Query *leaf)
{
	return query->groupingSets == NIL && !needs_groups_walker((Node *) query->targetList, leaf) &&
		   !needs_groups_walker(query->havingQual, leaf);
}

Node *
CombineAggregate(Aggref *agg, Query *leaf, bool values_apart)
{
	CombineRule rule = combine_rule(agg);

	if (agg->aggkind != AGGKIND_NORMAL || agg->agglevelsup > 0)
		return NULL;
	if (agg->aggdistinct && rule != COMBINE_ANY && !values_apart)
		return combine_distinct(agg, leaf);
	if (agg->aggorder)
		return NULL;
	switch (rule)
	{
		case COMBINE_SAME:
		case COMBINE_ANY:
			return combine_same(agg, leaf);
		case COMBINE_SUM:
			return (Node *) cast_to(sum_over(leaf, (Expr *) copyObject(agg)), agg->aggtype, -1);
		case COMBINE_COUNT:
			return combine_count(agg, leaf);
		case COMBINE_AVERAGE:
			return combine_average(agg, leaf);
		case COMBINE_STATES:
			return combine_states(agg, leaf);
	}
	return NULL;
}
