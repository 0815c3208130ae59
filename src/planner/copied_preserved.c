/*-------------------------------------------------------------------------
 *
 * copied_preserved.c
 *	  Outer joins that preserve rows that every node has, below a grouping.
 *
 * "countries c LEFT JOIN users u ... GROUP BY c.name": a row of c that meets no user
 * on a node comes out of the join there with nulls, whether it meets one on
 * another node or not. Where the query groups by columns of c, and to its
 * aggregates rows without a user are nothing, such rows do no harm: each group has
 * some in any case. So the nodes can group their rows, as if the join were an inner
 * one. (count(*) would count these rows, so it is not for this.)
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/transam.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "optimizer/prep.h"
#include "optimizer/tlist.h"
#include "parser/parsetree.h"
#include "planner/copied_preserved.h"
#include "planner/reduce_joins.h"
#include "utils/fmgroids.h"

typedef struct CopiedPreserved
{
	Query    *query;
	JoinExpr *join;      /* preserves rows that every node has */
	Relids    preserved; /* these */
	Relids    split;     /* entries whose rows are not on every node */
} CopiedPreserved;

static SpreadKind
kind_of_tree(Query *query, Node *jtnode)
{
	Query tree = *query;

	tree.jointree = makeFromExpr(list_make1(jtnode), NULL);
	return SpreadOfInput(&tree).kind;
}

/* Goes down the outer joins from the top. False: there is no such join. */
static bool
find_join(CopiedPreserved *found)
{
	List *items = found->query->jointree->fromlist;
	Node *node = list_length(items) == 1 ? linitial(items) : NULL;

	while (node && IsA(node, JoinExpr))
	{
		JoinExpr *join = (JoinExpr *) node;
		Node     *nullable = join->jointype == JOIN_LEFT ? join->rarg : join->larg;

		if (join->jointype != JOIN_LEFT && join->jointype != JOIN_RIGHT)
			return false;
		node = join->jointype == JOIN_LEFT ? join->larg : join->rarg;
		if (kind_of_tree(found->query, nullable) == SPREAD_COPIED)
			continue;
		found->split = bms_join(found->split, get_relids_in_jointree(nullable, false));
		if (kind_of_tree(found->query, node) == SPREAD_COPIED)
		{
			found->join = join;
			found->preserved = get_relids_in_jointree(node, false);
			return true;
		}
	}
	return false;
}

/* Does the expression depend on preserved rows only? */
static bool
is_of_preserved(CopiedPreserved *found, Node *expr)
{
	Node *flat = flatten_join_alias_vars(found->query, copyObject(expr));

	return bms_is_subset(pull_varnos(NULL, flat), found->preserved);
}

static bool
needs_split_row(CopiedPreserved *found, Node *condition)
{
	return bms_overlap(EntriesNeededBy(found->query, condition), found->split);
}

/*
 * Is a row without one of the split side nothing to the aggregate? PostgreSQL's own that can be divided pass over
 * nulls, except for array_agg(), which can be from version 16 on.
 */
static bool
passes_over_nulls(CopiedPreserved *found, Aggref *agg)
{
	ListCell *lc;

	if (agg->aggfilter && needs_split_row(found, (Node *) agg->aggfilter))
		return true;
	if (agg->aggfnoid >= FirstNormalObjectId || agg->aggfnoid == F_ARRAY_AGG_ANYNONARRAY ||
		agg->aggfnoid == F_ARRAY_AGG_ANYARRAY)
		return false;
	foreach (lc, agg->args)
	{
		NullTest *test = makeNode(NullTest);

		test->arg = lfirst_node(TargetEntry, lc)->expr;
		test->nulltesttype = IS_NOT_NULL;
		if (needs_split_row(found, (Node *) test))
			return true;
	}
	return false;
}

static bool
counts_nulls_walker(Node *node, CopiedPreserved *found)
{
	if (node == NULL)
		return false;
	if (IsA(node, Aggref))
		return !passes_over_nulls(found, (Aggref *) node);
	return expression_tree_walker(node, counts_nulls_walker, found);
}

bool
GroupsCopiedPreserved(Query *query)
{
	CopiedPreserved found = {query};
	ListCell       *lc;

	if (query->hasSubLinks || contain_volatile_functions((Node *) query->jointree) ||
		!find_join(&found) || !is_of_preserved(&found, query->jointree->quals) ||
		counts_nulls_walker((Node *) query->targetList, &found) ||
		counts_nulls_walker(query->havingQual, &found))
		return false;
	foreach (lc, query->groupClause)
	{
		if (!is_of_preserved(&found, get_sortgroupclause_expr(lfirst(lc), query->targetList)))
			return false;
	}
	return true;
}

Spread
SpreadOfPreserving(Query *query)
{
	CopiedPreserved found = {copyObject(query)};

	if (find_join(&found))
		found.join->jointype = JOIN_INNER;
	return SpreadOfInput(found.query);
}
