/*-------------------------------------------------------------------------
 *
 * shard_key.c
 *	  The shard of a value that a query compares the shard key with.
 *
 * The value may be of another type than the key (an int8 literal and an int4
 * key): hash functions of one operator family agree on equal values.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/hash.h"
#include "catalog/shard_key.h"
#include "parser/parse_coerce.h"
#include "partitioning/partbounds.h"
#include "utils/array.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

/* Looks up the hash function for values of another type than the key's, and keeps it with the table. */
static void
find_other_hash(DistTable *table, Oid type)
{
	Oid base = getBaseType(type);
	Oid proc = InvalidOid;

	table->other_type = InvalidOid;
	if (base != getBaseType(table->key_type))
		proc = get_opfamily_proc(table->hash_opfamily, base, base, HASHEXTENDED_PROC);
	if (OidIsValid(proc))
		fmgr_info_cxt(proc, &table->other_hash_proc, GetMemoryChunkContext(table));
	else if (base == getBaseType(table->key_type) || IsBinaryCoercible(base, table->hash_opcintype))
		table->other_hash_proc = table->hash_proc;
	else
		elog(ERROR, "operator family %u has no hash function for type %u", table->hash_opfamily,
			 base);
	table->other_type = type;
}

/*
 * ShardForValue returns the shard of a table cut by hash. The result points
 * into the metadata cache. A type that the key's operator family does not hash
 * is an internal error: no equality operator of the family takes it.
 */
Shard *
ShardForValue(DistTable *table, Oid type, Datum value, bool isnull)
{
	if (isnull || type == table->key_type)
		return ShardForHash(table, HashKey(table, value, isnull));
	if (type != table->other_type)
		find_other_hash(table, type);
	return ShardForHash(table,
						HashRingPosition(compute_partition_hash_value(
							1, &table->other_hash_proc, &table->key_collation, &value, &isnull)));
}

List *
GroupsOfTable(DistTable *table)
{
	List *groups = NIL;

	for (int i = 0; i < table->nshards; i++)
		groups = list_append_unique_int(groups, table->shards[i].group_id);
	return groups;
}

List *
GroupsForValues(DistTable *table, Datum array)
{
	ArrayType *values = DatumGetArrayTypeP(array);
	Oid        type = ARR_ELEMTYPE(values);
	int16      length;
	bool       by_value;
	char       alignment;
	Datum     *elements;
	bool      *nulls;
	int        count;
	List      *groups = NIL;

	get_typlenbyvalalign(type, &length, &by_value, &alignment);
	deconstruct_array(values, type, length, by_value, alignment, &elements, &nulls, &count);
	for (int i = 0; i < count; i++)
	{
		if (!nulls[i])
			groups = list_append_unique_int(
				groups, ShardForValue(table, type, elements[i], false)->group_id);
	}
	return groups;
}
