/*-------------------------------------------------------------------------
 *
 * set_arms.c
 *	  Rows of UNION, INTERSECT and EXCEPT that need not come here twice.
 *
 * What nodes cannot combine by themselves is combined here. Without ALL it does
 * not matter how often an arm has a row, so each node can drop what it has
 * twice; it does where that is expected to leave less than half of the rows.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/metadata.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/tlist.h"
#include "parser/parse_clause.h"
#include "parser/parse_oper.h"
#include "parser/parsetree.h"
#include "planner/estimate.h"
#include "planner/set_arms.h"
#include "planner/shape.h"
#include "planner/strategy.h"

/* Are rows of the arm equal if and only if they are in the result? */
static bool
compares_alike(Query *arm, SetOperationStmt *setop)
{
	ListCell *type = list_head(setop->colTypes);
	ListCell *collation = list_head(setop->colCollations);
	ListCell *lc;

	foreach (lc, arm->targetList)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);

		if (tle->resjunk || exprType((Node *) tle->expr) != lfirst_oid(type) ||
			exprCollation((Node *) tle->expr) != lfirst_oid(collation))
			return false;
		type = lnext(setop->colTypes, type);
		collation = lnext(setop->colCollations, collation);
	}
	return true;
}

static Query *
distinct_rows(Query *arm)
{
	Query    *result = copyObject(arm);
	ListCell *lc;

	foreach (lc, result->targetList)
	{
		TargetEntry     *tle = lfirst_node(TargetEntry, lc);
		SortGroupClause *clause = makeNode(SortGroupClause);

		get_sort_group_operators(exprType((Node *) tle->expr), false, true, false, &clause->sortop,
								 &clause->eqop, NULL, &clause->hashable);
		clause->tleSortGroupRef = assignSortGroupRef(tle, result->targetList);
		result->distinctClause = lappend(result->distinctClause, clause);
	}
	return result;
}

static void
drop_duplicates(RangeTblEntry *rte, List *above)
{
	Query    *arm = rte->subquery;
	Query    *distinct;
	ListCell *lc;

	if (arm->commandType != CMD_SELECT || arm->targetList == NIL || arm->setOperations ||
		arm->distinctClause || arm->sortClause || arm->limitCount || arm->limitOffset ||
		arm->rowMarks || arm->hasTargetSRFs || arm->hasModifyingCTE ||
		SpreadOfQuery(arm).kind != SPREAD_SPLIT)
		return;
	foreach (lc, above)
	{
		if (!compares_alike(arm, lfirst_node(SetOperationStmt, lc)))
			return;
	}
	distinct = distinct_rows(arm);
	if (join_strategy != STRATEGY_REHASH &&
		EstimateQuery(distinct, NULL).rows * list_length(AllPrimaries()) >
			EstimateQuery(arm, NULL).rows / 2)
		return;
	rte->subquery = distinct;
}

/* as_set: it does not matter how often a row is in what the node of the tree yields. */
static void
visit(Query *query, Node *node, List *above, bool as_set)
{
	SetOperationStmt *setop;

	if (IsA(node, RangeTblRef))
	{
		if (as_set)
			drop_duplicates(rt_fetch(((RangeTblRef *) node)->rtindex, query->rtable), above);
		return;
	}
	setop = castNode(SetOperationStmt, node);
	as_set = !setop->all || (as_set && setop->op == SETOP_UNION);
	above = lappend(list_copy(above), setop);
	visit(query, setop->larg, above, as_set);
	visit(query, setop->rarg, above, as_set);
}

void
DropDuplicatesOfArms(Query *query)
{
	visit(query, query->setOperations, NIL, false);
}
