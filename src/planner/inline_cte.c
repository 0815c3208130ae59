/*-------------------------------------------------------------------------
 *
 * inline_cte.c
 *	  CTEs that become subqueries.
 *
 * PostgreSQL's planner puts a CTE that is used once in its place. Here that must
 * be done before the query is cut, so that where the CTE is computed is decided
 * with the query around it. The rules are PostgreSQL's: what it would compute by
 * itself remains a CTE.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "planner/leaf.h"
#include "planner/outer_cte.h"
#include "planner/shape.h"
#include "rewrite/rewriteManip.h"

/* Does it modify, or lock rows, at any depth? */
static bool
has_effects_walker(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Query))
		return ((Query *) node)->commandType != CMD_SELECT || ((Query *) node)->rowMarks != NIL ||
			   query_tree_walker((Query *) node, has_effects_walker, context, 0);
	return expression_tree_walker(node, has_effects_walker, context);
}

static bool
is_computed_by_itself(CommonTableExpr *cte)
{
	Query *query = castNode(Query, cte->ctequery);

	return cte->cterecursive || cte->ctematerialized == CTEMaterializeAlways ||
		   (cte->ctematerialized == CTEMaterializeDefault && cte->cterefcount != 1) ||
		   cte->cterefcount == 0 || (cte->cterefcount > 1 && HasOuterReferences(query)) ||
		   has_effects_walker((Node *) query, NULL) || contain_volatile_functions((Node *) query);
}

static void
put_in_place(RangeTblEntry *rte, int levels, void *arg)
{
	CommonTableExpr *cte = arg;

	if (levels != 0 || strcmp(rte->ctename, cte->ctename) != 0)
		return;
	rte->rtekind = RTE_SUBQUERY;
	rte->subquery = copyObject(castNode(Query, cte->ctequery));
	rte->security_barrier = false;
	IncrementVarSublevelsUp((Node *) rte->subquery, rte->ctelevelsup, 1);
	rte->ctename = NULL;
	rte->ctelevelsup = 0;
	rte->coltypes = rte->coltypmods = rte->colcollations = NIL;
	cte->cterefcount--;
}

static bool
inline_in_subqueries(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Query))
	{
		InlineCtes((Query *) node);
		return false;
	}
	return expression_tree_walker(node, inline_in_subqueries, context);
}

void
InlineCtes(Query *query)
{
	ListCell *lc;

	foreach (lc, query->cteList)
	{
		if (is_computed_by_itself(lfirst(lc)))
			continue;
		VisitCtes(query, put_in_place, lfirst(lc));
		query->cteList = foreach_delete_current (query->cteList, lc);
	}
	query_tree_walker(query, inline_in_subqueries, NULL, 0);
}
