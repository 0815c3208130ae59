/*-------------------------------------------------------------------------
 *
 * spread_cte.c
 *	  How the rows of CTEs are spread over the nodes.
 *
 * The rows of a recursive one are spread as those that it starts from, if those
 * that are found with them are: which columns are keys is assumed, and fewer are as
 * long as that proves wrong.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "nodes/makefuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "planner/spread.h"

/* How the rows of a recursive CTE are assumed to be spread. */
typedef struct Recursion
{
	const struct Recursion *around; /* another one in which it is */
	CommonTableExpr        *cte;
	Spread                  rows; /* as those of some entry */
} Recursion;

static CommonTableExpr *
find_cte(Query *query, RangeTblEntry *rte)
{
	ListCell *lc;

	foreach (lc, query->cteList)
	{
		CommonTableExpr *cte = lfirst_node(CommonTableExpr, lc);

		if (strcmp(cte->ctename, rte->ctename) == 0)
			return cte;
	}
	return NULL;
}

bool
IsComputedOnce(Query *query, RangeTblEntry *rte)
{
	CommonTableExpr *cte =
		rte->rtekind == RTE_CTE && rte->ctelevelsup == 0 ? find_cte(query, rte) : NULL;

	return cte && (contain_volatile_functions(cte->ctequery) ||
				   castNode(Query, cte->ctequery)->rowMarks != NIL);
}

/* The assumption about the CTE, for an entry that reads it. */
static Spread
assumed_spread(const Recursion *recursion, Index rti)
{
	Spread    result = recursion->rows;
	ListCell *lc;

	result.keys = copyObject(result.keys);
	result.nullable_keys = NIL;
	foreach (lc, result.keys)
		lfirst_node(Var, lc)->varno = rti;
	return result;
}

static Spread
spread_of_recursion(Query *query, Index rti, CommonTableExpr *cte, const OuterRows *outer)
{
	Query    *body = castNode(Query, cte->ctequery);
	OuterRows within = *outer;
	Recursion recursion = {.around = outer->recursion, .cte = cte};
	Spread    result =
		SpreadOfSetop(body, castNode(SetOperationStmt, body->setOperations)->larg, outer);

	result.keys = KeysInOutput(body, result.keys, rti);
	within.recursion = &recursion;
	while (result.kind != SPREAD_MIXED)
	{
		recursion.rows = result;
		result = SpreadOfEntryQuery(query, rti, body, NIL, &within);
		if (list_length(result.keys) == list_length(recursion.rows.keys))
			break;
	}
	return result;
}

/* A node that computes a CTE computes its own part of it. */
Spread
SpreadOfCte(Query *query, Index rti, const OuterRows *beside)
{
	RangeTblEntry   *rte = rt_fetch(rti, query->rtable);
	List            *queries = list_concat(list_make1(query), beside->around);
	OuterRows        outer = {.recursion = beside->recursion};
	CommonTableExpr *cte;
	const Recursion *recursion;

	outer.around = list_copy_tail(queries, rte->ctelevelsup);
	cte = outer.around ? find_cte(linitial(outer.around), rte) : NULL;
	if (cte == NULL)
		return MixedSpread(rte->self_reference ? "a recursive query is used"
											   : "a CTE of an outer query is used");
	for (recursion = beside->recursion; recursion; recursion = recursion->around)
	{
		if (recursion->cte == cte)
			return assumed_spread(recursion, rti);
	}
	if (cte->cterecursive)
		return spread_of_recursion(query, rti, cte, &outer);
	return SpreadOfEntryQuery(query, rti, castNode(Query, cte->ctequery), NIL, &outer);
}
