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

#include "catalog/metadata.h"
#include "nodes/parsenodes.h"
#include "utils/relcache.h"

/*
 * Logical tables whose rows the statement may move, itself or by actions of
 * foreign keys, as a list of oid; what is referenced comes before what
 * references it. NIL inside a fragment: nobody may go on to a third node.
 */
extern List *MovedTables(Query *query);

/*
 * Do rows that move to shards of their own node wait, too (executor/outbox.h)? Those do whose BEFORE INSERT triggers fire
 * where the statement came in, and what references such a table: it comes after the rows that it references.
 */
extern bool MovedRowsWait(Relation logical);

/*
 * Could the statement give a row of its target another key than it had, or than
 * it was routed by? Its target, the logical table or the data table, is locked.
 */
extern bool MayChangeKey(Query *query, DistTable *table);

/* The same for rows that a MERGE updates. */
extern bool MergeMayMoveRows(Query *query, DistTable *table);

/* Could ON CONFLICT give the row that is there the key of another shard? Not of partitioned tables: PostgreSQL refuses it. */
extern bool ConflictMayMoveRow(Query *query, DistTable *table);

#endif
