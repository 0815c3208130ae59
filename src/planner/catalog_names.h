/*-------------------------------------------------------------------------
 *
 * catalog_names.h
 *	  Names in fragments that have no schema are names in pg_catalog.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_CATALOG_NAMES_H
#define DISTSHARD_CATALOG_NAMES_H

#include "postgres.h"

#include "parser/parse_node.h"

/* Makes query, a fragment as PostgreSQL has just analyzed it, what its text meant where it was printed. */
extern void TakeNamesFromCatalog(ParseState *pstate, Query *query);

/* Does its syntax stand for an operator that a user has made, and that the text of a fragment cannot name? */
extern bool ImpliesOperatorOfUser(Node *node);

#endif
