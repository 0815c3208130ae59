/*-------------------------------------------------------------------------
 *
 * steps.c
 *	  Modifications that are divided into steps, each a CTE of the statement.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "planner/modify.h"

CommonTableExpr *
MakeCte(const char *name, Query *query, int references)
{
	CommonTableExpr *cte = makeNode(CommonTableExpr);
	ListCell        *lc;

	cte->ctename = pstrdup(name);
	cte->ctematerialized = CTEMaterializeAlways;
	cte->ctequery = (Node *) query;
	cte->location = -1;
	cte->cterefcount = references;
	foreach (lc, query->commandType == CMD_SELECT ? query->targetList : query->returningList)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);
		Node        *expr = (Node *) tle->expr;

		if (tle->resjunk) /* they come last, and have no names */
			continue;
		cte->ctecolnames = lappend(cte->ctecolnames, makeString(tle->resname));
		cte->ctecoltypes = lappend_oid(cte->ctecoltypes, exprType(expr));
		cte->ctecoltypmods = lappend_int(cte->ctecoltypmods, exprTypmod(expr));
		cte->ctecolcollations = lappend_oid(cte->ctecolcollations, exprCollation(expr));
	}
	return cte;
}

Query *
SelectFromCte(CommonTableExpr *cte)
{
	Query         *query = makeNode(Query);
	RangeTblEntry *rte = makeNode(RangeTblEntry);
	RangeTblRef   *ref = makeNode(RangeTblRef);

	rte->rtekind = RTE_CTE;
	rte->ctename = cte->ctename;
	rte->ctelevelsup = 1;
	rte->coltypes = cte->ctecoltypes;
	rte->coltypmods = cte->ctecoltypmods;
	rte->colcollations = cte->ctecolcollations;
	rte->eref = makeAlias(cte->ctename, cte->ctecolnames);
	rte->inFromCl = true;
	ref->rtindex = 1;
	query->commandType = CMD_SELECT;
	query->rtable = list_make1(rte);
	query->jointree = makeFromExpr(list_make1(ref), NULL);
	return query;
}

/* EXISTS (SELECT FROM cte): a CTE that returns no rows is carried out to find that. */
static Expr *
carry_out(CommonTableExpr *cte)
{
	SubLink *sublink = makeNode(SubLink);

	sublink->subLinkType = EXISTS_SUBLINK;
	sublink->subselect = (Node *) SelectFromCte(cte);
	sublink->location = -1;
	return (Expr *) sublink;
}

CommonTableExpr *
AddStep(Query *outer, const char *name, Query *step)
{
	CommonTableExpr *cte = MakeCte(name, step, 1);
	int              attno = list_length(outer->targetList) + 1;

	outer->cteList = lappend(outer->cteList, cte);
	outer->targetList =
		lappend(outer->targetList, makeTargetEntry(carry_out(cte), attno, "done", false));
	return cte;
}
