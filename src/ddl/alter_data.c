/*-------------------------------------------------------------------------
 *
 * alter_data.c
 *	  What ALTER TABLE does to the data table and its shards.
 *
 * Each subcommand is run as Targets tells. A partitioned table cannot have
 * everything that a table can: then each shard has it.
 *
 * Data tables have no column defaults: what reaches them is complete. A new
 * column's default is used to fill it and then dropped.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/dependency.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_type.h"
#include "catalog/shard_names.h"
#include "commands/trigger.h"
#include "ddl/ddl.h"
#include "nodes/makefuncs.h"
#include "placement/data_table.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

/* Where a subcommand is to be run, besides on the logical table. */
typedef enum Target
{
	TARGET_NONE,       /* it's about the logical table's users only */
	TARGET_DATA,       /* the data table; PostgreSQL takes it to the shards if they need it */
	TARGET_SHARDS,     /* the shards, since a partitioned table can't have it */
	TARGET_ALL,        /* the data table and each shard */
	TARGET_CONSTRAINT, /* one of the first two: whichever has the constraint */
	TARGET_TRIGGER,    /* the data table if it has the trigger */
	TARGET_REFUSED
} Target;

static Target
TargetOf(AlterTableCmd *cmd)
{
	switch (cmd->subtype)
	{
		case AT_ColumnDefault:
		case AT_AddIdentity:
		case AT_SetIdentity:
		case AT_DropIdentity:
		case AT_AddConstraint: /* made from the catalogs */
		case AT_EnableRule:
		case AT_EnableAlwaysRule:
		case AT_EnableReplicaRule:
		case AT_DisableRule:
		case AT_AddInherit:
		case AT_DropInherit:
		case AT_DropOids: /* nothing at all */
			return TARGET_NONE;
		case AT_AddColumn:
		case AT_DropColumn:
		case AT_AlterColumnType:
		case AT_DropNotNull:
		case AT_SetNotNull:
		case AT_DropExpression:
		case AT_SetStatistics:
		case AT_SetStorage:
		case AT_EnableTrigAll:
		case AT_EnableTrigUser:
		case AT_DisableTrigAll:
		case AT_DisableTrigUser:
		case AT_EnableRowSecurity:
		case AT_DisableRowSecurity:
		case AT_ForceRowSecurity:
		case AT_NoForceRowSecurity:
			return TARGET_DATA;
		case AT_SetOptions:
		case AT_ResetOptions:
		case AT_SetCompression:
		case AT_SetTableSpace:
		case AT_ChangeOwner:
			return TARGET_ALL;
		case AT_DropCluster:
		case AT_ClusterOn:
		case AT_SetLogged:
		case AT_SetUnLogged:
		case AT_SetAccessMethod:
		case AT_SetRelOptions:
		case AT_ResetRelOptions:
		case AT_ReplicaIdentity:
			return TARGET_SHARDS;
		case AT_DropConstraint:
		case AT_AlterConstraint:
		case AT_ValidateConstraint:
			return TARGET_CONSTRAINT;
		case AT_EnableTrig:
		case AT_EnableAlwaysTrig:
		case AT_EnableReplicaTrig:
		case AT_DisableTrig:
			return TARGET_TRIGGER;
		default:
			return TARGET_REFUSED;
	}
}

/* Replaces a serial pseudo-type by the type it stands for. Returns whether it was one. */
static bool
ReplaceSerial(ColumnDef *column)
{
	static const struct
	{
		const char *name;
		Oid         type;
	} serials[] = {{"smallserial", INT2OID}, {"serial2", INT2OID},   {"serial", INT4OID},
				   {"serial4", INT4OID},     {"bigserial", INT8OID}, {"serial8", INT8OID}};

	if (list_length(column->typeName->names) != 1 || column->typeName->pct_type)
		return false;
	for (int i = 0; i < lengthof(serials); i++)
	{
		if (strcmp(strVal(linitial(column->typeName->names)), serials[i].name) == 0)
		{
			column->typeName = makeTypeNameFromOid(serials[i].type, -1);
			return true;
		}
	}
	return false;
}

static Constraint *
MakeColumnConstraint(ConstrType type, Node *raw_expr)
{
	Constraint *constraint = makeNode(Constraint);

	constraint->contype = type;
	constraint->raw_expr = raw_expr;
	constraint->location = -1;
	return constraint;
}

/* The expression that takes the next value of the sequence behind a serial or identity column. */
static Node *
NextValue(Oid relid, AttrNumber attno)
{
	Oid sequence = getIdentitySequence(relid, attno, true);

	if (!OidIsValid(sequence))
	{
		ListCell *lc;

		foreach (lc, getOwnedSequences(relid))
		{
			Oid   owner;
			int32 owner_column;

			if (sequenceIsOwned(lfirst_oid(lc), DEPENDENCY_AUTO, &owner, &owner_column) &&
				owner_column == attno)
				sequence = lfirst_oid(lc);
		}
	}
	return ParseExpression(
		psprintf("pg_catalog.nextval(%s::pg_catalog.regclass)",
				 quote_literal_cstr(quote_qualified_identifier(
					 get_namespace_name(get_rel_namespace(sequence)), get_rel_name(sequence)))));
}

/*
 * Changes a copy of ADD COLUMN for the data table: without constraints, which
 * come later, and filled from the logical table's sequence if it has one.
 */
static void
ChangeAddColumn(Utility *utility, const DistTable *table, AlterTableCmd *cmd)
{
	ColumnDef *column = castNode(ColumnDef, cmd->def);
	AttrNumber attno = get_attnum(table->relid, column->colname);
	bool       sequence = ReplaceSerial(column);
	Node      *value = DefaultForRows(utility, table, attno);
	List      *kept = NIL;
	ListCell  *lc;

	foreach (lc, column->constraints)
	{
		Constraint *constraint = lfirst_node(Constraint, lc);

		switch (constraint->contype)
		{
			case CONSTR_IDENTITY:
				sequence = true;
				break;
			case CONSTR_NULL:
			case CONSTR_NOTNULL:
			case CONSTR_GENERATED:
				kept = lappend(kept, constraint);
				break;
			case CONSTR_DEFAULT:
				if (value == NULL)
					kept = lappend(kept, constraint);
				break;
			default:
				break;
		}
	}
	if (value)
		kept = lappend(kept, MakeColumnConstraint(CONSTR_DEFAULT, value));
	if (sequence)
	{
		kept = lappend(kept, MakeColumnConstraint(CONSTR_DEFAULT, NextValue(table->relid, attno)));
		kept = lappend(kept, MakeColumnConstraint(CONSTR_NOTNULL, NULL));
	}
	column->constraints = kept;
}

/* CLUSTER ON and REPLICA IDENTITY USING INDEX name an index: for a shard, its own one. */
static AlterTableCmd *
ForShardIndex(const DistTable *table, AlterTableCmd *cmd, Oid shard)
{
	ReplicaIdentityStmt *identity = NULL;
	const char          *name = cmd->name;
	Oid                  index;

	cmd = copyObject(cmd);
	if (cmd->subtype == AT_ReplicaIdentity)
	{
		identity = castNode(ReplicaIdentityStmt, cmd->def);
		name = identity->name;
	}
	else if (cmd->subtype != AT_ClusterOn)
		return cmd;
	if (name == NULL)
		return cmd;
	index = get_relname_relid(name, get_rel_namespace(table->relid));
	index = ShardIndex(table, index, shard);
	if (identity)
		identity->name = get_rel_name(index);
	else
		cmd->name = get_rel_name(index);
	return cmd;
}

static void
RunOnShards(Utility *utility, const DistTable *table, AlterTableCmd *cmd)
{
	ListCell *lc;

	foreach (lc, table->is_parent ? NIL : DataLeaves(table))
		AlterData(utility, lfirst_oid(lc), list_make1(ForShardIndex(table, cmd, lfirst_oid(lc))));
}

/* Changing the owner asks for rights on the schema, so it runs as the superuser. */
static void
ChangeOwner(Utility *utility, Oid relid, AlterTableCmd *cmd)
{
	AlterTableStmt *stmt = makeNode(AlterTableStmt);

	stmt->relation = NameOfRelation(relid);
	stmt->cmds = list_make1(copyObject(cmd));
	stmt->objtype = OBJECT_TABLE;
	RunOnData(utility, (Node *) stmt);
}

static void
RunOnAll(Utility *utility, const DistTable *table, AlterTableCmd *cmd)
{
	ListCell *lc;

	foreach (lc, OwnRelations(table))
	{
		if (cmd->subtype == AT_ChangeOwner)
			ChangeOwner(utility, lfirst_oid(lc), cmd);
		else
			AlterData(utility, lfirst_oid(lc), list_make1(copyObject(cmd)));
	}
}

static const char **
ConstraintName(AlterTableCmd *cmd)
{
	if (cmd->subtype == AT_AlterConstraint)
		return (const char **) &castNode(Constraint, cmd->def)->conname;
	return (const char **) &cmd->name;
}

/* A constraint that is an index has the shard's mark. */
static void
RunOnShardConstraints(Utility *utility, const DistTable *table, AlterTableCmd *cmd)
{
	ListCell *lc;

	foreach (lc, DataLeaves(table))
	{
		AlterTableCmd *copy = copyObject(cmd);
		const char   **name = ConstraintName(copy);

		if (!OidIsValid(get_relation_constraint_oid(lfirst_oid(lc), *name, true)))
			*name = ShardObjectName(*name, lfirst_oid(lc));
		AlterData(utility, lfirst_oid(lc), list_make1(copy));
	}
}

/* A constraint that a partitioned table can't have is on each shard. */
static void
RunOnConstraint(Utility *utility, const DistTable *table, AlterTableCmd *cmd)
{
	const char *name = *ConstraintName(cmd);

	cmd->missing_ok = true;
	if (cmd->subtype == AT_DropConstraint)
		cmd->behavior = DROP_CASCADE;
	if (OidIsValid(get_relation_constraint_oid(table->data_relid, name, true)))
		AlterData(utility, table->data_relid, list_make1(cmd));
	else if (IsPartitionedData(table))
		RunOnShardConstraints(utility, table, cmd);
}

/* Are there foreign keys from the table, or to it? */
static bool
HasForeignKeys(Oid relid)
{
	Relation     rel = table_open(relid, NoLock);
	TriggerDesc *triggers = rel->trigdesc;
	bool         result = false;

	for (int i = 0; triggers != NULL && i < triggers->numtriggers; i++)
		result |= RI_FKey_trigger_type(triggers->triggers[i].tgfoid) != RI_TRIGGER_NONE;
	table_close(rel, NoLock);
	return result;
}

/*
 * Runs the subcommands on the data table. Those that go to the data table as
 * such go together, as PostgreSQL orders them itself.
 */
static void
RunOnDataTable(Utility *utility, const DistTable *table, List *cmds)
{
	List     *together = NIL;
	bool      new_types = false;
	ListCell *lc;

	foreach (lc, cmds)
	{
		AlterTableCmd *cmd = lfirst_node(AlterTableCmd, lc);

		new_types |= cmd->subtype == AT_AlterColumnType;
		if (cmd->subtype == AT_ColumnDefault) /* plans of foreign keys' actions have the old one */
			CacheInvalidateRelcacheByRelid(table->data_relid);
		if (cmd->subtype == AT_DropColumn)
			cmd->behavior = DROP_CASCADE;
		if (TargetOf(cmd) == TARGET_DATA ||
			(TargetOf(cmd) == TARGET_TRIGGER &&
			 OidIsValid(get_trigger_oid(table->data_relid, cmd->name, true))))
			together = lappend(together, cmd);
		else if (TargetOf(cmd) == TARGET_CONSTRAINT && cmd->subtype == AT_DropConstraint)
			RunOnConstraint(utility, table, cmd);
	}
	StatisticsLeaveExtension(table->data_relid); /* a column's new type makes them anew */
	if (new_types && HasForeignKeys(table->relid))
		AlterDataWithKeys(utility, table->data_relid, together);
	else
		AlterData(utility, table->data_relid, together);
	StatisticsJoinExtension(table->data_relid);
	if (new_types)
		RestoreIndexOptions(utility, table);

	foreach (lc, cmds)
	{
		AlterTableCmd *cmd = lfirst_node(AlterTableCmd, lc);

		if (TargetOf(cmd) == TARGET_SHARDS)
			RunOnShards(utility, table, cmd);
		else if (TargetOf(cmd) == TARGET_ALL)
			RunOnAll(utility, table, cmd);
		else if (TargetOf(cmd) == TARGET_CONSTRAINT && cmd->subtype != AT_DropConstraint)
			RunOnConstraint(utility, table, cmd);
	}
}

/* Drops the defaults that new columns were filled with. */
static void
DropNewDefaults(Utility *utility, const DistTable *table, List *cmds)
{
	List     *drops = NIL;
	ListCell *lc;

	foreach (lc, cmds)
	{
		AlterTableCmd *cmd = lfirst_node(AlterTableCmd, lc);
		AlterTableCmd *drop;
		AttrNumber     attno;
		HeapTuple      tuple;

		if (cmd->subtype != AT_AddColumn)
			continue;
		attno = get_attnum(table->data_relid, castNode(ColumnDef, cmd->def)->colname);
		tuple = SearchSysCache2(ATTNUM, ObjectIdGetDatum(table->data_relid), Int16GetDatum(attno));
		if (HeapTupleIsValid(tuple) && ((Form_pg_attribute) GETSTRUCT(tuple))->atthasdef &&
			((Form_pg_attribute) GETSTRUCT(tuple))->attgenerated == '\0')
		{
			drop = makeNode(AlterTableCmd);
			drop->subtype = AT_ColumnDefault;
			drop->name = castNode(ColumnDef, cmd->def)->colname;
			drops = lappend(drops, drop);
		}
		if (HeapTupleIsValid(tuple))
			ReleaseSysCache(tuple);
	}
	AlterData(utility, table->data_relid, drops);
}

bool
CanChangeDataTable(AlterTableCmd *cmd)
{
	return TargetOf(cmd) != TARGET_REFUSED;
}

/*
 * Has PostgreSQL taken the subcommand from the table to this one, which inherits from it? A column that it had by itself is
 * neither added nor dropped; another one of the same name has another number.
 */
static bool
ReachesHeir(const DistTable *heir, AlterTableCmd *cmd)
{
	AttrNumber attno;

	switch (cmd->subtype)
	{
		case AT_AddColumn:
			attno = get_attnum(heir->relid, castNode(ColumnDef, cmd->def)->colname);
			return !SearchSysCacheExists2(ATTNUM, ObjectIdGetDatum(heir->data_relid),
										  Int16GetDatum(attno));
		case AT_DropColumn:
			attno = get_attnum(heir->data_relid, cmd->name);
			return AttributeNumberIsValid(attno) &&
				   strcmp(get_attname(heir->relid, attno, false), cmd->name) != 0;
		case AT_DropConstraint:
			return !OidIsValid(get_relation_constraint_oid(heir->relid, cmd->name, true));
		case AT_AlterColumnType:
		case AT_DropNotNull:
		case AT_DropExpression:
		case AT_SetStatistics:
		case AT_SetStorage:
		case AT_ValidateConstraint:
			return true;
		default:
			return false;
	}
}

/*
 * ChangeDataTable does to the data table, and to those of the heirs, what the subcommands, which it changes, did to
 * the logical ones.
 */
void
ChangeDataTable(Utility *utility, const DistTable *table, List *heirs, List *cmds)
{
	ListCell *lc;
	ListCell *lc2;

	foreach (lc, cmds)
	{
		if (lfirst_node(AlterTableCmd, lc)->subtype == AT_AddColumn)
			ChangeAddColumn(utility, table, lfirst(lc));
	}
	foreach (lc, heirs)
	{
		DistTable *heir = lfirst(lc);
		List      *taken = NIL;

		foreach (lc2, cmds)
		{
			if (ReachesHeir(heir, lfirst(lc2)))
				taken = lappend(taken, copyObject(lfirst(lc2)));
		}
		RunOnDataTable(utility, heir, taken);
		DropNewDefaults(utility, heir, taken);
		AdoptNotNull(utility, heir);
	}
	RunOnDataTable(utility, table, cmds);
	DropNewDefaults(utility, table, cmds);
}
