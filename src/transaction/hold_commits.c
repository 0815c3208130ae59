/*-------------------------------------------------------------------------
 *
 * hold_commits.c
 *	  Hold the commits of this node's database for a moment.
 *
 * While commits are held on all nodes, nothing becomes visible anywhere, so that
 * snapshots taken one after the other are one snapshot (cluster_snapshot.c).
 *
 * Each backend has a slot in shared memory. A transaction with an xid marks its
 * slot before it commits, and unmarks it when it has become visible; one that
 * began a distributed transaction, when it has become visible on all nodes. One
 * that is being prepared marks its slot as well: what becomes visible by COMMIT
 * PREPARED while nodes hold was prepared before, on all of them.
 *
 * A holder first says that it holds, then waits until no slot is marked. With a
 * full barrier between the writing of one thing and the reading of the other on
 * both sides, at least one of them sees the other. A commit that finds commits
 * held takes its mark back and waits. So where nobody holds, a commit costs two
 * stores and two barriers, and no lock.
 *
 * Nobody waits for a holder that does not go on: a hold expires. The holder finds
 * out, since it renews its hold once the snapshots are taken. Deciding that a
 * hold is over, and renewing it, happen under one lock, by one clock.
 *
 * Nobody who has marked its slot waits for a commit that is held, so there are
 * no deadlocks: what can wait for others is done before.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "compat.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "port/atomics.h"
#include "shared_memory.h"
#include "storage/condition_variable.h"
#include "storage/ipc.h"
#include "storage/lwlock.h"
#include "storage/shmem.h"
#include "transaction/fault.h"
#include "transaction/hold_commits.h"
#include "transaction/internal.h"
#include "transaction/registry.h"
#include "transport/remote_xact.h"

/* How long a holder waits for commits under way. */
#define DRAIN_MS 500

/* A commit that has waited for so long comes before new holds. */
#define PATIENCE_MS 50

/* What a backend does, by its number. Padded, so that commits do not share cache lines. */
typedef union Slot
{
	struct
	{
		pg_atomic_uint32 committing; /* in this database; 0: nothing is under way */

		/* guarded by the lock; times are Now()'s, 0: it does not */
		Oid   database; /* whose commits are held or wait */
		int64 holds_until;
		int64 waits_since;
	};
	char padding[PG_CACHE_LINE_SIZE];
} Slot;

typedef struct Gate
{
	pg_atomic_uint32  nholds;    /* expired ones count until their holder ends them */
	ConditionVariable released;  /* a hold has ended */
	ConditionVariable committed; /* a slot was unmarked */
	Slot              slots[FLEXIBLE_ARRAY_MEMBER];
} Gate;

static Gate   *gate = NULL;
static LWLock *gate_lock = NULL;
static Slot   *own = NULL; /* this backend's */

PG_FUNCTION_INFO_V1(distshard_hold_commits);
PG_FUNCTION_INFO_V1(distshard_renew_hold);
PG_FUNCTION_INFO_V1(distshard_release_commits);

/* In milliseconds; the same for all processes, and never set back. */
static int64
Now(void)
{
	return MonotonicTime() / 1000;
}

static void
ReleaseAtExit(int code, Datum arg)
{
	ReleaseCommitsHere();
}

static Slot *
OwnSlot(void)
{
	if (own == NULL)
	{
		own = &gate->slots[OWN_BACKEND_INDEX];
		before_shmem_exit(ReleaseAtExit, 0);
	}
	return own;
}

/* --------------------------------------------------------------- commits --- */

/* Until when are commits held by others? 0: they are not. The lock is held. */
static int64
HeldUntil(int64 now)
{
	int64 until = 0;

	for (int i = 0; i < MaxBackends; i++)
	{
		Slot *slot = &gate->slots[i];

		if (slot != own && slot->database == MyDatabaseId && slot->holds_until > now)
			until = Max(until, slot->holds_until);
	}
	return until;
}

/* HowLongHeld returns for how many milliseconds to wait at most, and notes since when we do. */
static int64
HowLongHeld(void)
{
	int64 now;
	int64 until;

	LWLockAcquire(gate_lock, LW_EXCLUSIVE);
	now = Now();
	until = HeldUntil(now);
	if (until == 0)
		own->waits_since = 0;
	else if (own->waits_since == 0)
	{
		own->database = MyDatabaseId;
		own->waits_since = now;
	}
	LWLockRelease(gate_lock);
	return until == 0 ? 0 : until - now;
}

static void
Unmark(void)
{
	pg_atomic_write_u32(&own->committing, 0);
	pg_memory_barrier();
	if (pg_atomic_read_u32(&gate->nholds) > 0)
		ConditionVariableBroadcast(&gate->committed);
}

void
EnterCommit(void)
{
	Slot *slot = OwnSlot();
	int64 held;

	for (;;)
	{
		pg_atomic_write_u32(&slot->committing, MyDatabaseId);
		pg_memory_barrier();
		if (pg_atomic_read_u32(&gate->nholds) == 0 || (held = HowLongHeld()) == 0)
			break;
		Unmark();
		ConditionVariablePrepareToSleep(&gate->released);
		if ((held = HowLongHeld()) > 0)
			(void) ConditionVariableTimedSleep(&gate->released, held, PG_WAIT_EXTENSION);
		ConditionVariableCancelSleep();
	}
}

void
LeaveCommit(void)
{
	if (own == NULL)
		return;
	if (pg_atomic_read_u32(&own->committing) != 0)
		Unmark();
	if (own->waits_since != 0)
	{
		LWLockAcquire(gate_lock, LW_EXCLUSIVE);
		own->waits_since = 0;
		LWLockRelease(gate_lock);
	}
}

/* ----------------------------------------------------------------- holds --- */

static bool
SomebodyIsCommitting(void)
{
	for (int i = 0; i < MaxBackends; i++)
	{
		if (&gate->slots[i] != own &&
			pg_atomic_read_u32(&gate->slots[i].committing) == MyDatabaseId)
			return true;
	}
	return false;
}

/* Has a commit waited for so long that it comes first? The lock is held. */
static bool
SomebodyIsImpatient(int64 now)
{
	for (int i = 0; i < MaxBackends; i++)
	{
		Slot *slot = &gate->slots[i];

		if (slot->database == MyDatabaseId && slot->waits_since != 0 &&
			slot->waits_since < now - PATIENCE_MS)
			return true;
	}
	return false;
}

static bool
BeginHold(void)
{
	int64 now;
	bool  begun;

	LWLockAcquire(gate_lock, LW_EXCLUSIVE);
	now = Now();
	begun = !SomebodyIsImpatient(now);
	if (begun)
	{
		if (own->holds_until == 0)
			pg_atomic_fetch_add_u32(&gate->nholds, 1);
		own->database = MyDatabaseId;
		own->holds_until = now + HOLD_EXPIRES_MS;
	}
	LWLockRelease(gate_lock);
	return begun;
}

bool
HoldCommitsHere(void)
{
	int64 give_up = Now() + DRAIN_MS;

	(void) OwnSlot();
	if (!BeginHold())
		return false;
	FAULT_POINT("hold begins");
	pg_memory_barrier();
	ConditionVariablePrepareToSleep(&gate->committed);
	while (SomebodyIsCommitting() && Now() < give_up)
		(void) ConditionVariableTimedSleep(&gate->committed, give_up - Now() + 1,
										   PG_WAIT_EXTENSION);
	ConditionVariableCancelSleep();
	if (SomebodyIsCommitting() || !RenewHold())
	{
		ReleaseCommitsHere();
		return false;
	}
	FAULT_POINT("commits held");
	return true;
}

bool
RenewHold(void)
{
	int64 now;
	bool  holds;

	(void) OwnSlot();
	LWLockAcquire(gate_lock, LW_EXCLUSIVE);
	now = Now();
	holds = own->holds_until > now;
	if (holds)
		own->holds_until = now + HOLD_EXPIRES_MS;
	LWLockRelease(gate_lock);
	return holds;
}

void
ReleaseCommitsHere(void)
{
	if (own == NULL || own->holds_until == 0)
		return;
	FAULT_POINT("hold ends");
	LWLockAcquire(gate_lock, LW_EXCLUSIVE);
	own->holds_until = 0;
	pg_atomic_fetch_sub_u32(&gate->nholds, 1);
	LWLockRelease(gate_lock);
	ConditionVariableBroadcast(&gate->released);
}

/* --------------------------------------------- holds that another node asks for --- */

void
CheckMayHold(void)
{
	if (!IsClusterConnection())
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						errmsg("only nodes of the cluster can hold commits")));
}

Datum
distshard_hold_commits(PG_FUNCTION_ARGS)
{
	CheckMayHold();
	PG_RETURN_BOOL(HoldCommitsHere());
}

Datum
distshard_renew_hold(PG_FUNCTION_ARGS)
{
	CheckMayHold();
	FAULT_POINT("hold is renewed");
	PG_RETURN_BOOL(RenewHold());
}

Datum
distshard_release_commits(PG_FUNCTION_ARGS)
{
	CheckMayHold();
	ReleaseCommitsHere();
	PG_RETURN_VOID();
}

void
ReleaseCommitsOn(NodeConn *conn)
{
	if (!ConnIsOpen(conn))
		return;
	EndBatch(conn);
	QueuePrelude(conn, "SELECT distshard.release_commits()", COMMAND_PREPARE);
	FlushCommands(conn);
}

/* --------------------------------------------------------- shared memory --- */

static Size
GateSize(void)
{
	return add_size(offsetof(Gate, slots), mul_size(sizeof(Slot), MaxBackends));
}

static void
InitializeMemory(void)
{
	pg_atomic_init_u32(&gate->nholds, 0);
	ConditionVariableInit(&gate->released);
	ConditionVariableInit(&gate->committed);
	for (int i = 0; i < MaxBackends; i++)
		pg_atomic_init_u32(&gate->slots[i].committing, 0);
}

static const SharedMemory memory = {.name = "distshard commits",
									.size = GateSize,
									.address = (void **) &gate,
									.lock = &gate_lock,
									.initialize = InitializeMemory};

void
InitHoldCommits(void)
{
	ShareMemory(&memory);
}
