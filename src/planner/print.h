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

#endif
