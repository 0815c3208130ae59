/*-------------------------------------------------------------------------
 *
 * plan_cache.c
 *	  Plans of statements for one shard, kept under the statement without its constants.
 *
 * A program that does not prepare its statements sends the same few again and
 * again, with other constants. What is kept is the generic plan of the statement
 * with parameters in their place (constants.c), made when such a statement comes
 * for the second time. The next one is compared, node by node, with what the
 * plan was made for, and shares the plan but for the expressions that the
 * constants are in.
 *
 * PostgreSQL's plan cache is told of the statement, so that it says when
 * something that it names has changed, types included (named_types.c).
 *
 * Where a change could fire triggers that users have written, nothing is kept:
 * the plan would depend on what their functions do.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/pg_trigger.h"
#include "commands/trigger.h"
#include "executor/remote_scan.h"
#include "lib/ilist.h"
#include "parser/parsetree.h"
#include "planner/claim.h"
#include "planner/constants.h"
#include "planner/inherited.h"
#include "planner/locked_tables.h"
#include "planner/modify.h"
#include "planner/moved_tables.h"
#include "planner/named_types.h"
#include "planner/on_behalf.h"
#include "planner/plan_cache.h"
#include "planner/planner.h"
#include "planner/ship.h"
#include "transport/seen_texts.h"
#include "utils/fmgroids.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"
#include "utils/plancache.h"
#include "utils/rel.h"

/* Beyond this the one least recently used is forgotten. */
#define MAX_KEPT_PLANS 300

typedef struct KeptPlan
{
	uint64            hash;
	CachedPlanSource *source;    /* the statement; this struct and the plan are in its context */
	PlannedStmt      *plan;      /* NULL: the plan depends on the constants */
	int               users;     /* memory contexts with plans that share this one */
	bool              forgotten; /* goes with its last user */
	dlist_node        node;      /* in recent */
} KeptPlan;

typedef struct PlanEntry
{
	uint64    hash; /* hash key: of the statement without its constants */
	KeptPlan *kept;
} PlanEntry;

/* Ends the use of a plan with a memory context. */
typedef struct PlanUse
{
	MemoryContextCallback callback;
	KeptPlan             *kept;
} PlanUse;

static HTAB      *plans = NULL;
static dlist_head recent = DLIST_STATIC_INIT(recent);
static SeenTexts  seen;

static void
forget_plan(KeptPlan *kept)
{
	(void) hash_search(plans, &kept->hash, HASH_REMOVE, NULL);
	dlist_delete(&kept->node);
	kept->forgotten = true;
	if (kept->users == 0)
		DropCachedPlan(kept->source);
}

static void
end_use(void *use)
{
	KeptPlan *kept = ((PlanUse *) use)->kept;

	if (--kept->users == 0 && kept->forgotten)
		DropCachedPlan(kept->source);
}

static void
begin_use(KeptPlan *kept)
{
	PlanUse *use = palloc(sizeof(PlanUse));

	use->callback.func = end_use;
	use->callback.arg = use;
	use->kept = kept;
	kept->users++;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, &use->callback);
}

static KeptPlan *
find_plan(uint64 hash)
{
	PlanEntry *entry;

	entry = plans ? hash_search(plans, &hash, HASH_FIND, NULL) : NULL;
	if (entry == NULL)
		return NULL;
	if (!entry->kept->source->is_valid)
	{
		forget_plan(entry->kept);
		return NULL;
	}
	dlist_move_head(&recent, &entry->kept->node);
	return entry->kept;
}

/* Has the table triggers other than those that check foreign keys, and change nothing? */
static bool
has_other_triggers(Oid relid)
{
	Relation     rel = table_open(relid, NoLock);
	TriggerDesc *triggers = rel->trigdesc;
	bool         result = false;

	for (int i = 0; triggers && i < triggers->numtriggers; i++)
	{
		switch (triggers->triggers[i].tgfoid)
		{
			case F_RI_FKEY_CHECK_INS:
			case F_RI_FKEY_CHECK_UPD:
			case F_RI_FKEY_NOACTION_DEL:
			case F_RI_FKEY_NOACTION_UPD:
			case F_RI_FKEY_RESTRICT_DEL:
			case F_RI_FKEY_RESTRICT_UPD:
				break;
			default:
				result = true;
		}
	}
	table_close(rel, NoLock);
	return result;
}

static bool
reads_children(Query *query)
{
	ListCell *lc;

	foreach (lc, query->rtable)
	{
		if (TreeOfEntry(lfirst_node(RangeTblEntry, lc)) != NIL)
			return true;
	}
	return false;
}

static PlannedStmt *
plan_for_any_constants(Query *query)
{
	List        *locked = FindLockedTables(query);
	PlannedStmt *plan = NULL;

	/* a key that is set to what it is stays where it is, but only the constants tell */
	if (reads_children(query) || MovedTables(query) != NIL ||
		(query->resultRelation != 0 &&
		 has_other_triggers(rt_fetch(query->resultRelation, query->rtable)->relid)))
		return NULL;
	if (query->commandType == CMD_INSERT)
	{
		Modification change;

		if (!ReturnsHere(query) && ShipModification(query, &change) &&
			change.fragment.target == TARGET_ONE_SHARD)
			plan = ShipQuery(change.query, &change.fragment, change.key);
	}
	else
	{
		QueryTables tables;
		DistTable  *table;
		Expr       *key;

		FindDistTables(query, &tables);
		table = FindRoute(query, &tables, &key);
		if (table)
			plan = ShipToShard(query, table, key);
	}
	if (plan)
		MarkLockedTables(plan, locked);
	return plan;
}

/* Would a change of anything that the plan depends on make the statement invalid? */
static bool
depends_on_statement(const PlannedStmt *plan, const CachedPlanSource *source)
{
	return list_difference_oid(plan->relationOids, source->relationOids) == NIL &&
		   plan->invalItems == NIL && !plan->dependsOnRole;
}

static void
create_cache(void)
{
	HASHCTL control = {.keysize = sizeof(uint64), .entrysize = sizeof(PlanEntry)};

	plans = hash_create("distshard plans", 64, &control, HASH_ELEM | HASH_BLOBS);
}

/* What PostgreSQL's plan cache knows as a statement that can become invalid; it is never asked to plan it. */
static CachedPlanSource *
create_source(Query *query, List *types)
{
	RawStmt          *raw = makeNode(RawStmt);
	CachedPlanSource *source;
	MemoryContext     caller;

	raw->stmt = (Node *) makeNode(SelectStmt);
	source = CreateCachedPlan(raw, "", CMDTAG_UNKNOWN);
	CompleteCachedPlan(source, list_make1(query), NULL, NULL, 0, NULL, NULL, 0, false);
	caller = MemoryContextSwitchTo(source->query_context);
	source->invalItems = list_concat(source->invalItems, copyObject(types));
	MemoryContextSwitchTo(caller);
	return source;
}

/*
 * Keeps the statement, and its plan if there is one that does for any constants. The statement comes first: what
 * changes while it is planned makes it invalid.
 */
static KeptPlan *
keep_plan(Query *query, uint64 hash)
{
	List             *types = NamedTypes(query);
	CachedPlanSource *source = create_source(query, types);
	KeptPlan         *kept = MemoryContextAllocZero(source->context, sizeof(KeptPlan));
	PlannedStmt      *plan;
	PlanEntry        *entry;
	MemoryContext     caller;

	if (plans == NULL)
		create_cache();
	if (hash_get_num_entries(plans) >= MAX_KEPT_PLANS)
		forget_plan(dlist_container(KeptPlan, node, dlist_tail_node(&recent)));
	entry = hash_search(plans, &hash, HASH_ENTER, NULL);
	kept->hash = hash;
	kept->source = source;
	entry->kept = kept;
	dlist_push_head(&recent, &kept->node);
	SaveCachedPlan(source);
	begin_use(kept); /* functions that are called to simplify the statement have statements, too */

	plan = plan_for_any_constants(copyObject(query));
	if (plan && depends_on_statement(plan, source))
	{
		/* a prepared statement that gets a copy has only that to depend on */
		plan->invalItems = types;
		caller = MemoryContextSwitchTo(source->context);
		kept->plan = copyObject(plan);
		MemoryContextSwitchTo(caller);
	}
	return kept;
}

/* Is the shard here? Then an ordinary plan on it is better. */
static bool
is_here(const FragmentPlan *fragment, List *exprs)
{
	Expr  *key = OidIsValid(fragment->key_type) ? linitial(exprs) : NULL;
	Shard *shard = ShardKnownNow(LookupDistTable(fragment->table), key);

	return shard && shard->group_id == LocalGroupId();
}

static PlannedStmt *
with_constants(KeptPlan *kept, Query *query, const Constants *constants)
{
	CustomScan  *kept_scan = (CustomScan *) kept->plan->planTree;
	FragmentPlan fragment = UnpackFragment(kept_scan->custom_private);
	List        *exprs = FillInConstants(kept_scan->custom_exprs, constants);
	CustomScan  *scan;
	PlannedStmt *plan;

	if (is_here(&fragment, exprs))
		return NULL;
	scan = palloc(sizeof(CustomScan));
	memcpy(scan, kept_scan, sizeof(CustomScan));
	scan->custom_exprs = exprs;
	plan = palloc(sizeof(PlannedStmt));
	memcpy(plan, kept->plan, sizeof(PlannedStmt));
	plan->planTree = (Plan *) scan;
	plan->queryId = query->queryId;
	plan->stmt_location = query->stmt_location;
	plan->stmt_len = query->stmt_len;
	begin_use(kept);
	return plan;
}

/* Tells most queries of ordinary tables from others by one look. */
static bool
begins_with_dist_table(const Query *query)
{
	RangeTblEntry *first = query->rtable ? linitial_node(RangeTblEntry, query->rtable) : NULL;

	return first && first->rtekind == RTE_RELATION && LookupDistTable(first->relid) != NULL;
}

/* Plans of cursors are made for their way of fetching; on one node there is nothing to save. */
static bool
may_use_cache(const Query *query, int cursor_options)
{
	return begins_with_dist_table(query) &&
		   (cursor_options & (CURSOR_OPT_SCROLL | CURSOR_OPT_FAST_PLAN)) == 0 &&
		   list_length(AllPrimaries()) > 1 && !InsideFragment() && !ActsOnBehalf();
}

static bool
is_kept_statement(const KeptPlan *kept, const Query *query)
{
	Query *statement = linitial_node(Query, kept->source->query_list);

	statement->stmt_len = query->stmt_len; /* varies with the constants */
	return equal(query, statement);
}

PlannedStmt *
PlanFromCache(Query *query, int cursor_options)
{
	Constants    constants;
	KeptPlan    *kept;
	PlannedStmt *plan = NULL;

	if (!may_use_cache(query, cursor_options) || !TakeConstants(query, &constants))
		return NULL;
	kept = find_plan(constants.hash);
	if (kept == NULL && SeenBefore(&seen, constants.hash))
		kept = keep_plan(query, constants.hash);
	if (kept && kept->plan && kept->source->is_valid && is_kept_statement(kept, query))
		plan = with_constants(kept, query, &constants);
	RestoreConstants(&constants);
	return plan;
}
