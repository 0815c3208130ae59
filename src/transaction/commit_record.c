/*-------------------------------------------------------------------------
 *
 * commit_record.c
 *	  distshard.transaction: which distributed transactions committed.
 *
 * A row is inserted by the local transaction before any node prepares. So if a
 * node has the transaction prepared, then the row was there before: it is of a
 * transaction in progress, or of one that committed, or it never becomes
 * visible any more. That answer is final. The row is deleted by recovery, once
 * none of the nodes that took part has the transaction prepared any longer;
 * who asks for it after that has no use for the answer.
 *
 * Rows are read and written directly: users need no privileges on the table.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xlog.h"
#include "catalog/indexing.h"
#include "catalog/metadata.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "transaction/internal.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

/* Columns of distshard.transaction. */
enum
{
	RECORD_GID = 1,
	RECORD_GROUPS
};

PG_FUNCTION_INFO_V1(distshard_transaction_outcome);

static Relation
OpenRecords(LOCKMODE lockmode)
{
	return table_open(get_relname_relid("transaction", MetadataSchema()), lockmode);
}

static SysScanDesc
ScanRecord(Relation rel, const char *gid, Snapshot snapshot)
{
	ScanKeyData key;

	ScanKeyInit(&key, RECORD_GID, BTEqualStrategyNumber, F_TEXTEQ, CStringGetTextDatum(gid));
	key.sk_collation = TupleDescAttr(RelationGetDescr(rel), RECORD_GID - 1)->attcollation;
	return systable_beginscan(rel, InvalidOid, false, snapshot, 1, &key);
}

/* RecordCommit says that the current transaction decides for these node groups. */
void
RecordCommit(const char *gid, List *groups)
{
	Relation  rel = OpenRecords(RowExclusiveLock);
	Datum    *elements = palloc(sizeof(Datum) * list_length(groups));
	Datum     values[2];
	bool      nulls[2] = {false, false};
	ListCell *lc;

	foreach (lc, groups)
		elements[foreach_current_index(lc)] = Int32GetDatum(lfirst_int(lc));
	values[RECORD_GID - 1] = CStringGetTextDatum(gid);
	values[RECORD_GROUPS - 1] = PointerGetDatum(
		construct_array(elements, list_length(groups), INT4OID, sizeof(int32), true, TYPALIGN_INT));
	PushActiveSnapshot(GetTransactionSnapshot()); /* the table has a TOAST table */
	CatalogTupleInsert(rel, heap_form_tuple(RelationGetDescr(rel), values, nulls));
	PopActiveSnapshot();
	table_close(rel, NoLock);
}

static CommitRecord *
MakeRecord(Relation rel, HeapTuple tuple)
{
	CommitRecord *record = palloc(sizeof(CommitRecord));
	bool          isnull;
	Datum         gid = heap_getattr(tuple, RECORD_GID, RelationGetDescr(rel), &isnull);
	Datum         groups = heap_getattr(tuple, RECORD_GROUPS, RelationGetDescr(rel), &isnull);
	Datum        *elements;
	int           nelements;

	record->gid = TextDatumGetCString(gid);
	record->groups = NIL;
	record->done = false;
	deconstruct_array(DatumGetArrayTypeP(groups), INT4OID, sizeof(int32), true, TYPALIGN_INT,
					  &elements, NULL, &nelements);
	for (int i = 0; i < nelements; i++)
		record->groups = lappend_int(record->groups, DatumGetInt32(elements[i]));
	return record;
}

/* CommittedHere returns the records of transactions that have committed, of CommitRecord *. */
List *
CommittedHere(void)
{
	Relation    rel = OpenRecords(AccessShareLock);
	Snapshot    snapshot = RegisterSnapshot(GetLatestSnapshot());
	SysScanDesc scan = systable_beginscan(rel, InvalidOid, false, snapshot, 0, NULL);
	HeapTuple   tuple;
	List       *records = NIL;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
		records = lappend(records, MakeRecord(rel, tuple));
	systable_endscan(scan);
	UnregisterSnapshot(snapshot);
	table_close(rel, AccessShareLock);
	return records;
}

/*
 * DeleteDone deletes the records that are marked as done. Only recovery does, one process in a database. They come
 * in the table's order, from CommittedHere.
 */
void
DeleteDone(List *records)
{
	Relation    rel = OpenRecords(RowExclusiveLock);
	Snapshot    snapshot = RegisterSnapshot(GetLatestSnapshot());
	SysScanDesc scan = systable_beginscan(rel, InvalidOid, false, snapshot, 0, NULL);
	ListCell   *lc = list_head(records);
	HeapTuple   tuple;

	while (lc != NULL && HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		CommitRecord *record = lfirst(lc);

		if (strcmp(MakeRecord(rel, tuple)->gid, record->gid) != 0)
			continue; /* it came after them */
		if (record->done)
			CatalogTupleDelete(rel, &tuple->t_self);
		lc = lnext(records, lc);
	}
	systable_endscan(scan);
	UnregisterSnapshot(snapshot);
	table_close(rel, RowExclusiveLock);
}

/*
 * MayHaveCommitted says whether the snapshot shows that this node has committed
 * the transaction; true also of one that it knows nothing about.
 */
bool
MayHaveCommitted(const char *gid, Snapshot snapshot)
{
	char       *prefix = OwnIdPrefix();
	Relation    rel;
	SysScanDesc scan;
	bool        committed;

	if (strncmp(gid, prefix, strlen(prefix)) != 0)
		return true;
	rel = OpenRecords(AccessShareLock);
	scan = ScanRecord(rel, gid, snapshot);
	committed = HeapTupleIsValid(systable_getnext(scan));
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return committed;
}

/*
 * transaction_outcome(gid) answers, about a transaction that this node began
 * and the asker has prepared: committed, aborted or in progress. Only one that
 * this installation began can be told to have aborted, and only by a primary.
 */
Datum
distshard_transaction_outcome(PG_FUNCTION_ARGS)
{
	char        *gid = text_to_cstring(PG_GETARG_TEXT_PP(0));
	char        *prefix = OwnIdPrefix();
	const char  *outcome = "aborted";
	Relation     rel;
	SnapshotData dirty;
	SysScanDesc  scan;

	if (RecoveryInProgress() || strncmp(gid, prefix, strlen(prefix)) != 0)
		PG_RETURN_TEXT_P(cstring_to_text("unknown"));

	InitDirtySnapshot(dirty);
	rel = OpenRecords(AccessShareLock);
	scan = ScanRecord(rel, gid, &dirty);
	if (HeapTupleIsValid(systable_getnext(scan)))
		outcome = TransactionIdIsValid(dirty.xmin) ? "in progress" : "committed";
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	PG_RETURN_TEXT_P(cstring_to_text(outcome));
}
