/*-------------------------------------------------------------------------
 *
 * fragment.c
 *	  What a statement that names data tables must pass before it is planned.
 *
 * The parse hook looks at every statement. With a claim it is a fragment: the
 * claim must agree with the metadata here, else it is refused, and its data
 * tables are opened up: the coordinator has checked privileges on the logical
 * tables, so none are checked here, and a fragment for one shard reads that
 * partition itself, which is planned much faster than the partitioned table.
 * Without a claim, naming a data table or a shard is an error.
 *
 * The hook runs again when a cached plan is invalidated, and whatever changes
 * the shards of a node invalidates the plans on them: so a cached plan never
 * outlives the truth of its claim.
 *
 * Analysis has locked the data table before the metadata are read here, and
 * whoever moves a shard conflicts with that lock.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/tupconvert.h"
#include "catalog/logical_table.h"
#include "catalog/pg_class.h"
#include "executor/copy_lock.h"
#include "executor/execdesc.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/analyze.h"
#include "parser/parsetree.h"
#include "planner/catalog_names.h"
#include "planner/claim.h"
#include "planner/fragment.h"
#include "planner/moved_tables.h"
#include "rewrite/rewriteHandler.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

typedef struct FragmentCheck
{
	const Claim *claim;       /* NULL: the statement must not name data tables */
	bool         found_shard; /* is one of the tables cut so that it has the claimed shard? */
} FragmentCheck;

static post_parse_analyze_hook_type prev_post_parse_analyze = NULL;

static void CheckQuery(Query *query, FragmentCheck *check);

static char *
QualifiedName(Oid relid)
{
	return quote_qualified_identifier(get_namespace_name(get_rel_namespace(relid)),
									  get_rel_name(relid));
}

static void
RefuseDataTable(Oid relid, const DistTable *table)
{
	ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
					relid == table->data_relid
						? errmsg("data table \"%s\" cannot be named directly", get_rel_name(relid))
						: errmsg("shard \"%s\" cannot be named directly", get_rel_name(relid)),
					errhint("Use the distributed table %s.", QualifiedName(table->relid))));
}

void
CheckUnclaimedRelation(Oid relid)
{
	const DistTable *table = TableOfRows(relid);

	if (table != NULL)
		RefuseDataTable(relid, table);
}

static void
RefuseClaim(const DistTable *table)
{
	ereport(ERROR,
			(errcode(ERRCODE_STALE_CLAIM),
			 errmsg("this node does not hold the shards of table %s that the fragment is for",
					QualifiedName(table->relid)),
			 errdetail("The sender's metadata is out of date, or newer than this node's.")));
}

void
CheckPlacementClaim(const Claim *claim, DistTable *table)
{
	if (table->method != DIST_REFERENCE && claim->placement_version != PlacementVersion())
		RefuseClaim(table);
}

/*
 * Returns the claimed shard as this table has it, NULL if the claim is not for
 * one shard or the table is of a colocation that need not be claimed.
 */
static Shard *
CheckClaim(const Claim *claim, DistTable *table)
{
	Shard *shard = NULL;

	if (claim->shard_id != 0)
		shard = ShardById(table, claim->shard_id);
	if (shard != NULL)
	{
		if (shard->generation != claim->generation || !OidIsValid(shard->partition) ||
			(table->method != DIST_REFERENCE && shard->group_id != LocalGroupId()))
			RefuseClaim(table);
		return shard;
	}

	CheckPlacementClaim(claim, table);
	return NULL;
}

bool
HasRowSecurity(Oid relid)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	bool      result;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for relation %u", relid);
	result = ((Form_pg_class) GETSTRUCT(tuple))->relrowsecurity;
	ReleaseSysCache(tuple);
	return result;
}

Oid
RelationOwner(Oid relid)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	Oid       owner;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for relation %u", relid);
	owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
	ReleaseSysCache(tuple);
	return owner;
}

/* Vars of the data table mean the same in the partition only if its columns have the same numbers. */
static bool
SameColumnNumbers(Oid partition, Oid data_relid)
{
	Relation part = table_open(partition, NoLock);
	Relation data = table_open(data_relid, NoLock);
	bool     same;

	same = build_attrmap_by_name_if_req(RelationGetDescr(part), RelationGetDescr(data)) == NULL;
	table_close(data, NoLock);
	table_close(part, NoLock);
	return same;
}

static void
ReadPartitionDirectly(RangeTblEntry *rte, Oid partition)
{
	LockRelationOid(partition, rte->rellockmode);
	if (!SameColumnNumbers(partition, rte->relid))
		return;
	rte->relid = partition;
	if (rte->relkind != RELKIND_COMPOSITE_TYPE) /* else ON CONFLICT's EXCLUDED */
		rte->relkind = RELKIND_RELATION;
	rte->inh = false;
}

/* Copies of a reference table stay equal because writers take turns, node by node in the same order. */
static void
LockOutOtherWriters(RangeTblEntry *rte, DistTable *table)
{
	LockLocalCopy(table);
	rte->rellockmode = ShareRowExclusiveLock;
}

/*
 * Opens up one data table of a fragment. Policies are those of the claimed
 * role; where there are none, nobody's privileges are asked for, and planning
 * as the owner lets the planner use the table's statistics.
 */
static void
AdmitDataTable(Query *query, int rtindex, DistTable *table, FragmentCheck *check)
{
	RangeTblEntry *rte = rt_fetch(rtindex, query->rtable);
	bool           is_target = rtindex == query->resultRelation;
	Shard         *shard = CheckClaim(check->claim, table);

	if (shard != NULL)
		check->found_shard = true;
	if (is_target && table->method == DIST_REFERENCE)
		LockOutOtherWriters(rte, table);
	if (rte->relkind == RELKIND_PARTITIONED_TABLE && !table->is_parent &&
		!(is_target && query->commandType == CMD_INSERT))
		rte->inh = true;

	if (HasRowSecurity(rte->relid))
	{
		rte->checkAsUser =
			OidIsValid(check->claim->policy_role) ? check->claim->policy_role : check->claim->role;
		return;
	}
	rte->requiredPerms = 0;
	rte->checkAsUser = RelationOwner(rte->relid);

	if (shard == NULL || shard->partition == rte->relid)
		return;
	if ((is_target || rte->relkind == RELKIND_COMPOSITE_TYPE) && MayChangeKey(query, table))
		return;
	ReadPartitionDirectly(rte, shard->partition);
}

/*
 * A plan on a partition must be made anew when the data table changes (it may
 * get policies): an entry that is used nowhere makes the plan depend on it. One
 * for rows of a trigger does so without a lock for each execution: the lock on the
 * partition keeps the plan true, and that on the logical table keeps the shard here.
 */
static List *
DependOnDataTables(List *rtable, List *data_tables)
{
	ListCell *lc;

	foreach (lc, data_tables)
	{
		RangeTblEntry *rte = makeNode(RangeTblEntry);

		rte->rtekind = RTE_NAMEDTUPLESTORE;
		rte->relid = lfirst_oid(lc);
		rte->enrname = "data_table";
		rte->eref = makeAlias("data_table", NIL);
		rtable = lappend(rtable, rte);
	}
	return rtable;
}

static void
AdmitRelations(Query *query, FragmentCheck *check)
{
	List *repointed = NIL;
	int   nrelations = list_length(query->rtable);

	for (int i = 1; i <= nrelations; i++)
	{
		RangeTblEntry *rte = rt_fetch(i, query->rtable);
		Oid            relid = rte->relid;
		DistTable     *table;

		if (rte->rtekind != RTE_RELATION)
			continue;
		table = LookupDistTableByData(relid);
		if (table == NULL)
			continue;
		AdmitDataTable(query, i, table, check);
		if (rte->relid != relid)
			repointed = list_append_unique_oid(repointed, relid);
	}
	query->rtable = DependOnDataTables(query->rtable, repointed);
}

static void
RefuseRelations(Query *query)
{
	ListCell *lc;

	foreach (lc, query->rtable)
	{
		RangeTblEntry *rte = lfirst(lc);

		if (rte->rtekind == RTE_RELATION && rte->relid >= FirstNormalObjectId)
			CheckUnclaimedRelation(rte->relid);
	}
}

static bool
CheckSubLinks(Node *node, FragmentCheck *check)
{
	if (node == NULL)
		return false;
	if (IsA(node, SubLink))
		CheckQuery(castNode(Query, ((SubLink *) node)->subselect), check);
	return expression_tree_walker(node, CheckSubLinks, check);
}

/* Visits every range table of the statement. Expressions are searched only if they hold sublinks. */
static void
CheckQuery(Query *query, FragmentCheck *check)
{
	ListCell *lc;

	check_stack_depth();

	foreach (lc, query->rtable)
	{
		RangeTblEntry *rte = lfirst(lc);

		if (rte->rtekind == RTE_SUBQUERY)
			CheckQuery(rte->subquery, check);
	}
	foreach (lc, query->cteList)
		CheckQuery(castNode(Query, ((CommonTableExpr *) lfirst(lc))->ctequery), check);
	if (query->hasSubLinks)
		query_tree_walker(query, CheckSubLinks, check, QTW_IGNORE_RC_SUBQUERIES);

	if (check->claim != NULL)
		AdmitRelations(query, check);
	else
		RefuseRelations(query);
}

/*
 * ON DELETE SET DEFAULT and the like: the data table has no defaults, they are the logical table's. Copies
 * of a reference table must change alike, whatever node evaluates it.
 */
static void
UseLogicalDefaults(Query *query)
{
	RangeTblEntry   *target;
	const DistTable *table;
	Relation         logical;
	ListCell        *lc;

	if (query->commandType != CMD_UPDATE)
		return;
	target = rt_fetch(query->resultRelation, query->rtable);
	table = TableOfRows(target->relid);
	if (table == NULL)
		return;
	logical = table_open(table->relid, AccessShareLock);
	foreach (lc, query->targetList)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);
		Node        *value = NULL;

		if (IsA(tle->expr, SetToDefault)) /* of a shard, whose columns may have other numbers */
			value = build_column_default(logical, get_attnum(table->relid, tle->resname));
		if (value == NULL)
			continue;
		if (table->method == DIST_REFERENCE && contain_mutable_functions(value))
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("column \"%s\" of reference table %s cannot be set to its default "
							"by a foreign key",
							tle->resname, QualifiedName(table->relid)),
					 errdetail("The default is not the same on all nodes.")));
		tle->expr = (Expr *) value;
	}
	table_close(logical, NoLock);
}

/*
 * The queries of foreign keys name the relations that they are on. They are told by the security context
 * that only they run in.
 */
static void
CheckStatement(ParseState *pstate, Query *query)
{
	FragmentCheck check = {CurrentClaim(pstate->p_sourcetext), false};
	Claim         claim;

	if (check.claim == NULL)
	{
		if (InNoForceRLSOperation())
			UseLogicalDefaults(query);
		else if (!InLocalFragment())
			CheckQuery(query, &check);
		return;
	}

	claim = *check.claim;
	check.claim = &claim;
	TakeNamesFromCatalog(pstate, query);
	CheckQuery(query, &check);
	if (claim.shard_id != 0 && !check.found_shard)
		ereport(ERROR,
				(errcode(ERRCODE_STALE_CLAIM),
				 errmsg("shard " INT64_FORMAT " is unknown to this node", claim.shard_id),
				 errdetail("The sender's metadata is out of date, or newer than this node's.")));
}

static void
FragmentPostParseAnalyze(ParseState *pstate, Query *query, JumbleState *jstate)
{
	if (prev_post_parse_analyze)
		prev_post_parse_analyze(pstate, query, jstate);

	if (query->commandType != CMD_UTILITY && HaveDistTables())
		CheckStatement(pstate, query);
}

/*
 * Policies need the privileges asked for to stay in the query until it is
 * rewritten, so for tables that have them they are waived only here.
 */
void
WaiveDataTablePermissions(QueryDesc *query)
{
	ListCell *lc;

	if (!InLocalFragment() && RunningClaim(query->sourceText) == NULL)
		return;
	foreach (lc, query->plannedstmt->rtable)
	{
		RangeTblEntry *rte = lfirst(lc);

		if (rte->rtekind == RTE_RELATION && rte->requiredPerms != 0 &&
			LookupDistTableByData(rte->relid) != NULL)
			rte->requiredPerms = 0;
	}
}

void
InitFragmentCheck(void)
{
	prev_post_parse_analyze = post_parse_analyze_hook;
	post_parse_analyze_hook = FragmentPostParseAnalyze;
}
