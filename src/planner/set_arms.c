/*-------------------------------------------------------------------------
 *
 * set_arms.c
 *	  Rows of UNION, INTERSECT and EXCEPT that need not come here.
 *
 * What nodes cannot combine by themselves is combined here. Without ALL it does
 * not matter how often an arm has a row, so each node can drop what it has
 * twice; it does where that is expected to leave less than half of the rows.
 *
 * The first rows of a UNION ALL are among the first ones of each arm.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/metadata.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "optimizer/tlist.h"
#include "parser/parse_clause.h"
#include "parser/parse_oper.h"
#include "parser/parsetree.h"
#include "planner/estimate.h"
#include "planner/leaf.h"
#include "planner/set_arms.h"
#include "planner/shape.h"
#include "planner/strategy.h"
#include "rewrite/rewriteManip.h"

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

static bool
is_union_all(Node *node)
{
	SetOperationStmt *setop = (SetOperationStmt *) node;

	return IsA(node, RangeTblRef) || (setop->op == SETOP_UNION && setop->all &&
									  is_union_all(setop->larg) && is_union_all(setop->rarg));
}

/* A query that returns the rows that it is made of, in whatever order. */
static bool
may_limit(Query *query)
{
	return query->commandType == CMD_SELECT && query->distinctClause == NIL &&
		   query->sortClause == NIL && query->limitCount == NULL && query->limitOffset == NULL &&
		   query->rowMarks == NIL && !query->hasTargetSRFs && !query->hasModifyingCTE;
}

/* Sorts and limits the inner query as the other one does, whose columns are the inner one's. */
static void
limit_inner(Query *query, Query *inner)
{
	Query    *limited = copyObject(inner);
	ListCell *lc;

	foreach (lc, query->sortClause)
	{
		SortGroupClause *clause = copyObject(lfirst_node(SortGroupClause, lc));
		Var             *column = (Var *) get_sortgroupclause_expr(clause, query->targetList);
		TargetEntry     *tle;

		if (!IsA(column, Var) || column->varlevelsup > 0 || column->varattno <= 0)
			return;
		tle = get_tle_by_resno(limited->targetList, column->varattno);
		clause->tleSortGroupRef = assignSortGroupRef(tle, limited->targetList);
		limited->sortClause = lappend(limited->sortClause, clause);
	}
	limited->limitCount = copyObject(query->limitCount);
	limited->limitOffset = copyObject(query->limitOffset);
	IncrementVarSublevelsUp(limited->limitCount, 1, 0);
	IncrementVarSublevelsUp(limited->limitOffset, 1, 0);
	limited->limitOption = query->limitOption;
	MoveLimitDown(limited);
	if (limited->limitCount)
		*inner = *limited;
}

/* Appends the arms whose rows are in the result as they are, but for what the operations leave out. Are these all? */
static bool
collect_arms(Query *query, Node *node, List *above, List **arms)
{
	Query    *arm;
	ListCell *lc;

	if (IsA(node, SetOperationStmt))
	{
		SetOperationStmt *setop = (SetOperationStmt *) node;
		bool              all;

		above = lappend(list_copy(above), setop);
		all = collect_arms(query, setop->larg, above, arms);
		return collect_arms(query, setop->rarg, above, arms) && all;
	}
	arm = rt_fetch(((RangeTblRef *) node)->rtindex, query->rtable)->subquery;
	foreach (lc, above)
	{
		if (!compares_alike(arm, lfirst_node(SetOperationStmt, lc)))
			return false;
	}
	*arms = lappend(*arms, arm);
	return true;
}

/* The set operation of a query that does nothing but sort and limit its rows; else NULL. */
static Query *
only_setop(Query *query)
{
	Node          *item = query->jointree->fromlist ? linitial(query->jointree->fromlist) : NULL;
	RangeTblEntry *rte;

	if (query->setOperations)
		return query;
	if (query->commandType != CMD_SELECT || list_length(query->jointree->fromlist) != 1 ||
		!IsA(item, RangeTblRef) || query->jointree->quals || query->hasAggs || query->groupClause ||
		query->groupingSets || query->havingQual || query->hasWindowFuncs ||
		query->distinctClause || query->hasTargetSRFs || query->rowMarks)
		return NULL;
	rte = rt_fetch(((RangeTblRef *) item)->rtindex, query->rtable);
	return rte->rtekind == RTE_SUBQUERY && rte->subquery->setOperations && may_limit(rte->subquery)
			   ? rte->subquery
			   : NULL;
}

void
LimitArms(Query *query)
{
	Query    *setop = query->limitCount ? only_setop(query) : NULL;
	List     *arms = NIL;
	ListCell *lc;

	if (setop == NULL || !is_union_all(setop->setOperations))
		return;
	if (setop != query)
		limit_inner(query, setop);
	if (setop->limitCount)
		(void) collect_arms(setop, setop->setOperations, NIL, &arms);
	foreach (lc, arms)
	{
		Query *arm = lfirst_node(Query, lc);

		if (may_limit(arm) && arm->setOperations == NULL)
			limit_inner(setop, arm);
	}
}

List *
ArmsOfUnionAll(Query *query)
{
	List *arms = NIL;

	return is_union_all(query->setOperations) &&
				   collect_arms(query, query->setOperations, NIL, &arms)
			   ? arms
			   : NIL;
}

void
DropDuplicatesOfArms(Query *query)
{
	visit(query, query->setOperations, NIL, false);
}
