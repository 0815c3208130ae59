/*-------------------------------------------------------------------------
 *
 * error_names.c
 *	  Errors of statements on shards, as if the table were one.
 *
 * Whatever executes on this node's shards, for a client or for another node,
 * passes through here when it fails: names of shards become those of the user's
 * tables and constraints. So does the error of a utility command that gave up its
 * part in a deadlock across nodes: it says so, to blocks with EXCEPTION in PL/pgSQL
 * as well. Statements do so in ordinary.c.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "executor/error_names.h"
#include "executor/executor.h"
#include "catalog/metadata.h"
#include "catalog/namespace.h"
#include "tcop/utility.h"
#include "transaction/deadlock.h"
#include "transport/connection.h"
#include "utils/lsyscache.h"

static ExecutorRun_hook_type    next_ExecutorRun;
static ExecutorFinish_hook_type next_ExecutorFinish;
static ProcessUtility_hook_type next_ProcessUtility;
static emit_log_hook_type       next_emit_log;

static bool
is_about_shards(ErrorData *error)
{
	if (error->elevel != ERROR)
		return false;
	if (error->sqlerrcode == ERRCODE_LOCK_NOT_AVAILABLE ||
		error->sqlerrcode == ERRCODE_OBJECT_IN_USE) /* these name it in their text only */
		return true;
	return error->schema_name &&
		   strncmp(error->schema_name, "distshard_", strlen("distshard_")) == 0;
}

/* Is it about a table cut into shards, and not about one that the user partitioned? */
static bool
is_cut_table(ErrorData *error)
{
	Oid        schema = get_namespace_oid(error->schema_name, true);
	DistTable *table = LookupDistTableByData(get_relname_relid(error->table_name, schema));

	return table && !table->is_parent;
}

/* Rows that an UPDATE in a function moves stay on the node that the function runs on, or it fails. */
static bool
leaves_node(ErrorData *error, CmdType operation)
{
	return operation == CMD_UPDATE && error->sqlerrcode == ERRCODE_CHECK_VIOLATION &&
		   error->constraint_name == NULL && error->column_name == NULL &&
		   strncmp(error->message_id, "no partition of relation", 24) == 0 && is_cut_table(error);
}

static void
rethrow(MemoryContext context, CmdType operation)
{
	ErrorData *error;
	bool       leaves;

	MemoryContextSwitchTo(context);
	error = CopyErrorData();
	if (!is_about_shards(error))
		PG_RE_THROW();
	FlushErrorState();
	leaves = leaves_node(error, operation);
	UseLogicalNames(error);
	if (leaves)
	{
		error->sqlerrcode = ERRCODE_FEATURE_NOT_SUPPORTED;
		error->message =
			psprintf("cannot move a row of \"%s\" to another shard", error->table_name);
		error->detail =
			"An UPDATE in a function that runs on the nodes cannot move rows to other nodes.";
	}
	ReThrowError(error);
}

static void
run_with_names(QueryDesc *desc, ScanDirection direction, uint64 count, bool execute_once)
{
	MemoryContext context = CurrentMemoryContext;
	CmdType       operation = desc->operation;

	PG_TRY();
	{
		if (next_ExecutorRun)
			next_ExecutorRun(desc, direction, count, execute_once);
		else
			standard_ExecutorRun(desc, direction, count, execute_once);
	}
	PG_CATCH();
	{
		rethrow(context, operation);
	}
	PG_END_TRY();
}

/* Triggers, foreign keys among them, fire in here. */
static void
finish_with_names(QueryDesc *desc)
{
	MemoryContext context = CurrentMemoryContext;
	CmdType       operation = desc->operation;

	PG_TRY();
	{
		if (next_ExecutorFinish)
			next_ExecutorFinish(desc);
		else
			standard_ExecutorFinish(desc);
	}
	PG_CATCH();
	{
		rethrow(context, operation);
	}
	PG_END_TRY();
}

static void
utility_with_names(PlannedStmt *planned, const char *query_string, bool read_only_tree,
				   ProcessUtilityContext utility_context, ParamListInfo params,
				   QueryEnvironment *environment, DestReceiver *dest, QueryCompletion *completion)
{
	MemoryContext        context = CurrentMemoryContext;
	ErrorContextCallback verdicts;

	HeedVerdicts(&verdicts);
	PG_TRY();
	{
		if (next_ProcessUtility)
			next_ProcessUtility(planned, query_string, read_only_tree, utility_context, params,
								environment, dest, completion);
		else
			standard_ProcessUtility(planned, query_string, read_only_tree, utility_context, params,
									environment, dest, completion);
	}
	PG_CATCH();
	{
		rethrow(context, CMD_UTILITY);
	}
	PG_END_TRY();
	error_context_stack = verdicts.previous;
}

/* Errors that no execution raised, as those of deferred constraints at commit. */
static void
report_with_names(ErrorData *error)
{
	if (is_about_shards(error))
		UseLogicalNames(error);
	UseVerdict(error);
	if (next_emit_log)
		next_emit_log(error);
}

void
InitErrorNames(void)
{
	next_emit_log = emit_log_hook;
	emit_log_hook = report_with_names;
	next_ExecutorRun = ExecutorRun_hook;
	ExecutorRun_hook = run_with_names;
	next_ExecutorFinish = ExecutorFinish_hook;
	ExecutorFinish_hook = finish_with_names;
	next_ProcessUtility = ProcessUtility_hook;
	ProcessUtility_hook = utility_with_names;
}
