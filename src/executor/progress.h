/*-------------------------------------------------------------------------
 *
 * progress.h
 *	  What the progress views show of a command that runs another one.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_PROGRESS_H
#define DISTSHARD_PROGRESS_H

#include "postgres.h"

#include "pgstat.h"
#include "utils/backend_status.h"

/*
 * The rows of the whole command. CopyFrom counts the rows that it stores on this
 * node into PROGRESS_COPY_TUPLES_PROCESSED, so these have a place of their own,
 * which the view distshard.progress shows (its param20).
 */
#define PROGRESS_ROWS_OF_ALL_NODES (PGSTAT_NUM_PROGRESS_PARAM - 1)

/* Shows that number, in both places. */
extern void ShowRows(uint64 rows);

/* Puts back what they showed before a CopyFrom within a command. */
extern void RestoreProgress(const PgBackendStatus *before);

#endif
