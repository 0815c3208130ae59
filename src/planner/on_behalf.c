/*-------------------------------------------------------------------------
 *
 * on_behalf.c
 *	  Acting as superuser on behalf of a user, whose code must not run then.
 *
 * Tables are built and changed by commands that need rights which their owners
 * lack: on the schemas of data tables, on other owners' tables, on the metadata.
 * But users' functions are in index expressions, constraints and domains, and
 * PostgreSQL may call them in any such command, if only to simplify a call with
 * constants. Whatever evaluates them has to run as the owner; should something
 * be missed, or hide in a literal whose type is checked on input, it is an error
 * here and not a way to become superuser.
 *
 * The mark is a bit of the security context, which an abort restores.
 * PostgreSQL sets SECURITY_RESTRICTED_OPERATION where it becomes a table's owner,
 * so there the functions may run.
 *
 * They see the search path of the session that gave the command, behind
 * pg_catalog, under which the commands were printed. It goes to other nodes as
 * a setting.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/transam.h"
#include "catalog/namespace.h"
#include "catalog/objectaccess.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_proc.h"
#include "miscadmin.h"
#include "planner/fragment.h"
#include "planner/on_behalf.h"
#include "transport/settings.h"
#include "utils/acl.h"
#include "utils/guc.h"
#include "utils/regproc.h"
#include "utils/syscache.h"

#define SECURITY_ON_BEHALF 0x0100

static object_access_hook_type next_object_access_hook;

static bool
IsOnBehalf(int security_context)
{
	return (security_context & (SECURITY_ON_BEHALF | SECURITY_RESTRICTED_OPERATION)) ==
		   SECURITY_ON_BEHALF;
}

bool
ActsOnBehalf(void)
{
	Oid user;
	int context;

	GetUserIdAndSecContext(&user, &context);
	return IsOnBehalf(context);
}

static void
SetRole(Oid role, int security_context, SavedRole *saved)
{
	GetUserIdAndSecContext(&saved->userid, &saved->sec_context);
	SetUserIdAndSecContext(role, security_context);
	saved->switched = true;
}

void
ActOnBehalf(SavedRole *saved)
{
	Oid user;
	int context;

	GetUserIdAndSecContext(&user, &context);
	context &= ~SECURITY_RESTRICTED_OPERATION;
	SetRole(user, context | SECURITY_LOCAL_USERID_CHANGE | SECURITY_ON_BEHALF, saved);
}

void
BecomeSuperuser(SavedRole *saved)
{
	SavedRole same;

	ActOnBehalf(saved);
	GetUserIdAndSecContext(&same.userid, &same.sec_context);
	SetUserIdAndSecContext(BOOTSTRAP_SUPERUSERID, same.sec_context);
}

/* The owner of the first relation that the query names, or InvalidOid. */
static Oid
OwnerOfFirst(const Query *query)
{
	ListCell *lc;

	foreach (lc, query->rtable)
	{
		RangeTblEntry *rte = lfirst_node(RangeTblEntry, lc);

		if (rte->rtekind == RTE_RELATION)
			return RelationOwner(rte->relid);
	}
	return InvalidOid;
}

/*
 * The planner simplifies the expressions of indexes and statistics. On behalf of
 * a user, the query that checks a foreign key is planned as the owner of the
 * table that has it, as if he had added it himself; a fragment is planned as the
 * role that it runs as.
 */
void
BeginPlanning(const Query *query, const char *text, PlanningRole *saved)
{
	Oid user;
	Oid owner;
	int context;

	saved->guc_level = 0;
	GetUserIdAndSecContext(&user, &context);
	if (!IsOnBehalf(context))
	{
		BecomeClaimedRole(text, &saved->role);
		return;
	}
	saved->role.switched = false;
	owner = OwnerOfFirst(query);
	if (!OidIsValid(owner))
		return;
	if (*KeptSearchPath)
	{
		saved->guc_level = NewGUCNestLevel();
		UseKeptSearchPath();
	}
	SetRole(owner, context | SECURITY_RESTRICTED_OPERATION, &saved->role);
}

void
EndPlanning(const PlanningRole *saved)
{
	RestoreRole(&saved->role);
	if (saved->guc_level > 0)
		AtEOXact_GUC(true, saved->guc_level);
}

void
KeepSearchPath(void)
{
	/* From another node it has come with the settings, and what is kept stays. */
	if (InsideFragment() || ActsOnBehalf())
		return;
	(void) set_config_option("distshard.kept_search_path", namespace_search_path, PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
}

void
UseKeptSearchPath(void)
{
	const char *path = *KeptSearchPath ? psprintf("pg_catalog, %s", KeptSearchPath) : "pg_catalog";

	(void) set_config_option("search_path", path, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true,
							 0, false);
}

static Oid
FunctionOwner(Oid function)
{
	HeapTuple tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
	Oid       owner;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for function %u", function);
	owner = ((Form_pg_proc) GETSTRUCT(tuple))->proowner;
	ReleaseSysCache(tuple);
	return owner;
}

/* Raises an error for a function that somebody else than a superuser wrote. */
static void
CheckMayRun(Oid function)
{
	Oid owner = FunctionOwner(function);

	if (!superuser_arg(owner))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("function %s of role \"%s\" would run with the rights of a superuser",
						format_procedure(function), GetUserNameFromId(owner, false)),
				 errhint("Do not use it where a value is checked as it is read, such as in a "
						 "domain of an array in a default.")));
}

static void
WatchFunctions(ObjectAccessType access, Oid classid, Oid objid, int subid, void *arg)
{
	if (next_object_access_hook)
		next_object_access_hook(access, classid, objid, subid, arg);
	if (access != OAT_FUNCTION_EXECUTE || objid < FirstNormalObjectId)
		return;
	if (ActsOnBehalf() && superuser())
		CheckMayRun(objid);
}

void
InitOnBehalf(void)
{
	next_object_access_hook = object_access_hook;
	object_access_hook = WatchFunctions;
}
