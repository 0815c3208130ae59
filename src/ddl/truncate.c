/*-------------------------------------------------------------------------
 *
 * truncate.c
 *	  TRUNCATE of distributed tables.
 *
 * The logical tables have nothing to truncate; their data tables have, on each
 * node. What PostgreSQL does besides is done here: rights, CASCADE, sequences,
 * and triggers, which fire on the node where the client is, before and after
 * the rows are gone everywhere. Ordinary tables in the list, and those of this
 * node that CASCADE finds, are left to PostgreSQL.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "access/xact.h"
#include "catalog/dependency.h"
#include "catalog/partitions.h"
#include "catalog/heap.h"
#include "catalog/namespace.h"
#include "catalog/partition.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "commands/sequence.h"
#include "commands/tablecmds.h"
#include "commands/trigger.h"
#include "ddl/ddl.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "placement/partition_tree.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

/* What the statement is about: tables that it names, and whether it names them with all below. */
typedef struct Named
{
	List *relids;
	List *only;
} Named;

static List *
WithPartitions(List *relids)
{
	List     *all = NIL;
	ListCell *lc;

	foreach (lc, relids)
		all = list_concat_unique_oid(all, PartitionTree(lfirst_oid(lc), NoLock));
	return all;
}

/* The tables named, and their partitions and children. */
static List *
Expected(const Named *named)
{
	List     *all = list_copy(named->only);
	ListCell *lc;

	foreach (lc, named->relids)
		all = list_concat_unique_oid(all, find_all_inheritors(lfirst_oid(lc), NoLock, NULL));
	return all;
}

/* These and, for CASCADE, all that reference them; with the partitions of each. */
static List *
TablesToTruncate(const Named *named, DropBehavior behavior)
{
	List *relids = Expected(named);
	List *more;

	while (behavior == DROP_CASCADE && (more = heap_truncate_find_FKs(relids)) != NIL)
		relids = list_concat_unique_oid(relids, WithPartitions(more));
	return relids;
}

static bool
IsNamed(Oid relid, const Named *named)
{
	return list_member_oid(named->relids, relid) || list_member_oid(named->only, relid);
}

/* The right to truncate a table is one to truncate what comes with it. */
static void
CheckTruncateRights(Relation rel, List *relids, List *expected, const Named *named)
{
	Oid       relid = RelationGetRelid(rel);
	AclResult aclresult;

	if (!IsNamed(relid, named) && (list_member_oid(expected, relid) ||
								   (rel->rd_rel->relispartition &&
									list_member_oid(relids, get_partition_parent(relid, true)))))
		return;
	aclresult = pg_class_aclcheck(relid, GetUserId(), ACL_TRUNCATE);
	if (aclresult != ACLCHECK_OK)
		aclcheck_error(aclresult, OBJECT_TABLE, RelationGetRelationName(rel));
}

static void
TellOfCascade(Oid relid)
{
	ereport(NOTICE, (errmsg("truncate cascades to table \"%s\"", get_rel_name(relid))));
}

/* Opens the tables and checks what PostgreSQL checks of each; its notices tell the user of CASCADE. */
static List *
OpenTables(List *relids, const Named *named, bool forwarded)
{
	List     *expected = Expected(named);
	List     *rels = NIL;
	ListCell *lc;

	foreach (lc, relids)
	{
		Oid      relid = lfirst_oid(lc);
		Relation rel = table_open(relid, AccessExclusiveLock);

		if (!list_member_oid(expected, relid) && !forwarded)
			TellOfCascade(relid);
		CheckTruncateRights(rel, relids, expected, named);
		CheckTableNotInUse(rel, "TRUNCATE");
		rels = lappend(rels, rel);
	}
	return rels;
}

/* Each node starts again at its own share. */
static void
RestartSequences(List *relids)
{
	ListCell *lc;
	ListCell *seq;

	foreach (lc, relids)
	{
		foreach (seq, getOwnedSequences(lfirst_oid(lc)))
		{
			LockRelationOid(lfirst_oid(seq), AccessExclusiveLock);
			if (!pg_class_ownercheck(lfirst_oid(seq), GetUserId()))
				aclcheck_error(ACLCHECK_NOT_OWNER, OBJECT_SEQUENCE, get_rel_name(lfirst_oid(seq)));
			ResetSequence(lfirst_oid(seq));
		}
	}
}

static EState *
BeginTriggers(List *rels)
{
	EState   *estate = CreateExecutorState();
	ListCell *lc;

	AfterTriggerBeginQuery();
	foreach (lc, rels)
	{
		ResultRelInfo *target = makeNode(ResultRelInfo);

		InitResultRelInfo(target, lfirst(lc), 0, NULL, 0);
		estate->es_opened_result_relations = lappend(estate->es_opened_result_relations, target);
	}
	foreach (lc, estate->es_opened_result_relations)
		ExecBSTruncateTriggers(estate, lfirst(lc));
	return estate;
}

static void
EndTriggers(EState *estate)
{
	ListCell *lc;

	foreach (lc, estate->es_opened_result_relations)
		ExecASTruncateTriggers(estate, lfirst(lc));
	AfterTriggerEndQuery(estate);
	FreeExecutorState(estate);
}

/* Truncates the data tables of this node, and has the others do so. */
static void
TruncateData(Utility *utility, TruncateStmt *stmt, List *relids)
{
	TruncateStmt *data_stmt = makeNode(TruncateStmt);
	ListCell     *lc;

	foreach (lc, relids)
		data_stmt->relations = lappend(data_stmt->relations,
									   NameOfRelation(LookupDistTable(lfirst_oid(lc))->data_relid));
	RunOnData(utility, (Node *) data_stmt);
	if (stmt->restart_seqs)
		RestartSequences(relids);
	Forward(utility);
}

/* Takes the ordinary tables out of the list, and returns them. */
static List *
TakeOrdinary(List **relids)
{
	List     *ordinary = NIL;
	ListCell *lc;

	foreach (lc, *relids)
	{
		if (LookupDistTable(lfirst_oid(lc)) != NULL)
			continue;
		ordinary = lappend_oid(ordinary, lfirst_oid(lc));
		*relids = foreach_delete_current (*relids, lc);
	}
	return ordinary;
}

/* RESTRICT: tables that are not truncated must not reference those that are. */
static void
CheckReferences(List *rels, List *ordinary)
{
	List     *opened = NIL;
	ListCell *lc;
	ListCell *lc2;

	foreach (lc, ordinary)
	{
		RangeVar *name = lfirst(lc);
		Oid       relid = RangeVarGetRelid(name, AccessExclusiveLock, false);

		foreach (lc2, name->inh ? find_all_inheritors(relid, AccessExclusiveLock, NULL)
								: list_make1_oid(relid))
			opened = lappend(opened, table_open(lfirst_oid(lc2), NoLock));
	}
	heap_truncate_check_FKs(list_concat_copy(rels, opened), false);
	foreach (lc, opened)
		table_close(lfirst(lc), NoLock);
}

static void
TruncateDistributed(Utility *utility, TruncateStmt *stmt, const Named *named)
{
	EState   *estate = NULL;
	List     *relids = TablesToTruncate(named, stmt->behavior);
	List     *rels;
	List     *ordinary;
	ListCell *lc;

	TakeOrdinary(&relids);
	LockEverywhere(utility, relids, AccessExclusiveLock);
	relids = TablesToTruncate(named, stmt->behavior);
	ordinary = TakeOrdinary(&relids);
	rels = OpenTables(relids, named, utility->forwarded);
	if (utility->forwarded)
		stmt->relations = NIL;
	if (stmt->behavior == DROP_RESTRICT)
		CheckReferences(rels, stmt->relations);
	foreach (lc, ordinary)
	{
		if (!utility->forwarded)
			TellOfCascade(lfirst_oid(lc));
		stmt->relations = lappend(stmt->relations, NameOfRelation(lfirst_oid(lc)));
	}
	if (!utility->forwarded)
		estate = BeginTriggers(rels);
	if (stmt->relations != NIL)
		RunAsWritten(utility);
	TruncateData(utility, stmt, relids);
	if (estate != NULL)
		EndTriggers(estate);
	foreach (lc, rels)
		table_close(lfirst(lc), NoLock);
}

void
TruncateUtility(Utility *utility, Node *node)
{
	TruncateStmt *stmt = castNode(TruncateStmt, node);
	Named         named = {NIL};
	List         *ordinary = NIL;
	ListCell     *lc;

	foreach (lc, stmt->relations)
	{
		RangeVar    *name = lfirst_node(RangeVar, lc);
		DistTable   *table;
		RelationRole role = RoleOfName(name, &table);

		if (role == ROLE_TABLE && table->is_parent && !name->inh)
			ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
							errmsg("cannot truncate only a partitioned table"),
							errhint("Do not specify the ONLY keyword, or use TRUNCATE ONLY on the "
									"partitions directly.")));
		if (role == ROLE_TABLE && name->inh)
			named.relids = list_append_unique_oid(named.relids, table->relid);
		else if (role == ROLE_TABLE)
			named.only = list_append_unique_oid(named.only, table->relid);
		else
			ordinary = lappend(ordinary, lfirst(lc));
	}
	if (named.relids == NIL && named.only == NIL)
	{
		RunLocally(utility);
		return;
	}
	stmt->relations = ordinary;
	TruncateDistributed(utility, stmt, &named);
}
