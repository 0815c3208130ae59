/*-------------------------------------------------------------------------
 *
 * rename.c
 *	  RENAME and SET SCHEMA: the data table, its schema and its shards follow.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "access/xact.h"
#include "catalog/dependency.h"
#include "catalog/shard_names.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_namespace.h"
#include "commands/extension.h"
#include "commands/tablecmds.h"
#include "commands/trigger.h"
#include "ddl/ddl.h"
#include "nodes/makefuncs.h"
#include "placement/data_table.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

/* Runs a RENAME of a part of the table on the data table, or a shard. */
static void
RenamePart(Utility *utility, RenameStmt *stmt, Oid relid)
{
	stmt = copyObject(stmt);
	stmt->relation = NameOfRelation(relid);
	RunOnData(utility, (Node *) stmt);
}

static void
RenameDataConstraint(Utility *utility, RenameStmt *stmt, const DistTable *table)
{
	ListCell *lc;

	if (OidIsValid(get_relation_constraint_oid(table->data_relid, stmt->subname, true)))
	{
		RenamePart(utility, stmt, table->data_relid);
		return;
	}
	foreach (lc, DataLeaves(table))
	{
		RenameStmt *copy = copyObject(stmt);

		if (!OidIsValid(get_relation_constraint_oid(lfirst_oid(lc), copy->subname, true)))
		{
			copy->subname = ShardObjectName(stmt->subname, lfirst_oid(lc));
			copy->newname = ShardObjectName(stmt->newname, lfirst_oid(lc));
		}
		RenamePart(utility, copy, lfirst_oid(lc));
	}
}

/* A constraint that is inherited goes by one name throughout the tree. */
static void
RenameInherited(Utility *utility, RenameStmt *stmt, const DistTable *heir)
{
	if (OidIsValid(get_relation_constraint_oid(heir->data_relid, stmt->subname, true)) &&
		!OidIsValid(get_relation_constraint_oid(heir->relid, stmt->subname, true)))
		RenamePart(utility, stmt, heir->data_relid);
}

static void
RenameDataTable(const DistTable *table, const char *name)
{
	ListCell *lc;

	foreach (lc, OwnRelations(table))
	{
		Oid relid = lfirst_oid(lc);

		RenameRelationInternal(
			relid, relid == table->data_relid ? name : ShardObjectName(name, relid), true, false);
		CommandCounterIncrement();
	}
}

static void
RenameOnTable(Utility *utility, RenameStmt *stmt, DistTable *table)
{
	RenameStmt *copy = copyObject(stmt);
	ListCell   *lc;

	LockEverywhere(utility, list_make1_oid(table->relid), AccessExclusiveLock);
	RunAsWritten(utility);
	switch (copy->renameType)
	{
		case OBJECT_TABLE:
			RenameDataTable(table, copy->newname);
			break;
		case OBJECT_TABCONSTRAINT:
			RenameDataConstraint(utility, copy, table);
			foreach (lc, Heirs(table))
				RenameInherited(utility, copy, lfirst(lc));
			break;
		case OBJECT_TRIGGER:
			if (OidIsValid(get_trigger_oid(table->data_relid, copy->subname, true)))
				RenamePart(utility, copy, table->data_relid);
			break;
		case OBJECT_COLUMN:
			foreach (lc, Heirs(table))
				RenamePart(utility, copy, ((DistTable *) lfirst(lc))->data_relid);
			/* FALLTHROUGH */
		case OBJECT_POLICY:
			RenamePart(utility, copy, table->data_relid);
			break;
		default:
			break; /* rules are the logical table's only */
	}
	NameShardObjects(table->data_relid);
	Forward(utility);
}

static void
RenameIndex(Utility *utility, RenameStmt *stmt, DistTable *table)
{
	Oid       index = RangeVarGetRelid(stmt->relation, NoLock, false);
	Oid       data_index = DataIndex(table, index);
	List     *shard_indexes = OidIsValid(data_index) ? NIL : ShardIndexes(table, index);
	char     *name = pstrdup(stmt->newname);
	ListCell *lc;
	ListCell *lc2;

	RunAsWritten(utility);
	if (OidIsValid(data_index))
		RenameRelationInternal(data_index, name, true, true);
	forboth (lc, shard_indexes, lc2, DataLeaves(table))
		RenameRelationInternal(lfirst_oid(lc), ShardObjectName(name, lfirst_oid(lc2)), true, true);
	CommandCounterIncrement();
	NameShardObjects(table->data_relid);
	Forward(utility);
}

/* A schema that is gone left its data schema behind, empty. */
static void
DropEmptyDataSchema(const char *name)
{
	ObjectAddress schema;

	ObjectAddressSet(schema, NamespaceRelationId, get_namespace_oid(name, true));
	if (getExtensionOfObject(NamespaceRelationId, schema.objectId) !=
		get_extension_oid("distshard", false))
		return;
	deleteDependencyRecordsForClass(NamespaceRelationId, schema.objectId, ExtensionRelationId,
									DEPENDENCY_EXTENSION);
	CommandCounterIncrement();
	performDeletion(&schema, DROP_RESTRICT, PERFORM_DELETION_INTERNAL);
	CommandCounterIncrement();
}

/* A schema's data tables are in a schema that is named after it. */
static void
RenameSchema(Utility *utility, RenameStmt *stmt)
{
	char       *old_data_schema = DataSchemaName(stmt->subname);
	RenameStmt *copy = copyObject(stmt);

	RunAsWritten(utility);
	if (OidIsValid(get_namespace_oid(old_data_schema, true)))
	{
		copy->subname = old_data_schema;
		copy->newname = DataSchemaName(stmt->newname);
		DropEmptyDataSchema(copy->newname);
		RunOnData(utility, (Node *) copy);
	}
	Forward(utility);
}

void
RenameUtility(Utility *utility, Node *node)
{
	RenameStmt *stmt = castNode(RenameStmt, node);
	DistTable  *table;

	if (stmt->relation == NULL || stmt->renameType == OBJECT_ATTRIBUTE)
	{
		if (stmt->renameType == OBJECT_STATISTIC_EXT)
			RenameStatistics(utility, stmt);
		else if (stmt->renameType == OBJECT_SCHEMA && SharingIsOn() &&
				 (!utility->forwarded || OidIsValid(get_namespace_oid(stmt->subname, true))))
			RenameSchema(utility, stmt);
		else
			ChangeObjectUtility(utility, node);
		return;
	}
	switch (RoleOfName(stmt->relation, &table))
	{
		case ROLE_TABLE:
			RenameOnTable(utility, stmt, table);
			break;
		case ROLE_INDEX:
			RenameIndex(utility, stmt, table);
			break;
		case ROLE_SEQUENCE:
		case ROLE_VIEW:
			RunAsWritten(utility);
			Forward(utility);
			break;
		case ROLE_LOCAL:
			if (!utility->forwarded)
				RunLocally(utility);
			break;
	}
}

/* Moves a data table and its shards, with their indexes, to the schema that goes with the table's new one. */
static void
MoveDataTable(const DistTable *table)
{
	Relation         logical = table_open(table->relid, NoLock);
	Oid              target = DataSchema(logical);
	ObjectAddresses *moved = new_object_addresses();
	ListCell        *lc;

	table_close(logical, NoLock);
	foreach (lc, OwnRelations(table))
	{
		Relation rel = table_open(lfirst_oid(lc), AccessExclusiveLock);

		AlterTableNamespaceInternal(rel, RelationGetNamespace(rel), target, moved);
		table_close(rel, NoLock);
		CommandCounterIncrement();
	}
	free_object_addresses(moved);
}

void
SetSchemaUtility(Utility *utility, Node *node)
{
	AlterObjectSchemaStmt *stmt = castNode(AlterObjectSchemaStmt, node);
	DistTable             *table;

	if (stmt->relation == NULL)
	{
		ChangeObjectUtility(utility, node);
		return;
	}
	switch (RoleOfName(stmt->relation, &table))
	{
		case ROLE_LOCAL:
			if (!utility->forwarded)
				RunLocally(utility);
			break;
		case ROLE_TABLE:
			LockEverywhere(utility, list_make1_oid(table->relid), AccessExclusiveLock);
			RunAsWritten(utility);
			MoveDataTable(table);
			Forward(utility);
			break;
		default:
			RunAsWritten(utility);
			Forward(utility);
			break;
	}
}
