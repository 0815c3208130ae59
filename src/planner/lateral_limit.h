/*-------------------------------------------------------------------------
 *
 * lateral_limit.h
 *	  LATERAL subqueries that return a few rows for each row.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_LATERAL_LIMIT_H
#define DISTSHARD_LATERAL_LIMIT_H

#include "postgres.h"

#include "nodes/parsenodes.h"

/* Makes such subqueries ones that are computed once and joined, where that is cheaper than to ask for each row. */
extern void NumberLateralRows(Query *query);

#endif
