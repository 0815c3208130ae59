/*-------------------------------------------------------------------------
 *
 * move_subqueries.h
 *	  Subqueries of ON CONFLICT that are answered with the rows.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_MOVE_SUBQUERIES_H
#define DISTSHARD_MOVE_SUBQUERIES_H

#include "postgres.h"

#include "nodes/parsenodes.h"

/*
 * MoveSubqueries adds to the source of an INSERT's rows a column for each
 * subquery in ON CONFLICT that depends only on the row to be inserted, and
 * returns these expressions. What stays must be answered by the nodes.
 */
extern List *MoveSubqueries(Query *insert, Query **source);

/* Makes a row template take them from its last columns. */
extern void UseMovedSubqueries(Query *row_template, List *moved);

#endif
