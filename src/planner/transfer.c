/*-------------------------------------------------------------------------
 *
 * transfer.c
 *	  Parts of a query whose rows are sent to the nodes, so that these can do
 *	  the rest.
 *
 * A call of distshard.received_rows() takes the place of a table or a subquery, with
 * columns of the same numbers: so nothing else in the query changes, and
 * spread.c finds out by its usual rules what the nodes can do now. received_rows.c
 * is about the call itself.
 *
 * Which parts are replaced strategy.c chooses.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/key_type.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "optimizer/planner.h"
#include "parser/parse_relation.h"
#include "parser/parsetree.h"
#include "planner/leaf.h"
#include "planner/outer_cte.h"
#include "planner/print_steps.h"
#include "planner/received_rows.h"
#include "planner/tie.h"
#include "planner/transfer.h"
#include "planner/transfer_source.h"
#include "planner/ship.h"
#include "utils/typcache.h"

/* The transfers of the statement that is being planned. */
static List *transfers;
static int   last_transfer;

List *
ForgetTransfers(void)
{
	List *before = transfers;

	transfers = NIL;
	return before;
}

void
RememberTransfers(List *before)
{
	transfers = before;
}

Transfer *
TransferOfEntry(RangeTblEntry *rte)
{
	int       number = transfers ? ReceivedTransfer(rte) : 0;
	ListCell *lc;

	foreach (lc, number > 0 ? transfers : NIL)
	{
		Transfer *transfer = lfirst(lc);

		if (transfer->number == number)
			return transfer;
	}
	return NULL;
}

Var *
TransferredKey(RangeTblEntry *rte, Index rti, Transfer *transfer)
{
	RangeTblFunction *call = linitial(rte->functions);

	return makeVar(rti, transfer->key, list_nth_oid(call->funccoltypes, transfer->key - 1),
				   list_nth_int(call->funccoltypmods, transfer->key - 1),
				   list_nth_oid(call->funccolcollations, transfer->key - 1), 0);
}

DistTable *
TableCutBy(DistTable *like, Oid type)
{
	TypeCacheEntry *cache =
		lookup_type_cache(type, TYPECACHE_HASH_OPFAMILY | TYPECACHE_HASH_EXTENDED_PROC);
	DistTable *table;

	if (type >= FirstGenbkiObjectId || HashedByOids(type) || !OidIsValid(cache->hash_opf) ||
		!OidIsValid(cache->hash_extended_proc))
		return NULL;
	table = palloc(sizeof(DistTable));
	*table = *like;
	table->colocation_id = -1;
	table->key_type = type;
	table->key_collation = InvalidOid;
	table->hash_opfamily = cache->hash_opf;
	table->hash_opcintype = cache->hash_opintype;
	table->other_type = InvalidOid;
	return table;
}

static Transfer *
make_transfer(char *name, Query *source, Bitmapset *columns, List *ties, bool as_set,
			  ParamListInfo params)
{
	Transfer *transfer = palloc0(sizeof(Transfer));
	int       attno = -1;
	ListCell *lc;

	foreach (lc, source->targetList)
	{
		if (!IsValueType(exprType((Node *) lfirst_node(TargetEntry, lc)->expr)))
			return NULL;
	}

	transfer->number = ++last_transfer;
	transfer->name = name;
	transfer->estimate = transfer->sent = EstimateQuery(source, params);
	transfer->cost = ReduceSource(&source, &transfer->sent, ties, as_set, params);
	transfer->source = source;
	if (OuterCtesOf(source) != READS_NO_CTE)
		transfer->cte = SOURCE_CTE(transfer->number);
	while ((attno = bms_next_member(columns, attno)) >= 0)
		transfer->columns = lappend_int(transfer->columns, attno);
	transfers = lappend(transfers, transfer);
	return transfer;
}

Transfer *
TransferOfTable(Query *query, Index rti, int depth, List *ties, bool as_set, ParamListInfo params)
{
	Bitmapset *columns;
	Query     *source = TransferSource(query, rti, depth, &columns);

	if (source == NULL)
		return NULL;
	return make_transfer(rt_fetch(rti, query->rtable)->eref->aliasname, source, columns, ties,
						 as_set, params);
}

Transfer *
TransferOfSubquery(Query *subquery, List *ties, bool as_set, ParamListInfo params)
{
	Bitmapset *columns = NULL;
	ListCell  *lc;

	if (HasOuterReferences(subquery) || subquery->rowMarks)
		return NULL;
	foreach (lc, subquery->targetList)
	{
		if (!lfirst_node(TargetEntry, lc)->resjunk)
			columns = bms_add_member(columns, lfirst_node(TargetEntry, lc)->resno);
	}
	return make_transfer("subquery", copyObject(subquery), columns, ties, as_set, params);
}

/* An entry with these columns. Columns that were dropped keep their numbers. */
static RangeTblEntry *
entry_of_call(Transfer *transfer, const char *alias, List *names, List *exprs)
{
	RangeTblEntry    *rte = makeNode(RangeTblEntry);
	RangeTblFunction *function = makeNode(RangeTblFunction);
	List             *columns = NIL;
	ListCell         *lc;
	ListCell         *lc2;

	forboth (lc, names, lc2, exprs)
	{
		Node *expr = lfirst(lc2);
		char *name = strVal(lfirst(lc));

		if (name[0] == '\0')
			name = psprintf("dropped_%d", foreach_current_index(lc) + 1);
		if (!IsValueType(exprType(expr)))
			expr = (Node *) makeNullConst(INT4OID, -1, InvalidOid); /* it is not used */
		columns = lappend(columns, makeString(pstrdup(name)));
		function->funccoltypes = lappend_oid(function->funccoltypes, exprType(expr));
		function->funccoltypmods = lappend_int(function->funccoltypmods, exprTypmod(expr));
		function->funccolcollations = lappend_oid(function->funccolcollations, exprCollation(expr));
	}
	if (columns == NIL)
	{
		columns = list_make1(makeString("none"));
		function->funccoltypes = list_make1_oid(INT4OID);
		function->funccoltypmods = list_make1_int(-1);
		function->funccolcollations = list_make1_oid(InvalidOid);
	}
	function->funcexpr = MakeReceivedRowsCall(transfer);
	function->funccolcount = list_length(columns);
	function->funccolnames = columns;
	rte->rtekind = RTE_FUNCTION;
	rte->functions = list_make1(function);
	rte->alias = makeAlias(alias, NIL);
	rte->eref = makeAlias(alias, copyObject(columns));
	rte->inFromCl = true;
	return rte;
}

RangeTblEntry *
TransferredEntry(RangeTblEntry *rte, Transfer *transfer)
{
	List *names;
	List *exprs;

	expandRTE(rte, 1, 0, -1, true, &names, &exprs);
	return entry_of_call(transfer, rte->eref->aliasname, names, exprs);
}

Query *
TransferredSubquery(Query *subquery, Transfer *transfer)
{
	Query       *query = makeNode(Query);
	RangeTblRef *ref = makeNode(RangeTblRef);
	List        *names = NIL;
	List        *exprs = NIL;
	ListCell    *lc;

	foreach (lc, subquery->targetList)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);

		if (tle->resjunk)
			continue;
		names = lappend(names, makeString(psprintf("column%d", tle->resno)));
		exprs = lappend(exprs, tle->expr);
		query->targetList =
			lappend(query->targetList, makeTargetEntry((Expr *) makeVarFromTargetEntry(1, tle),
													   tle->resno, tle->resname, false));
	}
	query->commandType = CMD_SELECT;
	query->canSetTag = subquery->canSetTag;
	query->rtable = list_make1(entry_of_call(transfer, "moved", names, exprs));
	ref->rtindex = 1;
	query->jointree = makeFromExpr(list_make1(ref), NULL);
	return query;
}

void
PlanSource(Transfer *transfer, ParamListInfo params)
{
	if (transfer->cte == NULL)
		transfer->plan = planner(copyObject(transfer->source), "", CURSOR_OPT_PARALLEL_OK, params);
}

static bool
collect_transfers_walker(Node *node, List **result)
{
	if (node == NULL)
		return false;
	if (IsA(node, RangeTblEntry))
	{
		Transfer *transfer = TransferOfEntry((RangeTblEntry *) node);

		if (transfer)
			*result = list_append_unique_ptr(*result, transfer);
		return false;
	}
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, collect_transfers_walker, result,
								 QTW_EXAMINE_RTES_BEFORE);
	return expression_tree_walker(node, collect_transfers_walker, result);
}

List *
TransfersOfQuery(Query *query)
{
	List *result = NIL;

	if (transfers)
		collect_transfers_walker((Node *) query, &result);
	return result;
}

/* The position of the key among the columns that travel. */
static AttrNumber
key_in_source(Transfer *transfer)
{
	ListCell *lc;

	foreach (lc, transfer->columns)
	{
		if (lfirst_int(lc) == transfer->key)
			return foreach_current_index(lc) + 1;
	}
	return 0;
}

List *
CtesOfTransfers(List *chosen)
{
	List     *result = NIL;
	ListCell *lc;

	foreach (lc, chosen)
	{
		Transfer        *transfer = lfirst(lc);
		CommonTableExpr *cte = makeNode(CommonTableExpr);

		if (transfer->cte == NULL)
			continue;
		cte->ctename = transfer->cte;
		cte->ctematerialized = CTEMaterializeAlways;
		cte->ctequery = (Node *) copyObject(transfer->source);
		cte->cterefcount = 1;
		cte->location = -1;
		result = lappend(result, cte);
	}
	return result;
}

/* The number of the subplan that computes a CTE. */
static int
subplan_of_cte(PlannerInfo *root, const char *name)
{
	for (; root; root = root->parent_root)
	{
		ListCell *lc;

		foreach (lc, root->parse->cteList)
		{
			if (strcmp(lfirst_node(CommonTableExpr, lc)->ctename, name) == 0)
				return list_nth_int(root->cte_plan_ids, foreach_current_index(lc));
		}
	}
	elog(ERROR, "there are no \"%s\"", name);
}

List *
TransferPlans(List *chosen, PlannerInfo *root)
{
	List     *result = NIL;
	ListCell *lc;

	foreach (lc, chosen)
	{
		Transfer     *transfer = lfirst(lc);
		TransferPlan *plan = palloc0(sizeof(TransferPlan));

		plan->transfer = transfer->number;
		plan->table = transfer->table ? transfer->table->relid : InvalidOid;
		plan->key = key_in_source(transfer);
		plan->own_hash = transfer->own_hash;
		plan->name = transfer->name;
		plan->source = transfer->plan;
		if (transfer->cte)
			plan->subplan = subplan_of_cte(root, transfer->cte);
		result = lappend(result, plan);
	}
	return result;
}

List *
RelationsOfTransfers(List *chosen)
{
	List     *result = NIL;
	ListCell *lc;

	foreach (lc, chosen)
	{
		Transfer *transfer = lfirst(lc);

		if (transfer->cte == NULL)
			result = list_concat(result, RelationsForChecks(transfer->source));
	}
	return result;
}
