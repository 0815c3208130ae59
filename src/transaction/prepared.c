/*-------------------------------------------------------------------------
 *
 * prepared.c
 *	  The distributed transactions that are prepared in this database, or server.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "executor/executor.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/execnodes.h"
#include "transaction/internal.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/timestamp.h"

/* A row of pg_prepared_xact(). */
static PreparedTransaction *
ReadPrepared(HeapTupleHeader row)
{
	PreparedTransaction *prepared = palloc(sizeof(PreparedTransaction));
	bool                 isnull;

	prepared->xid = DatumGetTransactionId(GetAttributeByNum(row, 1, &isnull));
	prepared->gid = TextDatumGetCString(GetAttributeByNum(row, 2, &isnull));
	prepared->prepared_at = DatumGetTimestampTz(GetAttributeByNum(row, 3, &isnull));
	prepared->database = DatumGetObjectId(GetAttributeByNum(row, 5, &isnull));
	prepared->group = InitiatingGroup(prepared->gid);
	return prepared;
}

/* PreparedOnServer calls pg_prepared_xact(): there is no other way to the list. */
List *
PreparedOnServer(void)
{
	LOCAL_FCINFO(fcinfo, 0);
	FmgrInfo      function;
	ReturnSetInfo rows = {.type = T_ReturnSetInfo, .allowedModes = SFRM_ValuePerCall};
	List         *result = NIL;

	rows.econtext = CreateStandaloneExprContext();
	fmgr_info(F_PG_PREPARED_XACT, &function);
	InitFunctionCallInfoData(*fcinfo, &function, 0, InvalidOid, NULL, (Node *) &rows);
	for (;;)
	{
		Datum                row = FunctionCallInvoke(fcinfo);
		PreparedTransaction *prepared;

		if (rows.isDone != ExprMultipleResult)
			break;
		prepared = ReadPrepared(DatumGetHeapTupleHeader(row));
		if (prepared->group != 0)
			result = lappend(result, prepared);
	}
	FreeExprContext(rows.econtext, true);
	return result;
}

List *
PreparedHere(void)
{
	List     *result = NIL;
	ListCell *lc;

	foreach (lc, PreparedOnServer())
	{
		if (((PreparedTransaction *) lfirst(lc))->database == MyDatabaseId)
			result = lappend(result, lfirst(lc));
	}
	return result;
}
