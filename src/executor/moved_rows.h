/*-------------------------------------------------------------------------
 *
 * moved_rows.h
 *	  Rows that change node because their shard key was updated.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_MOVED_ROWS_H
#define DISTSHARD_MOVED_ROWS_H

#include "postgres.h"

#include "nodes/execnodes.h"

/* Takes rows of the tables (of oid) out of the nodes' outboxes (of int: node_id), and inserts them. */
extern void MoveRows(CustomScanState *node, List *tables, List *nodes);

#endif
