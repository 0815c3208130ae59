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

	/* Where CTEs are looked for: the queries around the one that is asked about, innermost first, if known. */
	List *around;

	/* While it is found out what the rows of this recursive CTE have in common: what is assumed of its columns. */
	CommonTableExpr *recursive;
	List            *assumed;
} KeySense;

extern List *AddEquality(List *equalities, Expr *left, Expr *right);
extern List *AddMembership(List *equalities, Expr *left, Expr *values);

extern List *QualEqualities(Query *query, Node *quals, const KeySense *sense);

/* What holds for every row that comes out of a join tree, or passes the test of a subquery (IN). */
extern List *EmergentEqualities(Query *query, Node *jtnode, const KeySense *sense);
extern List *EqualitiesOfTest(Query *query, SubLink *sublink, const KeySense *sense);

/*
 * What holds, beyond that, for rows of a join tree for which the quals are true: where they need an entry that an outer
 * join may have made null, it has not.
 */
extern List *EqualitiesWhere(Query *query, Node *jtnode, Node *quals, const KeySense *sense);

/* What a scalar subquery returns if it has a row; NULL if that depends on rows. */
extern Expr *ValueOfSublink(Query *query, SubLink *sublink, const KeySense *sense);

/* What is known of the two sides of a full join, if something is of the columns that it merges. */
extern List *EqualitiesBelowFullJoin(Query *query, JoinExpr *join, List *equalities,
									 const KeySense *sense);

extern List *EqualitiesInSubquery(List *outer, Query *outer_query, Index column_rti,
								  Query *subquery, const KeySense *sense);
extern List *EqualitiesInSublink(List *outer, Query *outer_query, SubLink *sublink,
								 const KeySense *sense);
extern Expr *CanonicalTerm(Query *query, Expr *expr);

/* Everything that a term is known to equal; the first element is the term itself. */
extern List *EqualTerms(List *equalities, Expr *term);

/* The keys, with columns of their level that equal one of them in all rows. */
extern List *EqualColumns(List *keys, List *equalities);
extern bool  KnownEqual(List *equalities, Expr *a, Expr *b);
extern Expr *KnownConstant(List *equalities, Expr *term);
extern Expr *KnownValues(List *equalities, Expr *term);
extern Expr *UnionOfValues(Expr *values, Expr *others);
extern Expr *ArrayOf(Oid type, List *elements);

/* Has the expression one value throughout a statement? */
extern bool IsFixed(Expr *expr);

#endif
