/*-------------------------------------------------------------------------
 *
 * moved_rows.c
 *	  Rows that change node because their shard key was updated.
 *
 * When a statement that may move rows is done on its nodes, those that have to
 * leave wait there (outbox.c). They are all taken before the first is inserted:
 * the tables come in an order in which what is referenced is there first.
 *
 * Policies and triggers have seen the rows as an UPDATE's, so they are inserted
 * past policies, and the only triggers are those after the insertion.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/metadata.h"
#include "executor/executor.h"
#include "executor/modify_node.h"
#include "executor/moved_rows.h"
#include "executor/outbox.h"
#include "executor/row_batch.h"
#include "miscadmin.h"
#include "planner/after_row.h"
#include "planner/claim.h"
#include "planner/row_template.h"
#include "transaction/start_time.h"
#include "transaction/xact.h"
#include "transport/connection.h"
#include "transport/remote_xact.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/tuplestore.h"

/* The rows of one table that move. */
typedef struct MovedRows
{
	Oid              table;
	List            *attnums; /* of int: the columns that are stored */
	TupleDesc        desc;    /* of these */
	Tuplestorestate *rows;
	TupleTableSlot  *slot;
} MovedRows;

static MovedRows *
begin_moved(Oid relid)
{
	MovedRows *moved = palloc0(sizeof(MovedRows));
	Relation   logical = table_open(relid, RowExclusiveLock);
	TupleDesc  desc = RelationGetDescr(logical);
	ListCell  *lc;

	moved->table = relid;
	for (int i = 0; i < desc->natts; i++)
	{
		if (!TupleDescAttr(desc, i)->attisdropped && !TupleDescAttr(desc, i)->attgenerated)
			moved->attnums = lappend_int(moved->attnums, i + 1);
	}
	moved->desc = CreateTemplateTupleDesc(list_length(moved->attnums));
	foreach (lc, moved->attnums)
		TupleDescCopyEntry(moved->desc, foreach_current_index(lc) + 1, desc, lfirst_int(lc));
	moved->rows = tuplestore_begin_heap(false, false, work_mem);
	moved->slot = MakeSingleTupleTableSlot(moved->desc, &TTSOpsMinimalTuple);
	table_close(logical, NoLock);
	return moved;
}

static char *
text_to_take(MovedRows *moved)
{
	const char    *separator = "SELECT ";
	StringInfoData text;
	ListCell      *lc;

	initStringInfo(&text);
	AppendClaim(&text, NULL, GetUserId(), false);
	AppendMovesClaim(&text, true);
	foreach (lc, moved->attnums)
	{
		appendStringInfo(&text, "%s%s", separator,
						 quote_identifier(get_attname(moved->table, lfirst_int(lc), false)));
		separator = ", ";
	}
	appendStringInfo(&text, " FROM distshard.take_moved(NULL::%s)",
					 quote_qualified_identifier(get_namespace_name(get_rel_namespace(moved->table)),
												get_rel_name(moved->table)));
	return text.data;
}

static void
take_rows(MovedRows *moved, List *nodes)
{
	TupleTableSlot *slot = MakeSingleTupleTableSlot(moved->desc, &TTSOpsVirtual);
	char           *sql = text_to_take(moved);
	bool            fires = InsertFiresBeforeRow(moved->table);
	List           *commands = NIL;
	ListCell       *lc;

	foreach (lc, nodes)
	{
		NodeConn *conn;

		if (LookupNode(lfirst_int(lc), false)->is_local)
			continue;
		conn = EnlistNode(lfirst_int(lc), REMOTE_WRITE);
		QueueStartTime(conn, moved->table, fires);
		commands = lappend(
			commands, QueueCommand(conn, sql, NULL, moved->desc, COMMAND_PREPARE | COMMAND_ROWS));
		FlushCommands(conn);
	}
	foreach (lc, nodes)
	{
		if (LookupNode(lfirst_int(lc), false)->is_local)
			TakeMovedRows(moved->table, moved->attnums, moved->rows);
	}
	foreach (lc, commands)
	{
		while (NextRow(lfirst(lc), slot))
			tuplestore_puttupleslot(moved->rows, slot);
		CloseCommand(lfirst(lc));
	}
	ExecDropSingleTupleTableSlot(slot);
}

static TupleTableSlot *
next_moved(void *arg)
{
	MovedRows *moved = arg;

	return NextComputedRow(moved->rows, moved->slot) ? moved->slot : NULL;
}

static void
insert_rows(CustomScanState *node, MovedRows *moved)
{
	RowBatchPlan plan = {moved->table};
	ListCell    *lc;

	plan.statement = InsertTemplate(moved->table, moved->attnums);
	plan.fired = true;
	foreach (lc, moved->attnums)
	{
		int column = foreach_current_index(lc) + 1;

		plan.columns = lappend_int(plan.columns, column);
		if (lfirst_int(lc) == LookupDistTable(moved->table)->key_attno)
			plan.key = column;
	}
	(void) NextBatchRow(BeginRowBatch(node, &plan, moved->desc, next_moved, moved),
						node->ss.ss_ScanTupleSlot);
}

/* Those where rows wait; whether they do here is known when they are looked for. */
static List *
nodes_with_rows(List *nodes)
{
	List     *result = NIL;
	ListCell *lc;

	foreach (lc, nodes)
	{
		int32 node_id = lfirst_int(lc);

		if (LookupNode(node_id, false)->is_local || RowsWait(PeekNodeConn(node_id)))
			result = lappend_int(result, node_id);
	}
	return result;
}

void
MoveRows(CustomScanState *node, List *tables, List *nodes)
{
	MemoryContext context;
	MemoryContext old;
	List         *all = NIL;
	ListCell     *lc;

	if (tables == NIL || (nodes = nodes_with_rows(nodes)) == NIL)
		return;
	context =
		AllocSetContextCreate(CurrentMemoryContext, "distshard moved rows", ALLOCSET_DEFAULT_SIZES);
	old = MemoryContextSwitchTo(context);
	foreach (lc, tables)
		all = lappend(all, begin_moved(lfirst_oid(lc)));
	foreach (lc, all)
		take_rows(lfirst(lc), nodes);
	foreach (lc, all)
	{
		MovedRows *moved = lfirst(lc);

		if (tuplestore_tuple_count(moved->rows) > 0)
			insert_rows(node, moved);
		ExecDropSingleTupleTableSlot(moved->slot);
		tuplestore_end(moved->rows);
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
}
