/*-------------------------------------------------------------------------
 *
 * deferred_triggers.c
 *	  Constraint triggers that are still deferred at COMMIT, which fire where the client is.
 *
 * A node where triggers of users are deferred says so by a notice, with what a
 * fragment returns. Before the transaction commits, the client's node has such
 * nodes fire what is deferred; they hold the calls of users' triggers
 * (held_triggers.c), which it takes and makes. These may have others deferred,
 * here or there, so it goes on until there are none.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "access/transam.h"
#include "access/xact.h"
#include "catalog/metadata.h"
#include "catalog/pg_inherits.h"
#include "commands/trigger.h"
#include "executor/deferred_triggers.h"
#include "executor/executor.h"
#include "executor/held_triggers.h"
#include "miscadmin.h"
#include "partitioning/partdesc.h"
#include "planner/claim.h"
#include "tcop/tcopprot.h"
#include "transaction/xact.h"
#include "transaction_end.h"
#include "transport/connection.h"
#include "transport/remote_xact.h"
#include "utils/memutils.h"
#include "utils/rel.h"

/* On a node: data tables and shards that the transaction has changed and that have deferrable triggers of users. */
static List *changed = NIL; /* of oid */
static bool  told = false;

PG_FUNCTION_INFO_V1(distshard_fire_deferred);

/* PostgreSQL's own are those of foreign keys and unique constraints. */
static bool
has_deferrable(TriggerDesc *triggers)
{
	for (int i = 0; triggers && i < triggers->numtriggers; i++)
	{
		if (triggers->triggers[i].tgdeferrable &&
			triggers->triggers[i].tgfoid >= FirstNormalObjectId)
			return true;
	}
	return false;
}

static void
NoteChangedTable(Relation data)
{
	MemoryContext old;

	if (told || !IsClusterConnection() || !has_deferrable(data->trigdesc) ||
		list_member_oid(changed, RelationGetRelid(data)))
		return;
	old = MemoryContextSwitchTo(TopTransactionContext);
	changed =
		list_concat_unique_oid(changed, find_all_inheritors(RelationGetRelid(data), NoLock, NULL));
	MemoryContextSwitchTo(old);
}

/* Partitions may have triggers of their own. */
void
NoteChangedTree(Relation data)
{
	DistTable    *table = LookupDistTableByData(RelationGetRelid(data));
	PartitionDesc partitions;

	NoteChangedTable(data);
	if (told || !IsClusterConnection() || !table->is_parent)
		return;
	partitions = RelationGetPartitionDesc(data, true);
	for (int i = 0; i < partitions->nparts; i++)
	{
		Relation partition = table_open(partitions->oids[i], AccessShareLock);

		NoteChangedTree(partition);
		table_close(partition, NoLock);
	}
}

void
NoteChanges(QueryDesc *query)
{
	ListCell *lc;

	foreach (lc, query->estate->es_opened_result_relations)
		NoteChangedTable(((ResultRelInfo *) lfirst(lc))->ri_RelationDesc);
	foreach (lc, query->estate->es_tuple_routing_result_relations)
		NoteChangedTable(((ResultRelInfo *) lfirst(lc))->ri_RelationDesc);
}

void
TellOfDeferredTriggers(void)
{
	ListCell *lc;

	if (told)
		return;
	foreach (lc, changed)
	{
		if (!AfterTriggerPendingOnRel(lfirst_oid(lc)))
			continue;
		SendNotice(ERRCODE_TRIGGERS_DEFERRED, "triggers are deferred");
		told = true;
		return;
	}
}

static void
fire_deferred(void *arg)
{
	AfterTriggerFireDeferred();
}

/*
 * distshard.fire_deferred() is for the node that the client is connected to. A
 * procedure, since PostgreSQL fires what is deferred outside of queries.
 */
Datum
distshard_fire_deferred(PG_FUNCTION_ARGS)
{
	const Claim *claim = CurrentClaim(debug_query_string);

	if (claim == NULL || !claim->takes_moved)
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						errmsg("distshard.fire_deferred() cannot be called directly")));
	told = false;
	HoldTriggers(true, NULL, fire_deferred, NULL);
	TellOfHeldTriggers();
	PG_RETURN_VOID();
}

/* Returns the commands that were sent. */
static List *
fire_on_nodes(void)
{
	List          *commands = NIL;
	StringInfoData text;
	ListCell      *lc;

	foreach (lc, AllConns())
	{
		NodeConn *conn = lfirst(lc);

		if (!TakeTriggersDeferred(conn))
			continue;
		conn = EnlistNode(ConnNodeId(conn), REMOTE_WRITE);
		initStringInfo(&text);
		AppendClaim(&text, NULL, GetUserId(), false);
		AppendMovesClaim(&text, true);
		appendStringInfoString(&text, "CALL distshard.fire_deferred()");
		commands = lappend(commands, QueueCommand(conn, text.data, NULL, NULL, 0));
		FlushCommands(conn);
	}
	return commands;
}

/* Those of this node have fired. */
static void
fire_all_deferred(void)
{
	List *commands;

	while ((commands = fire_on_nodes()) != NIL)
	{
		EState   *estate = CreateExecutorState();
		List     *held = NIL;
		ListCell *lc;

		foreach (lc, commands)
			FinishCommand(lfirst(lc));
		foreach (lc, commands)
			held = AddHeldTriggers(held, CommandNodeId(lfirst(lc)), HeldTriggers(lfirst(lc)));
		TakeHeldTriggers(estate, held);
		FireHeldTriggers(estate);
		FreeExecutorState(estate);
		AfterTriggerFireDeferred();
	}
}

static void
end_of_transaction(XactEvent event)
{
	switch (event)
	{
		case XACT_EVENT_PRE_COMMIT:
			fire_all_deferred();
			break;
		case XACT_EVENT_COMMIT:
		case XACT_EVENT_PREPARE:
		case XACT_EVENT_ABORT:
			changed = NIL;
			told = false;
			break;
		default:
			break;
	}
}

void
InitDeferredTriggers(void)
{
	CallAtEvents(EVENT(XACT_EVENT_PRE_COMMIT) | AT_END, end_of_transaction, NULL);
}
