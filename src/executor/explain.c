/*-------------------------------------------------------------------------
 *
 * explain.c
 *	  EXPLAIN of a fragment: which nodes run what, and how.
 *
 * Without ANALYZE one of the nodes is asked for its plan. With it, each node's
 * rows, time and executed plan are shown.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "executor/explain.h"
#include "executor/fragment_explain.h"
#include "executor/params.h"
#include "executor/remote_scan_state.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "transaction/xact.h"
#include "utils/builtins.h"

/* The one text column of what EXPLAIN returns. */
static TupleTableSlot *
text_slot(void)
{
	TupleDesc desc = CreateTemplateTupleDesc(1);

	TupleDescInitEntry(desc, 1, "plan", TEXTOID, -1, 0);
	return MakeSingleTupleTableSlot(desc, &TTSOpsVirtual);
}

/* The text that a command returns, its rows as lines. */
static char *
fetch_text(NodeConn *conn, const char *sql, RemoteParams *params)
{
	TupleTableSlot *slot = text_slot();
	RemoteCommand  *command =
		QueueCommand(conn, sql, params, slot->tts_tupleDescriptor, COMMAND_ROWS);
	StringInfoData lines;

	initStringInfo(&lines);
	while (NextRow(command, slot))
	{
		if (!slot->tts_isnull[0])
			appendStringInfo(&lines, "%s\n", TextDatumGetCString(slot->tts_values[0]));
	}
	CloseCommand(command);
	ExecDropSingleTupleTableSlot(slot);
	return lines.data;
}

void
ShowLines(const char *label, char *text, ExplainState *es)
{
	char *line;
	char *rest;

	if (es->format != EXPLAIN_FORMAT_TEXT)
	{
		ExplainPropertyText(label, text, es);
		return;
	}
	appendStringInfoSpaces(es->str, es->indent * 2);
	appendStringInfo(es->str, "%s:\n", label);
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
	{
		appendStringInfoSpaces(es->str, es->indent * 2 + 2);
		appendStringInfo(es->str, "%s\n", line);
	}
}

static char *
node_name(const ClusterNode *node)
{
	return psprintf("%d (%s:%d)", node->node_id, node->host, node->port);
}

static const char *
explain_options(ExplainState *es)
{
	return psprintf("EXPLAIN (VERBOSE %s, COSTS %s) ", es->verbose ? "on" : "off",
					es->costs ? "on" : "off");
}

static char *
planned_here(RemoteScanState *state, FragmentRun *run, ExplainState *es)
{
	ExplainState *inner = NewExplainState();

	inner->verbose = es->verbose;
	inner->costs = es->costs;
	ExplainBeginOutput(inner);
	ExplainLocalFragment(FragmentText(state, run), state->params, inner);
	ExplainEndOutput(inner);
	return inner->str->data;
}

/* EXPLAIN goes between the claims and the statement. */
static char *
planned_there(RemoteScanState *state, FragmentRun *run, ExplainState *es)
{
	NodeConn *conn = EnlistNode(run->node->node_id, REMOTE_READ);
	char     *text = FragmentText(state, run);
	char     *statement = text;

	while (strncmp(statement, "/*", 2) == 0)
		statement = strstr(statement, "*/ ") + 3;
	return fetch_text(
		conn, psprintf("%.*s%s%s", (int) (statement - text), text, explain_options(es), statement),
		EncodeParams(state->params));
}

/* Finds a parameter that has no value before the query runs. */
static bool
unknown_param_walker(Node *node, ParamListInfo client_params)
{
	if (node == NULL)
		return false;
	if (IsA(node, Param))
		return ((Param *) node)->paramkind != PARAM_EXTERN || client_params == NULL;
	return expression_tree_walker(node, unknown_param_walker, client_params);
}

/* Are the fragment's values known without running the query? */
static bool
values_are_known(RemoteScanState *state)
{
	List *exprs = castNode(CustomScan, state->css.ss.ps.plan)->custom_exprs;

	return !unknown_param_walker((Node *) exprs, state->css.ss.ps.state->es_param_list_info) &&
		   !contain_volatile_functions((Node *) exprs);
}

static void
show_shard(RemoteScanState *state, ExplainState *es)
{
	FragmentRun *run = state->runs ? linitial(state->runs) : NULL;

	if (run && run->shard)
		ExplainPropertyInteger("Shard", NULL, run->shard->shard_id, es);
}

void
ShowNodeNames(List *nodes, ExplainState *es)
{
	List     *names = NIL;
	ListCell *lc;

	foreach (lc, nodes)
		names = lappend(names, node_name(lfirst(lc)));
	ExplainPropertyList(list_length(names) == 1 ? "Node" : "Nodes", names, es);
}

static void
show_node_list(RemoteScanState *state, ExplainState *es)
{
	List     *nodes = NIL;
	ListCell *lc;

	foreach (lc, state->runs)
		nodes = lappend(nodes, ((FragmentRun *) lfirst(lc))->node);
	show_shard(state, es);
	ShowNodeNames(nodes, es);
}

static void
show_planned(RemoteScanState *state, ExplainState *es)
{
	FragmentRun *run;

	EvaluateFragmentParams(state);
	ChooseTargets(state);
	show_node_list(state, es);
	ExplainTransfers(state, es);
	ShowLines("Fragment", pstrdup(state->fragment.sql), es);
	if (state->runs == NIL)
		return;
	run = linitial(state->runs);
	ShowLines(psprintf("Plan on node %d", run->node->node_id),
			  run->node->is_local ? planned_here(state, run, es) : planned_there(state, run, es),
			  es);
	state->runs = NIL;
}

/* The plan that a node has executed, in the way that is asked for; NULL if there is none. */
static char *
executed_plan(const ExplainedNode *explained, ExplainState *es)
{
	int which = (es->verbose ? FRAGMENT_PLAN_VERBOSE : 0) | (es->costs ? FRAGMENT_PLAN_COSTS : 0);

	if (explained->node->is_local || explained->scan == 0)
		return explained->plans.text[which];
	return fetch_text(EnlistNode(explained->node->node_id, REMOTE_READ),
					  psprintf("SELECT distshard.fragment_plan(%d, %d)", explained->scan, which),
					  NULL);
}

void
ShowExplainedNode(const ExplainedNode *explained, ExplainState *es)
{
	char *plan = executed_plan(explained, es);

	ExplainOpenGroup("Node", NULL, true, es);
	if (es->format == EXPLAIN_FORMAT_TEXT)
	{
		appendStringInfoSpaces(es->str, es->indent * 2);
		appendStringInfo(es->str, "Node %s: rows=" UINT64_FORMAT, node_name(explained->node),
						 explained->rows);
		if (es->timing)
			appendStringInfo(es->str, " time=%.3f ms", explained->milliseconds);
		appendStringInfoChar(es->str, '\n');
		es->indent++;
	}
	else
	{
		ExplainPropertyText("Node", node_name(explained->node), es);
		ExplainPropertyUInteger("Rows", NULL, explained->rows, es);
		if (es->timing)
			ExplainPropertyFloat("Time", "ms", explained->milliseconds, 3, es);
	}
	if (explained->statements > 1)
		ExplainPropertyInteger("Statements", NULL, explained->statements, es);
	if (plan && plan[0])
		ShowLines("Plan", plan, es);
	if (es->format == EXPLAIN_FORMAT_TEXT)
		es->indent--;
	ExplainCloseGroup("Node", NULL, true, es);
}

static void
show_run(RemoteScanState *state, FragmentRun *run, ExplainState *es)
{
	ExplainedNode explained = {.node = run->node,
							   .rows = run->rows,
							   .milliseconds = run->milliseconds,
							   .scan = run->done ? state->explained_scan : 0,
							   .plans = run->plans};

	ShowExplainedNode(&explained, es);
}

static void
show_executed(RemoteScanState *state, ExplainState *es)
{
	ListCell *lc;

	show_shard(state, es);
	ExplainTransfers(state, es);
	ShowLines("Fragment", pstrdup(state->fragment.sql), es);
	ExplainOpenGroup("Nodes", "Nodes", false, es);
	foreach (lc, state->runs)
		show_run(state, lfirst(lc), es);
	ExplainCloseGroup("Nodes", "Nodes", false, es);
}

void
ExplainRemoteScan(CustomScanState *node, List *ancestors, ExplainState *es)
{
	RemoteScanState *state = (RemoteScanState *) node;

	if (state->fragment.reason[0])
		ExplainPropertyText("Not Pushed Further", state->fragment.reason, es);
	if (es->analyze)
		show_executed(state, es);
	else if (values_are_known(state))
		show_planned(state, es);
	else
	{
		ExplainTransfers(state, es);
		ShowLines("Fragment", pstrdup(state->fragment.sql), es);
	}
}
