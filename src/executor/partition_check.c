/*-------------------------------------------------------------------------
 *
 * partition_check.c
 *	  Updates that cannot take a row out of its shard are not checked for it.
 *
 * PostgreSQL checks each row that an UPDATE writes into a partition against the
 * bounds of the partition, whichever columns have changed. That compiles the
 * constraint for each execution and hashes the key again for each row: a tenth
 * of what a one-row UPDATE costs. Inserted rows stay checked: nodes whose hash
 * functions differ would be found out there.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "executor/executor.h"
#include "executor/partition_check.h"
#include "nodes/makefuncs.h"
#include "optimizer/optimizer.h"
#include "utils/rel.h"

/*
 * Can the bounds be violated by rows that met them before? The constraint is
 * known to the relation's cache entry once a row was checked.
 */
static bool
may_leave(ResultRelInfo *target, EState *estate)
{
	Relation   rel = target->ri_RelationDesc;
	Bitmapset *bound_columns = NULL;

	if (!rel->rd_partcheckvalid ||
		(target->ri_TrigDesc && target->ri_TrigDesc->trig_update_before_row))
		return true;
	pull_varattnos((Node *) rel->rd_partcheck, 1, &bound_columns);
	return bms_overlap(bound_columns, ExecGetUpdatedCols(target, estate));
}

void
WaivePartitionCheck(QueryDesc *query)
{
	EState       *estate = query->estate;
	MemoryContext old;
	ListCell     *lc;

	if (query->operation != CMD_UPDATE)
		return;
	old = MemoryContextSwitchTo(estate->es_query_cxt);
	foreach (lc, estate->es_opened_result_relations)
	{
		ResultRelInfo *target = lfirst(lc);

		if (target->ri_RelationDesc->rd_rel->relispartition && !may_leave(target, estate))
			target->ri_PartitionCheckExpr = ExecInitExpr((Expr *) makeBoolConst(true, false), NULL);
	}
	MemoryContextSwitchTo(old);
}
