/*-------------------------------------------------------------------------
 *
 * cluster_change.c
 *	  Work of the extension's own on all nodes, as part of the transaction:
 *	  changes of the metadata catalog, and what goes with them.
 *
 * Callers are in EnterCatalogWork; on other nodes the statements run as the
 * superuser that owns the extension, too. Whoever changes the catalog holds
 * LockMetadata().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/metadata.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_inherits.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "placement/cluster_change.h"
#include "planner/claim.h"
#include "storage/lmgr.h"
#include "transaction/xact.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

PG_FUNCTION_INFO_V1(distshard_lock_metadata);
PG_FUNCTION_INFO_V1(distshard_lock_table);

bool
HaveOtherNodes(void)
{
	return list_length(AllPrimaries()) > 1;
}

/* The statement with a claim to the extension owner's rights. */
static char *
AsExtensionOwner(const char *sql)
{
	StringInfoData buf;

	initStringInfo(&buf);
	AppendClaim(&buf, NULL, BOOTSTRAP_SUPERUSERID, false);
	appendStringInfoString(&buf, sql);
	return buf.data;
}

static void
LockMetadataHere(void)
{
	LockRelationOid(get_relname_relid("node", MetadataSchema()), ShareRowExclusiveLock);
}

/*
 * LockMetadata has changes of the catalog come one after the other in the whole
 * cluster, until the end of the transaction. The lock is held on the first
 * node, lets everybody read, and comes before all others.
 */
void
LockMetadata(void)
{
	ClusterNode *first = linitial(AllPrimaries());

	if (first->is_local)
		LockMetadataHere();
	else
		RunOnNodeAsOwner(first->node_id, list_make1("SELECT distshard.lock_metadata()"));
}

/* distshard.lock_metadata(): what LockMetadata has the first node do. Superuser only. */
Datum
distshard_lock_metadata(PG_FUNCTION_ARGS)
{
	LockMetadataHere();
	PG_RETURN_VOID();
}

/* Runs a statement on this node. Returns the first column of its rows, as text. */
List *
RunHere(const char *sql)
{
	MemoryContext caller = CurrentMemoryContext;
	List         *rows = NIL;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	if (SPI_execute(sql, false, 0) < 0)
		elog(ERROR, "could not run \"%s\"", sql);
	for (uint64 i = 0; SPI_tuptable != NULL && i < SPI_tuptable->numvals; i++)
	{
		char         *value = SPI_getvalue(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1);
		MemoryContext spi = MemoryContextSwitchTo(caller);

		rows = lappend(rows, value ? pstrdup(value) : NULL);
		MemoryContextSwitchTo(spi);
	}
	SPI_finish();
	return rows;
}

/* Runs a statement on the other nodes, unless one of them is the one that has us do this. */
void
RunElsewhere(const char *sql)
{
	if (!HaveOtherNodes() || InsideFragment())
		return;
	RunOnOtherNodes(list_make1(AsExtensionOwner(sql)));
}

void
RunEverywhere(const char *sql)
{
	RunElsewhere(sql);
	RunHere(sql);
}

List *
AllAsExtensionOwner(List *statements)
{
	List     *claimed = NIL;
	ListCell *lc;

	foreach (lc, statements)
		claimed = lappend(claimed, AsExtensionOwner(lfirst(lc)));
	return claimed;
}

void
RunOnNodeAsOwner(int32 node_id, List *statements)
{
	RunOnNode(node_id, AllAsExtensionOwner(statements));
}

void
RunOnOtherNodesAsOwner(List *statements)
{
	RunOnOtherNodes(AllAsExtensionOwner(statements));
}

/* Keeps everybody from a logical table of this node, what inherits from it, and their rows. */
static void
LockTableHere(Oid relid)
{
	ListCell *lc;

	LockRelationOid(relid, AccessExclusiveLock);
	foreach (lc, find_all_inheritors(relid, AccessExclusiveLock, NULL))
	{
		DistTable *table = LookupDistTable(lfirst_oid(lc));

		if (table != NULL)
			find_all_inheritors(table->data_relid, AccessExclusiveLock, NULL);
	}
}

/*
 * LockTableEverywhere keeps everybody from a distributed table, what inherits from
 * it, and their rows, on all nodes in the order of their numbers. Its placement is known only after
 * this. Who uses the rows has a lock on the table, on his own node: so only the
 * first step waits.
 */
void
LockTableEverywhere(Oid relid)
{
	char     *name = quote_literal_cstr(quote_qualified_identifier(
			get_namespace_name(get_rel_namespace(relid)), get_rel_name(relid)));
	ListCell *lc;

	LockTables(find_all_inheritors(relid, NoLock, NULL), AccessExclusiveLock, false);
	foreach (lc, AllPrimaries())
	{
		ClusterNode *node = lfirst(lc);

		if (node->is_local)
			LockTableHere(relid);
		else
			RunOnNodeAsOwner(node->node_id,
							 list_make1(psprintf("SELECT distshard.lock_table(%s)", name)));
	}
}

/* distshard.lock_table(logical regclass): what LockTableEverywhere has other nodes do. Superuser only. */
Datum
distshard_lock_table(PG_FUNCTION_ARGS)
{
	LockTableHere(PG_GETARG_OID(0));
	PG_RETURN_VOID();
}
