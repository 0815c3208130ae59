/*-------------------------------------------------------------------------
 *
 * constraint.c
 *	  New constraints and unique indexes of distributed tables.
 *
 * They are looked at in the catalogs, after the logical table has them: by then
 * everything about them is known and has a name, however they were written.
 * What the nodes, each by itself, can't enforce is refused as it is when a table
 * is distributed.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/indexing.h"
#include "catalog/shard_names.h"
#include "catalog/pg_constraint.h"
#include "ddl/ddl.h"
#include "miscadmin.h"
#include "placement/data_table.h"
#include "placement/distribute.h"
#include "placement/reference_actions.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/ruleutils.h"
#include "utils/syscache.h"

/* CheckKeys refuses unique and exclusion constraints that would have to hold across shards. */
void
CheckKeys(const DistTable *table)
{
	Relation logical = table_open(table->relid, NoLock);

	if (table->method == DIST_HASH)
		CheckUniqueKeys(logical, table->key_attno);
	table_close(logical, NoLock);
}

static void
CheckForeignKey(const DistTable *table, Form_pg_constraint key)
{
	Relation logical = table_open(table->relid, NoLock);

	if (LookupDistTable(key->confrelid) == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_FOREIGN_KEY),
				 errmsg("foreign key \"%s\" from table \"%s\" to table \"%s\" cannot be enforced",
						NameStr(key->conname), get_rel_name(key->conrelid),
						get_rel_name(key->confrelid)),
				 errdetail("The referenced table is not distributed."),
				 errhint("Distribute it too, or make it a reference table.")));
	CheckForeignKeys(logical, table->method, table->colocation_id, table->key_attno);
	table_close(logical, NoLock);
}

/* What ADD PRIMARY KEY would do, looking at check constraints for proof: as the user. */
static void
SetNotNull(Utility *utility, Oid relid, List *columns)
{
	List     *cmds = NIL;
	ListCell *lc;

	foreach (lc, columns)
	{
		AlterTableCmd *cmd = makeNode(AlterTableCmd);

		cmd->subtype = AT_SetNotNull;
		cmd->name = strVal(lfirst(lc));
		cmds = lappend(cmds, cmd);
	}
	AlterData(utility, relid, cmds);
}

/* What makes columns of a table NOT NULL, be it a primary key, does so in tables that inherit from it. */
void
AdoptNotNull(Utility *utility, const DistTable *heir)
{
	Relation logical = table_open(heir->relid, NoLock);
	Relation data = table_open(heir->data_relid, NoLock);
	List    *columns = NIL;

	for (int i = 0; i < RelationGetNumberOfAttributes(logical); i++)
	{
		Form_pg_attribute column = TupleDescAttr(RelationGetDescr(logical), i);

		if (column->attnotnull && !TupleDescAttr(RelationGetDescr(data), i)->attnotnull)
			columns = lappend(columns, makeString(pstrdup(NameStr(column->attname))));
	}
	table_close(data, NoLock);
	table_close(logical, NoLock);
	SetNotNull(utility, heir->data_relid, columns);
}

/* Adds the constraint that the statement defines to one relation: the data table or a shard. */
static void
AddTo(Utility *utility, Oid relid, AlterTableStmt *stmt)
{
	Constraint *constraint;

	stmt = copyObject(stmt);
	constraint = castNode(Constraint, linitial_node(AlterTableCmd, stmt->cmds)->def);
	if (constraint->contype == CONSTR_CHECK)
	{
		AlterData(utility, relid, stmt->cmds);
		return;
	}
	if (constraint->contype == CONSTR_PRIMARY)
		SetNotNull(utility, relid, constraint->keys);
	if (constraint->contype == CONSTR_EXCLUSION && get_rel_relispartition(relid))
		constraint->conname = ShardObjectName(constraint->conname, relid);
	stmt->relation = NameOfRelation(relid);
	stmt->relation->inh = !utility->only;
	if (constraint->contype == CONSTR_FOREIGN)
		RunForeignKeyOnData(utility, (Node *) stmt);
	else
		RunIndexOnData(utility, (Node *) stmt, constraint->conname);
}

/* Has the shard its own constraint like this one of the logical table? */
static bool
ShardHas(Oid shard, Form_pg_constraint form)
{
	const char *name = NameStr(form->conname);

	if (form->contype == CONSTRAINT_EXCLUSION)
		name = ShardObjectName(name, shard);
	return OidIsValid(get_relation_constraint_oid(shard, name, true));
}

/* Adds a constraint of the logical table to the data table, or to the shards where a partitioned table can't have it. */
static void
AddLikeLogical(Utility *utility, const DistTable *table, Form_pg_constraint form)
{
	AlterTableStmt *stmt =
		castNode(AlterTableStmt, ParseStatement(pg_get_constraintdef_command(form->oid)));
	Constraint *definition = castNode(Constraint, linitial_node(AlterTableCmd, stmt->cmds)->def);
	bool        each_shard = form->contype == CONSTRAINT_EXCLUSION;
	ListCell   *lc;

	definition->is_no_inherit =
		false; /* shards must have it, and others do not inherit from them */
	if (form->contype == CONSTRAINT_FOREIGN)
	{
		definition->pktable = NameOfRelation(LookupDistTable(form->confrelid)->data_relid);
		each_shard = !form->convalidated;
	}
	if (each_shard && IsPartitionedData(table))
	{
		foreach (lc, DataLeaves(table))
		{
			if (!ShardHas(lfirst_oid(lc), form))
				AddTo(utility, lfirst_oid(lc), stmt);
		}
	}
	else
		AddTo(utility, table->data_relid, stmt);
}

/*
 * AddDataConstraint gives the data table a new constraint of its logical table.
 * One that it has already (ALTER COLUMN TYPE makes constraints anew) is left.
 */
void
AddDataConstraint(Utility *utility, const DistTable *table, Oid constraint)
{
	HeapTuple          tuple = SearchSysCache1(CONSTROID, ObjectIdGetDatum(constraint));
	Form_pg_constraint form;

	if (!HeapTupleIsValid(tuple))
		return;
	form = (Form_pg_constraint) GETSTRUCT(tuple);
	if (form->conrelid == table->relid && form->contype != CONSTRAINT_TRIGGER &&
		!OidIsValid(get_relation_constraint_oid(table->data_relid, NameStr(form->conname), true)))
	{
		if (form->contype == CONSTRAINT_FOREIGN)
			CheckForeignKey(table, form);
		AddLikeLogical(utility, table, form);
	}
	ReleaseSysCache(tuple);
}

static void
SkipCheck(Constraint *constraint)
{
	if ((constraint->contype == CONSTR_FOREIGN || constraint->contype == CONSTR_CHECK) &&
		!constraint->skip_validation)
	{
		constraint->skip_validation = true;
		constraint->initially_valid = true;
	}
}

/*
 * SkipChecks changes ALTER TABLE so that new foreign keys and checks are valid
 * without a look at the rows. There are none in the logical table, but the
 * query that looks would be planned as one on the distributed table, and the
 * functions in a check would be called for nothing, perhaps as somebody else.
 */
void
SkipChecks(AlterTableStmt *stmt)
{
	ListCell *lc;
	ListCell *lc2;

	foreach (lc, stmt->cmds)
	{
		AlterTableCmd *cmd = lfirst_node(AlterTableCmd, lc);

		if (cmd->subtype == AT_AddConstraint)
			SkipCheck(castNode(Constraint, cmd->def));
		if (cmd->subtype != AT_AddColumn)
			continue;
		foreach (lc2, castNode(ColumnDef, cmd->def)->constraints)
			SkipCheck(lfirst_node(Constraint, lc2));
	}
}

/* Marks the logical table's foreign key valid. */
static void
MarkValid(Oid constraint)
{
	Relation  catalog = table_open(ConstraintRelationId, RowExclusiveLock);
	HeapTuple tuple = SearchSysCacheCopy1(CONSTROID, ObjectIdGetDatum(constraint));

	((Form_pg_constraint) GETSTRUCT(tuple))->convalidated = true;
	CatalogTupleUpdate(catalog, &tuple->t_self, tuple);
	heap_freetuple(tuple);
	table_close(catalog, RowExclusiveLock);
	CommandCounterIncrement();
}

/* Validates the foreign key where it is, on the data table or on each shard. */
static void
ValidateForeignKey(Utility *utility, const DistTable *table, AlterTableCmd *cmd)
{
	List     *relids = list_make1_oid(table->data_relid);
	ListCell *lc;

	if (!OidIsValid(get_relation_constraint_oid(table->data_relid, cmd->name, true)))
		relids = DataLeaves(table);
	foreach (lc, relids)
	{
		AlterTableStmt *stmt = makeNode(AlterTableStmt);

		stmt->relation = NameOfRelation(lfirst_oid(lc));
		stmt->cmds = list_make1(copyObject(cmd));
		stmt->objtype = OBJECT_TABLE;
		RunForeignKeyOnData(utility, (Node *) stmt);
	}
}

/*
 * ValidateForeignKeys takes VALIDATE CONSTRAINT of foreign keys out of ALTER
 * TABLE and does it, on the data table and by a mark on the logical one.
 */
void
ValidateForeignKeys(Utility *utility, const DistTable *table, AlterTableStmt *stmt)
{
	ListCell *lc;

	foreach (lc, stmt->cmds)
	{
		AlterTableCmd *cmd = lfirst_node(AlterTableCmd, lc);
		Oid            constraint;
		HeapTuple      tuple;
		char           type;

		if (cmd->subtype != AT_ValidateConstraint)
			continue;
		constraint = get_relation_constraint_oid(table->relid, cmd->name, true);
		tuple = SearchSysCache1(CONSTROID, ObjectIdGetDatum(constraint));
		if (!HeapTupleIsValid(tuple))
			continue;
		type = ((Form_pg_constraint) GETSTRUCT(tuple))->contype;
		ReleaseSysCache(tuple);
		if (type != CONSTRAINT_FOREIGN)
			continue;
		if (!pg_class_ownercheck(table->relid, GetUserId()))
			aclcheck_error(ACLCHECK_NOT_OWNER, OBJECT_TABLE, get_rel_name(table->relid));
		LockRelationOid(table->relid, ShareUpdateExclusiveLock);
		ValidateForeignKey(utility, table, cmd);
		MarkValid(constraint);
		stmt->cmds = foreach_delete_current (stmt->cmds, lc);
	}
}

/*
 * CheckLocalForeignKeys looks at the foreign keys that a statement gave to an
 * ordinary table. One to a distributed table, unless to a reference table, must
 * be between two distributed tables when the transaction ends.
 */
void
CheckLocalForeignKeys(Utility *utility)
{
	ListCell *lc;

	foreach (lc, utility->created)
	{
		ObjectAddress     *object = lfirst(lc);
		HeapTuple          tuple;
		Form_pg_constraint form;
		DistTable         *referenced;

		if (object->classId != ConstraintRelationId)
			continue;
		tuple = SearchSysCache1(CONSTROID, ObjectIdGetDatum(object->objectId));
		if (!HeapTupleIsValid(tuple))
			continue;
		form = (Form_pg_constraint) GETSTRUCT(tuple);
		referenced = form->contype == CONSTRAINT_FOREIGN ? LookupDistTable(form->confrelid) : NULL;
		if (referenced != NULL)
			CheckForeignKeysAtCommit(form->conrelid);
		if (referenced != NULL && referenced->method == DIST_REFERENCE)
			WatchReferencedCopy(referenced);
		ReleaseSysCache(tuple);
	}
}
