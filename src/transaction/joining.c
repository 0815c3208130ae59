/*-------------------------------------------------------------------------
 *
 * joining.c
 *	  Takes back on this server what a distshard.add_node() did that ended with a crash.
 *
 * A server that is being added gets the extension and the list of nodes in a
 * transaction that is committed before the one that adds it (nodes.c). Until
 * that one commits too, distshard.local says how to take this back. The session
 * that adds the server does so itself if it can; if it is gone, or this server
 * was, recovery does. As long as the session's connection lives it holds an
 * advisory lock, which keeps recovery away; later a transaction that is
 * prepared here holds the row.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/metadata.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/lock.h"
#include "transaction/internal.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"

PG_FUNCTION_INFO_V1(distshard_hold_joining);

/* Other than those that SQL functions take, which have 1 or 2 here. */
#define LOCK_CLASS 0x6473

/* Of a session, for which only advisory locks are released when it ends. */
static bool
LockJoining(bool wait)
{
	LOCKTAG tag;

	SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, 0, get_relname_relid("local", MetadataSchema()),
						 LOCK_CLASS);
	return LockAcquire(&tag, ExclusiveLock, true, !wait) != LOCKACQUIRE_NOT_AVAIL;
}

static void
RequestAtExit(int code, Datum arg)
{
	RequestRecovery();
}

/* hold_joining() keeps recovery away for as long as this session lives, and sends it when it ends. Superuser only. */
Datum
distshard_hold_joining(PG_FUNCTION_ARGS)
{
	before_shmem_exit(RequestAtExit, 0);
	(void) LockJoining(true);
	PG_RETURN_VOID();
}

/* ReadUndo returns how to take back what is there, NULL if there is nothing; in the memory of SPI. */
static char *
ReadUndo(const char *lock)
{
	char *sql = psprintf("SELECT undo FROM distshard.local WHERE undo IS NOT NULL %s", lock);

	if (SPI_execute(sql, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read distshard.local");
	return SPI_processed > 0 ? SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1) : NULL;
}

static void
TakeBack(void *arg)
{
	PushActiveSnapshot(GetTransactionSnapshot());
	SPI_connect();
	if (ReadUndo("") != NULL)
	{
		char *undo = NULL;

		if (LockJoining(false))
			undo = ReadUndo("FOR UPDATE SKIP LOCKED");
		if (undo)
		{
			ereport(LOG,
					(errmsg("recovery takes back a distshard.add_node() that was not finished")));
			SPI_execute(undo, false, 0);
		}
		else
			RequestRecovery(); /* somebody is at it still */
	}
	SPI_finish();
	PopActiveSnapshot();
}

void
TakeBackJoining(void)
{
	if (!RunStep(TakeBack, NULL, "could not take back a distshard.add_node()"))
		RequestRecovery();
}
