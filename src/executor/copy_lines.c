/*-------------------------------------------------------------------------
 *
 * copy_lines.c
 *	  Lines of a user's COPY FROM in text or CSV format, with their keys.
 *
 * A line goes to its node as the bytes that it is, perhaps with defaults in
 * front: nothing is taken out of it here but the key. PostgreSQL reads and converts the input: its buffer, after
 * it has read one line, holds up to 64 kB more of valid text, and the lines
 * that are wholly in there are found by memchr(). What is not simple (the line
 * across the buffer's end, escaped newlines and keys, the end marker, whatever
 * looks wrong) is left to NextCopyFromRawFields(), which splits it or raises
 * PostgreSQL's own error. Columns other than the key are checked on the node.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "executor/copy_defaults.h"
#include "executor/copy_lines.h"
#include "utils/memutils.h"
#include "utils/rel.h"

struct LineReader
{
	CopyFromState  cstate;
	DistTable     *table;
	int            key_field;   /* index in the line; -1 if no key is needed */
	int            key_index;   /* index of the key's column in the row type */
	StringInfoData key;         /* text of the current line's key, unescaped */
	MemoryContext  key_context; /* for what its input function allocates */
	DefaultFields *defaults;    /* NULL if there are none */
	StringInfoData line;        /* the current line with its defaults */

	/* The next ones in the buffer, its end if none, NULL if unknown. */
	const char *carriage_return;
	const char *backslash;
	const char *quote;
};

/* A line in the buffer, without its newline. */
typedef struct Line
{
	const char *start;
	const char *end;
	const char *special; /* first backslash or quote in it, or end */
	int         newlines;
} Line;

/* CreateLineReader makes a reader in the current memory context; arg of NextLine. */
LineReader *
CreateLineReader(DistTable *table, CopyFromState cstate)
{
	LineReader *reader = palloc0(sizeof(LineReader));
	ListCell   *lc;

	reader->cstate = cstate;
	reader->table = table;
	reader->key_field = -1;
	if (table->method == DIST_HASH)
	{
		reader->key_index = table->key_attno - 1;
		foreach (lc, cstate->attnumlist)
		{
			if (lfirst_int(lc) == table->key_attno)
				reader->key_field = foreach_current_index(lc);
		}
		Assert(reader->key_field >= 0);
	}
	initStringInfo(&reader->key);
	initStringInfo(&reader->line);
	reader->defaults = CreateDefaultFields(cstate);
	reader->key_context =
		AllocSetContextCreate(CurrentMemoryContext, "distshard copy key", ALLOCSET_SMALL_SIZES);
	return reader;
}

/* Returns the next c in the buffer from start, or end; remembers it in *cached. */
static inline const char *
NextInBuffer(const char **cached, char c, const char *start, const char *end)
{
	if (*cached == NULL || *cached < start)
	{
		*cached = memchr(start, c, end - start);
		if (*cached == NULL)
			*cached = end;
	}
	return *cached;
}

/* Is a line with backslashes just a line: no escaped newline, no end marker? */
static bool
EscapesAreSimple(const Line *line)
{
	for (const char *pos = line->special; pos < line->end; pos++)
	{
		if (*pos != '\\')
			continue;
		pos++;
		if (pos == line->end || *pos == '.')
			return false;
	}
	return true;
}

/* Moves line->end to the first newline outside of quotes. Returns false if it isn't there. */
static bool
FindEndOfQuotedLine(Line *line, char quote, const char *buffer_end)
{
	bool in_quotes = false;

	for (const char *pos = line->special; pos < buffer_end; pos++)
	{
		if (*pos == quote)
			in_quotes = !in_quotes;
		else if (*pos == '\n' && !in_quotes)
		{
			line->end = pos;
			return true;
		}
		else if (*pos == '\n')
			line->newlines++;
	}
	return false;
}

/* Finds the next line in the buffer, or returns false if it's not there or not simple. */
static bool
FindLine(LineReader *reader, Line *line)
{
	CopyFromState cstate = reader->cstate;
	const char   *end = cstate->input_buf + cstate->input_buf_len;

	if (cstate->eol_type != EOL_NL)
		return false;
	line->start = cstate->input_buf + cstate->input_buf_index;
	line->newlines = 0;
	line->end = memchr(line->start, '\n', end - line->start);
	if (line->end == NULL)
		return false;

	if (cstate->opts.csv_mode)
	{
		char quote = cstate->opts.quote[0];

		if (*line->start == '\\' || quote != cstate->opts.escape[0])
			return false;
		line->special = NextInBuffer(&reader->quote, quote, line->start, end);
		if (line->special < line->end && !FindEndOfQuotedLine(line, quote, end))
			return false;
	}
	else
	{
		line->special = NextInBuffer(&reader->backslash, '\\', line->start, end);
		if (line->special < line->end && !EscapesAreSimple(line))
			return false;
	}
	if (line->special > line->end)
		line->special = line->end;
	return NextInBuffer(&reader->carriage_return, '\r', line->start, end) > line->end;
}

/* Returns the end of the field that begins at pos, minding quotes and escapes. */
static const char *
EndOfField(const CopyFormatOptions *opts, const char *pos, const char *end)
{
	bool in_quotes = false;

	for (; pos < end; pos++)
	{
		if (opts->csv_mode && *pos == opts->quote[0])
			in_quotes = !in_quotes;
		else if (!opts->csv_mode && *pos == '\\')
			pos++;
		else if (*pos == opts->delim[0] && !in_quotes)
			return pos;
	}
	return end;
}

static bool
FindKeyField(LineReader *reader, const Line *line, const char **start, const char **end)
{
	const CopyFormatOptions *opts = &reader->cstate->opts;
	const char              *pos = line->start;

	for (int field = 0;; field++)
	{
		*start = pos;
		*end = memchr(pos, opts->delim[0], line->end - pos);
		if (*end == NULL)
			*end = line->end;
		if (line->special < *end)
			*end = EndOfField(opts, pos, line->end);
		if (field == reader->key_field)
			return true;
		if (*end == line->end)
			return false;
		pos = *end + 1;
	}
}

/* Appends a quoted CSV field to reader->key without its quotes. */
static void
Unquote(LineReader *reader, const char *pos, const char *end)
{
	char quote = reader->cstate->opts.quote[0];
	bool in_quotes = false;

	for (; pos < end; pos++)
	{
		if (*pos != quote)
			appendStringInfoCharMacro(&reader->key, *pos);
		else if (in_quotes && pos + 1 < end && pos[1] == quote)
			appendStringInfoChar(&reader->key, *pos++);
		else
			in_quotes = !in_quotes;
	}
}

/* Applies FORCE_NULL and FORCE_NOT_NULL to the key. */
static const char *
ForceKey(LineReader *reader, const char *key)
{
	const CopyFormatOptions *opts = &reader->cstate->opts;

	if (!opts->csv_mode)
		return key;
	if (key == NULL && opts->force_notnull_flags[reader->key_index])
		return opts->null_print;
	if (key != NULL && opts->force_null_flags[reader->key_index] &&
		strcmp(key, opts->null_print) == 0)
		return NULL;
	return key;
}

/*
 * Sets *key to the text of the line's key, NULL if it is null. Returns false if
 * the line has no such field or the key has escapes.
 */
static bool
GetKey(LineReader *reader, const Line *line, const char **key)
{
	const CopyFormatOptions *opts = &reader->cstate->opts;
	const char              *start;
	const char              *end;

	if (!FindKeyField(reader, line, &start, &end))
		return false;
	resetStringInfo(&reader->key);
	*key = reader->key.data;
	if (opts->csv_mode && line->special < end && memchr(start, opts->quote[0], end - start))
		Unquote(reader, start, end);
	else if (end - start == opts->null_print_len &&
			 memcmp(start, opts->null_print, end - start) == 0)
		*key = NULL;
	else if (!opts->csv_mode && line->special < end && memchr(start, '\\', end - start))
		return false;
	else
		appendBinaryStringInfo(&reader->key, start, end - start);
	if (*key != NULL)
		*key = reader->key.data;
	*key = ForceKey(reader, *key);
	return true;
}

/* Returns the position on the hash ring of a key given as text, or NULL. */
static uint32
KeyPosition(LineReader *reader, const char *key)
{
	CopyFromState     cstate = reader->cstate;
	Form_pg_attribute att = TupleDescAttr(RelationGetDescr(cstate->rel), reader->key_index);
	MemoryContext     caller;
	Datum             value;
	uint32            position;

	MemoryContextReset(reader->key_context);
	caller = MemoryContextSwitchTo(reader->key_context);
	cstate->cur_attname = NameStr(att->attname);
	cstate->cur_attval = key;
	value = InputFunctionCall(&cstate->in_functions[reader->key_index], unconstify(char *, key),
							  cstate->typioparams[reader->key_index], att->atttypmod);
	cstate->cur_attname = NULL;
	cstate->cur_attval = NULL;
	position = HashKey(reader->table, value, key == NULL);
	MemoryContextSwitchTo(caller);
	return position;
}

/* Takes the next line from the buffer, or returns false if that can't be done. */
static bool
TakeLine(LineReader *reader, CopyRow *row)
{
	CopyFromState cstate = reader->cstate;
	const char   *key = NULL;
	Line          line;

	if (!FindLine(reader, &line) || (reader->key_field >= 0 && !GetKey(reader, &line, &key)))
		return false;
	cstate->cur_lineno += 1 + line.newlines;
	cstate->line_buf_valid = false;
	if (reader->key_field >= 0)
		row->position = KeyPosition(reader, key);
	row->data = line.start;
	row->len = line.end + 1 - line.start;
	row->newlines = line.newlines;
	cstate->input_buf_index += row->len;
	return true;
}

/* Has PostgreSQL read and split the next line. Returns false at the end of the input. */
static bool
ReadLine(LineReader *reader, CopyRow *row)
{
	CopyFromState cstate = reader->cstate;
	char        **fields;
	int           nfields;

	reader->carriage_return = NULL;
	reader->backslash = NULL;
	reader->quote = NULL;
	if (!NextCopyFromRawFields(cstate, &fields, &nfields))
		return false;

	if (reader->key_field >= nfields)
	{
		AttrNumber attnum = list_nth_int(cstate->attnumlist, nfields);

		ereport(
			ERROR,
			(errcode(ERRCODE_BAD_COPY_FILE_FORMAT),
			 errmsg("missing data for column \"%s\"",
					NameStr(TupleDescAttr(RelationGetDescr(cstate->rel), attnum - 1)->attname))));
	}
	if (reader->key_field >= 0)
		row->position = KeyPosition(reader, ForceKey(reader, fields[reader->key_field]));

	row->newlines = 0;
	for (int i = 0; cstate->opts.csv_mode && i < cstate->line_buf.len; i++)
		row->newlines += cstate->line_buf.data[i] == '\n';
	appendStringInfoChar(&cstate->line_buf, '\n');
	row->data = cstate->line_buf.data;
	row->len = cstate->line_buf.len;
	return true;
}

static void
PutDefaultsInFront(LineReader *reader, CopyRow *row)
{
	resetStringInfo(&reader->line);
	AppendDefaultFields(reader->defaults, &reader->line);
	appendBinaryStringInfo(&reader->line, row->data, row->len);
	row->data = reader->line.data;
	row->len = reader->line.len;
}

/* A CopyRowSource. */
bool
NextLine(void *arg, CopyRow *row)
{
	LineReader          *reader = arg;
	ErrorContextCallback context = {error_context_stack, CopyFromErrorCallback, reader->cstate};
	bool                 found;

	error_context_stack = &context;
	found = TakeLine(reader, row) || ReadLine(reader, row);
	if (found && reader->defaults != NULL)
		PutDefaultsInFront(reader, row);
	row->lineno = reader->cstate->cur_lineno;
	error_context_stack = context.previous;
	return found;
}
