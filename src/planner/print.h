/*-------------------------------------------------------------------------
 *
 * print.h
 *	  Query tree -> the text of a fragment.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_PRINT_H
#define DISTSHARD_PRINT_H

#include "postgres.h"

#include "catalog/metadata.h"
#include "nodes/parsenodes.h"
#include "nodes/pg_list.h"

/*
 * PrintFragment returns the SQL text of a rewritten query, with each logical
 * table replaced by its data table. The query is not changed.
 *
 * *params becomes the list of expressions for $1..$n, free of Vars, which the
 * caller evaluates before each execution: the query's own parameters, the
 * stable and volatile expressions that must be evaluated once and here, and,
 * if constants_too, its constants, so that statements that differ in constants
 * only have one text.
 */
extern char *PrintFragment(Query *query, bool constants_too, List **params);

/*
 * WhyNotPrintable returns NULL if PrintFragment prints this query rightly, else
 * the reason (a phrase for errdetail or EXPLAIN) why it must not be shipped.
 */
extern const char *WhyNotPrintable(Query *query);

/* Conditions of security barrier views, other than policies, on the target of a modification. */
extern List *ViewBarriers(Query *query);

/* The conditions by which policies hide rows of the target from the statement. */
extern List *PoliciesOnTarget(Query *query);

/*
 * LogicalRow returns the expression for a whole row of a data table that gives
 * it the logical table's type: distshard.logical_row(t.*, NULL::logical)
 */
extern Node *LogicalRow(Var *var, DistTable *table);

/* TableOfPartition returns the expression for the user's partition, as regclass, that the row of a tableoid is in. */
extern Node *TableOfPartition(Var *tableoid);

/* NullWithRow returns CASE WHEN t.tableoid IS NOT NULL THEN value END: null for the null row of an outer join. */
extern Node *NullWithRow(Var *tableoid, Node *value);

/*
 * ArbiterColumns returns what ON CONFLICT ON CONSTRAINT stands for, as columns
 * of the relation: the constraint of a shard has another name. NIL for an
 * exclusion constraint.
 */
extern List *ArbiterColumns(Oid constraint, Index result_relation);

#endif
