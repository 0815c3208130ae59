/*-------------------------------------------------------------------------
 *
 * open_cursor.c
 *	  What a cursor sees is decided when it is opened.
 *
 * Fragments are else sent when the first row is asked for. Of a cursor they
 * are sent at once, so that the nodes, too, run them before whatever the
 * transaction changes next. Those that lock rows wait, as PostgreSQL's do.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "executor/executor.h"
#include "executor/remote_scan.h"
#include "executor/remote_scan_state.h"
#include "nodes/nodeFuncs.h"
#include "tcop/pquery.h"
#include "transaction/statement_part.h"
#include "utils/portal.h"

static ExecutorStart_hook_type next_ExecutorStart;

/* Portals without a name are run at once, and so is the one of EXECUTE, which is not visible. */
bool
OpensCursor(QueryDesc *query, int eflags)
{
	return ActivePortal && ActivePortal->status == PORTAL_DEFINED && ActivePortal->visible &&
		   ActivePortal->name[0] != '\0' && query->operation == CMD_SELECT &&
		   list_member_ptr(ActivePortal->stmts, query->plannedstmt) &&
		   !query->plannedstmt->hasModifyingCTE && !(eflags & EXEC_FLAG_EXPLAIN_ONLY);
}

static bool
start_scans(PlanState *node, void *context)
{
	RemoteScanState *state = (RemoteScanState *) node;

	if (node == NULL)
		return false;
	if (IsA(node, CustomScanState) &&
		castNode(CustomScan, node->plan)->methods == &RemoteScanMethods &&
		bms_is_empty(node->plan->allParam) && state->fragment.operation == CMD_SELECT &&
		!state->fragment.locks_rows)
		StartFragment(state);
	return planstate_tree_walker(node, start_scans, context);
}

static void
start_cursor(QueryDesc *query, int eflags)
{
	MemoryContext old;

	if (next_ExecutorStart)
		next_ExecutorStart(query, eflags);
	else
		standard_ExecutorStart(query, eflags);
	if (!OpensCursor(query, eflags))
		return;
	old = MemoryContextSwitchTo(query->estate->es_query_cxt);
	start_scans(query->planstate, NULL);
	MemoryContextSwitchTo(old);
	NoteOpenCursor(query);
}

void
InitOpenCursor(void)
{
	next_ExecutorStart = ExecutorStart_hook;
	ExecutorStart_hook = start_cursor;
}
