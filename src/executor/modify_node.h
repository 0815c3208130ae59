/*-------------------------------------------------------------------------
 *
 * modify_node.h
 *	  What the plan nodes that write rows have in common.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_MODIFY_NODE_H
#define DISTSHARD_MODIFY_NODE_H

#include "postgres.h"

#include "executor/row_batch.h"
#include "executor/statement_triggers.h"
#include "nodes/execnodes.h"
#include "nodes/parsenodes.h"
#include "utils/tuplestore.h"

/* What such a node does with the rows of its child. */
typedef struct WritePlan
{
	RowBatchPlan batch;
	List        *attnums; /* of int: see below */
	bool         alone;   /* the statement has no other part */
	List        *actions; /* of int, CmdType: what the MERGE does of which this is a part */
	Oid          named;   /* the table whose statement triggers fire */
	List        *moves;   /* of oid: tables of which rows may move to other nodes */
} WritePlan;

/*
 * attnums are the attribute numbers that the child's columns are for. If BEFORE row triggers of an
 * UPDATE or DELETE fire here (before_row.h), they are the CmdType and the attributes of the child's
 * first columns, and the old row and its ctid stand behind the columns that fill the template.
 */

/* The custom_private of these nodes. */
extern List     *PackWrite(const WritePlan *write);
extern WritePlan UnpackWrite(List *packed);

/* A modification is carried out to its end, whether its rows are read or not. */
extern void RunToEnd(CustomScanState *node);

/* Rows of a modification have no older or newer versions that EvalPlanQual could ask for. */
extern bool NeverRechecked(ScanState *node, TupleTableSlot *slot);

/* Runs the plan that computes rows to its end. The store is in the current memory context. */
extern Tuplestorestate *ComputeRows(PlanState *rows);

/* Stores the next of these rows in slot, also if the current memory context is reset before the next call. */
extern bool NextComputedRow(Tuplestorestate *rows, TupleTableSlot *slot);

#endif
