/*-------------------------------------------------------------------------
 *
 * leaf_params.c
 *	  Values that a leaf's quals get from the query around it.
 *
 * PostgreSQL hands them over as PARAM_EXEC parameters, which are printed as
 * numbered ones. Those of an InitPlan are set once; those that stand for columns
 * of an outer query are set for each of its rows.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "nodes/nodeFuncs.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "planner/leaf_params.h"

Node *
HideExecParams(Node *node, ExecParams *context)
{
	if (node == NULL)
		return NULL;
	if (IsA(node, Param) && ((Param *) node)->paramkind == PARAM_EXEC)
	{
		Param *param = copyObject((Param *) node);

		context->params = lappend(context->params, node);
		param->paramkind = PARAM_EXTERN;
		param->paramid = context->first + list_length(context->params) - 1;
		return (Node *) param;
	}
	return expression_tree_mutator(node, HideExecParams, context);
}

Node *
RestoreExecParams(Node *node, ExecParams *context)
{
	if (node == NULL)
		return NULL;
	if (IsA(node, Param) && ((Param *) node)->paramkind == PARAM_EXTERN &&
		((Param *) node)->paramid >= context->first)
		return copyObject(list_nth(context->params, ((Param *) node)->paramid - context->first));
	return expression_tree_mutator(node, RestoreExecParams, context);
}

/* The numbers of the parameters that stand for columns of the queries around this one. */
static List *
outer_params(PlannerInfo *root)
{
	List     *result = NIL;
	ListCell *lc;

	for (PlannerInfo *outer = root->parent_root; outer; outer = outer->parent_root)
	{
		foreach (lc, outer->plan_params)
			result = lappend_int(result, lfirst_node(PlannerParamItem, lc)->paramId);
	}
	return result;
}

static bool
contains_param(Node *node, void *numbers)
{
	if (node == NULL)
		return false;
	if (IsA(node, Param))
		return ((Param *) node)->paramkind == PARAM_EXEC &&
			   list_member_int(numbers, ((Param *) node)->paramid);
	return expression_tree_walker(node, contains_param, numbers);
}

bool
ContainsParam(Node *node, List *numbers)
{
	return numbers != NIL && contains_param(node, numbers);
}

List *
ParamsCheckedHere(PlannerInfo *root, RelOptInfo *rel, double max_rows, double *rows)
{
	List     *params = outer_params(root);
	List     *others = NIL;
	double    fetched;
	ListCell *lc;

	*rows = rel->rows;
	foreach (lc, rel->baserestrictinfo)
	{
		RestrictInfo *info = lfirst_node(RestrictInfo, lc);

		if (!ContainsParam((Node *) info->clause, params))
			others = lappend(others, info);
	}
	if (list_length(others) == list_length(rel->baserestrictinfo))
		return NIL;
	fetched =
		clamp_row_est(rel->tuples * clauselist_selectivity(root, others, 0, JOIN_INNER, NULL));
	if (fetched > max_rows)
		return NIL;
	*rows = fetched;
	return params;
}
