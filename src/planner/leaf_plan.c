/*-------------------------------------------------------------------------
 *
 * leaf_plan.c
 *	  The plan of the scan that fetches a leaf.
 *
 * The leaf's fragment is printed when the plan is made, with only the columns
 * that are needed and the quals that PostgreSQL moved down to it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "executor/remote_scan.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "optimizer/restrictinfo.h"
#include "parser/parsetree.h"
#include "planner/leaf_order.h"
#include "planner/leaf_params.h"
#include "planner/leaf_plan.h"
#include "planner/limited_locks.h"
#include "planner/print.h"
#include "planner/shape.h"
#include "planner/transfer.h"

/*
 * Makes Vars of the leaf's columns Vars of the fragment's one range table entry.
 * The planner leaves in them what they were called in the user's query.
 */
static bool
name_leaf_columns(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Var))
	{
		Var *var = (Var *) node;

		var->varno = 1;
		var->varnosyn = 1;
		var->varattnosyn = var->varattno;
		return false;
	}
	return expression_tree_walker(node, name_leaf_columns, context);
}

/*
 * Quals of the fragment's query: the leaf's rows under one name, and what
 * PostgreSQL moved down.
 */
static Query *
fragment_query(Leaf *leaf, Index rti, List *columns, List *quals)
{
	Query         *query = makeNode(Query);
	RangeTblEntry *rte = makeNode(RangeTblEntry);
	RangeTblRef   *ref = makeNode(RangeTblRef);
	List          *names = NIL;
	ListCell      *lc;
	Node          *condition = (Node *) copyObject(quals);

	foreach (lc, leaf->query->targetList)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);
		char        *name = tle->resname;

		if (!tle->resjunk)
			names = lappend(names, makeString(pstrdup(name ? name : "?column?")));
	}
	query->commandType = CMD_SELECT;
	rte->rtekind = RTE_SUBQUERY;
	rte->subquery = copyObject(leaf->query);
	rte->eref = makeAlias("leaf", names);
	rte->inFromCl = true;
	query->rtable = list_make1(rte);
	ref->rtindex = 1;
	name_leaf_columns(condition, NULL);
	query->jointree =
		makeFromExpr(list_make1(ref), (Node *) make_ands_explicit((List *) condition));
	foreach (lc, columns)
	{
		Var *var = copyObject(lfirst_node(Var, lc));

		name_leaf_columns((Node *) var, NULL);
		query->targetList = lappend(
			query->targetList, makeTargetEntry((Expr *) var, list_length(query->targetList) + 1,
											   strVal(list_nth(names, var->varattno - 1)), false));
	}
	if (columns == NIL)
		query->targetList = list_make1(
			makeTargetEntry((Expr *) makeNullConst(INT4OID, -1, InvalidOid), 1, "none", false));
	if (quals == NIL)
		query->jointree->quals = NULL;
	return query;
}

/* Is there an expression that the planner wants to be computed below an outer join? */
static bool
contains_placeholder(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, PlaceHolderVar))
		return true;
	return expression_tree_walker(node, contains_placeholder, context);
}

/*
 * Divides quals into those that the nodes check and those that are checked here,
 * among them what compares the leaf with a table to which it is lateral, or with
 * these parameters.
 */
static void
divide_quals(PlannerInfo *root, Leaf *leaf, RelOptInfo *rel, List *clauses, List *params_here,
			 List **remote, List **here)
{
	ListCell *lc;

	foreach (lc, clauses)
	{
		Expr      *clause = lfirst(lc);
		ExecParams params = {OWN_PARAM_BASE,
							 list_copy(LeafValues(planner_rt_fetch(rel->relid, root)))};
		List      *quals = list_make1(HideExecParams((Node *) clause, &params));

		if (!ContainsParam((Node *) clause, params_here) && !contain_subplans((Node *) clause) &&
			!contains_placeholder((Node *) clause, NULL) &&
			bms_is_subset(pull_varnos(root, (Node *) clause), rel->relids) &&
			WhyNotPrintable(fragment_query(leaf, rel->relid, NIL, quals)) == NULL)
			*remote = lappend(*remote, clause);
		else
			*here = lappend(*here, clause);
	}
}

/* All columns of the leaf, for a copy of its row. */
static List *
all_columns(PlannerInfo *root, Index rti)
{
	RangeTblFunction *call = linitial(planner_rt_fetch(rti, root)->functions);
	List             *result = NIL;
	int               i;

	for (i = 0; i < call->funccolcount; i++)
		result = lappend(result, makeVar(rti, i + 1, list_nth_oid(call->funccoltypes, i),
										 list_nth_int(call->funccoltypmods, i),
										 list_nth_oid(call->funccolcollations, i), 0));
	return result;
}

/*
 * The columns of the leaf that the plan above it and the quals checked here
 * need; *whole_row becomes the Var for the row as one value, if that is. The
 * plan's target list may be kept, or thrown away and what the relation is to
 * return by now put in its place.
 */
static List *
needed_columns(PlannerInfo *root, RelOptInfo *rel, List *tlist, List *here, Var **whole_row)
{
	List     *columns = NIL;
	List     *vars;
	ListCell *lc;

	vars = pull_var_clause((Node *) list_make3(rel->reltarget->exprs, tlist, here),
						   PVC_RECURSE_AGGREGATES | PVC_RECURSE_WINDOWFUNCS |
							   PVC_RECURSE_PLACEHOLDERS);
	foreach (lc, vars)
	{
		Var *var = lfirst_node(Var, lc);

		if (var->varno != rel->relid)
			continue;
		if (var->varattno == 0)
			*whole_row = var;
		else
			columns = list_append_unique(columns, var);
	}
	return *whole_row ? all_columns(root, rel->relid) : columns;
}

/* What the scan returns: the columns, at least one, and the row as one value behind them. */
static List *
scan_tuple(List *columns, Var *whole_row)
{
	List     *result = NIL;
	ListCell *lc;

	if (columns == NIL)
		columns = list_make1(makeNullConst(INT4OID, -1, InvalidOid));
	if (whole_row)
		columns = lappend(list_copy(columns), whole_row);
	foreach (lc, columns)
		result = lappend(result, makeTargetEntry(lfirst(lc), list_length(result) + 1, NULL, false));
	return result;
}

static Plan *
plan_leaf(PlannerInfo *root, RelOptInfo *rel, CustomPath *path, List *tlist, List *clauses,
		  List *custom_plans)
{
	CustomScan  *scan = makeNode(CustomScan);
	Leaf        *leaf = linitial(path->custom_private);
	List        *params_here = lsecond(path->custom_private);
	FragmentPlan fragment = {0};
	List        *remote = NIL;
	List        *here = NIL;
	List        *columns;
	List        *order = LeafOrder(rel, path->path.pathkeys);
	Var         *whole_row = NULL;
	ExecParams hidden = {OWN_PARAM_BASE, list_copy(LeafValues(planner_rt_fetch(rel->relid, root)))};
	QueryTables tables;
	ListCell   *lc;
	Query      *query;
	DistTable  *route;
	Expr       *key = NULL;
	List       *params;

	divide_quals(root, leaf, rel, extract_actual_clauses(clauses, false), params_here, &remote,
				 &here);
	columns = needed_columns(root, rel, tlist, here, &whole_row);
	foreach (lc, order)
		columns = list_append_unique(columns, ((LeafSort *) lfirst(lc))->column);
	query = fragment_query(leaf, rel->relid, columns,
						   (List *) HideExecParams((Node *) remote, &hidden));
	if (!LimitsLocks(root, leaf->query,
					 order != NIL)) /* it sorts by itself, and is to stop early */
		SortFragment(query, columns, order);
	FindDistTables(query, &tables);
	route = leaf->all_nodes ? NULL : FindRoute(query, &tables, &key);

	fragment.target = TARGET_ONE_SHARD;
	if (route == NULL)
		fragment.target =
			!leaf->all_nodes && FindKeys(query, &tables, &key) ? TARGET_SHARDS : TARGET_ALL_SHARDS;
	if (leaf->table->method == DIST_REFERENCE)
		fragment.target = TARGET_THIS_COPY;
	fragment.table = (route ? route : leaf->table)->relid;
	fragment.transfers = TransferPlans(TransfersOfQuery(query), root);
	fragment.sql = PrintFragment(query, route != NULL && fragment.transfers == NIL, &params);
	fragment.key_type = key ? exprType((Node *) key) : InvalidOid;
	fragment.operation = CMD_SELECT;
	fragment.locks_rows = leaf->query->rowMarks != NIL;
	fragment.whole_row = whole_row != NULL;
	fragment.part = leaf->part;
	fragment.repeatable =
		leaf->query->rowMarks == NIL && !contain_volatile_functions((Node *) query);
	fragment.order = MergeOrder(columns, order);
	fragment.reason = leaf->reason;
	if (LimitsLocks(root, leaf->query, order != NIL))
		params = AddProbe(&fragment, query, params);
	if (key)
		params = lcons(expression_planner(key), params);

	scan->custom_scan_tlist = scan_tuple(columns, whole_row);
	scan->scan.plan.targetlist = tlist;
	scan->scan.plan.qual = here;
	scan->flags = path->flags;
	scan->custom_exprs = (List *) RestoreExecParams((Node *) params, &hidden);
	scan->custom_private = PackFragment(&fragment);
	scan->methods = &RemoteScanMethods;
	fix_opfuncids((Node *) scan->custom_exprs);
	return &scan->scan.plan;
}

const CustomPathMethods LeafPathMethods = {
	.CustomName = "Distshard",
	.PlanCustomPath = plan_leaf,
};
