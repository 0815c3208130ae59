/*-------------------------------------------------------------------------
 *
 * drop.c
 *	  DROP, and what must go with a distributed table.
 *
 * Whichever way a logical table is dropped (by name, with its schema, with its
 * owner's things), the object access hook notes it down; when the statement is
 * done, the data table and the metadata go too. The same happens on every
 * other node, where the same statement runs.
 *
 * On a node that a statement was forwarded to, names of other things than it
 * was forwarded for are left out: they are that node's own business.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/dependency.h"
#include "catalog/shard_names.h"
#include "catalog/namespace.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_class.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_type.h"
#include "commands/policy.h"
#include "commands/user.h"
#include "ddl/ddl.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "placement/data_table.h"
#include "placement/distribute.h"
#include "placement/cluster_change.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

/* RememberDrop notes that the running statement drops this distributed table. */
void
RememberDrop(Utility *utility, Oid relid)
{
	DistTable    *table = LookupDistTable(relid);
	MemoryContext caller = MemoryContextSwitchTo(utility->memory);
	DroppedTable *dropped = palloc0(sizeof(DroppedTable));

	dropped->relid = relid;
	dropped->data_relid = table->data_relid;
	dropped->name = get_rel_name(relid);
	dropped->colocation_id = table->colocation_id;
	utility->dropped = lappend(utility->dropped, dropped);
	MemoryContextSwitchTo(caller);
}

/* FinishDrops drops what belongs to the distributed tables that the statement dropped. */
void
FinishDrops(Utility *utility)
{
	CatalogWork work;
	ListCell   *lc;

	if (utility->dropped == NIL)
		return;
	EnterCatalogWork(&work);
	foreach (lc, utility->dropped)
	{
		DroppedTable *table = lfirst(lc);

		if (table->finished)
			continue;
		UnregisterDataTable(table->relid);
		DropDataTable(table->data_relid);
		table->finished = true;
	}
	LeaveCatalogWork(&work);
}

/* ForwardDrops forwards the statement, and then removes the colocations that it left without tables. */
void
ForwardDrops(Utility *utility)
{
	CatalogWork work;
	ListCell   *lc;

	Forward(utility);
	if (utility->forwarded || utility->dropped == NIL)
		return;
	EnterCatalogWork(&work);
	foreach (lc, utility->dropped)
		DropEmptyColocation(((DroppedTable *) lfirst(lc))->colocation_id);
	LeaveCatalogWork(&work);
}

/* DropDataRelation drops the data table's counterpart, if any, of what the user called by this name. */
void
DropDataRelation(Utility *utility, ObjectType type, Oid data_schema, const char *name)
{
	DropStmt *stmt = makeNode(DropStmt);

	stmt->removeType = type;
	stmt->objects = list_make1(
		list_make2(makeString(get_namespace_name(data_schema)), makeString(pstrdup(name))));
	stmt->behavior = DROP_CASCADE;
	stmt->missing_ok = true;
	RunOnData(utility, (Node *) stmt);
}

/* What CREATE INDEX CONCURRENTLY left when it failed is only on the shards. */
void
DropDataIndex(Utility *utility, const DistTable *table, const char *name)
{
	Oid       schema = get_rel_namespace(table->data_relid);
	ListCell *lc;

	if (OidIsValid(get_relname_relid(name, schema)))
	{
		DropDataRelation(utility, OBJECT_INDEX, schema, name);
		return;
	}
	foreach (lc, IsPartitionedData(table) ? DataLeaves(table) : NIL)
		DropDataRelation(utility, OBJECT_INDEX, schema, ShardObjectName(name, lfirst_oid(lc)));
}

/*
 * Splits the names of a statement into those of relations that all nodes have,
 * which are returned, and others.
 */
static List *
SharedNames(List *names)
{
	List     *shared = NIL;
	ListCell *lc;

	foreach (lc, names)
	{
		DistTable *table;

		if (RoleOfName(makeRangeVarFromNameList(lfirst_node(List, lc)), &table) != ROLE_LOCAL)
			shared = lappend(shared, lfirst(lc));
	}
	return shared;
}

static void
DropRelations(Utility *utility, DropStmt *stmt)
{
	List     *shared = SharedNames(stmt->objects);
	List     *relids = NIL;
	List     *index_names = NIL;
	List     *tables = NIL;
	ListCell *lc;
	ListCell *lc2;

	if (shared == NIL)
	{
		if (!utility->forwarded)
			RunLocally(utility);
		/* What CREATE INDEX CONCURRENTLY left may be on another node only. */
		if (stmt->removeType == OBJECT_INDEX && stmt->missing_ok && HaveDistTables())
			Forward(utility);
		return;
	}
	if (utility->forwarded)
		stmt->objects = shared;

	foreach (lc, shared)
	{
		Oid relid = RangeVarGetRelid(makeRangeVarFromNameList(lfirst_node(List, lc)), NoLock, true);
		DistTable   *table;
		RelationRole role = RoleOf(relid, &table);

		if (role == ROLE_TABLE || role == ROLE_INDEX)
			relids = list_append_unique_oid(relids, table->relid);
		if (role == ROLE_INDEX)
		{
			index_names = lappend(index_names, get_rel_name(relid));
			tables = lappend(tables, table);
		}
	}

	LockEverywhere(utility, relids, AccessExclusiveLock);

	/* A partitioned table's index can't be dropped concurrently, so all of it is done in one transaction. */
	if (stmt->concurrent && !utility->forwarded)
		PreventInTransactionBlock(utility->context == PROCESS_UTILITY_TOPLEVEL,
								  "DROP INDEX CONCURRENTLY");
	stmt->concurrent = false;
	RunAsWritten(utility);
	forboth (lc, index_names, lc2, tables)
		DropDataIndex(utility, lfirst(lc2), lfirst(lc));
	FinishDrops(utility);
	ForwardDrops(utility);
}

/* DROP TRIGGER, POLICY or RULE: the last name is its own, those before it are the relation's. For triggers see TieTrigger(). */
static void
DropFromRelation(Utility *utility, DropStmt *stmt)
{
	List     *names = linitial_node(List, stmt->objects);
	RangeVar *relation =
		makeRangeVarFromNameList(list_truncate(list_copy(names), list_length(names) - 1));
	DistTable *table;
	DropStmt  *copy;

	switch (RoleOfName(relation, &table))
	{
		case ROLE_TABLE:
			copy = copyObject(stmt);
			RunAsWritten(utility);
			if (stmt->removeType == OBJECT_POLICY)
			{
				relation = NameOfRelation(table->data_relid);
				copy->objects = list_make1(list_make3(makeString(relation->schemaname),
													  makeString(relation->relname), llast(names)));
				copy->missing_ok = true;
				RunOnData(utility, (Node *) copy);
			}
			Forward(utility);
			break;
		case ROLE_VIEW:
			RunAsWritten(utility);
			Forward(utility);
			break;
		default:
			if (!utility->forwarded)
				RunLocally(utility);
	}
}

static void
CheckDropExtension(DropStmt *stmt)
{
	ListCell *lc;

	foreach (lc, stmt->objects)
	{
		if (strcmp(strVal(lfirst(lc)), "distshard") != 0)
			continue;
		if (HaveDistTables())
			ereport(ERROR,
					(errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
					 errmsg("cannot drop extension distshard while there are distributed tables"),
					 errhint("Use undistribute_table() on each of them first, or drop them.")));
		if (HaveOtherNodes())
			ereport(ERROR, (errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
							errmsg("cannot drop extension distshard on one node of a cluster"),
							errhint("Use distshard.remove_node() first.")));
	}
}

/*
 * The data tables of what a schema holds go before all else: found on the way
 * from a type or collation of the schema to a shard key, they would take the
 * extension down with them, which they belong to.
 */
static void
DropDataOfSchemas(Utility *utility, DropStmt *stmt)
{
	ListCell *lc;

	foreach (lc, AllDistTables())
	{
		DistTable *table = lfirst(lc);
		Oid        schema = get_rel_namespace(table->relid);

		if (list_member(stmt->objects, makeString(get_namespace_name(schema))) &&
			pg_namespace_ownercheck(schema, GetUserId()))
			RememberDrop(utility, table->relid);
	}
	FinishDrops(utility);
}

void
DropUtility(Utility *utility, Node *node)
{
	DropStmt *stmt = castNode(DropStmt, node);

	switch (stmt->removeType)
	{
		case OBJECT_TABLE:
		case OBJECT_INDEX:
		case OBJECT_VIEW:
		case OBJECT_SEQUENCE:
			DropRelations(utility, stmt);
			break;
		case OBJECT_TRIGGER:
		case OBJECT_POLICY:
		case OBJECT_RULE:
			DropFromRelation(utility, stmt);
			break;
		case OBJECT_STATISTIC_EXT:
			DropStatistics(utility, stmt);
			break;
		default:
			if (stmt->removeType == OBJECT_EXTENSION)
				CheckDropExtension(stmt);
			if (!IsSharedKind(stmt->removeType))
			{
				RunLocally(utility);
				break;
			}
			if (utility->forwarded)
				stmt->missing_ok = true;
			if (stmt->removeType == OBJECT_SCHEMA && stmt->behavior == DROP_CASCADE)
				DropDataOfSchemas(utility, stmt);
			HideDependents(stmt);
			RunAsWritten(utility);
			FinishDrops(utility);
			ForwardDrops(utility);
	}
}

/*
 * DROP OWNED would stumble over the data tables, which belong to the extension
 * too: so those of the role's distributed tables go before all that it drops.
 */
void
DropOwnedUtility(Utility *utility, Node *node)
{
	List     *roles = roleSpecsToIds(castNode(DropOwnedStmt, node)->roles);
	ListCell *lc;

	foreach (lc, AllDistTables())
	{
		DistTable *table = lfirst(lc);
		HeapTuple  tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(table->relid));
		Oid        owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;

		ReleaseSysCache(tuple);
		if (list_member_oid(roles, owner) && has_privs_of_role(GetUserId(), owner))
			RememberDrop(utility, table->relid);
	}
	FinishDrops(utility);
	HideDependentsOfOwned(roles);
	RunAsWritten(utility);
	FinishDrops(utility);
	ForwardDrops(utility);
}
