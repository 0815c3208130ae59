/*-------------------------------------------------------------------------
 *
 * copy_defaults.c
 *	  Values for the columns that a line of COPY FROM lacks.
 *
 * Data tables have no defaults: a default belongs to the session that inserts,
 * and is the same whichever node the row goes to. Where lines are passed on as
 * they are, default values go in front of them as further fields, in the format
 * of the lines. In front, since then whatever is wrong with the number of the
 * line's own fields is still found where it is.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "executor/copy_defaults.h"
#include "executor/executor.h"
#include "executor/row_encoder.h"
#include "optimizer/optimizer.h"
#include "rewrite/rewriteHandler.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"

struct DefaultFields
{
	CopyFromState  cstate;
	ExprContext   *econtext;
	FmgrInfo      *output;   /* functions, in the order of cstate->defexprs */
	bool           constant; /* are all of them? */
	StringInfoData text;     /* if constant: the fields */
};

/*
 * Gives a COPY FROM into a data table the logical table's defaults. Columns
 * have the same numbers in both.
 */
void
UseDefaultsOf(CopyFromState cstate, Relation logical)
{
	TupleDesc     desc = RelationGetDescr(logical);
	MemoryContext caller = MemoryContextSwitchTo(cstate->copycontext);

	cstate->num_defaults = 0;
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, i);
		Expr             *expr;

		if (att->attisdropped || att->attgenerated ||
			list_member_int(cstate->attnumlist, att->attnum))
			continue;
		expr = (Expr *) build_column_default(logical, att->attnum);
		if (expr == NULL)
			continue;
		expr = expression_planner(expr);
		if (contain_volatile_functions_not_nextval((Node *) expr))
			cstate->volatile_defexprs = true;
		cstate->defmap[cstate->num_defaults] = i;
		cstate->defexprs[cstate->num_defaults++] = ExecInitExpr(expr, NULL);
	}
	MemoryContextSwitchTo(caller);
}

/* An empty string can't be told from NULL if that is what NULL looks like in text format. */
bool
DefaultsCanBeFields(CopyFromState cstate)
{
	return cstate->num_defaults == 0 || cstate->opts.csv_mode || cstate->opts.null_print_len > 0;
}

static void
AppendCsvField(const CopyFormatOptions *opts, StringInfo line, const char *value)
{
	appendStringInfoChar(line, opts->quote[0]);
	for (; *value != '\0'; value++)
	{
		if (*value == opts->quote[0] || *value == opts->escape[0])
			appendStringInfoChar(line, opts->escape[0]);
		appendStringInfoChar(line, *value);
	}
	appendStringInfoChar(line, opts->quote[0]);
}

static void
AppendTextField(const CopyFormatOptions *opts, StringInfo line, const char *value)
{
	bool like_null = strcmp(value, opts->null_print) == 0;

	for (const char *c = value; *c != '\0'; c++)
	{
		if (strchr("\\\n\r", *c) != NULL || *c == opts->delim[0] || (like_null && c == value))
			appendStringInfo(line, "\\%03o", (unsigned char) *c);
		else
			appendStringInfoChar(line, *c);
	}
}

/* Evaluates the defaults and appends them as fields, each with a delimiter. */
static void
EvaluateFields(DefaultFields *fields, StringInfo line)
{
	const CopyFormatOptions *opts = &fields->cstate->opts;

	ResetExprContext(fields->econtext);
	for (int i = 0; i < fields->cstate->num_defaults; i++)
	{
		bool  isnull;
		Datum value =
			ExecEvalExprSwitchContext(fields->cstate->defexprs[i], fields->econtext, &isnull);
		MemoryContext caller = MemoryContextSwitchTo(fields->econtext->ecxt_per_tuple_memory);
		const char   *text = isnull ? NULL : ExactOutput(&fields->output[i], value);

		MemoryContextSwitchTo(caller);
		if (isnull)
			appendStringInfoString(line, opts->null_print);
		else if (opts->csv_mode)
			AppendCsvField(opts, line, text);
		else
			AppendTextField(opts, line, text);
		appendStringInfoChar(line, opts->delim[0]);
	}
}

/* CreateDefaultFields returns NULL if there are none. In the current memory context. */
DefaultFields *
CreateDefaultFields(CopyFromState cstate)
{
	DefaultFields *fields;

	if (cstate->num_defaults == 0)
		return NULL;
	fields = palloc0(sizeof(DefaultFields));
	fields->cstate = cstate;
	fields->econtext = CreateStandaloneExprContext();
	fields->output = palloc(cstate->num_defaults * sizeof(FmgrInfo));
	fields->constant = true;
	for (int i = 0; i < cstate->num_defaults; i++)
	{
		Oid  function;
		bool is_varlena;

		getTypeOutputInfo(TupleDescAttr(RelationGetDescr(cstate->rel), cstate->defmap[i])->atttypid,
						  &function, &is_varlena);
		fmgr_info(function, &fields->output[i]);
		if (!IsA(cstate->defexprs[i]->expr, Const))
			fields->constant = false;
	}
	if (fields->constant)
	{
		initStringInfo(&fields->text);
		EvaluateFields(fields, &fields->text);
	}
	return fields;
}

void
AppendDefaultFields(DefaultFields *fields, StringInfo line)
{
	if (fields->constant)
		appendBinaryStringInfo(line, fields->text.data, fields->text.len);
	else
		EvaluateFields(fields, line);
}
