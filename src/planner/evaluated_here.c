/*-------------------------------------------------------------------------
 *
 * evaluated_here.c
 *	  Which expressions of a fragment are evaluated on this node, and which
 *	  values can be sent.
 *
 * Evaluated here are expressions without columns that are not immutable, so
 * that all nodes agree on now(), and those that only make sense here, as an
 * object's OID.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/oid_types.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "planner/print_steps.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"

bool
IsValueType(Oid type)
{
	return get_typtype(type) != TYPTYPE_PSEUDO && type != UNKNOWNOID;
}

bool
TravelsAsText(Oid type)
{
	Oid element = get_element_type(type);
	Oid base = OidIsValid(element) ? element : type;

	return IsOidAlias(base) || base == ACLITEMOID || type >= FirstNormalObjectId;
}

bool
IsPlainLiteral(Const *constant)
{
	if (constant->constisnull)
		return true;
	switch (constant->consttype)
	{
		case BOOLOID:
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case OIDOID:
		case NUMERICOID:
			return true;
		case TEXTOID:
		case VARCHAROID:
		case BPCHAROID:
			return strchr(TextDatumGetCString(constant->constvalue), '\\') == NULL;
		default:
			return !IsValueType(constant->consttype);
	}
}

bool
HasLocalValue(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Const))
		return ((Const *) node)->consttype < FirstNormalObjectId
				   ? !((Const *) node)->constisnull && TravelsAsText(((Const *) node)->consttype)
				   : IsLocalType(((Const *) node)->consttype);
	if (IsA(node, Param))
		return ((Param *) node)->paramkind == PARAM_EXTERN &&
			   (!IsValueType(((Param *) node)->paramtype) ||
				IsLocalType(((Param *) node)->paramtype));
	if (IsA(node, RowExpr))
		return IsLocalType(((RowExpr *) node)->row_typeid);
	return expression_tree_walker(node, HasLocalValue, context);
}

/* Contains what only makes sense in its place in a query? Assignments count, since they are no values. */
static bool
DependsOnPlace(Node *node, void *context)
{
	if (node == NULL)
		return false;
	switch (nodeTag(node))
	{
		case T_Var:
		case T_PlaceHolderVar:
		case T_SubLink:
		case T_Aggref:
		case T_GroupingFunc:
		case T_WindowFunc:
		case T_CaseTestExpr:
		case T_CoerceToDomainValue:
		case T_SetToDefault:
		case T_CurrentOfExpr:
		case T_FieldStore:
			return true;
		case T_SubscriptingRef:
			if (((SubscriptingRef *) node)->refassgnexpr != NULL)
				return true;
			break;
		case T_Param:
			return ((Param *) node)->paramkind != PARAM_EXTERN;
		case T_FuncExpr: /* a ctid is only where the row is */
			if (((FuncExpr *) node)->funcretset ||
				((FuncExpr *) node)->funcresulttype == TIDARRAYOID)
				return true;
			break;
		case T_OpExpr:
			if (((OpExpr *) node)->opretset)
				return true;
			break;
		default:
			break;
	}
	return expression_tree_walker(node, DependsOnPlace, context);
}

static bool
IsVolatile(Oid function, void *context)
{
	/* labelled so, but they change only with nextval() */
	return func_volatile(function) == PROVOLATILE_VOLATILE && function != F_CURRVAL &&
		   function != F_LASTVAL;
}

static bool
HasVolatileFunction(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, NextValueExpr) || check_functions_in_node(node, IsVolatile, context))
		return true;
	return expression_tree_walker(node, HasVolatileFunction, context);
}

bool
IsExpression(Node *node)
{
	switch (nodeTag(node))
	{
		case T_FuncExpr:
		case T_OpExpr:
		case T_DistinctExpr:
		case T_NullIfExpr:
		case T_ScalarArrayOpExpr:
		case T_BoolExpr:
		case T_FieldSelect:
		case T_SubscriptingRef:
		case T_RelabelType:
		case T_CoerceViaIO:
		case T_ArrayCoerceExpr:
		case T_ConvertRowtypeExpr:
		case T_CollateExpr:
		case T_CaseExpr:
		case T_ArrayExpr:
		case T_RowCompareExpr:
		case T_CoalesceExpr:
		case T_MinMaxExpr:
		case T_SQLValueFunction:
		case T_XmlExpr:
		case T_NullTest:
		case T_BooleanTest:
		case T_CoerceToDomain:
		case T_NextValueExpr:
			return true;
		default:
			return false;
	}
}

bool
IsEvaluatedHere(Node *node, bool once)
{
	return IsExpression(node) && IsValueType(exprType(node)) &&
		   (contain_mutable_functions(node) || HasLocalValue(node, NULL)) &&
		   !DependsOnPlace(node, NULL) && (once || !HasVolatileFunction(node, NULL));
}
