/*-------------------------------------------------------------------------
 *
 * row_batch.h
 *	  Rows sent as INSERT statements of many rows.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_ROW_BATCH_H
#define DISTSHARD_ROW_BATCH_H

#include "postgres.h"

#include "executor/tuptable.h"
#include "nodes/execnodes.h"
#include "nodes/parsenodes.h"

typedef struct RowBatch RowBatch;

/* Returns the next row, of the logical table's row type, or NULL at the end. */
typedef TupleTableSlot *(*RowSource)(void *arg);

/* insert is the statement without its source; attnums are the columns that rows have values for. */
extern RowBatch *BeginRowBatch(CustomScanState *node, Query *insert, Relation logical,
							   List *attnums, RowSource source, void *arg);

/*
 * NextBatchRow stores the next row of RETURNING in slot. Returns false when all
 * rows are inserted. Counts rows in the executor's es_processed.
 */
extern bool NextBatchRow(RowBatch *batch, TupleTableSlot *slot);

#endif
