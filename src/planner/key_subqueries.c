/*-------------------------------------------------------------------------
 *
 * key_subqueries.c
 *	  Subqueries that tell which shard a query is about.
 *
 * "k = (SELECT id FROM tenants WHERE slug = 'acme')" pins the key to a value that
 * is known as soon as the subquery has run. So it runs first, as an InitPlan of
 * the query that reads the leaf, and the leaf has a parameter in its place, by
 * which it is routed. PostgreSQL runs such a subquery once as well.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "planner/dist_plan.h"
#include "planner/equality.h"
#include "planner/key_subqueries.h"
#include "planner/leaf.h"
#include "planner/shape.h"
#include "planner/ship.h"
#include "rewrite/rewriteManip.h"
#include "utils/lsyscache.h"

static void take_from_query(Query *query, List **taken);

/* Has it one value, whatever the row? What it does to rows, or draws by lot, stays where it is. */
static bool
has_one_value(SubLink *sublink, SubLinkType type)
{
	Query *subquery;

	if (!IsA(sublink, SubLink) || sublink->subLinkType != type)
		return false;
	subquery = castNode(Query, sublink->subselect);
	return subquery->commandType == CMD_SELECT && !subquery->hasModifyingCTE &&
		   !subquery->hasForUpdate && !HasOuterReferences(subquery) &&
		   !contain_volatile_functions((Node *) subquery);
}

/* The parameter for a subquery; for equal ones it is the same. */
static Node *
take_subquery(SubLink *sublink, List **taken)
{
	Param *param = makeNode(Param);
	int    number = 0;

	while (number < list_length(*taken) && !equal(list_nth(*taken, number), sublink))
		number++;
	if (number == list_length(*taken))
		*taken = lappend(*taken, sublink);
	param->paramkind = PARAM_EXTERN;
	param->paramid = OWN_PARAM_BASE + number;
	param->paramtype = exprType((Node *) sublink);
	param->paramtypmod = exprTypmod((Node *) sublink);
	param->paramcollid = exprCollation((Node *) sublink);
	param->location = -1;
	return (Node *) param;
}

static void
take_from_arg(ListCell *arg, SubLinkType type, List **taken)
{
	Node *node = lfirst(arg);

	if (IsA(node, RelabelType) && has_one_value((SubLink *) ((RelabelType *) node)->arg, type))
		((RelabelType *) node)->arg =
			(Expr *) take_subquery((SubLink *) ((RelabelType *) node)->arg, taken);
	else if (has_one_value((SubLink *) node, type))
		lfirst(arg) = take_subquery((SubLink *) node, taken);
}

/* Alternatives are left alone: PostgreSQL may not have to compute them all. */
static void
take_from_quals(Node *quals, List **taken)
{
	ListCell *lc;

	if (quals == NULL)
		return;
	if (is_andclause(quals))
	{
		foreach (lc, ((BoolExpr *) quals)->args)
			take_from_quals(lfirst(lc), taken);
	}
	else if (IsA(quals, OpExpr) && list_length(((OpExpr *) quals)->args) == 2 &&
			 op_hashjoinable(((OpExpr *) quals)->opno,
							 exprType(linitial(((OpExpr *) quals)->args))))
	{
		foreach (lc, ((OpExpr *) quals)->args)
			take_from_arg(lc, EXPR_SUBLINK, taken);
	}
	else if (IsA(quals, ScalarArrayOpExpr) && ((ScalarArrayOpExpr *) quals)->useOr)
		take_from_arg(list_nth_cell(((ScalarArrayOpExpr *) quals)->args, 1), ARRAY_SUBLINK, taken);
}

static void
take_from_jointree(Node *node, List **taken)
{
	ListCell *lc;

	if (node == NULL || IsA(node, RangeTblRef))
		return;
	if (IsA(node, FromExpr))
	{
		foreach (lc, ((FromExpr *) node)->fromlist)
			take_from_jointree(lfirst(lc), taken);
		take_from_quals(((FromExpr *) node)->quals, taken);
		return;
	}
	take_from_jointree(castNode(JoinExpr, node)->larg, taken);
	take_from_jointree(castNode(JoinExpr, node)->rarg, taken);
	take_from_quals(castNode(JoinExpr, node)->quals, taken);
}

static void
take_from_query(Query *query, List **taken)
{
	ListCell *lc;

	take_from_jointree((Node *) query->jointree, taken);
	foreach (lc, query->rtable)
	{
		RangeTblEntry *rte = lfirst_node(RangeTblEntry, lc);

		if (rte->rtekind == RTE_SUBQUERY)
			take_from_query(rte->subquery, taken);
	}
	foreach (lc, query->cteList)
		take_from_query(castNode(Query, lfirst_node(CommonTableExpr, lc)->ctequery), taken);
	query->hasSubLinks = query->hasSubLinks && checkExprHasSubLink((Node *) query);
}

static bool
has_sublinks(Query *query)
{
	ListCell *lc;

	if (query->hasSubLinks)
		return true;
	foreach (lc, query->rtable)
	{
		RangeTblEntry *rte = lfirst_node(RangeTblEntry, lc);

		if (rte->rtekind == RTE_SUBQUERY && has_sublinks(rte->subquery))
			return true;
	}
	foreach (lc, query->cteList)
	{
		if (has_sublinks(castNode(Query, lfirst_node(CommonTableExpr, lc)->ctequery)))
			return true;
	}
	return false;
}

/* Would they run before triggers that fire first? Which rows are to be locked is not known here, either. */
static bool
may_run_first(Query *query)
{
	if (query->hasModifyingCTE || HasOuterReferences(query))
		return false;
	if (query->commandType == CMD_SELECT)
		return query->rowMarks == NIL;
	return (query->commandType == CMD_UPDATE || query->commandType == CMD_DELETE) &&
		   !FiresTriggersOfChange(query);
}

/* Is it for one shard, or for some of which every node can do its own? */
static bool
is_for_some_shards(Query *query)
{
	QueryTables tables;
	Expr       *key;

	FindDistTables(query, &tables);
	if (FindRoute(query, &tables, &key))
		return true;
	return FindKeys(query, &tables, &key) &&
		   (query->commandType == CMD_SELECT ? SpreadOfQuery(query) : SpreadOfInput(query)).kind ==
			   SPREAD_SPLIT;
}

Query *
WithKeyFirst(Query *query, List **subqueries)
{
	Query *result;

	*subqueries = NIL;
	if (!has_sublinks(query) || !may_run_first(query))
		return NULL;
	result = copyObject(query);
	take_from_query(result, subqueries);
	if (*subqueries == NIL || is_for_some_shards(query) || !is_for_some_shards(result))
		return NULL;
	return result;
}
