/*-------------------------------------------------------------------------
 *
 * print_steps.h
 *	  The steps of PrintFragment, for its own files only.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_PRINT_STEPS_H
#define DISTSHARD_PRINT_STEPS_H

#include "postgres.h"

#include "nodes/parsenodes.h"

/* canonical.c: both change the query in place. */
extern void PrepareForPrint(Query *query);
extern void NameDataTables(Query *query);

/* substitute.c */
extern Query *SubstituteForPrint(Query *query, bool constants_too, List **params);

/* Is it an INSERT whose rows are all spelt out in it? Then each expression of them is evaluated once. */
extern bool IsInsertOfValues(Query *query);

/* Does the constant print so that every server reads the same, whatever its settings? */
extern bool IsPlainLiteral(Const *constant);

/* Can values of the type be sent? */
extern bool IsValueType(Oid type);

/* Would the expression be evaluated here and sent as a parameter? */
extern bool IsEvaluatedHere(Node *node, bool once);

/* shippable.c: whose row-level security policies apply, if not the current user's. */
extern Oid PolicyRole(Query *query);

#endif
