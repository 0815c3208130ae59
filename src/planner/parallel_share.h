/*-------------------------------------------------------------------------
 *
 * parallel_share.h
 *	  How many parallel workers a fragment may use.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_PARALLEL_SHARE_H
#define DISTSHARD_PARALLEL_SHARE_H

#include "postgres.h"

/*
 * ShareParallelWorkers lowers max_parallel_workers_per_gather for the planning
 * of a fragment that other nodes of this host run at the same time. It returns
 * the GUC nest level to be closed after planning, or 0 if nothing was changed.
 */
extern int ShareParallelWorkers(const char *source_text);

#endif
