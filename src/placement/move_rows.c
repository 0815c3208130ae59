/*-------------------------------------------------------------------------
 *
 * move_rows.c
 *	  Moves the rows of a table between its logical and its data table.
 *
 * While rows are moved within this node, the table isn't in the metadata catalog,
 * so both relations are ordinary ones to the planner. Rows move as they are: no rules, triggers
 * or policies of the user's have a say. Plans are made as superuser, lest
 * policies hide rows, and run as the table's owner, since check constraints and
 * generation expressions are code of the owner's.
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
#include "commands/trigger.h"
#include "executor/executor.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "nodes/execnodes.h"
#include "parser/analyze.h"
#include "parser/parser.h"
#include "pgstat.h"
#include "executor/sharded_copy.h"
#include "placement/distribute.h"
#include "planner/claim.h"
#include "storage/predicate.h"
#include "tcop/tcopprot.h"
#include "transaction/xact.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

static char *
QualifiedName(Oid relid)
{
	return quote_qualified_identifier(get_namespace_name(get_rel_namespace(relid)),
									  get_rel_name(relid));
}

/* The columns as SQL, the generated ones only if wanted. */
static char *
ColumnList(Relation relation, bool generated_too)
{
	TupleDesc      columns = RelationGetDescr(relation);
	StringInfoData list;

	initStringInfo(&list);
	for (int i = 0; i < columns->natts; i++)
	{
		Form_pg_attribute column = TupleDescAttr(columns, i);

		if (!column->attisdropped && (generated_too || !column->attgenerated))
			appendStringInfo(&list, "%s%s", list.len > 0 ? ", " : "",
							 quote_identifier(NameStr(column->attname)));
	}
	return list.data;
}

static void
Reindex(Relation relation)
{
	ReindexParams params = {0};

	reindex_relation(RelationGetRelid(relation), REINDEX_REL_PROCESS_TOAST, &params);
}

/* Rules and policies are applied in a rewriting step, which is left out. */
static PlannedStmt *
PlanWithoutRewriting(const char *sql)
{
	RawStmt *raw = linitial_node(RawStmt, raw_parser(sql, RAW_PARSE_DEFAULT));
	Query   *query = parse_analyze_fixedparams(raw, sql, NULL, 0, NULL);

	return pg_plan_query(query, sql, CURSOR_OPT_PARALLEL_OK, NULL);
}

/* Runs INSERT .. SELECT as owner, without triggers. */
static void
RunInsert(const char *sql, Oid owner)
{
	PlannedStmt *plan = PlanWithoutRewriting(sql);
	QueryDesc   *query;
	Oid          user;
	int          context;

	GetUserIdAndSecContext(&user, &context);
	SetUserIdAndSecContext(owner, context | SECURITY_RESTRICTED_OPERATION);
	PushActiveSnapshot(GetLatestSnapshot());
	UpdateActiveSnapshotCommandId();
	query = CreateQueryDesc(plan, sql, GetActiveSnapshot(), InvalidSnapshot, None_Receiver, NULL,
							NULL, 0);
	ExecutorStart(query, 0);
	castNode(ModifyTableState, query->planstate)->resultRelInfo->ri_TrigDesc = NULL;
	ExecutorRun(query, ForwardScanDirection, 0, true);
	ExecutorFinish(query);
	ExecutorEnd(query);
	FreeQueryDesc(query);
	PopActiveSnapshot();
	SetUserIdAndSecContext(user, context);
	CommandCounterIncrement();
}

/* FillDataTable copies all rows of the logical table into the data table, of which this node has all shards. */
void
FillDataTable(Relation logical, Oid data_relid)
{
	char *columns = ColumnList(logical, false);
	char *sql;

	if (columns[0] == '\0')
		sql = psprintf("INSERT INTO %s SELECT FROM ONLY %s", QualifiedName(data_relid),
					   QualifiedName(RelationGetRelid(logical)));
	else
		sql = psprintf("INSERT INTO %s (%s) SELECT %s FROM ONLY %s", QualifiedName(data_relid),
					   columns, columns, QualifiedName(RelationGetRelid(logical)));
	RunInsert(sql, logical->rd_rel->relowner);
}

/* A scan of the logical table's heap, below the planner. */
typedef struct HeapSource
{
	TableScanDesc   scan;
	TupleTableSlot *slot;
} HeapSource;

static TupleTableSlot *
NextHeapRow(void *arg)
{
	HeapSource *source = arg;

	CHECK_FOR_INTERRUPTS();
	return table_scan_getnextslot(source->scan, ForwardScanDirection, source->slot) ? source->slot
																					: NULL;
}

/* SpreadRows copies all rows of the logical table to the nodes that hold the table's shards. */
void
SpreadRows(Relation logical, DistTable *table)
{
	Snapshot   snapshot = RegisterSnapshot(GetLatestSnapshot());
	HeapSource source = {table_beginscan(logical, snapshot, 0, NULL),
						 table_slot_create(logical, NULL)};
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
	CopyTuplesToShards(table, logical, attnums, NextHeapRow, &source);
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

/* Has the other nodes send their rows. */
static List *
AskForRows(const char *sql, TupleDesc columns, DistTable *table)
{
	List          *commands = NIL;
	StringInfoData fragment;
	ListCell      *lc;

	initStringInfo(&fragment);
	AppendClaim(&fragment, NULL, BOOTSTRAP_SUPERUSERID, false);
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
 */
void
FillLogicalTable(Relation logical, DistTable *table)
{
	char *sql =
		psprintf("SELECT %s FROM %s", ColumnList(logical, true), QualifiedName(table->data_relid));
	TupleDesc columns = LiveColumns(logical);
	List     *commands = AskForRows(sql, columns, table);
	HeapSink  sink;
	ListCell *lc;

	OpenSink(&sink, logical);
	RunSelect(sql, &sink.receiver);
	foreach (lc, commands)
	{
		TupleTableSlot *slot = MakeSingleTupleTableSlot(columns, &TTSOpsVirtual);

		while (NextRow(lfirst(lc), slot))
			StoreRow(slot, &sink.receiver);
		ExecDropSingleTupleTableSlot(slot);
	}
	CloseSink(&sink);
	Reindex(logical);
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
