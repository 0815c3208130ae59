/*-------------------------------------------------------------------------
 *
 * outer_cte.h
 *	  CTEs of the queries around the one that is being planned.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_OUTER_CTE_H
#define DISTSHARD_OUTER_CTE_H

#include "postgres.h"

#include "nodes/parsenodes.h"

/*
 * Calls a function for each entry of the query, at any depth, that is a CTE: of a query so many levels around this
 * one, of this one if that is 0, or of a subquery if it is less.
 */
typedef void (*CteVisit)(RangeTblEntry *rte, int levels, void *arg);

extern void VisitCtes(Query *query, CteVisit visit, void *arg);

/* What is known of CTEs is kept from ForgetCtes to RememberCtes, which gets what the former returned. */
extern List *ForgetCtes(void);
extern void  RememberCtes(List *before);

/* Notes the CTEs of a query that is to be cut, before those within it. */
extern void NoteCtes(Query *query);

/* What a query that stands by itself reads of CTEs of queries around it. */
typedef enum CteUse
{
	READS_NO_CTE,
	READS_FIXED_CTES,   /* their rows are the same as long as the statement runs */
	READS_CHANGING_CTES /* a recursion, or what depends on rows of a query around it */
} CteUse;

extern CteUse OuterCtesOf(Query *query);

/* Moves a query, which has no CTEs of its own, so many levels down from the queries around it. */
extern void ShiftOuterCtes(Query *query, int levels);

/* Lets the planner estimate a query by itself: CTEs around it become rows of the number that was noted. */
extern void StandInForCtes(Query *query);

/*
 * The CTEs of a query are in its leaf now: those that are read by what is sent to the
 * leaf's nodes go back to the query, where they are computed.
 */
extern void DivideCtes(Query *query, Query *leaf);

#endif
