/*-------------------------------------------------------------------------
 *
 * sent_rows.h
 *	  EXPLAIN of rows that are sent to nodes.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_SENT_ROWS_H
#define DISTSHARD_SENT_ROWS_H

#include "postgres.h"

#include "commands/explain.h"
#include "executor/fragment_explain.h"
#include "executor/row_batch.h"
#include "nodes/execnodes.h"
#include "portability/instr_time.h"

/* What a plan node has sent, for EXPLAIN ANALYZE; NULL unless the statement is measured. */
extern SentRows *BeginSentRows(EState *estate);

/* The setting with which a node keeps the plan of its last statement: see FragmentExplainSetting. */
extern int SentRowsSetting(const SentRows *sent);

/*
 * Adds rows that a node has taken since then: by a statement, whose plans are given if the node is this one, or by
 * COPY. Does nothing if sent is NULL.
 */
extern void NoteStatement(SentRows *sent, int32 node_id, uint64 rows, instr_time started,
						  const FragmentPlans *plans);
extern void NoteCopy(SentRows *sent, int32 node_id, uint64 rows, instr_time started);

/*
 * Shows which nodes may get rows, and by what; with ANALYZE, which have got them. copy is the text of the COPY that
 * takes the place of the plan's statement, or without ANALYZE that may do so; else NULL.
 */
extern void ExplainSentRows(const RowBatchPlan *plan, char *copy, ExplainState *es);

#endif
