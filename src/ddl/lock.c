/*-------------------------------------------------------------------------
 *
 * lock.c
 *	  Locking distributed tables on all nodes before a statement changes them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/namespace.h"
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

/* How the error of PostgreSQL names a relation: as it was written, and what it has locked with that by its name. */
static char *
NameInError(const LockStmt *stmt, Oid relid)
{
	ListCell *lc;

	foreach (lc, stmt->relations)
	{
		RangeVar *name = lfirst_node(RangeVar, lc);

		if (name->schemaname && RangeVarGetRelid(name, NoLock, true) == relid)
			return psprintf("\"%s.%s\"", name->schemaname, name->relname);
	}
	return psprintf("\"%s\"", get_rel_name(relid));
}

/* LOCK TABLE .. NOWAIT */
static void
LockAtOnce(const LockStmt *stmt, List *relids, LOCKMODE mode)
{
	MemoryContext context = CurrentMemoryContext;
	List         *qualified = NIL;
	List         *written = NIL;
	ListCell     *lc;
	ListCell     *lc2;

	foreach (lc, relids)
	{
		Oid relid = lfirst_oid(lc);

		qualified =
			lappend(qualified, psprintf("\"%s.%s\"", get_namespace_name(get_rel_namespace(relid)),
										get_rel_name(relid)));
		written = lappend(written, NameInError(stmt, relid));
	}
	PG_TRY();
	{
		LockTables(relids, mode, true);
	}
	PG_CATCH();
	{
		ErrorData *error;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		forboth (lc, qualified, lc2, written)
		{
			char *name = strstr(error->message, lfirst(lc));

			if (error->sqlerrcode != ERRCODE_LOCK_NOT_AVAILABLE || name == NULL)
				continue;
			error->message = psprintf("%s%s%s", pnstrdup(error->message, name - error->message),
									  (char *) lfirst(lc2), name + strlen(lfirst(lc)));
			break;
		}
		ReThrowError(error);
	}
	PG_END_TRY();
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
	if (IsA(stmt, LockStmt) && ((LockStmt *) stmt)->nowait)
		LockAtOnce((LockStmt *) stmt, WithRelatives(relids), mode);
	else
		LockTables(WithRelatives(relids), mode, false);
}
