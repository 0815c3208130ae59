/*-------------------------------------------------------------------------
 *
 * local_fragment.c
 *	  Fragments that this node runs for itself.
 *
 * A fragment for this node is the same text that another node would get. It
 * takes the same way here, through the parse hook that checks its claim and
 * points it at the shard, into PostgreSQL's plan cache, and into a nested
 * executor, so that a repeated statement costs no parsing and no planning.
 *
 * Text is parsed and planned under the session's search path, as on other nodes:
 * it means the same under any, and users' functions that the planner calls or
 * inlines need their own.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "commands/explain.h"
#include "common/hashfn.h"
#include "executor/executor.h"
#include "executor/local_fragment.h"
#include "executor/tstoreReceiver.h"
#include "miscadmin.h"
#include "planner/claim.h"
#include "tcop/dest.h"
#include "tcop/tcopprot.h"
#include "tcop/utility.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"
#include "utils/plancache.h"
#include "utils/snapmgr.h"

/* So many texts are remembered; then all are forgotten. */
#define MAX_CACHED_FRAGMENTS 1000

typedef struct CachedFragment
{
	char             *key; /* the text, and the types of its parameters */
	CachedPlanSource *source;
} CachedFragment;

static HTAB *fragments;
static int   running; /* depth of fragments in execution */

static uint32
text_hash(const void *key, Size keysize)
{
	const char *text = *(char *const *) key;

	return string_hash(text, strlen(text) + 1);
}

static int
text_compare(const void *a, const void *b, Size keysize)
{
	return strcmp(*(char *const *) a, *(char *const *) b);
}

static void
create_cache(void)
{
	HASHCTL control = {0};

	control.keysize = sizeof(char *);
	control.entrysize = sizeof(CachedFragment);
	control.hash = text_hash;
	control.match = text_compare;
	control.hcxt = CacheMemoryContext;
	fragments = hash_create("distshard local fragments", 64, &control,
							HASH_ELEM | HASH_FUNCTION | HASH_COMPARE | HASH_CONTEXT);
}

static void
forget_all(void)
{
	HASH_SEQ_STATUS scan;
	CachedFragment *entry;

	hash_seq_init(&scan, fragments);
	while ((entry = hash_seq_search(&scan)) != NULL)
		DropCachedPlan(entry->source);
	hash_destroy(fragments);
	create_cache();
}

static CachedPlanSource *
analyze_fragment(const char *sql, ParamListInfo params)
{
	RawStmt          *raw = linitial_node(RawStmt, pg_parse_query(sql));
	CachedPlanSource *source = CreateCachedPlan(raw, sql, CreateCommandTag(raw->stmt));
	int               nparams = params ? params->numParams : 0;
	Oid              *types = palloc(sizeof(Oid) * Max(nparams, 1));
	List             *queries;
	int               i;

	for (i = 0; i < nparams; i++)
		types[i] = params->params[i].ptype;
	queries = pg_analyze_and_rewrite_fixedparams(raw, source->query_string, types, nparams, NULL);
	CompleteCachedPlan(source, queries, NULL, types, nparams, NULL, NULL, CURSOR_OPT_PARALLEL_OK,
					   false);
	return source;
}

static char *
cache_key(const char *sql, ParamListInfo params)
{
	StringInfoData key;
	int            i;

	initStringInfo(&key);
	for (i = 0; params && i < params->numParams; i++)
		appendStringInfo(&key, "%u ", params->params[i].ptype);
	appendStringInfoString(&key, sql);
	return key.data;
}

static CachedPlanSource *
find_or_analyze(const char *sql, ParamListInfo params)
{
	char             *key = cache_key(sql, params);
	CachedFragment   *entry;
	CachedPlanSource *source;

	if (fragments == NULL)
		create_cache();
	entry = hash_search(fragments, &key, HASH_FIND, NULL);
	if (entry)
		return entry->source;

	if (running == 0 && hash_get_num_entries(fragments) >= MAX_CACHED_FRAGMENTS)
		forget_all();
	source = analyze_fragment(sql, params);
	SaveCachedPlan(source);
	key = MemoryContextStrdup(source->context, key);
	entry = hash_search(fragments, &key, HASH_ENTER, NULL);
	entry->source = source;
	return source;
}

/* The plan to run; honours claims only meanwhile, not when user code runs. */
static CachedPlan *
plan_fragment(const char *sql, ParamListInfo params)
{
	bool              previous = EnterLocalFragment();
	CachedPlan       *plan = NULL;
	CachedPlanSource *source;

	PG_TRY();
	{
		source = find_or_analyze(sql, params);
		plan = GetCachedPlan(source, params, CurrentResourceOwner, NULL);
	}
	PG_FINALLY();
	{
		LeaveLocalFragment(previous);
	}
	PG_END_TRY();
	return plan;
}

static DestReceiver *
receiver_for(PlannedStmt *statement, LocalFragment *fragment)
{
	DestReceiver *receiver;

	if (statement->commandType != CMD_SELECT && !statement->hasReturning)
		return None_Receiver;
	receiver = CreateDestReceiver(DestTuplestore);
	fragment->rows = tuplestore_begin_heap(false, false, work_mem);
	SetTuplestoreDestReceiverParams(receiver, fragment->rows, CurrentMemoryContext, false, NULL,
									NULL);
	return receiver;
}

/* Rights are checked here, and those on shards were checked on the logical table. */
static void
start(QueryDesc *desc)
{
	bool previous = EnterLocalFragment();

	PG_TRY();
	{
		ExecutorStart(desc, 0);
	}
	PG_FINALLY();
	{
		LeaveLocalFragment(previous);
	}
	PG_END_TRY();
}

static uint64
execute(PlannedStmt *statement, const char *sql, ParamListInfo params, DestReceiver *receiver)
{
	volatile uint64 processed = 0;

	running++;
	PG_TRY();
	{
		QueryDesc *desc = CreateQueryDesc(statement, sql, GetActiveSnapshot(), InvalidSnapshot,
										  receiver, params, NULL, 0);

		start(desc);
		PushActiveSnapshot(desc->snapshot);
		ExecutorRun(desc, ForwardScanDirection, 0, true);
		processed = desc->estate->es_processed;
		ExecutorFinish(desc);
		PopActiveSnapshot();
		ExecutorEnd(desc);
		FreeQueryDesc(desc);
	}
	PG_FINALLY();
	{
		running--;
	}
	PG_END_TRY();
	return processed;
}

LocalFragment *
RunLocalFragment(const char *sql, ParamListInfo params)
{
	LocalFragment *fragment = palloc0(sizeof(LocalFragment));
	CachedPlan    *plan = plan_fragment(sql, params);
	PlannedStmt   *statement = linitial_node(PlannedStmt, plan->stmt_list);
	DestReceiver  *receiver = receiver_for(statement, fragment);

	fragment->processed = execute(statement, sql, params, receiver);
	ReleaseCachedPlan(plan, CurrentResourceOwner);
	return fragment;
}

bool
NextLocalRow(LocalFragment *fragment, TupleTableSlot *slot)
{
	return fragment->rows && tuplestore_gettupleslot(fragment->rows, true, false, slot);
}

void
EndLocalFragment(LocalFragment *fragment)
{
	if (fragment->rows)
		tuplestore_end(fragment->rows);
	fragment->rows = NULL;
}

void
ExplainLocalFragment(const char *sql, ParamListInfo params, ExplainState *es)
{
	CachedPlan *plan = plan_fragment(sql, params);
	bool        previous = EnterLocalFragment();
	instr_time  planning;

	INSTR_TIME_SET_ZERO(planning);
	PG_TRY();
	{
		ExplainOnePlan(linitial_node(PlannedStmt, plan->stmt_list), NULL, es, sql, params, NULL,
					   &planning, NULL);
	}
	PG_FINALLY();
	{
		LeaveLocalFragment(previous);
	}
	PG_END_TRY();
	ReleaseCachedPlan(plan, CurrentResourceOwner);
}
