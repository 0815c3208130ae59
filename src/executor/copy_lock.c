/*-------------------------------------------------------------------------
 *
 * copy_lock.c
 *	  Writers of a reference table take turns.
 *
 * Copies stay equal because each writer holds SHARE ROW EXCLUSIVE on the data
 * table of every node to the end of its transaction, beginning with the first
 * node. The lock must be there before the writing statement is looked at: that
 * takes a weaker lock, on top of which two writers would wait for each other,
 * and its snapshot must show what the writer before has done.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/partition.h"
#include "executor/copy_lock.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "planner/claim.h"
#include "storage/lmgr.h"
#include "transaction/xact.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

PG_FUNCTION_INFO_V1(distshard_lock_copy);

/* Writers of a partition take turns with those of the whole table. */
void
LockLocalCopy(DistTable *table)
{
	List *ancestors = get_rel_relispartition(table->data_relid)
						  ? get_partition_ancestors(table->data_relid)
						  : list_make1_oid(table->data_relid);

	LockRelationOid(llast_oid(ancestors), ShareRowExclusiveLock);
}

RemoteCommand *
QueueCopyLock(NodeConn *conn, DistTable *table)
{
	char *name = quote_qualified_identifier(get_namespace_name(get_rel_namespace(table->relid)),
											get_rel_name(table->relid));
	StringInfoData sql;

	initStringInfo(&sql);
	AppendClaim(&sql, NULL, GetUserId(), false);
	appendStringInfo(&sql, "SELECT distshard.lock_copy(%s)", quote_literal_cstr(name));
	return QueueCommand(conn, sql.data, NULL, NULL, COMMAND_PREPARE);
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

/* distshard.lock_copy(regclass): the same for whoever may write the table. */
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
	LockLocalCopy(table);
	PG_RETURN_VOID();
}
