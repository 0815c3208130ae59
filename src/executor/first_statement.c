/*-------------------------------------------------------------------------
 *
 * first_statement.c
 *	  When a transaction takes its snapshot of all nodes.
 *
 * In a transaction block that is the first statement for which PostgreSQL takes
 * one, whatever it reads: what comes later may be on other nodes, and must not see
 * what was committed while pg_advisory_lock() waited, or a client that has fixed
 * its snapshot by SELECT 1. That may fail when it is planned, in a savepoint: what
 * the client sends takes the snapshot before. A statement that is a transaction by itself needs no
 * other node's snapshot if it stays on one node, as far as can be told before it
 * runs; for one that is routed it is told when its shard is known. If it calls
 * functions, the first statement of these counts.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/parallel.h"
#include "access/transam.h"
#include "access/xact.h"
#include "catalog/metadata.h"
#include "catalog/pg_class.h"
#include "executor/executor.h"
#include "executor/first_statement.h"
#include "executor/remote_scan.h"
#include "executor/remote_scan_state.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/planner.h"
#include "planner/claim.h"
#include "tcop/pquery.h"
#include "tcop/utility.h"
#include "transaction/xact.h"
#include "utils/lsyscache.h"
#include "utils/portal.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

static planner_hook_type        next_planner;
static ExecutorStart_hook_type  next_ExecutorStart;
static ProcessUtility_hook_type next_ProcessUtility;

/* What functions run is planned while a portal is active. */
static PlannedStmt *
plan_first(Query *query, const char *query_string, int cursor_options, ParamListInfo params)
{
	if (IsolationUsesXactSnapshot() && ActivePortal == NULL && IsTransactionBlock() &&
		ActiveSnapshotSet() && !IsParallelWorker() && !InsideFragment() && HaveDistTables())
		TakeClusterSnapshot(NULL);
	return next_planner ? next_planner(query, query_string, cursor_options, params)
						: standard_planner(query, query_string, cursor_options, params);
}

/* A table of users that others may change, and not one of the empty ones that stand for distributed ones. */
static bool
has_rows_here(Oid relid)
{
	return relid >= FirstNormalObjectId && LookupDistTable(relid) == NULL &&
		   get_rel_persistence(relid) != RELPERSISTENCE_TEMP &&
		   get_rel_namespace(relid) != MetadataSchema();
}

static bool
reads_tables_here(PlannedStmt *statement)
{
	ListCell *lc;

	foreach (lc, statement->rtable)
	{
		RangeTblEntry *rte = lfirst(lc);

		if (rte->rtekind == RTE_RELATION && rte->relkind != RELKIND_VIEW &&
			has_rows_here(rte->relid))
			return true;
	}
	return false;
}

/* Functions of users, and their triggers, may run statements of their own. */
static bool
may_run_others(QueryDesc *query)
{
	ListCell *lc;

	foreach (lc, query->plannedstmt->invalItems)
	{
		if (lfirst_node(PlanInvalItem, lc)->cacheId == PROCOID)
			return true;
	}
	foreach (lc, query->estate->es_opened_result_relations)
	{
		TriggerDesc *triggers = ((ResultRelInfo *) lfirst(lc))->ri_TrigDesc;

		for (int i = 0; triggers && i < triggers->numtriggers; i++)
		{
			if (!triggers->triggers[i].tgisinternal)
				return true;
		}
	}
	return false;
}

static bool
has_custom_scan(PlanState *node, void *context)
{
	if (node == NULL)
		return false;
	return IsA(node, CustomScanState) || planstate_tree_walker(node, has_custom_scan, context);
}

/* Is the plan nothing but a fragment for one shard? */
static bool
is_routed(QueryDesc *query)
{
	RemoteScanState *state = (RemoteScanState *) query->planstate;

	return IsA(query->planstate, CustomScanState) &&
		   castNode(CustomScan, query->planstate->plan)->methods == &RemoteScanMethods &&
		   state->fragment.target == TARGET_ONE_SHARD && state->fragment.whole_query &&
		   !state->fragment.triggers && state->fragment.moves == NIL;
}

/* Is the query all that the client wants of the transaction? */
static bool
is_only_one(QueryDesc *query)
{
	return !IsTransactionBlock() && !(MyXactFlags & XACT_FLAGS_PIPELINING) && ActivePortal &&
		   list_length(ActivePortal->stmts) == 1 &&
		   linitial(ActivePortal->stmts) == query->plannedstmt;
}

static void
before_reading(QueryDesc *query)
{
	bool reads_here = reads_tables_here(query->plannedstmt);
	bool goes_out = has_custom_scan(query->planstate, NULL);
	bool only = is_only_one(query);
	bool first_of_some = !only && ActivePortal; /* background processes have none */

	if (InLocalFragment())
	{
		if (!IsWholeTransaction())
			TakeClusterSnapshot(query->snapshot);
	}
	else if (only && !may_run_others(query) ? goes_out && !is_routed(query)
											: goes_out || reads_here || first_of_some)
		TakeClusterSnapshot(query->snapshot);
	if (reads_here)
		ReadsHere();
}

static void
start_first(QueryDesc *query, int eflags)
{
	if (next_ExecutorStart)
		next_ExecutorStart(query, eflags);
	else
		standard_ExecutorStart(query, eflags);
	if (IsolationUsesXactSnapshot() && !(eflags & EXEC_FLAG_EXPLAIN_ONLY) && !IsParallelWorker() &&
		!InsideFragment() && HaveDistTables())
		before_reading(query);
}

/* Does the command, that has no plan, read a table? */
static bool
is_copy_of_table(Node *command)
{
	return IsA(command, CopyStmt) && castNode(CopyStmt, command)->relation &&
		   !castNode(CopyStmt, command)->is_from;
}

static bool
imports_snapshot(Node *command)
{
	return IsA(command, VariableSetStmt) &&
		   castNode(VariableSetStmt, command)->kind == VAR_SET_MULTI &&
		   strcmp(castNode(VariableSetStmt, command)->name, "TRANSACTION SNAPSHOT") == 0;
}

static void
first_utility(PlannedStmt *planned, const char *query_string, bool read_only_tree,
			  ProcessUtilityContext context, ParamListInfo params, QueryEnvironment *environment,
			  DestReceiver *dest, QueryCompletion *completion)
{
	Node *command = planned->utilityStmt;

	if (IsolationUsesXactSnapshot() && !InsideFragment() && HaveDistTables())
	{
		bool copies = is_copy_of_table(command);

		if (copies || (IsTransactionBlock() && PlannedStmtRequiresSnapshot(planned)))
			TakeClusterSnapshot(NULL);
		if (copies)
			ReadsHere();
	}
	if (next_ProcessUtility)
		next_ProcessUtility(planned, query_string, read_only_tree, context, params, environment,
							dest, completion);
	else
		standard_ProcessUtility(planned, query_string, read_only_tree, context, params, environment,
								dest, completion);
	if (imports_snapshot(command))
		SnapshotWasImported();
}

void
InitFirstStatement(void)
{
	next_planner = planner_hook;
	planner_hook = plan_first;
	next_ExecutorStart = ExecutorStart_hook;
	ExecutorStart_hook = start_first;
	next_ProcessUtility = ProcessUtility_hook;
	ProcessUtility_hook = first_utility;
}
