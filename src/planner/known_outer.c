/*-------------------------------------------------------------------------
 *
 * known_outer.c
 *	  Constants for columns of the query around a subquery.
 *
 *	  SELECT .. FROM a WHERE a.x = 5 AND EXISTS (SELECT FROM b WHERE b.y = a.x)
 *
 * becomes
 *
 *	  SELECT .. FROM a WHERE a.x = 5 AND EXISTS (SELECT FROM b WHERE b.y = 5)
 *
 * so that the subquery can be sent to the nodes by itself, and to few of them. For
 * rows of a that have another x it does not matter what the subquery returns: WHERE
 * rejects them, an outer join may have made x null or not. Policies are left alone,
 * since they decide about rows before WHERE sees them; volatile functions, too, which
 * are to be called for each row.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "planner/any_order.h"
#include "planner/equality.h"
#include "planner/known_outer.h"
#include "utils/typcache.h"

typedef struct KnownColumns
{
	Query *query;
	List  *equalities; /* of Equality: a column, and a Const or Param */
	int    depth;      /* of the subquery that is looked at */
} KnownColumns;

/* Notes a column that is the same, in every respect, as a constant of its own type. */
static bool
note_column(KnownColumns *known, OpExpr *op, int side)
{
	Expr *column = CanonicalTerm(known->query, list_nth(op->args, side));
	Expr *value = list_nth(op->args, 1 - side);
	Var  *var = (Var *) column;

	if (!IsA(column, Var) || var->varlevelsup > 0 || !(IsA(value, Const) || IsA(value, Param)) ||
		!IsFixed(value) || exprType((Node *) value) != var->vartype ||
		!EqualsAreAlike(var->vartype, var->varcollid) ||
		!EqualsAreAlike(var->vartype, op->inputcollid) ||
		lookup_type_cache(var->vartype, TYPECACHE_EQ_OPR)->eq_opr != op->opno)
		return false;
	known->equalities = AddEquality(known->equalities, column, value);
	return true;
}

static void
find_known(KnownColumns *known)
{
	ListCell *lc;

	foreach (lc, make_ands_implicit((Expr *) known->query->jointree->quals))
	{
		OpExpr *op = lfirst(lc);

		if (IsA(op, OpExpr) && list_length(op->args) == 2 && !note_column(known, op, 0))
			(void) note_column(known, op, 1);
	}
}

/* The constant for a column of the query around the subquery that is looked at; NULL if it is none. */
static Node *
known_value(KnownColumns *known, Var *var)
{
	Var  *outer = copyObject(var);
	Expr *column;

	outer->varlevelsup = 0;
	column = CanonicalTerm(known->query, (Expr *) outer);
	if (!IsA(column, Var) || exprType((Node *) column) != var->vartype)
		return NULL;
	return copyObject((Node *) KnownConstant(known->equalities, column));
}

static Node *
known_mutator(Node *node, KnownColumns *known)
{
	Node *value;

	if (node == NULL)
		return NULL;
	if (IsA(node, Var) && known->depth > 0 && (int) ((Var *) node)->varlevelsup == known->depth)
	{
		value = known_value(known, (Var *) node);
		return value ? value : copyObject(node);
	}
	if (IsA(node, Query))
	{
		if (known->depth == 0 && contain_volatile_functions(node))
			return copyObject(node);
		known->depth++;
		node = (Node *) query_tree_mutator((Query *) node, known_mutator, known, 0);
		known->depth--;
		return node;
	}
	return expression_tree_mutator(node, known_mutator, known);
}

/* Columns that grouping sets have made null are others than those of the rows. */
void
UseKnownOuterColumns(Query *query)
{
	KnownColumns known = {.query = query};
	ListCell    *lc;

	if (query->jointree == NULL || query->groupingSets)
		return;
	find_known(&known);
	if (known.equalities == NIL)
		return;
	if (query->hasSubLinks)
	{
		query->jointree = (FromExpr *) known_mutator((Node *) query->jointree, &known);
		query->targetList = (List *) known_mutator((Node *) query->targetList, &known);
		query->havingQual = known_mutator(query->havingQual, &known);
	}
	foreach (lc, query->rtable)
	{
		RangeTblEntry *rte = lfirst_node(RangeTblEntry, lc);

		if (rte->rtekind != RTE_SUBQUERY || !rte->lateral)
			continue;
		rte->subquery = (Query *) known_mutator((Node *) rte->subquery, &known);
		rte->lateral = contain_vars_of_level((Node *) rte->subquery, 1);
	}
}
