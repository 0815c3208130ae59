/*-------------------------------------------------------------------------
 *
 * received_rows.c
 *	  The call that stands for rows which are sent to the nodes.
 *
 * distshard.received_rows(number, about) takes the place of a table or subquery in
 * a fragment (transfer.c). The text tells how many rows are expected, and of each
 * column that travels its number and how many of its values are distinct.
 *
 * On the node that reads the fragment the call is planned as a scan of the rows
 * that came (executor/received_scan.c). The session that plans the fragment asks
 * for the same, to estimate what comes out.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/transam.h"
#include "catalog/pg_class.h"
#include "catalog/pg_collation.h"
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
#include "parser/parsetree.h"
#include "planner/received_rows.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

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

int
ReceivedTransfer(RangeTblEntry *rte)
{
	FuncExpr *call = received_rows_call(rte);

	return call ? read_call(call).transfer : 0;
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

Node *
MakeReceivedRowsCall(Transfer *transfer)
{
	StringInfoData about;
	Node          *call;
	ListCell      *lc;

	initStringInfo(&about);
	appendStringInfo(&about, "%.0f", transfer->sent.rows);
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
	FuncExpr    *call = received_rows_call(rte);
	ReceivedRows rows;
	Inbox       *inbox;
	CustomPath  *path;

	if (call == NULL)
		return false;
	rows = read_call(call);
	inbox = FindInbox(rows.transfer);
	/* conditions on them alone hold for all: their nodes have sent no others */
	rel->rows = rel->tuples = clamp_row_est(inbox ? InboxRows(inbox) : rows.rows);

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
	FuncExpr    *call = received_rows_call(rte);
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
