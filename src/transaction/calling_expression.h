/*-------------------------------------------------------------------------
 *
 * calling_expression.h
 *	  The expressions that call functions and belong to no statement.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_CALLING_EXPRESSION_H
#define DISTSHARD_CALLING_EXPRESSION_H

#include "postgres.h"

#include "lib/ilist.h"
#include "nodes/execnodes.h"
#include "utils/snapshot.h"

extern void InitCallingExpressions(void);

/* An expression that has called a function, and goes with the memory in which it is evaluated. */
typedef struct CallingExpression
{
	dlist_node    node;
	MemoryContext context;
	SnapshotData
		snapshot; /* for what its functions read, unless they are VOLATILE: of use is its curcid */
	EState               *estate; /* see StateOfExpression; or NULL */
	MemoryContextCallback forget;
} CallingExpression;

extern dlist_head *CallingExpressions(void); /* the innermost first */

/* By it the expression is known as a statement is. It has the expression's snapshot, and goes with it. */
extern EState *StateOfExpression(CallingExpression *expression);

#endif
