/*-------------------------------------------------------------------------
 *
 * distribute.c
 *	  create_distributed_table(), create_reference_table(), undistribute_table().
 *
 * The order of things: lock the logical table, lock the metadata catalog on all
 * nodes, check, make the data tables, move the rows, enter the table into the
 * catalog, and build indexes and keys on the rows. All of it in the transaction
 * of the caller, on all nodes.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "access/xact.h"
#include "catalog/metadata.h"
#include "catalog/namespace.h"
#include "commands/tablecmds.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "placement/cluster_change.h"
#include "placement/data_table.h"
#include "placement/distribute.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/varlena.h"

PG_FUNCTION_INFO_V1(distshard_create_distributed_table);
PG_FUNCTION_INFO_V1(distshard_create_reference_table);
PG_FUNCTION_INFO_V1(distshard_undistribute_table);
PG_FUNCTION_INFO_V1(distshard_create_data_table);
PG_FUNCTION_INFO_V1(distshard_finish_data_table);

/* The table that colocate_with names. */
static DistTable *
TableToJoin(text *name)
{
	RangeVar  *range = makeRangeVarFromNameList(textToQualifiedNameList(name));
	Oid        relid = RangeVarGetRelid(range, AccessShareLock, false);
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

/* Moves the rows into a new data table of the colocation, and makes that the table's. */
static void
Distribute(Relation logical, int32 colocation_id, AttrNumber key)
{
	Oid relid = RelationGetRelid(logical);
	Oid data_relid = CreateDataTable(logical, colocation_id, key);

	FillDataTable(logical, data_relid);
	EmptyTable(logical);
	RegisterDataTable(relid, data_relid, colocation_id, key);
	FinishDataTable(LookupDistTable(relid));
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
	DistTable  *other = NULL;
	AttrNumber  key = InvalidAttrNumber;
	int32       colocation_id;
	Relation    logical;
	CatalogWork work;

	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("table_name must not be null")));
	if (!PG_ARGISNULL(2))
		CheckShardCount(shard_count);
	logical = table_open(relid, AccessExclusiveLock);
	CheckDistributable(logical);
	if (company != NULL && !own)
		other = TableToJoin(company);
	if (single && shard_count > 1)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("a table without a shard key has one shard")));
	if (!single)
	{
		key = CheckShardKey(logical, text_to_cstring(PG_GETARG_TEXT_PP(1)));
		CheckUniqueKeys(logical, key);
	}

	EnterCatalogWork(&work);
	LockMetadata();
	if (other != NULL)
	{
		CheckJoin(logical, key, shard_count, other);
		colocation_id = other->colocation_id;
	}
	else if (single)
		colocation_id = SingleColocation();
	else
		colocation_id =
			HashColocation(logical, key, shard_count ? shard_count : DefaultShardCount, own);
	CheckForeignKeys(logical, single ? DIST_SINGLE : DIST_HASH, colocation_id, key);
	Distribute(logical, colocation_id, key);
	LeaveCatalogWork(&work);
	table_close(logical, NoLock);
	PG_RETURN_VOID();
}

/* create_reference_table(table_name regclass) */
Datum
distshard_create_reference_table(PG_FUNCTION_ARGS)
{
	Relation    logical = table_open(PG_GETARG_OID(0), AccessExclusiveLock);
	int32       colocation_id;
	CatalogWork work;

	CheckDistributable(logical);
	EnterCatalogWork(&work);
	LockMetadata();
	colocation_id = ReferenceColocation();
	CheckForeignKeys(logical, DIST_REFERENCE, colocation_id, InvalidAttrNumber);
	Distribute(logical, colocation_id, InvalidAttrNumber);
	LeaveCatalogWork(&work);
	table_close(logical, NoLock);
	PG_RETURN_VOID();
}

/* undistribute_table(table_name regclass) */
Datum
distshard_undistribute_table(PG_FUNCTION_ARGS)
{
	Oid         relid = PG_GETARG_OID(0);
	Relation    logical = table_open(relid, AccessExclusiveLock);
	DistTable  *table;
	CatalogWork work;

	if (!pg_class_ownercheck(relid, GetUserId()))
		aclcheck_error(ACLCHECK_NOT_OWNER, get_relkind_objtype(logical->rd_rel->relkind),
					   RelationGetRelationName(logical));
	EnterCatalogWork(&work);
	LockMetadata();
	table = LookupDistTable(relid);
	if (table == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("table \"%s\" is not distributed", RelationGetRelationName(logical))));
	CheckTableNotInUse(logical, "undistribute_table");
	CheckForeignKeysAtCommit(relid);
	UnregisterDataTable(relid);
	FillLogicalTable(logical, table->data_relid);
	DropDataTable(table->data_relid);
	DropEmptyColocation(table->colocation_id);
	LeaveCatalogWork(&work);
	table_close(logical, NoLock);
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
	AttrNumber  key = InvalidAttrNumber;
	Relation    logical = table_open(relid, AccessExclusiveLock);
	CatalogWork work;

	if (!PG_ARGISNULL(2))
		key = CheckShardKey(logical, NameStr(*PG_GETARG_NAME(2)));
	EnterCatalogWork(&work);
	RegisterDataTable(relid, CreateDataTable(logical, colocation_id, key), colocation_id, key);
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
