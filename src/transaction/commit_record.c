/*-------------------------------------------------------------------------
 *
 * commit_record.c
 *	  distshard.transaction: which distributed transactions committed.
 *
 * A row is inserted by the local transaction before any node prepares, so its
 * being there means that the transaction committed, and as long as it is in
 * progress whoever looks for it with the unique index has to wait. It is
 * deleted, by a later transaction of the session that writes here anyway, only
 * once all nodes have acknowledged COMMIT PREPARED; what a session leaves behind
 * does no harm.
 *
 * Rows are read and written directly: users need no privileges on the table.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/indexing.h"
#include "catalog/metadata.h"
#include "catalog/namespace.h"
#include "port.h"
#include "transaction/internal.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

/* Records that are not needed any more, and how many of them this transaction deletes. */
static List *finished = NIL;
static int   ndeleted = 0;

/* NewGlobalId returns a name for a distributed transaction that no other ever has. */
char *
NewGlobalId(void)
{
	uint8 random[16];
	char  hex[sizeof(random) * 2 + 1];

	if (!pg_strong_random(random, sizeof(random)))
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not generate random values")));
	hex_encode((char *) random, sizeof(random), hex);
	hex[sizeof(random) * 2] = '\0';
	return psprintf("distshard/%d/%s", LocalGroupId(), hex);
}

static Relation
OpenRecords(void)
{
	Oid relid = get_relname_relid("transaction", get_namespace_oid("distshard", false));

	return table_open(relid, RowExclusiveLock);
}

static void
DeleteRecord(Relation rel, const char *gid)
{
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple   tuple;

	ScanKeyInit(&key, 1, BTEqualStrategyNumber, F_TEXTEQ, CStringGetTextDatum(gid));
	key.sk_collation = TupleDescAttr(RelationGetDescr(rel), 0)->attcollation;
	scan = systable_beginscan(rel, RelationGetPrimaryKeyIndex(rel), true, NULL, 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
		CatalogTupleDelete(rel, &tuple->t_self);
	systable_endscan(scan);
}

void
RecordCommit(const char *gid)
{
	Relation rel = OpenRecords();
	Datum    values[1] = {CStringGetTextDatum(gid)};
	bool     nulls[1] = {false};

	PushActiveSnapshot(GetTransactionSnapshot()); /* the table has a TOAST table */
	while (ndeleted < list_length(finished))
		DeleteRecord(rel, list_nth(finished, ndeleted++));
	CatalogTupleInsert(rel, heap_form_tuple(RelationGetDescr(rel), values, nulls));
	PopActiveSnapshot();
	table_close(rel, NoLock);
}

/* All nodes have committed: the record may go. */
void
CommitFinished(const char *gid)
{
	MemoryContext old = MemoryContextSwitchTo(TopMemoryContext);

	finished = lappend(finished, pstrdup(gid));
	MemoryContextSwitchTo(old);
}

void
RecordsCommitted(void)
{
	while (ndeleted > 0)
	{
		pfree(linitial(finished));
		finished = list_delete_first(finished);
		ndeleted--;
	}
}

void
RecordsRolledBack(void)
{
	ndeleted = 0;
}
