/*-------------------------------------------------------------------------
 *
 * wrap_table.c
 *	  A table in a query becomes a subquery that reads the table.
 *
 * The subquery has the table's columns at their numbers, so that Vars stay as
 * they are; behind them, what else the query asks of the table: system columns,
 * and the row as a whole.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/heap.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "parser/parsetree.h"
#include "planner/wrap_table.h"
#include "rewrite/rewriteManip.h"
#include "utils/rel.h"

typedef struct PulledTable
{
	Index rti;
	List *more_columns; /* of int: system columns and the row as a whole, in the order added */
	int   natts;
} PulledTable;

static Query *
query_of_table(RangeTblEntry *rte, PulledTable *pulled)
{
	Query         *query = makeNode(Query);
	RangeTblEntry *inner = copyObject(rte);
	Relation       rel = table_open(rte->relid, NoLock);
	RangeTblRef   *ref = makeNode(RangeTblRef);
	ListCell      *lc;
	int            i;

	query->commandType = CMD_SELECT;
	inner->inFromCl = true;
	inner->lateral = false;
	ChangeVarNodes((Node *) inner->securityQuals, pulled->rti, 1, 0);
	query->rtable = list_make1(inner);
	ref->rtindex = 1;
	query->jointree = makeFromExpr(list_make1(ref), NULL);

	pulled->natts = RelationGetNumberOfAttributes(rel);
	for (i = 0; i < pulled->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(RelationGetDescr(rel), i);
		Expr             *expr;

		if (att->attisdropped)
			expr = (Expr *) makeNullConst(INT4OID, -1, InvalidOid);
		else
			expr = (Expr *) makeVar(1, i + 1, att->atttypid, att->atttypmod, att->attcollation, 0);
		query->targetList = lappend(
			query->targetList, makeTargetEntry(expr, i + 1, pstrdup(NameStr(att->attname)), false));
	}
	foreach (lc, pulled->more_columns)
	{
		AttrNumber  attno = lfirst_int(lc);
		Oid         type = RelationGetForm(rel)->reltype;
		const char *name = "row";
		Expr       *expr;

		if (attno != InvalidAttrNumber)
		{
			type = SystemAttributeDefinition(attno)->atttypid;
			name = NameStr(SystemAttributeDefinition(attno)->attname);
		}
		expr = (Expr *) makeVar(1, attno, type, -1, InvalidOid, 0);
		query->targetList =
			lappend(query->targetList, makeTargetEntry(expr, list_length(query->targetList) + 1,
													   pstrdup(name), false));
	}
	table_close(rel, NoLock);
	return query;
}

typedef struct MoreColumns
{
	PulledTable *pulled;
	int          depth;
	bool         renumber; /* else only collect */
} MoreColumns;

/* Finds Vars for system columns and the whole row of a pulled table, and renumbers them in place. */
static bool
more_columns_walker(Node *node, MoreColumns *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Var))
	{
		Var         *var = (Var *) node;
		PulledTable *pulled = context->pulled;
		int          i = 0;
		ListCell    *lc;

		if (var->varno != pulled->rti || (int) var->varlevelsup != context->depth ||
			var->varattno > 0)
			return false;
		if (!context->renumber)
		{
			pulled->more_columns = list_append_unique_int(pulled->more_columns, var->varattno);
			return false;
		}
		foreach (lc, pulled->more_columns)
		{
			i++;
			if (lfirst_int(lc) == var->varattno)
			{
				var->varattno = pulled->natts + i;
				var->varattnosyn = var->varattno;
				return false;
			}
		}
		return false;
	}
	if (IsA(node, Query))
	{
		bool result;

		context->depth++;
		result = query_tree_walker((Query *) node, more_columns_walker, context, 0);
		context->depth--;
		return result;
	}
	return expression_tree_walker(node, more_columns_walker, context);
}

Query *
WrapTable(Query *query, Index rti, bool row_apart)
{
	RangeTblEntry *rte = rt_fetch(rti, query->rtable);
	PulledTable    pulled = {rti, NIL, 0};
	MoreColumns    columns = {&pulled, 0, false};
	Query         *subquery;
	List          *names = NIL;
	ListCell      *lc;

	query_tree_walker(query, more_columns_walker, &columns, 0);
	/* by itself, the row is that of the subquery */
	if (!row_apart && list_length(pulled.more_columns) == 1 &&
		linitial_int(pulled.more_columns) == InvalidAttrNumber)
		pulled.more_columns = NIL;
	subquery = query_of_table(rte, &pulled);
	columns.renumber = true;
	if (pulled.more_columns)
		query_tree_walker(query, more_columns_walker, &columns, 0);
	subquery->hasRowSecurity = query->hasRowSecurity;

	foreach (lc, subquery->targetList)
		names = lappend(names, makeString(pstrdup(lfirst_node(TargetEntry, lc)->resname)));
	rte->rtekind = RTE_SUBQUERY;
	rte->subquery = subquery;
	rte->relid = InvalidOid;
	rte->relkind = 0;
	rte->rellockmode = 0;
	rte->tablesample = NULL;
	rte->inh = false;
	rte->requiredPerms = 0;
	rte->securityQuals = NIL;
	rte->eref = makeAlias(rte->eref->aliasname, names);
	return subquery;
}

void
MoveRowMark(Query *query, Index rti, Query *subquery)
{
	ListCell *lc;

	foreach (lc, query->rowMarks)
	{
		RowMarkClause *mark = copyObject(lfirst_node(RowMarkClause, lc));

		if (mark->rti != rti)
			continue;
		query->rowMarks = foreach_delete_current (query->rowMarks, lc);
		mark->rti = 1;
		subquery->rowMarks = list_make1(mark);
		subquery->hasForUpdate = true;
	}
}
