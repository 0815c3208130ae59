/*-------------------------------------------------------------------------
 *
 * copies.c
 *	  Whether nodes compute the same from rows that each of them has.
 *
 * Copies of a reference table hold the same rows, but not in the same order on
 * disk. So what depends on that order, or on chance, is computed once for the
 * whole statement, and not on each node: a subquery with LIMIT, say, of which
 * nodes would join different rows. The same goes for aggregates of which the
 * order of rows is part of the result (any_order.c), and for rows that are
 * grouped by values which can be equal without being the same.
 *
 * A subquery that refers to a row which only one node has is computed for that
 * row, there. One that refers to copied rows is not.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "planner/any_order.h"
#include "planner/copies.h"
#include "planner/leaf.h"
#include "planner/spread.h"
#include "planner/transfer.h"
#include "rewrite/rewriteManip.h"

typedef struct RowReference
{
	List *levels; /* of Query: that which is looked at, and those around it, innermost first */
	int   inside; /* so many of them belong to the subquery */
} RowReference;

/* Are the rows of an entry each on one node only? Where that is not plain: no. */
static bool
is_split_entry(RangeTblEntry *rte)
{
	QueryTables tables;
	DistTable  *table;
	Transfer   *transfer;

	switch (rte->rtekind)
	{
		case RTE_RELATION:
			table = LookupDistTable(rte->relid);
			return table && table->method != DIST_REFERENCE;
		case RTE_SUBQUERY:
			FindDistTables(rte->subquery, &tables);
			return tables.dist_tables != NIL;
		case RTE_FUNCTION:
			transfer = TransferOfEntry(rte);
			return transfer && transfer->table;
		default:
			return false;
	}
}

static bool
names_split_entry(Query *query, Var *var)
{
	RangeTblEntry *rte = rt_fetch(var->varno, query->rtable);
	Node          *columns;
	Relids         entries;
	int            rti = -1;

	if (rte->rtekind != RTE_JOIN)
		return is_split_entry(rte);
	columns = var->varattno > 0 ? list_nth(rte->joinaliasvars, var->varattno - 1)
								: (Node *) rte->joinaliasvars;
	entries = pull_varnos(NULL, flatten_join_alias_vars(query, copyObject(columns)));
	while ((rti = bms_next_member(entries, rti)) > 0)
	{
		if (is_split_entry(rt_fetch(rti, query->rtable)))
			return true;
	}
	return false;
}

static bool
refers_to_split_walker(Node *node, RowReference *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Var))
	{
		int level = ((Var *) node)->varlevelsup;

		return level >= context->inside && level < list_length(context->levels) &&
			   names_split_entry(list_nth(context->levels, level), (Var *) node);
	}
	if (IsA(node, Query))
	{
		RowReference inner = {lcons(node, list_copy(context->levels)), context->inside + 1};

		return query_tree_walker((Query *) node, refers_to_split_walker, &inner,
								 QTW_IGNORE_JOINALIASES);
	}
	return expression_tree_walker(node, refers_to_split_walker, context);
}

/* Is the subquery computed for a row that only one node has? */
static bool
is_for_split_row(Query *query, List *around)
{
	RowReference context = {around, 0};

	return refers_to_split_walker((Node *) query, &context);
}

static bool
has_one_order(Query *query)
{
	bool is_grouped = query->hasAggs || query->groupClause || query->groupingSets;

	if (query->hasAggs && query->groupClause == NIL && query->groupingSets == NIL)
		return true; /* it is one row */
	return SortsByAll(query->targetList, query->sortClause) ||
		   (!is_grouped && !query->hasTargetSRFs &&
			SortsByKey(query, query->targetList, query->sortClause));
}

static bool
picks_rows(Query *query)
{
	if (query->hasWindowFuncs || checkExprHasSubLink(query->limitCount) ||
		checkExprHasSubLink(query->limitOffset))
		return true;
	return (query->limitCount || query->limitOffset || query->hasDistinctOn) &&
		   !has_one_order(query);
}

RowsUse
UseOfRows(SubLink *sublink)
{
	return sublink->subLinkType == EXISTS_SUBLINK  ? USES_EXISTENCE
		   : sublink->subLinkType == ARRAY_SUBLINK ? USES_ORDER
												   : USES_ROWS;
}

const char *
WhyCopiesDiffer(Query *query, RowsUse use, List *around)
{
	const char *reason = NULL;

	if (contain_volatile_functions((Node *) query))
		return "a volatile function is computed apart from split rows";
	if (use == USES_EXISTENCE ? FiltersByOrder(query) : AggregatesByOrder(query))
		reason = "an aggregate depends on the order of rows that every node has";
	else if (use == USES_EXISTENCE)
		return NULL;
	else if (picks_rows(query))
		reason = "a subquery picks or numbers rows that every node has";
	else if (MergesUnlikeValues(query))
		reason = "rows that every node has are grouped by values that are equal, but not the same";
	else if (use == USES_ORDER && !has_one_order(query))
		reason = "an array is made of rows that every node has";
	return reason && !is_for_split_row(query, around) ? reason : NULL;
}

static bool
copies_differ_walker(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, SubLink))
	{
		Query *subquery = castNode(Query, ((SubLink *) node)->subselect);

		return WhyCopiesDiffer(subquery, UseOfRows((SubLink *) node), NIL) != NULL ||
			   query_tree_walker(subquery, copies_differ_walker, context, 0) ||
			   copies_differ_walker(((SubLink *) node)->testexpr, context);
	}
	if (IsA(node, Query))
		return WhyCopiesDiffer((Query *) node, USES_ROWS, NIL) != NULL ||
			   query_tree_walker((Query *) node, copies_differ_walker, context, 0);
	return expression_tree_walker(node, copies_differ_walker, context);
}

bool
CopiesDifferIn(Node *expr)
{
	return contain_volatile_functions(expr) || copies_differ_walker(expr, NULL);
}
