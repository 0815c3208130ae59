/*-------------------------------------------------------------------------
 *
 * modify.c
 *	  INSERT, UPDATE, DELETE and MERGE that one shard cannot answer.
 *
 * UPDATE and DELETE are shipped to all nodes when each can decide about its own
 * rows, or can do so with rows that are sent to it. An INSERT of one row goes to the shard of that row. Other INSERTs are
 * shipped when each node's rows stay on that node; else the rows are computed
 * here, as a query of its own, and sent to their shards.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "access/table.h"
#include "catalog/pg_class.h"
#include "executor/statement_triggers.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "optimizer/prep.h"
#include "optimizer/tlist.h"
#include "parser/parse_relation.h"
#include "parser/parsetree.h"
#include "planner/any_order.h"
#include "planner/equality.h"
#include "planner/fragment.h"
#include "planner/key_subqueries.h"
#include "planner/local.h"
#include "planner/modify.h"
#include "planner/node_plan.h"
#include "planner/moved_tables.h"
#include "planner/print.h"
#include "planner/ship.h"
#include "planner/spread.h"
#include "planner/strategy.h"
#include "planner/transfer.h"
#include "rewrite/rewriteManip.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

static DistTable *
target_table(Query *query)
{
	return LookupDistTable(rt_fetch(query->resultRelation, query->rtable)->relid);
}

void
RefuseModification(Query *query, const char *reason)
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

bool
JoinsOneRow(Query *query)
{
	Relids joined = get_relids_in_jointree((Node *) query->jointree, true);
	Relids given = bms_make_singleton(query->resultRelation);
	bool   progress = true;

	while (progress && !bms_is_subset(joined, given))
	{
		ListCell *lc;

		progress = false;
		foreach (lc, query->jointree->fromlist)
		{
			RangeTblRef *ref = lfirst(lc);

			if (IsA(ref, RangeTblRef) && !bms_is_member(ref->rtindex, given) &&
				IsOneRow(query, ref->rtindex, given))
			{
				given = bms_add_member(given, ref->rtindex);
				progress = true;
			}
		}
	}
	return bms_is_subset(joined, given);
}

/* Would each node make the same of its copies? */
static bool
changes_copies_alike(Query *query)
{
	return !contain_volatile_functions((Node *) query) &&
		   (query->commandType != CMD_UPDATE || JoinsOneRow(query));
}

/* Every node that changes rows must be able to tell by itself which. */
static bool
ship_change(Query *query, DistTable *table, Modification *modification)
{
	QueryTables tables;
	Spread      spread;

	if (WhyNotPrintable(query) != NULL || FiresBeforeChangeHere(query))
		return false;
	FindDistTables(query, &tables);
	if (FindRoute(query, &tables, &modification->key))
	{
		modification->fragment.target = TARGET_ONE_SHARD;
		return true;
	}
	if (FindKeys(query, &tables, &modification->key))
		modification->fragment.target = TARGET_SHARDS;
	else
		modification->fragment.target =
			table->method == DIST_REFERENCE ? TARGET_ALL_COPIES : TARGET_ALL_SHARDS;
	if (table->method == DIST_REFERENCE && !changes_copies_alike(query))
		return false;
	spread = SpreadOfInput(query);
	return spread.kind == (table->method == DIST_REFERENCE ? SPREAD_COPIED : SPREAD_SPLIT);
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
 * The key of a row is computed once, for choosing the shard and for the row
 * alike, so a volatile one travels as a parameter of ours.
 */
static Query *
with_computed_key(Query *query, DistTable *table, Expr *key)
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
	return query;
}

/* The query for the rows that are inserted, if it is all that there is; else NULL. */
static Query *
query_for_rows(Query *query)
{
	Node *item = query->jointree->fromlist ? linitial(query->jointree->fromlist) : NULL;

	if (list_length(query->jointree->fromlist) != 1 || query->cteList != NIL ||
		!IsA(item, RangeTblRef))
		return NULL;
	return rt_fetch(((RangeTblRef *) item)->rtindex, query->rtable)->subquery;
}

/* Do the rows that a node selects belong to shards of that node? */
static bool
rows_stay(Query *query, DistTable *table, Query *rows)
{
	TargetEntry *tle = column_entry(query, table->key_attno);
	Spread       spread;

	if (tle == NULL || rows->limitCount || rows->limitOffset)
		return false;
	spread = SpreadOfInput(query);
	return spread.kind == SPREAD_SPLIT && spread.table->colocation_id == table->colocation_id &&
		   list_member(spread.keys, CanonicalTerm(query, tle->expr));
}

/* Are the selected rows of one key, which they keep? Grouping sets could make it null. */
static bool
rows_keep_key(Query *query, DistTable *table, Query *rows, Expr *key)
{
	TargetEntry *tle = column_entry(query, table->key_attno);
	Var         *column = tle ? (Var *) CanonicalTerm(query, tle->expr) : NULL;
	KeySense     sense = SenseOfKey(table);
	Expr        *selected;

	if (column == NULL || !IsA(column, Var) || column->varattno <= 0 || rows->setOperations ||
		rows->groupingSets)
		return false;
	selected = CanonicalTerm(rows, get_tle_by_resno(rows->targetList, column->varattno)->expr);
	if (!equal(selected, key))
		selected =
			KnownConstant(EmergentEqualities(rows, (Node *) rows->jointree, &sense), selected);
	return selected && equal(selected, key);
}

/* Can the nodes insert what they select? Those of the keys that are named do, or all. */
static bool
insert_where_selected(Query *query, DistTable *table, Modification *modification)
{
	Query      *rows = query_for_rows(query);
	DistTable  *route;
	Expr       *key;
	QueryTables tables;

	if (rows == NULL || table->method != DIST_HASH)
		return false;
	FindDistTables(rows, &tables);
	route = FindRoute(rows, &tables, &key);
	if (!rows_stay(query, table, rows) && !(route && route->colocation_id == table->colocation_id &&
											rows_keep_key(query, table, rows, key)))
		return false;
	if (route)
		modification->fragment.target = TARGET_ONE_SHARD;
	else if (FindKeys(rows, &tables, &key))
		modification->fragment.target = TARGET_SHARDS;
	else
		modification->fragment.target = TARGET_ALL_SHARDS;
	modification->key = key;
	return true;
}

/*
 * Has the nodes send each other the selected rows, by the key that they will
 * have in the table, so that each inserts its own.
 */
static void
send_new_rows(Query *query, DistTable *table, ParamListInfo params)
{
	RangeTblRef   *ref = query->jointree->fromlist ? linitial(query->jointree->fromlist) : NULL;
	TargetEntry   *tle = column_entry(query, table->key_attno);
	Var           *key = tle ? (Var *) CanonicalTerm(query, tle->expr) : NULL;
	RangeTblEntry *rte;
	Transfer      *transfer;

	if (table->method != DIST_HASH || table->is_parent || list_length(AllPrimaries()) < 2 ||
		list_length(query->jointree->fromlist) != 1 || !IsA(ref, RangeTblRef) || query->cteList ||
		key == NULL || !IsA(key, Var) || key->varno != ref->rtindex || key->varattno <= 0)
		return;
	rte = rt_fetch(ref->rtindex, query->rtable);
	if (rte->rtekind != RTE_SUBQUERY || rte->subquery->sortClause ||
		!QueryNamesDistTable(rte->subquery))
		return;
	transfer = TransferOfSubquery(rte->subquery, NIL, false, params);
	if (transfer == NULL || !IsWorthSending(&transfer->estimate))
		return;
	transfer->table = table;
	transfer->key = key->varattno;
	rte->subquery = TransferredSubquery(rte->subquery, transfer);
	PlanSource(transfer, params);
}

/* Has the nodes send what an UPDATE or DELETE joins to the nodes of the rows that it changes. */
static void
send_joined_rows(Query *query, DistTable *table, ParamListInfo params)
{
	if (table->method == DIST_REFERENCE || query->commandType == CMD_MERGE ||
		FiresBeforeChangeHere(query))
		return;
	InlineCtes(query);
	if (query->cteList == NIL)
		TransferRows(query, params);
}

/* A statement that is shipped with rows that it needs; NULL if that cannot be done. */
static PlannedStmt *
plan_with_sent_rows(Query *query, DistTable *table, const PlannerCall *call)
{
	Query *statement = copyObject(query);
	List  *before = ForgetTransfers();
	PlannedStmt *volatile plan = NULL;

	PG_TRY();
	{
		Modification modification;
		List        *transfers;

		if (statement->commandType == CMD_INSERT)
			send_new_rows(statement, table, call->bound_params);
		else
			send_joined_rows(statement, table, call->bound_params);
		transfers = TransfersOfQuery(statement);
		if (transfers != NIL && ShipModification(statement, &modification))
		{
			modification.fragment.transfers = TransferPlans(transfers, NULL);
			plan = ShipQuery(statement, &modification.fragment, modification.key);
		}
	}
	PG_FINALLY();
	{
		RememberTransfers(before);
	}
	PG_END_TRY();
	return plan;
}

static bool
reads_other_tables_walker(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, RangeTblEntry))
	{
		RangeTblEntry *rte = (RangeTblEntry *) node;
		DistTable     *table = LookupDistTable(rte->relid);

		return (rte->rtekind == RTE_RELATION &&
				(table == NULL || table->method != DIST_REFERENCE)) ||
			   rte->rtekind == RTE_CTE;
	}
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, reads_other_tables_walker, context,
								 QTW_EXAMINE_RTES_BEFORE);
	return expression_tree_walker(node, reads_other_tables_walker, context);
}

bool
ReadsOtherTables(Node *expr)
{
	return reads_other_tables_walker(expr, NULL);
}

static bool
is_system_column_walker(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Var))
		return ((Var *) node)->varattno < 0 && ((Var *) node)->varattno != TableOidAttributeNumber;
	return expression_tree_walker(node, is_system_column_walker, context);
}

/* A shard knows system columns of rows that are inserted, a partitioned table does not. */
bool
InsertsByShard(Query *query, DistTable *table)
{
	return table->method == DIST_HASH &&
		   is_system_column_walker((Node *) query->returningList, NULL);
}

/* An INSERT of one row is one fragment; others are if no row leaves its node. */
static bool
ship_insert(Query *query, DistTable *table, Modification *modification)
{
	if (FiresTriggersOfStatement(query) || ReadsOtherTables((Node *) query->onConflict) ||
		ConflictMayMoveRow(query, table))
		return false;
	if (is_single_row(query))
	{
		Expr *key = key_of_new_row(query, table);

		if (contain_volatile_functions((Node *) key))
			modification->query = with_computed_key(query, table, key);
		if (table->method == DIST_REFERENCE &&
			contain_volatile_functions((Node *) query->onConflict))
			return false;
		modification->key = key;
		modification->fragment.target =
			table->method == DIST_REFERENCE ? TARGET_ALL_COPIES : TARGET_ONE_SHARD;
	}
	else if (InsertsByShard(query, table) || !insert_where_selected(query, table, modification))
		return false;
	return WhyNotPrintable(modification->query) == NULL;
}

/*
 * MERGE is shipped if each node can match its own rows, and what it inserts
 * stays there. Triggers that fire here see only single operations.
 */
static bool
ship_merge(Query *query, DistTable *table, Modification *modification)
{
	Query      *join = JoinForMerge(query);
	Spread      spread = SpreadOfInput(join);
	QueryTables tables;
	ListCell   *lc;

	if (table->method == DIST_REFERENCE || spread.kind != SPREAD_SPLIT ||
		spread.table->colocation_id != table->colocation_id || WhyNotPrintable(query) != NULL ||
		FiresTriggersOfStatement(query) || ReadsOtherTables((Node *) query->mergeActionList))
		return false;
	foreach (lc, query->mergeActionList)
	{
		MergeAction *action = lfirst_node(MergeAction, lc);
		TargetEntry *key =
			table->key_attno ? get_tle_by_resno(action->targetList, table->key_attno) : NULL;

		if (action->commandType == CMD_NOTHING)
			continue;
		if (action->commandType == CMD_INSERT && table->method == DIST_HASH &&
			!(key && list_member(spread.keys, CanonicalTerm(join, key->expr))))
			return false;
	}
	FindDistTables(join, &tables);
	modification->fragment.target =
		FindRoute(join, &tables, &modification->key) ? TARGET_ONE_SHARD : TARGET_ALL_SHARDS;
	if (modification->fragment.target == TARGET_ALL_SHARDS)
		modification->key = NULL;
	return true;
}

bool
ShipModification(Query *query, Modification *modification)
{
	DistTable *table = target_table(query);

	memset(modification, 0, sizeof(Modification));
	modification->query = query;
	modification->fragment.table = table->relid;
	switch (query->commandType)
	{
		case CMD_INSERT:
			return ship_insert(query, table, modification);
		case CMD_MERGE:
			return ship_merge(query, table, modification);
		default:
			return ship_change(query, table, modification);
	}
}

/* Plans an INSERT of which this node has all shards that it needs, else returns NULL. */
static PlannedStmt *
plan_insert_here(Query *query, DistTable *table, QueryTables *tables, const PlannerCall *call)
{
	Shard *shard;

	if (FiresTriggersOfStatement(query) || CtesFireTriggers(query) || MovedTables(query) != NIL)
		return NULL;
	if (is_single_row(query) && table->method != DIST_REFERENCE &&
		!ReadsOtherTables((Node *) query->returningList) &&
		!ReadsOtherTables((Node *) query->onConflict) &&
		!ReadsOtherTables((Node *) query->withCheckOptions))
	{
		shard = ShardKnownNow(table, key_of_new_row(query, table));
		if (shard && shard->group_id == LocalGroupId())
		{
			PointAtDataTables(query, shard->shard_id);
			return PlanOrdinary(query, call);
		}
	}
	if (AllShardsLocal(tables) && !InsertsByShard(query, table) &&
		(!tables->writes_reference || list_length(AllPrimaries()) == 1))
	{
		PointAtDataTables(query, 0);
		return PlanOverShards(query, call, false);
	}
	return NULL;
}

PlannedStmt *
PlanModification(Query *query, QueryTables *tables, const PlannerCall *call)
{
	DistTable   *table = query->resultRelation ? target_table(query) : NULL;
	PlannedStmt *plan = NULL;
	List        *subqueries;
	Modification modification;

	if (table && query->commandType == CMD_INSERT)
		plan = plan_insert_here(query, table, tables, call);
	if (plan)
		return plan;
	if (table && WithKeyFirst(query, &subqueries) != NULL)
		return PlanWithLeaves(query, call);
	if (table && !query->hasModifyingCTE && !ReturnsHere(query) &&
		ShipModification(query, &modification))
		return ShipQuery(modification.query, &modification.fragment, modification.key);
	if (table && !query->hasModifyingCTE && !ReturnsHere(query))
		plan = plan_with_sent_rows(query, table, call);
	if (plan)
		return plan;
	return PlanWithLeaves(query, call);
}
