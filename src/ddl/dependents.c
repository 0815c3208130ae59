/*-------------------------------------------------------------------------
 *
 * dependents.c
 *	  What of data tables and shards goes down with a type, function or the like.
 *
 * Columns, checks, indexes and policies of a data table depend on the same types
 * and functions as those of the logical table, and PostgreSQL would name them
 * beside these in what it tells of a DROP. It does not name what goes down
 * automatically with a thing. So that is what they become when the thing, or one
 * that it hangs from, is about to be dropped: whether it may be, the logical
 * table decides.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/dependency.h"
#include "catalog/heap.h"
#include "catalog/index.h"
#include "catalog/indexing.h"
#include "catalog/logical_table.h"
#include "catalog/pg_attrdef.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_class.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_shdepend.h"
#include "catalog/pg_statistic_ext.h"
#include "ddl/ddl.h"
#include "miscadmin.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

/* Is it a data table or shard, or a part of one? */
static bool
IsOfDataTable(const ObjectAddress *object)
{
	Oid  relid = RelationOfObject(object);
	char kind = OidIsValid(relid) ? get_rel_relkind(relid) : '\0';

	if (kind == RELKIND_INDEX || kind == RELKIND_PARTITIONED_INDEX)
		relid = IndexGetRelation(relid, false);
	return OidIsValid(relid) && TableOfRows(relid) != NULL;
}

/*
 * A generated column goes down with its expression, and statistics take what they
 * are a member of along, the extension.
 */
static void
FollowAutomatically(const ObjectAddress *dependent, const ObjectAddress *referenced)
{
	ObjectAddress column;

	if (dependent->classId == StatisticExtRelationId)
		deleteDependencyRecordsForClass(StatisticExtRelationId, dependent->objectId,
										ExtensionRelationId, DEPENDENCY_EXTENSION);
	if (dependent->classId != AttrDefaultRelationId)
		return;
	column = GetAttrDefaultColumnAddress(dependent->objectId);
	if (get_attgenerated(column.objectId, column.objectSubId))
		recordDependencyOn(&column, referenced, DEPENDENCY_AUTO);
}

/* Makes what of data tables depends on an object do so automatically; returns the other dependents. */
static List *
OtherDependents(Relation depend, const ObjectAddress *object)
{
	List       *others = NIL;
	SysScanDesc scan;
	ScanKeyData key[3];
	HeapTuple   tuple;

	ScanKeyInit(&key[0], Anum_pg_depend_refclassid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(object->classId));
	ScanKeyInit(&key[1], Anum_pg_depend_refobjid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(object->objectId));
	ScanKeyInit(&key[2], Anum_pg_depend_refobjsubid, BTEqualStrategyNumber, F_INT4EQ,
				Int32GetDatum(object->objectSubId));
	scan = systable_beginscan(depend, DependReferenceIndexId, true, NULL,
							  object->objectSubId != 0 ? 3 : 2, key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_depend dependency = (Form_pg_depend) GETSTRUCT(tuple);
		ObjectAddress *dependent = palloc(sizeof(ObjectAddress));

		ObjectAddressSubSet(*dependent, dependency->classid, dependency->objid,
							dependency->objsubid);
		if (!IsOfDataTable(dependent))
			others = lappend(others, dependent);
		else if (dependency->deptype == DEPENDENCY_NORMAL)
		{
			tuple = heap_copytuple(tuple);
			((Form_pg_depend) GETSTRUCT(tuple))->deptype = DEPENDENCY_AUTO;
			CatalogTupleUpdate(depend, &tuple->t_self, tuple);
			FollowAutomatically(dependent, object);
		}
	}
	systable_endscan(scan);
	CommandCounterIncrement();
	return others;
}

/* Does so for all that depends on the objects (ObjectAddress *), directly or through others. */
static void
MakeAutomatic(List *objects)
{
	Relation depend = table_open(DependRelationId, RowExclusiveLock);
	HASHCTL  control = {.keysize = sizeof(ObjectAddress), .entrysize = sizeof(ObjectAddress)};
	HTAB    *seen = hash_create("dropped objects", 256, &control, HASH_ELEM | HASH_BLOBS);

	for (int i = 0; i < list_length(objects); i++)
	{
		bool found;

		hash_search(seen, list_nth(objects, i), HASH_ENTER, &found);
		if (!found)
			objects = list_concat(objects, OtherDependents(depend, list_nth(objects, i)));
	}
	hash_destroy(seen);
	table_close(depend, RowExclusiveLock);
}

/* HideDependents is to be called before the statement, which is on no relations, is run. */
void
HideDependents(const DropStmt *stmt)
{
	List     *objects = NIL;
	ListCell *lc;

	if (!HaveDistTables())
		return;
	foreach (lc, stmt->objects)
	{
		ObjectAddress *object = palloc(sizeof(ObjectAddress));
		Relation       relation = NULL;

		/* The lock is DROP's own. */
		*object = get_object_address(stmt->removeType, lfirst(lc), &relation, AccessExclusiveLock,
									 stmt->missing_ok);
		if (OidIsValid(object->objectId))
			objects = lappend(objects, object);
	}
	MakeAutomatic(objects);
}

/* HideDependentsOfOwned does the same before the things of roles are dropped. */
void
HideDependentsOfOwned(List *roles)
{
	Relation  shdepend = table_open(SharedDependRelationId, AccessShareLock);
	List     *objects = NIL;
	ListCell *lc;

	foreach (lc, HaveDistTables() ? roles : NIL)
	{
		SysScanDesc scan;
		ScanKeyData key[2];
		HeapTuple   tuple;

		ScanKeyInit(&key[0], Anum_pg_shdepend_refclassid, BTEqualStrategyNumber, F_OIDEQ,
					ObjectIdGetDatum(AuthIdRelationId));
		ScanKeyInit(&key[1], Anum_pg_shdepend_refobjid, BTEqualStrategyNumber, F_OIDEQ,
					ObjectIdGetDatum(lfirst_oid(lc)));
		scan = systable_beginscan(shdepend, SharedDependReferenceIndexId, true, NULL, 2, key);
		while (HeapTupleIsValid(tuple = systable_getnext(scan)))
		{
			Form_pg_shdepend owned = (Form_pg_shdepend) GETSTRUCT(tuple);
			ObjectAddress   *object = palloc(sizeof(ObjectAddress));

			ObjectAddressSubSet(*object, owned->classid, owned->objid, owned->objsubid);
			if (owned->dbid == MyDatabaseId && owned->deptype == SHARED_DEPENDENCY_OWNER &&
				!IsOfDataTable(object))
				objects = lappend(objects, object);
		}
		systable_endscan(scan);
	}
	table_close(shdepend, AccessShareLock);
	MakeAutomatic(objects);
}
