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

/*
 * Fetching a row, sending one from node to node, joining one; and what each
 * byte of it adds. Microseconds on one machine of today, to be compared with
 * each other only.
 */
#define PULL_COST    1.5
#define SEND_COST    0.6
#define JOIN_COST    0.3
#define BYTE_COST    0.005
#define MOVE_STARTUP 5000.0

typedef enum JoinStrategy
{
	STRATEGY_AUTO,
	STRATEGY_PULL,
	STRATEGY_BROADCAST,
	STRATEGY_REHASH
} JoinStrategy;

extern int join_strategy; /* distshard.join_strategy */

extern void InitStrategy(void);

/* What it costs to send rows, each to so many nodes. */
extern double SendCost(const QueryEstimate *estimate, double copies);

/* Should the nodes send each other so many rows, rather than send them through this one? */
extern bool IsWorthSending(const QueryEstimate *estimate);

/*
 * TransferRows replaces parts of a query by rows that are sent to the nodes, where
 * that is cheaper than fetching all parts, so that its FROM and WHERE are
 * split. Returns false, with nothing changed, if it is not.
 */
extern bool TransferRows(Query *query, ParamListInfo params);

#endif
