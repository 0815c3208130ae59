/*-------------------------------------------------------------------------
 *
 * emergent.c
 *	  What is equal in every row that comes out of a join tree.
 *
 * Columns of a subquery, a CTE or a set operation equal what they do inside it;
 * those of VALUES and of unnest() are one of the values that are listed there.
 * So a list of keys that is joined is as good as one in IN.
 *
 * Where a column of a subquery is not null, outer joins in there that could have
 * made it so have not.
 *
 * Rows of a recursive CTE have in common what its first rows have, if those that
 * it makes of such rows have it as well.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "optimizer/prep.h"
#include "optimizer/tlist.h"
#include "parser/parse_relation.h"
#include "parser/parsetree.h"
#include "planner/equality.h"
#include "planner/reduce_joins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"

static List *output_equalities(Index rti, Query *query, const KeySense *sense);

/* The sense in which a query is asked that stands in the other one. */
static KeySense
sense_within(Query *query, const KeySense *sense)
{
	KeySense result = *sense;

	result.around = list_concat(list_make1(query), sense->around);
	return result;
}

/* The column equals one of the values; NULL: nothing is known of it. */
static List *
add_values(List *equalities, Expr *column, Expr *values)
{
	List *elements;

	if (values == NULL)
		return equalities;
	elements = IsA(values, ArrayExpr) ? ((ArrayExpr *) values)->elements : NIL;
	if (list_length(elements) == 1 && !((ArrayExpr *) values)->multidims)
		return AddEquality(equalities, column, linitial(elements));
	return AddMembership(equalities, column, values);
}

/* The elements of unnest(array), if they are known; else NULL. */
static Expr *
unnested_values(Node *expr)
{
	FuncExpr *call = (FuncExpr *) expr;

	if (!IsA(expr, FuncExpr) || call->funcid != F_UNNEST_ANYARRAY || !IsFixed(linitial(call->args)))
		return NULL;
	return linitial(call->args);
}

/* What a column of a query's output is, by what is known of the query's rows. */
static List *
column_equalities(Index rti, Query *query, ListCell *entry, List *inside)
{
	TargetEntry *tle = lfirst_node(TargetEntry, entry);
	Expr        *column = (Expr *) makeVarFromTargetEntry(rti, tle);
	Expr        *term = CanonicalTerm(query, tle->expr);
	Expr        *constant;
	List        *result = NIL;
	ListCell    *lc;

	if (expression_returns_set((Node *) tle->expr))
		return add_values(NIL, column, unnested_values((Node *) tle->expr));
	constant = KnownConstant(inside, term);
	if (constant)
		result = AddEquality(result, column, constant);
	if (!IsA(term, Var))
		return result;
	if (constant == NULL)
		result = add_values(result, column, KnownValues(inside, term));

	/* in a grouping set without it, a column is null */
	if (query->groupingSets)
		return result;
	for_each_cell(lc, query->targetList, lnext(query->targetList, entry))
	{
		TargetEntry *other = lfirst_node(TargetEntry, lc);

		if (!other->resjunk && KnownEqual(inside, term, CanonicalTerm(query, other->expr)))
			result = AddEquality(result, column, (Expr *) makeVarFromTargetEntry(rti, other));
	}
	/* columns of the entries to which this one is lateral */
	foreach (lc, EqualTerms(inside, term))
	{
		Var *beside = (Var *) copyObject(lfirst(lc));

		if (!IsA(beside, Var) || beside->varlevelsup != 1)
			continue;
		beside->varlevelsup = 0;
		result = AddEquality(result, column, (Expr *) beside);
	}
	return result;
}

/* The same of the rows of a set operation, by what is known of those of its arms. */
static Expr *
values_of_setop(Node *node, AttrNumber attno, List *arms)
{
	SetOperationStmt *setop;
	Expr             *left;
	Expr             *right;

	if (IsA(node, RangeTblRef))
		return KnownValues(list_nth(arms, ((RangeTblRef *) node)->rtindex - 1),
						   (Expr *) makeVar(((RangeTblRef *) node)->rtindex, attno, InvalidOid, -1,
											InvalidOid, 0));
	setop = castNode(SetOperationStmt, node);
	left = values_of_setop(setop->larg, attno, arms);
	if (setop->op == SETOP_EXCEPT)
		return left;
	right = values_of_setop(setop->rarg, attno, arms);
	if (setop->op == SETOP_UNION)
		return UnionOfValues(left, right);
	return left ? left : right;
}

static List *
setop_equalities(Index rti, Query *query, Node *setop, const KeySense *sense)
{
	List     *arms = NIL;
	List     *result = NIL;
	ListCell *lc;

	for (int arm = 1; arm <= list_length(query->rtable); arm++)
	{
		RangeTblRef ref = {T_RangeTblRef, arm};

		arms = lappend(arms, EmergentEqualities(query, (Node *) &ref, sense));
	}
	foreach (lc, query->targetList)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);

		if (!tle->resjunk)
			result = add_values(result, (Expr *) makeVarFromTargetEntry(rti, tle),
								values_of_setop(setop, tle->resno, arms));
	}
	return result;
}

/* What every row of a query has in common, of its columns as an entry of another query. */
static List *
output_equalities(Index rti, Query *query, const KeySense *sense)
{
	List     *result = NIL;
	List     *inside;
	ListCell *lc;

	if (query->commandType != CMD_SELECT)
		return NIL;
	if (query->setOperations)
		return setop_equalities(rti, query, query->setOperations, sense);
	inside = EmergentEqualities(query, (Node *) query->jointree, sense);
	foreach (lc, query->targetList)
	{
		if (!lfirst_node(TargetEntry, lc)->resjunk)
			result = list_concat(result, column_equalities(rti, query, lc, inside));
	}
	return result;
}

static bool
same_values(List *equalities, List *others, Expr *column)
{
	Expr *values = KnownValues(equalities, column);

	return values && equal(values, KnownValues(others, column));
}

static KeySense
sense_assuming(CommonTableExpr *cte, List *equalities, const KeySense *sense)
{
	KeySense result = *sense;

	result.recursive = cte;
	result.assumed = equalities;
	return result;
}

/* What is assumed of the first rows is dropped until the rows that follow have all that is left, too. */
static List *
recursive_equalities(Index rti, CommonTableExpr *cte, const KeySense *sense)
{
	Query            *query = castNode(Query, cte->ctequery);
	SetOperationStmt *setop = castNode(SetOperationStmt, query->setOperations);
	KeySense          inside = sense_assuming(cte, NIL, sense);
	int               count;

	inside.assumed = setop_equalities(rti, query, setop->larg, &inside);
	do
	{
		List     *next = setop_equalities(rti, query, setop->rarg, &inside);
		List     *kept = NIL;
		ListCell *lc;

		foreach (lc, inside.assumed)
		{
			Equality *equality = lfirst(lc);

			if (same_values(inside.assumed, next, equality->left))
				kept = lappend(kept, equality);
		}
		count = list_length(inside.assumed) - list_length(kept);
		inside.assumed = kept;
	} while (count > 0);
	return inside.assumed;
}

/* What is assumed of the columns of a recursive CTE, for an entry that is the CTE. */
static List *
assumed_equalities(Index rti, const KeySense *sense)
{
	List     *result = NIL;
	ListCell *lc;

	foreach (lc, sense->assumed)
	{
		Equality *equality = lfirst(lc);
		Var      *column = copyObject((Var *) equality->left);

		column->varno = rti;
		result = equality->any ? AddMembership(result, (Expr *) column, equality->right)
							   : AddEquality(result, (Expr *) column, equality->right);
	}
	return result;
}

static List *
cte_equalities(Query *query, Index rti, const KeySense *sense)
{
	RangeTblEntry *rte = rt_fetch(rti, query->rtable);
	List          *queries = list_concat(list_make1(query), sense->around);
	KeySense       inside = *sense;
	ListCell      *lc;

	if ((int) rte->ctelevelsup >= list_length(queries))
		return NIL;
	inside.around = list_copy_tail(queries, rte->ctelevelsup);
	foreach (lc, linitial_node(Query, inside.around)->cteList)
	{
		CommonTableExpr *cte = lfirst_node(CommonTableExpr, lc);

		if (strcmp(cte->ctename, rte->ctename) != 0)
			continue;
		if (!cte->cterecursive)
			return output_equalities(rti, castNode(Query, cte->ctequery), &inside);
		if (cte == sense->recursive)
			return assumed_equalities(rti, sense);
		if (rte->self_reference && sense->recursive)
			return NIL; /* one recursion within another: only the inner one is followed */
		return recursive_equalities(rti, cte, &inside);
	}
	return NIL;
}

static List *
values_equalities(Index rti, RangeTblEntry *rte)
{
	List *result = NIL;

	for (int i = 0; i < list_length(rte->coltypes); i++)
	{
		List     *elements = NIL;
		ListCell *lc;

		foreach (lc, rte->values_lists)
		{
			Expr *element = list_nth(lfirst(lc), i);

			if (!IsFixed(element))
				break;
			elements = lappend(elements, element);
		}
		if (lc == NULL && elements != NIL) /* a template has no rows yet */
			result = add_values(result,
								(Expr *) makeVar(rti, i + 1, list_nth_oid(rte->coltypes, i), -1,
												 list_nth_oid(rte->colcollations, i), 0),
								ArrayOf(list_nth_oid(rte->coltypes, i), elements));
	}
	return result;
}

static List *
function_equalities(Index rti, RangeTblEntry *rte)
{
	AttrNumber attno = 1;
	List      *result = NIL;
	ListCell  *lc;

	foreach (lc, rte->functions)
	{
		RangeTblFunction *function = lfirst_node(RangeTblFunction, lc);
		Expr             *values = unnested_values(function->funcexpr);

		/* of rows, unnest() makes columns */
		if (values && function->funccolcount == 1 && !type_is_rowtype(exprType(function->funcexpr)))
			result = add_values(
				result,
				(Expr *) makeVar(rti, attno, exprType(function->funcexpr), -1, InvalidOid, 0),
				values);
		attno += function->funccolcount;
	}
	return result;
}

static List *
entry_equalities(Query *query, Index rti, const KeySense *sense)
{
	RangeTblEntry *rte = rt_fetch(rti, query->rtable);
	KeySense       inside;

	switch (rte->rtekind)
	{
		case RTE_SUBQUERY:
			inside = sense_within(query, sense);
			return output_equalities(rti, rte->subquery, &inside);
		case RTE_CTE:
			return cte_equalities(query, rti, sense);
		case RTE_VALUES:
			return values_equalities(rti, rte);
		case RTE_FUNCTION:
			return function_equalities(rti, rte);
		default:
			return NIL;
	}
}

/* What rows of a subquery have in common in which this column is not null. */
static List *
equalities_with_column(Index rti, Query *query, AttrNumber attno, const KeySense *sense)
{
	NullTest *test = makeNode(NullTest);
	List     *inside;
	List     *result = NIL;
	ListCell *lc;

	test->arg = get_tle_by_resno(query->targetList, attno)->expr;
	test->nulltesttype = IS_NOT_NULL;
	inside = EqualitiesWhere(query, (Node *) query->jointree, (Node *) test, sense);
	if (inside == NIL)
		return NIL;
	inside = list_concat(inside, EmergentEqualities(query, (Node *) query->jointree, sense));
	foreach (lc, query->targetList)
	{
		if (!lfirst_node(TargetEntry, lc)->resjunk)
			result = list_concat(result, column_equalities(rti, query, lc, inside));
	}
	return result;
}

/*
 * Columns of subqueries that are not null if the quals are true were not made so
 * by outer joins in there.
 */
static List *
equalities_of_needed_columns(Query *query, Node *jtnode, Node *quals, const KeySense *sense)
{
	List     *result = NIL;
	List     *columns = NIL;
	Relids    entries = get_relids_in_jointree(jtnode, false);
	KeySense  inside = sense_within(query, sense);
	int       rti = -1;
	ListCell *lc;

	while ((rti = bms_next_member(entries, rti)) > 0)
	{
		RangeTblEntry *rte = rt_fetch(rti, query->rtable);
		Query         *subquery = rte->subquery;

		if (rte->rtekind != RTE_SUBQUERY || subquery->setOperations || subquery->groupingSets ||
			!HasOuterJoin((Node *) subquery->jointree))
			continue;
		if (columns == NIL)
			columns = ColumnsNeededBy(query, quals);
		foreach (lc, columns)
		{
			Var *column = lfirst_node(Var, lc);

			if ((int) column->varno == rti && column->varattno > 0)
				result = list_concat(
					result, equalities_with_column(rti, subquery, column->varattno, &inside));
		}
	}
	return result;
}

List *
EmergentEqualities(Query *query, Node *jtnode, const KeySense *sense)
{
	List *result = NIL;

	if (jtnode == NULL)
		return NIL;
	if (IsA(jtnode, RangeTblRef))
		return entry_equalities(query, ((RangeTblRef *) jtnode)->rtindex, sense);
	if (IsA(jtnode, FromExpr))
	{
		FromExpr *from = (FromExpr *) jtnode;
		ListCell *lc;

		result = QualEqualities(query, from->quals, sense);
		foreach (lc, from->fromlist)
			result = list_concat(result, EmergentEqualities(query, lfirst(lc), sense));
		result =
			list_concat(result, equalities_of_needed_columns(query, jtnode, from->quals, sense));
	}
	else
	{
		JoinExpr *join = castNode(JoinExpr, jtnode);

		if (join->jointype == JOIN_INNER || join->jointype == JOIN_LEFT)
			result = EmergentEqualities(query, join->larg, sense);
		if (join->jointype == JOIN_INNER || join->jointype == JOIN_RIGHT)
			result = list_concat(result, EmergentEqualities(query, join->rarg, sense));
		if (join->jointype == JOIN_INNER)
		{
			result = list_concat(result, QualEqualities(query, join->quals, sense));
			result = list_concat(result,
								 equalities_of_needed_columns(query, jtnode, join->quals, sense));
		}
	}
	return result;
}

/* Adds what the quals of outer joins say, until no more of their entries are found to be present. */
static bool
add_of_present(Query *query, Node *jtnode, Relids *present, List **result, List **done,
			   const KeySense *sense)
{
	bool      found = false;
	JoinExpr *join;
	Node     *nullable;
	ListCell *lc;

	if (IsA(jtnode, RangeTblRef))
		return false;
	if (IsA(jtnode, FromExpr))
	{
		foreach (lc, ((FromExpr *) jtnode)->fromlist)
			found |= add_of_present(query, lfirst(lc), present, result, done, sense);
		return found;
	}
	join = castNode(JoinExpr, jtnode);
	found = add_of_present(query, join->larg, present, result, done, sense);
	found |= add_of_present(query, join->rarg, present, result, done, sense);
	nullable = join->jointype == JOIN_LEFT ? join->rarg : join->larg;
	if ((join->jointype != JOIN_LEFT && join->jointype != JOIN_RIGHT) ||
		list_member_ptr(*done, join) ||
		!bms_overlap(*present, get_relids_in_jointree(nullable, false)))
		return found;
	*done = lappend(*done, join);
	*result = list_concat(*result, QualEqualities(query, join->quals, sense));
	*result = list_concat(*result, EmergentEqualities(query, nullable, sense));
	*present = bms_add_members(*present, EntriesNeededBy(query, join->quals));
	return true;
}

List *
EqualitiesWhere(Query *query, Node *jtnode, Node *quals, const KeySense *sense)
{
	Relids present = IsA(jtnode, RangeTblRef) ? NULL : EntriesNeededBy(query, quals);
	List  *result = NIL;
	List  *done = NIL;

	while (present && add_of_present(query, jtnode, &present, &result, &done, sense))
		;
	return list_concat(result, equalities_of_needed_columns(query, jtnode, quals, sense));
}

List *
EqualitiesOfTest(Query *query, SubLink *sublink, const KeySense *sense)
{
	KeySense  inside = sense_within(query, sense);
	List     *result = NIL;
	List     *columns;
	ListCell *lc;

	if (sublink->subLinkType != ANY_SUBLINK || sublink->testexpr == NULL)
		return NIL;
	columns = output_equalities(1, castNode(Query, sublink->subselect), &inside);
	foreach (lc, columns != NIL ? QualEqualities(query, sublink->testexpr, sense) : NIL)
	{
		Equality *test = lfirst(lc);
		Param    *param = (Param *) test->right;
		Expr     *column;
		Expr     *constant;
		Expr     *values;

		if (test->any || !IsA(param, Param) || param->paramkind != PARAM_SUBLINK)
			continue;
		column = (Expr *) makeVar(1, param->paramid, param->paramtype, -1, param->paramcollid, 0);
		constant = KnownConstant(columns, column);
		values = KnownValues(columns, column);
		if (constant)
			result = AddEquality(result, test->left, constant);
		else if (values)
			result = AddMembership(result, test->left, values);
	}
	return result;
}

Expr *
ValueOfSublink(Query *query, SubLink *sublink, const KeySense *sense)
{
	KeySense inside = sense_within(query, sense);

	if (sublink->subLinkType != EXPR_SUBLINK)
		return NULL;
	return KnownConstant(output_equalities(1, castNode(Query, sublink->subselect), &inside),
						 (Expr *) makeVar(1, 1, InvalidOid, -1, InvalidOid, 0));
}

/*
 * Rows of either side in which the merged column would not be what it is known
 * to be do not matter, nor those that they are joined with.
 */
List *
EqualitiesBelowFullJoin(Query *query, JoinExpr *join, List *equalities, const KeySense *sense)
{
	RangeTblEntry *rte = join->rtindex ? rt_fetch(join->rtindex, query->rtable) : NULL;
	List          *joined = QualEqualities(query, join->quals, sense);
	List          *result = NIL;
	ListCell      *lc;

	foreach (lc, rte && rte->joinmergedcols > 0 ? rte->joinaliasvars : NIL)
	{
		CoalesceExpr *merged = lfirst(lc);
		Expr *column = (Expr *) makeVar(join->rtindex, foreach_current_index(lc) + 1, InvalidOid,
										-1, InvalidOid, 0);
		Expr *values;
		Expr *left;
		Expr *right;

		if (merged == NULL || !IsA(merged, CoalesceExpr))
			continue;
		left = CanonicalTerm(query, linitial(merged->args));
		right = CanonicalTerm(query, lsecond(merged->args));
		values = KnownValues(equalities, column);
		if (KnownEqual(joined, left, right))
			result = add_values(add_values(result, left, values), right, values);
	}
	return result;
}
