/*-------------------------------------------------------------------------
 *
 * copies.c
 *	  Whether nodes compute the same from rows that each of them has.
 *
 * Copies of a reference table hold the same rows, but not in the same order on
 * disk. So what depends on that order, or on chance, is computed once for the
 * whole statement, and not on each node: a subquery with LIMIT, say, of which
 * nodes would join different rows. One that refers to a row of a query around it
 * is computed for that row, which one node has.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "optimizer/optimizer.h"
#include "planner/leaf.h"
#include "planner/shape.h"
#include "planner/spread.h"

bool
PicksRows(Query *query)
{
	return (query->limitCount || query->limitOffset || query->hasDistinctOn ||
			query->hasWindowFuncs) &&
		   !HasOuterReferences(query);
}

const char *
WhyCopiesDiffer(Query *query)
{
	if (contain_volatile_functions((Node *) query))
		return "a volatile function is computed apart from split rows";
	if (PicksRows(query))
		return "a subquery picks or numbers rows that every node has";
	return NULL;
}
