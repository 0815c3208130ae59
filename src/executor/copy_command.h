/*-------------------------------------------------------------------------
 *
 * copy_command.h
 *	  The COPY with which a node takes rows for its shards of a table.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_COPY_COMMAND_H
#define DISTSHARD_COPY_COMMAND_H

#include "postgres.h"

#include "executor/sharded_copy.h"

/* With its claim, in the current memory context. */
extern char *CopyCommandOnNodes(DistTable *table, const CopyFormat *format);

#endif
