/*-------------------------------------------------------------------------
 *
 * shippable.c
 *	  Why a query must not be sent to another node as text.
 *
 * Three kinds of reasons: the text could not say what the query does (rules,
 * check options), its guarantees would be lost (security barriers), or it
 * calls a function whose result would depend on where, or how often, it runs.
 * Of the functions that are not immutable, PostgreSQL's own stable ones and a
 * few volatile ones may run on the nodes; users' own may not.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/sysattr.h"
#include "access/transam.h"
#include "compat.h"
#include "catalog/metadata.h"
#include "catalog/oid_types.h"
#include "catalog/pg_class.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "planner/catalog_names.h"
#include "planner/fragment.h"
#include "planner/received_rows.h"
#include "planner/print.h"
#include "planner/print_steps.h"
#include "rewrite/rowsecurity.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/regproc.h"
#include "utils/syscache.h"

/* Values for one INSERT that must be evaluated here; the protocol takes 65535 parameters. */
#define MAX_VALUES 60000

typedef struct ReasonContext
{
	const char *reason;
	bool        once; /* in a row of INSERT ... VALUES */
	int         values;
	List *levels; /* of Query: that which is looked at, and those around it, innermost first */
	bool  has_policies; /* is there a distributed table with row-level security? */
	Oid   policy_role;  /* then whose policies apply; InvalidOid: the current user's */
} ReasonContext;

static bool FindReason(Node *node, ReasonContext *context);

static bool
Because(ReasonContext *context, const char *reason)
{
	context->reason = reason;
	return true;
}

/* Volatile functions of PostgreSQL whose every result is new, so that it does not matter where they run. */
static bool
IsHarmlessVolatile(Oid function)
{
	switch (function)
	{
		case F_RANDOM:
		case F_CLOCK_TIMESTAMP:
		case F_TIMEOFDAY:
		case F_GEN_RANDOM_UUID:
		case F_PG_SLEEP:
			return true;
		default:
			return false;
	}
}

/* Does the function look up an object by its number, which is another one on another node? */
static bool
TakesOid(Oid function)
{
	Oid *types;
	int  ntypes;

	(void) get_func_signature(function, &types, &ntypes);
	for (int i = 0; i < ntypes; i++)
	{
		if (types[i] == OIDOID)
			return true;
	}
	return false;
}

/* The function of ours that looks at a shard. */
static bool
IsForNodes(Oid function)
{
	return function >= FirstNormalObjectId && get_func_rettype(function) == TIDARRAYOID &&
		   get_func_namespace(function) == get_namespace_oid("distshard", false);
}

static bool
MustStayHere(Oid function, void *context)
{
	char  volatility = func_volatile(function);
	char *name;

	if (volatility == PROVOLATILE_IMMUTABLE || IsForNodes(function) ||
		IsReceivedRowsFunction(function))
		return false;
	if (function < FirstNormalObjectId)
	{
		if (volatility == PROVOLATILE_VOLATILE)
		{
			if (IsHarmlessVolatile(function))
				return false;
		}
		else if (TakesOid(function))
			return Because(context, psprintf("function %s looks up an object of this node",
											 format_procedure(function)));
		else if (!get_func_retset(function))
			return false;
		else
		{
			/* pg_stat_get_activity() and the like tell of the node that they run on */
			name = get_func_name(function);
			if (strncmp(name, "pg_", 3) != 0)
				return false;
		}
	}
	Because(context, psprintf("function %s is %s", format_procedure(function),
							  volatility == PROVOLATILE_VOLATILE ? "volatile" : "not immutable"));
	return true;
}

/* The claim names one role whose policies apply. */
static bool
ReasonInPolicies(RangeTblEntry *rte, ReasonContext *context)
{
	if (rte->security_barrier)
		return Because(context, "security barrier view");
	if (!HasRowSecurity(rte->relid))
		return rte->securityQuals != NIL && Because(context, "security barrier view");
	if (LookupDistTable(rte->relid) == NULL)
		return false;
	if (context->has_policies && context->policy_role != rte->checkAsUser)
		return Because(context, "row-level security policies of several roles");
	context->has_policies = true;
	context->policy_role = rte->checkAsUser;
	return false;
}

static bool
ReasonInEntry(RangeTblEntry *rte, ReasonContext *context)
{
	switch (rte->rtekind)
	{
		case RTE_RELATION:
			return rte->relkind != RELKIND_COMPOSITE_TYPE && ReasonInPolicies(rte, context);
		case RTE_SUBQUERY:
			if (rte->security_barrier)
				return Because(context, "security barrier view");
			return false;
		case RTE_NAMEDTUPLESTORE:
			return Because(context, "transition table of a trigger");
		default:
			return false;
	}
}

List *
PoliciesOnTarget(Query *query)
{
	List *policies;
	List *checks;
	bool  has_security;
	bool  has_sublinks;

	get_row_security_policies(query, rt_fetch(query->resultRelation, query->rtable),
							  query->resultRelation, &policies, &checks, &has_security,
							  &has_sublinks);
	return policies;
}

/* Policies stand before what the views say: so many as there are now. */
List *
ViewBarriers(Query *query)
{
	List *quals = rt_fetch(query->resultRelation, query->rtable)->securityQuals;

	return quals ? list_copy_tail(quals, list_length(PoliciesOnTarget(query))) : NIL;
}

static bool
ReasonInTarget(Query *query, ReasonContext *context)
{
	ListCell *lc;

	if (query->resultRelation == 0)
		return false;
	/* left as the target, it has triggers for its rows, which fire where the session is */
	if (rt_fetch(query->resultRelation, query->rtable)->relkind == RELKIND_VIEW)
		return Because(context, "INSTEAD OF trigger of a view");
	if (ViewBarriers(query) != NIL)
		return Because(context, "update of a security barrier view");
	foreach (lc, query->withCheckOptions)
	{
		WCOKind kind = lfirst_node(WithCheckOption, lc)->kind;

		if (kind == WCO_VIEW_CHECK || kind == VIEW_CONFLICT_CHECK)
			return Because(context, "WITH CHECK OPTION of a view");
	}
	return false;
}

/* What is printed of an INSERT is its source, nothing else. */
static bool
ReasonInInsert(Query *query, ReasonContext *context)
{
	List          *from = query->jointree->fromlist;
	RangeTblEntry *source;
	int            others = 0;
	ListCell      *lc;

	if (query->jointree->quals != NULL || list_length(from) > 1)
		return Because(context, "rule on INSERT");
	if (from != NIL)
	{
		if (!IsA(linitial(from), RangeTblRef))
			return Because(context, "rule on INSERT");
		source = rt_fetch(linitial_node(RangeTblRef, from)->rtindex, query->rtable);
		if (source->rtekind != RTE_SUBQUERY && source->rtekind != RTE_VALUES)
			return Because(context, "rule on INSERT");
	}
	foreach (lc, query->rtable)
	{
		RTEKind kind = ((RangeTblEntry *) lfirst(lc))->rtekind;

		if (kind == RTE_SUBQUERY || kind == RTE_VALUES)
			others++;
	}
	if (others > list_length(from))
		return Because(context, "rule on INSERT");

	if (query->onConflict != NULL && OidIsValid(query->onConflict->constraint) &&
		query->onConflict->arbiterElems == NIL &&
		ArbiterColumns(query->onConflict->constraint, query->resultRelation) == NIL)
		return Because(context, "ON CONFLICT on an exclusion constraint");
	return false;
}

static bool
NamesTableOid(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Var))
		return ((Var *) node)->varattno == TableOidAttributeNumber;
	return expression_tree_walker(node, NamesTableOid, context);
}

/* Grouped by tableoid, the rest may only use it so; but the names of tables are made otherwise. */
static bool
GroupsByTableOid(Query *query)
{
	ListCell *lc;

	foreach (lc, query->groupClause)
	{
		if (NamesTableOid(get_sortgroupclause_expr(lfirst(lc), query->targetList), NULL))
			return true;
	}
	return false;
}

/* What an INSERT does to a part of a column, standing in the SELECT of its rows. */
static bool
Assigns(List *target_list)
{
	ListCell *lc;

	foreach (lc, target_list)
	{
		Node *node = (Node *) lfirst_node(TargetEntry, lc)->expr;

		if (node && IsA(node, CoerceToDomain))
			node = (Node *) ((CoerceToDomain *) node)->arg;
		if (node && (IsA(node, FieldStore) || (IsA(node, SubscriptingRef) &&
											   ((SubscriptingRef *) node)->refassgnexpr != NULL)))
			return true;
	}
	return false;
}

static bool
ReasonAtLevel(Query *query, ReasonContext *context)
{
	ListCell *lc;

	if (query->querySource != QSRC_ORIGINAL && query->querySource != QSRC_PARSER)
		return Because(context, "action of a rule");
	if (query->commandType == CMD_SELECT && Assigns(query->targetList))
		return Because(context, "assignment to a part of a column");
	if (GroupsByTableOid(query))
		return Because(context, "GROUP BY tableoid");
	foreach (lc, query->cteList)
	{
		CommonTableExpr *cte = lfirst(lc);

		/* expanded by now, with records whose columns have names */
		if (cte->search_clause != NULL || cte->cycle_clause != NULL)
			return Because(context, "SEARCH or CYCLE");
	}
	foreach (lc, query->rtable)
	{
		if (ReasonInEntry(lfirst(lc), context))
			return true;
	}
	return ReasonInTarget(query, context) ||
		   (query->commandType == CMD_INSERT && ReasonInInsert(query, context));
}

/* In the rows of INSERT ... VALUES, expressions are evaluated once: these go first, then all the rest. */
static bool
ReasonInRows(Query *query, ReasonContext *context)
{
	ListCell *lc;

	context->once = true;
	context->values = 0;
	if (FindReason((Node *) query->targetList, context))
		return true;
	foreach (lc, query->rtable)
	{
		RangeTblEntry *rte = lfirst(lc);

		if (rte->rtekind == RTE_VALUES)
		{
			/* what is evaluated in the target list is so for each row */
			context->values *= list_length(rte->values_lists);
			if (FindReason((Node *) rte->values_lists, context))
				return true;
		}
	}
	context->once = false;
	return context->values > MAX_VALUES && Because(context, "too many values in one INSERT");
}

/* Policies are applied on the nodes, whatever they call or read. The query is copied only so far. */
static Query
WithoutPolicies(const Query *query)
{
	Query     result = *query;
	ListCell *lc;

	result.withCheckOptions = NIL;
	result.rtable = NIL;
	foreach (lc, query->rtable)
	{
		RangeTblEntry *rte = palloc(sizeof(RangeTblEntry));

		*rte = *lfirst_node(RangeTblEntry, lc);
		rte->securityQuals = NIL;
		result.rtable = lappend(result.rtable, rte);
	}
	return result;
}

static bool
ReasonInQuery(Query *query, ReasonContext *context)
{
	bool  save_once = context->once;
	bool  rows = IsInsertOfValues(query);
	Query rest = *query;

	context->once = false;
	context->levels = lcons(query, context->levels);
	if (ReasonAtLevel(query, context))
		return true;
	if (rows)
	{
		ListCell *lc;

		if (ReasonInRows(query, context))
			return true;
		rest.targetList = NIL;
		rest.rtable = NIL;
		foreach (lc, query->rtable)
		{
			if (((RangeTblEntry *) lfirst(lc))->rtekind != RTE_VALUES)
				rest.rtable = lappend(rest.rtable, lfirst(lc));
		}
	}
	rest.withCheckOptions = NIL;
	if (context->has_policies)
		rest = WithoutPolicies(&rest);
	if (query_tree_walker(&rest, FindReason, context,
						  QTW_IGNORE_JOINALIASES | QTW_EXAMINE_RTES_BEFORE))
		return true;
	context->levels = list_delete_first(context->levels);
	context->once = save_once;
	return false;
}

/* ROW() names its columns f1, f2, ...; the row of a join, which is made into one, has names of its own. */
static bool
HasColumnNames(RowExpr *row)
{
	ListCell *lc;

	if (row->row_typeid != RECORDOID)
		return false;
	foreach (lc, row->colnames)
	{
		if (strcmp(strVal(lfirst(lc)), psprintf("f%d", foreach_current_index(lc) + 1)) != 0)
			return true;
	}
	return false;
}

/* From a number to a name, or back. The name of the table that a row is of is made otherwise. */
static bool
ResolvesOid(RelabelType *cast)
{
	return IsOidAlias(cast->resulttype) != IsOidAlias(exprType((Node *) cast->arg)) &&
		   !(IsA(cast->arg, Var) && ((Var *) cast->arg)->varattno == TableOidAttributeNumber);
}

/* Would the text name a type that other nodes do not have? */
static bool
NamesLocalType(Node *node)
{
	switch (nodeTag(node))
	{
		case T_Var:
			return ((Var *) node)->varattno == InvalidAttrNumber && IsLocalType(exprType(node));
		case T_Const:
		case T_Param:
		case T_RowExpr:
		case T_FuncExpr:
		case T_RelabelType:
		case T_CoerceViaIO:
		case T_CoerceToDomain:
		case T_ArrayCoerceExpr:
		case T_ConvertRowtypeExpr:
		case T_ArrayExpr:
		case T_Aggref:
			return IsLocalType(exprType(node));
		default:
			return false;
	}
}

/* Where a row is, and by whom it was written, is something else for each copy of a reference table. */
static bool
IsSystemColumnOfCopy(Var *var, List *levels)
{
	RangeTblEntry *rte;
	DistTable     *table;
	Query         *query;

	if (var->varattno >= 0 || var->varattno == TableOidAttributeNumber ||
		(int) var->varlevelsup >= list_length(levels))
		return false;
	query = list_nth(levels, var->varlevelsup);
	if (query->rtable == NIL) /* RETURNING by itself: of the copy that is asked for the rows */
		return false;
	rte = rt_fetch(var->varno, query->rtable);
	table = rte->rtekind == RTE_RELATION ? LookupDistTable(rte->relid) : NULL;
	return table && table->method == DIST_REFERENCE;
}

static bool
FindReason(Node *node, ReasonContext *context)
{
	if (node == NULL)
		return false;
	if (NamesLocalType(node))
		return Because(context, "type that only this node has");
	if (ImpliesOperatorOfUser(node))
		return Because(context, "comparison by a user's operator that is not named");
	switch (nodeTag(node))
	{
		case T_Query:
			return ReasonInQuery((Query *) node, context);
		case T_RangeTblEntry:
			return false;
		case T_Var:
			return IsSystemColumnOfCopy((Var *) node, context->levels) &&
				   Because(context, "system column of a reference table");
		case T_RangeTblFunction:
			if (IsEvaluatedHere(((RangeTblFunction *) node)->funcexpr, false))
				return Because(context, "function in FROM that is not immutable");
			break;
		case T_RowExpr:
			if (HasColumnNames((RowExpr *) node))
				return Because(context, "row of a join");
			break;
		case T_CurrentOfExpr:
			return Because(context, "WHERE CURRENT OF");
		case T_Param:
			if (((Param *) node)->paramkind == PARAM_EXEC)
				return Because(context, "value of an enclosing query");
			if (((Param *) node)->paramkind == PARAM_EXTERN &&
				!IsValueType(((Param *) node)->paramtype))
				return Because(context, "parameter of type record");
			return false;
		case T_Const:
			if (!IsPlainLiteral((Const *) node))
				context->values++;
			return false;
		default:
			break;
	}
	if (IsEvaluatedHere(node, context->once))
	{
		context->values++;
		return false;
	}
	if (IsA(node, RelabelType) && ResolvesOid((RelabelType *) node))
		return Because(context, "name of an object by its OID");
	if (IsA(node, NextValueExpr))
		return Because(context, "identity column");
	if (check_functions_in_node(node, MustStayHere, context))
		return true;
	return expression_tree_walker(node, FindReason, context);
}

static bool
FindPolicyRole(Node *node, Oid *role)
{
	if (node == NULL)
		return false;
	if (IsA(node, RangeTblEntry))
	{
		RangeTblEntry *rte = (RangeTblEntry *) node;

		if (rte->rtekind == RTE_RELATION && OidIsValid(rte->checkAsUser) &&
			LookupDistTable(rte->relid) != NULL && HasRowSecurity(rte->relid))
			*role = rte->checkAsUser;
		return false;
	}
	if (IsA(node, Query))
	{
		Query rest = WithoutPolicies((Query *) node);

		return query_tree_walker(&rest, FindPolicyRole, role,
								 QTW_EXAMINE_RTES_BEFORE | QTW_IGNORE_JOINALIASES);
	}
	return expression_tree_walker(node, FindPolicyRole, role);
}

/* The role is the same for all tables of a query that can be printed. */
Oid
PolicyRole(Query *query)
{
	Oid role = InvalidOid;

	FindPolicyRole((Node *) query, &role);
	return role;
}

/* Anonymous records cannot be read from another node: only their type's name would come along. */
static bool
ReturnsRecord(Query *query)
{
	List     *output = query->commandType == CMD_SELECT ? query->targetList : query->returningList;
	ListCell *lc;

	foreach (lc, output)
	{
		TargetEntry *tle = lfirst(lc);
		Oid          type = exprType((Node *) tle->expr);

		if (!tle->resjunk && (type == RECORDOID || type == RECORDARRAYOID))
			return true;
	}
	return false;
}

const char *
WhyNotPrintable(Query *query)
{
	ReasonContext context = {0};

	if (ReturnsRecord(query))
		return "result of type record";
	FindReason((Node *) query, &context);
	return context.reason;
}
