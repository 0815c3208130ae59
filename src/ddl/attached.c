/*-------------------------------------------------------------------------
 *
 * attached.c
 *	  What hangs on a distributed table: triggers, policies, rules, extended
 *	  statistics, grants, comments and labels.
 *
 * Triggers that see rows fire where the rows are, so the data table has them
 * too, except those that fire before a row is inserted: they may change the
 * key, so they fire where the statement is, as statement triggers do. Policies
 * are on the data table as well. Rules, grants, comments and labels concern
 * only the logical table.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/relation.h"
#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_statistic_ext.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_class.h"
#include "commands/dbcommands.h"
#include "ddl/ddl.h"
#include "executor/statement_triggers.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "placement/data_table.h"
#include "storage/lmgr.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

/*
 * Runs a statement that concerns the relation as written, and the changed copy
 * of it, if any, on the data table; forwards it. A relation that only this
 * node has is left to PostgreSQL, and skipped where it was forwarded to.
 */
static void
RunOnLogicalAndData(Utility *utility, RelationRole role, const DistTable *table, Node *data_stmt)
{
	if (role == ROLE_LOCAL)
	{
		if (!utility->forwarded)
			RunLocally(utility);
		return;
	}
	if (table != NULL)
		LockEverywhere(utility, list_make1_oid(table->relid), AccessExclusiveLock);
	RunAsWritten(utility);
	if (data_stmt != NULL)
		RunOnData(utility, data_stmt);
	Forward(utility);
}

/* Returns the copy for the data table, or NULL if the trigger is the logical table's only. */
static Node *
DataTrigger(const DistTable *table, CreateTrigStmt *stmt)
{
	Relation logical = table_open(table->relid, AccessShareLock);
	bool     inserts_here = BeforeInsertFiresHere(logical);

	table_close(logical, AccessShareLock);
	stmt = copyObject(stmt);
	if (!TriggerForDataTable(stmt, inserts_here))
		return NULL;
	stmt->relation = NameOfRelation(table->data_relid);
	return (Node *) stmt;
}

void
CreateTriggerUtility(Utility *utility, Node *node)
{
	CreateTrigStmt *stmt = castNode(CreateTrigStmt, node);
	DistTable      *table;
	RelationRole    role = RoleOfName(stmt->relation, &table);
	Node           *data_stmt = role == ROLE_TABLE ? DataTrigger(table, stmt) : NULL;

	RunOnLogicalAndData(utility, role, table, data_stmt);
	if (data_stmt != NULL)
		TieTrigger(table->relid, table->data_relid, stmt->trigname);
}

void
CreatePolicyUtility(Utility *utility, Node *node)
{
	CreatePolicyStmt *stmt = castNode(CreatePolicyStmt, node);
	CreatePolicyStmt *copy = copyObject(stmt);
	DistTable        *table;
	RelationRole      role = RoleOfName(stmt->table, &table);

	if (role == ROLE_TABLE)
		copy->table = NameOfRelation(table->data_relid);
	RunOnLogicalAndData(utility, role, table, (Node *) copy);
}

void
AlterPolicyUtility(Utility *utility, Node *node)
{
	AlterPolicyStmt *stmt = castNode(AlterPolicyStmt, node);
	AlterPolicyStmt *copy = copyObject(stmt);
	DistTable       *table;
	RelationRole     role = RoleOfName(stmt->table, &table);

	if (role == ROLE_TABLE)
		copy->table = NameOfRelation(table->data_relid);
	RunOnLogicalAndData(utility, role, table, (Node *) copy);
}

/* Rules rewrite a query before it is planned. One for SELECT would turn the table, which is empty, into a view. */
void
CreateRuleUtility(Utility *utility, Node *node)
{
	RuleStmt    *stmt = castNode(RuleStmt, node);
	DistTable   *table;
	RelationRole role = RoleOfName(stmt->relation, &table);

	if (role == ROLE_TABLE && stmt->event == CMD_SELECT)
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("cannot convert distributed table \"%s\" to a view",
							   stmt->relation->relname)));
	RunOnLogicalAndData(utility, role, table, NULL);
}

/* The name of the data table's counterpart of a statistics object. */
static List *
DataStatisticsName(const DistTable *table, const char *name)
{
	return list_make2(makeString(get_namespace_name(get_rel_namespace(table->data_relid))),
					  makeString(pstrdup(name)));
}

/* Returns the distributed table that the statistics object is of, or NULL; *name becomes its bare name. */
static DistTable *
TableOfStatistics(List *names, char **name)
{
	Oid        oid = get_statistics_object_oid(names, true);
	HeapTuple  tuple;
	DistTable *table;

	if (!OidIsValid(oid))
		return NULL;
	tuple = SearchSysCache1(STATEXTOID, ObjectIdGetDatum(oid));
	if (!HeapTupleIsValid(tuple))
		return NULL;
	table = LookupDistTable(((Form_pg_statistic_ext) GETSTRUCT(tuple))->stxrelid);
	*name = pstrdup(NameStr(((Form_pg_statistic_ext) GETSTRUCT(tuple))->stxname));
	ReleaseSysCache(tuple);
	return table;
}

void
CreateStatisticsUtility(Utility *utility, Node *node)
{
	CreateStatsStmt *stmt = castNode(CreateStatsStmt, node);
	CreateStatsStmt *copy = copyObject(stmt);
	DistTable       *table;
	ListCell        *lc;

	if (list_length(stmt->relations) != 1 || !IsA(linitial(stmt->relations), RangeVar) ||
		RoleOfName(linitial_node(RangeVar, stmt->relations), &table) != ROLE_TABLE)
	{
		RunLocally(utility);
		return;
	}
	RunAsWritten(utility);
	foreach (lc, utility->created)
	{
		ObjectAddress *object = lfirst(lc);
		HeapTuple      tuple;

		if (object->classId != StatisticExtRelationId)
			continue;
		tuple = SearchSysCache1(STATEXTOID, ObjectIdGetDatum(object->objectId));
		copy->defnames =
			DataStatisticsName(table, NameStr(((Form_pg_statistic_ext) GETSTRUCT(tuple))->stxname));
		ReleaseSysCache(tuple);
		copy->relations = list_make1(NameOfRelation(table->data_relid));
		RunOnData(utility, (Node *) copy);
		AddToExtension(StatisticExtRelationId, get_statistics_object_oid(copy->defnames, false));
	}
	Forward(utility);
}

void
AlterStatisticsUtility(Utility *utility, Node *node)
{
	AlterStatsStmt *stmt = castNode(AlterStatsStmt, node);
	AlterStatsStmt *copy = copyObject(stmt);
	char           *name;
	DistTable      *table = TableOfStatistics(stmt->defnames, &name);

	if (table != NULL)
		copy->defnames = DataStatisticsName(table, name);
	RunOnLogicalAndData(utility, table ? ROLE_TABLE : ROLE_LOCAL, NULL, (Node *) copy);
}

void
RenameStatistics(Utility *utility, RenameStmt *stmt)
{
	RenameStmt *copy = copyObject(stmt);
	char       *name;
	DistTable  *table = TableOfStatistics(castNode(List, stmt->object), &name);

	if (table != NULL)
		copy->object = (Node *) DataStatisticsName(table, name);
	RunOnLogicalAndData(utility, table ? ROLE_TABLE : ROLE_LOCAL, NULL, (Node *) copy);
}

void
DropStatistics(Utility *utility, DropStmt *stmt)
{
	DropStmt *copy = copyObject(stmt);
	List     *shared = NIL;
	ListCell *lc;

	copy->objects = NIL;
	copy->missing_ok = true;
	foreach (lc, stmt->objects)
	{
		char      *name;
		DistTable *table = TableOfStatistics(lfirst_node(List, lc), &name);
		List      *data_name;

		if (table == NULL)
			continue;
		shared = lappend(shared, lfirst(lc));
		data_name = DataStatisticsName(table, name);
		copy->objects = lappend(copy->objects, data_name);
		deleteDependencyRecordsForClass(StatisticExtRelationId,
										get_statistics_object_oid(data_name, true),
										ExtensionRelationId, DEPENDENCY_EXTENSION);
	}
	if (utility->forwarded)
		stmt->objects = shared;
	RunOnLogicalAndData(utility, shared ? ROLE_TABLE : ROLE_LOCAL, NULL, (Node *) copy);
}

/* Leaves the relations that every node has in the statement, if it was forwarded; are there any? */
static bool
GrantsOnShared(Utility *utility, GrantStmt *stmt)
{
	List     *shared = NIL;
	ListCell *lc;

	foreach (lc, stmt->objects)
	{
		DistTable *table;

		if (RoleOfName(lfirst_node(RangeVar, lc), &table) != ROLE_LOCAL)
			shared = lappend(shared, lfirst(lc));
	}
	if (utility->forwarded)
		stmt->objects = shared;
	return shared != NIL;
}

void
GrantUtility(Utility *utility, Node *node)
{
	GrantStmt *stmt = castNode(GrantStmt, node);
	bool       ours;

	switch (stmt->objtype)
	{
		case OBJECT_TABLE:
		case OBJECT_SEQUENCE:
			ours = stmt->targtype == ACL_TARGET_OBJECT ? GrantsOnShared(utility, stmt)
													   : HaveDistTables();
			break;
		case OBJECT_DATABASE:
			ours = SharingIsOn() && list_length(stmt->objects) == 1 &&
				   strcmp(strVal(linitial(stmt->objects)), get_database_name(MyDatabaseId)) == 0;
			break;
		default:
			ours = IsSharedKind(stmt->objtype);
			break;
	}
	RunOnLogicalAndData(utility, ours ? ROLE_TABLE : ROLE_LOCAL, NULL, NULL);
}

/* Is the object one that all nodes have? */
static RelationRole
RoleOfObject(ObjectType type, Node *object)
{
	ObjectAddress address;
	Relation      relation = NULL;
	RelationRole  role;

	switch (type)
	{
		case OBJECT_LARGEOBJECT:
		case OBJECT_DATABASE:
			return ROLE_LOCAL;
		default:
			break;
	}
	address = get_object_address(type, object, &relation, AccessShareLock, true);
	if (!OidIsValid(address.objectId))
		return ROLE_LOCAL;
	if (relation != NULL)
		relation_close(relation, NoLock);
	role = IsSharedObject(&address) || IsSharedKind(type) ? ROLE_TABLE : ROLE_LOCAL;
	return role;
}

/* RunForObject handles what changes nothing of data tables: comments, labels, the owner and schema of statistics. */
void
RunForObject(Utility *utility, ObjectType type, Node *object)
{
	RunOnLogicalAndData(utility, RoleOfObject(type, object), NULL, NULL);
}

void
CommentUtility(Utility *utility, Node *node)
{
	CommentStmt *stmt = castNode(CommentStmt, node);

	RunForObject(utility, stmt->objtype, stmt->object);
}

void
SecurityLabelUtility(Utility *utility, Node *node)
{
	SecLabelStmt *stmt = castNode(SecLabelStmt, node);

	RunForObject(utility, stmt->objtype, stmt->object);
}
