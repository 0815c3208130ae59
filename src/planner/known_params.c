/*-------------------------------------------------------------------------
 *
 * known_params.c
 *	  What a plan for certain values of parameters knows of them.
 *
 * "$1 IS NULL OR k = $1" is what programs write who leave a condition out for
 * NULL. With a value it is about one key, without it about all of them. So is
 * "k = COALESCE($1, k)". PostgreSQL folds both when it makes a custom plan; here
 * that comes first, since the way of the statement depends on it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "executor/params.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "planner/planner.h"

static bool
is_known(Node *node, ParamListInfo params, bool *isnull)
{
	ParamExternData value;

	if (!IsA(node, Param) || !KnownValue((Expr *) node, params, &value) ||
		!(value.pflags & PARAM_FLAG_CONST))
		return false;
	*isnull = value.isnull;
	return true;
}

static Node *
fold_nulls(Node *node, ParamListInfo params)
{
	bool isnull;

	if (node == NULL)
		return NULL;
	if (IsA(node, Query))
		return (Node *) query_tree_mutator((Query *) node, fold_nulls, params, QTW_DONT_COPY_QUERY);
	if (IsA(node, NullTest) && !((NullTest *) node)->argisrow &&
		is_known((Node *) ((NullTest *) node)->arg, params, &isnull))
		return makeBoolConst(isnull == (((NullTest *) node)->nulltesttype == IS_NULL), false);
	if (IsA(node, CoalesceExpr) &&
		is_known(linitial(((CoalesceExpr *) node)->args), params, &isnull) && !isnull)
		return linitial(((CoalesceExpr *) node)->args);
	return expression_tree_mutator(node, fold_nulls, params);
}

/* Is there anything to fold? Most statements are not copied for it. */
static bool
asks_for_nulls(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, NullTest))
		return IsA(((NullTest *) node)->arg, Param) ||
			   expression_tree_walker(node, asks_for_nulls, context);
	if (IsA(node, CoalesceExpr))
		return IsA(linitial(((CoalesceExpr *) node)->args), Param) ||
			   expression_tree_walker(node, asks_for_nulls, context);
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, asks_for_nulls, context, 0);
	return expression_tree_walker(node, asks_for_nulls, context);
}

void
FoldKnownNulls(Query *query, ParamListInfo params)
{
	if (params && query_tree_walker(query, asks_for_nulls, NULL, 0))
		query_tree_mutator(query, fold_nulls, params, QTW_DONT_COPY_QUERY);
}
