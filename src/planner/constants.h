/*-------------------------------------------------------------------------
 *
 * constants.h
 *	  A statement without its constants.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_CONSTANTS_H
#define DISTSHARD_CONSTANTS_H

#include "postgres.h"

#include "nodes/parsenodes.h"
#include "nodes/pg_list.h"

typedef struct Constants
{
	List  *places; /* of Node *: those nodes of the statement that are parameters now */
	List  *values; /* of Const *: what they were */
	uint64 hash;   /* of the statement without them */
} Constants;

/*
 * TakeConstants makes the constants of a simple statement parameters, in place. Returns false for
 * any other statement, which it leaves as it was. RestoreConstants undoes it.
 */
extern bool TakeConstants(Query *query, Constants *constants);
extern void RestoreConstants(const Constants *constants);

/* Copies of expressions that were made from the statement, with the constants in place of the parameters. */
extern List *FillInConstants(List *exprs, const Constants *constants);

#endif
