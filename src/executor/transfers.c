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
#include "executor/explain.h"
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

/* What a plan is asked for; columns that are only sorted by come last, and are not sent. */
static List *
visible_columns(Plan *plan)
{
	List     *columns = NIL;
	ListCell *lc;

	foreach (lc, plan->targetlist)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);

		if (!tle->resjunk)
			columns = lappend_int(columns, tle->resno);
	}
	return columns;
}

static QueryDesc *
start_source(RemoteScanState *state, PlannedStmt *source, int eflags)
{
	EState    *estate = state->css.ss.ps.state;
	QueryDesc *desc;

	desc = CreateQueryDesc(source, estate->es_sourceText, estate->es_snapshot, InvalidSnapshot,
						   None_Receiver, estate->es_param_list_info, estate->es_queryEnv,
						   estate->es_instrument);
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

/* Runs a part of the statement's own plan. */
static void
run_subplan(PlanState *source, DestReceiver *sender)
{
	TupleTableSlot *slot;
	MemoryContext   old = MemoryContextSwitchTo(source->state->es_query_cxt);

	while (slot = ExecProcNode(source), !TupIsNull(slot))
		sender->receiveSlot(slot, sender);
	MemoryContextSwitchTo(old);
}

/* Sends the rows of a subplan, or of a plan of its own. */
static uint64
send_rows(RemoteScanState *state, TransferPlan *plan, PlanState *source, QueryDesc *desc)
{
	RowRoute         route = {.table = plan->table, .key = plan->key, .own_hash = plan->own_hash};
	RemoteScanState *direct = sendable_scan(source, &route.columns);
	DestReceiver    *sender;

	open_inboxes(state, plan->transfer, &route);
	if (direct)
	{
		if (route.key)
			route.key = list_nth_int(route.columns, route.key - 1);
		return send_remote_rows(direct, plan->transfer, &route);
	}
	route.columns = visible_columns(source->plan);
	sender = CreateRowSender(&route);
	if (desc == NULL)
		run_subplan(source, sender);
	else
	{
		desc->dest = sender;
		ExecutorRun(desc, ForwardScanDirection, 0, true);
	}
	return RowsSent(sender);
}

static PlanState *
subplan_of(RemoteScanState *state, TransferPlan *plan)
{
	return list_nth(state->css.ss.ps.state->es_subplanstates, plan->subplan - 1);
}

static void
run_transfer(RemoteScanState *state, TransferRun *run)
{
	TransferPlan *plan = run->plan;

	if (plan->source == NULL)
	{
		PlanState *source = subplan_of(state, plan);

		if (state->has_transferred)
			ExecReScan(source);
		run->rows = send_rows(state, plan, source, NULL);
		return;
	}
	run->source = start_source(state, plan->source, 0);
	PushActiveSnapshot(run->source->snapshot);
	run->rows = send_rows(state, plan, run->source->planstate, run->source);
	PopActiveSnapshot();
	ExecutorFinish(run->source);
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
	state->has_transferred = true;
}

void
EndTransfers(RemoteScanState *state)
{
	ListCell *lc;

	foreach (lc, state->transfers)
	{
		QueryDesc *desc = ((TransferRun *) lfirst(lc))->source;

		if (desc == NULL)
			continue;
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

	if (es->analyze)
		label = psprintf("%s of %s, " UINT64_FORMAT " rows", label, plan->name, rows);
	else
		label = psprintf("%s of %s", label, plan->name);
	if (desc == NULL)
	{
		ExplainPropertyText(label, psprintf("CTE %s", SOURCE_CTE(plan->transfer)), es);
		return;
	}

	inner->verbose = es->verbose;
	inner->costs = es->costs;
	inner->analyze = es->analyze;
	inner->timing = es->timing;
	ExplainBeginOutput(inner);
	ExplainPrintPlan(inner, desc);
	ExplainEndOutput(inner);
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
		QueryDesc    *desc = NULL;

		if (plan->source)
			desc = start_source(state, plan->source, EXEC_FLAG_EXPLAIN_ONLY);
		explain_source(plan, desc, 0, es);
		if (desc == NULL)
			continue;
		ExecutorEnd(desc);
		FreeQueryDesc(desc);
	}
}
