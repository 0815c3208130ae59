/*-------------------------------------------------------------------------
 *
 * copy_command.c
 *	  The COPY with which a node takes rows for its shards of a table.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "commands/defrem.h"
#include "executor/copy_command.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "planner/claim.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

/* Prints the options as COPY takes them. */
static void
AppendOptions(StringInfo buf, List *options)
{
	ListCell *lc;

	foreach (lc, options)
	{
		DefElem *option = lfirst_node(DefElem, lc);

		appendStringInfo(buf, "%s%s ", lc == list_head(options) ? "" : ", ", option->defname);
		if (option->arg != NULL && IsA(option->arg, List))
		{
			ListCell *name;

			foreach (name, (List *) option->arg)
				appendStringInfo(buf, "%c%s", name == list_head((List *) option->arg) ? '(' : ',',
								 quote_identifier(strVal(lfirst(name))));
			appendStringInfoChar(buf, ')');
		}
		else
			appendStringInfoString(buf, quote_literal_cstr(defGetString(option)));
	}
}

static void
AppendCopy(StringInfo buf, DistTable *table, const CopyFormat *format)
{
	ListCell *lc;

	appendStringInfo(
		buf, "COPY %s ",
		quote_qualified_identifier(get_namespace_name(get_rel_namespace(table->data_relid)),
								   get_rel_name(table->data_relid)));
	foreach (lc, format->columns)
		appendStringInfo(buf, "%c%s", lc == list_head(format->columns) ? '(' : ',',
						 quote_identifier(strVal(lfirst(lc))));
	if (format->columns != NIL)
		appendStringInfoChar(buf, ')');
	appendStringInfoString(buf, " FROM STDIN (");
	AppendOptions(buf, format->options);
	appendStringInfoChar(buf, ')');
}

char *
CopyCommand(DistTable *table, const CopyFormat *format)
{
	StringInfoData buf;

	initStringInfo(&buf);
	AppendCopy(&buf, table, format);
	return buf.data;
}

char *
CopyCommandOnNodes(DistTable *table, const CopyFormat *format)
{
	StringInfoData buf;

	initStringInfo(&buf);
	AppendClaim(&buf, NULL, GetUserId(), false);
	if (table->method == DIST_REFERENCE)
		AppendQuietClaim(&buf); /* this node has a copy, too */
	AppendCopy(&buf, table, format);
	return buf.data;
}
