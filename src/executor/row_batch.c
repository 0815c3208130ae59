/*-------------------------------------------------------------------------
 *
 * row_batch.c
 *	  Rows sent as statements of many rows.
 *
 * Rows are taken some hundred at a time, or a megabyte, divided by node or by shard, and sent
 * as statements over VALUES with a parameter for each value. All nodes work at
 * once: other nodes get theirs first. RETURNING gives its rows in the order of the input as long as
 * every row returns one, as PostgreSQL does.
 *
 * Rows for a reference table go to the first node alone, which makes writers
 * queue there, then to the others; the first one's answer counts.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/detoast.h"
#include "catalog/metadata.h"
#include "executor/copy_lock.h"
#include "executor/executor.h"
#include "executor/held_triggers.h"
#include "executor/local_fragment.h"
#include "executor/params.h"
#include "executor/row_batch.h"
#include "executor/sent_rows.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "planner/after_row.h"
#include "planner/claim.h"
#include "planner/dist_plan.h"
#include "planner/print.h"
#include "planner/row_template.h"
#include "transaction/start_time.h"
#include "transaction/statement_part.h"
#include "transaction/xact.h"
#include "transport/connection.h"
#include "utils/datum.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

/* Rows taken at a time, bytes of them but for the last row, and how many parameters a statement may have. */
#define BATCH_ROWS       500
#define BATCH_BYTES      (1024 * 1024)
#define STATEMENT_PARAMS 32000

/* So many values go sooner as parameters than it takes to begin a COPY for them. */
#define FEW_VALUES 200

/* The rows of a batch that go to one node, or to one shard. */
typedef struct NodeBatch
{
	ClusterNode   *node;
	Shard         *shard;     /* NULL: shards of the node */
	List          *rows;      /* of HeapTuple */
	List          *positions; /* of int: where each row stood in the input */
	RemoteCommand *command;
	LocalFragment *local;
	instr_time     started;
	int            held_triggers; /* its number, when it is done */
} NodeBatch;

struct RowBatch
{
	CustomScanState *node;
	RowBatchPlan     plan;
	TupleDesc        row_desc;
	bool             returns_rows;
	bool             fires; /* triggers BEFORE rows, which may fire on the nodes */
	RowSource        source;
	void            *arg;
	MemoryContext    context; /* of one batch */
	List            *taken;   /* of HeapTuple: its rows */
	bool             is_taken;
	TupleTableSlot  *given_back; /* one of them */
	TupleTableSlot  *stored;     /* a row of a local fragment */
	HeapTuple       *returned;
	int              nreturned;
	int              next; /* of returned, to be given out */
	bool             exhausted;
	List            *nodes; /* of int: node_id of those that had a part */
};

RowBatch *
BeginRowBatch(CustomScanState *node, const RowBatchPlan *plan, TupleDesc row_desc, RowSource source,
			  void *arg)
{
	EState       *estate = node->ss.ps.state;
	MemoryContext old = MemoryContextSwitchTo(estate->es_query_cxt);
	RowBatch     *batch = palloc0(sizeof(RowBatch));
	List         *relids = NIL;

	batch->node = node;
	batch->plan = *plan;
	batch->row_desc = row_desc;
	batch->returns_rows = plan->statement->returningList != NIL;
	batch->fires = FiresBeforeRow(plan->statement, &relids);
	batch->source = source;
	batch->arg = arg;
	batch->context =
		AllocSetContextCreate(estate->es_query_cxt, "distshard rows", ALLOCSET_DEFAULT_SIZES);
	batch->stored = ExecInitExtraTupleSlot(estate, node->ss.ss_ScanTupleSlot->tts_tupleDescriptor,
										   &TTSOpsMinimalTuple);
	MemoryContextSwitchTo(old);
	return batch;
}

typedef struct RowValues
{
	RowBatch  *batch;
	NodeBatch *part;
} RowValues;

/* Puts the rows' values in the place of their parameters. */
static Node *
fill_in_values(Node *node, RowValues *context)
{
	if (node == NULL)
		return NULL;
	if (IsA(node, Param) && ((Param *) node)->paramid >= OWN_PARAM_BASE)
	{
		TupleDesc         desc = context->batch->row_desc;
		int               ncolumns = list_length(context->batch->plan.columns);
		int               i = ((Param *) node)->paramid - OWN_PARAM_BASE;
		AttrNumber        attno = list_nth_int(context->batch->plan.columns, i % ncolumns);
		Form_pg_attribute att = TupleDescAttr(desc, attno - 1);
		bool              isnull;
		Datum             value =
			heap_getattr(list_nth(context->part->rows, i / ncolumns), attno, desc, &isnull);

		return (Node *) makeConst(att->atttypid, att->atttypmod, att->attcollation, att->attlen,
								  value, isnull, att->attbyval);
	}
	return expression_tree_mutator(node, fill_in_values, context);
}

static ParamListInfo
statement_params(RowBatch *batch, NodeBatch *part, List *exprs)
{
	RowValues     values = {batch, part};
	ParamListInfo params = makeParamList(list_length(exprs));
	ExprContext  *econtext = batch->node->ss.ps.ps_ExprContext;
	ListCell     *lc;
	int           i = 0;

	foreach (lc, exprs)
	{
		ParamExternData *param = &params->params[i++];
		Expr            *expr = (Expr *) fill_in_values(lfirst(lc), &values);

		param->ptype = exprType((Node *) expr);
		param->pflags = PARAM_FLAG_CONST;
		if (IsA(expr, Const))
		{
			param->value = ((Const *) expr)->constvalue;
			param->isnull = ((Const *) expr)->constisnull;
		}
		else
		{
			fix_opfuncids((Node *) expr);
			param->value =
				ExecEvalExpr(ExecInitExpr(expr, &batch->node->ss.ps), econtext, &param->isnull);
		}
	}
	return params;
}

static void
add_node(RowBatch *batch, ClusterNode *node)
{
	MemoryContext old = MemoryContextSwitchTo(batch->node->ss.ps.state->es_query_cxt);

	batch->nodes = list_append_unique_int(batch->nodes, node->node_id);
	MemoryContextSwitchTo(old);
}

List *
BatchNodes(RowBatch *batch)
{
	return batch->nodes;
}

static void
note_part(RowBatch *batch, NodeBatch *part, const FragmentPlans *plans)
{
	NoteStatement(batch->plan.sent, part->node->node_id, list_length(part->rows), part->started,
				  plans);
}

static void
run_part_here(RowBatch *batch, NodeBatch *part, const char *sql, ParamListInfo params)
{
	EState       *statement = batch->node->ss.ps.state;
	FragmentPlans plans = {{0}};

	if (batch->plan.sent)
		part->local =
			RunExplainedFragment(sql, params, statement, SentRowsSetting(batch->plan.sent), &plans);
	else
		part->local = RunLocalFragment(sql, params, statement);
	note_part(batch, part, &plans);
}

static void
start_part(RowBatch *batch, NodeBatch *part, bool quiet)
{
	DistTable     *table = LookupDistTable(batch->plan.table);
	List          *exprs;
	char          *sql;
	ParamListInfo  params;
	StringInfoData text;

	sql = PrintFragment(FillRowTemplate(batch->plan.statement, list_length(part->rows)), false,
						&exprs);
	params = statement_params(batch, part, exprs);
	initStringInfo(&text);
	AppendClaim(&text, part->shard, GetUserId(), false);
	AppendPartClaim(&text, true);
	if (batch->plan.moves)
		AppendMovesClaim(&text, false);
	if (batch->plan.captures)
		AppendCapturesClaim(&text);
	if (batch->plan.fired)
		AppendFiredClaim(&text, batch->plan.fired_columns);
	if (quiet)
		AppendQuietClaim(&text);
	appendStringInfoString(&text, sql);
	add_node(batch, part->node);
	INSTR_TIME_SET_CURRENT(part->started);

	if (part->node->is_local)
	{
		if (table->method == DIST_REFERENCE)
			LockLocalCopy(table);
		run_part_here(batch, part, text.data, params);
	}
	else
	{
		NodeConn *conn = EnlistNode(part->node->node_id, REMOTE_WRITE);
		bool      rows = batch->returns_rows;

		QueueStartTime(conn, batch->plan.table, batch->fires);
		QueueStatementPart(conn, batch->node->ss.ps.state);
		KeepStates(conn, NULL);
		if (table->method == DIST_REFERENCE)
			QueueCopyLock(conn, table);
		if (batch->plan.sent)
			QueuePrelude(conn, ExplainFragmentsCommand(SentRowsSetting(batch->plan.sent)), 0);
		part->command = QueueCommand(conn, text.data, EncodeParams(params),
									 rows ? batch->stored->tts_tupleDescriptor : NULL,
									 COMMAND_PREPARE | (rows ? COMMAND_ROWS : 0));
		FlushCommands(conn);
	}
}

static void
add_row(List **parts, ClusterNode *node, Shard *shard, HeapTuple row, int position)
{
	NodeBatch *part = NULL;
	ListCell  *lc;

	foreach (lc, *parts)
	{
		if (((NodeBatch *) lfirst(lc))->node == node && ((NodeBatch *) lfirst(lc))->shard == shard)
			part = lfirst(lc);
	}
	if (part == NULL)
	{
		part = palloc0(sizeof(NodeBatch));
		part->node = node;
		part->shard = shard;
		*parts = lappend(*parts, part);
	}
	part->rows = lappend(part->rows, row);
	part->positions = lappend_int(part->positions, position);
}

/* What the row's values take in a statement: they may be compressed, or not in the row, as yet. */
static Size
bytes_to_send(TupleTableSlot *slot)
{
	Size bytes = 0;

	slot_getallattrs(slot);
	for (int i = 0; i < slot->tts_tupleDescriptor->natts; i++)
	{
		if (TupleDescAttr(slot->tts_tupleDescriptor, i)->attlen == -1 && !slot->tts_isnull[i])
			bytes += toast_raw_datum_size(slot->tts_values[i]);
	}
	return bytes;
}

/* Takes the next rows from the source, so many at most. */
static void
take_rows(RowBatch *batch, int limit)
{
	Size          bytes = 0;
	MemoryContext old;

	MemoryContextReset(batch->context);
	old = MemoryContextSwitchTo(batch->context);
	batch->taken = NIL;
	batch->is_taken = true;
	while (list_length(batch->taken) < limit && bytes < BATCH_BYTES)
	{
		TupleTableSlot *slot = batch->source(batch->arg);

		if (slot == NULL)
		{
			batch->exhausted = true;
			break;
		}
		bytes += bytes_to_send(slot);
		batch->taken = lappend(batch->taken, ExecCopySlotHeapTuple(slot));
	}
	MemoryContextSwitchTo(old);
}

static int
rows_of_values(RowBatch *batch, int nvalues)
{
	return nvalues / Max(list_length(batch->plan.columns), 1);
}

bool
TakesFewRows(RowBatch *batch)
{
	EState       *estate = batch->node->ss.ps.state;
	MemoryContext old;

	/* one more than wanted, to see the end */
	take_rows(batch, rows_of_values(batch, FEW_VALUES) + 1);
	if (batch->exhausted)
		return true;
	old = MemoryContextSwitchTo(estate->es_query_cxt);
	batch->given_back = ExecInitExtraTupleSlot(estate, batch->row_desc, &TTSOpsHeapTuple);
	MemoryContextSwitchTo(old);
	return false;
}

TupleTableSlot *
NextTakenRow(void *arg)
{
	RowBatch *batch = arg;
	HeapTuple row;

	ExecClearTuple(batch->given_back);
	if (batch->taken == NIL)
		return batch->source(batch->arg);
	row = linitial(batch->taken);
	batch->taken = list_delete_first(batch->taken);
	return ExecStoreHeapTuple(row, batch->given_back, true);
}

static Shard *
shard_of_row(RowBatch *batch, DistTable *table, HeapTuple row)
{
	bool  isnull;
	Datum value;

	if (batch->plan.key == 0)
		return &table->shards[0];
	value = heap_getattr(row, batch->plan.key, batch->row_desc, &isnull);
	return ShardForHash(table, HashKey(table, value, isnull));
}

/* The rows that were taken, divided by node. */
static List *
divide_rows(RowBatch *batch)
{
	DistTable *table = LookupDistTable(batch->plan.table);
	List      *parts = NIL;
	ListCell  *lc;
	ListCell  *lc2;

	foreach (lc, batch->taken)
	{
		int    position = foreach_current_index(lc);
		Shard *shard;

		if (table->method == DIST_REFERENCE)
		{
			foreach (lc2, AllPrimaries())
				add_row(&parts, lfirst(lc2), NULL, lfirst(lc), position);
			continue;
		}
		shard = shard_of_row(batch, table, lfirst(lc));
		add_row(&parts, GroupPrimary(shard->group_id, false), batch->plan.by_shard ? shard : NULL,
				lfirst(lc), position);
	}
	return parts;
}

/* Collects what a node returned; positions where each row stands in the input. */
static List *
finish_part(RowBatch *batch, NodeBatch *part, bool counts)
{
	EState         *estate = batch->node->ss.ps.state;
	TupleTableSlot *slot = batch->node->ss.ss_ScanTupleSlot;
	List           *rows = NIL;
	uint64          count;

	if (part->local)
	{
		while (NextLocalRow(part->local, batch->stored) != NULL)
			rows = lappend(rows, ExecCopySlotHeapTuple(batch->stored));
		count = part->local->processed;
		EndLocalFragment(part->local);
	}
	else
	{
		while (batch->returns_rows && NextRow(part->command, slot))
			rows = lappend(rows, ExecCopySlotHeapTuple(slot));
		count = CommandRowCount(part->command);
		part->held_triggers = HeldTriggers(part->command);
		note_part(batch, part, &(FragmentPlans){{0}});
		CloseCommand(part->command);
	}
	if (counts && batch->plan.statement->canSetTag)
		estate->es_processed += count;
	return rows;
}

/* In the order of the input if each of a part's rows returned one, else part by part. */
static void
keep_returned(RowBatch *batch, NodeBatch *part, List *rows, bool in_order)
{
	ListCell *lc;
	ListCell *lc2;

	if (in_order)
	{
		forboth (lc, rows, lc2, part->positions)
			batch->returned[lfirst_int(lc2)] = lfirst(lc);
		return;
	}
	foreach (lc, rows)
		batch->returned[batch->nreturned++] = lfirst(lc);
}

/* Starts parts on other nodes, then those of this one, which run while the others work. */
static void
start_parts(RowBatch *batch, List *parts, bool quiet)
{
	List     *others = NIL;
	ListCell *lc;

	foreach (lc, parts)
	{
		ClusterNode *node = ((NodeBatch *) lfirst(lc))->node;

		if (!node->is_local)
			others = list_append_unique_int(others, node->node_id);
	}
	if (list_length(others) > 1)
		ConnectNodes(others);
	foreach (lc, parts)
	{
		if (!((NodeBatch *) lfirst(lc))->node->is_local)
			start_part(batch, lfirst(lc), quiet);
	}
	foreach (lc, parts)
	{
		if (((NodeBatch *) lfirst(lc))->node->is_local)
			start_part(batch, lfirst(lc), quiet);
	}
}

/* Returns, for each part, the rows that it returned. */
static List *
finish_parts(RowBatch *batch, List *parts, bool counts)
{
	List     *results = NIL;
	ListCell *lc;

	foreach (lc, parts)
		results = lappend(results, finish_part(batch, lfirst(lc), counts));
	return results;
}

/* Returns the same, of those parts whose rows count; of a reference table, what is left of the parts is the first. */
static List *
run_parts(RowBatch *batch, List **parts)
{
	List *results;
	List *first;

	if (LookupDistTable(batch->plan.table)->method != DIST_REFERENCE || *parts == NIL)
	{
		start_parts(batch, *parts, false);
		return finish_parts(batch, *parts, true);
	}
	first = list_make1(linitial(*parts));
	start_parts(batch, first, false);
	results = finish_parts(batch, first, true);
	*parts = list_delete_first(*parts);
	start_parts(batch, *parts, true);
	(void) finish_parts(batch, *parts, false);
	*parts = first;
	return results;
}

static void
run_batch(RowBatch *batch)
{
	bool      in_order = true;
	int       taken = list_length(batch->taken);
	List     *parts = divide_rows(batch);
	List     *results = run_parts(batch, &parts);
	List     *held = NIL;
	ListCell *lc;
	ListCell *lc2;

	batch->is_taken = false;
	foreach (lc, parts)
	{
		NodeBatch *part = lfirst(lc);

		held = AddHeldTriggers(held, part->node->node_id, part->held_triggers);
	}
	TakeHeldTriggers(batch->node->ss.ps.state, held);

	forboth (lc, parts, lc2, results)
		in_order &=
			list_length(((NodeBatch *) lfirst(lc))->rows) == list_length((List *) lfirst(lc2));
	batch->returned = palloc(sizeof(HeapTuple) * Max(taken, 1));
	batch->nreturned = batch->next = 0;
	forboth (lc, parts, lc2, results)
		keep_returned(batch, lfirst(lc), lfirst(lc2), in_order);
	if (in_order)
		batch->nreturned = taken;
}

bool
NextBatchRow(RowBatch *batch, TupleTableSlot *slot)
{
	int limit = Min(BATCH_ROWS, rows_of_values(batch, STATEMENT_PARAMS));

	for (;;)
	{
		MemoryContext old;

		if (batch->next < batch->nreturned)
		{
			ExecForceStoreHeapTuple(batch->returned[batch->next++], slot, false);
			return true;
		}
		if (batch->exhausted && !batch->is_taken)
			return false;

		if (!batch->is_taken)
			take_rows(batch, batch->plan.by_row ? 1 : limit);
		old = MemoryContextSwitchTo(batch->context);
		run_batch(batch);
		MemoryContextSwitchTo(old);
		if (!batch->returns_rows)
			batch->nreturned = 0;
	}
}
