/*-------------------------------------------------------------------------
 *
 * hash_ring.c
 *	  Where a key is on the hash ring, and which shard has it.
 *
 * The position of a row is the bit-reversed low half of the hash by which
 * PostgreSQL finds its partition: so a slice of the ring that is aligned on a
 * power of two is one partition.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/metadata.h"
#include "partitioning/partbounds.h"
#include "port/pg_bswap.h"

static uint32
ReverseBits(uint32 word)
{
	word = ((word >> 1) & 0x55555555) | ((word & 0x55555555) << 1);
	word = ((word >> 2) & 0x33333333) | ((word & 0x33333333) << 2);
	word = ((word >> 4) & 0x0F0F0F0F) | ((word & 0x0F0F0F0F) << 4);
	return pg_bswap32(word);
}

/* The position on the hash ring of a row whose partition hash is given. */
uint32
HashRingPosition(uint64 partition_hash)
{
	return ReverseBits((uint32) partition_hash);
}

/* The position of a key; value is of the key's type. */
uint32
HashKey(DistTable *table, Datum value, bool isnull)
{
	return HashRingPosition(
		compute_partition_hash_value(1, &table->hash_proc, &table->key_collation, &value, &isnull));
}

/* ShardForHash returns the shard that holds a position: a binary search. */
Shard *
ShardForHash(DistTable *table, uint32 position)
{
	int low = 0;
	int high = table->nshards - 1;

	while (low < high)
	{
		int middle = (low + high + 1) / 2;

		if (table->shards[middle].hash_min <= position)
			low = middle;
		else
			high = middle - 1;
	}
	return &table->shards[low];
}

/* ShardById returns the shard of that number, or NULL if the table has none. */
Shard *
ShardById(DistTable *table, int64 shard_id)
{
	for (int i = 0; i < table->nshards; i++)
	{
		if (table->shards[i].shard_id == shard_id)
			return &table->shards[i];
	}
	return NULL;
}
