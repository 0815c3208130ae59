/*-------------------------------------------------------------------------
 *
 * index_concurrently.c
 *	  CREATE INDEX CONCURRENTLY on distributed tables.
 *
 * A partitioned table can't have its index built without blocking writes. So
 * each node does what PostgreSQL's manual advises: build the index of each
 * shard concurrently, then that of the data table, which takes them up.
 *
 * The statement has transactions of its own on each node. So that it can be
 * undone when one fails, the session only directs it: this node, too, builds the
 * index in another backend, while the session waits without a snapshot, which
 * the builders would wait for. Then it drops what is there of the index, on each
 * node that can be reached. The logical table's index is not valid, on any node,
 * until all nodes have built theirs: should the session itself end before, the
 * index is one that nothing relies on, as in PostgreSQL.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/shard_names.h"
#include "catalog/index.h"
#include "catalog/namespace.h"
#include "commands/defrem.h"
#include "ddl/ddl.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "parser/parse_utilcmd.h"
#include "placement/cluster_change.h"
#include "placement/data_table.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/ruleutils.h"
#include "utils/resowner.h"
#include "utils/snapmgr.h"

PG_FUNCTION_INFO_V1(distshard_drop_index_left);
PG_FUNCTION_INFO_V1(distshard_set_index_valid);

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

static void
SetIndexState(Oid relid, Oid index, IndexStateFlagsAction action)
{
	CommandCounterIncrement();
	index_set_state_flags(index, action);
	CacheInvalidateRelcacheByRelid(relid);
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
	Oid           index = InvalidOid;
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
			index = object->objectId;
	}
	if (!OidIsValid(index) || LookupDistTable(relid) == NULL)
	{
		PopActiveSnapshot();
		return;
	}
	definition = DefinitionOf(index);
	SetIndexState(relid, index, INDEX_DROP_CLEAR_VALID);
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
	if (!utility->forwarded)
		SetIndexState(relid, index, INDEX_CREATE_SET_VALID);
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

/*
 * distshard.drop_index_left(logical regclass, index name): drops what CREATE INDEX
 * CONCURRENTLY has made on this node. Superuser only.
 */
Datum
distshard_drop_index_left(PG_FUNCTION_ARGS)
{
	Oid         logical = PG_GETARG_OID(0);
	const char *name = NameStr(*PG_GETARG_NAME(1));
	PlannedStmt pstmt = {T_PlannedStmt};
	Utility     utility = {&pstmt, ""};
	DistTable  *table;
	CatalogWork work;
	Oid         index;

	EnterCatalogWork(&work);
	utility.memory = CurrentMemoryContext;
	LockRelationOid(logical, AccessExclusiveLock);
	table = LookupDistTable(logical);
	index = get_relname_relid(name, get_rel_namespace(logical));
	if (table != NULL && OidIsValid(index) && IndexGetRelation(index, true) == logical)
	{
		DropDataRelation(&utility, OBJECT_INDEX, get_rel_namespace(logical), name);
		DropDataIndex(&utility, table, name);
	}
	LeaveCatalogWork(&work);
	PG_RETURN_VOID();
}

/* distshard.set_index_valid(logical regclass, index name): all nodes have built it. Superuser only. */
Datum
distshard_set_index_valid(PG_FUNCTION_ARGS)
{
	Oid         logical = PG_GETARG_OID(0);
	const char *name = NameStr(*PG_GETARG_NAME(1));
	Oid         index;

	LockRelationOid(logical, ShareUpdateExclusiveLock);
	index = get_relname_relid(name, get_rel_namespace(logical));
	if (!OidIsValid(index) || IndexGetRelation(index, true) != logical)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
						errmsg("index \"%s\" does not exist any more", name)));
	SetIndexState(logical, index, INDEX_CREATE_SET_VALID);
	PG_RETURN_VOID();
}

/* Does something on a node in a subtransaction. Returns the error if there is one, in the caller's context. */
static ErrorData *
Try(void (*act)(const char *sql, int32 node_id), const char *sql, int32 node_id)
{
	MemoryContext caller = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	ErrorData *volatile error = NULL;

	BeginInternalSubTransaction(NULL);
	PG_TRY();
	{
		act(sql, node_id);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(caller);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(caller);
	CurrentResourceOwner = owner;
	return error;
}

static void
RunOutsideTransaction(const char *sql, int32 node_id)
{
	RunOnAllOutsideTransaction(sql);
}

static void
RunOnAllAsSuperuser(const char *sql, int32 node_id)
{
	CatalogWork work;

	EnterCatalogWork(&work);
	RunEverywhere(sql);
	LeaveCatalogWork(&work);
}

/* Whoever uses the table is in the way, but must not be so for all others, who wait behind the lock. */
#define CLEAN_UP_PATIENCE "2s"

static void
RunAsSuperuser(const char *sql, int32 node_id)
{
	CatalogWork work;

	EnterCatalogWork(&work);
	(void) set_config_option("lock_timeout", CLEAN_UP_PATIENCE, PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	if (LookupNode(node_id, false)->is_local)
		RunHere(sql);
	else
		RunOnNodeAsOwner(node_id, list_make1(unconstify(char *, sql)));
	LeaveCatalogWork(&work);
}

static char *
CallWithIndex(const char *function, Oid relid, const char *name)
{
	return psprintf("SELECT distshard.%s(%s, %s)", function,
					quote_literal_cstr(quote_qualified_identifier(
						get_namespace_name(get_rel_namespace(relid)), get_rel_name(relid))),
					quote_literal_cstr(name));
}

/* Drops what there is of the index. Returns a hint to the user if that isn't possible on some node. */
static char *
CleanUp(Oid relid, const char *name)
{
	ListCell *lc;
	char     *hint = NULL;
	char     *sql = CallWithIndex("drop_index_left", relid, name);

	foreach (lc, AllPrimaries())
	{
		ClusterNode *node = lfirst(lc);

		if (Try(RunAsSuperuser, sql, node->node_id) != NULL)
			hint = psprintf(
				"Node %d may have a part of the index: drop it with DROP INDEX IF EXISTS %s "
				"before you try again.",
				node->node_id, quote_identifier(name));
	}
	return hint;
}

/* Commits, and begins a transaction that nobody waits for. */
static void
NextTransaction(void)
{
	if (ActiveSnapshotSet())
		PopActiveSnapshot();
	CommitTransactionCommand();
	StartTransactionCommand();
}

/* Has all nodes build the index, and undoes it when one fails. */
static void
BuildEverywhere(Utility *utility, Oid relid, const char *name)
{
	MemoryContext memory = utility->memory;
	char         *sql = MemoryContextStrdup(memory, ForwardedStatement(utility));
	ErrorData    *error;
	char         *hint;

	name = MemoryContextStrdup(memory, name);
	ConnectAll(); /* what fails here has left nothing to undo */
	NextTransaction();
	MemoryContextSwitchTo(memory);
	error = Try(RunOutsideTransaction, sql, 0);
	PushActiveSnapshot(GetTransactionSnapshot());
	if (error == NULL)
		error = Try(RunOnAllAsSuperuser, CallWithIndex("set_index_valid", relid, name), 0);
	if (error == NULL)
	{
		PopActiveSnapshot();
		return;
	}
	hint = CleanUp(relid, name);
	NextTransaction();
	if (hint != NULL)
		error->hint = hint;
	ReThrowError(error);
}

/* Is there a relation of this name? Then it must not be taken for ours when something fails. */
static bool
NameIsTaken(Oid relid, IndexStmt *stmt)
{
	if (!OidIsValid(get_relname_relid(stmt->idxname, get_rel_namespace(relid))))
		return false;
	ereport(stmt->if_not_exists ? NOTICE : ERROR,
			(errcode(ERRCODE_DUPLICATE_TABLE),
			 stmt->if_not_exists ? errmsg("relation \"%s\" already exists, skipping", stmt->idxname)
								 : errmsg("relation \"%s\" already exists", stmt->idxname)));
	return true;
}

void
CreateIndexConcurrently(Utility *utility, DistTable *table, IndexStmt *stmt)
{
	PreventInTransactionBlock(utility->context == PROCESS_UTILITY_TOPLEVEL,
							  "CREATE INDEX CONCURRENTLY");
	if (table->is_parent)
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
						errmsg("cannot create index on partitioned table \"%s\" concurrently",
							   get_rel_name(table->relid))));
	if (stmt->idxname == NULL)
		ereport(
			ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg(
				 "CREATE INDEX CONCURRENTLY on a distributed table needs the name of the index")));
	if (table->method == DIST_HASH && stmt->unique)
		CheckHasKey(table, stmt);
	if (utility->forwarded || !HaveOtherNodes())
	{
		BuildHere(utility, table);
		return;
	}
	if (!pg_class_ownercheck(table->relid, GetUserId()))
		aclcheck_error(ACLCHECK_NOT_OWNER, OBJECT_TABLE, get_rel_name(table->relid));
	if (!NameIsTaken(table->relid, stmt))
		BuildEverywhere(utility, table->relid, stmt->idxname);
}
