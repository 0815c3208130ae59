/*-------------------------------------------------------------------------
 *
 * record_fields.c
 *	  Rows of no named type, in parts that can travel.
 *
 * A row of a subquery has a type that only the backend knows which runs the
 * query. Between nodes its fields travel, and whether it is null as a whole, as
 * it is where an outer join finds no row for it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/tlist.h"
#include "parser/parse_relation.h"
#include "parser/parsetree.h"
#include "planner/record_fields.h"

static bool
is_record(Node *node)
{
	return node != NULL && IsA(node, Var) && ((Var *) node)->vartype == RECORDOID;
}

static bool
has_records_walker(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (is_record(node))
		return true;
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, has_records_walker, context, 0);
	return expression_tree_walker(node, has_records_walker, context);
}

bool
HasRecords(List *targetlist)
{
	return has_records_walker((Node *) targetlist, NULL);
}

Var *
RecordOfPart(Node *node)
{
	Node *arg = NULL;

	if (IsA(node, FieldSelect))
		arg = (Node *) ((FieldSelect *) node)->arg;
	else if (IsA(node, NullTest) && !((NullTest *) node)->argisrow)
		arg = (Node *) ((NullTest *) node)->arg;
	return is_record(arg) ? (Var *) arg : NULL;
}

/* Appends the fields of the row as a whole, which are columns. */
static void
fields_of_row(Query *query, Var *row, List **names, List **fields)
{
	expandRTE(rt_fetch(row->varno, query->rtable), row->varno, row->varlevelsup, -1, false, names,
			  fields);
}

/* The same for a column of a subquery; it appends nothing if the subquery does not tell. */
static void
fields_of_column(Query *query, Var *column, List **names, List **fields)
{
	RangeTblEntry *rte = rt_fetch(column->varno, query->rtable);
	TargetEntry   *source;
	TupleDesc      desc;

	if (rte->rtekind != RTE_SUBQUERY || rte->subquery->setOperations)
		return;
	source = get_tle_by_resno(rte->subquery->targetList, column->varattno);
	if (source == NULL || IsA(source->expr, Var))
		return;
	desc = get_expr_result_tupdesc((Node *) source->expr, true);
	for (int i = 0; desc != NULL && i < desc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, i);
		FieldSelect      *field = makeNode(FieldSelect);

		field->arg = (Expr *) copyObject(column);
		field->fieldnum = i + 1;
		field->resulttype = att->atttypid;
		field->resulttypmod = att->atttypmod;
		field->resultcollid = att->attcollation;
		*names = lappend(*names, makeString(pstrdup(NameStr(att->attname))));
		*fields = lappend(*fields, field);
	}
}

typedef struct Level
{
	Query *query;
	Index  depth;
} Level;

static Node *from_fields_mutator(Node *node, Level *level);

/* CASE WHEN row IS NOT NULL THEN ROW(its fields) END */
static Node *
row_of_fields(Var *record, List *names, List *fields)
{
	RowExpr  *row = makeNode(RowExpr);
	NullTest *test = makeNode(NullTest);
	CaseWhen *when = makeNode(CaseWhen);
	CaseExpr *result = makeNode(CaseExpr);

	row->args = fields;
	row->colnames = names;
	row->row_typeid = RECORDOID;
	row->row_format = COERCE_EXPLICIT_CALL;
	test->arg = (Expr *) copyObject(record);
	test->nulltesttype = IS_NOT_NULL;
	when->expr = (Expr *) test;
	when->result = (Expr *) row;
	result->casetype = RECORDOID;
	result->args = list_make1(when);
	result->defresult = (Expr *) makeNullConst(RECORDOID, -1, InvalidOid);
	row->location = test->location = when->location = result->location = -1;
	return (Node *) result;
}

static Node *
from_fields(Var *record, Level *level)
{
	List *names = NIL;
	List *fields = NIL;

	if (record->varattno == InvalidAttrNumber)
		fields_of_row(level->query, record, &names, &fields);
	else
		fields_of_column(level->query, record, &names, &fields);
	if (fields == NIL)
		return (Node *) record;
	/* fields of fields have no names by which to ask for them */
	if (record->varattno == InvalidAttrNumber)
		fields = (List *) from_fields_mutator((Node *) fields, level);
	return row_of_fields(record, names, fields);
}

static Node *
from_fields_mutator(Node *node, Level *level)
{
	if (node == NULL)
		return NULL;
	if (is_record(node) && ((Var *) node)->varlevelsup == level->depth)
		return from_fields((Var *) node, level);
	if (IsA(node, Query))
	{
		Node *result;

		level->depth++;
		result = (Node *) query_tree_mutator((Query *) node, from_fields_mutator, level, 0);
		level->depth--;
		return result;
	}
	return expression_tree_mutator(node, from_fields_mutator, level);
}

List *
RecordsFromFields(Query *query, List *targetlist)
{
	Level level = {query, 0};

	return (List *) from_fields_mutator((Node *) targetlist, &level);
}
