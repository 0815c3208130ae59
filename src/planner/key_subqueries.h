/*-------------------------------------------------------------------------
 *
 * key_subqueries.h
 *	  Subqueries that tell which shard a query is about.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_KEY_SUBQUERIES_H
#define DISTSHARD_KEY_SUBQUERIES_H

#include "postgres.h"

#include "nodes/parsenodes.h"

/*
 * If a query is for one shard, or for some, as soon as the values of some of its subqueries are
 * known, returns it with parameters in their place, numbered from OWN_PARAM_BASE, and sets
 * *subqueries to these (SubLinks) in that order. Else NULL.
 */
extern Query *WithKeyFirst(Query *query, List **subqueries);

#endif
