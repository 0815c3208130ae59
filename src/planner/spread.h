/*-------------------------------------------------------------------------
 *
 * spread.h
 *	  How subqueries are spread over the nodes, for spread.c and sublinks.c.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_SPREAD_H
#define DISTSHARD_SPREAD_H

#include "postgres.h"

#include "planner/equality.h"
#include "planner/shape.h"

/* What is known about the query around a subquery. */
typedef struct OuterRows
{
	DistTable *table; /* the outer query's split input, or NULL */
	List      *keys;  /* its keys, as Vars of the subquery's level 1 */
} OuterRows;

extern KeySense SenseOfKey(DistTable *table);
extern Spread   SpreadOfSubquery(Query *subquery, List *equalities, const OuterRows *outer);

/* Why nodes cannot compute the subqueries in the expressions over rows that are spread so; NULL: they can. */
extern const char *WhySublinksMix(Query *query, Spread spread, List *equalities,
								  const KeySense *sense);

#endif
