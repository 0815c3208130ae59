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

/* canonical.c and printed_names.c: both change the query in place. */
extern void PrepareForPrint(Query *query);
extern void NameDataTables(Query *query);

/* substitute.c */
extern Query *SubstituteForPrint(Query *query, bool constants_too, List **params);

/* Is it an INSERT whose rows are all spelt out in it? Then each expression of them is evaluated once. */
extern bool IsInsertOfValues(Query *query);

/* evaluated_here.c */

/* Can values of the type be sent? */
extern bool IsValueType(Oid type);

/* Do they mean something else on another node, or have no binary form? Then they are sent as text. */
extern bool TravelsAsText(Oid type);

/* Does the constant print so that every server reads the same, whatever its settings? */
extern bool IsPlainLiteral(Const *constant);

/* Is the node one that is computed, by itself? */
extern bool IsExpression(Node *node);

/*
 * Is there something that only this node can make use of: a constant that names
 * an object by its OID, or a parameter that cannot be sent, as a record of a
 * PL/pgSQL function?
 */
extern bool HasLocalValue(Node *node, void *context);

/* Would the expression be evaluated here and sent as a parameter? In a row of INSERT ... VALUES (once) also if volatile. */
extern bool IsEvaluatedHere(Node *node, bool once);

/* shippable.c: whose row-level security policies apply, if not the current user's. */
extern Oid PolicyRole(Query *query);

#endif
