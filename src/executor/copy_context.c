/*-------------------------------------------------------------------------
 *
 * copy_context.c
 *	  Errors about a row of a stream, told as errors about the user's line.
 *
 * PostgreSQL's COPY names the line in the error's context, as in
 *
 *	  COPY orders, line 17: "17	2020-01-01	..."
 *	  COPY orders, line 17, column ordered: "2020-01-32"
 *
 * where the word for line may be translated. Here the context comes from a COPY
 * that distshard issued, on another node or within this one.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "executor/copy_context.h"

/*
 * Appends what an error's context says after the number of the line: the line's
 * text goes without the fields that were put in front of it, and is left out if
 * it isn't as the user wrote it.
 */
static void
AppendLineText(StringInfo buf, const CopyFormat *format, const char *text)
{
	static const char start[] = ": \"";
	const char       *end = strstr(text, "\"\n");
	int               fields = format->added_fields;
	bool              in_quotes = false;

	if (strncmp(text, start, strlen(start)) != 0 || (format->user_lines && fields == 0))
	{
		appendStringInfoString(buf, text);
		return;
	}
	if (end == NULL)
		end = text + strlen(text) - 1;
	text += strlen(start);
	for (; format->user_lines && fields > 0 && text < end; text++)
	{
		if (format->quote != '\0' && *text == format->quote)
			in_quotes = !in_quotes;
		else if (*text == format->delim && !in_quotes)
			fields--;
	}
	if (format->user_lines && fields == 0)
		appendStringInfo(buf, "%s%s", start, text);
	else
		appendStringInfoString(buf, end + 1);
}

/*
 * UsersContext returns an error's context with the user's line in the place of
 * that of the stream; lines is NULL if they are the same. If rows have no lines,
 * that part is left out, and the result is NULL if nothing else is there.
 * prefix is "COPY table, ".
 */
char *
UsersContext(const char *context, const char *prefix, const CopyFormat *format,
			 const LineMap *lines, bool with_lines)
{
	const char    *entry = context ? strstr(context, prefix) : NULL;
	const char    *number;
	char          *text;
	uint64         line;
	StringInfoData buf;

	if (entry == NULL)
		return context ? pstrdup(context) : NULL;
	number = entry + strlen(prefix);
	number += strcspn(number, "0123456789");
	line = strtou64(number, &text, 10);
	if (lines != NULL)
		line = UserLine(lines, line);

	initStringInfo(&buf);
	if (with_lines && line != 0)
	{
		appendStringInfo(&buf, "%.*s" UINT64_FORMAT, (int) (number - context), context, line);
		AppendLineText(&buf, format, text);
	}
	else
	{
		text += strcspn(text, "\n");
		appendStringInfo(&buf, "%.*s%s", (int) (entry - context), context,
						 *text == '\n' ? text + 1 : text);
		while (buf.len > 0 && buf.data[buf.len - 1] == '\n')
			buf.data[--buf.len] = '\0';
	}
	return buf.len > 0 ? buf.data : NULL;
}
