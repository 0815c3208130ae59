/*-------------------------------------------------------------------------
 *
 * equality.h
 *	  What the quals of a query say about which expressions are equal.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_EQUALITY_H
#define DISTSHARD_EQUALITY_H

#include "postgres.h"

#include "catalog/metadata.h"
#include "nodes/parsenodes.h"

/*
 * Two expressions of one query level that are equal, and not null, in every
 * row of interest: by a qual with an operator of the shard key's hash
 * opfamily, or because one is another name of the other.
 */
typedef struct Equality
{
	Expr *left;
	Expr *right;
	bool  any; /* right is an array; left is one of its elements */
} Equality;

/* Equality counts only in the sense of the table that the search started from. */
typedef struct KeySense
{
	Oid opfamily;
	Oid collation;
} KeySense;

extern List *QualEqualities(Query *query, Node *quals, const KeySense *sense);
extern List *EmergentEqualities(Query *query, Node *jtnode, const KeySense *sense);
extern List *EqualitiesInSubquery(List *outer, Query *outer_query, Index column_rti,
								  Query *subquery, const KeySense *sense);
extern List *EqualitiesInSublink(List *outer, Query *outer_query, SubLink *sublink,
								 const KeySense *sense);
extern Expr *CanonicalTerm(Query *query, Expr *expr);
extern bool  KnownEqual(List *equalities, Expr *a, Expr *b);
extern Expr *KnownConstant(List *equalities, Expr *term);
extern Expr *KnownValues(List *equalities, Expr *term);
extern Expr *UnionOfValues(Expr *values, Expr *others);

#endif
