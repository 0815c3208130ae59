/*-------------------------------------------------------------------------
 *
 * inherited.c
 *	  Tables from which others inherit.
 *
 * A data table is partitioned, so it cannot inherit. Instead, a query that names
 * the table at the top of a tree reads a UNION ALL over all tables of the tree,
 * which are co-located. Rights are asked for at the top only, and its policies
 * hold for all of the tree. Statements that modify a tree are in modify_tree.c.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/attmap.h"
#include "access/table.h"
#include "catalog/metadata.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "parser/analyze.h"
#include "parser/parse_relation.h"
#include "parser/parsetree.h"
#include "planner/estimate.h"
#include "planner/inherited.h"
#include "planner/policies.h"
#include "planner/wrap_table.h"
#include "rewrite/rewriteManip.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/rls.h"

bool
TreeHasPolicies(List *tree, Oid user)
{
	ListCell *lc;

	foreach (lc, tree)
	{
		if (check_enable_rls(lfirst_oid(lc), user, true) == RLS_ENABLED)
			return true;
	}
	return false;
}

List *
TreeOfEntry(RangeTblEntry *rte)
{
	DistTable *table;
	List      *tree;

	if (rte->rtekind != RTE_RELATION || !rte->inh || rte->relkind != RELKIND_RELATION ||
		!has_subclass(rte->relid))
		return NIL;
	table = LookupDistTable(rte->relid);
	if (table == NULL)
		return NIL;
	tree = find_all_inheritors(rte->relid, rte->rellockmode, NULL);
	return list_length(tree) > 1 ? tree : NIL;
}

/* Whole rows of a child are rows of its parent only by a cast, which must not be left out of a fragment's text. */
static bool
show_casts_walker(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, ConvertRowtypeExpr))
		((ConvertRowtypeExpr *) node)->convertformat = COERCE_EXPLICIT_CAST;
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, show_casts_walker, context, 0);
	return expression_tree_walker(node, show_casts_walker, context);
}

Query *
QueryOfChild(Query *query, Index rti, Oid child_relid, AttrMap **columns)
{
	Relation       parent = table_open(rt_fetch(rti, query->rtable)->relid, NoLock);
	Relation       child = table_open(child_relid, NoLock);
	AttrMap       *map = build_attrmap_by_name(RelationGetDescr(child), RelationGetDescr(parent));
	RangeTblEntry *top = rt_fetch(rti, query->rtable);
	ParseNamespaceItem *item;
	RangeTblEntry      *rte;
	bool                whole_row;

	item = addRangeTableEntryForRelation(make_parsestate(NULL), child, top->rellockmode, top->alias,
										 false, top->inFromCl);
	rte = item->p_rte;
	rte->requiredPerms = 0;
	rte->checkAsUser = top->checkAsUser;
	rte->tablesample = copyObject(top->tablesample);
	query = (Query *) map_variable_attnos((Node *) query, rti, 0, map,
										  RelationGetForm(child)->reltype, &whole_row);
	show_casts_walker((Node *) query, NULL);
	rte->security_barrier = top->security_barrier;
	rte->securityQuals = rt_fetch(rti, query->rtable)->securityQuals;
	list_nth_cell(query->rtable, rti - 1)->ptr_value = rte;
	if (columns)
		*columns = map;
	table_close(child, NoLock);
	table_close(parent, NoLock);
	return query;
}

static SetOperationStmt *
union_all(Query *arm, Node *left, Node *right)
{
	SetOperationStmt *result = makeNode(SetOperationStmt);
	ListCell         *lc;

	result->op = SETOP_UNION;
	result->all = true;
	result->larg = left;
	result->rarg = right;
	foreach (lc, arm->targetList)
	{
		Node *expr = (Node *) lfirst_node(TargetEntry, lc)->expr;

		result->colTypes = lappend_oid(result->colTypes, exprType(expr));
		result->colTypmods = lappend_int(result->colTypmods, exprTypmod(expr));
		result->colCollations = lappend_oid(result->colCollations, exprCollation(expr));
	}
	return result;
}

static RangeTblEntry *
arm_entry(Query *arm, int number)
{
	RangeTblEntry *rte = makeNode(RangeTblEntry);
	ListCell      *lc;

	rte->rtekind = RTE_SUBQUERY;
	rte->subquery = arm;
	rte->eref = makeAlias(psprintf("*SELECT* %d", number), NIL);
	foreach (lc, arm->targetList)
		rte->eref->colnames =
			lappend(rte->eref->colnames, makeString(lfirst_node(TargetEntry, lc)->resname));
	return rte;
}

Query *
UnionAll(List *arms)
{
	Query    *query = makeNode(Query);
	Query    *first = linitial_node(Query, arms);
	Node     *rows = NULL;
	ListCell *lc;

	query->commandType = CMD_SELECT;
	query->jointree = makeFromExpr(NIL, NULL);
	query->hasRowSecurity = first->hasRowSecurity;
	foreach (lc, arms)
	{
		RangeTblRef *ref = makeNode(RangeTblRef);

		ref->rtindex = foreach_current_index(lc) + 1;
		query->rtable = lappend(query->rtable, arm_entry(lfirst(lc), ref->rtindex));
		rows = rows ? (Node *) union_all(first, rows, (Node *) ref) : (Node *) ref;
	}
	if (IsA(rows, RangeTblRef))
		query->jointree->fromlist = list_make1(rows);
	else
		query->setOperations = rows;
	foreach (lc, first->targetList)
	{
		TargetEntry *tle = flatCopyTargetEntry(lfirst_node(TargetEntry, lc));

		tle->expr = (Expr *) makeVarFromTargetEntry(1, tle);
		query->targetList = lappend(query->targetList, tle);
	}
	return query;
}

/* An arm of UNION may lock rows only in a subquery. */
bool
ReadTree(Query *query, Index rti)
{
	RangeTblEntry *rte = rt_fetch(rti, query->rtable);
	List          *tree = TreeOfEntry(rte);
	List          *arms = NIL;
	ListCell      *lc;

	if (tree == NIL)
		return false;
	rte->inh = false;
	if (TreeHasPolicies(tree, rte->checkAsUser))
		ReadPastPolicies(query, rti, true);
	else
		MoveRowMark(query, rti, WrapTable(query, rti, true));
	foreach (lc, tree)
	{
		Query *arm = lfirst_oid(lc) == linitial_oid(tree)
						 ? copyObject(rte->subquery)
						 : QueryOfChild(rte->subquery, 1, lfirst_oid(lc), NULL);

		arms = lappend(arms, arm->rowMarks ? UnionAll(list_make1(arm)) : arm);
	}
	rte->subquery = UnionAll(arms);
	return true;
}

/* Does the query lock rows of a tree, perhaps in the views that it names? */
static bool
locks_tree(Query *query)
{
	ListCell *lc;

	foreach (lc, query->rowMarks)
	{
		RangeTblEntry *rte = rt_fetch(lfirst_node(RowMarkClause, lc)->rti, query->rtable);

		if (rte->rtekind == RTE_SUBQUERY ? locks_tree(rte->subquery) : TreeOfEntry(rte) != NIL)
			return true;
	}
	return false;
}

/*
 * A subquery whose rows are locked, such as a view, is marked, and the tables in it are
 * as well. A fragment's text would have only the first mark, which the UNION ALL of a
 * tree forbids: it is left to the tables.
 */
static void
lock_in_subqueries(Query *query)
{
	ListCell *lc;
	ListCell *lc2;

	foreach (lc, query->rowMarks)
	{
		RowMarkClause *mark = lfirst_node(RowMarkClause, lc);
		RangeTblEntry *rte = rt_fetch(mark->rti, query->rtable);

		if (rte->rtekind != RTE_SUBQUERY || !locks_tree(rte->subquery))
			continue;
		CheckSelectLocking(rte->subquery, mark->strength);
		foreach (lc2, rte->subquery->rowMarks)
			lfirst_node(RowMarkClause, lc2)->pushedDown = false;
		rte->subquery->hasForUpdate = true;
		query->rowMarks = foreach_delete_current (query->rowMarks, lc);
	}
}

static bool
read_trees_walker(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Query))
	{
		Query *query = (Query *) node;
		Index  rti;

		lock_in_subqueries(query);
		query_tree_walker(query, read_trees_walker, context, 0);
		for (rti = 1; rti <= list_length(query->rtable); rti++)
		{
			if (rti != query->resultRelation)
				(void) ReadTree(query, rti);
		}
		return false;
	}
	return expression_tree_walker(node, read_trees_walker, context);
}

static bool
locks_tree_walker(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Query))
		return locks_tree((Query *) node) ||
			   query_tree_walker((Query *) node, locks_tree_walker, context, 0);
	return expression_tree_walker(node, locks_tree_walker, context);
}

void
ReadTrees(Query *query, ParamListInfo params)
{
	/* once the marks are with the tables, nobody would tell */
	if (locks_tree_walker((Node *) query, NULL))
		CheckLockedRows(query, params);
	(void) read_trees_walker((Node *) query, NULL);
}
