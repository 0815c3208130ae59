/*-------------------------------------------------------------------------
 *
 * inline_functions.c
 *	  Functions in FROM that stand for a query of distributed tables.
 *
 * PostgreSQL's planner puts the query of a set-returning SQL function into the
 * place of its call. That would be too late for us, so it is done before
 * anything else, where that query names distributed tables.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/metadata.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/pathnodes.h"
#include "optimizer/clauses.h"
#include "executor/executor.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "planner/planner.h"

typedef struct WholeRow
{
	Index      rti;
	AttrNumber attno; /* of the column that holds the row */
	int        depth;
	Oid        type; /* of the row, once one was found */
} WholeRow;

/* What refers to the row as a whole will refer to a column. */
static bool
whole_row_walker(Node *node, WholeRow *row)
{
	if (node == NULL)
		return false;
	if (IsA(node, Var))
	{
		Var *var = (Var *) node;

		if (var->varno == row->rti && var->varlevelsup == row->depth &&
			var->varattno == InvalidAttrNumber)
		{
			var->varattno = var->varattnosyn = row->attno;
			row->type = var->vartype;
		}
		return false;
	}
	if (IsA(node, Query))
	{
		row->depth++;
		query_tree_walker((Query *) node, whole_row_walker, row, 0);
		row->depth--;
		return false;
	}
	return expression_tree_walker(node, whole_row_walker, row);
}

/* SELECT inlined.*, ROW(inlined.*) FROM (function's query) inlined */
static Query *
with_row_column(Query *function_query, Oid row_type)
{
	Query         *result = makeNode(Query);
	RangeTblEntry *inlined = makeNode(RangeTblEntry);
	RangeTblRef   *ref = makeNode(RangeTblRef);
	RowExpr       *row = makeNode(RowExpr);
	ListCell      *lc;

	inlined->rtekind = RTE_SUBQUERY;
	inlined->subquery = function_query;
	inlined->inFromCl = true;
	inlined->eref = makeAlias("inlined", NIL);
	row->row_typeid = row_type;
	row->row_format = COERCE_EXPLICIT_CAST;
	row->location = -1;
	result->commandType = CMD_SELECT;
	foreach (lc, function_query->targetList)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);
		Var         *var;

		if (tle->resjunk)
			continue;
		var = makeVarFromTargetEntry(1, tle);
		inlined->eref->colnames = lappend(inlined->eref->colnames, makeString(tle->resname));
		row->args = lappend(row->args, var);
		row->colnames = lappend(row->colnames, makeString(tle->resname));
		result->targetList = lappend(
			result->targetList, makeTargetEntry((Expr *) var, tle->resno, tle->resname, false));
	}
	result->targetList =
		lappend(result->targetList,
				makeTargetEntry((Expr *) row, list_length(result->targetList) + 1, "row", false));
	result->rtable = list_make1(inlined);
	ref->rtindex = 1;
	result->jointree = makeFromExpr(list_make1(ref), NULL);
	result->hasRowSecurity = function_query->hasRowSecurity;
	return result;
}

/* Columns that the row type has no longer are there, too, as nulls, and need names to be printed. */
static void
name_columns(RangeTblEntry *rte, Query *function_query)
{
	ListCell *lc;

	foreach (lc, function_query->targetList)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);

		if (tle->resjunk || tle->resname != NULL)
			continue;
		tle->resname = psprintf("dropped%d", tle->resno);
		lfirst(list_nth_cell(rte->eref->colnames, tle->resno - 1)) = makeString(tle->resname);
	}
}

static void
inline_function(Query *query, Index rti, PlannerGlobal **inlined)
{
	RangeTblEntry    *rte = rt_fetch(rti, query->rtable);
	RangeTblFunction *function = linitial_node(RangeTblFunction, rte->functions);
	List             *functions = rte->functions;
	WholeRow          row = {.rti = rti};
	PlannerInfo      *root;
	Query            *function_query;

	if (!IsA(function->funcexpr, FuncExpr) ||
		((FuncExpr *) function->funcexpr)->funcid < FirstNormalObjectId)
		return;
	if (*inlined == NULL)
		*inlined = makeNode(PlannerGlobal);
	root = makeNode(PlannerInfo);
	root->glob = *inlined;
	root->parse = query;
	rte->functions = (List *) eval_const_expressions(root, (Node *) functions);
	function_query = inline_set_returning_function(root, rte);
	if (function_query)
		InlineFunctions(function_query, inlined);
	if (function_query == NULL || !QueryNamesDistTable(function_query))
	{
		rte->functions = functions;
		return;
	}

	name_columns(rte, function_query);
	row.attno = ExecCleanTargetListLength(function_query->targetList) + 1;
	query_tree_walker(query, whole_row_walker, &row, 0);
	if (OidIsValid(row.type))
	{
		function_query = with_row_column(function_query, row.type);
		rte->eref->colnames = lappend(rte->eref->colnames, makeString("row"));
	}
	rte->rtekind = RTE_SUBQUERY;
	rte->subquery = function_query;
	rte->security_barrier = false;
	rte->functions = NIL;
	rte->funcordinality = false;
}

static bool
inline_walker(Node *node, PlannerGlobal **inlined)
{
	if (node == NULL)
		return false;
	if (IsA(node, Query))
	{
		InlineFunctions((Query *) node, inlined);
		return false;
	}
	return expression_tree_walker(node, inline_walker, inlined);
}

void
InlineFunctions(Query *query, PlannerGlobal **inlined)
{
	int       rti;
	ListCell *lc;

	check_stack_depth();
	for (rti = 1; rti <= list_length(query->rtable); rti++)
	{
		RangeTblEntry *rte = rt_fetch(rti, query->rtable);

		if (rte->rtekind == RTE_FUNCTION)
			inline_function(query, rti, inlined);
		else if (rte->rtekind == RTE_SUBQUERY)
			InlineFunctions(rte->subquery, inlined);
	}
	foreach (lc, query->cteList)
		InlineFunctions(castNode(Query, lfirst_node(CommonTableExpr, lc)->ctequery), inlined);
	if (query->hasSubLinks)
		query_tree_walker(query, inline_walker, inlined,
						  QTW_IGNORE_RT_SUBQUERIES | QTW_IGNORE_CTE_SUBQUERIES);
}
