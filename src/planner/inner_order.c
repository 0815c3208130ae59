/*-------------------------------------------------------------------------
 *
 * inner_order.c
 *	  ORDER BY of a subquery, where the query around it keeps that order.
 *
 * SELECT * FROM (SELECT .. ORDER BY x) s LIMIT 3, and any query of a view that
 * is ordered: PostgreSQL gives the rows in the order of the subquery. The rows
 * of nodes are merged only by the ORDER BY of what is pushed down as a whole,
 * so that has to say it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "optimizer/tlist.h"
#include "parser/parse_clause.h"
#include "parser/parsetree.h"
#include "planner/shape.h"

static bool lift_walker(Node *node, void *context);

/* Do rows come out in the order in which they come from FROM? */
static bool
keeps_order(Query *query)
{
	return query->commandType == CMD_SELECT && query->sortClause == NIL && !query->hasAggs &&
		   query->groupClause == NIL && query->groupingSets == NIL && !query->hasWindowFuncs &&
		   query->distinctClause == NIL && query->setOperations == NULL &&
		   query->havingQual == NULL && query->rowMarks == NIL &&
		   list_length(query->jointree->fromlist) == 1 &&
		   IsA(linitial(query->jointree->fromlist), RangeTblRef);
}

/* Would a further column of this entry be seen? */
static bool
shows_all_columns(Query *query, Index rti)
{
	Bitmapset *columns = NULL;

	if (query->hasSubLinks)
		return true;
	pull_varattnos((Node *) query->targetList, rti, &columns);
	pull_varattnos(query->jointree->quals, rti, &columns);
	return bms_is_member(-FirstLowInvalidHeapAttributeNumber, columns);
}

/* The query whose order that is, if it can be named by columns. */
static Query *
ordered_source(Query *query, Index rti)
{
	RangeTblEntry *rte = rt_fetch(rti, query->rtable);
	Query         *source = NULL;
	ListCell      *lc;

	if (rte->rtekind == RTE_SUBQUERY)
		source = rte->subquery;
	else if (rte->rtekind == RTE_CTE && rte->ctelevelsup == 0 && !rte->self_reference)
	{
		foreach (lc, query->cteList)
		{
			CommonTableExpr *cte = lfirst_node(CommonTableExpr, lc);

			if (strcmp(cte->ctename, rte->ctename) == 0)
				source = castNode(Query, cte->ctequery);
		}
	}
	if (source == NULL || source->commandType != CMD_SELECT)
		return NULL;
	foreach (lc, source->sortClause)
	{
		TargetEntry *tle =
			get_sortgroupclause_tle(lfirst_node(SortGroupClause, lc), source->targetList);

		if (tle->resjunk && (rte->rtekind == RTE_CTE || shows_all_columns(query, rti)))
			return NULL;
	}
	return source->sortClause ? source : NULL;
}

/* What a subquery is only ordered by becomes a column of it. */
static void
show_junk(RangeTblEntry *rte, Query *source)
{
	ListCell *lc;

	foreach (lc, source->targetList)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);

		if (!tle->resjunk)
			continue;
		tle->resjunk = false;
		tle->resname = psprintf("order%d", tle->resno);
		rte->eref->colnames = lappend(rte->eref->colnames, makeString(tle->resname));
	}
}

static void
order_by_column(Query *query, Var *column, SortGroupClause *inner)
{
	TargetEntry     *tle = tlist_member((Expr *) column, query->targetList);
	SortGroupClause *sort = copyObject(inner);

	if (tle == NULL)
	{
		tle = makeTargetEntry((Expr *) column, list_length(query->targetList) + 1, NULL, true);
		query->targetList = lappend(query->targetList, tle);
	}
	sort->tleSortGroupRef = assignSortGroupRef(tle, query->targetList);
	query->sortClause = lappend(query->sortClause, sort);
}

void
LiftOrder(Query *query)
{
	Index     rti;
	Query    *source;
	ListCell *lc;

	query_tree_walker(query, lift_walker, NULL, 0);
	if (!keeps_order(query))
		return;
	rti = linitial_node(RangeTblRef, query->jointree->fromlist)->rtindex;
	source = ordered_source(query, rti);
	if (source == NULL)
		return;
	if (rt_fetch(rti, query->rtable)->rtekind == RTE_SUBQUERY)
		show_junk(rt_fetch(rti, query->rtable), source);
	foreach (lc, source->sortClause)
	{
		SortGroupClause *inner = lfirst_node(SortGroupClause, lc);
		TargetEntry     *tle = get_sortgroupclause_tle(inner, source->targetList);

		order_by_column(query, makeVarFromTargetEntry(rti, tle), inner);
	}
}

static bool
lift_walker(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Query))
	{
		LiftOrder((Query *) node);
		return false;
	}
	return expression_tree_walker(node, lift_walker, context);
}
