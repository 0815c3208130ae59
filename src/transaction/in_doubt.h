/*-------------------------------------------------------------------------
 *
 * in_doubt.h
 *	  Statements that read what a transaction has changed whose outcome may be
 *	  known elsewhere, but is not here.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_IN_DOUBT_H
#define DISTSHARD_IN_DOUBT_H

#include "postgres.h"

#include "executor/execdesc.h"

/*
 * Before the query is started: waits for the outcome of what was in doubt at that
 * time and has changed a table that the query reads, and gives it a snapshot that
 * sees it. If it has to do with a fixed one, returns whether that misses what was
 * committed. The query's statement has begun before that time (MonotonicTime()).
 */
extern bool AwaitDoubts(QueryDesc *query, Snapshot fixed, int64 at);

/*
 * The same for a statement that reads these tables, before its snapshot is taken.
 * Returns false if nothing is in doubt of what this snapshot does not see.
 */
extern bool AwaitDoubtsAbout(List *tables, Snapshot snapshot, int64 at);

/* Does the snapshot miss a transaction that was in doubt at that time and has been committed since? */
extern bool MissesDoubts(Snapshot snapshot, int64 at);

#endif
