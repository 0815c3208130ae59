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

/* The relation RTE's columns that ON CONFLICT ON CONSTRAINT stands for, or NIL if it cannot be said so. */
extern List *ArbiterColumns(Oid constraint, Index result_relation);

/* substitute.c */
extern Query *SubstituteForPrint(Query *query, bool constants_too, List **params);

/* Is the statement one whose rows are all spelt out in it? Then each of its expressions is evaluated once. */
extern bool IsInsertOfValues(Query *query);

/* Would the expression be evaluated here and sent as a parameter? */
extern bool IsEvaluatedHere(Node *node, bool once);

#endif
