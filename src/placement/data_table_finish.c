/*-------------------------------------------------------------------------
 *
 * data_table_finish.c
 *	  What a data table gets once its rows are in: indexes, keys, foreign keys,
 *	  triggers, statistics objects, policies, replica identity.
 *
 * All of it is taken from the logical table's catalogs. What refers to columns
 * only is copied as stored expressions; what can hold names or subqueries is
 * printed by the backend, parsed again, and pointed at the data table. The
 * backend passes most of this from the data table to its shards; what it does
 * not pass on is done for each shard here.
 *
 * Runs in EnterCatalogWork. The caller holds AccessExclusiveLock on both tables.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/attmap.h"
#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/dependency.h"
#include "catalog/indexing.h"
#include "catalog/namespace.h"
#include "catalog/partition.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_policy.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_statistic_ext.h"
#include "catalog/pg_trigger.h"
#include "catalog/shard_names.h"
#include "commands/defrem.h"
#include "commands/extension.h"
#include "commands/policy.h"
#include "commands/trigger.h"
#include "executor/statement_triggers.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "parser/parse_utilcmd.h"
#include "parser/parser.h"
#include "placement/data_table.h"
#include "placement/distribute.h"
#include "planner/on_behalf.h"
#include "rewrite/rowsecurity.h"
#include "tcop/dest.h"
#include "tcop/utility.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/ruleutils.h"
#include "utils/syscache.h"

static RangeVar *
RangeVarFor(Oid relid)
{
	return makeRangeVar(get_namespace_name(get_rel_namespace(relid)), get_rel_name(relid), -1);
}

Node *
ParseStatement(const char *sql)
{
	return linitial_node(RawStmt, raw_parser(sql, RAW_PARSE_DEFAULT))->stmt;
}

/* Creates an index like one of the logical table. */
static void
CloneIndex(Relation logical, Relation index, Oid relid, const char *name)
{
	AttrMap   *columns = make_attrmap(RelationGetNumberOfAttributes(logical));
	Oid        constraint;
	IndexStmt *stmt;
	int        guc_level;

	for (int i = 0; i < columns->maplen; i++)
		columns->attnums[i] = i + 1;
	stmt = generateClonedIndexStmt(NULL, index, columns, &constraint);
	stmt->idxname = pstrdup(name);
	guc_level = NewGUCNestLevel();
	UseKeptSearchPath();
	DefineIndex(relid, stmt, InvalidOid, InvalidOid, InvalidOid, false, false, false, false, true);
	AtEOXact_GUC(true, guc_level);
	CommandCounterIncrement();
}

/*
 * Creates the indexes and the keys that are indexes. Partitioned tables can't
 * have exclusion constraints: each shard gets its own, which is as good, since
 * they contain the key.
 */
static void
CreateIndexes(Relation logical, Oid data_relid, bool partitioned, List *shards)
{
	ListCell *lc;

	foreach (lc, RelationGetIndexList(logical))
	{
		Relation  index = index_open(lfirst_oid(lc), AccessShareLock);
		ListCell *shard;

		if (index->rd_rel->relispartition)
			; /* a part of that of the parent */
		else if (index->rd_index->indisexclusion && partitioned)
		{
			foreach (shard, shards)
				CloneIndex(logical, index, lfirst_oid(shard),
						   ShardObjectName(RelationGetRelationName(index), lfirst_oid(shard)));
		}
		else if (index->rd_index->indisvalid)
			CloneIndex(logical, index, data_relid, RelationGetRelationName(index));
		index_close(index, AccessShareLock);
	}
}

/* The check constraints that existing rows may break, but for those that the parent has passed on. */
static void
CreateUnvalidatedChecks(Relation logical, Oid data_relid)
{
	TupleConstr *constr = RelationGetDescr(logical)->constr;

	for (int i = 0; constr != NULL && i < constr->num_check; i++)
	{
		Constraint    *check;
		AlterTableCmd *command;

		if (constr->check[i].ccvalid ||
			OidIsValid(get_relation_constraint_oid(data_relid, constr->check[i].ccname, true)))
			continue;
		check = makeNode(Constraint);
		check->contype = CONSTR_CHECK;
		check->conname = constr->check[i].ccname;
		check->cooked_expr = constr->check[i].ccbin;
		check->skip_validation = true;
		command = makeNode(AlterTableCmd);
		command->subtype = AT_AddConstraint;
		command->def = (Node *) check;
		AlterDataTable(data_relid, command);
	}
}

static bool
IsValidated(Oid constraint)
{
	HeapTuple tuple = SearchSysCache1(CONSTROID, ObjectIdGetDatum(constraint));
	bool      result = ((Form_pg_constraint) GETSTRUCT(tuple))->convalidated;

	ReleaseSysCache(tuple);
	return result;
}

/* Is it a part of a foreign key of, or to, a table with partitions? */
static bool
IsPartOfForeignKey(Oid constraint)
{
	HeapTuple tuple = SearchSysCache1(CONSTROID, ObjectIdGetDatum(constraint));
	bool      result = OidIsValid(((Form_pg_constraint) GETSTRUCT(tuple))->conparentid);

	ReleaseSysCache(tuple);
	return result;
}

/* Creates one foreign key, between data tables or from a shard. */
static void
CreateForeignKey(Oid constraint, Oid data_relid, Oid referenced_relid)
{
	char           *sql = pg_get_constraintdef_command(constraint);
	AlterTableStmt *stmt = castNode(AlterTableStmt, ParseStatement(sql));
	AlterTableCmd  *command = linitial_node(AlterTableCmd, stmt->cmds);
	Constraint     *key = castNode(Constraint, command->def);

	key->pktable = RangeVarFor(referenced_relid);
	AlterDataTable(data_relid, command);
}

static int
CompareByOid(const ListCell *a, const ListCell *b)
{
	return oid_cmp(&((ForeignKeyCacheInfo *) lfirst(a))->conoid,
				   &((ForeignKeyCacheInfo *) lfirst(b))->conoid);
}

/* The foreign keys of a table in the order in which they were created and their actions are carried out. */
static List *
ForeignKeysInOrder(Relation rel)
{
	List *keys = copyObject(RelationGetFKeyList(rel));

	list_sort(keys, CompareByOid);
	return keys;
}

/* A foreign key that is not validated can't be on a partitioned table, so it is on each shard. */
static void
CreateForeignKeys(Relation logical, Oid data_relid, bool partitioned, List *shards)
{
	ListCell *lc;
	ListCell *shard;

	foreach (lc, ForeignKeysInOrder(logical))
	{
		ForeignKeyCacheInfo *key = lfirst(lc);
		DistTable           *referenced = LookupDistTable(key->confrelid);

		if (IsPartOfForeignKey(key->conoid))
			continue;
		Assert(referenced != NULL); /* CheckForeignKeys saw to it */
		if (!partitioned || IsValidated(key->conoid))
			CreateForeignKey(key->conoid, data_relid, referenced->data_relid);
		else
		{
			foreach (shard, shards)
				CreateForeignKey(key->conoid, lfirst_oid(shard), referenced->data_relid);
		}
	}
}

/*
 * TriggerForDataTable changes CREATE TRIGGER on a logical table to what its data
 * table needs, or returns false if it needs nothing: statement triggers fire on
 * the coordinator, so do triggers with transition tables, and BEFORE INSERT
 * triggers, which may change the key, unless they are those of a partition,
 * which is found on the node only.
 * distshard.fire_trigger() finds the user's function by the trigger's name.
 * The caller sets the relation.
 */
bool
TriggerForDataTable(CreateTrigStmt *stmt, bool inserts_here)
{
	if (stmt->timing == TRIGGER_TYPE_BEFORE && inserts_here)
		stmt->events &= ~TRIGGER_TYPE_INSERT;
	if (!stmt->row || stmt->events == 0 || stmt->transitionRels != NIL)
		return false;
	stmt->funcname = list_make2(makeString("distshard"), makeString("fire_trigger"));
	stmt->args = NIL;
	stmt->constrrel = NULL;
	return true;
}

/*
 * TieTrigger makes the data table's trigger go when the logical table's does: also
 * along with the user's function, on which only the latter depends.
 */
void
TieTrigger(Oid relid, Oid data_relid, const char *name)
{
	ObjectAddress trigger;
	ObjectAddress data_trigger;

	CommandCounterIncrement();
	ObjectAddressSet(trigger, TriggerRelationId, get_trigger_oid(relid, name, false));
	ObjectAddressSet(data_trigger, TriggerRelationId, get_trigger_oid(data_relid, name, false));
	recordDependencyOn(&data_trigger, &trigger, DEPENDENCY_AUTO);
}

static void
CreateTriggers(Relation logical, Oid data_relid)
{
	for (int i = 0; logical->trigdesc != NULL && i < logical->trigdesc->numtriggers; i++)
	{
		Trigger        *trigger = &logical->trigdesc->triggers[i];
		CreateTrigStmt *stmt;
		char           *sql;

		if (trigger->tgisinternal || trigger->tgisclone)
			continue;
		sql = TextDatumGetCString(
			DirectFunctionCall1(pg_get_triggerdef, ObjectIdGetDatum(trigger->tgoid)));
		stmt = castNode(CreateTrigStmt, ParseStatement(sql));
		if (!TriggerForDataTable(stmt, BeforeInsertFiresHere(logical)))
			continue;
		CreateTriggerFiringOn(stmt, sql, data_relid, InvalidOid, InvalidOid, InvalidOid, InvalidOid,
							  InvalidOid, NULL, false, false, trigger->tgenabled);
		TieTrigger(RelationGetRelid(logical), data_relid, trigger->tgname);
	}
}

/* The part of a partition's triggers that fires on the node is another one than that of a table by itself. */
void
RemakeTriggers(DistTable *table)
{
	Relation logical = table_open(table->relid, NoLock);

	for (int i = 0; logical->trigdesc != NULL && i < logical->trigdesc->numtriggers; i++)
	{
		Trigger      *trigger = &logical->trigdesc->triggers[i];
		ObjectAddress data_trigger;

		if (trigger->tgisinternal || trigger->tgisclone)
			continue;
		ObjectAddressSet(data_trigger, TriggerRelationId,
						 get_trigger_oid(table->data_relid, trigger->tgname, true));
		if (OidIsValid(data_trigger.objectId))
			performDeletion(&data_trigger, DROP_RESTRICT, PERFORM_DELETION_INTERNAL);
	}
	CommandCounterIncrement();
	CreateTriggers(logical, table->data_relid);
	table_close(logical, NoLock);
}

static void
CreateStatisticsObjects(Relation logical, Oid data_relid)
{
	ListCell *lc;

	foreach (lc, RelationGetStatExtList(logical))
	{
		char            *sql = pg_get_statisticsobjdef_string(lfirst_oid(lc));
		CreateStatsStmt *stmt = castNode(CreateStatsStmt, ParseStatement(sql));
		PlannedStmt     *utility = makeNode(PlannedStmt);

		stmt->relations = list_make1(RangeVarFor(data_relid));
		stmt->defnames = list_make2(makeString(get_namespace_name(get_rel_namespace(data_relid))),
									llast(stmt->defnames));
		utility->commandType = CMD_UTILITY;
		utility->utilityStmt = (Node *) stmt;
		standard_ProcessUtility(utility, sql, false, PROCESS_UTILITY_SUBCOMMAND, NULL, NULL,
								None_Receiver, NULL);
		CommandCounterIncrement();
	}

	StatisticsJoinExtension(data_relid);
}

/* An expression over the logical table, as a tree to be analyzed again. */
static Node *
ParseExpression(Relation logical, Expr *expression)
{
	List       *context;
	char       *sql;
	SelectStmt *select;

	if (expression == NULL)
		return NULL;
	context = deparse_context_for(RelationGetRelationName(logical), RelationGetRelid(logical));
	sql = deparse_expression((Node *) expression, context, false, false);
	select = castNode(SelectStmt, ParseStatement(psprintf("SELECT %s", sql)));
	return linitial_node(ResTarget, select->targetList)->val;
}

static List *
PolicyRoles(ArrayType *roles)
{
	Oid  *oids = (Oid *) ARR_DATA_PTR(roles);
	List *specs = NIL;

	for (int i = 0; i < ARR_DIMS(roles)[0]; i++)
	{
		RoleSpec *spec = makeNode(RoleSpec);

		spec->roletype = OidIsValid(oids[i]) ? ROLESPEC_CSTRING : ROLESPEC_PUBLIC;
		spec->rolename = OidIsValid(oids[i]) ? GetUserNameFromId(oids[i], false) : NULL;
		specs = lappend(specs, spec);
	}
	return specs;
}

static char *
PolicyCommand(char command)
{
	switch (command)
	{
		case ACL_SELECT_CHR:
			return "select";
		case ACL_INSERT_CHR:
			return "insert";
		case ACL_UPDATE_CHR:
			return "update";
		case ACL_DELETE_CHR:
			return "delete";
		default:
			return "all";
	}
}

static void
SwitchRowSecurity(Oid data_relid, AlterTableType subtype)
{
	AlterTableCmd *command = makeNode(AlterTableCmd);

	command->subtype = subtype;
	AlterDataTable(data_relid, command);
}

static void
CreatePolicies(Relation logical, Oid data_relid)
{
	ListCell *lc;

	if (logical->rd_rel->relrowsecurity)
		SwitchRowSecurity(data_relid, AT_EnableRowSecurity);
	if (logical->rd_rel->relforcerowsecurity)
		SwitchRowSecurity(data_relid, AT_ForceRowSecurity);
	foreach (lc, logical->rd_rsdesc ? logical->rd_rsdesc->policies : NIL)
	{
		RowSecurityPolicy *policy = lfirst(lc);
		CreatePolicyStmt  *stmt = makeNode(CreatePolicyStmt);

		if (policy->policy_name == NULL || strcmp(policy->policy_name, "default-deny policy") == 0)
			continue;
		stmt->policy_name = policy->policy_name;
		stmt->table = RangeVarFor(data_relid);
		stmt->cmd_name = PolicyCommand(policy->polcmd);
		stmt->permissive = policy->permissive;
		stmt->roles = PolicyRoles(policy->roles);
		stmt->qual = ParseExpression(logical, policy->qual);
		stmt->with_check = ParseExpression(logical, policy->with_check_qual);
		CreatePolicy(stmt);
		CommandCounterIncrement();
	}
}

/* The index of a shard, or of an unpartitioned data table, that stands for the logical table's. */
static char *
LeafIndexName(Oid logical_index, Oid data_relid, Oid leaf)
{
	Oid      index = get_relname_relid(get_rel_name(logical_index), get_rel_namespace(data_relid));
	Relation shard;

	if (leaf != data_relid)
	{
		shard = table_open(leaf, AccessShareLock);
		index = index_get_partition(shard, index);
		table_close(shard, NoLock);
	}
	return get_rel_name(index);
}

/* REPLICA IDENTITY and CLUSTER ON, which apply to relations with storage. */
static void
MarkLeaf(Relation logical, Oid data_relid, Oid leaf)
{
	ReplicaIdentityStmt *identity = makeNode(ReplicaIdentityStmt);
	AlterTableCmd       *command = makeNode(AlterTableCmd);
	ListCell            *lc;

	identity->identity_type = logical->rd_rel->relreplident;
	if (identity->identity_type == REPLICA_IDENTITY_INDEX)
		identity->name = LeafIndexName(RelationGetReplicaIndex(logical), data_relid, leaf);
	command->subtype = AT_ReplicaIdentity;
	command->def = (Node *) identity;
	if (identity->identity_type != REPLICA_IDENTITY_DEFAULT)
		AlterDataTable(leaf, command);

	foreach (lc, RelationGetIndexList(logical))
	{
		if (!get_index_isclustered(lfirst_oid(lc)))
			continue;
		command = makeNode(AlterTableCmd);
		command->subtype = AT_ClusterOn;
		command->name = LeafIndexName(lfirst_oid(lc), data_relid, leaf);
		AlterDataTable(leaf, command);
	}
}

/*
 * FinishDataTable completes a data table whose rows are in. Foreign keys that
 * are valid are validated again as they are created.
 */
void
FinishDataTable(DistTable *table)
{
	Relation  logical = table_open(table->relid, AccessShareLock);
	Oid       data_relid = table->data_relid;
	bool      sharded = table->method == DIST_HASH && !table->is_parent;
	List     *shards = NIL;
	List     *stored = table->is_parent ? NIL : list_make1_oid(data_relid);
	ListCell *lc;

	if (sharded)
		stored = shards = find_inheritance_children(data_relid, AccessExclusiveLock);
	CreateIndexes(logical, data_relid, sharded, shards);
	CreateUnvalidatedChecks(logical, data_relid);
	CreateForeignKeys(logical, data_relid, sharded, shards);
	CreateTriggers(logical, data_relid);
	WatchIfReferenced(table);
	CreateStatisticsObjects(logical, data_relid);
	CreatePolicies(logical, data_relid);
	foreach (lc, stored)
		MarkLeaf(logical, data_relid, lfirst_oid(lc));
	NameShardObjects(data_relid);
	table_close(logical, NoLock);
}
