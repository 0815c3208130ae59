/*-------------------------------------------------------------------------
 *
 * modify_tree.c
 *	  UPDATE and DELETE of a table from which others inherit.
 *
 * The statement becomes one for each table of the tree, all parts of one
 * statement, so none sees what another changes. Each asks for the rights that the
 * statement needs, on the table that it names, whose statement triggers fire: PostgreSQL
 * fires them once for all that happens to a table in a statement. What they have in common is
 * computed by each, so it has to come out the same: a subquery that may choose
 * among rows goes into WITH, where it is computed once, unless it is for one row.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "planner/inherited.h"
#include "planner/leaf.h"
#include "planner/modify.h"
#include "planner/modify_tree.h"
#include "planner/policies.h"

static List *
target_tree(Query *query)
{
	if (query->resultRelation == 0 || query->commandType == CMD_INSERT)
		return NIL;
	return TreeOfEntry(rt_fetch(query->resultRelation, query->rtable));
}

bool
ModifiesTree(Query *query)
{
	return target_tree(query) != NIL;
}

bool
HasTreeModification(Query *query)
{
	ListCell *lc;

	foreach (lc, query->cteList)
	{
		if (ModifiesTree(castNode(Query, lfirst_node(CommonTableExpr, lc)->ctequery)))
			return true;
	}
	return ModifiesTree(query);
}

static void
refuse_varying(Query *query)
{
	RefuseModification(query, "others inherit from the table, and a part of the statement need not "
							  "give the same for each of them; move it into WITH");
}

/* SELECT all that the CTE has. */
static Query *
select_all(CommonTableExpr *cte)
{
	Query    *query = SelectFromCte(cte);
	Query    *source = castNode(Query, cte->ctequery);
	ListCell *lc;

	foreach (lc, source->commandType == CMD_SELECT ? source->targetList : source->returningList)
	{
		TargetEntry *tle = flatCopyTargetEntry(lfirst_node(TargetEntry, lc));

		if (tle->resjunk)
			continue;
		tle->expr = (Expr *) makeVarFromTargetEntry(1, tle);
		tle->ressortgroupref = 0;
		query->targetList = lappend(query->targetList, tle);
	}
	return query;
}

static bool
may_choose(Query *query)
{
	return query->limitCount || query->limitOffset || query->rowMarks || query->hasDistinctOn ||
		   query->hasWindowFuncs || contain_volatile_functions((Node *) query);
}

/*
 * Could it come out different when it is computed again, for the same rows of the
 * tables? By row, that does not matter for what depends on columns around it.
 */
static bool
varies_walker(Node *node, bool *by_row)
{
	if (node == NULL)
		return false;
	if (IsA(node, RangeTblEntry))
	{
		RangeTblEntry *rte = (RangeTblEntry *) node;

		return rte->tablesample != NULL || contain_volatile_functions((Node *) rte->functions) ||
			   contain_volatile_functions((Node *) rte->values_lists);
	}
	if (IsA(node, Query))
	{
		Query *query = (Query *) node;
		bool   inner_by_row = *by_row && HasOuterColumns(query);

		return (!inner_by_row && may_choose(query)) ||
			   query_tree_walker(query, varies_walker, &inner_by_row, QTW_EXAMINE_RTES_BEFORE);
	}
	return expression_tree_walker(node, varies_walker, by_row);
}

/* The subquery, computed by the statement's WITH if that makes a difference. */
static Query *
compute_once(Query *statement, Query *subquery, bool by_row)
{
	CommonTableExpr *cte;

	if (!varies_walker((Node *) subquery, &by_row))
		return subquery;
	if (HasOuterColumns(subquery))
		refuse_varying(statement);
	cte = MakeCte(psprintf("common %d", list_length(statement->cteList) + 1), subquery, 1);
	statement->cteList = lappend(statement->cteList, cte);
	return select_all(cte);
}

static bool
compute_once_walker(Node *node, Query *statement)
{
	if (node == NULL || IsA(node, Query))
		return false;
	if (IsA(node, RangeTblEntry))
	{
		RangeTblEntry *rte = (RangeTblEntry *) node;
		bool           by_row = false;

		if (rte->rtekind == RTE_SUBQUERY)
			rte->subquery = compute_once(statement, rte->subquery, false);
		else if (varies_walker(node, &by_row))
			refuse_varying(statement);
		return false;
	}
	if (IsA(node, SubLink))
	{
		SubLink *sublink = (SubLink *) node;

		sublink->subselect =
			(Node *) compute_once(statement, castNode(Query, sublink->subselect), true);
	}
	return expression_tree_walker(node, compute_once_walker, statement);
}

/* The statement, for one table of the tree. */
static Query *
part_for_table(Query *query, Oid relid)
{
	Index          target = query->resultRelation;
	RangeTblEntry *rte = rt_fetch(target, query->rtable);
	AttrMap       *columns;
	ListCell      *lc;

	if (relid == rte->relid)
	{
		query = copyObject(query);
		rt_fetch(target, query->rtable)->inh = false;
		return query;
	}
	query = QueryOfChild(query, target, relid, &columns);
	rte = rt_fetch(target, query->rtable);
	foreach (lc, query->commandType == CMD_UPDATE ? query->targetList : NIL)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);

		if (tle->resjunk)
			continue;
		tle->resno = columns->attnums[tle->resno - 1];
		rte->updatedCols =
			bms_add_member(rte->updatedCols, tle->resno - FirstLowInvalidHeapAttributeNumber);
	}
	return query;
}

void
ReplaceTreeModification(Query *query)
{
	List          *tree = target_tree(query);
	RangeTblEntry *target = rt_fetch(query->resultRelation, query->rtable);
	Query         *statement;
	Query         *outer = SelectAround(query);
	List          *arms = NIL;
	ListCell      *lc;

	if (query->commandType == CMD_MERGE)
		RefuseModification(query, "MERGE takes a table without those that inherit from it (ONLY)");
	if (TreeHasPolicies(tree, target->checkAsUser))
		ChangePastPolicies(query);
	else
		SetRightsApart(query, target);
	query_tree_walker(query, compute_once_walker, query, QTW_EXAMINE_RTES_BEFORE);
	statement = copyObject(query);
	MoveBelowCtes(statement);
	outer->cteList = query->cteList;
	outer->hasRecursive = query->hasRecursive;
	outer->hasModifyingCTE = true;
	outer->jointree = makeFromExpr(NIL, NULL);
	foreach (lc, tree)
	{
		CommonTableExpr *part = AddStep(outer, psprintf("part %d", foreach_current_index(lc) + 1),
										part_for_table(statement, lfirst_oid(lc)));

		arms = lappend(arms, select_all(part));
	}
	outer->hasSubLinks = query->returningList == NIL;
	if (query->returningList)
	{
		Query *returned = UnionAll(arms);

		outer->rtable = returned->rtable;
		outer->setOperations = returned->setOperations;
		outer->targetList = returned->targetList;
	}
	*query = *outer;
}
