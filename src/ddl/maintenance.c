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
#include "access/xact.h"
#include "catalog/namespace.h"
#include "commands/cluster.h"
#include "commands/defrem.h"
#include "ddl/ddl.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "storage/lmgr.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

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

/* Replaces a table to be vacuumed or analyzed by its data table and shards, which the user owns too. */
static List *
VacuumTargets(const VacuumRelation *target, const DistTable *table)
{
	List     *targets = NIL;
	ListCell *lc;

	foreach (lc, list_append_unique_oid(DataLeaves(table), table->data_relid))
		targets =
			lappend(targets, makeVacuumRelation(NULL, lfirst_oid(lc), copyObject(target->va_cols)));
	return targets;
}

void
VacuumUtility(Utility *utility, Node *node)
{
	VacuumStmt *stmt = castNode(VacuumStmt, node);
	List       *targets = NIL;
	bool        ours = stmt->rels == NIL && HaveDistTables();
	bool        top_level = utility->context == PROCESS_UTILITY_TOPLEVEL;
	ListCell   *lc;

	foreach (lc, stmt->rels)
	{
		VacuumRelation *target = lfirst_node(VacuumRelation, lc);
		DistTable      *table = NULL;

		if (target->relation != NULL &&
			RoleOf(RangeVarGetRelid(target->relation, NoLock, true), &table) == ROLE_TABLE)
		{
			targets = list_concat(targets, VacuumTargets(target, table));
			ours = true;
		}
		else if (!utility->forwarded)
			targets = lappend(targets, target);
	}
	if (!ours)
	{
		RunLocally(utility);
		return;
	}

	stmt->rels = targets;
	if (stmt->is_vacuumcmd)
		PreventInTransactionBlock(top_level, "VACUUM");
	if (!IsInTransactionBlock(top_level))
		ForwardOutsideTransaction(utility);
	else
		Forward(utility);
	RunAsWritten(utility);
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

void
ClusterUtility(Utility *utility, Node *node)
{
	ClusterStmt *stmt = castNode(ClusterStmt, node);
	DistTable   *table;
	Oid          data_index;
	ListCell    *lc;

	if (stmt->relation == NULL || RoleOfName(stmt->relation, &table) != ROLE_TABLE)
	{
		RunLocally(utility);
		return;
	}
	RunAsWritten(utility);
	data_index = DataIndex(table, ClusteredIndex(table->relid));
	foreach (lc, DataLeaves(table))
	{
		ClusterParams params = {0};

		LockRelationOid(lfirst_oid(lc), AccessExclusiveLock);
		cluster_rel(lfirst_oid(lc), ShardIndex(data_index, lfirst_oid(lc)), &params);
		CommandCounterIncrement();
	}
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

	if (shared == NIL || stmt->mode < ShareUpdateExclusiveLock)
	{
		RunLocally(utility);
		return;
	}
	if (utility->forwarded)
		stmt->relations = shared;
	LockEverywhere(utility, RelidsOf(tables), stmt->mode);
	RunAsWritten(utility);
	Forward(utility);
}
