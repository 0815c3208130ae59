/*-------------------------------------------------------------------------
 *
 * picked_rows.h
 *	  Conditions on a table by rows that a subquery picks.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_PICKED_ROWS_H
#define DISTSHARD_PICKED_ROWS_H

#include "postgres.h"

#include "nodes/parsenodes.h"

/*
 * Where WHERE tests rows of the table by what subqueries of the query pick, or joins them with it, returns the tests as
 * conditions on the table alone, for PullRows. They have parameters, numbered from OWN_PARAM_BASE, for what was picked:
 * *values is set to the subqueries that tell it, as seen from one level below the query.
 */
extern List *ConditionsByPickedRows(Query *query, Index rti, List **values);

#endif
