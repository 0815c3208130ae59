/*-------------------------------------------------------------------------
 *
 * limited_locks.c
 *	  Fragments that lock no more rows than LIMIT says, on all nodes together.
 *
 * Each node can lock its own first n rows, but "SELECT .. LIMIT n FOR UPDATE" is to lock n of all nodes: the others
 * would be kept from other sessions until the transaction ends. So the executor first asks how many of the n each node
 * has (executor/limit_share.c), by a text that is made here.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "planner/limited_locks.h"
#include "planner/print.h"

bool
LimitsLocks(PlannerInfo *root, const Query *leaf, bool merged)
{
	return leaf->rowMarks != NIL && leaf->limitCount && leaf->limitOption == LIMIT_OPTION_COUNT &&
		   (merged || root->query_pathkeys == NIL);
}

/* The probe is the fragment without locks; where rows are skipped that others have locked, only locks tell which. */
List *
AddProbe(FragmentPlan *fragment, Query *query, List *params)
{
	Query    *probe = copyObject(query);
	Query    *leaf = linitial_node(RangeTblEntry, probe->rtable)->subquery;
	List     *params_of_probe;
	ListCell *lc;

	if (fragment->target != TARGET_SHARDS && fragment->target != TARGET_ALL_SHARDS)
		return params;
	foreach (lc, leaf->rowMarks)
		fragment->probe_locks |= lfirst_node(RowMarkClause, lc)->waitPolicy == LockWaitSkip;
	if (!fragment->probe_locks)
	{
		leaf->hasForUpdate = false;
		leaf->rowMarks = NIL;
	}
	fragment->probe = PrintFragment(probe, false, &params_of_probe);
	return lappend(params, expression_planner((Expr *) leaf->limitCount));
}
