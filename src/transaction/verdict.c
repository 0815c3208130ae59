/*-------------------------------------------------------------------------
 *
 * verdict.c
 *	  A wait is ended because it is part of a deadlock.
 *
 * Whoever found the deadlock (deadlock.c) has the waiting backend cancelled, by
 * the signal that every wait for a lock heeds, and leaves the reason in shared
 * memory. The backend makes of its error "canceling statement due to user
 * request" what it is while that is being raised, as the functions do that give
 * errors their context. So a block with EXCEPTION in PL/pgSQL sees a deadlock,
 * wherever the wait was: in the executor, in a utility command, in the parser.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <signal.h>

#include "compat.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "shared_memory.h"
#include "storage/lwlock.h"
#include "storage/procarray.h"
#include "transaction/deadlock.h"
#include "utils/builtins.h"

/* So many deadlocks may be broken on this node at once and still be told with their details. */
#define MAX_VERDICTS 16
#define DETAIL_BYTES 4096

typedef struct Verdict
{
	int                pid;  /* of the backend that has to give up, 0: none */
	LocalTransactionId lxid; /* its transaction, so that no later one is hit */
	TimestampTz        since;
	char               detail[DETAIL_BYTES];
	char               log[DETAIL_BYTES]; /* the same with all statements */
} Verdict;

typedef struct Verdicts
{
	int     next; /* place that is used next */
	Verdict verdicts[MAX_VERDICTS];
} Verdicts;

static Verdicts *verdicts = NULL;
static LWLock   *verdicts_lock = NULL;

PG_FUNCTION_INFO_V1(distshard_break_deadlock);

/* Does a backend, or a parallel worker of it, still wait as it did then? */
static bool
StillWaits(int pid, TimestampTz since)
{
	for (int i = 0; i < MaxBackends; i++)
	{
		const PGPROC *proc = &ProcGlobal->allProcs[i];
		const PGPROC *leader = proc->lockGroupLeader ? proc->lockGroupLeader : proc;
		TimestampTz   now;

		if (IsWaiting(proc, &now) && now == since && leader->pid == pid)
			return true;
	}
	return false;
}

static void
CopyClipped(char *to, const char *text)
{
	int len = pg_mbcliplen(text, strlen(text), DETAIL_BYTES - 1);

	memcpy(to, text, len);
	to[len] = '\0';
}

/* Leaves the verdict; false if somebody else has come to it before. */
static bool
GiveVerdict(int pid, LocalTransactionId lxid, TimestampTz since, const char *detail,
			const char *log)
{
	Verdict *verdict;
	bool     given = false;

	LWLockAcquire(verdicts_lock, LW_EXCLUSIVE);
	for (int i = 0; i < MAX_VERDICTS; i++)
	{
		if (verdicts->verdicts[i].pid == pid && verdicts->verdicts[i].since == since)
			given = true;
	}
	if (!given)
	{
		verdict = &verdicts->verdicts[verdicts->next];
		verdicts->next = (verdicts->next + 1) % MAX_VERDICTS;
		verdict->pid = pid;
		verdict->lxid = lxid;
		verdict->since = since;
		CopyClipped(verdict->detail, detail);
		CopyClipped(verdict->log, log);
	}
	LWLockRelease(verdicts_lock);
	return !given;
}

/*
 * break_deadlock(pid, since, detail, log) ends a wait of this node, if it is
 * still the same. Returns whether it did.
 */
Datum
distshard_break_deadlock(PG_FUNCTION_ARGS)
{
	int         pid = PG_GETARG_INT32(0);
	TimestampTz since = PG_GETARG_INT64(1);
	char       *detail = text_to_cstring(PG_GETARG_TEXT_PP(2));
	char       *log = text_to_cstring(PG_GETARG_TEXT_PP(3));
	PGPROC     *proc = BackendPidGetProc(pid);

	if (proc == NULL || !StillWaits(pid, since) ||
		!GiveVerdict(pid, ProcLocalXid(proc), since, detail, log) || !StillWaits(pid, since))
		PG_RETURN_BOOL(false);
	PG_RETURN_BOOL(kill(pid, SIGINT) == 0);
}

/* Is there a verdict about this backend's transaction? It serves once. */
static bool
TakeVerdict(int error_code, Verdict *taken)
{
	bool found = false;

	if (error_code != ERRCODE_QUERY_CANCELED || MyProc == NULL || verdicts == NULL)
		return false;
	LWLockAcquire(verdicts_lock, LW_EXCLUSIVE);
	for (int i = 0; i < MAX_VERDICTS && !found; i++)
	{
		Verdict *verdict = &verdicts->verdicts[i];

		if (verdict->pid != MyProcPid || verdict->lxid != ProcLocalXid(MyProc))
			continue;
		found = true;
		*taken = *verdict;
		verdict->pid = 0;
	}
	LWLockRelease(verdicts_lock);
	return found;
}

static void
ChangeRaisedError(void *arg)
{
	Verdict verdict;

	if (!TakeVerdict(geterrcode(), &verdict))
		return;
	errcode(ERRCODE_T_R_DEADLOCK_DETECTED);
	errmsg("deadlock detected");
	errdetail_internal("%s", verdict.detail);
	errdetail_log("%s", verdict.log);
}

void
HeedVerdicts(ErrorContextCallback *callback)
{
	callback->callback = ChangeRaisedError;
	callback->arg = NULL;
	callback->previous = error_context_stack;
	error_context_stack = callback;
}

void
UseVerdict(ErrorData *error)
{
	Verdict verdict;

	if (!TakeVerdict(error->sqlerrcode, &verdict))
		return;
	error->sqlerrcode = ERRCODE_T_R_DEADLOCK_DETECTED;
	error->message = pstrdup("deadlock detected");
	error->detail = pstrdup(verdict.detail);
	error->detail_log = pstrdup(verdict.log);
}

static Size
VerdictsSize(void)
{
	return sizeof(Verdicts);
}

static const SharedMemory memory = {.name = "distshard deadlocks",
									.size = VerdictsSize,
									.address = (void **) &verdicts,
									.lock = &verdicts_lock};

void
InitVerdicts(void)
{
	ShareMemory(&memory);
}
