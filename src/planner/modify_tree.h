/*-------------------------------------------------------------------------
 *
 * modify_tree.h
 *	  Changes of a table from which others inherit.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_MODIFY_TREE_H
#define DISTSHARD_MODIFY_TREE_H

#include "postgres.h"

#include "nodes/parsenodes.h"

/* Is the target of the statement a distributed table with children, and these are meant too? */
extern bool ModifiesTree(Query *query);

/* Of this statement, or of one in its WITH? */
extern bool HasTreeModification(Query *query);

/* The statement for the target alone, or for another table of its tree in its place. */
extern Query *PartForTable(Query *query, Oid relid);

/* Makes an UPDATE or DELETE a SELECT, in place, with one modification in WITH for each table of the tree. */
extern void ReplaceTreeModification(Query *query);

#endif
