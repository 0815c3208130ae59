/*-------------------------------------------------------------------------
 *
 * current_of.c
 *	  WHERE CURRENT OF, and the cursors that it refers to.
 *
 * Which cursors are updatable is PostgreSQL's rule: those that lock the rows of
 * the table, and those that do nothing but read one.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/stratnum.h"
#include "access/sysattr.h"
#include "access/table.h"
#include "catalog/metadata.h"
#include "catalog/partition.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_type.h"
#include "executor/dist_cursor.h"
#include "executor/executor.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/paths.h"
#include "parser/parse_func.h"
#include "parser/parsetree.h"
#include "planner/current_of.h"
#include "planner/inherited.h"
#include "planner/modify.h"
#include "planner/modify_tree.h"
#include "planner/row_identity.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

struct CursorIdentity
{
	List *tables;    /* of oid */
	List *first;     /* of int: the columns where each one's identity begins */
	List *tableoids; /* of int: the column that tells each one's rows from others, 0: none */
	bool  locks_rows;
	int   nvisible;
};

static set_rel_pathlist_hook_type next_set_rel_pathlist_hook;

/* A query that only reads one table: its entry, else 0. */
static Index
only_table(Query *query)
{
	RangeTblRef *ref;

	if (query->hasAggs || query->hasWindowFuncs || query->hasTargetSRFs || query->groupClause ||
		query->groupingSets || query->distinctClause || query->setOperations || query->havingQual ||
		list_length(query->jointree->fromlist) != 1)
		return 0;
	ref = linitial(query->jointree->fromlist);
	if (!IsA(ref, RangeTblRef) || rt_fetch(ref->rtindex, query->rtable)->rtekind != RTE_RELATION)
		return 0;
	return ref->rtindex;
}

/*
 * The visible columns come first, then the identity, then what is only sorted by. A row of a table from which others inherit
 * may be of any of these. What identifies rows of reference tables differs from one to the other.
 */
static void
add_table(Query *query, Index rti, CursorIdentity *identity, List **columns)
{
	RangeTblEntry *rte = rt_fetch(rti, query->rtable);
	DistTable     *table = rte->rtekind == RTE_RELATION ? LookupDistTable(rte->relid) : NULL;
	List          *values;
	List          *tree;
	int            tableoid = 0;
	ListCell      *lc;

	if (table == NULL)
		return;
	tree = TreeOfEntry(rte);
	values = RowIdentity(table, rti);
	if (tree)
	{
		tableoid = identity->nvisible + list_length(*columns) + 1;
		values = lcons(makeVar(rti, TableOidAttributeNumber, OIDOID, -1, InvalidOid, 0), values);
	}
	if (tree == NIL || table->method == DIST_REFERENCE)
		tree = list_make1_oid(table->relid);
	foreach (lc, tree)
	{
		identity->tables = lappend_oid(identity->tables, lfirst_oid(lc));
		identity->tableoids = lappend_int(identity->tableoids, tableoid);
		identity->first = lappend_int(identity->first, identity->nvisible + list_length(*columns) +
														   (tableoid ? 2 : 1));
	}
	foreach (lc, values)
		*columns = lappend(*columns, makeTargetEntry(lfirst(lc), 0, "identity", false));
}

static List *
insert_columns(List *targetlist, List *columns)
{
	List     *visible = NIL;
	List     *junk = NIL;
	List     *result;
	ListCell *lc;

	foreach (lc, targetlist)
	{
		if (lfirst_node(TargetEntry, lc)->resjunk)
			junk = lappend(junk, lfirst(lc));
		else
			visible = lappend(visible, lfirst(lc));
	}
	result = list_concat(list_concat(visible, columns), junk);
	foreach (lc, result)
		lfirst_node(TargetEntry, lc)->resno = foreach_current_index(lc) + 1;
	return result;
}

CursorIdentity *
AddCursorIdentity(Query *query)
{
	CursorIdentity *identity = palloc0(sizeof(CursorIdentity));
	List           *columns = NIL;
	ListCell       *lc;

	if (query->commandType != CMD_SELECT)
		return NULL;
	identity->nvisible = ExecCleanTargetListLength(query->targetList);
	identity->locks_rows = query->rowMarks != NIL;
	foreach (lc, query->rowMarks)
		add_table(query, lfirst_node(RowMarkClause, lc)->rti, identity, &columns);
	if (query->rowMarks == NIL && only_table(query))
		add_table(query, only_table(query), identity, &columns);
	if (columns == NIL)
		return NULL;
	query->targetList = insert_columns(query->targetList, columns);
	return identity;
}

PlannedStmt *
PlanCursor(PlannedStmt *plan, CursorIdentity *identity)
{
	CustomScan    *scan = makeNode(CustomScan);
	Plan          *child = plan->planTree;
	RangeTblEntry *rte = makeNode(RangeTblEntry);
	Index          rti = list_length(plan->rtable) + 1;
	List          *names = NIL;
	ListCell      *lc;

	foreach (lc, child->targetlist)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);
		Var         *var = makeVarFromTargetEntry(rti, tle);

		names = lappend(names, makeString(pstrdup(tle->resname ? tle->resname : "?column?")));
		scan->custom_scan_tlist =
			lappend(scan->custom_scan_tlist,
					makeTargetEntry((Expr *) var, tle->resno, tle->resname, false));
		if (foreach_current_index(lc) < identity->nvisible)
		{
			tle = flatCopyTargetEntry(tle);
			tle->expr = (Expr *) copyObject(var);
			((Var *) tle->expr)->varno = INDEX_VAR;
			scan->scan.plan.targetlist = lappend(scan->scan.plan.targetlist, tle);
		}
	}
	rte->rtekind = RTE_VALUES;
	rte->eref = makeAlias("cursor", names);
	plan->rtable = lappend(plan->rtable, rte);

	scan->scan.plan.startup_cost = child->startup_cost;
	scan->scan.plan.total_cost = child->total_cost;
	scan->scan.plan.plan_rows = child->plan_rows;
	scan->scan.plan.plan_width = child->plan_width;
	scan->scan.plan.parallel_aware = false;
	scan->scan.plan.extParam = bms_copy(child->extParam);
	scan->scan.plan.allParam = bms_copy(child->allParam);
	scan->flags = CUSTOMPATH_SUPPORT_PROJECTION;
	if (ExecSupportsBackwardScan(child))
		scan->flags |= CUSTOMPATH_SUPPORT_BACKWARD_SCAN;
	scan->custom_plans = list_make1(child);
	scan->custom_private = list_make4(identity->tables, identity->first, identity->tableoids,
									  list_make1_int(identity->locks_rows));
	scan->methods = &DistCursorMethods;
	plan->planTree = (Plan *) scan;
	return plan;
}

/* What the query names as the cursor: a name, or a variable of PL/pgSQL. */
static Expr *
cursor_name(CurrentOfExpr *current)
{
	Param *param = makeNode(Param);

	if (current->cursor_name)
		return (Expr *) makeConst(TEXTOID, -1, DEFAULT_COLLATION_OID, -1,
								  CStringGetTextDatum(current->cursor_name), false, false);
	param->paramkind = PARAM_EXTERN;
	param->paramid = current->cursor_param;
	param->paramtype = REFCURSOROID;
	param->paramtypmod = -1;
	param->paramcollid = InvalidOid;
	param->location = -1;
	return (Expr *) makeRelabelType((Expr *) param, TEXTOID, -1, DEFAULT_COLLATION_OID,
									COERCE_IMPLICIT_CAST);
}

static Expr *
call(const char *function, Oid result, Oid collation, List *args, int nargs, const Oid *types)
{
	List *name = list_make2(makeString("distshard"), makeString(pstrdup(function)));

	return (Expr *) makeFuncExpr(LookupFuncName(name, nargs, types, false), result, args, collation,
								 InvalidOid, COERCE_EXPLICIT_CALL);
}

static Expr *
oid_const(Oid value)
{
	return (Expr *) makeConst(OIDOID, -1, InvalidOid, sizeof(Oid), ObjectIdGetDatum(value), false,
							  true);
}

/* The n-th value of the identity, which is like the expression. */
static Expr *
value_of_cursor(CurrentOfExpr *current, Oid table, int n, Node *like)
{
	const Oid types[] = {TEXTOID, OIDOID, INT4OID, ANYELEMENTOID};
	Oid       type = exprType(like);
	Const    *number =
		makeConst(INT4OID, -1, InvalidOid, sizeof(int32), Int32GetDatum(n), false, true);

	return call("cursor_value", type, exprCollation(like),
				list_make4(cursor_name(current), oid_const(table), number,
						   makeNullConst(type, -1, exprCollation(like))),
				4, types);
}

/* ctid = ANY (versions of the row) */
static Expr *
is_version(CurrentOfExpr *current, Oid table, Expr *ctid, Expr *key)
{
	const Oid          place_types[] = {TEXTOID, OIDOID};
	const Oid          types[] = {TEXTOID, ANYELEMENTOID};
	ScalarArrayOpExpr *result = makeNode(ScalarArrayOpExpr);
	Expr              *place = call("cursor_place", TEXTOID, DEFAULT_COLLATION_OID,
									list_make2(cursor_name(current), oid_const(table)), 2, place_types);
	Expr              *versions =
		call("latest_ctids", TIDARRAYOID, InvalidOid, list_make2(place, key), 2, types);

	result->opno = TIDEqualOperator;
	result->opfuncid = get_opcode(TIDEqualOperator);
	result->useOr = true;
	result->args = list_make2(ctid, versions);
	result->location = -1;
	return (Expr *) result;
}

static List *
is_current(CurrentOfExpr *current, Query *query)
{
	DistTable *table = LookupDistTable(rt_fetch(query->resultRelation, query->rtable)->relid);
	List      *identity = RowIdentity(table, query->resultRelation);
	List      *values = NIL;
	Expr      *key = (Expr *) makeNullConst(INT4OID, -1, InvalidOid);
	ListCell  *lc;

	foreach (lc, identity)
		values = lappend(
			values, value_of_cursor(current, table->relid, foreach_current_index(lc), lfirst(lc)));
	if (table->method == DIST_HASH)
		key = llast(values);
	if (table->method == DIST_REFERENCE)
		return SameRow(table, identity, values);
	return lcons(is_version(current, table->relid, linitial(identity), key),
				 SameRow(table, list_copy_tail(identity, 1), list_copy_tail(values, 1)));
}

static Node *
replace_mutator(Node *node, Query *query)
{
	if (node == NULL)
		return NULL;
	if (IsA(node, CurrentOfExpr))
		return (Node *) make_ands_explicit(is_current((CurrentOfExpr *) node, query));
	return expression_tree_mutator(node, replace_mutator, query);
}

static bool
is_current_of_walker(Node *node, void *context)
{
	if (node == NULL)
		return false;
	return IsA(node, CurrentOfExpr) || expression_tree_walker(node, is_current_of_walker, context);
}

void
ReplaceCurrentOf(Query *query)
{
	ListCell *lc;

	foreach (lc, query->cteList)
		ReplaceCurrentOf(castNode(Query, lfirst_node(CommonTableExpr, lc)->ctequery));
	if ((query->commandType == CMD_UPDATE || query->commandType == CMD_DELETE) &&
		LookupDistTable(rt_fetch(query->resultRelation, query->rtable)->relid) != NULL &&
		is_current_of_walker(query->jointree->quals, NULL))
	{
		if (!ModifiesTree(query))
			query->jointree->quals = replace_mutator(query->jointree->quals, query);
		else if (LookupDistTable(rt_fetch(query->resultRelation, query->rtable)->relid)->method ==
				 DIST_REFERENCE)
			RefuseModification(query, "the cursor's row may be of a table that inherits from it");
	}
}

static bool
holds_rows(Oid relid)
{
	if (get_rel_relispartition(relid))
		relid = get_partition_parent(relid, true);
	return LookupDistTableByData(relid) != NULL;
}

/* ctid = ANY (values) */
static bool
is_known_ctid(PlannerInfo *root, Expr *clause, Index rti)
{
	ScalarArrayOpExpr *op = (ScalarArrayOpExpr *) clause;
	Var               *ctid;

	if (!IsA(op, ScalarArrayOpExpr) || op->opno != TIDEqualOperator || !op->useOr ||
		!IsA(linitial(op->args), Var))
		return false;
	ctid = linitial(op->args);
	return ctid->varno == rti && ctid->varattno == SelfItemPointerAttributeNumber &&
		   bms_is_empty(pull_varnos(root, lsecond(op->args))) &&
		   !contain_volatile_functions(lsecond(op->args));
}

/*
 * The row is fetched by its ctid, whatever that costs: other scans would compare
 * the ctids with those of all rows, and compute these each time.
 */
static void
fetch_by_ctid(PlannerInfo *root, RelOptInfo *rel, Index rti, RangeTblEntry *rte)
{
	ListCell *lc;

	if (next_set_rel_pathlist_hook)
		next_set_rel_pathlist_hook(root, rel, rti, rte);
	if (rte->rtekind != RTE_RELATION || rte->inh)
		return;
	foreach (lc, rel->baserestrictinfo)
	{
		if (!is_known_ctid(root, lfirst_node(RestrictInfo, lc)->clause, rti) ||
			!holds_rows(rte->relid))
			continue;
		rel->pathlist = NIL;
		rel->partial_pathlist = NIL;
		add_path(rel, (Path *) create_tidscan_path(root, rel, list_make1(lfirst(lc)), NULL));
		return;
	}
}

void
InitCurrentOf(void)
{
	next_set_rel_pathlist_hook = set_rel_pathlist_hook;
	set_rel_pathlist_hook = fetch_by_ctid;
}
