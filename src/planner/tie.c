/*-------------------------------------------------------------------------
 *
 * tie.c
 *	  What ties a subquery to the query around it.
 *
 * Of a subquery that has "b.y = a.x" no row matters whose y is no x of the query
 * around it. If these are few, the subquery may as well be over the rows with
 * "b.y IN (SELECT a.x FROM a WHERE ..)", which are quickly found where b has an
 * index, and fewer to be sent or grouped.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <float.h>

#include "access/transam.h"
#include "catalog/metadata.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "parser/parse_clause.h"
#include "planner/estimate.h"
#include "planner/split.h"
#include "planner/strategy.h"
#include "planner/tie.h"
#include "planner/transfer_source.h"
#include "rewrite/rewriteManip.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

/* Is it a column, or a strict expression, of the query? Returns it as such; else NULL. */
static Expr *
outer_term(Query *query, Expr *term)
{
	if (contain_vars_of_level((Node *) term, 0) || !contain_vars_of_level((Node *) term, 1) ||
		checkExprHasSubLink((Node *) term) || contain_agg_clause((Node *) term))
		return NULL;
	term = copyObject(term);
	IncrementVarSublevelsUp((Node *) term, -1, 1);
	term = (Expr *) flatten_join_alias_vars(query, (Node *) term);
	if (contain_vars_of_level((Node *) term, 1) || contain_nonstrict_functions((Node *) term))
		return NULL;
	return term;
}

/* Does the operator hold for all rows of a group alike? */
static bool
respects_groups(OpExpr *op, Expr *inner)
{
	TypeCacheEntry *type =
		lookup_type_cache(getBaseType(exprType((Node *) inner)), TYPECACHE_BTREE_OPFAMILY);
	Oid collation = exprCollation((Node *) inner);

	if (!list_member_oid(get_mergejoin_opfamilies(op->opno), type->btree_opf))
		return false;
	return !OidIsValid(op->inputcollid) || op->inputcollid == collation ||
		   (get_collation_isdeterministic(op->inputcollid) &&
			(!OidIsValid(collation) || get_collation_isdeterministic(collation)));
}

Tie *
TieOf(Query *query, Node *qual)
{
	OpExpr *op = (OpExpr *) qual;

	if (!IsA(op, OpExpr) || list_length(op->args) != 2)
		return NULL;
	for (int side = 0; side < 2; side++)
	{
		Expr *inner = list_nth(op->args, side);
		Expr *outer = list_nth(op->args, 1 - side);
		Tie  *tie;

		if (!contain_vars_of_level((Node *) inner, 0) || checkExprHasSubLink((Node *) inner) ||
			contain_vars_of_level((Node *) inner, 1) || !respects_groups(op, inner))
			continue;
		outer = outer_term(query, outer);
		if (outer == NULL)
			continue;
		tie = palloc0(sizeof(Tie));
		tie->op = op;
		tie->inner = inner;
		tie->query = query;
		tie->outer = outer;
		return tie;
	}
	return NULL;
}

/* Is the subquery's own operand the left one? */
static bool
IsLeft(Tie *tie)
{
	return tie->inner == linitial(tie->op->args);
}

Node *
TieToColumn(Tie *tie, Var *column)
{
	OpExpr *op = copyObject(tie->op);

	op->args = IsLeft(tie) ? list_make2(column, tie->outer) : list_make2(tie->outer, column);
	return (Node *) op;
}

List *
TiesOfEntry(Query *query, Query *subquery, Index rti)
{
	List     *ties = NIL;
	ListCell *lc;

	foreach (lc, QualsOnEntry(subquery, rti))
	{
		Tie *tie;

		ChangeVarNodes(lfirst(lc), rti, 1, 0);
		tie = TieOf(query, lfirst(lc));
		if (tie)
			ties = lappend(ties, tie);
	}
	return ties;
}

/* The columns of a subquery for the parameters that stand for them under IN. */
static Node *
columns_mutator(Node *node, List *columns)
{
	if (node == NULL)
		return NULL;
	if (IsA(node, Param) && ((Param *) node)->paramkind == PARAM_SUBLINK)
		return copyObject(
			(Node *) list_nth_node(TargetEntry, columns, ((Param *) node)->paramid - 1)->expr);
	return expression_tree_mutator(node, columns_mutator, columns);
}

/* Elsewhere than in WHERE itself, nulls of the subquery tell NULL from false. */
List *
TiesOfIn(Query *query, SubLink *sublink)
{
	List     *ties = NIL;
	ListCell *lc;

	if (sublink->subLinkType != ANY_SUBLINK ||
		!list_member_ptr(make_ands_implicit((Expr *) query->jointree->quals), sublink))
		return NIL;
	foreach (lc, make_ands_implicit((Expr *) sublink->testexpr))
	{
		Node *qual = copyObject(lfirst(lc));
		Tie  *tie;

		IncrementVarSublevelsUp(qual, 1, 0);
		qual = columns_mutator(qual, castNode(Query, sublink->subselect)->targetList);
		tie = TieOf(query, qual);
		if (tie == NULL)
			continue;
		tie->under_in = true;
		ties = lappend(ties, tie);
	}
	return ties;
}

Query *
ValuesAskedFor(Tie *tie, double *count)
{
	Query *values;
	int    rti;

	if (tie->op->opno >= FirstGenbkiObjectId || !OidIsValid(get_commutator(tie->op->opno)) ||
		strcmp(get_opname(tie->op->opno), "=") != 0 ||
		!bms_get_singleton_member(pull_varnos(NULL, (Node *) tie->outer), &rti))
		return NULL;
	values = RowsOfEntry(tie->query, rti, tie->outer, !tie->under_in);
	if (values == NULL || contain_volatile_functions((Node *) values))
		return NULL;
	*count = EstimateQuery(values, NULL).rows;
	(void) LeafGroupFor(values, linitial_node(TargetEntry, values->targetList)->expr);
	return values;
}

void
RestrictToValues(Query *subquery, Tie *tie, Query *values)
{
	OpExpr      *op = copyObject(tie->op);
	SubLink     *in = makeNode(SubLink);
	Param       *value = makeNode(Param);
	TargetEntry *entry = linitial(values->targetList);

	value->paramkind = PARAM_SUBLINK;
	value->paramid = 1;
	value->paramtype = exprType((Node *) entry->expr);
	value->paramtypmod = exprTypmod((Node *) entry->expr);
	value->paramcollid = exprCollation((Node *) entry->expr);
	value->location = -1;
	if (!IsLeft(tie))
		op->opno = get_commutator(op->opno);
	op->opfuncid = InvalidOid;
	op->args = list_make2(copyObject(tie->inner), value);
	in->subLinkType = ANY_SUBLINK;
	in->testexpr = (Node *) op;
	in->operName = list_make1(makeString("="));
	in->subselect = (Node *) values;
	in->location = -1;
	subquery->jointree->quals = make_and_qual(subquery->jointree->quals, (Node *) in);
	subquery->hasSubLinks = true;
}

double
ReduceSource(Query **source, QueryEstimate *estimate, List *ties, bool as_set, ParamListInfo params)
{
	Query    *all = *source;
	double    cost = 0;
	ListCell *lc;

	if (as_set)
		estimate->rows = DropDuplicatesWithinNodes(source, estimate->rows, DBL_MAX, params);
	foreach (lc, ties)
	{
		Tie          *tie = lfirst(lc);
		Query        *restricted = copyObject(all);
		double        count;
		Query        *values = IsA(tie->outer, Var) ? ValuesAskedFor(tie, &count) : NULL;
		QueryEstimate some;
		double        asked;
		double        values_cost;

		if (values == NULL)
			continue;
		asked = EstimateQuery(values, params).rows;
		values_cost = 2 * MOVE_STARTUP + asked * SEND_COST * list_length(AllPrimaries());
		RestrictToValues(restricted, tie, values);
		some = EstimateQuery(restricted, params);
		if (as_set) /* of one column there are no other values than those */
			some.rows = DropDuplicatesWithinNodes(
				&restricted, some.rows, list_length(all->targetList) == 1 ? asked : DBL_MAX,
				params);
		if (join_strategy == STRATEGY_AUTO &&
			values_cost + SendCost(&some, 1) >= cost + SendCost(estimate, 1))
			continue;
		*source = restricted;
		*estimate = some;
		cost = values_cost;
	}
	return cost;
}
