/*-------------------------------------------------------------------------
 *
 * leaf.c
 *	  Queries whose distributed parts are fetched, and the rest done here.
 *
 * A query is cut as a Query, before planning. Each largest part that every node
 * can answer for its own shards becomes a leaf; PostgreSQL plans the rest. In
 * the query that it plans, a leaf is a call of the set-returning function
 * distshard.leaf_rows(), which is never executed: the path hook replaces its
 * scan by ours. So nothing takes the leaf for a local table, and row marks on
 * it are copies.
 *
 * The leaf's fragment is printed when the plan is made, with only the columns
 * that are needed and the quals that PostgreSQL moved down to it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/heap.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "executor/remote_scan.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/paths.h"
#include "optimizer/prep.h"
#include "optimizer/restrictinfo.h"
#include "optimizer/tlist.h"
#include "parser/parse_func.h"
#include "parser/parser.h"
#include "parser/parsetree.h"
#include "planner/leaf.h"
#include "planner/local.h"
#include "planner/planner.h"
#include "planner/print.h"
#include "planner/ship.h"
#include "rewrite/rewriteManip.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

/* Sending a fragment and the first row of its answer, in cost units. */
#define LEAF_STARTUP_COST 100.0
#define LEAF_ROW_COST     0.02

/* Rows to expect of a table that nothing is known about. */
#define DEFAULT_TABLE_ROWS 1000.0

typedef struct Leaf
{
	int    id;
	Query *query;
} Leaf;

/* The leaves of the query that is being planned. */
static List *leaves;
static int   last_leaf_id;

static set_rel_pathlist_hook_type next_set_rel_pathlist_hook;

static void cut_query(Query *query);
static void replace_or_cut(Query **query);

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
	Oid argtypes[] = {INT4OID};

	return LookupFuncName(list_make2(makeString("distshard"), makeString("leaf_rows")), 1, argtypes,
						  false);
}

static RangeTblFunction *
leaf_call(Leaf *leaf, List **names)
{
	RangeTblFunction *call = makeNode(RangeTblFunction);
	ListCell         *lc;

	foreach (lc, leaf->query->targetList)
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
		list_make1(makeConst(INT4OID, -1, InvalidOid, 4, Int32GetDatum(leaf->id), false, true)),
		InvalidOid, InvalidOid, COERCE_EXPLICIT_CALL);
	((FuncExpr *) call->funcexpr)->funcretset = true;
	call->funccolcount = list_length(*names);
	return call;
}

Index
AddLeaf(Query *query, Query *leaf_query)
{
	Leaf          *leaf = palloc(sizeof(Leaf));
	RangeTblEntry *rte = makeNode(RangeTblEntry);
	List          *names = NIL;
	Index          rti;

	leaf->id = ++last_leaf_id;
	leaf->query = leaf_query;
	leaves = lappend(leaves, leaf);

	rte->rtekind = RTE_FUNCTION;
	rte->functions = list_make1(leaf_call(leaf, &names));
	rte->eref = makeAlias("remote", names);
	rte->inFromCl = true;
	query->rtable = lappend(query->rtable, rte);
	rti = list_length(query->rtable);
	query->rtable = list_concat(query->rtable, RelationsForChecks(leaf_query));
	return rti;
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
	if (!IsA(call, FuncExpr) || list_length(call->args) != 1 || !IsA(linitial(call->args), Const))
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

/*
 * A limit moves into the leaf if it is a value: each node need not return more
 * rows than the limit and what OFFSET skips.
 */
static void
move_limit_down(Query *leaf)
{
	Node *count = leaf->limitCount;
	Node *offset = leaf->limitOffset;

	leaf->limitOffset = NULL;
	if (count == NULL)
		return;
	if (contain_volatile_functions(count) || contain_volatile_functions(offset) ||
		checkExprHasSubLink(count) || checkExprHasSubLink(offset))
	{
		leaf->limitCount = NULL;
		leaf->limitOption = LIMIT_OPTION_DEFAULT;
	}
	else if (offset)
	{
		Oid           argtypes[] = {INT8OID, INT8OID};
		CoalesceExpr *skipped = makeNode(CoalesceExpr);

		skipped->coalescetype = INT8OID;
		skipped->args = list_make2(offset, makeConst(INT8OID, -1, InvalidOid, 8, Int64GetDatum(0),
													 false, FLOAT8PASSBYVAL));
		skipped->location = -1;
		leaf->limitCount = (Node *) makeFuncExpr(
			LookupFuncName(SystemFuncName("int8pl"), 2, argtypes, false), INT8OID,
			list_make2(count, skipped), InvalidOid, InvalidOid, COERCE_EXPLICIT_CALL);
	}
}

/*
 * Replaces a query that the nodes can answer by one that reads their answer,
 * sorts it and applies LIMIT.
 */
static void
turn_into_leaf(Query *query)
{
	Query     *leaf = copyObject(query);
	Query      outer = *query;
	ListCell  *lc;
	Index      rti;
	AttrNumber attno = 0;

	move_limit_down(leaf);
	if (leaf->limitCount == NULL && leaf->rowMarks == NIL && !leaf->hasDistinctOn)
		leaf->sortClause = NIL;
	foreach (lc, leaf->targetList)
		lfirst_node(TargetEntry, lc)->resjunk = false;
	leaf->canSetTag = false;

	memset(query, 0, sizeof(Query));
	query->type = T_Query;
	query->commandType = CMD_SELECT;
	query->querySource = outer.querySource;
	query->queryId = outer.queryId;
	query->canSetTag = outer.canSetTag;
	query->hasRowSecurity = outer.hasRowSecurity;
	query->sortClause = outer.sortClause;
	query->limitCount = outer.limitCount;
	query->limitOffset = outer.limitOffset;
	query->limitOption = outer.limitOption;
	query->hasSubLinks =
		checkExprHasSubLink(outer.limitCount) || checkExprHasSubLink(outer.limitOffset);
	query->stmt_location = outer.stmt_location;
	query->stmt_len = outer.stmt_len;

	rti = AddLeaf(query, leaf);
	query->jointree = makeFromExpr(list_make1(makeNode(RangeTblRef)), NULL);
	linitial_node(RangeTblRef, query->jointree->fromlist)->rtindex = rti;
	foreach (lc, outer.targetList)
	{
		TargetEntry *tle = flatCopyTargetEntry(lfirst_node(TargetEntry, lc));

		tle->expr = (Expr *) LeafColumn(query, rti, ++attno);
		query->targetList = lappend(query->targetList, tle);
	}
}

static bool
has_outer_references_walker(Node *node, int *depth)
{
	if (node == NULL)
		return false;
	if (IsA(node, Var))
		return (int) ((Var *) node)->varlevelsup > *depth;
	if (IsA(node, RangeTblEntry))
		return ((RangeTblEntry *) node)->rtekind == RTE_CTE &&
			   (int) ((RangeTblEntry *) node)->ctelevelsup > *depth;
	if (IsA(node, Query))
	{
		bool result;

		(*depth)++;
		result = query_tree_walker((Query *) node, has_outer_references_walker, depth,
								   QTW_EXAMINE_RTES_BEFORE);
		(*depth)--;
		return result;
	}
	return expression_tree_walker(node, has_outer_references_walker, depth);
}

static bool
has_outer_references(Query *query)
{
	int depth = -1;

	return has_outer_references_walker((Node *) query, &depth);
}

/* A table that must be pulled: a subquery with its columns at their numbers. */
typedef struct PulledTable
{
	Index rti;
	List *system_columns; /* of int: attribute numbers, in the order added */
	int   natts;
} PulledTable;

static Query *
query_of_table(RangeTblEntry *rte, PulledTable *pulled)
{
	Query         *query = makeNode(Query);
	RangeTblEntry *inner = copyObject(rte);
	Relation       rel = table_open(rte->relid, NoLock);
	RangeTblRef   *ref = makeNode(RangeTblRef);
	ListCell      *lc;
	int            i;

	query->commandType = CMD_SELECT;
	inner->inFromCl = true;
	inner->lateral = false;
	query->rtable = list_make1(inner);
	ref->rtindex = 1;
	query->jointree = makeFromExpr(list_make1(ref), NULL);

	pulled->natts = RelationGetNumberOfAttributes(rel);
	for (i = 0; i < pulled->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(RelationGetDescr(rel), i);
		Expr             *expr;

		if (att->attisdropped)
			expr = (Expr *) makeNullConst(INT4OID, -1, InvalidOid);
		else
			expr = (Expr *) makeVar(1, i + 1, att->atttypid, att->atttypmod, att->attcollation, 0);
		query->targetList = lappend(
			query->targetList, makeTargetEntry(expr, i + 1, pstrdup(NameStr(att->attname)), false));
	}
	foreach (lc, pulled->system_columns)
	{
		const FormData_pg_attribute *att = SystemAttributeDefinition(lfirst_int(lc));
		Expr *expr = (Expr *) makeVar(1, att->attnum, att->atttypid, -1, InvalidOid, 0);

		query->targetList =
			lappend(query->targetList, makeTargetEntry(expr, list_length(query->targetList) + 1,
													   pstrdup(NameStr(att->attname)), false));
	}
	table_close(rel, NoLock);
	return query;
}

typedef struct SystemColumns
{
	PulledTable *pulled;
	int          depth;
	bool         renumber; /* else only collect */
} SystemColumns;

/* Finds Vars for system columns of a pulled table, and renumbers them in place. */
static bool
system_columns_walker(Node *node, SystemColumns *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Var))
	{
		Var         *var = (Var *) node;
		PulledTable *pulled = context->pulled;
		int          i = 0;
		ListCell    *lc;

		if (var->varno != pulled->rti || (int) var->varlevelsup != context->depth ||
			var->varattno >= 0)
			return false;
		if (!context->renumber)
		{
			pulled->system_columns = list_append_unique_int(pulled->system_columns, var->varattno);
			return false;
		}
		foreach (lc, pulled->system_columns)
		{
			i++;
			if (lfirst_int(lc) == var->varattno)
			{
				var->varattno = pulled->natts + i;
				var->varattnosyn = var->varattno;
				return false;
			}
		}
		return false;
	}
	if (IsA(node, Query))
	{
		bool result;

		context->depth++;
		result = query_tree_walker((Query *) node, system_columns_walker, context, 0);
		context->depth--;
		return result;
	}
	return expression_tree_walker(node, system_columns_walker, context);
}

static RowMarkClause *
take_row_mark(Query *query, Index rti)
{
	ListCell *lc;

	foreach (lc, query->rowMarks)
	{
		RowMarkClause *mark = lfirst_node(RowMarkClause, lc);

		if (mark->rti == rti)
		{
			query->rowMarks = foreach_delete_current (query->rowMarks, lc);
			return mark;
		}
	}
	return NULL;
}

static void
pull_table(Query *query, Index rti)
{
	RangeTblEntry *rte = rt_fetch(rti, query->rtable);
	PulledTable    pulled = {rti, NIL, 0};
	SystemColumns  columns = {&pulled, 0, false};
	Query         *subquery;
	RowMarkClause *mark = take_row_mark(query, rti);
	List          *names = NIL;
	ListCell      *lc;

	query_tree_walker(query, system_columns_walker, &columns, 0);
	subquery = query_of_table(rte, &pulled);
	columns.renumber = true;
	if (pulled.system_columns)
		query_tree_walker(query, system_columns_walker, &columns, 0);
	if (mark)
	{
		mark = copyObject(mark);
		mark->rti = 1;
		subquery->rowMarks = list_make1(mark);
		subquery->hasForUpdate = true;
	}
	subquery->hasRowSecurity = query->hasRowSecurity;
	turn_into_leaf(subquery);

	foreach (lc, subquery->targetList)
		names = lappend(names, makeString(pstrdup(lfirst_node(TargetEntry, lc)->resname)));
	rte->rtekind = RTE_SUBQUERY;
	rte->subquery = subquery;
	rte->relid = InvalidOid;
	rte->relkind = 0;
	rte->rellockmode = 0;
	rte->tablesample = NULL;
	rte->inh = false;
	rte->requiredPerms = 0;
	rte->securityQuals = NIL;
	rte->eref = makeAlias(rte->eref->aliasname, names);
}

static bool
cut_sublinks_walker(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, SubLink))
	{
		SubLink *sublink = (SubLink *) node;

		replace_or_cut((Query **) &sublink->subselect);
		return cut_sublinks_walker(sublink->testexpr, context);
	}
	if (IsA(node, Query))
		return false;
	return expression_tree_walker(node, cut_sublinks_walker, context);
}

static void
cut_query(Query *query)
{
	int       nentries = list_length(query->rtable);
	Relids    joined = get_relids_in_jointree((Node *) query->jointree, false);
	ListCell *lc;
	int       rti;

	if (query->resultRelation &&
		LookupDistTable(rt_fetch(query->resultRelation, query->rtable)->relid))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("cannot modify a distributed table in WITH unless one shard holds all "
						"that the statement needs"),
				 errhint("Compare the shard key of every distributed table with the same value, "
						 "or use separate statements in a transaction.")));
	foreach (lc, query->cteList)
		replace_or_cut((Query **) &lfirst_node(CommonTableExpr, lc)->ctequery);
	for (rti = 1; rti <= nentries; rti++)
	{
		RangeTblEntry *rte = rt_fetch(rti, query->rtable);
		DistTable     *table;

		if (rte->rtekind == RTE_SUBQUERY)
			replace_or_cut(&rte->subquery);
		else if (rte->rtekind == RTE_RELATION && bms_is_member(rti, joined))
		{
			table = LookupDistTable(rte->relid);
			if (table && table->method != DIST_REFERENCE)
				pull_table(query, rti);
		}
	}
	if (query->hasSubLinks)
		query_tree_walker(query, cut_sublinks_walker, NULL,
						  QTW_IGNORE_RT_SUBQUERIES | QTW_IGNORE_CTE_SUBQUERIES);
	PointAtLocalCopies(query);
}

/* Makes the query, or its parts, read what the nodes compute. */
static void
replace_or_cut(Query **query)
{
	Spread spread;

	if (!QueryNamesDistTable(*query))
		return;
	spread = SpreadOfQuery(*query);
	if (spread.kind == SPREAD_SPLIT && !has_outer_references(*query) &&
		WhyNotPrintable(*query) == NULL)
		turn_into_leaf(*query);
	else if (spread.kind == SPREAD_COPIED)
		PointAtLocalCopies(*query);
	else if (has_outer_references(*query) || !SplitAggregation(*query))
		cut_query(*query);
}

PlannedStmt *
PlanWithLeaves(Query *query, const PlannerCall *call)
{
	List        *outer_leaves = leaves;
	PlannedStmt *result;

	leaves = NIL;
	PG_TRY();
	{
		replace_or_cut(&query);
		result = PlanOrdinary(query, call);
	}
	PG_FINALLY();
	{
		leaves = outer_leaves;
	}
	PG_END_TRY();
	return result;
}

/* How many rows a leaf may have: those of its largest table. */
static double
estimate_rows(Query *query)
{
	QueryTables tables;
	double      rows = 0;
	ListCell   *lc;

	if (query->hasAggs && query->groupClause == NIL)
		return 4;
	FindDistTables(query, &tables);
	foreach (lc, tables.dist_tables)
	{
		Relation rel = table_open(((DistTable *) lfirst(lc))->relid, NoLock);

		rows = Max(rows, rel->rd_rel->reltuples > 0 ? rel->rd_rel->reltuples : DEFAULT_TABLE_ROWS);
		table_close(rel, NoLock);
	}
	return query->groupClause || query->distinctClause ? Max(rows / 10, 1) : rows;
}

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
		char *name = lfirst_node(TargetEntry, lc)->resname;

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

/* Values that the executor sets (results of subplans and so on) become parameters. */
typedef struct ExecParams
{
	int   first; /* number of the first one */
	List *params;
} ExecParams;

static Node *
hide_exec_params(Node *node, ExecParams *context)
{
	if (node == NULL)
		return NULL;
	if (IsA(node, Param) && ((Param *) node)->paramkind == PARAM_EXEC)
	{
		Param *param = copyObject((Param *) node);

		context->params = lappend(context->params, node);
		param->paramkind = PARAM_EXTERN;
		param->paramid = context->first + list_length(context->params) - 1;
		return (Node *) param;
	}
	return expression_tree_mutator(node, hide_exec_params, context);
}

static Node *
restore_exec_params(Node *node, ExecParams *context)
{
	if (node == NULL)
		return NULL;
	if (IsA(node, Param) && ((Param *) node)->paramkind == PARAM_EXTERN &&
		((Param *) node)->paramid >= context->first)
		return copyObject(list_nth(context->params, ((Param *) node)->paramid - context->first));
	return expression_tree_mutator(node, restore_exec_params, context);
}

/* Divides quals into those that the nodes check and those that are checked here. */
static void
divide_quals(Leaf *leaf, Index rti, List *clauses, List **remote, List **here)
{
	ListCell *lc;

	foreach (lc, clauses)
	{
		Expr      *clause = lfirst(lc);
		ExecParams params = {OWN_PARAM_BASE, NIL};
		List      *quals = list_make1(hide_exec_params((Node *) clause, &params));

		if (!contain_subplans((Node *) clause) &&
			WhyNotPrintable(fragment_query(leaf, rti, NIL, quals)) == NULL)
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

static Plan *
plan_leaf(PlannerInfo *root, RelOptInfo *rel, CustomPath *path, List *tlist, List *clauses,
		  List *custom_plans)
{
	CustomScan  *scan = makeNode(CustomScan);
	Leaf        *leaf = linitial(path->custom_private);
	FragmentPlan fragment = {0};
	List        *remote = NIL;
	List        *here = NIL;
	List        *columns = NIL;
	Var         *whole_row = NULL;
	ExecParams   hidden = {OWN_PARAM_BASE, NIL};
	QueryTables  tables;
	Query       *query;
	DistTable   *route;
	Expr        *key;
	List        *params;
	ListCell    *lc;

	divide_quals(leaf, rel->relid, extract_actual_clauses(clauses, false), &remote, &here);

	foreach (lc, pull_var_clause((Node *) list_concat_copy(tlist, here),
								 PVC_RECURSE_AGGREGATES | PVC_RECURSE_WINDOWFUNCS |
									 PVC_RECURSE_PLACEHOLDERS))
	{
		Var *var = lfirst_node(Var, lc);

		if (var->varno != rel->relid)
			continue;
		if (var->varattno == 0)
			whole_row = var;
		else
			columns = list_append_unique(columns, var);
	}
	if (whole_row)
		columns = all_columns(root, rel->relid);

	query = fragment_query(leaf, rel->relid, columns,
						   (List *) hide_exec_params((Node *) remote, &hidden));
	FindDistTables(query, &tables);
	route = FindRoute(query, &tables, &key);
	fragment.target = route ? TARGET_ONE_SHARD : TARGET_ALL_SHARDS;
	fragment.table = ((DistTable *) (route ? route : linitial(tables.dist_tables)))->relid;
	fragment.sql = PrintFragment(query, route != NULL, &params);
	fragment.key_type = key ? exprType((Node *) key) : InvalidOid;
	fragment.operation = CMD_SELECT;
	fragment.locks_rows = leaf->query->rowMarks != NIL;
	if (key)
		params = lcons(key, params);

	foreach (lc, columns)
		scan->custom_scan_tlist = lappend(
			scan->custom_scan_tlist,
			makeTargetEntry(lfirst(lc), list_length(scan->custom_scan_tlist) + 1, NULL, false));
	if (columns == NIL)
		scan->custom_scan_tlist = list_make1(
			makeTargetEntry((Expr *) makeNullConst(INT4OID, -1, InvalidOid), 1, NULL, false));
	if (whole_row)
	{
		scan->custom_scan_tlist =
			lappend(scan->custom_scan_tlist,
					makeTargetEntry((Expr *) whole_row, list_length(columns) + 1, NULL, false));
		fragment.whole_row = true;
	}
	scan->scan.plan.targetlist = tlist;
	scan->scan.plan.qual = here;
	scan->flags = path->flags;
	scan->custom_exprs = (List *) restore_exec_params((Node *) params, &hidden);
	scan->custom_private = PackFragment(&fragment);
	scan->methods = &RemoteScanMethods;
	fix_opfuncids((Node *) scan->custom_exprs);
	return &scan->scan.plan;
}

static const CustomPathMethods leaf_path_methods = {
	.CustomName = "Distshard",
	.PlanCustomPath = plan_leaf,
};

static void
leaf_pathlist(PlannerInfo *root, RelOptInfo *rel, Index rti, RangeTblEntry *rte)
{
	Leaf       *leaf = leaves ? leaf_of_entry(rte) : NULL;
	CustomPath *path;
	double      rows;

	if (next_set_rel_pathlist_hook)
		next_set_rel_pathlist_hook(root, rel, rti, rte);
	if (leaf == NULL)
		return;

	rows = estimate_rows(leaf->query);
	rel->tuples = rows;
	rel->rows = clamp_row_est(
		rows * clauselist_selectivity(root, rel->baserestrictinfo, 0, JOIN_INNER, NULL));

	path = makeNode(CustomPath);
	path->path.pathtype = T_CustomScan;
	path->path.parent = rel;
	path->path.pathtarget = rel->reltarget;
	path->path.rows = rel->rows;
	path->path.startup_cost = LEAF_STARTUP_COST;
	path->path.total_cost = LEAF_STARTUP_COST + rel->rows * LEAF_ROW_COST;
	path->flags = CUSTOMPATH_SUPPORT_PROJECTION;
	path->custom_private = list_make1(leaf);
	path->methods = &leaf_path_methods;

	rel->pathlist = NIL;
	rel->partial_pathlist = NIL;
	add_path(rel, (Path *) path);
}

void
InitLeaves(void)
{
	next_set_rel_pathlist_hook = set_rel_pathlist_hook;
	set_rel_pathlist_hook = leaf_pathlist;
}
