/*-------------------------------------------------------------------------
 *
 * launcher.c
 *	  Starts recovery where there is something to recover, and looks for deadlocks.
 *
 * One process for the server, connected to no database, looks every
 * distshard.recovery_interval for requests. A session makes one when it has
 * prepared, or has committed with a record, recovery when it has left something
 * to do; after a start of the server there is one for each database. The process
 * started there does what can be done now and ends (recovery.c). So a database
 * without distributed transactions has no process of distshard, and no other one
 * for longer than a few round trips to the nodes take: DROP DATABASE waits. The
 * same process watches for deadlocks across nodes (deadlock_watch.c).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_database.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/interrupt.h"
#include "shared_memory.h"
#include "storage/latch.h"
#include "storage/lwlock.h"
#include "storage/spin.h"
#include "tcop/tcopprot.h"
#include "transaction/deadlock.h"
#include "transaction/internal.h"
#include "transaction/recovery.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

/* As many databases may await recovery, and as many are recovered at once. */
#define MAX_REQUESTS 1024
#define MAX_WORKERS  2

/* A node that stays away is worth a line in the log so often. */
#define FAILURE_LOG_INTERVAL_MS 60000

/* Databases that await recovery. If they are too many to be listed, it is all. */
typedef struct Requests
{
	slock_t     mutex;
	bool        all;
	int         count;
	Oid         databases[MAX_REQUESTS];
	TimestampTz last_failure; /* that was logged */
} Requests;

/* A recovery process. */
typedef struct Worker
{
	Oid                     database; /* InvalidOid: none */
	BackgroundWorkerHandle *handle;
} Worker;

static int       recovery_interval = 2000;
static Requests *requests = NULL;
static Worker    workers[MAX_WORKERS];

/* ------------------------------------------------------------- requests --- */

static void
AddRequest(Oid database)
{
	int i = 0;

	SpinLockAcquire(&requests->mutex);
	while (i < requests->count && requests->databases[i] != database)
		i++;
	if (i == MAX_REQUESTS)
		requests->all = true;
	else if (i == requests->count)
		requests->databases[requests->count++] = database;
	SpinLockRelease(&requests->mutex);
}

/* RequestRecovery has recovery look at this database soon. Raises no error. */
void
RequestRecovery(void)
{
	AddRequest(MyDatabaseId);
}

bool
FailureIsNews(void)
{
	TimestampTz now = GetCurrentTimestamp();
	bool        news;

	SpinLockAcquire(&requests->mutex);
	news = TimestampDifferenceExceeds(requests->last_failure, now, FAILURE_LOG_INTERVAL_MS);
	if (news)
		requests->last_failure = now;
	SpinLockRelease(&requests->mutex);
	return news;
}

/* Whoever asks again from now on gets another recovery. */
static void
RemoveRequest(Oid database)
{
	SpinLockAcquire(&requests->mutex);
	for (int i = 0; i < requests->count; i++)
	{
		if (requests->databases[i] == database)
			requests->databases[i--] = requests->databases[--requests->count];
	}
	SpinLockRelease(&requests->mutex);
}

/* Where sessions can be, or only this database if it is a valid one. */
static List *
OpenDatabases(Oid database)
{
	Relation      rel;
	TableScanDesc scan;
	HeapTuple     tuple;
	MemoryContext caller = CurrentMemoryContext;
	List         *result = NIL;

	StartTransactionCommand();
	rel = table_open(DatabaseRelationId, AccessShareLock);
	scan = table_beginscan_catalog(rel, 0, NULL);
	while (HeapTupleIsValid(tuple = heap_getnext(scan, ForwardScanDirection)))
	{
		Form_pg_database form = (Form_pg_database) GETSTRUCT(tuple);
		MemoryContext    old;

		if (!form->datallowconn || (OidIsValid(database) && form->oid != database))
			continue;
		old = MemoryContextSwitchTo(caller);
		result = lappend_oid(result, form->oid);
		MemoryContextSwitchTo(old);
	}
	table_endscan(scan);
	table_close(rel, AccessShareLock);
	CommitTransactionCommand();
	MemoryContextSwitchTo(caller);
	return result;
}

static List *
RequestedDatabases(void)
{
	Oid  *databases = palloc(sizeof(Oid) * MAX_REQUESTS);
	bool  all;
	int   count;
	List *result = NIL;

	SpinLockAcquire(&requests->mutex);
	all = requests->all;
	requests->all = false;
	count = requests->count;
	memcpy(databases, requests->databases, sizeof(Oid) * count);
	SpinLockRelease(&requests->mutex);
	if (all)
		result = OpenDatabases(InvalidOid);
	for (int i = 0; i < count; i++)
		result = list_append_unique_oid(result, databases[i]);
	return result;
}

/* -------------------------------------------------------------- workers --- */

static void
ForgetEndedWorkers(void)
{
	for (int i = 0; i < MAX_WORKERS; i++)
	{
		if (!ProcessUnderWay(&workers[i].handle))
			workers[i].database = InvalidOid;
	}
}

static bool
IsBeingRecovered(Oid database)
{
	for (int i = 0; i < MAX_WORKERS; i++)
	{
		if (workers[i].database == database)
			return true;
	}
	return false;
}

/* StartWorker returns false if no more processes can be had for now. */
static bool
StartWorker(Oid database)
{
	Worker *worker = workers;

	while (worker < workers + MAX_WORKERS && OidIsValid(worker->database))
		worker++;
	if (worker == workers + MAX_WORKERS)
		return false;
	RemoveRequest(database);
	worker->handle = StartProcess("distshard recovery", "RecoveryMain", database);
	if (worker->handle)
		worker->database = database;
	else
		AddRequest(database);
	return worker->handle != NULL;
}

static void
StartWorkers(void)
{
	ListCell *lc;

	foreach (lc, RequestedDatabases())
	{
		if (IsBeingRecovered(lfirst_oid(lc)))
			AddRequest(lfirst_oid(lc));
		else if (OpenDatabases(lfirst_oid(lc)) == NIL)
			RemoveRequest(lfirst_oid(lc)); /* it was dropped */
		else if (!StartWorker(lfirst_oid(lc)))
			AddRequest(lfirst_oid(lc)); /* the next time */
	}
}

/* ------------------------------------------------------------- launcher --- */

void
RecoveryLauncherMain(Datum arg)
{
	MemoryContext context =
		AllocSetContextCreate(TopMemoryContext, "distshard launcher", ALLOCSET_DEFAULT_SIZES);
	TimestampTz last_look = 0;

	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();
	BackgroundWorkerInitializeConnection(NULL, NULL, 0);

	MemoryContextSwitchTo(context);
	for (;;)
	{
		long next_watch;

		CHECK_FOR_INTERRUPTS();
		if (ConfigReloadPending)
		{
			ConfigReloadPending = false;
			ProcessConfigFile(PGC_SIGHUP);
		}
		if (TimestampDifferenceExceeds(last_look, GetCurrentTimestamp(), recovery_interval))
		{
			ForgetEndedWorkers();
			StartWorkers();
			last_look = GetCurrentTimestamp();
		}
		MemoryContextReset(context);
		next_watch = WatchForDeadlocks();

		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
						 next_watch < 0 ? recovery_interval : Min(next_watch, recovery_interval),
						 PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
	}
}

static Size
RequestsSize(void)
{
	return sizeof(Requests);
}

static void
InitializeMemory(void)
{
	SpinLockInit(&requests->mutex);
	requests->all = true;
}

static const SharedMemory memory = {.name = "distshard recovery",
									.size = RequestsSize,
									.address = (void **) &requests,
									.initialize = InitializeMemory};

void
InitRecovery(void)
{
	BackgroundWorker launcher = {.bgw_flags =
									 BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION,
								 .bgw_start_time = BgWorkerStart_RecoveryFinished,
								 .bgw_restart_time = 5,
								 .bgw_name = "distshard recovery launcher",
								 .bgw_type = "distshard recovery launcher",
								 .bgw_library_name = "distshard",
								 .bgw_function_name = "RecoveryLauncherMain"};

	DefineCustomIntVariable(
		"distshard.recovery_interval",
		"Time between two looks for distributed transactions that were left unfinished.", NULL,
		&recovery_interval, 2000, 100, 3600 * 1000, PGC_SIGHUP, GUC_UNIT_MS, NULL, NULL, NULL);
	ShareMemory(&memory);
	RegisterBackgroundWorker(&launcher);
}
