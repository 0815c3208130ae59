/*-------------------------------------------------------------------------
 *
 * row_columns.c
 *	  The columns in which what an expression needs comes to where it is computed.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/oid_types.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "planner/io_cast.h"
#include "planner/record_fields.h"
#include "planner/row_columns.h"

void
AppendColumn(List **columns, Expr *expr)
{
	int attno = list_length(*columns) + 1;

	*columns = lappend(*columns, makeTargetEntry(expr, attno, psprintf("column%d", attno), false));
}

/* The column with this value, for use so many levels down; NULL if it is only being collected. */
static Var *
take_value(Expr *value, RowColumns *columns)
{
	ListCell *lc;

	foreach (lc, columns->columns)
	{
		TargetEntry *entry = lfirst_node(TargetEntry, lc);
		Var         *var;

		if (!equal(entry->expr, value))
			continue;
		if (columns->column == NULL)
			return NULL;
		var = columns->column(columns->arg, entry);
		var->varlevelsup = columns->depth;
		return var;
	}
	AppendColumn(&columns->columns, value);
	return NULL;
}

/* A row of a temporary table or view travels as text: only this node has its type. */
static Node *
take_var(Var *node, RowColumns *columns)
{
	Var *var = copyObject(node);
	Var *column;

	var->varlevelsup = 0;
	if (!IsLocalType(var->vartype))
	{
		column = take_value((Expr *) var, columns);
		return (Node *) (column ? column : node);
	}
	column = take_value(AsText((Expr *) var), columns);
	return column ? (Node *) CastByIO((Expr *) column, var->vartype, InvalidOid) : (Node *) node;
}

static bool
is_taken(Node *node, RowColumns *columns)
{
	return IsA(node, Var) && (int) ((Var *) node)->varlevelsup == columns->depth &&
		   !bms_is_member(((Var *) node)->varno, columns->stay);
}

/* Has the row been made to text already? */
static bool
is_taken_as_text(Node *node, RowColumns *columns)
{
	CoerceViaIO *text = (CoerceViaIO *) node;

	return IsA(node, CoerceViaIO) && columns->depth == 0 && text->resulttype == TEXTOID &&
		   is_taken((Node *) text->arg, columns) && IsLocalType(exprType((Node *) text->arg));
}

/* A part of a row that cannot travel as a whole is taken as it is. */
static Node *
take_part(Node *part, RowColumns *columns)
{
	Node *value = copyObject(part);
	Var  *column;

	RecordOfPart(value)->varlevelsup = 0;
	column = take_value((Expr *) value, columns);
	return column ? (Node *) column : part;
}

Node *
TakeFromColumns(Node *node, RowColumns *columns)
{
	if (node == NULL)
		return NULL;
	if (RecordOfPart(node) && is_taken((Node *) RecordOfPart(node), columns))
		return take_part(node, columns);
	if (is_taken(node, columns))
		return take_var((Var *) node, columns);
	if (is_taken_as_text(node, columns))
	{
		Var *column = take_value(copyObject((Expr *) node), columns);

		return column ? (Node *) column : node;
	}
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
