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

/* How long a node may take to say what is asked of it for a view. */
#define ANSWER_TIMEOUT_MS 2000

PG_FUNCTION_INFO_V1(distshard_run_on_node);
PG_FUNCTION_INFO_V1(distshard_ask_node);
PG_FUNCTION_INFO_V1(distshard_read_from_node);
PG_FUNCTION_INFO_V1(distshard_run_on_other_nodes);

/* Queues all statements on all nodes. */
List *
SendToNodes(List *node_ids, List *statements, RemoteAccess access)
{
	List     *commands = NIL;
	ListCell *node;
	ListCell *lc;

	ConnectNodes(node_ids);
	foreach (node, node_ids)
	{
		NodeConn *conn = EnlistForCommand(lfirst_int(node), access);

		foreach (lc, statements)
			commands = lappend(commands, QueueCommand(conn, lfirst(lc), NULL, NULL, 0));
		FlushCommands(conn);
	}
	return commands;
}

void
FinishCommands(List *commands)
{
	ListCell *lc;

	foreach (lc, commands)
		FinishCommand(lfirst(lc));
}

static List *
RunOnNodes(List *node_ids, List *statements)
{
	List *commands = SendToNodes(node_ids, statements, REMOTE_WRITE);

	FinishCommands(commands);
	return commands;
}

void
RunOnNode(int32 node_id, List *statements)
{
	(void) RunOnNodes(list_make1_int(node_id), statements);
}

List *
OtherPrimaries(void)
{
	List     *node_ids = NIL;
	ListCell *lc;

	foreach (lc, AllPrimaries())
	{
		ClusterNode *node = lfirst(lc);

		if (!node->is_local)
			node_ids = lappend_int(node_ids, node->node_id);
	}
	return node_ids;
}

List *
RunOnOtherNodes(List *statements)
{
	return RunOnNodes(OtherPrimaries(), statements);
}

static RemoteCommand *
QueueArgument(NodeConn *conn, FunctionCallInfo fcinfo)
{
	return QueueCommand(conn, text_to_cstring(PG_GETARG_TEXT_PP(1)), NULL, NULL, COMMAND_ROWS);
}

/* Returns the first column of each row. */
static Datum
ReturnRows(FunctionCallInfo fcinfo, RemoteCommand *command)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
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
	return ReturnRows(fcinfo, QueueArgument(EnlistNode(PG_GETARG_INT32(0), REMOTE_WRITE), fcinfo));
}

/* The same for what only reads, so that the node's part of the transaction needs no commit. */
Datum
distshard_read_from_node(PG_FUNCTION_ARGS)
{
	return ReturnRows(fcinfo, QueueArgument(EnlistNode(PG_GETARG_INT32(0), REMOTE_READ), fcinfo));
}

/* For views: the node need not take part in the transaction, and one that does not answer in time is an error. */
Datum
distshard_ask_node(PG_FUNCTION_ARGS)
{
	NodeConn      *conn = UseNode(PG_GETARG_INT32(0));
	RemoteCommand *command = QueueArgument(conn, fcinfo);

	FlushCommands(conn);
	if (!WaitForCommand(command, ANSWER_TIMEOUT_MS))
	{
		DropConn(conn);
		ereport(ERROR,
				(errcode(ERRCODE_CONNECTION_FAILURE), errmsg("node %d has not answered for %d ms",
															 ConnNodeId(conn), ANSWER_TIMEOUT_MS)));
	}
	return ReturnRows(fcinfo, command);
}

/* run_on_other_nodes(sql text) discards rows. */
Datum
distshard_run_on_other_nodes(PG_FUNCTION_ARGS)
{
	(void) RunOnOtherNodes(list_make1(text_to_cstring(PG_GETARG_TEXT_PP(0))));
	PG_RETURN_VOID();
}
