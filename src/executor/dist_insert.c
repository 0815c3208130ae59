/*-------------------------------------------------------------------------
 *
 * dist_insert.c
 *	  The plan node that sends rows computed here to their shards.
 *
 * Its child computes the rows. They are all computed before the first one is
 * sent: a child that reads from the nodes needs their connections, and an INSERT
 * must not see its own rows.
 *
 * Plain rows go as streams of COPY, unless they are few: beginning and ending a
 * COPY takes messages of its own. Few rows, and those of a statement with ON CONFLICT or
 * RETURNING, or for a table with row-level security, go as INSERT statements of
 * many rows (row_batch.c).
 *
 * BEFORE INSERT triggers fire here, since they may change the key; if they run
 * statements, which would see the rows before, rows go one by one. Statement
 * triggers fire here, once.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "commands/trigger.h"
#include "executor/before_row.h"
#include "executor/dist_insert.h"
#include "executor/executor.h"
#include "executor/moved_rows.h"
#include "executor/row_batch.h"
#include "executor/sent_rows.h"
#include "executor/sharded_copy.h"
#include "executor/statement_triggers.h"
#include "executor/modify_node.h"
#include "miscadmin.h"
#include "utils/rel.h"
#include "utils/tuplestore.h"

typedef struct DistInsertState
{
	CustomScanState   css;
	WritePlan         write;
	bool              counts; /* rows are counted in the command tag */
	StatementTriggers triggers;
	Tuplestorestate  *rows;     /* what the child computed */
	TupleTableSlot   *computed; /* a row of the child */
	TupleTableSlot   *row;      /* the same as a row of the table */
	TupleTableSlot   *sent;     /* with what else the statement needs behind it */
	RowBatch         *batch;    /* NULL: rows go by COPY */
	bool              started;
	bool              finished;
} DistInsertState;

static Node           *create_state(CustomScan *scan);
static void            begin_insert(CustomScanState *node, EState *estate, int eflags);
static TupleTableSlot *exec_insert(CustomScanState *node);
static void            end_insert(CustomScanState *node);
static void            rescan_insert(CustomScanState *node);
static void            explain_insert(CustomScanState *node, List *ancestors, ExplainState *es);

const CustomScanMethods DistInsertMethods = {"Distshard Insert", create_state};

static const CustomExecMethods exec_methods = {
	.CustomName = "Distshard Insert",
	.BeginCustomScan = begin_insert,
	.ExecCustomScan = exec_insert,
	.EndCustomScan = end_insert,
	.ReScanCustomScan = rescan_insert,
	.ExplainCustomScan = explain_insert,
};

void
InitDistInsert(void)
{
	RegisterCustomScanMethods(&DistInsertMethods);
}

static Node *
create_state(CustomScan *scan)
{
	DistInsertState *state = palloc0(sizeof(DistInsertState));

	NodeSetTag(state, T_CustomScanState);
	state->css.methods = &exec_methods;
	state->write = UnpackWrite(scan->custom_private);
	state->counts = state->write.batch.statement->canSetTag;
	return (Node *) state;
}

static int
count_extra(TupleDesc table, List *attnums)
{
	int       result = 0;
	ListCell *lc;

	foreach (lc, attnums)
		result += lfirst_int(lc) > table->natts;
	return result;
}

/* The table's columns, and those of the child that are for none of them. */
static TupleDesc
sent_desc(TupleDesc table, TupleDesc computed, List *attnums)
{
	TupleDesc result = CreateTemplateTupleDesc(table->natts + count_extra(table, attnums));
	ListCell *lc;
	int       i;

	for (i = 1; i <= table->natts; i++)
		TupleDescCopyEntry(result, i, table, i);
	foreach (lc, attnums)
	{
		if (lfirst_int(lc) > table->natts)
			TupleDescCopyEntry(result, lfirst_int(lc), computed, foreach_current_index(lc) + 1);
	}
	return result;
}

static void
begin_insert(CustomScanState *node, EState *estate, int eflags)
{
	DistInsertState *state = (DistInsertState *) node;
	CustomScan      *scan = castNode(CustomScan, node->ss.ps.plan);
	PlanState       *child = ExecInitNode(linitial(scan->custom_plans), estate, eflags);
	Relation         logical;

	node->custom_ps = list_make1(child);
	BeginStatementTriggers(&state->triggers, estate, state->write.batch.table, state->write.named,
						   OperationsOfStatement(state->write.batch.statement));
	logical = state->triggers.target->ri_RelationDesc;
	state->write.batch.by_row |= HasBeforeInsertHere(logical) && SeeRowsBefore(logical, CMD_INSERT);
	state->computed = ExecInitExtraTupleSlot(estate, ExecGetResultType(child), &TTSOpsMinimalTuple);
	state->row = ExecInitExtraTupleSlot(estate, RelationGetDescr(logical), &TTSOpsVirtual);
	state->sent = ExecInitExtraTupleSlot(
		estate,
		sent_desc(RelationGetDescr(logical), ExecGetResultType(child), state->write.attnums),
		&TTSOpsVirtual);
	state->write.batch.sent = BeginSentRows(estate);
	RunToEnd(node);
}

/* The row as it is sent. */
static TupleTableSlot *
row_to_send(DistInsertState *state)
{
	TupleTableSlot *row = state->row;
	TupleTableSlot *sent = state->sent;
	int             natts = row->tts_tupleDescriptor->natts;
	ListCell       *lc;

	slot_getallattrs(row);
	ExecClearTuple(sent);
	memcpy(sent->tts_values, row->tts_values, natts * sizeof(Datum));
	memcpy(sent->tts_isnull, row->tts_isnull, natts * sizeof(bool));
	foreach (lc, state->write.attnums)
	{
		int column = foreach_current_index(lc);

		if (lfirst_int(lc) <= natts)
			continue;
		sent->tts_values[lfirst_int(lc) - 1] = state->computed->tts_values[column];
		sent->tts_isnull[lfirst_int(lc) - 1] = state->computed->tts_isnull[column];
	}
	return ExecStoreVirtualTuple(sent);
}

/* Returns the next row to be inserted, with what triggers made of it, or NULL. */
static TupleTableSlot *
next_row(void *arg)
{
	DistInsertState *state = arg;
	EState          *estate = state->css.ss.ps.state;
	ResultRelInfo   *target = state->triggers.target;

	/* it may conflict with rows that have moved */
	if (state->batch && state->write.batch.by_row)
		MoveRows(&state->css, state->write.moves, BatchNodes(state->batch));
	while (NextComputedRow(state->rows, state->computed))
	{
		TupleTableSlot *row = state->row;
		ListCell       *lc;
		int             i = 0;

		CHECK_FOR_INTERRUPTS();
		ResetPerTupleExprContext(estate);
		slot_getallattrs(state->computed);
		ExecStoreAllNullTuple(row);
		foreach (lc, state->write.attnums)
		{
			if (lfirst_int(lc) <= row->tts_tupleDescriptor->natts)
			{
				row->tts_values[lfirst_int(lc) - 1] = state->computed->tts_values[i];
				row->tts_isnull[lfirst_int(lc) - 1] = state->computed->tts_isnull[i];
			}
			i++;
		}
		if (HasBeforeInsertHere(target->ri_RelationDesc) &&
			!ExecBRInsertTriggers(estate, target, row))
			continue;
		return row_to_send(state);
	}
	return NULL;
}

/*
 * COPY has no RETURNING, no ON CONFLICT and no policies, gives no rows to
 * transition tables, and needs columns. Nor
 * can it be a part of a statement whose other parts must not see its rows.
 */
static bool
may_go_by_copy(DistInsertState *state)
{
	Query *statement = state->write.batch.statement;

	return state->write.alone && !state->write.batch.by_row && !state->write.batch.captures &&
		   statement->onConflict == NULL && statement->returningList == NIL &&
		   state->write.batch.columns != NIL &&
		   !state->triggers.target->ri_RelationDesc->rd_rel->relrowsecurity;
}

static void
start_insert(DistInsertState *state)
{
	Relation  logical = state->triggers.target->ri_RelationDesc;
	RowBatch *batch;

	FireBeforeStatement(&state->triggers);
	state->write.batch.captures = CapturesRows(&state->triggers);
	state->rows = ComputeRows(linitial(state->css.custom_ps));
	batch = BeginRowBatch(&state->css, &state->write.batch, state->sent->tts_tupleDescriptor,
						  next_row, state);
	if (!may_go_by_copy(state) || TakesFewRows(batch))
		state->batch = batch;
	else
	{
		uint64 count = CopyTuplesToShards(LookupDistTable(state->write.batch.table), logical,
										  state->write.batch.columns, NextTakenRow, batch,
										  state->css.ss.ps.state, state->write.batch.sent);

		if (state->counts)
			state->css.ss.ps.state->es_processed += count;
	}
	state->started = true;
}

static TupleTableSlot *
next_returned(ScanState *node)
{
	DistInsertState *state = (DistInsertState *) node;
	TupleTableSlot  *slot = node->ss_ScanTupleSlot;

	if (!state->started)
		start_insert(state);
	if (state->batch && NextBatchRow(state->batch, slot))
		return slot;
	if (!state->finished)
	{
		if (state->batch)
			MoveRows(&state->css, state->write.moves, BatchNodes(state->batch));
		FireAfterStatement(&state->triggers);
	}
	state->finished = true;
	return ExecClearTuple(slot);
}

static TupleTableSlot *
exec_insert(CustomScanState *node)
{
	return ExecScan(&node->ss, next_returned, NeverRechecked);
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

/* Whether there are so many rows that they go by COPY is known when they have been computed. */
static void
explain_insert(CustomScanState *node, List *ancestors, ExplainState *es)
{
	DistInsertState *state = (DistInsertState *) node;
	Relation         logical = state->triggers.target->ri_RelationDesc;
	bool             copies;

	if (state->started)
		copies = state->batch == NULL;
	else
		copies = may_go_by_copy(state) && !WillCaptureRows(&state->triggers);
	ExplainSentRows(&state->write.batch,
					copies ? CopyCommandForTuples(LookupDistTable(state->write.batch.table),
												  logical, state->write.batch.columns)
						   : NULL,
					es);
}
