/*-------------------------------------------------------------------------
 *
 * lateral_limit.c
 *	  LATERAL subqueries that return a few rows for each row.
 *
 *	  SELECT .. FROM a, LATERAL (SELECT * FROM b WHERE b.y = a.y ORDER BY b.z LIMIT 3) s
 *
 * becomes
 *
 *	  SELECT .. FROM a, (SELECT *, row_number() OVER (PARTITION BY b.y ORDER BY b.z) FROM b) s
 *	  WHERE s.y = a.y AND s.row_number <= 3
 *
 * if the nodes cannot answer for their own rows of a: else each row would ask all
 * nodes. Where a has few values of y, b is restricted to them first. PostgreSQL
 * stops numbering the rows of one y at the limit.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/parsenodes.h"
#include "optimizer/optimizer.h"
#include "optimizer/prep.h"
#include "optimizer/tlist.h"
#include "parser/parse_clause.h"
#include "parser/parse_oper.h"
#include "parser/parsetree.h"
#include "planner/estimate.h"
#include "planner/lateral_limit.h"
#include "planner/leaf.h"
#include "planner/shape.h"
#include "planner/strategy.h"
#include "planner/tie.h"
#include "rewrite/rewriteManip.h"
#include "utils/fmgroids.h"

/* Asking the nodes once, in the units of strategy.h. */
#define ASK_COST 300.0

typedef struct Numbering
{
	Query *query;    /* around the subquery */
	Index  rti;      /* the subquery's entry there */
	Query *subquery; /* a copy, which gets numbers */
	List  *ties;     /* of Tie: what ties it to the query */
	int64  limit;
} Numbering;

/* The limit, if it is a number that is known; else -1. */
static int64
known_limit(Query *subquery)
{
	Const *count = (Const *) eval_const_expressions(NULL, subquery->limitCount);

	if (count == NULL || !IsA(count, Const) || count->constisnull)
		return -1;
	return DatumGetInt64(count->constvalue);
}

/* Expressions could fail for rows that nobody asks for. */
static bool
has_expressions(List *targetlist)
{
	ListCell *lc;

	foreach (lc, targetlist)
	{
		Node *expr = strip_implicit_coercions((Node *) lfirst_node(TargetEntry, lc)->expr);

		if (!IsA(expr, Var) && !IsA(expr, Const))
			return true;
	}
	return false;
}

/* Does it select rows as they are, and of these the first? */
static bool
selects_first_rows(Query *subquery)
{
	QueryTables tables;

	if (subquery->commandType != CMD_SELECT || subquery->limitOffset ||
		subquery->limitOption != LIMIT_OPTION_COUNT || subquery->hasAggs || subquery->groupClause ||
		subquery->groupingSets || subquery->havingQual || subquery->distinctClause ||
		subquery->hasWindowFuncs || subquery->hasTargetSRFs || subquery->setOperations ||
		subquery->cteList || subquery->rowMarks || known_limit(subquery) < 0 ||
		has_expressions(subquery->targetList) || contain_volatile_functions((Node *) subquery))
		return false;
	FindDistTables(subquery, &tables);
	return tables.dist_tables != NIL;
}

typedef struct RowSearch
{
	Index rti;
	int   depth;
} RowSearch;

/* Does an expression have the row of the entry as a whole, which would get columns that are not its own? */
static bool
has_whole_row(Node *node, RowSearch *search)
{
	if (node == NULL)
		return false;
	if (IsA(node, Var))
		return ((Var *) node)->varno == (int) search->rti && ((Var *) node)->varattno == 0 &&
			   (int) ((Var *) node)->varlevelsup == search->depth;
	if (IsA(node, Query))
	{
		bool result;

		search->depth++;
		result = query_tree_walker((Query *) node, has_whole_row, search, 0);
		search->depth--;
		return result;
	}
	return expression_tree_walker(node, has_whole_row, search);
}

/* Takes out of WHERE what ties the subquery to these entries of the query. Is that all? */
static bool
take_ties(Numbering *numbering, Relids entries)
{
	Query    *subquery = numbering->subquery;
	List     *left = NIL;
	ListCell *lc;

	foreach (lc, make_ands_implicit((Expr *) subquery->jointree->quals))
	{
		Tie *tie = TieOf(numbering->query, lfirst(lc));

		if (tie == NULL)
			left = lappend(left, lfirst(lc));
		else if (bms_is_subset(pull_varnos(NULL, (Node *) tie->outer), entries))
			numbering->ties = lappend(numbering->ties, tie);
		else
			return false;
	}
	subquery->jointree->quals = left ? (Node *) make_ands_explicit(left) : NULL;
	return numbering->ties != NIL && !HasOuterReferences(subquery);
}

/* Can the nodes answer for their own rows of what the subquery is tied to? */
static bool
is_answered_by_nodes(Numbering *numbering)
{
	Query     probe = *numbering->query;
	Relids    entries = bms_make_singleton(numbering->rti);
	int       rti = -1;
	ListCell *lc;

	foreach (lc, numbering->ties)
		entries = bms_join(entries, pull_varnos(NULL, (Node *) ((Tie *) lfirst(lc))->outer));
	probe.jointree = makeFromExpr(NIL, NULL);
	while ((rti = bms_next_member(entries, rti)) >= 0)
	{
		RangeTblRef *ref = makeNode(RangeTblRef);

		ref->rtindex = rti;
		probe.jointree->fromlist = lappend(probe.jointree->fromlist, ref);
	}
	probe.targetList = NIL;
	probe.havingQual = NULL;
	return SpreadOfInput(&probe).kind == SPREAD_SPLIT;
}

/* The rows of which some get numbers. */
static Query *
all_rows(Numbering *numbering)
{
	Query *query = copyObject(numbering->subquery);

	query->limitCount = NULL;
	query->sortClause = NIL;
	return query;
}

/* Is it worth it? If so, the subquery is restricted to what is asked for where that is. */
static bool
pays(Numbering *numbering)
{
	QueryEstimate estimate = EstimateQuery(all_rows(numbering), NULL);
	double        whole = estimate.rows * (PULL_COST + JOIN_COST + BYTE_COST * estimate.width);
	double        asking = 0;
	double        best = whole;
	Query        *restriction = NULL;
	Tie          *restricted = NULL;
	ListCell     *lc;

	if (join_strategy == STRATEGY_PULL)
		return false;
	foreach (lc, numbering->ties)
	{
		Tie   *tie = lfirst(lc);
		double count;
		double cost;
		Query *values = ValuesAskedFor(tie, &count);
		Query *some = all_rows(numbering);

		if (values == NULL)
			continue;
		asking = Max(asking, count * ASK_COST);
		RestrictToValues(some, tie, values);
		cost = 2 * MOVE_STARTUP +
			   EstimateQuery(values, NULL).rows * list_length(AllPrimaries()) * SEND_COST +
			   whole * Min(1, EstimateQuery(some, NULL).rows / estimate.rows);
		if (cost < best || (join_strategy != STRATEGY_AUTO && restriction == NULL))
		{
			best = cost;
			restriction = values;
			restricted = tie;
		}
	}
	if (join_strategy == STRATEGY_AUTO && best >= asking)
		return false;
	if (restriction)
		RestrictToValues(numbering->subquery, restricted, restriction);
	return true;
}

/* The output column for an expression; columns by which the subquery sorts are seen, too. */
static TargetEntry *
output_column(Query *subquery, Expr *expr)
{
	TargetEntry *tle = tlist_member(expr, subquery->targetList);

	if (tle == NULL)
	{
		int number = list_length(subquery->targetList) + 1;

		tle = makeTargetEntry(copyObject(expr), number, psprintf("column %d", number), false);
		subquery->targetList = lappend(subquery->targetList, tle);
	}
	return tle;
}

/* PARTITION BY; false: there is no order by which equal values come together */
static bool
add_partition(Query *subquery, WindowClause *window, Expr *expr)
{
	TargetEntry     *tle = output_column(subquery, expr);
	SortGroupClause *clause = makeNode(SortGroupClause);

	get_sort_group_operators(exprType((Node *) expr), false, true, false, &clause->sortop,
							 &clause->eqop, NULL, &clause->hashable);
	if (!OidIsValid(clause->sortop) || !OidIsValid(clause->eqop))
		return false;
	clause->tleSortGroupRef = assignSortGroupRef(tle, subquery->targetList);
	window->partitionClause = lappend(window->partitionClause, clause);
	return true;
}

/* Gives the rows of the subquery numbers, in its last column, instead of the limit. */
static bool
number_rows(Numbering *numbering)
{
	Query        *subquery = numbering->subquery;
	WindowClause *window = makeNode(WindowClause);
	WindowFunc   *call = makeNode(WindowFunc);
	ListCell     *lc;

	foreach (lc, subquery->targetList)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);

		if (tle->resjunk)
			tle->resname = psprintf("column %d", tle->resno);
		tle->resjunk = false;
	}
	foreach (lc, numbering->ties)
	{
		if (!add_partition(subquery, window, ((Tie *) lfirst(lc))->inner))
			return false;
	}
	window->orderClause = subquery->sortClause;
	window->frameOptions = FRAMEOPTION_DEFAULTS;
	window->winref = 1;
	call->winfnoid = F_ROW_NUMBER;
	call->wintype = INT8OID;
	call->winref = 1;
	call->location = -1;
	subquery->windowClause = list_make1(window);
	subquery->hasWindowFuncs = true;
	subquery->targetList = lappend(
		subquery->targetList, makeTargetEntry((Expr *) call, list_length(subquery->targetList) + 1,
											  pstrdup("row_number"), false));
	subquery->sortClause = NIL;
	subquery->limitCount = NULL;
	return true;
}

static Var *
column_of_entry(Numbering *numbering, TargetEntry *tle)
{
	return makeVarFromTargetEntry(numbering->rti, tle);
}

/* What is true of the rows that the subquery was to return for a row. */
static List *
conditions(Numbering *numbering)
{
	Var      *number = column_of_entry(numbering, llast(numbering->subquery->targetList));
	Const    *limit = makeConst(INT8OID, -1, InvalidOid, sizeof(int64),
								Int64GetDatum(numbering->limit), false, FLOAT8PASSBYVAL);
	List     *result = list_make1(make_op(make_parsestate(NULL), list_make1(makeString("<=")),
										  (Node *) number, (Node *) limit, NULL, -1));
	ListCell *lc;

	foreach (lc, numbering->ties)
	{
		Tie         *tie = lfirst(lc);
		TargetEntry *inner = output_column(numbering->subquery, tie->inner);

		result = lappend(result, TieToColumn(tie, column_of_entry(numbering, inner)));
	}
	return result;
}

/* Puts the subquery with numbers in the place of the one with the limit. */
static void
replace_entry(Numbering *numbering)
{
	RangeTblEntry *rte = rt_fetch(numbering->rti, numbering->query->rtable);
	int            known = list_length(rte->eref->colnames);
	ListCell      *lc;

	rte->subquery = numbering->subquery;
	rte->lateral = false;
	foreach (lc, numbering->subquery->targetList)
	{
		if (foreach_current_index(lc) >= known)
			rte->eref->colnames = lappend(
				rte->eref->colnames, makeString(pstrdup(lfirst_node(TargetEntry, lc)->resname)));
	}
}

/* Adds to the quals what joins a subquery to these entries, if it is one that is numbered now. */
static void
number_entry(Query *query, Node *item, Relids entries, Node **quals)
{
	Index          rti = IsA(item, RangeTblRef) ? ((RangeTblRef *) item)->rtindex : 0;
	RangeTblEntry *rte = rti ? rt_fetch(rti, query->rtable) : NULL;
	Numbering      numbering = {query, rti};
	RowSearch      search = {rti, 0};

	if (rte == NULL || rte->rtekind != RTE_SUBQUERY || !rte->lateral || rte->security_barrier ||
		!selects_first_rows(rte->subquery) || query_tree_walker(query, has_whole_row, &search, 0))
		return;
	numbering.subquery = copyObject(rte->subquery);
	numbering.limit = known_limit(rte->subquery);
	if (!take_ties(&numbering, entries) || is_answered_by_nodes(&numbering) || !pays(&numbering) ||
		!number_rows(&numbering))
		return;
	*quals = make_and_qual(*quals, (Node *) make_ands_explicit(conditions(&numbering)));
	query->hasSubLinks = query->hasSubLinks || checkExprHasSubLink(*quals);
	replace_entry(&numbering);
}

static void
number_in_jointree(Query *query, Node *node)
{
	if (IsA(node, FromExpr))
	{
		FromExpr *from = (FromExpr *) node;
		ListCell *lc;

		foreach (lc, from->fromlist)
		{
			number_in_jointree(query, lfirst(lc));
			number_entry(query, lfirst(lc), get_relids_in_jointree(node, false), &from->quals);
		}
	}
	else if (IsA(node, JoinExpr))
	{
		JoinExpr *join = (JoinExpr *) node;

		number_in_jointree(query, join->larg);
		number_in_jointree(query, join->rarg);
		if (join->jointype == JOIN_INNER || join->jointype == JOIN_LEFT)
			number_entry(query, join->rarg, get_relids_in_jointree(join->larg, false),
						 &join->quals);
	}
}

void
NumberLateralRows(Query *query)
{
	if (query->commandType == CMD_SELECT && !query->setOperations && !query->rowMarks &&
		list_length(AllPrimaries()) > 1)
		number_in_jointree(query, (Node *) query->jointree);
}
