/*-------------------------------------------------------------------------
 *
 * transfer_source.c
 *	  The query for the rows of a table that are sent to the nodes.
 *
 * What is sent is as little as the query around it allows: the columns that it
 * uses, at any depth, and the rows that pass the conditions on this table alone.
 * A condition above or beside an outer join counts only if the join does not
 * fill in nulls for the rows that it takes away.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "catalog/metadata.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parse_clause.h"
#include "parser/parse_oper.h"
#include "parser/parse_relation.h"
#include "parser/parsetree.h"
#include "planner/any_order.h"
#include "planner/estimate.h"
#include "planner/leaf.h"
#include "planner/outer_cte.h"
#include "planner/transfer_source.h"
#include "rewrite/rewriteManip.h"
#include "utils/lsyscache.h"

/* Finds which columns of an entry a query refers to, at any depth. */
typedef struct UsedColumns
{
	Query     *query;
	Index      rti;
	int        depth;
	Bitmapset *columns;
	bool       others; /* also the row as a whole, or system columns */
} UsedColumns;

static bool
used_columns_walker(Node *node, UsedColumns *used)
{
	if (node == NULL)
		return false;
	if (IsA(node, Var))
	{
		Var           *var = (Var *) node;
		RangeTblEntry *rte;

		if ((int) var->varlevelsup != used->depth)
			return false;
		rte = rt_fetch(var->varno, used->query->rtable);
		if (rte->rtekind == RTE_JOIN)
		{
			int depth = used->depth;

			used->depth = 0;
			if (var->varattno <= 0)
				used->others = true; /* the row of a join */
			else
				used_columns_walker(list_nth(rte->joinaliasvars, var->varattno - 1), used);
			used->depth = depth;
		}
		else if (var->varno == used->rti)
		{
			if (var->varattno <= 0)
				used->others = true;
			else
				used->columns = bms_add_member(used->columns, var->varattno);
		}
		return false;
	}
	if (IsA(node, Query))
	{
		bool result;

		used->depth++;
		result =
			query_tree_walker((Query *) node, used_columns_walker, used, QTW_IGNORE_JOINALIASES);
		used->depth--;
		return result;
	}
	return expression_tree_walker(node, used_columns_walker, used);
}

/* Does the query change or lock rows of the entry? Some may then be others than it found first. */
static bool
may_be_rechecked(Query *query, Index rti)
{
	ListCell *lc;

	if (rti == query->resultRelation)
		return true;
	foreach (lc, query->rowMarks)
	{
		if (lfirst_node(RowMarkClause, lc)->rti == rti)
			return true;
	}
	return false;
}

static bool
is_outer_var(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Var))
		return ((Var *) node)->varlevelsup > 0;
	return expression_tree_walker(node, is_outer_var, context);
}

static bool
has_correlated_subquery(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, SubLink) && HasOuterReferences(castNode(Query, ((SubLink *) node)->subselect)))
		return true;
	return expression_tree_walker(node, has_correlated_subquery, context);
}

/* What such quals may have besides columns of the entry. */
typedef enum QualKind
{
	QUALS_PLAIN,
	QUALS_WITH_SUBQUERIES,
	QUALS_WITH_OUTER_COLUMNS
} QualKind;

static List *quals_on_entry(Query *query, Node *quals, Index rti, QualKind kind);

/* Of alternatives that are about several entries: what each says about the one. */
static List *
alternatives_on_entry(Query *query, BoolExpr *alternatives, Index rti, QualKind kind)
{
	List     *result = NIL;
	ListCell *lc;

	foreach (lc, alternatives->args)
	{
		List *quals = quals_on_entry(query, lfirst(lc), rti, kind);

		if (quals == NIL)
			return NIL;
		result = lappend(result, make_ands_explicit(quals));
	}
	return list_make1(make_orclause(result));
}

/*
 * The quals of an AND that are about the rows of one entry alone and can be
 * checked anywhere.
 */
static List *
quals_on_entry(Query *query, Node *quals, Index rti, QualKind kind)
{
	List     *result = NIL;
	ListCell *lc;

	if (quals == NULL)
		return NIL;
	if (is_andclause(quals))
	{
		foreach (lc, ((BoolExpr *) quals)->args)
			result = list_concat(result, quals_on_entry(query, lfirst(lc), rti, kind));
		return result;
	}
	quals = flatten_join_alias_vars(query, copyObject(quals));
	if ((kind == QUALS_WITH_SUBQUERIES ? has_correlated_subquery(quals, NULL)
									   : checkExprHasSubLink(quals)) ||
		(kind != QUALS_WITH_OUTER_COLUMNS && is_outer_var(quals, NULL)) ||
		contain_volatile_functions(quals) ||
		!bms_equal(pull_varnos(NULL, quals), bms_make_singleton(rti)))
		return is_orclause(quals) ? alternatives_on_entry(query, (BoolExpr *) quals, rti, kind)
								  : NIL;
	return list_make1(quals);
}

/*
 * Adds the quals that hold for the entry's rows in every result of the join
 * tree. *nullable becomes true if rows may be missing there without their
 * partners being so: then quals from above say nothing. Returns whether the
 * entry is in this tree.
 */
static bool
collect_quals(Query *query, Node *jtnode, Index rti, QualKind kind, List **quals, bool *nullable)
{
	ListCell *lc;

	if (IsA(jtnode, RangeTblRef))
		return ((RangeTblRef *) jtnode)->rtindex == rti;
	if (IsA(jtnode, FromExpr))
	{
		FromExpr *from = (FromExpr *) jtnode;

		foreach (lc, from->fromlist)
		{
			if (!collect_quals(query, lfirst(lc), rti, kind, quals, nullable))
				continue;
			if (!*nullable)
				*quals = list_concat(*quals, quals_on_entry(query, from->quals, rti, kind));
			return true;
		}
		return false;
	}
	else
	{
		JoinExpr *join = castNode(JoinExpr, jtnode);
		bool      left = collect_quals(query, join->larg, rti, kind, quals, nullable);

		if (!left && !collect_quals(query, join->rarg, rti, kind, quals, nullable))
			return false;
		if (!*nullable && (join->jointype == JOIN_INNER || (join->jointype == JOIN_LEFT && !left) ||
						   (join->jointype == JOIN_RIGHT && left)))
			*quals = list_concat(*quals, quals_on_entry(query, join->quals, rti, kind));
		if (join->jointype == JOIN_FULL || (join->jointype == JOIN_LEFT && !left) ||
			(join->jointype == JOIN_RIGHT && left))
			*nullable = true;
		return true;
	}
}

/*
 * The query for the rows of an entry: a table, or a subquery. Security barriers
 * come before the quals.
 */
static Query *
source_query(Query *query, Index rti, Bitmapset *columns, List *quals)
{
	Query         *source = makeNode(Query);
	RangeTblEntry *rte = copyObject(rt_fetch(rti, query->rtable));
	RangeTblRef   *ref = makeNode(RangeTblRef);
	int            attno = -1;
	List          *names;
	List          *vars;

	ChangeVarNodes((Node *) rte->securityQuals, rti, 1, 0);
	ChangeVarNodes((Node *) quals, rti, 1, 0);
	rte->inFromCl = true;
	source->commandType = CMD_SELECT;
	source->rtable = list_make1(rte);
	source->hasRowSecurity = query->hasRowSecurity;
	source->hasSubLinks =
		checkExprHasSubLink((Node *) rte->securityQuals) || checkExprHasSubLink((Node *) quals);
	ref->rtindex = 1;
	source->jointree =
		makeFromExpr(list_make1(ref), quals ? (Node *) make_ands_explicit(quals) : NULL);
	expandRTE(rte, 1, 0, -1, true, &names, &vars);
	while ((attno = bms_next_member(columns, attno)) > 0)
		source->targetList =
			lappend(source->targetList,
					makeTargetEntry(list_nth(vars, attno - 1), list_length(source->targetList) + 1,
									strVal(list_nth(names, attno - 1)), false));
	if (source->targetList == NIL)
		source->targetList = list_make1(makeTargetEntry(
			(Expr *) makeConst(INT4OID, -1, InvalidOid, 4, Int32GetDatum(1), false, true), 1, "one",
			false));
	return source;
}

Query *
TransferSource(Query *query, Index rti, int depth, Bitmapset **columns)
{
	RangeTblEntry *rte = rt_fetch(rti, query->rtable);
	UsedColumns    used = {query, rti, 0, NULL, false};
	List          *quals = NIL;
	bool           nullable = false;
	Query         *source;

	if (rte->lateral || may_be_rechecked(query, rti) ||
		(rte->rtekind == RTE_SUBQUERY && HasOuterColumns(rte->subquery)))
		return NULL;
	query_tree_walker(query, used_columns_walker, &used, QTW_IGNORE_JOINALIASES);
	if (used.others)
		return NULL;
	collect_quals(query, (Node *) query->jointree, rti, QUALS_PLAIN, &quals, &nullable);
	*columns = used.columns;
	source = source_query(query, rti, used.columns, quals);
	ShiftOuterCtes(source, 1 - depth);
	return OuterCtesOf(source) == READS_CHANGING_CTES ? NULL : source;
}

List *
QualsOnEntry(Query *query, Index rti)
{
	List *quals = NIL;
	bool  nullable = false;

	collect_quals(query, (Node *) query->jointree, rti, QUALS_WITH_OUTER_COLUMNS, &quals,
				  &nullable);
	return quals;
}

/* Makes the query SELECT DISTINCT, if nothing can tell the rows apart that it leaves out. */
static bool
make_distinct(Query *query)
{
	ListCell *lc;

	foreach (lc, query->targetList)
	{
		TargetEntry     *tle = lfirst_node(TargetEntry, lc);
		SortGroupClause *clause = makeNode(SortGroupClause);
		Node            *expr = (Node *) tle->expr;

		get_sort_group_operators(exprType(expr), false, false, false, &clause->sortop,
								 &clause->eqop, NULL, &clause->hashable);
		if (!OidIsValid(clause->eqop) || !EqualsAreAlike(exprType(expr), exprCollation(expr)))
			return false;
		clause->tleSortGroupRef = assignSortGroupRef(tle, query->targetList);
		query->distinctClause = lappend(query->distinctClause, clause);
	}
	return true;
}

double
DropDuplicatesWithinNodes(Query **source, double rows, double most, ParamListInfo params)
{
	Query *distinct = copyObject(*source);
	double rows_of_node = rows / list_length(AllPrimaries());
	double values;
	double left;

	if (!make_distinct(distinct))
		return rows;
	values = Min(most, EstimateQuery(distinct, params).rows);
	left = values * (1 - pow(1 - 1 / values, rows_of_node));
	if (left > rows_of_node / 2)
		return rows;
	distinct->groupDistinct = true;
	*source = distinct;
	return left * list_length(AllPrimaries());
}

Query *
RowsOfEntry(Query *query, Index rti, Expr *expr, bool subqueries)
{
	RangeTblEntry *rte = rt_fetch(rti, query->rtable);
	List          *quals = NIL;
	bool           nullable = false;
	Query         *source;

	if (rte->lateral || rte->rtekind == RTE_CTE || may_be_rechecked(query, rti) ||
		(rte->rtekind == RTE_SUBQUERY &&
		 (HasOuterReferences(rte->subquery) || rte->subquery->rowMarks)))
		return NULL;
	collect_quals(query, (Node *) query->jointree, rti,
				  subqueries ? QUALS_WITH_SUBQUERIES : QUALS_PLAIN, &quals, &nullable);
	source = source_query(query, rti, NULL, quals);
	expr = copyObject(expr);
	ChangeVarNodes((Node *) expr, rti, 1, 0);
	source->targetList = list_make1(makeTargetEntry(expr, 1, "value", false));
	return source;
}
