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
#include "planner/shape.h"

typedef struct Release
{
	List *ctes;  /* of the query whose CTE goes away */
	int   depth; /* query levels between that query and this one */
} Release;

/* What a CTE that goes away refers to has one reference less. */
static bool
release_references(Node *node, Release *release)
{
	if (node == NULL)
		return false;
	if (IsA(node, RangeTblEntry))
	{
		RangeTblEntry *rte = (RangeTblEntry *) node;
		ListCell      *lc;

		if (rte->rtekind != RTE_CTE || rte->ctelevelsup != release->depth)
			return false;
		foreach (lc, release->ctes)
		{
			CommonTableExpr *cte = lfirst_node(CommonTableExpr, lc);

			if (strcmp(cte->ctename, rte->ctename) == 0)
				cte->cterefcount--;
		}
		return false;
	}
	if (IsA(node, Query))
	{
		release->depth++;
		query_tree_walker((Query *) node, release_references, release, QTW_EXAMINE_RTES_BEFORE);
		release->depth--;
		return false;
	}
	return expression_tree_walker(node, release_references, release);
}

/* The last ones first, since a CTE refers to those before it. */
static void
drop_from_list(Query *query)
{
	for (int i = list_length(query->cteList) - 1; i >= 0; i--)
	{
		CommonTableExpr *cte = list_nth_node(CommonTableExpr, query->cteList, i);
		Release          release = {query->cteList, 0};

		if (cte->cterefcount > 0 || castNode(Query, cte->ctequery)->commandType != CMD_SELECT)
			continue;
		release_references(cte->ctequery, &release);
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
