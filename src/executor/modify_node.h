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

#include "executor/statement_triggers.h"
#include "nodes/execnodes.h"
#include "nodes/parsenodes.h"
#include "utils/tuplestore.h"

/*
 * The custom_private of these nodes: the statement (a row template), attribute
 * numbers that the child's columns are for, attribute numbers of rows that fill
 * the template's columns (both as lists of int), a list of int: attribute number
 * of the shard key or 0, whether the statement has no other part, whether each
 * row is a statement by itself, whether each shard has statements of its own, and the CmdTypes of the MERGE that it is a part
 * of; and a list of oid: the table, the one
 * whose statement triggers fire, and those of which rows may move to other nodes.
 *
 * If BEFORE row triggers of an UPDATE or DELETE fire here (before_row.h), the second list is the
 * CmdType and the attributes of the child's first columns, and the old row and its ctid stand behind the columns
 * that fill the template.
 */

/* A modification is carried out to its end, whether its rows are read or not. */
extern void RunToEnd(CustomScanState *node);

/* Rows of a modification have no older or newer versions that EvalPlanQual could ask for. */
extern bool NeverRechecked(ScanState *node, TupleTableSlot *slot);

/* Runs the plan that computes rows to its end. The store is in the current memory context. */
extern Tuplestorestate *ComputeRows(PlanState *rows);

/* Stores the next of these rows in slot, also if the current memory context is reset before the next call. */
extern bool NextComputedRow(Tuplestorestate *rows, TupleTableSlot *slot);

#endif
