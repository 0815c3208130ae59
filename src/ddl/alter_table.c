/*-------------------------------------------------------------------------
 *
 * alter_table.c
 *	  ALTER TABLE on a distributed table, and on its indexes and sequences.
 *
 * Each subcommand is run on the logical table as the user wrote it, and then
 * on the data table: see alter_data.c. Constraints are made from the catalogs,
 * after the logical table has them (see constraint.c), so that names that
 * PostgreSQL chose are the same.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_constraint.h"
#include "catalog/shard_names.h"
#include "commands/tablecmds.h"
#include "ddl/ddl.h"
#include "placement/cluster_change.h"
#include "placement/data_table.h"
#include "placement/distribute.h"
#include "utils/lsyscache.h"

/* The name of the shard key, or NULL. */
const char *
KeyColumn(const DistTable *table)
{
	return table->method == DIST_HASH ? get_attname(table->relid, table->key_attno, false) : NULL;
}

static void
CheckSubcommand(const DistTable *table, AlterTableCmd *cmd)
{
	const char *key = KeyColumn(table);

	if (!CanChangeDataTable(cmd))
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("cannot use this form of ALTER TABLE on distributed table \"%s\"",
							   get_rel_name(table->relid)),
						cmd->subtype == AT_AddOf || cmd->subtype == AT_DropOf
							? errdetail("Distributed tables cannot be typed tables.")
							: 0,
						errhint("Use undistribute_table() first.")));
	if (cmd->subtype == AT_AddInherit)
		CheckParents(table, list_make1(cmd->def));
	if (cmd->subtype == AT_SetIdentity)
		CheckSequenceOptions(table, castNode(List, cmd->def));
	if (key == NULL || cmd->name == NULL || strcmp(cmd->name, key) != 0)
		return;
	if (cmd->subtype == AT_DropColumn)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("cannot drop column \"%s\", the shard key of distributed table \"%s\"", key,
						get_rel_name(table->relid)),
				 errhint("Use undistribute_table() first.")));
	if (cmd->subtype == AT_AlterColumnType)
		ereport(
			ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("cannot alter the type of column \"%s\", the shard key of distributed table "
					"\"%s\"",
					key, get_rel_name(table->relid)),
			 errhint(
				 "Use undistribute_table() first, and distribute the table again afterwards.")));
}

static void
AddNewConstraints(Utility *utility, const DistTable *table)
{
	ListCell *lc;

	foreach (lc, utility->created)
	{
		ObjectAddress *object = lfirst(lc);

		if (object->classId == ConstraintRelationId)
			AddDataConstraint(utility, table, object->objectId);
	}
}

/* Makes the sequences that defaults use on the other nodes. */
static void
SendSequences(Oid relid)
{
	RunOnOtherNodesAsOwner(RunHere(psprintf(
		"SELECT distshard.default_sequence_commands(%u, distshard.other_nodes())", relid)));
}

/* The sequences that the table's defaults use give out other values on each node. */
void
ShareDefaultSequences(Utility *utility, Oid relid)
{
	CatalogWork work;

	if (list_length(AllPrimaries()) == 1)
		return;
	EnterCatalogWork(&work);
	if (!utility->forwarded)
		SendSequences(relid);
	ShareSequences(relid);
	LeaveCatalogWork(&work);
}

/* The same for new ones, and ones that a new default uses. */
static void
ShareNewSequences(Utility *utility, const DistTable *table, List *cmds)
{
	ListCell *lc;
	bool      concerned = false;

	foreach (lc, cmds)
	{
		AlterTableType subtype = lfirst_node(AlterTableCmd, lc)->subtype;

		concerned |=
			subtype == AT_AddColumn || subtype == AT_ColumnDefault || subtype == AT_AddIdentity;
	}
	if (concerned)
		ShareDefaultSequences(utility, table->relid);
}

static void
AlterDistTable(Utility *utility, DistTable *table, AlterTableStmt *stmt)
{
	List     *cmds;
	List     *heirs = NIL;
	List     *used_indexes = NIL;
	bool      new_types = false;
	ListCell *lc;

	if (AlterPartitions(utility, table, stmt))
		return;
	LockEverywhere(utility, list_make1_oid(table->relid), AlterTableGetLockLevel(stmt->cmds));
	CheckIndexesValid(table);
	utility->only = table->is_parent && !stmt->relation->inh;
	ValidateForeignKeys(utility, table, stmt);
	cmds = copyObject(stmt->cmds);
	SkipChecks(stmt);
	foreach (lc, cmds)
	{
		AlterTableCmd *cmd = lfirst_node(AlterTableCmd, lc);

		CheckSubcommand(table, cmd);
		if (cmd->subtype == AT_AlterColumnType)
		{
			new_types = true;
			CheckUsingFillsAlike(table, cmd);
		}
		if (cmd->subtype == AT_AddConstraint && castNode(Constraint, cmd->def)->indexname != NULL)
			used_indexes = lappend(used_indexes, castNode(Constraint, cmd->def)->indexname);
	}

	if (cmds == NIL)
	{
		Forward(utility);
		return;
	}
	if (stmt->relation->inh)
		heirs = Heirs(table);
	if (new_types)
		RunOnEmptyTables(utility); /* foreign keys are made anew */
	else
		RunAsWritten(utility);
	CheckKeys(table);
	ShareNewSequences(utility, table, cmds);
	ChangeDataTable(utility, table, heirs, cmds);

	/* ADD CONSTRAINT USING INDEX: partitioned tables can't, so the data table's index is built anew. */
	foreach (lc, used_indexes)
		DropDataRelation(utility, OBJECT_INDEX, get_rel_namespace(table->data_relid), lfirst(lc));
	foreach (lc, lcons(table, heirs))
	{
		DistTable *changed = lfirst(lc);

		AddNewConstraints(utility, changed);
		NameShardObjects(changed->data_relid);
	}
	Forward(utility);
}

/* ALTER TABLE of something else must not bring a distributed table into its tree. */
static void
CheckLocalSubcommands(AlterTableStmt *stmt)
{
	AlterTableCmd *cmd = linitial_node(AlterTableCmd, stmt->cmds);
	RangeVar      *partition;
	DistTable     *table;

	if (cmd->subtype != AT_AttachPartition)
		return;
	partition = castNode(PartitionCmd, cmd->def)->name;
	if (RoleOfName(partition, &table) == ROLE_TABLE)
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("cannot attach distributed table \"%s\" to a table that is "
							   "not distributed",
							   partition->relname),
						errhint("Distribute \"%s\" first.", stmt->relation->relname)));
}

/* ALTER INDEX: storage parameters, tablespace and statistics targets are each shard's own. */
static void
AlterDistIndex(Utility *utility, DistTable *table, AlterTableStmt *stmt)
{
	Oid       index = RangeVarGetRelid(stmt->relation, NoLock, false);
	List     *cmds = copyObject(stmt->cmds);
	List     *targets;
	ListCell *cmd_cell;

	if (linitial_node(AlterTableCmd, cmds)->subtype == AT_AttachPartition)
	{
		AttachIndex(utility, table, stmt);
		return;
	}
	RunAsWritten(utility);
	targets = ShardIndexes(table, index);
	foreach (cmd_cell, cmds)
	{
		AlterTableCmd *cmd = lfirst_node(AlterTableCmd, cmd_cell);
		ListCell      *lc;

		foreach (lc, targets)
			AlterData(utility, lfirst_oid(lc), list_make1(copyObject(cmd)));
	}
	Forward(utility);
}

void
AlterTableUtility(Utility *utility, Node *node)
{
	AlterTableStmt *stmt = castNode(AlterTableStmt, node);
	DistTable      *table;

	switch (RoleOfName(stmt->relation, &table))
	{
		case ROLE_TABLE:
			AlterDistTable(utility, table, stmt);
			break;
		case ROLE_INDEX:
			AlterDistIndex(utility, table, stmt);
			break;
		case ROLE_SEQUENCE:
		case ROLE_VIEW:
			RunAsWritten(utility);
			Forward(utility);
			break;
		case ROLE_LOCAL:
			CheckLocalSubcommands(stmt);
			table = utility->forwarded ? NULL : DistributeHeir(utility, stmt);
			if (table != NULL)
			{
				AlterDistTable(utility, table, stmt);
				break;
			}
			if (utility->forwarded && stmt->objtype != OBJECT_TYPE)
				break;
			RunLocally(utility);
			CheckLocalForeignKeys(utility);
			if (stmt->objtype == OBJECT_TYPE && SharingIsOn())
				Forward(utility);
			break;
	}
}
