/*-------------------------------------------------------------------------
 *
 * shard_sizes.c
 *	  Which relations of this node are shards, for the views of the catalog.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/metadata.h"
#include "fmgr.h"
#include "funcapi.h"

PG_FUNCTION_INFO_V1(distshard_local_shards);

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
