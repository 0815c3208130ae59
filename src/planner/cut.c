/*-------------------------------------------------------------------------
 *
 * cut.c
 *	  Cuts a query into leaves and the rest.
 *
 * A query is cut as a Query, before planning: each largest part that every node
 * can answer for its own shards becomes a leaf. Where nothing larger can be
 * pushed down, a leaf is one table. The query is changed in place.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/key_type.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "optimizer/prep.h"
#include "optimizer/tlist.h"
#include "parser/parse_clause.h"
#include "parser/parse_func.h"
#include "parser/parser.h"
#include "parser/parsetree.h"
#include "planner/decorrelate.h"
#include "planner/exchange.h"
#include "planner/key_subqueries.h"
#include "planner/known_outer.h"
#include "planner/lateral_limit.h"
#include "planner/leaf.h"
#include "planner/modify.h"
#include "planner/modify_tree.h"
#include "planner/local.h"
#include "planner/outer_cte.h"
#include "planner/print.h"
#include "planner/set_arms.h"
#include "planner/shape.h"
#include "planner/split.h"
#include "planner/wrap_table.h"
#include "rewrite/rewriteManip.h"
#include "utils/rel.h"

/* Objects are in the order of their OIDs, which is another one on each node. */
static bool
sorts_objects(Query *query)
{
	ListCell *lc;

	foreach (lc, query->sortClause)
	{
		if (HashedByOids(exprType(get_sortgroupclause_expr(lfirst(lc), query->targetList))))
			return true;
	}
	return false;
}

void
MoveLimitDown(Query *leaf)
{
	Node *count = leaf->limitCount;
	Node *offset = leaf->limitOffset;

	leaf->limitOffset = NULL;
	if (count == NULL)
		return;
	if (contain_volatile_functions(count) || contain_volatile_functions(offset) ||
		checkExprHasSubLink(count) || checkExprHasSubLink(offset) || sorts_objects(leaf))
	{
		leaf->limitCount = NULL;
		leaf->limitOption = LIMIT_OPTION_DEFAULT;
	}
	else if (offset)
	{
		Oid           argtypes[] = {INT8OID, INT8OID};
		CoalesceExpr *skipped = makeNode(CoalesceExpr);

		skipped->coalescetype = INT8OID;
		skipped->args = list_make2(offset, makeConst(INT8OID, -1, InvalidOid, 8, Int64GetDatum(0),
													 false, FLOAT8PASSBYVAL));
		skipped->location = -1;
		leaf->limitCount = (Node *) makeFuncExpr(
			LookupFuncName(SystemFuncName("int8pl"), 2, argtypes, false), INT8OID,
			list_make2(count, skipped), InvalidOid, InvalidOid, COERCE_EXPLICIT_CALL);
	}
}

/*
 * Columns that nobody sees are visible in the leaf if they are still needed for
 * sorting; the others go behind them.
 */
static void
arrange_output(Query *query)
{
	List     *shown = NIL;
	List     *hidden = NIL;
	ListCell *lc;

	foreach (lc, query->targetList)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);

		if (!tle->resjunk || targetIsInSortList(tle, InvalidOid, query->sortClause) ||
			targetIsInSortList(tle, InvalidOid, query->distinctClause))
			shown = lappend(shown, tle);
		else
			hidden = lappend(hidden, tle);
	}
	query->targetList = list_concat(shown, hidden);
	foreach (lc, query->targetList)
		lfirst_node(TargetEntry, lc)->resno = foreach_current_index(lc) + 1;
}

/*
 * Replaces a query that the nodes can answer by one that reads their answer,
 * sorts it and applies LIMIT, and with distinct_again also DISTINCT: nodes may
 * have rows in common. Returns the leaf's entry.
 */
static Index
turn_into_leaf(Query *query, bool distinct_again)
{
	Query    *leaf;
	Query     outer;
	ListCell *lc;
	Index     rti;
	int       shown = 0;

	arrange_output(query);
	leaf = copyObject(query);
	outer = *query;
	MoveLimitDown(leaf);
	if (leaf->limitCount == NULL && leaf->rowMarks == NIL && !leaf->hasDistinctOn)
		leaf->sortClause = NIL;
	foreach (lc, leaf->targetList)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);

		tle->resjunk = tle->resjunk && !targetIsInSortList(tle, InvalidOid, outer.sortClause) &&
					   !targetIsInSortList(tle, InvalidOid, outer.distinctClause);
		if (!tle->resjunk)
			shown++;
	}
	leaf->canSetTag = false;

	memset(query, 0, sizeof(Query));
	query->type = T_Query;
	query->commandType = CMD_SELECT;
	query->querySource = outer.querySource;
	query->queryId = outer.queryId;
	query->canSetTag = outer.canSetTag;
	query->hasRowSecurity = outer.hasRowSecurity;
	query->distinctClause = distinct_again ? outer.distinctClause : NIL;
	query->hasDistinctOn = distinct_again && outer.hasDistinctOn;
	query->sortClause = outer.sortClause;
	query->limitCount = outer.limitCount;
	query->limitOffset = outer.limitOffset;
	query->limitOption = outer.limitOption;
	query->hasSubLinks =
		checkExprHasSubLink(outer.limitCount) || checkExprHasSubLink(outer.limitOffset);
	query->stmt_location = outer.stmt_location;
	query->stmt_len = outer.stmt_len;

	rti = AddLeaf(query, leaf);
	query->jointree = makeFromExpr(list_make1(makeNode(RangeTblRef)), NULL);
	linitial_node(RangeTblRef, query->jointree->fromlist)->rtindex = rti;
	foreach (lc, outer.targetList)
	{
		TargetEntry *tle = flatCopyTargetEntry(lfirst_node(TargetEntry, lc));

		if (tle->resno > shown)
			break;
		if (!IsA(tle->expr, Const) || !((Const *) tle->expr)->constisnull)
			tle->expr = (Expr *) LeafColumn(query, rti, tle->resno);
		query->targetList = lappend(query->targetList, tle);
	}
	return rti;
}

static bool
has_outer_columns_walker(Node *node, int *depth)
{
	if (node == NULL)
		return false;
	if (IsA(node, Var))
		return (int) ((Var *) node)->varlevelsup > *depth;
	if (IsA(node, Query))
	{
		bool result;

		(*depth)++;
		result = query_tree_walker((Query *) node, has_outer_columns_walker, depth, 0);
		(*depth)--;
		return result;
	}
	return expression_tree_walker(node, has_outer_columns_walker, depth);
}

bool
HasOuterColumns(Query *query)
{
	int depth = -1;

	return has_outer_columns_walker((Node *) query, &depth);
}

bool
HasOuterReferences(Query *query)
{
	return HasOuterColumns(query) || OuterCtesOf(query) != READS_NO_CTE;
}

void
PullTable(Query *query, Index rti)
{
	PullRows(query, rti, NIL, NIL);
}

void
PullRows(Query *query, Index rti, List *conditions, List *values)
{
	RangeTblEntry *rte = rt_fetch(rti, query->rtable);
	/* of a security barrier view; what has subqueries is checked here */
	List  *barriers = rte->security_barrier ? rte->securityQuals : NIL;
	Query *subquery = WrapTable(query, rti, false);
	List  *quals = copyObject(conditions);
	Index  leaf;

	MoveRowMark(query, rti, subquery);
	rte->securityQuals = barriers;
	if (!checkExprHasSubLink((Node *) barriers) && barriers)
	{
		quals = list_concat(copyObject(barriers), quals);
		rte->securityQuals = NIL;
	}
	ChangeVarNodes((Node *) quals, rti, 1, 0);
	subquery->jointree->quals = quals ? (Node *) make_ands_explicit(quals) : NULL;
	subquery->hasSubLinks = conditions != NIL;
	leaf = turn_into_leaf(subquery, false);
	if (values)
		GiveLeafValues(subquery, leaf, values);
}

/* Of what is only asked whether it exists, one row of each node is enough. */
static void
limit_to_one(SubLink *sublink)
{
	Query *subquery = castNode(Query, sublink->subselect);

	if (sublink->subLinkType == EXISTS_SUBLINK && subquery->commandType == CMD_SELECT &&
		subquery->limitCount == NULL && subquery->limitOffset == NULL &&
		subquery->rowMarks == NIL && !subquery->hasModifyingCTE && !HasOuterReferences(subquery))
		subquery->limitCount = (Node *) makeConst(INT8OID, -1, InvalidOid, 8, Int64GetDatum(1),
												  false, FLOAT8PASSBYVAL);
}

static bool
cut_sublinks_walker(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, SubLink))
	{
		SubLink *sublink = (SubLink *) node;

		limit_to_one(sublink);
		ReplaceOrCut(castNode(Query, sublink->subselect));
		return cut_sublinks_walker(sublink->testexpr, context);
	}
	if (IsA(node, Query))
		return false;
	return expression_tree_walker(node, cut_sublinks_walker, context);
}

static void
cut_sublinks(Query *query)
{
	query_tree_walker(query, cut_sublinks_walker, NULL,
					  QTW_IGNORE_RT_SUBQUERIES | QTW_IGNORE_CTE_SUBQUERIES);
}

/* PostgreSQL leaves out CTEs that nothing refers to, but not if they modify. */
static void
cut_ctes(Query *query)
{
	ListCell *lc;

	if (query->hasModifyingCTE)
		KeepCtes(query->cteList);
	foreach (lc, query->cteList)
	{
		CommonTableExpr *cte = lfirst_node(CommonTableExpr, lc);
		Query           *subquery = castNode(Query, cte->ctequery);

		if (ModifiesDistTable(subquery))
			cte->cterefcount = Max(cte->cterefcount, 1);
		ReplaceOrCut(subquery);
	}
}

static void
cut_query(Query *query)
{
	int    nentries = list_length(query->rtable);
	Relids joined = get_relids_in_jointree((Node *) query->jointree, false);
	int    rti;

	cut_ctes(query);
	LimitArms(query);
	if (query->setOperations)
		DropDuplicatesOfArms(query);
	for (rti = 1; rti <= nentries; rti++)
	{
		RangeTblEntry *rte = rt_fetch(rti, query->rtable);
		DistTable     *table;

		if (rte->rtekind == RTE_SUBQUERY)
			ReplaceOrCut(rte->subquery);
		else if (rte->rtekind == RTE_RELATION && bms_is_member(rti, joined))
		{
			table = LookupDistTable(rte->relid);
			if (table && table->method != DIST_REFERENCE)
				PullTable(query, rti);
		}
	}
	if (query->hasSubLinks)
		cut_sublinks(query);
	PointAtLocalCopies(query);
}

/* Why the nodes cannot do all of the query. */
static const char *
why_cut(Query *query, const Spread *spread)
{
	const char *reason;

	if (spread->kind == SPREAD_MIXED)
		return spread->reason;
	reason = WhyNotPrintable(query);
	if (reason != NULL)
		return reason;
	return ReturnsRecords(query) ? "it returns rows of no named type"
								 : "it depends on rows of the query around it";
}

static void
cut_because(Query *query, const char *reason)
{
	const char *outer = SetCutReason(reason);

	cut_query(query);
	(void) SetCutReason(outer);
}

/* SELECT DISTINCT over rows that are split: the nodes can drop what is double among theirs. */
static bool
is_distinct_over_split(Query *query)
{
	Query bare = *query;

	if (query->commandType != CMD_SELECT || query->distinctClause == NIL || query->setOperations)
		return false;
	bare.distinctClause = NIL;
	return SpreadOfQuery(&bare).kind == SPREAD_SPLIT && !ReturnsRecords(query) &&
		   WhyNotPrintable(query) == NULL;
}

/* Records without a name cannot travel. */
bool
ReturnsRecords(Query *query)
{
	ListCell *lc;

	foreach (lc, query->targetList)
	{
		Oid type = exprType((Node *) lfirst_node(TargetEntry, lc)->expr);

		if (type == RECORDOID || type == RECORDARRAYOID)
			return true;
	}
	return false;
}

/* The nodes can join, but not do what is done with the joined rows. */
static void
turn_input_into_leaf(Query *query)
{
	turn_into_leaf(SeparateInput(query), false);
}

/*
 * A query that the nodes cannot do as a whole: they may do it in two steps, or
 * if rows are moved that are to be joined; else it is cut further down.
 */
static void
cut_joins(Query *query, const Spread *spread)
{
	bool   is_whole = query->cteList != NIL || HasOuterReferences(query) || query->rowMarks != NIL;
	Query *before = is_whole ? copyObject(query) : NULL;
	bool   moved = TransferRowsOfStatement(query);

	if (moved && SpreadOfQuery(query).kind == SPREAD_SPLIT && !ReturnsRecords(query))
		turn_into_leaf(query, false);
	else if (is_distinct_over_split(query))
		turn_into_leaf(query, true);
	else if (SplitQuery(query, !moved && MayTransferRows()))
		; /* it is done */
	else if (moved && !is_whole)
		turn_input_into_leaf(query);
	else
	{
		if (moved)
			*query = *before;
		cut_because(query, why_cut(query, spread));
		return;
	}
	cut_ctes(query);
}

/* A query for a shard that subqueries tell, which run first. */
static bool
turn_into_leaf_of_shard(Query *query)
{
	List  *subqueries;
	Query *rest = WithKeyFirst(query, &subqueries);

	if (rest == NULL || ReturnsRecords(rest) || WhyNotPrintable(rest) != NULL)
		return false;
	*query = *rest;
	GiveLeafValues(query, turn_into_leaf(query, false), subqueries);
	return true;
}

/* Makes the query, or its parts, read what the nodes compute. */
void
ReplaceOrCut(Query *query)
{
	Spread spread;

	if (!QueryNamesDistTable(query))
		return;
	if (ModifiesDistTable(query))
	{
		if (query->commandType == CMD_MERGE)
			ReplaceMerge(query);
		else if (ModifiesTree(query))
			ReplaceTreeModification(query);
		else
			ReplaceModification(query);
		cut_ctes(query);
		cut_sublinks(query);
		return;
	}
	NoteCtes(query);
	if (turn_into_leaf_of_shard(query))
	{
		cut_sublinks(query);
		return;
	}
	spread = SpreadOfQuery(query);
	if (query->hasModifyingCTE)
		cut_because(query, "a data-modifying CTE is used");
	else if (query->cteList &&
			 (checkExprHasSubLink(query->limitCount) || checkExprHasSubLink(query->limitOffset)))
		cut_because(query, "LIMIT has a subquery, beside CTEs that it may read");
	else if (spread.kind == SPREAD_SPLIT && !HasOuterReferences(query) && !ReturnsRecords(query) &&
			 WhyNotPrintable(query) == NULL)
		turn_into_leaf(query, false);
	else if (spread.kind == SPREAD_COPIED)
		PointAtLocalCopies(query);
	else
	{
		UseKnownOuterColumns(query);
		DecorrelateSubqueries(query);
		NumberLateralRows(query);
		if (HasOuterColumns(query))
			cut_because(query, why_cut(query, &spread));
		else
			cut_joins(query, &spread);
	}

	/* of a query over a leaf, only these are still to be looked at */
	if (query->hasSubLinks)
		cut_sublinks(query);
}
