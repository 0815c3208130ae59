/*-------------------------------------------------------------------------
 *
 * decorrelate.h
 *	  Subqueries that are computed once for all rows, rather than for each one.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_DECORRELATE_H
#define DISTSHARD_DECORRELATE_H

#include "postgres.h"

#include "nodes/parsenodes.h"

/* Joins such subqueries to what they depend on, where that is cheaper. */
extern void DecorrelateSubqueries(Query *query);

#endif
