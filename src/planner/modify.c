/*-------------------------------------------------------------------------
 *
 * modify.c
 *	  INSERT, UPDATE, DELETE and MERGE that one shard cannot answer.
 *
 * UPDATE and DELETE are shipped to all nodes when each can decide about its own
 * rows. An INSERT of one row goes to the shard of that row. Other INSERTs are
 * shipped when each node's rows stay on that node; else the rows are computed
 * here, as a query of its own, and sent to their shards.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/pg_class.h"
#include "executor/statement_triggers.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "optimizer/tlist.h"
#include "parser/parsetree.h"
#include "planner/equality.h"
#include "planner/fragment.h"
#include "planner/local.h"
#include "planner/modify.h"
#include "planner/print.h"
#include "planner/ship.h"
#include "rewrite/rewriteManip.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

static DistTable *
target_table(Query *query)
{
	return LookupDistTable(rt_fetch(query->resultRelation, query->rtable)->relid);
}

static void
refuse(Query *query, const char *reason)
{
	ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					errmsg("cannot run this %s on distributed table \"%s\"",
						   query->commandType == CMD_UPDATE   ? "UPDATE"
						   : query->commandType == CMD_DELETE ? "DELETE"
						   : query->commandType == CMD_INSERT ? "INSERT"
															  : "MERGE",
						   get_rel_name(rt_fetch(query->resultRelation, query->rtable)->relid)),
					errdetail("The statement cannot be shipped to the nodes: %s.", reason)));
}

static PlannedStmt *
ship_to(Query *query, DistTable *table, FragmentTarget target)
{
	FragmentPlan fragment = {0};
	const char  *reason = WhyNotPrintable(query);

	if (reason)
		refuse(query, reason);
	fragment.target = target;
	fragment.table = table->relid;
	return ShipQuery(query, &fragment, NULL);
}

/* The rewriter leaves an entry for the view, for its privileges. */
static bool
is_view_update(Query *query)
{
	ListCell *lc;

	foreach (lc, query->rtable)
	{
		RangeTblEntry *rte = lfirst_node(RangeTblEntry, lc);

		if (rte->rtekind == RTE_RELATION && rte->relkind == RELKIND_VIEW)
			return true;
	}
	return false;
}

/* Why rows that are found here cannot be changed one by one, or NULL. */
static const char *
why_not_by_row(Query *query, DistTable *table)
{
	RangeTblEntry *target = rt_fetch(query->resultRelation, query->rtable);
	ListCell      *lc;

	if (table->method == DIST_REFERENCE)
		return "nodes would change their copies of the reference table differently";
	if (checkExprHasSubLink((Node *) query->returningList))
		return "RETURNING has a subquery";
	if (target->securityQuals != NIL && HasRowSecurity(target->relid) && is_view_update(query))
		return "the table of the view has row-level security";
	if (checkExprHasSubLink((Node *) target->securityQuals) && !HasRowSecurity(target->relid))
		return "the security barrier view has a subquery";
	foreach (lc, query->targetList)
	{
		if (lfirst_node(TargetEntry, lc)->resjunk)
			return "several columns are set from one subquery";
	}
	foreach (lc, query->withCheckOptions)
	{
		if (lfirst_node(WithCheckOption, lc)->kind == WCO_VIEW_CHECK)
			return "the view has a check option";
	}
	return NULL;
}

static PlannedStmt *
plan_update_or_delete(Query *query, DistTable *table, const PlannerCall *call)
{
	Spread      spread = SpreadOfInput(query);
	const char *reason;

	if (query->commandType == CMD_MERGE)
		refuse(query, "MERGE is shipped only when all its tables are pinned to one shard");

	if (WhyNotPrintable(query) == NULL)
	{
		if (table->method == DIST_REFERENCE && spread.kind == SPREAD_COPIED)
			return ship_to(query, table, TARGET_ALL_COPIES);
		if (table->method != DIST_REFERENCE && spread.kind == SPREAD_SPLIT)
			return ship_to(query, table, TARGET_ALL_SHARDS);
	}
	reason = why_not_by_row(query, table);
	if (reason)
		refuse(query, reason);
	return PlanChangeOfRows(query, table, call);
}

/* The one expression of an INSERT's target list that is for a column. */
static TargetEntry *
column_entry(Query *query, AttrNumber attno)
{
	ListCell *lc;

	foreach (lc, query->targetList)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);

		if (tle->resno == attno && !tle->resjunk)
			return tle;
	}
	return NULL;
}

static bool
is_single_row(Query *query)
{
	return query->jointree->fromlist == NIL && query->jointree->quals == NULL &&
		   query->cteList == NIL && !query->hasSubLinks && !query->hasTargetSRFs;
}

/* NULL for a table that is one shard. */
static Expr *
key_of_new_row(Query *query, DistTable *table)
{
	TargetEntry *tle;

	if (table->method != DIST_HASH)
		return NULL;
	tle = column_entry(query, table->key_attno);
	if (tle)
		return tle->expr;
	return (Expr *) makeNullConst(table->key_type, table->key_typmod, table->key_collation);
}

/*
 * An INSERT of one row is one fragment. Its key is computed once, for choosing
 * the shard and for the row alike, so it travels as a parameter of ours.
 */
static PlannedStmt *
plan_one_row(Query *query, DistTable *table, const PlannerCall *call)
{
	Expr        *key = key_of_new_row(query, table);
	FragmentPlan fragment = {0};
	const char  *reason;
	Shard       *shard = ShardKnownNow(table, key);

	if (shard && shard->group_id == LocalGroupId())
	{
		PointAtDataTables(query, shard->shard_id);
		return PlanOrdinary(query, call);
	}
	fragment.target = TARGET_ONE_SHARD;
	fragment.table = table->relid;
	if (contain_volatile_functions((Node *) key))
	{
		Param *param = makeNode(Param);

		query = copyObject(query);
		param->paramkind = PARAM_EXTERN;
		param->paramid = OWN_PARAM_BASE;
		param->paramtype = exprType((Node *) key);
		param->paramtypmod = exprTypmod((Node *) key);
		param->paramcollid = exprCollation((Node *) key);
		param->location = -1;
		column_entry(query, table->key_attno)->expr = (Expr *) param;
	}
	reason = WhyNotPrintable(query);
	if (reason)
		return NULL;
	return ShipQuery(query, &fragment, key);
}

/* Do the rows that a node selects belong to shards of that node? */
static bool
rows_stay(Query *query, DistTable *table)
{
	RangeTblRef   *ref;
	RangeTblEntry *rte;
	TargetEntry   *tle;
	Spread         spread;

	if (table->method != DIST_HASH || list_length(query->jointree->fromlist) != 1 ||
		query->cteList != NIL || !IsA(linitial(query->jointree->fromlist), RangeTblRef))
		return false;
	ref = linitial(query->jointree->fromlist);
	rte = rt_fetch(ref->rtindex, query->rtable);
	if (rte->rtekind != RTE_SUBQUERY || rte->subquery->limitCount || rte->subquery->limitOffset)
		return false;
	spread = SpreadOfInput(query);
	if (spread.kind != SPREAD_SPLIT || spread.table->colocation_id != table->colocation_id)
		return false;
	tle = column_entry(query, table->key_attno);
	return tle && list_member(spread.keys, CanonicalTerm(query, tle->expr));
}

/* Is there a subquery that gives another answer on another node? */
static bool
reads_other_tables(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, RangeTblEntry))
	{
		RangeTblEntry *rte = (RangeTblEntry *) node;
		DistTable     *table = LookupDistTable(rte->relid);

		return rte->rtekind == RTE_RELATION && (table == NULL || table->method != DIST_REFERENCE);
	}
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, reads_other_tables, context,
								 QTW_EXAMINE_RTES_BEFORE);
	return expression_tree_walker(node, reads_other_tables, context);
}

PlannedStmt *
PlanModification(Query *query, QueryTables *tables, const PlannerCall *call)
{
	DistTable   *table = target_table(query);
	PlannedStmt *plan;
	bool         triggers;
	ListCell    *lc;

	if (table == NULL)
		return PlanWithLeaves(query, call);
	if (query->commandType != CMD_INSERT)
		return plan_update_or_delete(query, table, call);

	if (!AllShardsLocal(tables) && (reads_other_tables((Node *) query->returningList, NULL) ||
									reads_other_tables((Node *) query->onConflict, NULL)))
		refuse(query, "RETURNING or ON CONFLICT has a subquery");
	triggers = FiresTriggersHere(table->relid, CMD_INSERT);
	if (is_single_row(query) && !triggers)
	{
		if (table->method == DIST_REFERENCE)
			return ship_to(query, table, TARGET_ALL_COPIES);
		plan = plan_one_row(query, table, call);
		if (plan)
			return plan;
	}
	else if (!triggers && AllShardsLocal(tables) &&
			 (table->method != DIST_REFERENCE || list_length(AllPrimaries()) == 1))
	{
		PointAtDataTables(query, 0);
		return PlanOrdinary(query, call);
	}
	else if (!triggers && rows_stay(query, table) && WhyNotPrintable(query) == NULL)
		return ship_to(query, table, TARGET_ALL_SHARDS);
	foreach (lc, query->withCheckOptions)
	{
		if (lfirst_node(WithCheckOption, lc)->kind == WCO_VIEW_CHECK)
			refuse(query, "the view has a check option");
	}
	return PlanInsertOfRows(query, table, call);
}
