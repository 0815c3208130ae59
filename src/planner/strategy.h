/*-------------------------------------------------------------------------
 *
 * strategy.h
 *	  Which rows to move, so that nodes can join what is not co-located.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_STRATEGY_H
#define DISTSHARD_STRATEGY_H

#include "postgres.h"

#include "nodes/params.h"
#include "nodes/parsenodes.h"
#include "planner/estimate.h"

extern void InitStrategy(void);

/* Should the nodes send each other so many rows, rather than send them through this one? */
extern bool IsWorthSending(const QueryEstimate *estimate);

/*
 * TransferRows replaces parts of a query by rows that are sent to the nodes, where
 * that is cheaper than fetching all parts, so that its FROM and WHERE are
 * split. Returns false, with nothing changed, if it is not.
 */
extern bool TransferRows(Query *query, ParamListInfo params);

#endif
