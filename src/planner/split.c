/*-------------------------------------------------------------------------
 *
 * split.c
 *	  Queries that are begun on the nodes and finished here.
 *
 * If the rows of FROM and WHERE are split over the nodes, but not what the query
 * makes of them, it is divided at one of these points, the first that will do:
 *
 *	- Groups lie within a node, but windows or DISTINCT do not: the nodes group,
 *	  and return what those need.
 *	- Groups have rows on several nodes: the nodes group theirs, and the groups
 *	  are combined here (aggregate.c). Of grouping sets the nodes compute the
 *	  finest one that has all their columns. Where values of several columns are
 *	  counted, nodes may return those of each column by themselves.
 *	  An outer join may preserve rows that every node has (copied_preserved.c).
 *	  The arms of a UNION ALL may be grouped each by itself (group_arms.c).
 *	- So many different values are to be counted that grouping by them would not
 *	  help: the rows are sent to where their values are counted (exchange.c).
 *	- An aggregate cannot be divided: the nodes return the columns that are
 *	  needed.
 *
 * The query over the leaf is the query itself with other expressions: those that
 * the leaf has computed are now its columns.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "catalog/metadata.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "optimizer/tlist.h"
#include "parser/parse_clause.h"
#include "parser/parse_oper.h"
#include "planner/copied_preserved.h"
#include "planner/estimate.h"
#include "planner/exchange.h"
#include "planner/group_arms.h"
#include "planner/leaf.h"
#include "planner/print.h"
#include "planner/shape.h"
#include "planner/split.h"
#include "planner/strategy.h"
#include "rewrite/rewriteManip.h"
#include "utils/lsyscache.h"

/* Of fewer rows than these it does not matter where they are grouped. */
#define MIN_ROWS_TO_CARE 10000

typedef enum SplitPoint
{
	AFTER_GROUPING,
	WITHIN_GROUPING,
	BEFORE_GROUPING
} SplitPoint;

typedef struct SplitContext
{
	SplitPoint point;
	Query     *query; /* as it was */
	Query     *leaf;
	bool       values_apart; /* see CombineAggregate */
	bool       dependent;    /* the leaf groups by columns that depend on its groups */
	bool       preserving;   /* see copied_preserved.h */
	bool       by_arms;      /* see group_arms.h */
	int        depth;        /* of the subquery in an expression that is being rewritten */
	bool       failed;
	char      *reason; /* why it failed, if EXPLAIN is to tell */
} SplitContext;

static Node *rewrite(Node *node, SplitContext *context);

static Var *
column_of_entry(TargetEntry *tle)
{
	Node *expr = (Node *) tle->expr;

	return makeVar(SPLIT_LEAF_RTI, tle->resno, exprType(expr), exprTypmod(expr),
				   exprCollation(expr), 0);
}

static TargetEntry *
leaf_entry_for(Query *leaf, Expr *expr)
{
	TargetEntry *tle;
	ListCell    *lc;
	AttrNumber   attno = list_length(leaf->targetList) + 1;

	foreach (lc, leaf->targetList)
	{
		tle = lfirst_node(TargetEntry, lc);
		if (equal(tle->expr, expr) && !contain_volatile_functions((Node *) expr))
			return tle;
	}
	tle = makeTargetEntry(copyObject(expr), attno, psprintf("part_%d", attno), false);
	leaf->targetList = lappend(leaf->targetList, tle);
	if (contain_agg_clause((Node *) expr))
		leaf->hasAggs = true;
	return tle;
}

Var *
LeafColumnFor(Query *leaf, Expr *expr)
{
	return column_of_entry(leaf_entry_for(leaf, expr));
}

Var *
LeafGroupFor(Query *leaf, Expr *expr)
{
	SortGroupClause *clause = makeNode(SortGroupClause);
	TargetEntry     *tle;

	get_sort_group_operators(exprType((Node *) expr), false, false, false, &clause->sortop,
							 &clause->eqop, NULL, &clause->hashable);
	if (!OidIsValid(clause->eqop) || (!OidIsValid(clause->sortop) && !clause->hashable))
		return NULL;
	tle = leaf_entry_for(leaf, expr);
	if (targetIsInSortList(tle, InvalidOid, leaf->groupClause))
		return column_of_entry(tle);
	clause->tleSortGroupRef = assignSortGroupRef(tle, leaf->targetList);
	leaf->groupClause = lappend(leaf->groupClause, clause);
	return column_of_entry(tle);
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

/* A column that is not among the groups: one row of each group has it, if it depends on them. */
static Node *
rewrite_var(Var *var, SplitContext *context)
{
	Var *column = NULL;

	if (context->point != WITHIN_GROUPING)
		return (Node *) LeafColumnFor(context->leaf, (Expr *) var);
	if (context->query->groupClause && context->query->groupingSets == NIL)
		column = LeafGroupFor(context->leaf, (Expr *) var);
	context->dependent = true;
	context->failed = column == NULL;
	return (Node *) column;
}

static Node *
rewrite_aggregate(Aggref *agg, SplitContext *context)
{
	Node *result;

	switch (context->point)
	{
		case AFTER_GROUPING:
			return (Node *) LeafColumnFor(context->leaf, (Expr *) agg);
		case BEFORE_GROUPING:
			return expression_tree_mutator((Node *) agg, rewrite, context);
		default:
			result = CombineAggregate(agg, context->leaf, context->values_apart);
			if (result == NULL)
			{
				context->failed = true;
				context->reason =
					psprintf("%s() cannot be computed in parts", get_func_name(agg->aggfnoid));
			}
			return result;
	}
}

/* In a subquery only columns of the query around it are looked for. */
static Node *
rewrite_in_subquery(Node *node, SplitContext *context)
{
	int depth = context->depth;

	if (IsA(node, Var) && (int) ((Var *) node)->varlevelsup == depth)
	{
		Var  *var = copyObject((Var *) node);
		Node *result;

		var->varlevelsup = 0;
		context->depth = 0;
		result = rewrite((Node *) var, context);
		context->depth = depth;
		if (result && IsA(result, Var))
			((Var *) result)->varlevelsup = depth;
		return result;
	}
	if ((IsA(node, Aggref) && (int) ((Aggref *) node)->agglevelsup == depth) ||
		(IsA(node, GroupingFunc) && (int) ((GroupingFunc *) node)->agglevelsup == depth))
		context->failed = true;
	return expression_tree_mutator(node, rewrite, context);
}

/* CTEs of the query around it are in the leaf now. */
static Node *
rewrite_subquery(Query *query, SplitContext *context)
{
	Query    *result;
	ListCell *lc;

	context->depth++;
	foreach (lc, query->rtable)
	{
		RangeTblEntry *rte = lfirst_node(RangeTblEntry, lc);

		if (rte->rtekind == RTE_CTE && (int) rte->ctelevelsup == context->depth)
			context->failed = true;
	}
	result = query_tree_mutator(query, rewrite, context, 0);
	context->depth--;
	return (Node *) result;
}

static Node *
rewrite(Node *node, SplitContext *context)
{
	TargetEntry *group;

	if (node == NULL || context->failed)
		return NULL;
	if (IsA(node, Query))
		return rewrite_subquery((Query *) node, context);
	if (context->depth > 0)
		return rewrite_in_subquery(node, context);

	group = matching_group(context, node);
	if (group && context->point != BEFORE_GROUPING)
		return (Node *) column_of_entry(
			get_sortgroupref_tle(group->ressortgroupref, context->leaf->targetList));
	if (group)
		return (Node *) LeafColumnFor(context->leaf, group->expr);
	if (IsA(node, Var))
		return rewrite_var((Var *) node, context);
	if (IsA(node, Aggref))
		return rewrite_aggregate((Aggref *) node, context);
	return expression_tree_mutator(node, rewrite, context);
}

/* FROM, WHERE and, if rows are to be grouped there, what is grouped by. */
static Query *
begin_leaf(Query *query, SplitPoint point)
{
	Query    *leaf = copyObject(query);
	ListCell *lc;

	leaf->targetList = NIL;
	leaf->sortClause = NIL;
	leaf->distinctClause = NIL;
	leaf->hasDistinctOn = false;
	leaf->windowClause = NIL;
	leaf->hasWindowFuncs = false;
	leaf->hasTargetSRFs = false;
	leaf->limitCount = leaf->limitOffset = NULL;
	leaf->limitOption = LIMIT_OPTION_DEFAULT;
	leaf->canSetTag = false;
	if (point != AFTER_GROUPING)
	{
		leaf->groupingSets = NIL;
		leaf->havingQual = NULL;
		leaf->hasAggs = false;
	}
	if (point == BEFORE_GROUPING)
		leaf->groupClause = NIL;
	foreach (lc, leaf->groupClause)
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

/* The query over the leaf, but for its range table. */
static Query *
rewrite_query(SplitContext *context)
{
	Query *result = copyObject(context->query);

	result->cteList = NIL;
	result->rtable = NIL;
	result->jointree = makeFromExpr(NIL, NULL);
	result->targetList = (List *) rewrite((Node *) result->targetList, context);
	if (context->point == AFTER_GROUPING)
	{
		result->groupClause = NIL;
		result->groupDistinct = false;
		result->havingQual = NULL;
		result->hasAggs = false;
	}
	result->havingQual = rewrite(result->havingQual, context);
	return result;
}

/*
 * The first groups in the order of all that they are grouped by are also among
 * the first ones of each node that has rows of them.
 */
static void
limit_groups(Query *query, Query *leaf)
{
	List     *sorted = NIL;
	List     *refs = NIL;
	ListCell *lc;

	if (query->limitCount == NULL || query->groupClause == NIL || query->groupingSets ||
		query->havingQual || query->hasWindowFuncs || query->distinctClause ||
		query->hasTargetSRFs || list_length(leaf->groupClause) != list_length(query->groupClause))
		return;
	foreach (lc, query->sortClause)
	{
		SortGroupClause *clause = lfirst_node(SortGroupClause, lc);

		if (list_length(refs) == list_length(query->groupClause))
			break;
		if (get_sortgroupref_clause_noerr(clause->tleSortGroupRef, query->groupClause) == NULL)
			return;
		sorted = lappend(sorted, copyObject(clause));
		refs = list_append_unique_int(refs, clause->tleSortGroupRef);
	}
	if (list_length(refs) < list_length(query->groupClause))
		return;
	leaf->limitCount = copyObject(query->limitCount);
	leaf->limitOffset = copyObject(query->limitOffset);
	leaf->limitOption = LIMIT_OPTION_COUNT;
	leaf->sortClause = sorted;
	MoveLimitDown(leaf);
	if (leaf->limitCount == NULL)
		leaf->sortClause = NIL;
}

/* How the rows are spread that the leaf returns or groups. */
static Spread
spread_of_leaf(SplitContext *context)
{
	if (context->point == AFTER_GROUPING)
		return SpreadOfQuery(context->leaf);
	return context->preserving ? SpreadOfPreserving(context->leaf) : SpreadOfInput(context->leaf);
}

/* Does every row of the leaf stand for rows of its node, and for the right number of them? */
static bool
is_whole(SplitContext *context)
{
	Query *leaf = context->leaf;

	if (leaf->targetList == NIL)
	{
		if (context->point == WITHIN_GROUPING)
			return false;
		LeafColumnFor(leaf, (Expr *) makeBoolConst(true, false));
	}
	if (context->point == WITHIN_GROUPING && leaf->groupClause == NIL && !leaf->hasAggs)
		return false;
	/* of grouping sets, each may be sortable or hashable, but all their columns together neither */
	if (context->point == WITHIN_GROUPING && !grouping_is_sortable(leaf->groupClause) &&
		!grouping_is_hashable(leaf->groupClause))
		return false;
	if (context->by_arms)
		return LeavesOfArms(leaf) != NIL;
	return spread_of_leaf(context).kind == SPREAD_SPLIT && WhyNotPrintable(leaf) == NULL;
}

/*
 * Grouped also by values of DISTINCT aggregates, nodes may return about as many
 * groups as there are rows: then they would group in vain. That is only taken
 * for sure if one column alone has so many values, since the other way round it
 * would cost more.
 */
static bool
groups_in_vain(Query *query, Query *leaf)
{
	Query    *ungrouped = begin_leaf(query, BEFORE_GROUPING);
	int       nodes = list_length(AllPrimaries());
	double    rows;
	ListCell *lc;

	if (list_length(leaf->groupClause) == list_length(query->groupClause))
		return false;
	if (join_strategy == STRATEGY_REHASH)
		return true; /* so that rows are sent */
	LeafColumnFor(ungrouped, (Expr *) makeBoolConst(true, false));
	rows = EstimateQuery(ungrouped, NULL).rows;
	if (rows < MIN_ROWS_TO_CARE)
		return false;
	for_each_from (lc, leaf->groupClause, list_length(query->groupClause))
	{
		Query *grouped = copyObject(ungrouped);
		double values;

		(void) LeafGroupFor(grouped,
							(Expr *) get_sortgroupclause_expr(lfirst(lc), leaf->targetList));
		values = EstimateQuery(grouped, NULL).rows;
		/* so many different ones the rows of a node will have */
		values *= 1 - pow(1 - 1 / values, rows / nodes);
		if (nodes * values > rows / 2)
			return true;
	}
	return false;
}

/*
 * Values that are counted need not be grouped by together: each column of them
 * makes a grouping set, with the query's own groups, in whose rows the others are
 * null, which aggregates pass over. So nodes return as many rows as the numbers of
 * different values add up to, not what they multiply to. But they cannot compute
 * that by parallel query, so it must make a difference.
 */
static void
group_values_apart(SplitContext *context)
{
	Query    *leaf = context->leaf;
	Query    *apart = copyObject(leaf);
	int       ngroups = list_length(context->query->groupClause);
	List     *groups = NIL;
	List     *sets = NIL;
	ListCell *lc;

	if (context->query->groupingSets || context->dependent || leaf->hasAggs ||
		list_length(leaf->groupClause) < ngroups + 2 || !CountsValuesOnly(context->query))
		return;
	foreach (lc, leaf->groupClause)
	{
		int ref = lfirst_node(SortGroupClause, lc)->tleSortGroupRef;

		if (foreach_current_index(lc) < ngroups)
			groups = lappend_int(groups, ref);
		else
			sets = lappend(sets, makeGroupingSet(GROUPING_SET_SIMPLE,
												 lappend_int(list_copy(groups), ref), -1));
	}
	apart->groupingSets = list_make1(makeGroupingSet(GROUPING_SET_SETS, sets, -1));
	if (EstimateQuery(apart, NULL).rows < EstimateQuery(leaf, NULL).rows / 2)
		context->leaf = apart;
}

/*
 * Aggregates and windows that have no order of their own see rows in the order
 * of a subquery in FROM. Only as a leaf of its own it keeps that.
 */
static bool
has_ordered_input(Query *query)
{
	ListCell *lc;

	foreach (lc, query->rtable)
	{
		Query *subquery = lfirst_node(RangeTblEntry, lc)->subquery;

		if (subquery && (subquery->sortClause || has_ordered_input(subquery)))
			return true;
	}
	foreach (lc, query->cteList)
	{
		if (castNode(Query, lfirst_node(CommonTableExpr, lc)->ctequery)->sortClause)
			return true;
	}
	return false;
}

/* If not, *reason may tell why. */
static bool
split_at(Query *query, SplitPoint point, const char **reason)
{
	SplitContext context = {point, query, begin_leaf(query, point)};
	Query       *result;
	RangeTblRef *ref;
	Index        rti;

	context.preserving = point == WITHIN_GROUPING && GroupsCopiedPreserved(query);
	if (spread_of_leaf(&context).kind != SPREAD_SPLIT)
	{
		context.by_arms = point == WITHIN_GROUPING && LeavesOfArms(context.leaf) != NIL;
		if (!context.by_arms)
			return false;
	}
	if (point == WITHIN_GROUPING)
		context.values_apart = DistinctValuesAreApart(query, context.leaf);
	result = rewrite_query(&context);
	*reason = context.reason;
	if (context.failed || !is_whole(&context))
		return false;
	if (point == WITHIN_GROUPING)
	{
		if (groups_in_vain(query, context.leaf))
		{
			*reason = "there would be about as many groups as rows";
			return false;
		}
		group_values_apart(&context);
		limit_groups(query, context.leaf);
	}

	rti = context.by_arms ? AddArms(result, LeavesOfArms(context.leaf))
						  : AddLeaf(result, context.leaf);
	if (context.preserving)
		AskAllNodes(result, rti);
	ref = makeNode(RangeTblRef);
	ref->rtindex = rti;
	result->jointree->fromlist = list_make1(ref);
	*query = *result;
	return true;
}

/* The same within groups, after different values have come together on the nodes. */
static bool
split_exchanged(Query *query)
{
	Query      *exchanged = copyObject(query);
	const char *reason;

	if (!ExchangeDistinct(exchanged) || !split_at(exchanged, WITHIN_GROUPING, &reason))
		return false;
	*query = *exchanged;
	return true;
}

/* The nodes could do no more of it, for this reason. */
static bool
split_because(Query *query, const char *reason)
{
	const char *outer = SetCutReason(reason);
	bool        result = split_at(query, BEFORE_GROUPING, &reason);

	(void) SetCutReason(outer);
	return result;
}

bool
SplitQuery(Query *query, bool may_send)
{
	bool groups = query->hasAggs || query->groupClause || query->groupingSets || query->havingQual;
	const char *reason = NULL;

	if (query->commandType != CMD_SELECT || query->setOperations || query->rowMarks)
		return false;
	return (!query->groupingSets && (groups || !has_ordered_input(query)) &&
			split_at(query, AFTER_GROUPING, &reason)) ||
		   (groups && split_at(query, WITHIN_GROUPING, &reason)) ||
		   (query->hasAggs && may_send && split_exchanged(query)) ||
		   (!has_ordered_input(query) && split_because(query, reason));
}
