/*-------------------------------------------------------------------------
 *
 * remote_error.c
 *	  A node's errors and notices become the session's own.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "catalog/shard_names.h"
#include "miscadmin.h"
#include "transport/internal.h"
#include "utils/elog.h"

#define DATA_SCHEMA_PREFIX "distshard_"

/*
 * LogicalNames gives tables and constraints in a message their user's names:
 * inside double quotes the number of a shard, as in "orders#102" or
 * "orders#102_pkey", and the prefix of the data tables' schemas are left out.
 */
char *
LogicalNames(const char *text)
{
	StringInfoData out;
	bool           quoted = false;

	initStringInfo(&out);
	for (const char *p = text; *p; p++)
	{
		if (*p == '"')
		{
			quoted = !quoted;
			if (quoted && strncmp(p + 1, DATA_SCHEMA_PREFIX, strlen(DATA_SCHEMA_PREFIX)) == 0)
			{
				appendStringInfoChar(&out, *p);
				p += strlen(DATA_SCHEMA_PREFIX);
				continue;
			}
		}
		else if (quoted && *p == '#' && isdigit((unsigned char) p[1]))
		{
			const char *end = p + 1;

			while (isdigit((unsigned char) *end))
				end++;
			if (*end == '"' || *end == '_')
			{
				p = end - 1;
				continue;
			}
		}
		appendStringInfoChar(&out, *p);
	}
	return out.data;
}

static char *
WithoutMark(const char *name, const char *mark)
{
	int length = strlen(name) - strlen(mark);

	return length > 0 && strcmp(name + length, mark) == 0 ? pnstrdup(name, length) : pstrdup(name);
}

/* Leaves out the mark where it ends what stands between double quotes, or only in one name there. */
static char *
WithoutMarks(const char *text, const char *mark, const char *only_in)
{
	char          *pattern = only_in ? psprintf("\"%s\"", only_in) : psprintf("%s\"", mark);
	StringInfoData out;
	const char    *found;

	initStringInfo(&out);
	while ((found = strstr(text, pattern)) != NULL)
	{
		const char *end = found + strlen(pattern);

		appendBinaryStringInfo(&out, text, end - 1 - strlen(mark) - text);
		appendStringInfoChar(&out, '"');
		text = end;
	}
	appendStringInfoString(&out, text);
	return out.data;
}

/* Names between double quotes that were cut are put in full, in which there is no mark then. */
static char *
WholeNames(const char *text, const char *schema)
{
	StringInfoData out;
	const char    *from = text;
	const char    *quote;

	initStringInfo(&out);
	while ((quote = strchr(from, '"')) != NULL && strchr(quote + 1, '"') != NULL)
	{
		const char *end = strchr(quote + 1, '"');
		char       *name = pnstrdup(quote + 1, end - quote - 1);
		char       *whole = WholeName(name, schema);

		appendBinaryStringInfo(&out, from, quote + 1 - from);
		appendStringInfo(&out, "%s\"", whole ? whole : name);
		from = end + 1;
	}
	appendStringInfoString(&out, from);
	return out.data;
}

/* The same for a name that stands alone. */
static char *
LogicalName(const char *name)
{
	char *quoted = LogicalNames(psprintf("\"%s\"", name));

	quoted[strlen(quoted) - 1] = '\0';
	return quoted + 1;
}

static char *
ErrorField(const PGresult *result, int field)
{
	const char *value = PQresultErrorField(result, field);

	return value ? pstrdup(value) : NULL;
}

int
SqlState(const PGresult *result)
{
	const char *code = PQresultErrorField(result, PG_DIAG_SQLSTATE);

	if (code == NULL || strlen(code) != 5)
		return ERRCODE_INTERNAL_ERROR;
	return MAKE_SQLSTATE(code[0], code[1], code[2], code[3], code[4]);
}

/* Only errors about tables name some; elsewhere "#1" may be the user's data. */
static bool
names_tables(int sqlstate)
{
	int class = ERRCODE_TO_CATEGORY(sqlstate);

	return class == MAKE_SQLSTATE('2', '3', '0', '0', '0') ||
		   class == MAKE_SQLSTATE('4', '2', '0', '0', '0') ||
		   class == MAKE_SQLSTATE('4', '4', '0', '0', '0') ||
		   sqlstate == ERRCODE_LOCK_NOT_AVAILABLE || sqlstate == ERRCODE_OBJECT_IN_USE;
}

static char *
UserText(int sqlstate, char *text)
{
	return text && names_tables(sqlstate) ? LogicalNames(text) : text;
}

/*
 * Where a constraint is violated, the detail has the values of a row between
 * its first and last parenthesis, which are the user's; names may follow.
 * Returns where they begin.
 */
static const char *
NamesInDetail(const char *detail)
{
	const char *values = strchr(detail, '(');
	const char *rest = values ? strrchr(values, ')') : NULL;

	while (rest > values && strchr(" .", rest[1]) == NULL)
		rest--;
	return rest ? rest : detail;
}

static char *
UserDetail(int sqlstate, char *text)
{
	const char *rest;

	if (text == NULL || ERRCODE_TO_CATEGORY(sqlstate) != ERRCODE_INTEGRITY_CONSTRAINT_VIOLATION)
		return UserText(sqlstate, text);
	rest = NamesInDetail(text);
	return psprintf("%s%s", pnstrdup(text, rest - text), LogicalNames(rest));
}

/* Where the names are known: on the node whose error it is, while its transaction is in progress. */
static void
use_whole_names(ErrorData *error)
{
	const char *schema = error->schema_name;
	char       *name;

	if (schema == NULL ||
		ERRCODE_TO_CATEGORY(error->sqlerrcode) != ERRCODE_INTEGRITY_CONSTRAINT_VIOLATION)
		return;
	error->message = WholeNames(error->message, schema);
	if (error->detail)
		error->detail = WholeNames(error->detail, schema);
	if (error->table_name && (name = WholeName(error->table_name, schema)) != NULL)
		error->table_name = name;
	if (error->constraint_name && (name = WholeName(error->constraint_name, schema)) != NULL)
		error->constraint_name = name;
}

/*
 * A violated constraint of a shard, which the error names: so its mark is known, and what looks like one in the user's
 * names can be told from it. Checks and columns have no mark; foreign keys are between shards with the same.
 */
static void
use_names_of_shard(ErrorData *error, const char *shard)
{
	const char *own_mark = MarkOfShard(shard, error->schema_name);
	const char *mark = own_mark;
	const char *only_in = NULL;

	if (mark == NULL && error->constraint_name) /* that of a referenced shard */
		mark = EndMark(error->constraint_name);
	if (mark == NULL)
		return;
	if (error->sqlerrcode == ERRCODE_CHECK_VIOLATION ||
		error->sqlerrcode == ERRCODE_NOT_NULL_VIOLATION)
		only_in = shard;
	error->message = WithoutMarks(error->message, mark, only_in);
	if (error->detail)
	{
		const char *rest = NamesInDetail(error->detail);

		error->detail = psprintf("%s%s", pnstrdup(error->detail, rest - error->detail),
								 WithoutMarks(rest, mark, only_in));
	}
	if (own_mark)
		error->table_name = WithoutMark(error->table_name, mark);
	if (error->constraint_name && only_in == NULL)
		error->constraint_name = WithoutMark(error->constraint_name, mark);
}

static bool
IsDataSchema(const char *schema)
{
	return schema && strncmp(schema, DATA_SCHEMA_PREFIX, strlen(DATA_SCHEMA_PREFIX)) == 0;
}

void
UseLogicalNames(ErrorData *error)
{
	char *shard = error->table_name;

	use_whole_names(error);
	if (IsDataSchema(error->schema_name) && shard &&
		ERRCODE_TO_CATEGORY(error->sqlerrcode) == ERRCODE_INTEGRITY_CONSTRAINT_VIOLATION)
		use_names_of_shard(error, shard);
	else
	{
		error->message = UserText(error->sqlerrcode, error->message);
		error->detail = UserDetail(error->sqlerrcode, error->detail);
		if (error->table_name)
			error->table_name = LogicalName(error->table_name);
		if (error->constraint_name)
			error->constraint_name = LogicalName(error->constraint_name);
	}
	if (IsDataSchema(error->schema_name))
		error->schema_name += strlen(DATA_SCHEMA_PREFIX);
}

static void
SetNameField(int code, const char *name)
{
	if (name)
		err_generic_string(code, name);
}

/* RaiseRemoteError raises the error in the result, which it frees. */
void
RaiseRemoteError(NodeConn *conn, PGresult *result)
{
	int   sqlstate = SqlState(result);
	char *message = ErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	char *detail = ErrorField(result, PG_DIAG_MESSAGE_DETAIL);
	char *hint = ErrorField(result, PG_DIAG_MESSAGE_HINT);
	char *context = ErrorField(result, PG_DIAG_CONTEXT);
	char *schema = ErrorField(result, PG_DIAG_SCHEMA_NAME);
	char *table = ErrorField(result, PG_DIAG_TABLE_NAME);
	char *column = ErrorField(result, PG_DIAG_COLUMN_NAME);
	char *datatype = ErrorField(result, PG_DIAG_DATATYPE_NAME);
	char *constraint = ErrorField(result, PG_DIAG_CONSTRAINT_NAME);

	if (message == NULL)
		message = pchomp(PQresultErrorMessage(result));
	PQclear(result);
	conn->outcome_matters = false;
	if (schema == NULL || IsDataSchema(schema)) /* else the node has put it in the user's terms */
	{
		message = UserText(sqlstate, message);
		detail = UserDetail(sqlstate, detail);
		schema = schema ? LogicalName(schema) : NULL;
		table = table ? LogicalName(table) : NULL;
		constraint = constraint ? LogicalName(constraint) : NULL;
	}

	/* If it is what we asked for, the reason is here: cancel, timeout, shutdown. */
	if (sqlstate == ERRCODE_QUERY_CANCELED)
		CHECK_FOR_INTERRUPTS();

	ereport(
		ERROR,
		(errcode(sqlstate), errmsg_internal("%s", message),
		 detail ? errdetail_internal("%s", detail) : 0, hint ? errhint("%s", hint) : 0,
		 SetNameField(PG_DIAG_SCHEMA_NAME, schema), SetNameField(PG_DIAG_TABLE_NAME, table),
		 SetNameField(PG_DIAG_COLUMN_NAME, column), SetNameField(PG_DIAG_DATATYPE_NAME, datatype),
		 SetNameField(PG_DIAG_CONSTRAINT_NAME, constraint), context ? errcontext("%s", context) : 0,
		 errcontext("on node %d (%s:%d)", conn->key.node_id, conn->host, conn->port)));
}

/*
 * RaiseConnectionLost closes the connection and says so. The result, if any, is
 * freed; it holds the node's last words or libpq's.
 */
void
RaiseConnectionLost(NodeConn *conn, PGresult *result)
{
	char *why = NULL;
	bool  outcome_matters = conn->outcome_matters;

	if (result)
	{
		why = ErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
		if (why == NULL)
			why = pchomp(PQresultErrorMessage(result));
		PQclear(result);
	}
	else if (conn->pg)
		why = pchomp(PQerrorMessage(conn->pg));
	DropConn(conn);

	if (outcome_matters)
		ereport(ERROR, (errcode(ERRCODE_TRANSACTION_RESOLUTION_UNKNOWN),
						errmsg("lost connection to node %d (%s:%d) during commit",
							   conn->key.node_id, conn->host, conn->port),
						why && *why ? errdetail_internal("%s", why) : 0,
						errhint("The transaction may have been committed or not.")));
	ereport(ERROR, (errcode(ERRCODE_CONNECTION_FAILURE),
					errmsg("lost connection to node %d (%s:%d)", conn->key.node_id, conn->host,
						   conn->port),
					why && *why ? errdetail_internal("%s", why) : 0));
}

bool NodesInInfo = false;

/* PassNotice is libpq's notice receiver: the client gets the node's notices. */
void
PassNotice(void *arg, const PGresult *result)
{
	NodeConn   *conn = arg;
	const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
	int         level;
	char       *message;
	char       *detail;
	char       *hint;

	if (conn->copying && SqlState(result) == ERRCODE_COPY_FAILED)
		conn->copy_failed = true;
	if (conn->cleaning || !conn->proven || severity == NULL)
		return;
	if (SqlState(result) == ERRCODE_SNAPSHOT_REPORT)
	{
		KeepReport(conn, PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY));
		return;
	}
	if (SqlState(result) == ERRCODE_ROWS_WAIT)
	{
		conn->rows_wait = true;
		return;
	}
	if (SqlState(result) == ERRCODE_HAS_WRITTEN)
	{
		conn->has_written = true;
		return;
	}
	if (SqlState(result) == ERRCODE_TRIGGERS_DEFERRED)
	{
		conn->triggers_deferred = true;
		return;
	}
	if (SqlState(result) == ERRCODE_TRIGGERS_HELD)
	{
		KeepHeldTriggers(conn, PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY));
		return;
	}
	if (strcmp(severity, "WARNING") == 0)
		level = WARNING;
	else if (strcmp(severity, "NOTICE") == 0)
		level = NOTICE;
	else if (strcmp(severity, "INFO") == 0)
		level = INFO;
	else if (strcmp(severity, "DEBUG") == 0)
		level = DEBUG1;
	else
		return;

	/* libpq must not be left by a jump. */
	HOLD_INTERRUPTS();
	message = ErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	detail = ErrorField(result, PG_DIAG_MESSAGE_DETAIL);
	hint = ErrorField(result, PG_DIAG_MESSAGE_HINT);
	if (level == INFO && NodesInInfo && message)
		message =
			psprintf("node %d (%s:%d): %s", conn->key.node_id, conn->host, conn->port, message);
	ereport(level, (errcode(SqlState(result)), errmsg_internal("%s", message ? message : ""),
					detail ? errdetail_internal("%s", detail) : 0, hint ? errhint("%s", hint) : 0));
	RESUME_INTERRUPTS();
}
