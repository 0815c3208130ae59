/*-------------------------------------------------------------------------
 *
 * copy_context.h
 *	  Errors about a row of a stream, told as errors about the user's line.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_COPY_CONTEXT_H
#define DISTSHARD_COPY_CONTEXT_H

#include "postgres.h"

#include "executor/line_map.h"
#include "executor/sharded_copy.h"

extern char *UsersContext(const char *context, const char *prefix, const CopyFormat *format,
						  const LineMap *lines, bool with_lines);

#endif
