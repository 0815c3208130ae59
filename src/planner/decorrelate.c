/*-------------------------------------------------------------------------
 *
 * decorrelate.c
 *	  Computes the aggregates of a correlated subquery for all rows at once.
 *
 *	  SELECT .. FROM a WHERE a.x > (SELECT 2 * avg(b.x) FROM b WHERE b.y = a.y)
 *
 * becomes
 *
 *	  SELECT .. FROM a LEFT JOIN (SELECT b.y, avg(b.x) FROM b GROUP BY b.y) g ON g.y = a.y
 *	  WHERE a.x > 2 * g.avg
 *
 * if the nodes cannot answer the subquery for their own rows of a: else each
 * row would ask all nodes. Where a has few values of y, b is restricted to them
 * first. The expression over the aggregates stays where it was, so it is
 * computed for no other rows than before; of a row without a partner the
 * aggregates are null, or 0 for those that count. The join adds and loses no
 * rows, as g has one for each y.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "optimizer/prep.h"
#include "parser/parse_relation.h"
#include "parser/parsetree.h"
#include "planner/decorrelate.h"
#include "planner/estimate.h"
#include "planner/leaf.h"
#include "planner/plain_aggregate.h"
#include "planner/shape.h"
#include "planner/split.h"
#include "planner/strategy.h"
#include "planner/tie.h"
#include "rewrite/rewriteManip.h"

/* So few rows may ask for their own. */
#define FEW_ROWS 2.0

typedef struct Decorrelation
{
	Query *query;    /* around the subquery */
	Query *subquery; /* a copy, which becomes the grouped one */
	List  *ties;     /* of Tie: what ties it to the query */
	Relids varnos;   /* of the entries of the query to which they tie it */
	Index  joined;   /* the entry that is joined to it */
} Decorrelation;

static bool
has_other_aggregates(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Aggref))
		return !IsPlainAggregate((Aggref *) node);
	return expression_tree_walker(node, has_other_aggregates, context);
}

/* Does it give one row, whose value depends on nothing but aggregates? */
static bool
is_plain_subquery(SubLink *sublink)
{
	Query      *subquery = castNode(Query, sublink->subselect);
	QueryTables tables;
	Node       *value;

	if (sublink->subLinkType != EXPR_SUBLINK || subquery->commandType != CMD_SELECT ||
		!subquery->hasAggs || subquery->groupClause || subquery->groupingSets ||
		subquery->havingQual || subquery->hasWindowFuncs || subquery->hasTargetSRFs ||
		subquery->setOperations || subquery->cteList || subquery->limitCount ||
		subquery->limitOffset || subquery->rowMarks)
		return false;
	value = (Node *) linitial_node(TargetEntry, subquery->targetList)->expr;
	if (checkExprHasSubLink(value) || has_other_aggregates(value, NULL) ||
		contain_volatile_functions((Node *) subquery))
		return false;
	FindDistTables(subquery, &tables);
	return tables.dist_tables != NIL;
}

/* Takes out of WHERE what ties the subquery to the query. Is that all? */
static bool
take_quals(Decorrelation *context)
{
	Query    *subquery = context->subquery;
	Query     rest = *subquery;
	List     *left = NIL;
	ListCell *lc;

	foreach (lc, make_ands_implicit((Expr *) subquery->jointree->quals))
	{
		Tie *tie = TieOf(context->query, lfirst(lc));

		if (tie == NULL)
		{
			left = lappend(left, lfirst(lc));
			continue;
		}
		context->ties = lappend(context->ties, tie);
		context->varnos = bms_join(context->varnos, pull_varnos(NULL, (Node *) tie->outer));
	}
	if (context->ties == NIL)
		return false;
	subquery->jointree->quals = left ? (Node *) make_ands_explicit(left) : NULL;
	/* columns of the query may stand beside the aggregates */
	rest.targetList = NIL;
	rest.jointree = subquery->jointree;
	return !HasOuterReferences(&rest);
}

/* The item of FROM that has all that the subquery depends on, or NULL. */
static ListCell *
item_with(Decorrelation *context)
{
	ListCell *lc;

	foreach (lc, context->query->jointree->fromlist)
	{
		if (bms_is_subset(context->varnos, get_relids_in_jointree(lfirst(lc), false)))
			return lc;
	}
	return NULL;
}

/* Can the nodes answer the subquery for their own rows of that? */
static bool
is_answered_by_nodes(Decorrelation *context, ListCell *item, SubLink *sublink)
{
	Query        probe = *context->query;
	RangeTblRef *ref = makeNode(RangeTblRef);
	NullTest    *test = makeNode(NullTest);

	test->arg = (Expr *) sublink;
	test->nulltesttype = IS_NULL;
	test->location = -1;
	probe.jointree = makeFromExpr(list_make1(lfirst(item)), (Node *) test);
	if (bms_get_singleton_member(context->varnos, &ref->rtindex))
		probe.jointree->fromlist = list_make1(ref);
	probe.targetList = NIL;
	probe.havingQual = NULL;
	return SpreadOfInput(&probe).kind == SPREAD_SPLIT;
}

/* The subquery's target list becomes what it is grouped by, and the aggregates of that value. */
static bool
group_subquery(Decorrelation *context)
{
	ListCell *lc;

	context->subquery->targetList = NIL;
	context->subquery->sortClause = NIL;
	context->subquery->distinctClause = NIL;
	context->subquery->hasDistinctOn = false;
	foreach (lc, context->ties)
	{
		if (LeafGroupFor(context->subquery, ((Tie *) lfirst(lc))->inner) == NULL)
			return false;
	}
	return true;
}

/* What it costs to group the subquery's rows by what ties it, and how many groups there are. */
static double
grouping_cost(Decorrelation *context, List *ties, double *groups)
{
	Query        *query = copyObject(context->subquery);
	QueryEstimate estimate;
	double        cost;
	ListCell     *lc;

	query->hasAggs = false;
	query->targetList = query->groupClause = NIL;
	foreach (lc, ties)
		(void) LeafColumnFor(query, ((Tie *) lfirst(lc))->inner);
	cost = EstimateQuery(query, NULL).rows * JOIN_COST / list_length(AllPrimaries());
	foreach (lc, ties)
		(void) LeafGroupFor(query, ((Tie *) lfirst(lc))->inner);
	estimate = EstimateQuery(query, NULL);
	*groups = estimate.rows;
	return cost + estimate.rows * (PULL_COST + BYTE_COST * estimate.width);
}

/*
 * Is it worth it? If so, the subquery is restricted where that is: by one tie,
 * since estimates for several columns are often far off.
 */
static bool
pays(Decorrelation *context)
{
	double    groups;
	double    whole;
	double    best;
	Query    *restriction = NULL;
	Tie      *restricted = NULL;
	ListCell *lc;

	if (join_strategy == STRATEGY_PULL)
		return false;
	best = whole = grouping_cost(context, context->ties, &groups);
	foreach (lc, bms_membership(context->varnos) == BMS_SINGLETON ? context->ties : NIL)
	{
		Tie   *tie = lfirst(lc);
		double all;
		double count;
		double cost;
		Query *values = ValuesAskedFor(tie, &count);
		double some;

		if (values == NULL)
			continue;
		if (join_strategy == STRATEGY_AUTO && count <= FEW_ROWS)
			return false;
		some = EstimateQuery(values, NULL).rows;
		(void) grouping_cost(context, list_make1(tie), &all);
		cost = 2 * MOVE_STARTUP + some * list_length(AllPrimaries()) * SEND_COST +
			   whole * Min(1, some / all);
		if (cost < best || join_strategy != STRATEGY_AUTO)
		{
			best = cost;
			restriction = values;
			restricted = tie;
		}
	}
	if (restriction)
		RestrictToValues(context->subquery, restricted, restriction);
	return true;
}

static Var *
joined_column(Decorrelation *context, Var *column)
{
	column->varno = context->joined;
	column->varnosyn = context->joined;
	return column;
}

/* Adds the columns of one side to those of a join. Returns their numbers there. */
static List *
add_columns(Query *query, Node *side, RangeTblEntry *joined)
{
	Index rti =
		IsA(side, JoinExpr) ? ((JoinExpr *) side)->rtindex : castNode(RangeTblRef, side)->rtindex;
	List     *numbers = NIL;
	List     *names;
	List     *vars;
	ListCell *lc;
	ListCell *lc2;

	expandRTE(rt_fetch(rti, query->rtable), rti, 0, -1, true, &names, &vars);
	forboth (lc, names, lc2, vars)
	{
		if (strVal(lfirst(lc))[0] == '\0')
			continue; /* dropped */
		numbers = lappend_int(numbers, foreach_current_index(lc) + 1);
		joined->eref->colnames = lappend(joined->eref->colnames, lfirst(lc));
		joined->joinaliasvars = lappend(joined->joinaliasvars, lfirst(lc2));
	}
	return numbers;
}

/* Joins the grouped subquery, an entry already, to an item of FROM. */
static void
join_subquery(Decorrelation *context, ListCell *item)
{
	RangeTblEntry *joined = makeNode(RangeTblEntry);
	RangeTblRef   *ref = makeNode(RangeTblRef);
	JoinExpr      *join = makeNode(JoinExpr);
	Query         *query = context->query;
	List          *quals = NIL;
	ListCell      *lc;

	foreach (lc, context->ties)
	{
		Tie *tie = lfirst(lc);
		Var *group = LeafGroupFor(context->subquery, tie->inner);

		quals = lappend(quals, TieToColumn(tie, joined_column(context, group)));
	}
	ref->rtindex = context->joined;
	join->jointype = JOIN_LEFT;
	join->larg = lfirst(item);
	join->rarg = (Node *) ref;
	join->quals = (Node *) make_ands_explicit(quals);
	joined->rtekind = RTE_JOIN;
	joined->jointype = JOIN_LEFT;
	joined->eref = makeAlias("with_subquery", NIL);
	joined->joinleftcols = add_columns(query, join->larg, joined);
	joined->joinrightcols = add_columns(query, join->rarg, joined);
	joined->inFromCl = true;
	query->rtable = lappend(query->rtable, joined);
	join->rtindex = list_length(query->rtable);
	lfirst(item) = join;
}

/* Makes the subquery an entry of the query. */
static void
add_entry(Decorrelation *context)
{
	RangeTblEntry *rte = makeNode(RangeTblEntry);
	List          *names = NIL;
	ListCell      *lc;

	foreach (lc, context->subquery->targetList)
		names = lappend(names, makeString(pstrdup(lfirst_node(TargetEntry, lc)->resname)));
	rte->rtekind = RTE_SUBQUERY;
	rte->subquery = context->subquery;
	rte->alias = makeAlias("grouped_subquery", NIL);
	rte->eref = makeAlias("grouped_subquery", names);
	rte->inFromCl = true;
	context->query->rtable = lappend(context->query->rtable, rte);
	context->query->hasRowSecurity |= context->subquery->hasRowSecurity;
}

/* The subquery's value, over the row that is joined. */
static Node *
value_mutator(Node *node, Decorrelation *context)
{
	if (node == NULL)
		return NULL;
	if (IsA(node, Var))
	{
		Var *var = copyObject((Var *) node);

		var->varlevelsup--;
		return (Node *) var;
	}
	if (IsA(node, Aggref))
	{
		Var *column = joined_column(context, LeafColumnFor(context->subquery, (Expr *) node));
		CoalesceExpr *count = makeNode(CoalesceExpr);

		if (!IsCount((Aggref *) node))
			return (Node *) column;
		count->coalescetype = INT8OID;
		count->args = list_make2(column, makeConst(INT8OID, -1, InvalidOid, sizeof(int64),
												   Int64GetDatum(0), false, FLOAT8PASSBYVAL));
		count->location = -1;
		return (Node *) count;
	}
	return expression_tree_mutator(node, value_mutator, context);
}

/* Returns what stands for the subquery, or NULL if it stays. */
static Node *
decorrelate(Query *query, SubLink *sublink)
{
	Decorrelation context = {.query = query};
	ListCell     *item;
	Node         *value;

	if (!is_plain_subquery(sublink))
		return NULL;
	context.subquery = copyObject(castNode(Query, sublink->subselect));
	value = (Node *) linitial_node(TargetEntry, context.subquery->targetList)->expr;
	if (!take_quals(&context))
		return NULL;
	item = item_with(&context);
	if (item == NULL || is_answered_by_nodes(&context, item, sublink) ||
		!group_subquery(&context) || !pays(&context))
		return NULL;
	context.joined = list_length(query->rtable) + 1;
	value = value_mutator(value, &context);
	add_entry(&context);
	join_subquery(&context, item);
	return value;
}

/* Among the expressions of groups, only what aggregates take is computed for rows. */
typedef struct SublinkSearch
{
	Query *query;
	bool   groups;
} SublinkSearch;

static Node *
sublink_mutator(Node *node, SublinkSearch *search)
{
	if (node == NULL)
		return NULL;
	if (IsA(node, Query))
		return node;
	if (IsA(node, SubLink) && !search->groups)
	{
		Node *value = decorrelate(search->query, (SubLink *) node);

		if (value)
			return value;
	}
	if (IsA(node, Aggref))
	{
		SublinkSearch rows = {search->query, false};

		return expression_tree_mutator(node, sublink_mutator, &rows);
	}
	return expression_tree_mutator(node, sublink_mutator, search);
}

void
DecorrelateSubqueries(Query *query)
{
	SublinkSearch rows = {query, false};
	SublinkSearch groups = {query, query->hasAggs || query->groupClause || query->groupingSets};
	Node         *quals;

	if (!query->hasSubLinks || query->commandType != CMD_SELECT || query->setOperations ||
		query->rowMarks || list_length(AllPrimaries()) < 2)
		return;
	quals = sublink_mutator(query->jointree->quals, &rows);
	query->jointree->quals = quals;
	query->targetList = (List *) sublink_mutator((Node *) query->targetList, &groups);
	query->havingQual = sublink_mutator(query->havingQual, &groups);
	query->hasSubLinks = checkExprHasSubLink((Node *) query);
}
