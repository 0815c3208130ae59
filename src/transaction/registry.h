/*-------------------------------------------------------------------------
 *
 * registry.h
 *	  The distributed transactions that have a part on this server.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_REGISTRY_H
#define DISTSHARD_REGISTRY_H

#include "postgres.h"

#include "nodes/pg_list.h"
#include "utils/snapshot.h"

extern void InitRegistry(void);

/* Microseconds on a clock that nobody sets, the same for all processes of the server. */
extern int64 MonotonicTime(void);

/*
 * Before this node, which wrote in the transaction itself, asks others to prepare. The end of the
 * transaction here is noted by itself.
 */
extern void EnterDecision(const char *gid);

/* Around the end of a transaction that is prepared here. */
extern void EnsureRegistry(void);
extern void PreparedHasEnded(const char *gid, bool committed);

/*
 * ReportSnapshot says what the snapshot, taken at some time since then, sees of
 * distributed transactions: see snapshot_report.h. NULL if there is nothing to
 * be said.
 */
typedef enum ReportKind
{
	REPORT_BRIEFLY, /* the last ones, which is enough if little time has passed */
	REPORT_ALWAYS,  /* the same, even if there is nothing to be said */
	REPORT_IN_FULL  /* all that are known */
} ReportKind;

extern char *ReportSnapshot(Snapshot snapshot, int64 since, ReportKind kind);

/*
 * Prepared here for so long that it may have been acknowledged.
 * No node acknowledges sooner one that it could not tell to all.
 */
#define DOUBT_AFTER_US INT64CONST(1000000)

typedef struct Doubt
{
	uint64        id;
	TransactionId xid;
	bool          ended; /* committed already, but the snapshot does not see it */
} Doubt;

extern bool  AnyInDoubt(void);                                 /* perhaps */
extern List *TransactionsInDoubt(Snapshot snapshot, int64 at); /* were so at that time */

/* Waits until none of these transactions, of uint64 *, is undecided here. */
extern void AwaitTransactions(List *ids);

#endif
