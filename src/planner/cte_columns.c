/*-------------------------------------------------------------------------
 *
 * cte_columns.c
 *	  Columns of CTEs that nothing refers to.
 *
 * PostgreSQL computes all columns of a CTE that stays one: here they would be
 * fetched. So they become nulls, as PostgreSQL does for subqueries in FROM.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "planner/shape.h"

typedef struct UsedColumns
{
	CommonTableExpr *cte;
	Bitmapset       *columns; /* 0: all, as one value */
} UsedColumns;

typedef struct ColumnSearch
{
	List *levels; /* of Query *, innermost first */
	List *ctes;   /* of UsedColumns * */
} ColumnSearch;

static bool find_used_walker(Node *node, ColumnSearch *search);

/* Of equal names the innermost is meant, which the level tells. */
static UsedColumns *
used_of_cte(ColumnSearch *search, List *levels, RangeTblEntry *rte)
{
	ListCell *lc;

	if ((int) rte->ctelevelsup >= list_length(levels))
		return NULL;
	foreach (lc, search->ctes)
	{
		UsedColumns *used = lfirst(lc);

		if (strcmp(used->cte->ctename, rte->ctename) == 0 &&
			list_member_ptr(list_nth_node(Query, levels, rte->ctelevelsup)->cteList, used->cte))
			return used;
	}
	return NULL;
}

static bool
note_used(Var *var, ColumnSearch *search)
{
	List          *levels = search->levels;
	List          *around;
	RangeTblEntry *rte;
	UsedColumns   *used;
	List          *merged;

	if ((int) var->varlevelsup >= list_length(levels))
		return false;
	around = list_copy_tail(levels, var->varlevelsup);
	rte = rt_fetch(var->varno, linitial_node(Query, around)->rtable);
	if (rte->rtekind == RTE_CTE)
	{
		used = used_of_cte(search, around, rte);
		if (used && var->varattno >= 0)
			used->columns = bms_add_member(used->columns, var->varattno);
	}
	if (rte->rtekind == RTE_JOIN && var->varattno >= 0)
	{
		merged = var->varattno > 0 ? list_make1(list_nth(rte->joinaliasvars, var->varattno - 1))
								   : rte->joinaliasvars;
		search->levels = around;
		find_used_walker((Node *) merged, search);
		search->levels = levels;
	}
	return false;
}

static bool
find_used_walker(Node *node, ColumnSearch *search)
{
	if (node == NULL)
		return false;
	if (IsA(node, Var))
		return note_used((Var *) node, search);
	if (IsA(node, Query))
	{
		ListCell *lc;

		foreach (lc, ((Query *) node)->cteList)
		{
			UsedColumns *used = palloc0(sizeof(UsedColumns));

			used->cte = lfirst_node(CommonTableExpr, lc);
			search->ctes = lappend(search->ctes, used);
		}
		search->levels = lcons(node, search->levels);
		query_tree_walker((Query *) node, find_used_walker, search, QTW_IGNORE_JOINALIASES);
		search->levels = list_delete_first(search->levels);
		return false;
	}
	return expression_tree_walker(node, find_used_walker, search);
}

/* Has the query the same rows, whatever this column is? */
static bool
may_be_null(TargetEntry *tle)
{
	Node *expr = (Node *) tle->expr;

	return !tle->resjunk && tle->ressortgroupref == 0 && !IsA(expr, Const) &&
		   exprType(expr) != RECORDOID && !expression_returns_set(expr) &&
		   !contain_volatile_functions(expr);
}

/* That it is one group is only told by an aggregate. */
static bool
may_have_nulls(CommonTableExpr *cte)
{
	Query *query = castNode(Query, cte->ctequery);

	return query->commandType == CMD_SELECT && !cte->cterecursive && !query->setOperations &&
		   query->distinctClause == NIL && (!query->hasAggs || query->groupClause != NIL);
}

static bool
drop_unused(UsedColumns *used)
{
	bool      dropped = false;
	ListCell *lc;

	if (!may_have_nulls(used->cte) || bms_is_member(0, used->columns))
		return false;
	foreach (lc, castNode(Query, used->cte->ctequery)->targetList)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);
		Node        *expr = (Node *) tle->expr;

		if (bms_is_member(tle->resno, used->columns) || !may_be_null(tle))
			continue;
		tle->expr = (Expr *) makeNullConst(exprType(expr), exprTypmod(expr), exprCollation(expr));
		dropped = true;
	}
	return dropped;
}

static bool
has_ctes(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Query))
		return ((Query *) node)->cteList != NIL ||
			   query_tree_walker((Query *) node, has_ctes, context, 0);
	return expression_tree_walker(node, has_ctes, context);
}

void
DropUnusedColumns(Query *query)
{
	bool dropped = has_ctes((Node *) query, NULL);

	/* what a column was made of may be unused, too */
	while (dropped)
	{
		ColumnSearch search = {NIL, NIL};
		ListCell    *lc;

		dropped = false;
		find_used_walker((Node *) query, &search);
		foreach (lc, search.ctes)
			dropped |= drop_unused(lfirst(lc));
	}
}
