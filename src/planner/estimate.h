/*-------------------------------------------------------------------------
 *
 * estimate.h
 *	  How many rows the nodes will return.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_ESTIMATE_H
#define DISTSHARD_ESTIMATE_H

#include "postgres.h"

#include "catalog/metadata.h"
#include "nodes/params.h"
#include "nodes/parsenodes.h"
#include "nodes/pathnodes.h"
#include "utils/relcache.h"

typedef struct QueryEstimate
{
	double rows;  /* of all nodes together, at least 1 */
	double width; /* bytes of a row */
} QueryEstimate;

/*
 * EstimateQuery asks PostgreSQL's planner about a query on logical tables, as
 * if they held their rows. The query is not changed. params: values known now,
 * or NULL.
 */
extern QueryEstimate EstimateQuery(Query *query, ParamListInfo params);

/*
 * Raises PostgreSQL's planner's error if the query locks rows on the nullable
 * side of an outer join: once it is cut into parts, nobody would tell.
 */
extern void CheckLockedRows(Query *query, ParamListInfo params);

/*
 * Where an output column of a query comes from: the entry of a table and the
 * column's number there; NULL if it is computed. *unique: it is all that the
 * query groups by.
 */
extern RangeTblEntry *OriginOfColumn(Query *query, AttrNumber *attno, bool *unique);

/* The columns that are fetched from a leaf are as wide as those of the tables that they come from. */
extern void SetWidthOfLeaf(RelOptInfo *rel, Query *leaf);

/* Is that being done? Then logical tables may be planned, and this is their size. */
extern bool IsEstimating(void);
extern void UseSizeOfLogicalTable(RelOptInfo *rel, Oid relid);

/* The size of all shards, from those that this node holds and the last ANALYZE; 0 if neither tells. */
extern void GuessSize(Relation logical, DistTable *table, double *pages, double *tuples);

extern void InitEstimates(void);

#endif
