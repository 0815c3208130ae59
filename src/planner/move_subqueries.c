/*-------------------------------------------------------------------------
 *
 * move_subqueries.c
 *	  Subqueries of ON CONFLICT that are answered with the rows.
 *
 * A node that finds a conflicting row cannot look into tables of other nodes.
 * A subquery that does not depend on that row can be answered before, here,
 * with the row to be inserted; it then travels as another column of it. The
 * columns in which the rows conflict are the same in both.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/nbtree.h"
#include "access/table.h"
#include "executor/statement_triggers.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "planner/modify.h"
#include "planner/move_subqueries.h"
#include "planner/print.h"
#include "planner/row_template.h"
#include "rewrite/rewriteManip.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/typcache.h"

typedef struct MoveContext
{
	Query *insert;
	List  *names;   /* of TargetEntry: columns of the source and what they are for */
	int    depth;   /* of subqueries around the expression that is looked at */
	List  *moved;   /* expressions as they stand in ON CONFLICT */
	List  *values;  /* the same over the source's rows */
	List  *several; /* subqueries that give several columns, over the source's rows */
} MoveContext;

/* The column of the source that is for a column of the table, 0 if there is none. */
static AttrNumber
source_column(MoveContext *context, AttrNumber attno)
{
	ListCell *lc;

	foreach (lc, context->names)
	{
		if (lfirst_node(TargetEntry, lc)->resno == attno)
			return foreach_current_index(lc) + 1;
	}
	return 0;
}

static bool
changes_rows_before_insert(Query *insert)
{
	Relation rel = table_open(rt_fetch(insert->resultRelation, insert->rtable)->relid, NoLock);
	bool     result = HasBeforeInsertHere(rel);

	table_close(rel, NoLock);
	return result;
}

/* Are equal values of a column the same in every respect? As for numeric they are not: 1.0 and 1.00. */
static bool
equal_is_same(Var *var)
{
	TypeCacheEntry *type = lookup_type_cache(var->vartype, TYPECACHE_BTREE_OPFAMILY);
	Oid             proc;

	if (!OidIsValid(type->btree_opf))
		return false;
	proc = get_opfamily_proc(type->btree_opf, type->btree_opintype, type->btree_opintype,
							 BTEQUALIMAGE_PROC);
	return OidIsValid(proc) && DatumGetBool(OidFunctionCall1Coll(
								   proc, var->varcollid, ObjectIdGetDatum(type->btree_opintype)));
}

/* Is it a column of the row that is there in which the new row does not differ? */
static bool
is_conflicting_column(Var *var, Query *insert)
{
	OnConflictExpr *conflict = insert->onConflict;
	List           *arbiters = conflict->arbiterElems;
	ListCell       *lc;

	if (OidIsValid(conflict->constraint) && arbiters == NIL)
		arbiters = ArbiterColumns(conflict->constraint, insert->resultRelation);
	foreach (lc, arbiters)
	{
		Node *column = lfirst_node(InferenceElem, lc)->expr;

		if (IsA(column, Var) && ((Var *) column)->varno == var->varno &&
			((Var *) column)->varattno == var->varattno)
			return equal_is_same(var);
	}
	return false;
}

/* Does it depend on the row that is there, or on what only the node knows of the new one? */
static bool
must_stay(Node *node, MoveContext *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Var) && ((Var *) node)->varlevelsup == context->depth)
	{
		Var *var = (Var *) node;

		return (var->varno != context->insert->onConflict->exclRelIndex &&
				!is_conflicting_column(var, context->insert)) ||
			   source_column(context, var->varattno) == 0 ||
			   changes_rows_before_insert(context->insert);
	}
	if (IsA(node, Query))
	{
		bool result;

		context->depth++;
		result = query_tree_walker((Query *) node, must_stay, context, 0);
		context->depth--;
		return result;
	}
	return expression_tree_walker(node, must_stay, context);
}

/* EXCLUDED is the row of the source, whose only range table entry comes first. */
static Node *
over_source(Node *node, MoveContext *context)
{
	if (node == NULL)
		return NULL;
	if (IsA(node, Var) && ((Var *) node)->varlevelsup == context->depth)
	{
		Var *var = copyObject((Var *) node);

		var->varno = 1;
		var->varattno = source_column(context, var->varattno);
		var->varnosyn = 0;
		var->varattnosyn = 0;
		return (Node *) var;
	}
	if (IsA(node, Query))
	{
		Node *result;

		context->depth++;
		result = (Node *) query_tree_mutator((Query *) node, over_source, context, 0);
		context->depth--;
		return result;
	}
	return expression_tree_mutator(node, over_source, context);
}

/* A column of a subquery that gives several, and that moves. */
static bool
is_moved_column(Node *node, MoveContext *context)
{
	ListCell *lc;

	if (!IsA(node, Param) || ((Param *) node)->paramkind != PARAM_MULTIEXPR)
		return false;
	foreach (lc, context->several)
	{
		if (((SubLink *) lfirst(lc))->subLinkId == ((Param *) node)->paramid >> 16)
			return true;
	}
	return false;
}

static bool
collect_walker(Node *node, MoveContext *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, SubLink) && !must_stay(node, context))
	{
		if (((SubLink *) node)->subLinkType == MULTIEXPR_SUBLINK)
			return false;
		context->moved = lappend(context->moved, node);
		context->values = lappend(context->values, over_source(copyObject(node), context));
		return false;
	}
	if (is_moved_column(node, context))
	{
		context->moved = lappend(context->moved, node);
		context->values = lappend(context->values, copyObject(node));
		return false;
	}
	return expression_tree_walker(node, collect_walker, context);
}

static void
collect(MoveContext *context)
{
	OnConflictExpr *conflict = context->insert->onConflict;
	ListCell       *lc;

	foreach (lc, conflict->onConflictSet)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);

		if (tle->resjunk && IsA(tle->expr, SubLink) && !must_stay((Node *) tle->expr, context))
			context->several =
				lappend(context->several, over_source(copyObject((Node *) tle->expr), context));
	}
	collect_walker((Node *) conflict->onConflictSet, context);
	collect_walker(conflict->onConflictWhere, context);
}

/* A SELECT of all columns of the source, which becomes a subquery of it. */
static Query *
around_source(Query *source)
{
	Query         *result = makeNode(Query);
	RangeTblEntry *rte = makeNode(RangeTblEntry);
	RangeTblRef   *ref = makeNode(RangeTblRef);
	List          *names = NIL;
	ListCell      *lc;

	result->commandType = CMD_SELECT;
	result->querySource = QSRC_ORIGINAL;
	result->cteList = source->cteList;
	result->hasRecursive = source->hasRecursive;
	result->hasModifyingCTE = source->hasModifyingCTE;
	result->hasRowSecurity = source->hasRowSecurity;
	MoveBelowCtes(source);
	foreach (lc, source->targetList)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);

		names = lappend(names, makeString(psprintf("column%d", tle->resno)));
		result->targetList =
			lappend(result->targetList, makeTargetEntry((Expr *) makeVarFromTargetEntry(1, tle),
														tle->resno, NULL, false));
	}
	rte->rtekind = RTE_SUBQUERY;
	rte->subquery = source;
	rte->eref = makeAlias("source", names);
	rte->inFromCl = true;
	result->rtable = list_make1(rte);
	ref->rtindex = 1;
	result->jointree = makeFromExpr(list_make1(ref), NULL);
	return result;
}

List *
MoveSubqueries(Query *insert, Query **source)
{
	MoveContext context = {insert, insert->targetList, 0, NIL, NIL, NIL};
	ListCell   *lc;

	if (insert->onConflict == NULL)
		return NIL;
	collect(&context);
	if (context.moved == NIL)
		return NIL;
	*source = around_source(*source);
	(*source)->hasSubLinks = true;
	foreach (lc, list_concat_copy(context.values, context.several))
		(*source)->targetList = lappend(
			(*source)->targetList,
			makeTargetEntry(lfirst(lc), list_length((*source)->targetList) + 1, NULL, false));
	return context.moved;
}

typedef struct UseContext
{
	Query *row_template;
	List  *moved;
} UseContext;

static Node *
use_mutator(Node *node, UseContext *context)
{
	ListCell *lc;

	if (node == NULL)
		return NULL;
	foreach (lc, context->moved)
	{
		int before = list_length(context->row_template->targetList);

		if (equal(lfirst(lc), node))
			return (Node *) TemplateColumn(context->row_template,
										   before + foreach_current_index(lc) + 1);
	}
	return expression_tree_mutator(node, use_mutator, context);
}

static bool
takes_column_of(Node *node, int *sublink_id)
{
	if (node == NULL)
		return false;
	if (IsA(node, Param))
		return ((Param *) node)->paramkind == PARAM_MULTIEXPR &&
			   ((Param *) node)->paramid >> 16 == *sublink_id;
	return expression_tree_walker(node, takes_column_of, sublink_id);
}

void
UseMovedSubqueries(Query *row_template, List *moved)
{
	UseContext      context = {row_template, moved};
	OnConflictExpr *conflict = row_template->onConflict;
	List           *set;
	ListCell       *lc;

	if (moved == NIL)
		return;
	set = (List *) use_mutator((Node *) conflict->onConflictSet, &context);
	conflict->onConflictSet = NIL;
	conflict->onConflictWhere = use_mutator(conflict->onConflictWhere, &context);
	foreach (lc, set)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);

		/* a subquery that gives several columns is there only for these */
		if (!tle->resjunk || !IsA(tle->expr, SubLink) ||
			takes_column_of((Node *) set, &((SubLink *) tle->expr)->subLinkId))
			conflict->onConflictSet = lappend(conflict->onConflictSet, tle);
	}
	row_template->hasSubLinks = checkExprHasSubLink((Node *) row_template);
}
