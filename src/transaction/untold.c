/*-------------------------------------------------------------------------
 *
 * untold.c
 *	  Prepared transactions whose node could not be told how they ended.
 *
 * A connection may be lost when a node has prepared, or is about to. The session
 * remembers what it has to tell the node, and does so before it next uses it. If
 * the session ends earlier, or recovery is faster, recovery tells the node by the
 * commit record or its absence. Until the node knows, the session cannot use it:
 * it would see half of its own transaction.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "transaction/internal.h"
#include "transport/remote_xact.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#define TELL_TIMEOUT_MS 10000

typedef struct Untold
{
	NodeConn *conn;
	bool      committed;
	char      gid[GIDSIZE];
} Untold;

static List *untold = NIL;

/* The text that tells a node how a transaction ended. */
char *
EndPreparedText(const char *gid, bool committed)
{
	return psprintf("%s PREPARED %s", committed ? "COMMIT" : "ROLLBACK", quote_literal_cstr(gid));
}

/* Did the node end the prepared transaction, now or before? */
bool
WasTold(RemoteCommand *command)
{
	return command &&
		   (CommandDone(command) || CommandForgivenError(command) == ERRCODE_UNDEFINED_OBJECT);
}

void
RememberUntold(NodeConn *conn, const char *gid, bool committed)
{
	MemoryContext old = MemoryContextSwitchTo(TopMemoryContext);
	Untold       *item = palloc(sizeof(Untold));

	item->conn = conn;
	item->committed = committed;
	strlcpy(item->gid, gid, sizeof(item->gid));
	untold = lappend(untold, item);
	MemoryContextSwitchTo(old);
}

/* Is recovery just doing that? */
bool
IsBeingTold(RemoteCommand *command)
{
	return command && CommandForgivenError(command) == ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE;
}

/* TellNode catches up with what the node has to know. The connection is open, outside a transaction. */
void
TellNode(NodeConn *conn)
{
	ListCell *lc;

	foreach (lc, untold)
	{
		Untold        *item = lfirst(lc);
		RemoteCommand *command;

		if (item->conn != conn)
			continue;
		do
		{
			CHECK_FOR_INTERRUPTS();
			command =
				QueueCommand(conn, EndPreparedText(item->gid, item->committed), NULL, NULL, 0);
			FlushCommands(conn);
			ForgiveErrors(conn);
			SettleConns(list_make1(conn), false, TELL_TIMEOUT_MS);
		} while (IsBeingTold(command));
		if (!WasTold(command))
			ereport(ERROR,
					(errcode(item->committed ? ERRCODE_TRANSACTION_RESOLUTION_UNKNOWN
											 : ERRCODE_CONNECTION_FAILURE),
					 errmsg("node %d has not yet finished an earlier transaction of this session",
							ConnNodeId(conn)),
					 errdetail("Transaction \"%s\" is prepared there, and was %s.", item->gid,
							   item->committed ? "committed" : "rolled back")));

		untold = foreach_delete_current (untold, lc);
		pfree(item);
	}
}
