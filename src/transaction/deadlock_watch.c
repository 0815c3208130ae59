/*-------------------------------------------------------------------------
 *
 * deadlock_watch.c
 *	  Looks on this node for waits that may be part of a deadlock.
 *
 * A deadlock across nodes has a wait on each of its nodes. The launcher's
 * process looks at what backends of this server wait for, as long as some of
 * them work for other nodes; when a wait has lasted for deadlock_timeout, as
 * which PostgreSQL suspects a deadlock too, a process is started in that
 * database to ask the other nodes (deadlock.c). The last wait of a deadlock to
 * begin is enough to find it. Should it be missed, because a node did not answer
 * or no process could be had, there is another look each time the wait's
 * duration has doubled.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/proc.h"
#include "transaction/deadlock.h"
#include "transaction/internal.h"
#include "transport/session.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

/* In how many databases there can be a check at once, and how long to wait for one that cannot be. */
#define MAX_CHECKS     4
#define RETRY_AFTER_MS 100

typedef struct Check
{
	Oid                     database; /* InvalidOid: none yet */
	TimestampTz             started;  /* the last one */
	BackgroundWorkerHandle *handle;   /* NULL: none under way */
} Check;

static Check checks[MAX_CHECKS];

/* The place for a database's checks: its own, else any that is not in use; NULL if all are. */
static Check *
CheckFor(Oid database)
{
	Check *check = NULL;

	for (int i = 0; i < MAX_CHECKS; i++)
	{
		if (checks[i].database == database)
			return &checks[i];
		if (checks[i].handle == NULL && (check == NULL || checks[i].started < check->started))
			check = &checks[i];
	}
	if (check)
	{
		check->database = database;
		check->started = 0;
	}
	return check;
}

static void
StartCheck(Check *check)
{
	TimestampTz now = GetCurrentTimestamp();

	check->handle = StartProcess("distshard deadlock check", "DeadlockCheckMain", check->database);
	if (check->handle)
		check->started = now;
}

/* For how many milliseconds a wait needs no look. */
static long
DueIn(TimestampTz since, TimestampTz last_check, TimestampTz now)
{
	TimestampTz due = TimestampTzPlusMilliseconds(since, DeadlockTimeout);

	if (last_check >= due)
		due = last_check + (last_check - since);
	return TimestampDifferenceMilliseconds(now, due);
}

/* Returns after how many milliseconds to look again; -1: only once the latch was set. */
long
WatchForDeadlocks(void)
{
	TimestampTz now = GetCurrentTimestamp();
	long        next = Max(DeadlockTimeout / 2, 10);

	if (!AnyServed(MyLatch))
		return -1;
	for (int i = 0; i < MaxBackends; i++)
	{
		const PGPROC *proc = &ProcGlobal->allProcs[i];
		Check        *check;
		TimestampTz   since;
		long          due;

		if (!IsWaiting(proc, &since) || !OidIsValid(proc->databaseId))
			continue;
		check = CheckFor(proc->databaseId);
		due = check ? DueIn(since, check->started, now) : RETRY_AFTER_MS;
		if (due <= 0 && !ProcessUnderWay(&check->handle))
		{
			StartCheck(check);
			due = check->handle ? DueIn(since, check->started, now) : RETRY_AFTER_MS;
		}
		next = Min(next, Max(due, 1) /* it ends soon */);
	}
	return next;
}
