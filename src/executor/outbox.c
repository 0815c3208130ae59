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
 * RETURNING and foreign keys act as they do for partitions. Of a table that the
 * user partitioned each partition has its own.
 *
 * A row in that heap at the end of a transaction would be lost: there is none,
 * or the transaction fails.
 *
 * PostgreSQL refuses to move a row from within ON CONFLICT DO UPDATE. A fragment
 * that may do so inserts one row. When this conflicts, and the conditions of DO
 * UPDATE are true, what is left to be done is an UPDATE: the INSERT goes on as
 * one.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/relation.h"
#include "access/sysattr.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/metadata.h"
#include "catalog/partition.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "executor/execPartition.h"
#include "executor/executor.h"
#include "executor/outbox.h"
#include "executor/row_session.h"
#include "funcapi.h"
#include "nodes/makefuncs.h"
#include "miscadmin.h"
#include "parser/parse_func.h"
#include "partitioning/partbounds.h"
#include "partitioning/partdesc.h"
#include "planner/claim.h"
#include "planner/moved_tables.h"
#include "tcop/tcopprot.h"
#include "transaction_end.h"
#include "transport/connection.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/partcache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

PG_FUNCTION_INFO_V1(distshard_take_moved);
PG_FUNCTION_INFO_V1(distshard_go_on_as_update);

/* Logical tables whose heaps may hold rows of this transaction. */
static List *opened = NIL;

/* A data table with partitions, as tuple routing is made to see it. */
typedef struct Routed
{
	Relation      data;
	PartitionDesc partitions; /* a copy */
	DistTable    *table;      /* whose shards these are; NULL: they are the user's partitions */
	List         *children;   /* of Routed, in the order of the partitions; NULL for a leaf */
	bool          takes_all;  /* do rows that move to shards of this node wait, too? */
} Routed;

/* An INSERT that is to go on as an UPDATE. */
typedef struct ConflictUpdate
{
	ModifyTableState *insert;
	Routed           *routed;
} ConflictUpdate;

/* The partitions of this node and, behind shards, the logical table. */
static PartitionDesc
copy_partitions(Relation data, Oid outbox)
{
	PartitionDesc own = RelationGetPartitionDesc(data, true);
	PartitionDesc result = palloc(sizeof(PartitionDescData));
	int           n = own->nparts;

	*result = *own;
	result->detached_exist = false;
	result->oids = palloc(sizeof(Oid) * (n + 1));
	memcpy(result->oids, own->oids, sizeof(Oid) * n);
	result->is_leaf = palloc(sizeof(bool) * (n + 1));
	memcpy(result->is_leaf, own->is_leaf, sizeof(bool) * n);
	result->boundinfo = partition_bounds_copy(own->boundinfo, RelationGetPartitionKey(data));
	if (OidIsValid(outbox))
	{
		result->oids[n] = outbox;
		result->is_leaf[n] = true;
		result->nparts = n + 1;
	}
	return result;
}

/* NULL if it has no partitions here. The relations stay open, but for the root. */
static Routed *
find_routed(Relation data)
{
	PartitionDesc own = RelationGetPartitionDesc(data, true);
	DistTable    *table = LookupDistTableByData(RelationGetRelid(data));
	Routed       *routed;

	if (own->nparts == 0 || table == NULL || table->method != DIST_HASH)
		return NULL;
	routed = palloc0(sizeof(Routed));
	routed->data = data;
	routed->table = table->is_parent ? NULL : table;
	routed->partitions = copy_partitions(data, table->is_parent ? InvalidOid : table->relid);
	for (int i = 0; table->is_parent && i < own->nparts; i++)
	{
		Relation child =
			own->is_leaf[i] ? NULL : table_open(routed->partitions->oids[i], RowExclusiveLock);

		routed->children = lappend(routed->children, child ? find_routed(child) : NULL);
	}
	return routed;
}

static void
close_children(Routed *routed)
{
	ListCell *lc;

	foreach (lc, routed->children)
	{
		Routed *child = lfirst(lc);

		if (child == NULL)
			continue;
		close_children(child);
		table_close(child->data, NoLock);
	}
}

/* The directory reads the partitions once. */
static void
enter_in_directory(PartitionDirectory directory, Routed *routed)
{
	PartitionDesc own = routed->data->rd_partdesc;
	ListCell     *lc;

	PG_TRY();
	{
		routed->data->rd_partdesc = routed->partitions;
		PartitionDirectoryLookup(directory, routed->data);
	}
	PG_FINALLY();
	{
		routed->data->rd_partdesc = own;
	}
	PG_END_TRY();
	foreach (lc, routed->children)
	{
		if (lfirst(lc) != NULL)
			enter_in_directory(directory, lfirst(lc));
	}
}

/*
 * The waiting row is in no index, and triggers after its insertion fire where
 * it is inserted at last. BEFORE INSERT triggers have fired when it comes
 * there.
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
		if (outbox->ri_TrigDesc->trig_insert_before_row)
			WatchRowSession();
	}
}

static void
remember_opened(Oid logical_relid)
{
	MemoryContext old = MemoryContextSwitchTo(TopTransactionContext);

	opened = list_append_unique_oid(opened, logical_relid);
	MemoryContextSwitchTo(old);
}

/* Routing finds the outbox: it has the keys of no shard here. */
static void
route_to_outbox(Routed *routed)
{
	PartitionBoundInfo bounds = routed->partitions->boundinfo;

	for (int i = 0; i < bounds->nindexes; i++)
	{
		if (bounds->indexes[i] < 0 || routed->takes_all)
			bounds->indexes[i] = routed->partitions->nparts - 1;
	}
}

static void
open_outbox(Routed *routed, ResultRelInfo *outbox)
{
	make_bare(outbox);
	routed->takes_all = MovedRowsWait(outbox->ri_RelationDesc);
	remember_opened(routed->table->relid);
}

/*
 * A first row, of nulls, makes routing know each outbox. Tables on the way are
 * taken for ones partitioned by list, whose partition for NULL can be set.
 */
static void
visit_outboxes(ModifyTableState *modify, Routed *routed)
{
	EState            *estate = modify->ps.state;
	PartitionKey       key = RelationGetPartitionKey(routed->data);
	PartitionBoundInfo bounds = routed->partitions->boundinfo;
	char               strategy = key->strategy;
	int                default_index = bounds->default_index;
	int                null_index = bounds->null_index;
	ResultRelInfo     *outbox = NULL;

	PG_TRY();
	{
		key->strategy = PARTITION_STRATEGY_LIST;
		bounds->default_index = -1;
		if (routed->table)
		{
			bounds->null_index = routed->partitions->nparts - 1;
			outbox = ExecFindPartition(modify, modify->rootResultRelInfo,
									   modify->mt_partition_tuple_routing,
									   ExecStoreAllNullTuple(modify->mt_root_tuple_slot), estate);
			ExecClearTuple(modify->mt_root_tuple_slot);
		}
		for (int i = 0; i < list_length(routed->children); i++)
		{
			bounds->null_index = i;
			if (list_nth(routed->children, i) != NULL)
				visit_outboxes(modify, list_nth(routed->children, i));
		}
	}
	PG_FINALLY();
	{
		key->strategy = strategy;
		bounds->default_index = default_index;
		bounds->null_index = null_index;
	}
	PG_END_TRY();
	if (outbox == NULL)
		return;
	open_outbox(routed, outbox);
	if (modify->operation != CMD_INSERT)
		route_to_outbox(routed);
}

/* Gives the statement a tuple routing of its own. */
static void
open_outboxes(ModifyTableState *modify, Routed *root)
{
	EState            *estate = modify->ps.state;
	PartitionDirectory others = estate->es_partition_directory;
	ResultRelInfo     *target = modify->rootResultRelInfo;
	ExprState         *constraint = target->ri_PartitionCheckExpr;

	if (modify->mt_root_tuple_slot == NULL)
		modify->mt_root_tuple_slot = table_slot_create(root->data, NULL);
	estate->es_partition_directory = CreatePartitionDirectory(CurrentMemoryContext, true);
	enter_in_directory(estate->es_partition_directory, root);
	modify->mt_partition_tuple_routing = ExecSetupPartitionTupleRouting(estate, root->data);
	/* what is partitioned may be a partition, which a row of nulls does not fit into */
	target->ri_PartitionCheckExpr =
		ExecPrepareCheck(list_make1(makeBoolConst(true, false)), estate);
	visit_outboxes(modify, root);
	target->ri_PartitionCheckExpr = constraint;
	DestroyPartitionDirectory(estate->es_partition_directory);
	estate->es_partition_directory = others;
}

static bool
sets_key(ModifyTableState *modify, DistTable *table)
{
	return bms_is_member(table->key_attno - FirstLowInvalidHeapAttributeNumber,
						 ExecGetUpdatedCols(modify->rootResultRelInfo, modify->ps.state));
}

/* The statement may set the key, or a trigger that fires before it. */
static bool
may_set_key(ModifyTableState *modify, DistTable *table)
{
	TriggerDesc *triggers = modify->rootResultRelInfo->ri_TrigDesc;

	return (triggers && triggers->trig_update_before_row) || sets_key(modify, table);
}

/* Does it insert one row, and may ON CONFLICT give the row that is there another key? */
static bool
may_move_conflicting_row(ModifyTableState *modify, DistTable *table)
{
	Plan *rows = outerPlan(modify->ps.plan);

	return ((ModifyTable *) modify->ps.plan)->onConflictAction == ONCONFLICT_UPDATE &&
		   !table->is_parent && sets_key(modify, table) && IsA(rows, Result) &&
		   outerPlan(rows) == NULL;
}

/*
 * Called behind the conditions of DO UPDATE. There are no rows of the INSERT to
 * follow. The argument is a null that has a value, since EXPLAIN can show only nulls
 * of its type.
 */
Datum
distshard_go_on_as_update(PG_FUNCTION_ARGS)
{
	ConflictUpdate   *update = (ConflictUpdate *) PG_GETARG_POINTER(0);
	ModifyTableState *modify;

	if (update == NULL || !PG_ARGISNULL(0))
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						errmsg("distshard.go_on_as_update() cannot be called directly")));
	modify = update->insert;
	modify->operation = CMD_UPDATE;
	((ModifyTable *) modify->ps.plan)->onConflictAction = ONCONFLICT_NONE;
	modify->mt_transition_capture = modify->mt_oc_transition_capture;
	route_to_outbox(update->routed);
	PG_RETURN_BOOL(true);
}

static Expr *
go_on_as_update(ModifyTableState *modify, Routed *routed)
{
	const Oid       types[] = {INTERNALOID};
	List           *name = list_make2(makeString("distshard"), makeString("go_on_as_update"));
	ConflictUpdate *update = palloc(sizeof(ConflictUpdate));

	update->insert = modify;
	update->routed = routed;
	return (Expr *) makeFuncExpr(LookupFuncName(name, 1, types, false), BOOLOID,
								 list_make1(makeConst(INTERNALOID, -1, InvalidOid, sizeof(Datum),
													  PointerGetDatum(update), true, true)),
								 InvalidOid, InvalidOid, COERCE_EXPLICIT_CALL);
}

/* The outbox is one of an UPDATE, and so is the plan, a copy of what others may execute, when it is used. */
static void
open_for_conflict(ModifyTableState *modify, Routed *root)
{
	ModifyTable        *plan = palloc(sizeof(ModifyTable));
	OnConflictSetState *conflict = modify->resultRelInfo->ri_onConflict;

	*plan = *castNode(ModifyTable, modify->ps.plan);
	modify->ps.plan = (Plan *) plan;
	plan->onConflictAction = ONCONFLICT_NONE;
	open_outboxes(modify, root);
	plan->onConflictAction = ONCONFLICT_UPDATE;
	plan->onConflictWhere =
		(Node *) lappend(list_copy((List *) plan->onConflictWhere), go_on_as_update(modify, root));
	conflict->oc_WhereClause = ExecInitQual((List *) plan->onConflictWhere, &modify->ps);
}

/* May an action of a foreign key that is on a shard itself, as those that are NOT VALID are, set its key? */
static bool
may_set_key_of_shard(ModifyTableState *modify, DistTable *table)
{
	ResultRelInfo *shard = modify->rootResultRelInfo;
	AttrNumber     key = get_attnum(RelationGetRelid(shard->ri_RelationDesc),
									get_attname(table->relid, table->key_attno, false));

	return (shard->ri_TrigDesc && shard->ri_TrigDesc->trig_update_before_row) ||
		   bms_is_member(key - FirstLowInvalidHeapAttributeNumber,
						 ExecGetUpdatedCols(shard, modify->ps.state));
}

/* Rows that such an action moves leave the shard as if it had named the data table. The executor closes ancestors. */
static bool
route_by_data_table(ModifyTableState *modify)
{
	ResultRelInfo *shard = modify->rootResultRelInfo;
	Oid            relid = RelationGetRelid(shard->ri_RelationDesc);
	DistTable     *table;
	ResultRelInfo *root;

	if (!shard->ri_RelationDesc->rd_rel->relispartition)
		return false;
	table = LookupDistTableByData(get_partition_parent(relid, false));
	if (table == NULL || table->is_parent || !may_set_key_of_shard(modify, table))
		return false;
	root = makeNode(ResultRelInfo);
	InitResultRelInfo(root, table_open(table->data_relid, RowExclusiveLock), 0, NULL, 0);
	shard->ri_ancestorResultRels = list_make1(root);
	shard->ri_RootResultRelInfo = modify->rootResultRelInfo = root;
	return true;
}

static void
open_root(ModifyTableState *modify, Relation data)
{
	Routed *root = find_routed(data);

	if (root == NULL)
		return;
	if (modify->operation == CMD_INSERT)
		open_for_conflict(modify, root);
	else
		open_outboxes(modify, root);
	close_children(root);
}

static void
open_for(PlanState *node, bool claimed)
{
	ModifyTableState *modify = (ModifyTableState *) node;
	MemoryContext     old;
	Relation          data;
	DistTable        *table;
	bool              on_shard;

	if (!IsA(node, ModifyTableState) || modify->operation == CMD_DELETE)
		return;
	old = MemoryContextSwitchTo(modify->ps.state->es_query_cxt);
	on_shard = !claimed && route_by_data_table(modify);
	data = modify->rootResultRelInfo->ri_RelationDesc;
	table = data->rd_rel->relkind == RELKIND_PARTITIONED_TABLE
				? LookupDistTableByData(RelationGetRelid(data))
				: NULL;
	if (table && (claimed || on_shard || may_set_key(modify, table)) &&
		(modify->operation != CMD_INSERT || may_move_conflicting_row(modify, table)))
		open_root(modify, data);
	MemoryContextSwitchTo(old);
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

static bool
rows_wait(Oid logical_relid)
{
	Relation        logical = try_relation_open(logical_relid, AccessShareLock);
	TupleTableSlot *slot;
	TableScanDesc   scan;
	bool            result;

	if (logical == NULL)
		return false;
	slot = table_slot_create(logical, NULL);
	scan = table_beginscan(logical, SnapshotSelf, 0, NULL);
	result = table_scan_getnextslot(scan, ForwardScanDirection, slot);
	table_endscan(scan);
	ExecDropSingleTupleTableSlot(slot);
	relation_close(logical, NoLock);
	return result;
}

void
TellOfMovedRows(void)
{
	ListCell *lc;

	CommandCounterIncrement();
	foreach (lc, opened)
	{
		if (rows_wait(lfirst_oid(lc)))
		{
			SendNotice(ERRCODE_ROWS_WAIT, "rows wait");
			return;
		}
	}
}

static void
check_empty(Oid logical_relid)
{
	if (rows_wait(logical_relid))
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("rows of \"%s\" would have to move to other nodes",
							   get_rel_name(logical_relid)),
						errdetail("The statement that moved them was not run to its end.")));
}

static void
end_of_transaction(XactEvent event)
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
	CallAtEvents(BEFORE_END | AT_END, end_of_transaction, &opened);
}
