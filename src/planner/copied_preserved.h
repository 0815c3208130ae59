/*-------------------------------------------------------------------------
 *
 * copied_preserved.h
 *	  Outer joins that preserve rows that every node has, below a grouping.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_COPIED_PRESERVED_H
#define DISTSHARD_COPIED_PRESERVED_H

#include "postgres.h"

#include "nodes/parsenodes.h"
#include "planner/shape.h"

/*
 * Does the query group the rows of such a join so that each node can do that for
 * its own? All nodes must then be asked, whatever is known of keys.
 */
extern bool GroupsCopiedPreserved(Query *query);

/* How the rows of FROM and WHERE are spread, but for those that the join preserves on every node. */
extern Spread SpreadOfPreserving(Query *query);

#endif
