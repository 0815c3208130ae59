/*-------------------------------------------------------------------------
 *
 * logical_table.c
 *	  The user's table whose rows a relation of this node holds.
 *
 * Of a table that the user partitioned, that is the partition.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/logical_table.h"
#include "catalog/partition.h"
#include "fmgr.h"
#include "utils/lsyscache.h"

PG_FUNCTION_INFO_V1(distshard_logical_table);

DistTable *
TableOfRows(Oid relid)
{
	DistTable *table = LookupDistTableByData(relid);

	if (table == NULL && get_rel_relispartition(relid))
		table = LookupDistTableByData(get_partition_parent(relid, true));
	return table;
}

/*
 * LogicalTableOf returns the logical table of a shard or an unpartitioned data
 * table, or itself, in which rows may wait that leave the node.
 */
Oid
LogicalTableOf(Oid relid)
{
	DistTable *table = TableOfRows(relid);

	if (table == NULL)
		table = LookupDistTable(relid);
	if (table == NULL)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("relation \"%s\" holds no rows of a distributed table",
							   get_rel_name(relid))));
	return table->relid;
}

/* What distshard.logical_table() returned last: rows come by relation. */
typedef struct LastResult
{
	Oid relid;
	Oid logical;
} LastResult;

/* distshard.logical_table(tableoid oid) regclass */
Datum
distshard_logical_table(PG_FUNCTION_ARGS)
{
	Oid         relid = PG_GETARG_OID(0);
	LastResult *last = fcinfo->flinfo->fn_extra;

	if (last == NULL)
		last = fcinfo->flinfo->fn_extra =
			MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(LastResult));
	if (last->relid != relid)
	{
		last->logical = LogicalTableOf(relid);
		last->relid = relid;
	}
	PG_RETURN_OID(last->logical);
}
