/*-------------------------------------------------------------------------
 *
 * remote_scan.c
 *	  The plan node that runs a fragment on its nodes and returns the rows.
 *
 * The nodes, and for a fragment of one shard the shard, are chosen when the
 * first row is asked for, from parameter values if need be. The fragment goes
 * to all remote nodes first, then this node runs its own share while they
 * work, then rows are taken from whichever node has some.
 *
 * Writes to a reference table go to the first node alone, which makes writers
 * queue there, and to the others only when it is done.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/shard_key.h"
#include "access/htup_details.h"
#include "executor/consistent_read.h"
#include "executor/copy_lock.h"
#include "executor/executor.h"
#include "funcapi.h"
#include "executor/local_fragment.h"
#include "executor/moved_rows.h"
#include "executor/params.h"
#include "executor/remote_scan.h"
#include "executor/merge_rows.h"
#include "executor/modify_node.h"
#include "executor/remote_scan_state.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "planner/claim.h"
#include "transaction/registry.h"
#include "transaction/statement_part.h"
#include "transaction/xact.h"
#include "transport/connection.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

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

static Node *
create_state(CustomScan *scan)
{
	RemoteScanState *state = palloc0(sizeof(RemoteScanState));

	NodeSetTag(state, T_CustomScanState);
	state->css.methods = &exec_methods;
	state->fragment = UnpackFragment(scan->custom_private);
	return (Node *) state;
}

static bool
is_key_reference(Expr *expr)
{
	return IsA(expr, Param) && ((Param *) expr)->paramkind == PARAM_EXTERN &&
		   ((Param *) expr)->paramid == OWN_PARAM_BASE;
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

static bool
writes(RemoteScanState *state)
{
	return state->fragment.operation != CMD_SELECT;
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
	state->params = makeParamList(list_length(exprs));
	foreach (lc, exprs)
	{
		Expr *expr = lfirst(lc);

		state->param_states = lappend(
			state->param_states, is_key_reference(expr) ? NULL : ExecInitExpr(expr, &node->ss.ps));
		state->params->params[i].ptype = exprType((Node *) expr);
		state->params->params[i].pflags = PARAM_FLAG_CONST;
		i++;
	}
	create_slots(state, estate);
	if (state->fragment.triggers)
		BeginStatementTriggers(&state->triggers, estate, state->fragment.table,
							   bms_make_singleton(state->fragment.operation));
	if (writes(state) && !state->fragment.counts)
		RunToEnd(node);
	state->keep_rows = !writes(state) && (eflags & EXEC_FLAG_REWIND) != 0;
	state->own_params = ExecParamsOf(castNode(CustomScan, node->ss.ps.plan)->custom_exprs);
	state->context =
		AllocSetContextCreate(estate->es_query_cxt, "distshard fragment", ALLOCSET_DEFAULT_SIZES);
}

/* Is this EXPLAIN ANALYZE, or an execution that auto_explain measures? */
static bool
is_explained(RemoteScanState *state)
{
	return state->css.ss.ps.state->es_instrument != 0;
}

static bool
returns_rows(RemoteScanState *state)
{
	return state->row->tts_tupleDescriptor->natts > 0 || !writes(state);
}

void
EvaluateFragmentParams(RemoteScanState *state)
{
	ExprContext  *econtext = state->css.ss.ps.ps_ExprContext;
	MemoryContext old = MemoryContextSwitchTo(state->context);
	ListCell     *lc;
	int           i = 0;

	if (state->key)
		state->key_value = ExecEvalExpr(state->key, econtext, &state->key_isnull);
	foreach (lc, state->param_states)
	{
		ParamExternData *param = &state->params->params[i++];

		if (lfirst(lc))
			param->value = ExecEvalExpr(lfirst(lc), econtext, &param->isnull);
		else
		{
			param->value = state->key_value;
			param->isnull = state->key_isnull;
		}
	}
	MemoryContextSwitchTo(old);
}

static void
add_target(RemoteScanState *state, int32 group_id, Shard *shard)
{
	FragmentRun *run = palloc0(sizeof(FragmentRun));

	run->node = GroupPrimary(group_id);
	run->shard = shard;
	state->runs = lappend(state->runs, run);
}

static void
add_targets(RemoteScanState *state, List *groups)
{
	ListCell *lc;

	list_sort(groups, list_int_cmp);
	foreach (lc, groups)
		add_target(state, lfirst_int(lc), NULL);
}

/* Chooses the nodes, from what the catalog says now. */
void
ChooseTargets(RemoteScanState *state)
{
	DistTable    *table = LookupDistTable(state->fragment.table);
	MemoryContext old = MemoryContextSwitchTo(state->context);
	List         *groups = NIL;
	ListCell     *lc;
	int           i;

	state->runs = NIL;
	if (table == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("relation with OID %u is no longer distributed", state->fragment.table)));
	switch (state->fragment.target)
	{
		case TARGET_ONE_SHARD:
		{
			Shard *shard = &table->shards[0];

			if (state->key)
				shard = ShardForValue(table, state->fragment.key_type, state->key_value,
									  state->key_isnull);
			add_target(state, shard->group_id, shard);
			break;
		}
		case TARGET_SHARDS:
			if (!state->key_isnull)
				groups = GroupsForValues(table, state->key_value);
			add_targets(state, groups);
			break;
		case TARGET_ALL_SHARDS:
			for (i = 0; i < table->nshards; i++)
				groups = list_append_unique_int(groups, table->shards[i].group_id);
			add_targets(state, groups);
			break;
		case TARGET_ALL_COPIES:
			foreach (lc, AllPrimaries())
				add_target(state, ((ClusterNode *) lfirst(lc))->group_id, NULL);
			break;
		case TARGET_THIS_COPY:
			add_target(state, LocalGroupId(), NULL);
			break;
	}
	MemoryContextSwitchTo(old);
}

char *
FragmentText(RemoteScanState *state, FragmentRun *run)
{
	StringInfoData text;

	initStringInfo(&text);
	AppendClaim(&text, run->shard, GetUserId(), false);
	if (state->part)
		AppendPartClaim(&text, state->fragment.target >= TARGET_ALL_COPIES);
	if (state->checks_snapshots)
		AppendSnapshotClaim(&text);
	if (state->fragment.moves)
		AppendMovesClaim(&text, false);
	if (state->sends)
		AppendSendClaim(&text, state->sends);
	appendStringInfoString(&text, state->fragment.sql);
	return text.data;
}

static int
explain_setting(RemoteScanState *state)
{
	if (state->explained_scan == 0)
		state->explained_scan = NextExplainedScan();
	return FragmentExplainSetting(state->css.ss.ps.state->es_instrument, state->explained_scan);
}

static void
send_fragment(RemoteScanState *state, FragmentRun *run)
{
	RemoteAccess access = writes(state) || state->fragment.locks_rows ? REMOTE_WRITE : REMOTE_READ;
	bool         alone = state->fragment.whole_query && list_length(state->runs) == 1 &&
				 !is_explained(state) && state->fragment.moves == NIL && state->route == NULL &&
				 state->fragment.transfers == NIL;
	NodeConn *conn = alone ? EnlistForOneStatement(run->node->node_id, access)
						   : EnlistNode(run->node->node_id, access);
	int       flags = COMMAND_PREPARE;
	TupleDesc desc = NULL;

	if (state->route)
		QueuePrelude(conn, OpenSenderCommand(state->sends, state->route), 0);
	else if (returns_rows(state))
	{
		flags |= COMMAND_ROWS;
		desc = state->row->tts_tupleDescriptor;
	}
	if (is_explained(state))
		QueuePrelude(conn,
					 psprintf("SET LOCAL distshard.explain_fragments = %d", explain_setting(state)),
					 0);
	INSTR_TIME_SET_CURRENT(run->started);
	if (state->part)
		QueueStatementPart(conn, state->css.ss.ps.state);
	if (state->fragment.target == TARGET_ALL_COPIES)
		QueueCopyLock(conn, LookupDistTable(state->fragment.table));
	run->command =
		QueueCommand(conn, FragmentText(state, run), EncodeParams(state->params), desc, flags);
	if (state->checks_snapshots)
		ExpectReport(run->command);
	FlushCommands(conn);
}

static void
run_here(RemoteScanState *state, FragmentRun *run)
{
	char *sql = FragmentText(state, run);

	INSTR_TIME_SET_CURRENT(run->started);
	if (state->route)
	{
		DestReceiver *sender = CreateRowSender(state->route);

		run->local = RunLocalFragmentInto(sql, state->params, sender);
		RowsSent(sender);
	}
	else if (is_explained(state))
		run->local = RunExplainedFragment(sql, state->params, explain_setting(state), &run->plans);
	else if (writes(state))
		run->local = RunLocalFragment(sql, state->params);
	else
		run->local = StartLocalFragment(sql, state->params);
}

/* After its turn has come, a writer must see what the one before it wrote. */
static void
run_on_local_copy(RemoteScanState *state, FragmentRun *run)
{
	LockLocalCopy(LookupDistTable(state->fragment.table));
	if (state->part)
	{
		run_here(state, run); /* its claim says so */
		return;
	}
	PushActiveSnapshot(GetTransactionSnapshot());
	run_here(state, run);
	PopActiveSnapshot();
}

static void
run_on_copies(RemoteScanState *state)
{
	ListCell *lc;

	foreach (lc, state->runs)
	{
		FragmentRun *run = lfirst(lc);

		if (run->node->is_local)
			run_on_local_copy(state, run);
		else
			send_fragment(state, run);
		if (lc == list_head(state->runs) && run->command)
			KeepCommandRows(run->command);
	}
	for_each_from (lc, state->runs, 1)
	{
		FragmentRun *run = lfirst(lc);

		if (run->command)
			FinishCommand(run->command);
		run->done = true; /* the first node's rows stand for all */
	}
}

static void
connect_nodes(RemoteScanState *state)
{
	List     *remote = NIL;
	ListCell *lc;

	if (list_length(state->runs) <= 1)
		return;
	foreach (lc, state->runs)
	{
		ClusterNode *node = ((FragmentRun *) lfirst(lc))->node;

		if (!node->is_local)
			remote = lappend_int(remote, node->node_id);
	}
	ConnectNodes(remote);
}

/* Other nodes begin first. This one's snapshot may be the active one, or another one. */
static void
start_runs(RemoteScanState *state, Snapshot here)
{
	ListCell *lc;

	foreach (lc, state->runs)
	{
		if (!((FragmentRun *) lfirst(lc))->node->is_local)
			send_fragment(state, lfirst(lc));
	}
	if (here)
		PushActiveSnapshot(here);
	foreach (lc, state->runs)
	{
		if (((FragmentRun *) lfirst(lc))->node->is_local)
			run_here(state, lfirst(lc));
	}
	if (here)
		PopActiveSnapshot();
}

/* What the nodes' snapshots see. Waits for the first row, at most. */
static List *
collect_reports(RemoteScanState *state, Snapshot here, int64 start)
{
	List     *reports = NIL;
	ListCell *lc;

	foreach (lc, state->runs)
	{
		FragmentRun *run = lfirst(lc);
		const char  *text = run->command ? CommandReport(run->command)
										 : ReportSnapshot(here, start, REPORT_BRIEFLY);

		reports = lappend(reports, ReadReport(run->node->group_id, text, MonotonicTime() - start));
	}
	return reports;
}

static void
drop_runs(RemoteScanState *state)
{
	ListCell *lc;

	foreach (lc, state->runs)
	{
		FragmentRun *run = lfirst(lc);

		if (run->command)
			CloseCommand(run->command);
		if (run->local)
			EndLocalFragment(run->local);
		run->command = NULL;
		run->local = NULL;
	}
}

/* Runs the fragment on all nodes, and once more if their snapshots did not fit together. */
static void
start_checked_runs(RemoteScanState *state, SentStatement *statement)
{
	int64    start = MonotonicTime();
	Snapshot here =
		CopyOfSnapshot(GetTransactionSnapshot(), GetActiveSnapshot()->curcid, CurrentResourceOwner);
	Awaited   awaited = {NIL, NIL};
	List     *groups = NIL;
	ListCell *lc;

	state->checks_snapshots = true;
	start_runs(state, here);
	if (!SnapshotsFit(collect_reports(state, here, start), &awaited))
	{
		drop_runs(state);
		foreach (lc, state->runs)
			groups = lappend_int(groups, ((FragmentRun *) lfirst(lc))->node->group_id);
		statement->number = NewStatementNumber();
		AgreeOnSnapshots(statement->number, groups, &awaited, &here);
		state->checks_snapshots = false;
		state->part = true;
		start_runs(state, here);
	}
	UnregisterSnapshot(here);
}

void
StartFragment(RemoteScanState *state)
{
	SentStatement *statement = FindSentStatement(state->css.ss.ps.state);
	MemoryContext  old;

	if (state->fragment.triggers)
		FireBeforeStatement(&state->triggers);
	MemoryContextReset(state->context);
	EvaluateFragmentParams(state);
	ChooseTargets(state);

	old = MemoryContextSwitchTo(state->context);
	state->part = state->fragment.part || (statement && statement->shares_snapshots &&
										   state->fragment.target < TARGET_ALL_COPIES);
	state->checks_snapshots = false;
	if (state->fragment.transfers && state->runs)
		RunTransfers(state);
	if (state->fragment.target == TARGET_THIS_COPY)
		LockAllCopies(LookupDistTable(state->fragment.table));
	if (state->fragment.target == TARGET_ALL_COPIES)
		run_on_copies(state);
	else
	{
		connect_nodes(state);
		if (statement && statement->checks_snapshots && list_length(state->runs) > 1)
			start_checked_runs(state, statement);
		else
			start_runs(state, state->part ? state->css.ss.ps.state->es_snapshot : NULL);
	}
	MemoryContextSwitchTo(old);
	state->started = true;
}

void
FragmentEnded(RemoteScanState *state, FragmentRun *run)
{
	run->done = true;
	if (is_explained(state))
	{
		instr_time now;

		INSTR_TIME_SET_CURRENT(now);
		INSTR_TIME_SUBTRACT(now, run->started);
		run->milliseconds = INSTR_TIME_GET_MILLISEC(now);
	}
	if (writes(state) && state->fragment.counts)
		state->css.ss.ps.state->es_processed +=
			run->local ? run->local->processed : CommandRowCount(run->command);
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

/* Stores the next row in state->row. */
static bool
next_row(RemoteScanState *state)
{
	FragmentRun *run;

	if (state->fragment.order)
		return next_merged_row(state);
	if (next_row_of_local(state))
		return true;
	while ((run = next_ready_run(state)) != NULL)
	{
		if (returns_rows(state) && NextRow(run->command, state->row))
		{
			run->rows++;
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
	if (state->exhausted || !next_row(state))
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
	ListCell *lc;

	foreach (lc, state->runs)
		nodes = lappend_int(nodes, ((FragmentRun *) lfirst(lc))->node->node_id);
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
		StartFragment(state);
	if (!(state->keep_rows ? next_kept_row(state) : next_row(state)))
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

/*
 * In a recheck after a concurrent update of another table's row, the row that
 * this scan gave before is in the row mark's copy.
 */
static bool
access_recheck(ScanState *node, TupleTableSlot *slot)
{
	CustomScan *scan = castNode(CustomScan, node->ps.plan);
	int         rti = bms_singleton_member(scan->custom_relids);

	return EvalPlanQualFetchRowMark(node->ps.state->es_epq_active, rti, slot);
}

static TupleTableSlot *
exec_scan(CustomScanState *node)
{
	return ExecScan(&node->ss, access_next, access_recheck);
}

static void
stop_fragment(RemoteScanState *state)
{
	ListCell *lc;

	EndMerge(state);
	foreach (lc, state->runs)
	{
		FragmentRun *run = lfirst(lc);

		if (run->command)
			CloseCommand(run->command);
		if (run->local)
			EndLocalFragment(run->local);
	}
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

	stop_fragment(state);
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
		stop_fragment(state);
	}
	ExecScanReScan(&node->ss);
}
