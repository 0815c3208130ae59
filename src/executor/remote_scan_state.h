/*-------------------------------------------------------------------------
 *
 * remote_scan_state.h
 *	  Execution state of a fragment, shared with EXPLAIN.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_REMOTE_SCAN_STATE_H
#define DISTSHARD_REMOTE_SCAN_STATE_H

#include "postgres.h"

#include "catalog/metadata.h"
#include "commands/explain.h"
#include "executor/fragment_explain.h"
#include "executor/local_fragment.h"
#include "executor/row_sender.h"
#include "executor/statement_triggers.h"
#include "nodes/execnodes.h"
#include "planner/dist_plan.h"
#include "portability/instr_time.h"
#include "transaction/statement_part.h"
#include "transport/connection.h"

/* The fragment on one node. */
typedef struct FragmentRun
{
	ClusterNode   *node;
	Shard         *shard;   /* NULL: all shards of the node */
	RemoteCommand *command; /* on another node */
	LocalFragment *local;   /* on this node */
	bool           done;
	SentStatement *earlier;  /* it reads with the snapshot of another statement; or NULL */
	uint64         limit;    /* of rows; 0: none */
	uint64         returned; /* rows that the scan has returned */

	/* for EXPLAIN ANALYZE */
	uint64        rows;
	instr_time    started;
	double        milliseconds; /* until its last row had come */
	FragmentPlans plans;        /* of a local fragment */
} FragmentRun;

typedef struct RowMerge RowMerge;

typedef struct RemoteScanState
{
	CustomScanState   css;
	FragmentPlan      fragment;
	StatementTriggers triggers;
	ExprState        *key; /* NULL if the target does not depend on one */
	Datum             key_value;
	bool              key_isnull;
	List             *param_states; /* NULL in it: the value of the key */
	ParamListInfo     params;
	TupleTableSlot   *row;     /* what nodes return, if the scan tuple has more */
	TupleTableSlot   *stored;  /* a row taken from a tuplestore */
	MemoryContext     context; /* reset at each start of the fragment */
	bool              part;    /* its fragment is marked as part of a statement */
	bool              checks_snapshots;
	bool              started;
	bool              finished; /* triggers have fired after it */
	List             *runs;     /* of FragmentRun * */
	RowMerge         *merge;    /* NULL before the first row, or if the fragment has no order */
	ExprState        *limit;    /* of a fragment that has a probe */
	bool              probing;
	List             *shares; /* of LimitShare *; NIL: the nodes have no limits of their own */

	int   explained_scan;  /* for EXPLAIN ANALYZE: its number; 0: none yet */
	List *transfers;       /* of TransferRun *, once they have begun */
	bool  has_transferred; /* they have run before */
	int sends; /* the transfer that its rows are sent for instead of being returned; 0: none, ... */
	const RowRoute *route; /* ... and where they go */

	bool             keep_rows;  /* the scan may be started over */
	Bitmapset       *own_params; /* those of the executor that the fragment depends on */
	Tuplestorestate *kept;
	bool             exhausted; /* all rows are in kept */
} RemoteScanState;

static inline bool
FragmentWrites(RemoteScanState *state)
{
	return state->fragment.operation != CMD_SELECT;
}

/* Does it return rows, even if they have no columns? */
static inline bool
FragmentReturnsRows(RemoteScanState *state)
{
	return state->row->tts_tupleDescriptor->natts > 0 || !FragmentWrites(state);
}

/* remote_scan.c: NextFragmentRow stores the next row in state->row; StopFragment ends the fragment at any time. */
extern bool NextFragmentRow(RemoteScanState *state);
extern void StopFragment(RemoteScanState *state);

/* start_fragment.c */
extern void  StartFragment(RemoteScanState *state);
extern void  EvaluateFragmentParams(RemoteScanState *state);
extern void  ChooseTargets(RemoteScanState *state);
extern char *FragmentText(RemoteScanState *state, FragmentRun *run);
extern void  DropRuns(RemoteScanState *state); /* stops them on their nodes */

/* To be called when a fragment's rows have all come or been sent. */
extern void FragmentEnded(RemoteScanState *state, FragmentRun *run);

/*
 * transfers.c: RunTransfers fills the inboxes of the nodes that the scan will run on.
 */
typedef struct TransferRun
{
	TransferPlan *plan;
	QueryDesc    *source; /* kept for EXPLAIN; NULL: it is a subplan of the statement */
	uint64        rows;
} TransferRun;

extern void RunTransfers(RemoteScanState *state);
extern void EndTransfers(RemoteScanState *state);
extern void ExplainTransfers(RemoteScanState *state, ExplainState *es);

/* explain.c */
extern void ExplainRemoteScan(CustomScanState *node, List *ancestors, ExplainState *es);

#endif
