/*-------------------------------------------------------------------------
 *
 * kept_row.c
 *	  The row that ON CONFLICT DO UPDATE has found, for RETURNING.
 *
 * PostgreSQL's RETURNING knows the new row only. A call for each column in the
 * WHERE clause keeps the old one until RETURNING is evaluated, which is before
 * the next row's turn. A trigger may run a statement like that in between: then
 * there is another row, of another statement.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/transam.h"
#include "fmgr.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

typedef struct KeptRow
{
	int32         statement;
	MemoryContext context;
	Datum         values[MaxTupleAttributeNumber];
	bool          isnull[MaxTupleAttributeNumber];
	Oid           types[MaxTupleAttributeNumber];
} KeptRow;

static KeptRow *kept = NULL;

/* Begins a new row. */
static void
forget_row(int32 statement)
{
	if (kept == NULL)
	{
		kept = MemoryContextAllocZero(TopMemoryContext, sizeof(KeptRow));
		kept->context =
			AllocSetContextCreate(TopMemoryContext, "distshard kept row", ALLOCSET_SMALL_SIZES);
	}
	MemoryContextReset(kept->context);
	kept->statement = statement;
}

static int
column_number(int32 n)
{
	if (n < 0 || n >= MaxTupleAttributeNumber)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("column %d does not exist", n)));
	return n;
}

PG_FUNCTION_INFO_V1(distshard_keep_value);

/* distshard.keep_value(statement int, n int, value anyelement) bool: true; column 0 comes first */
Datum
distshard_keep_value(PG_FUNCTION_ARGS)
{
	int           n = column_number(PG_GETARG_INT32(1));
	MemoryContext old;
	int16         typlen;
	bool          typbyval;

	if (n == 0 || kept == NULL)
		forget_row(PG_GETARG_INT32(0));
	kept->isnull[n] = PG_ARGISNULL(2);
	kept->types[n] = get_fn_expr_argtype(fcinfo->flinfo, 2);
	if (!kept->isnull[n])
	{
		get_typlenbyval(kept->types[n], &typlen, &typbyval);
		old = MemoryContextSwitchTo(kept->context);
		kept->values[n] = datumCopy(PG_GETARG_DATUM(2), typbyval, typlen);
		MemoryContextSwitchTo(old);
	}
	PG_RETURN_BOOL(true);
}

PG_FUNCTION_INFO_V1(distshard_kept_value);

/* distshard.kept_value(statement int, n int, conflict xid, of_type anyelement) anyelement */
Datum
distshard_kept_value(PG_FUNCTION_ARGS)
{
	int n = column_number(PG_GETARG_INT32(1));

	if (!TransactionIdIsValid(PG_GETARG_TRANSACTIONID(2)))
		PG_RETURN_NULL();
	if (kept == NULL || kept->statement != PG_GETARG_INT32(0) ||
		kept->types[n] != get_fn_expr_argtype(fcinfo->flinfo, 3))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("a trigger has updated a row on conflict while another one was updated"),
				 errdetail("Both tables have triggers with transition tables.")));
	if (kept->isnull[n])
		PG_RETURN_NULL();
	PG_RETURN_DATUM(kept->values[n]);
}
