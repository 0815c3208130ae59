/*-------------------------------------------------------------------------
 *
 * leaf_plan.h
 *	  A leaf, and the plan of the scan that fetches it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_LEAF_PLAN_H
#define DISTSHARD_LEAF_PLAN_H

#include "postgres.h"

#include "nodes/extensible.h"
#include "planner/modify.h"

typedef struct Leaf
{
	int        id;
	Query     *query;
	DistTable *table; /* whose shard map says which nodes compute it */

	Modification *modification; /* NULL: the query is read */
	bool          all_nodes;    /* are asked, whatever keys there are */
	bool          part;         /* of a statement that modifies distributed tables */
	double        rows;         /* estimated; 0: not yet */
	const char   *reason;       /* why the query around it is not done on the nodes; may be NULL */
} Leaf;

/* Of a path whose private data is the leaf, and the parameters that are checked here. */
extern const CustomPathMethods LeafPathMethods;

#endif
