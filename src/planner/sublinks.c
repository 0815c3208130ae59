/*-------------------------------------------------------------------------
 *
 * sublinks.c
 *	  Subqueries in expressions: can a node compute them for its own rows?
 *
 * A subquery in an expression must be copied, or tied to the key of the row for
 * which it is computed.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "planner/spread.h"

typedef struct SublinkCheck
{
	Query      *query;
	Spread      around; /* the rows for which the expression is computed */
	List       *equalities;
	List       *queries; /* the query, and those around it */
	const char *reason;
} SublinkCheck;

static bool
check_sublinks_walker(Node *node, SublinkCheck *check)
{
	if (node == NULL)
		return false;
	if (IsA(node, SubLink))
	{
		SubLink  *sublink = (SubLink *) node;
		Query    *subquery = castNode(Query, sublink->subselect);
		OuterRows outer = {check->around.table, NIL, check->queries};
		List     *equalities = NIL;
		Spread    spread;
		ListCell *lc;

		foreach (lc, list_concat_copy(check->around.keys, check->around.nullable_keys))
		{
			Var *key = copyObject(lfirst_node(Var, lc));

			key->varlevelsup = 1;
			outer.keys = lappend(outer.keys, key);
		}
		if (check->around.table)
		{
			KeySense sense = SenseOfKey(check->around.table);

			equalities = EqualitiesInSublink(check->equalities, check->query, sublink, &sense);
		}
		spread = SpreadOfSubquery(subquery, UseOfRows(sublink), equalities, &outer);
		if (spread.kind == SPREAD_MIXED)
			check->reason = spread.reason;
		else if (spread.kind == SPREAD_SPLIT)
			check->reason = "a subquery is not tied to the shard key of the rows around it";
		return check->reason != NULL || check_sublinks_walker(sublink->testexpr, check);
	}
	if (IsA(node, Query))
		return false;
	return expression_tree_walker(node, check_sublinks_walker, check);
}

/*
 * A subquery under "x IN (SELECT ...)" may lean on x only where false and NULL
 * are the same, under nothing but AND and OR: elsewhere NULLs that live on
 * another node would change the result. So such a test is stripped before any
 * other place is looked at.
 */
static Node *
forget_any_tests(Node *node, void *context)
{
	if (node == NULL)
		return NULL;
	if (IsA(node, SubLink))
	{
		SubLink *sublink = (SubLink *) expression_tree_mutator(node, forget_any_tests, context);

		if (sublink->subLinkType == ANY_SUBLINK)
			sublink->subLinkType = EXPR_SUBLINK;
		return (Node *) sublink;
	}
	if (IsA(node, Query))
		return node;
	return expression_tree_mutator(node, forget_any_tests, context);
}

static void
check_expression(SublinkCheck *check, Node *expr)
{
	if (check->reason == NULL && expr)
		check_sublinks_walker(forget_any_tests(expr, NULL), check);
}

static void
check_quals(SublinkCheck *check, Node *quals)
{
	if (check->reason || quals == NULL)
		return;
	if (is_andclause(quals) || is_orclause(quals))
	{
		ListCell *lc;

		foreach (lc, ((BoolExpr *) quals)->args)
			check_quals(check, lfirst(lc));
	}
	else if (IsA(quals, SubLink))
		check_sublinks_walker(quals, check);
	else
		check_expression(check, quals);
}

static void
check_join_quals(SublinkCheck *check, Node *jtnode)
{
	if (IsA(jtnode, FromExpr))
	{
		FromExpr *from = (FromExpr *) jtnode;
		ListCell *lc;

		foreach (lc, from->fromlist)
			check_join_quals(check, lfirst(lc));
		check_quals(check, from->quals);
	}
	else if (IsA(jtnode, JoinExpr))
	{
		JoinExpr *join = (JoinExpr *) jtnode;

		check_join_quals(check, join->larg);
		check_join_quals(check, join->rarg);
		check_expression(check, join->quals);
	}
}

const char *
WhySublinksMix(Query *query, Spread spread, List *equalities, const KeySense *sense)
{
	SublinkCheck check = {query, spread, NIL, list_concat(list_make1(query), sense->around), NULL};

	if (!query->hasSubLinks || spread.kind == SPREAD_MIXED)
		return NULL;

	check.equalities =
		list_concat_copy(equalities, EmergentEqualities(query, (Node *) query->jointree, sense));
	check_join_quals(&check, (Node *) query->jointree);
	check_expression(&check, (Node *) query->targetList);
	check_expression(&check, (Node *) query->returningList);
	check_expression(&check, query->havingQual);
	return check.reason;
}

bool
ConditionStaysWithRow(Query *query, Index rti, Node *condition)
{
	SublinkCheck check = {query, SpreadOfEntry(query, rti), NIL, list_make1(query), NULL};

	if (check.around.kind == SPREAD_MIXED)
		return false;
	check_quals(&check, condition);
	return check.reason == NULL;
}
