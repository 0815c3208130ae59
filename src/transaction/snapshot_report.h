/*-------------------------------------------------------------------------
 *
 * snapshot_report.h
 *	  What a snapshot sees of distributed transactions, and whether several fit.
 *
 * A report is a line: for how long back it knows all commits, and then the
 * transactions that the snapshot sees, each with the time since it was
 * committed on this node, and those that it does not see, though they were
 * prepared, with the time since. All in microseconds:
 *
 *	12000 1f00aa8839c12e07v350:1,2 60f1c2a7788b1d33p120:2,3
 *
 * Behind the colon are the node groups that take part. If there are too many to
 * be named, any may. What is not said is a report that knows no commit within
 * REPORT_HORIZON_US, and nothing prepared. A negative time at the beginning
 * makes a report that is good for nothing.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_SNAPSHOT_REPORT_H
#define DISTSHARD_SNAPSHOT_REPORT_H

#include "postgres.h"

#include "lib/stringinfo.h"
#include "nodes/pg_list.h"

#define REPORT_HORIZON_US 1000000

typedef struct SnapshotReport
{
	int32 group_id;
	int64 elapsed; /* since before the first snapshot, when it was there */
	int64 covered;
	List *transactions; /* of ReportedTransaction * */
} SnapshotReport;

/* What nodes have to wait for before they take their next snapshots. */
typedef struct Awaited
{
	List *ids;     /* of uint64 * */
	List *decided; /* those of them that are known to have committed */
} Awaited;

/* Text may be NULL. */
extern SnapshotReport *ReadReport(int32 group_id, const char *text, int64 elapsed);

/*
 * SnapshotsFit tells whether the snapshots see the same of every distributed
 * transaction. If not, they are to be taken once more, after what is awaited.
 */
extern bool SnapshotsFit(List *reports, Awaited *awaited);

/* Does one of the snapshots miss a transaction that was prepared so long ago that it is in doubt? */
extern bool AnyMissesDoubt(List *reports);

/* The transactions that are awaited, as text. */
extern void  AppendIds(StringInfo buf, List *ids);
extern List *ReadIds(const char **pos);

#endif
