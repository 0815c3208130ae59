/*-------------------------------------------------------------------------
 *
 * any_order.c
 *	  Results that are the same in whatever order the rows come.
 *
 * Not so are arrays and texts that are made of many rows, and sums of floating
 * point numbers. Nor is, where values are equal that are not the same, like
 * 1.0 and 1.00, which of them stands for a group or is the largest: B-trees know
 * of which types that is so, since their deduplication depends on it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/nbtree.h"
#include "access/sysattr.h"
#include "access/transam.h"
#include "catalog/pg_aggregate.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_type.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "optimizer/planmain.h"
#include "optimizer/tlist.h"
#include "parser/parsetree.h"
#include "planner/any_order.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

bool
EqualsAreAlike(Oid type, Oid collation)
{
	TypeCacheEntry *entry = lookup_type_cache(type, TYPECACHE_BTREE_OPFAMILY);
	Oid             function;

	if (!OidIsValid(entry->btree_opf))
		return false;
	function = get_opfamily_proc(entry->btree_opf, entry->btree_opintype, entry->btree_opintype,
								 BTEQUALIMAGE_PROC);
	return OidIsValid(function) &&
		   DatumGetBool(
			   OidFunctionCall1Coll(function, collation, ObjectIdGetDatum(entry->btree_opintype)));
}

static bool
is_alike(Node *expr)
{
	return EqualsAreAlike(exprType(expr), exprCollation(expr));
}

bool
SortsByAll(List *targetlist, List *sort_clause)
{
	ListCell *lc;

	foreach (lc, targetlist)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);

		if (tle->resjunk || IsA(tle->expr, Const))
			continue;
		if (tle->ressortgroupref == 0 ||
			get_sortgroupref_clause_noerr(tle->ressortgroupref, sort_clause) == NULL ||
			!is_alike((Node *) tle->expr))
			return false;
	}
	return true;
}

/* Columns of an entry that conditions fix, given rows of other entries. */
typedef struct FixedColumns
{
	Index  rti;
	Relids given;
	List  *numbers;   /* of int: the columns */
	List  *operators; /* of Oid: by which they are compared */
} FixedColumns;

static void
fix_by_comparison(FixedColumns *fixed, OpExpr *comparison)
{
	Oid       collation = comparison->inputcollid;
	ListCell *lc;

	if (list_length(comparison->args) != 2 ||
		!op_mergejoinable(comparison->opno, exprType(linitial(comparison->args))) ||
		(OidIsValid(collation) && !get_collation_isdeterministic(collation)))
		return;
	foreach (lc, comparison->args)
	{
		Var  *var = lfirst(lc);
		Node *other = list_nth(comparison->args, 1 - foreach_current_index(lc));

		if (!IsA(var, Var) || var->varno != fixed->rti || var->varlevelsup != 0 ||
			!bms_is_subset(pull_varnos(NULL, other), fixed->given))
			continue;
		fixed->numbers = lappend_int(fixed->numbers, var->varattno);
		fixed->operators = lappend_oid(fixed->operators, comparison->opno);
	}
}

static void
find_fixed_columns(FixedColumns *fixed, Node *quals)
{
	ListCell *lc;

	if (quals && is_andclause(quals))
	{
		foreach (lc, ((BoolExpr *) quals)->args)
			find_fixed_columns(fixed, lfirst(lc));
	}
	else if (quals && IsA(quals, OpExpr))
		fix_by_comparison(fixed, (OpExpr *) quals);
}

/* Is the primary key of a table among these columns? */
static bool
has_primary_key(RangeTblEntry *rte, List *columns)
{
	Oid        constraint;
	Bitmapset *key = NULL;
	int        member = -1;

	if (rte->rtekind == RTE_RELATION && rte->relkind != RELKIND_VIEW)
		key = get_primary_key_attnos(rte->relid, false, &constraint);
	while ((member = bms_next_member(key, member)) >= 0)
	{
		if (!list_member_int(columns, member + FirstLowInvalidHeapAttributeNumber))
			return false;
	}
	return key != NULL;
}

bool
IsOneRow(Query *query, Index rti, Relids given)
{
	RangeTblEntry *rte = rt_fetch(rti, query->rtable);
	FixedColumns   fixed = {rti, given};

	find_fixed_columns(&fixed, query->jointree->quals);
	if (rte->rtekind == RTE_SUBQUERY)
		return query_supports_distinctness(rte->subquery) &&
			   query_is_distinct_for(rte->subquery, fixed.numbers, fixed.operators);
	return has_primary_key(rte, fixed.numbers);
}

/*
 * Does an order, with the conditions, leave no choice between rows of the query's only table? The order is that of
 * the query, or of an aggregate.
 */
bool
SortsByKey(Query *query, List *targetlist, List *sort_clause)
{
	List        *from = query->jointree->fromlist;
	FixedColumns fixed = {0};
	ListCell    *lc;

	if (list_length(from) != 1 || !IsA(linitial(from), RangeTblRef) || query->setOperations)
		return false;
	fixed.rti = linitial_node(RangeTblRef, from)->rtindex;
	find_fixed_columns(&fixed, query->jointree->quals);
	foreach (lc, sort_clause)
	{
		Var *var = (Var *) get_sortgroupclause_expr(lfirst(lc), targetlist);

		if (IsA(var, Var) && var->varno == fixed.rti && var->varlevelsup == 0)
			fixed.numbers = lappend_int(fixed.numbers, var->varattno);
	}
	return has_primary_key(rt_fetch(fixed.rti, query->rtable), fixed.numbers);
}

/* Sums and the like of these are exact. */
static bool
is_exact_type(Oid type)
{
	switch (type)
	{
		case BOOLOID:
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case NUMERICOID:
		case CASHOID:
		case INTERVALOID:
		case BITOID:
		case VARBITOID:
			return true;
		default:
			return false;
	}
}

/* min(), max(), and others that return one of their arguments. */
static bool
is_extremum(Oid aggregate)
{
	HeapTuple tuple = SearchSysCache1(AGGFNOID, ObjectIdGetDatum(aggregate));
	bool      result;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for aggregate %u", aggregate);
	result = OidIsValid(((Form_pg_aggregate) GETSTRUCT(tuple))->aggsortop);
	ReleaseSysCache(tuple);
	return result;
}

/* "query": the one that aggregates, if that is known */
static bool
takes_any_order(Query *query, Aggref *agg)
{
	List *order = agg->aggdistinct ? agg->aggdistinct : agg->aggorder;
	Node *arg = agg->args ? (Node *) linitial_node(TargetEntry, agg->args)->expr : NULL;

	if (agg->aggfnoid == F_COUNT_ || agg->aggfnoid == F_COUNT_ANY)
		return true;
	if (order && (SortsByAll(agg->args, order) ||
				  (query && agg->aggdistinct == NIL && SortsByKey(query, agg->args, order))))
		return true;
	if (agg->aggkind != AGGKIND_NORMAL || arg == NULL || (agg->aggdistinct && !is_alike(arg)))
		return false;
	if (is_extremum(agg->aggfnoid))
		return is_alike(arg);
	return agg->aggfnoid < FirstNormalObjectId && list_length(agg->args) == 1 &&
		   is_exact_type(exprType(arg)) && is_exact_type(agg->aggtype);
}

typedef struct Aggregates
{
	Query *query;
	int    depth; /* below it */
} Aggregates;

static bool
by_order_walker(Node *node, Aggregates *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Aggref) && (int) ((Aggref *) node)->agglevelsup == context->depth &&
		!takes_any_order(context->depth == 0 ? context->query : NULL, (Aggref *) node))
		return true;
	if (IsA(node, Query))
	{
		Aggregates below = {context->query, context->depth + 1};

		return query_tree_walker((Query *) node, by_order_walker, &below, 0);
	}
	return expression_tree_walker(node, by_order_walker, context);
}

bool
AggregatesByOrder(Query *query)
{
	Aggregates context = {query, 0};

	return query->hasAggs && query_tree_walker(query, by_order_walker, &context, 0);
}

bool
FiltersByOrder(Query *query)
{
	Aggregates context = {query, 0};

	return by_order_walker(query->havingQual, &context);
}

static bool
groups_unlike_values(List *clauses, List *targetlist)
{
	ListCell *lc;

	foreach (lc, clauses)
	{
		if (!is_alike(get_sortgroupclause_expr(lfirst(lc), targetlist)))
			return true;
	}
	return false;
}

static bool
set_operation_merges(Node *node)
{
	SetOperationStmt *setop = (SetOperationStmt *) node;
	ListCell         *lc;
	ListCell         *lc2;

	if (node == NULL || !IsA(node, SetOperationStmt))
		return false;
	if (!(setop->op == SETOP_UNION && setop->all))
	{
		forboth (lc, setop->colTypes, lc2, setop->colCollations)
		{
			if (!EqualsAreAlike(lfirst_oid(lc), lfirst_oid(lc2)))
				return true;
		}
	}
	return set_operation_merges(setop->larg) || set_operation_merges(setop->rarg);
}

bool
MergesUnlikeValues(Query *query)
{
	return groups_unlike_values(query->groupClause, query->targetList) ||
		   (!query->hasDistinctOn &&
			groups_unlike_values(query->distinctClause, query->targetList)) ||
		   set_operation_merges(query->setOperations);
}
