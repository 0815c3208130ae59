/*-------------------------------------------------------------------------
 *
 * move_rows.c
 *	  Moves the rows of a table between its logical and its data table.
 *
 * The table isn't in the metadata catalog while this runs, so both relations
 * are ordinary ones to the planner. Rows move as they are: no rules, triggers
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
#include "commands/trigger.h"
#include "executor/executor.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "nodes/execnodes.h"
#include "parser/analyze.h"
#include "parser/parser.h"
#include "pgstat.h"
#include "placement/distribute.h"
#include "storage/predicate.h"
#include "tcop/tcopprot.h"
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

/* Runs INSERT .. SELECT as owner, without triggers. Returns the number of rows. */
static uint64
RunInsert(const char *sql, Oid owner)
{
	PlannedStmt *plan = PlanWithoutRewriting(sql);
	QueryDesc   *query;
	Oid          user;
	int          context;
	uint64       count;

	GetUserIdAndSecContext(&user, &context);
	SetUserIdAndSecContext(owner, context | SECURITY_RESTRICTED_OPERATION);
	PushActiveSnapshot(GetLatestSnapshot());
	UpdateActiveSnapshotCommandId();
	query = CreateQueryDesc(plan, sql, GetActiveSnapshot(), InvalidSnapshot, None_Receiver, NULL,
							NULL, 0);
	ExecutorStart(query, 0);
	castNode(ModifyTableState, query->planstate)->resultRelInfo->ri_TrigDesc = NULL;
	ExecutorRun(query, ForwardScanDirection, 0, true);
	count = query->estate->es_processed;
	ExecutorFinish(query);
	ExecutorEnd(query);
	FreeQueryDesc(query);
	PopActiveSnapshot();
	SetUserIdAndSecContext(user, context);
	CommandCounterIncrement();
	return count;
}

/* FillDataTable copies all rows of the logical table into the data table. */
uint64
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
	return RunInsert(sql, logical->rd_rel->relowner);
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

/*
 * FillLogicalTable stores all rows of the data table in the logical table. They
 * go into its heap as they are, without evaluating or checking anything: what
 * holds for the data table, holds here. The indexes are built at the end.
 */
void
FillLogicalTable(Relation logical, Oid data_relid)
{
	HeapSink sink;

	OpenSink(&sink, logical);
	RunSelect(psprintf("SELECT %s FROM %s", ColumnList(logical, true), QualifiedName(data_relid)),
			  &sink.receiver);
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
