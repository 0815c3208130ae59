/*-------------------------------------------------------------------------
 *
 * canonical.c
 *	  Brings a rewritten query into the form that pg_get_querydef() prints rightly.
 *
 * What the rewriter did to the shape of the tree is undone, in place, at all
 * levels of the query. Its tables are the logical ones until the values that
 * this node evaluates are substituted; then printed_names.c says what they are
 * called.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/metadata.h"
#include "catalog/index.h"
#include "catalog/pg_constraint.h"
#include "executor/executor.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/prep.h"
#include "parser/parsetree.h"
#include "planner/print.h"
#include "planner/print_steps.h"
#include "rewrite/rewriteManip.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

/*
 * Assignments. The rewriter has merged those to parts of one column,
 *		SET a[1] = x, a[2] = y
 * into one expression, of which only the outermost would be printed.
 */

static bool
IsAssignment(Node *node)
{
	if (node != NULL && IsA(node, CoerceToDomain) &&
		((CoerceToDomain *) node)->coercionformat == COERCE_IMPLICIT_CAST)
		node = (Node *) ((CoerceToDomain *) node)->arg;
	return node != NULL &&
		   (IsA(node, FieldStore) ||
			(IsA(node, SubscriptingRef) && ((SubscriptingRef *) node)->refassgnexpr != NULL));
}

/* Returns the expression as a list of assignments of one part each, in their order. */
static List *
SplitAssignment(Node *node)
{
	List     *parts = NIL;
	ListCell *lc;
	ListCell *lc2;

	if (IsA(node, CoerceToDomain))
	{
		foreach (lc, SplitAssignment((Node *) ((CoerceToDomain *) node)->arg))
		{
			CoerceToDomain *coerce = makeNode(CoerceToDomain);

			memcpy(coerce, node, sizeof(CoerceToDomain));
			coerce->arg = lfirst(lc);
			parts = lappend(parts, coerce);
		}
	}
	else if (IsA(node, SubscriptingRef))
	{
		SubscriptingRef *ref = (SubscriptingRef *) node;

		if (IsAssignment((Node *) ref->refexpr))
			parts = SplitAssignment((Node *) ref->refexpr);
		parts = lappend(parts, ref);
	}
	else
	{
		FieldStore *store = castNode(FieldStore, node);

		if (IsAssignment((Node *) store->arg))
			parts = SplitAssignment((Node *) store->arg);
		forboth (lc, store->fieldnums, lc2, store->newvals)
		{
			FieldStore *part = makeNode(FieldStore);

			part->arg = store->arg;
			part->fieldnums = list_make1_int(lfirst_int(lc));
			part->newvals = list_make1(lfirst(lc2));
			part->resulttype = store->resulttype;
			parts = lappend(parts, part);
		}
	}
	return parts;
}

static List *
SplitAssignments(List *target_list)
{
	List     *result = NIL;
	ListCell *lc;
	ListCell *lc2;

	foreach (lc, target_list)
	{
		TargetEntry *tle = lfirst(lc);

		if (tle->resjunk || !IsAssignment((Node *) tle->expr))
		{
			result = lappend(result, tle);
			continue;
		}
		foreach (lc2, SplitAssignment((Node *) tle->expr))
		{
			TargetEntry *part = flatCopyTargetEntry(tle);

			part->expr = lfirst(lc2);
			result = lappend(result, part);
		}
	}
	return result;
}

/* Returns where the expression of an assignment to one part, or to a whole column, is kept. */
static Node **
AssignedValue(Node **node)
{
	for (;;)
	{
		if (!IsAssignment(*node))
			return node;
		if (IsA(*node, CoerceToDomain))
			node = (Node **) &((CoerceToDomain *) *node)->arg;
		else if (IsA(*node, FieldStore))
			node = (Node **) &lfirst(list_head(((FieldStore *) *node)->newvals));
		else
			node = (Node **) &((SubscriptingRef *) *node)->refassgnexpr;
	}
}

/* Returns the id (sublink and column) of a column of SET (a, b) = (SELECT ...), else 0. */
static int
MultiAssignId(TargetEntry *tle)
{
	Node *source;

	if (tle->resjunk)
		return 0;
	source = strip_implicit_coercions(*AssignedValue((Node **) &tle->expr));
	if (source != NULL && IsA(source, Param) && ((Param *) source)->paramkind == PARAM_MULTIEXPR)
		return ((Param *) source)->paramid;
	return 0;
}

static int
CompareMultiAssign(const ListCell *a, const ListCell *b)
{
	int id_a = MultiAssignId(lfirst(a));
	int id_b = MultiAssignId(lfirst(b));

	return (id_a > id_b) - (id_a < id_b);
}

/*
 * Brings the columns of SET (b, a) = (SELECT ...) together and into the order of
 * the subquery's columns, from which the rewriter took them. The sort is not
 * stable, so the rest is kept out of it.
 */
static List *
OrderMultiAssignments(List *target_list)
{
	List     *multi = NIL;
	List     *rest = NIL;
	ListCell *lc;

	foreach (lc, target_list)
	{
		if (MultiAssignId(lfirst(lc)) != 0)
			multi = lappend(multi, lfirst(lc));
		else
			rest = lappend(rest, lfirst(lc));
	}
	list_sort(multi, CompareMultiAssign);
	return list_concat(multi, rest);
}

static List *
PrepareAssignments(List *target_list)
{
	return OrderMultiAssignments(SplitAssignments(target_list));
}

/* INSERT. */

static Index
FindSource(Query *query, RTEKind kind)
{
	for (int i = 1; i <= list_length(query->rtable); i++)
	{
		if (rt_fetch(i, query->rtable)->rtekind == kind && i != query->resultRelation)
			return i;
	}
	return 0;
}

bool
IsInsertOfValues(Query *query)
{
	return query->commandType == CMD_INSERT && !query->hasTargetSRFs &&
		   FindSource(query, RTE_SUBQUERY) == 0;
}

typedef struct ValuesContext
{
	Index values_rti;
	List *row;
} ValuesContext;

static Node *
TakeFromRow(Node *node, ValuesContext *context)
{
	if (node == NULL)
		return NULL;
	if (IsA(node, Var) && ((Var *) node)->varno == context->values_rti &&
		((Var *) node)->varlevelsup == 0)
		return copyObject(list_nth(context->row, ((Var *) node)->varattno - 1));
	return expression_tree_mutator(node, TakeFromRow, context);
}

/* Makes the target list take the columns of its source as they come, now that the source has all it says. */
static void
TakeColumnsInOrder(List *target_list, Index source_rti)
{
	ListCell *lc;

	foreach (lc, target_list)
	{
		Node **value = AssignedValue((Node **) &((TargetEntry *) lfirst(lc))->expr);

		*value = (Node *) makeVar(source_rti, foreach_current_index(lc) + 1, exprType(*value),
								  exprTypmod(*value), exprCollation(*value), 0);
	}
}

/*
 * The target list takes columns from the rows in an order of its own, and adds
 * defaults. Make rows that have what the target list says.
 */
static void
SpellOutRows(Query *query, Index values_rti)
{
	RangeTblEntry *values = rt_fetch(values_rti, query->rtable);
	List          *rows = NIL;
	ListCell      *lc;
	ListCell      *lc2;

	foreach (lc, values->values_lists)
	{
		ValuesContext context = {values_rti, lfirst(lc)};
		List         *row = NIL;

		foreach (lc2, query->targetList)
		{
			TargetEntry *tle = lfirst(lc2);

			row = lappend(row, TakeFromRow(*AssignedValue((Node **) &tle->expr), &context));
		}
		rows = lappend(rows, row);
	}
	values->values_lists = rows;
	TakeColumnsInOrder(query->targetList, values_rti);
}

/* Does the target list take the subquery's columns as they come? */
static bool
TakesColumnsInOrder(List *target_list, Query *subquery)
{
	int       column = 0;
	ListCell *lc;

	foreach (lc, target_list)
	{
		TargetEntry *tle = lfirst(lc);
		Node        *source = strip_implicit_coercions(*AssignedValue((Node **) &tle->expr));

		if (!IsA(source, Var) || ((Var *) source)->varattno != ++column)
			return false;
	}
	return column == ExecCleanTargetListLength(subquery->targetList);
}

/* Puts a SELECT of what the target list says around the source of INSERT ... SELECT. */
static void
WrapSource(Query *query, Index source_rti)
{
	RangeTblEntry *source = rt_fetch(source_rti, query->rtable);
	RangeTblEntry *inner = copyObject(source);
	Query         *wrapper = makeNode(Query);
	RangeTblRef   *ref = makeNode(RangeTblRef);
	ListCell      *lc;

	IncrementVarSublevelsUp((Node *) inner->subquery, 1, 1);
	inner->inFromCl = true;
	ref->rtindex = 1;
	wrapper->commandType = CMD_SELECT;
	wrapper->canSetTag = true;
	wrapper->rtable = list_make1(inner);
	wrapper->jointree = makeFromExpr(list_make1(ref), NULL);

	foreach (lc, query->targetList)
	{
		TargetEntry *tle = lfirst(lc);
		Node        *value = copyObject(*AssignedValue((Node **) &tle->expr));

		IncrementVarSublevelsUp(value, 1, 1);
		ChangeVarNodes(value, source_rti, 1, 0);
		wrapper->targetList = lappend(
			wrapper->targetList,
			makeTargetEntry((Expr *) value, list_length(wrapper->targetList) + 1,
							psprintf("column%d", list_length(wrapper->targetList) + 1), false));
	}
	source->subquery = wrapper;
	source->eref = makeAlias("source", NIL);
	source->alias = NULL;
	TakeColumnsInOrder(query->targetList, source_rti);
}

static bool
SetsIdentityColumn(Query *query, List *target_list)
{
	Relation  target = table_open(rt_fetch(query->resultRelation, query->rtable)->relid, NoLock);
	bool      result = false;
	ListCell *lc;

	foreach (lc, target_list)
	{
		TargetEntry *tle = lfirst(lc);

		if (TupleDescAttr(RelationGetDescr(target), tle->resno - 1)->attidentity != '\0')
			result = true;
	}
	table_close(target, NoLock);
	return result;
}

/* Identity columns are spelt out like all others, even those that are GENERATED ALWAYS. */
static void
PrepareInsertSource(Query *query)
{
	Index values_rti = FindSource(query, RTE_VALUES);
	Index source_rti = FindSource(query, RTE_SUBQUERY);

	query->targetList = SplitAssignments(query->targetList);
	query->override =
		SetsIdentityColumn(query, query->targetList) ? OVERRIDING_SYSTEM_VALUE : OVERRIDING_NOT_SET;

	if (values_rti != 0)
		SpellOutRows(query, values_rti);
	else if (source_rti != 0 &&
			 !TakesColumnsInOrder(query->targetList, rt_fetch(source_rti, query->rtable)->subquery))
		WrapSource(query, source_rti);
}

List *
ArbiterColumns(Oid constraint, Index result_relation)
{
	Oid        index_oid = get_constraint_index(constraint);
	Relation   index;
	List      *columns = NIL;
	IndexInfo *info;

	if (!OidIsValid(index_oid))
		return NIL;
	index = index_open(index_oid, AccessShareLock);
	info = BuildIndexInfo(index);
	for (int i = 0; info->ii_Unique && i < info->ii_NumIndexKeyAttrs; i++)
	{
		AttrNumber        attno = info->ii_IndexAttrNumbers[i];
		InferenceElem    *elem = makeNode(InferenceElem);
		Form_pg_attribute att = TupleDescAttr(RelationGetDescr(index), i);

		elem->expr = (Node *) makeVar(result_relation, attno, att->atttypid, att->atttypmod,
									  att->attcollation, 0);
		columns = lappend(columns, elem);
	}
	index_close(index, AccessShareLock);
	return columns;
}

static void
PrepareOnConflict(OnConflictExpr *conflict, Index result_relation)
{
	conflict->onConflictSet = PrepareAssignments(conflict->onConflictSet);
	conflict->exclRelTlist = NIL;
	if (OidIsValid(conflict->constraint) && conflict->arbiterElems == NIL)
		conflict->arbiterElems = ArbiterColumns(conflict->constraint, result_relation);
}

static void
PrepareMergeAction(Query *query, MergeAction *action)
{
	action->targetList = PrepareAssignments(action->targetList);
	if (action->commandType == CMD_INSERT)
		action->override = SetsIdentityColumn(query, action->targetList) ? OVERRIDING_SYSTEM_VALUE
																		 : OVERRIDING_NOT_SET;
}

/* Policies act on the nodes. */
static void
PrepareLevel(Query *query)
{
	ListCell *lc;

	query->isReturn = false;
	query->withCheckOptions = NIL;
	foreach (lc, query->rtable)
		((RangeTblEntry *) lfirst(lc))->securityQuals = NIL;

	foreach (lc, query->mergeActionList)
		PrepareMergeAction(query, lfirst_node(MergeAction, lc));
	if (query->commandType == CMD_UPDATE)
		query->targetList = PrepareAssignments(query->targetList);
	else if (query->commandType == CMD_INSERT)
		PrepareInsertSource(query);
	if (query->onConflict != NULL)
		PrepareOnConflict(query->onConflict, query->resultRelation);
}

static bool
PrepareWalker(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Query))
	{
		PrepareLevel((Query *) node);
		return query_tree_walker((Query *) node, PrepareWalker, context, QTW_IGNORE_JOINALIASES);
	}
	return expression_tree_walker(node, PrepareWalker, context);
}

void
PrepareForPrint(Query *query)
{
	PrepareWalker((Node *) query, NULL);
}
