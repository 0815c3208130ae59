/*-------------------------------------------------------------------------
 *
 * reduce_joins.h
 *	  Outer joins whose null-extended rows are rejected anyway.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_REDUCE_JOINS_H
#define DISTSHARD_REDUCE_JOINS_H

#include "postgres.h"

#include "nodes/parsenodes.h"
#include "nodes/pathnodes.h"

/* Entries of the query's range table that are not null in rows for which the quals are true. */
extern Relids EntriesNeededBy(Query *query, Node *quals);

/* The same for columns: a list of Vars. */
extern List *ColumnsNeededBy(Query *query, Node *quals);

/* Is there one among the joins of the tree? */
extern bool HasOuterJoin(Node *jtnode);

/* Makes such joins inner joins, at all levels of the query. */
extern void ReduceOuterJoins(Query *query);

#endif
