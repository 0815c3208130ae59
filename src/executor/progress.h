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

/* Puts back what they showed before a CopyFrom within a command. */
extern void RestoreProgress(const PgBackendStatus *before);

#endif
