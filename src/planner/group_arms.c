/*-------------------------------------------------------------------------
 *
 * group_arms.c
 *	  Grouping the arms of a UNION ALL each by itself.
 *
 *	  SELECT x, count(*) FROM (SELECT x FROM a UNION ALL SELECT x FROM b) u GROUP BY x
 *
 * becomes, if a and b are not co-located,
 *
 *	  SELECT x, sum(part) FROM (SELECT x, count(*) AS part FROM a GROUP BY x
 *	                            UNION ALL
 *	                            SELECT x, count(*) AS part FROM b GROUP BY x) u GROUP BY x
 *
 * where what split.c has made of the query gives the parts, and their sum. An arm
 * that nodes cannot do by themselves is grouped here, or cut further down.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "nodes/makefuncs.h"
#include "parser/parsetree.h"
#include "planner/group_arms.h"
#include "planner/inherited.h"
#include "planner/leaf.h"
#include "planner/print.h"
#include "planner/set_arms.h"
#include "planner/shape.h"

/* The entry that is all of FROM, if it is a set operation and nothing else; else 0. */
static Index
only_entry(Query *query)
{
	Node  *item = query->jointree->fromlist ? linitial(query->jointree->fromlist) : NULL;
	Index  rti;
	Query *inner;

	if (list_length(query->jointree->fromlist) != 1 || !IsA(item, RangeTblRef) || query->cteList)
		return 0;
	rti = ((RangeTblRef *) item)->rtindex;
	inner = rt_fetch(rti, query->rtable)->subquery;
	if (inner == NULL || inner->setOperations == NULL || inner->sortClause || inner->limitCount ||
		inner->limitOffset || inner->cteList)
		return 0;
	return rti;
}

/* Do nodes compute what the leaf returns, each for its own rows? */
static bool
is_for_nodes(Query *leaf)
{
	return SpreadOfInput(leaf).kind == SPREAD_SPLIT && WhyNotPrintable(leaf) == NULL;
}

List *
LeavesOfArms(Query *leaf)
{
	Index     rti = only_entry(leaf);
	List     *result = NIL;
	bool      some_for_nodes = false;
	ListCell *lc;

	if (rti == 0 || HasOuterReferences(leaf))
		return NIL;
	foreach (lc, ArmsOfUnionAll(rt_fetch(rti, leaf->rtable)->subquery))
	{
		Query *over_arm = copyObject(leaf);

		rt_fetch(rti, over_arm->rtable)->subquery = copyObject(lfirst_node(Query, lc));
		some_for_nodes |= is_for_nodes(over_arm);
		result = lappend(result, over_arm);
	}
	return some_for_nodes ? result : NIL;
}

/* SELECT .. FROM (the leaf) */
static Query *
select_from_leaf(Query *leaf)
{
	Query       *query = makeNode(Query);
	RangeTblRef *ref = makeNode(RangeTblRef);
	ListCell    *lc;

	query->commandType = CMD_SELECT;
	query->hasRowSecurity = leaf->hasRowSecurity;
	ref->rtindex = AddLeaf(query, leaf);
	query->jointree = makeFromExpr(list_make1(ref), NULL);
	foreach (lc, leaf->targetList)
	{
		TargetEntry *tle = flatCopyTargetEntry(lfirst_node(TargetEntry, lc));

		tle->expr = (Expr *) LeafColumn(query, ref->rtindex, tle->resno);
		tle->ressortgroupref = 0;
		query->targetList = lappend(query->targetList, tle);
	}
	return query;
}

Index
AddArms(Query *query, List *leaves)
{
	RangeTblEntry *rte = makeNode(RangeTblEntry);
	List          *arms = NIL;
	ListCell      *lc;

	foreach (lc, leaves)
	{
		Query *leaf = lfirst_node(Query, lc);

		if (is_for_nodes(leaf))
			leaf = select_from_leaf(leaf);
		else
			ReplaceOrCut(leaf);
		arms = lappend(arms, leaf);
	}
	rte->rtekind = RTE_SUBQUERY;
	rte->subquery = UnionAll(arms);
	rte->eref = makeAlias("arms", NIL);
	foreach (lc, rte->subquery->targetList)
		rte->eref->colnames =
			lappend(rte->eref->colnames, makeString(lfirst_node(TargetEntry, lc)->resname));
	rte->inFromCl = true;
	query->rtable = lappend(query->rtable, rte);
	return list_length(query->rtable);
}
