/*-------------------------------------------------------------------------
 *
 * dist_insert.c
 *	  The plan node that sends rows computed here to their shards.
 *
 * Its child computes the rows. They are all computed before the first one is
 * sent: a child that reads from the nodes needs their connections, and an INSERT
 * must not see its own rows.
 *
 * Plain rows go as streams of COPY. Rows of a statement with ON CONFLICT or
 * RETURNING, or for a table with row-level security, go as INSERT statements of
 * many rows (row_batch.c).
 *
 * BEFORE INSERT triggers fire here, since they may change the key; statement
 * triggers fire here, once.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "commands/trigger.h"
#include "executor/dist_insert.h"
#include "executor/executor.h"
#include "executor/row_batch.h"
#include "executor/sharded_copy.h"
#include "miscadmin.h"
#include "nodes/extensible.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "utils/rel.h"
#include "utils/tuplestore.h"

typedef struct DistInsertState
{
	CustomScanState  css;
	Query           *insert;
	List            *attnums; /* of int: attribute number of each column of the child */
	Relation         logical;
	ResultRelInfo   *target;   /* for triggers */
	Tuplestorestate *rows;     /* what the child computed */
	TupleTableSlot  *computed; /* a row of the child */
	TupleTableSlot  *row;      /* the same as a row of the table */
	RowBatch        *batch;
	bool             started;
} DistInsertState;

static Node           *create_state(CustomScan *scan);
static void            begin_insert(CustomScanState *node, EState *estate, int eflags);
static TupleTableSlot *exec_insert(CustomScanState *node);
static void            end_insert(CustomScanState *node);
static void            rescan_insert(CustomScanState *node);

static const CustomScanMethods scan_methods = {"Distshard Insert", create_state};

static const CustomExecMethods exec_methods = {
	.CustomName = "Distshard Insert",
	.BeginCustomScan = begin_insert,
	.ExecCustomScan = exec_insert,
	.EndCustomScan = end_insert,
	.ReScanCustomScan = rescan_insert,
};

void
InitDistInsert(void)
{
	RegisterCustomScanMethods(&scan_methods);
}

static bool
has_insert_triggers(Relation rel)
{
	TriggerDesc *triggers = rel->trigdesc;

	return triggers &&
		   (triggers->trig_insert_before_row || triggers->trig_insert_before_statement ||
			triggers->trig_insert_after_statement);
}

bool
HasInsertTriggers(Oid logical_relid)
{
	Relation rel = table_open(logical_relid, NoLock);
	bool     result = has_insert_triggers(rel);

	table_close(rel, NoLock);
	return result;
}

/* What the statement returns, as columns that nobody looks up by table. */
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
WrapInsert(PlannedStmt *rows, Query *insert, DistTable *table, List *attnums)
{
	CustomScan    *scan = makeNode(CustomScan);
	RangeTblEntry *result = makeNode(RangeTblEntry);
	Plan          *child = rows->planTree;
	List          *names = NIL;
	ListCell      *lc;

	foreach (lc, insert->returningList)
		names = lappend(names, makeString(pstrdup(lfirst_node(TargetEntry, lc)->resname)));
	result->rtekind = RTE_VALUES;
	result->eref = makeAlias("remote", names);
	rows->rtable = lappend(rows->rtable, result);

	scan->custom_plans = list_make1(child);
	scan->custom_scan_tlist = returning_columns(insert->returningList, list_length(rows->rtable));
	scan->scan.plan.targetlist = returning_columns(insert->returningList, INDEX_VAR);
	scan->scan.plan.startup_cost = child->startup_cost;
	scan->scan.plan.total_cost = child->total_cost;
	scan->scan.plan.plan_rows = insert->returningList ? child->plan_rows : 0;
	scan->scan.plan.plan_width = child->plan_width;
	scan->scan.plan.extParam = bms_copy(child->extParam);
	scan->scan.plan.allParam = bms_copy(child->allParam);
	/* so that results of the child's subplans are computed before it is started */
	scan->scan.plan.initPlan = child->initPlan;
	child->initPlan = NIL;
	scan->flags = CUSTOMPATH_SUPPORT_PROJECTION;
	scan->custom_private = list_make3(insert, attnums, list_make1_oid(table->relid));
	scan->methods = &scan_methods;

	rows->planTree = (Plan *) scan;
	rows->commandType = CMD_INSERT;
	rows->hasReturning = insert->returningList != NIL;
	rows->canSetTag = insert->canSetTag;
	rows->queryId = insert->queryId;
	rows->stmt_location = insert->stmt_location;
	rows->stmt_len = insert->stmt_len;
	rows->dependsOnRole |= insert->hasRowSecurity;
	return rows;
}

static Node *
create_state(CustomScan *scan)
{
	DistInsertState *state = palloc0(sizeof(DistInsertState));

	NodeSetTag(state, T_CustomScanState);
	state->css.methods = &exec_methods;
	state->insert = linitial_node(Query, scan->custom_private);
	state->attnums = lsecond(scan->custom_private);
	return (Node *) state;
}

static void
begin_insert(CustomScanState *node, EState *estate, int eflags)
{
	DistInsertState *state = (DistInsertState *) node;
	CustomScan      *scan = castNode(CustomScan, node->ss.ps.plan);
	Oid              relid = linitial_oid(lthird(scan->custom_private));
	PlanState       *child = ExecInitNode(linitial(scan->custom_plans), estate, eflags);

	node->custom_ps = list_make1(child);
	state->logical = table_open(relid, NoLock);
	state->target = makeNode(ResultRelInfo);
	InitResultRelInfo(state->target, state->logical, state->insert->resultRelation, NULL,
					  estate->es_instrument);
	state->computed = ExecInitExtraTupleSlot(estate, ExecGetResultType(child), &TTSOpsMinimalTuple);
	state->row = ExecInitExtraTupleSlot(estate, RelationGetDescr(state->logical), &TTSOpsVirtual);
}

/* Runs the child to its end. */
static void
compute_rows(DistInsertState *state)
{
	PlanState      *child = linitial(state->css.custom_ps);
	TupleTableSlot *slot;

	state->rows = tuplestore_begin_heap(false, false, work_mem);
	for (;;)
	{
		slot = ExecProcNode(child);
		if (TupIsNull(slot))
			break;
		tuplestore_puttupleslot(state->rows, slot);
	}
}

/* Returns the next row to be inserted, with what triggers made of it, or NULL. */
static TupleTableSlot *
next_row(void *arg)
{
	DistInsertState *state = arg;
	EState          *estate = state->css.ss.ps.state;

	while (tuplestore_gettupleslot(state->rows, true, false, state->computed))
	{
		TupleTableSlot *row = state->row;
		ListCell       *lc;
		int             i = 0;

		CHECK_FOR_INTERRUPTS();
		ResetPerTupleExprContext(estate);
		slot_getallattrs(state->computed);
		ExecStoreAllNullTuple(row);
		foreach (lc, state->attnums)
		{
			row->tts_values[lfirst_int(lc) - 1] = state->computed->tts_values[i];
			row->tts_isnull[lfirst_int(lc) - 1] = state->computed->tts_isnull[i];
			i++;
		}
		if (state->target->ri_TrigDesc && state->target->ri_TrigDesc->trig_insert_before_row &&
			!ExecBRInsertTriggers(estate, state->target, row))
			continue;
		slot_getallattrs(row);
		return row;
	}
	return NULL;
}

/* Every column that a row may have a value for. */
static List *
written_columns(DistInsertState *state)
{
	TupleDesc  desc = RelationGetDescr(state->logical);
	DistTable *table = LookupDistTable(RelationGetRelid(state->logical));
	List      *result = list_copy(state->attnums);
	int        i;

	if (state->target->ri_TrigDesc && state->target->ri_TrigDesc->trig_insert_before_row)
	{
		for (i = 0; i < desc->natts; i++)
		{
			Form_pg_attribute att = TupleDescAttr(desc, i);

			if (!att->attisdropped && !att->attgenerated)
				result = list_append_unique_int(result, att->attnum);
		}
	}
	if (table->method == DIST_HASH)
		result = list_append_unique_int(result, table->key_attno);
	return result;
}

/* COPY has no RETURNING, no ON CONFLICT and no policies, and needs columns. */
static bool
goes_by_copy(DistInsertState *state, List *columns)
{
	Query *insert = state->insert;

	return insert->onConflict == NULL && insert->returningList == NIL && columns != NIL &&
		   !state->logical->rd_rel->relrowsecurity;
}

static void
start_insert(DistInsertState *state)
{
	EState *estate = state->css.ss.ps.state;
	List   *columns;

	ExecBSInsertTriggers(estate, state->target);
	compute_rows(state);
	columns = written_columns(state);
	if (goes_by_copy(state, columns))
	{
		uint64 count = CopyTuplesToShards(LookupDistTable(RelationGetRelid(state->logical)),
										  state->logical, columns, next_row, state);

		if (state->insert->canSetTag)
			estate->es_processed += count;
	}
	else
		state->batch =
			BeginRowBatch(&state->css, state->insert, state->logical, columns, next_row, state);
	state->started = true;
}

static TupleTableSlot *
exec_insert(CustomScanState *node)
{
	DistInsertState *state = (DistInsertState *) node;
	TupleTableSlot  *slot = node->ss.ss_ScanTupleSlot;

	if (!state->started)
		start_insert(state);
	if (state->batch && NextBatchRow(state->batch, slot))
		return slot;
	ExecASInsertTriggers(node->ss.ps.state, state->target, NULL);
	state->batch = NULL;
	return NULL;
}

static void
end_insert(CustomScanState *node)
{
	DistInsertState *state = (DistInsertState *) node;

	ExecEndNode(linitial(node->custom_ps));
	if (state->rows)
		tuplestore_end(state->rows);
	table_close(state->logical, NoLock);
}

/* The top of a statement is never started over. */
static void
rescan_insert(CustomScanState *node)
{
	elog(ERROR, "distributed INSERT cannot be rescanned");
}
