/*-------------------------------------------------------------------------
 *
 * deadlock.h
 *	  Who waits for whom, and what is done when nobody can go on.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_DEADLOCK_H
#define DISTSHARD_DEADLOCK_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "nodes/pg_list.h"
#include "storage/lock.h"
#include "transport/session.h"

/* A backend waits for a lock that another one of its node holds, or has asked for before. */
typedef struct LockWait
{
	int32          node_id;
	int32          pid;   /* of a parallel query: its leader */
	TimestampTz    since; /* with the process it identifies the wait */
	ClusterSession waiter;
	int32          blocker_pid; /* 0: a prepared transaction */
	ClusterSession blocker;     /* pid 0: none; recovery will end the transaction */
	LOCKTAG        tag;
	LOCKMODE       mode;
	char          *lock; /* in words, such as ShareLock on transaction 731 */
} LockWait;

/* lock_waits.c */
extern bool  IsWaiting(const PGPROC *proc, TimestampTz *since);
extern List *LocalWaits(void);

/* wait_graph.c */
extern char     *PrintWait(const LockWait *wait);
extern LockWait *ParseWait(const char *text);
extern List     *WaitsInBoth(List *some, List *others);
extern List     *WaitCycle(List *waits, ClusterSession session);
extern List     *WaitsWithout(List *waits, ClusterSession session);

static inline bool
SameSession(ClusterSession a, ClusterSession b)
{
	return a.node_id == b.node_id && a.pid == b.pid;
}

/* deadlock_watch.c */
extern long WatchForDeadlocks(void);

/* deadlock.c */
extern PGDLLEXPORT void DeadlockCheckMain(Datum database);

/*
 * verdict.c: gives an error its meaning, if it is the cancel by which a deadlock
 * of this backend was broken. HeedVerdicts has that done to errors as they are
 * raised, until the caller takes it from error_context_stack; UseVerdict is for
 * those that were raised elsewhere, with strings in the current memory context.
 */
extern void HeedVerdicts(ErrorContextCallback *callback);
extern void UseVerdict(ErrorData *error);
extern void InitVerdicts(void);

#endif
