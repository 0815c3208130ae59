/*-------------------------------------------------------------------------
 *
 * distribute_checks.c
 *	  What a table must be like to be distributed, and the errors otherwise.
 *
 * Foreign keys between a distributed and a local table can't be enforced, except
 * those from a local to a reference table (reference_actions.c). But tables that reference each other can only be distributed one after the other:
 * so within a transaction such a key may exist, and it is looked for when the
 * transaction commits. One from a distributed to an ordinary table is taken out
 * until then (held_keys.c).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/catalog.h"
#include "catalog/dependency.h"
#include "catalog/indexing.h"
#include "catalog/key_type.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_publication.h"
#include "commands/tablecmds.h"
#include "miscadmin.h"
#include "placement/distribute.h"
#include "placement/reference_actions.h"
#include "transaction_end.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

/* Tables of this transaction whose foreign keys are checked at commit. */
static List *TouchedTables = NIL;

static void
RefuseRelationKind(Relation logical)
{
	char       *name = RelationGetRelationName(logical);
	const char *what = NULL;

	switch (logical->rd_rel->relkind)
	{
		case RELKIND_RELATION:
		case RELKIND_PARTITIONED_TABLE:
			break;
		case RELKIND_VIEW:
			what = "a view";
			break;
		case RELKIND_MATVIEW:
			what = "a materialized view";
			break;
		case RELKIND_FOREIGN_TABLE:
			what = "a foreign table";
			break;
		default:
			what = "not a table";
			break;
	}
	if (what == NULL && RelationUsesLocalBuffers(logical))
		what = "a temporary table";
	if (what == NULL && IsCatalogRelation(logical))
		what = "a system catalog";
	if (what != NULL)
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
						errmsg("cannot distribute \"%s\": it is %s", name, what),
						errhint("Only ordinary tables can be distributed.")));
}

void
CheckOwner(Oid relid)
{
	if (!pg_class_ownercheck(relid, GetUserId()))
		aclcheck_error(ACLCHECK_NOT_OWNER, get_relkind_objtype(get_rel_relkind(relid)),
					   get_rel_name(relid));
}

/* An index ON ONLY a partitioned table, to which not all partitions' indexes are attached yet. */
static void
RefuseIncompleteIndexes(Relation logical)
{
	ListCell *lc;

	if (logical->rd_rel->relkind != RELKIND_PARTITIONED_TABLE)
		return;
	foreach (lc, RelationGetIndexList(logical))
	{
		if (!get_index_isvalid(lfirst_oid(lc)))
			ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
							errmsg("cannot distribute \"%s\": its index \"%s\" is not complete",
								   RelationGetRelationName(logical), get_rel_name(lfirst_oid(lc))),
							errhint("Attach an index of each partition to it, or drop it.")));
	}
}

/*
 * CheckDistributable raises an error unless the table is of a kind that can be
 * distributed, and isn't distributed yet.
 */
void
CheckDistributable(Relation logical)
{
	Oid   relid = RelationGetRelid(logical);
	char *name = RelationGetRelationName(logical);

	RefuseRelationKind(logical);
	if (LookupDistTable(relid) != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("table \"%s\" is already distributed", name),
				 errhint("To distribute it in another way, call undistribute_table() first.")));
	if (OidIsValid(getExtensionOfObject(RelationRelationId, relid)))
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
						errmsg("cannot distribute \"%s\": it belongs to an extension", name)));
	RefuseIncompleteIndexes(logical);
	CheckTableNotInUse(logical, "create_distributed_table");
}

/* A publication sends what is written to a table itself, and that is nothing once its rows are in shards. */
void
CheckUnpublished(Relation logical)
{
	List *publications = GetRelationPublications(RelationGetRelid(logical));

	publications = list_concat(publications, GetSchemaPublications(RelationGetNamespace(logical)));
	publications = list_concat(publications, GetAllTablesPublications());
	if (publications != NIL)
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("cannot distribute \"%s\": it is in publication \"%s\"",
							   RelationGetRelationName(logical),
							   get_publication_name(linitial_oid(publications), false)),
						errdetail("A subscriber would get nothing of it: its rows are in the "
								  "shards of all nodes."),
						errhint("Take it out of the publication first.")));
}

/* CheckShardKey returns the number of the column of that name, if it can be a shard key. */
AttrNumber
CheckShardKey(Relation logical, const char *name)
{
	AttrNumber        key = get_attnum(RelationGetRelid(logical), name);
	Form_pg_attribute column;

	if (key == InvalidAttrNumber)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("column \"%s\" of table \"%s\" does not exist", name,
						RelationGetRelationName(logical)),
				 errhint("Give the name of the key column as it is stored, without quotes.")));
	if (key < 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_COLUMN_REFERENCE),
						errmsg("cannot use system column \"%s\" as shard key", name)));
	column = TupleDescAttr(RelationGetDescr(logical), key - 1);
	if (column->attgenerated)
		ereport(ERROR, (errcode(ERRCODE_INVALID_COLUMN_REFERENCE),
						errmsg("cannot use generated column \"%s\" as shard key", name),
						errhint("Use a column that the generated one is computed from.")));
	if (!OidIsValid(lookup_type_cache(getBaseType(column->atttypid), TYPECACHE_HASH_EXTENDED_PROC)
						->hash_extended_proc))
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
						errmsg("cannot use column \"%s\" of type %s as shard key", name,
							   format_type_be(column->atttypid)),
						errdetail("Values of the type cannot be hashed.")));
	if (HashedByOids(column->atttypid))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("cannot use column \"%s\" of type %s as shard key", name,
						format_type_be(column->atttypid)),
				 errdetail("The hash of a value would depend on object identifiers, which differ "
						   "from node to node.")));
	return key;
}

static bool
IndexHasKey(Relation index, AttrNumber key)
{
	for (int i = 0; i < IndexRelationGetNumberOfKeyAttributes(index); i++)
	{
		if (index->rd_index->indkey.values[i] == key)
			return true;
	}
	return false;
}

/* An exclusion constraint holds across shards if rows that it compares have equal keys. */
static bool
ExcludesWithinKey(Relation index, AttrNumber key)
{
	Oid            *operators;
	Oid            *procs;
	uint16         *strategies;
	TypeCacheEntry *type =
		lookup_type_cache(get_atttype(index->rd_index->indrelid, key), TYPECACHE_EQ_OPR);

	RelationGetExclusionInfo(index, &operators, &procs, &strategies);
	for (int i = 0; i < IndexRelationGetNumberOfKeyAttributes(index); i++)
	{
		if (index->rd_index->indkey.values[i] == key && operators[i] == type->eq_opr)
			return true;
	}
	return false;
}

/* CheckUniqueKeys raises an error if uniqueness would have to hold across shards. */
void
CheckUniqueKeys(Relation logical, AttrNumber key)
{
	ListCell *lc;

	foreach (lc, RelationGetIndexList(logical))
	{
		Relation index = index_open(lfirst_oid(lc), AccessShareLock);
		bool     fits = true;

		if (index->rd_index->indisexclusion)
			fits = ExcludesWithinKey(index, key);
		else if (index->rd_index->indisunique)
			fits = IndexHasKey(index, key);
		if (!fits)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_TABLE_DEFINITION),
					 errmsg("%s \"%s\" does not contain the shard key",
							index->rd_index->indisprimary     ? "primary key"
							: index->rd_index->indisexclusion ? "exclusion constraint"
															  : "unique index",
							RelationGetRelationName(index)),
					 errdetail("Rows with different keys are on different nodes, which cannot be "
							   "compared on each change."),
					 errhint("Add column \"%s\" to it, choose another shard key, or drop it.",
							 get_attname(RelationGetRelid(logical), key, false))));
		index_close(index, AccessShareLock);
	}
}

static void
RefuseForeignKey(Form_pg_constraint key, const char *why, const char *hint)
{
	ereport(
		ERROR,
		(errcode(ERRCODE_INVALID_FOREIGN_KEY),
		 errmsg("foreign key \"%s\" from table \"%s\" to table \"%s\" cannot be enforced",
				NameStr(key->conname), get_rel_name(key->conrelid), get_rel_name(key->confrelid)),
		 errdetail_internal("%s", why), errhint("%s", hint)));
}

/* Does the foreign key pair the two shard keys? */
static bool
PairsKeys(HeapTuple tuple, AttrNumber from_key, AttrNumber to_key)
{
	AttrNumber from[INDEX_MAX_KEYS];
	AttrNumber to[INDEX_MAX_KEYS];
	int        count;

	DeconstructFkConstraintRow(tuple, &count, from, to, NULL, NULL, NULL, NULL, NULL);
	for (int i = 0; i < count; i++)
	{
		if (from[i] == from_key && to[i] == to_key)
			return true;
	}
	return false;
}

/* Would deleting a referenced row change the shard key of those that reference it? */
static bool
DeleteChangesKey(HeapTuple tuple, AttrNumber from_key)
{
	Form_pg_constraint key = (Form_pg_constraint) GETSTRUCT(tuple);
	AttrNumber         from[INDEX_MAX_KEYS];
	AttrNumber         to[INDEX_MAX_KEYS];
	AttrNumber         set[INDEX_MAX_KEYS];
	int                count;
	int                set_count;

	if (key->confdeltype != FKCONSTR_ACTION_SETNULL &&
		key->confdeltype != FKCONSTR_ACTION_SETDEFAULT)
		return false;
	DeconstructFkConstraintRow(tuple, &count, from, to, NULL, NULL, NULL, &set_count, set);
	for (int i = 0; i < (set_count > 0 ? set_count : count); i++)
	{
		if ((set_count > 0 ? set : from)[i] == from_key)
			return true;
	}
	return false;
}

typedef struct Side
{
	DistMethod method;
	int32      colocation_id;
	AttrNumber key;
} Side;

static void
CheckForeignKey(HeapTuple tuple, const Side *from, const Side *to)
{
	Form_pg_constraint key = (Form_pg_constraint) GETSTRUCT(tuple);

	if (from->method == DIST_HASH && DeleteChangesKey(tuple, from->key))
		RefuseForeignKey(key, "Its ON DELETE action would change the shard key.",
						 "Use ON DELETE CASCADE, RESTRICT or NO ACTION, or name other columns in "
						 "ON DELETE SET NULL.");
	if (to->method == DIST_REFERENCE)
		return;
	if (from->method == DIST_REFERENCE)
		RefuseForeignKey(
			key, "A reference table has its rows on every node, the referenced table has not.",
			"Make the referenced table a reference table too, or drop the foreign key.");
	if (from->colocation_id != to->colocation_id)
		RefuseForeignKey(
			key,
			"The tables are not co-located: a row and what it references can be on different "
			"nodes.",
			"Distribute them by the columns of the foreign key with the same shard count, use "
			"colocate_with, or make the referenced table a reference table.");
	if (from->method == DIST_HASH && !PairsKeys(tuple, from->key, to->key))
		RefuseForeignKey(
			key,
			"It does not compare the shard keys: a row and what it references can be on different "
			"nodes.",
			"Add the shard keys of both tables to the foreign key, or make the referenced "
			"table a reference table.");
}

void
ForEachForeignKey(Oid relid, ForeignKeyFunc func, void *arg)
{
	Relation    constraints = table_open(ConstraintRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple   tuple;

	ScanKeyInit(&key, Anum_pg_constraint_contype, BTEqualStrategyNumber, F_CHAREQ,
				CharGetDatum(CONSTRAINT_FOREIGN));
	scan = systable_beginscan(constraints, InvalidOid, false, NULL, 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_constraint constraint = (Form_pg_constraint) GETSTRUCT(tuple);

		if (constraint->conrelid == relid)
			func(tuple, constraint->confrelid, true, arg);
		else if (constraint->confrelid == relid)
			func(tuple, constraint->conrelid, false, arg);
	}
	systable_endscan(scan);
	table_close(constraints, AccessShareLock);
}

static void
RefuseMixedKey(HeapTuple tuple)
{
	if (LookupDistTable(((Form_pg_constraint) GETSTRUCT(tuple))->confrelid) != NULL)
		RefuseForeignKey((Form_pg_constraint) GETSTRUCT(tuple),
						 "The referencing table is an ordinary one, whose rows the other nodes "
						 "cannot see when they change the referenced table.",
						 "Distribute it too, or make it a reference table, in the same "
						 "transaction; or drop the foreign key.");
	RefuseForeignKey((Form_pg_constraint) GETSTRUCT(tuple),
					 "One of the tables is distributed, and the other one is not.",
					 "Change both in one transaction block, or drop the foreign key first.");
}

static void
CheckAgainstOther(HeapTuple tuple, Oid other, bool referencing, void *arg)
{
	Side              *side = arg;
	Side               other_side;
	DistTable         *table = LookupDistTable(other);
	Form_pg_constraint key = (Form_pg_constraint) GETSTRUCT(tuple);

	if (key->conrelid == key->confrelid)
	{
		CheckForeignKey(tuple, side, side);
		return;
	}
	if (table == NULL && referencing)
		RefuseMixedKey(tuple);
	if (table == NULL)
		return; /* it may be distributed next */
	other_side.method = table->method;
	other_side.colocation_id = table->colocation_id;
	other_side.key = table->key_attno;
	CheckForeignKey(tuple, referencing ? side : &other_side, referencing ? &other_side : side);
}

/*
 * CheckForeignKeys raises an error if a foreign key of the table, or one to it,
 * could not be enforced between it and other distributed tables.
 */
void
CheckForeignKeys(Relation logical, DistMethod method, int32 colocation_id, AttrNumber key)
{
	Side side = {method, colocation_id, key};

	ForEachForeignKey(RelationGetRelid(logical), CheckAgainstOther, &side);
	CheckForeignKeysAtCommit(RelationGetRelid(logical));
}

/* A copy of a reference table can be referenced by what is on its node: see reference_actions.c. */
static void
RefuseIfMixed(HeapTuple tuple, Oid other, bool referencing, void *arg)
{
	Form_pg_constraint key = (Form_pg_constraint) GETSTRUCT(tuple);
	DistTable         *referenced = LookupDistTable(key->confrelid);

	if ((LookupDistTable(key->conrelid) != NULL) == (referenced != NULL))
		return;
	if (referenced == NULL || referenced->method != DIST_REFERENCE)
		RefuseMixedKey(tuple);
}

static void
WatchIfOrdinary(HeapTuple tuple, Oid other, bool referencing, void *arg)
{
	if (!referencing && LookupDistTable(other) == NULL)
		WatchReferencedCopy(arg);
}

/* Ordinary tables that reference it may be distributed next, but until then their foreign keys hold. */
void
WatchIfReferenced(DistTable *table)
{
	if (table->method == DIST_REFERENCE)
		ForEachForeignKey(table->relid, WatchIfOrdinary, table);
}

static void
WatchReferenced(HeapTuple tuple, Oid other, bool referencing, void *arg)
{
	DistTable *table = LookupDistTable(other);

	if (referencing && table != NULL && table->method == DIST_REFERENCE)
		WatchReferencedCopy(table);
}

/* The table is an ordinary one now, and may reference reference tables. */
void
WatchReferencedBy(Oid relid)
{
	ForEachForeignKey(relid, WatchReferenced, NULL);
}

static void
RefuseOrdinary(HeapTuple tuple, Oid other, bool referencing, void *arg)
{
	if (!referencing && LookupDistTable(other) == NULL)
		RefuseForeignKey((Form_pg_constraint) GETSTRUCT(tuple),
						 "The referencing table is an ordinary one of another node than the one "
						 "that would keep the rows of the referenced table.",
						 "Call undistribute_table() on that node, or drop the foreign key.");
}

/* Raises an error if ordinary tables of this node reference the table. */
void
CheckUnreferenced(Oid relid)
{
	ForEachForeignKey(relid, RefuseOrdinary, NULL);
}

/* Looks at the tables that this transaction distributed or undistributed. */
static void
CheckTouchedTables(XactEvent event)
{
	List     *tables = TouchedTables;
	ListCell *lc;

	TouchedTables = NIL;
	if (event != XACT_EVENT_PRE_COMMIT && event != XACT_EVENT_PRE_PREPARE)
		return;
	foreach (lc, tables)
		ForEachForeignKey(lfirst_oid(lc), RefuseIfMixed, NULL);
}

/* Looks at the table's foreign keys again when the transaction commits. */
void
CheckForeignKeysAtCommit(Oid relid)
{
	MemoryContext caller = MemoryContextSwitchTo(TopTransactionContext);

	TouchedTables = list_append_unique_oid(TouchedTables, relid);
	MemoryContextSwitchTo(caller);
}

void
InitDistributeChecks(void)
{
	CallAtEvents(BEFORE_END | AT_END, CheckTouchedTables, &TouchedTables);
}
