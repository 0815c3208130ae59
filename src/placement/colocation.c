/*-------------------------------------------------------------------------
 *
 * colocation.c
 *	  Finds the colocation that a table joins, or makes one with its shards.
 *
 * All functions run in EnterCatalogWork, with the metadata catalog locked
 * (LockMetadata), so that numbers are given out once in the whole cluster and
 * no node comes or goes meanwhile.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/key_type.h"
#include "catalog/metadata.h"
#include "lib/stringinfo.h"
#include "placement/cluster_change.h"
#include "placement/distribute.h"
#include "port/pg_bitutils.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

int DefaultShardCount = 32;

void
InitColocation(void)
{
	DefineCustomIntVariable(
		"distshard.shard_count", "Number of shards of a new distributed table.",
		"It matters to the first of the tables that are distributed alike; the others "
		"join it only if they have the same number.",
		&DefaultShardCount, 32, 1, MAX_SHARD_COUNT, PGC_USERSET, 0, NULL, NULL, NULL);
}

/* Returns the only value of a query, as a number, or 0 if there is none. */
static int64
QueryNumber(const char *sql)
{
	List *rows = RunHere(sql);

	return rows != NIL && linitial(rows) != NULL ? strtoi64(linitial(rows), NULL, 10) : 0;
}

/* Takes count numbers from a sequence of the catalog; all nodes skip them. Returns the first. */
static int64
TakeNumbers(const char *sequence, const char *table, const char *column, int count)
{
	int64 first = QueryNumber(
		psprintf("SELECT greatest(nextval('distshard.%s'), (SELECT max(%s) + 1 FROM distshard.%s))",
				 sequence, column, table));

	RunEverywhere(
		psprintf("SELECT setval('distshard.%s', " INT64_FORMAT ")", sequence, first + count - 1));
	return first;
}

/* Groups that take shards of new tables, in the order of their primaries' numbers. */
static List *
ShardHolders(void)
{
	List     *groups = NIL;
	ListCell *lc;

	foreach (lc, AllPrimaries())
	{
		ClusterNode *node = lfirst(lc);

		if (node->holds_shards)
			groups = lappend_int(groups, node->group_id);
	}
	if (groups == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), errmsg("no node holds shards"),
				 errhint("Let a node hold shards, or add one with distshard.add_node().")));
	return groups;
}

/*
 * The ranges of count shards: as many equal ones as the largest power of two
 * allows, and the first of them halved until there are enough.
 */
static void
AppendShards(StringInfo sql, int32 colocation_id, int64 first_shard, int count)
{
	List  *groups = ShardHolders();
	int    wide = 1 << pg_leftmost_one_pos32(count);
	uint64 width = (UINT64CONST(1) << 32) / wide;
	uint64 start = 0;

	for (int i = 0; i < count; i++)
	{
		uint64 size = i < 2 * (count - wide) ? width / 2 : width;
		int    group = list_nth_int(groups, (i + colocation_id - 1) % list_length(groups));

		appendStringInfo(sql, "%s(" INT64_FORMAT ", %d, " UINT64_FORMAT ", " UINT64_FORMAT ", %d)",
						 i > 0 ? ", " : "", first_shard + i, colocation_id, start, start + size - 1,
						 group);
		start += size;
	}
}

/* Makes a colocation. key_type and key_collation are SQL: quoted names, or NULL. */
static int32
MakeColocation(const char *method, const char *key_type, const char *key_collation, int shard_count,
			   bool joinable)
{
	int32          id = TakeNumbers("colocation_id_seq", "colocation", "colocation_id", 1);
	int64          first_shard = TakeNumbers("shard_id_seq", "shard", "shard_id", shard_count);
	StringInfoData sql;

	RunEverywhere(
		psprintf("INSERT INTO distshard.colocation (colocation_id, method, key_type, "
				 "key_collation, shard_count, joinable) VALUES (%d, '%s', %s, %s, %d, %s)",
				 id, method, key_type, key_collation, shard_count, joinable ? "true" : "false"));
	initStringInfo(&sql);
	appendStringInfoString(&sql, "INSERT INTO distshard.shard (shard_id, colocation_id, hash_min, "
								 "hash_max, group_id) VALUES ");
	if (strcmp(method, "reference") == 0)
		appendStringInfo(&sql, "(" INT64_FORMAT ", %d, 0, 4294967295, NULL)", first_shard, id);
	else
		AppendShards(&sql, id, first_shard, shard_count);
	RunEverywhere(sql.data);
	return id;
}

/* Has the colocation (of the alias c) shards wherever a new one would have some? */
static char *
UsesAllHolders(int shard_count)
{
	List          *groups = ShardHolders();
	StringInfoData list;
	ListCell      *lc;

	initStringInfo(&list);
	foreach (lc, groups)
		appendStringInfo(&list, "%s%d", list.len > 0 ? ", " : "", lfirst_int(lc));
	return psprintf("(SELECT count(DISTINCT group_id) FROM distshard.shard s "
					"WHERE s.colocation_id = c.colocation_id AND group_id IN (%s)) = %d",
					list.data, Min(list_length(groups), shard_count));
}

/*
 * HashColocation returns the colocation for a table with this key: the oldest
 * that is cut alike, may be joined and has shards on all nodes that take some, or
 * a new one. own: always a new one, that only tables that ask for it join.
 */
int32
HashColocation(Relation logical, AttrNumber key, int shard_count, bool own)
{
	Form_pg_attribute column = TupleDescAttr(RelationGetDescr(logical), key - 1);
	char *type = quote_literal_cstr(format_type_be_qualified(HashedType(column->atttypid)));
	char *collation = "NULL";
	int32 found = 0;

	if (OidIsValid(column->attcollation))
		collation = quote_literal_cstr(DatumGetCString(
			DirectFunctionCall1(regcollationout, ObjectIdGetDatum(column->attcollation))));
	if (!own)
		found = QueryNumber(
			psprintf("SELECT min(colocation_id) FROM distshard.colocation c WHERE method = 'hash' "
					 "AND joinable AND key_type = %s::regtype "
					 "AND key_collation IS NOT DISTINCT FROM %s::regcollation AND shard_count = %d "
					 "AND %s",
					 type, collation, shard_count, UsesAllHolders(shard_count)));
	return found != 0 ? found : MakeColocation("hash", type, collation, shard_count, !own);
}

/* A table in one shard lives on its own, unless another one asks for its company. */
int32
SingleColocation(void)
{
	return MakeColocation("single", "NULL", "NULL", 1, false);
}

int32
ReferenceColocation(void)
{
	int32 found =
		QueryNumber("SELECT colocation_id FROM distshard.colocation WHERE method = 'reference'");

	return found != 0 ? found : MakeColocation("reference", "NULL", "NULL", 1, true);
}

/* Removes a colocation and its shards when its last table has gone. */
void
DropEmptyColocation(int32 colocation_id)
{
	RunEverywhere(
		psprintf("DELETE FROM distshard.colocation c WHERE colocation_id = %d AND NOT EXISTS "
				 "(SELECT FROM distshard.distributed_table t "
				 "WHERE t.colocation_id = c.colocation_id)",
				 colocation_id));
}
