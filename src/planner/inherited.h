/*-------------------------------------------------------------------------
 *
 * inherited.h
 *	  Tables from which others inherit.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_INHERITED_H
#define DISTSHARD_INHERITED_H

#include "postgres.h"

#include "access/attmap.h"
#include "nodes/params.h"
#include "nodes/parsenodes.h"

/* The tables that the entry stands for, from the top, which get locked; NIL if it is none with children. */
extern List *TreeOfEntry(RangeTblEntry *rte);

/* Does row-level security of any of the tables apply to the user? Nodes would apply that of each. */
extern bool TreeHasPolicies(List *tree, Oid user);

/*
 * A copy of the query with a child in the place of its parent. *columns, if asked for, tells the child's column for
 * each of the parent's.
 */
extern Query *QueryOfChild(Query *query, Index rti, Oid child_relid, AttrMap **columns);

/* A query that has the rows of all of these. */
extern Query *UnionAll(List *arms);

/*
 * Makes an entry that stands for a tree a subquery over all tables of the tree, where rows get locked; false if it does
 * not. The second does so for all entries that a query reads.
 */
extern bool ReadTree(Query *query, Index rti);
extern void ReadTrees(Query *query, ParamListInfo params);

#endif
