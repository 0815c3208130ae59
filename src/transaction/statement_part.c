/*-------------------------------------------------------------------------
 *
 * statement_part.c
 *	  Several fragments that are one statement.
 *
 * In PostgreSQL no part of a statement sees what another part of it does, and
 * a row that one has changed is not changed again. Where several fragments of
 * one statement go to a node, one after the other, the node lets all have the
 * snapshot and the command number of the first. Which fragments are of one
 * statement it knows from a number that the sender sets, and from their claims
 * that they are parts at all.
 *
 * The snapshot may be taken before the first fragment comes: then the nodes have
 * agreed on theirs (executor/consistent_read.c). It is kept as long as the
 * sender has the statement, or an older one, under way.
 *
 * On the sender's own node the snapshot is that of the statement anyway.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "transaction/hold_commits.h"
#include "transaction/in_doubt.h"
#include "transaction/registry.h"
#include "transaction/snapshot_report.h"
#include "transaction/statement_part.h"
#include "transaction_end.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/varlena.h"

PG_FUNCTION_INFO_V1(distshard_take_snapshot);

static List *sent = NIL; /* of SentStatement *, that this session has under way on nodes */
static int   last_number = 0;

/* On a node: a statement's snapshot. */
typedef struct KeptSnapshot
{
	int      number;
	bool     agreed; /* it was taken before the first fragment came */
	int64    taken_at;
	Snapshot snapshot;
} KeptSnapshot;

static int   statement_number = 0; /* the statement that the sender speaks of */
static List *kept = NIL;           /* of KeptSnapshot * */

static void
forget_sent(void *arg)
{
	sent = list_delete_ptr(sent, arg);
}

SentStatement *
FindSentStatement(EState *estate)
{
	ListCell *lc;

	foreach (lc, sent)
	{
		if (((SentStatement *) lfirst(lc))->estate == estate)
			return lfirst(lc);
	}
	return NULL;
}

int
NewStatementNumber(void)
{
	return last_number = last_number == INT_MAX ? 1 : last_number + 1;
}

SentStatement *
AddSentStatement(EState *estate, int number)
{
	SentStatement *statement = MemoryContextAllocZero(estate->es_query_cxt, sizeof(SentStatement));
	MemoryContext  old;

	statement->estate = estate;
	statement->number = number;
	statement->forget.func = forget_sent;
	statement->forget.arg = statement;
	old = MemoryContextSwitchTo(TopMemoryContext);
	sent = lappend(sent, statement);
	MemoryContextSwitchTo(old);
	MemoryContextRegisterResetCallback(estate->es_query_cxt, &statement->forget);
	return statement;
}

void
QueueStatementPart(NodeConn *conn, EState *estate)
{
	SentStatement *statement = FindSentStatement(estate);
	char           sql[64];

	if (statement == NULL)
		statement = AddSentStatement(estate, NewStatementNumber());
	snprintf(sql, sizeof(sql), "SET LOCAL distshard.statement = %d", statement->number);
	QueuePrelude(conn, sql, 0);
}

/* The names of tables, as an array of text. */
static Datum
NamesOf(List *tables)
{
	Datum    *names = palloc(sizeof(Datum) * Max(list_length(tables), 1));
	int       n = 0;
	ListCell *lc;

	foreach (lc, tables)
		names[n++] = CStringGetTextDatum(quote_qualified_identifier(
			get_namespace_name(get_rel_namespace(lfirst_oid(lc))), get_rel_name(lfirst_oid(lc))));
	return PointerGetDatum(construct_array(names, n, TEXTOID, -1, false, TYPALIGN_INT));
}

/* The tables of these names, of those that there are. */
static List *
TablesNamed(ArrayType *names)
{
	List  *tables = NIL;
	Datum *elements;
	int    n;

	deconstruct_array(names, TEXTOID, -1, false, TYPALIGN_INT, &elements, NULL, &n);
	for (int i = 0; i < n; i++)
	{
		List *name = textToQualifiedNameList(DatumGetTextPP(elements[i]));
		Oid   table = RangeVarGetRelid(makeRangeVarFromNameList(name), NoLock, true);

		if (OidIsValid(table))
			tables = lappend_oid(tables, table);
	}
	return tables;
}

RemoteCommand *
QueueTakeSnapshot(NodeConn *conn, int number, List *awaited, List *tables, bool hold)
{
	static const Oid  types[] = {INT4OID, INT4OID, TEXTOID, TEXTARRAYOID, BOOLOID};
	static const bool nulls[] = {false, false, false, false, false};
	StringInfoData    ids;
	int               oldest = number;
	Datum             values[5];
	ListCell         *lc;

	foreach (lc, sent)
		oldest = Min(oldest, ((SentStatement *) lfirst(lc))->number);
	initStringInfo(&ids);
	AppendIds(&ids, awaited);
	values[0] = Int32GetDatum(number);
	values[1] = Int32GetDatum(oldest);
	values[2] = CStringGetTextDatum(ids.data);
	values[3] = NamesOf(tables);
	values[4] = BoolGetDatum(hold);
	return QueueCommand(conn, "SELECT distshard.take_snapshot($1, $2, $3::text, $4, $5)",
						MakeRemoteParams(5, types, values, nulls), NULL,
						COMMAND_PREPARE | COMMAND_ROWS);
}

/* Forgets what was kept for statements from the first number to the last one, or only what was not agreed on. */
static void
forget_kept(int first, int last, bool agreed)
{
	ListCell *lc;

	foreach (lc, kept)
	{
		KeptSnapshot *item = lfirst(lc);

		if (item->number < first || item->number > last || (item->agreed && !agreed))
			continue;
		UnregisterSnapshotFromOwner(item->snapshot, TopTransactionResourceOwner);
		kept = foreach_delete_current (kept, lc);
	}
}

static KeptSnapshot *
find_kept(int number)
{
	ListCell *lc;

	foreach (lc, kept)
	{
		if (((KeptSnapshot *) lfirst(lc))->number == number)
			return lfirst(lc);
	}
	return NULL;
}

Snapshot
CopyOfSnapshot(Snapshot snapshot, CommandId command, ResourceOwner owner)
{
	Snapshot copy;

	PushCopiedSnapshot(snapshot);
	copy = GetActiveSnapshot();
	copy->curcid = command;
	copy = RegisterSnapshotOnOwner(copy, owner);
	PopActiveSnapshot();
	return copy;
}

static KeptSnapshot *
keep(int number, bool agreed, int64 taken_at, Snapshot snapshot, CommandId command)
{
	MemoryContext old = MemoryContextSwitchTo(TopTransactionContext);
	KeptSnapshot *item = palloc(sizeof(KeptSnapshot));

	item->number = number;
	item->agreed = agreed;
	item->taken_at = taken_at;
	item->snapshot = CopyOfSnapshot(snapshot, command, TopTransactionResourceOwner);
	kept = lappend(kept, item);
	MemoryContextSwitchTo(old);
	return item;
}

/*
 * distshard.take_snapshot(number, oldest, awaited, tables, hold) takes the snapshot
 * for a statement, once transactions have ended, and returns its report. Statements
 * before the oldest one will not come any more. Commits are held from then on, if
 * that is wanted and can be had.
 */
Datum
distshard_take_snapshot(PG_FUNCTION_ARGS)
{
	int         number = PG_GETARG_INT32(0);
	char       *awaited = text_to_cstring(PG_GETARG_TEXT_PP(2));
	const char *pos = awaited;
	List       *tables = TablesNamed(PG_GETARG_ARRAYTYPE_P(3));
	int64       began = MonotonicTime();
	int64       since;
	Snapshot    snapshot;
	char       *report;

	if (!IsClusterConnection())
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						errmsg("only nodes of the cluster can have snapshots taken")));
	forget_kept(0, PG_GETARG_INT32(1) - 1, true);
	forget_kept(number, number, true);
	if (PG_GETARG_BOOL(4))
		(void) HoldCommitsHere();
	AwaitTransactions(ReadIds(&pos));
	if (tables)
		(void) AwaitDoubtsAbout(tables, GetTransactionSnapshot(), began);
	since = MonotonicTime();
	snapshot =
		keep(number, true, began, GetTransactionSnapshot(), GetCurrentCommandId(false))->snapshot;
	report = ReportSnapshot(snapshot, since, REPORT_IN_FULL);
	if (report == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(report));
}

void
JoinStatement(QueryDesc *part, bool here, bool newest)
{
	Snapshot own = part->snapshot;
	Snapshot statement = own;

	if (!here)
	{
		KeptSnapshot *item = find_kept(statement_number);

		if (item == NULL)
		{
			forget_kept(0, INT_MAX, false);
			item = keep(statement_number, false, MonotonicTime(), own, own->curcid);
		}
		statement = item->snapshot;
	}
	if (newest)
		part->snapshot = CopyOfSnapshot(here ? GetTransactionSnapshot() : own, statement->curcid,
										CurrentResourceOwner);
	else
		part->snapshot = RegisterSnapshot(statement);
	UnregisterSnapshot(own);
}

void
StatementJoined(QueryDesc *part)
{
	part->estate->es_output_cid = part->snapshot->curcid;
}

Snapshot
SnapshotOfParts(int64 *taken_at, bool *agreed)
{
	KeptSnapshot *item = find_kept(statement_number);

	if (item == NULL)
		return NULL;
	*taken_at = item->taken_at;
	*agreed = item->agreed;
	return item->snapshot;
}

static void
end_of_transaction(XactEvent event)
{
	switch (event)
	{
		case XACT_EVENT_PRE_COMMIT:
		case XACT_EVENT_PRE_PREPARE:
			forget_kept(0, INT_MAX, true);
			break;
		case XACT_EVENT_ABORT:
			kept = NIL; /* the owner has let go of them */
			break;
		default:
			break;
	}
}

void
InitStatementParts(void)
{
	DefineCustomIntVariable("distshard.statement",
							"Number of the statement that the next fragments are parts of.", NULL,
							&statement_number, 0, 0, INT_MAX, PGC_USERSET,
							GUC_NO_SHOW_ALL | GUC_NOT_IN_SAMPLE, NULL, NULL, NULL);
	CallAtEvents(BEFORE_END | AT_ABORT, end_of_transaction, &kept);
}
