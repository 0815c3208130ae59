/*-------------------------------------------------------------------------
 *
 * copies.h
 *	  Whether nodes compute the same from rows that each of them has.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_COPIES_H
#define DISTSHARD_COPIES_H

#include "postgres.h"

#include "nodes/parsenodes.h"

/* What is made of the rows of a query. */
typedef enum RowsUse
{
	USES_EXISTENCE, /* it is asked whether there are any; or it is all the same who computes them */
	USES_ROWS,
	USES_ORDER /* an array */
} RowsUse;

extern RowsUse UseOfRows(SubLink *sublink);

/*
 * Why a subquery may have other rows on each node, though these have the same tables; NULL: it has not.
 * "around" are the queries around it, innermost first.
 */
extern const char *WhyCopiesDiffer(Query *query, RowsUse use, List *around);

/* Could an expression over copied rows, with its subqueries, have another value on each node? */
extern bool CopiesDifferIn(Node *expr);

#endif
