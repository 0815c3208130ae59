/*-------------------------------------------------------------------------
 *
 * unused_cte.c
 *	  CTEs that nothing refers to.
 *
 * PostgreSQL does not compute them. Here they must not even be printed: they
 * may name tables that another node has not, and need not be thought about when
 * it is decided where a query can run.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "nodes/nodeFuncs.h"
#include "planner/outer_cte.h"
#include "planner/shape.h"

/* What a CTE that goes away refers to, of CTEs (the list) beside it, has one reference less. */
static void
release_reference(RangeTblEntry *rte, int levels, void *ctes)
{
	ListCell *lc;

	if (levels != 1)
		return;
	foreach (lc, (List *) ctes)
	{
		CommonTableExpr *cte = lfirst_node(CommonTableExpr, lc);

		if (strcmp(cte->ctename, rte->ctename) == 0)
			cte->cterefcount--;
	}
}

/* The last ones first, since a CTE refers to those before it. */
static void
drop_from_list(Query *query)
{
	for (int i = list_length(query->cteList) - 1; i >= 0; i--)
	{
		CommonTableExpr *cte = list_nth_node(CommonTableExpr, query->cteList, i);
		Query           *subquery = castNode(Query, cte->ctequery);

		if (cte->cterefcount > 0 || subquery->commandType != CMD_SELECT)
			continue;
		VisitCtes(subquery, release_reference, query->cteList);
		query->cteList = list_delete_nth_cell(query->cteList, i);
	}
}

static bool
drop_in_sublinks(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Query))
	{
		DropUnusedCtes((Query *) node);
		return false;
	}
	return expression_tree_walker(node, drop_in_sublinks, context);
}

void
DropUnusedCtes(Query *query)
{
	ListCell *lc;

	drop_from_list(query);
	foreach (lc, query->cteList)
		DropUnusedCtes(castNode(Query, lfirst_node(CommonTableExpr, lc)->ctequery));
	foreach (lc, query->rtable)
	{
		RangeTblEntry *rte = lfirst_node(RangeTblEntry, lc);

		if (rte->rtekind == RTE_SUBQUERY)
			DropUnusedCtes(rte->subquery);
	}
	if (query->hasSubLinks)
		query_tree_walker(query, drop_in_sublinks, NULL,
						  QTW_IGNORE_RT_SUBQUERIES | QTW_IGNORE_CTE_SUBQUERIES);
}
