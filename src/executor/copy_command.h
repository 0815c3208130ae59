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

extern char *CopyCommand(DistTable *table, const CopyFormat *format);

/* With its claim. */
extern char *CopyCommandOnNodes(DistTable *table, const CopyFormat *format);

#endif
