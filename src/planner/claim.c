/*-------------------------------------------------------------------------
 *
 * claim.c
 *	  The comment at the head of a fragment: writing it, reading it, and
 *	  running the fragment as the role that it names.
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
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#define CLAIM_START "/*distshard"

static bool in_local_fragment = false;

/* A text of this node, which this session wrote a moment ago: its claim need not be read. */
static const char *written_text = NULL;
static Claim       written_claim;

/* The text of the utility command that the client sent, while it runs. */
static const char *running_utility = NULL;

static ExecutorStart_hook_type  prev_ExecutorStart = NULL;
static ExecutorRun_hook_type    prev_ExecutorRun = NULL;
static ExecutorFinish_hook_type prev_ExecutorFinish = NULL;

static void
AppendRole(StringInfo buf, const char *key, Oid role)
{
	const char *name = GetUserNameFromId(role, false);

	appendStringInfo(buf, " %s=\"", key);
	for (const char *c = name; *c != '\0'; c++)
	{
		if (strchr("%\"*/", *c) != NULL)
			appendStringInfo(buf, "%%%02X", (unsigned char) *c);
		else
			appendStringInfoChar(buf, *c);
	}
	appendStringInfoChar(buf, '"');
}

static void
AppendNumber(StringInfo buf, int64 number)
{
	char digits[MAXINT8LEN + 1];

	appendBinaryStringInfo(buf, digits, pg_lltoa(number, digits));
}

/* Part of every statement by key: not by way of a format. */
static void
AppendShard(StringInfo buf, const Shard *shard)
{
	appendStringInfoString(buf, " shard=");
	AppendNumber(buf, shard->shard_id);
	appendStringInfoChar(buf, '.');
	AppendNumber(buf, shard->generation);
}

void
AppendClaim(StringInfo buf, const Shard *shard, Oid role, bool forwarded_ddl)
{
	appendStringInfoString(buf, CLAIM_START);
	if (shard != NULL)
		AppendShard(buf, shard);
	else if (!forwarded_ddl)
		appendStringInfo(buf, " placement=" INT64_FORMAT, PlacementVersion());
	if (OidIsValid(role) && role != GetSessionUserId())
		AppendRole(buf, "as", role);
	if (forwarded_ddl)
		appendStringInfo(buf, " ddl=" INT64_FORMAT "." INT64_FORMAT,
						 GetCurrentTransactionStartTimestamp(),
						 GetCurrentStatementStartTimestamp());
	else if (TriggerDepth() > 0)
		appendStringInfo(buf, " depth=%d", TriggerDepth());
	appendStringInfoString(buf, "*/ ");
}

bool
ClaimsShardOnly(void)
{
	return GetUserId() == GetSessionUserId() && TriggerDepth() == 0;
}

void
AppendPolicyClaim(StringInfo buf, Oid role)
{
	appendStringInfoString(buf, CLAIM_START);
	AppendRole(buf, "policies", role);
	appendStringInfoString(buf, "*/ ");
}

void
AppendPartClaim(StringInfo buf, bool newest)
{
	appendStringInfo(buf, CLAIM_START "%s*/ ", newest ? " newest" : " part");
}

void
AppendSnapshotClaim(StringInfo buf)
{
	appendStringInfoString(buf, CLAIM_START " snapshot*/ ");
}

void
AppendMovesClaim(StringInfo buf, bool takes)
{
	appendStringInfo(buf, CLAIM_START "%s*/ ", takes ? " takes" : " moves");
}

void
AppendCapturesClaim(StringInfo buf)
{
	appendStringInfoString(buf, CLAIM_START " captures*/ ");
}

void
AppendFiredClaim(StringInfo buf, Bitmapset *columns)
{
	int column = -1;

	appendStringInfoString(buf, CLAIM_START " fired");
	while ((column = bms_next_member(columns, column)) >= 0)
		appendStringInfo(buf, ".%d", column);
	appendStringInfoString(buf, "*/ ");
}

void
AppendQuietClaim(StringInfo buf)
{
	appendStringInfoString(buf, CLAIM_START " quiet*/ ");
}

void
AppendSendClaim(StringInfo buf, int transfer)
{
	appendStringInfo(buf, CLAIM_START " send=%d*/ ", transfer);
}

static void
MalformedClaim(void)
{
	ereport(ERROR, (errcode(ERRCODE_PROTOCOL_VIOLATION),
					errmsg("malformed claim at the head of a fragment"),
					errhint("All nodes of a cluster must run the same version of distshard.")));
}

/* Reads a role's name up to the closing quote, and moves *pos behind it. */
static Oid
ReadRole(const char **pos)
{
	StringInfoData name;
	const char    *c = *pos;

	initStringInfo(&name);
	for (; *c != '"'; c++)
	{
		unsigned int code;

		if (*c == '\0')
			MalformedClaim();
		if (*c == '%')
		{
			if (sscanf(c + 1, "%2x", &code) != 1)
				MalformedClaim();
			appendStringInfoChar(&name, (char) code);
			c += 2;
		}
		else
			appendStringInfoChar(&name, *c);
	}
	*pos = c + 1;
	return get_role_oid(name.data, false);
}

static int64
ReadNumber(const char **pos)
{
	char *end;
	int64 value = strtoll(*pos, &end, 10);

	if (end == *pos)
		MalformedClaim();
	*pos = end;
	return value;
}

/* Moves *pos behind the word, if it is there. */
static bool
Skip(const char **pos, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(*pos, word, len) != 0)
		return false;
	*pos += len;
	return true;
}

static void
ReadFiredColumns(const char **pos, Claim *claim)
{
	MemoryContext old = MemoryContextSwitchTo(TopMemoryContext);

	claim->fired = true;
	while (Skip(pos, "."))
		claim->fired_columns = bms_add_member(claim->fired_columns, (int) ReadNumber(pos));
	MemoryContextSwitchTo(old);
}

/* Returns the end of the comments. */
static const char *
ReadComments(const char *pos, Claim *claim)
{
	bms_free(claim->fired_columns);
	memset(claim, 0, sizeof(Claim));
	while (!Skip(&pos, "*/") || Skip(&pos, " " CLAIM_START))
	{
		if (Skip(&pos, " shard="))
		{
			claim->shard_id = ReadNumber(&pos);
			if (!Skip(&pos, "."))
				MalformedClaim();
			claim->generation = ReadNumber(&pos);
		}
		else if (Skip(&pos, " placement="))
			claim->placement_version = ReadNumber(&pos);
		else if (Skip(&pos, " as=\""))
			claim->role = ReadRole(&pos);
		else if (Skip(&pos, " policies=\""))
			claim->policy_role = ReadRole(&pos);
		else if (Skip(&pos, " part"))
			claim->is_part = true;
		else if (Skip(&pos, " newest"))
			claim->is_part = claim->newest = true;
		else if (Skip(&pos, " snapshot"))
			claim->tells_snapshot = true;
		else if (Skip(&pos, " moves"))
			claim->moves = true;
		else if (Skip(&pos, " captures"))
			claim->captures = true;
		else if (Skip(&pos, " fired"))
			ReadFiredColumns(&pos, claim);
		else if (Skip(&pos, " quiet"))
			claim->quiet = true;
		else if (Skip(&pos, " takes"))
			claim->takes_moved = true;
		else if (Skip(&pos, " send="))
			claim->send = (int) ReadNumber(&pos);
		else if (Skip(&pos, " depth="))
			claim->trigger_depth = (int) ReadNumber(&pos);
		else if (Skip(&pos, " ddl="))
		{
			claim->forwarded_ddl = true;
			claim->transaction_start = ReadNumber(&pos);
			if (!Skip(&pos, "."))
				MalformedClaim();
			claim->statement_start = ReadNumber(&pos);
		}
		else
			MalformedClaim();
	}
	return pos;
}

/*
 * ReadClaim is asked several times about a statement. It knows the comments that
 * it read last, with as much of what follows as tells that no other comes after
 * them; save for those with roles, which may be renamed.
 */
static const Claim *
ReadClaim(const char *text)
{
	static Claim claim;
	static char  known[128] = "";
	size_t       len;

	if (known[0] != '\0' && strncmp(text, known, strlen(known)) == 0)
		return &claim;

	known[0] = '\0';
	len = ReadComments(text, &claim) - text + strlen(" " CLAIM_START);
	if (len < sizeof(known) && !OidIsValid(claim.role) && !OidIsValid(claim.policy_role))
		strlcpy(known, text, len + 1);
	return &claim;
}

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
	return Skip(&source_text, CLAIM_START) ? ReadClaim(source_text) : NULL;
}

static bool
IsClientsText(const char *text)
{
	return IsClusterConnection() && text != NULL && debug_query_string != NULL &&
		   strncmp(text, CLAIM_START, strlen(CLAIM_START)) == 0 &&
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
