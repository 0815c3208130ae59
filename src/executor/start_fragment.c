/*-------------------------------------------------------------------------
 *
 * start_fragment.c
 *	  Where a fragment runs, and how it begins there.
 *
 * The nodes, and for a fragment of one shard the shard, are chosen when the
 * first row is asked for, from parameter values if need be. The fragment goes
 * to all remote nodes first, then this node runs its own share while they work.
 *
 * Writes to a reference table go to the first node alone, which makes writers
 * queue there, and to the others only when it is done.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/shard_key.h"
#include "executor/consistent_read.h"
#include "executor/copy_lock.h"
#include "executor/executor.h"
#include "executor/limit_share.h"
#include "executor/local_fragment.h"
#include "executor/params.h"
#include "executor/remote_scan_state.h"
#include "miscadmin.h"
#include "planner/claim.h"
#include "transaction/in_doubt.h"
#include "transaction/registry.h"
#include "transaction/start_time.h"
#include "transaction/statement_part.h"
#include "transaction/xact.h"
#include "transport/connection.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

/* Is this EXPLAIN ANALYZE, or an execution that auto_explain measures? */
static bool
is_explained(RemoteScanState *state)
{
	return state->css.ss.ps.state->es_instrument != 0;
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

	run->node = GroupPrimary(group_id, false);
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
			add_targets(state, GroupsOfTable(table));
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

/* The node that captures rows must not be the transaction's only coordinator. */
static bool
captures_rows(RemoteScanState *state)
{
	return state->fragment.triggers && CapturesRows(&state->triggers);
}

char *
FragmentText(RemoteScanState *state, FragmentRun *run)
{
	StringInfoData text;

	initStringInfo(&text);
	AppendClaim(&text, run->shard, GetUserId(), false);
	if (state->part || run->earlier)
		AppendPartClaim(&text, state->fragment.target >= TARGET_ALL_COPIES);
	if (state->checks_snapshots)
		AppendSnapshotClaim(&text);
	if (state->fragment.moves)
		AppendMovesClaim(&text, false);
	if (captures_rows(state))
		AppendCapturesClaim(&text);
	if (state->sends)
		AppendSendClaim(&text, state->sends);
	if (state->fragment.target == TARGET_ALL_COPIES && run != linitial(state->runs))
		AppendQuietClaim(&text);
	appendStringInfoString(&text, state->probing ? state->fragment.probe : state->fragment.sql);
	if (run->limit > 0)
		appendStringInfo(&text, " LIMIT " UINT64_FORMAT, run->limit);
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
	EState      *estate = state->css.ss.ps.state;
	RemoteAccess access =
		FragmentWrites(state) || state->fragment.locks_rows ? REMOTE_WRITE : REMOTE_READ;
	bool alone = state->fragment.whole_query && list_length(state->runs) == 1 &&
				 !is_explained(state) && state->fragment.moves == NIL && state->route == NULL &&
				 state->fragment.transfers == NIL && !captures_rows(state);
	NodeConn *conn = alone ? EnlistForOneStatement(run->node->node_id, access)
						   : EnlistNode(run->node->node_id, access);
	int       flags = COMMAND_PREPARE;
	TupleDesc desc = NULL;

	if (state->route)
		QueuePrelude(conn, OpenSenderCommand(state->sends, state->route), 0);
	else if (FragmentReturnsRows(state))
	{
		flags |= COMMAND_ROWS;
		desc = state->row->tts_tupleDescriptor;
	}
	INSTR_TIME_SET_CURRENT(run->started);
	QueueStartTime(conn, state->fragment.table, state->fragment.fires);
	if (!FragmentWrites(state))
		run->earlier = EarlierState(conn, estate);
	if (state->part || run->earlier)
		QueueStatementPart(conn, run->earlier ? run->earlier->estate : estate);
	if (FragmentWrites(state))
		KeepStates(conn, state->fragment.whole_query ? estate : NULL);
	if (state->fragment.target == TARGET_ALL_COPIES)
		QueueCopyLock(conn, LookupDistTable(state->fragment.table));
	if (is_explained(state))
		QueuePrelude(conn, ExplainFragmentsCommand(explain_setting(state)), 0);
	run->command =
		QueueCommand(conn, FragmentText(state, run), EncodeParams(state->params), desc, flags);
	if (state->checks_snapshots)
		ExpectReport(run->command);
	FlushCommands(conn);
}

static void
run_here(RemoteScanState *state, FragmentRun *run)
{
	EState *statement = state->css.ss.ps.state;
	char   *sql = FragmentText(state, run);

	INSTR_TIME_SET_CURRENT(run->started);
	if (state->route)
	{
		DestReceiver *sender = CreateRowSender(state->route);

		run->local = RunLocalFragmentInto(sql, state->params, sender);
		RowsSent(sender);
	}
	else if (is_explained(state))
		run->local = RunExplainedFragment(sql, state->params, statement, explain_setting(state),
										  &run->plans);
	else if (FragmentWrites(state))
		run->local = RunLocalFragment(sql, state->params, statement);
	else
		run->local = StartLocalFragment(sql, state->params, statement);
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

void
DropRuns(RemoteScanState *state)
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
	if (!SnapshotsFit(collect_reports(state, here, start), &awaited) ||
		MissesDoubts(here, MonotonicTime()))
	{
		DropRuns(state);
		foreach (lc, state->runs)
			groups = lappend_int(groups, ((FragmentRun *) lfirst(lc))->node->group_id);
		statement->number = NewStatementNumber();
		statement->nodes = NIL;
		AgreeOnSnapshots(statement->number, groups, &awaited,
						 list_make1(state->css.ss.ps.state->es_plannedstmt), &here);
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
	ApplyShares(state);

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
	if (FragmentWrites(state))
	{
		/* at its end, the command has also told what it holds */
		uint64 rows = run->local ? run->local->processed : CommandRowCount(run->command);

		if (state->fragment.counts)
			state->css.ss.ps.state->es_processed += rows;
	}
}
