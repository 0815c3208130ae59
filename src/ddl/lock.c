/*-------------------------------------------------------------------------
 *
 * lock.c
 *	  Locking distributed tables on all nodes before a statement changes them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/partition.h"
#include "catalog/pg_inherits.h"
#include "ddl/ddl.h"
#include "miscadmin.h"
#include "placement/cluster_change.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"

/* Someone who may do nothing that needs the lock gets the error for that, and no lock. */
static bool
MayLock(Oid relid)
{
	return pg_class_ownercheck(relid, GetUserId()) ||
		   pg_class_aclmask(relid, GetUserId(),
							ACL_UPDATE | ACL_DELETE | ACL_TRUNCATE | ACL_TRIGGER, ACLMASK_ANY) != 0;
}

/*
 * A statement on a partitioned table holds a lock on that only, on its own node: so who changes a partition locks the
 * tables that it is a partition of, too, and who changes those locks the partitions.
 */
static List *
WithRelatives(List *relids)
{
	List     *all = NIL;
	ListCell *lc;

	foreach (lc, relids)
	{
		if (get_rel_relispartition(lfirst_oid(lc)))
			all = list_concat_unique_oid(all, get_partition_ancestors(lfirst_oid(lc)));
		all = list_concat_unique_oid(all, find_all_inheritors(lfirst_oid(lc), NoLock, NULL));
	}
	return all;
}

/* LockEverywhere locks the tables for a statement that is issued here. */
void
LockEverywhere(Utility *utility, List *relids, LOCKMODE mode)
{
	Node     *stmt = utility->pstmt->utilityStmt;
	ListCell *lc;

	if (utility->forwarded)
		return;
	foreach (lc, relids)
	{
		if (!MayLock(lfirst_oid(lc)))
			return;
	}
	LockTables(WithRelatives(relids), mode, IsA(stmt, LockStmt) && ((LockStmt *) stmt)->nowait);
}
