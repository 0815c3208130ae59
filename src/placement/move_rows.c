/*-------------------------------------------------------------------------
 *
 * move_rows.c
 *	  Moves the rows of a table between its logical and its data tables.
 *
 * Rows move as they are: they are read and stored below rules, triggers and
 * policies. Check constraints and generation expressions of the data tables are
 * code of the table's owner, and run as the owner. How far it is shows the view
 * distshard.progress, by means of pg_stat_progress_copy.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/relation.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/index.h"
#include "catalog/pg_authid.h"
#include "commands/progress.h"
#include "executor/executor.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "nodes/execnodes.h"
#include "parser/analyze.h"
#include "parser/parser.h"
#include "pgstat.h"
#include "executor/progress.h"
#include "executor/sharded_copy.h"
#include "placement/distribute.h"
#include "planner/claim.h"
#include "planner/estimate.h"
#include "planner/on_behalf.h"
#include "storage/bufmgr.h"
#include "storage/predicate.h"
#include "tcop/tcopprot.h"
#include "transaction/xact.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

static char *
QualifiedName(Oid relid)
{
	return quote_qualified_identifier(get_namespace_name(get_rel_namespace(relid)),
									  get_rel_name(relid));
}

/* The columns, as SQL. */
static char *
ColumnList(Relation relation)
{
	TupleDesc      columns = RelationGetDescr(relation);
	StringInfoData list;

	initStringInfo(&list);
	for (int i = 0; i < columns->natts; i++)
	{
		Form_pg_attribute column = TupleDescAttr(columns, i);

		if (!column->attisdropped)
			appendStringInfo(&list, "%s%s", list.len > 0 ? ", " : "",
							 quote_identifier(NameStr(column->attname)));
	}
	return list.data;
}

static void
Reindex(Relation relation)
{
	ReindexParams params = {0};
	int           guc_level = NewGUCNestLevel();

	UseKeptSearchPath();
	reindex_relation(RelationGetRelid(relation), REINDEX_REL_PROCESS_TOAST, &params);
	AtEOXact_GUC(true, guc_level);
}

/* Policies are applied in a rewriting step, which is left out. */
static PlannedStmt *
PlanWithoutRewriting(const char *sql)
{
	RawStmt *raw = linitial_node(RawStmt, raw_parser(sql, RAW_PARSE_DEFAULT));
	Query   *query = parse_analyze_fixedparams(raw, sql, NULL, 0, NULL);

	return pg_plan_query(query, sql, CURSOR_OPT_PARALLEL_OK, NULL);
}

static void
StartProgress(Relation logical, uint64 bytes)
{
	int   index[] = {PROGRESS_COPY_COMMAND, PROGRESS_COPY_TYPE, PROGRESS_COPY_BYTES_TOTAL};
	int64 values[] = {PROGRESS_COPY_COMMAND_FROM, PROGRESS_COPY_TYPE_CALLBACK, bytes};

	pgstat_progress_start_command(PROGRESS_COMMAND_COPY, RelationGetRelid(logical));
	pgstat_progress_update_multi_param(lengthof(index), index, values);
}

/* A scan of the logical table's heap, below the planner. */
typedef struct HeapSource
{
	TableScanDesc   scan;
	TupleTableSlot *slot;
	BlockNumber     block; /* that the last row was on */
} HeapSource;

static TupleTableSlot *
NextHeapRow(void *arg)
{
	HeapSource *source = arg;

	CHECK_FOR_INTERRUPTS();
	if (!table_scan_getnextslot(source->scan, ForwardScanDirection, source->slot))
		return NULL;
	if (ItemPointerGetBlockNumber(&source->slot->tts_tid) != source->block)
	{
		source->block = ItemPointerGetBlockNumber(&source->slot->tts_tid);
		pgstat_progress_update_param(PROGRESS_COPY_BYTES_PROCESSED, (int64) source->block * BLCKSZ);
	}
	return source->slot;
}

/* SpreadRows copies all rows of the logical table to the nodes that hold the table's shards. */
void
SpreadRows(Relation logical, DistTable *table)
{
	Snapshot   snapshot = RegisterSnapshot(GetLatestSnapshot());
	HeapSource source = {table_beginscan_strat(logical, snapshot, 0, NULL, true, false),
						 table_slot_create(logical, NULL), 0};
	TupleDesc  columns = RelationGetDescr(logical);
	List      *attnums = NIL;
	Oid        user;
	int        context;

	for (int i = 0; i < columns->natts; i++)
	{
		Form_pg_attribute column = TupleDescAttr(columns, i);

		if (!column->attisdropped && !column->attgenerated)
			attnums = lappend_int(attnums, column->attnum);
	}

	GetUserIdAndSecContext(&user, &context);
	SetUserIdAndSecContext(logical->rd_rel->relowner, context | SECURITY_RESTRICTED_OPERATION);
	StartProgress(logical, (uint64) RelationGetNumberOfBlocks(logical) * BLCKSZ);
	CopyTuplesToShards(table, logical, attnums, NextHeapRow, &source, NULL, NULL);
	pgstat_progress_end_command();
	SetUserIdAndSecContext(user, context);
	ExecDropSingleTupleTableSlot(source.slot);
	table_endscan(source.scan);
	UnregisterSnapshot(snapshot);
	CommandCounterIncrement();
}

/* Where rows go that come back into the logical table. */
typedef struct HeapSink
{
	DestReceiver    receiver; /* must be first */
	Relation        logical;
	TupleTableSlot *slot;
	BulkInsertState state;
	CommandId       command;
	int64           rows;
} HeapSink;

/* Stores a row that has all columns but the dropped ones. */
static bool
StoreRow(TupleTableSlot *row, DestReceiver *receiver)
{
	HeapSink       *sink = (HeapSink *) receiver;
	TupleTableSlot *slot = sink->slot;
	int             from = 0;

	slot_getallattrs(row);
	ExecClearTuple(slot);
	for (int i = 0; i < slot->tts_tupleDescriptor->natts; i++)
	{
		bool dropped = TupleDescAttr(slot->tts_tupleDescriptor, i)->attisdropped;

		slot->tts_values[i] = dropped ? (Datum) 0 : row->tts_values[from];
		slot->tts_isnull[i] = dropped ? true : row->tts_isnull[from];
		from += dropped ? 0 : 1;
	}
	ExecStoreVirtualTuple(slot);
	table_tuple_insert(sink->logical, slot, sink->command, TABLE_INSERT_SKIP_FSM, sink->state);
	if ((++sink->rows & 1023) == 0)
	{
		ShowRows(sink->rows);
		pgstat_progress_update_param(PROGRESS_COPY_BYTES_PROCESSED,
									 (int64) ItemPointerGetBlockNumber(&slot->tts_tid) * BLCKSZ);
	}
	return true;
}

static void
StartSink(DestReceiver *receiver, int operation, TupleDesc type)
{
}

static void
EndSink(DestReceiver *receiver)
{
}

static void
OpenSink(HeapSink *sink, Relation logical)
{
	memset(sink, 0, sizeof(HeapSink));
	sink->receiver.receiveSlot = StoreRow;
	sink->receiver.rStartup = StartSink;
	sink->receiver.rShutdown = EndSink;
	sink->receiver.rDestroy = EndSink;
	sink->receiver.mydest = DestNone;
	sink->logical = logical;
	sink->slot = table_slot_create(logical, NULL);
	sink->state = GetBulkInsertState();
	sink->command = GetCurrentCommandId(true);
}

static void
CloseSink(HeapSink *sink)
{
	FreeBulkInsertState(sink->state);
	table_finish_bulk_insert(sink->logical, TABLE_INSERT_SKIP_FSM);
	ExecDropSingleTupleTableSlot(sink->slot);
	CommandCounterIncrement();
}

/* Runs a SELECT on this node, without rewriting. */
static void
RunSelect(const char *sql, DestReceiver *receiver)
{
	QueryDesc *query;

	PushActiveSnapshot(GetLatestSnapshot());
	UpdateActiveSnapshotCommandId();
	query = CreateQueryDesc(PlanWithoutRewriting(sql), sql, GetActiveSnapshot(), InvalidSnapshot,
							receiver, NULL, NULL, 0);
	ExecutorStart(query, 0);
	ExecutorRun(query, ForwardScanDirection, 0, true);
	ExecutorFinish(query);
	ExecutorEnd(query);
	FreeQueryDesc(query);
	PopActiveSnapshot();
}

/* The columns that are not dropped. */
static TupleDesc
LiveColumns(Relation logical)
{
	TupleDesc all = RelationGetDescr(logical);
	TupleDesc live = CreateTemplateTupleDesc(all->natts);
	int       count = 0;

	for (int i = 0; i < all->natts; i++)
	{
		if (!TupleDescAttr(all, i)->attisdropped)
			TupleDescCopyEntry(live, ++count, all, i + 1);
	}
	live->natts = count;
	return live;
}

static bool
HoldsRows(ClusterNode *node, DistTable *table)
{
	if (table->method == DIST_REFERENCE)
		return node->is_local;
	for (int i = 0; i < table->nshards; i++)
	{
		if (table->shards[i].group_id == node->group_id)
			return true;
	}
	return false;
}

/* Has the other nodes send their rows, whatever policies there are. */
static List *
AskForRows(const char *sql, TupleDesc columns, DistTable *table)
{
	List          *commands = NIL;
	StringInfoData fragment;
	ListCell      *lc;

	initStringInfo(&fragment);
	AppendClaim(&fragment, NULL, GetUserId(), false);
	AppendPolicyClaim(&fragment, BOOTSTRAP_SUPERUSERID);
	appendStringInfoString(&fragment, sql);
	foreach (lc, AllPrimaries())
	{
		ClusterNode *node = lfirst(lc);
		NodeConn    *conn;

		if (node->is_local || !HoldsRows(node, table))
			continue;
		conn = EnlistNode(node->node_id, REMOTE_READ);
		commands =
			lappend(commands, QueueCommand(conn, fragment.data, NULL, columns, COMMAND_ROWS));
		FlushCommands(conn);
	}
	return commands;
}

/*
 * FillLogicalTable stores all rows of all nodes in the logical table. They go
 * into its heap as they are, without evaluating or checking anything: what
 * holds for the data table, holds here. The indexes are built at the end.
 * Planning simplifies index expressions, and values of domains are checked as
 * they arrive: by the owner's functions, as the owner.
 */
void
FillLogicalTable(Relation logical, DistTable *table)
{
	char *sql =
		psprintf("SELECT %s FROM %s", ColumnList(logical), QualifiedName(table->data_relid));
	TupleDesc columns = LiveColumns(logical);
	int       guc_level = NewGUCNestLevel();
	List     *commands;
	HeapSink  sink;
	ListCell *lc;
	double    pages;
	double    tuples;
	Oid       user;
	int       context;

	UseKeptSearchPath();
	GetUserIdAndSecContext(&user, &context);
	SetUserIdAndSecContext(logical->rd_rel->relowner, context | SECURITY_RESTRICTED_OPERATION);
	commands = AskForRows(sql, columns, table);

	OpenSink(&sink, logical);
	GuessSize(logical, table, &pages, &tuples);
	StartProgress(logical, (uint64) pages * BLCKSZ);
	RunSelect(sql, &sink.receiver);
	foreach (lc, commands)
	{
		TupleTableSlot *slot = MakeSingleTupleTableSlot(columns, &TTSOpsVirtual);

		while (NextRow(lfirst(lc), slot))
			StoreRow(slot, &sink.receiver);
		ExecDropSingleTupleTableSlot(slot);
	}
	CloseSink(&sink);
	pgstat_progress_end_command();
	SetUserIdAndSecContext(user, context);
	Reindex(logical);
	AtEOXact_GUC(true, guc_level);
}

/*
 * EmptyTable gives the table new, empty storage, as TRUNCATE does, whatever
 * foreign keys there are. The old storage goes at commit. The caller holds
 * AccessExclusiveLock.
 */
void
EmptyTable(Relation logical)
{
	CheckTableForSerializableConflictIn(logical);
	RelationSetNewRelfilenode(logical, logical->rd_rel->relpersistence);
	if (OidIsValid(logical->rd_rel->reltoastrelid))
	{
		Relation toast = relation_open(logical->rd_rel->reltoastrelid, AccessExclusiveLock);

		RelationSetNewRelfilenode(toast, toast->rd_rel->relpersistence);
		table_close(toast, NoLock);
	}
	Reindex(logical);
	pgstat_count_truncate(logical);
	CommandCounterIncrement();
}
