/*-------------------------------------------------------------------------
 *
 * set_arms.h
 *	  Rows of UNION, INTERSECT and EXCEPT that need not come here twice.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_SET_ARMS_H
#define DISTSHARD_SET_ARMS_H

#include "postgres.h"

#include "nodes/parsenodes.h"

/* Makes arms of a set operation DISTINCT where that saves rows and changes nothing. */
extern void DropDuplicatesOfArms(Query *query);

/* Limits the arms of UNION ALL, if that is all that the query limits. */
extern void LimitArms(Query *query);

/* The arms of a set operation that is nothing but UNION ALL of rows as they are; else NIL. */
extern List *ArmsOfUnionAll(Query *query);

#endif
