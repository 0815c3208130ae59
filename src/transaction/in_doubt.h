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
 * Before the query is started: waits for the outcome of what is in doubt and has
 * changed a table that the query reads, and gives it a snapshot that sees it. If
 * the snapshot is fixed, it stays; returns whether it misses what was committed.
 */
extern bool AwaitDoubts(QueryDesc *query, bool fixed);

/* Does the snapshot miss a transaction that was in doubt and has been committed since? */
extern bool MissesDoubts(Snapshot snapshot);

#endif
