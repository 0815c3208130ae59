/*-------------------------------------------------------------------------
 *
 * printed_names.c
 *	  Sets what names mean in the text that pg_get_querydef() prints.
 *
 * The last step before printing, because Vars are looked up in the range table
 * until then. Logical tables become data tables, and what would be read as
 * something else is told apart. The query is changed in place, at all its levels.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/metadata.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "optimizer/prep.h"
#include "parser/parsetree.h"
#include "planner/print_steps.h"

static RangeTblEntry *
MakeResultEntry(void)
{
	RangeTblEntry *rte = makeNode(RangeTblEntry);

	rte->rtekind = RTE_RESULT;
	rte->eref = makeAlias("*RESULT*", NIL);
	return rte;
}

static void
CollectSetOperands(Node *node, Bitmapset **used)
{
	if (node == NULL)
		return;
	if (IsA(node, RangeTblRef))
		*used = bms_add_member(*used, ((RangeTblRef *) node)->rtindex);
	else
	{
		CollectSetOperands(((SetOperationStmt *) node)->larg, used);
		CollectSetOperands(((SetOperationStmt *) node)->rarg, used);
	}
}

/* Entries that are printed: the rest (the rewriter's leavings, flattened joins) may not be printable. */
static Bitmapset *
UsedEntries(Query *query)
{
	Bitmapset *used = get_relids_in_jointree((Node *) query->jointree, true);

	if (query->resultRelation != 0)
		used = bms_add_member(used, query->resultRelation);
	if (query->onConflict != NULL)
		used = bms_add_member(used, query->onConflict->exclRelIndex);
	CollectSetOperands(query->setOperations, &used);
	return used;
}

/* The column names that a subquery prints with: those of its leftmost SELECT. */
static List *
PrintedTargetList(Query *query)
{
	Node *operand = query->setOperations;

	if (operand == NULL)
		return query->commandType == CMD_SELECT ? query->targetList : query->returningList;
	while (IsA(operand, SetOperationStmt))
		operand = ((SetOperationStmt *) operand)->larg;
	return PrintedTargetList(rt_fetch(((RangeTblRef *) operand)->rtindex, query->rtable)->subquery);
}

/*
 * A view's columns may have been renamed since it was made, which its query does
 * not know of. Then name them in the alias.
 */
static void
NameSubqueryColumns(RangeTblEntry *rte)
{
	ListCell *name = list_head(rte->eref->colnames);
	ListCell *lc;

	foreach (lc, PrintedTargetList(rte->subquery))
	{
		TargetEntry *tle = lfirst(lc);

		if (tle->resjunk || name == NULL)
			continue;
		if (tle->resname == NULL || strcmp(tle->resname, strVal(lfirst(name))) != 0)
			break;
		name = lnext(rte->eref->colnames, name);
	}
	if (name != NULL)
		rte->alias = makeAlias(rte->eref->aliasname, copyObject(rte->eref->colnames));
}

/*
 * A data table that is read must not be read ONLY. Nor must the target of an
 * UPDATE or DELETE be printed a second time, in FROM, as it would be when it
 * comes out of a view; but what a rule's statement was about must be.
 */
static void
NameEntry(Query *query, Index rti)
{
	RangeTblEntry *rte = rt_fetch(rti, query->rtable);
	DistTable     *table;

	rte->inFromCl = rti != query->resultRelation;
	if (rte->rtekind == RTE_SUBQUERY)
		NameSubqueryColumns(rte);
	if (rte->rtekind != RTE_RELATION)
		return;
	table = LookupDistTable(rte->relid);
	if (table == NULL)
		return;
	rte->relid = table->data_relid;
	if (!table->is_parent) /* ONLY a table that the user partitioned has no rows */
		rte->inh = true;
}

/* Is the column to be grouped or sorted by, and printed as one before it that has other values? */
static bool
IsTakenForOther(Query *query, TargetEntry *tle)
{
	ListCell *lc;

	if (tle->ressortgroupref == 0)
		return false;
	foreach (lc, query->targetList)
	{
		TargetEntry *other = lfirst(lc);

		if (other == tle)
			return false;
		if (equal(other->expr, tle->expr) &&
			((query->groupingSets && other->ressortgroupref != 0) ||
			 contain_volatile_functions((Node *) tle->expr)))
			return true;
	}
	return false;
}

/*
 * GROUP BY and ORDER BY are printed with the column's expression, which means the
 * first one that has it. COALESCE of one value is another expression until it
 * is planned.
 */
static void
TellColumnsApart(Query *query)
{
	ListCell *lc;

	foreach (lc, query->targetList)
	{
		TargetEntry *tle = lfirst(lc);

		while (IsTakenForOther(query, tle))
		{
			CoalesceExpr *same = makeNode(CoalesceExpr);

			same->coalescetype = exprType((Node *) tle->expr);
			same->coalescecollid = exprCollation((Node *) tle->expr);
			same->args = list_make1(tle->expr);
			same->location = -1;
			tle->expr = (Expr *) same;
		}
	}
}

/*
 * The extra entry makes the printer qualify every column with its table, as it
 * does when there are several: an output name of the same spelling would
 * capture ORDER BY otherwise.
 */
static void
NameLevel(Query *query, Bitmapset *used)
{
	ListCell *lc;

	foreach (lc, query->rtable)
	{
		if (bms_is_member(foreach_current_index(lc) + 1, used))
			NameEntry(query, foreach_current_index(lc) + 1);
		else
			lfirst(lc) = MakeResultEntry();
	}
	query->rtable = lappend(query->rtable, MakeResultEntry());
	TellColumnsApart(query);
}

/* Rules leave columns that say they were of an entry which is not printed. */
static void
NameColumn(Var *var, List *levels)
{
	Bitmapset *used = list_nth(levels, var->varlevelsup);

	if (!bms_is_member(var->varnosyn, used))
		var->varnosyn = var->varattnosyn = 0;
}

/* levels: of Bitmapset, the used entries of each query from the innermost */
static bool
NameWalker(Node *node, List *levels)
{
	if (node == NULL)
		return false;
	if (IsA(node, Var) && (int) ((Var *) node)->varlevelsup < list_length(levels))
		NameColumn((Var *) node, levels);
	if (IsA(node, Query))
	{
		Bitmapset *used = UsedEntries((Query *) node);

		NameLevel((Query *) node, used);
		return query_tree_walker((Query *) node, NameWalker, lcons(used, list_copy(levels)),
								 QTW_IGNORE_JOINALIASES);
	}
	return expression_tree_walker(node, NameWalker, levels);
}

void
NameDataTables(Query *query)
{
	NameWalker((Node *) query, NULL);
}
