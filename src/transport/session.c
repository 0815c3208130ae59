/*-------------------------------------------------------------------------
 *
 * session.c
 *	  Which session of the cluster each backend works for, in shared memory.
 *
 * A session's work is done by the backend that its client is connected to, by
 * backends of other nodes that this one has connections to, and by those that
 * these have connections to in turn. A node that connects says for whom, when
 * it proves to be one (proof.c), so nothing has to be sent later.
 *
 * A backend writes its own place of the array, under the lock: when it begins
 * to work for another node, when it prepares a transaction (whose locks nobody
 * holds from then on, but which ends when that session says so), and when it
 * ends.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <signal.h>

#include "access/xact.h"
#include "catalog/metadata.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "shared_memory.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/lwlock.h"
#include "transaction_end.h"
#include "transport/session.h"
#include "utils/timestamp.h"

/* A backend ends when it comes to look for interrupts, which may take a while. */
#define END_TIMEOUT_MS 10000

typedef struct Place
{
	ClusterSession       session;  /* pid 0: none, or the backend's own */
	VirtualTransactionId prepared; /* what it prepared last */
} Place;

typedef struct Sessions
{
	int    nserved;                       /* places in use */
	Latch *watcher;                       /* to be set when there is a first one; NULL: nobody's */
	Place  places[FLEXIBLE_ARRAY_MEMBER]; /* in the order of PGPROC's array */
} Sessions;

static Sessions *sessions = NULL;
static LWLock   *sessions_lock = NULL;

PG_FUNCTION_INFO_V1(distshard_local_node_id);
PG_FUNCTION_INFO_V1(distshard_local_sessions);

/* Background processes and ordinary backends come first in the array; others never work for a node. */
static Size
SessionsSize(void)
{
	return offsetof(Sessions, places) + sizeof(Place) * MaxBackends;
}

static Place *
PlaceOf(const PGPROC *proc)
{
	int place = proc - ProcGlobal->allProcs;

	return place < MaxBackends ? &sessions->places[place] : NULL;
}

int32
LocalNodeId(void)
{
	ListCell *lc;

	foreach (lc, AllPrimaries())
	{
		ClusterNode *node = lfirst(lc);

		if (node->is_local)
			return node->node_id;
	}
	return 0;
}

ClusterSession
SessionOfProc(const PGPROC *proc, int32 local_node)
{
	ClusterSession session = {0};
	const Place   *place = PlaceOf(proc);

	if (place)
	{
		LWLockAcquire(sessions_lock, LW_SHARED);
		session = place->session;
		LWLockRelease(sessions_lock);
	}
	if (session.pid == 0)
	{
		session.node_id = local_node;
		session.pid = proc->pid;
	}
	return session;
}

ClusterSession
SessionThatPrepared(VirtualTransactionId transaction)
{
	ClusterSession session = {0};

	LWLockAcquire(sessions_lock, LW_SHARED);
	for (int i = 0; i < MaxBackends; i++)
	{
		if (sessions->places[i].session.pid != 0 &&
			VirtualTransactionIdEquals(sessions->places[i].prepared, transaction))
			session = sessions->places[i].session;
	}
	LWLockRelease(sessions_lock);
	return session;
}

ClusterSession
MyClusterSession(void)
{
	ClusterSession session = PlaceOf(MyProc)->session; /* nobody else writes it */

	if (session.pid == 0)
	{
		session.node_id = LocalNodeId();
		session.pid = MyProcPid;
	}
	return session;
}

static void
StopServing(int code, Datum arg)
{
	LWLockAcquire(sessions_lock, LW_EXCLUSIVE);
	PlaceOf(MyProc)->session.pid = 0;
	sessions->nserved--;
	LWLockRelease(sessions_lock);
}

void
ServeSession(ClusterSession session)
{
	Place *place = PlaceOf(MyProc);
	bool   again = place->session.pid != 0;
	Latch *watcher;

	LWLockAcquire(sessions_lock, LW_EXCLUSIVE);
	place->session = session;
	SetInvalidVirtualTransactionId(place->prepared);
	if (!again)
		sessions->nserved++;
	watcher = sessions->watcher;
	sessions->watcher = NULL;
	LWLockRelease(sessions_lock);
	if (!again)
		before_shmem_exit(StopServing, 0);
	if (watcher)
		SetLatch(watcher);
}

/* The backends of a node's sessions are told to end. Returns whether there are any: one's place is its own until it ends. */
static bool
TellToEnd(int32 node_id)
{
	bool any = false;

	LWLockAcquire(sessions_lock, LW_SHARED);
	for (int i = 0; i < MaxBackends; i++)
	{
		const ClusterSession *session = &sessions->places[i].session;
		const PGPROC         *proc = &ProcGlobal->allProcs[i];

		if (session->pid == 0 || session->node_id != node_id || proc->databaseId != MyDatabaseId)
			continue;
		(void) kill(proc->pid, SIGTERM);
		any = true;
	}
	LWLockRelease(sessions_lock);
	return any;
}

void
EndSessionsOf(int32 node_id)
{
	TimestampTz deadline = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), END_TIMEOUT_MS);

	while (TellToEnd(node_id))
	{
		if (GetCurrentTimestamp() > deadline)
			ereport(ERROR, (errcode(ERRCODE_OBJECT_IN_USE),
							errmsg("sessions of node %d do not end on this node", node_id),
							errhint("See distshard.local_sessions() here.")));
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, 10,
						 PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
	}
}

bool
AnyServed(Latch *latch)
{
	bool any;

	LWLockAcquire(sessions_lock, LW_EXCLUSIVE);
	any = sessions->nserved > 0;
	sessions->watcher = any ? NULL : latch;
	LWLockRelease(sessions_lock);
	return any;
}

Datum
distshard_local_node_id(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(LocalNodeId());
}

/* A row for each backend of this server, also those of other databases. */
Datum
distshard_local_sessions(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	int32          node_id = LocalNodeId();

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < MaxBackends; i++)
	{
		const PGPROC  *proc = &ProcGlobal->allProcs[i];
		ClusterSession session;
		Datum          values[3];
		bool           nulls[3] = {false};

		values[0] = Int32GetDatum(proc->pid);
		if (proc->pid == 0)
			continue;
		session = SessionOfProc(proc, node_id);
		values[1] = Int32GetDatum(session.node_id);
		values[2] = Int32GetDatum(session.pid);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}

static void
RememberPrepared(XactEvent event)
{
	Place *place = PlaceOf(MyProc);

	if (place->session.pid == 0)
		return;
	LWLockAcquire(sessions_lock, LW_EXCLUSIVE);
	GET_VXID_FROM_PGPROC(place->prepared, *MyProc);
	LWLockRelease(sessions_lock);
}

static const SharedMemory memory = {.name = "distshard sessions",
									.size = SessionsSize,
									.address = (void **) &sessions,
									.lock = &sessions_lock};

void
InitSessions(void)
{
	ShareMemory(&memory);
	CallAtEvents(EVENT(XACT_EVENT_PRE_PREPARE), RememberPrepared, NULL);
}
