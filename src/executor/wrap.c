/*-------------------------------------------------------------------------
 *
 * wrap.c
 *	  A plan that computes rows under a plan node that writes them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "executor/executor.h"
#include "executor/wrap.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"

/* What the statement returns, as columns of the given range table entry. */
static List *
returning_columns(List *returning, Index varno)
{
	List     *result = NIL;
	ListCell *lc;

	foreach (lc, returning)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);
		Var         *var = makeVarFromTargetEntry(varno, tle);
		TargetEntry *column = makeTargetEntry((Expr *) var, tle->resno, tle->resname, false);

		column->resorigtbl = tle->resorigtbl;
		column->resorigcol = tle->resorigcol;
		result = lappend(result, column);
	}
	return result;
}

PlannedStmt *
WrapPlan(PlannedStmt *rows, Query *statement, const CustomScanMethods *methods, List *private)
{
	CustomScan    *scan = makeNode(CustomScan);
	RangeTblEntry *result = makeNode(RangeTblEntry);
	Plan          *child = rows->planTree;
	List          *names = NIL;
	ListCell      *lc;

	foreach (lc, statement->returningList)
		names = lappend(names, makeString(pstrdup(lfirst_node(TargetEntry, lc)->resname)));
	result->rtekind = RTE_VALUES;
	result->eref = makeAlias("remote", names);
	rows->rtable = lappend(rows->rtable, result);

	scan->custom_plans = list_make1(child);
	scan->custom_scan_tlist =
		returning_columns(statement->returningList, list_length(rows->rtable));
	scan->scan.plan.targetlist = returning_columns(statement->returningList, INDEX_VAR);
	scan->scan.plan.startup_cost = child->startup_cost;
	scan->scan.plan.total_cost = child->total_cost;
	scan->scan.plan.plan_rows = statement->returningList ? child->plan_rows : 0;
	scan->scan.plan.plan_width = child->plan_width;
	scan->scan.plan.extParam = bms_copy(child->extParam);
	scan->scan.plan.allParam = bms_copy(child->allParam);
	scan->flags = CUSTOMPATH_SUPPORT_PROJECTION;
	scan->custom_private = private;
	scan->methods = methods;

	rows->planTree = (Plan *) scan;
	rows->commandType = statement->commandType;
	rows->hasReturning = statement->returningList != NIL;
	rows->canSetTag = statement->canSetTag;
	rows->queryId = statement->queryId;
	rows->stmt_location = statement->stmt_location;
	rows->stmt_len = statement->stmt_len;
	rows->dependsOnRole |= statement->hasRowSecurity;
	return rows;
}

Tuplestorestate *
ComputeRows(PlanState *rows)
{
	Tuplestorestate *store = tuplestore_begin_heap(false, false, work_mem);

	for (;;)
	{
		TupleTableSlot *slot = ExecProcNode(rows);

		if (TupIsNull(slot))
			return store;
		tuplestore_puttupleslot(store, slot);
	}
}
