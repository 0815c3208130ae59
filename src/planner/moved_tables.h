/*-------------------------------------------------------------------------
 *
 * moved_tables.h
 *	  Which rows can change node because a statement updates their shard key.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_MOVED_TABLES_H
#define DISTSHARD_MOVED_TABLES_H

#include "postgres.h"

#include "nodes/parsenodes.h"

/*
 * Logical tables whose rows the statement may move, itself or by actions of
 * foreign keys, as a list of oid; what is referenced comes before what
 * references it. NIL inside a fragment: nobody may go on to a third node.
 */
extern List *MovedTables(Query *query);

#endif
