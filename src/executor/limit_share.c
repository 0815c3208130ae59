/*-------------------------------------------------------------------------
 *
 * limit_share.c
 *	  How many of the rows that LIMIT lets pass each node is to lock.
 *
 * The nodes are asked for the rows, which are merged until there are enough: so it is known how many come from each.
 * Then each is asked to return, and to lock, no more than so many. With SKIP LOCKED, the first time is in a
 * subtransaction, whose locks are given up before the second one. Who takes rows in between gets them, and this
 * session the next ones of that node.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "executor/limit_share.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

typedef struct LimitShare
{
	int32  group_id;
	uint64 rows;
} LimitShare;

static void
count_rows(RemoteScanState *state, int64 limit)
{
	List         *shares = NIL;
	MemoryContext old;
	ListCell     *lc;

	state->probing = true;
	StartFragment(state);
	for (int64 i = 0; i < limit && NextFragmentRow(state); i++)
		;
	old = MemoryContextSwitchTo(state->css.ss.ps.state->es_query_cxt);
	foreach (lc, state->runs)
	{
		FragmentRun *run = lfirst(lc);
		LimitShare  *share = palloc(sizeof(LimitShare));

		share->group_id = run->node->group_id;
		share->rows = run->returned;
		shares = lappend(shares, share);
	}
	MemoryContextSwitchTo(old);
	StopFragment(state);
	state->probing = false;
	state->shares = shares;
}

/* Rolls back what the probe has locked, and what an error in it has left. */
static void
count_in_subtransaction(RemoteScanState *state, int64 limit)
{
	MemoryContext caller = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(caller);
	PG_TRY();
	{
		count_rows(state, limit);
		RollbackAndReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		ErrorData *error;

		MemoryContextSwitchTo(caller);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(caller);
		CurrentResourceOwner = owner;
		ReThrowError(error);
	}
	PG_END_TRY();
	MemoryContextSwitchTo(caller);
	CurrentResourceOwner = owner;
}

void
ShareLimit(RemoteScanState *state)
{
	bool  isnull;
	Datum limit = ExecEvalExprSwitchContext(state->limit, state->css.ss.ps.ps_ExprContext, &isnull);

	list_free_deep(state->shares);
	state->shares = NIL;
	if (isnull || IsInParallelMode() || state->css.ss.ps.state->es_instrument != 0)
		return;
	if (state->fragment.probe_locks)
		count_in_subtransaction(state, DatumGetInt64(limit));
	else
		count_rows(state, DatumGetInt64(limit));
}

static uint64
share_of(List *shares, int32 group_id)
{
	ListCell *lc;

	foreach (lc, shares)
	{
		if (((LimitShare *) lfirst(lc))->group_id == group_id)
			return ((LimitShare *) lfirst(lc))->rows;
	}
	return 0;
}

void
ApplyShares(RemoteScanState *state)
{
	ListCell *lc;

	if (state->shares == NIL || state->probing)
		return;
	foreach (lc, state->runs)
	{
		FragmentRun *run = lfirst(lc);

		run->limit = share_of(state->shares, run->node->group_id);
		if (run->limit == 0)
			state->runs = foreach_delete_current (state->runs, lc);
	}
}
