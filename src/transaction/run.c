/*-------------------------------------------------------------------------
 *
 * run.c
 *	  Run statements on other nodes, as part of the session's transaction.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/metadata.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "transaction/internal.h"
#include "transport/remote_xact.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(distshard_run_on_node);
PG_FUNCTION_INFO_V1(distshard_read_from_node);
PG_FUNCTION_INFO_V1(distshard_run_on_other_nodes);

/* Queues all statements on all nodes, then waits for all of them. */
static void
RunOnNodes(List *node_ids, List *statements)
{
	List     *commands = NIL;
	ListCell *node;
	ListCell *lc;

	ConnectNodes(node_ids);
	foreach (node, node_ids)
	{
		NodeConn *conn = EnlistForCommand(lfirst_int(node));

		foreach (lc, statements)
			commands = lappend(commands, QueueCommand(conn, lfirst(lc), NULL, NULL, 0));
		FlushCommands(conn);
	}
	foreach (lc, commands)
		FinishCommand(lfirst(lc));
}

void
RunOnNode(int32 node_id, List *statements)
{
	RunOnNodes(list_make1_int(node_id), statements);
}

void
RunOnOtherNodes(List *statements)
{
	List     *node_ids = NIL;
	ListCell *lc;

	foreach (lc, AllPrimaries())
	{
		ClusterNode *node = lfirst(lc);

		if (!node->is_local)
			node_ids = lappend_int(node_ids, node->node_id);
	}
	RunOnNodes(node_ids, statements);
}

/* Runs (node_id int, sql text) and returns the first column of each row. */
static Datum
FetchFromNode(FunctionCallInfo fcinfo, RemoteAccess access)
{
	char          *sql = text_to_cstring(PG_GETARG_TEXT_PP(1));
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	NodeConn      *conn = EnlistNode(PG_GETARG_INT32(0), access);
	RemoteCommand *command = QueueCommand(conn, sql, NULL, NULL, COMMAND_ROWS);
	const char    *value;
	bool           isnull;

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	while (NextText(command, &value, &isnull))
	{
		Datum datum = isnull ? (Datum) 0 : CStringGetTextDatum(value);

		tuplestore_putvalues(result->setResult, result->setDesc, &datum, &isnull);
	}
	return (Datum) 0;
}

Datum
distshard_run_on_node(PG_FUNCTION_ARGS)
{
	return FetchFromNode(fcinfo, REMOTE_WRITE);
}

/* The same for what only reads, so that the node's part of the transaction needs no commit. */
Datum
distshard_read_from_node(PG_FUNCTION_ARGS)
{
	return FetchFromNode(fcinfo, REMOTE_READ);
}

/* run_on_other_nodes(sql text) discards rows. */
Datum
distshard_run_on_other_nodes(PG_FUNCTION_ARGS)
{
	RunOnOtherNodes(list_make1(text_to_cstring(PG_GETARG_TEXT_PP(0))));
	PG_RETURN_VOID();
}
