/*-------------------------------------------------------------------------
 *
 * line_map.c
 *	  Line of a node's stream -> line of the user's input.
 *
 * A node that rejects a row knows it by its place in the stream that the node
 * got. Each row is kept as a step from the row before: how many lines further
 * in the user's input, or back (nearly always one or two bytes), and how many
 * further in the stream, if not one.
 * Memory is bounded: the older half is forgotten when there are many. Nodes lag
 * behind by what fits into the buffers of a connection, which is far less.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "executor/line_map.h"

#define LINE_MAP_BYTES (4 * 1024 * 1024)

/* In its first row COPY does not know yet how lines end, and takes it that they end with \r. */
int
CountedNewlines(int newlines, const char *row, int len, bool first)
{
	int returns = 0;

	if (newlines == 0 || !first)
		return newlines;
	for (int i = 0; i < len; i++)
		returns += row[i] == '\r';
	return returns;
}

void
InitLineMap(LineMap *map)
{
	memset(map, 0, sizeof(LineMap));
	initStringInfo(&map->steps);
}

static void
AppendNumber(StringInfo buf, uint64 number)
{
	while (number >= 0x80)
	{
		appendStringInfoCharMacro(buf, (char) (number | 0x80));
		number >>= 7;
	}
	appendStringInfoCharMacro(buf, (char) number);
}

static uint64
ReadNumber(const char **pos)
{
	uint64 number = 0;
	int    shift = 0;

	while (**pos & 0x80)
	{
		number |= (uint64) (*(*pos)++ & 0x7F) << shift;
		shift += 7;
	}
	return number | (uint64) * (*pos)++ << shift;
}

/* Moves to the end of the next row. */
static void
ReadStep(const char **pos, uint64 *stream_line, uint64 *user_line)
{
	uint64 step = ReadNumber(pos);

	*user_line += (step & 2) ? -(step >> 2) : step >> 2;
	*stream_line += (step & 1) ? ReadNumber(pos) : 1;
}

static void
ForgetOlderHalf(LineMap *map)
{
	const char *pos = map->steps.data;
	const char *half = map->steps.data + map->steps.len / 2;

	while (pos < half)
		ReadStep(&pos, &map->first_stream, &map->first_user);
	map->steps.len -= pos - map->steps.data;
	memmove(map->steps.data, pos, map->steps.len);
}

/* Adds a row that is stream_lines lines of the stream, and ends at user_line. */
void
AddToLineMap(LineMap *map, int stream_lines, uint64 user_line)
{
	uint64 step = user_line >= map->last_user ? (user_line - map->last_user) << 2
											  : (map->last_user - user_line) << 2 | 2;

	if (map->steps.len >= LINE_MAP_BYTES)
		ForgetOlderHalf(map);
	if (stream_lines == 1)
		AppendNumber(&map->steps, step);
	else
	{
		AppendNumber(&map->steps, step | 1);
		AppendNumber(&map->steps, stream_lines);
	}
	map->last_stream += stream_lines;
	map->last_user = user_line;
}

/* UserLine returns the user's line, or 0 if it has been forgotten. */
uint64
UserLine(const LineMap *map, uint64 stream_line)
{
	const char *pos = map->steps.data;
	const char *end = pos + map->steps.len;
	uint64      stream = map->first_stream;
	uint64      user = map->first_user;

	if (stream_line <= stream)
		return 0;
	while (stream < stream_line && pos < end)
		ReadStep(&pos, &stream, &user);
	return user;
}
