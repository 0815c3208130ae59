/*-------------------------------------------------------------------------
 *
 * params.c
 *	  Parameters of a fragment, as they travel.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "executor/params.h"
#include "nodes/nodeFuncs.h"
#include "planner/dist_plan.h"

RemoteParams *
EncodeParams(ParamListInfo params)
{
	int    count = params->numParams;
	Oid   *types = palloc(sizeof(Oid) * Max(count, 1));
	Datum *values = palloc(sizeof(Datum) * Max(count, 1));
	bool  *nulls = palloc(sizeof(bool) * Max(count, 1));
	int    i;

	for (i = 0; i < count; i++)
	{
		types[i] = params->params[i].ptype;
		values[i] = params->params[i].value;
		nulls[i] = params->params[i].isnull;
	}
	return MakeRemoteParams(count, types, values, nulls);
}

static bool
collect_exec_params(Node *node, void *numbers)
{
	Bitmapset **set = numbers;

	if (node == NULL)
		return false;
	if (IsA(node, Param) && ((Param *) node)->paramkind == PARAM_EXEC)
		*set = bms_add_member(*set, ((Param *) node)->paramid);
	return expression_tree_walker(node, collect_exec_params, numbers);
}

Bitmapset *
ExecParamsOf(List *exprs)
{
	Bitmapset *numbers = NULL;

	(void) collect_exec_params((Node *) exprs, &numbers);
	return numbers;
}

bool
IsKeyReference(const Expr *expr)
{
	return IsA(expr, Param) && ((const Param *) expr)->paramkind == PARAM_EXTERN &&
		   ((const Param *) expr)->paramid == OWN_PARAM_BASE;
}

bool
KnownValue(const Expr *expr, ParamListInfo params, ParamExternData *value)
{
	const Param *param = (const Param *) expr;

	if (IsA(expr, Const))
	{
		value->ptype = ((const Const *) expr)->consttype;
		value->value = ((const Const *) expr)->constvalue;
		value->isnull = ((const Const *) expr)->constisnull;
		return true;
	}
	if (!IsA(expr, Param) || param->paramkind != PARAM_EXTERN || params == NULL ||
		param->paramid > params->numParams)
		return false;
	if (params->paramFetch == NULL)
		*value = params->params[param->paramid - 1];
	else
	{
		ParamExternData buffer;

		*value = *params->paramFetch(params, param->paramid, false, &buffer);
	}
	return value->ptype == param->paramtype;
}
