/*-------------------------------------------------------------------------
 *
 * lock_waits.c
 *	  Who waits for whom on this node.
 *
 * A row of distshard.local_waits() and of the graph that deadlocks are found in
 * (deadlock.c) is a pair of backends, of which one waits for the other, as
 * pg_blocking_pids() has them, with the sessions that they work for.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "compat.h"
#include "fmgr.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "storage/procarray.h"
#include "transaction/deadlock.h"
#include "transport/connection.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(distshard_local_waits);
PG_FUNCTION_INFO_V1(distshard_print_waits);

/* Does the process wait for a lock, and since when? Takes no lock, so it may have changed already. */
bool
IsWaiting(const PGPROC *proc, TimestampTz *since)
{
	if (proc->pid == 0 || proc->waitStatus != PROC_WAIT_STATUS_WAITING)
		return false;
	*since = (TimestampTz) pg_atomic_read_u64((pg_atomic_uint64 *) &proc->waitStart);
	return *since != 0; /* it is set a moment later than the status */
}

static char *
TableName(const LOCKTAG *tag)
{
	char *name;
	char *schema;

	if (tag->locktag_field1 != MyDatabaseId)
		return NULL;
	name = get_rel_name(tag->locktag_field2);
	schema = get_namespace_name(get_rel_namespace(tag->locktag_field2));
	if (name == NULL || schema == NULL)
		return NULL;
	return LogicalNames(psprintf("\"%s\".\"%s\"", schema, name));
}

/* What is locked and how, in words, as PostgreSQL says it, but tables by their user's names. */
static char *
DescribeLock(const LOCKTAG *tag, LOCKMODE mode)
{
	StringInfoData text;
	char          *table = NULL;

	initStringInfo(&text);
	appendStringInfo(&text, "%s on ", GetLockmodeName(tag->locktag_lockmethodid, mode));
	if (tag->locktag_type == LOCKTAG_RELATION || tag->locktag_type == LOCKTAG_TUPLE)
		table = TableName(tag);
	if (table == NULL)
		DescribeLockTag(&text, tag);
	else if (tag->locktag_type == LOCKTAG_TUPLE)
		appendStringInfo(&text, "a row of table %s", table);
	else
		appendStringInfo(&text, "table %s", table);
	return text.data;
}

/* Does the holder of, or candidate for, the same lock keep the waiting process from having it? */
static bool
IsInTheWay(const LockInstanceData *other, const LockInstanceData *waiting, const int *ahead,
		   int nahead)
{
	LOCKMASK conflicts =
		GetLockTagsMethodTable(&waiting->locktag)->conflictTab[waiting->waitLockMode];

	if (other->leaderPid == waiting->leaderPid)
		return false;
	if (conflicts & other->holdMask)
		return true;
	if (other->waitLockMode == NoLock || !(conflicts & LOCKBIT_ON(other->waitLockMode)))
		return false;
	for (int i = 0; i < nahead; i++)
	{
		if (ahead[i] == other->pid)
			return true;
	}
	return false;
}

static LockWait *
MakeWait(const LockInstanceData *waiting, const LockInstanceData *other, TimestampTz since,
		 int32 node_id)
{
	LockWait *wait = palloc0(sizeof(LockWait));
	PGPROC   *waiter = BackendPidGetProc(waiting->leaderPid);
	PGPROC   *blocker = other->leaderPid != 0 ? BackendPidGetProc(other->leaderPid) : NULL;

	/* Who has gone meanwhile waits no more, nor is in the way; prepared transactions stay. */
	if (waiter == NULL || (blocker == NULL && other->leaderPid != 0))
		return NULL;
	wait->node_id = node_id;
	wait->pid = waiting->leaderPid;
	wait->since = since;
	wait->waiter = SessionOfProc(waiter, node_id);
	wait->blocker_pid = other->leaderPid;
	if (blocker == NULL)
		wait->blocker = SessionThatPrepared(HolderTransaction(other));
	else if (blocker->databaseId == MyDatabaseId)
		wait->blocker = SessionOfProc(blocker, node_id);
	wait->tag = waiting->locktag;
	wait->mode = waiting->waitLockMode;
	wait->lock = DescribeLock(&wait->tag, wait->mode);
	return wait;
}

/* Adds the waits of one process to the list. */
static List *
AddWaits(List *waits, const BlockedProcsData *data, const BlockedProcData *blocked,
		 TimestampTz since, int32 node_id)
{
	const LockInstanceData *instances = &data->locks[blocked->first_lock];
	const LockInstanceData *waiting = NULL;

	for (int i = 0; i < blocked->num_locks; i++)
	{
		if (instances[i].pid == blocked->pid)
			waiting = &instances[i];
	}
	for (int i = 0; waiting && i < blocked->num_locks; i++)
	{
		LockWait *wait;

		if (!IsInTheWay(&instances[i], waiting, &data->waiter_pids[blocked->first_waiter],
						blocked->num_waiters))
			continue;
		wait = MakeWait(waiting, &instances[i], since, node_id);
		if (wait)
			waits = lappend(waits, wait);
	}
	return waits;
}

/*
 * LocalWaits returns the waits of this server's backends, of LockWait *, in the
 * current memory context. Another database may belong to another cluster, which
 * has numbers of its own for nodes.
 */
List *
LocalWaits(void)
{
	List *waits = NIL;
	int32 node_id = LocalNodeId();

	for (int i = 0; i < MaxBackends; i++)
	{
		PGPROC           *proc = &ProcGlobal->allProcs[i];
		TimestampTz       since;
		TimestampTz       still;
		int               pid = proc->pid;
		BlockedProcsData *data;

		if (proc->databaseId != MyDatabaseId || !IsWaiting(proc, &since))
			continue;
		data = GetBlockerStatusData(pid);
		if (!IsWaiting(proc, &still) || still != since || proc->pid != pid)
			continue;
		for (int j = 0; j < data->nprocs; j++)
		{
			if (data->procs[j].pid == pid)
				waits = AddWaits(waits, data, &data->procs[j], since, node_id);
		}
	}
	return waits;
}

static Datum
NodeOrNull(ClusterSession session, bool *isnull)
{
	*isnull = session.pid == 0;
	return Int32GetDatum(session.node_id);
}

static Datum
PidOrNull(int32 pid, bool *isnull)
{
	*isnull = pid == 0;
	return Int32GetDatum(pid);
}

/* The waits of this node as a table; who holds the locks of a prepared transaction is NULL. */
Datum
distshard_local_waits(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	ListCell      *lc;

	InitMaterializedSRF(fcinfo, 0);
	foreach (lc, LocalWaits())
	{
		LockWait *wait = lfirst(lc);
		Datum     values[8];
		bool      nulls[8] = {false};

		values[0] = Int32GetDatum(wait->pid);
		values[1] = Int32GetDatum(wait->waiter.node_id);
		values[2] = Int32GetDatum(wait->waiter.pid);
		values[3] = PidOrNull(wait->blocker_pid, &nulls[3]);
		values[4] = NodeOrNull(wait->blocker, &nulls[4]);
		values[5] = PidOrNull(wait->blocker.pid, &nulls[5]);
		values[6] = CStringGetTextDatum(wait->lock);
		values[7] = TimestampTzGetDatum(wait->since);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}

/* The same as lines that ParseWait() reads. */
Datum
distshard_print_waits(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	ListCell      *lc;

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	foreach (lc, LocalWaits())
	{
		Datum line = CStringGetTextDatum(PrintWait(lfirst(lc)));
		bool  isnull = false;

		tuplestore_putvalues(result->setResult, result->setDesc, &line, &isnull);
	}
	return (Datum) 0;
}
