/*-------------------------------------------------------------------------
 *
 * shard_sizes.c
 *	  Which relations are shards, and how large they are, for the views of the
 *	  catalog.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/metadata.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "executor/tuptable.h"
#include "fmgr.h"
#include "funcapi.h"
#include "transaction/xact.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

PG_FUNCTION_INFO_V1(distshard_local_shards);
PG_FUNCTION_INFO_V1(distshard_shard_sizes);

/* distshard.local_shards(OUT logical_table regclass, OUT shard_id bigint, OUT relation regclass) */
Datum
distshard_local_shards(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	ListCell      *lc;

	InitMaterializedSRF(fcinfo, 0);
	foreach (lc, AllDistTables())
	{
		DistTable *table = lfirst(lc);

		if (table->is_parent)
			continue;
		for (int i = 0; i < table->nshards; i++)
		{
			Shard *shard = &table->shards[i];
			Datum  values[] = {ObjectIdGetDatum(table->relid), Int64GetDatum(shard->shard_id),
							   ObjectIdGetDatum(shard->partition)};
			bool   nulls[] = {false, false, false};

			if (OidIsValid(shard->partition))
				tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
		}
	}
	return (Datum) 0;
}

/* The columns of distshard.local_shard_sizes(). */
static TupleDesc
SizeColumns(void)
{
	TupleDesc columns = CreateTemplateTupleDesc(4);

	TupleDescInitEntry(columns, 1, "table_schema", TEXTOID, -1, 0);
	TupleDescInitEntry(columns, 2, "table_name", TEXTOID, -1, 0);
	TupleDescInitEntry(columns, 3, "shard_id", INT8OID, -1, 0);
	TupleDescInitEntry(columns, 4, "bytes", INT8OID, -1, 0);
	return columns;
}

/* Adds what a node says; tables that this node doesn't know (any more) are left out. */
static void
AddSizes(ReturnSetInfo *result, int32 node_id, RemoteCommand *command)
{
	TupleTableSlot *slot = MakeSingleTupleTableSlot(SizeColumns(), &TTSOpsVirtual);

	while (NextRow(command, slot))
	{
		Oid   schema;
		Datum values[4] = {0};
		bool  nulls[4] = {false};

		slot_getallattrs(slot);
		schema = get_namespace_oid(TextDatumGetCString(slot->tts_values[0]), true);
		if (!OidIsValid(schema))
			continue;
		values[0] =
			ObjectIdGetDatum(get_relname_relid(TextDatumGetCString(slot->tts_values[1]), schema));
		values[1] = slot->tts_values[2];
		values[2] = Int32GetDatum(node_id);
		values[3] = slot->tts_values[3];
		if (DatumGetObjectId(values[0]) != InvalidOid && !slot->tts_isnull[3])
			tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	ExecDropSingleTupleTableSlot(slot);
}

static void
AddLocalSizes(ReturnSetInfo *result, int32 node_id)
{
	ListCell *lc;

	foreach (lc, AllDistTables())
	{
		DistTable *table = lfirst(lc);

		if (table->is_parent)
			continue;
		for (int i = 0; i < table->nshards; i++)
		{
			Shard *shard = &table->shards[i];
			Datum  values[] = {ObjectIdGetDatum(table->relid), Int64GetDatum(shard->shard_id),
							   Int32GetDatum(node_id), 0};
			bool   nulls[] = {false, false, false, false};

			if (!OidIsValid(shard->partition))
				continue;
			values[3] =
				DirectFunctionCall1(pg_total_relation_size, ObjectIdGetDatum(shard->partition));
			tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
		}
	}
}

/* distshard.shard_sizes(OUT logical_table regclass, OUT shard_id bigint, OUT node_id int, OUT bytes bigint) */
Datum
distshard_shard_sizes(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	List          *commands = NIL;
	List          *node_ids = NIL;
	ListCell      *lc;
	ListCell      *lc2;

	InitMaterializedSRF(fcinfo, 0);
	foreach (lc, AllPrimaries())
	{
		ClusterNode *node = lfirst(lc);
		NodeConn    *conn;

		if (node->is_local)
		{
			AddLocalSizes(result, node->node_id);
			continue;
		}
		conn = EnlistNode(node->node_id, REMOTE_READ);
		commands =
			lappend(commands, QueueCommand(conn, "SELECT * FROM distshard.local_shard_sizes()",
										   NULL, SizeColumns(), COMMAND_ROWS));
		node_ids = lappend_int(node_ids, node->node_id);
		FlushCommands(conn);
	}
	forboth (lc, commands, lc2, node_ids)
		AddSizes(result, lfirst_int(lc2), lfirst(lc));
	return (Datum) 0;
}
