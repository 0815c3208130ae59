/*-------------------------------------------------------------------------
 *
 * partition.c
 *	  Partitions that come and go: CREATE TABLE .. PARTITION OF, ATTACH and
 *	  DETACH PARTITION.
 *
 * What PostgreSQL does with the logical tables is done with their data tables
 * too, on each node: see placement/partition_tree.c. A detached partition stays
 * a distributed table.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/partition.h"
#include "catalog/pg_class.h"
#include "catalog/shard_names.h"
#include "ddl/ddl.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "placement/data_table.h"
#include "placement/distribute.h"
#include "placement/partition_tree.h"
#include "planner/claim.h"
#include "planner/planner.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"

/*
 * Runs ATTACH or DETACH on the logical tables. PostgreSQL checks the foreign
 * keys of the rows meanwhile, by queries: there are no rows, and those of the
 * data tables are checked there.
 */
static void
RunOnEmptyTables(Utility *utility)
{
	bool previous = PlanForeignKeysAsEmpty(true);

	PG_TRY();
	{
		RunAsWritten(utility);
	}
	PG_FINALLY();
	{
		PlanForeignKeysAsEmpty(previous);
	}
	PG_END_TRY();
}

/* The same on the data tables, where the queries name what users may not. */
static void
AlterParentData(Utility *utility, const DistTable *parent, AlterTableCmd *cmd)
{
	bool previous = EnterLocalFragment();

	AlterData(utility, parent->data_relid, list_make1(cmd));
	LeaveLocalFragment(previous);
}

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

/* CreatePartition handles CREATE TABLE .. PARTITION OF a distributed table. */
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

		if (object->classId != RelationRelationId || !get_rel_relispartition(object->objectId))
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
			 errmsg("cannot attach distributed table \"%s\" to \"%s\": %s",
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
	AlterParentData(utility, parent, AttachCommand(table->relid, table->data_relid));
	NameShardObjects(parent->data_relid);
	Forward(utility);
}

/* The rows are locked out on all nodes at once, so CONCURRENTLY is the same as without. */
static void
DetachPartition(Utility *utility, DistTable *parent, PartitionCmd *detach)
{
	DistTable     *table;
	AlterTableCmd *cmd = makeNode(AlterTableCmd);
	PartitionCmd  *copy = makeNode(PartitionCmd);

	if (detach->concurrent && !utility->forwarded)
		PreventInTransactionBlock(utility->context == PROCESS_UTILITY_TOPLEVEL,
								  "ALTER TABLE ... DETACH CONCURRENTLY");
	detach->concurrent = false;
	LockEverywhere(utility, list_make1_oid(parent->relid), AccessExclusiveLock);
	(void) RoleOfName(detach->name, &table);
	RunOnEmptyTables(utility);
	copy->name = NameOfRelation(table->data_relid);
	cmd->subtype = AT_DetachPartition;
	cmd->def = (Node *) copy;
	AlterParentData(utility, parent, cmd);
	MoveTriggers(table);
	Forward(utility);
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
