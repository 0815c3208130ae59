/*-------------------------------------------------------------------------
 *
 * line_map.h
 *	  Line of a node's stream -> line of the user's input.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_LINE_MAP_H
#define DISTSHARD_LINE_MAP_H

#include "postgres.h"

#include "lib/stringinfo.h"

typedef struct LineMap
{
	StringInfoData steps; /* one for each row kept: see line_map.c */
	uint64         first_stream;
	uint64         first_user; /* both: last lines of the row before the first one kept */
	uint64         last_stream;
	uint64         last_user; /* both: last lines of the last row */
} LineMap;

/* How many lines COPY counts within a row in which there are so many newlines. */
extern int CountedNewlines(int newlines, const char *row, int len, bool first);

extern void   InitLineMap(LineMap *map);
extern void   AddToLineMap(LineMap *map, int stream_lines, uint64 user_line);
extern uint64 UserLine(const LineMap *map, uint64 stream_line);

#endif
