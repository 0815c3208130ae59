/*-------------------------------------------------------------------------
 *
 * alternatives.c
 *	  What all alternatives of an OR have in common.
 *
 * "(a AND b) OR (a AND c)" becomes "a AND (b OR c)" before anything asks which
 * columns are equal, as PostgreSQL's planner does too, but later.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "planner/shape.h"

static Node *
factor_out(Node *quals)
{
	return (Node *) canonicalize_qual((Expr *) quals, false);
}

static bool
factor_out_walker(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, factor_out_walker, context, 0);
	if (IsA(node, FromExpr))
		((FromExpr *) node)->quals = factor_out(((FromExpr *) node)->quals);
	else if (IsA(node, JoinExpr))
		((JoinExpr *) node)->quals = factor_out(((JoinExpr *) node)->quals);
	return expression_tree_walker(node, factor_out_walker, context);
}

void
FactorAlternatives(Query *query)
{
	factor_out_walker((Node *) query, NULL);
}
