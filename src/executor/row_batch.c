/*-------------------------------------------------------------------------
 *
 * row_batch.c
 *	  Rows sent as INSERT statements of many rows.
 *
 * Rows are taken some hundred at a time, divided by node, and sent to each node
 * as one INSERT ... VALUES with a parameter for each value. All nodes work at
 * once. RETURNING gives its rows in the order of the input as long as every row
 * returns one, as PostgreSQL does.
 *
 * Rows for a reference table go to the first node alone, then to the others;
 * the first one's answer counts.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/metadata.h"
#include "executor/executor.h"
#include "executor/local_fragment.h"
#include "executor/params.h"
#include "executor/row_batch.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "planner/claim.h"
#include "planner/dist_plan.h"
#include "planner/print.h"
#include "transaction/xact.h"
#include "transport/connection.h"
#include "utils/datum.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/tuplestore.h"

/* Rows taken at a time, and how many parameters a statement may have. */
#define BATCH_ROWS       500
#define STATEMENT_PARAMS 32000

/* The rows of a batch that go to one node. */
typedef struct NodeBatch
{
	ClusterNode   *node;
	List          *rows;      /* of HeapTuple */
	List          *positions; /* of int: where each row stood in the input */
	RemoteCommand *command;
	LocalFragment *local;
} NodeBatch;

struct RowBatch
{
	CustomScanState *node;
	Query           *insert;
	Relation         logical;
	List            *attnums;
	RowSource        source;
	void            *arg;
	MemoryContext    context; /* of one batch */
	TupleTableSlot  *stored;  /* a row of a local fragment */
	HeapTuple       *returned;
	int              nreturned;
	int              next; /* of returned, to be given out */
	bool             exhausted;
};

RowBatch *
BeginRowBatch(CustomScanState *node, Query *insert, Relation logical, List *attnums,
			  RowSource source, void *arg)
{
	EState       *estate = node->ss.ps.state;
	MemoryContext old = MemoryContextSwitchTo(estate->es_query_cxt);
	RowBatch     *batch = palloc0(sizeof(RowBatch));

	batch->node = node;
	batch->insert = insert;
	batch->logical = logical;
	batch->attnums = attnums;
	batch->source = source;
	batch->arg = arg;
	batch->context =
		AllocSetContextCreate(estate->es_query_cxt, "distshard rows", ALLOCSET_DEFAULT_SIZES);
	batch->stored = ExecInitExtraTupleSlot(estate, node->ss.ss_ScanTupleSlot->tts_tupleDescriptor,
										   &TTSOpsMinimalTuple);
	MemoryContextSwitchTo(old);
	return batch;
}

/* Makes the INSERT take rows of parameters. */
static Query *
insert_of_params(RowBatch *batch, int nrows)
{
	Query         *query = copyObject(batch->insert);
	RangeTblEntry *values = makeNode(RangeTblEntry);
	RangeTblRef   *ref = makeNode(RangeTblRef);
	TupleDesc      desc = RelationGetDescr(batch->logical);
	List          *names = NIL;
	ListCell      *lc;
	int            rti = 0;
	int            param = OWN_PARAM_BASE;
	int            row;

	foreach (lc, query->rtable)
	{
		rti++;
		if (rti != query->resultRelation &&
			!(query->onConflict && rti == query->onConflict->exclRelIndex))
		{
			RangeTblEntry *unused = makeNode(RangeTblEntry);

			unused->rtekind = RTE_RESULT;
			unused->eref = makeAlias("*RESULT*", NIL);
			lfirst(lc) = unused;
		}
	}

	query->targetList = NIL;
	ref->rtindex = list_length(query->rtable) + 1;
	foreach (lc, batch->attnums)
	{
		Form_pg_attribute att = TupleDescAttr(desc, lfirst_int(lc) - 1);
		char             *name = pstrdup(NameStr(att->attname));
		Var *var = makeVar(ref->rtindex, list_length(names) + 1, att->atttypid, att->atttypmod,
						   att->attcollation, 0);

		names = lappend(names, makeString(name));
		values->coltypes = lappend_oid(values->coltypes, att->atttypid);
		values->coltypmods = lappend_int(values->coltypmods, att->atttypmod);
		values->colcollations = lappend_oid(values->colcollations, att->attcollation);
		query->targetList =
			lappend(query->targetList, makeTargetEntry((Expr *) var, att->attnum, name, false));
	}
	for (row = 0; row < nrows; row++)
	{
		List *exprs = NIL;

		foreach (lc, batch->attnums)
		{
			Form_pg_attribute att = TupleDescAttr(desc, lfirst_int(lc) - 1);
			Param            *expr = makeNode(Param);

			expr->paramkind = PARAM_EXTERN;
			expr->paramid = param++;
			expr->paramtype = att->atttypid;
			expr->paramtypmod = att->atttypmod;
			expr->paramcollid = att->attcollation;
			expr->location = -1;
			exprs = lappend(exprs, expr);
		}
		values->values_lists = lappend(values->values_lists, exprs);
	}
	values->rtekind = RTE_VALUES;
	values->eref = makeAlias("*VALUES*", names);
	values->inFromCl = true;
	query->rtable = lappend(query->rtable, values);
	query->jointree = makeFromExpr(list_make1(ref), NULL);
	return query;
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
		TupleDesc         desc = RelationGetDescr(context->batch->logical);
		int               ncolumns = list_length(context->batch->attnums);
		int               i = ((Param *) node)->paramid - OWN_PARAM_BASE;
		AttrNumber        attno = list_nth_int(context->batch->attnums, i % ncolumns);
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
start_part(RowBatch *batch, NodeBatch *part)
{
	List          *exprs;
	char          *sql;
	ParamListInfo  params;
	StringInfoData text;

	sql = PrintFragment(insert_of_params(batch, list_length(part->rows)), false, &exprs);
	params = statement_params(batch, part, exprs);
	initStringInfo(&text);
	AppendClaim(&text, NULL, GetUserId(), false);
	appendStringInfoString(&text, sql);

	if (part->node->is_local)
		part->local = RunLocalFragment(text.data, params);
	else
	{
		NodeConn *conn = EnlistNode(part->node->node_id, REMOTE_WRITE);
		bool      rows = batch->insert->returningList != NIL;

		part->command = QueueCommand(conn, text.data, EncodeParams(params),
									 rows ? batch->stored->tts_tupleDescriptor : NULL,
									 COMMAND_PREPARE | (rows ? COMMAND_ROWS : 0));
		FlushCommands(conn);
	}
}

static void
add_row(RowBatch *batch, List **parts, ClusterNode *node, HeapTuple row, int position)
{
	NodeBatch *part = NULL;
	ListCell  *lc;

	foreach (lc, *parts)
	{
		if (((NodeBatch *) lfirst(lc))->node == node)
			part = lfirst(lc);
	}
	if (part == NULL)
	{
		part = palloc0(sizeof(NodeBatch));
		part->node = node;
		*parts = lappend(*parts, part);
	}
	part->rows = lappend(part->rows, row);
	part->positions = lappend_int(part->positions, position);
}

/* Takes the next rows from the source, divided by node. */
static List *
take_rows(RowBatch *batch, int *taken)
{
	DistTable *table = LookupDistTable(RelationGetRelid(batch->logical));
	List      *parts = NIL;
	int        limit = Min(BATCH_ROWS, STATEMENT_PARAMS / Max(list_length(batch->attnums), 1));

	for (*taken = 0; *taken < limit; (*taken)++)
	{
		TupleTableSlot *slot = batch->source(batch->arg);
		HeapTuple       row;

		if (slot == NULL)
		{
			batch->exhausted = true;
			break;
		}
		row = ExecCopySlotHeapTuple(slot);
		if (table->method == DIST_REFERENCE)
		{
			ListCell *lc;

			foreach (lc, AllPrimaries())
				add_row(batch, &parts, lfirst(lc), row, *taken);
		}
		else
		{
			Shard *shard = &table->shards[0];

			if (table->method == DIST_HASH)
				shard = ShardForHash(table, HashKey(table, slot->tts_values[table->key_attno - 1],
													slot->tts_isnull[table->key_attno - 1]));
			add_row(batch, &parts, GroupPrimary(shard->group_id), row, *taken);
		}
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
		while (NextLocalRow(part->local, batch->stored))
			rows = lappend(rows, ExecCopySlotHeapTuple(batch->stored));
		count = part->local->processed;
		EndLocalFragment(part->local);
	}
	else
	{
		while (batch->insert->returningList && NextRow(part->command, slot))
			rows = lappend(rows, ExecCopySlotHeapTuple(slot));
		count = CommandRowCount(part->command);
		CloseCommand(part->command);
	}
	if (counts && batch->insert->canSetTag)
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

static void
run_batch(RowBatch *batch)
{
	DistTable *table = LookupDistTable(RelationGetRelid(batch->logical));
	bool       copies = table->method == DIST_REFERENCE;
	bool       in_order = true;
	int        taken;
	List      *parts = take_rows(batch, &taken);
	List      *results = NIL;
	ListCell  *lc;
	ListCell  *lc2;

	foreach (lc, parts)
	{
		NodeBatch *part = lfirst(lc);

		start_part(batch, part);
		if (copies)
			results = lappend(results, finish_part(batch, part, lc == list_head(parts)));
	}
	if (copies)
		parts = list_truncate(parts, 1);
	else
	{
		foreach (lc, parts)
			results = lappend(results, finish_part(batch, lfirst(lc), true));
	}

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
	for (;;)
	{
		MemoryContext old;

		if (batch->next < batch->nreturned)
		{
			ExecForceStoreHeapTuple(batch->returned[batch->next++], slot, false);
			return true;
		}
		if (batch->exhausted)
			return false;

		MemoryContextReset(batch->context);
		old = MemoryContextSwitchTo(batch->context);
		run_batch(batch);
		MemoryContextSwitchTo(old);
		if (batch->insert->returningList == NIL)
			batch->nreturned = 0;
	}
}
