/*-------------------------------------------------------------------------
 *
 * split.h
 *	  Queries that are begun on the nodes and finished here.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_SPLIT_H
#define DISTSHARD_SPLIT_H

#include "postgres.h"

#include "nodes/parsenodes.h"

/* The leaf of a split query is the first entry of its range table. */
#define SPLIT_LEAF_RTI 1

/*
 * LeafColumnFor adds an expression to what a leaf returns, unless it is there
 * already, and returns the Var for it in the query over the leaf.
 */
extern Var *LeafColumnFor(Query *leaf, Expr *expr);

/*
 * LeafGroupFor makes the leaf also group by the expression, and returns the Var
 * for it; NULL if its type has no equality.
 */
extern Var *LeafGroupFor(Query *leaf, Expr *expr);

/*
 * CombineAggregate returns the expression that yields an aggregate of all rows
 * from what the groups of the leaf yield, and adds that to the leaf. NULL if
 * it cannot be divided. values_apart: see below.
 */
extern Node *CombineAggregate(Aggref *agg, Query *leaf, bool values_apart);

/* Are the values of all the query's DISTINCT aggregates found on one node only, each of them? */
extern bool DistinctValuesAreApart(Query *query, Query *leaf);

/* Are all aggregates of the query of different values of one expression, and is NULL nothing to them? */
extern bool CountsValuesOnly(Query *query);

/* The column, if it is one, whose different values the aggregate counts or adds up; else NULL. */
extern Var *ColumnOfDistinct(Aggref *agg);

/*
 * SplitQuery divides a query over split rows into a leaf, which does on the
 * nodes as much as they can do by themselves, and the rest over it. Changes the
 * query and returns true, or returns false if it cannot be done. may_send: rows
 * may be sent from node to node for that.
 */
extern bool SplitQuery(Query *query, bool may_send);

#endif
