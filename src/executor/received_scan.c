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
#include "executor/remote_scan.h"
#include "executor/row_in_transit.h"
#include "executor/received_scan.h"
#include "fmgr.h"
#include "funcapi.h"
#include "nodes/execnodes.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

typedef struct ReceivedScanState
{
	CustomScanState css;
	InboxReader    *reader;  /* NULL: only explained */
	TupleTableSlot *arrived; /* a row as it travelled */
	TupleDesc row; /* of the row as one value, behind its columns; NULL: that is not asked for */
	bool      converts;
	FmgrInfo *input; /* of columns that travelled as text */
	Oid      *io_params;
	MemoryContext row_context;
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
	List *private = castNode(CustomScan, node->ss.ps.plan)->custom_private;
	TupleDesc desc = node->ss.ss_ScanTupleSlot->tts_tupleDescriptor;
	int       natts = desc->natts - lsecond_int(private);
	TupleDesc arrived = CreateTemplateTupleDesc(natts);
	Inbox    *inbox = FindInbox(linitial_int(private));

	state->input = palloc0(sizeof(FmgrInfo) * natts);
	state->io_params = palloc0(sizeof(Oid) * natts);
	for (int i = 0; i < natts; i++)
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
	if (natts < desc->natts)
	{
		state->row = CreateTupleDescCopy(desc);
		state->row->natts = natts;
		BlessTupleDesc(state->row);
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
	for (int i = 0; i < state->arrived->tts_tupleDescriptor->natts; i++)
	{
		if (OidIsValid(state->input[i].fn_oid) && !slot->tts_isnull[i])
			slot->tts_values[i] = InputFunctionCall(
				&state->input[i], TextDatumGetCString(slot->tts_values[i]), state->io_params[i],
				TupleDescAttr(slot->tts_tupleDescriptor, i)->atttypmod);
	}
}

static void
append_row(ReceivedScanState *state, TupleTableSlot *slot)
{
	HeapTuple row = heap_form_tuple(state->row, slot->tts_values, slot->tts_isnull);

	slot->tts_values[state->row->natts] = HeapTupleGetDatum(row);
	slot->tts_isnull[state->row->natts] = false;
}

static TupleTableSlot *
access_next(ScanState *node)
{
	ReceivedScanState *state = (ReceivedScanState *) node;
	TupleTableSlot    *slot = node->ss_ScanTupleSlot;
	int                natts = state->arrived->tts_tupleDescriptor->natts;
	MinimalTuple       row = NextInboxRow(state->reader);
	MemoryContext      caller;

	ExecClearTuple(slot);
	if (row == NULL)
		return slot;
	ExecStoreMinimalTuple(row, state->arrived, false);
	slot_getallattrs(state->arrived);
	memcpy(slot->tts_values, state->arrived->tts_values, natts * sizeof(Datum));
	memcpy(slot->tts_isnull, state->arrived->tts_isnull, natts * sizeof(bool));
	MemoryContextReset(state->row_context);
	caller = MemoryContextSwitchTo(state->row_context);
	if (state->converts)
		convert_values(state, slot);
	if (state->row)
		append_row(state, slot);
	MemoryContextSwitchTo(caller);
	return ExecStoreVirtualTuple(slot);
}

static TupleTableSlot *
exec_scan(CustomScanState *node)
{
	return ExecScan(&node->ss, access_next, RecheckCopiedRow);
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
