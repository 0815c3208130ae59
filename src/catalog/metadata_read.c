/*-------------------------------------------------------------------------
 *
 * metadata_read.c
 *	  Reads rows of the metadata tables.
 *
 * The tables are read by plain scans with fresh catalog snapshots: they show
 * the session's own uncommitted changes and everything committed, whatever the
 * transaction's snapshot, and need nobody's privileges. Locks are taken on the
 * tables read, and released at once. Results are allocated in the current
 * memory context.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/dependency.h"
#include "catalog/metadata_read.h"
#include "catalog/namespace.h"
#include "catalog/pg_namespace.h"
#include "commands/extension.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

/* Columns of the metadata tables, in the order of catalog.sql. */
enum
{
	NODE_ID = 1,
	NODE_GROUP,
	NODE_ROLE,
	NODE_HOST,
	NODE_PORT,
	NODE_SOCKET_DIR,
	NODE_REGION,
	NODE_WEIGHT,
	NODE_HOLDS_SHARDS
};
enum
{
	COLOCATION_ID = 1,
	COLOCATION_METHOD
};
enum
{
	SHARD_ID = 1,
	SHARD_COLOCATION,
	SHARD_HASH_MIN,
	SHARD_HASH_MAX,
	SHARD_GROUP,
	SHARD_GENERATION
};
enum
{
	TABLE_LOGICAL = 1,
	TABLE_DATA,
	TABLE_COLOCATION,
	TABLE_KEY
};
enum
{
	LOCAL_GROUP = 3,
	LOCAL_PLACEMENT_VERSION
};

/*
 * Scans of a metadata table. The table may be gone if the extension is just
 * being dropped: then the scan is NULL and yields no rows.
 */
typedef struct MetadataScan
{
	Relation    relation;
	SysScanDesc scan;
	HeapTuple   tuple;
} MetadataScan;

static MetadataScan *
BeginScan(Oid schema, const char *table, const char *index, ScanKey key)
{
	Oid           relid = get_relname_relid(table, schema);
	Oid           indexid = index ? get_relname_relid(index, schema) : InvalidOid;
	Relation      relation = OidIsValid(relid) ? try_table_open(relid, AccessShareLock) : NULL;
	MetadataScan *scan;

	if (relation == NULL)
		return NULL;
	scan = palloc(sizeof(MetadataScan));
	scan->relation = relation;
	scan->scan = systable_beginscan(relation, indexid, OidIsValid(indexid), NULL, key != NULL, key);
	return scan;
}

static bool
NextTuple(MetadataScan *scan)
{
	if (scan == NULL)
		return false;
	scan->tuple = systable_getnext(scan->scan);
	return HeapTupleIsValid(scan->tuple);
}

static void
EndScan(MetadataScan *scan)
{
	if (scan == NULL)
		return;
	systable_endscan(scan->scan);
	table_close(scan->relation, AccessShareLock);
	pfree(scan);
}

static Datum
Column(MetadataScan *scan, int attno, bool *isnull)
{
	bool  null;
	Datum value =
		heap_getattr(scan->tuple, attno, RelationGetDescr(scan->relation), isnull ? isnull : &null);

	if (isnull == NULL && null)
		ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
						errmsg("unexpected null value in column %d of table distshard.%s", attno,
							   RelationGetRelationName(scan->relation))));
	return value;
}

/*
 * Finds the extension's schema; returns InvalidOid if the extension is not in this
 * database. A schema of that name that somebody else made doesn't count.
 */
Oid
FindMetadataSchema(void)
{
	Oid schema;
	Oid extension;

	if (!OidIsValid(MyDatabaseId))
		return InvalidOid;
	schema = get_namespace_oid("distshard", true);
	if (!OidIsValid(schema))
		return InvalidOid;
	extension = get_extension_oid("distshard", true);
	if (!OidIsValid(extension) || getExtensionOfObject(NamespaceRelationId, schema) != extension)
		return InvalidOid;
	return schema;
}

/* What this server knows of itself; leaves alone what isn't there. */
void
ReadLocal(Oid schema, int32 *group_id, int64 *placement_version)
{
	MetadataScan *scan = BeginScan(schema, "local", NULL, NULL);

	if (NextTuple(scan))
	{
		*group_id = DatumGetInt32(Column(scan, LOCAL_GROUP, NULL));
		*placement_version = DatumGetInt64(Column(scan, LOCAL_PLACEMENT_VERSION, NULL));
	}
	EndScan(scan);
}

static int
CompareNodes(const ListCell *a, const ListCell *b)
{
	return ((ClusterNode *) lfirst(a))->node_id < ((ClusterNode *) lfirst(b))->node_id ? -1 : 1;
}

List *
ReadNodes(Oid schema, int32 local_group)
{
	List         *nodes = NIL;
	MetadataScan *scan = BeginScan(schema, "node", NULL, NULL);

	while (NextTuple(scan))
	{
		ClusterNode *node = palloc(sizeof(ClusterNode));
		bool         no_socket;
		Datum        socket_dir = Column(scan, NODE_SOCKET_DIR, &no_socket);

		node->node_id = DatumGetInt32(Column(scan, NODE_ID, NULL));
		node->group_id = DatumGetInt32(Column(scan, NODE_GROUP, NULL));
		node->is_primary =
			strcmp(TextDatumGetCString(Column(scan, NODE_ROLE, NULL)), "primary") == 0;
		node->host = TextDatumGetCString(Column(scan, NODE_HOST, NULL));
		node->port = DatumGetInt32(Column(scan, NODE_PORT, NULL));
		node->socket_dir = no_socket ? NULL : TextDatumGetCString(socket_dir);
		node->holds_shards = DatumGetBool(Column(scan, NODE_HOLDS_SHARDS, NULL));
		node->is_local = node->is_primary && node->group_id == local_group;
		nodes = lappend(nodes, node);
	}
	EndScan(scan);
	list_sort(nodes, CompareNodes);
	return nodes;
}

List *
ReadTables(Oid schema)
{
	List         *tables = NIL;
	MetadataScan *scan = BeginScan(schema, "distributed_table", NULL, NULL);

	while (NextTuple(scan))
	{
		TableRow *row = palloc(sizeof(TableRow));
		bool      no_key;
		Datum     key = Column(scan, TABLE_KEY, &no_key);

		row->relid = DatumGetObjectId(Column(scan, TABLE_LOGICAL, NULL));
		row->data_relid = DatumGetObjectId(Column(scan, TABLE_DATA, NULL));
		row->colocation_id = DatumGetInt32(Column(scan, TABLE_COLOCATION, NULL));
		row->key = no_key ? InvalidAttrNumber : DatumGetInt16(key);
		tables = lappend(tables, row);
	}
	EndScan(scan);
	return tables;
}

DistMethod
ReadMethod(Oid schema, int32 colocation_id)
{
	ScanKeyData   key;
	MetadataScan *scan;
	char         *method = NULL;

	ScanKeyInit(&key, COLOCATION_ID, BTEqualStrategyNumber, F_INT4EQ, Int32GetDatum(colocation_id));
	scan = BeginScan(schema, "colocation", "colocation_pkey", &key);
	if (NextTuple(scan))
		method = TextDatumGetCString(Column(scan, COLOCATION_METHOD, NULL));
	EndScan(scan);
	if (method == NULL)
		ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
						errmsg("colocation %d is not in distshard.colocation", colocation_id)));
	if (strcmp(method, "hash") == 0)
		return DIST_HASH;
	return strcmp(method, "single") == 0 ? DIST_SINGLE : DIST_REFERENCE;
}

static int
CompareShards(const void *a, const void *b)
{
	return ((const Shard *) a)->hash_min < ((const Shard *) b)->hash_min ? -1 : 1;
}

Shard *
ReadShards(Oid schema, int32 colocation_id, int *nshards)
{
	Shard        *shards;
	ScanKeyData   key;
	MetadataScan *scan;
	int           allocated = 32;

	*nshards = 0;
	shards = palloc(allocated * sizeof(Shard));
	ScanKeyInit(&key, SHARD_COLOCATION, BTEqualStrategyNumber, F_INT4EQ,
				Int32GetDatum(colocation_id));
	scan = BeginScan(schema, "shard", "shard_colocation_id_hash_min_key", &key);
	while (NextTuple(scan))
	{
		Shard *shard;
		bool   everywhere;
		Datum  group = Column(scan, SHARD_GROUP, &everywhere);

		if (*nshards == allocated)
		{
			allocated *= 2;
			shards = repalloc(shards, allocated * sizeof(Shard));
		}
		shard = &shards[(*nshards)++];
		shard->shard_id = DatumGetInt64(Column(scan, SHARD_ID, NULL));
		shard->hash_min = (uint32) DatumGetInt64(Column(scan, SHARD_HASH_MIN, NULL));
		shard->hash_max = (uint32) DatumGetInt64(Column(scan, SHARD_HASH_MAX, NULL));
		shard->group_id = everywhere ? 0 : DatumGetInt32(group);
		shard->generation = DatumGetInt64(Column(scan, SHARD_GENERATION, NULL));
		shard->partition = InvalidOid;
	}
	EndScan(scan);
	if (*nshards == 0)
		ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
						errmsg("colocation %d has no shards", colocation_id)));
	qsort(shards, *nshards, sizeof(Shard), CompareShards);
	return shards;
}
