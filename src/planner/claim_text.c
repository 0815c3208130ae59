/*-------------------------------------------------------------------------
 *
 * claim_text.c
 *	  The comment at the head of a fragment: writing it and reading it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "executor/trigger_call.h"
#include "miscadmin.h"
#include "planner/claim.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#define CLAIM_START "/*distshard"

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

bool
HasClaim(const char *text)
{
	return strncmp(text, CLAIM_START, strlen(CLAIM_START)) == 0;
}

/*
 * ReadClaim is asked several times about a statement. It knows the comments that
 * it read last, with as much of what follows as tells that no other comes after
 * them; save for those with roles, which may be renamed.
 */
const Claim *
ReadClaim(const char *text)
{
	static Claim claim;
	static char  known[128] = "";
	size_t       len;

	text += strlen(CLAIM_START);
	if (known[0] != '\0' && strncmp(text, known, strlen(known)) == 0)
		return &claim;

	known[0] = '\0';
	len = ReadComments(text, &claim) - text + strlen(" " CLAIM_START);
	if (len < sizeof(known) && !OidIsValid(claim.role) && !OidIsValid(claim.policy_role))
		strlcpy(known, text, len + 1);
	return &claim;
}
