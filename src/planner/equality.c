/*-------------------------------------------------------------------------
 *
 * equality.c
 *	  What the quals of a query say about which expressions are equal.
 *
 * Routing and pushdown both rest on one question: is this column equal to
 * that constant, or to that column, in every row that matters? The answers
 * are collected from the quals as parsed, before any planning, and carried
 * into subqueries.
 *
 * What is known of the rows of subqueries, CTEs and the like is in emergent.c.
 *
 * "Matters" is meant from above: an equality in WHERE holds for every row that
 * the query lets through, so rows of a base table that contradict it may be
 * left out of the join before, on the nullable side of an outer join too (the
 * row that would be null-extended instead is rejected by the same strict
 * equality). The ON clause of an outer join says so only of its nullable side.
 *
 * Terms are Vars (join aliases resolved, binary-compatible relabels removed),
 * constants, parameters and other expressions without Vars of this level.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/stratnum.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "optimizer/tlist.h"
#include "parser/parse_clause.h"
#include "parser/parsetree.h"
#include "planner/equality.h"
#include "rewrite/rewriteManip.h"
#include "utils/array.h"
#include "utils/lsyscache.h"

/*
 * CanonicalTerm strips what does not change an expression's value for hashing
 * and resolves a join's alias column to the column beneath.
 */
Expr *
CanonicalTerm(Query *query, Expr *expr)
{
	for (;;)
	{
		if (IsA(expr, RelabelType))
			expr = ((RelabelType *) expr)->arg;
		else if (IsA(expr, Var) && ((Var *) expr)->varlevelsup == 0)
		{
			Var           *var = (Var *) expr;
			RangeTblEntry *rte;

			if (var->varno < 1 || var->varno > list_length(query->rtable))
				return expr;
			rte = rt_fetch(var->varno, query->rtable);
			if (rte->rtekind != RTE_JOIN || var->varattno <= 0)
				return expr;
			expr = (Expr *) list_nth(rte->joinaliasvars, var->varattno - 1);
			if (expr == NULL || !(IsA(expr, Var) || IsA(expr, RelabelType)))
				return (Expr *) var;
		}
		else
			return expr;
	}
}

static bool
same_term(Expr *a, Expr *b)
{
	if (IsA(a, Var) && IsA(b, Var))
	{
		Var *va = (Var *) a;
		Var *vb = (Var *) b;

		return va->varno == vb->varno && va->varattno == vb->varattno &&
			   va->varlevelsup == vb->varlevelsup;
	}
	return equal(a, b);
}

List *
AddEquality(List *equalities, Expr *left, Expr *right)
{
	Equality *equality = palloc0(sizeof(Equality));

	equality->left = left;
	equality->right = right;
	return lappend(equalities, equality);
}

List *
AddMembership(List *equalities, Expr *left, Expr *values)
{
	Equality *equality = palloc0(sizeof(Equality));

	equality->left = left;
	equality->right = values;
	equality->any = true;
	return lappend(equalities, equality);
}

/*
 * A constant is as good as a term only if a comparison under another collation
 * means the same: bytewise in both.
 */
static bool
collation_agrees(Oid a, Oid b)
{
	if (a == b || !OidIsValid(a) || !OidIsValid(b))
		return true;
	return get_collation_isdeterministic(a) && get_collation_isdeterministic(b);
}

/*
 * Do the values that an operator compares have one hash if they are equal? A
 * name is hashed by its bytes, whatever its collation.
 */
static bool
hashes_agree(Oid opno, Oid collation)
{
	Oid left;
	Oid right;

	op_input_types(opno, &left, &right);
	return left == right || !OidIsValid(collation) || get_collation_isdeterministic(collation);
}

static bool
is_key_equality(Oid opno, Oid collation, const KeySense *sense)
{
	return get_op_opfamily_strategy(opno, sense->opfamily) == HTEqualStrategyNumber &&
		   collation_agrees(collation, sense->collation) && hashes_agree(opno, sense->collation);
}

/* "5 IS NULL" does not, what programs write who leave a condition out for NULL. */
static List *
arms_that_may_hold(BoolExpr *expr)
{
	List     *result = NIL;
	ListCell *lc;

	foreach (lc, expr->args)
	{
		Node *arm = lfirst(lc);

		if (IsA(arm, NullTest))
			arm = eval_const_expressions(NULL, arm);
		if (!IsA(arm, Const) ||
			(!((Const *) arm)->constisnull && DatumGetBool(((Const *) arm)->constvalue)))
			result = lappend(result, lfirst(lc));
	}
	return result;
}

/*
 * What an OR says: a term of which every arm knows the values is one of them
 * all.
 */
static List *
alternatives(Query *query, BoolExpr *expr, const KeySense *sense)
{
	List     *arms = arms_that_may_hold(expr);
	List     *first = arms ? QualEqualities(query, linitial(arms), sense) : NIL;
	List     *result = NIL;
	ListCell *lc;

	if (list_length(arms) == 1)
		return first;
	foreach (lc, first)
	{
		Expr     *term = ((Equality *) lfirst(lc))->left;
		Expr     *values = KnownValues(first, term);
		ListCell *arm;

		for_each_from (arm, arms, 1)
		{
			if (values == NULL)
				break;
			values =
				UnionOfValues(values, KnownValues(QualEqualities(query, lfirst(arm), sense), term));
		}
		if (values && IsA(term, Var))
			result = AddMembership(result, term, values);
	}
	return result;
}

/* A subquery whose value is known without its rows is as good as that value: it is that or null. */
static Expr *
compared_term(Query *query, Expr *expr, const KeySense *sense)
{
	Expr *term = CanonicalTerm(query, expr);
	Expr *value = NULL;

	if (IsA(term, SubLink))
		value = ValueOfSublink(query, (SubLink *) term, sense);
	return value ? value : term;
}

/* "k IS NOT DISTINCT FROM 5" is true where k = 5 is. */
static List *
not_distinct(Query *query, DistinctExpr *distinct, const KeySense *sense)
{
	Expr *left = CanonicalTerm(query, linitial(distinct->args));
	Expr *right = CanonicalTerm(query, lsecond(distinct->args));

	if (((IsA(left, Const) && !((Const *) left)->constisnull) ||
		 (IsA(right, Const) && !((Const *) right)->constisnull)) &&
		is_key_equality(distinct->opno, distinct->inputcollid, sense))
		return AddEquality(NIL, left, right);
	return NIL;
}

/*
 * QualEqualities returns the equalities that an AND of quals states.
 */
List *
QualEqualities(Query *query, Node *quals, const KeySense *sense)
{
	List     *result = NIL;
	ListCell *lc;

	if (quals == NULL)
		return NIL;

	if (IsA(quals, List))
	{
		foreach (lc, (List *) quals)
			result = list_concat(result, QualEqualities(query, lfirst(lc), sense));
		return result;
	}
	if (is_andclause(quals))
		return QualEqualities(query, (Node *) ((BoolExpr *) quals)->args, sense);

	if (IsA(quals, OpExpr) && list_length(((OpExpr *) quals)->args) == 2)
	{
		OpExpr *op = (OpExpr *) quals;

		if (is_key_equality(op->opno, op->inputcollid, sense))
			return AddEquality(NIL, compared_term(query, linitial(op->args), sense),
							   compared_term(query, lsecond(op->args), sense));
	}
	else if (IsA(quals, ScalarArrayOpExpr) && ((ScalarArrayOpExpr *) quals)->useOr)
	{
		ScalarArrayOpExpr *op = (ScalarArrayOpExpr *) quals;

		if (is_key_equality(op->opno, op->inputcollid, sense))
			return AddMembership(NIL, CanonicalTerm(query, linitial(op->args)), lsecond(op->args));
	}
	else if (is_orclause(quals))
		return alternatives(query, (BoolExpr *) quals, sense);
	else if (is_notclause(quals) && IsA(get_notclausearg(quals), DistinctExpr))
		return not_distinct(query, (DistinctExpr *) get_notclausearg(quals), sense);
	else if (IsA(quals, SubLink))
		return EqualitiesOfTest(query, (SubLink *) quals, sense);
	return NIL;
}

/* The same equalities as a query one level further in sees them. */
static List *
shift_equalities(List *equalities)
{
	List     *result = NIL;
	ListCell *lc;

	foreach (lc, equalities)
	{
		Equality *outer = lfirst(lc);
		Expr     *left = copyObject(outer->left);
		Expr     *right = copyObject(outer->right);

		IncrementVarSublevelsUp((Node *) left, 1, 0);
		IncrementVarSublevelsUp((Node *) right, 1, 0);
		result = outer->any ? AddMembership(result, left, right) : AddEquality(result, left, right);
	}
	return result;
}

/*
 * May a restriction on this output column be applied to the subquery's input?
 * Only if it takes or leaves whole groups, window partitions and so on.
 */
static bool
restriction_moves_in(Query *subquery, TargetEntry *tle)
{
	ListCell *lc;

	if (subquery->limitCount || subquery->limitOffset)
		return false;
	if (subquery->setOperations)
		return true;
	if (subquery->hasTargetSRFs && expression_returns_set((Node *) tle->expr))
		return false;
	if (subquery->groupingSets)
		return false;
	if (subquery->groupClause || subquery->hasAggs)
	{
		if (!targetIsInSortList(tle, InvalidOid, subquery->groupClause))
			return false;
	}
	foreach (lc, subquery->windowClause)
	{
		if (!targetIsInSortList(tle, InvalidOid, lfirst_node(WindowClause, lc)->partitionClause))
			return false;
	}
	if (subquery->hasDistinctOn && !targetIsInSortList(tle, InvalidOid, subquery->distinctClause))
		return false;
	return true;
}

/*
 * EqualitiesInSubquery returns what is known, inside a subquery, of rows that
 * matter outside. column_rti is the range table entry whose columns the
 * subquery's output columns are.
 */
List *
EqualitiesInSubquery(List *outer, Query *outer_query, Index column_rti, Query *subquery,
					 const KeySense *sense)
{
	List     *result = shift_equalities(outer);
	ListCell *lc;

	foreach (lc, subquery->targetList)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);
		Var         *column;

		if (tle->resjunk || !restriction_moves_in(subquery, tle))
			continue;
		column = makeVarFromTargetEntry(column_rti, tle);
		column->varlevelsup = 1;
		result = AddEquality(result, (Expr *) column, CanonicalTerm(subquery, tle->expr));
	}
	return result;
}

/*
 * EqualitiesInSublink is the same for a subquery in an expression. For
 * "x IN (SELECT y ...)" stated as a qual, rows with another y do not matter.
 */
List *
EqualitiesInSublink(List *outer, Query *outer_query, SubLink *sublink, const KeySense *sense)
{
	List     *result = shift_equalities(outer);
	Query    *subquery = castNode(Query, sublink->subselect);
	ListCell *lc;
	List     *tests;

	if (sublink->subLinkType != ANY_SUBLINK || sublink->testexpr == NULL)
		return result;

	tests = QualEqualities(outer_query, sublink->testexpr, sense);
	foreach (lc, tests)
	{
		Equality    *test = lfirst(lc);
		Param       *param = (Param *) test->right;
		TargetEntry *tle;
		Expr        *left;

		if (test->any || !IsA(param, Param) || param->paramkind != PARAM_SUBLINK)
			continue;
		tle = list_nth(subquery->targetList, param->paramid - 1);
		if (!restriction_moves_in(subquery, tle))
			continue;
		left = copyObject(test->left);
		IncrementVarSublevelsUp((Node *) left, 1, 0);
		result = AddEquality(result, left, CanonicalTerm(subquery, tle->expr));
	}
	return result;
}

List *
EqualTerms(List *equalities, Expr *term)
{
	List *reached = list_make1(term);
	int   i;

	for (i = 0; i < list_length(reached); i++)
	{
		Expr     *from = list_nth(reached, i);
		ListCell *lc;

		foreach (lc, equalities)
		{
			Equality *equality = lfirst(lc);
			Expr     *to = NULL;
			ListCell *lc2;

			if (equality->any)
				continue;
			if (same_term(equality->left, from))
				to = equality->right;
			else if (same_term(equality->right, from))
				to = equality->left;
			if (to == NULL)
				continue;

			foreach (lc2, reached)
			{
				if (same_term(lfirst(lc2), to))
					break;
			}
			if (lc2 == NULL)
				reached = lappend(reached, to);
		}
	}
	return reached;
}

bool
KnownEqual(List *equalities, Expr *a, Expr *b)
{
	ListCell *lc;

	foreach (lc, EqualTerms(equalities, a))
	{
		if (same_term(lfirst(lc), b))
			return true;
	}
	return false;
}

List *
EqualColumns(List *keys, List *equalities)
{
	List     *result = list_copy(keys);
	ListCell *lc;
	ListCell *lc2;

	foreach (lc, keys)
	{
		Var *key = lfirst_node(Var, lc);

		foreach (lc2, EqualTerms(equalities, (Expr *) key))
		{
			Var *column = lfirst(lc2);

			/* of another collation, what is equal to each other might not be to the key */
			if (IsA(column, Var) && column->varlevelsup == 0 && column->vartype == key->vartype &&
				column->varcollid == key->varcollid && !list_member(result, column))
				result = lappend(result, column);
		}
	}
	return result;
}

static bool
depends_on_row(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Var) || IsA(node, SubLink) || IsA(node, Aggref) || IsA(node, WindowFunc) ||
		IsA(node, GroupingFunc))
		return true;
	if (IsA(node, Param))
		return ((Param *) node)->paramkind != PARAM_EXTERN;
	return expression_tree_walker(node, depends_on_row, context);
}

bool
IsFixed(Expr *expr)
{
	return !depends_on_row((Node *) expr, NULL) && !contain_volatile_functions((Node *) expr);
}

/*
 * KnownConstant returns an expression that equals the term and has the same
 * value throughout a statement: a constant, a parameter, or a stable
 * expression without columns; constants are preferred. NULL if none is known.
 */
Expr *
KnownConstant(List *equalities, Expr *term)
{
	Expr     *found = NULL;
	ListCell *lc;

	foreach (lc, EqualTerms(equalities, term))
	{
		Expr *candidate = lfirst(lc);

		if (IsA(candidate, Const))
			return candidate;
		if (found == NULL && IsFixed(candidate))
			found = candidate;
	}
	return found;
}

/* The elements, if each of them is an expression or could be. */
static List *
elements_of(Expr *values)
{
	Const     *constant = (Const *) values;
	Oid        type;
	int16      length;
	bool       by_value;
	char       alignment;
	Datum     *elements;
	bool      *nulls;
	int        count;
	List      *result = NIL;
	ArrayType *array;

	if (IsA(values, ArrayExpr))
		return ((ArrayExpr *) values)->multidims ? NIL : ((ArrayExpr *) values)->elements;
	if (!IsA(values, Const) || constant->constisnull)
		return NIL;
	array = DatumGetArrayTypeP(constant->constvalue);
	type = ARR_ELEMTYPE(array);
	get_typlenbyvalalign(type, &length, &by_value, &alignment);
	deconstruct_array(array, type, length, by_value, alignment, &elements, &nulls, &count);
	for (int i = 0; i < count; i++)
		result = lappend(result, makeConst(type, -1, constant->constcollid, length, elements[i],
										   nulls[i], by_value));
	return result;
}

Expr *
ArrayOf(Oid type, List *elements)
{
	ArrayExpr *array = makeNode(ArrayExpr);

	array->array_typeid = get_array_type(type);
	array->array_collid = exprCollation(linitial(elements));
	array->element_typeid = type;
	array->elements = elements;
	array->location = -1;
	return OidIsValid(array->array_typeid) ? (Expr *) array : NULL;
}

/*
 * UnionOfValues returns an array of the elements of both; NULL if one is NULL,
 * or no such expression can be made.
 */
Expr *
UnionOfValues(Expr *values, Expr *others)
{
	List *elements;
	List *more;
	Oid   type;

	if (values == NULL || others == NULL || equal(values, others))
		return others ? values : NULL;
	type = get_base_element_type(exprType((Node *) values));
	elements = elements_of(values);
	more = elements_of(others);
	if (elements == NIL || more == NIL || get_base_element_type(exprType((Node *) others)) != type)
		return NULL;
	return ArrayOf(type, list_concat_copy(elements, more));
}

/*
 * KnownValues returns an expression for an array, the same throughout a
 * statement, of which the term equals an element in every row of interest. NULL
 * if none is known.
 */
Expr *
KnownValues(List *equalities, Expr *term)
{
	Expr     *constant = KnownConstant(equalities, term);
	ListCell *lc;

	if (constant)
		return ArrayOf(exprType((Node *) constant), list_make1(constant));
	foreach (lc, EqualTerms(equalities, term))
	{
		ListCell *lc2;

		foreach (lc2, equalities)
		{
			Equality *equality = lfirst(lc2);

			if (equality->any && same_term(equality->left, lfirst(lc)) && IsFixed(equality->right))
				return equality->right;
		}
	}
	return NULL;
}
