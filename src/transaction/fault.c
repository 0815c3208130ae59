/*-------------------------------------------------------------------------
 *
 * fault.c
 *	  What happens at a named point in the code; see fault.h.
 *
 * distshard.set_fault(point, action) sets what the next process of this server
 * does that comes there: raise an error, be killed (so that the server crashes
 * and recovers), or wait, as all do until the point is cleared. A point in a
 * node's part of a commit is the name of its command, before or after.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <signal.h>
#include <unistd.h>

#include "fmgr.h"
#include "miscadmin.h"
#include "shared_memory.h"
#include "storage/lwlock.h"
#include "storage/spin.h"
#include "tcop/utility.h"
#include "transaction/fault.h"
#include "utils/builtins.h"

#define MAX_FAULTS   8
#define NAME_LEN     64
#define WAIT_STEP_US 10000

typedef struct Fault
{
	char point[NAME_LEN]; /* empty: none */
	char action[NAME_LEN];
} Fault;

typedef struct Faults
{
	slock_t mutex;
	int     waiting; /* the process that was the last to wait at a point; 0: it goes on */
	Fault   faults[MAX_FAULTS];
} Faults;

static Faults *state = NULL;

static ProcessUtility_hook_type next_ProcessUtility = NULL;

PG_FUNCTION_INFO_V1(distshard_set_fault);
PG_FUNCTION_INFO_V1(distshard_waiting_at_fault);

/* TakeFault copies the action that is set for the point; unless it is to wait, it serves once. */
static void
TakeFault(const char *point, char *action)
{
	action[0] = '\0';
	SpinLockAcquire(&state->mutex);
	for (int i = 0; i < MAX_FAULTS; i++)
	{
		Fault *fault = &state->faults[i];

		if (strcmp(fault->point, point) != 0)
			continue;
		strlcpy(action, fault->action, NAME_LEN);
		if (strcmp(action, "wait") != 0)
			fault->point[0] = '\0';
	}
	SpinLockRelease(&state->mutex);
}

static void
NoteWaiting(int pid)
{
	SpinLockAcquire(&state->mutex);
	state->waiting = pid;
	SpinLockRelease(&state->mutex);
}

void
FaultPoint(const char *name)
{
	char action[NAME_LEN];
	bool waited = false;

	TakeFault(name, action);
	if (strcmp(action, "error") == 0)
		ereport(ERROR, (errmsg("fault at \"%s\"", name)));
	if (strcmp(action, "kill") == 0)
	{
		kill(MyProcPid, SIGKILL);
		pause();
	}
	while (strcmp(action, "wait") == 0)
	{
		if (!waited)
			NoteWaiting(MyProcPid);
		waited = true;
		pg_usleep(WAIT_STEP_US);
		TakeFault(name, action);
	}
	if (waited)
		NoteWaiting(0);
}

/* set_fault(point, action): "error", "kill", "wait", or NULL to clear it */
Datum
distshard_set_fault(PG_FUNCTION_ARGS)
{
	char  *point = text_to_cstring(PG_GETARG_TEXT_PP(0));
	char  *action = PG_ARGISNULL(1) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(1));
	Fault *fault = NULL;

	SpinLockAcquire(&state->mutex);
	for (int i = 0; i < MAX_FAULTS; i++)
	{
		if (strcmp(state->faults[i].point, point) == 0)
			state->faults[i].point[0] = '\0';
		if (state->faults[i].point[0] == '\0')
			fault = &state->faults[i];
	}
	if (action && fault)
	{
		strlcpy(fault->point, point, NAME_LEN);
		strlcpy(fault->action, action, NAME_LEN);
	}
	SpinLockRelease(&state->mutex);
	if (fault == NULL)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("too many faults")));
	PG_RETURN_VOID();
}

/* waiting_at_fault() is the process that waits at a point, 0 if there is none. */
Datum
distshard_waiting_at_fault(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(state->waiting);
}

static const char *
CommandName(Node *parsetree)
{
	if (!IsA(parsetree, TransactionStmt))
		return NULL;
	switch (((TransactionStmt *) parsetree)->kind)
	{
		case TRANS_STMT_PREPARE:
			return "PREPARE TRANSACTION";
		case TRANS_STMT_COMMIT_PREPARED:
			return "COMMIT PREPARED";
		case TRANS_STMT_ROLLBACK_PREPARED:
			return "ROLLBACK PREPARED";
		default:
			return NULL;
	}
}

/* PREPARE TRANSACTION itself is done when the command's own transaction ends: after it nothing is prepared yet. */
static void
FaultyUtility(PlannedStmt *pstmt, const char *query, bool read_only, ProcessUtilityContext context,
			  ParamListInfo params, QueryEnvironment *env, DestReceiver *dest, QueryCompletion *qc)
{
	const char *name = CommandName(pstmt->utilityStmt);
	char        point[NAME_LEN];

	if (name)
	{
		snprintf(point, sizeof(point), "before %s", name);
		FaultPoint(point);
	}
	if (next_ProcessUtility)
		next_ProcessUtility(pstmt, query, read_only, context, params, env, dest, qc);
	else
		standard_ProcessUtility(pstmt, query, read_only, context, params, env, dest, qc);
	if (name)
	{
		snprintf(point, sizeof(point), "after %s", name);
		FaultPoint(point);
	}
}

static Size
FaultsSize(void)
{
	return sizeof(Faults);
}

static void
InitializeMemory(void)
{
	SpinLockInit(&state->mutex);
}

static const SharedMemory memory = {.name = "distshard faults",
									.size = FaultsSize,
									.address = (void **) &state,
									.initialize = InitializeMemory};

void
InitFaults(void)
{
	ShareMemory(&memory);
	next_ProcessUtility = ProcessUtility_hook;
	ProcessUtility_hook = FaultyUtility;
}
