/*-------------------------------------------------------------------------
 *
 * row_template.c
 *	  Statements that take rows which are computed here.
 *
 * Such a statement is made when the plan is, and printed when there are rows:
 * how many go to a node in one statement is known only then.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_class.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "planner/dist_plan.h"
#include "planner/row_template.h"
#include "utils/rel.h"

static RangeTblEntry *
values_of_template(Query *row_template)
{
	return llast_node(RangeTblEntry, row_template->rtable);
}

void
TakeEntriesOut(Query *query, Relids entries)
{
	int rti = -1;

	while ((rti = bms_next_member(entries, rti)) >= 0)
	{
		RangeTblEntry *unused = makeNode(RangeTblEntry);

		unused->rtekind = RTE_RESULT;
		unused->eref = makeAlias("*RESULT*", NIL);
		lfirst(list_nth_cell(query->rtable, rti - 1)) = unused;
	}
}

Query *
RowTemplate(Query *statement, List *columns)
{
	Query         *result = copyObject(statement);
	RangeTblEntry *values = makeNode(RangeTblEntry);
	RangeTblRef   *ref = makeNode(RangeTblRef);
	List          *names = NIL;
	ListCell      *lc;
	Relids         sources = bms_add_range(NULL, 1, list_length(result->rtable));

	sources = bms_del_member(sources, result->resultRelation);
	if (result->onConflict)
		sources = bms_del_member(sources, result->onConflict->exclRelIndex);
	TakeEntriesOut(result, sources);
	foreach (lc, columns)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);
		Node        *expr = (Node *) tle->expr;

		names = lappend(names, makeString(psprintf("column%d", list_length(names) + 1)));
		values->coltypes = lappend_oid(values->coltypes, exprType(expr));
		values->coltypmods = lappend_int(values->coltypmods, exprTypmod(expr));
		values->colcollations = lappend_oid(values->colcollations, exprCollation(expr));
	}
	values->rtekind = RTE_VALUES;
	values->alias = makeAlias("new_rows", names);
	values->eref = copyObject(values->alias);
	values->inFromCl = true;
	result->rtable = lappend(result->rtable, values);

	ref->rtindex = list_length(result->rtable);
	result->jointree = makeFromExpr(list_make1(ref), NULL);
	result->cteList = NIL;
	result->hasModifyingCTE = false;
	result->hasRecursive = false;
	return result;
}

Var *
TemplateColumn(Query *row_template, AttrNumber attno)
{
	RangeTblEntry *values = values_of_template(row_template);

	return makeVar(list_length(row_template->rtable), attno,
				   list_nth_oid(values->coltypes, attno - 1),
				   list_nth_int(values->coltypmods, attno - 1),
				   list_nth_oid(values->colcollations, attno - 1), 0);
}

Query *
InsertTemplate(Oid relid, List *attnums)
{
	Query         *insert = makeNode(Query);
	RangeTblEntry *rte = makeNode(RangeTblEntry);
	Relation       rel = table_open(relid, NoLock);
	TupleDesc      desc = RelationGetDescr(rel);
	List          *names = NIL;
	List          *columns = NIL;
	Query         *result;
	ListCell      *lc;

	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, i);

		names = lappend(names, makeString(att->attisdropped ? "" : pstrdup(NameStr(att->attname))));
	}
	rte->rtekind = RTE_RELATION;
	rte->relid = relid;
	rte->relkind = RELKIND_RELATION;
	rte->rellockmode = RowExclusiveLock;
	rte->eref = makeAlias(RelationGetRelationName(rel), names);
	rte->requiredPerms = ACL_INSERT;
	rte->checkAsUser = BOOTSTRAP_SUPERUSERID;
	insert->commandType = CMD_INSERT;
	insert->rtable = list_make1(rte);
	insert->resultRelation = 1;

	foreach (lc, attnums)
	{
		Form_pg_attribute att = TupleDescAttr(desc, lfirst_int(lc) - 1);
		Var *var = makeVar(1, att->attnum, att->atttypid, att->atttypmod, att->attcollation, 0);

		columns = lappend(columns, makeTargetEntry((Expr *) var, att->attnum,
												   pstrdup(NameStr(att->attname)), false));
	}
	table_close(rel, NoLock);
	result = RowTemplate(insert, columns);
	result->targetList = columns;
	foreach (lc, columns)
		lfirst_node(TargetEntry, lc)->expr =
			(Expr *) TemplateColumn(result, foreach_current_index(lc) + 1);
	return result;
}

static Param *
row_param(RangeTblEntry *values, int number)
{
	int    column = number % list_length(values->coltypes);
	Param *param = makeNode(Param);

	param->paramkind = PARAM_EXTERN;
	param->paramid = OWN_PARAM_BASE + number;
	param->paramtype = list_nth_oid(values->coltypes, column);
	param->paramtypmod = list_nth_int(values->coltypmods, column);
	param->paramcollid = list_nth_oid(values->colcollations, column);
	param->location = -1;
	return param;
}

typedef struct OneRow
{
	RangeTblEntry *values;
	Index          rti;
} OneRow;

static Node *
take_from_one_row(Node *node, OneRow *row)
{
	if (node == NULL)
		return NULL;
	if (IsA(node, Var) && ((Var *) node)->varno == row->rti && ((Var *) node)->varlevelsup == 0)
		return (Node *) row_param(row->values, ((Var *) node)->varattno - 1);
	return expression_tree_mutator(node, take_from_one_row, row);
}

/* ON CONFLICT does not see the rows of the source, only those that are inserted. */
static void
fill_on_conflict(Query *query, RangeTblEntry *values)
{
	OnConflictExpr *conflict = query->onConflict;
	OneRow          row = {values, list_length(query->rtable)};

	if (conflict == NULL)
		return;
	conflict->onConflictSet = (List *) take_from_one_row((Node *) conflict->onConflictSet, &row);
	conflict->onConflictWhere = take_from_one_row(conflict->onConflictWhere, &row);
}

Query *
FillRowTemplate(Query *row_template, int nrows)
{
	Query         *query = copyObject(row_template);
	RangeTblEntry *values = values_of_template(query);
	int            ncolumns = list_length(values->coltypes);
	int            row;
	int            column;

	for (row = 0; row < nrows; row++)
	{
		List *exprs = NIL;

		for (column = 0; column < ncolumns; column++)
			exprs = lappend(exprs, row_param(values, row * ncolumns + column));
		values->values_lists = lappend(values->values_lists, exprs);
	}
	if (nrows == 1)
		fill_on_conflict(query, values);
	return query;
}
