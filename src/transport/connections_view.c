/*-------------------------------------------------------------------------
 *
 * connections_view.c
 *	  distshard.connections: what this session has open.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "transport/internal.h"
#include "utils/builtins.h"

#define SETTLE_TIMEOUT_MS 1000

PG_FUNCTION_INFO_V1(distshard_connections);

static int
CountPending(NodeConn *conn)
{
	dlist_iter iter;
	int        n = 0;

	dlist_foreach(iter, &conn->pending) n++;
	return n;
}

static const char *
ConnState(NodeConn *conn)
{
	switch (PQtransactionStatus(conn->pg))
	{
		case PQTRANS_IDLE:
			return "idle";
		case PQTRANS_ACTIVE:
			return "active";
		case PQTRANS_INTRANS:
			return "in transaction";
		case PQTRANS_INERROR:
			return "in failed transaction";
		default:
			return "broken";
	}
}

/* Looks first whether nodes have answered the end of an earlier transaction. */
Datum
distshard_connections(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	ListCell      *lc;

	InitMaterializedSRF(fcinfo, 0);
	SettleConns(AllConns(), false, SETTLE_TIMEOUT_MS);
	foreach (lc, AllConns())
	{
		NodeConn *conn = lfirst(lc);
		Datum     values[7];
		bool      nulls[7] = {false};

		if (conn->pg == NULL)
			continue;
		values[0] = Int32GetDatum(conn->key.node_id);
		values[1] = CStringGetTextDatum(psprintf("%s:%d", conn->host, conn->port));
		values[2] = DirectFunctionCall1(
			namein, CStringGetDatum(GetUserNameFromId(conn->key.user_id, false)));
		values[3] = Int32GetDatum(PQbackendPID(conn->pg));
		values[4] = CStringGetTextDatum(ConnState(conn));
		values[5] = Int32GetDatum(CountPending(conn));
		values[6] = Int32GetDatum(conn->statements ? hash_get_num_entries(conn->statements) : 0);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}
