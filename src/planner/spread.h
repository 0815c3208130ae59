/*-------------------------------------------------------------------------
 *
 * spread.h
 *	  How subqueries are spread over the nodes, for spread.c and its neighbours.
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

	const struct Recursion *recursion; /* in what recursive CTEs it is */
} OuterRows;

extern KeySense SenseOfKey(DistTable *table);
extern Spread   MixedSpread(const char *reason);
extern Spread   SpreadOfSubquery(Query *subquery, RowsUse use, List *equalities,
								 const OuterRows *outer);

/* The same for an entry of the query: a subquery, whose keys become columns of the entry; and a CTE. */
extern Spread SpreadOfEntryQuery(Query *query, Index rti, Query *subquery, List *equalities,
								 const OuterRows *outer);
extern Spread SpreadOfCte(Query *query, Index rti, const OuterRows *beside);

/* How the arms of a set operation are, or one of them. */
extern Spread SpreadOfSetop(Query *query, Node *node, const OuterRows *outer);

/* The keys of a subquery that it returns, as Vars of the query around it. */
extern List *KeysInOutput(Query *subquery, List *keys, Index rti);

/*
 * Why grouping, DISTINCT or windows mix rows of several nodes; NULL: they do not. What is no key any more after grouping
 * is taken out of the spread.
 */
extern const char *WhyGroupingMixes(Query *query, Spread *spread);

/* Why nodes cannot compute the subqueries in the expressions over rows that are spread so; NULL: they can. */
extern const char *WhySublinksMix(Query *query, Spread spread, List *equalities,
								  const KeySense *sense);

#endif
