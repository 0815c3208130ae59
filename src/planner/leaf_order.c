/*-------------------------------------------------------------------------
 *
 * leaf_order.c
 *	  Leaves whose rows come in an order.
 *
 * Where PostgreSQL would sort the rows of a leaf, for ORDER BY, for grouping or
 * for windows, the nodes can do so instead, each its own rows, all at the same
 * time; the scan merges them. The planner chooses by cost.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/key_type.h"
#include "catalog/metadata.h"
#include "miscadmin.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/paths.h"
#include "optimizer/tlist.h"
#include "parser/parse_clause.h"
#include "planner/dist_plan.h"
#include "planner/leaf_order.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

/*
 * Does ORDER BY on the column mean this operator? It may be that of another
 * type, to which the column was cast: integers are in another order as OIDs.
 * And objects are in the order of their OIDs, which differs from node to node.
 */
static bool
is_usual_order(Oid sort_op, Oid type)
{
	TypeCacheEntry *usual = lookup_type_cache(type, TYPECACHE_LT_OPR | TYPECACHE_GT_OPR);

	return OidIsValid(sort_op) && (sort_op == usual->lt_opr || sort_op == usual->gt_opr) &&
		   !HashedByOids(type);
}

/* The column whose order is that of the path key, and its operator. */
static LeafSort *
sort_of(RelOptInfo *rel, PathKey *key)
{
	EquivalenceClass *class = key->pk_eclass;
	ListCell *lc;

	if (class->ec_has_volatile)
		return NULL;
	foreach (lc, class->ec_members)
	{
		EquivalenceMember *member = lfirst_node(EquivalenceMember, lc);
		Expr              *expr = member->em_expr;
		LeafSort          *sort;

		while (IsA(expr, RelabelType))
			expr = ((RelabelType *) expr)->arg;
		if (member->em_is_child || !IsA(expr, Var) || ((Var *) expr)->varno != rel->relid ||
			((Var *) expr)->varattno <= 0 || ((Var *) expr)->varcollid != class->ec_collation)
			continue;
		sort = palloc(sizeof(LeafSort));
		sort->column = (Var *) expr;
		sort->sort_op = get_opfamily_member(key->pk_opfamily, member->em_datatype,
											member->em_datatype, key->pk_strategy);
		sort->nulls_first = key->pk_nulls_first;
		return is_usual_order(sort->sort_op, sort->column->vartype) ? sort : NULL;
	}
	return NULL;
}

List *
LeafOrder(RelOptInfo *rel, List *pathkeys)
{
	List     *result = NIL;
	ListCell *lc;

	foreach (lc, pathkeys)
	{
		LeafSort *sort = sort_of(rel, lfirst_node(PathKey, lc));

		if (sort == NULL)
			return NIL;
		result = lappend(result, sort);
	}
	return result;
}

Cost
CostOfLeafOrder(PlannerInfo *root, RelOptInfo *rel, List *pathkeys)
{
	Path sort;

	cost_sort(&sort, root, pathkeys, 0, clamp_row_est(rel->rows / list_length(AllPrimaries())),
			  rel->reltarget->width, 0, work_mem, -1);
	return sort.total_cost;
}

static int
position_of(Var *column, List *columns)
{
	ListCell *lc;

	foreach (lc, columns)
	{
		if (equal(lfirst(lc), column))
			return foreach_current_index(lc);
	}
	elog(ERROR, "a column to sort by is not in the output of its fragment");
}

void
SortFragment(Query *query, List *columns, List *order)
{
	ListCell *lc;

	foreach (lc, order)
	{
		LeafSort        *sort = lfirst(lc);
		TargetEntry     *tle = list_nth(query->targetList, position_of(sort->column, columns));
		SortGroupClause *clause = makeNode(SortGroupClause);

		clause->tleSortGroupRef = assignSortGroupRef(tle, query->targetList);
		clause->sortop = sort->sort_op;
		clause->eqop = get_equality_op_for_ordering_op(sort->sort_op, NULL);
		clause->nulls_first = sort->nulls_first;
		query->sortClause = lappend(query->sortClause, clause);
	}
}

List *
MergeOrder(List *columns, List *order)
{
	List     *result = NIL;
	ListCell *lc;

	foreach (lc, order)
	{
		LeafSort   *sort = lfirst(lc);
		SortColumn *column = palloc(sizeof(SortColumn));

		column->attno = position_of(sort->column, columns) + 1;
		column->sort_op = sort->sort_op;
		column->collation = sort->column->varcollid;
		column->nulls_first = sort->nulls_first;
		result = lappend(result, column);
	}
	return result;
}
