/*-------------------------------------------------------------------------
 *
 * received_scan.c
 *	  The plan node of a fragment that reads rows which nodes have sent.
 *
 * It reads this session's inbox of the transfer, which has been filled before the
 * fragment was sent.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "executor/executor.h"
#include "executor/inbox.h"
#include "executor/row_in_transit.h"
#include "executor/received_scan.h"
#include "fmgr.h"
#include "nodes/execnodes.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

typedef struct ReceivedScanState
{
	CustomScanState css;
	InboxReader    *reader;  /* NULL: only explained */
	TupleTableSlot *arrived; /* a row as it travelled */
	bool            converts;
	FmgrInfo       *input; /* of columns that travelled as text */
	Oid            *io_params;
	MemoryContext   row_context;
} ReceivedScanState;

static Node           *create_state(CustomScan *scan);
static void            begin_scan(CustomScanState *node, EState *estate, int eflags);
static TupleTableSlot *exec_scan(CustomScanState *node);
static void            end_scan(CustomScanState *node);
static void            rescan(CustomScanState *node);

const CustomScanMethods ReceivedScanMethods = {"Distshard Received Rows", create_state};

static const CustomExecMethods exec_methods = {
	.CustomName = "Distshard Received Rows",
	.BeginCustomScan = begin_scan,
	.ExecCustomScan = exec_scan,
	.EndCustomScan = end_scan,
	.ReScanCustomScan = rescan,
};

PG_FUNCTION_INFO_V1(distshard_received_rows);

Datum
distshard_received_rows(PG_FUNCTION_ARGS)
{
	ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					errmsg("distshard.received_rows() cannot be called directly")));
}

void
InitReceivedScan(void)
{
	RegisterCustomScanMethods(&ReceivedScanMethods);
}

static Node *
create_state(CustomScan *scan)
{
	ReceivedScanState *state = palloc0(sizeof(ReceivedScanState));

	NodeSetTag(state, T_CustomScanState);
	state->css.methods = &exec_methods;
	return (Node *) state;
}

static void
begin_scan(CustomScanState *node, EState *estate, int eflags)
{
	ReceivedScanState *state = (ReceivedScanState *) node;
	int       transfer = linitial_int(castNode(CustomScan, node->ss.ps.plan)->custom_private);
	TupleDesc desc = node->ss.ss_ScanTupleSlot->tts_tupleDescriptor;
	TupleDesc arrived = CreateTemplateTupleDesc(desc->natts);
	Inbox    *inbox = FindInbox(transfer);

	state->input = palloc0(sizeof(FmgrInfo) * Max(desc->natts, 1));
	state->io_params = palloc0(sizeof(Oid) * Max(desc->natts, 1));
	for (int i = 0; i < desc->natts; i++)
	{
		Oid type = TupleDescAttr(desc, i)->atttypid;
		Oid function;

		TupleDescInitEntry(arrived, i + 1, NULL, TypeInTransit(type), -1, 0);
		if (TypeInTransit(type) == type)
			continue;
		getTypeInputInfo(type, &function, &state->io_params[i]);
		fmgr_info(function, &state->input[i]);
		state->converts = true;
	}
	state->arrived = ExecInitExtraTupleSlot(estate, arrived, &TTSOpsMinimalTuple);
	state->row_context =
		AllocSetContextCreate(CurrentMemoryContext, "distshard arrived row", ALLOCSET_SMALL_SIZES);
	if (eflags & EXEC_FLAG_EXPLAIN_ONLY)
		return;
	if (inbox == NULL)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("no rows have been sent for this fragment")));
	state->reader = BeginReading(inbox);
}

static void
convert_values(ReceivedScanState *state, TupleTableSlot *slot)
{
	MemoryContext caller = MemoryContextSwitchTo(state->row_context);

	MemoryContextReset(state->row_context);
	for (int i = 0; i < slot->tts_tupleDescriptor->natts; i++)
	{
		if (OidIsValid(state->input[i].fn_oid) && !slot->tts_isnull[i])
			slot->tts_values[i] = InputFunctionCall(
				&state->input[i], TextDatumGetCString(slot->tts_values[i]), state->io_params[i],
				TupleDescAttr(slot->tts_tupleDescriptor, i)->atttypmod);
	}
	MemoryContextSwitchTo(caller);
}

static TupleTableSlot *
access_next(ScanState *node)
{
	ReceivedScanState *state = (ReceivedScanState *) node;
	TupleTableSlot    *slot = node->ss_ScanTupleSlot;
	int                natts = slot->tts_tupleDescriptor->natts;
	MinimalTuple       row = NextInboxRow(state->reader);

	ExecClearTuple(slot);
	if (row == NULL)
		return slot;
	ExecStoreMinimalTuple(row, state->arrived, false);
	slot_getallattrs(state->arrived);
	memcpy(slot->tts_values, state->arrived->tts_values, natts * sizeof(Datum));
	memcpy(slot->tts_isnull, state->arrived->tts_isnull, natts * sizeof(bool));
	if (state->converts)
		convert_values(state, slot);
	return ExecStoreVirtualTuple(slot);
}

/* In a recheck the row is the one that the scan gave before. */
static bool
access_recheck(ScanState *node, TupleTableSlot *slot)
{
	return true;
}

static TupleTableSlot *
exec_scan(CustomScanState *node)
{
	return ExecScan(&node->ss, access_next, access_recheck);
}

static void
end_scan(CustomScanState *node)
{
	ReceivedScanState *state = (ReceivedScanState *) node;

	if (state->reader)
		EndReading(state->reader);
}

static void
rescan(CustomScanState *node)
{
	ReadAgain(((ReceivedScanState *) node)->reader);
	ExecScanReScan(&node->ss);
}
