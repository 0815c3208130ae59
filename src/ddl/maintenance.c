/*-------------------------------------------------------------------------
 *
 * maintenance.c
 *	  VACUUM, ANALYZE, CLUSTER and LOCK on distributed tables.
 *
 * These take lists of tables, distributed and ordinary ones mixed. The text is
 * sent as it is; on the other nodes the names of what is not distributed are
 * left out, so that a table which happens to have the same name stays alone.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "access/multixact.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/partitions.h"
#include "catalog/pg_inherits.h"
#include "commands/cluster.h"
#include "commands/defrem.h"
#include "commands/vacuum.h"
#include "ddl/ddl.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "placement/cluster_change.h"
#include "placement/data_table.h"
#include "placement/partition_tree.h"
#include "storage/lmgr.h"
#include "transaction/xact.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

PG_FUNCTION_INFO_V1(distshard_set_table_size);

/* Leaves out the names of ordinary tables; *tables becomes the list of the DistTables named. */
static List *
SharedRelations(List *relations, List **tables)
{
	List     *shared = NIL;
	ListCell *lc;

	*tables = NIL;
	foreach (lc, relations)
	{
		DistTable   *table;
		RelationRole role = RoleOfName(lfirst_node(RangeVar, lc), &table);

		if (role == ROLE_LOCAL)
			continue;
		shared = lappend(shared, lfirst(lc));
		if (role == ROLE_TABLE)
			*tables = lappend(*tables, table);
	}
	return shared;
}

static List *
RelidsOf(List *tables)
{
	List     *relids = NIL;
	ListCell *lc;

	foreach (lc, tables)
		relids = lappend_oid(relids, ((DistTable *) lfirst(lc))->relid);
	return relids;
}

/* A table that VACUUM or ANALYZE is for. */
typedef struct NamedTable
{
	Oid   relid;
	List *columns; /* of String; NIL: all */
} NamedTable;

static List *
AddNamedTable(List *tables, Oid relid, List *columns)
{
	NamedTable *named = palloc(sizeof(NamedTable));

	named->relid = relid;
	named->columns = columns;
	return lappend(tables, named);
}

/* Replaces a table to be vacuumed or analyzed by its data table and shards, which the user owns too. */
static List *
VacuumTargets(const VacuumRelation *target, const DistTable *table)
{
	List     *targets = NIL;
	ListCell *lc;

	foreach (lc, find_all_inheritors(table->data_relid, NoLock, NULL))
		targets =
			lappend(targets, makeVacuumRelation(NULL, lfirst_oid(lc), copyObject(target->va_cols)));
	return targets;
}

/*
 * distshard.set_table_size(logical regclass, pages bigint, tuples float8): what the planner takes
 * for the size of a distributed table. Superuser only. What is said to have triggers and rules
 * stays so, since that they were dropped may be rolled back.
 */
Datum
distshard_set_table_size(PG_FUNCTION_ARGS)
{
	Relation logical = table_open(PG_GETARG_OID(0), ShareUpdateExclusiveLock);

	vac_update_relstats(logical, (BlockNumber) PG_GETARG_INT64(1), PG_GETARG_FLOAT8(2), 0,
						logical->rd_rel->relhasindex, InvalidTransactionId, InvalidMultiXactId,
						NULL, NULL, true);
	table_close(logical, NoLock);
	PG_RETURN_VOID();
}

/* Adds up on all nodes what VACUUM or ANALYZE has found on each. */
static void
UpdateTableSize(Oid relid)
{
	CatalogWork work;

	EnterCatalogWork(&work);
	RunEverywhere(linitial(RunHere(psprintf("SELECT distshard.table_size_command(%u)", relid))));
	LeaveCatalogWork(&work);
	CommandCounterIncrement();
}

static bool
Analyzes(const VacuumStmt *stmt)
{
	bool      analyzes = !stmt->is_vacuumcmd;
	ListCell *lc;

	foreach (lc, stmt->options)
	{
		DefElem *option = lfirst_node(DefElem, lc);

		if (stmt->is_vacuumcmd && strcmp(option->defname, "analyze") == 0)
			analyzes = defGetBoolean(option);
	}
	return analyzes;
}

/* What has been found on the nodes becomes what the planner knows of the logical tables. */
static void
UpdateStatistics(List *tables, bool analyzes)
{
	ListCell *lc;

	PushActiveSnapshot(GetTransactionSnapshot());
	foreach (lc, tables)
	{
		const NamedTable *named = lfirst(lc);

		if (LookupDistTable(named->relid) == NULL)
			continue;
		UpdateTableSize(named->relid);
		if (analyzes)
			AnalyzeDistTable(named->relid, named->columns);
	}
	PopActiveSnapshot();
}

/* Tells the user, on his node, of a table that he may not treat: by its own name, not by those of its shards. */
static bool
MayVacuum(const DistTable *table, bool is_vacuum, bool forwarded)
{
	if (pg_class_ownercheck(table->relid, GetUserId()) ||
		pg_database_ownercheck(MyDatabaseId, GetUserId()))
		return true;
	if (!forwarded)
		ereport(WARNING, (errmsg("skipping \"%s\" --- only table or database owner can %s it",
								 get_rel_name(table->relid), is_vacuum ? "vacuum" : "analyze")));
	return false;
}

/* The distributed tables that a VACUUM or ANALYZE of these, or of all, may treat. */
static List *
TablesToUpdate(List *tables, bool all)
{
	List     *ours = NIL;
	ListCell *lc;

	foreach (lc, all ? RelidsOf(AllDistTables()) : NIL)
		tables = AddNamedTable(tables, lfirst_oid(lc), NIL);
	foreach (lc, tables)
	{
		if (pg_class_ownercheck(((NamedTable *) lfirst(lc))->relid, GetUserId()))
			ours = lappend(ours, lfirst(lc));
	}
	return ours;
}

void
VacuumUtility(Utility *utility, Node *node)
{
	VacuumStmt *stmt = castNode(VacuumStmt, node);
	List       *targets = NIL;
	List       *named = NIL;
	bool        ours = stmt->rels == NIL && HaveDistTables();
	bool        top_level = utility->context == PROCESS_UTILITY_TOPLEVEL;
	ListCell   *lc;
	ListCell   *lc2;

	foreach (lc, stmt->rels)
	{
		VacuumRelation *target = lfirst_node(VacuumRelation, lc);
		DistTable      *table = NULL;

		if (target->relation != NULL &&
			RoleOf(RangeVarGetRelid(target->relation, NoLock, true), &table) == ROLE_TABLE)
		{
			ours = true;
			if (!MayVacuum(table, stmt->is_vacuumcmd, utility->forwarded))
				continue;
			targets = list_concat(targets, VacuumTargets(target, table));
			foreach (lc2, PartitionTree(table->relid, NoLock))
				named = AddNamedTable(named, lfirst_oid(lc2), target->va_cols);
		}
		else if (!utility->forwarded)
			targets = lappend(targets, target);
	}
	if (!ours)
	{
		RunLocally(utility);
		return;
	}

	if (stmt->rels != NIL && targets == NIL)
		return;
	named = TablesToUpdate(named, stmt->rels == NIL);
	stmt->rels = targets;
	if (stmt->is_vacuumcmd)
		PreventInTransactionBlock(top_level, "VACUUM");
	if (!IsInTransactionBlock(top_level))
		ForwardOutsideTransaction(utility);
	else
		Forward(utility);
	RunAsWritten(utility);
	if (!utility->forwarded)
		UpdateStatistics(named, Analyzes(stmt));
}

static Oid
ClusteredIndex(Oid relid)
{
	Relation  rel = table_open(relid, NoLock);
	Oid       index = InvalidOid;
	ListCell *lc;

	foreach (lc, RelationGetIndexList(rel))
	{
		if (get_index_isclustered(lfirst_oid(lc)))
			index = lfirst_oid(lc);
	}
	table_close(rel, NoLock);
	return index;
}

static void
ClusterLeaf(Oid leaf, Oid index)
{
	ClusterParams params = {0};

	LockRelationOid(leaf, AccessExclusiveLock);
	cluster_rel(leaf, index, &params);
	CommandCounterIncrement();
}

/* Clusters the logical partitions. PostgreSQL has a transaction for each of them; here all is one. Returns the index. */
static Oid
ClusterPartitions(Utility *utility, const DistTable *table, const ClusterStmt *stmt)
{
	char     *name = get_rel_name(table->relid);
	Oid       index;
	Relation  rel;
	ListCell *lc;

	if (!pg_class_ownercheck(table->relid, GetUserId()))
		aclcheck_error(ACLCHECK_NOT_OWNER, OBJECT_TABLE, name);
	if (stmt->indexname == NULL)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
						errmsg("there is no previously clustered index for table \"%s\"", name)));
	index = get_relname_relid(stmt->indexname, get_rel_namespace(table->relid));
	if (!OidIsValid(index))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("index \"%s\" for table \"%s\" does not exist", stmt->indexname, name)));
	if (!utility->forwarded)
		PreventInTransactionBlock(utility->context == PROCESS_UTILITY_TOPLEVEL, "CLUSTER");
	LockEverywhere(utility, list_make1_oid(table->relid), AccessExclusiveLock);
	rel = table_open(table->relid, AccessExclusiveLock);
	check_index_is_clusterable(rel, index, AccessExclusiveLock);
	table_close(rel, NoLock);
	foreach (lc, PartitionTree(table->relid, AccessExclusiveLock))
	{
		if (get_rel_relkind(lfirst_oid(lc)) == RELKIND_RELATION)
			ClusterLeaf(lfirst_oid(lc), LeafIndex(index, lfirst_oid(lc)));
	}
	return index;
}

void
ClusterUtility(Utility *utility, Node *node)
{
	ClusterStmt *stmt = castNode(ClusterStmt, node);
	DistTable   *table;
	Oid          index;
	ListCell    *lc;

	if (stmt->relation == NULL || RoleOfName(stmt->relation, &table) != ROLE_TABLE)
	{
		RunLocally(utility);
		return;
	}
	if (table->is_parent)
		index = ClusterPartitions(utility, table, stmt);
	else
	{
		RunAsWritten(utility);
		index = ClusteredIndex(table->relid);
	}
	foreach (lc, DataLeaves(table))
		ClusterLeaf(lfirst_oid(lc), ShardIndex(table, index, lfirst_oid(lc)));
	Forward(utility);
}

/*
 * Locks that ordinary statements take don't conflict among themselves, and
 * whoever takes a stronger one does so on every node: so weak ones stay here.
 */
void
LockUtility(Utility *utility, Node *node)
{
	LockStmt *stmt = castNode(LockStmt, node);
	List     *tables;
	List     *shared = SharedRelations(stmt->relations, &tables);
	bool      wrote = WroteHere();

	if (shared == NIL || stmt->mode < ShareUpdateExclusiveLock)
	{
		RunLocally(utility);
		return;
	}
	if (utility->forwarded)
		stmt->relations = shared;
	LockEverywhere(utility, RelidsOf(tables), stmt->mode);
	RunAsWritten(utility);
	if (!wrote)
		NothingButLocks();
	if (list_length(shared) > list_length(tables)) /* views, and what they show */
		Forward(utility);
}
