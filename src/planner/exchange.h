/*-------------------------------------------------------------------------
 *
 * exchange.h
 *	  Rows that come together on nodes by a value which is to be counted.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_EXCHANGE_H
#define DISTSHARD_EXCHANGE_H

#include "postgres.h"

#include "nodes/parsenodes.h"

/* Makes FROM and WHERE a subquery, with the columns that are needed, and the query's only entry. */
extern Query *SeparateInput(Query *query);

/*
 * ExchangeDistinct has the rows of the query's input sent to nodes by the column
 * whose different values all DISTINCT aggregates are about. Returns false if
 * that cannot be, or does not pay; the query is of no use then.
 */
extern bool ExchangeDistinct(Query *query);

#endif
