/*-------------------------------------------------------------------------
 *
 * aggregate.c
 *	  Grouping in two steps: on the nodes, and over their answers.
 *
 * Each aggregate becomes one or two that the nodes compute in plain SQL, and an
 * expression over those that combines them. Both steps are PostgreSQL's own
 * aggregates, so the nodes use parallel query and partition-wise aggregation,
 * and the values are exactly those that one server would compute (the order
 * of floating-point additions apart, which PostgreSQL does not fix either).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_aggregate.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "optimizer/tlist.h"
#include "parser/parse_coerce.h"
#include "parser/parse_func.h"
#include "parser/parse_oper.h"
#include "parser/parser.h"
#include "planner/leaf.h"
#include "planner/print.h"
#include "planner/shape.h"
#include "rewrite/rewriteManip.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"

/* How the parts of an aggregate are put together. */
typedef enum CombineRule
{
	COMBINE_SAME,    /* the aggregate itself, over its parts: min, max, bool_and ... */
	COMBINE_SUM,     /* the sum of the parts */
	COMBINE_COUNT,   /* the same, 0 if there are none */
	COMBINE_AVERAGE, /* sum of sums divided by sum of counts */
	COMBINE_NONE     /* cannot be split here */
} CombineRule;

typedef struct SplitContext
{
	Query *query;    /* as it was */
	Query *leaf;     /* groups and partial aggregates, on the nodes */
	Query *combined; /* the query over the leaf */
	Index  rti;      /* of the leaf in combined; 0 while the leaf is being filled */
	int    next;     /* next leaf column to be used, in the order they were added */
	bool   failed;
} SplitContext;

static CombineRule
combine_rule(Aggref *agg)
{
	static const struct
	{
		const char *name;
		CombineRule rule;
	} rules[] = {{"count", COMBINE_COUNT},  {"sum", COMBINE_SUM},      {"avg", COMBINE_AVERAGE},
				 {"min", COMBINE_SAME},     {"max", COMBINE_SAME},     {"bool_and", COMBINE_SAME},
				 {"bool_or", COMBINE_SAME}, {"every", COMBINE_SAME},   {"bit_and", COMBINE_SAME},
				 {"bit_or", COMBINE_SAME},  {"bit_xor", COMBINE_SAME}, {"range_agg", COMBINE_NONE}};
	char *name;
	int   i;

	/* the built-in aggregates only: what another of the same name does is unknown */
	if (agg->aggfnoid >= FirstNormalObjectId || agg->aggdistinct || agg->aggorder ||
		agg->aggkind != AGGKIND_NORMAL || agg->agglevelsup > 0)
		return COMBINE_NONE;
	name = get_func_name(agg->aggfnoid);
	for (i = 0; i < lengthof(rules); i++)
	{
		if (strcmp(name, rules[i].name) == 0)
			return rules[i].rule;
	}
	return COMBINE_NONE;
}

static Aggref *
make_aggregate(Oid function, Oid type, Expr *arg, Expr *filter)
{
	Aggref *agg = makeNode(Aggref);

	agg->aggfnoid = function;
	agg->aggtype = type;
	agg->aggcollid = get_typcollation(type);
	agg->inputcollid = exprCollation((Node *) arg);
	agg->aggargtypes = list_make1_oid(exprType((Node *) arg));
	agg->args = list_make1(makeTargetEntry(arg, 1, NULL, false));
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

	return (Expr *) make_aggregate(function, get_func_rettype(function), arg, filter);
}

static Expr *
make_count(Expr *arg, Expr *filter)
{
	Oid argtypes[] = {ANYOID};

	return (Expr *) make_aggregate(LookupFuncName(SystemFuncName("count"), 1, argtypes, false),
								   INT8OID, arg, filter);
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

static void
add_leaf_column(SplitContext *context, Expr *expr)
{
	AttrNumber attno = list_length(context->leaf->targetList) + 1;

	context->leaf->targetList = lappend(
		context->leaf->targetList, makeTargetEntry(expr, attno, psprintf("part_%d", attno), false));
}

/* For an average, sums that do not lose what the average keeps. */
static Expr *
summable(Aggref *agg)
{
	Expr *arg = copyObject(linitial_node(TargetEntry, agg->args)->expr);

	if (linitial_oid(agg->aggargtypes) == FLOAT4OID)
		return cast_to(arg, FLOAT8OID, -1);
	return arg;
}

/* What the nodes compute for an aggregate. */
static void
add_partial_aggregates(SplitContext *context, Aggref *agg)
{
	switch (combine_rule(agg))
	{
		case COMBINE_SAME:
		case COMBINE_SUM:
		case COMBINE_COUNT:
			add_leaf_column(context, (Expr *) copyObject(agg));
			break;
		case COMBINE_AVERAGE:
			add_leaf_column(context, make_sum(summable(agg), copyObject(agg->aggfilter)));
			add_leaf_column(context,
							make_count(copyObject(linitial_node(TargetEntry, agg->args)->expr),
									   copyObject(agg->aggfilter)));
			break;
		case COMBINE_NONE:
			context->failed = true;
			break;
	}
}

static Expr *
next_leaf_column(SplitContext *context)
{
	return (Expr *) LeafColumn(context->combined, context->rti, ++context->next);
}

static Expr *
sum_of_next(SplitContext *context)
{
	return make_sum(next_leaf_column(context), NULL);
}

static Expr *
combine_average(SplitContext *context, Aggref *agg)
{
	Expr *sum = sum_of_next(context);
	Expr *count = sum_of_next(context); /* numeric */
	Oid   type = exprType((Node *) sum);
	Expr *quotient;

	if (type == INT8OID)
		sum = cast_to(sum, NUMERICOID, -1);
	else if (type != NUMERICOID)
		count = cast_to(count, FLOAT8OID, -1);
	quotient = make_op(NULL, list_make2(makeString("pg_catalog"), makeString("/")), (Node *) sum,
					   (Node *) count, NULL, -1);
	return cast_to(quotient, agg->aggtype, -1);
}

/* The expression that replaces an aggregate above the leaf. */
static Node *
combine(SplitContext *context, Aggref *agg)
{
	CoalesceExpr *coalesce;
	Aggref       *same;

	switch (combine_rule(agg))
	{
		case COMBINE_SAME:
			same = make_aggregate(agg->aggfnoid, agg->aggtype, next_leaf_column(context), NULL);
			same->aggcollid = agg->aggcollid;
			same->inputcollid = agg->inputcollid;
			return (Node *) same;
		case COMBINE_SUM:
			return (Node *) cast_to(sum_of_next(context), agg->aggtype, -1);
		case COMBINE_AVERAGE:
			return (Node *) combine_average(context, agg);
		default:
			coalesce = makeNode(CoalesceExpr);
			coalesce->coalescetype = INT8OID;
			coalesce->args = list_make2(
				cast_to(sum_of_next(context), INT8OID, -1),
				makeConst(INT8OID, -1, InvalidOid, 8, Int64GetDatum(0), false, FLOAT8PASSBYVAL));
			coalesce->location = -1;
			return (Node *) coalesce;
	}
}

static TargetEntry *
matching_group(SplitContext *context, Node *node)
{
	ListCell *lc;

	foreach (lc, context->query->groupClause)
	{
		TargetEntry *tle =
			get_sortgroupclause_tle(lfirst_node(SortGroupClause, lc), context->query->targetList);

		if (equal(tle->expr, node))
			return tle;
	}
	return NULL;
}

/* Fills the leaf with what the expressions above it need. */
static bool
collect_walker(Node *node, SplitContext *context)
{
	if (node == NULL || context->failed)
		return false;
	if (matching_group(context, node))
		return false;
	if (IsA(node, Aggref))
	{
		add_partial_aggregates(context, (Aggref *) node);
		return false;
	}
	if (IsA(node, Var) || IsA(node, SubLink) || IsA(node, GroupingFunc))
	{
		context->failed = true;
		return false;
	}
	return expression_tree_walker(node, collect_walker, context);
}

/* Rewrites the same expressions, in the same order, over the leaf. */
static Node *
combine_mutator(Node *node, SplitContext *context)
{
	TargetEntry *group;

	if (node == NULL)
		return NULL;
	group = matching_group(context, node);
	if (group)
	{
		TargetEntry *column =
			get_sortgroupref_tle(group->ressortgroupref, context->leaf->targetList);

		return (Node *) LeafColumn(context->combined, context->rti, column->resno);
	}
	if (IsA(node, Aggref))
		return combine(context, (Aggref *) node);
	return expression_tree_mutator(node, combine_mutator, context);
}

static Query *
make_leaf_query(Query *query)
{
	Query    *leaf = copyObject(query);
	ListCell *lc;

	leaf->targetList = NIL;
	leaf->havingQual = NULL;
	leaf->sortClause = NIL;
	leaf->distinctClause = NIL;
	leaf->hasDistinctOn = false;
	leaf->windowClause = NIL;
	leaf->hasWindowFuncs = false;
	leaf->hasTargetSRFs = false;
	leaf->limitCount = leaf->limitOffset = NULL;
	leaf->limitOption = LIMIT_OPTION_DEFAULT;
	leaf->canSetTag = false;
	foreach (lc, query->groupClause)
	{
		TargetEntry *tle = copyObject(
			get_sortgroupclause_tle(lfirst_node(SortGroupClause, lc), query->targetList));

		tle->resno = list_length(leaf->targetList) + 1;
		tle->resname = psprintf("group_%d", tle->resno);
		tle->resjunk = false;
		leaf->targetList = lappend(leaf->targetList, tle);
	}
	return leaf;
}

bool
SplitAggregation(Query *query)
{
	SplitContext context = {query, NULL, NULL, 0, 0, false};
	Query       *combined;
	RangeTblRef *ref;

	if (query->commandType != CMD_SELECT || query->setOperations || query->groupingSets ||
		!(query->hasAggs || query->groupClause) || SpreadOfInput(query).kind != SPREAD_SPLIT)
		return false;

	context.leaf = make_leaf_query(query);
	context.next = list_length(context.leaf->targetList);
	collect_walker((Node *) query->targetList, &context);
	collect_walker(query->havingQual, &context);
	if (context.failed || WhyNotPrintable(context.leaf) != NULL)
		return false;
	if (context.leaf->targetList == NIL)
		return false;

	combined = copyObject(query);
	combined->cteList = NIL;
	combined->rtable = NIL;
	combined->rowMarks = NIL;
	context.combined = combined;
	context.rti = AddLeaf(combined, context.leaf);
	ref = makeNode(RangeTblRef);
	ref->rtindex = context.rti;
	combined->jointree = makeFromExpr(list_make1(ref), NULL);
	combined->targetList = (List *) combine_mutator((Node *) combined->targetList, &context);
	combined->havingQual = combine_mutator(combined->havingQual, &context);
	combined->hasSubLinks =
		checkExprHasSubLink(combined->limitCount) || checkExprHasSubLink(combined->limitOffset);
	*query = *combined;
	return true;
}
