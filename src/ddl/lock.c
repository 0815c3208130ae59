/*-------------------------------------------------------------------------
 *
 * lock.c
 *	  Locking distributed tables on all nodes before a statement changes them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "ddl/ddl.h"
#include "miscadmin.h"
#include "placement/cluster_change.h"
#include "utils/acl.h"

/* Someone who may do nothing that needs the lock gets the error for that, and no lock. */
static bool
MayLock(Oid relid)
{
	return pg_class_ownercheck(relid, GetUserId()) ||
		   pg_class_aclmask(relid, GetUserId(),
							ACL_UPDATE | ACL_DELETE | ACL_TRUNCATE | ACL_TRIGGER, ACLMASK_ANY) != 0;
}

/* LockEverywhere locks the tables for a statement that is issued here. */
void
LockEverywhere(Utility *utility, List *relids, LOCKMODE mode)
{
	ListCell *lc;

	if (utility->forwarded)
		return;
	foreach (lc, relids)
	{
		if (!MayLock(lfirst_oid(lc)))
			return;
	}
	LockTables(relids, mode);
}
