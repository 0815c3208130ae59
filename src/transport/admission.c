/*-------------------------------------------------------------------------
 *
 * admission.c
 *	  Which sessions of this server may have connections to other nodes.
 *
 * There may be more sessions here than a node takes connections. So only so
 * many are admitted at a time, and an admitted one may open a connection to each
 * node. It never waits for a second one while it holds the first, so that
 * sessions cannot wait for each other's connections in a circle, as they could
 * if each node's were handed out one by one. As a session mostly comes to need
 * all nodes, this costs little.
 *
 * The others wait in line. A session that was admitted for distshard.connection_turn
 * leaves at the end of its transaction if others wait then. One whose client says
 * nothing for a while is asked to leave by the first in line: the signal that is
 * sent makes an idle backend run an empty transaction, and at its end the session
 * leaves (idle.c). Inside a transaction nobody leaves.
 *
 * Whoever waits may hold locks that admitted sessions wait for. Those that can
 * have some, as their transaction has written here, or another node waits for
 * them, wait in a line of their own, which is served first; after deadlock_timeout
 * the limit does not hold for them.
 *
 * What is in shared memory is guarded by its lock, save for a session's
 * idle_since, which others only take as a hint.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/metadata.h"
#include "common/hashfn.h"
#include "fmgr.h"
#include "funcapi.h"
#include "lib/ilist.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "port/atomics.h"
#include "shared_memory.h"
#include "storage/latch.h"
#include "storage/lwlock.h"
#include "storage/proc.h"
#include "storage/procsignal.h"
#include "storage/shmem.h"
#include "transport/admission.h"
#include "transport/connection.h"
#include "utils/guc.h"
#include "utils/timestamp.h"

#define MAX_CAPACITIES       256
#define LIMIT_WHEN_UNKNOWN   4 /* before any node was asked what it can take */
#define FIRST_LOOKS_AFTER_MS 10
#define OTHERS_LOOK_AFTER_MS 1000
#define ANY_BACKEND_ID       (-1) /* for a signal: look the process up */

/* A client that is silent for this part of a turn may be thinking for longer. */
#define IDLE_PART_OF_TURN 20

typedef enum Standing
{
	OUTSIDE,
	WAITING,
	ADMITTED,
	LEAVING /* admitted, but closing its connections */
} Standing;

typedef struct Member
{
	dlist_node  node; /* while it waits */
	Standing    standing;
	int         pid;
	bool        urgent;     /* others may wait for it, while it waits */
	bool        asked;      /* to leave */
	TimestampTz since;      /* it waits, or was admitted */
	TimestampTz idle_since; /* 0: its connections are in use */
} Member;

typedef struct NodeCapacity
{
	uint64 address; /* hash */
	int    connections;
} NodeCapacity;

typedef struct Admission
{
	dlist_head       urgent;  /* those who wait, */
	dlist_head       waiting; /* and the others */
	pg_atomic_uint32 nwaiting;
	pg_atomic_uint32 nleaving;
	int              nadmitted;
	int              ncapacities;
	NodeCapacity     capacities[MAX_CAPACITIES];
	Member           members[FLEXIBLE_ARRAY_MEMBER]; /* by the number of the process */
} Admission;

/* settings */
static int max_connections_per_node = 0;
static int connection_turn = 1000;
static int connection_wait_timeout = 60000;

static Admission *admission = NULL;
static LWLock    *admission_lock = NULL;
static Member    *me = NULL; /* NULL in a session that never needed a connection */

PG_FUNCTION_INFO_V1(distshard_connection_limit);
PG_FUNCTION_INFO_V1(distshard_connection_turns);

/* ---------------------------------------------------------------- limit --- */

static uint64
HashAddress(const char *host, int port)
{
	return hash_bytes_extended((const unsigned char *) host, strlen(host), port);
}

static NodeCapacity *
FindCapacity(uint64 address)
{
	for (int i = 0; i < admission->ncapacities; i++)
	{
		if (admission->capacities[i].address == address)
			return &admission->capacities[i];
	}
	return NULL;
}

void
NoteCapacity(const char *host, int port, int capacity)
{
	uint64        address = HashAddress(host, port);
	NodeCapacity *entry;

	LWLockAcquire(admission_lock, LW_EXCLUSIVE);
	entry = FindCapacity(address);
	if (entry == NULL && admission->ncapacities < MAX_CAPACITIES)
		entry = &admission->capacities[admission->ncapacities++];
	if (entry)
	{
		entry->address = address;
		entry->connections = capacity;
	}
	LWLockRelease(admission_lock);
}

/*
 * How many sessions may be admitted: all nodes have clients of their own and
 * use each other alike, so each gets the same share of what a node can take.
 */
static int
SessionLimit(void)
{
	List     *nodes;
	ListCell *lc;
	int       smallest = 0;

	if (max_connections_per_node > 0)
		return max_connections_per_node;
	nodes = AllPrimaries();
	LWLockAcquire(admission_lock, LW_SHARED);
	foreach (lc, nodes)
	{
		ClusterNode  *node = lfirst(lc);
		NodeCapacity *entry =
			node->is_local ? NULL : FindCapacity(HashAddress(node->host, node->port));

		if (entry && (smallest == 0 || entry->connections < smallest))
			smallest = entry->connections;
	}
	LWLockRelease(admission_lock);
	return smallest == 0 ? LIMIT_WHEN_UNKNOWN : Max(smallest / list_length(nodes), 1);
}

/* ----------------------------------------------------------------- line --- */

static Member *
FirstInLine(void)
{
	dlist_head *line =
		dlist_is_empty(&admission->urgent) ? &admission->waiting : &admission->urgent;

	return dlist_is_empty(line) ? NULL : dlist_head_element(Member, node, line);
}

/* Whoever is first in line now has to look whether there is room. */
static void
WakeFirst(void)
{
	Member *first = FirstInLine();

	if (first)
		SetLatch(&ProcGlobal->allProcs[first - admission->members].procLatch);
}

static void
JoinLine(void)
{
	me->standing = WAITING;
	me->urgent = IsClusterConnection() || TransactionIdIsValid(GetTopTransactionIdIfAny());
	me->since = GetCurrentTimestamp();
	dlist_push_tail(me->urgent ? &admission->urgent : &admission->waiting, &me->node);
	pg_atomic_fetch_add_u32(&admission->nwaiting, 1);
}

static void
QuitLine(void)
{
	dlist_delete(&me->node);
	me->standing = OUTSIDE;
	pg_atomic_fetch_sub_u32(&admission->nwaiting, 1);
	WakeFirst();
}

static void
Admit(void)
{
	me->standing = ADMITTED;
	me->asked = false;
	me->since = GetCurrentTimestamp();
	me->idle_since = 0;
	admission->nadmitted++;
}

static bool
TurnIsOver(const Member *member, TimestampTz now)
{
	TimestampTz idle_since = member->idle_since;

	return TimestampDifferenceExceeds(member->since, now, connection_turn) ||
		   (idle_since != 0 &&
			TimestampDifferenceExceeds(idle_since, now, connection_turn / IDLE_PART_OF_TURN));
}

static int
NumberWanted(void)
{
	return (int) pg_atomic_read_u32(&admission->nwaiting) -
		   (int) pg_atomic_read_u32(&admission->nleaving);
}

/* In a transaction that has not used its connections a session looks idle, but does not leave. */
static bool
IsInTransaction(const Member *member)
{
	VirtualTransactionId transaction;

	GET_VXID_FROM_PGPROC(transaction, ProcGlobal->allProcs[member - admission->members]);
	return LocalTransactionIdIsValid(transaction.localTransactionId);
}

/* Asks as many idle sessions to leave as are waited for. */
static void
AskIdleSessions(void)
{
	TimestampTz now = GetCurrentTimestamp();
	int         wanted = NumberWanted();

	for (int i = 0; i < MaxBackends && wanted > 0; i++)
	{
		Member *member = &admission->members[i];

		if (member->standing != ADMITTED || member->idle_since == 0 || !TurnIsOver(member, now) ||
			IsInTransaction(member))
			continue;
		wanted--;
		if (member->asked)
			continue;
		member->asked = true;
		(void) SendProcSignal(member->pid, PROCSIG_CATCHUP_INTERRUPT, ANY_BACKEND_ID);
	}
}

static void
CheckWaitTimeout(int limit)
{
	if (connection_wait_timeout == 0 ||
		!TimestampDifferenceExceeds(me->since, GetCurrentTimestamp(), connection_wait_timeout))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_TOO_MANY_CONNECTIONS),
			 errmsg("timed out waiting for connections to other nodes"),
			 errdetail("No more than %d sessions of this server may have connections to other "
					   "nodes at a time.",
					   limit),
			 errhint("Look in distshard.connection_turns for sessions that stay in a transaction, "
					 "or raise distshard.max_connections_per_node.")));
}

/* TryEnter returns whether this session, which waits, was admitted. */
static bool
TryEnter(int limit, bool *first)
{
	bool room;

	LWLockAcquire(admission_lock, LW_EXCLUSIVE);
	*first = FirstInLine() == me;
	room = *first && (admission->nadmitted < limit ||
					  (me->urgent && TimestampDifferenceExceeds(me->since, GetCurrentTimestamp(),
																DeadlockTimeout)));
	if (room)
	{
		QuitLine();
		Admit();
	}
	else if (*first)
		AskIdleSessions();
	LWLockRelease(admission_lock);
	return room;
}

static void
WaitInLine(void)
{
	int  limit = SessionLimit();
	bool first;

	while (!TryEnter(limit, &first))
	{
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
						 first ? FIRST_LOOKS_AFTER_MS : OTHERS_LOOK_AFTER_MS, PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
		CheckWaitTimeout(limit);
		limit = SessionLimit();
	}
}

void
AwaitAdmission(void)
{
	int  limit;
	bool admitted;

	/* What works in the background finishes what sessions wait for. */
	if (MyBackendType != B_BACKEND || IsAdmitted())
		return;
	limit = SessionLimit();
	me = &admission->members[MyProc - ProcGlobal->allProcs];
	me->pid = MyProcPid;

	LWLockAcquire(admission_lock, LW_EXCLUSIVE);
	admitted = FirstInLine() == NULL && admission->nadmitted < limit;
	if (admitted)
		Admit();
	else
		JoinLine();
	LWLockRelease(admission_lock);
	if (admitted)
		return;

	PG_TRY();
	{
		WaitInLine();
	}
	PG_CATCH();
	{
		Leave();
		PG_RE_THROW();
	}
	PG_END_TRY();
}

bool
IsAdmitted(void)
{
	return me && me->standing >= ADMITTED;
}

bool
OthersWait(void)
{
	return pg_atomic_read_u32(&admission->nwaiting) > 0;
}

/* Is it worth to look at BeginLeaving? To who was asked, though nobody may wait any more, for else it is not asked again. */
bool
ShouldLeave(TimestampTz now)
{
	return me->asked || (OthersWait() && TurnIsOver(me, now));
}

/* BeginLeaving returns whether the session has to leave: others wait, and not too many are leaving already. */
bool
BeginLeaving(TimestampTz now)
{
	bool leaves;

	LWLockAcquire(admission_lock, LW_EXCLUSIVE);
	leaves = NumberWanted() > 0 && TurnIsOver(me, now);
	if (leaves)
	{
		me->standing = LEAVING;
		pg_atomic_fetch_add_u32(&admission->nleaving, 1);
	}
	me->asked = false;
	LWLockRelease(admission_lock);
	return leaves;
}

void
Leave(void)
{
	if (me == NULL)
		return;
	LWLockAcquire(admission_lock, LW_EXCLUSIVE);
	if (me->standing == WAITING)
		QuitLine();
	if (me->standing == LEAVING)
		pg_atomic_fetch_sub_u32(&admission->nleaving, 1);
	if (me->standing >= ADMITTED)
	{
		admission->nadmitted--;
		WakeFirst();
	}
	me->standing = OUTSIDE;
	LWLockRelease(admission_lock);
}

void
NoteAtWork(void)
{
	if (me && me->idle_since != 0)
		me->idle_since = 0;
}

void
NoteIdle(TimestampTz since)
{
	me->idle_since = since;
}

/* ------------------------------------------------------------------ SQL --- */

/* connection_limit() is the number of sessions that may have connections to other nodes. */
Datum
distshard_connection_limit(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(SessionLimit());
}

/* connection_turns() shows who has, and who waits for connections. */
Datum
distshard_connection_turns(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	LWLockAcquire(admission_lock, LW_SHARED);
	for (int i = 0; i < MaxBackends; i++)
	{
		Member     *member = &admission->members[i];
		TimestampTz idle_since = member->idle_since;
		Datum       values[5] = {0};
		bool        nulls[5] = {false};

		if (member->standing == OUTSIDE)
			continue;
		values[0] = Int32GetDatum(member->pid);
		values[1] = BoolGetDatum(member->standing == WAITING);
		values[2] = BoolGetDatum(member->standing == WAITING && member->urgent);
		values[3] = TimestampTzGetDatum(member->since);
		nulls[4] = member->standing == WAITING || idle_since == 0;
		values[4] = TimestampTzGetDatum(idle_since);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	LWLockRelease(admission_lock);
	return (Datum) 0;
}

/* ---------------------------------------------------------------- setup --- */

static Size
MemoryNeeded(void)
{
	return add_size(offsetof(Admission, members), mul_size(sizeof(Member), MaxBackends));
}

static void
InitializeMemory(void)
{
	dlist_init(&admission->urgent);
	dlist_init(&admission->waiting);
	pg_atomic_init_u32(&admission->nwaiting, 0);
	pg_atomic_init_u32(&admission->nleaving, 0);
}

static const SharedMemory memory = {.name = "distshard admission",
									.size = MemoryNeeded,
									.address = (void **) &admission,
									.lock = &admission_lock,
									.initialize = InitializeMemory};

void
InitAdmission(void)
{
	DefineCustomIntVariable("distshard.max_connections_per_node",
							"Connections that sessions of this server may have to each other node.",
							"Zero means this node's share of what the others can take.",
							&max_connections_per_node, 0, 0, INT_MAX, PGC_SIGHUP, 0, NULL, NULL,
							NULL);
	DefineCustomIntVariable(
		"distshard.connection_turn",
		"How long a session may keep its connections while others wait for some.", NULL,
		&connection_turn, 1000, 1, 3600 * 1000, PGC_SIGHUP, GUC_UNIT_MS, NULL, NULL, NULL);
	DefineCustomIntVariable("distshard.connection_wait_timeout",
							"How long to wait until other sessions have given up connections.",
							"Zero means to wait without limit.", &connection_wait_timeout, 60000, 0,
							INT_MAX, PGC_USERSET, GUC_UNIT_MS, NULL, NULL, NULL);
	ShareMemory(&memory);
}
