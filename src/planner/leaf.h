/*-------------------------------------------------------------------------
 *
 * leaf.h
 *	  Parts of a query that are fetched from the nodes.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_LEAF_H
#define DISTSHARD_LEAF_H

#include "postgres.h"

#include "nodes/parsenodes.h"

/*
 * AddLeaf adds a range table entry to the query that stands for the rows of
 * another query, computed by the nodes; returns its index. Rights on the leaf's
 * tables are checked with those of the query. Only while PlanWithLeaves runs.
 */
extern Index AddLeaf(Query *query, Query *leaf);

/*
 * Subqueries (SubLinks) whose values are computed before the leaf is, for its parameters from
 * OWN_PARAM_BASE on. LeafValues returns, when the plan is made, what has become of them.
 */
extern void  GiveLeafValues(Query *query, Index rti, List *subqueries);
extern List *LeafValues(RangeTblEntry *rte);

/* The leaf needs an answer of every node, even of those without rows that matter. */
extern void AskAllNodes(Query *query, Index rti);

/* The reason, for EXPLAIN, why leaves that are made from now on are not a larger part of the query. Returns the one before. */
extern const char *SetCutReason(const char *reason);

/* The Var for the n-th visible output column of a leaf. */
extern Var *LeafColumn(Query *query, Index rti, AttrNumber attno);

/* The query that a range table entry stands for, or NULL if it is no leaf. */
extern Query *LeafQuery(RangeTblEntry *rte);

/* The same for a modification: what it returns are the columns. */
typedef struct Modification Modification;
extern Index                AddModificationLeaf(Query *query, Modification *modification);

/*
 * A limit moves into the leaf if it is a value: each node need not return more
 * rows than the limit and what OFFSET skips.
 */
extern void MoveLimitDown(Query *leaf);
/* TransferRows, with the values that this planning knows; not in statements that modify. */
extern bool TransferRowsOfStatement(Query *query);
extern bool MayTransferRows(void);

/* Makes a table of the query a leaf. One of a reference table reads this node's copy. */
extern void PullTable(Query *query, Index rti);

/* The same, for rows that pass conditions whose parameters have the values: see GiveLeafValues and picked_rows.h. */
extern void PullRows(Query *query, Index rti, List *conditions, List *values);

/* Does the query refer to columns, or to columns or CTEs, of a query around it? */
extern bool HasOuterColumns(Query *query);
extern bool HasOuterReferences(Query *query);

/* Does the query's output have records without a name, which cannot travel? */
extern bool ReturnsRecords(Query *query);

/*
 * ReplaceOrCut makes the query, or its parts, read what the nodes compute, and
 * reference tables from this node's copy.
 */
extern void ReplaceOrCut(Query *query);

#endif
