/*-------------------------------------------------------------------------
 *
 * known_outer.h
 *	  Constants for columns of the query around a subquery.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_KNOWN_OUTER_H
#define DISTSHARD_KNOWN_OUTER_H

#include "postgres.h"

#include "nodes/parsenodes.h"

/* Puts them into the subqueries of this query, in place. */
extern void UseKnownOuterColumns(Query *query);

#endif
