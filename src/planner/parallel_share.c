/*-------------------------------------------------------------------------
 *
 * parallel_share.c
 *	  How many parallel workers a fragment may use.
 *
 * A statement that goes to all nodes already runs on as many processors as there
 * are nodes. Where several of these share a host, each of them starting
 * max_parallel_workers_per_gather workers costs more than it gains: together
 * they use what one server would.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/metadata.h"
#include "optimizer/cost.h"
#include "planner/claim.h"
#include "planner/parallel_share.h"
#include "utils/builtins.h"
#include "utils/guc.h"

/* Those that take statements without holding shards count too: they combine what the others send. */
static int
NodesOnThisHost(void)
{
	List       *nodes = AllPrimaries();
	const char *host = NULL;
	int         count = 0;
	ListCell   *lc;

	foreach (lc, nodes)
	{
		ClusterNode *node = lfirst(lc);

		if (node->is_local)
			host = node->host;
	}
	foreach (lc, nodes)
	{
		ClusterNode *node = lfirst(lc);

		if (host && strcmp(node->host, host) == 0)
			count++;
	}
	return count;
}

int
ShareParallelWorkers(const char *source_text)
{
	const Claim *claim;
	char         workers[12];
	int          nodes;
	int          guc_level;

	if (max_parallel_workers_per_gather == 0)
		return 0;
	claim = FragmentClaim(source_text);
	if (claim == NULL || claim->placement_version == 0)
		return 0;
	nodes = NodesOnThisHost();
	if (nodes <= 1)
		return 0;
	pg_ltoa(max_parallel_workers_per_gather / nodes, workers);
	guc_level = NewGUCNestLevel();
	(void) set_config_option("max_parallel_workers_per_gather", workers, PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	return guc_level;
}
