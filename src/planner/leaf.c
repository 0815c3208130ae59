/*-------------------------------------------------------------------------
 *
 * leaf.c
 *	  Queries whose distributed parts are fetched, and the rest done here.
 *
 * cut.c has divided the query into leaves, which the nodes compute, and the rest,
 * which PostgreSQL plans. In the query that it plans, a leaf is a call of the set-returning function
 * distshard.leaf_rows(), which is never executed: the path hook replaces its
 * scan by ours. So nothing takes the leaf for a local table, and row marks on
 * it are copies.
 *
 * What becomes of that scan is in leaf_plan.c.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/paths.h"
#include "parser/parse_func.h"
#include "parser/parser.h"
#include "parser/parsetree.h"
#include "planner/estimate.h"
#include "planner/leaf.h"
#include "planner/leaf_order.h"
#include "planner/leaf_params.h"
#include "planner/leaf_plan.h"
#include "planner/limited_locks.h"
#include "planner/modify.h"
#include "planner/outer_cte.h"
#include "planner/received_rows.h"
#include "planner/transfer.h"
#include "planner/ship.h"
#include "planner/strategy.h"

/* Sending a fragment and the first row of its answer, in cost units. */
#define LEAF_STARTUP_COST 100.0
#define LEAF_ROW_COST     0.02

/* As many rows can be read again here for what it costs to ask the nodes for them. */
#define MAX_KEPT_ROWS (LEAF_STARTUP_COST / (2 * cpu_tuple_cost))

/* The leaves of the query that is being planned. */
static List         *leaves;
static bool          statement_modifies; /* distributed tables */
static ParamListInfo bound_params;
static int           last_leaf_id;
static const char   *cut_reason; /* of the query whose leaves are being made */

static set_rel_pathlist_hook_type next_set_rel_pathlist_hook;

PG_FUNCTION_INFO_V1(distshard_leaf_rows);

Datum
distshard_leaf_rows(PG_FUNCTION_ARGS)
{
	ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					errmsg("distshard.leaf_rows() cannot be called directly")));
}

static Oid
leaf_function(void)
{
	Oid argtypes[] = {INT4OID, RECORDOID};

	return LookupFuncName(list_make2(makeString("distshard"), makeString("leaf_rows")), 2, argtypes,
						  false);
}

static RangeTblFunction *
leaf_call(Leaf *leaf, List *output, List **names)
{
	RangeTblFunction *call = makeNode(RangeTblFunction);
	ListCell         *lc;

	foreach (lc, output)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);
		Node        *expr = (Node *) tle->expr;
		String      *name = makeString(pstrdup(tle->resname ? tle->resname : "?column?"));

		if (tle->resjunk)
			continue;
		*names = lappend(*names, name);
		call->funccolnames = lappend(call->funccolnames, name);
		call->funccoltypes = lappend_oid(call->funccoltypes, exprType(expr));
		call->funccoltypmods = lappend_int(call->funccoltypmods, exprTypmod(expr));
		call->funccolcollations = lappend_oid(call->funccolcollations, exprCollation(expr));
	}
	call->funcexpr = (Node *) makeFuncExpr(
		leaf_function(), RECORDOID,
		list_make2(makeConst(INT4OID, -1, InvalidOid, 4, Int32GetDatum(leaf->id), false, true),
				   makeNullConst(RECORDOID, -1, InvalidOid)),
		InvalidOid, InvalidOid, COERCE_EXPLICIT_CALL);
	((FuncExpr *) call->funcexpr)->funcretset = true;
	call->funccolcount = list_length(*names);
	return call;
}

static Index
add_leaf(Query *query, Leaf *leaf, List *output)
{
	RangeTblEntry *rte = makeNode(RangeTblEntry);
	List          *names = NIL;
	List          *transfers = TransfersOfQuery(leaf->query);
	Index          rti;

	leaf->id = ++last_leaf_id;
	leaf->reason = cut_reason;
	leaf->part = statement_modifies;
	leaves = lappend(leaves, leaf);

	rte->rtekind = RTE_FUNCTION;
	rte->functions = list_make1(leaf_call(leaf, output, &names));
	rte->eref = makeAlias("remote", names);
	rte->inFromCl = true;
	query->rtable = lappend(query->rtable, rte);
	rti = list_length(query->rtable);
	query->rtable = list_concat(query->rtable, RelationsForChecks(leaf->query));
	query->rtable = list_concat(query->rtable, RelationsOfTransfers(transfers));
	return rti;
}

Index
AddLeaf(Query *query, Query *leaf_query)
{
	Leaf       *leaf = palloc0(sizeof(Leaf));
	QueryTables tables;

	DivideCtes(query, leaf_query);
	leaf->query = leaf_query;
	leaf->table = leaf_query->setOperations ? SpreadOfQuery(leaf_query).table
											: SpreadOfInput(leaf_query).table;
	FindDistTables(leaf_query, &tables);
	if (leaf->table == NULL && tables.dist_tables != NIL)
		leaf->table = linitial(tables.dist_tables);
	if (leaf->table == NULL)
		leaf->table = LookupDistTable(linitial_node(RangeTblEntry, leaf_query->rtable)->relid);
	return add_leaf(query, leaf, leaf_query->targetList);
}

Index
AddModificationLeaf(Query *query, Modification *modification)
{
	Leaf *leaf = palloc0(sizeof(Leaf));

	leaf->query = modification->query;
	leaf->modification = modification;
	return add_leaf(query, leaf, modification->query->returningList);
}

static List *
arguments_of_leaf(RangeTblEntry *rte)
{
	RangeTblFunction *call = linitial_node(RangeTblFunction, rte->functions);

	return castNode(FuncExpr, call->funcexpr)->args;
}

void
GiveLeafValues(Query *query, Index rti, List *subqueries)
{
	RowExpr *values = makeNode(RowExpr);

	values->args = subqueries;
	values->row_typeid = RECORDOID;
	values->row_format = COERCE_EXPLICIT_CALL;
	values->location = -1;
	lsecond(arguments_of_leaf(rt_fetch(rti, query->rtable))) = values;
	query->hasSubLinks = true;
}

List *
LeafValues(RangeTblEntry *rte)
{
	RowExpr *values = lsecond(arguments_of_leaf(rte));

	return IsA(values, RowExpr) ? values->args : NIL;
}

const char *
SetCutReason(const char *reason)
{
	const char *outer = cut_reason;

	cut_reason = reason;
	return outer;
}

Var *
LeafColumn(Query *query, Index rti, AttrNumber attno)
{
	RangeTblFunction *call = linitial(rt_fetch(rti, query->rtable)->functions);

	return makeVar(rti, attno, list_nth_oid(call->funccoltypes, attno - 1),
				   list_nth_int(call->funccoltypmods, attno - 1),
				   list_nth_oid(call->funccolcollations, attno - 1), 0);
}

static Leaf *
leaf_of_entry(RangeTblEntry *rte)
{
	FuncExpr *call;
	ListCell *lc;
	Const    *id;

	if (rte->rtekind != RTE_FUNCTION || list_length(rte->functions) != 1)
		return NULL;
	call = (FuncExpr *) linitial_node(RangeTblFunction, rte->functions)->funcexpr;
	if (!IsA(call, FuncExpr) || list_length(call->args) != 2 || !IsA(linitial(call->args), Const))
		return NULL;
	if (call->funcid != leaf_function())
		return NULL;
	id = linitial(call->args);
	foreach (lc, leaves)
	{
		Leaf *leaf = lfirst(lc);

		if (leaf->id == DatumGetInt32(id->constvalue))
			return leaf;
	}
	return NULL;
}

void
AskAllNodes(Query *query, Index rti)
{
	leaf_of_entry(rt_fetch(rti, query->rtable))->all_nodes = true;
}

/* Parts of a statement that modifies share a snapshot, which what is sent would have to share. */
bool
MayTransferRows(void)
{
	return !statement_modifies;
}

bool
TransferRowsOfStatement(Query *query)
{
	return query->commandType == CMD_SELECT && !statement_modifies &&
		   TransferRows(query, bound_params);
}

Query *
LeafQuery(RangeTblEntry *rte)
{
	Leaf *leaf = leaves ? leaf_of_entry(rte) : NULL;

	return leaf ? leaf->query : NULL;
}

PlannedStmt *
PlanWithLeaves(Query *query, const PlannerCall *call)
{
	List         *outer_leaves = leaves;
	List         *outer_transfers = ForgetTransfers();
	List         *outer_ctes = ForgetCtes();
	ParamListInfo outer_params = bound_params;
	bool          outer_modifies = statement_modifies;
	const char   *outer_reason = cut_reason;
	CmdType       command = query->commandType;
	bool          modifying_ctes = query->hasModifyingCTE;
	bool          returning = query->returningList != NIL;
	PlannerCall   serial = *call;
	PlannedStmt *volatile result = NULL;

	CheckLockedRows(query, call->bound_params);
	leaves = NIL;
	bound_params = call->bound_params;
	cut_reason = NULL;
	statement_modifies = ModifiesDistTable(query) || modifying_ctes;
	if (statement_modifies)
		serial.cursor_options &= ~CURSOR_OPT_PARALLEL_OK;
	PG_TRY();
	{
		DropUnusedColumns(query);
		ReplaceOrCut(query);
		result = PlanOrdinary(query, &serial);
	}
	PG_FINALLY();
	{
		leaves = outer_leaves;
		RememberTransfers(outer_transfers);
		RememberCtes(outer_ctes);
		bound_params = outer_params;
		statement_modifies = outer_modifies;
		cut_reason = outer_reason;
	}
	PG_END_TRY();
	result->commandType = command;
	result->hasReturning = returning;
	result->hasModifyingCTE = modifying_ctes;
	return result;
}

/* How many rows a leaf may have: where each node groups its rows, groups of several nodes are alike. */
static double
estimate_rows(Leaf *leaf)
{
	if (leaf->rows == 0)
	{
		leaf->rows = EstimateQuery(leaf->query, bound_params).rows;
		if (leaf->query->hasAggs && leaf->query->groupClause == NIL)
			leaf->rows = list_length(AllPrimaries());
	}
	return leaf->rows;
}

static Path *
leaf_path(PlannerInfo *root, RelOptInfo *rel, Leaf *leaf, List *pathkeys)
{
	CustomPath *path = makeNode(CustomPath);
	double      rows = rel->rows;
	List       *params_here = NIL;

	if (leaf->query->rowMarks == NIL)
		params_here = ParamsCheckedHere(root, rel, MAX_KEPT_ROWS, &rows);
	path->path.pathtype = T_CustomScan;
	path->path.parent = rel;
	path->path.pathtarget = rel->reltarget;
	path->path.param_info = get_baserel_parampathinfo(root, rel, rel->lateral_relids);
	path->path.rows = rel->rows;
	path->path.startup_cost = LEAF_STARTUP_COST;
	if (pathkeys)
		path->path.startup_cost += CostOfLeafOrder(root, rel, pathkeys);
	path->path.total_cost = path->path.startup_cost + rows * LEAF_ROW_COST;
	path->path.pathkeys = pathkeys;
	path->flags = CUSTOMPATH_SUPPORT_PROJECTION;
	path->custom_private = list_make2(leaf, params_here);
	path->methods = &LeafPathMethods;
	return &path->path;
}

static void
leaf_pathlist(PlannerInfo *root, RelOptInfo *rel, Index rti, RangeTblEntry *rte)
{
	Leaf  *leaf = leaves ? leaf_of_entry(rte) : NULL;
	bool   ordered;
	double rows;

	if (next_set_rel_pathlist_hook)
		next_set_rel_pathlist_hook(root, rel, rti, rte);
	if (leaf == NULL)
	{
		AddReceivedPath(root, rel, rte);
		return;
	}
	if (leaf->modification)
	{
		rel->pathlist = NIL;
		rel->partial_pathlist = NIL;
		add_path(rel, (Path *) ModificationPath(root, rel, leaf->modification));
		return;
	}

	SetWidthOfLeaf(rel, leaf->query);
	rows = estimate_rows(leaf);
	rel->tuples = rows;
	rel->rows = clamp_row_est(
		rows * clauselist_selectivity(root, rel->baserestrictinfo, 0, JOIN_INNER, NULL));

	rel->pathlist = NIL;
	rel->partial_pathlist = NIL;
	ordered = LeafOrder(rel, root->query_pathkeys) != NIL;
	if (!ordered || !LimitsLocks(root, leaf->query, ordered))
		add_path(rel, leaf_path(root, rel, leaf, NIL));
	if (ordered)
		add_path(rel, leaf_path(root, rel, leaf, root->query_pathkeys));
}

void
InitLeaves(void)
{
	next_set_rel_pathlist_hook = set_rel_pathlist_hook;
	set_rel_pathlist_hook = leaf_pathlist;
}
