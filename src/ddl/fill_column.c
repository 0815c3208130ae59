/*-------------------------------------------------------------------------
 *
 * fill_column.c
 *	  Can each node compute the values of a new or changed column by itself?
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/pg_proc.h"
#include "ddl/ddl.h"
#include "nodes/nodeFuncs.h"
#include "parser/parse_expr.h"
#include "parser/parse_relation.h"
#include "placement/cluster_change.h"
#include "rewrite/rewriteHandler.h"
#include "storage/bufmgr.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

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

void
CheckDefaultFillsAlike(const DistTable *table, AttrNumber attno)
{
	Relation rel = table_open(table->relid, NoLock);

	CheckFillsAlike(table, NameStr(TupleDescAttr(RelationGetDescr(rel), attno - 1)->attname),
					build_column_default(rel, attno));
	table_close(rel, NoLock);
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
