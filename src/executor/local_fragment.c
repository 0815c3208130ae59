/*-------------------------------------------------------------------------
 *
 * local_fragment.c
 *	  Fragments that this node runs for itself.
 *
 * A fragment for this node is the same text that another node would get. It
 * takes the same way here, through the parse hook that checks its claim and
 * points it at the shard, into PostgreSQL's plan cache, and into a nested
 * executor, so that a repeated statement costs no parsing and no planning.
 * Rows of a plain SELECT are made as they are asked for; whatever changes
 * something runs to its end first.
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
#include "executor/held_triggers.h"
#include "executor/local_fragment.h"
#include "executor/tstoreReceiver.h"
#include "miscadmin.h"
#include "planner/claim.h"
#include "tcop/dest.h"
#include "tcop/tcopprot.h"
#include "tcop/utility.h"
#include "transport/seen_texts.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"
#include "utils/plancache.h"
#include "utils/snapmgr.h"

/* Beyond this the one least recently used is forgotten. */
#define MAX_CACHED_FRAGMENTS 1000

typedef struct CachedFragment
{
	char             *key; /* the text, and the types of its parameters */
	CachedPlanSource *source;
	dlist_node        node; /* in recent */
} CachedFragment;

static HTAB      *fragments;
static bool       running = false; /* a fragment of this node, by this session */
static SeenTexts *seen;            /* those that came, kept or not */
static dlist_head recent = DLIST_STATIC_INIT(recent);
static int        planning; /* depth of fragments being planned */

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
	seen = MemoryContextAllocZero(CacheMemoryContext, sizeof(SeenTexts));
}

/* Plans that are running outlive it. */
static void
forget_oldest(void)
{
	CachedFragment   *entry = dlist_container(CachedFragment, node, dlist_tail_node(&recent));
	CachedPlanSource *source = entry->source;

	dlist_delete(&entry->node);
	hash_search(fragments, &entry->key, HASH_REMOVE, NULL);
	DropCachedPlan(source);
}

static CachedPlanSource *
analyze_fragment(const char *sql, ParamListInfo params, bool keep)
{
	RawStmt          *raw = linitial_node(RawStmt, pg_parse_query(sql));
	CommandTag        tag = CreateCommandTag(raw->stmt);
	CachedPlanSource *source =
		keep ? CreateCachedPlan(raw, sql, tag) : CreateOneShotCachedPlan(raw, sql, tag);
	int   nparams = params ? params->numParams : 0;
	Oid  *types = palloc(sizeof(Oid) * Max(nparams, 1));
	List *queries;
	int   i;

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
	char           type[MAXINT8LEN + 1];
	int            i;

	initStringInfo(&key);
	for (i = 0; params && i < params->numParams; i++)
	{
		appendBinaryStringInfo(&key, type, pg_ultoa_n(params->params[i].ptype, type));
		appendStringInfoChar(&key, ' ');
	}
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
	{
		dlist_move_head(&recent, &entry->node);
		return entry->source;
	}

	if (!SeenBefore(seen, hash_bytes_extended((const unsigned char *) key, strlen(key), 0)))
		return analyze_fragment(sql, params, false);

	/* Planning may run functions that come here again, and needs its own source until its end. */
	if (planning == 1 && hash_get_num_entries(fragments) >= MAX_CACHED_FRAGMENTS)
		forget_oldest();
	source = analyze_fragment(sql, params, true);
	SaveCachedPlan(source);
	key = MemoryContextStrdup(source->context, key);
	entry = hash_search(fragments, &key, HASH_ENTER, NULL);
	entry->source = source;
	dlist_push_head(&recent, &entry->node);
	return source;
}

/* Honours claims only meanwhile, not when user code runs. */
CachedPlan *
PlanLocalFragment(const char *sql, ParamListInfo params, ResourceOwner *owner)
{
	bool              previous = EnterLocalFragment();
	CachedPlan       *plan = NULL;
	CachedPlanSource *source;

	planning++;
	PG_TRY();
	{
		source = find_or_analyze(sql, params);
		*owner = source->is_saved ? CurrentResourceOwner : NULL;
		plan = GetCachedPlan(source, params, *owner, NULL);
	}
	PG_FINALLY();
	{
		planning--;
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

static void
prepare(LocalFragment *fragment, const char *sql, ParamListInfo params)
{
	fragment->plan = PlanLocalFragment(sql, params, &fragment->owner);
	fragment->desc =
		CreateQueryDesc(linitial_node(PlannedStmt, fragment->plan->stmt_list), sql,
						GetActiveSnapshot(), InvalidSnapshot, None_Receiver, params, NULL, 0);
}

static void
end(LocalFragment *fragment)
{
	ExecutorEnd(fragment->desc);
	FreeQueryDesc(fragment->desc);
	ReleaseCachedPlan(fragment->plan, fragment->owner);
	fragment->desc = NULL;
}

bool
RunsLocalFragment(void)
{
	return running;
}

static void
run(QueryDesc *desc)
{
	bool previous = running;

	running = true;
	PG_TRY();
	{
		ExecutorRun(desc, ForwardScanDirection, 0, true);
	}
	PG_FINALLY();
	{
		running = previous;
	}
	PG_END_TRY();
}

static void
execute(void *arg)
{
	LocalFragment *fragment = arg;

	start(fragment->desc);
	PushActiveSnapshot(fragment->desc->snapshot);
	run(fragment->desc);
	fragment->processed = fragment->desc->estate->es_processed;
	ExecutorFinish(fragment->desc);
	PopActiveSnapshot();
	end(fragment);
}

static void
run_to_end(LocalFragment *fragment)
{
	HoldTriggers(false, fragment->statement, execute, fragment);
}

LocalFragment *
RunLocalFragment(const char *sql, ParamListInfo params, EState *statement)
{
	LocalFragment *fragment = palloc0(sizeof(LocalFragment));

	fragment->statement = statement;
	prepare(fragment, sql, params);
	fragment->desc->dest = receiver_for(fragment->desc->plannedstmt, fragment);
	run_to_end(fragment);
	return fragment;
}

LocalFragment *
RunLocalFragmentInto(const char *sql, ParamListInfo params, DestReceiver *receiver)
{
	LocalFragment *fragment = palloc0(sizeof(LocalFragment));

	prepare(fragment, sql, params);
	fragment->desc->dest = receiver;
	run_to_end(fragment);
	return fragment;
}

/* Parallel workers start in ExecutorRun only. */
static bool
can_pause(const PlannedStmt *statement)
{
	return statement->commandType == CMD_SELECT && !statement->hasModifyingCTE &&
		   !statement->parallelModeNeeded;
}

LocalFragment *
StartLocalFragment(const char *sql, ParamListInfo params, EState *statement)
{
	LocalFragment *fragment = palloc0(sizeof(LocalFragment));

	fragment->statement = statement;
	prepare(fragment, sql, params);
	if (can_pause(fragment->desc->plannedstmt))
		start(fragment->desc);
	else
	{
		fragment->desc->dest = receiver_for(fragment->desc->plannedstmt, fragment);
		run_to_end(fragment);
	}
	return fragment;
}

static TupleTableSlot *
next_of_running(LocalFragment *fragment)
{
	EState       *estate = fragment->desc->estate;
	MemoryContext old = MemoryContextSwitchTo(estate->es_query_cxt);
	bool          previous = running;
	TupleTableSlot *volatile row = NULL;

	ResetPerTupleExprContext(estate);
	running = true;
	PG_TRY();
	{
		row = ExecProcNode(fragment->desc->planstate);
	}
	PG_FINALLY();
	{
		running = previous;
	}
	PG_END_TRY();
	if (!TupIsNull(row) && estate->es_junkFilter)
		row = ExecFilterJunk(estate->es_junkFilter, row);
	MemoryContextSwitchTo(old);
	return TupIsNull(row) ? NULL : row;
}

TupleTableSlot *
NextLocalRow(LocalFragment *fragment, TupleTableSlot *stored)
{
	if (fragment->desc)
		return next_of_running(fragment);
	if (fragment->rows && tuplestore_gettupleslot(fragment->rows, true, false, stored))
		return stored;
	return NULL;
}

void
EndLocalFragment(LocalFragment *fragment)
{
	if (fragment->desc)
	{
		ExecutorFinish(fragment->desc);
		end(fragment);
	}
	if (fragment->rows)
		tuplestore_end(fragment->rows);
	fragment->rows = NULL;
}

void
ExplainLocalFragment(const char *sql, ParamListInfo params, ExplainState *es)
{
	ResourceOwner owner;
	CachedPlan   *plan = PlanLocalFragment(sql, params, &owner);
	bool          previous = EnterLocalFragment();
	instr_time    planning_time;

	INSTR_TIME_SET_ZERO(planning_time);
	PG_TRY();
	{
		ExplainOnePlan(linitial_node(PlannedStmt, plan->stmt_list), NULL, es, sql, params, NULL,
					   &planning_time, NULL);
	}
	PG_FINALLY();
	{
		LeaveLocalFragment(previous);
	}
	PG_END_TRY();
	ReleaseCachedPlan(plan, owner);
}
