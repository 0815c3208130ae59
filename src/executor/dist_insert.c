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
#include "executor/statement_triggers.h"
#include "executor/wrap.h"
#include "miscadmin.h"
#include "utils/rel.h"
#include "utils/tuplestore.h"

typedef struct DistInsertState
{
	CustomScanState   css;
	RowBatchPlan      plan;
	List             *attnums; /* of int: attribute number of each column of the child */
	StatementTriggers triggers;
	Tuplestorestate  *rows;     /* what the child computed */
	TupleTableSlot   *computed; /* a row of the child */
	TupleTableSlot   *row;      /* the same as a row of the table */
	RowBatch         *batch;    /* NULL: rows go by COPY */
	bool              started;
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

PlannedStmt *
WrapInsert(PlannedStmt *rows, Query *statement, DistTable *table, List *attnums, List *written)
{
	return WrapPlan(
		rows, statement, &scan_methods,
		list_make4(statement, attnums, written, list_make2_oid(table->relid, table->key_attno)));
}

static Node *
create_state(CustomScan *scan)
{
	DistInsertState *state = palloc0(sizeof(DistInsertState));
	List            *oids = lfourth(scan->custom_private);

	NodeSetTag(state, T_CustomScanState);
	state->css.methods = &exec_methods;
	state->plan.statement = linitial_node(Query, scan->custom_private);
	state->attnums = lsecond(scan->custom_private);
	state->plan.columns = lthird(scan->custom_private);
	state->plan.table = linitial_oid(oids);
	state->plan.key = lsecond_oid(oids);
	return (Node *) state;
}

static void
begin_insert(CustomScanState *node, EState *estate, int eflags)
{
	DistInsertState *state = (DistInsertState *) node;
	CustomScan      *scan = castNode(CustomScan, node->ss.ps.plan);
	PlanState       *child = ExecInitNode(linitial(scan->custom_plans), estate, eflags);
	Relation         logical;

	node->custom_ps = list_make1(child);
	BeginStatementTriggers(&state->triggers, estate, state->plan.table, CMD_INSERT);
	logical = state->triggers.target->ri_RelationDesc;
	state->computed = ExecInitExtraTupleSlot(estate, ExecGetResultType(child), &TTSOpsMinimalTuple);
	state->row = ExecInitExtraTupleSlot(estate, RelationGetDescr(logical), &TTSOpsVirtual);
}

/* Returns the next row to be inserted, with what triggers made of it, or NULL. */
static TupleTableSlot *
next_row(void *arg)
{
	DistInsertState *state = arg;
	EState          *estate = state->css.ss.ps.state;
	ResultRelInfo   *target = state->triggers.target;

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
		if (target->ri_TrigDesc && target->ri_TrigDesc->trig_insert_before_row &&
			!ExecBRInsertTriggers(estate, target, row))
			continue;
		slot_getallattrs(row);
		return row;
	}
	return NULL;
}

/* COPY has no RETURNING, no ON CONFLICT and no policies, and needs columns. */
static bool
goes_by_copy(DistInsertState *state)
{
	Query *statement = state->plan.statement;

	return statement->onConflict == NULL && statement->returningList == NIL &&
		   state->plan.columns != NIL &&
		   !state->triggers.target->ri_RelationDesc->rd_rel->relrowsecurity;
}

static void
start_insert(DistInsertState *state)
{
	Relation logical = state->triggers.target->ri_RelationDesc;

	FireBeforeStatement(&state->triggers);
	state->rows = ComputeRows(linitial(state->css.custom_ps));
	if (goes_by_copy(state))
	{
		uint64 count = CopyTuplesToShards(LookupDistTable(state->plan.table), logical,
										  state->plan.columns, next_row, state);

		if (state->plan.statement->canSetTag)
			state->css.ss.ps.state->es_processed += count;
	}
	else
		state->batch =
			BeginRowBatch(&state->css, &state->plan, RelationGetDescr(logical), next_row, state);
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
	FireAfterStatement(&state->triggers);
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
	EndStatementTriggers(&state->triggers);
}

/* The top of a statement is never started over. */
static void
rescan_insert(CustomScanState *node)
{
	elog(ERROR, "distributed INSERT cannot be rescanned");
}
