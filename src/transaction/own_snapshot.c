/*-------------------------------------------------------------------------
 *
 * own_snapshot.c
 *	  Changing the snapshot that PostgreSQL has taken for a transaction.
 *
 * Transactions that have one snapshot (REPEATABLE READ) may get a later one in its
 * place as long as they have read nothing. It is changed in place, with all copies
 * that are in use. Only its xmin stays, which may be too old without harm, for the
 * order of snapshots by xmin must not change.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "fmgr.h"
#include "transaction/fault.h"
#include "transaction/hold_commits.h"
#include "transaction/internal.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

PG_FUNCTION_INFO_V1(distshard_take_snapshot_again);

static TransactionId *
CopyXids(const TransactionId *xids, int n)
{
	return n > 0 ? memcpy(MemoryContextAlloc(TopTransactionContext, sizeof(TransactionId) * n),
						  xids, sizeof(TransactionId) * n)
				 : NULL;
}

/* Has target show what source shows. Snapshots of a transaction live in TopTransactionContext. */
static void
ChangeSnapshot(Snapshot target, Snapshot source)
{
	if (target->snapshot_type != SNAPSHOT_MVCC)
		return;
	target->xmax = source->xmax;
	target->xcnt = source->xcnt;
	target->xip = CopyXids(source->xip, source->xcnt);
	target->suboverflowed = source->suboverflowed;
	target->subxcnt = source->subxip ? source->subxcnt : 0;
	target->subxip = CopyXids(source->subxip, target->subxcnt);
}

void
ChangeTransactionSnapshot(Snapshot taken, Snapshot statement)
{
	ChangeSnapshot(GetTransactionSnapshot(), taken);
	if (ActiveSnapshotSet())
		ChangeSnapshot(GetActiveSnapshot(), taken);
	if (statement)
		ChangeSnapshot(statement, taken);
}

bool
IsTransactionSnapshot(Snapshot taken)
{
	Snapshot transaction = GetTransactionSnapshot();

	return transaction->xmax == taken->xmax && transaction->xcnt == taken->xcnt;
}

/*
 * take_snapshot_again() replaces the snapshot of a transaction that has read nothing, while commits are held for it.
 * Returns whether they still are, like renew_hold().
 */
Datum
distshard_take_snapshot_again(PG_FUNCTION_ARGS)
{
	Snapshot taken;

	CheckMayHold();
	if (XactIsoLevel != XACT_REPEATABLE_READ)
		elog(ERROR, "the transaction is not one of REPEATABLE READ");
	taken = RegisterSnapshot(GetLatestSnapshot());
	ChangeTransactionSnapshot(taken, NULL);
	UnregisterSnapshot(taken);
	FAULT_POINT("hold is renewed");
	PG_RETURN_BOOL(RenewHold());
}
