/*-------------------------------------------------------------------------
 *
 * background.c
 *	  What the background processes of this folder have in common.
 *
 * Each works in one database for one round and ends. It does so in steps, each
 * a transaction of its own, so that a node that does not answer costs no more
 * than its step.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/indexing.h"
#include "catalog/metadata.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "miscadmin.h"
#include "postmaster/bgworker.h"
#include "tcop/tcopprot.h"
#include "transaction/internal.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/timeout.h"

MemoryContext RoundContext;

static int step_timeout;

BackgroundWorkerHandle *
StartProcess(const char *name, const char *function, Oid database)
{
	BackgroundWorker        process = {.bgw_flags =
										   BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION,
									   .bgw_start_time = BgWorkerStart_RecoveryFinished,
									   .bgw_restart_time = BGW_NEVER_RESTART,
									   .bgw_library_name = "distshard",
									   .bgw_main_arg = ObjectIdGetDatum(database)};
	BackgroundWorkerHandle *handle = NULL;
	MemoryContext           old = MemoryContextSwitchTo(TopMemoryContext);

	strlcpy(process.bgw_name, name, BGW_MAXLEN);
	strlcpy(process.bgw_type, name, BGW_MAXLEN);
	strlcpy(process.bgw_function_name, function, BGW_MAXLEN);
	if (!RegisterDynamicBackgroundWorker(&process, &handle))
		handle = NULL;
	MemoryContextSwitchTo(old);
	return handle;
}

bool
ProcessUnderWay(BackgroundWorkerHandle **handle)
{
	pid_t pid;

	if (*handle && GetBackgroundWorkerPid(*handle, &pid) == BGWH_STOPPED)
	{
		pfree(*handle);
		*handle = NULL;
	}
	return *handle != NULL;
}

bool
RunStep(Step step, void *arg, const char *purpose)
{
	volatile bool succeeded = true;

	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	PG_TRY();
	{
		enable_timeout_after(STATEMENT_TIMEOUT, step_timeout);
		step(arg);
		disable_timeout(STATEMENT_TIMEOUT, false);
		CommitTransactionCommand();
	}
	PG_CATCH();
	{
		ErrorData *error;

		MemoryContextSwitchTo(RoundContext);
		error = CopyErrorData();
		FlushErrorState();
		disable_timeout(STATEMENT_TIMEOUT, false);
		QueryCancelPending = false;
		AbortCurrentTransaction();
		ereport(FailureIsNews() ? LOG : DEBUG1,
				(errmsg("%s: %s", purpose, error->message),
				 error->detail ? errdetail_internal("%s", error->detail) : 0));
		succeeded = false;
	}
	PG_END_TRY();
	MemoryContextSwitchTo(RoundContext);
	return succeeded;
}

void
AskNode(NodeConn *conn, const char *sql, AnswerReader reader, void *arg)
{
	TupleDesc       desc = CreateTemplateTupleDesc(2);
	TupleTableSlot *slot;
	RemoteCommand  *command;

	TupleDescInitEntry(desc, 1, "first", TEXTOID, -1, 0);
	TupleDescInitEntry(desc, 2, "second", TEXTOID, -1, 0);
	slot = MakeSingleTupleTableSlot(desc, &TTSOpsVirtual);
	command = QueueCommand(conn, sql, NULL, desc, COMMAND_ROWS);
	while (NextRow(command, slot))
	{
		MemoryContext old = MemoryContextSwitchTo(RoundContext);

		reader(TextDatumGetCString(slot->tts_values[0]), TextDatumGetCString(slot->tts_values[1]),
			   arg);
		MemoryContextSwitchTo(old);
	}
	ExecDropSingleTupleTableSlot(slot);
}

/* The role as which nodes were added to the cluster can connect to all of them. */
static void
BecomeExtensionOwner(void)
{
	Relation    rel = table_open(ExtensionRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple   tuple;
	Oid         owner;

	ScanKeyInit(&key, Anum_pg_extension_extname, BTEqualStrategyNumber, F_NAMEEQ,
				CStringGetDatum("distshard"));
	scan = systable_beginscan(rel, ExtensionNameIndexId, true, NULL, 1, &key);
	tuple = systable_getnext(scan);
	owner = ((Form_pg_extension) GETSTRUCT(tuple))->extowner;
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	SetSessionAuthorization(owner, superuser_arg(owner));
}

/* What a round begins with. */
typedef struct RoundStart
{
	bool  installed; /* is distshard in this database? */
	List *nodes;
} RoundStart;

/* Reads which other nodes there are. */
static void
ReadNodes(void *arg)
{
	RoundStart *start = arg;
	ListCell   *lc;

	start->installed = DistshardInstalled();
	if (!start->installed)
		return;
	BecomeExtensionOwner();
	foreach (lc, AllPrimaries())
	{
		ClusterNode  *node = lfirst(lc);
		MemoryContext old;
		ClusterNode  *copy;

		if (node->is_local)
			continue;
		old = MemoryContextSwitchTo(RoundContext);
		copy = palloc(sizeof(ClusterNode));
		*copy = *node; /* its strings are not looked at */
		start->nodes = lappend(start->nodes, copy);
		MemoryContextSwitchTo(old);
	}
}

bool
StartRound(Oid database, int timeout, List **nodes)
{
	RoundStart start = {0};

	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();
	BackgroundWorkerInitializeConnectionByOid(database, InvalidOid, 0);
	RoundContext =
		AllocSetContextCreate(TopMemoryContext, "distshard background", ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(RoundContext);
	step_timeout = timeout;
	WorksForNoSession = true;
	SetConfigOption("distshard.connect_timeout", psprintf("%d", Max(timeout / 2000, 1)), PGC_SUSET,
					PGC_S_OVERRIDE);
	if (!RunStep(ReadNodes, &start, "could not read which nodes there are") || !start.installed)
		return false;
	*nodes = start.nodes;
	return true;
}
