/*-------------------------------------------------------------------------
 *
 * partition_check.c
 *	  Rows that cannot but belong to their shard are not checked for it.
 *
 * PostgreSQL checks each row that is written into a partition against the bounds
 * of the partition. That compiles the constraint for each execution: a tenth of
 * what a one-row statement costs. It is in vain where an UPDATE does not change
 * the columns concerned, and where an INSERT is for the shard that this node has
 * just chosen by the key. A row that another node has sent to be inserted stays
 * checked, but by the shard map: should nodes not agree on how a key is hashed,
 * that would find it out.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/metadata.h"
#include "executor/executor.h"
#include "executor/partition_check.h"
#include "nodes/makefuncs.h"
#include "optimizer/optimizer.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"

/*
 * The table that rel is a shard of; NULL if it is none. The constraint of a shard ends with the bounds by hash, which
 * name the data table. So does that of a partition by hash of the user's, but the table that it names has no shards as
 * partitions.
 */
static DistTable *
table_of_shard(Relation rel)
{
	FuncExpr  *bounds = rel->rd_partcheck ? llast(rel->rd_partcheck) : NULL;
	DistTable *table;

	if (bounds == NULL || !IsA(bounds, FuncExpr) || bounds->funcid != F_SATISFIES_HASH_PARTITION)
		return NULL;
	table = LookupDistTableByData(DatumGetObjectId(linitial_node(Const, bounds->args)->constvalue));
	return table && !table->is_parent ? table : NULL;
}

static bool
keeps_columns(ResultRelInfo *target, EState *estate)
{
	Bitmapset *bound_columns = NULL;

	pull_varattnos((Node *) target->ri_RelationDesc->rd_partcheck, 1, &bound_columns);
	return !bms_overlap(bound_columns, ExecGetUpdatedCols(target, estate));
}

/* Is it an INSERT of one row, for the shard that was chosen by the row's key, and of no partition of the user's? */
static bool
inserts_chosen_row(QueryDesc *query, Relation rel)
{
	Plan *plan = query->plannedstmt->planTree;

	return IsA(plan, ModifyTable) && IsA(outerPlan(plan), Result) &&
		   outerPlan(outerPlan(plan)) == NULL && list_length(rel->rd_partcheck) == 1;
}

/*
 * The constraint is known to the relation's cache entry once a row was checked.
 * Triggers may give a row another key than the statement did.
 */
static bool
stays_in_shard(QueryDesc *query, ResultRelInfo *target)
{
	Relation     rel = target->ri_RelationDesc;
	TriggerDesc *triggers = target->ri_TrigDesc;

	if (!rel->rd_rel->relispartition || !rel->rd_partcheckvalid || !table_of_shard(rel) ||
		(triggers && (triggers->trig_insert_before_row || triggers->trig_update_before_row)))
		return false;
	if (query->operation == CMD_INSERT)
		return inserts_chosen_row(query, rel);
	return keeps_columns(target, query->estate);
}

typedef struct ShardCheck
{
	DistTable *table;
	Oid        partition;
	AttrNumber key;
} ShardCheck;

static Datum
row_is_of_shard(ExprState *state, ExprContext *context, bool *isnull)
{
	const ShardCheck *check = state->evalfunc_private;
	bool              key_is_null;
	Datum             key = slot_getattr(context->ecxt_scantuple, check->key, &key_is_null);

	*isnull = false;
	return BoolGetDatum(
		ShardForHash(check->table, HashKey(check->table, key, key_is_null))->partition ==
		check->partition);
}

/* The constraint of a shard as an expression that needs no compilation; NULL if the key is not one of its columns. */
static ExprState *
check_by_shard_map(Relation rel)
{
	Var        *key = llast(linitial_node(FuncExpr, rel->rd_partcheck)->args);
	ShardCheck *check;
	ExprState  *state;

	if (!IsA(key, Var))
		return NULL;
	check = palloc(sizeof(ShardCheck));
	check->table = table_of_shard(rel);
	check->partition = RelationGetRelid(rel);
	check->key = key->varattno;
	state = makeNode(ExprState);
	state->evalfunc = row_is_of_shard;
	state->evalfunc_private = check;
	return state;
}

void
WaivePartitionCheck(QueryDesc *query, bool sent)
{
	EState       *estate = query->estate;
	MemoryContext old;
	ListCell     *lc;

	if (query->operation != CMD_UPDATE && query->operation != CMD_INSERT)
		return;
	old = MemoryContextSwitchTo(estate->es_query_cxt);
	foreach (lc, estate->es_opened_result_relations)
	{
		ResultRelInfo *target = lfirst(lc);

		if (!stays_in_shard(query, target))
			continue;
		if (query->operation == CMD_INSERT && sent)
			target->ri_PartitionCheckExpr = check_by_shard_map(target->ri_RelationDesc);
		else
			target->ri_PartitionCheckExpr = ExecInitExpr((Expr *) makeBoolConst(true, false), NULL);
	}
	MemoryContextSwitchTo(old);
}
