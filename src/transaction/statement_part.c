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
 * With the number comes which tables the statement names: the first part waits for what is in
 * doubt about any of them, for the parts that follow can have no other snapshot.
 *
 * The snapshot may be taken before the first fragment comes: then the nodes have
 * agreed on theirs (executor/consistent_read.c). It is kept as long as the
 * sender has the statement under way. For a statement that calls functions, it
 * may also be taken before these change something (earlier_state.c).
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
#include "transport/settings.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
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
	bool     awaited; /* after what was in doubt of all that the statement reads */
	int64    taken_at;
	Snapshot snapshot;
} KeptSnapshot;

/*
 * The statement that the sender speaks of: the setting has its number, that of the last one before it which is
 * still under way, whether the node is known to keep its snapshot, and the tables that it names.
 */
static char *told_statement = NULL;
static int   statement_number = 0;
static int   previous_number = 0;
static bool  has_been_kept = false; /* there must be a snapshot for it */

/* When its first part came, if what was in doubt then has been awaited. */
static int64 first_part_at = 0;

static List *kept = NIL; /* of KeptSnapshot * */

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

List *
SentStatements(void)
{
	return sent;
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

/* Of those that are under way, the last one with a smaller number; 0: none. */
static int
PreviousNumber(int number)
{
	int       previous = 0;
	ListCell *lc;

	foreach (lc, sent)
	{
		int other = ((SentStatement *) lfirst(lc))->number;

		if (other < number)
			previous = Max(previous, other);
	}
	return previous;
}

List *
TablesOf(List *plans)
{
	List     *tables = NIL;
	ListCell *lc;
	ListCell *lc2;

	foreach (lc, plans)
	{
		foreach (lc2, ((PlannedStmt *) lfirst(lc))->rtable)
		{
			RangeTblEntry *rte = lfirst(lc2);

			if (rte->rtekind == RTE_RELATION && rte->requiredPerms != ACL_INSERT)
				tables = list_append_unique_oid(tables, rte->relid);
		}
	}
	return tables;
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

/* What parts tell of the tables, unless their nodes have agreed on snapshots, or have others. */
void
TellTables(SentStatement *statement, List *plans)
{
	MemoryContext old = MemoryContextSwitchTo(statement->estate->es_query_cxt);

	if (ConsistentReads && !IsolationUsesXactSnapshot())
		statement->tables = OidOutputFunctionCall(F_ARRAY_OUT, NamesOf(TablesOf(plans)));
	MemoryContextSwitchTo(old);
}

void
QueueStatementPart(NodeConn *conn, EState *estate)
{
	SentStatement *statement = FindSentStatement(estate);
	bool           is_kept;
	char          *value;
	char          *quoted;
	char          *sql;

	if (statement == NULL)
	{
		statement = AddSentStatement(estate, NewStatementNumber());
		TellTables(statement, list_make1(estate->es_plannedstmt));
	}
	is_kept = IsStateKept(statement, conn);
	NoteStateKept(statement, conn);
	value = psprintf("%d %d%s%s", statement->number, PreviousNumber(statement->number),
					 is_kept ? "!" : "", statement->tables ? statement->tables : "");
	quoted = quote_literal_cstr(value);
	sql = psprintf("SET LOCAL distshard.statement = %s", quoted);
	QueuePrelude(conn, sql, 0);
	pfree(sql);
	pfree(quoted);
	pfree(value);
}

RemoteCommand *
QueueTakeSnapshot(NodeConn *conn, int number, List *awaited, List *tables, bool hold)
{
	static const Oid  types[] = {INT4OID, INT4OID, TEXTOID, TEXTARRAYOID, BOOLOID};
	static const bool nulls[] = {false, false, false, false, false};
	StringInfoData    ids;
	Datum             values[5];

	initStringInfo(&ids);
	AppendIds(&ids, awaited);
	values[0] = Int32GetDatum(number);
	values[1] = Int32GetDatum(PreviousNumber(number));
	values[2] = CStringGetTextDatum(ids.data);
	values[3] = NamesOf(tables);
	values[4] = BoolGetDatum(hold);
	return QueueCommand(conn, "SELECT distshard.take_snapshot($1, $2, $3::text, $4, $5)",
						MakeRemoteParams(5, types, values, nulls), NULL,
						COMMAND_PREPARE | COMMAND_ROWS);
}

/* Forgets what was kept for statements from the first number to the last one. */
static void
forget_kept(int first, int last)
{
	ListCell *lc;

	foreach (lc, kept)
	{
		KeptSnapshot *item = lfirst(lc);

		if (item->number < first || item->number > last)
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
keep(int number, bool awaited, int64 taken_at, Snapshot snapshot, CommandId command)
{
	MemoryContext old = MemoryContextSwitchTo(TopTransactionContext);
	KeptSnapshot *item = palloc(sizeof(KeptSnapshot));

	item->number = number;
	item->awaited = awaited;
	item->taken_at = taken_at;
	item->snapshot = CopyOfSnapshot(snapshot, command, TopTransactionResourceOwner);
	kept = lappend(kept, item);
	MemoryContextSwitchTo(old);
	return item;
}

/*
 * distshard.take_snapshot(number, previous, awaited, tables, hold) takes the snapshot
 * for a statement, once transactions have ended, and returns its report. Statements
 * between the previous one and this one will not come any more. Commits are held from
 * then on, if that is wanted and can be had. What follows is another command, even if
 * it is of a function that the statement calls.
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
	forget_kept(PG_GETARG_INT32(1) + 1, number);
	if (PG_GETARG_BOOL(4))
		(void) HoldCommitsHere();
	AwaitTransactions(ReadIds(&pos));
	if (tables)
		(void) AwaitDoubtsAbout(tables, GetTransactionSnapshot(), began);
	since = MonotonicTime();
	snapshot =
		keep(number, true, began, GetTransactionSnapshot(), GetCurrentCommandId(true))->snapshot;
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
			bool awaited = !newest && first_part_at != 0;

			if (has_been_kept) /* an error of what was sent before may have prevented it */
				ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
								errmsg("the node has no snapshot for the statement")));
			forget_kept(previous_number + 1, statement_number - 1);
			item = keep(statement_number, awaited, awaited ? first_part_at : MonotonicTime(), own,
						own->curcid);
		}
		first_part_at = 0;
		statement = item->snapshot;
	}
	if (newest)
		part->snapshot = CopyOfSnapshot(here ? GetTransactionSnapshot() : own, statement->curcid,
										CurrentResourceOwner);
	else
		part->snapshot = RegisterSnapshot(statement);
	if (!here && GetActiveSnapshot() == own) /* what it calls has its snapshot, too */
	{
		PopActiveSnapshot();
		PushCopiedSnapshot(part->snapshot);
	}
	UnregisterSnapshot(own);
}

void
StatementJoined(QueryDesc *part)
{
	part->estate->es_output_cid = part->snapshot->curcid;
}

Snapshot
SnapshotOfParts(int64 *taken_at, bool *awaited)
{
	KeptSnapshot *item = find_kept(statement_number);

	if (item == NULL)
		return NULL;
	*taken_at = item->taken_at;
	*awaited = item->awaited;
	return item->snapshot;
}

bool
AwaitDoubtsOfParts(Snapshot snapshot, int64 at)
{
	const char *tables = strchr(told_statement, '{');

	first_part_at = tables ? at : 0;
	return tables && AnyInDoubt() &&
		   AwaitDoubtsAbout(TablesNamed(DatumGetArrayTypeP(
								OidInputFunctionCall(F_ARRAY_IN, (char *) tables, TEXTOID, -1))),
							snapshot, at);
}

static void
assign_statement(const char *newval, void *extra)
{
	char *end;

	statement_number = strtol(newval, &end, 10);
	previous_number = strtol(end, &end, 10);
	has_been_kept = *end == '!';
}

static void
end_of_transaction(XactEvent event)
{
	switch (event)
	{
		case XACT_EVENT_PRE_COMMIT:
		case XACT_EVENT_PRE_PREPARE:
			forget_kept(0, INT_MAX);
			break;
		case XACT_EVENT_ABORT:
			kept = NIL; /* the owner has let go of them */
			first_part_at = 0;
			break;
		default:
			break;
	}
}

void
InitStatementParts(void)
{
	DefineCustomStringVariable("distshard.statement",
							   "Number of the statement that the next fragments are parts of, that "
							   "of the one before, and an array of its tables.",
							   NULL, &told_statement, "0", PGC_USERSET,
							   GUC_NO_SHOW_ALL | GUC_NOT_IN_SAMPLE, NULL, assign_statement, NULL);
	CallAtEvents(BEFORE_END | AT_ABORT, end_of_transaction, &kept);
}
