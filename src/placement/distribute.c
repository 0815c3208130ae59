/*-------------------------------------------------------------------------
 *
 * distribute.c
 *	  create_distributed_table(), create_reference_table(), undistribute_table().
 *
 * The order of things: lock the metadata catalog and the logical table, check,
 * make the tables on the other nodes, make the data tables, move the rows, and
 * build indexes and keys on them. All of it in the transaction
 * of the caller, on all nodes.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/relation.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/dependency.h"
#include "catalog/key_type.h"
#include "catalog/metadata.h"
#include "catalog/namespace.h"
#include "catalog/partition.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "commands/tablecmds.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "placement/cluster_change.h"
#include "placement/data_table.h"
#include "placement/distribute.h"
#include "placement/partition_tree.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/varlena.h"

PG_FUNCTION_INFO_V1(distshard_create_distributed_table);
PG_FUNCTION_INFO_V1(distshard_create_reference_table);
PG_FUNCTION_INFO_V1(distshard_undistribute_table);
PG_FUNCTION_INFO_V1(distshard_create_data_table);
PG_FUNCTION_INFO_V1(distshard_finish_data_table);
PG_FUNCTION_INFO_V1(distshard_drop_distributed_table);

/* The table that colocate_with names, found by the user's search path. */
static Oid
TableToJoin(text *name)
{
	return RangeVarGetRelid(makeRangeVarFromNameList(textToQualifiedNameList(name)),
							AccessShareLock, false);
}

static DistTable *
LookupToJoin(Oid relid)
{
	DistTable *table = LookupDistTable(relid);

	if (table == NULL || table->method == DIST_REFERENCE)
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
						errmsg("cannot co-locate with \"%s\": it %s", get_rel_name(relid),
							   table ? "is a reference table" : "is not distributed"),
						errhint("Name a distributed table, or 'none'.")));
	return table;
}

/* Can a table with this key (or none) be cut like the other one? */
static void
CheckJoin(Relation logical, AttrNumber key, int shard_count, DistTable *other)
{
	Form_pg_attribute column;

	if ((other->method == DIST_SINGLE) != (key == InvalidAttrNumber))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("cannot co-locate with \"%s\": %s", get_rel_name(other->relid),
						key == InvalidAttrNumber ? "it has a shard key" : "it has no shard key")));
	if (shard_count > 0 && shard_count != other->nshards)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("cannot co-locate with \"%s\": it has %d shards",
							   get_rel_name(other->relid), other->nshards),
						errhint("Leave out shard_count, or don't use colocate_with.")));
	if (key == InvalidAttrNumber)
		return;
	column = TupleDescAttr(RelationGetDescr(logical), key - 1);
	if (HashedType(column->atttypid) != HashedType(other->key_type) ||
		column->attcollation != other->key_collation)
		ereport(
			ERROR,
			(errcode(ERRCODE_DATATYPE_MISMATCH),
			 errmsg("cannot co-locate with \"%s\": the shard keys are of different types",
					get_rel_name(other->relid)),
			 errdetail("Column \"%s\" is of type %s, the other key is of type %s%s.",
					   NameStr(column->attname), format_type_be(column->atttypid),
					   format_type_be(other->key_type),
					   column->attcollation == other->key_collation ? ""
																	: ", with another collation")));
}

static void
CheckShardCount(int shard_count)
{
	if (shard_count < 1 || shard_count > MAX_SHARD_COUNT)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("shard_count must be between 1 and %d", MAX_SHARD_COUNT)));
}

static char *
NameOf(Oid relid)
{
	return quote_literal_cstr(quote_qualified_identifier(
		get_namespace_name(get_rel_namespace(relid)), get_rel_name(relid)));
}

/* An array of the relations, as SQL. */
static char *
ArrayOf(List *relids)
{
	StringInfoData array;
	ListCell      *lc;

	initStringInfo(&array);
	appendStringInfoString(&array, "ARRAY[");
	foreach (lc, relids)
		appendStringInfo(&array, "%s%s", lc == list_head(relids) ? "" : ", ",
						 NameOf(lfirst_oid(lc)));
	appendStringInfoString(&array, "]::pg_catalog.regclass[]");
	return array.data;
}

/* Makes the relations on the other nodes, without the notices about what is there already. */
static void
Recreate(const char *relations)
{
	List *commands =
		RunHere(psprintf("SELECT distshard.recreate_commands(relations, distshard.other_nodes()) "
						 "FROM (VALUES (%s)) v (relations) WHERE relations <> '{}'",
						 relations));

	if (commands == NIL)
		return;
	commands = lcons("SET LOCAL client_min_messages = warning", commands);
	commands = lappend(commands, psprintf("SET LOCAL client_min_messages = %s",
										  GetConfigOption("client_min_messages", false, false)));
	RunOnOtherNodesAsOwner(commands);
}

/* Limits the sequences of the table to this node's share of their values. */
void
ShareSequences(Oid relid)
{
	ListCell *lc;

	foreach (lc, RunHere(psprintf("SELECT distshard.table_sequence_commands(%s)", NameOf(relid))))
	{
		if (lfirst(lc) != NULL)
			RunHere(lfirst(lc));
	}
}

/*
 * Makes the logical tables on the other nodes. While the tables here still hold
 * their rows: these tell which values of sequences have been given out.
 */
static void
RecreateElsewhere(List *relids)
{
	ListCell *lc;

	if (!HaveOtherNodes())
		return;
	Recreate(ArrayOf(relids));
	foreach (lc, relids)
		ShareSequences(lfirst_oid(lc));
}

/* Makes the table's data table on this node and registers it. */
static void
AddDataTable(Relation logical, int32 colocation_id, const char *key)
{
	AttrNumber attno = key ? CheckShardKey(logical, key) : InvalidAttrNumber;

	CheckUnpublished(logical);
	RegisterDataTable(RelationGetRelid(logical), CreateDataTable(logical, colocation_id, attno),
					  colocation_id, attno);
}

static void
MoveRowsToShards(Relation logical, CatalogWork *work)
{
	if (IsPartitioned(logical))
		return;

	/* Code of the owner's runs when rows are stored, under the user's search path. */
	LeaveCatalogWork(work);
	SpreadRows(logical, LookupDistTable(RelationGetRelid(logical)));
	EnterCatalogWork(work);
	EmptyTable(logical);
}

/*
 * Moves the rows of the table, and of its partitions or children, into new data
 * tables of the colocation. Views that read it belong on every node from now on.
 */
static void
Distribute(Oid relid, int32 colocation_id, const char *key, CatalogWork *work)
{
	List     *relids = find_all_inheritors(relid, AccessExclusiveLock, NULL);
	List     *tables = NIL;
	ListCell *lc;

	RecreateElsewhere(relids);
	foreach (lc, relids)
	{
		tables = lappend(tables, table_open(lfirst_oid(lc), NoLock));
		AddDataTable(llast(tables), colocation_id, key);
		RunElsewhere(psprintf("SELECT distshard.create_data_table(%s, %d, %s)",
							  NameOf(lfirst_oid(lc)), colocation_id,
							  key ? quote_literal_cstr(key) : "NULL"));
	}
	foreach (lc, tables)
		MoveRowsToShards(lfirst(lc), work);
	foreach (lc, relids)
	{
		FinishDataTable(LookupDistTable(lfirst_oid(lc)));
		RunElsewhere(psprintf("SELECT distshard.finish_data_table(%s)", NameOf(lfirst_oid(lc))));
	}
	if (HaveOtherNodes())
		Recreate(psprintf("distshard.shared_views(%s)", ArrayOf(relids)));
	foreach (lc, tables)
		table_close(lfirst(lc), NoLock);
}

/* Locks the metadata and the table, in that order, and checks the table. */
static Relation
OpenForDistribution(Oid relid, CatalogWork *work)
{
	Relation logical;

	CheckOwner(relid);
	EnterCatalogWork(work);
	LockMetadata();
	logical = table_open(relid, AccessExclusiveLock);
	CheckDistributable(logical);
	if (logical->rd_rel->relispartition)
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
						errmsg("cannot distribute \"%s\": it is a partition",
							   RelationGetRelationName(logical)),
						errhint("Distribute \"%s\", of which it is a partition.",
								get_rel_name(llast_oid(get_partition_ancestors(relid))))));
	return logical;
}

/* A tree becomes distributed, or is no longer so, as a whole: none of it may inherit from what stays as it is. */
static void
CheckWholeTree(List *tree, bool distributed)
{
	ListCell *lc;
	ListCell *lc2;

	foreach (lc, tree)
	{
		foreach (lc2, InheritsFrom(lfirst_oid(lc)))
		{
			Oid parent = lfirst_oid(lc2);

			if (!list_member_oid(tree, parent) && (LookupDistTable(parent) != NULL) == distributed)
				ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
								errmsg("cannot %s \"%s\": it inherits from \"%s\"",
									   distributed ? "undistribute" : "distribute",
									   get_rel_name(lfirst_oid(lc)), get_rel_name(parent)),
								errhint("Name the table at the top of the tree. Where there are "
										"several, use ALTER TABLE .. NO INHERIT first, and INHERIT "
										"afterwards.")));
		}
	}
}

/* Can all tables of the tree be cut by the key, and referenced and reference as they do? */
static void
CheckTree(Oid relid, DistMethod method, int32 colocation_id, const char *key)
{
	List     *tree = find_all_inheritors(relid, AccessExclusiveLock, NULL);
	ListCell *lc;

	CheckWholeTree(tree, false);
	foreach (lc, tree)
	{
		Relation   logical = table_open(lfirst_oid(lc), NoLock);
		AttrNumber attno = key ? CheckShardKey(logical, key) : InvalidAttrNumber;

		if (lfirst_oid(lc) != relid)
			CheckDistributable(logical);
		if (key != NULL)
			CheckUniqueKeys(logical, attno);
		CheckForeignKeys(logical, method, colocation_id, attno);
		table_close(logical, NoLock);
	}
}

/* The name of the column by which the parent, and so its partitions, are cut; NULL: one shard each. */
static const char *
KeyOfParent(DistTable *parent)
{
	return parent->method == DIST_HASH ? get_attname(parent->relid, parent->key_attno, false)
									   : NULL;
}

/* Distributes a table, and its partitions or children, that is to be a partition or child of a distributed one. */
void
DistributePartition(Oid relid, DistTable *parent)
{
	const char *key = KeyOfParent(parent);
	CatalogWork work;
	Relation    logical = OpenForDistribution(relid, &work);

	CheckTree(relid, parent->method, parent->colocation_id, key);
	if (key != NULL)
		CheckJoin(logical, CheckShardKey(logical, key), 0, parent);
	Distribute(relid, parent->colocation_id, key, &work);
	LeaveCatalogWork(&work);
	table_close(logical, NoLock);
}

/* Makes the data table of a new, empty partition or child. Every node does so by itself. */
void
AddPartition(Oid relid, DistTable *parent)
{
	const char *key = KeyOfParent(parent);
	CatalogWork work;
	Relation    logical = table_open(relid, AccessExclusiveLock);

	EnterCatalogWork(&work);
	CheckDistributable(logical);
	CheckTree(relid, parent->method, parent->colocation_id, key);
	AddDataTable(logical, parent->colocation_id, key);
	FinishDataTable(LookupDistTable(relid));
	LeaveCatalogWork(&work);
	table_close(logical, NoLock);
}

/* create_distributed_table(table_name regclass, key text, shard_count int, colocate_with text) */
Datum
distshard_create_distributed_table(PG_FUNCTION_ARGS)
{
	Oid         relid = PG_ARGISNULL(0) ? InvalidOid : PG_GETARG_OID(0);
	bool        single = PG_ARGISNULL(1);
	int         shard_count = PG_ARGISNULL(2) ? 0 : PG_GETARG_INT32(2);
	text       *company = PG_ARGISNULL(3) ? NULL : PG_GETARG_TEXT_PP(3);
	bool        own = company != NULL && strcmp(text_to_cstring(company), "none") == 0;
	Oid         other_relid = InvalidOid;
	AttrNumber  key = InvalidAttrNumber;
	char       *key_name = single ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(1));
	int32       colocation_id;
	Relation    logical;
	CatalogWork work;

	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("table_name must not be null")));
	if (!PG_ARGISNULL(2))
		CheckShardCount(shard_count);
	if (company != NULL && !own)
		other_relid = TableToJoin(company);
	logical = TakeOutForeignKeys(OpenForDistribution(relid, &work));
	if (single && shard_count > 1)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("a table without a shard key has one shard")));
	if (!single)
		key = CheckShardKey(logical, key_name);

	if (OidIsValid(other_relid))
	{
		DistTable *other = LookupToJoin(other_relid);

		CheckJoin(logical, key, shard_count, other);
		colocation_id = other->colocation_id;
	}
	else if (single)
		colocation_id = SingleColocation();
	else
		colocation_id =
			HashColocation(logical, key, shard_count ? shard_count : DefaultShardCount, own);
	CheckTree(relid, single ? DIST_SINGLE : DIST_HASH, colocation_id, key_name);
	Distribute(relid, colocation_id, key_name, &work);
	LeaveCatalogWork(&work);
	table_close(logical, NoLock);
	AddHeldForeignKeys();
	PG_RETURN_VOID();
}

/* create_reference_table(table_name regclass) */
Datum
distshard_create_reference_table(PG_FUNCTION_ARGS)
{
	int32       colocation_id;
	CatalogWork work;
	Relation    logical = TakeOutForeignKeys(OpenForDistribution(PG_GETARG_OID(0), &work));

	colocation_id = ReferenceColocation();
	CheckTree(PG_GETARG_OID(0), DIST_REFERENCE, colocation_id, NULL);
	Distribute(PG_GETARG_OID(0), colocation_id, NULL, &work);
	LeaveCatalogWork(&work);
	table_close(logical, NoLock);
	AddHeldForeignKeys();
	PG_RETURN_VOID();
}

/* Rows of a snapshot older than the locks would be missed on other nodes. */
static void
RefuseOldSnapshot(void)
{
	if (IsolationUsesXactSnapshot() && HaveOtherNodes())
		ereport(ERROR, (errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
						errmsg("undistribute_table() must run in a transaction of isolation level "
							   "READ COMMITTED")));
}

/* Makes one table of the tree an ordinary one, with its rows. Its data table is no longer needed. */
static void
TakeRowsBack(Relation logical)
{
	Oid        relid = RelationGetRelid(logical);
	DistTable *table = LookupDistTable(relid);

	CheckTableNotInUse(logical, "undistribute_table");
	CheckForeignKeysAtCommit(relid);
	UnregisterDataTable(relid);
	WatchReferencedBy(relid);
	if (!table->is_parent)
		FillLogicalTable(logical, table);
}

/* undistribute_table(table_name regclass) */
Datum
distshard_undistribute_table(PG_FUNCTION_ARGS)
{
	Oid         relid = PG_GETARG_OID(0);
	Relation    logical;
	DistTable  *table;
	List       *tree;
	List       *data_relids = NIL;
	CatalogWork work;
	ListCell   *lc;

	CheckOwner(relid);
	RefuseOldSnapshot();
	EnterCatalogWork(&work);
	LockMetadata();
	if (LookupDistTable(relid) != NULL)
		LockTableEverywhere(relid);
	logical = relation_open(relid, AccessExclusiveLock);
	table = LookupDistTable(relid);
	if (table == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("table \"%s\" is not distributed", RelationGetRelationName(logical))));
	if (logical->rd_rel->relispartition)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("table \"%s\" is a partition of a distributed table",
							   RelationGetRelationName(logical)),
						errhint("Undistribute \"%s\", or detach the partition first.",
								get_rel_name(llast_oid(get_partition_ancestors(relid))))));
	tree = find_all_inheritors(relid, AccessExclusiveLock, NULL);
	CheckWholeTree(tree, true);
	relation_close(logical, NoLock);
	RunElsewhere(psprintf("SELECT distshard.refuse_dependents(%s)", ArrayOf(tree)));
	foreach (lc, tree)
	{
		logical = table_open(lfirst_oid(lc), NoLock);
		data_relids = lappend_oid(data_relids, LookupDistTable(lfirst_oid(lc))->data_relid);
		TakeRowsBack(logical);
		table_close(logical, NoLock);
	}
	foreach (lc, data_relids)
		DropDataTable(lfirst_oid(lc));
	RunElsewhere(psprintf("SELECT distshard.drop_distributed_table(%s)", NameOf(relid)));
	DropEmptyColocation(table->colocation_id);
	LeaveCatalogWork(&work);
	PG_RETURN_VOID();
}

/*
 * distshard.create_data_table(logical regclass, colocation_id int, key name): what
 * the node that distributes a table has the others do. Superuser only.
 */
Datum
distshard_create_data_table(PG_FUNCTION_ARGS)
{
	Oid         relid = PG_GETARG_OID(0);
	int32       colocation_id = PG_GETARG_INT32(1);
	Relation    logical = table_open(relid, AccessExclusiveLock);
	CatalogWork work;

	EnterCatalogWork(&work);
	AddDataTable(logical, colocation_id, PG_ARGISNULL(2) ? NULL : NameStr(*PG_GETARG_NAME(2)));
	LeaveCatalogWork(&work);
	table_close(logical, NoLock);
	PG_RETURN_VOID();
}

/* distshard.finish_data_table(logical regclass): ..., when the rows are in. Superuser only. */
Datum
distshard_finish_data_table(PG_FUNCTION_ARGS)
{
	CatalogWork work;

	EnterCatalogWork(&work);
	LockRelationOid(PG_GETARG_OID(0), AccessExclusiveLock);
	FinishDataTable(LookupDistTable(PG_GETARG_OID(0)));
	LeaveCatalogWork(&work);
	PG_RETURN_VOID();
}

/*
 * distshard.drop_distributed_table(logical regclass): the table is becoming an ordinary
 * one of another node. Superuser only.
 */
Datum
distshard_drop_distributed_table(PG_FUNCTION_ARGS)
{
	Oid           relid = PG_GETARG_OID(0);
	List         *data_relids = NIL;
	ObjectAddress logical;
	CatalogWork   work;
	ListCell     *lc;

	EnterCatalogWork(&work);
	CheckUnreferenced(relid);
	foreach (lc, find_all_inheritors(relid, AccessExclusiveLock, NULL))
	{
		data_relids = lappend_oid(data_relids, LookupDistTable(lfirst_oid(lc))->data_relid);
		UnregisterDataTable(lfirst_oid(lc));
	}
	foreach (lc, data_relids)
		DropDataTable(lfirst_oid(lc));
	ObjectAddressSet(logical, RelationRelationId, relid);
	performDeletion(&logical, DROP_CASCADE, PERFORM_DELETION_INTERNAL | PERFORM_DELETION_QUIETLY);
	LeaveCatalogWork(&work);
	PG_RETURN_VOID();
}
