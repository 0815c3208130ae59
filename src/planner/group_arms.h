/*-------------------------------------------------------------------------
 *
 * group_arms.h
 *	  Grouping the arms of a UNION ALL each by itself.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_GROUP_ARMS_H
#define DISTSHARD_GROUP_ARMS_H

#include "postgres.h"

#include "nodes/parsenodes.h"

/*
 * Copies of the leaf, each over one arm, if it is over nothing but a UNION ALL and nodes can do
 * some of its arms by themselves; else NIL.
 */
extern List *LeavesOfArms(Query *leaf);

/* Adds what these return, together, to the query; returns the index of the entry. */
extern Index AddArms(Query *query, List *leaves);

#endif
