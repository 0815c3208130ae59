/*-------------------------------------------------------------------------
 *
 * relation.c
 *	  What a name in a utility statement stands for: a distributed table, a
 *	  part of one, something that every node has, or nothing of ours.
 *
 * Nothing here takes locks that last: the statement's own execution locks what
 * it changes, before anything is done on the strength of these answers.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/transam.h"
#include "catalog/dependency.h"
#include "catalog/heap.h"
#include "catalog/index.h"
#include "catalog/indexing.h"
#include "catalog/logical_table.h"
#include "catalog/namespace.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_attrdef.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_policy.h"
#include "catalog/pg_rewrite.h"
#include "catalog/pg_statistic_ext.h"
#include "catalog/pg_trigger.h"
#include "ddl/ddl.h"
#include "nodes/makefuncs.h"
#include "rewrite/rewriteSupport.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

/* The table whose column owns the sequence or takes its default from it, or InvalidOid. */
static Oid
TableOfSequence(Oid sequence)
{
	Oid         table = InvalidOid;
	int32       column;
	Relation    depend;
	SysScanDesc scan;
	ScanKeyData key[2];
	HeapTuple   tuple;

	if (sequenceIsOwned(sequence, DEPENDENCY_AUTO, &table, &column) ||
		sequenceIsOwned(sequence, DEPENDENCY_INTERNAL, &table, &column))
		return table;

	depend = table_open(DependRelationId, AccessShareLock);
	ScanKeyInit(&key[0], Anum_pg_depend_refclassid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(RelationRelationId));
	ScanKeyInit(&key[1], Anum_pg_depend_refobjid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(sequence));
	scan = systable_beginscan(depend, DependReferenceIndexId, true, NULL, 2, key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_depend dependency = (Form_pg_depend) GETSTRUCT(tuple);

		if (dependency->classid == AttrDefaultRelationId)
		{
			Oid candidate = GetAttrDefaultColumnAddress(dependency->objid).objectId;

			if (LookupDistTable(candidate) != NULL)
				table = candidate;
		}
	}
	systable_endscan(scan);
	table_close(depend, AccessShareLock);
	return table;
}

/*
 * Collects the relations that a view's query names. Catalogs and members of
 * extensions are left out: every node has them.
 */
static List *
RelationsOfView(Oid view)
{
	List       *relations = NIL;
	Oid         rule = get_rewrite_oid(view, ViewSelectRuleName, true);
	Relation    depend;
	SysScanDesc scan;
	ScanKeyData key[2];
	HeapTuple   tuple;

	if (!OidIsValid(rule))
		return NIL;
	depend = table_open(DependRelationId, AccessShareLock);
	ScanKeyInit(&key[0], Anum_pg_depend_classid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(RewriteRelationId));
	ScanKeyInit(&key[1], Anum_pg_depend_objid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(rule));
	scan = systable_beginscan(depend, DependDependerIndexId, true, NULL, 2, key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_depend dependency = (Form_pg_depend) GETSTRUCT(tuple);

		if (dependency->refclassid == RelationRelationId && dependency->refobjid != view &&
			dependency->refobjid >= FirstNormalObjectId &&
			!OidIsValid(getExtensionOfObject(RelationRelationId, dependency->refobjid)))
			relations = list_append_unique_oid(relations, dependency->refobjid);
	}
	systable_endscan(scan);
	table_close(depend, AccessShareLock);
	return relations;
}

/* Every node has the views that read distributed tables and nothing that only one node has. */
static bool
IsSharedView(Oid view)
{
	List     *relations;
	ListCell *lc;

	if (get_rel_persistence(view) == RELPERSISTENCE_TEMP)
		return false;
	relations = RelationsOfView(view);
	foreach (lc, relations)
	{
		DistTable *table;

		if (RoleOf(lfirst_oid(lc), &table) == ROLE_LOCAL)
			return false;
	}
	return relations != NIL;
}

/*
 * RoleOf says what a relation is to the cluster; *table is the distributed
 * table concerned, NULL for a view and for local ones.
 */
RelationRole
RoleOf(Oid relid, DistTable **table)
{
	*table = NULL;
	if (!OidIsValid(relid) || !HaveDistTables())
		return ROLE_LOCAL;

	switch (get_rel_relkind(relid))
	{
		case RELKIND_RELATION:
		case RELKIND_PARTITIONED_TABLE:
			*table = LookupDistTable(relid);
			return *table ? ROLE_TABLE : ROLE_LOCAL;
		case RELKIND_INDEX:
		case RELKIND_PARTITIONED_INDEX:
			*table = LookupDistTable(IndexGetRelation(relid, false));
			return *table ? ROLE_INDEX : ROLE_LOCAL;
		case RELKIND_SEQUENCE:
		{
			Oid user = TableOfSequence(relid);

			*table = OidIsValid(user) ? LookupDistTable(user) : NULL;
			return *table ? ROLE_SEQUENCE : ROLE_LOCAL;
		}
		case RELKIND_VIEW:
			return IsSharedView(relid) ? ROLE_VIEW : ROLE_LOCAL;
		default:
			return ROLE_LOCAL;
	}
}

/* What happened to a data table or shard behind its logical table's back would happen on one node only. */
static void
RefuseDataTable(Oid relid)
{
	const DistTable *table;
	Oid              data_relid = relid;

	if (!OidIsValid(relid))
		return;
	if (get_rel_relkind(relid) == RELKIND_INDEX ||
		get_rel_relkind(relid) == RELKIND_PARTITIONED_INDEX)
		data_relid = IndexGetRelation(relid, false);
	table = TableOfRows(data_relid);
	if (table != NULL)
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						errmsg("relation \"%s.%s\" cannot be named directly",
							   get_namespace_name(get_rel_namespace(relid)), get_rel_name(relid)),
						errdetail("It belongs to distributed table \"%s\", on this node.",
								  get_rel_name(table->relid)),
						errhint("Use the distributed table.")));
}

/* RoleOfName is RoleOf for a name in a user's statement. */
RelationRole
RoleOfName(const RangeVar *name, DistTable **table)
{
	Oid relid;

	*table = NULL;
	if (!HaveDistTables())
		return ROLE_LOCAL;
	relid = RangeVarGetRelid(name, NoLock, true);
	RefuseDataTable(relid);
	return RoleOf(relid, table);
}

/* Returns an OID column of the row with this OID, or InvalidOid if it is gone. */
static Oid
ColumnOfRow(Oid classid, AttrNumber oid_column, Oid oid, AttrNumber column)
{
	Oid       result = InvalidOid;
	Relation  catalog = table_open(classid, AccessShareLock);
	HeapTuple tuple = get_catalog_object_by_oid(catalog, oid_column, oid);

	if (HeapTupleIsValid(tuple))
	{
		bool isnull;

		result = DatumGetObjectId(heap_getattr(tuple, column, RelationGetDescr(catalog), &isnull));
	}
	table_close(catalog, AccessShareLock);
	return result;
}

/* RelationOfObject returns the relation that an object is a part of, or InvalidOid. */
Oid
RelationOfObject(const ObjectAddress *object)
{
	switch (object->classId)
	{
		case RelationRelationId:
			return object->objectId;
		case AttrDefaultRelationId:
			return GetAttrDefaultColumnAddress(object->objectId).objectId;
		case ConstraintRelationId:
			return ColumnOfRow(ConstraintRelationId, Anum_pg_constraint_oid, object->objectId,
							   Anum_pg_constraint_conrelid);
		case TriggerRelationId:
			return ColumnOfRow(TriggerRelationId, Anum_pg_trigger_oid, object->objectId,
							   Anum_pg_trigger_tgrelid);
		case PolicyRelationId:
			return ColumnOfRow(PolicyRelationId, Anum_pg_policy_oid, object->objectId,
							   Anum_pg_policy_polrelid);
		case RewriteRelationId:
			return ColumnOfRow(RewriteRelationId, Anum_pg_rewrite_oid, object->objectId,
							   Anum_pg_rewrite_ev_class);
		case StatisticExtRelationId:
			return ColumnOfRow(StatisticExtRelationId, Anum_pg_statistic_ext_oid, object->objectId,
							   Anum_pg_statistic_ext_stxrelid);
		default:
			return InvalidOid;
	}
}

/* IsSharedObject: is this a relation, or a part of one, that every node has? */
bool
IsSharedObject(const ObjectAddress *object)
{
	DistTable *table;

	return RoleOf(RelationOfObject(object), &table) != ROLE_LOCAL;
}

RangeVar *
NameOfRelation(Oid relid)
{
	return makeRangeVar(get_namespace_name(get_rel_namespace(relid)), get_rel_name(relid), -1);
}

bool
IsPartitionedData(const DistTable *table)
{
	return get_rel_relkind(table->data_relid) == RELKIND_PARTITIONED_TABLE;
}

/* DataLeaves returns this node's relations that hold the rows of the table. */
List *
DataLeaves(const DistTable *table)
{
	List     *leaves = NIL;
	ListCell *lc;

	foreach (lc, find_all_inheritors(table->data_relid, NoLock, NULL))
	{
		if (get_rel_relkind(lfirst_oid(lc)) == RELKIND_RELATION)
			leaves = lappend_oid(leaves, lfirst_oid(lc));
	}
	return leaves;
}

/* OwnRelations returns the data table and its shards, but nothing of the partitions of a partitioned table. */
List *
OwnRelations(const DistTable *table)
{
	if (table->is_parent)
		return list_make1_oid(table->data_relid);
	return list_append_unique_oid(DataLeaves(table), table->data_relid);
}

/* Heirs returns the distributed tables that inherit from the table, at any depth; partitions are no heirs. */
List *
Heirs(const DistTable *table)
{
	List     *heirs = NIL;
	ListCell *lc;

	foreach (lc, table->is_parent ? NIL : find_all_inheritors(table->relid, NoLock, NULL))
	{
		if (lfirst_oid(lc) != table->relid)
			heirs = lappend(heirs, LookupDistTable(lfirst_oid(lc)));
	}
	return heirs;
}

/* DataIndex returns the data table's counterpart of the user's index, which has its name, or InvalidOid. */
Oid
DataIndex(const DistTable *table, Oid index)
{
	return get_relname_relid(get_rel_name(index), get_rel_namespace(table->data_relid));
}
