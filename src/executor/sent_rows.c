/*-------------------------------------------------------------------------
 *
 * sent_rows.c
 *	  EXPLAIN of rows that are sent to nodes.
 *
 * Without ANALYZE it is not known yet which nodes get rows, nor how many: all
 * that could are shown, and the statement with one row. With it, each node's rows
 * and time are shown, and the executed plan of the last statement that it got.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/metadata.h"
#include "catalog/shard_key.h"
#include "executor/explain.h"
#include "executor/sent_rows.h"
#include "planner/print.h"
#include "planner/row_template.h"

/* What one node got. */
typedef struct NodeShare
{
	int32         node_id;
	uint64        rows;
	int           statements; /* 0: rows came by COPY */
	double        milliseconds;
	FragmentPlans plans; /* of this node's last statement */
} NodeShare;

struct SentRows
{
	MemoryContext context;
	int           setting;
	int           scan;   /* the number under which nodes keep plans */
	List         *shares; /* of NodeShare * */
};

SentRows *
BeginSentRows(EState *estate)
{
	SentRows *sent;

	if (estate->es_instrument == 0)
		return NULL;
	sent = MemoryContextAllocZero(estate->es_query_cxt, sizeof(SentRows));
	sent->context = estate->es_query_cxt;
	sent->scan = NextExplainedScan();
	sent->setting = FragmentExplainSetting(estate->es_instrument, sent->scan);
	return sent;
}

int
SentRowsSetting(const SentRows *sent)
{
	return sent->setting;
}

static int
compare_shares(const ListCell *a, const ListCell *b)
{
	return ((NodeShare *) lfirst(a))->node_id - ((NodeShare *) lfirst(b))->node_id;
}

static NodeShare *
share_of_node(SentRows *sent, int32 node_id)
{
	MemoryContext old;
	NodeShare    *share;
	ListCell     *lc;

	foreach (lc, sent->shares)
	{
		share = lfirst(lc);
		if (share->node_id == node_id)
			return share;
	}
	old = MemoryContextSwitchTo(sent->context);
	share = palloc0(sizeof(NodeShare));
	share->node_id = node_id;
	sent->shares = lappend(sent->shares, share);
	list_sort(sent->shares, compare_shares);
	MemoryContextSwitchTo(old);
	return share;
}

void
NoteCopy(SentRows *sent, int32 node_id, uint64 rows, instr_time started)
{
	instr_time now;
	NodeShare *share;

	if (sent == NULL)
		return;
	INSTR_TIME_SET_CURRENT(now);
	INSTR_TIME_SUBTRACT(now, started);
	share = share_of_node(sent, node_id);
	share->rows += rows;
	share->milliseconds += INSTR_TIME_GET_MILLISEC(now);
}

void
NoteStatement(SentRows *sent, int32 node_id, uint64 rows, instr_time started,
			  const FragmentPlans *plans)
{
	NodeShare *share;

	if (sent == NULL)
		return;
	NoteCopy(sent, node_id, rows, started);
	share = share_of_node(sent, node_id);
	share->statements++;
	for (int i = 0; i < lengthof(plans->text); i++)
	{
		if (share->plans.text[i])
			pfree(share->plans.text[i]);
		share->plans.text[i] =
			plans->text[i] ? MemoryContextStrdup(sent->context, plans->text[i]) : NULL;
	}
}

/* The nodes that have shards of the table. */
static List *
nodes_of_table(DistTable *table)
{
	List     *groups;
	List     *nodes = NIL;
	ListCell *lc;

	if (table->method == DIST_REFERENCE)
		return AllPrimaries();
	groups = GroupsOfTable(table);
	list_sort(groups, list_int_cmp);
	foreach (lc, groups)
		nodes = lappend(nodes, GroupPrimary(lfirst_int(lc), false));
	return nodes;
}

static char *
statement_text(const RowBatchPlan *plan)
{
	List *params;

	return PrintFragment(FillRowTemplate(plan->statement, 1), false, &params);
}

static void
show_shares(const SentRows *sent, ExplainState *es)
{
	ListCell *lc;

	ExplainOpenGroup("Nodes", "Nodes", false, es);
	foreach (lc, sent->shares)
	{
		const NodeShare *share = lfirst(lc);
		ExplainedNode    node = {.node = LookupNode(share->node_id, false),
								 .rows = share->rows,
								 .milliseconds = share->milliseconds,
								 .statements = share->statements,
								 .scan = share->statements ? sent->scan : 0,
								 .plans = share->plans};

		ShowExplainedNode(&node, es);
	}
	ExplainCloseGroup("Nodes", "Nodes", false, es);
}

void
ExplainSentRows(const RowBatchPlan *plan, char *copy, ExplainState *es)
{
	if (es->analyze)
	{
		ShowLines("Fragment", copy ? copy : statement_text(plan), es);
		show_shares(plan->sent, es);
		return;
	}
	ShowNodeNames(nodes_of_table(LookupDistTable(plan->table)), es);
	ShowLines("Fragment", statement_text(plan), es);
	if (copy)
		ShowLines("Fragment of Many Rows", copy, es);
}
