/*-------------------------------------------------------------------------
 *
 * reduce_joins.c
 *	  Outer joins whose null-extended rows are rejected anyway.
 *
 * "a LEFT JOIN b ... WHERE b.x > 5" is an inner join. PostgreSQL's planner finds
 * that out as well, but where the rows are is asked before.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "optimizer/prep.h"
#include "parser/parsetree.h"
#include "planner/reduce_joins.h"

static void reduce_query(Query *query);

/* A copy in which columns are those of entries, and the functions of operators are known. */
static Node *
without_join_aliases(Query *query, Node *quals)
{
	Node *copy = flatten_join_alias_vars(query, copyObject(quals));

	fix_opfuncids(copy);
	return copy;
}

Relids
EntriesNeededBy(Query *query, Node *quals)
{
	return find_nonnullable_rels(without_join_aliases(query, quals));
}

List *
ColumnsNeededBy(Query *query, Node *quals)
{
	return find_nonnullable_vars(without_join_aliases(query, quals));
}

/* Entries of "present" are not null in any row that is of interest. */
static void
reduce(Query *query, Node *jtnode, Relids present)
{
	JoinExpr *join;
	Relids    inside;
	ListCell *lc;

	if (jtnode == NULL || IsA(jtnode, RangeTblRef))
		return;
	if (IsA(jtnode, FromExpr))
	{
		FromExpr *from = (FromExpr *) jtnode;

		present = bms_union(present, EntriesNeededBy(query, from->quals));
		foreach (lc, from->fromlist)
			reduce(query, lfirst(lc), present);
		return;
	}

	join = castNode(JoinExpr, jtnode);
	if ((join->jointype == JOIN_LEFT &&
		 bms_overlap(present, get_relids_in_jointree(join->rarg, false))) ||
		(join->jointype == JOIN_RIGHT &&
		 bms_overlap(present, get_relids_in_jointree(join->larg, false))))
	{
		join->jointype = JOIN_INNER;
		if (join->rtindex)
			rt_fetch(join->rtindex, query->rtable)->jointype = JOIN_INNER;
	}
	if (join->jointype == JOIN_FULL)
		present = NULL;
	inside = join->jointype == JOIN_FULL ? NULL
										 : bms_union(present, EntriesNeededBy(query, join->quals));
	reduce(query, join->larg, join->jointype == JOIN_LEFT ? present : inside);
	reduce(query, join->rarg, join->jointype == JOIN_RIGHT ? present : inside);
}

bool
HasOuterJoin(Node *jtnode)
{
	ListCell *lc;

	if (jtnode == NULL || IsA(jtnode, RangeTblRef))
		return false;
	if (IsA(jtnode, JoinExpr))
		return ((JoinExpr *) jtnode)->jointype != JOIN_INNER ||
			   HasOuterJoin(((JoinExpr *) jtnode)->larg) ||
			   HasOuterJoin(((JoinExpr *) jtnode)->rarg);
	foreach (lc, castNode(FromExpr, jtnode)->fromlist)
	{
		if (HasOuterJoin(lfirst(lc)))
			return true;
	}
	return false;
}

static bool
reduce_walker(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Query))
	{
		reduce_query((Query *) node);
		return false;
	}
	return expression_tree_walker(node, reduce_walker, context);
}

/* The condition of MERGE is not one on the rows that matter. */
static void
reduce_query(Query *query)
{
	if (query->commandType != CMD_MERGE && HasOuterJoin((Node *) query->jointree))
		reduce(query, (Node *) query->jointree, NULL);
	query_tree_walker(query, reduce_walker, NULL, 0);
}

void
ReduceOuterJoins(Query *query)
{
	reduce_query(query);
}
