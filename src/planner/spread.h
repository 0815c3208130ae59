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

#include "planner/copies.h"
#include "planner/equality.h"
#include "planner/shape.h"

/* What is known about the queries around a subquery. */
typedef struct OuterRows
{
	DistTable *table;  /* the outer query's split input, or NULL */
	List      *keys;   /* its keys, as Vars of the subquery's level 1 and above */
	List      *around; /* the queries themselves, innermost first, where CTEs are looked for */
} OuterRows;

extern KeySense SenseOfKey(DistTable *table);
extern Spread   SpreadOfSubquery(Query *subquery, RowsUse use, List *equalities,
								 const OuterRows *outer);

/*
 * Why grouping, DISTINCT or windows mix rows of several nodes; NULL: they do not. What is no key any more after grouping
 * is taken out of the spread.
 */
extern const char *WhyGroupingMixes(Query *query, Spread *spread);

/* Why nodes cannot compute the subqueries in the expressions over rows that are spread so; NULL: they can. */
extern const char *WhySublinksMix(Query *query, Spread spread, List *equalities,
								  const KeySense *sense);

#endif
