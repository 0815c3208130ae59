/*-------------------------------------------------------------------------
 *
 * copy_lock.c
 *	  Writers of a reference table take turns, and those who lock its rows.
 *
 * Copies stay equal because each writer holds SHARE ROW EXCLUSIVE on the data
 * table of every node to the end of its transaction, beginning with the first
 * node. The lock must be there before the writing statement is looked at: that
 * takes a weaker lock, on top of which two writers would wait for each other,
 * and its snapshot must show what the writer before has done.
 *
 * SELECT FOR UPDATE locks rows in one copy only, where others do not meet them.
 * So it keeps out who writes, or does the same on another node, by such a lock on
 * the first node, and FOR SHARE by one that others may hold as well.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/partition.h"
#include "catalog/pg_authid.h"
#include "executor/copy_lock.h"
#include "executor/executor.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "parser/parsetree.h"
#include "planner/claim.h"
#include "storage/lmgr.h"
#include "transaction/xact.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

static ExecutorStart_hook_type next_ExecutorStart;

PG_FUNCTION_INFO_V1(distshard_lock_copy);

/* Writers of a partition take turns with those of the whole table. */
static void
LockCopy(DistTable *table, LOCKMODE mode, bool wait)
{
	Oid relid = get_rel_relispartition(table->data_relid)
					? llast_oid(get_partition_ancestors(table->data_relid))
					: table->data_relid;

	if (wait)
		LockRelationOid(relid, mode);
	else if (!ConditionalLockRelationOid(relid, mode))
		ereport(ERROR, (errcode(ERRCODE_LOCK_NOT_AVAILABLE),
						errmsg("could not obtain lock on row in relation \"%s\"",
							   get_rel_name(table->relid))));
}

void
LockLocalCopy(DistTable *table)
{
	LockCopy(table, ShareRowExclusiveLock, true);
}

/* The session may be one of somebody who has rights on some columns, or on a view. */
static RemoteCommand *
QueueLock(NodeConn *conn, DistTable *table, LOCKMODE mode, bool wait)
{
	char *name = quote_qualified_identifier(get_namespace_name(get_rel_namespace(table->relid)),
											get_rel_name(table->relid));
	StringInfoData sql;

	initStringInfo(&sql);
	AppendClaim(&sql, NULL, BOOTSTRAP_SUPERUSERID, false);
	appendStringInfo(&sql, "SELECT distshard.lock_copy(%s, %s, %s)", quote_literal_cstr(name),
					 mode == ShareLock ? "true" : "false", wait ? "true" : "false");
	return QueueCommand(conn, sql.data, NULL, NULL, COMMAND_PREPARE);
}

RemoteCommand *
QueueCopyLock(NodeConn *conn, DistTable *table)
{
	return QueueLock(conn, table, ShareRowExclusiveLock, true);
}

void
LockAllCopies(DistTable *table)
{
	ListCell *lc;

	foreach (lc, AllPrimaries())
	{
		ClusterNode   *node = lfirst(lc);
		NodeConn      *conn;
		RemoteCommand *command;

		if (node->is_local)
		{
			LockLocalCopy(table);
			continue;
		}
		conn = EnlistNode(node->node_id, REMOTE_WRITE);
		command = QueueCopyLock(conn, table);
		FlushCommands(conn);
		FinishCommand(command);
	}
}

/* distshard.lock_copy(table, shared, wait): one of these locks, for whoever may write the table. */
Datum
distshard_lock_copy(PG_FUNCTION_ARGS)
{
	Oid        relid = PG_GETARG_OID(0);
	DistTable *table = LookupDistTable(relid);

	if (table == NULL || table->method != DIST_REFERENCE)
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
						errmsg("\"%s\" is not a reference table", get_rel_name(relid))));
	if (pg_class_aclcheck(relid, GetUserId(), ACL_INSERT | ACL_UPDATE | ACL_DELETE) != ACLCHECK_OK)
		aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_TABLE, get_rel_name(relid));
	LockCopy(table, PG_GETARG_BOOL(1) ? ShareLock : ShareRowExclusiveLock, PG_GETARG_BOOL(2));
	PG_RETURN_VOID();
}

/* -------------------------------------------------------- rows are locked --- */

static void
LockFirstCopy(DistTable *table, LOCKMODE mode, bool wait)
{
	ClusterNode *first = linitial(AllPrimaries());

	if (first->is_local)
		LockCopy(table, mode, wait);
	else
	{
		NodeConn      *conn = EnlistNode(first->node_id, REMOTE_WRITE);
		RemoteCommand *command = QueueLock(conn, table, mode, wait);

		FlushCommands(conn);
		FinishCommand(command);
	}
}

/* The statement may run another plan (own_shard.c). */
static void
LockMarkedCopies(QueryDesc *query, int eflags)
{
	PlannedStmt *statement = query->plannedstmt;
	ListCell    *lc;

	if (next_ExecutorStart)
		next_ExecutorStart(query, eflags);
	else
		standard_ExecutorStart(query, eflags);
	if (statement->rowMarks == NIL || (eflags & EXEC_FLAG_EXPLAIN_ONLY) || !HaveDistTables() ||
		InsideFragment() || list_length(AllPrimaries()) < 2)
		return;
	foreach (lc, statement->rowMarks)
	{
		PlanRowMark *mark = lfirst_node(PlanRowMark, lc);
		DistTable   *table = LookupDistTable(rt_fetch(mark->rti, statement->rtable)->relid);

		if (table && table->method == DIST_REFERENCE)
			LockFirstCopy(table,
						  mark->strength >= LCS_FORNOKEYUPDATE ? ShareRowExclusiveLock : ShareLock,
						  mark->waitPolicy != LockWaitError);
	}
}

void
InitCopyLock(void)
{
	next_ExecutorStart = ExecutorStart_hook;
	ExecutorStart_hook = LockMarkedCopies;
}
