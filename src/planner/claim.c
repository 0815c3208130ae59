/*-------------------------------------------------------------------------
 *
 * claim.c
 *	  Which fragments' claims count, and running them as the role that they name.
 *
 * A claim counts only if the statement is the one that the client sent (its
 * text is debug_query_string itself, not a copy that some function runs) and
 * the client proved to be a node of the cluster. Elsewhere it is a comment.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "executor/before_row.h"
#include "executor/captured_rows.h"
#include "executor/executor.h"
#include "executor/deferred_triggers.h"
#include "executor/held_triggers.h"
#include "executor/outbox.h"
#include "executor/partition_check.h"
#include "executor/quiet.h"
#include "executor/row_session.h"
#include "executor/trigger_call.h"
#include "miscadmin.h"
#include "planner/claim.h"
#include "planner/fragment.h"
#include "tcop/tcopprot.h"
#include "transaction/start_time.h"
#include "transaction/statement_part.h"
#include "transaction_end.h"
#include "transport/connection.h"
#include "utils/memutils.h"

static bool in_local_fragment = false;

/* A text of this node, which this session wrote a moment ago: its claim need not be read. */
static const char *written_text = NULL;
static Claim       written_claim;

/* The text of the utility command that the client sent, while it runs. */
static const char *running_utility = NULL;

static ExecutorStart_hook_type  prev_ExecutorStart = NULL;
static ExecutorRun_hook_type    prev_ExecutorRun = NULL;
static ExecutorFinish_hook_type prev_ExecutorFinish = NULL;

/*
 * A function inside a fragment may run the fragment's text again, with other
 * values for its parameters: only the pointer tells which one the client sent.
 */
const Claim *
CurrentClaim(const char *source_text)
{
	if (!in_local_fragment && !(IsClusterConnection() && (source_text == debug_query_string ||
														  source_text == running_utility)))
		return NULL;
	if (source_text == NULL)
		return NULL;
	if (source_text == written_text)
		return &written_claim;
	return HasClaim(source_text) ? ReadClaim(source_text) : NULL;
}

static bool
IsClientsText(const char *text)
{
	return IsClusterConnection() && text != NULL && debug_query_string != NULL && HasClaim(text) &&
		   strcmp(text, debug_query_string) == 0;
}

/*
 * Portals of the extended protocol hold copies of the text. Comparing texts is
 * enough here: with data tables in it, only the client's own gets this far.
 */
const Claim *
RunningClaim(const char *source_text)
{
	if (in_local_fragment || !IsClientsText(source_text))
		return NULL;
	return CurrentClaim(debug_query_string);
}

const Claim *
FragmentClaim(const char *source_text)
{
	return in_local_fragment ? CurrentClaim(source_text) : RunningClaim(source_text);
}

/*
 * The queries in utility commands (EXPLAIN, COPY) are analyzed while these run,
 * with the portal's copy of the text. Only the client's are at top level.
 */
const char *
EnterUtility(const char *source_text, ProcessUtilityContext context)
{
	const char *previous = running_utility;

	if (source_text != running_utility)
		running_utility =
			context == PROCESS_UTILITY_TOPLEVEL && IsClientsText(source_text) ? source_text : NULL;
	return previous;
}

void
LeaveUtility(const char *previous)
{
	running_utility = previous;
}

bool
EnterLocalFragment(void)
{
	bool previous = in_local_fragment;

	in_local_fragment = true;
	return previous;
}

bool
EnterShardFragment(const char *text, const Shard *shard)
{
	written_text = ClaimsShardOnly() ? text : NULL;
	written_claim = (Claim){.shard_id = shard->shard_id, .generation = shard->generation};
	return EnterLocalFragment();
}

void
LeaveLocalFragment(bool previous)
{
	in_local_fragment = previous;
	written_text = NULL;
}

bool
InLocalFragment(void)
{
	return in_local_fragment;
}

bool
InsideFragment(void)
{
	return IsClusterConnection();
}

void
BecomeClaimedRole(const char *source_text, SavedRole *saved)
{
	const Claim *claim;

	saved->switched = false;
	claim = RunningClaim(source_text);
	if (claim == NULL || !OidIsValid(claim->role))
		return;

	GetUserIdAndSecContext(&saved->userid, &saved->sec_context);
	SetUserIdAndSecContext(claim->role, saved->sec_context | SECURITY_LOCAL_USERID_CHANGE);
	saved->switched = true;
}

void
RestoreRole(const SavedRole *saved)
{
	if (saved->switched)
		SetUserIdAndSecContext(saved->userid, saved->sec_context);
}

static void
ClaimExecutorStart(QueryDesc *query, int eflags)
{
	SavedRole    saved;
	const Claim *claim = FragmentClaim(query->sourceText);
	bool         is_part = claim && claim->is_part;
	bool         is_fragment = claim != NULL;
	bool         captures = claim && claim->captures;
	bool         moves = claim && claim->moves;
	bool         tells_snapshot = claim && claim->tells_snapshot && !in_local_fragment;
	bool         fired = claim && claim->fired;
	bool         quiet = claim && claim->quiet;
	Bitmapset   *fired_columns = claim ? bms_copy(claim->fired_columns) : NULL;

	if (is_fragment && !in_local_fragment)
	{
		AdoptSentTimes();
		BeginRowSession();
	}
	else if (!is_fragment)
		CheckRowStatement(query);
	if (is_part)
		JoinStatement(query, in_local_fragment, claim->newest);
	BecomeClaimedRole(query->sourceText, &saved);
	WaiveDataTablePermissions(query);
	if (fired)
		query->instrument_options |= INSTRUMENT_ROWS;
	if (prev_ExecutorStart)
		prev_ExecutorStart(query, eflags);
	else
		standard_ExecutorStart(query, eflags);
	if (!(eflags & EXEC_FLAG_EXPLAIN_ONLY))
		OpenOutboxes(query, moves);
	if (is_fragment)
		MarkToHoldTriggers(query);
	WaivePartitionCheck(query, is_fragment && !in_local_fragment);
	if (quiet)
		MarkQuiet(query);
	if (fired)
		WaiveFiredTriggers(query, fired_columns);
	if (captures && !(eflags & EXEC_FLAG_EXPLAIN_ONLY))
		CaptureRows(query);
	RestoreRole(&saved);
	if (is_part)
		StatementJoined(query);
	if (tells_snapshot)
		TellSnapshot(query);
}

/* A function may have written that was called by what only reads: told once in a transaction. */
static void
tell_of_writes(void)
{
	static TransactionId told = InvalidTransactionId;
	TransactionId        xid = GetTopTransactionIdIfAny();

	if (TransactionIdIsValid(xid) && xid != told)
		SendNotice(ERRCODE_HAS_WRITTEN, "has written");
	told = xid;
}

typedef struct Run
{
	QueryDesc    *query;
	ScanDirection direction;
	uint64        count;
	bool          execute_once;
} Run;

static void
RunQuery(void *arg)
{
	Run *run = arg;

	if (prev_ExecutorRun)
		prev_ExecutorRun(run->query, run->direction, run->count, run->execute_once);
	else
		standard_ExecutorRun(run->query, run->direction, run->count, run->execute_once);
}

static void
RunAtDepth(void *arg)
{
	Run         *run = arg;
	const Claim *claim = RunningClaim(run->query->sourceText);

	RunInTriggers(claim ? claim->trigger_depth : 0, RunQuery, run);
}

static void
ClaimExecutorRun(QueryDesc *query, ScanDirection direction, uint64 count, bool execute_once)
{
	Run       run = {query, direction, count, execute_once};
	int       quiet = BeginQuiet(query);
	SavedRole saved;

	BecomeClaimedRole(query->sourceText, &saved);
	RunFired(query, RunAtDepth, &run);
	EndQuiet(quiet);
	RestoreRole(&saved);
	if (query->operation == CMD_SELECT && IsClusterConnection())
		tell_of_writes();
}

static void
ClaimExecutorFinish(QueryDesc *query)
{
	SavedRole    saved;
	const Claim *claim = FragmentClaim(query->sourceText);
	bool         is_sent = claim && !in_local_fragment;
	bool         moves = is_sent && claim->moves;
	int          quiet = BeginQuiet(query);

	BecomeClaimedRole(query->sourceText, &saved);
	FinishHoldingTriggers(query,
						  prev_ExecutorFinish ? prev_ExecutorFinish : standard_ExecutorFinish);
	if (is_sent)
		CheckRowSession();
	EndQuiet(quiet);
	RestoreRole(&saved);
	NoteChanges(query);
	if (is_sent)
	{
		TellOfHeldTriggers();
		TellOfDeferredTriggers();
	}
	if (moves)
		TellOfMovedRows();
}

/* An error leaves set what is set between Enter... and Leave...: clear it with the transaction. */
static void
ForgetAtAbort(XactEvent event)
{
	LeaveLocalFragment(false);
	running_utility = NULL;

	/* A command with transactions of its own began the last one as the claimed role, so that is whom the abort restored. */
	if (IsClusterConnection() && event == XACT_EVENT_ABORT)
		SetUserIdAndSecContext(GetOuterUserId(), 0);
}

static void
ForgetAtSubxactAbort(SubXactEvent event, SubTransactionId subxid, SubTransactionId parent_subxid,
					 void *arg)
{
	if (event == SUBXACT_EVENT_ABORT_SUB)
	{
		LeaveLocalFragment(false);
		running_utility = NULL;
	}
}

void
InitClaims(void)
{
	prev_ExecutorStart = ExecutorStart_hook;
	ExecutorStart_hook = ClaimExecutorStart;
	prev_ExecutorRun = ExecutorRun_hook;
	ExecutorRun_hook = ClaimExecutorRun;
	prev_ExecutorFinish = ExecutorFinish_hook;
	ExecutorFinish_hook = ClaimExecutorFinish;

	CallAtEvents(AT_ABORT | EVENT(XACT_EVENT_PARALLEL_ABORT), ForgetAtAbort, NULL);
	RegisterSubXactCallback(ForgetAtSubxactAbort, NULL);

	InitFragmentCheck();
}
