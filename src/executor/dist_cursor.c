/*-------------------------------------------------------------------------
 *
 * dist_cursor.c
 *	  Cursors whose rows can be updated by WHERE CURRENT OF.
 *
 * PostgreSQL finds the current row of a cursor in the state of its plan, where
 * the scan of the table has its ctid. A query on distributed tables returns, as
 * columns that the client does not see, what identifies its rows anywhere; the
 * plan node at its top takes them off, and knows those of the last row. WHERE
 * CURRENT OF has become a comparison with them, by calls of the functions here.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "access/tableam.h"
#include "catalog/metadata.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "executor/dist_cursor.h"
#include "executor/executor.h"
#include "executor/local_fragment.h"
#include "executor/modify_node.h"
#include "nodes/makefuncs.h"
#include "planner/claim.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/portal.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/varlena.h"

typedef struct DistCursorState
{
	CustomScanState css;
	List           *tables;    /* of oid */
	List           *first;     /* of int */
	List           *tableoids; /* of int */
	bool            locks_rows;
} DistCursorState;

static Node           *create_state(CustomScan *scan);
static void            begin_cursor(CustomScanState *node, EState *estate, int eflags);
static TupleTableSlot *exec_cursor(CustomScanState *node);
static void            end_cursor(CustomScanState *node);
static void            rescan_cursor(CustomScanState *node);

const CustomScanMethods DistCursorMethods = {"Distshard Cursor", create_state};

static const CustomExecMethods exec_methods = {
	.CustomName = "Distshard Cursor",
	.BeginCustomScan = begin_cursor,
	.ExecCustomScan = exec_cursor,
	.EndCustomScan = end_cursor,
	.ReScanCustomScan = rescan_cursor,
};

PG_FUNCTION_INFO_V1(distshard_cursor_value);
PG_FUNCTION_INFO_V1(distshard_cursor_place);
PG_FUNCTION_INFO_V1(distshard_latest_ctids);

void
InitDistCursor(void)
{
	RegisterCustomScanMethods(&DistCursorMethods);
}

static Node *
create_state(CustomScan *scan)
{
	DistCursorState *state = palloc0(sizeof(DistCursorState));

	NodeSetTag(state, T_CustomScanState);
	state->css.methods = &exec_methods;
	state->tables = linitial(scan->custom_private);
	state->first = lsecond(scan->custom_private);
	state->tableoids = lthird(scan->custom_private);
	state->locks_rows = linitial_int(lfourth(scan->custom_private));
	return (Node *) state;
}

static void
begin_cursor(CustomScanState *node, EState *estate, int eflags)
{
	CustomScan *scan = castNode(CustomScan, node->ss.ps.plan);

	node->custom_ps = list_make1(ExecInitNode(linitial(scan->custom_plans), estate, eflags));
}

static TupleTableSlot *
next_row(ScanState *node)
{
	TupleTableSlot *row = ExecProcNode(linitial(((CustomScanState *) node)->custom_ps));
	TupleTableSlot *slot = node->ss_ScanTupleSlot;
	int             natts = slot->tts_tupleDescriptor->natts;

	ExecClearTuple(slot);
	if (TupIsNull(row))
		return slot;
	slot_getallattrs(row);
	memcpy(slot->tts_values, row->tts_values, natts * sizeof(Datum));
	memcpy(slot->tts_isnull, row->tts_isnull, natts * sizeof(bool));
	return ExecStoreVirtualTuple(slot);
}

static TupleTableSlot *
exec_cursor(CustomScanState *node)
{
	return ExecScan(&node->ss, next_row, NeverRechecked);
}

static void
end_cursor(CustomScanState *node)
{
	ExecEndNode(linitial(node->custom_ps));
}

static void
rescan_cursor(CustomScanState *node)
{
	PlanState *child = linitial(node->custom_ps);

	if (node->ss.ps.chgParam)
		UpdateChangedParamSet(child, node->ss.ps.chgParam);
	if (child->chgParam == NULL)
		ExecReScan(child);
	ExecScanReScan(&node->ss);
}

static PlanState *
plan_of_cursor(Portal portal, const char *name)
{
	if (!PortalIsValid(portal))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_CURSOR), errmsg("cursor \"%s\" does not exist", name)));
	if (portal->strategy != PORTAL_ONE_SELECT)
		ereport(ERROR, (errcode(ERRCODE_INVALID_CURSOR_STATE),
						errmsg("cursor \"%s\" is not a SELECT query", name)));
	if (portal->queryDesc == NULL || portal->queryDesc->estate == NULL)
		ereport(ERROR, (errcode(ERRCODE_INVALID_CURSOR_STATE),
						errmsg("cursor \"%s\" is held from a previous transaction", name)));
	return portal->queryDesc->planstate;
}

static void
not_updatable(const char *name, Oid table, bool locks_rows)
{
	if (locks_rows)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_CURSOR_STATE),
				 errmsg("cursor \"%s\" does not have a FOR UPDATE/SHARE reference to table \"%s\"",
						name, get_rel_name(table))));
	ereport(ERROR, (errcode(ERRCODE_INVALID_CURSOR_STATE),
					errmsg("cursor \"%s\" is not a simply updatable scan of table \"%s\"", name,
						   get_rel_name(table))));
}

/* Is the current row of the table, or of another one in its tree? */
static bool
is_of_table(DistCursorState *state, int number, Oid table)
{
	TupleTableSlot *row = state->css.ss.ss_ScanTupleSlot;
	int             tableoid = list_nth_int(state->tableoids, number);
	bool            isnull;

	return tableoid == 0 || DatumGetObjectId(slot_getattr(row, tableoid, &isnull)) == table;
}

/*
 * A value that identifies the current row of the cursor in the table: the n-th, from 0. None if the row is of another
 * table, since others inherit from the one that the cursor reads.
 */
static Datum
current_value(const char *name, Oid table, int n, bool *isnull)
{
	Portal           portal = GetPortalByName(name);
	PlanState       *plan = plan_of_cursor(portal, name);
	DistCursorState *state = (DistCursorState *) plan;
	int              found = -1;
	ListCell        *lc;

	if (!IsA(plan, CustomScanState) || state->css.methods != &exec_methods)
		not_updatable(name, table, portal->queryDesc->estate->es_rowmarks != NULL);
	foreach (lc, state->tables)
	{
		if (lfirst_oid(lc) != table)
			continue;
		if (found >= 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_CURSOR_STATE),
					 errmsg("cursor \"%s\" has multiple FOR UPDATE/SHARE references to table "
							"\"%s\"",
							name, get_rel_name(table))));
		found = foreach_current_index(lc);
	}
	if (found < 0)
		not_updatable(name, table, state->locks_rows);
	if (portal->atStart || portal->atEnd || TupIsNull(state->css.ss.ss_ScanTupleSlot))
		ereport(ERROR, (errcode(ERRCODE_INVALID_CURSOR_STATE),
						errmsg("cursor \"%s\" is not positioned on a row", name)));
	*isnull = true;
	if (!is_of_table(state, found, table))
		return (Datum) 0;
	return slot_getattr(state->css.ss.ss_ScanTupleSlot, list_nth_int(state->first, found) + n,
						isnull);
}

/* distshard.cursor_value(cursor, table, n, NULL::type) */
Datum
distshard_cursor_value(PG_FUNCTION_ARGS)
{
	bool  isnull;
	Datum value;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	value = current_value(text_to_cstring(PG_GETARG_TEXT_PP(0)), PG_GETARG_OID(1),
						  PG_GETARG_INT32(2), &isnull);
	if (isnull)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(value);
}

/* distshard.cursor_place(cursor, table): the row's ctid, and the table or the partition of it. */
Datum
distshard_cursor_place(PG_FUNCTION_ARGS)
{
	char *name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	Oid   relid = PG_GETARG_OID(1);
	bool  isnull;
	Datum ctid = current_value(name, relid, 0, &isnull);

	if (isnull)
		PG_RETURN_NULL();
	if (LookupDistTable(relid)->is_parent)
		relid = DatumGetObjectId(current_value(name, relid, 1, &isnull));
	PG_RETURN_TEXT_P(cstring_to_text(
		psprintf("%s %s", DatumGetCString(DirectFunctionCall1(tidout, ctid)),
				 quote_qualified_identifier(get_namespace_name(get_rel_namespace(relid)),
											get_rel_name(relid)))));
}

/* The newest version that the snapshot shows of the row. */
static ItemPointer
latest_version(Relation rel, const ItemPointerData *ctid, Snapshot snapshot)
{
	ItemPointer   latest = palloc(sizeof(ItemPointerData));
	TableScanDesc scan = table_beginscan_tid(rel, snapshot);

	*latest = *ctid;
	table_tuple_get_latest_tid(scan, latest);
	table_endscan(scan);
	return latest;
}

/* Did the last update move the row to another shard? It is followed through those before, visible or not. */
static bool
is_moved(Relation rel, ItemPointerData ctid, TupleTableSlot *slot)
{
	TransactionId updater = InvalidTransactionId;

	while (table_tuple_fetch_row_version(rel, &ctid, SnapshotAny, slot) && TTS_IS_BUFFERTUPLE(slot))
	{
		HeapTupleHeader row = ((BufferHeapTupleTableSlot *) slot)->base.tuple->t_data;

		if (TransactionIdIsValid(updater) &&
			!TransactionIdEquals(HeapTupleHeaderGetXmin(row), updater))
			return false;
		if (HeapTupleHeaderIndicatesMovedPartitions(row))
			return true;
		if (ItemPointerEquals(&ctid, &row->t_ctid))
			return false;
		updater = HeapTupleHeaderGetUpdateXid(row);
		ctid = row->t_ctid;
	}
	return false;
}

/* A row whose key has changed is looked for where it was: that must not pass for a row that was deleted. */
static void
check_key(Relation rel, DistTable *table, const ItemPointerData *ctid, ItemPointer latest,
		  uint32 hash)
{
	TupleTableSlot *slot = table_slot_create(rel, NULL);
	bool            changed;

	if (table_tuple_fetch_row_version(rel, latest, GetActiveSnapshot(), slot))
	{
		bool  isnull;
		Datum key = slot_getattr(slot, table->key_attno, &isnull);

		changed = HashKey(table, key, isnull) != hash;
	}
	else
		changed = is_moved(rel, *ctid, slot);
	ExecDropSingleTupleTableSlot(slot);
	if (changed)
		ereport(
			ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("the key of the row that the cursor is on has changed since it was fetched"),
			 errhint("Use the new key instead of WHERE CURRENT OF.")));
}

/* Splits what distshard_cursor_place has made; returns the table, or NULL. */
static DistTable *
read_place(char *place, ItemPointer ctid)
{
	char *name = strchr(place, ' ');
	Oid   relid;

	if (name == NULL)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("invalid place of a row: \"%s\"", place)));
	*name++ = '\0';
	*ctid = *(ItemPointer) DatumGetPointer(DirectFunctionCall1(tidin, CStringGetDatum(place)));
	relid = RangeVarGetRelid(
		makeRangeVarFromNameList(textToQualifiedNameList(cstring_to_text(name))), NoLock, false);
	return LookupDistTable(relid);
}

/*
 * distshard.latest_ctids(place, key): where the newest versions are of a row
 * that was in that place: the one that this statement sees, and the one that
 * another transaction may have made since. The row is changed if it is the
 * first, and is still that row if, after waiting, it has become the second.
 * NULL if the row is not here, in a fragment.
 */
Datum
distshard_latest_ctids(PG_FUNCTION_ARGS)
{
	ItemPointerData ctid;
	ItemPointer     latest;
	Datum           versions[2];
	DistTable      *table;
	Shard          *shard;
	uint32          hash = 0;
	Relation        rel;
	Snapshot        newest;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	table = read_place(text_to_cstring(PG_GETARG_TEXT_PP(0)), &ctid);
	if (table == NULL || table->method == DIST_REFERENCE)
		PG_RETURN_NULL();
	shard = &table->shards[0];
	if (table->method == DIST_HASH)
	{
		hash = HashKey(table, PG_GETARG_DATUM(1), PG_ARGISNULL(1));
		shard = ShardForHash(table, hash);
	}
	if (!OidIsValid(shard->partition) && !InsideFragment() && !InLocalFragment() &&
		!RunsLocalFragment())
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("the row that the cursor is on is on another node"),
				 errdetail("What else the statement asks of the row, such as policies, cannot "
						   "be computed there."),
				 errhint("Use the primary key instead of WHERE CURRENT OF.")));
	if (!OidIsValid(shard->partition))
		PG_RETURN_NULL();

	rel = table_open(shard->partition, AccessShareLock);
	newest = RegisterSnapshot(GetLatestSnapshot());
	latest = latest_version(rel, &ctid, GetActiveSnapshot());
	if (table->method == DIST_HASH)
		check_key(rel, table, &ctid, latest, hash);
	versions[0] = PointerGetDatum(latest);
	versions[1] = PointerGetDatum(latest_version(rel, &ctid, newest));
	UnregisterSnapshot(newest);
	table_close(rel, AccessShareLock);
	PG_RETURN_ARRAYTYPE_P(
		construct_array(versions, 2, TIDOID, sizeof(ItemPointerData), false, TYPALIGN_SHORT));
}
