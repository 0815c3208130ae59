/*-------------------------------------------------------------------------
 *
 * outbox.c
 *	  Rows that an UPDATE moves away from this node's shards.
 *
 * An UPDATE of the shard key moves a row as PostgreSQL moves it to another
 * partition: it is deleted here and inserted where tuple routing says. For keys
 * whose shards are on other nodes, routing finds one partition more than there
 * is: the logical table, whose own heap is empty. The rows wait in it until the
 * node that the statement came in on has taken them, still in the same
 * statement, and inserted them where they belong. So triggers, policies,
 * RETURNING and foreign keys act as they do for partitions.
 *
 * A row in that heap at the end of a transaction would be lost: there is none,
 * or the transaction fails.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/relation.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/metadata.h"
#include "catalog/pg_class.h"
#include "executor/execPartition.h"
#include "executor/executor.h"
#include "executor/outbox.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "partitioning/partbounds.h"
#include "partitioning/partdesc.h"
#include "planner/claim.h"
#include "tcop/tcopprot.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/partcache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

PG_FUNCTION_INFO_V1(distshard_take_moved);

/* Logical tables whose heaps may hold rows of this transaction. */
static List *opened = NIL;

/* The partitions of this node, and behind them the logical table. */
static PartitionDesc
with_outbox(Relation data, Oid logical_relid)
{
	PartitionDesc own = RelationGetPartitionDesc(data, true);
	PartitionDesc result = palloc(sizeof(PartitionDescData));
	int           n = own->nparts;

	*result = *own;
	result->detached_exist = false;
	result->nparts = n + 1;
	result->oids = palloc(sizeof(Oid) * (n + 1));
	memcpy(result->oids, own->oids, sizeof(Oid) * n);
	result->oids[n] = logical_relid;
	result->is_leaf = palloc(sizeof(bool) * (n + 1));
	memcpy(result->is_leaf, own->is_leaf, sizeof(bool) * n);
	result->is_leaf[n] = true;
	result->boundinfo = partition_bounds_copy(own->boundinfo, RelationGetPartitionKey(data));
	return result;
}

/* Tuple routing reads the partitions once, from a directory of the executor's. */
static PartitionTupleRouting *
set_up_routing(EState *estate, Relation data, PartitionDesc partitions)
{
	PartitionDirectory     directory = CreatePartitionDirectory(CurrentMemoryContext, true);
	PartitionDirectory     others = estate->es_partition_directory;
	PartitionDesc          own = data->rd_partdesc;
	PartitionTupleRouting *routing;

	PG_TRY();
	{
		data->rd_partdesc = partitions;
		PartitionDirectoryLookup(directory, data);
	}
	PG_FINALLY();
	{
		data->rd_partdesc = own;
	}
	PG_END_TRY();
	estate->es_partition_directory = directory;
	routing = ExecSetupPartitionTupleRouting(estate, data);
	estate->es_partition_directory = others;
	DestroyPartitionDirectory(directory);
	return routing;
}

/*
 * The waiting row is in no index, and triggers after its insertion fire where
 * it is inserted at last. BEFORE INSERT triggers have fired when it comes there.
 */
static void
make_bare(ResultRelInfo *outbox)
{
	ExecCloseIndices(outbox);
	outbox->ri_NumIndices = 0;
	outbox->ri_IndexRelationDescs = NULL;
	if (outbox->ri_TrigDesc)
	{
		outbox->ri_TrigDesc->trig_insert_after_row = false;
		outbox->ri_TrigDesc->trig_insert_new_table = false;
	}
}

static void
open_outbox(ModifyTableState *modify, DistTable *table)
{
	EState            *estate = modify->ps.state;
	ResultRelInfo     *root = modify->rootResultRelInfo;
	Relation           data = root->ri_RelationDesc;
	MemoryContext      old = MemoryContextSwitchTo(estate->es_query_cxt);
	PartitionDesc      partitions = with_outbox(data, table->relid);
	PartitionBoundInfo bounds = partitions->boundinfo;
	int               *own = palloc(sizeof(int) * bounds->nindexes);
	ResultRelInfo     *outbox;

	/* a first row, of nulls, makes routing know the outbox */
	memcpy(own, bounds->indexes, sizeof(int) * bounds->nindexes);
	for (int i = 0; i < bounds->nindexes; i++)
		bounds->indexes[i] = partitions->nparts - 1;
	modify->mt_partition_tuple_routing = set_up_routing(estate, data, partitions);
	if (modify->mt_root_tuple_slot == NULL)
		modify->mt_root_tuple_slot = table_slot_create(data, NULL);
	outbox = ExecFindPartition(modify, root, modify->mt_partition_tuple_routing,
							   ExecStoreAllNullTuple(modify->mt_root_tuple_slot), estate);
	ExecClearTuple(modify->mt_root_tuple_slot);
	make_bare(outbox);

	/* shards of this node do not have the BEFORE INSERT triggers: then all rows that move go this way */
	for (int i = 0; i < bounds->nindexes; i++)
	{
		if (own[i] >= 0 && !(outbox->ri_TrigDesc && outbox->ri_TrigDesc->trig_insert_before_row))
			bounds->indexes[i] = own[i];
	}
	MemoryContextSwitchTo(TopTransactionContext);
	opened = list_append_unique_oid(opened, table->relid);
	MemoryContextSwitchTo(old);
}

static void
open_for(PlanState *node, bool claimed)
{
	ModifyTableState *modify = (ModifyTableState *) node;
	Relation          data;
	DistTable        *table;

	if (!IsA(node, ModifyTableState) ||
		(modify->operation != CMD_UPDATE && modify->operation != CMD_MERGE))
		return;
	data = modify->rootResultRelInfo->ri_RelationDesc;
	if (data->rd_rel->relkind != RELKIND_PARTITIONED_TABLE || data->rd_rel->relispartition ||
		RelationGetPartitionDesc(data, true)->nparts == 0)
		return;
	table = LookupDistTableByData(RelationGetRelid(data));
	if (table == NULL || table->method != DIST_HASH || table->is_parent)
		return;
	if (claimed || bms_is_member(table->key_attno - FirstLowInvalidHeapAttributeNumber,
								 ExecGetUpdatedCols(modify->rootResultRelInfo, modify->ps.state)))
		open_outbox(modify, table);
}

/* The queries of foreign keys' actions are told by the security context that only they run in. */
void
OpenOutboxes(QueryDesc *query, bool claimed)
{
	ListCell *lc;

	if (!claimed &&
		(query->operation != CMD_UPDATE || !InNoForceRLSOperation() || !HaveDistTables()))
		return;
	open_for(query->planstate, claimed);
	foreach (lc, query->estate->es_auxmodifytables)
		open_for(lfirst(lc), claimed);
}

void
TakeMovedRows(Oid logical_relid, List *attnums, Tuplestorestate *rows)
{
	Relation        logical = table_open(logical_relid, RowExclusiveLock);
	TupleDesc       desc = CreateTemplateTupleDesc(list_length(attnums));
	TupleTableSlot *slot = table_slot_create(logical, NULL);
	TupleTableSlot *taken;
	TableScanDesc   scan;
	ListCell       *lc;

	foreach (lc, attnums)
		TupleDescCopyEntry(desc, foreach_current_index(lc) + 1, RelationGetDescr(logical),
						   lfirst_int(lc));
	taken = MakeSingleTupleTableSlot(desc, &TTSOpsVirtual);

	CommandCounterIncrement();
	scan = table_beginscan(logical, SnapshotSelf, 0, NULL);
	while (table_scan_getnextslot(scan, ForwardScanDirection, slot))
	{
		CHECK_FOR_INTERRUPTS();
		ExecClearTuple(taken);
		foreach (lc, attnums)
		{
			int i = foreach_current_index(lc);

			taken->tts_values[i] = slot_getattr(slot, lfirst_int(lc), &taken->tts_isnull[i]);
		}
		tuplestore_puttupleslot(rows, ExecStoreVirtualTuple(taken));
		simple_table_tuple_delete(logical, &slot->tts_tid, InvalidSnapshot);
	}
	table_endscan(scan);
	ExecDropSingleTupleTableSlot(taken);
	ExecDropSingleTupleTableSlot(slot);
	table_close(logical, NoLock);
	opened = list_delete_oid(opened, logical_relid);
}

/*
 * distshard.take_moved(NULL::logical) is for the node that sent the UPDATE, as
 * a statement by itself.
 */
Datum
distshard_take_moved(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	const Claim   *claim = CurrentClaim(debug_query_string);
	Oid            relid = get_typ_typrelid(get_fn_expr_argtype(fcinfo->flinfo, 0));
	Relation       logical;
	List          *attnums = NIL;

	if (claim == NULL || !claim->takes_moved || LookupDistTable(relid) == NULL)
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						errmsg("distshard.take_moved() cannot be called directly")));
	InitMaterializedSRF(fcinfo, 0);
	logical = table_open(relid, AccessShareLock);
	for (int i = 1; i <= RelationGetNumberOfAttributes(logical); i++)
		attnums = lappend_int(attnums, i);
	table_close(logical, NoLock);
	TakeMovedRows(relid, attnums, result->setResult);
	return (Datum) 0;
}

static void
check_empty(Oid logical_relid)
{
	Relation        logical = try_relation_open(logical_relid, AccessShareLock);
	TupleTableSlot *slot;
	TableScanDesc   scan;

	if (logical == NULL)
		return;
	slot = table_slot_create(logical, NULL);
	scan = table_beginscan(logical, SnapshotSelf, 0, NULL);
	if (table_scan_getnextslot(scan, ForwardScanDirection, slot))
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("rows of \"%s\" would have to move to other nodes",
							   RelationGetRelationName(logical)),
						errdetail("The statement that moved them was not run to its end.")));
	table_endscan(scan);
	ExecDropSingleTupleTableSlot(slot);
	relation_close(logical, NoLock);
}

static void
end_of_transaction(XactEvent event, void *arg)
{
	ListCell *lc;

	switch (event)
	{
		case XACT_EVENT_PRE_COMMIT:
		case XACT_EVENT_PRE_PREPARE:
			foreach (lc, opened)
				check_empty(lfirst_oid(lc));
			break;
		case XACT_EVENT_COMMIT:
		case XACT_EVENT_PREPARE:
		case XACT_EVENT_ABORT:
			opened = NIL;
			break;
		default:
			break;
	}
}

void
InitOutboxes(void)
{
	RegisterXactCallback(end_of_transaction, NULL);
}
