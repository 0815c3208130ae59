/*-------------------------------------------------------------------------
 *
 * dist_change.c
 *	  The plan node that updates or deletes rows found here.
 *
 * The child finds the rows of the target, by joins that the nodes cannot do by
 * themselves, and gives for each its ctid, its key and its new values. It has
 * locked them (SELECT FOR UPDATE on the nodes), so a ctid stays what it is until
 * the row is changed. All rows are found before the first one is changed.
 *
 * A row that the child gives twice is changed once, as in PostgreSQL: its old
 * ctid then leads nowhere.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "executor/before_row.h"
#include "executor/dist_change.h"
#include "executor/executor.h"
#include "executor/moved_rows.h"
#include "executor/row_batch.h"
#include "executor/sent_rows.h"
#include "executor/statement_triggers.h"
#include "executor/modify_node.h"
#include "utils/tuplestore.h"

typedef struct DistChangeState
{
	CustomScanState   css;
	WritePlan         write;
	StatementTriggers triggers;
	Bitmapset        *all;    /* of CmdType: what the statement does, of which this may be a part */
	BeforeRow        *before; /* NULL: the same */
	Tuplestorestate  *rows;   /* what the child found */
	TupleTableSlot   *found;  /* one of them */
	RowBatch         *batch;  /* NULL: not started */
	bool              finished;
} DistChangeState;

static Node           *create_state(CustomScan *scan);
static void            begin_change(CustomScanState *node, EState *estate, int eflags);
static TupleTableSlot *exec_change(CustomScanState *node);
static void            end_change(CustomScanState *node);
static void            rescan_change(CustomScanState *node);
static void            explain_change(CustomScanState *node, List *ancestors, ExplainState *es);

const CustomScanMethods DistChangeMethods = {"Distshard Change", create_state};

static const CustomExecMethods exec_methods = {
	.CustomName = "Distshard Change",
	.BeginCustomScan = begin_change,
	.ExecCustomScan = exec_change,
	.EndCustomScan = end_change,
	.ReScanCustomScan = rescan_change,
	.ExplainCustomScan = explain_change,
};

void
InitDistChange(void)
{
	RegisterCustomScanMethods(&DistChangeMethods);
}

static Node *
create_state(CustomScan *scan)
{
	DistChangeState *state = palloc0(sizeof(DistChangeState));
	ListCell        *lc;

	NodeSetTag(state, T_CustomScanState);
	state->css.methods = &exec_methods;
	state->write = UnpackWrite(scan->custom_private);
	state->all = OperationsOfStatement(state->write.batch.statement);
	foreach (lc, state->write.actions)
		state->all = bms_add_member(state->all, lfirst_int(lc));
	return (Node *) state;
}

static void
begin_before_row(DistChangeState *state)
{
	state->before =
		BeginBeforeRow(&state->triggers, linitial_int(state->write.attnums),
					   list_copy_tail(state->write.attnums, 1),
					   list_length(state->write.batch.columns), state->found->tts_tupleDescriptor);
	state->write.batch.fired = true;
	state->write.batch.fired_columns = FiredColumns(state->before);
	state->write.batch.by_row = SeeRowsBefore(state->triggers.target->ri_RelationDesc,
											  state->write.batch.statement->commandType);
}

static void
begin_change(CustomScanState *node, EState *estate, int eflags)
{
	DistChangeState *state = (DistChangeState *) node;
	CustomScan      *scan = castNode(CustomScan, node->ss.ps.plan);
	PlanState       *child = ExecInitNode(linitial(scan->custom_plans), estate, eflags);

	node->custom_ps = list_make1(child);
	BeginStatementTriggers(&state->triggers, estate, state->write.batch.table, state->write.named,
						   OperationsOfStatement(state->write.batch.statement));
	state->triggers.before = state->all;
	state->found = ExecInitExtraTupleSlot(estate, ExecGetResultType(child), &TTSOpsMinimalTuple);
	if (state->write.attnums)
		begin_before_row(state);
	state->write.batch.sent = BeginSentRows(estate);
	RunToEnd(node);
}

static TupleTableSlot *
next_found(void *arg)
{
	DistChangeState *state = arg;

	TupleTableSlot *row = NULL;

	while (row == NULL && NextComputedRow(state->rows, state->found))
		row = state->before ? FireBeforeRow(state->before, state->found) : state->found;
	return row;
}

static void
start_change(DistChangeState *state)
{
	PlanState *child = linitial(state->css.custom_ps);

	FireBeforeStatement(&state->triggers);
	state->write.batch.captures = CapturesRows(&state->triggers);
	state->rows = ComputeRows(child);
	state->batch = BeginRowBatch(&state->css, &state->write.batch, ExecGetResultType(child),
								 next_found, state);
}

static TupleTableSlot *
next_changed(ScanState *node)
{
	DistChangeState *state = (DistChangeState *) node;
	TupleTableSlot  *slot = node->ss_ScanTupleSlot;

	if (state->batch == NULL)
		start_change(state);
	if (NextBatchRow(state->batch, slot))
		return slot;
	if (!state->finished)
	{
		MoveRows(&state->css, state->write.moves, BatchNodes(state->batch));
		FireAfterStatement(&state->triggers);
	}
	state->finished = true;
	return ExecClearTuple(slot);
}

static TupleTableSlot *
exec_change(CustomScanState *node)
{
	return ExecScan(&node->ss, next_changed, NeverRechecked);
}

static void
end_change(CustomScanState *node)
{
	DistChangeState *state = (DistChangeState *) node;

	ExecEndNode(linitial(node->custom_ps));
	if (state->rows)
		tuplestore_end(state->rows);
	EndStatementTriggers(&state->triggers);
}

/* The top of a statement is never started over. */
static void
rescan_change(CustomScanState *node)
{
	elog(ERROR, "distributed %s cannot be rescanned",
		 ((DistChangeState *) node)->write.batch.statement->commandType == CMD_UPDATE ? "UPDATE"
																					  : "DELETE");
}

static void
explain_change(CustomScanState *node, List *ancestors, ExplainState *es)
{
	ExplainSentRows(&((DistChangeState *) node)->write.batch, NULL, es);
}
