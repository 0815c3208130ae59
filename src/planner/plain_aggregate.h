/*-------------------------------------------------------------------------
 *
 * plain_aggregate.h
 *	  Aggregates that may be computed for groups that nobody asks for.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_PLAIN_AGGREGATE_H
#define DISTSHARD_PLAIN_AGGREGATE_H

#include "postgres.h"

#include "nodes/primnodes.h"

/* It raises no error, and is null for no rows, or 0 if it counts. */
extern bool IsPlainAggregate(Aggref *agg);
extern bool IsCount(Aggref *agg);

#endif
