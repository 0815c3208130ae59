/*-------------------------------------------------------------------------
 *
 * any_order.h
 *	  Results that are the same in whatever order the rows come.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_ANY_ORDER_H
#define DISTSHARD_ANY_ORDER_H

#include "postgres.h"

#include "nodes/parsenodes.h"
#include "nodes/pathnodes.h"

/* Are equal values of the type the same in every respect? As for numeric they are not: 1.0 and 1.00. */
extern bool EqualsAreAlike(Oid type, Oid collation);

/* Has the query, or HAVING, an aggregate whose result depends on the order of rows? */
extern bool AggregatesByOrder(Query *query);
extern bool FiltersByOrder(Query *query);

/* Does the query keep one of several rows that are equal, but may not look so? */
extern bool MergesUnlikeValues(Query *query);

/* Are rows that come in any order sorted in one way only? */
extern bool SortsByAll(List *targetlist, List *sort_clause);
extern bool SortsByKey(Query *query, List *targetlist, List *sort_clause);

/* Do the conditions of WHERE leave one row of the entry at most, for each of the given entries' rows? */
extern bool IsOneRow(Query *query, Index rti, Relids given);

#endif
