/*-------------------------------------------------------------------------
 *
 * index.c
 *	  CREATE INDEX and REINDEX on distributed tables.
 *
 * The data table's index is called like the user's; that of a shard has the
 * shard's number after it. It is made from the definition in the catalogs,
 * once the logical table has the index.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/reloptions.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/index.h"
#include "catalog/shard_names.h"
#include "catalog/namespace.h"
#include "catalog/partition.h"
#include "catalog/pg_class.h"
#include "commands/defrem.h"
#include "ddl/ddl.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "placement/data_table.h"
#include "storage/lmgr.h"
#include "tcop/utility.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/ruleutils.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

/* LeafIndex returns the part of an index that belongs to a leaf of the index's table. */
Oid
LeafIndex(Oid index, Oid leaf)
{
	Relation  rel;
	Oid       result = InvalidOid;
	ListCell *lc;

	if (get_rel_relkind(index) != RELKIND_PARTITIONED_INDEX)
		return index;
	rel = RelationIdGetRelation(leaf);
	foreach (lc, RelationGetIndexList(rel))
	{
		if (get_rel_relispartition(lfirst_oid(lc)) &&
			list_member_oid(get_partition_ancestors(lfirst_oid(lc)), index))
			result = lfirst_oid(lc);
	}
	RelationClose(rel);
	return result;
}

/*
 * ShardIndex returns the shard's index that corresponds to the user's. That of an
 * exclusion constraint is no part of one of the data table: a partitioned table
 * can't have it.
 */
Oid
ShardIndex(const DistTable *table, Oid index, Oid shard)
{
	Oid data_index = DataIndex(table, index);

	if (OidIsValid(data_index))
		return LeafIndex(data_index, shard);
	return get_relname_relid(ShardObjectName(get_rel_name(index), shard), get_rel_namespace(shard));
}

/* ShardIndexes returns all of this node's indexes on shards that correspond to the user's, which must be on all. */
List *
ShardIndexes(const DistTable *table, Oid index)
{
	List     *indexes = NIL;
	ListCell *lc;

	CheckIndexesValid(table);
	foreach (lc, DataLeaves(table))
		indexes = lappend_oid(indexes, ShardIndex(table, index, lfirst_oid(lc)));
	return indexes;
}

/*
 * PostgreSQL takes an index for valid once it has rebuilt it. That of the logical table is rebuilt where shards may lack
 * theirs.
 */
void
CheckIndexesValid(const DistTable *table)
{
	Relation  logical = table_open(table->relid, AccessShareLock);
	ListCell *lc;

	foreach (lc, RelationGetIndexList(logical))
	{
		if (!get_index_isvalid(lfirst_oid(lc)))
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("index \"%s\" is not valid", get_rel_name(lfirst_oid(lc))),
					 errdetail("CREATE INDEX CONCURRENTLY has not built it on all shards."),
					 errhint("Drop it with DROP INDEX IF EXISTS %s, unless it is being built.",
							 quote_identifier(get_rel_name(lfirst_oid(lc))))));
	}
	table_close(logical, AccessShareLock);
}

/* The storage parameters of an index as a list for ALTER INDEX .. SET. */
static List *
IndexOptions(Oid index)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(index));
	bool      isnull;
	Datum     options = SysCacheGetAttr(RELOID, tuple, Anum_pg_class_reloptions, &isnull);
	List     *list = isnull ? NIL : untransformRelOptions(options);

	ReleaseSysCache(tuple);
	return list;
}

static void
ChangeIndexOptions(Utility *utility, Oid index, AlterTableType subtype, List *options)
{
	AlterTableCmd *cmd = makeNode(AlterTableCmd);
	ListCell      *lc;

	if (options == NIL)
		return;
	cmd->subtype = subtype;
	cmd->def = (Node *) options;
	foreach (lc, subtype == AT_ResetRelOptions ? options : NIL)
		lfirst_node(DefElem, lc)->arg = NULL;
	AlterData(utility, index, list_make1(cmd));
}

/*
 * RestoreIndexOptions gives the shards' indexes the storage parameters of the
 * user's again: a column's new type makes them anew from those that the data
 * table's index was created with.
 */
void
RestoreIndexOptions(Utility *utility, const DistTable *table)
{
	Relation  logical = table_open(table->relid, NoLock);
	ListCell *lc;
	ListCell *lc2;

	foreach (lc, RelationGetIndexList(logical))
	{
		Oid   data_index = DataIndex(table, lfirst_oid(lc));
		List *shards = NIL;

		if (get_rel_relkind(data_index) == RELKIND_PARTITIONED_INDEX)
			shards = ShardIndexes(table, lfirst_oid(lc));
		foreach (lc2, shards)
		{
			ChangeIndexOptions(utility, lfirst_oid(lc2), AT_ResetRelOptions,
							   IndexOptions(lfirst_oid(lc2)));
			ChangeIndexOptions(utility, lfirst_oid(lc2), AT_SetRelOptions,
							   IndexOptions(lfirst_oid(lc)));
		}
	}
	table_close(logical, NoLock);
}

/* The definition of the user's index as a statement that creates it on the data table. */
static IndexStmt *
DataIndexStatement(const DistTable *table, Oid index, bool inh)
{
	IndexStmt *stmt = castNode(IndexStmt, ParseStatement(pg_get_indexdef_string(index)));

	stmt->relation = NameOfRelation(table->data_relid);
	stmt->relation->inh = inh || !table->is_parent;
	stmt->idxname = get_rel_name(index);
	stmt->if_not_exists = true;
	return stmt;
}

static void
CreateIndexOn(Utility *utility, DistTable *table, IndexStmt *stmt)
{
	ListCell *lc;

	LockEverywhere(utility, list_make1_oid(table->relid), ShareLock);
	RunAsWritten(utility);
	foreach (lc, utility->created)
	{
		ObjectAddress *object = lfirst(lc);

		if (object->classId != RelationRelationId ||
			IndexGetRelation(object->objectId, true) != table->relid)
			continue;
		CheckKeys(table);
		RunIndexOnData(utility,
					   (Node *) DataIndexStatement(table, object->objectId, stmt->relation->inh),
					   get_rel_name(object->objectId));
	}
	NameShardObjects(table->data_relid);
	Forward(utility);
}

void
CreateIndexUtility(Utility *utility, Node *node)
{
	IndexStmt *stmt = castNode(IndexStmt, node);
	DistTable *table;

	if (RoleOfName(stmt->relation, &table) != ROLE_TABLE)
		RunLocally(utility);
	else if (stmt->concurrent)
		CreateIndexConcurrently(utility, table, stmt);
	else
		CreateIndexOn(utility, table, stmt);
}

/* Runs REINDEX on one relation: an index or a table. */
static void
ReindexOne(Utility *utility, ReindexStmt *stmt, Oid relid)
{
	stmt = copyObject(stmt);
	stmt->relation = NameOfRelation(relid);
	RunOnData(utility, (Node *) stmt);
}

/* REINDEX CONCURRENTLY has transactions of its own; it needs no rights on the schema. */
static void
ReindexConcurrently(Utility *utility, ReindexStmt *stmt, List *targets, bool partitioned)
{
	ListCell *lc;

	PreventInTransactionBlock(utility->context == PROCESS_UTILITY_TOPLEVEL, "REINDEX CONCURRENTLY");
	ForwardOutsideTransaction(utility);
	if (!partitioned)
		RunAsWritten(utility);
	foreach (lc, targets)
	{
		ReindexStmt *copy;
		PlannedStmt *wrapper;

		/* What the command needs must outlive the transaction that it begins in. */
		MemoryContextSwitchTo(utility->memory);
		copy = copyObject(stmt);
		wrapper = copyObject(utility->pstmt);
		if (!ActiveSnapshotSet())
			PushActiveSnapshot(GetTransactionSnapshot());
		copy->relation = NameOfRelation(lfirst_oid(lc));
		wrapper->utilityStmt = (Node *) copy;
		standard_ProcessUtility(wrapper, utility->query_string, false, utility->context, NULL, NULL,
								None_Receiver, NULL);
	}
}

static bool
IsConcurrent(ReindexStmt *stmt)
{
	ListCell *lc;
	bool      concurrent = false;

	foreach (lc, stmt->params)
	{
		DefElem *option = lfirst_node(DefElem, lc);

		if (strcmp(option->defname, "concurrently") == 0)
			concurrent = defGetBoolean(option);
	}
	return concurrent;
}

void
ReindexUtility(Utility *utility, Node *node)
{
	ReindexStmt *stmt = castNode(ReindexStmt, node);
	DistTable   *table = NULL;
	RelationRole role = ROLE_LOCAL;
	List        *targets;
	ListCell    *lc;

	if (stmt->kind == REINDEX_OBJECT_TABLE || stmt->kind == REINDEX_OBJECT_INDEX)
		role = RoleOfName(stmt->relation, &table);
	if (role == ROLE_TABLE)
	{
		CheckIndexesValid(table);
		targets = DataLeaves(table);
	}
	else if (role == ROLE_INDEX)
		targets = ShardIndexes(table, RangeVarGetRelid(stmt->relation, NoLock, false));
	else
	{
		RunLocally(utility);
		return;
	}

	/* PostgreSQL has a transaction for each partition; the logical ones, which are empty, are left alone. */
	if (table->is_parent && !pg_class_ownercheck(table->relid, GetUserId()))
		aclcheck_error(ACLCHECK_NOT_OWNER, OBJECT_TABLE, get_rel_name(table->relid));
	stmt = copyObject(stmt);
	if (IsConcurrent(stmt))
	{
		ReindexConcurrently(utility, stmt, targets, table->is_parent);
		return;
	}
	if (!table->is_parent)
		RunAsWritten(utility);
	foreach (lc, targets)
		ReindexOne(utility, stmt, lfirst_oid(lc));
	Forward(utility);
}
