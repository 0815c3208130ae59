/*-------------------------------------------------------------------------
 *
 * in_doubt.c
 *	  Statements that read what a transaction has changed whose outcome may be
 *	  known elsewhere, but is not here.
 *
 * A distributed transaction that is prepared here may have been committed, and
 * its client may know. That is so only if this node could not be told, and then
 * the client is told no sooner than DOUBT_AFTER_US after all had prepared
 * (xact.c). So a statement that begins later finds it prepared for at least as
 * long. If it reads a table on which the transaction has a lock as those have
 * that write, it waits for the outcome.
 *
 * Where nothing has been prepared for so long, which is nearly always, that is
 * known from one number in shared memory.
 *
 * If the transaction came to its end just after the statement's snapshot had
 * been taken, the locks are gone, and the statement gets another snapshot in any
 * case.
 *
 * What had not been prepared for so long when the statement's snapshot was taken was
 * not acknowledged before the statement began: it is not waited for, however much
 * later a part of the statement comes to be started. Where nodes agree on snapshots
 * (executor/consistent_read.c), they wait before they take them, for what has
 * changed any of the tables that the statement names.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/transam.h"
#include "access/xact.h"
#include "catalog/metadata.h"
#include "catalog/partition.h"
#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "storage/lock.h"
#include "transaction/in_doubt.h"
#include "transaction/registry.h"
#include "transaction/start_time.h"
#include "transaction/statement_part.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#define WRITERS_LOCKS                                                      \
	(LOCKBIT_ON(RowExclusiveLock) | LOCKBIT_ON(ShareUpdateExclusiveLock) | \
	 LOCKBIT_ON(ShareRowExclusiveLock) | LOCKBIT_ON(ExclusiveLock) |       \
	 LOCKBIT_ON(AccessExclusiveLock))

static bool
IsOurs(const LockInstanceData *lock, const LockInstanceData *other)
{
	return lock->pid == 0 && lock->backend == other->backend && lock->lxid == other->lxid;
}

/* Which tables has a prepared transaction locked in order to write them? Its lock on its own number tells it from others. */
static List *
TablesWrittenBy(TransactionId xid, const LockData *locks)
{
	const LockInstanceData *own = NULL;
	List                   *tables = NIL;

	for (int i = 0; i < locks->nelements && own == NULL; i++)
	{
		const LockInstanceData *lock = &locks->locks[i];

		if (lock->pid == 0 && lock->locktag.locktag_type == LOCKTAG_TRANSACTION &&
			lock->locktag.locktag_field1 == xid && lock->holdMask != 0)
			own = lock;
	}
	for (int i = 0; i < locks->nelements && own != NULL; i++)
	{
		const LockInstanceData *lock = &locks->locks[i];

		if (IsOurs(lock, own) && lock->locktag.locktag_type == LOCKTAG_RELATION &&
			lock->locktag.locktag_field1 == MyDatabaseId && (lock->holdMask & WRITERS_LOCKS))
			tables = lappend_oid(tables, lock->locktag.locktag_field2);
	}
	return tables;
}

/*
 * Does the statement read one of the tables? Of partitioned ones it is the
 * partitions that count. What distshard keeps for itself does not: recovery reads it.
 */
static bool
ReadsOneOf(const PlannedStmt *statement, List *tables)
{
	ListCell *lc;

	foreach (lc, statement->rtable)
	{
		RangeTblEntry *rte = lfirst(lc);

		if (rte->rtekind != RTE_RELATION || rte->relkind == RELKIND_PARTITIONED_TABLE ||
			(statement->commandType == CMD_INSERT &&
			 list_member_int(statement->resultRelations, foreach_current_index(lc) + 1)))
			continue;
		if (list_member_oid(tables, rte->relid) && rte->relid >= FirstNormalObjectId &&
			get_rel_namespace(rte->relid) != MetadataSchema())
			return true;
	}
	return false;
}

static List *
Doubts(Snapshot snapshot, int64 at)
{
	return AnyInDoubt() ? TransactionsInDoubt(snapshot, at) : NIL;
}

bool
MissesDoubts(Snapshot snapshot, int64 at)
{
	ListCell *lc;

	foreach (lc, Doubts(snapshot, at))
	{
		if (((Doubt *) lfirst(lc))->ended)
			return true;
	}
	return false;
}

/* Is one of these tables this one, or the one whose rows, or some of them, it has? */
static bool
HasRowsOfOneOf(Oid written, List *tables)
{
	List     *of = get_rel_relispartition(written) ? get_partition_ancestors(written) : NIL;
	ListCell *lc;

	foreach (lc, lcons_oid(written, of))
	{
		DistTable *table = LookupDistTableByData(lfirst_oid(lc));

		if (list_member_oid(tables, table ? table->relid : lfirst_oid(lc)))
			return true;
	}
	return false;
}

bool
AwaitDoubtsAbout(List *tables, Snapshot snapshot, int64 at)
{
	List     *doubts = Doubts(snapshot, at);
	LockData *locks = doubts ? GetLockStatusData() : NULL;
	List     *awaited = NIL;
	ListCell *lc;
	ListCell *lc2;

	foreach (lc, doubts)
	{
		Doubt *doubt = lfirst(lc);
		bool   concerns = false;

		if (doubt->ended)
			continue;
		foreach (lc2, TablesWrittenBy(doubt->xid, locks))
			concerns = concerns || HasRowsOfOneOf(lfirst_oid(lc2), tables);
		if (concerns)
			awaited = lappend(awaited, &doubt->id);
	}
	AwaitTransactions(awaited);
	return doubts != NIL;
}

bool
AwaitDoubts(QueryDesc *query, Snapshot fixed, int64 at)
{
	List     *doubts = NIL;
	LockData *locks = NULL;
	List     *awaited = NIL;
	bool      renew = false;
	bool      misses = false;
	ListCell *lc;

	/* A snapshot that may be old shows the state of its own time. */
	if (IsolationUsesXactSnapshot())
		at -= GetCurrentTimestamp() - TransactionBeganHere();
	doubts = Doubts(fixed ? fixed : query->snapshot, at);
	foreach (lc, doubts)
	{
		Doubt *doubt = lfirst(lc);

		if (!doubt->ended && locks == NULL)
			locks = GetLockStatusData();
		if (doubt->ended)
			renew = true;
		else if (ReadsOneOf(query->plannedstmt, TablesWrittenBy(doubt->xid, locks)))
			awaited = lappend(awaited, &doubt->id);
	}
	AwaitTransactions(awaited);
	foreach (lc, doubts)
	{
		Doubt *doubt = lfirst(lc);

		misses |= list_member_ptr(awaited, &doubt->id) && TransactionIdDidCommit(doubt->xid);
	}
	if ((renew || awaited) && !fixed)
	{
		Snapshot old = query->snapshot;

		query->snapshot =
			CopyOfSnapshot(GetTransactionSnapshot(), old->curcid, CurrentResourceOwner);
		UnregisterSnapshot(old);
	}
	return fixed != NULL && misses;
}
