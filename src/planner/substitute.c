/*-------------------------------------------------------------------------
 *
 * substitute.c
 *	  What the text of a fragment cannot say, or should not repeat.
 *
 * Becomes a parameter of the fragment, evaluated on this node before each
 * execution:
 *	- the query's own parameters, numbered anew;
 *	- expressions without columns that are not immutable, so that all nodes
 *	  agree on now() and current_user;
 *	- in the rows of an INSERT also volatile ones, each occurrence its own:
 *	  there they are evaluated once, and nextval() must be asked here;
 *	- constants, if the caller wants so, and those whose text depends on
 *	  settings.
 *
 * Values of types whose OIDs or contents differ from node to node (those that
 * users made, and regclass and its kin) travel as text, with a cast.
 *
 * Whole rows and tableoid of a data table are turned into those of the logical
 * table.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/sysattr.h"
#include "catalog/metadata.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parse_func.h"
#include "parser/parsetree.h"
#include "planner/io_cast.h"
#include "planner/print.h"
#include "planner/print_steps.h"
#include "utils/array.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

/* The protocol takes 65535 parameters; constants beyond this stay in the text. */
#define MAX_CONSTANT_PARAMS 30000

typedef struct SubstituteContext
{
	List *params;
	List *levels; /* of Query *, innermost first */
	bool  constants_too;
	bool  once;      /* in a row of INSERT ... VALUES */
	bool  immutable; /* in an expression that is known to have no mutable function */
} SubstituteContext;

static Node *Substitute(Node *node, SubstituteContext *context);

/* Equal expressions become the same parameter, else GROUP BY would not match: but not where each counts. */
static int
ParamNumber(SubstituteContext *context, Node *expr)
{
	ListCell *lc;

	if (!context->once)
	{
		foreach (lc, context->params)
		{
			if (equal(lfirst(lc), expr))
				return foreach_current_index(lc) + 1;
		}
	}
	context->params = lappend(context->params, expr);
	return list_length(context->params);
}

static Node *
MakeParam(SubstituteContext *context, Node *expr)
{
	Oid    type = exprType(expr);
	Oid    collation = exprCollation(expr);
	bool   as_text = TravelsAsText(type);
	Param *param = makeNode(Param);
	Node  *result = (Node *) param;

	param->paramkind = PARAM_EXTERN;
	param->paramtype = as_text ? TEXTOID : type;
	param->paramtypmod = -1;
	param->paramcollid = get_typcollation(param->paramtype);
	param->paramid =
		ParamNumber(context, as_text ? (Node *) AsText((Expr *) expr) : copyObject(expr));
	param->location = -1;

	if (as_text)
		result = (Node *) CastByIO((Expr *) result, type, get_typcollation(type));
	if (OidIsValid(collation) && collation != get_typcollation(type))
		result = (Node *) WithCollation((Expr *) result, collation);
	return result;
}

static Node *
SubstituteConst(Const *constant, SubstituteContext *context)
{
	bool wanted = context->constants_too && constant->consttype != BOOLOID &&
				  IsValueType(constant->consttype) &&
				  !(constant->constisnull && TravelsAsText(constant->consttype)) &&
				  list_length(context->params) < MAX_CONSTANT_PARAMS;

	if (wanted || !IsPlainLiteral(constant))
		return MakeParam(context, (Node *) constant);
	return (Node *) constant;
}

/* As Substitute, but strings stay: what stands here may be syntax, like the field of EXTRACT. */
static List *
SubstituteKeepingConstants(List *args, SubstituteContext *context)
{
	List     *result = NIL;
	ListCell *lc;

	foreach (lc, args)
	{
		Node *arg = lfirst(lc);

		result = lappend(result, arg == NULL || (IsA(arg, Const) && IsPlainLiteral((Const *) arg))
									 ? arg
									 : Substitute(arg, context));
	}
	return result;
}

static Node *
SubstituteFunc(FuncExpr *func, SubstituteContext *context)
{
	List *args = func->args;

	switch (func->funcformat)
	{
		case COERCE_EXPLICIT_CALL:
			func->args = (List *) Substitute((Node *) args, context);
			break;
		case COERCE_SQL_SYNTAX:
			func->args = SubstituteKeepingConstants(args, context);
			break;
		case COERCE_EXPLICIT_CAST:
		case COERCE_IMPLICIT_CAST:
			/* the others are the type modifier and whether the cast is explicit */
			linitial(args) = Substitute(linitial(args), context);
			break;
	}
	return (Node *) func;
}

/* The column that is assigned to is no expression to be looked at. */
static Node *
SubstituteSubscripts(SubscriptingRef *ref, SubstituteContext *context)
{
	ref->refupperindexpr = (List *) Substitute((Node *) ref->refupperindexpr, context);
	ref->reflowerindexpr = (List *) Substitute((Node *) ref->reflowerindexpr, context);
	if (ref->refassgnexpr != NULL)
		ref->refassgnexpr = (Expr *) Substitute((Node *) ref->refassgnexpr, context);
	else
		ref->refexpr = (Expr *) Substitute((Node *) ref->refexpr, context);
	return (Node *) ref;
}

/* A function in FROM stays one; only its arguments are values. */
static Node *
SubstituteFunctionEntry(RangeTblFunction *function, SubstituteContext *context)
{
	if (IsA(function->funcexpr, FuncExpr))
		SubstituteFunc((FuncExpr *) function->funcexpr, context);
	else
		function->funcexpr = Substitute(function->funcexpr, context);
	return (Node *) function;
}

static DistTable *
DistTableOfVar(Var *var, SubstituteContext *context)
{
	Query         *query = list_nth(context->levels, var->varlevelsup);
	RangeTblEntry *rte = rt_fetch(var->varno, query->rtable);

	return rte->rtekind == RTE_RELATION ? LookupDistTable(rte->relid) : NULL;
}

Node *
LogicalRow(Var *var, DistTable *table)
{
	static const Oid arg_types[2] = {RECORDOID, ANYELEMENTOID};
	List            *name = list_make2(makeString("distshard"), makeString("logical_row"));
	Var             *row = copyObject(var);
	FuncExpr        *func;

	row->vartype = get_rel_type_id(table->data_relid);
	func = makeFuncExpr(LookupFuncName(name, 2, arg_types, false), var->vartype,
						list_make2(row, makeNullConst(var->vartype, -1, InvalidOid)), InvalidOid,
						InvalidOid, COERCE_EXPLICIT_CALL);
	return (Node *) func;
}

static Node *
CallOwn(const char *name, Oid result_type, List *args)
{
	Oid       arg_types[FUNC_MAX_ARGS];
	ListCell *lc;

	foreach (lc, args)
		arg_types[foreach_current_index(lc)] = exprType(lfirst(lc));
	return (Node *) makeFuncExpr(
		LookupFuncName(list_make2(makeString("distshard"), makeString(pstrdup(name))),
					   list_length(args), arg_types, false),
		result_type, args, InvalidOid, InvalidOid, COERCE_EXPLICIT_CALL);
}

Node *
TableOfPartition(Var *tableoid)
{
	return CallOwn("logical_table", REGCLASSOID, list_make1(copyObject(tableoid)));
}

static Node *
OidArray(Datum *oids, int count, Oid element_type)
{
	ArrayType *array = construct_array(oids, count, element_type, sizeof(Oid), true, TYPALIGN_INT);

	return (Node *) makeConst(get_array_type(element_type), -1, InvalidOid, -1,
							  PointerGetDatum(array), false, false);
}

/* The number that the partition which a row is in has on this node, whatever node the row is on. */
static Node *
PartitionOid(Var *tableoid, Oid relid, SubstituteContext *context)
{
	List  *relids = find_all_inheritors(relid, NoLock, NULL);
	int    count = list_length(relids);
	Datum *oids = palloc(sizeof(Datum) * count);

	for (int i = 0; i < count; i++)
		oids[i] = ObjectIdGetDatum(list_nth_oid(relids, i));
	return CallOwn("partition_oid", OIDOID,
				   list_make3(copyObject(tableoid),
							  MakeParam(context, OidArray(oids, count, REGCLASSOID)),
							  MakeParam(context, OidArray(oids, count, OIDOID))));
}

/* A view's row type is not that of the subquery which stands in its place. */
static Node *
ViewRow(Var *var)
{
	RelabelType *relabel;

	var = copyObject(var);
	relabel = makeRelabelType((Expr *) var, var->vartype, -1, InvalidOid, COERCE_EXPLICIT_CAST);
	var->vartype = RECORDOID;
	return (Node *) relabel;
}

Node *
NullWithRow(Var *tableoid, Node *value)
{
	CaseExpr *result = makeNode(CaseExpr);
	CaseWhen *when = makeNode(CaseWhen);
	NullTest *test = makeNode(NullTest);

	test->arg = (Expr *) copyObject(tableoid);
	test->nulltesttype = IS_NOT_NULL;
	test->location = -1;
	when->expr = (Expr *) test;
	when->result = (Expr *) value;
	when->location = -1;
	result->casetype = exprType(value);
	result->args = list_make1(when);
	result->defresult = (Expr *) makeNullConst(result->casetype, -1, InvalidOid);
	result->location = -1;
	return (Node *) result;
}

static Node *
LogicalTableOid(Var *var, Oid relid, Oid type, SubstituteContext *context)
{
	Const *value =
		makeConst(type, -1, InvalidOid, sizeof(Oid), ObjectIdGetDatum(relid), false, true);

	return NullWithRow(var, MakeParam(context, (Node *) value));
}

static Node *
SubstituteVar(Var *var, SubstituteContext *context)
{
	Query         *query = list_nth(context->levels, var->varlevelsup);
	RangeTblEntry *rte = rt_fetch(var->varno, query->rtable);
	DistTable     *table;

	if (var->varattno > 0)
		return (Node *) var;
	if (rte->rtekind == RTE_SUBQUERY && var->varattno == 0 && var->vartype != RECORDOID)
		return ViewRow(var);
	table = DistTableOfVar(var, context);
	if (table == NULL)
		return (Node *) var;
	if (var->varattno == 0)
		return LogicalRow(var, table);
	if (var->varattno == TableOidAttributeNumber && table->is_parent)
		return PartitionOid(var, table->relid, context);
	if (var->varattno == TableOidAttributeNumber)
		return LogicalTableOid(var, table->relid, OIDOID, context);
	return (Node *) var;
}

/*
 * tableoid::regclass must be the name of a table, on whatever node. The planner
 * also makes COLLATE a relabelling, which would be printed without it.
 */
static Node *
SubstituteRelabel(RelabelType *relabel, SubstituteContext *context)
{
	Var       *var = (Var *) relabel->arg;
	DistTable *table = NULL;
	Oid        collation = exprCollation((Node *) relabel->arg);

	if (relabel->resulttype == REGCLASSOID && IsA(var, Var) &&
		var->varattno == TableOidAttributeNumber)
		table = DistTableOfVar(var, context);
	if (table != NULL && table->is_parent)
		return TableOfPartition(var);
	if (table != NULL)
		return LogicalTableOid(var, table->relid, REGCLASSOID, context);
	relabel->arg = (Expr *) Substitute((Node *) relabel->arg, context);
	if (OidIsValid(collation) && OidIsValid(relabel->resultcollid) &&
		relabel->resultcollid != collation)
		return (Node *) WithCollation((Expr *) relabel, relabel->resultcollid);
	return (Node *) relabel;
}

static bool
IsConstantArray(ArrayExpr *array)
{
	ListCell *lc;

	foreach (lc, array->elements)
	{
		if (!IsA(lfirst(lc), Const))
			return false;
	}
	return array->elements != NIL && IsValueType(array->array_typeid);
}

/* The rows of an INSERT ... VALUES are set aside while the rest of the statement is done. */
static Query *
SubstituteInQuery(Query *query, SubstituteContext *context)
{
	const int flags = QTW_DONT_COPY_QUERY | QTW_IGNORE_JOINALIASES;
	bool      rows = IsInsertOfValues(query);
	bool      save_once = context->once;
	List     *target_list = query->targetList;
	ListCell *lc;

	context->levels = lcons(query, context->levels);
	context->once = rows;
	if (rows)
	{
		List *values = NIL;

		target_list = (List *) Substitute((Node *) target_list, context);
		query->targetList = NIL;
		foreach (lc, query->rtable)
		{
			RangeTblEntry *rte = lfirst(lc);

			if (rte->rtekind != RTE_VALUES)
				continue;
			values = (List *) Substitute((Node *) rte->values_lists, context);
			rte->values_lists = NIL;
		}
		context->once = false;
		query_tree_mutator(query, Substitute, context, flags);
		query->targetList = target_list;
		foreach (lc, query->rtable)
		{
			if (((RangeTblEntry *) lfirst(lc))->rtekind == RTE_VALUES)
				((RangeTblEntry *) lfirst(lc))->values_lists = values;
		}
	}
	else
		query_tree_mutator(query, Substitute, context, flags);
	context->once = save_once;
	context->levels = list_delete_first(context->levels);
	return query;
}

static Node *
SubstituteBelow(Node *node, SubstituteContext *context)
{
	switch (nodeTag(node))
	{
		case T_FuncExpr:
			return SubstituteFunc((FuncExpr *) node, context);
		case T_SubscriptingRef:
			return SubstituteSubscripts((SubscriptingRef *) node, context);
		case T_FieldStore:
			((FieldStore *) node)->newvals =
				(List *) Substitute((Node *) ((FieldStore *) node)->newvals, context);
			return node;
		case T_XmlExpr:
			((XmlExpr *) node)->named_args =
				(List *) Substitute((Node *) ((XmlExpr *) node)->named_args, context);
			((XmlExpr *) node)->args =
				SubstituteKeepingConstants(((XmlExpr *) node)->args, context);
			return node;
		case T_RelabelType:
			return SubstituteRelabel((RelabelType *) node, context);
		case T_RangeTblFunction:
			return SubstituteFunctionEntry((RangeTblFunction *) node, context);
		case T_ArrayExpr:
			if (context->constants_too && IsConstantArray((ArrayExpr *) node))
				return MakeParam(context, node);
			break;
		default:
			break;
	}
	return expression_tree_mutator(node, Substitute, context);
}

static Node *
Substitute(Node *node, SubstituteContext *context)
{
	bool  save_immutable = context->immutable;
	Node *result;

	if (node == NULL)
		return NULL;
	switch (nodeTag(node))
	{
		case T_Query:
			context->immutable = false;
			result = (Node *) SubstituteInQuery((Query *) node, context);
			context->immutable = save_immutable;
			return result;
		case T_Const:
			return SubstituteConst((Const *) node, context);
		case T_Var:
			return SubstituteVar((Var *) node, context);
		case T_Param:
			if (((Param *) node)->paramkind != PARAM_EXTERN)
				return node;
			return MakeParam(context, node);
		default:
			break;
	}

	if (!context->immutable && IsExpression(node))
	{
		if (IsEvaluatedHere(node, context->once))
			return MakeParam(context, node);
		context->immutable = !contain_mutable_functions(node) && !HasLocalValue(node, NULL);
	}
	result = SubstituteBelow(node, context);
	context->immutable = save_immutable;
	return result;
}

Query *
SubstituteForPrint(Query *query, bool constants_too, List **params)
{
	SubstituteContext context = {.constants_too = constants_too};
	ListCell         *lc;

	query = SubstituteInQuery(query, &context);
	/* ready for the executor: with default arguments, for one */
	*params = NIL;
	foreach (lc, context.params)
		*params = lappend(*params, expression_planner(lfirst(lc)));
	return query;
}

PG_FUNCTION_INFO_V1(distshard_logical_row);

/*
 * distshard.logical_row(row, NULL::type) makes a row of the given type out of
 * one that has the same columns, as logical and data table do.
 */
Datum
distshard_logical_row(PG_FUNCTION_ARGS)
{
	Oid           type = get_fn_expr_argtype(fcinfo->flinfo, 1);
	TupleDesc     tupdesc;
	HeapTupleData tuple;
	Datum         result;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();

	tuple.t_data = PG_GETARG_HEAPTUPLEHEADER(0);
	tuple.t_len = HeapTupleHeaderGetDatumLength(tuple.t_data);
	ItemPointerSetInvalid(&tuple.t_self);
	tuple.t_tableOid = InvalidOid;
	tupdesc = lookup_rowtype_tupdesc(type, -1);
	result = heap_copy_tuple_as_datum(&tuple, tupdesc);
	ReleaseTupleDesc(tupdesc);
	PG_RETURN_DATUM(result);
}
