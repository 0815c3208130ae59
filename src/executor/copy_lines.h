/*-------------------------------------------------------------------------
 *
 * copy_lines.h
 *	  Lines of a user's COPY FROM in text or CSV format, with their keys.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_COPY_LINES_H
#define DISTSHARD_COPY_LINES_H

#include "postgres.h"

#include "commands/copyfrom_internal.h"
#include "executor/sharded_copy.h"

typedef struct LineReader LineReader;

extern LineReader *CreateLineReader(DistTable *table, CopyFromState cstate);
extern bool        NextLine(void *reader, CopyRow *row);

#endif
