/*-------------------------------------------------------------------------
 *
 * planner.c
 *	  Which way a query takes.
 *
 * A query without distributed tables goes straight to PostgreSQL's planner.
 * The others try, in this order:
 *
 *	  cached	a plan for one shard was made for such a statement before
 *	  local		all shards that it needs are on this node
 *	  routed	one shard answers: the whole query goes to that shard's node
 *	  pushdown	every node answers for its own shards
 *	  leaves	the parts that can be pushed down are, PostgreSQL does the rest
 *
 * Placement is read after the logical tables' locks were taken by the parser
 * or the plan cache, and a change of placement invalidates the plan.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/logical_table.h"
#include "catalog/metadata.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "nodes/makefuncs.h"
#include "optimizer/optimizer.h"
#include "optimizer/plancat.h"
#include "optimizer/planmain.h"
#include "optimizer/planner.h"
#include "parser/parsetree.h"
#include "nodes/nodeFuncs.h"
#include "planner/claim.h"
#include "planner/current_of.h"
#include "catalog/shard_key.h"
#include "planner/estimate.h"
#include "planner/inherited.h"
#include "planner/leaf.h"
#include "planner/local.h"
#include "planner/locked_tables.h"
#include "planner/named_types.h"
#include "planner/node_plan.h"
#include "planner/modify_tree.h"
#include "planner/moved_tables.h"
#include "planner/on_behalf.h"
#include "planner/plan_cache.h"
#include "planner/planner.h"
#include "planner/policies.h"
#include "planner/print.h"
#include "planner/reduce_joins.h"
#include "planner/ship.h"
#include "planner/strategy.h"
#include "transaction/xact.h"
#include "utils/lsyscache.h"

static planner_hook_type           next_planner_hook;
static get_relation_info_hook_type next_get_relation_info_hook;

static bool foreign_keys_are_empty = false;

/* PostgreSQL's own planner, or the extension's that was there before. */
PlannedStmt *
PlanOrdinary(Query *query, const PlannerCall *call)
{
	if (next_planner_hook)
		return next_planner_hook(query, call->query_string, call->cursor_options,
								 call->bound_params);
	return standard_planner(query, call->query_string, call->cursor_options, call->bound_params);
}

bool
AllShardsLocal(QueryTables *tables)
{
	ListCell *lc;

	foreach (lc, tables->dist_tables)
	{
		if (!((DistTable *) lfirst(lc))->all_here)
			return false;
	}
	return true;
}

/* The shard that is already known, or NULL if it must be chosen at execution. */
Shard *
ShardKnownNow(DistTable *table, Expr *key)
{
	if (table->method == DIST_SINGLE)
		return &table->shards[0];
	key = (Expr *) eval_const_expressions(NULL, (Node *) key);
	if (!IsA(key, Const))
		return NULL;
	return ShardForValue(table, exprType((Node *) key), ((Const *) key)->constvalue,
						 ((Const *) key)->constisnull);
}

PlannedStmt *
ShipToShard(Query *query, DistTable *table, Expr *key)
{
	FragmentPlan fragment = {0};

	if (WhyNotPrintable(query) != NULL || ReturnsRecords(query) || FiresBeforeChangeHere(query) ||
		MergeMovesCapturedRows(query))
		return NULL;
	fragment.target = TARGET_ONE_SHARD;
	fragment.table = table->relid;
	return ShipQuery(query, &fragment, key);
}

/*
 * A query for one shard. Known to be here: an ordinary plan on the partition.
 * Else the shard is chosen at execution, so that one plan serves all.
 * NULL: cannot be printed.
 */
static PlannedStmt *
plan_routed(Query *query, DistTable *table, Expr *key, const PlannerCall *call)
{
	Shard *shard = ShardKnownNow(table, key);

	if (shard && shard->group_id == LocalGroupId() && !FiresTriggersOfChange(query) &&
		MovedTables(query) == NIL)
	{
		PointAtDataTables(query, shard->shard_id);
		return PlanOrdinary(query, call);
	}
	return ShipToShard(query, table, key);
}

/*
 * A query for several keys whose shards are on one node. That has to be known
 * now: no other plan is so simple. NULL: it is not, or cannot be printed.
 */
static PlannedStmt *
plan_for_one_node(Query *query, QueryTables *tables, const PlannerCall *call)
{
	FragmentPlan fragment = {0};
	Expr        *keys;
	DistTable   *table;
	List        *groups;

	if (query->commandType != CMD_SELECT || query->hasModifyingCTE)
		return NULL;
	table = FindKeys(query, tables, &keys);
	if (table == NULL)
		return NULL;
	keys = (Expr *) eval_const_expressions(NULL, (Node *) keys);
	if (!IsA(keys, Const) || ((Const *) keys)->constisnull)
		return NULL;
	groups = GroupsForValues(table, ((Const *) keys)->constvalue);
	if (list_length(groups) != 1)
		return NULL;
	if (linitial_int(groups) == LocalGroupId())
	{
		PointAtDataTables(query, 0);
		return PlanOrdinary(query, call);
	}
	if (WhyNotPrintable(query) != NULL || ReturnsRecords(query))
		return NULL;
	fragment.target = TARGET_SHARDS;
	fragment.table = table->relid;
	return ShipQuery(query, &fragment, keys);
}

static bool
names_data_table(PlannedStmt *plan)
{
	ListCell *lc;

	if (!HaveDistTables())
		return false;
	foreach (lc, plan->relationOids)
	{
		if (TableOfRows(lfirst_oid(lc)) != NULL)
			return true;
	}
	return false;
}

/* A query without distributed tables may be a fragment over data tables. */
static PlannedStmt *
plan_undistributed(Query *query, const PlannerCall *call)
{
	const Claim *claim = HaveDistTables() ? FragmentClaim(call->query_string) : NULL;
	PlannedStmt *plan;

	if (claim && claim->placement_version != 0)
		return PlanOverShards(query, call, true);
	plan = PlanOrdinary(query, call);
	if (!names_data_table(plan))
		plan->jitFlags |= PLAN_IS_ORDINARY;
	return plan;
}

static void refuse_in_fragment(void) pg_attribute_noreturn();

static void
refuse_in_fragment(void)
{
	ereport(ERROR, (errcode(ERRCODE_FORBIDDEN_IN_FRAGMENT),
					errmsg("a trigger or policy that acts here needs rows of other nodes"),
					HintOnRowActions()));
}

static PlannedStmt *
plan_with_policies(Query *query, const PlannerCall *call)
{
	if (!PoliciesStayOnNode(query))
		refuse_in_fragment();
	PointAtDataTables(query, 0);
	return plan_undistributed(query, call);
}

static PlannedStmt *
plan_distributed(Query *query, const PlannerCall *call)
{
	QueryTables  tables;
	DistTable   *route;
	Expr        *key;
	PlannedStmt *plan;

	if (InsideFragment() && OnlyPoliciesNameDistTables(query))
		return plan_with_policies(query, call);
	DropUnusedCtes(query);
	if (query->commandType == CMD_SELECT && !query->hasModifyingCTE)
		InlineCtes(query);
	FactorAlternatives(query);
	ReduceOuterJoins(query);
	FindDistTables(query, &tables);
	if (query->hasRowSecurity && !InsideFragment() && !AllShardsLocal(&tables))
	{
		CheckPoliciesHere(query);
		FindDistTables(query, &tables);
	}

	if (HasTreeModification(query))
	{
		if (InsideFragment())
			refuse_in_fragment();
		return PlanWithLeaves(query, call);
	}
	if (query->commandType == CMD_INSERT)
		return PlanModification(query, &tables, call);

	route = FindRoute(query, &tables, &key);
	if (route && !CtesFireTriggers(query))
	{
		plan = plan_routed(query, route, key, call);
		if (plan)
			return plan;
	}
	if (AllShardsLocal(&tables) && !FiresTriggersOfChange(query) && !CtesFireTriggers(query) &&
		MovedTables(query) == NIL && (!tables.writes_reference || list_length(AllPrimaries()) == 1))
	{
		PointAtDataTables(query, 0);
		return PlanOverShards(query, call, false);
	}
	plan = plan_for_one_node(query, &tables, call);
	if (plan)
		return plan;
	if (InsideFragment())
		refuse_in_fragment();
	if (query->commandType != CMD_SELECT)
		return PlanModification(query, &tables, call);
	LiftOrder(query);
	return PlanWithLeaves(query, call);
}

bool
PlanForeignKeysAsEmpty(bool empty)
{
	bool previous = foreign_keys_are_empty;

	foreign_keys_are_empty = empty;
	return previous;
}

/* Is this PostgreSQL's own query for rows against a foreign key, while there are none? */
static bool
is_empty_check(Query *query)
{
	return foreign_keys_are_empty && list_length(query->rtable) >= 2 &&
		   strcmp(rt_fetch(1, query->rtable)->eref->aliasname, "fk") == 0 &&
		   strcmp(rt_fetch(2, query->rtable)->eref->aliasname, "pk") == 0;
}

/* Only cursors ask for plans that start fast. */
static PlannedStmt *
plan_statement(Query *query, const PlannerCall *call)
{
	CursorIdentity *identity = NULL;
	List           *locked = FindLockedTables(query);
	List           *types = NamedTypes(query);
	PlannerCall     safe = *call;
	PlannedStmt    *plan;

	if (locked != NIL) /* what PostgreSQL's planner can no longer see once a leaf locks the rows */
		safe.cursor_options &= ~CURSOR_OPT_PARALLEL_OK;

	if (call->cursor_options & CURSOR_OPT_FAST_PLAN)
		identity = AddCursorIdentity(query);
	FoldKnownNulls(query, call->bound_params);
	ReadTrees(query, call->bound_params);
	ReplaceCurrentOf(query);
	plan = plan_distributed(query, &safe);
	MarkLockedTables(plan, locked);
	plan->invalItems = list_concat(plan->invalItems, types);
	/* as standard_planner() does, which has not seen a plan that is shipped whole */
	if ((call->cursor_options & CURSOR_OPT_SCROLL) && !ExecSupportsBackwardScan(plan->planTree))
		plan->planTree = materialize_finished_plan(plan->planTree);
	return identity ? PlanCursor(plan, identity) : plan;
}

static PlannedStmt *
plan_any(Query *query, const PlannerCall *call)
{
	PlannerGlobal *inlined = NULL;
	PlannedStmt   *plan;

	if (HaveDistTables())
		InlineFunctions(query, &inlined);
	if (!HaveDistTables() || !QueryNamesDistTable(query) || is_empty_check(query))
		plan = plan_undistributed(query, call);
	else
		plan = plan_statement(query, call);
	if (inlined)
	{
		plan->invalItems = list_concat(plan->invalItems, inlined->invalItems);
		plan->dependsOnRole |= inlined->dependsOnRole;
	}
	return plan;
}

static PlannedStmt *
distshard_planner(Query *query, const char *query_string, int cursor_options,
				  ParamListInfo bound_params)
{
	PlannerCall  call = {query_string, cursor_options, bound_params};
	PlannedStmt *plan;
	PlanningRole role;

	BeginPlanning(query, query_string, &role);
	plan = PlanFromCache(query, cursor_options);
	if (plan == NULL)
		plan = plan_any(query, &call);
	EndPlanning(&role);
	return plan;
}

/*
 * PostgreSQL's pruning of partitions is wrong for two kinds of keys: it takes
 * "key IS NULL" as if only the null value could pass, but a row of nulls does
 * too; and it hashes a name by its bytes to compare it with a text whose
 * collation may hold other bytes equal. It must not recognise such a key: no
 * expression in a query equals this one.
 */
static void
hide_unprunable_key(Oid relid, RelOptInfo *rel)
{
	PartitionScheme scheme = rel->part_scheme;
	Expr           *key;

	if (scheme == NULL || !HaveDistTables() || !LookupDistTableByData(relid))
		return;
	if (scheme->partopcintype[0] != RECORDOID &&
		(!OidIsValid(scheme->partcollation[0]) ||
		 get_collation_isdeterministic(scheme->partcollation[0])))
		return;
	key = linitial(rel->partexprs[0]);
	rel->partexprs[0] =
		list_make1(makeRelabelType(key, exprType((Node *) key), exprTypmod((Node *) key),
								   exprCollation((Node *) key), COERCE_IMPLICIT_CAST));
}

/*
 * A logical table has no rows: if one is left in what PostgreSQL plans, the
 * answer would be wrong, so better none. (CREATE INDEX and CLUSTER ask for the
 * plan of a query without a FROM clause.)
 */
static void
check_relation(PlannerInfo *root, Oid relid, bool inhparent, RelOptInfo *rel)
{
	if (IsEstimating() && LookupDistTable(relid))
		UseSizeOfLogicalTable(rel, relid);
	else if (root->parse->jointree != NULL && HaveDistTables() && LookupDistTable(relid) &&
			 !foreign_keys_are_empty)
		elog(ERROR, "distributed table \"%s\" was left in the plan of a query",
			 get_rel_name(relid));
	hide_unprunable_key(relid, rel);
	if (next_get_relation_info_hook)
		next_get_relation_info_hook(root, relid, inhparent, rel);
}

void
InitPlanner(void)
{
	next_get_relation_info_hook = get_relation_info_hook;
	get_relation_info_hook = check_relation;
	next_planner_hook = planner_hook;
	planner_hook = distshard_planner;
	InitLeaves();
	InitCurrentOf();
	InitEstimates();
	InitNamedTypes();
	InitStrategy();
}
