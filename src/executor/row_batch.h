/*-------------------------------------------------------------------------
 *
 * row_batch.h
 *	  Rows sent as statements of many rows.
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
typedef struct SentRows SentRows;

/* Returns the next row, of the logical table's row type, or NULL at the end. */
typedef TupleTableSlot *(*RowSource)(void *arg);

/* What the rows are for. */
typedef struct RowBatchPlan
{
	Oid        table;     /* logical table */
	Query     *statement; /* a row template */
	List      *columns;   /* of int: attribute numbers of a row that fill the template's columns */
	AttrNumber key;       /* attribute number of a row that has the shard key, 0: none */
	bool       by_shard;  /* one statement for each shard, else for each node */
	bool       by_row;    /* one for each row */
	bool       moves;     /* it may move rows to other nodes */
	bool       captures;  /* what it changes goes to transition tables */
	bool       fired;     /* BEFORE row triggers have fired */
	Bitmapset *fired_columns; /* columns that the statement sets: see before_row.h */
	SentRows  *sent;          /* for EXPLAIN ANALYZE, or NULL */
} RowBatchPlan;

/* row_desc describes the source's rows. */
extern RowBatch *BeginRowBatch(CustomScanState *node, const RowBatchPlan *plan, TupleDesc row_desc,
							   RowSource source, void *arg);

/*
 * TakesFewRows takes rows, as the first of the batch. Returns whether these are
 * all, and few enough for one statement on each node. If not, NextTakenRow, a
 * RowSource whose argument is the batch, gives them out again, and then the others.
 */
extern bool            TakesFewRows(RowBatch *batch);
extern TupleTableSlot *NextTakenRow(void *arg);

/*
 * NextBatchRow stores the next row of RETURNING in slot. Returns false when all
 * rows are sent. Counts rows in the executor's es_processed.
 */
extern bool NextBatchRow(RowBatch *batch, TupleTableSlot *slot);

/* The nodes to which rows have gone: a list of int, node_id. */
extern List *BatchNodes(RowBatch *batch);

#endif
