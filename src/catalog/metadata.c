/*-------------------------------------------------------------------------
 *
 * metadata.c
 *	  What lives where, cached for the session.
 *
 * The cache is loaded from the tables of schema distshard on first use: nodes
 * and the list of distributed tables at once, a table's shards when it is
 * first looked up.
 *
 * Whoever changes metadata causes a relcache invalidation of
 * distshard.distributed_table (triggers on the metadata tables see to it),
 * which makes every backend load anew at its next lookup. An invalidation of a
 * data table, as when a partition comes or goes, rebuilds that table's entry.
 * So what a statement sees is as new as its lock on the logical table.
 *
 * What a lookup returned stays valid to the end of the transaction: outdated
 * memory is only set aside at first. Locks are taken on the relations read, and
 * released at once; nothing here talks to another node.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/hash.h"
#include "access/htup_details.h"
#include "access/relation.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/dependency.h"
#include "catalog/key_type.h"
#include "catalog/metadata.h"
#include "catalog/metadata_read.h"
#include "catalog/namespace.h"
#include "catalog/partition.h"
#include "catalog/pg_namespace.h"
#include "commands/extension.h"
#include "commands/trigger.h"
#include "miscadmin.h"
#include "partitioning/partbounds.h"
#include "partitioning/partdesc.h"
#include "transaction_end.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/partcache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

/* A row of distshard.distributed_table, and what was built for it. */
typedef struct TableEntry
{
	Oid           relid; /* hash key: logical table */
	Oid           data_relid;
	int32         colocation_id;
	AttrNumber    key;
	bool          valid;   /* is table up to date? */
	uint32        changes; /* counts changes of the data table */
	MemoryContext context;
	DistTable    *table;
} TableEntry;

typedef struct DataEntry
{
	Oid         data_relid; /* hash key */
	TableEntry *entry;
} DataEntry;

typedef struct MetadataCache
{
	MemoryContext context;
	Oid           schema;
	HTAB         *tables;
	HTAB         *tables_by_data;
	List         *nodes; /* of ClusterNode *, by node_id */
	int32         local_group;
	int64         placement_version;
} MetadataCache;

/* The cache as last loaded; NULL if the extension isn't in this database. */
static MetadataCache *Cache = NULL;
static bool           CacheValid = false;
static uint32         CacheChanges = 0; /* counts what made it invalid */

/* distshard.distributed_table: its invalidation is everyone's. */
static Oid TableOfTables = InvalidOid;

/* Parent of contexts that are outdated, but may be in use by this transaction. */
static MemoryContext RetiredContext = NULL;

PG_FUNCTION_INFO_V1(distshard_metadata_changed);

/*
 * Called for each relation whose catalog entries changed, and with InvalidOid
 * for all: only marks what to build anew, since no catalog can be read here.
 */
static void
RelationChanged(Datum arg, Oid relid)
{
	DataEntry *data;

	if (relid == InvalidOid || relid == TableOfTables)
	{
		CacheValid = false;
		CacheChanges++;
	}
	if (Cache == NULL)
		return;
	data = hash_search(Cache->tables_by_data, &relid, HASH_FIND, NULL);
	if (data != NULL)
	{
		data->entry->valid = false;
		data->entry->changes++;
	}
}

/* A schema changed: the extension may have been created. */
static void
SchemaChanged(Datum arg, int cacheid, uint32 hashvalue)
{
	if (Cache != NULL)
		return;
	CacheValid = false;
	CacheChanges++;
}

static void
Retire(MemoryContext context)
{
	if (RetiredContext == NULL)
		RetiredContext = AllocSetContextCreate(CacheMemoryContext, "distshard retired metadata",
											   ALLOCSET_SMALL_SIZES);
	MemoryContextSetParent(context, RetiredContext);
}

static void
FreeRetired(XactEvent event)
{
	MemoryContextDelete(RetiredContext);
	RetiredContext = NULL;
}

void
InitMetadataCache(void)
{
	CacheRegisterRelcacheCallback(RelationChanged, (Datum) 0);
	CacheRegisterSyscacheCallback(NAMESPACEOID, SchemaChanged, (Datum) 0);
	CallAtEvents(AT_END | AT_END_OF_WORKER, FreeRetired, &RetiredContext);
}

static void
LoadTables(MetadataCache *cache)
{
	HASHCTL   ctl = {.keysize = sizeof(Oid), .hcxt = cache->context};
	ListCell *lc;

	ctl.entrysize = sizeof(TableEntry);
	cache->tables =
		hash_create("distshard tables", 64, &ctl, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	ctl.entrysize = sizeof(DataEntry);
	cache->tables_by_data =
		hash_create("distshard data tables", 64, &ctl, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);

	foreach (lc, ReadTables(cache->schema))
	{
		TableRow   *row = lfirst(lc);
		TableEntry *entry = hash_search(cache->tables, &row->relid, HASH_ENTER, NULL);
		DataEntry  *data = hash_search(cache->tables_by_data, &row->data_relid, HASH_ENTER, NULL);

		entry->data_relid = row->data_relid;
		entry->colocation_id = row->colocation_id;
		entry->key = row->key;
		entry->valid = false;
		entry->changes = 0;
		entry->context = NULL;
		entry->table = NULL;
		data->entry = entry;
	}
}

/* While its script runs, the extension isn't there yet. */
static bool
InInstallScript(void)
{
	return creating_extension && CurrentExtensionObject == get_extension_oid("distshard", true);
}

/*
 * Reads the metadata into a new cache, which is not valid if a change arrived
 * meanwhile, as it may whenever a table is opened. While the extension is
 * dropped, its tables go before its schema. TableOfTables is kept then: if that
 * is rolled back, its invalidation brings the metadata back.
 */
static void
LoadCache(void)
{
	uint32         changes = CacheChanges;
	Oid            schema = FindMetadataSchema();
	Oid            tables;
	MemoryContext  context;
	MemoryContext  caller;
	MetadataCache *cache;

	if (Cache != NULL)
	{
		Retire(Cache->context);
		Cache = NULL;
	}
	tables = OidIsValid(schema) ? get_relname_relid("distributed_table", schema) : InvalidOid;
	if (!OidIsValid(tables))
	{
		CacheValid = changes == CacheChanges;
		return;
	}
	TableOfTables = tables;

	/* The context belongs to the transaction's until the load is complete. */
	context =
		AllocSetContextCreate(CurTransactionContext, "distshard metadata", ALLOCSET_DEFAULT_SIZES);
	caller = MemoryContextSwitchTo(context);
	cache = palloc0(sizeof(MetadataCache));
	cache->context = context;
	cache->schema = schema;
	ReadLocal(schema, &cache->local_group, &cache->placement_version);
	cache->nodes = ReadNodes(schema, cache->local_group);
	LoadTables(cache);
	MemoryContextSwitchTo(caller);
	MemoryContextSetParent(context, CacheMemoryContext);
	Cache = cache;
	CacheValid = changes == CacheChanges;
}

/*
 * GetCache returns the cache, or NULL if the extension is not in this database
 * or no catalog can be read now.
 */
static inline MetadataCache *
GetCache(void)
{
	if (likely(CacheValid))
		return Cache;

	if (!IsTransactionState() || InInstallScript())
		return NULL;
	while (!CacheValid)
		LoadCache();
	return Cache;
}

bool
DistshardInstalled(void)
{
	return GetCache() != NULL;
}

/* Returns the extension's schema, or InvalidOid if the extension is not in this database. */
Oid
MetadataSchema(void)
{
	MetadataCache *cache = GetCache();

	return cache != NULL ? cache->schema : InvalidOid;
}

bool
HaveDistTables(void)
{
	MetadataCache *cache = GetCache();

	return cache != NULL && hash_get_num_entries(cache->tables) > 0;
}

/*
 * Finds this node's partition of each shard: remainder r of modulus 2^k is the
 * slice of the hash ring that begins at r bit-reversed and is 2^(32-k) wide.
 */
static void
FindPartitions(DistTable *table, PartitionDesc desc)
{
	for (int i = 0; i < desc->nparts; i++)
	{
		uint32 modulus = DatumGetInt32(desc->boundinfo->datums[i][0]);
		uint32 remainder = DatumGetInt32(desc->boundinfo->datums[i][1]);
		uint32 hash_min = HashRingPosition(remainder);
		Shard *shard = ShardForHash(table, hash_min);

		if (shard->hash_min == hash_min &&
			(uint64) shard->hash_max - hash_min + 1 == (UINT64CONST(1) << 32) / modulus)
			shard->partition = desc->oids[i];
	}
}

/* Finds out how the key is hashed, as the partition key of a data table that is cut by it says. */
static void
SetKey(DistTable *table, AttrNumber attno, Relation data)
{
	Form_pg_attribute column = TupleDescAttr(RelationGetDescr(data), attno - 1);
	Oid               opclass = KeyOpclass(column->atttypid);

	table->key_attno = attno;
	table->key_type = column->atttypid;
	table->key_typmod = column->atttypmod;
	table->key_collation = column->attcollation;
	table->hash_opfamily = get_opclass_family(opclass);
	table->hash_opcintype = get_opclass_input_type(opclass);
	fmgr_info(get_opfamily_proc(table->hash_opfamily, table->hash_opcintype, table->hash_opcintype,
								HASHEXTENDED_PROC),
			  &table->hash_proc);
}

/* A parent has no partitions that are shards: PostgreSQL finds the way from its data table down. */
static void
FindDataTable(DistTable *table, int32 local_group)
{
	for (int i = 0; i < table->nshards; i++)
	{
		if (table->method == DIST_REFERENCE || table->shards[i].group_id == local_group)
			table->shards[i].partition = table->data_relid;
	}
}

static bool
AllShardsIn(const DistTable *table, int32 group)
{
	for (int i = 0; i < table->nshards; i++)
	{
		if (table->shards[i].group_id != group)
			return false;
	}
	return true;
}

static DistTable *
BuildTable(MetadataCache *cache, TableEntry *entry, Relation data)
{
	DistTable *table = palloc0(sizeof(DistTable));

	table->relid = entry->relid;
	table->data_relid = entry->data_relid;
	table->colocation_id = entry->colocation_id;
	table->method = ReadMethod(cache->schema, entry->colocation_id);
	table->shards = ReadShards(cache->schema, entry->colocation_id, &table->nshards);
	table->all_here = AllShardsIn(table, cache->local_group);
	table->is_parent = get_rel_relkind(entry->relid) == RELKIND_PARTITIONED_TABLE;
	if (table->method == DIST_HASH)
		SetKey(table, entry->key, data);
	if (table->method == DIST_HASH && !table->is_parent)
	{
		if (data->rd_rel->relkind != RELKIND_PARTITIONED_TABLE)
			ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
							errmsg("data table \"%s.%s\" is not partitioned",
								   get_namespace_name(RelationGetNamespace(data)),
								   RelationGetRelationName(data))));
		FindPartitions(table, RelationGetPartitionDesc(data, true));
	}
	else
		FindDataTable(table, cache->local_group);
	return table;
}

/*
 * Brings entry->table up to date. Repeats the work if the data table changes
 * meanwhile. Returns NULL if the data table is gone: because both have just been
 * dropped, or the metadata are no longer valid, which may have another one now.
 */
static DistTable *
RefreshTable(MetadataCache *cache, TableEntry *entry)
{
	DistTable *table;

	while (!entry->valid)
	{
		uint32        changes = entry->changes;
		MemoryContext context;
		MemoryContext caller;
		Relation      data = try_relation_open(entry->data_relid, AccessShareLock);

		if (data == NULL &&
			(!CacheValid || !SearchSysCacheExists1(RELOID, ObjectIdGetDatum(entry->relid))))
			return NULL;
		if (data == NULL)
			ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
							errmsg("data table of \"%s\" is missing", get_rel_name(entry->relid))));

		context =
			AllocSetContextCreate(CurTransactionContext, "distshard table", ALLOCSET_SMALL_SIZES);
		caller = MemoryContextSwitchTo(context);
		table = BuildTable(cache, entry, data);
		MemoryContextSwitchTo(caller);
		relation_close(data, AccessShareLock);

		if (entry->context != NULL)
			Retire(entry->context);
		MemoryContextSetParent(context, cache->context);
		entry->context = context;
		entry->table = table;
		entry->valid = changes == entry->changes;
	}
	return entry->table;
}

/*
 * LookupDistTable returns what is known of a logical table, or NULL if relid is
 * an ordinary relation. Valid to the end of the transaction.
 */
DistTable *
LookupDistTable(Oid relid)
{
	DistTable *table;

	do
	{
		MetadataCache *cache = GetCache();
		TableEntry    *entry;

		if (cache == NULL)
			return NULL;
		entry = hash_search(cache->tables, &relid, HASH_FIND, NULL);
		if (entry == NULL)
			return NULL;
		if (likely(entry->valid))
			return entry->table;
		table = RefreshTable(cache, entry);
	} while (table == NULL && !CacheValid);
	return table;
}

/* The same by data table; NULL for a shard and any other relation. */
DistTable *
LookupDistTableByData(Oid data_relid)
{
	MetadataCache *cache = GetCache();
	DataEntry     *data;

	if (cache == NULL)
		return NULL;
	data = hash_search(cache->tables_by_data, &data_relid, HASH_FIND, NULL);
	if (data == NULL)
		return NULL;
	return likely(data->entry->valid) ? data->entry->table : RefreshTable(cache, data->entry);
}

/* Returns OIDs of all logical tables as of the last load, in ascending order. */
static List *
AllRelids(MetadataCache *cache)
{
	HASH_SEQ_STATUS status;
	TableEntry     *entry;
	List           *relids = NIL;

	hash_seq_init(&status, cache->tables);
	while ((entry = hash_seq_search(&status)) != NULL)
		relids = lappend_oid(relids, entry->relid);
	list_sort(relids, list_oid_cmp);
	return relids;
}

List *
AllDistTables(void)
{
	MetadataCache *cache = GetCache();
	List          *relids = cache ? AllRelids(cache) : NIL;
	List          *tables = NIL;
	ListCell      *lc;

	foreach (lc, relids)
	{
		DistTable *table = LookupDistTable(lfirst_oid(lc));

		if (table != NULL)
			tables = lappend(tables, table);
	}
	return tables;
}

/* The group that this server belongs to; 0 if the extension isn't installed. */
int32
LocalGroupId(void)
{
	MetadataCache *cache = GetCache();

	return cache ? cache->local_group : 0;
}

int64
PlacementVersion(void)
{
	MetadataCache *cache = GetCache();

	return cache ? cache->placement_version : 0;
}

List *
AllPrimaries(void)
{
	MetadataCache *cache = GetCache();
	List          *primaries = NIL;
	ListCell      *lc;

	foreach (lc, cache ? cache->nodes : NIL)
	{
		if (((ClusterNode *) lfirst(lc))->is_primary)
			primaries = lappend(primaries, lfirst(lc));
	}
	return primaries;
}

ClusterNode *
LookupNode(int32 node_id, bool missing_ok)
{
	MetadataCache *cache = GetCache();
	ListCell      *lc;

	foreach (lc, cache ? cache->nodes : NIL)
	{
		if (((ClusterNode *) lfirst(lc))->node_id == node_id)
			return lfirst(lc);
	}
	if (!missing_ok)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("node %d does not exist", node_id)));
	return NULL;
}

ClusterNode *
GroupPrimary(int32 group_id, bool missing_ok)
{
	MetadataCache *cache = GetCache();
	ListCell      *lc;

	foreach (lc, cache ? cache->nodes : NIL)
	{
		ClusterNode *node = lfirst(lc);

		if (node->is_primary && node->group_id == group_id)
			return node;
	}
	if (!missing_ok)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
						errmsg("node group %d has no primary", group_id)));
	return NULL;
}

static void
InvalidateTables(MetadataCache *cache)
{
	ListCell *lc;

	foreach (lc, AllRelids(cache))
	{
		if (SearchSysCacheExists1(RELOID, ObjectIdGetDatum(lfirst_oid(lc))))
			CacheInvalidateRelcacheByRelid(lfirst_oid(lc));
	}
}

/*
 * InvalidateMetadata makes this session see the metadata that it changed so
 * far, and tells every other backend of this server at commit. Plans on
 * distributed tables are made anew, those on a removed table included.
 */
void
InvalidateMetadata(void)
{
	MetadataCache *cache = GetCache();

	if (cache == NULL)
		return;
	InvalidateTables(cache);
	CacheInvalidateRelcacheByRelid(TableOfTables);
	CommandCounterIncrement();
	cache = GetCache();
	if (cache == NULL)
		return;
	InvalidateTables(cache);
	CommandCounterIncrement();
}

/* distshard.metadata_changed() trigger: on all metadata tables, for each statement. */
Datum
distshard_metadata_changed(PG_FUNCTION_ARGS)
{
	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
						errmsg("metadata_changed() must be called as a trigger")));
	InvalidateMetadata();
	return PointerGetDatum(NULL);
}
