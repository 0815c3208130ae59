/*-------------------------------------------------------------------------
 *
 * index_concurrently.c
 *	  CREATE INDEX CONCURRENTLY on distributed tables.
 *
 * A partitioned table can't have its index built without blocking writes. So
 * each node does what PostgreSQL's manual advises: build the index of each
 * shard concurrently, then that of the data table, which takes them up. The
 * statement has transactions of its own on each node. When it fails on one, the
 * others may have the index: what is there of it is invalid or missing
 * somewhere, and the user is told to drop it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/shard_names.h"
#include "catalog/namespace.h"
#include "commands/defrem.h"
#include "ddl/ddl.h"
#include "parser/parse_utilcmd.h"
#include "storage/lmgr.h"
#include "transport/connection.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/ruleutils.h"
#include "utils/snapmgr.h"

/* Builds the index on one shard. Ends the transaction and begins another. */
static void
BuildOnShard(const char *query_string, IndexStmt *definition, Oid shard)
{
	IndexStmt *stmt = copyObject(definition);

	if (!ActiveSnapshotSet())
		PushActiveSnapshot(GetTransactionSnapshot());
	LockRelationOid(shard, ShareUpdateExclusiveLock);
	stmt->relation = NameOfRelation(shard);
	stmt->concurrent = true;
	if (get_rel_relispartition(shard))
		stmt->idxname = ShardObjectName(stmt->idxname, shard);
	stmt = transformIndexStmt(shard, stmt, query_string);
	DefineIndex(shard, stmt, InvalidOid, InvalidOid, InvalidOid, false, false, true, false, true);
}

/* The definition as the catalogs have it, to create the same on another relation. */
static IndexStmt *
DefinitionOf(Oid index)
{
	IndexStmt *stmt = castNode(IndexStmt, ParseStatement(pg_get_indexdef_string(index)));

	stmt->idxname = get_rel_name(index);
	stmt->if_not_exists = true;
	return stmt;
}

/*
 * Builds the index on this node. What is kept over the transactions is in the
 * statement's memory, not in theirs.
 */
static void
BuildHere(Utility *utility, DistTable *table)
{
	Oid           relid = table->relid;
	bool          partitioned = IsPartitionedData(table);
	List         *shards = NIL;
	IndexStmt    *definition = NULL;
	ListCell     *lc;
	MemoryContext caller = MemoryContextSwitchTo(utility->memory);

	shards = DataLeaves(table);
	RunAsWritten(utility);
	MemoryContextSwitchTo(utility->memory);
	PushActiveSnapshot(GetTransactionSnapshot());
	foreach (lc, utility->created)
	{
		ObjectAddress *object = lfirst(lc);

		if (object->classId == RelationRelationId &&
			get_rel_relkind(object->objectId) == RELKIND_INDEX)
			definition = DefinitionOf(object->objectId);
	}
	if (definition == NULL || LookupDistTable(relid) == NULL)
	{
		PopActiveSnapshot();
		return;
	}
	foreach (lc, shards)
	{
		MemoryContextSwitchTo(utility->memory);
		BuildOnShard(utility->query_string, definition, lfirst_oid(lc));
	}
	MemoryContextSwitchTo(caller);
	if (!ActiveSnapshotSet())
		PushActiveSnapshot(GetTransactionSnapshot());
	if (partitioned)
	{
		definition->relation = NameOfRelation(LookupDistTable(relid)->data_relid);
		RunOnData(utility, (Node *) definition);
	}
	PopActiveSnapshot();
}

/* What CheckKeys finds out in a transaction must be known before the first one here. */
static void
CheckHasKey(const DistTable *table, IndexStmt *stmt)
{
	const char *key = get_attname(table->relid, table->key_attno, false);
	ListCell   *lc;

	foreach (lc, stmt->indexParams)
	{
		const char *name = lfirst_node(IndexElem, lc)->name;

		if (name != NULL && strcmp(name, key) == 0)
			return;
	}
	ereport(ERROR, (errcode(ERRCODE_INVALID_TABLE_DEFINITION),
					errmsg("unique index \"%s\" does not contain the shard key", stmt->idxname),
					errhint("Add column \"%s\" to it.", key)));
}

static void
RethrowWithHint(char *hint)
{
	ErrorData *edata;

	MemoryContextSwitchTo(TopMemoryContext);
	edata = CopyErrorData();
	FlushErrorState();
	UseLogicalNames(edata);
	edata->hint = hint;
	ReThrowError(edata);
}

void
CreateIndexConcurrently(Utility *utility, DistTable *table, IndexStmt *stmt)
{
	const char *name = stmt->idxname;

	PreventInTransactionBlock(utility->context == PROCESS_UTILITY_TOPLEVEL,
							  "CREATE INDEX CONCURRENTLY");
	if (name == NULL)
		ereport(
			ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg(
				 "CREATE INDEX CONCURRENTLY on a distributed table needs the name of the index")));
	if (table->method == DIST_HASH && stmt->unique)
		CheckHasKey(table, stmt);
	PG_TRY();
	{
		BuildHere(utility, table);
		ForwardOutsideTransaction(utility);
	}
	PG_CATCH();
	{
		RethrowWithHint(
			psprintf("Some nodes may have the index already, others have none or an invalid one: "
					 "drop it with DROP INDEX IF EXISTS %s before you try again.",
					 quote_identifier(name)));
	}
	PG_END_TRY();
}
