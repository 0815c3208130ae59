/*-------------------------------------------------------------------------
 *
 * own_shard.c
 *	  Statements about one shard that this node holds run as on an ordinary table.
 *
 * A prepared statement whose plan is one fragment learns when it is executed which
 * shard that is for. If the shard is on this node, the plan node that would run the
 * fragment in an executor of its own has nothing to add: the fragment's plan takes
 * the place of the statement's before the executor starts. So the statement costs
 * what it does on the shard, and a look into the plan cache.
 *
 * Rights on the logical table are checked here, as the executor would have. What
 * looks at the plan of the statement while it runs (EXPLAIN ANALYZE, cursors, the
 * snapshot of a whole transaction) gets the one with the fragment in it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/parallel.h"
#include "access/xact.h"
#include "catalog/shard_key.h"
#include "executor/eflags.h"
#include "executor/executor.h"
#include "executor/fragment_cache.h"
#include "executor/own_shard.h"
#include "executor/params.h"
#include "executor/remote_scan.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "planner/claim.h"
#include "planner/dist_plan.h"
#include "tcop/pquery.h"
#include "tcop/utility.h"
#include "utils/portal.h"
#include "utils/snapmgr.h"

/* What a statement runs instead of its plan. */
typedef struct OwnShardPlan
{
	PlannedStmt   statement;
	PlannedStmt  *planned; /* what the planner had made */
	Shard         shard;
	char         *sql;
	ParamListInfo params;
	CachedPlan   *plan;
	ResourceOwner owner; /* of the plan */
} OwnShardPlan;

static ExecutorStart_hook_type next_ExecutorStart;
static ExecutorEnd_hook_type   next_ExecutorEnd;

static bool
belongs_to_cursor(void)
{
	return ActivePortal && ActivePortal->visible && ActivePortal->name[0] != '\0';
}

/* Is there nothing to be done beside the fragment? */
static bool
is_all(const FragmentPlan *fragment)
{
	return fragment->whole_query && fragment->counts && !fragment->part && !fragment->whole_row &&
		   !fragment->triggers && fragment->moves == NIL;
}

/*
 * The values of the expressions, the one of the key among them. NULL if one has to be computed,
 * which takes an executor.
 */
static ParamListInfo
known_values(List *exprs, ParamListInfo known, const ParamExternData *key)
{
	ParamListInfo params = makeParamList(list_length(exprs));
	ListCell     *lc;

	foreach (lc, exprs)
	{
		ParamExternData *param = &params->params[foreach_current_index(lc)];

		if (IsKeyReference(lfirst(lc)))
			*param = *key;
		else if (!KnownValue(lfirst(lc), known, param))
			return NULL;
		param->pflags = PARAM_FLAG_CONST;
	}
	return params;
}

/*
 * Returns the shard that the fragment is for, and sets *params, if both are
 * known and the shard is on this node; otherwise NULL.
 */
static Shard *
find_own_shard(const FragmentPlan *fragment, List *exprs, ParamListInfo known,
			   ParamListInfo *params)
{
	DistTable      *table = LookupDistTable(fragment->table);
	ParamExternData key = {0};
	Shard          *shard;

	if (table == NULL)
		return NULL;
	shard = &table->shards[0];
	if (OidIsValid(fragment->key_type))
	{
		if (!KnownValue(linitial(exprs), known, &key))
			return NULL;
		shard = ShardForValue(table, fragment->key_type, key.value, key.isnull);
		exprs = list_copy_tail(exprs, 1);
	}
	if (shard->group_id != LocalGroupId())
		return NULL;
	*params = known_values(exprs, known, &key);
	return *params ? shard : NULL;
}

/* Clients are told the names of the query's columns. */
static bool
same_columns(List *targetlist, List *other)
{
	ListCell *lc;
	ListCell *lc2;

	if (list_length(targetlist) != list_length(other))
		return false;
	forboth (lc, targetlist, lc2, other)
	{
		TargetEntry *a = lfirst(lc);
		TargetEntry *b = lfirst(lc2);

		if (b->resjunk || a->resname == NULL || b->resname == NULL ||
			strcmp(a->resname, b->resname) != 0 ||
			exprTypmod((Node *) a->expr) != exprTypmod((Node *) b->expr))
			return false;
	}
	return true;
}

/* Returns the plan to run instead, NULL if there is none. */
static OwnShardPlan *
plan_on_own_shard(const QueryDesc *query)
{
	PlannedStmt  *planned = query->plannedstmt;
	CustomScan   *scan = (CustomScan *) planned->planTree;
	FragmentPlan  fragment;
	ParamListInfo params;
	Shard        *shard;
	OwnShardPlan *own;

	if (!IsForOneShard(planned) || planned->hasModifyingCTE)
		return NULL;
	fragment = UnpackFragment(scan->custom_private);
	if (!is_all(&fragment))
		return NULL;
	shard = find_own_shard(&fragment, scan->custom_exprs, query->params, &params);
	if (shard == NULL)
		return NULL;

	own = palloc0(sizeof(OwnShardPlan));
	own->shard = *shard;
	own->params = params;
	own->plan = PlanShardFragment(&fragment, &own->shard, params, &own->sql, &own->owner);
	own->planned = planned;
	own->statement = *linitial_node(PlannedStmt, own->plan->stmt_list);
	own->statement.queryId = planned->queryId;
	own->statement.stmt_location = planned->stmt_location;
	own->statement.stmt_len = planned->stmt_len;
	if (same_columns(planned->planTree->targetlist, own->statement.planTree->targetlist))
		return own;
	ReleaseCachedPlan(own->plan, own->owner);
	return NULL;
}

static void
continue_start(QueryDesc *query, int eflags)
{
	if (next_ExecutorStart)
		next_ExecutorStart(query, eflags);
	else
		standard_ExecutorStart(query, eflags);
}

/* As the executor would have. The fragment's tables ask for no rights, by which it tells. */
static void
check_may_write(const PlannedStmt *planned)
{
	ListCell *lc;

	if (!XactReadOnly)
		return;
	foreach (lc, planned->rtable)
	{
		const RangeTblEntry *rte = lfirst(lc);

		if (rte->rtekind == RTE_RELATION && (rte->requiredPerms & ~ACL_SELECT))
			PreventCommandIfReadOnly(CreateCommandName((Node *) planned));
	}
}

static void
start_on_own_shard(QueryDesc *query, int eflags, OwnShardPlan *own)
{
	const char *text = query->sourceText;
	Snapshot    snapshot = query->snapshot;
	bool        previous = EnterShardFragment(own->sql, &own->shard);

	ExecCheckRTPerms(query->plannedstmt->rtable, true);
	check_may_write(query->plannedstmt);
	query->plannedstmt = &own->statement;
	query->params = own->params;
	query->sourceText = own->sql;
	PG_TRY();
	{
		continue_start(query, eflags);
	}
	PG_FINALLY();
	{
		LeaveLocalFragment(previous);
		query->sourceText = text;
	}
	PG_END_TRY();
	query->estate->es_top_eflags |= EXEC_FLAG_OWN_SHARD;

	/* If it had to wait for a transaction's outcome, its functions see what it sees. */
	if (query->snapshot != snapshot && GetActiveSnapshot() == snapshot)
	{
		PopActiveSnapshot();
		PushCopiedSnapshot(query->snapshot);
	}
}

static void
start_statement(QueryDesc *query, int eflags)
{
	OwnShardPlan *own = NULL;

	if (eflags == 0 && query->instrument_options == 0 && !IsolationUsesXactSnapshot() &&
		!IsParallelWorker() && !belongs_to_cursor())
		own = plan_on_own_shard(query);
	if (own)
		start_on_own_shard(query, eflags, own);
	else
		continue_start(query, eflags);
}

static void
end_statement(QueryDesc *query)
{
	OwnShardPlan *own = NULL;

	if (query->estate->es_top_eflags & EXEC_FLAG_OWN_SHARD)
		own = (OwnShardPlan *) query->plannedstmt;
	if (next_ExecutorEnd)
		next_ExecutorEnd(query);
	else
		standard_ExecutorEnd(query);
	if (own)
	{
		query->plannedstmt = own->planned;
		ReleaseCachedPlan(own->plan, own->owner);
	}
}

void
InitOwnShard(void)
{
	next_ExecutorStart = ExecutorStart_hook;
	ExecutorStart_hook = start_statement;
	next_ExecutorEnd = ExecutorEnd_hook;
	ExecutorEnd_hook = end_statement;
}
