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
 * One that depends on other columns of the row that is there is answered with
 * the row that this statement sees; these columns travel as well, and the node
 * raises an error if the row has changed since.
 *
 * Calls of volatile functions move in the same way if the table is a reference
 * table, since each copy of it would get another result.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/nbtree.h"
#include "access/table.h"
#include "catalog/metadata.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "executor/statement_triggers.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parse_func.h"
#include "parser/parsetree.h"
#include "planner/any_order.h"
#include "planner/io_cast.h"
#include "planner/modify.h"
#include "planner/move_subqueries.h"
#include "planner/print.h"
#include "planner/row_identity.h"
#include "planner/row_template.h"
#include "rewrite/rewriteManip.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/typcache.h"

#define EXISTING_RTI 2

typedef struct MoveContext
{
	Query *insert;
	bool   copies;  /* is it into a reference table? */
	List  *names;   /* of TargetEntry: columns of the source and what they are for */
	int    depth;   /* of subqueries around the expression that is looked at */
	List  *moved;   /* expressions as they stand in ON CONFLICT */
	List  *values;  /* the same over the source's rows */
	List  *several; /* subqueries that give several columns, over the source's rows */
	List  *seen;    /* Vars of the row that is there, on which they depend */
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

/* The columns in which the rows conflict: a list of InferenceElem. */
static List *
arbiters(Query *insert)
{
	OnConflictExpr *conflict = insert->onConflict;

	if (OidIsValid(conflict->constraint) && conflict->arbiterElems == NIL)
		return ArbiterColumns(conflict->constraint, insert->resultRelation);
	return conflict->arbiterElems;
}

/* Are values equal for the index if they are so anywhere else? Whatever the operator class that is named orders them by. */
static bool
has_usual_equality(InferenceElem *elem)
{
	Oid opclass = elem->inferopclass;
	Oid type = OidIsValid(opclass) ? get_opclass_input_type(opclass) : InvalidOid;

	return !OidIsValid(opclass) ||
		   get_opfamily_member(get_opclass_family(opclass), type, type, BTEqualStrategyNumber) ==
			   lookup_type_cache(exprType(elem->expr), TYPECACHE_EQ_OPR)->eq_opr;
}

/* Is it a column of the row that is there in which the new row does not differ? */
static bool
is_conflicting_column(Var *var, Query *insert)
{
	ListCell *lc;

	foreach (lc, arbiters(insert))
	{
		InferenceElem *elem = lfirst_node(InferenceElem, lc);
		Var           *column = (Var *) elem->expr;

		if (IsA(column, Var) && column->varno == var->varno && column->varattno == var->varattno)
			return has_usual_equality(elem) &&
				   EqualsAreAlike(var->vartype, OidIsValid(elem->infercollid) ? elem->infercollid
																			  : var->varcollid);
	}
	return false;
}

/* Does the source lack a column that the index's expression needs? */
static bool
lacks_column(Node *node, MoveContext *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Var))
		return source_column(context, ((Var *) node)->varattno) == 0;
	return expression_tree_walker(node, lacks_column, context);
}

/* Can the row that is there be looked up by what makes the new one conflict with it? */
static bool
can_look_up(MoveContext *context)
{
	ListCell *lc;

	foreach (lc, arbiters(context->insert))
	{
		InferenceElem *elem = lfirst_node(InferenceElem, lc);

		if (lacks_column(elem->expr, context) || !has_usual_equality(elem))
			return false;
	}
	return true;
}

/* Does it depend on what only the node knows of the new row, or of the one that is there? */
static bool
must_stay(Node *node, MoveContext *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Var) && ((Var *) node)->varlevelsup == context->depth)
	{
		Var *var = (Var *) node;

		if (changes_rows_before_insert(context->insert))
			return true;
		if (var->varno == context->insert->onConflict->exclRelIndex ||
			is_conflicting_column(var, context->insert))
			return source_column(context, var->varattno) == 0;
		return var->varattno <= 0 || !can_look_up(context);
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

/* The column of the row that is there: the second range table entry around the source. */
static void
look_up(Var *var, MoveContext *context)
{
	Var *seen = copyObject(var);

	seen->varlevelsup = 0;
	context->seen = list_append_unique(context->seen, seen);
	var->varno = EXISTING_RTI;
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

		var->varnosyn = 0;
		var->varattnosyn = 0;
		if (var->varno != context->insert->onConflict->exclRelIndex &&
			!is_conflicting_column(var, context->insert))
		{
			look_up(var, context);
			return (Node *) var;
		}
		var->varno = 1;
		var->varattno = source_column(context, var->varattno);
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
is_volatile(Oid function, void *context)
{
	return func_volatile(function) == PROVOLATILE_VOLATILE;
}

static bool
is_volatile_call(Node *node)
{
	return IsA(node, NextValueExpr) || check_functions_in_node(node, is_volatile, NULL);
}

static bool
collect_walker(Node *node, MoveContext *context)
{
	if (node == NULL)
		return false;
	if ((IsA(node, SubLink) || (context->copies && is_volatile_call(node))) &&
		!must_stay(node, context))
	{
		if (IsA(node, SubLink) && ((SubLink *) node)->subLinkType == MULTIEXPR_SUBLINK)
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

/* An expression over columns of the table, with the values that the source has for them. */
static Node *
value_of_source(Node *node, MoveContext *context)
{
	if (node == NULL)
		return NULL;
	if (IsA(node, Var))
	{
		Var *var = copyObject((Var *) node);

		var->varno = 1;
		var->varattno = source_column(context, var->varattno);
		var->varnosyn = 0;
		var->varattnosyn = 0;
		return (Node *) var;
	}
	return expression_tree_mutator(node, value_of_source, context);
}

/* What the row that is there has in common with the new one, if it is in the index. */
static List *
conflicts(MoveContext *context)
{
	Query    *insert = context->insert;
	List     *quals = NIL;
	ListCell *lc;

	foreach (lc, arbiters(insert))
	{
		InferenceElem *elem = lfirst_node(InferenceElem, lc);
		Node          *existing = copyObject(elem->expr);

		ChangeVarNodes(existing, insert->resultRelation, EXISTING_RTI, 0);
		if (OidIsValid(elem->infercollid))
			existing = (Node *) WithCollation((Expr *) existing, elem->infercollid);
		quals = lappend(
			quals, EqualityOf((Expr *) existing, (Expr *) value_of_source(elem->expr, context)));
	}
	if (insert->onConflict->arbiterWhere)
	{
		quals = lappend(quals, copyObject(insert->onConflict->arbiterWhere));
		ChangeVarNodes(llast(quals), insert->resultRelation, EXISTING_RTI, 0);
	}
	return quals;
}

/* Joins the rows that are there to those of the source. */
static void
join_existing(Query *source, MoveContext *context)
{
	Query         *insert = context->insert;
	RangeTblEntry *existing = copyObject(rt_fetch(insert->resultRelation, insert->rtable));
	RangeTblEntry *rte = makeNode(RangeTblEntry);
	RangeTblRef   *ref = makeNode(RangeTblRef);
	JoinExpr      *join = makeNode(JoinExpr);

	existing->inh = true;
	existing->inFromCl = true;
	existing->requiredPerms = ACL_SELECT;
	existing->insertedCols = NULL;
	existing->updatedCols = NULL;
	rte->rtekind = RTE_JOIN;
	rte->jointype = join->jointype = JOIN_LEFT;
	rte->eref = makeAlias("existing", NIL);
	rte->inFromCl = true;
	ref->rtindex = EXISTING_RTI;
	join->larg = linitial(source->jointree->fromlist);
	join->rarg = (Node *) ref;
	join->quals = (Node *) make_ands_explicit(conflicts(context));
	join->rtindex = EXISTING_RTI + 1;
	source->rtable = lappend(lappend(source->rtable, existing), rte);
	source->jointree->fromlist = list_make1(join);
}

List *
MoveSubqueries(Query *insert, Query **source)
{
	MoveContext context = {insert};
	List       *columns;
	ListCell   *lc;

	if (insert->onConflict == NULL)
		return NIL;
	context.copies =
		LookupDistTable(rt_fetch(insert->resultRelation, insert->rtable)->relid)->method ==
		DIST_REFERENCE;
	context.names = insert->targetList;
	collect(&context);
	if (context.moved == NIL)
		return NIL;
	*source = around_source(*source);
	(*source)->hasSubLinks = true;
	if (context.seen)
		join_existing(*source, &context);
	columns = list_copy(context.values);
	foreach (lc, context.seen)
	{
		Var *var = copyObject(lfirst_node(Var, lc));

		var->varno = EXISTING_RTI;
		columns = lappend(columns, var);
	}
	foreach (lc, list_concat(columns, context.several))
		(*source)->targetList = lappend(
			(*source)->targetList,
			makeTargetEntry(lfirst(lc), list_length((*source)->targetList) + 1, NULL, false));
	return list_concat(context.moved, context.seen);
}

typedef struct UseContext
{
	Query *row_template;
	List  *moved;
	List  *called; /* of int: volatile calls that have been replaced */
} UseContext;

/* Is the row that is there still what it was, in the columns that the subqueries depend on? NULL: on none. */
static Expr *
is_unchanged(UseContext *context, int before)
{
	List     *same = NIL;
	ListCell *lc;

	foreach (lc, context->moved)
	{
		if (IsA(lfirst(lc), Var))
			same = lappend(
				same, NotDistinct(copyObject(lfirst(lc)),
								  (Expr *) TemplateColumn(context->row_template,
														  before + foreach_current_index(lc) + 1)));
	}
	return same ? make_ands_explicit(same) : NULL;
}

/* The subquery's answer, unless the row has changed. */
static Node *
checked_value(UseContext *context, int before, int which)
{
	const Oid types[] = {BOOLOID, ANYELEMENTOID};
	List     *name = list_make2(makeString("distshard"), makeString("check_unchanged"));
	Var      *value = TemplateColumn(context->row_template, before + which + 1);
	Expr     *unchanged = is_unchanged(context, before);

	if (unchanged == NULL)
		return (Node *) value;
	return (Node *) makeFuncExpr(LookupFuncName(name, 2, types, false), value->vartype,
								 list_make2(unchanged, value), value->varcollid, InvalidOid,
								 COERCE_EXPLICIT_CALL);
}

static Node *
use_mutator(Node *node, UseContext *context)
{
	ListCell *lc;

	if (node == NULL)
		return NULL;
	foreach (lc, context->moved)
	{
		if (IsA(lfirst(lc), Var) || list_member_int(context->called, foreach_current_index(lc)) ||
			!equal(lfirst(lc), node))
			continue;
		/* an equal one has another result */
		if (is_volatile_call(node))
			context->called = lappend_int(context->called, foreach_current_index(lc));
		return checked_value(context, list_length(context->row_template->targetList),
							 foreach_current_index(lc));
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
