/*-------------------------------------------------------------------------
 *
 * transfer_source.h
 *	  The query for the rows of a table that are sent to the nodes.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_TRANSFER_SOURCE_H
#define DISTSHARD_TRANSFER_SOURCE_H

#include "postgres.h"

#include "nodes/params.h"
#include "nodes/parsenodes.h"

/*
 * TransferSource returns a query for the rows of an entry that the query can
 * need, with those columns that it uses; *columns are their numbers. NULL if
 * the entry is lateral, or its rows have an identity that matters. CTEs are those of a
 * query that is as many levels as depth above this one, or around that.
 */
extern Query *TransferSource(Query *query, Index rti, int depth, Bitmapset **columns);

/* The quals that hold for an entry's rows wherever a query has them; they may refer to outer queries. */
extern List *QualsOnEntry(Query *query, Index rti);

/*
 * DropDuplicatesWithinNodes makes a source of so many rows, of which at most so many differ, leave
 * out those that a node has twice, if it then has less than half as many; returns how many.
 */
extern double DropDuplicatesWithinNodes(Query **source, double rows, double most,
										ParamListInfo params);

/*
 * RowsOfEntry returns a query for an expression over those rows of an entry that
 * the query can need, by its subqueries as well or not; NULL if the entry is
 * lateral, or the query changes or locks its rows.
 */
extern Query *RowsOfEntry(Query *query, Index rti, Expr *expr, bool subqueries);

#endif
