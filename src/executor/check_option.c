/*-------------------------------------------------------------------------
 *
 * check_option.c
 *	  What nodes check of rows, in functions that raise an error: WITH CHECK
 *	  OPTION of views, and whether a row is still what it was.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/metadata.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rls.h"
#include "utils/typcache.h"

/* So much of a value PostgreSQL shows as well. */
#define MAX_SHOWN_LENGTH 64

static void
show_value(StringInfo buf, Oid type, Datum value)
{
	Oid   output;
	bool  is_varlena;
	char *text;

	getTypeOutputInfo(type, &output, &is_varlena);
	text = OidOutputFunctionCall(output, value);
	if (strlen(text) <= MAX_SHOWN_LENGTH)
		appendStringInfoString(buf, text);
	else
	{
		appendBinaryStringInfo(buf, text, pg_mbcliplen(text, strlen(text), MAX_SHOWN_LENGTH));
		appendStringInfoString(buf, "...");
	}
}

/* "(1, null, x)", or NULL if the user may not read the row's table. */
static char *
show_row(HeapTupleHeader row)
{
	TupleDesc desc =
		lookup_rowtype_tupdesc(HeapTupleHeaderGetTypeId(row), HeapTupleHeaderGetTypMod(row));
	Oid            relid = get_typ_typrelid(HeapTupleHeaderGetTypeId(row));
	HeapTupleData  tuple = {.t_len = HeapTupleHeaderGetDatumLength(row), .t_data = row};
	StringInfoData buf;
	const char    *separator = "(";

	if (pg_class_aclcheck(relid, GetUserId(), ACL_SELECT) != ACLCHECK_OK ||
		check_enable_rls(relid, InvalidOid, true) == RLS_ENABLED)
	{
		ReleaseTupleDesc(desc);
		return NULL;
	}
	initStringInfo(&buf);
	for (int i = 0; i < desc->natts; i++)
	{
		bool  isnull;
		Datum value = heap_getattr(&tuple, i + 1, desc, &isnull);

		if (TupleDescAttr(desc, i)->attisdropped)
			continue;
		appendStringInfoString(&buf, separator);
		separator = ", ";
		if (isnull)
			appendStringInfoString(&buf, "null");
		else
			show_value(&buf, TupleDescAttr(desc, i)->atttypid, value);
	}
	appendStringInfoChar(&buf, ')');
	ReleaseTupleDesc(desc);
	return buf.data;
}

PG_FUNCTION_INFO_V1(distshard_check_conflict);

/* distshard.check_conflict(passed bool, view text): the same for the row that ON CONFLICT has found. */
Datum
distshard_check_conflict(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(0) || !PG_GETARG_BOOL(0))
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("conflicting row is not visible through view \"%s\"",
							   text_to_cstring(PG_GETARG_TEXT_PP(1)))));
	PG_RETURN_BOOL(true);
}

PG_FUNCTION_INFO_V1(distshard_check_option);

/* distshard.check_option(passed bool, view text, new_row anyelement) returns true or raises the error. */
Datum
distshard_check_option(PG_FUNCTION_ARGS)
{
	char *row;

	if (!PG_ARGISNULL(0) && PG_GETARG_BOOL(0))
		PG_RETURN_BOOL(true);
	row = show_row(PG_GETARG_HEAPTUPLEHEADER(2));
	ereport(ERROR, (errcode(ERRCODE_WITH_CHECK_OPTION_VIOLATION),
					errmsg("new row violates check option for view \"%s\"",
						   text_to_cstring(PG_GETARG_TEXT_PP(1))),
					row ? errdetail("Failing row contains %s.", row) : 0));
}

PG_FUNCTION_INFO_V1(distshard_check_policy);

/* distshard.check_policy(passed bool, message text) returns true or raises the error. */
Datum
distshard_check_policy(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(0) || !PG_GETARG_BOOL(0))
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						errmsg_internal("%s", text_to_cstring(PG_GETARG_TEXT_PP(1)))));
	PG_RETURN_BOOL(true);
}

PG_FUNCTION_INFO_V1(distshard_check_unchanged);

/* distshard.check_unchanged(unchanged bool, value anyelement) returns the value or raises the error. */
Datum
distshard_check_unchanged(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(0) || !PG_GETARG_BOOL(0))
		ereport(
			ERROR,
			(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
			 errmsg("could not serialize access due to concurrent update"),
			 errdetail("A subquery of ON CONFLICT was answered for the row as it was before.")));
	if (PG_ARGISNULL(1))
		PG_RETURN_NULL();
	PG_RETURN_DATUM(PG_GETARG_DATUM(1));
}
