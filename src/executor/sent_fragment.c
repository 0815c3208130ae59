/*-------------------------------------------------------------------------
 *
 * sent_fragment.c
 *	  Fragments whose rows go to inboxes of other nodes.
 *
 * The coordinator tells a node where to with distshard.open_sender(), and then
 * sends the fragment, which claims the transfer: its rows go into an sender instead
 * of to the client, to whom the command's tag tells how many they were.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/metadata.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "executor/row_sender.h"
#include "fmgr.h"
#include "planner/claim.h"
#include "transport/connection.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/varlena.h"

/* What the session's next fragment is to do. */
static int           opened; /* the transfer; 0: nothing */
static RowRoute      opened_route;
static MemoryContext opened_context;

static ExecutorRun_hook_type next_ExecutorRun;

static void
append_numbers(StringInfo buf, List *numbers, bool oids)
{
	ListCell *lc;

	appendStringInfoString(buf, ", '{");
	foreach (lc, numbers)
		appendStringInfo(buf, "%s%u", lc == list_head(numbers) ? "" : ",",
						 oids ? lfirst_oid(lc) : (uint32) lfirst_int(lc));
	appendStringInfoString(buf, "}'");
}

char *
OpenSenderCommand(int transfer, const RowRoute *route)
{
	StringInfoData sql;
	const char    *table = "";

	if (OidIsValid(route->table))
		table = quote_qualified_identifier(get_namespace_name(get_rel_namespace(route->table)),
										   get_rel_name(route->table));
	initStringInfo(&sql);
	appendStringInfo(&sql, "SELECT distshard.open_sender(%d, %s, " INT64_FORMAT ", %d, %s",
					 transfer, quote_literal_cstr(table), PlacementVersion(), route->key,
					 route->own_hash ? "true" : "false");
	append_numbers(&sql, route->columns, false);
	append_numbers(&sql, route->nodes, false);
	append_numbers(&sql, route->inboxes, true);
	appendStringInfoChar(&sql, ')');
	return sql.data;
}

PG_FUNCTION_INFO_V1(distshard_open_sender);

static List *
numbers_of(Datum array, bool oids)
{
	List  *result = NIL;
	Datum *elements;
	int    n;

	deconstruct_array(DatumGetArrayTypeP(array), INT8OID, 8, FLOAT8PASSBYVAL, TYPALIGN_DOUBLE,
					  &elements, NULL, &n);
	for (int i = 0; i < n; i++)
		result = oids ? lappend_oid(result, (Oid) DatumGetInt64(elements[i]))
					  : lappend_int(result, (int) DatumGetInt64(elements[i]));
	return result;
}

/* distshard.open_sender(transfer, table, placement, key, own_hash, columns, nodes, inboxes): a RowRoute. */
Datum
distshard_open_sender(PG_FUNCTION_ARGS)
{
	text         *table = PG_GETARG_TEXT_PP(1);
	MemoryContext caller;

	if (!IsClusterConnection())
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						errmsg("only nodes of the cluster can have rows sent")));
	if (PG_GETARG_INT64(2) != PlacementVersion())
		ereport(ERROR, (errcode(ERRCODE_STALE_CLAIM),
						errmsg("this node and another one disagree on where shards are")));
	if (opened_context == NULL)
		opened_context =
			AllocSetContextCreate(TopMemoryContext, "distshard open sender", ALLOCSET_SMALL_SIZES);
	MemoryContextReset(opened_context);
	caller = MemoryContextSwitchTo(opened_context);
	opened_route.table = InvalidOid;
	if (VARSIZE_ANY_EXHDR(table) > 0)
		opened_route.table = RangeVarGetRelid(
			makeRangeVarFromNameList(textToQualifiedNameList(table)), NoLock, false);
	opened_route.key = PG_GETARG_INT32(3);
	opened_route.own_hash = PG_GETARG_BOOL(4);
	opened_route.columns = numbers_of(PG_GETARG_DATUM(5), false);
	opened_route.nodes = numbers_of(PG_GETARG_DATUM(6), false);
	opened_route.inboxes = numbers_of(PG_GETARG_DATUM(7), true);
	opened = PG_GETARG_INT32(0);
	MemoryContextSwitchTo(caller);
	PG_RETURN_VOID();
}

static void
run_as_before(QueryDesc *query, ScanDirection direction, uint64 count, bool once)
{
	if (next_ExecutorRun)
		next_ExecutorRun(query, direction, count, once);
	else
		standard_ExecutorRun(query, direction, count, once);
}

static void
run_into_sender(QueryDesc *query, ScanDirection direction, uint64 count, bool once)
{
	const Claim  *claim = opened ? FragmentClaim(query->sourceText) : NULL;
	DestReceiver *client = query->dest;

	if (claim == NULL || claim->send != opened)
	{
		run_as_before(query, direction, count, once);
		return;
	}
	opened = 0;
	query->dest = CreateRowSender(&opened_route);
	run_as_before(query, direction, count, once);
	RowsSent(query->dest);
	query->dest = client;
}

void
InitSentFragments(void)
{
	next_ExecutorRun = ExecutorRun_hook;
	ExecutorRun_hook = run_into_sender;
}
