/*-------------------------------------------------------------------------
 *
 * named_types.h
 *	  What the plan of a statement depends on because fragments name it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_NAMED_TYPES_H
#define DISTSHARD_NAMED_TYPES_H

#include "postgres.h"

#include "nodes/parsenodes.h"

extern void InitNamedTypes(void);

/* The types that users have made, of what is in the query, as a list of PlanInvalItem. */
extern List *NamedTypes(Query *query);

#endif
