/*-------------------------------------------------------------------------
 *
 * modify_tree.c
 *	  UPDATE and DELETE of a table from which others inherit.
 *
 * The statement becomes one for each table of the tree, all parts of one
 * statement, so none sees what another changes. What they have in common is
 * computed by each, so it has to come out the same: a subquery that may choose
 * among rows is refused, but for those in WITH, which are computed once.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "executor/statement_triggers.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "planner/inherited.h"
#include "planner/modify.h"
#include "planner/modify_tree.h"

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

/* Could it come out different when it is computed again, for the same rows of the tables? */
static bool
varies_walker(Node *node, void *context)
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

		return query->limitCount || query->limitOffset || query->rowMarks || query->hasDistinctOn ||
			   query->hasWindowFuncs || contain_volatile_functions(node) ||
			   query_tree_walker(query, varies_walker, context, QTW_EXAMINE_RTES_BEFORE);
	}
	return expression_tree_walker(node, varies_walker, context);
}

static void
check_statement(Query *query, List *tree)
{
	ListCell *lc;

	if (query->commandType == CMD_MERGE)
		RefuseModification(query, "MERGE takes a table without those that inherit from it (ONLY)");
	if (query_tree_walker(query, varies_walker, NULL,
						  QTW_EXAMINE_RTES_BEFORE | QTW_IGNORE_CTE_SUBQUERIES))
		RefuseModification(query, "others inherit from the table, and a subquery need not give the "
								  "same for each of them; move it into WITH");
	foreach (lc, tree)
	{
		if (FiresTriggersHere(lfirst_oid(lc), query->commandType))
			RefuseModification(query, "others inherit from the table, and one of them has a "
									  "statement trigger");
	}
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

/* SELECT what the part returns. */
static Query *
returned_by(CommonTableExpr *part)
{
	Query    *query = SelectFromCte(part);
	ListCell *lc;

	foreach (lc, castNode(Query, part->ctequery)->returningList)
	{
		TargetEntry *tle = flatCopyTargetEntry(lfirst_node(TargetEntry, lc));

		tle->expr = (Expr *) makeVarFromTargetEntry(1, tle);
		query->targetList = lappend(query->targetList, tle);
	}
	return query;
}

void
ReplaceTreeModification(Query *query)
{
	List     *tree = target_tree(query);
	Query    *statement = copyObject(query);
	Query    *outer = SelectAround(query);
	List     *arms = NIL;
	ListCell *lc;

	check_statement(query, tree);
	MoveBelowCtes(statement);
	outer->cteList = query->cteList;
	outer->hasRecursive = query->hasRecursive;
	outer->hasModifyingCTE = true;
	outer->jointree = makeFromExpr(NIL, NULL);
	foreach (lc, tree)
	{
		CommonTableExpr *part = AddStep(outer, psprintf("part %d", foreach_current_index(lc) + 1),
										part_for_table(statement, lfirst_oid(lc)));

		arms = lappend(arms, returned_by(part));
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
