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
