/*-------------------------------------------------------------------------
 *
 * table_lock.c
 *	  Locking distributed tables on all nodes before a statement changes them.
 *
 * Every session takes such locks on the first node first, and then on all others at
 * once. Modes that conflict do so there already: of two sessions that would
 * wait for each other on the others, one has nothing yet but what it has on the first,
 * and of several tables that are locked in different order on the first node it is
 * a deadlock there, as in PostgreSQL. And none waits long: a lock that is
 * wanted stops everybody who comes later, on a node where the table could be
 * used meanwhile. After a while the locks that were got are given back, and all
 * is tried again, until the session's own lock_timeout if it has one. It is long
 * enough for a deadlock to be found, with what the transaction had locked before.
 * With NOWAIT there is one try.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/metadata.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "placement/cluster_change.h"
#include "storage/latch.h"
#include "storage/lmgr.h"
#include "storage/proc.h"
#include "transaction/xact.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/timestamp.h"

/* How long to wait for a lock while holding others, and how long to leave all free then, in milliseconds. */
#define LOCK_PATIENCE (DeadlockTimeout + 1000)
#define LOCK_PAUSE    200

static const char *
ModeName(LOCKMODE mode)
{
	static const char *const names[] = {
		NULL,    "ACCESS SHARE",        "ROW SHARE", "ROW EXCLUSIVE",   "SHARE UPDATE EXCLUSIVE",
		"SHARE", "SHARE ROW EXCLUSIVE", "EXCLUSIVE", "ACCESS EXCLUSIVE"};

	return names[mode];
}

static void
LockHere(Oid relid, LOCKMODE mode, bool nowait)
{
	if (!nowait)
		LockRelationOid(relid, mode);
	else if (!ConditionalLockRelationOid(relid, mode))
		ereport(ERROR, (errcode(ERRCODE_LOCK_NOT_AVAILABLE),
						errmsg("could not obtain lock on relation \"%s.%s\"",
							   get_namespace_name(get_rel_namespace(relid)), get_rel_name(relid))));
}

/* On these nodes at once. The statement is for others, the rest for this one, if it is among them. */
static void
LockOnNodes(List *nodes, char *sql, List *relids, LOCKMODE mode, bool nowait)
{
	List     *node_ids = NIL;
	List     *commands;
	bool      here = false;
	ListCell *lc;

	foreach (lc, nodes)
	{
		ClusterNode *node = lfirst(lc);

		if (node->is_local)
			here = true;
		else
			node_ids = lappend_int(node_ids, node->node_id);
	}
	commands = SendToNodes(node_ids, AllAsExtensionOwner(list_make1(sql)), REMOTE_LOCK);
	foreach (lc, here ? relids : NIL)
		LockHere(lfirst_oid(lc), mode, nowait);
	FinishCommands(commands);
}

static void
LockOnce(List *relids, LOCKMODE mode, bool nowait)
{
	StringInfoData sql;
	List          *nodes = AllPrimaries();
	ListCell      *lc;

	initStringInfo(&sql);
	foreach (lc, relids)
		appendStringInfo(
			&sql, "%s ONLY %s", foreach_current_index(lc) == 0 ? "LOCK TABLE" : ",",
			quote_qualified_identifier(get_namespace_name(get_rel_namespace(lfirst_oid(lc))),
									   get_rel_name(lfirst_oid(lc))));
	appendStringInfo(&sql, " IN %s MODE%s", ModeName(mode), nowait ? " NOWAIT" : "");

	LockOnNodes(list_make1(linitial(nodes)), sql.data, relids, mode, nowait);
	LockOnNodes(list_copy_tail(nodes, 1), sql.data, relids, mode, nowait);
}

/* Tries to get the locks, each within so many milliseconds. Returns false, holding none, if that fails. */
static bool
TryLock(List *relids, LOCKMODE mode, long patience)
{
	MemoryContext caller = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	volatile bool done = false;

	BeginInternalSubTransaction(NULL);
	PG_TRY();
	{
		int guc_level = NewGUCNestLevel();

		(void) set_config_option("lock_timeout", psprintf("%ld", patience), PGC_USERSET,
								 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
		LockOnce(relids, mode, false);
		AtEOXact_GUC(true, guc_level);
		ReleaseCurrentSubTransaction();
		done = true;
	}
	PG_CATCH();
	{
		ErrorData *edata;

		MemoryContextSwitchTo(caller);
		edata = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(caller);
		CurrentResourceOwner = owner;
		if (edata->sqlerrcode != ERRCODE_LOCK_NOT_AVAILABLE)
			ReThrowError(edata);
		FreeErrorData(edata);
	}
	PG_END_TRY();
	MemoryContextSwitchTo(caller);
	CurrentResourceOwner = owner;
	return done;
}

/* The milliseconds that are left until the session's lock_timeout, but not more than so many. Raises its error. */
static long
TimeLeft(TimestampTz give_up, long most)
{
	long left;

	if (LockTimeout == 0)
		return most;
	left = TimestampDifferenceMilliseconds(GetCurrentTimestamp(), give_up);
	if (left <= 0)
		ereport(ERROR, (errcode(ERRCODE_LOCK_NOT_AVAILABLE),
						errmsg("canceling statement due to lock timeout")));
	return Min(left, most);
}

/*
 * LockTables locks distributed tables on all nodes. Without other nodes the
 * locks that the caller takes anyway will do. The error of NOWAIT names the schema, too.
 */
void
LockTables(List *relids, LOCKMODE mode, bool nowait)
{
	TimestampTz give_up = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), LockTimeout);

	if (relids == NIL || !HaveOtherNodes())
		return;
	if (nowait)
	{
		LockOnce(relids, mode, true);
		return;
	}
	while (!TryLock(relids, mode, TimeLeft(give_up, LOCK_PATIENCE)))
	{
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
						 TimeLeft(give_up, LOCK_PAUSE), PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
	}
}
