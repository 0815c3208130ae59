/*-------------------------------------------------------------------------
 *
 * row_identity.h
 *	  What tells a row from all others, also for a node that gets it as values.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_ROW_IDENTITY_H
#define DISTSHARD_ROW_IDENTITY_H

#include "postgres.h"

#include "catalog/metadata.h"
#include "nodes/primnodes.h"

/* Expressions over a row of the target; of a table that is cut by hash the shard key is the last. */
extern List *RowIdentity(DistTable *table, Index target);

/* The row as text is what identifies it, if nothing else does. */
extern List *RowAsIdentity(DistTable *table, Index target);

/* Is it that row? values are Vars with what the identity was. An implicit AND. */
extern List *SameRow(DistTable *table, List *identity, List *values);

/* The comparison with the equality of the left side's type; nulls are equal with the second. */
extern Expr *EqualityOf(Expr *left, Expr *right);
extern Expr *NotDistinct(Expr *left, Expr *right);

#endif
