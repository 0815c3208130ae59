/*-------------------------------------------------------------------------
 *
 * tell_snapshot.c
 *	  On a node: which snapshot a fragment has, told to who sent it.
 *
 * What there is to say rides with the first row, in one packet. If that may take
 * a while, it goes ahead, so that little time passes in between; then it is said
 * even if it is nothing.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "transaction/registry.h"
#include "transaction/statement_part.h"
#include "transport/connection.h"
#include "utils/timestamp.h"

/* Cost of a plan whose first row is not waited for: some milliseconds. */
#define LONG_PLAN_COST 1000.0

void
TellSnapshot(const QueryDesc *query)
{
	bool  takes_long = query->plannedstmt->planTree->total_cost > LONG_PLAN_COST;
	int64 since =
		MonotonicTime() - Max(GetCurrentTimestamp() - GetCurrentStatementStartTimestamp(), 0);
	char *report =
		ReportSnapshot(query->snapshot, since, takes_long ? REPORT_ALWAYS : REPORT_BRIEFLY);

	if (report == NULL)
		return;
	if (takes_long)
		SendNoticeAtOnce(ERRCODE_SNAPSHOT_REPORT, report);
	else
		SendNotice(ERRCODE_SNAPSHOT_REPORT, report);
	pfree(report);
}
