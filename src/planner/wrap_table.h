/*-------------------------------------------------------------------------
 *
 * wrap_table.h
 *	  A table in a query becomes a subquery that reads the table.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_WRAP_TABLE_H
#define DISTSHARD_WRAP_TABLE_H

#include "postgres.h"

#include "nodes/parsenodes.h"

/*
 * Puts a subquery in the place of a table, and returns it: it reads the table, and the query what it returns. The row as a
 * whole may be that of the subquery, unless it is to be a column of it.
 */
extern Query *WrapTable(Query *query, Index rti, bool row_apart);

/* Has the subquery lock the rows that the query was to lock. */
extern void MoveRowMark(Query *query, Index rti, Query *subquery);

#endif
