/*-------------------------------------------------------------------------
 *
 * plain_aggregate.c
 *	  Aggregates that may be computed for groups that nobody asks for.
 *
 * They are those of PostgreSQL that raise no error whatever the rows, if what
 * they are given does not. Without rows they are null, or 0 if they count.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/pg_aggregate.h"
#include "catalog/pg_type.h"
#include "nodes/nodeFuncs.h"
#include "parser/parse_coerce.h"
#include "planner/plain_aggregate.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"

/* Arithmetic that fails for no ordinary numbers. */
static bool
is_arithmetic(OpExpr *op)
{
	char *name = get_opname(op->opno);

	return op->opno < FirstGenbkiObjectId && strlen(name) == 1 && strchr("+-*", name[0]) &&
		   TypeCategory(op->opresulttype) == TYPCATEGORY_NUMERIC;
}

static bool
is_not_leakproof(Oid function, void *context)
{
	return !get_func_leakproof(function);
}

/* May it raise an error? Then it must be computed for no more rows than before. */
static bool
may_fail(Node *node, void *context)
{
	if (node == NULL)
		return false;
	switch (nodeTag(node))
	{
		case T_Var:
		case T_Const:
		case T_Param:
		case T_List:
		case T_TargetEntry:
		case T_RelabelType:
		case T_BoolExpr:
		case T_NullTest:
		case T_BooleanTest:
		case T_CaseExpr:
		case T_CaseWhen:
		case T_CaseTestExpr:
		case T_CoalesceExpr:
		case T_FuncExpr:
		case T_DistinctExpr:
		case T_NullIfExpr:
		case T_ScalarArrayOpExpr:
			break;
		case T_OpExpr:
			if (is_arithmetic((OpExpr *) node))
				return expression_tree_walker(node, may_fail, context);
			break;
		default:
			return true;
	}
	return check_functions_in_node(node, is_not_leakproof, NULL) ||
		   expression_tree_walker(node, may_fail, context);
}

bool
IsCount(Aggref *agg)
{
	return agg->aggfnoid == F_COUNT_ || agg->aggfnoid == F_COUNT_ANY ||
		   agg->aggfnoid == F_REGR_COUNT;
}

bool
IsPlainAggregate(Aggref *agg)
{
	static const char *const names[] = {
		"avg",        "bool_and",    "bool_or",    "every", "max",     "min",      "stddev",
		"stddev_pop", "stddev_samp", "string_agg", "sum",   "var_pop", "var_samp", "variance"};
	char *name;

	if (agg->aggfnoid >= FirstGenbkiObjectId || agg->aggkind != AGGKIND_NORMAL ||
		may_fail((Node *) agg->args, NULL) || may_fail((Node *) agg->aggfilter, NULL))
		return false;
	if (IsCount(agg))
		return true;
	name = get_func_name(agg->aggfnoid);
	for (int i = 0; i < (int) lengthof(names); i++)
	{
		if (strcmp(name, names[i]) == 0)
			return true;
	}
	return false;
}
