/*-------------------------------------------------------------------------
 *
 * fragment_cache.c
 *	  Plans of fragments that this node runs for itself.
 *
 * They are kept for the session under the fragment's text and the types of its
 * parameters, so that a repeated statement costs no parsing and no planning. One
 * about a single shard is found without making its text first: by the shard and
 * what the planner of the statement noted of the rest.
 *
 * Text is parsed and planned under the session's search path, as on other nodes:
 * it means the same under any, and users' functions that the planner calls or
 * inlines need their own.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "executor/fragment_cache.h"
#include "miscadmin.h"
#include "planner/claim.h"
#include "tcop/tcopprot.h"
#include "tcop/utility.h"
#include "transport/seen_texts.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"

/* Beyond this the one least recently used is forgotten. */
#define MAX_CACHED_FRAGMENTS 1000

typedef struct ShardKey
{
	int64  shard_id;
	uint64 hash; /* of the text without the claim */
} ShardKey;

typedef struct CachedFragment
{
	char             *key; /* the text, and the types of its parameters */
	CachedPlanSource *source;
	dlist_node        node; /* in recent */
	ShardKey          shard;
} CachedFragment;

/* The fragment of that key which was used last. */
typedef struct ShardFragment
{
	ShardKey        key;
	int64           generation;
	int             claim_length;
	CachedFragment *cached;
} ShardFragment;

static HTAB      *fragments;
static HTAB      *shard_fragments; /* of ShardFragment: none whose cached is not in fragments */
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
	HASHCTL by_shard = {.keysize = sizeof(ShardKey), .entrysize = sizeof(ShardFragment)};

	control.keysize = sizeof(char *);
	control.entrysize = sizeof(CachedFragment);
	control.hash = text_hash;
	control.match = text_compare;
	control.hcxt = CacheMemoryContext;
	fragments = hash_create("distshard local fragments", 64, &control,
							HASH_ELEM | HASH_FUNCTION | HASH_COMPARE | HASH_CONTEXT);
	shard_fragments =
		hash_create("distshard fragments of shards", 64, &by_shard, HASH_ELEM | HASH_BLOBS);
	seen = MemoryContextAllocZero(CacheMemoryContext, sizeof(SeenTexts));
}

/* Plans that are running outlive it. */
static void
forget_oldest(void)
{
	CachedFragment   *entry = dlist_container(CachedFragment, node, dlist_tail_node(&recent));
	CachedPlanSource *source = entry->source;
	ShardFragment    *of_shard = hash_search(shard_fragments, &entry->shard, HASH_FIND, NULL);

	if (of_shard && of_shard->cached == entry)
		hash_search(shard_fragments, &entry->shard, HASH_REMOVE, NULL);
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

/* Sets *cached to NULL if it is not kept: it may not pay. */
static CachedPlanSource *
find_or_analyze(const char *sql, ParamListInfo params, CachedFragment **cached)
{
	char             *key = cache_key(sql, params);
	CachedPlanSource *source;

	if (fragments == NULL)
		create_cache();
	*cached = hash_search(fragments, &key, HASH_FIND, NULL);
	if (*cached)
	{
		dlist_move_head(&recent, &(*cached)->node);
		return (*cached)->source;
	}

	if (!SeenBefore(seen, hash_bytes_extended((const unsigned char *) key, strlen(key), 0)))
		return analyze_fragment(sql, params, false);

	/* Planning may run functions that come here again, and needs its own source until its end. */
	if (planning == 1 && hash_get_num_entries(fragments) >= MAX_CACHED_FRAGMENTS)
		forget_oldest();
	source = analyze_fragment(sql, params, true);
	SaveCachedPlan(source);
	key = MemoryContextStrdup(source->context, key);
	*cached = hash_search(fragments, &key, HASH_ENTER, NULL);
	(*cached)->source = source;
	memset(&(*cached)->shard, 0, sizeof(ShardKey));
	dlist_push_head(&recent, &(*cached)->node);
	return source;
}

/*
 * Plans the text, or what is kept for it if *cached is known; sets it otherwise.
 * Claims are honoured only meanwhile, not when user code runs.
 */
static CachedPlan *
plan_text(const char *sql, ParamListInfo params, CachedFragment **cached, ResourceOwner *owner)
{
	bool              previous = EnterLocalFragment();
	CachedPlan       *plan = NULL;
	CachedPlanSource *source;

	planning++;
	PG_TRY();
	{
		source = *cached ? (*cached)->source : find_or_analyze(sql, params, cached);
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

CachedPlan *
PlanLocalFragment(const char *sql, ParamListInfo params, ResourceOwner *owner)
{
	CachedFragment *cached = NULL;

	return plan_text(sql, params, &cached, owner);
}

static bool
has_types(const CachedPlanSource *source, ParamListInfo params)
{
	if (source->num_params != params->numParams)
		return false;
	for (int i = 0; i < params->numParams; i++)
	{
		if (source->param_types[i] != params->params[i].ptype)
			return false;
	}
	return true;
}

static CachedFragment *
find_by_shard(const ShardKey *key, const FragmentPlan *fragment, const Shard *shard,
			  ParamListInfo params)
{
	ShardFragment *entry;

	if (shard_fragments == NULL || !ClaimsShardOnly())
		return NULL;
	entry = hash_search(shard_fragments, key, HASH_FIND, NULL);
	if (entry == NULL || entry->generation != shard->generation ||
		!has_types(entry->cached->source, params) ||
		strcmp(entry->cached->source->query_string + entry->claim_length, fragment->sql) != 0)
		return NULL;
	return entry->cached;
}

static void
enter_by_shard(const ShardKey *key, const Shard *shard, CachedFragment *cached, int claim_length)
{
	ShardFragment *entry;

	if (!ClaimsShardOnly())
		return;
	entry = hash_search(shard_fragments, key, HASH_ENTER, NULL);
	entry->generation = shard->generation;
	entry->claim_length = claim_length;
	entry->cached = cached;
	cached->shard = *key;
}

CachedPlan *
PlanShardFragment(const FragmentPlan *fragment, const Shard *shard, ParamListInfo params,
				  char **sql, ResourceOwner *owner)
{
	ShardKey        key = {shard->shard_id, fragment->sql_hash};
	CachedFragment *cached = find_by_shard(&key, fragment, shard, params);
	StringInfoData  text;
	CachedPlan     *plan;
	int             claim_length;

	if (cached)
	{
		dlist_move_head(&recent, &cached->node);
		*sql = pstrdup(cached->source->query_string);
		return plan_text(*sql, params, &cached, owner);
	}
	initStringInfo(&text);
	AppendClaim(&text, shard, GetUserId(), false);
	claim_length = text.len;
	appendStringInfoString(&text, fragment->sql);
	*sql = text.data;
	plan = plan_text(*sql, params, &cached, owner);
	if (cached)
		enter_by_shard(&key, shard, cached, claim_length);
	return plan;
}
