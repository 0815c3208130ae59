/*-------------------------------------------------------------------------
 *
 * tie.h
 *	  What ties a subquery to the query around it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_TIE_H
#define DISTSHARD_TIE_H

#include "postgres.h"

#include "nodes/params.h"
#include "nodes/parsenodes.h"
#include "planner/estimate.h"

/* A qual of a subquery: something of its own equals something of the query around it. */
typedef struct Tie
{
	OpExpr *op;
	Expr   *inner;    /* the operand that is the subquery's own */
	Query  *query;    /* around the subquery */
	Expr   *outer;    /* the other operand, over that query: a column or strict */
	bool    under_in; /* which values are asked for must not depend on subqueries: it may be one */
} Tie;

/* NULL: the qual is none, or it does not hold for all equal values of the subquery alike. */
extern Tie *TieOf(Query *query, Node *qual);

/* The condition over the query, if the subquery is joined to it and has its own operand as this column. */
extern Node *TieToColumn(Tie *tie, Var *column);

/* The ties of an entry of a subquery; and those of a whole one under IN, if it is used as a set. */
extern List *TiesOfEntry(Query *query, Query *subquery, Index rti);
extern List *TiesOfIn(Query *query, SubLink *sublink);

/*
 * A query for the distinct values for which the query around the subquery asks it, NULL if there
 * is none; *count: for how many rows it asks.
 */
extern Query *ValuesAskedFor(Tie *tie, double *count);

/* Has the subquery leave out rows for other values. */
extern void RestrictToValues(Query *subquery, Tie *tie, Query *values);

/*
 * ReduceSource makes a source leave out rows that one of the ties does not ask for, where that is
 * cheaper than to send them; and, as a set, what a node has twice. *estimate: before, and then
 * after that. Returns what it costs to find out which are asked for.
 */
extern double ReduceSource(Query **source, QueryEstimate *estimate, List *ties, bool as_set,
						   ParamListInfo params);

#endif
