/*-------------------------------------------------------------------------
 *
 * modify_tree.c
 *	  Changes of a table from which others inherit.
 *
 * An UPDATE or DELETE becomes one for each table of the tree, all parts of one
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
#include "optimizer/prep.h"
#include "parser/parsetree.h"
#include "planner/current_of.h"
#include "planner/inherited.h"
#include "planner/leaf.h"
#include "planner/modify.h"
#include "planner/modify_tree.h"
#include "planner/policies.h"
#include "planner/row_columns.h"
#include "planner/row_template.h"
#include "rewrite/rewriteManip.h"

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

static CommonTableExpr *
add_common(Query *statement, Query *subquery)
{
	CommonTableExpr *cte =
		MakeCte(psprintf("common %d", list_length(statement->cteList) + 1), subquery, 1);

	statement->cteList = lappend(statement->cteList, cte);
	return cte;
}

/* The subquery for each row, computed by the statement's WITH if that makes a difference. */
static Query *
compute_once(Query *statement, Query *subquery)
{
	bool by_row = true;

	if (!varies_walker((Node *) subquery, &by_row))
		return subquery;
	if (HasOuterColumns(subquery))
		RefuseModification(statement,
						   "others inherit from the table, and a part of a subquery need "
						   "not give the same for each of them; move it into WITH");
	return select_all(add_common(statement, subquery));
}

static bool
compute_once_walker(Node *node, Query *statement)
{
	if (node == NULL || IsA(node, Query))
		return false;
	if (IsA(node, SubLink))
	{
		SubLink *sublink = (SubLink *) node;

		sublink->subselect = (Node *) compute_once(statement, castNode(Query, sublink->subselect));
	}
	return expression_tree_walker(node, compute_once_walker, statement);
}

/* Does what the item of FROM has vary, or the conditions by which it is joined? */
static bool
item_varies(Query *query, Node *item, Relids entries)
{
	bool by_row = false;
	int  rti = -1;

	while ((rti = bms_next_member(entries, rti)) >= 0)
	{
		RangeTblEntry *rte = rt_fetch(rti, query->rtable);

		if (varies_walker((Node *) rte, &by_row) || varies_walker((Node *) rte->subquery, &by_row))
			return true;
	}
	return contain_volatile_functions(item);
}

/* The entries that the item has, and those to its left that it refers to. */
static Relids
entries_needed(Query *query, Relids entries)
{
	Relids result = bms_copy(entries);
	int    rti = -1;

	while ((rti = bms_next_member(entries, rti)) >= 0)
	{
		RangeTblEntry *rte = rt_fetch(rti, query->rtable);

		result = bms_add_members(result, pull_varnos_of_level(NULL, (Node *) rte->subquery, 1));
		result = bms_add_members(result, pull_varnos(NULL, (Node *) rte->functions));
		result = bms_add_members(result, pull_varnos(NULL, (Node *) rte->values_lists));
		result = bms_add_members(result, pull_varnos(NULL, (Node *) rte->tablesample));
	}
	return result;
}

/* Moves the items of FROM that vary, with those that they refer to, into the other query. Returns their entries. */
static Relids
move_varying_items(Query *query, Query *common)
{
	Relids result = NULL;
	List  *items = query->jointree->fromlist;

	for (int i = list_length(items) - 1; i >= 0; i--)
	{
		Node  *item = list_nth(items, i);
		Relids entries = get_relids_in_jointree(item, true);

		if (bms_is_member(query->resultRelation, entries) ||
			!(bms_overlap(entries, result) || item_varies(query, item, entries)))
			continue;
		result = bms_add_members(result, entries_needed(query, entries));
		common->jointree->fromlist = lcons(item, common->jointree->fromlist);
		query->jointree->fromlist = list_delete_nth_cell(query->jointree->fromlist, i);
	}
	return result;
}

/* The same for the conditions that are about these alone. */
static void
move_conditions(Query *query, Query *common, Relids entries)
{
	List     *stay = NIL;
	List     *move = NIL;
	ListCell *lc;

	foreach (lc, make_ands_implicit((Expr *) query->jointree->quals))
	{
		Relids used = pull_varnos(NULL, lfirst(lc));

		if (bms_is_empty(used) || !bms_is_subset(used, entries))
			stay = lappend(stay, lfirst(lc));
		else
			move = lappend(move, lfirst(lc));
	}
	query->jointree->quals = (Node *) make_ands_explicit(stay);
	common->jointree->quals = (Node *) make_ands_explicit(move);
}

static Var *
column_of_common(void *arg, TargetEntry *entry)
{
	return makeVarFromTargetEntry(list_length(((Query *) arg)->rtable), entry);
}

/* What varies in FROM is computed by the statement's WITH, joined. */
static void
compute_from_once(Query *query)
{
	Query         *common = copyObject(query);
	RowColumns     columns = {.arg = query};
	Relids         all = bms_add_range(NULL, 1, list_length(query->rtable));
	Relids         entries;
	RangeTblEntry *rte;
	RangeTblRef   *ref = makeNode(RangeTblRef);

	common->commandType = CMD_SELECT;
	common->resultRelation = 0;
	common->returningList = NIL;
	common->withCheckOptions = NIL;
	common->jointree = makeFromExpr(NIL, NULL);
	entries = move_varying_items(query, common);
	if (entries == NULL)
		return;
	move_conditions(query, common, entries);
	columns.stay = bms_difference(all, entries);
	TakeEntriesOut(common, columns.stay);
	TakeEntriesOut(query, entries);
	query_tree_mutator(query, TakeFromColumns, &columns, QTW_DONT_COPY_QUERY);
	if (columns.columns == NIL)
		AppendColumn(&columns.columns, (Expr *) makeBoolConst(true, false));
	common->targetList = columns.columns;
	common->hasSubLinks = checkExprHasSubLink((Node *) common);
	MoveBelowCtes(common);
	rte = linitial(SelectFromCte(add_common(query, common))->rtable);
	rte->ctelevelsup = 0;
	query->rtable = lappend(query->rtable, rte);
	columns.column = column_of_common;
	query_tree_mutator(query, TakeFromColumns, &columns, QTW_DONT_COPY_QUERY);
	ref->rtindex = list_length(query->rtable);
	query->jointree->fromlist = lappend(query->jointree->fromlist, ref);
}

/* What is set are the parent's columns: this makes them the child's. */
static void
set_columns_of_child(RangeTblEntry *child, List *targetlist, const AttrMap *columns)
{
	ListCell *lc;

	foreach (lc, targetlist)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);

		if (tle->resjunk)
			continue;
		tle->resno = columns->attnums[tle->resno - 1];
		child->updatedCols =
			bms_add_member(child->updatedCols, tle->resno - FirstLowInvalidHeapAttributeNumber);
	}
}

Query *
PartForTable(Query *query, Oid relid)
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
	if (query->commandType == CMD_UPDATE)
		set_columns_of_child(rte, query->targetList, columns);
	foreach (lc, query->mergeActionList)
	{
		if (lfirst_node(MergeAction, lc)->commandType == CMD_UPDATE)
			set_columns_of_child(rte, lfirst_node(MergeAction, lc)->targetList, columns);
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

	if (TreeHasPolicies(tree, target->checkAsUser))
		ChangePastPolicies(query);
	else
		SetRightsApart(query, target);
	compute_from_once(query);
	query_tree_walker(query, compute_once_walker, query, 0);
	statement = copyObject(query);
	MoveBelowCtes(statement);
	outer->cteList = query->cteList;
	outer->hasRecursive = query->hasRecursive;
	outer->hasModifyingCTE = true;
	outer->jointree = makeFromExpr(NIL, NULL);
	foreach (lc, tree)
	{
		Query           *part = PartForTable(statement, lfirst_oid(lc));
		CommonTableExpr *step =
			AddStep(outer, psprintf("part %d", foreach_current_index(lc) + 1), part);

		ReplaceCurrentOf(part);
		arms = lappend(arms, select_all(step));
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
