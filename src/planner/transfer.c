/*-------------------------------------------------------------------------
 *
 * transfer.c
 *	  Parts of a query whose rows are sent to the nodes, so that these can do
 *	  the rest.
 *
 * A call of distshard.received_rows() takes the place of a table or a subquery, with
 * columns of the same numbers: so nothing else in the query changes, and
 * spread.c finds out by its usual rules what the nodes can do now. On the node
 * the call is planned as a scan of the rows that came (executor/received_scan.c).
 *
 * Which parts are replaced strategy.c chooses.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/transam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_class.h"
#include "catalog/pg_statistic.h"
#include "catalog/pg_type.h"
#include "executor/inbox.h"
#include "executor/received_scan.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/planner.h"
#include "optimizer/restrictinfo.h"
#include "parser/parse_func.h"
#include "parser/parse_relation.h"
#include "parser/parsetree.h"
#include "planner/leaf.h"
#include "planner/outer_cte.h"
#include "planner/print_steps.h"
#include "planner/transfer.h"
#include "planner/transfer_source.h"
#include "planner/ship.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/selfuncs.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

/* The transfers of the statement that is being planned. */
static List *transfers;
static int   last_transfer;

List *
ForgetTransfers(void)
{
	List *before = transfers;

	transfers = NIL;
	return before;
}

void
RememberTransfers(List *before)
{
	transfers = before;
}

static Oid
received_rows_function(void)
{
	Oid argtypes[] = {INT4OID, TEXTOID};

	return LookupFuncName(list_make2(makeString("distshard"), makeString("received_rows")),
						  lengthof(argtypes), argtypes, true);
}

bool
IsReceivedRowsFunction(Oid function)
{
	return function >= FirstNormalObjectId && function == received_rows_function();
}

/* The call of received_rows(), or NULL. */
static FuncExpr *
received_rows_call(RangeTblEntry *rte)
{
	FuncExpr *call;

	if (rte->rtekind != RTE_FUNCTION || list_length(rte->functions) != 1)
		return NULL;
	call = (FuncExpr *) linitial_node(RangeTblFunction, rte->functions)->funcexpr;
	if (!IsA(call, FuncExpr) || !IsReceivedRowsFunction(call->funcid) ||
		!IsA(linitial(call->args), Const) || !IsA(lsecond(call->args), Const))
		return NULL;
	return call;
}

/* What a call says of its rows. */
typedef struct ReceivedRows
{
	int    transfer;
	double rows;
	int    ncolumns;
	int   *columns;
	float *distinct;
} ReceivedRows;

static ReceivedRows
read_call(FuncExpr *call)
{
	ReceivedRows rows = {DatumGetInt32(castNode(Const, linitial(call->args))->constvalue), 0, 0,
						 NULL, NULL};
	char        *about = TextDatumGetCString(castNode(Const, lsecond(call->args))->constvalue);
	int          room = strlen(about) / 3 + 1;

	rows.columns = palloc(sizeof(int) * room);
	rows.distinct = palloc(sizeof(float) * room);
	rows.rows = strtod(about, &about);
	while (sscanf(about, " %d:%f", &rows.columns[rows.ncolumns], &rows.distinct[rows.ncolumns]) ==
		   2)
	{
		rows.ncolumns++;
		about = strchr(about + 1, ' ');
		if (about == NULL)
			break;
	}
	return rows;
}

Transfer *
TransferOfEntry(RangeTblEntry *rte)
{
	FuncExpr *call = transfers && rte->rtekind == RTE_FUNCTION ? received_rows_call(rte) : NULL;
	ListCell *lc;

	foreach (lc, call ? transfers : NIL)
	{
		Transfer *transfer = lfirst(lc);

		if (transfer->number == read_call(call).transfer)
			return transfer;
	}
	return NULL;
}

Var *
TransferredKey(RangeTblEntry *rte, Index rti, Transfer *transfer)
{
	RangeTblFunction *call = linitial(rte->functions);

	return makeVar(rti, transfer->key, list_nth_oid(call->funccoltypes, transfer->key - 1),
				   list_nth_int(call->funccoltypmods, transfer->key - 1),
				   list_nth_oid(call->funccolcollations, transfer->key - 1), 0);
}

DistTable *
TableCutBy(DistTable *like, Oid type)
{
	TypeCacheEntry *cache =
		lookup_type_cache(type, TYPECACHE_HASH_OPFAMILY | TYPECACHE_HASH_EXTENDED_PROC);
	DistTable *table;

	if (type >= FirstGenbkiObjectId || !OidIsValid(cache->hash_opf) ||
		!OidIsValid(cache->hash_extended_proc))
		return NULL;
	table = palloc(sizeof(DistTable));
	*table = *like;
	table->colocation_id = -1;
	table->key_type = type;
	table->key_collation = InvalidOid;
	table->hash_opfamily = cache->hash_opf;
	table->hash_opcintype = cache->hash_opintype;
	return table;
}

static Transfer *
make_transfer(char *name, Query *source, Bitmapset *columns, bool as_set, ParamListInfo params)
{
	Transfer *transfer = palloc0(sizeof(Transfer));
	int       attno = -1;
	ListCell *lc;

	foreach (lc, source->targetList)
	{
		if (!IsValueType(exprType((Node *) lfirst_node(TargetEntry, lc)->expr)))
			return NULL;
	}

	transfer->number = ++last_transfer;
	transfer->name = name;
	transfer->estimate = EstimateQuery(source, params);
	if (as_set)
		transfer->estimate.rows =
			DropDuplicatesWithinNodes(&source, transfer->estimate.rows, params);
	transfer->source = source;
	if (OuterCtesOf(source) != READS_NO_CTE)
		transfer->cte = SOURCE_CTE(transfer->number);
	while ((attno = bms_next_member(columns, attno)) >= 0)
		transfer->columns = lappend_int(transfer->columns, attno);
	transfers = lappend(transfers, transfer);
	return transfer;
}

Transfer *
TransferOfTable(Query *query, Index rti, int depth, bool as_set, ParamListInfo params)
{
	Bitmapset *columns;
	Query     *source = TransferSource(query, rti, depth, &columns);

	if (source == NULL)
		return NULL;
	return make_transfer(rt_fetch(rti, query->rtable)->eref->aliasname, source, columns, as_set,
						 params);
}

Transfer *
TransferOfSubquery(Query *subquery, bool as_set, ParamListInfo params)
{
	Bitmapset *columns = NULL;
	ListCell  *lc;

	if (HasOuterReferences(subquery) || subquery->rowMarks)
		return NULL;
	foreach (lc, subquery->targetList)
	{
		if (!lfirst_node(TargetEntry, lc)->resjunk)
			columns = bms_add_member(columns, lfirst_node(TargetEntry, lc)->resno);
	}
	return make_transfer("subquery", copyObject(subquery), columns, as_set, params);
}

/* How many values of a column are distinct, as pg_statistic says it; 0 if that is not known. */
static float4
distinct_values(Query *source, AttrNumber column)
{
	bool           unique = false;
	RangeTblEntry *origin = OriginOfColumn(source, &column, &unique);
	HeapTuple      tuple;
	float4         result = unique ? -1 : 0;

	if (origin == NULL)
		return result;
	tuple = SearchSysCache3(STATRELATTINH, ObjectIdGetDatum(origin->relid), Int16GetDatum(column),
							BoolGetDatum(origin->relkind == RELKIND_PARTITIONED_TABLE));
	if (HeapTupleIsValid(tuple))
	{
		result = ((Form_pg_statistic) GETSTRUCT(tuple))->stadistinct;
		ReleaseSysCache(tuple);
	}
	return result;
}

/*
 * received_rows(number, about): the text tells how many rows are expected, and of
 * each column that travels its number and how many of its values are distinct.
 */
static Node *
make_call(Transfer *transfer)
{
	StringInfoData about;
	Node          *call;
	ListCell      *lc;

	initStringInfo(&about);
	appendStringInfo(&about, "%.0f", transfer->estimate.rows);
	foreach (lc, transfer->columns)
		appendStringInfo(&about, " %d:%.6g", lfirst_int(lc),
						 distinct_values(transfer->source, foreach_current_index(lc) + 1));
	call =
		(Node *) makeFuncExpr(received_rows_function(), RECORDOID,
							  list_make2(makeConst(INT4OID, -1, InvalidOid, 4,
												   Int32GetDatum(transfer->number), false, true),
										 makeConst(TEXTOID, -1, DEFAULT_COLLATION_OID, -1,
												   CStringGetTextDatum(about.data), false, false)),
							  InvalidOid, InvalidOid, COERCE_EXPLICIT_CALL);
	((FuncExpr *) call)->funcretset = true;
	return call;
}

/* An entry with these columns. Columns that were dropped keep their numbers. */
static RangeTblEntry *
entry_of_call(Transfer *transfer, const char *alias, List *names, List *exprs)
{
	RangeTblEntry    *rte = makeNode(RangeTblEntry);
	RangeTblFunction *function = makeNode(RangeTblFunction);
	List             *columns = NIL;
	ListCell         *lc;
	ListCell         *lc2;

	forboth (lc, names, lc2, exprs)
	{
		Node *expr = lfirst(lc2);
		char *name = strVal(lfirst(lc));

		if (name[0] == '\0')
			name = psprintf("dropped_%d", foreach_current_index(lc) + 1);
		if (!IsValueType(exprType(expr)))
			expr = (Node *) makeNullConst(INT4OID, -1, InvalidOid); /* it is not used */
		columns = lappend(columns, makeString(pstrdup(name)));
		function->funccoltypes = lappend_oid(function->funccoltypes, exprType(expr));
		function->funccoltypmods = lappend_int(function->funccoltypmods, exprTypmod(expr));
		function->funccolcollations = lappend_oid(function->funccolcollations, exprCollation(expr));
	}
	if (columns == NIL)
	{
		columns = list_make1(makeString("none"));
		function->funccoltypes = list_make1_oid(INT4OID);
		function->funccoltypmods = list_make1_int(-1);
		function->funccolcollations = list_make1_oid(InvalidOid);
	}
	function->funcexpr = make_call(transfer);
	function->funccolcount = list_length(columns);
	function->funccolnames = columns;
	rte->rtekind = RTE_FUNCTION;
	rte->functions = list_make1(function);
	rte->alias = makeAlias(alias, NIL);
	rte->eref = makeAlias(alias, copyObject(columns));
	rte->inFromCl = true;
	return rte;
}

RangeTblEntry *
TransferredEntry(RangeTblEntry *rte, Transfer *transfer)
{
	List *names;
	List *exprs;

	expandRTE(rte, 1, 0, -1, true, &names, &exprs);
	return entry_of_call(transfer, rte->eref->aliasname, names, exprs);
}

Query *
TransferredSubquery(Query *subquery, Transfer *transfer)
{
	Query       *query = makeNode(Query);
	RangeTblRef *ref = makeNode(RangeTblRef);
	List        *names = NIL;
	List        *exprs = NIL;
	ListCell    *lc;

	foreach (lc, subquery->targetList)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);

		if (tle->resjunk)
			continue;
		names = lappend(names, makeString(psprintf("column%d", tle->resno)));
		exprs = lappend(exprs, tle->expr);
		query->targetList =
			lappend(query->targetList, makeTargetEntry((Expr *) makeVarFromTargetEntry(1, tle),
													   tle->resno, tle->resname, false));
	}
	query->commandType = CMD_SELECT;
	query->canSetTag = subquery->canSetTag;
	query->rtable = list_make1(entry_of_call(transfer, "moved", names, exprs));
	ref->rtindex = 1;
	query->jointree = makeFromExpr(list_make1(ref), NULL);
	return query;
}

void
PlanSource(Transfer *transfer, ParamListInfo params)
{
	if (transfer->cte == NULL)
		transfer->plan = planner(copyObject(transfer->source), "", CURSOR_OPT_PARALLEL_OK, params);
}

static bool
collect_transfers_walker(Node *node, List **result)
{
	if (node == NULL)
		return false;
	if (IsA(node, RangeTblEntry))
	{
		Transfer *transfer = TransferOfEntry((RangeTblEntry *) node);

		if (transfer)
			*result = list_append_unique_ptr(*result, transfer);
		return false;
	}
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, collect_transfers_walker, result,
								 QTW_EXAMINE_RTES_BEFORE);
	return expression_tree_walker(node, collect_transfers_walker, result);
}

List *
TransfersOfQuery(Query *query)
{
	List *result = NIL;

	if (transfers)
		collect_transfers_walker((Node *) query, &result);
	return result;
}

/* The position of the key among the columns that travel. */
static AttrNumber
key_in_source(Transfer *transfer)
{
	ListCell *lc;

	foreach (lc, transfer->columns)
	{
		if (lfirst_int(lc) == transfer->key)
			return foreach_current_index(lc) + 1;
	}
	return 0;
}

List *
CtesOfTransfers(List *chosen)
{
	List     *result = NIL;
	ListCell *lc;

	foreach (lc, chosen)
	{
		Transfer        *transfer = lfirst(lc);
		CommonTableExpr *cte = makeNode(CommonTableExpr);

		if (transfer->cte == NULL)
			continue;
		cte->ctename = transfer->cte;
		cte->ctematerialized = CTEMaterializeAlways;
		cte->ctequery = (Node *) copyObject(transfer->source);
		cte->cterefcount = 1;
		cte->location = -1;
		result = lappend(result, cte);
	}
	return result;
}

/* The number of the subplan that computes a CTE. */
static int
subplan_of_cte(PlannerInfo *root, const char *name)
{
	for (; root; root = root->parent_root)
	{
		ListCell *lc;

		foreach (lc, root->parse->cteList)
		{
			if (strcmp(lfirst_node(CommonTableExpr, lc)->ctename, name) == 0)
				return list_nth_int(root->cte_plan_ids, foreach_current_index(lc));
		}
	}
	elog(ERROR, "there are no \"%s\"", name);
}

List *
TransferPlans(List *chosen, PlannerInfo *root)
{
	List     *result = NIL;
	ListCell *lc;

	foreach (lc, chosen)
	{
		Transfer     *transfer = lfirst(lc);
		TransferPlan *plan = palloc0(sizeof(TransferPlan));

		plan->transfer = transfer->number;
		plan->table = transfer->table ? transfer->table->relid : InvalidOid;
		plan->key = key_in_source(transfer);
		plan->own_hash = transfer->own_hash;
		plan->name = transfer->name;
		plan->source = transfer->plan;
		if (transfer->cte)
			plan->subplan = subplan_of_cte(root, transfer->cte);
		result = lappend(result, plan);
	}
	return result;
}

List *
RelationsOfTransfers(List *chosen)
{
	List     *result = NIL;
	ListCell *lc;

	foreach (lc, chosen)
	{
		Transfer *transfer = lfirst(lc);

		if (transfer->cte == NULL)
			result = list_concat(result, RelationsForChecks(transfer->source));
	}
	return result;
}

/* The Var for the row as one value, which only rechecks of a statement that locks rows ask for; or NULL. */
static Var *
whole_row_of(RelOptInfo *rel)
{
	ListCell *lc;

	foreach (lc, rel->reltarget->exprs)
	{
		Var *var = lfirst(lc);

		if (IsA(var, Var) && var->varattno == 0)
			return var;
	}
	return NULL;
}

static Plan *
plan_received_rows(PlannerInfo *root, RelOptInfo *rel, CustomPath *path, List *tlist, List *clauses,
				   List *custom_plans)
{
	FuncExpr         *call = linitial(path->custom_private);
	RangeTblFunction *function = linitial(planner_rt_fetch(rel->relid, root)->functions);
	CustomScan       *scan = makeNode(CustomScan);
	ReceivedRows      rows = read_call(call);
	Var              *whole_row = whole_row_of(rel);

	for (int i = 0; i < rows.ncolumns; i++)
	{
		int  at = rows.columns[i] - 1;
		Var *var = makeVar(rel->relid, at + 1, list_nth_oid(function->funccoltypes, at),
						   list_nth_int(function->funccoltypmods, at),
						   list_nth_oid(function->funccolcollations, at), 0);

		scan->custom_scan_tlist =
			lappend(scan->custom_scan_tlist, makeTargetEntry((Expr *) var, i + 1, NULL, false));
	}
	if (rows.ncolumns == 0)
		scan->custom_scan_tlist = list_make1(
			makeTargetEntry((Expr *) makeNullConst(INT4OID, -1, InvalidOid), 1, NULL, false));
	if (whole_row)
		scan->custom_scan_tlist =
			lappend(scan->custom_scan_tlist,
					makeTargetEntry((Expr *) whole_row, list_length(scan->custom_scan_tlist) + 1,
									NULL, false));
	scan->scan.plan.targetlist = tlist;
	scan->scan.plan.qual = extract_actual_clauses(clauses, false);
	scan->flags = path->flags;
	scan->custom_private = list_make2_int(rows.transfer, whole_row != NULL);
	scan->methods = &ReceivedScanMethods;
	return &scan->scan.plan;
}

static const CustomPathMethods received_path_methods = {
	.CustomName = "Distshard Received Rows",
	.PlanCustomPath = plan_received_rows,
};

bool
AddReceivedPath(PlannerInfo *root, RelOptInfo *rel, RangeTblEntry *rte)
{
	FuncExpr    *call = rte->rtekind == RTE_FUNCTION ? received_rows_call(rte) : NULL;
	ReceivedRows rows;
	Inbox       *inbox;
	CustomPath  *path;

	if (call == NULL)
		return false;
	rows = read_call(call);
	inbox = FindInbox(rows.transfer);
	rel->tuples = clamp_row_est(inbox ? InboxRows(inbox) : rows.rows);
	rel->rows = clamp_row_est(
		rel->tuples * clauselist_selectivity(root, rel->baserestrictinfo, 0, JOIN_INNER, NULL));

	path = makeNode(CustomPath);
	path->path.pathtype = T_CustomScan;
	path->path.parent = rel;
	path->path.pathtarget = rel->reltarget;
	path->path.param_info = get_baserel_parampathinfo(root, rel, rel->lateral_relids);
	path->path.rows = rel->rows;
	path->path.total_cost =
		rel->tuples * cpu_tuple_cost + rel->rows * rel->baserestrictcost.per_tuple;
	path->flags = CUSTOMPATH_SUPPORT_PROJECTION;
	path->custom_private = list_make1(call);
	path->methods = &received_path_methods;
	rel->pathlist = NIL;
	rel->partial_pathlist = NIL;
	add_path(rel, (Path *) path);
	return true;
}

static HeapTuple
form_statistic(float4 distinct)
{
	Relation  rel = table_open(StatisticRelationId, AccessShareLock);
	Datum     values[Natts_pg_statistic] = {0};
	bool      nulls[Natts_pg_statistic] = {0};
	HeapTuple tuple;

	values[Anum_pg_statistic_stadistinct - 1] = Float4GetDatum(distinct);
	memset(nulls + Anum_pg_statistic_stanumbers1 - 1, true, STATISTIC_NUM_SLOTS * 2);
	tuple = heap_form_tuple(RelationGetDescr(rel), values, nulls);
	table_close(rel, AccessShareLock);
	return tuple;
}

/* What is known of a column of moved rows: how many values are distinct. */
bool
ReceivedColumnStats(RangeTblEntry *rte, AttrNumber attno, VariableStatData *vardata)
{
	FuncExpr    *call = rte->rtekind == RTE_FUNCTION ? received_rows_call(rte) : NULL;
	ReceivedRows rows;

	if (call == NULL)
		return false;
	rows = read_call(call);
	for (int i = 0; i < rows.ncolumns; i++)
	{
		if (rows.columns[i] == attno && rows.distinct[i] != 0)
			vardata->statsTuple = form_statistic(
				vardata->rel && rows.distinct[i] > vardata->rel->tuples ? -1 : rows.distinct[i]);
	}
	vardata->freefunc = heap_freetuple;
	vardata->acl_ok = true;
	return true;
}
