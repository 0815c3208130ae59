/*-------------------------------------------------------------------------
 *
 * claim.c
 *	  The comment at the head of a fragment: writing it, reading it, and
 *	  running the fragment as the role that it names.
 *
 * A claim counts only if the statement is the one that the client sent (its
 * text is debug_query_string, not one that some function runs) and
 * the client proved to be a node of the cluster. Elsewhere it is a comment.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "planner/claim.h"
#include "planner/fragment.h"
#include "tcop/tcopprot.h"
#include "transport/connection.h"
#include "utils/acl.h"

#define CLAIM_START "/*distshard"

static bool in_local_fragment = false;

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

void
AppendClaim(StringInfo buf, const Shard *shard, Oid role, bool forwarded_ddl)
{
	appendStringInfoString(buf, CLAIM_START);
	if (shard != NULL)
		appendStringInfo(buf, " shard=" INT64_FORMAT "." INT64_FORMAT, shard->shard_id,
						 shard->generation);
	else if (!forwarded_ddl)
		appendStringInfo(buf, " placement=" INT64_FORMAT, PlacementVersion());
	if (OidIsValid(role) && role != GetSessionUserId())
		AppendRole(buf, "as", role);
	if (forwarded_ddl)
		appendStringInfoString(buf, " ddl");
	appendStringInfoString(buf, "*/ ");
}

void
AppendPolicyClaim(StringInfo buf, Oid role)
{
	appendStringInfoString(buf, CLAIM_START);
	AppendRole(buf, "policies", role);
	appendStringInfoString(buf, "*/ ");
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
ReadClaim(const char *pos, Claim *claim)
{
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
		else if (Skip(&pos, " ddl"))
			claim->forwarded_ddl = true;
		else
			MalformedClaim();
	}
}

/*
 * Is this the text that the client sent? The portals of the extended protocol hold copies of it, so it is the
 * text that is compared: a function that runs the same text again gains nothing.
 */
static bool
IsClientsText(const char *text)
{
	return debug_query_string != NULL &&
		   (text == debug_query_string || strcmp(text, debug_query_string) == 0);
}

const Claim *
CurrentClaim(const char *source_text)
{
	static Claim claim;
	const char  *pos = source_text;

	if (!in_local_fragment && !IsClusterConnection())
		return NULL;
	if (source_text == NULL || !Skip(&pos, CLAIM_START))
		return NULL;
	if (!in_local_fragment && !IsClientsText(source_text))
		return NULL;

	ReadClaim(pos, &claim);
	return &claim;
}

bool
EnterLocalFragment(void)
{
	bool previous = in_local_fragment;

	in_local_fragment = true;
	return previous;
}

void
LeaveLocalFragment(bool previous)
{
	in_local_fragment = previous;
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
	if (!IsClusterConnection() || in_local_fragment)
		return;
	claim = CurrentClaim(source_text);
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
	SavedRole saved;

	BecomeClaimedRole(query->sourceText, &saved);
	WaiveDataTablePermissions(query);
	if (prev_ExecutorStart)
		prev_ExecutorStart(query, eflags);
	else
		standard_ExecutorStart(query, eflags);
	RestoreRole(&saved);
}

static void
ClaimExecutorRun(QueryDesc *query, ScanDirection direction, uint64 count, bool execute_once)
{
	SavedRole saved;

	BecomeClaimedRole(query->sourceText, &saved);
	if (prev_ExecutorRun)
		prev_ExecutorRun(query, direction, count, execute_once);
	else
		standard_ExecutorRun(query, direction, count, execute_once);
	RestoreRole(&saved);
}

static void
ClaimExecutorFinish(QueryDesc *query)
{
	SavedRole saved;

	BecomeClaimedRole(query->sourceText, &saved);
	if (prev_ExecutorFinish)
		prev_ExecutorFinish(query);
	else
		standard_ExecutorFinish(query);
	RestoreRole(&saved);
}

/* An error between Enter and LeaveLocalFragment leaves the flag set: clear it with the transaction. */
static void
ForgetLocalFragment(XactEvent event, void *arg)
{
	if (event == XACT_EVENT_ABORT || event == XACT_EVENT_PARALLEL_ABORT)
		in_local_fragment = false;
}

static void
ForgetLocalFragmentInSubxact(SubXactEvent event, SubTransactionId subxid,
							 SubTransactionId parent_subxid, void *arg)
{
	if (event == SUBXACT_EVENT_ABORT_SUB)
		in_local_fragment = false;
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

	RegisterXactCallback(ForgetLocalFragment, NULL);
	RegisterSubXactCallback(ForgetLocalFragmentInSubxact, NULL);

	InitFragmentCheck();
}
