/*-------------------------------------------------------------------------
 *
 * row_columns.c
 *	  The columns in which what an expression needs comes to where it is computed.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "planner/row_columns.h"

void
AppendColumn(List **columns, Expr *expr)
{
	int attno = list_length(*columns) + 1;

	*columns = lappend(*columns, makeTargetEntry(expr, attno, psprintf("column%d", attno), false));
}

static Node *
take_var(Var *node, RowColumns *columns)
{
	Var      *var = copyObject(node);
	ListCell *lc;

	var->varlevelsup = 0;
	foreach (lc, columns->columns)
	{
		TargetEntry *entry = lfirst_node(TargetEntry, lc);

		if (!equal(entry->expr, var))
			continue;
		if (columns->column == NULL)
			return (Node *) node;
		var = columns->column(columns->arg, entry);
		var->varlevelsup = columns->depth;
		return (Node *) var;
	}
	AppendColumn(&columns->columns, (Expr *) var);
	return (Node *) node;
}

Node *
TakeFromColumns(Node *node, RowColumns *columns)
{
	if (node == NULL)
		return NULL;
	if (IsA(node, Var) && (int) ((Var *) node)->varlevelsup == columns->depth &&
		((Var *) node)->varno != columns->stays)
		return take_var((Var *) node, columns);
	if (IsA(node, Query))
	{
		Node *result;

		columns->depth++;
		result = (Node *) query_tree_mutator((Query *) node, TakeFromColumns, columns, 0);
		columns->depth--;
		return result;
	}
	return expression_tree_mutator(node, TakeFromColumns, columns);
}
