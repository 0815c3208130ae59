/*-------------------------------------------------------------------------
 *
 * nodes.c
 *	  distshard.add_node(), remove_node() and set_node().
 *
 * The set of nodes is changed in one distributed transaction over all of them,
 * under LockMetadata(). A server that is being added takes
 * part in it as a node: for that it gets the extension, the cluster's secret
 * and the list of nodes beforehand, in a transaction of its own that is taken
 * back if ours fails. As long as the other nodes do not list it, this changes
 * nothing for anybody.
 *
 * What a server must fulfil is in server_check.c.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/metadata.h"
#include "commands/dbcommands.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "placement/cluster_change.h"
#include "placement/copy_reference.h"
#include "placement/distribute.h"
#include "placement/data_table.h"
#include "placement/peer.h"
#include "placement/server_check.h"
#include "planner/claim.h"
#include "planner/on_behalf.h"
#include "storage/lmgr.h"
#include "transaction/xact.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(distshard_add_node);
PG_FUNCTION_INFO_V1(distshard_remove_node);
PG_FUNCTION_INFO_V1(distshard_set_node);
PG_FUNCTION_INFO_V1(distshard_lock_tables);

/* The connections to other nodes are the session user's, so it is this one that has to be a superuser. */
static void
StartChange(void)
{
	if (!superuser() || !superuser_arg(GetSessionUserId()))
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						errmsg("only a superuser can change the nodes of the cluster")));
	if (GetCurrentTransactionNestLevel() > 1)
		ereport(ERROR, (errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
						errmsg("the nodes of the cluster cannot be changed in a subtransaction"),
						errhint("Do not use savepoints or exception blocks here.")));
	LockMetadata();
}

static void
RunHereAll(List *statements)
{
	ListCell *lc;

	foreach (lc, statements)
		RunHere(lfirst(lc));
	CommandCounterIncrement();
}

/* The node that is the first argument; begins the change. */
static ClusterNode *
StartChangeOfNode(FunctionCallInfo fcinfo)
{
	ClusterNode *node;
	int32        node_id;

	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("node_id must not be null")));
	StartChange();
	node_id = PG_GETARG_INT32(0);
	node = LookupNode(node_id, true);
	if (node == NULL)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("there is no node %d", node_id),
						errhint("See distshard.nodes.")));
	return node;
}

/* The group of this cluster that a server takes itself for, 0 if it is of none. */
static int32
MemberGroup(Peer *peer)
{
	if (PeerValue(peer, "SELECT to_regclass('distshard.local')") == NULL)
		return 0;
	return atoi(PeerValue(peer, psprintf("SELECT coalesce((SELECT group_id FROM distshard.local "
										 "WHERE cluster_id = '%s'), 0)",
										 LocalClusterId())));
}

/* A node that comes or goes must not use others before all of them know; one that is gone, not at all (proof.c). */
static char *
KeepOut(int32 node_id, int32 group_id)
{
	return psprintf("SELECT distshard.keep_out(%d, %d)", node_id, group_id);
}

/* ------------------------------------------------------------ add_node --- */

/*
 * The number of a node is never used again, even if it was removed: its share of the values of sequences is gone.
 * node_group keeps the groups that once were.
 */
static int32
NextNodeId(void)
{
	return atoi(linitial(RunHere("SELECT max(group_id) + 1 FROM distshard.node_group")));
}

/*
 * StartMembership begins the transaction on the server that makes it able to
 * take part in ours as a node, and FinishMembership commits it: before ours.
 * In between other nodes connect to the server, so an extension that is there
 * already has to stay: they would wait for the locks of dropping it.
 */
static void
StartMembership(NewServer *server)
{
	PeerRun(server->peer, "BEGIN");
	if (!server->has_extension)
		PeerRun(server->peer, "CREATE EXTENSION distshard");
}

static void
FinishMembership(NewServer *server, int32 node_id)
{
	const char *undo = server->has_extension
						   ? "SELECT distshard.leave_cluster(); CREATE EXTENSION distshard"
						   : "SELECT distshard.leave_cluster()";
	ListCell   *lc;

	foreach (lc, RunHere(psprintf("SELECT distshard.membership_commands(%d, %s)", node_id,
								  quote_literal_cstr(undo))))
		PeerRun(server->peer, lfirst(lc));
	PeerUndo(server->peer, undo);
	PeerRun(server->peer, "COMMIT");
}

static char *
NullableLiteral(const char *value)
{
	return value ? quote_literal_cstr(value) : "NULL";
}

/* Statements that make a node known to the others. */
static List *
ListNode(const NewServer *server, int32 node_id, const char *region, float4 weight,
		 bool holds_shards)
{
	char *socket_dir = PeerValue(
		server->peer, "SELECT nullif(btrim(split_part(current_setting('unix_socket_directories'), "
					  "',', 1)), '')");

	return list_make4(
		KeepOut(node_id, node_id),
		psprintf("INSERT INTO distshard.node_group (group_id) VALUES (%d)", node_id),
		psprintf("INSERT INTO distshard.node (node_id, group_id, host, port, socket_dir, region, "
				 "weight, holds_shards) VALUES (%d, %d, %s, %d, %s, %s, %.9g, %s)",
				 node_id, node_id, quote_literal_cstr(server->host), server->port,
				 NullableLiteral(socket_dir), NullableLiteral(region), weight,
				 holds_shards ? "true" : "false"),
		pstrdup("UPDATE distshard.local SET placement_version = placement_version + 1"));
}

/*
 * lock_tables() locks this node's logical tables against DDL, and reference
 * tables against writes: both must reach the new node, so whoever comes next
 * has to see it first. The function is declared with a lock_timeout, since
 * waiting goes on with locks held on other nodes.
 */
Datum
distshard_lock_tables(PG_FUNCTION_ARGS)
{
	ListCell *lc;

	foreach (lc, AllDistTables())
	{
		DistTable *table = lfirst(lc);

		LockRelationOid(table->relid, table->method == DIST_REFERENCE ? ShareRowExclusiveLock
																	  : ShareUpdateExclusiveLock);
	}
	PG_RETURN_VOID();
}

static void
LockTablesEverywhere(void)
{
	List     *lock = list_make1("SELECT distshard.lock_tables()");
	ListCell *lc;

	foreach (lc, AllPrimaries())
	{
		ClusterNode *node = lfirst(lc);

		if (node->is_local)
			RunHereAll(lock);
		else
			RunOnNode(node->node_id, lock);
	}
}

/* As DDL that another node sent: the new node applies it to the logical and the data tables. */
static void
AddForeignKeys(int32 node_id)
{
	List     *commands = NIL;
	ListCell *lc;

	foreach (lc, RunHere("SELECT distshard.foreign_key_commands(logical_table) "
						 "FROM distshard.distributed_table"))
	{
		StringInfoData command;

		initStringInfo(&command);
		AppendClaim(&command, NULL, GetUserId(), true);
		appendStringInfoString(&command, lfirst(lc));
		commands = lappend(commands, command.data);
	}
	RunOnNode(node_id, commands);
}

/*
 * Brings the new node all tables and views, and the rows of reference tables.
 * What a superuser sends over a connection between nodes is taken for work of
 * distshard itself, so nothing of this is sent on to other nodes. A node that
 * was alone limits its sequences to its share, last: it waits for those who use them.
 */
static void
CopyTables(int32 node_id)
{
	CatalogWork work;
	ListCell   *lc;

	EnterCatalogWork(&work);
	RunOnNode(node_id, RunHere(psprintf("SELECT distshard.join_commands(%d)", node_id)));
	UseKeptSearchPath();
	foreach (lc, AllDistTables())
	{
		DistTable *table = lfirst(lc);

		if (table->method == DIST_REFERENCE && !table->is_parent)
			CopyReferenceTable(table, node_id);
	}
	RunOnNode(node_id, RunHere("SELECT distshard.finish_commands()"));
	AddForeignKeys(node_id);
	foreach (lc, AllDistTables())
		ShareSequences(((DistTable *) lfirst(lc))->relid);
	LeaveCatalogWork(&work);
}

Datum
distshard_add_node(PG_FUNCTION_ARGS)
{
	NewServer server = {0};
	char     *region = PG_ARGISNULL(2) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(2));
	int32     node_id;
	List     *statements;

	for (int i = 0; i < PG_NARGS(); i++)
	{
		if (PG_ARGISNULL(i) && i != 2)
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("only region may be null")));
	}
	server.host = text_to_cstring(PG_GETARG_TEXT_PP(0));
	server.port = PG_GETARG_INT32(1);

	StartChange();
	ConnectNewServer(&server);
	StartMembership(&server);
	CheckReachability(&server);
	LockTablesEverywhere();

	node_id = NextNodeId();
	statements = ListNode(&server, node_id, region, PG_GETARG_FLOAT4(3), PG_GETARG_BOOL(4));
	RunOnOtherNodes(statements);
	RunHereAll(statements);
	FinishMembership(&server, node_id);
	CopyTables(node_id);
	PG_RETURN_INT32(node_id);
}

/* --------------------------------------------------------- remove_node --- */

/* Can a server that is to leave be told so? Its place may have been taken by another one. */
static bool
IsReachable(const ClusterNode *node)
{
	char *reason = NULL;
	Peer *peer = ConnectPeer(node->host, node->port, get_database_name(MyDatabaseId), &reason);

	if (peer != NULL)
	{
		if (MemberGroup(peer) != node->group_id)
			reason = psprintf("The server there is not node %d.", node->node_id);
		ClosePeer(peer);
	}
	if (reason == NULL)
		return true;
	ereport(WARNING,
			(errmsg("could not connect to node %d (%s:%d), which still takes itself for a node",
					node->node_id, node->host, node->port),
			 errdetail_internal("%s", reason),
			 errhint("Run SELECT distshard.leave_cluster() there when it is back.")));
	return false;
}

static void
CheckRemovable(const ClusterNode *node)
{
	char *nshards = linitial(RunHere(
		psprintf("SELECT count(*) FROM distshard.shard WHERE group_id = %d", node->group_id)));

	if (node->is_local)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("a node cannot remove itself"),
						errhint("Connect to another node and remove it there.")));
	if (node->node_id == ((ClusterNode *) linitial(AllPrimaries()))->node_id)
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("the first node of a cluster cannot be removed")));
	if (strcmp(nshards, "0") != 0)
		ereport(
			ERROR,
			(errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
			 errmsg("node %d holds %s shards", node->node_id, nshards),
			 errhint("See distshard.shards. Undistribute the tables that they belong to first.")));
}

Datum
distshard_remove_node(PG_FUNCTION_ARGS)
{
	ClusterNode *node = StartChangeOfNode(fcinfo);
	List        *statements;

	CheckRemovable(node);
	if (IsReachable(node))
		RunOnNode(node->node_id, list_make1("SELECT distshard.leave_cluster()"));

	/* Here first, so that the node is not one of the others any more. */
	statements =
		list_make3(KeepOut(node->node_id, node->group_id),
				   psprintf("DELETE FROM distshard.node WHERE node_id = %d", node->node_id),
				   pstrdup("UPDATE distshard.local SET placement_version = placement_version + 1"));
	RunHereAll(statements);
	RunOnOtherNodes(statements);
	PG_RETURN_VOID();
}

/* ------------------------------------------------------------ set_node --- */

/* Is it really this node that answers at the address, for all nodes? */
static void
CheckNewAddress(const ClusterNode *node, const char *host, int port)
{
	char *reason;
	Peer *peer = ConnectPeer(host, port, get_database_name(MyDatabaseId), &reason);

	if (peer == NULL)
		ereport(ERROR, (errcode(ERRCODE_SQLCLIENT_UNABLE_TO_ESTABLISH_SQLCONNECTION),
						errmsg("could not connect to server %s:%d", host, port),
						errdetail_internal("%s", reason)));
	if (MemberGroup(peer) != node->group_id)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("server %s:%d is not node %d", host, port, node->node_id)));
	CheckReachableAs(node, host, port, peer);
	ClosePeer(peer);
}

Datum
distshard_set_node(PG_FUNCTION_ARGS)
{
	ClusterNode   *node = StartChangeOfNode(fcinfo);
	char          *host;
	int            port;
	List          *statements;
	StringInfoData change;

	host = PG_ARGISNULL(1) ? node->host : text_to_cstring(PG_GETARG_TEXT_PP(1));
	port = PG_ARGISNULL(2) ? node->port : PG_GETARG_INT32(2);
	if (strcmp(host, node->host) != 0 || port != node->port)
		CheckNewAddress(node, host, port);

	initStringInfo(&change);
	appendStringInfo(&change, "UPDATE distshard.node SET host = %s, port = %d",
					 quote_literal_cstr(host), port);
	if (!PG_ARGISNULL(3))
		appendStringInfo(&change, ", region = %s",
						 quote_literal_cstr(text_to_cstring(PG_GETARG_TEXT_PP(3))));
	if (!PG_ARGISNULL(4))
		appendStringInfo(&change, ", weight = %.9g", PG_GETARG_FLOAT4(4));
	if (!PG_ARGISNULL(5))
		appendStringInfo(&change, ", holds_shards = %s", PG_GETARG_BOOL(5) ? "true" : "false");
	appendStringInfo(&change, " WHERE node_id = %d", PG_GETARG_INT32(0));

	/* Here first, so that the node is told at its new address. */
	statements = list_make1(change.data);
	RunHereAll(statements);
	RunOnOtherNodes(statements);
	PG_RETURN_VOID();
}
