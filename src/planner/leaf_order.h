/*-------------------------------------------------------------------------
 *
 * leaf_order.h
 *	  Leaves whose rows come in an order.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_LEAF_ORDER_H
#define DISTSHARD_LEAF_ORDER_H

#include "postgres.h"

#include "nodes/pathnodes.h"

typedef struct LeafSort
{
	Var *column;
	Oid  sort_op;
	bool nulls_first;
} LeafSort;

/*
 * LeafOrder returns by which columns the nodes have to sort so that the rows of
 * a leaf have the order of the path keys: a list of LeafSort. NIL: they cannot.
 */
extern List *LeafOrder(RelOptInfo *rel, List *pathkeys);

/* What it costs the nodes to sort, all at the same time. */
extern Cost CostOfLeafOrder(PlannerInfo *root, RelOptInfo *rel, List *pathkeys);

/* Makes a fragment that returns these columns, in this order of theirs, sort its rows. */
extern void SortFragment(Query *query, List *columns, List *order);

/* How the rows of its nodes are to be merged: a list of SortColumn. */
extern List *MergeOrder(List *columns, List *order);

#endif
