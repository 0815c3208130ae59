/*-------------------------------------------------------------------------
 *
 * transfers.c
 *	  Rows are sent to the nodes before a fragment that joins them.
 *
 * Each node of the fragment opens an inbox, then the source of the transfer is run.
 * If that is a plan of one fragment, its nodes send their rows straight to the
 * inboxes; otherwise this node computes the rows and sends them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/consistent_read.h"
#include "executor/executor.h"
#include "executor/inbox.h"
#include "executor/remote_scan.h"
#include "executor/row_sender.h"
#include "executor/remote_scan_state.h"
#include "transaction/xact.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"

static void
open_inboxes(RemoteScanState *state, int transfer, RowRoute *route)
{
	TupleDesc       desc = CreateTemplateTupleDesc(1);
	List           *commands = NIL;
	TupleTableSlot *slot;
	ListCell       *lc;
	ListCell       *lc2;

	TupleDescInitEntry(desc, 1, "inbox", INT8OID, -1, 0);
	slot = MakeSingleTupleTableSlot(desc, &TTSOpsVirtual);
	foreach (lc, state->runs)
	{
		ClusterNode *node = ((FragmentRun *) lfirst(lc))->node;
		NodeConn    *conn = node->is_local ? NULL : EnlistNode(node->node_id, REMOTE_READ);

		commands =
			lappend(commands,
					conn ? QueueCommand(conn, psprintf("SELECT distshard.open_inbox(%d)", transfer),
										NULL, desc, COMMAND_ROWS)
						 : NULL);
		if (conn)
			FlushCommands(conn);
	}
	forboth (lc, state->runs, lc2, commands)
	{
		RemoteCommand *command = lfirst(lc2);

		route->nodes = lappend_int(route->nodes, ((FragmentRun *) lfirst(lc))->node->node_id);
		if (command == NULL)
			route->inboxes = lappend_oid(route->inboxes, OpenInbox(transfer));
		else if (NextRow(command, slot))
		{
			route->inboxes = lappend_oid(route->inboxes, (Oid) DatumGetInt64(slot->tts_values[0]));
			FinishCommand(command);
		}
		else
			elog(ERROR, "a node did not open an inbox");
	}
	ExecDropSingleTupleTableSlot(slot);
}

static List *
all_columns(TupleDesc desc)
{
	List *columns = NIL;

	for (int i = 1; i <= desc->natts; i++)
		columns = lappend_int(columns, i);
	return columns;
}

static QueryDesc *
start_source(RemoteScanState *state, PlannedStmt *source, int eflags)
{
	EState    *estate = state->css.ss.ps.state;
	QueryDesc *desc;

	desc = CreateQueryDesc(source, estate->es_sourceText, estate->es_snapshot, InvalidSnapshot,
						   None_Receiver, estate->es_param_list_info, NULL, estate->es_instrument);
	StartPart(desc, eflags, estate);
	return desc;
}

/*
 * Rows of a plan that is nothing but a fragment need not come here to be sent
 * on. Its output may have them in another order.
 */
static RemoteScanState *
sendable_scan(PlanState *plan, List **columns)
{
	RemoteScanState *state = (RemoteScanState *) plan;
	ListCell        *lc;

	if (!IsA(plan, CustomScanState) ||
		castNode(CustomScan, plan->plan)->methods != &RemoteScanMethods || plan->qual ||
		state->fragment.operation != CMD_SELECT || state->fragment.whole_row ||
		state->fragment.locks_rows || state->fragment.target > TARGET_ALL_SHARDS)
		return NULL;
	*columns = NIL;
	foreach (lc, plan->plan->targetlist)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);
		Var         *var = (Var *) tle->expr;

		if (tle->resjunk)
			continue;
		if (!IsA(var, Var) || var->varno != INDEX_VAR)
			return NULL;
		*columns = lappend_int(*columns, var->varattno);
	}
	return state;
}

static uint64
send_remote_rows(RemoteScanState *state, int transfer, const RowRoute *route)
{
	ListCell *lc;
	uint64    rows = 0;

	state->sends = transfer;
	state->route = route;
	StartFragment(state);
	foreach (lc, state->runs)
	{
		FragmentRun *run = lfirst(lc);

		run->rows = run->local ? run->local->processed : CommandRowCount(run->command);
		FragmentEnded(state, run);
		rows += run->rows;
	}
	return rows;
}

static void
run_transfer(RemoteScanState *state, TransferRun *run)
{
	RowRoute route = {
		.table = run->plan->table, .key = run->plan->key, .own_hash = run->plan->own_hash};
	QueryDesc       *desc = start_source(state, run->plan->source, 0);
	List            *columns;
	RemoteScanState *direct = sendable_scan(desc->planstate, &columns);

	run->source = desc;
	open_inboxes(state, run->plan->transfer, &route);
	PushActiveSnapshot(desc->snapshot);
	if (direct)
	{
		route.columns = columns;
		if (route.key)
			route.key = list_nth_int(columns, route.key - 1);
		run->rows = send_remote_rows(direct, run->plan->transfer, &route);
	}
	else
	{
		route.columns = all_columns(desc->tupDesc);
		desc->dest = CreateRowSender(&route);
		ExecutorRun(desc, ForwardScanDirection, 0, true);
		run->rows = RowsSent(desc->dest);
	}
	PopActiveSnapshot();
	ExecutorFinish(desc);
}

void
RunTransfers(RemoteScanState *state)
{
	ListCell *lc;

	foreach (lc, state->fragment.transfers)
	{
		TransferRun *run = palloc0(sizeof(TransferRun));

		run->plan = lfirst(lc);
		state->transfers = lappend(state->transfers, run);
		run_transfer(state, run);
	}
}

void
EndTransfers(RemoteScanState *state)
{
	ListCell *lc;

	foreach (lc, state->transfers)
	{
		QueryDesc *desc = ((TransferRun *) lfirst(lc))->source;

		ExecutorEnd(desc);
		FreeQueryDesc(desc);
	}
	state->transfers = NIL;
}

static void
explain_source(TransferPlan *plan, QueryDesc *desc, uint64 rows, ExplainState *es)
{
	char         *label = OidIsValid(plan->table) ? "Re-hash" : "Broadcast";
	ExplainState *inner = NewExplainState();

	inner->verbose = es->verbose;
	inner->costs = es->costs;
	inner->analyze = es->analyze;
	inner->timing = es->timing;
	ExplainBeginOutput(inner);
	ExplainPrintPlan(inner, desc);
	ExplainEndOutput(inner);
	if (es->analyze)
		label = psprintf("%s of %s, " UINT64_FORMAT " rows", label, plan->name, rows);
	else
		label = psprintf("%s of %s", label, plan->name);
	ShowLines(label, inner->str->data, es);
}

void
ExplainTransfers(RemoteScanState *state, ExplainState *es)
{
	ListCell *lc;

	foreach (lc, state->transfers)
	{
		TransferRun *run = lfirst(lc);

		explain_source(run->plan, run->source, run->rows, es);
	}
	foreach (lc, es->analyze ? NIL : state->fragment.transfers)
	{
		TransferPlan *plan = lfirst(lc);
		QueryDesc    *desc = start_source(state, plan->source, EXEC_FLAG_EXPLAIN_ONLY);

		explain_source(plan, desc, 0, es);
		ExecutorEnd(desc);
		FreeQueryDesc(desc);
	}
}
