/*-------------------------------------------------------------------------
 *
 * fill_column.c
 *	  Can each node compute the values of a new or changed column by itself?
 *
 * A new column's default that calls a user's stable function is computed once,
 * as PostgreSQL does, on the node that the statement came in on: there the
 * logical table has the value. The others are told it before the statement.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "access/tupdesc_details.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "ddl/ddl.h"
#include "executor/row_encoder.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parse_expr.h"
#include "parser/parse_relation.h"
#include "placement/cluster_change.h"
#include "rewrite/rewriteHandler.h"
#include "storage/bufmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

/* On a node that is told: an array of texts, of columns and their values in turn. */
static char *new_values;

/*
 * Finds a function whose value is one for all rows on a plain table, but would
 * be one for each node: stable and not PostgreSQL's own. Those see the same time,
 * role and settings on all nodes.
 */
static bool
DiffersByNode(Oid function, void *volatile_too)
{
	char volatility = func_volatile(function);

	return (volatility == PROVOLATILE_STABLE && function >= FirstNormalObjectId) ||
		   (volatility == PROVOLATILE_VOLATILE && *(bool *) volatile_too);
}

static bool
FindNodesOwnValue(Node *node, void *volatile_too)
{
	if (node == NULL)
		return false;
	if (check_functions_in_node(node, DiffersByNode, volatile_too) ||
		(IsA(node, NextValueExpr) && *(bool *) volatile_too))
		return true;
	return expression_tree_walker(node, FindNodesOwnValue, volatile_too);
}

static bool
HasRows(Oid relid)
{
	Relation rel = table_open(relid, NoLock);
	bool     result = RelationGetNumberOfBlocks(rel) > 0;

	table_close(rel, NoLock);
	return result;
}

/*
 * Existing rows must not be filled with values that should be the same on all
 * nodes, but aren't. For a reference table those are all but the immutable ones:
 * its copies must stay equal.
 */
static void
CheckFillsAlike(const DistTable *table, const char *column, Node *value)
{
	bool volatile_too = table->method == DIST_REFERENCE && HasRows(table->data_relid);

	if (value == NULL || !HaveOtherNodes() || !FindNodesOwnValue(value, &volatile_too))
		return;
	ereport(
		ERROR,
		(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
		 errmsg("cannot compute new values of column \"%s\" of distributed table \"%s\"", column,
				get_rel_name(table->relid)),
		 volatile_too ? errdetail("Each node would fill its copy of the reference table with "
								  "values of its own.")
					  : errdetail("Each node would call the stable function for itself."),
		 errhint("Add a column without a default, update the table, and set the default then.")));
}

/* Is the default one value, but not the same on each node? */
static bool
is_nodes_own(Node *value)
{
	bool volatile_too = false;

	return value && HaveOtherNodes() && FindNodesOwnValue(value, &volatile_too) &&
		   !contain_volatile_functions(value);
}

/* What PostgreSQL has computed for rows of the logical table; false: nothing. */
static bool
computed_here(Relation rel, AttrNumber attno, char **value)
{
	TupleConstr *constr = RelationGetDescr(rel)->constr;
	Oid          output;
	bool         is_varlena;
	FmgrInfo     function;

	if (constr == NULL || constr->missing == NULL || !constr->missing[attno - 1].am_present)
		return false;
	getTypeOutputInfo(TupleDescAttr(RelationGetDescr(rel), attno - 1)->atttypid, &output,
					  &is_varlena);
	fmgr_info(output, &function);
	*value = ExactOutput(&function, constr->missing[attno - 1].am_value);
	return true;
}

/* What the node that sent the statement has computed; false: nothing. */
static bool
told(const char *column, char **value)
{
	ArrayType *array;
	Datum     *texts;
	bool      *nulls;
	int        count;

	if (new_values == NULL || *new_values == '\0')
		return false;
	array = DatumGetArrayTypeP(OidInputFunctionCall(F_ARRAY_IN, new_values, TEXTOID, -1));
	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &texts, &nulls, &count);
	for (int i = 0; i + 1 < count; i += 2)
	{
		if (strcmp(TextDatumGetCString(texts[i]), column) != 0)
			continue;
		*value = TextDatumGetCString(texts[i + 1]);
		return true;
	}
	return false;
}

/* The statement that tells other nodes. */
char *
TellNewValues(List *values)
{
	Datum    *texts = palloc(sizeof(Datum) * list_length(values));
	ListCell *lc;

	foreach (lc, values)
		texts[foreach_current_index(lc)] = CStringGetTextDatum(strVal(lfirst(lc)));
	return psprintf(
		"SELECT pg_catalog.set_config('distshard.new_values', %s, true)",
		quote_literal_cstr(OidOutputFunctionCall(
			F_ARRAY_OUT, PointerGetDatum(construct_array(texts, list_length(values), TEXTOID, -1,
														 false, TYPALIGN_INT)))));
}

/*
 * DefaultForRows returns the expression that fills existing rows with a new
 * column's default where that is not to be computed again; NULL: it is.
 */
Node *
DefaultForRows(Utility *utility, const DistTable *table, AttrNumber attno)
{
	Relation          rel = table_open(table->relid, NoLock);
	Form_pg_attribute att = TupleDescAttr(RelationGetDescr(rel), attno - 1);
	Node             *expr = build_column_default(rel, attno);
	char             *column = pstrdup(NameStr(att->attname));
	char             *type = format_type_extended(att->atttypid, att->atttypmod,
												  FORMAT_TYPE_TYPEMOD_GIVEN | FORMAT_TYPE_FORCE_QUALIFY);
	char             *value = NULL;
	bool              known = false;
	MemoryContext     old;

	if (!att->attgenerated && is_nodes_own(expr))
		known = utility->forwarded ? told(column, &value) : computed_here(rel, attno, &value);
	if (!known)
		CheckFillsAlike(table, column, expr);
	table_close(rel, NoLock);
	if (!known)
		return NULL;
	old = MemoryContextSwitchTo(utility->memory);
	utility->new_values = lappend(utility->new_values, makeString(pstrdup(column)));
	utility->new_values = lappend(utility->new_values, makeString(pstrdup(value)));
	MemoryContextSwitchTo(old);
	return ParseExpression(psprintf("%s::%s", quote_literal_cstr(value), type));
}

void
InitFillColumn(void)
{
	DefineCustomStringVariable(
		"distshard.new_values", "Names of new columns, and what existing rows have in them.", NULL,
		&new_values, "", PGC_USERSET, GUC_NO_SHOW_ALL | GUC_NOT_IN_SAMPLE, NULL, NULL, NULL);
}

/* The same for ALTER COLUMN TYPE .. USING, before the statement is run. */
void
CheckUsingFillsAlike(const DistTable *table, AlterTableCmd *cmd)
{
	ColumnDef          *column = castNode(ColumnDef, cmd->def);
	ParseState         *pstate;
	ParseNamespaceItem *item;
	Relation            rel;

	if (column->raw_default == NULL)
		return;
	rel = table_open(table->relid, AccessShareLock);
	pstate = make_parsestate(NULL);
	item = addRangeTableEntryForRelation(pstate, rel, AccessShareLock, NULL, false, true);
	addNSItemToQuery(pstate, item, false, true, true);
	CheckFillsAlike(
		table, cmd->name,
		transformExpr(pstate, copyObject(column->raw_default), EXPR_KIND_ALTER_COL_TRANSFORM));
	free_parsestate(pstate);
	table_close(rel, NoLock);
}
