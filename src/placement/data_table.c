/*-------------------------------------------------------------------------
 *
 * data_table.c
 *	  Makes and drops the relations that hold a logical table's rows.
 *
 * A data table is derived from this node's own logical table: same columns at
 * the same attribute numbers, dropped ones included, so that Vars, plans and
 * rows of one fit the other. It is created by the backend's own functions from
 * the logical table's tuple descriptor and stored expressions; no SQL text is
 * built, and no code of the user's runs as superuser. What is better done when
 * the rows are in (indexes, keys, triggers, policies) is in data_table_finish.c.
 *
 * Data tables, shards and their schemas belong to the extension, so that
 * pg_dump leaves them out. Tables are owned by the owner of the logical table.
 * The caller holds AccessExclusiveLock on the logical table.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/reloptions.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/dependency.h"
#include "catalog/heap.h"
#include "catalog/key_type.h"
#include "catalog/metadata_read.h"
#include "catalog/namespace.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_class.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_statistic_ext.h"
#include "catalog/pg_type.h"
#include "catalog/toasting.h"
#include "commands/event_trigger.h"
#include "commands/extension.h"
#include "commands/tablecmds.h"
#include "common/hashfn.h"
#include "executor/spi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "placement/data_table.h"
#include "placement/distribute.h"
#include "placement/partition_tree.h"
#include "planner/claim.h"
#include "planner/fragment.h"
#include "planner/on_behalf.h"
#include "storage/lmgr.h"
#include "tcop/utility.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

/*
 * EnterCatalogWork makes this session the superuser that owns the extension,
 * with settings under which names mean what they say, until LeaveCatalogWork or
 * the end of the (sub)transaction. No code of users may run in between, other
 * than as the table's owner; see planner/on_behalf.c.
 */
void
EnterCatalogWork(CatalogWork *work)
{
	work->guc_level = NewGUCNestLevel();
	KeepSearchPath();
	BecomeSuperuser(&work->role);
	set_config_option("search_path", "pg_catalog", PGC_SUSET, PGC_S_SESSION, GUC_ACTION_SAVE, true,
					  0, false);
	set_config_option("constraint_exclusion", "off", PGC_SUSET, PGC_S_SESSION, GUC_ACTION_SAVE,
					  true, 0, false); /* it evaluates check constraints */
	set_config_option("default_tablespace", "", PGC_SUSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0,
					  false);
}

void
LeaveCatalogWork(CatalogWork *work)
{
	AtEOXact_GUC(true, work->guc_level);
	RestoreRole(&work->role);
}

/* Members of an extension can't be dropped without it. */
static void
LeaveExtension(Oid class_id, Oid object_id)
{
	deleteDependencyRecordsForClass(class_id, object_id, ExtensionRelationId, DEPENDENCY_EXTENSION);
}

void
AddToExtension(Oid class_id, Oid object_id)
{
	ObjectAddress object;
	ObjectAddress extension;

	ObjectAddressSet(object, class_id, object_id);
	ObjectAddressSet(extension, ExtensionRelationId, get_extension_oid("distshard", false));
	recordDependencyOn(&object, &extension, DEPENDENCY_EXTENSION);
}

/* A name cut to the length that PostgreSQL allows, and still unlike those of others. */
static char *
ClipName(const char *prefix, const char *name, const char *suffix)
{
	int room = NAMEDATALEN - 1 - (int) (strlen(prefix) + strlen(suffix));

	if ((int) strlen(name) <= room)
		return psprintf("%s%s%s", prefix, name, suffix);
	return psprintf("%s%.*s_%08x%s", prefix, pg_mbcliplen(name, strlen(name), room - 9), name,
					hash_bytes((const unsigned char *) name, strlen(name)), suffix);
}

/* The schema of the data tables of the logical tables in a schema. */
char *
DataSchemaName(const char *schema)
{
	return ClipName("distshard_", schema, "");
}

/*
 * Everybody may look up names in the schema, since fragments run as the role of
 * the user's session; nobody is granted anything on what is in there.
 */
static void
GrantUsage(char *schema)
{
	GrantStmt  *grant = makeNode(GrantStmt);
	AccessPriv *usage = makeNode(AccessPriv);
	RoleSpec   *everybody = makeNode(RoleSpec);

	usage->priv_name = "usage";
	everybody->roletype = ROLESPEC_PUBLIC;
	grant->is_grant = true;
	grant->targtype = ACL_TARGET_OBJECT;
	grant->objtype = OBJECT_SCHEMA;
	grant->objects = list_make1(makeString(schema));
	grant->privileges = list_make1(usage);
	grant->grantees = list_make1(everybody);
	ExecuteGrantStmt(grant);
}

/* Returns the schema for the data table of a logical table, made if need be. */
Oid
DataSchema(Relation logical)
{
	char *name = DataSchemaName(get_namespace_name(RelationGetNamespace(logical)));
	Oid   schema = get_namespace_oid(name, true);

	if (OidIsValid(schema) &&
		getExtensionOfObject(NamespaceRelationId, schema) != get_extension_oid("distshard", false))
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_SCHEMA), errmsg("schema \"%s\" is in the way", name),
				 errdetail("distshard keeps the rows of distributed tables in a schema of "
						   "this name, but it exists and isn't distshard's."),
				 errhint("Rename that schema.")));
	if (OidIsValid(schema))
		return schema;

	schema = NamespaceCreate(name, BOOTSTRAP_SUPERUSERID, false);
	CommandCounterIncrement();
	AddToExtension(NamespaceRelationId, schema);
	GrantUsage(name);
	CommandCounterIncrement();
	recordExtObjInitPriv(schema, NamespaceRelationId); /* the grant isn't to be dumped either */
	return schema;
}

/* The logical table's columns, without what concerns the coordinator only: defaults and identity. */
static TupleDesc
DataColumns(Relation logical)
{
	TupleDesc from = RelationGetDescr(logical);
	TupleDesc columns = CreateTupleDescCopy(from);

	for (int i = 0; i < columns->natts; i++)
	{
		Form_pg_attribute column = TupleDescAttr(columns, i);

		column->attnotnull = TupleDescAttr(from, i)->attnotnull;
		column->attgenerated = TupleDescAttr(from, i)->attgenerated;
		column->attislocal = true;
		column->attinhcount = 0;
	}
	return columns;
}

static CookedConstraint *
MakeCooked(ConstrType type, char *name, AttrNumber attnum, const char *expression)
{
	CookedConstraint *cooked = palloc0(sizeof(CookedConstraint));

	cooked->contype = type;
	cooked->name = name;
	cooked->attnum = attnum;
	cooked->expr = stringToNode(expression);
	cooked->is_local = true;
	return cooked;
}

/*
 * Generation expressions and the check constraints that all rows are known to
 * satisfy, as the catalogs have them: attribute numbers are the same.
 */
static List *
DataExpressions(Relation logical)
{
	TupleConstr *constr = RelationGetDescr(logical)->constr;
	List        *expressions = NIL;

	if (constr == NULL)
		return NIL;
	for (int i = 0; i < constr->num_defval; i++)
	{
		AttrDefault *def = &constr->defval[i];

		if (TupleDescAttr(RelationGetDescr(logical), def->adnum - 1)->attgenerated)
			expressions =
				lappend(expressions, MakeCooked(CONSTR_DEFAULT, NULL, def->adnum, def->adbin));
	}
	for (int i = 0; i < constr->num_check; i++)
	{
		ConstrCheck *check = &constr->check[i];

		if (check->ccvalid)
			expressions =
				lappend(expressions, MakeCooked(CONSTR_CHECK, check->ccname, 0, check->ccbin));
	}
	return expressions;
}

/* The storage parameters of a table, or NULL. */
static Datum
StorageOptions(Oid relid)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	Datum     options;
	bool      isnull;

	if (!HeapTupleIsValid(tuple))
		return (Datum) 0;
	options = SysCacheGetAttr(RELOID, tuple, Anum_pg_class_reloptions, &isnull);
	options = isnull ? (Datum) 0 : datumCopy(options, false, -1);
	ReleaseSysCache(tuple);
	return options;
}

static void
AlterColumn(Oid relid, AlterTableType subtype, char *column, Node *def)
{
	AlterTableCmd *command = makeNode(AlterTableCmd);

	command->subtype = subtype;
	command->name = column;
	command->def = def;
	AlterDataTable(relid, command);
}

/* Options of a column that a user set: minor releases such as 15.20 keep something of their own there. */
static List *
UserOptions(Oid relid, AttrNumber attnum)
{
	List     *options = untransformRelOptions(get_attoptions(relid, attnum));
	ListCell *lc;

	foreach (lc, options)
	{
		if (strcmp(lfirst_node(DefElem, lc)->defname, "pg_attver") == 0)
			options = foreach_delete_current (options, lc);
	}
	return options;
}

/* ALTER COLUMN .. SET STATISTICS and SET (n_distinct = ..) as on the logical table. */
static void
CopyColumnSettings(Relation logical, Oid relid)
{
	for (int i = 0; i < RelationGetNumberOfAttributes(logical); i++)
	{
		Form_pg_attribute column = TupleDescAttr(RelationGetDescr(logical), i);
		List             *options;

		if (column->attisdropped)
			continue;
		options = UserOptions(RelationGetRelid(logical), column->attnum);
		if (options != NIL)
			AlterColumn(relid, AT_SetOptions, NameStr(column->attname), (Node *) options);
		if (column->attstattarget >= 0)
			AlterColumn(relid, AT_SetStatistics, NameStr(column->attname),
						(Node *) makeInteger(column->attstattarget));
	}
}

/* Makes a table like the logical one. Storage options have no meaning for a partitioned table. */
static Oid
CreateLike(Relation logical, const char *name, char relkind)
{
	Form_pg_class form = logical->rd_rel;
	bool          stored = relkind == RELKIND_RELATION;
	Oid           relid;

	relid = heap_create_with_catalog(
		name, DataSchema(logical), stored ? form->reltablespace : InvalidOid, InvalidOid,
		InvalidOid, InvalidOid, form->relowner, stored ? form->relam : InvalidOid,
		DataColumns(logical), DataExpressions(logical), relkind, form->relpersistence, false, false,
		ONCOMMIT_NOOP, stored ? StorageOptions(RelationGetRelid(logical)) : (Datum) 0, false, true,
		true, InvalidOid, NULL);
	CommandCounterIncrement();
	if (stored)
		NewRelationCreateToastTable(relid, StorageOptions(form->reltoastrelid));
	AddToExtension(RelationRelationId, relid);
	CommandCounterIncrement();
	CopyColumnSettings(logical, relid);
	return relid;
}

/* PARTITION BY HASH (key). */
static void
SetPartitionKey(Oid data_relid, AttrNumber key)
{
	Relation          data = table_open(data_relid, AccessExclusiveLock);
	Form_pg_attribute column = TupleDescAttr(RelationGetDescr(data), key - 1);
	Oid               opclass = KeyOpclass(column->atttypid);

	StorePartitionKey(data, PARTITION_STRATEGY_HASH, 1, &key, NIL, &opclass, &column->attcollation);
	table_close(data, NoLock);
	CommandCounterIncrement();
}

/*
 * A foreign key may be to another owner's table, and evaluates nothing that users wrote. A partition may be another
 * owner's, too.
 */
static bool
ConcernsOtherOwner(Oid relid, AlterTableCmd *command)
{
	if (command->subtype == AT_AttachPartition)
	{
		Oid partition = RangeVarGetRelid(castNode(PartitionCmd, command->def)->name, NoLock, false);

		return RelationOwner(partition) != RelationOwner(relid);
	}
	return command->subtype == AT_AddConstraint &&
		   castNode(Constraint, command->def)->contype == CONSTR_FOREIGN;
}

/*
 * AlterDataTable runs one ALTER TABLE command on a data table or shard, its
 * partitions included, or on a table that is to be distributed: as the table's owner, since check constraints and index
 * expressions are simplified on the way, by calling the owner's functions.
 */
void
AlterDataTable(Oid relid, AlterTableCmd *command)
{
	AlterTableStmt          *stmt = makeNode(AlterTableStmt);
	AlterTableUtilityContext context = {0};
	bool                     previous;
	Oid                      user;
	int                      security_context;
	int                      guc_level = NewGUCNestLevel();

	UseKeptSearchPath();
	stmt->relation =
		makeRangeVar(get_namespace_name(get_rel_namespace(relid)), get_rel_name(relid), -1);
	stmt->cmds = list_make1(command);
	stmt->objtype = OBJECT_TABLE;
	context.pstmt = makeNode(PlannedStmt);
	context.pstmt->commandType = CMD_UTILITY;
	context.pstmt->utilityStmt = (Node *) stmt;
	context.queryString = "";
	context.relid = relid;
	/* a new foreign key is checked by a query that names the tables */
	previous = EnterLocalFragment();
	GetUserIdAndSecContext(&user, &security_context);
	if (!ConcernsOtherOwner(relid, command))
		SetUserIdAndSecContext(RelationOwner(relid),
							   security_context | SECURITY_RESTRICTED_OPERATION);
	EventTriggerAlterTableStart((Node *) stmt);
	AlterTable(stmt, AccessExclusiveLock, &context);
	EventTriggerAlterTableEnd();
	SetUserIdAndSecContext(user, security_context);
	LeaveLocalFragment(previous);
	AtEOXact_GUC(true, guc_level);
	CommandCounterIncrement();
}

Oid
CreateShardTable(Relation logical, const Shard *shard)
{
	char *name =
		ClipName("", RelationGetRelationName(logical), psprintf("#" INT64_FORMAT, shard->shard_id));

	return CreateLike(logical, name, RELKIND_RELATION);
}

void
AttachShard(Oid data_relid, Oid shard_relid, const Shard *shard)
{
	PartitionCmd       *attach = makeNode(PartitionCmd);
	PartitionBoundSpec *bound = makeNode(PartitionBoundSpec);
	AlterTableCmd      *command = makeNode(AlterTableCmd);

	bound->strategy = PARTITION_STRATEGY_HASH;
	bound->modulus = (UINT64CONST(1) << 32) / ((uint64) shard->hash_max - shard->hash_min + 1);
	bound->remainder = HashRingPosition(shard->hash_min); /* bits reversed */
	attach->name = makeRangeVar(get_namespace_name(get_rel_namespace(shard_relid)),
								get_rel_name(shard_relid), -1);
	attach->bound = bound;
	command->subtype = AT_AttachPartition;
	command->def = (Node *) attach;
	AlterDataTable(data_relid, command);
}

static Oid
CreateRelations(Relation logical, int32 colocation_id, AttrNumber key)
{
	Oid         schema = MetadataSchema();
	const char *name = RelationGetRelationName(logical);
	Shard      *shards;
	int         nshards;
	Oid         data_relid;

	if (IsPartitioned(logical))
	{
		data_relid = CreateLike(logical, name, RELKIND_PARTITIONED_TABLE);
		CopyPartitioning(logical, data_relid);
		return data_relid;
	}
	if (ReadMethod(schema, colocation_id) != DIST_HASH)
		return CreateLike(logical, name, RELKIND_RELATION);

	data_relid = CreateLike(logical, name, RELKIND_PARTITIONED_TABLE);
	SetPartitionKey(data_relid, key);
	shards = ReadShards(schema, colocation_id, &nshards);
	for (int i = 0; i < nshards; i++)
	{
		if (shards[i].group_id == LocalGroupId())
			AttachShard(data_relid, CreateShardTable(logical, &shards[i]), &shards[i]);
	}
	return data_relid;
}

/*
 * CreateDataTable makes the data table and the shards of this node, empty, and
 * without what FinishDataTable adds. key is InvalidAttrNumber unless the
 * colocation's method is hash. The metadata catalog is left alone.
 */
Oid
CreateDataTable(Relation logical, int32 colocation_id, AttrNumber key)
{
	Oid        data_relid = CreateRelations(logical, colocation_id, key);
	DistTable *parent = DistParent(RelationGetRelid(logical));

	if (parent != NULL)
		AlterDataTable(parent->data_relid, AttachCommand(RelationGetRelid(logical), data_relid));
	return data_relid;
}

/*
 * The statistics objects of a data table or shard are members of the extension, so that pg_dump leaves
 * them out. They have to leave it before they can be dropped.
 */
static void
change_statistics(Oid relid, void (*change)(Oid class_id, Oid object_id))
{
	Relation  relation = table_open(relid, AccessShareLock);
	ListCell *lc;

	foreach (lc, RelationGetStatExtList(relation))
		change(StatisticExtRelationId, lfirst_oid(lc));
	table_close(relation, NoLock);
	CommandCounterIncrement();
}

void
StatisticsLeaveExtension(Oid relid)
{
	change_statistics(relid, LeaveExtension);
}

void
StatisticsJoinExtension(Oid relid)
{
	change_statistics(relid, AddToExtension);
}

/*
 * DropDataTable drops a data table and its shards. They first leave the
 * extension, which would have to be dropped with them otherwise.
 */
void
DropDataTable(Oid data_relid)
{
	ObjectAddress data;
	ListCell     *lc;

	if (!SearchSysCacheExists1(RELOID, ObjectIdGetDatum(data_relid)))
		return; /* it went down with the one that it was a partition of */
	LockRelationOid(data_relid, AccessExclusiveLock);
	foreach (lc, find_all_inheritors(data_relid, AccessExclusiveLock, NULL))
	{
		StatisticsLeaveExtension(lfirst_oid(lc));
		LeaveExtension(RelationRelationId, lfirst_oid(lc));
	}
	CommandCounterIncrement();
	ObjectAddressSet(data, RelationRelationId, data_relid);
	performDeletion(&data, DROP_CASCADE, PERFORM_DELETION_INTERNAL | PERFORM_DELETION_QUIETLY);
	CommandCounterIncrement();
}

/* Runs a statement on the metadata catalog of this node, in EnterCatalogWork. */
static void
ChangeCatalog(const char *sql, int nargs, Oid *types, Datum *values, const char *nulls)
{
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	if (SPI_execute_with_args(sql, nargs, types, values, nulls, false, 0) < 0)
		elog(ERROR, "SPI_execute_with_args failed");
	SPI_finish();
}

/* Enters a table into distshard.distributed_table: from here on it is distributed. */
void
RegisterDataTable(Oid relid, Oid data_relid, int32 colocation_id, AttrNumber key)
{
	Oid   types[] = {REGCLASSOID, REGCLASSOID, INT4OID, INT2OID};
	Datum values[] = {ObjectIdGetDatum(relid), ObjectIdGetDatum(data_relid),
					  Int32GetDatum(colocation_id), Int16GetDatum(key)};

	ChangeCatalog("INSERT INTO distshard.distributed_table VALUES ($1, $2, $3, $4)", 4, types,
				  values, AttributeNumberIsValid(key) ? "    " : "   n");
}

void
UnregisterDataTable(Oid relid)
{
	Oid   types[] = {REGCLASSOID};
	Datum values[] = {ObjectIdGetDatum(relid)};

	ChangeCatalog("DELETE FROM distshard.distributed_table WHERE logical_table = $1", 1, types,
				  values, NULL);
}
