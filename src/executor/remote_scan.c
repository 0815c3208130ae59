/*-------------------------------------------------------------------------
 *
 * remote_scan.c
 *	  The plan node that runs a fragment on its nodes and returns the rows.
 *
 * start_fragment.c begins it when the first row is asked for. Rows are taken
 * from whichever node has some, or merged if the nodes return them in an order.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "executor/executor.h"
#include "executor/held_triggers.h"
#include "executor/limit_share.h"
#include "executor/local_fragment.h"
#include "executor/merge_rows.h"
#include "executor/modify_node.h"
#include "executor/moved_rows.h"
#include "executor/params.h"
#include "executor/remote_scan.h"
#include "executor/remote_scan_state.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "transport/connection.h"
#include "utils/memutils.h"

static Node           *create_state(CustomScan *scan);
static void            begin_scan(CustomScanState *node, EState *estate, int eflags);
static TupleTableSlot *exec_scan(CustomScanState *node);
static void            end_scan(CustomScanState *node);
static void            rescan(CustomScanState *node);

const CustomScanMethods RemoteScanMethods = {"Distshard", create_state};

static const CustomExecMethods exec_methods = {
	.CustomName = "Distshard",
	.BeginCustomScan = begin_scan,
	.ExecCustomScan = exec_scan,
	.EndCustomScan = end_scan,
	.ReScanCustomScan = rescan,
	.ExplainCustomScan = ExplainRemoteScan,
};

void
InitRemoteScan(void)
{
	RegisterCustomScanMethods(&RemoteScanMethods);
}

bool
IsForOneShard(const PlannedStmt *statement)
{
	CustomScan *scan = (CustomScan *) statement->planTree;

	return IsA(scan, CustomScan) && scan->methods == &RemoteScanMethods &&
		   statement->subplans == NIL && RunsOnOneNode(scan->custom_private);
}

static Node *
create_state(CustomScan *scan)
{
	RemoteScanState *state = palloc0(sizeof(RemoteScanState));

	NodeSetTag(state, T_CustomScanState);
	state->css.methods = &exec_methods;
	state->fragment = UnpackFragment(scan->custom_private);
	return (Node *) state;
}

/*
 * The rows that nodes return are the scan tuple, but for the copy of the whole
 * row, which is made here.
 */
static void
create_slots(RemoteScanState *state, EState *estate)
{
	TupleTableSlot *scan_slot = state->css.ss.ss_ScanTupleSlot;
	TupleDesc       desc = scan_slot->tts_tupleDescriptor;

	if (state->fragment.whole_row)
	{
		desc = CreateTupleDescCopy(desc);
		desc->natts--;
		BlessTupleDesc(desc);
		state->row = ExecInitExtraTupleSlot(estate, desc, &TTSOpsVirtual);
	}
	else
		state->row = scan_slot;
	state->stored = ExecInitExtraTupleSlot(estate, desc, &TTSOpsMinimalTuple);
}

static void
begin_scan(CustomScanState *node, EState *estate, int eflags)
{
	RemoteScanState *state = (RemoteScanState *) node;
	List            *exprs = castNode(CustomScan, node->ss.ps.plan)->custom_exprs;
	ListCell        *lc;
	int              i = 0;

	if (OidIsValid(state->fragment.key_type))
	{
		state->key = ExecInitExpr(linitial(exprs), &node->ss.ps);
		exprs = list_copy_tail(exprs, 1);
	}
	if (state->fragment.probe)
	{
		state->limit = ExecInitExpr(llast(exprs), &node->ss.ps);
		exprs = list_copy_head(exprs, list_length(exprs) - 1);
	}
	state->params = makeParamList(list_length(exprs));
	foreach (lc, exprs)
	{
		Expr *expr = lfirst(lc);

		state->param_states = lappend(
			state->param_states, IsKeyReference(expr) ? NULL : ExecInitExpr(expr, &node->ss.ps));
		state->params->params[i].ptype = exprType((Node *) expr);
		state->params->params[i].pflags = PARAM_FLAG_CONST;
		i++;
	}
	create_slots(state, estate);
	if (state->fragment.triggers)
		BeginStatementTriggers(&state->triggers, estate, state->fragment.table,
							   state->fragment.triggers,
							   bms_make_singleton(state->fragment.operation));
	if (FragmentWrites(state) && !state->fragment.counts)
		RunToEnd(node);
	state->keep_rows = !FragmentWrites(state) && (eflags & EXEC_FLAG_REWIND) != 0;
	state->own_params = ExecParamsOf(castNode(CustomScan, node->ss.ps.plan)->custom_exprs);
	state->context =
		AllocSetContextCreate(estate->es_query_cxt, "distshard fragment", ALLOCSET_DEFAULT_SIZES);
}

/* Makes slot the row that another slot holds, without copying its values. */
static void
show_row(TupleTableSlot *slot, TupleTableSlot *row)
{
	int natts = row->tts_tupleDescriptor->natts;

	slot_getallattrs(row);
	ExecClearTuple(slot);
	memcpy(slot->tts_values, row->tts_values, natts * sizeof(Datum));
	memcpy(slot->tts_isnull, row->tts_isnull, natts * sizeof(bool));
	ExecStoreVirtualTuple(slot);
}

/* Rows of this node come first: they are there, or made without waiting. */
static bool
next_row_of_local(RemoteScanState *state)
{
	ListCell *lc;

	foreach (lc, state->runs)
	{
		FragmentRun    *run = lfirst(lc);
		TupleTableSlot *row;

		if (run->done || run->local == NULL)
			continue;
		row = NextLocalRow(run->local, state->stored);
		if (row)
		{
			show_row(state->row, row);
			run->rows++;
			run->returned++;
			return true;
		}
		FragmentEnded(state, run);
	}
	return false;
}

static FragmentRun *
next_ready_run(RemoteScanState *state)
{
	int             nruns = list_length(state->runs);
	RemoteCommand **commands = palloc(sizeof(RemoteCommand *) * nruns);
	FragmentRun   **waiting = palloc(sizeof(FragmentRun *) * nruns);
	FragmentRun    *ready = NULL;
	int             n = 0;
	ListCell       *lc;

	foreach (lc, state->runs)
	{
		FragmentRun *run = lfirst(lc);

		if (!run->done && run->command)
		{
			commands[n] = run->command;
			waiting[n++] = run;
		}
	}
	if (n == 1)
		ready = waiting[0];
	else if (n > 1)
		ready = waiting[WaitForAnyCommand(commands, n)];
	pfree(commands);
	pfree(waiting);
	return ready;
}

static bool
next_merged_row(RemoteScanState *state)
{
	TupleTableSlot *row = NextMergedRow(state);

	if (row)
		show_row(state->row, row);
	return row != NULL;
}

bool
NextFragmentRow(RemoteScanState *state)
{
	FragmentRun *run;

	if (state->fragment.order)
		return next_merged_row(state);
	if (next_row_of_local(state))
		return true;
	while ((run = next_ready_run(state)) != NULL)
	{
		if (FragmentReturnsRows(state) && NextRow(run->command, state->row))
		{
			run->rows++;
			run->returned++;
			return true;
		}
		FragmentEnded(state, run);
	}
	return false;
}

/*
 * A scan that may be started over keeps its rows: asking the nodes again would
 * be slower, and see another snapshot.
 */
static bool
next_kept_row(RemoteScanState *state)
{
	if (state->kept == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(state->css.ss.ps.state->es_query_cxt);

		state->kept = tuplestore_begin_heap(false, false, work_mem);
		tuplestore_set_eflags(state->kept, EXEC_FLAG_REWIND);
		MemoryContextSwitchTo(old);
	}
	if (tuplestore_gettupleslot(state->kept, true, false, state->stored))
	{
		show_row(state->row, state->stored);
		return true;
	}
	if (state->exhausted || !NextFragmentRow(state))
	{
		state->exhausted = true;
		return false;
	}
	tuplestore_puttupleslot(state->kept, state->row);
	/* the read pointer stays behind the row just added */
	tuplestore_advance(state->kept, true);
	return true;
}

/* The scan tuple is the row and, behind it, a copy of the row as one value. */
static void
append_whole_row(TupleTableSlot *slot, TupleTableSlot *row)
{
	int natts = row->tts_tupleDescriptor->natts;

	show_row(slot, row);
	slot->tts_values[natts] = ExecFetchSlotHeapTupleDatum(row);
	slot->tts_isnull[natts] = false;
	ExecStoreVirtualTuple(ExecClearTuple(slot));
}

/* All rows are there. */
static void
finish_statement(RemoteScanState *state)
{
	List     *nodes = NIL;
	List     *held = NIL;
	ListCell *lc;

	foreach (lc, state->runs)
	{
		FragmentRun *run = lfirst(lc);

		nodes = lappend_int(nodes, run->node->node_id);
		if (run->command)
			held = AddHeldTriggers(held, run->node->node_id, HeldTriggers(run->command));
	}
	TakeHeldTriggers(state->css.ss.ps.state, held);
	MoveRows(&state->css, state->fragment.moves, nodes);
	if (state->fragment.triggers)
		FireAfterStatement(&state->triggers);
}

static TupleTableSlot *
access_next(ScanState *node)
{
	RemoteScanState *state = (RemoteScanState *) node;
	TupleTableSlot  *slot = node->ss_ScanTupleSlot;

	if (!state->started)
	{
		if (state->fragment.probe)
			ShareLimit(state);
		StartFragment(state);
	}
	if (!(state->keep_rows ? next_kept_row(state) : NextFragmentRow(state)))
	{
		if (!state->finished)
			finish_statement(state);
		state->finished = true;
		return ExecClearTuple(slot);
	}
	if (state->fragment.whole_row)
		append_whole_row(slot, state->row);
	return slot;
}

bool
RecheckCopiedRow(ScanState *node, TupleTableSlot *slot)
{
	EPQState *epq = node->ps.state->es_epq_active;
	int       rti = bms_singleton_member(castNode(CustomScan, node->ps.plan)->custom_relids);

	if (epq->relsubs_done[rti - 1])
		return false;
	epq->relsubs_done[rti - 1] = true;
	return EvalPlanQualFetchRowMark(epq, rti, slot);
}

static TupleTableSlot *
exec_scan(CustomScanState *node)
{
	return ExecScan(&node->ss, access_next, RecheckCopiedRow);
}

void
StopFragment(RemoteScanState *state)
{
	EndMerge(state);
	DropRuns(state);
	if (state->kept)
		tuplestore_end(state->kept);
	EndTransfers(state);
	state->kept = NULL;
	state->exhausted = false;
	state->runs = NIL;
	state->started = false;
}

static void
end_scan(CustomScanState *node)
{
	RemoteScanState *state = (RemoteScanState *) node;

	StopFragment(state);
	if (state->fragment.triggers)
		EndStatementTriggers(&state->triggers);
}

/* What is started over once, without a change in what the nodes are asked, is likely to be so again. */
static void
rescan(CustomScanState *node)
{
	RemoteScanState *state = (RemoteScanState *) node;
	bool             same = !bms_overlap(node->ss.ps.chgParam, state->own_params);

	if (state->kept && same)
		tuplestore_rescan(state->kept);
	else
	{
		if (state->started && same && state->fragment.repeatable)
			state->keep_rows = true;
		StopFragment(state);
	}
	ExecScanReScan(&node->ss);
}
