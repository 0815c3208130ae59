/*-------------------------------------------------------------------------
 *
 * shard_names.c
 *	  The names of what belongs to one shard.
 *
 * A data table is called like the user's table, in a schema of its own:
 * distshard_public.orders. What belongs to one shard has #<shard id> after the
 * name of what the data table has: orders#12, orders_pkey#12. What the data
 * table of a user's partition has is called like what the partition has. So an error that
 * names it can be put in the user's terms from its text alone, which matters
 * because an error is no moment to read catalogs. Only for names that were too
 * long for the mark, and so were cut, is the whole one looked up.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/index.h"
#include "catalog/indexing.h"
#include "catalog/metadata.h"
#include "catalog/namespace.h"
#include "catalog/shard_names.h"
#include "catalog/partition.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_inherits.h"
#include "commands/tablecmds.h"
#include "common/hashfn.h"
#include "mb/pg_wchar.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

/*
 * ShardObjectName returns name with the mark of the shard, which is taken from
 * the name of the shard's relation. Cut names stay unlike those of others.
 */
char *
ShardObjectName(const char *name, Oid shard)
{
	const char *mark = strrchr(get_rel_name(shard), '#');
	int         room = NAMEDATALEN - 1 - (int) strlen(mark);
	int         length = strlen(name);

	if (length <= room)
		return psprintf("%s%s", name, mark);
	return psprintf("%.*s_%08x%s", pg_mbcliplen(name, length, room - 9), name,
					hash_bytes((const unsigned char *) name, length), mark);
}

/* Does it end with what ShardObjectName adds, and is it as long as a name that was cut? */
static bool
is_cut(const char *name)
{
	const char *mark = strrchr(name, '#');

	return mark && mark - name > 9 && mark[-9] == '_' &&
		   strspn(mark - 8, "0123456789abcdef") == 8 &&
		   strlen(name) >= NAMEDATALEN - MAX_MULTIBYTE_CHAR_LEN;
}

/* The constraint that one with this name is a part of, or InvalidOid. */
static Oid
parent_of_constraint(const char *name, Oid schema)
{
	Relation    constraints = table_open(ConstraintRelationId, AccessShareLock);
	Oid         result = InvalidOid;
	ScanKeyData keys[2];
	SysScanDesc scan;
	HeapTuple   tuple;

	ScanKeyInit(&keys[0], Anum_pg_constraint_conname, BTEqualStrategyNumber, F_NAMEEQ,
				CStringGetDatum(name));
	ScanKeyInit(&keys[1], Anum_pg_constraint_connamespace, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(schema));
	scan = systable_beginscan(constraints, ConstraintNameNspIndexId, true, NULL, 2, keys);
	if (HeapTupleIsValid(tuple = systable_getnext(scan)))
		result = ((Form_pg_constraint) GETSTRUCT(tuple))->conparentid;
	systable_endscan(scan);
	table_close(constraints, AccessShareLock);
	return result;
}

/* The user's name of a shard's index that is no part of one of the data table: an exclusion constraint's. */
static char *
NameOfExclusion(Oid index)
{
	Oid        shard = IndexGetRelation(index, true);
	DistTable *table = NULL;
	char      *result = NULL;
	Relation   logical;
	ListCell  *lc;

	if (OidIsValid(shard) && get_rel_relispartition(shard))
		table = LookupDistTableByData(get_partition_parent(shard, true));
	if (table == NULL)
		return NULL;
	logical = table_open(table->relid, AccessShareLock);
	foreach (lc, RelationGetIndexList(logical))
	{
		char *name = get_rel_name(lfirst_oid(lc));

		if (strcmp(ShardObjectName(name, shard), get_rel_name(index)) == 0)
			result = name;
	}
	table_close(logical, AccessShareLock);
	return result;
}

const char *
EndMark(const char *name)
{
	const char *mark = strrchr(name, '#');

	return mark && mark[1] && strspn(mark + 1, "0123456789") == strlen(mark + 1) ? mark : NULL;
}

const char *
MarkOfShard(const char *name, const char *schema)
{
	const char *mark = EndMark(name);
	Oid         relid;
	char       *parent;

	if (mark == NULL || !IsTransactionState())
		return mark;
	relid = get_relname_relid(name, get_namespace_oid(schema, true));
	if (!OidIsValid(relid))
		return mark;
	if (!get_rel_relispartition(relid))
		return NULL;
	parent = get_rel_name(get_partition_parent(relid, true));
	return strcmp(ShardObjectName(parent, relid), name) == 0 ? mark : NULL;
}

char *
WholeName(const char *name, const char *schema)
{
	Oid nsp;
	Oid relid;

	if (!is_cut(name) || !IsTransactionState())
		return NULL;
	nsp = get_namespace_oid(schema, true);
	relid = get_relname_relid(name, nsp);
	if (!OidIsValid(relid))
		return get_constraint_name(parent_of_constraint(name, nsp));
	if (get_rel_relispartition(relid))
		return get_rel_name(get_partition_parent(relid, true));
	return NameOfExclusion(relid);
}

/* The user's index on a partition that is a part of one that is called like the data table's. */
static char *
NameOfUsersIndex(const DistTable *table, Oid data_parent_index)
{
	Oid parent = get_partition_parent(table->relid, true);
	Oid parent_index =
		get_relname_relid(get_rel_name(data_parent_index), get_rel_namespace(parent));
	Relation logical = table_open(table->relid, AccessShareLock);
	Oid      index = index_get_partition(logical, parent_index);

	table_close(logical, NoLock);
	return get_rel_name(index);
}

/* What an index is to be called that PostgreSQL made because there is one on the parent. */
static char *
NameOfIndex(Oid index, Oid relid, const DistTable *table)
{
	Oid parent_index = get_partition_parent(index, true);

	return table ? NameOfUsersIndex(table, parent_index)
				 : ShardObjectName(get_rel_name(parent_index), relid);
}

/*
 * Names the indexes of a relation, which is the data table of a partition (table)
 * or a shard. A name that another index has, which is to be renamed itself,
 * is free in the second round.
 */
static void
NameIndexes(Oid relid, const DistTable *table, bool second_round)
{
	Relation  rel = table_open(relid, AccessShareLock);
	ListCell *lc;

	foreach (lc, RelationGetIndexList(rel))
	{
		Oid   index = lfirst_oid(lc);
		char *name;

		if (!get_rel_relispartition(index))
			continue;
		name = NameOfIndex(index, relid, table);
		if (name == NULL || strcmp(name, get_rel_name(index)) == 0)
			continue;
		if (OidIsValid(get_relname_relid(name, RelationGetNamespace(rel))))
		{
			if (second_round)
				continue;
			name = psprintf("index#%u", index);
		}
		RenameRelationInternal(index, name, true, true);
		CommandCounterIncrement();
	}
	table_close(rel, NoLock);
}

/* The user's constraint from and to these tables that is a part of the one with this name, or NULL. */
static char *
NameOfUsersForeignKey(Oid relid, Oid referenced, const char *parent_name)
{
	Oid         parent = get_relation_constraint_oid(relid, parent_name, true);
	Relation    constraints = table_open(ConstraintRelationId, AccessShareLock);
	char       *name = NULL;
	SysScanDesc scan;
	ScanKeyData key;
	HeapTuple   tuple;

	ScanKeyInit(&key, Anum_pg_constraint_conrelid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(relid));
	scan = systable_beginscan(constraints, ConstraintRelidTypidNameIndexId, true, NULL, 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_constraint form = (Form_pg_constraint) GETSTRUCT(tuple);

		if (OidIsValid(parent) && form->conparentid == parent && form->confrelid == referenced)
			name = pstrdup(NameStr(form->conname));
	}
	systable_endscan(scan);
	table_close(constraints, AccessShareLock);
	return name;
}

/* What the part of a foreign key that is to a shard, or to the data table of a partition, is to be called. */
static char *
NameOfReferencedPart(const char *parent_name, Form_pg_constraint part)
{
	DistTable *referenced = LookupDistTableByData(part->confrelid);
	DistTable *table = LookupDistTableByData(part->conrelid);

	if (referenced == NULL)
		return ShardObjectName(parent_name, part->confrelid);
	return table ? NameOfUsersForeignKey(table->relid, referenced->relid, parent_name) : NULL;
}

/*
 * A shard's part of a foreign key is called like the data table's own. That to
 * a shard of the referenced table, of which the data table has several, gets
 * that shard's mark; that to a partition of the referenced table, the name of
 * the user's.
 */
static void
NameShardForeignKeys(Oid relid)
{
	Relation    constraints = table_open(ConstraintRelationId, RowExclusiveLock);
	SysScanDesc scan;
	ScanKeyData key;
	HeapTuple   tuple;

	ScanKeyInit(&key, Anum_pg_constraint_conrelid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(relid));
	scan = systable_beginscan(constraints, ConstraintRelidTypidNameIndexId, true, NULL, 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_constraint constraint = (Form_pg_constraint) GETSTRUCT(tuple);
		char              *name;
		Form_pg_constraint parent;
		HeapTuple          parent_tuple;

		if (constraint->contype != CONSTRAINT_FOREIGN || !OidIsValid(constraint->conparentid))
			continue;
		parent_tuple = SearchSysCache1(CONSTROID, ObjectIdGetDatum(constraint->conparentid));
		if (!HeapTupleIsValid(parent_tuple))
			continue;
		parent = (Form_pg_constraint) GETSTRUCT(parent_tuple);
		name = pstrdup(NameStr(parent->conname));
		if (parent->conrelid == constraint->conrelid)
			name = NameOfReferencedPart(name, constraint);
		ReleaseSysCache(parent_tuple);
		if (name == NULL)
			continue;
		if (strcmp(name, NameStr(constraint->conname)) != 0 &&
			!OidIsValid(get_relation_constraint_oid(relid, name, true)))
			RenameConstraintById(constraint->oid, name);
	}
	systable_endscan(scan);
	table_close(constraints, RowExclusiveLock);
	CommandCounterIncrement();
}

/* Parents come before their partitions here. */
void
NameShardObjects(Oid data_relid)
{
	List     *relids;
	ListCell *lc;

	if (get_rel_relkind(data_relid) != RELKIND_PARTITIONED_TABLE)
		return;
	relids = find_all_inheritors(data_relid, NoLock, NULL);
	for (int round = 1; round <= 2; round++)
	{
		foreach (lc, relids)
			NameIndexes(lfirst_oid(lc), LookupDistTableByData(lfirst_oid(lc)), round == 2);
	}
	foreach (lc, relids)
		NameShardForeignKeys(lfirst_oid(lc));
}
