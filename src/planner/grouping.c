/*-------------------------------------------------------------------------
 *
 * grouping.c
 *	  What is done with joined rows: is it done within each node's part?
 *
 * Grouping, DISTINCT and window functions keep a query split as long as the key
 * is part of what they group by, in each of several grouping sets.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "optimizer/optimizer.h"
#include "optimizer/tlist.h"
#include "parser/parse_agg.h"
#include "planner/equality.h"
#include "planner/spread.h"

/* More grouping sets than PostgreSQL takes. */
#define MAX_GROUPING_SETS 4096

static bool
groups_by_key(Query *query, List *clause, List *keys)
{
	ListCell *lc;

	foreach (lc, clause)
	{
		SortGroupClause *group = lfirst_node(SortGroupClause, lc);
		TargetEntry     *tle = get_sortgroupclause_tle(group, query->targetList);

		if (list_member(keys, CanonicalTerm(query, tle->expr)))
			return true;
	}
	return false;
}

static bool
set_has_key(Query *query, List *refs, Expr *key)
{
	ListCell *lc;

	foreach (lc, refs)
	{
		TargetEntry *tle = get_sortgroupref_tle(lfirst_int(lc), query->targetList);

		if (equal(CanonicalTerm(query, tle->expr), key))
			return true;
	}
	return false;
}

/* In the others there are rows in which a key is null that was not. */
static List *
keys_of_all_sets(Query *query, List *keys)
{
	List *sets = expand_grouping_sets(query->groupingSets, query->groupDistinct, MAX_GROUPING_SETS);
	List *result = NIL;
	ListCell *lc;

	foreach (lc, keys)
	{
		ListCell *set;

		foreach (set, sets)
		{
			if (!set_has_key(query, lfirst(set), lfirst(lc)))
				break;
		}
		if (set == NULL && sets != NIL)
			result = lappend(result, lfirst(lc));
	}
	return result;
}

const char *
WhyGroupingMixes(Query *query, Spread *spread)
{
	ListCell *lc;

	if (spread->kind != SPREAD_SPLIT || spread->table->method == DIST_SINGLE)
		return NULL;

	if (query->groupingSets)
	{
		spread->keys = keys_of_all_sets(query, spread->keys);
		if (spread->keys == NIL)
			return "rows are grouped by grouping sets";
	}
	if ((query->groupClause || query->hasAggs || query->havingQual) &&
		!groups_by_key(query, query->groupClause, spread->keys))
		return "rows are not grouped by the shard key";
	foreach (lc, query->windowClause)
	{
		if (!groups_by_key(query, lfirst_node(WindowClause, lc)->partitionClause, spread->keys))
			return "a window is not partitioned by the shard key";
	}
	if (query->distinctClause && !IsDistinctWithinNodes(query) &&
		!groups_by_key(query, query->distinctClause, spread->keys))
		return "DISTINCT does not include the shard key";
	return NULL;
}
