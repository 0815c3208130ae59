/*-------------------------------------------------------------------------
 *
 * registry.c
 *	  The distributed transactions that have a part on this server.
 *
 * In shared memory: those that are prepared here, or that a session here began,
 * wrote in, and has not yet decided; and the last ones that were committed. One
 * enters before it is prepared, or before it asks others to prepare, so that a
 * snapshot taken afterwards finds it in here, undecided or committed. It leaves
 * for the ring of committed ones after it has become visible, so its age in
 * there is at most what it really is.
 *
 * Should a process die between the end of a prepared transaction and the note
 * of that in here, who waits for the transaction finds out.
 *
 * What was prepared when the server started is entered when the registry is used
 * first, which is before any of it ends: who ends one comes here first.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/transam.h"
#include "access/twophase.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "port/atomics.h"
#include "portability/instr_time.h"
#include "shared_memory.h"
#include "storage/condition_variable.h"
#include "storage/lwlock.h"
#include "storage/procarray.h"
#include "storage/shmem.h"
#include "tcop/utility.h"
#include "transaction/hold_commits.h"
#include "transaction/internal.h"
#include "transaction/registry.h"
#include "transaction/snapshot_report.h"
#include "transaction_end.h"
#include "transport/connection.h"
#include "transport/settings.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

/* Committed transactions that are remembered, and how many of them a report tells that may turn out too short. */
#define RING_SIZE    1024
#define MAX_REPORTED 50

#define NEVER PG_INT64_MAX

/* No statement takes longer to be started after its snapshot was taken. */
#define START_US INT64CONST(60000000)

/* No snapshot is that old. By then other transactions have not yet used up all numbers either. */
#define FORGET_AFTER_US INT64CONST(3600000000)

typedef struct Entry
{
	uint64        id;
	TransactionId xid;        /* on this server */
	bool          prepared;   /* else this node decides */
	int64         entered_at; /* microseconds */
	int64         ended_at;   /* in the ring */
	char          gid[GIDSIZE];
} Entry;

typedef struct Registry
{
	ConditionVariable ended;
	bool              loaded; /* what was prepared when the server started is here */
	int64             started_at;
	int64             forgotten_at;  /* end of the last one that left the ring; 0: none did */
	pg_atomic_uint64  last_ended_at; /* of those in the ring */
	pg_atomic_uint32  nundecided;
	pg_atomic_uint64  oldest_prepared;  /* when the first of them was prepared, or NEVER */
	pg_atomic_uint64  last_doubt_ended; /* when one was committed that had been in doubt */
	uint64            ncommitted;       /* ever; ring[ncommitted % RING_SIZE] is the next */
	Entry             ring[RING_SIZE];  /* in order of their ends */
	Entry             undecided[FLEXIBLE_ARRAY_MEMBER];
} Registry;

static Registry *registry = NULL;
static LWLock   *registry_lock = NULL;

/* This backend's transaction is in there, or is about to be, under this name. */
static char own_gid[GIDSIZE];
static bool own_entered = false;

static ProcessUtility_hook_type next_ProcessUtility = NULL;

int64
MonotonicTime(void)
{
	instr_time now;

	INSTR_TIME_SET_CURRENT(now);
	return (int64) INSTR_TIME_GET_MICROSEC(now);
}

static int
MaxUndecided(void)
{
	return max_prepared_xacts + MaxBackends;
}

/* The lock is held for all of these. */

static void
FindOldest(void)
{
	int64  oldest = NEVER;
	uint32 n = pg_atomic_read_u32(&registry->nundecided);

	for (uint32 i = 0; i < n; i++)
	{
		if (registry->undecided[i].prepared)
			oldest = Min(oldest, registry->undecided[i].entered_at);
	}
	pg_atomic_write_u64(&registry->oldest_prepared, oldest);
}

static void
Enter(const char *gid, TransactionId xid, bool prepared, int64 entered_at)
{
	uint32 n = pg_atomic_read_u32(&registry->nundecided);
	Entry *entry = &registry->undecided[n];

	if (n == MaxUndecided())
		elog(ERROR, "too many distributed transactions");
	entry->id = GlobalIdNumber(gid);
	entry->xid = xid;
	entry->prepared = prepared;
	entry->entered_at = entered_at;
	entry->ended_at = 0;
	strlcpy(entry->gid, gid, GIDSIZE);
	pg_atomic_write_u32(&registry->nundecided, n + 1);
	FindOldest();
}

static Entry *
FindUndecided(uint64 id)
{
	uint32 n = pg_atomic_read_u32(&registry->nundecided);

	for (uint32 i = 0; i < n; i++)
	{
		if (registry->undecided[i].id == id)
			return &registry->undecided[i];
	}
	return NULL;
}

/* A reader without the lock looks for the two numbers in the opposite order. */
static void
Leave(Entry *entry, bool committed)
{
	uint32 n = pg_atomic_read_u32(&registry->nundecided);

	if (committed)
	{
		Entry *place = &registry->ring[registry->ncommitted++ % RING_SIZE];

		if (registry->ncommitted > RING_SIZE)
			registry->forgotten_at = place->ended_at;
		*place = *entry;
		place->ended_at = MonotonicTime();
		pg_atomic_write_u64(&registry->last_ended_at, place->ended_at);
		if (place->prepared && place->ended_at - place->entered_at >= DOUBT_AFTER_US)
			pg_atomic_write_u64(&registry->last_doubt_ended, place->ended_at);
		pg_write_barrier();
	}
	*entry = registry->undecided[n - 1];
	pg_atomic_write_u32(&registry->nundecided, n - 1);
	FindOldest();
}

/* The clock may have been set since: all of it has been in doubt from the server's start on. */
static void
EnterWhatIsPrepared(void)
{
	int64       now = MonotonicTime();
	TimestampTz now_date = GetCurrentTimestamp();
	ListCell   *lc;

	foreach (lc, PreparedOnServer())
	{
		PreparedTransaction *prepared = lfirst(lc);

		if (FindUndecided(GlobalIdNumber(prepared->gid)) == NULL)
			Enter(prepared->gid, prepared->xid, true,
				  Min(now - (now_date - prepared->prepared_at),
					  registry->started_at - DOUBT_AFTER_US));
	}
	registry->loaded = true;
}

void
EnsureRegistry(void)
{
	if (registry->loaded)
		return;
	LWLockAcquire(registry_lock, LW_EXCLUSIVE);
	if (!registry->loaded)
		EnterWhatIsPrepared();
	LWLockRelease(registry_lock);
}

/* The current transaction, by the name in own_gid. */
static void
EnterOwn(bool prepared)
{
	TransactionId xid = GetTopTransactionId();

	EnsureRegistry();
	LWLockAcquire(registry_lock, LW_EXCLUSIVE);
	Enter(own_gid, xid, prepared, MonotonicTime());
	LWLockRelease(registry_lock);
	own_entered = true;
}

static void
HasEnded(const char *gid, bool committed)
{
	Entry *entry;

	LWLockAcquire(registry_lock, LW_EXCLUSIVE);
	entry = FindUndecided(GlobalIdNumber(gid));
	if (entry)
		Leave(entry, committed);
	LWLockRelease(registry_lock);
	ConditionVariableBroadcast(&registry->ended);
}

void
EnterDecision(const char *gid)
{
	strlcpy(own_gid, gid, GIDSIZE);
	EnterOwn(false);
}

void
PreparedHasEnded(const char *gid, bool committed)
{
	if (InitiatingGroup(gid) != 0)
		HasEnded(gid, committed);
}

/* The name of one that is being prepared is told by the command, what becomes of it by these events. */
static void
OnTransactionEvent(XactEvent event)
{
	switch (event)
	{
		case XACT_EVENT_PRE_PREPARE:
			if (own_gid[0])
				EnterOwn(true);
			break;
		case XACT_EVENT_PREPARE:
			own_entered = false;
			own_gid[0] = '\0';
			break;
		case XACT_EVENT_COMMIT:
		case XACT_EVENT_ABORT:
			if (own_entered)
				HasEnded(own_gid, event == XACT_EVENT_COMMIT);
			own_entered = false;
			own_gid[0] = '\0';
			break;
		default:
			break;
	}
}

/* Recovery would end a user's transaction of such a name, for there is no record of it. */
static void
RefuseReservedName(TransactionStmt *stmt)
{
	if (IsClusterConnection() || superuser())
		return;
	ereport(ERROR, (errcode(ERRCODE_INVALID_NAME),
					errmsg("transaction identifier \"%s\" is reserved", stmt->gid),
					errdetail("Identifiers like this are those of distributed transactions.")));
}

static void
NoteUtility(PlannedStmt *pstmt, const char *query, bool read_only, ProcessUtilityContext context,
			ParamListInfo params, QueryEnvironment *env, DestReceiver *dest, QueryCompletion *qc)
{
	TransactionStmt *stmt = (TransactionStmt *) pstmt->utilityStmt;
	bool             has_name = IsA(stmt, TransactionStmt) && stmt->gid != NULL;
	bool             ours = has_name && InitiatingGroup(stmt->gid) != 0;
	bool             ends = ours && stmt->kind != TRANS_STMT_PREPARE;

	if (ends)
		EnsureRegistry();
	else if (ours)
	{
		RefuseReservedName(stmt);
		strlcpy(own_gid, stmt->gid, GIDSIZE);
	}
	else if (has_name && stmt->kind == TRANS_STMT_COMMIT_PREPARED)
		EnterCommit(); /* what users prepare becomes visible as by any other commit */
	if (next_ProcessUtility)
		next_ProcessUtility(pstmt, query, read_only, context, params, env, dest, qc);
	else
		standard_ProcessUtility(pstmt, query, read_only, context, params, env, dest, qc);
	if (ends)
	{
		HasEnded(stmt->gid, stmt->kind == TRANS_STMT_COMMIT_PREPARED);
		XactLastRecEnd = InvalidXLogRecPtr; /* it is flushed: the WAL writer need not be woken */
	}
}

/* ------------------------------------------------------------- reporting --- */

static void
ReportEntry(StringInfo buf, const Entry *entry, bool seen, int64 age)
{
	appendStringInfo(buf, " %016" INT64_MODIFIER "x%c" INT64_FORMAT ":%s", entry->id,
					 seen ? 'v' : 'p', Max(age, 0), GlobalIdGroups(entry->gid));
}

/* Those that just ended, and are not yet noted as such, have an age of nothing. */
static void
ReportUndecided(StringInfo buf, Snapshot snapshot, int64 now)
{
	uint32 n = pg_atomic_read_u32(&registry->nundecided);

	for (uint32 i = 0; i < n; i++)
	{
		Entry *entry = &registry->undecided[i];

		if (XidInMVCCSnapshot(entry->xid, snapshot))
			ReportEntry(buf, entry, false, now - entry->entered_at);
		else if (TransactionIdDidCommit(entry->xid))
			ReportEntry(buf, entry, true, 0);
	}
}

/*
 * From the last one backwards. Returns how far back all commits are reported, or a negative number if one may
 * have been forgotten that the snapshot does not see.
 */
static int64
ReportCommitted(StringInfo buf, Snapshot snapshot, int64 since, int max_reported, int64 now)
{
	int64 covered = now - (registry->forgotten_at ? registry->forgotten_at : registry->started_at);
	int   nreported = 0;
	bool  full = false;

	if (registry->forgotten_at >= since)
		return -1;
	for (uint64 i = registry->ncommitted; i > 0 && i + RING_SIZE > registry->ncommitted; i--)
	{
		Entry *entry = &registry->ring[(i - 1) % RING_SIZE];
		int64  age = now - entry->ended_at;

		if (full && age > FORGET_AFTER_US)
			break;
		if (age < FORGET_AFTER_US && XidInMVCCSnapshot(entry->xid, snapshot))
			ReportEntry(buf, entry, false, now - entry->entered_at);
		else if (!full && age <= REPORT_HORIZON_US && nreported++ < max_reported)
			ReportEntry(buf, entry, true, age);
		else
		{
			if (!full)
				covered = age;
			full = true;
		}
	}
	return covered;
}

char *
ReportSnapshot(Snapshot snapshot, int64 since, ReportKind kind)
{
	StringInfoData transactions;
	int64          now = MonotonicTime();
	int64          covered;

	EnsureRegistry();
	if (kind != REPORT_ALWAYS && pg_atomic_read_u32(&registry->nundecided) == 0)
	{
		pg_read_barrier();
		if (now - (int64) pg_atomic_read_u64(&registry->last_ended_at) > REPORT_HORIZON_US)
			return NULL;
	}
	initStringInfo(&transactions);
	LWLockAcquire(registry_lock, LW_SHARED);
	now = MonotonicTime();
	ReportUndecided(&transactions, snapshot, now);
	covered = ReportCommitted(&transactions, snapshot, since,
							  kind == REPORT_IN_FULL ? RING_SIZE : MAX_REPORTED, now);
	LWLockRelease(registry_lock);
	return psprintf(INT64_FORMAT "%s", covered, transactions.data);
}

/* -------------------------------------------------------------- in doubt --- */

bool
AnyInDoubt(void)
{
	int64 oldest;
	int64 last_ended;

	EnsureRegistry();
	oldest = (int64) pg_atomic_read_u64(&registry->oldest_prepared);
	pg_read_barrier();
	last_ended = (int64) pg_atomic_read_u64(&registry->last_doubt_ended);
	if (oldest == NEVER && last_ended == 0)
		return false;
	return MonotonicTime() - oldest >= DOUBT_AFTER_US || MonotonicTime() - last_ended < START_US;
}

static List *
AddDoubt(List *doubts, const Entry *entry, bool ended)
{
	Doubt *doubt = palloc(sizeof(Doubt));

	doubt->id = entry->id;
	doubt->xid = entry->xid;
	doubt->ended = ended;
	return lappend(doubts, doubt);
}

List *
TransactionsInDoubt(Snapshot snapshot, int64 at)
{
	List  *doubts = NIL;
	int64  now = MonotonicTime();
	uint32 n;

	LWLockAcquire(registry_lock, LW_SHARED);
	n = pg_atomic_read_u32(&registry->nundecided);
	for (uint32 i = 0; i < n; i++)
	{
		Entry *entry = &registry->undecided[i];

		if (entry->prepared && at - entry->entered_at >= DOUBT_AFTER_US &&
			XidInMVCCSnapshot(entry->xid, snapshot))
			doubts = AddDoubt(doubts, entry, false);
	}
	for (uint64 i = registry->ncommitted; i > 0 && i + RING_SIZE > registry->ncommitted; i--)
	{
		Entry *entry = &registry->ring[(i - 1) % RING_SIZE];

		if (entry->prepared && Min(at, entry->ended_at) - entry->entered_at >= DOUBT_AFTER_US &&
			now - entry->ended_at < START_US && XidInMVCCSnapshot(entry->xid, snapshot))
			doubts = AddDoubt(doubts, entry, true);
	}
	LWLockRelease(registry_lock);
	return doubts;
}

/* --------------------------------------------------------------- waiting --- */

/* Is it undecided? If so its name is copied. */
static bool
IsUndecided(uint64 id, char *gid)
{
	Entry *entry;
	bool   undecided;

	LWLockAcquire(registry_lock, LW_EXCLUSIVE);
	entry = FindUndecided(id);
	if (entry && !TransactionIdIsInProgress(entry->xid))
	{
		Leave(entry, TransactionIdDidCommit(entry->xid));
		entry = NULL;
	}
	undecided = entry != NULL;
	if (undecided)
		strlcpy(gid, entry->gid, GIDSIZE);
	LWLockRelease(registry_lock);
	return undecided;
}

static void
AwaitTransaction(uint64 id, int64 deadline)
{
	char gid[GIDSIZE];

	ConditionVariablePrepareToSleep(&registry->ended);
	while (IsUndecided(id, gid))
	{
		int64 left = deadline - MonotonicTime();

		if (left <= 0)
			ereport(ERROR,
					(errcode(ERRCODE_TRANSACTION_RESOLUTION_UNKNOWN),
					 errmsg("outcome of distributed transaction \"%s\" is not known yet", gid),
					 errdetail("What it has changed is to be read, and it is prepared here; the "
							   "node that began it has not said whether it is committed."),
					 errhint("Try again when the nodes that took part can be reached. See "
							 "distshard.prepared_transactions.")));
		(void) ConditionVariableTimedSleep(&registry->ended, left / 1000 + 1, PG_WAIT_EXTENSION);
	}
	ConditionVariableCancelSleep();
}

void
AwaitTransactions(List *ids)
{
	int64     deadline = MonotonicTime() + InDoubtTimeout * INT64CONST(1000);
	ListCell *lc;

	EnsureRegistry();
	foreach (lc, ids)
		AwaitTransaction(*(uint64 *) lfirst(lc), deadline);
}

/* ----------------------------------------------------------------- setup --- */

static Size
RegistrySize(void)
{
	return offsetof(Registry, undecided) + mul_size(MaxUndecided(), sizeof(Entry));
}

static void
InitializeMemory(void)
{
	ConditionVariableInit(&registry->ended);
	registry->started_at = MonotonicTime();
	pg_atomic_init_u64(&registry->last_ended_at, registry->started_at);
	pg_atomic_init_u32(&registry->nundecided, 0);
	pg_atomic_init_u64(&registry->oldest_prepared, NEVER);
	pg_atomic_init_u64(&registry->last_doubt_ended, 0);
}

static const SharedMemory memory = {.name = "distshard registry",
									.size = RegistrySize,
									.address = (void **) &registry,
									.lock = &registry_lock,
									.initialize = InitializeMemory};

void
InitRegistry(void)
{
	ShareMemory(&memory);
	next_ProcessUtility = ProcessUtility_hook;
	ProcessUtility_hook = NoteUtility;
	CallAtEvents(EVENT(XACT_EVENT_PRE_PREPARE) | AT_END, OnTransactionEvent, NULL);
}
