/*-------------------------------------------------------------------------
 *
 * exchange.c
 *	  Rows that come together on nodes by a value which is to be counted.
 *
 * For "SELECT count(DISTINCT x) FROM t" the nodes send each other the rows, each
 * to the node that the hash of x selects. Then each value is on one node only,
 * so that the nodes can count, and the coordinator adds up.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "planner/exchange.h"
#include "planner/leaf.h"
#include "planner/row_columns.h"
#include "planner/shape.h"
#include "planner/split.h"
#include "planner/strategy.h"
#include "planner/transfer.h"
#include "rewrite/rewriteManip.h"
#include "utils/lsyscache.h"

/* What stands for a column of the query's only entry. */
static Var *
column_of_entry(void *arg, TargetEntry *entry)
{
	return makeVarFromTargetEntry(1, entry);
}

Query *
SeparateInput(Query *query)
{
	RowColumns     columns = {NIL};
	Query         *input = makeNode(Query);
	RangeTblEntry *rte = makeNode(RangeTblEntry);
	List          *names = NIL;
	ListCell      *lc;
	Query          rest = *query;

	rest.rtable = NIL;
	rest.jointree = NULL;
	query_tree_mutator(&rest, TakeFromColumns, &columns, QTW_DONT_COPY_QUERY);
	if (columns.columns == NIL)
		AppendColumn(&columns.columns, (Expr *) makeConst(INT4OID, -1, InvalidOid, sizeof(int32),
														  Int32GetDatum(1), false, true));
	columns.column = column_of_entry;
	query_tree_mutator(&rest, TakeFromColumns, &columns, QTW_DONT_COPY_QUERY);

	input->commandType = CMD_SELECT;
	input->rtable = query->rtable;
	input->jointree = query->jointree;
	input->hasSubLinks = query->hasSubLinks;
	input->hasRowSecurity = query->hasRowSecurity;
	input->targetList = columns.columns;
	foreach (lc, columns.columns)
		names = lappend(names, makeString(lfirst_node(TargetEntry, lc)->resname));
	rte->rtekind = RTE_SUBQUERY;
	rte->subquery = input;
	rte->eref = makeAlias("joined", names);
	rte->inFromCl = true;
	*query = rest;
	query->rtable = list_make1(rte);
	query->jointree = makeFromExpr(list_make1(makeNode(RangeTblRef)), NULL);
	linitial_node(RangeTblRef, query->jointree->fromlist)->rtindex = 1;
	return input;
}

/* The one column that all DISTINCT aggregates are about. */
typedef struct DistinctColumn
{
	Var *column;
	bool others; /* there is one that is about something else */
} DistinctColumn;

static bool
distinct_column_walker(Node *node, DistinctColumn *found)
{
	if (node == NULL)
		return false;
	if (IsA(node, Aggref) && ((Aggref *) node)->aggdistinct)
	{
		Var *column = ColumnOfDistinct((Aggref *) node);

		found->others |= column == NULL || (found->column && !equal(column, found->column));
		found->column = column;
		return false;
	}
	return expression_tree_walker(node, distinct_column_walker, found);
}

static Var *
distinct_column(Query *query)
{
	DistinctColumn found = {NULL, false};

	distinct_column_walker((Node *) query->targetList, &found);
	distinct_column_walker(query->havingQual, &found);
	return found.others ? NULL : found.column;
}

bool
ExchangeDistinct(Query *query)
{
	Spread         spread = SpreadOfInput(query);
	Var           *column = distinct_column(query);
	DistTable     *table;
	RangeTblEntry *rte;
	Transfer      *transfer;

	if (column == NULL || spread.kind != SPREAD_SPLIT || spread.table->method != DIST_HASH ||
		query->groupingSets || query->cteList || TransfersOfQuery(query) != NIL ||
		checkExprHasSubLink((Node *) query->targetList) || checkExprHasSubLink(query->havingQual) ||
		join_strategy == STRATEGY_PULL ||
		(OidIsValid(column->varcollid) && !get_collation_isdeterministic(column->varcollid)))
		return false;
	table = TableCutBy(spread.table, getBaseType(column->vartype));
	if (table == NULL)
		return false;
	SeparateInput(query);
	rte = rt_fetch(1, query->rtable);
	transfer = TransferOfTable(query, 1, 0, NIL, false, NULL);
	if (transfer == NULL || !IsWorthSending(&transfer->estimate))
		return false;
	transfer->table = table;
	transfer->own_hash = true;
	transfer->key = distinct_column(query)->varattno;
	*rte = *TransferredEntry(rte, transfer);
	PlanSource(transfer, NULL);
	return true;
}
