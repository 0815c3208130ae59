/*-------------------------------------------------------------------------
 *
 * consistent_read.h
 *	  A statement sees each distributed transaction on all nodes, or on none.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_CONSISTENT_READ_H
#define DISTSHARD_CONSISTENT_READ_H

#include "postgres.h"

#include "executor/execdesc.h"
#include "transaction/snapshot_report.h"
#include "transaction/statement_part.h"

extern void InitConsistentReads(void);

/*
 * AgreeOnSnapshots has the node groups take snapshots for the statement that fit
 * together, after what is awaited and what is in doubt about the tables of the
 * plans (of PlannedStmt *). If this node is among them, *here is its snapshot, or
 * the one to be improved on; it is registered.
 */
extern void AgreeOnSnapshots(int number, List *groups, Awaited *awaited, List *plans,
							 Snapshot *here);

/* Starts a query that is part of the statement which the executor state runs. */
extern void StartPart(QueryDesc *part, int eflags, EState *estate);

#endif
