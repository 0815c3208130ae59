/*-------------------------------------------------------------------------
 *
 * partition.c
 *	  Partitions that come and go: CREATE TABLE .. PARTITION OF, ATTACH and
 *	  DETACH PARTITION. Children: CREATE TABLE .. INHERITS, and INHERIT.
 *
 * What PostgreSQL does with the logical tables is done with their data tables
 * too, on each node: see placement/partition_tree.c. A detached partition stays
 * a distributed table.
 *
 * Of inheritance, data tables know nothing: the planner sees to it. But tables
 * that inherit from each other are co-located, or all ordinary ones.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/partition.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "catalog/shard_names.h"
#include "ddl/ddl.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "placement/data_table.h"
#include "placement/distribute.h"
#include "placement/partition_tree.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"

/* Row triggers BEFORE INSERT of a partition fire on the node, those of other tables on the coordinator. */
static void
MoveTriggers(DistTable *table)
{
	CatalogWork work;

	if (table->is_parent)
		return;
	EnterCatalogWork(&work);
	RemakeTriggers(table);
	LeaveCatalogWork(&work);
}

/* CreatePartition handles CREATE TABLE .. PARTITION OF, or INHERITS, a distributed table. */
void
CreatePartition(Utility *utility, DistTable *parent)
{
	ListCell *lc;

	LockEverywhere(utility, list_make1_oid(parent->relid), AccessExclusiveLock);
	RunAsWritten(utility);
	foreach (lc, utility->created)
	{
		ObjectAddress *object = lfirst(lc);
		char           relkind;

		if (object->classId != RelationRelationId || !has_superclass(object->objectId))
			continue;
		relkind = get_rel_relkind(object->objectId);
		if (relkind != RELKIND_RELATION && relkind != RELKIND_PARTITIONED_TABLE)
			continue;
		ShareDefaultSequences(utility, object->objectId);
		AddPartition(object->objectId, parent);
	}
	Forward(utility);
}

/* Are the rows of the two on the same nodes, cut by the same column? */
static void
CheckCompany(const DistTable *parent, const DistTable *table)
{
	const char *parent_key = KeyColumn(parent);
	const char *key = KeyColumn(table);

	if (parent->colocation_id == table->colocation_id &&
		(parent_key == NULL || strcmp(parent_key, key) == 0))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("distributed table \"%s\" cannot be in one tree with \"%s\": %s",
					get_rel_name(table->relid), get_rel_name(parent->relid),
					parent->colocation_id == table->colocation_id ? "it has another shard key"
																  : "they are not co-located"),
			 errhint("Use undistribute_table() on it: when an ordinary table is attached, it is "
					 "distributed like its new parent.")));
}

/* Returns the table to attach. An ordinary one is distributed first. */
static DistTable *
TableToAttach(Utility *utility, DistTable *parent, const RangeVar *name)
{
	DistTable *table;
	Oid        relid = RangeVarGetRelid(name, NoLock, false);

	if (RoleOfName(name, &table) != ROLE_TABLE)
	{
		if (!pg_class_ownercheck(parent->relid, GetUserId()))
			aclcheck_error(ACLCHECK_NOT_OWNER, OBJECT_TABLE, get_rel_name(parent->relid));
		DistributePartition(relid, parent);
		table = LookupDistTable(relid);
	}
	CheckCompany(parent, table);
	return table;
}

static void
AttachPartition(Utility *utility, DistTable *parent, const RangeVar *name)
{
	DistTable *table;
	Oid        relid = RangeVarGetRelid(name, NoLock, true);
	List      *relids = list_make1_oid(parent->relid);

	if (LookupDistTable(relid) != NULL)
		relids = lappend_oid(relids, relid);
	LockEverywhere(utility, relids, AccessExclusiveLock);
	table = TableToAttach(utility, parent, name);
	RunOnEmptyTables(utility);
	MoveTriggers(table);
	AlterDataWithKeys(utility, parent->data_relid,
					  list_make1(AttachCommand(table->relid, table->data_relid)));
	NameShardObjects(parent->data_relid);
	Forward(utility);
}

/* The rows are locked out on all nodes at once, so CONCURRENTLY is the same as without, where PostgreSQL takes it. */
static void
DetachPartition(Utility *utility, DistTable *parent, PartitionCmd *detach)
{
	DistTable     *table;
	AlterTableCmd *cmd = makeNode(AlterTableCmd);
	PartitionCmd  *copy = makeNode(PartitionCmd);

	if (detach->concurrent && !utility->forwarded)
		PreventInTransactionBlock(utility->context == PROCESS_UTILITY_TOPLEVEL,
								  "ALTER TABLE ... DETACH CONCURRENTLY");
	LockEverywhere(utility, list_make1_oid(parent->relid), AccessExclusiveLock);
	if (detach->concurrent && OidIsValid(get_default_partition_oid(parent->relid)))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("cannot detach partitions concurrently when a default partition exists")));
	detach->concurrent = false;
	(void) RoleOfName(detach->name, &table);
	RunOnEmptyTables(utility);
	copy->name = NameOfRelation(table->data_relid);
	cmd->subtype = AT_DetachPartition;
	cmd->def = (Node *) copy;
	AlterDataWithKeys(utility, parent->data_relid, list_make1(cmd));
	MoveTriggers(table);
	Forward(utility);
}

/* CheckParents raises an error unless the tables may all have children in the company of one of them. */
void
CheckParents(const DistTable *company, List *parents)
{
	ListCell *lc;

	foreach (lc, parents)
	{
		RangeVar  *name = lfirst_node(RangeVar, lc);
		DistTable *parent;

		if (RoleOfName(name, &parent) != ROLE_TABLE)
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("cannot inherit from \"%s\", which is not distributed, along with "
							"distributed table \"%s\"",
							name->relname, get_rel_name(company->relid)),
					 errhint("Distribute \"%s\" first.", name->relname)));
		CheckCompany(parent, company);
	}
}

/* The table that an ordinary one is to inherit from, if it is distributed, or NULL. */
static DistTable *
NewParent(AlterTableStmt *stmt)
{
	ListCell *lc;

	foreach (lc, stmt->cmds)
	{
		AlterTableCmd *cmd = lfirst_node(AlterTableCmd, lc);
		DistTable     *parent;

		if (cmd->subtype == AT_AddInherit &&
			RoleOfName(castNode(RangeVar, cmd->def), &parent) == ROLE_TABLE)
			return parent;
	}
	return NULL;
}

/* DistributeHeir distributes an ordinary table like what ALTER TABLE makes it inherit from, if that is distributed. */
DistTable *
DistributeHeir(Utility *utility, AlterTableStmt *stmt)
{
	DistTable *parent = NewParent(stmt);

	if (parent == NULL)
		return NULL;
	LockEverywhere(utility, list_make1_oid(parent->relid), AccessExclusiveLock);
	return TableToAttach(utility, parent, stmt->relation);
}

/* AlterPartitions handles the subcommands of ALTER TABLE on a distributed table that change its partitions, or returns false. */
bool
AlterPartitions(Utility *utility, DistTable *table, AlterTableStmt *stmt)
{
	AlterTableCmd *cmd = linitial_node(AlterTableCmd, stmt->cmds);

	if (!table->is_parent)
		return false;
	switch (cmd->subtype)
	{
		case AT_AttachPartition:
			AttachPartition(utility, table, castNode(PartitionCmd, cmd->def)->name);
			return true;
		case AT_DetachPartition:
			DetachPartition(utility, table, castNode(PartitionCmd, cmd->def));
			return true;
		default:
			return false;
	}
}

/* ALTER INDEX .. ATTACH PARTITION. */
void
AttachIndex(Utility *utility, const DistTable *table, AlterTableStmt *stmt)
{
	AlterTableStmt *copy = copyObject(stmt);
	PartitionCmd   *attach = castNode(PartitionCmd, linitial_node(AlterTableCmd, copy->cmds)->def);
	DistTable      *partition;

	LockEverywhere(utility, list_make1_oid(table->relid), AccessExclusiveLock);
	copy->relation =
		NameOfRelation(DataIndex(table, RangeVarGetRelid(stmt->relation, NoLock, false)));
	if (RoleOfName(attach->name, &partition) == ROLE_INDEX)
		attach->name =
			NameOfRelation(DataIndex(partition, RangeVarGetRelid(attach->name, NoLock, false)));
	RunAsWritten(utility);
	RunOnData(utility, (Node *) copy);
	Forward(utility);
}
