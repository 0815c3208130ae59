/*-------------------------------------------------------------------------
 *
 * outer_cte.c
 *	  CTEs of the queries around the one that is being planned.
 *
 * A part of a query whose rows are sent to the nodes may read CTEs that are
 * computed apart. Then the query for its rows becomes a CTE itself, behind
 * those that it reads (see transfer.c): so each is computed once, whoever reads
 * it. Here is what planning that part needs to know of them. They are known by
 * their names; of equal names the innermost counts, where a mistake would only
 * spoil an estimate, and the worst where it would matter.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "nodes/nodeFuncs.h"
#include "planner/estimate.h"
#include "planner/leaf.h"
#include "planner/outer_cte.h"
#include "planner/transfer.h"

/* Rows of a recursion, as long as nothing is known of it. */
#define DEFAULT_CTE_ROWS 1000

typedef struct NotedCte
{
	const char   *name;
	QueryEstimate estimate;
	bool          changes; /* while the statement runs */
} NotedCte;

/* Innermost first. */
static List *noted;

List *
ForgetCtes(void)
{
	List *before = noted;

	noted = NIL;
	return before;
}

void
RememberCtes(List *before)
{
	noted = before;
}

typedef struct CteWalk
{
	CteVisit visit;
	void    *arg;
	int      depth;
} CteWalk;

static bool
visit_walker(Node *node, CteWalk *walk)
{
	if (node == NULL)
		return false;
	if (IsA(node, RangeTblEntry))
	{
		RangeTblEntry *rte = (RangeTblEntry *) node;

		if (rte->rtekind == RTE_CTE)
			walk->visit(rte, (int) rte->ctelevelsup - walk->depth, walk->arg);
		return false;
	}
	if (IsA(node, Query))
	{
		walk->depth++;
		query_tree_walker((Query *) node, visit_walker, walk, QTW_EXAMINE_RTES_AFTER);
		walk->depth--;
		return false;
	}
	return expression_tree_walker(node, visit_walker, walk);
}

void
VisitCtes(Query *query, CteVisit visit, void *arg)
{
	CteWalk walk = {visit, arg, -1};

	visit_walker((Node *) query, &walk);
}

static void
note_use(RangeTblEntry *rte, int levels, void *arg)
{
	CteUse   *use = arg;
	bool      found = false;
	ListCell *lc;

	if (levels <= 0)
		return;
	*use = Max(*use, READS_FIXED_CTES);
	foreach (lc, noted)
	{
		NotedCte *cte = lfirst(lc);

		if (strcmp(cte->name, rte->ctename) != 0)
			continue;
		found = true;
		if (cte->changes)
			*use = READS_CHANGING_CTES;
	}
	if (!found || rte->self_reference)
		*use = READS_CHANGING_CTES;
}

CteUse
OuterCtesOf(Query *query)
{
	CteUse use = READS_NO_CTE;

	VisitCtes(query, note_use, &use);
	return use;
}

void
NoteCtes(Query *query)
{
	ListCell *lc;

	foreach (lc, query->cteList)
	{
		CommonTableExpr *cte = lfirst_node(CommonTableExpr, lc);
		Query           *subquery = castNode(Query, cte->ctequery);
		NotedCte        *note = palloc0(sizeof(NotedCte));

		note->name = cte->ctename;
		note->estimate.rows = DEFAULT_CTE_ROWS;
		/* a recursion reads itself, which is nothing to those that read it when it is done */
		note->changes = HasOuterColumns(subquery) ||
						(!cte->cterecursive && OuterCtesOf(subquery) == READS_CHANGING_CTES);
		noted = lcons(note, noted);
		if (subquery->commandType == CMD_SELECT)
			note->estimate = EstimateQuery(subquery, NULL);
	}
}

static void
shift_level(RangeTblEntry *rte, int levels, void *arg)
{
	if (levels >= 0)
		rte->ctelevelsup += *(int *) arg;
}

void
ShiftOuterCtes(Query *query, int levels)
{
	VisitCtes(query, shift_level, &levels);
}

static void
stand_in(RangeTblEntry *rte, int levels, void *arg)
{
	Transfer  rows = {.source = makeNode(Query), .estimate = {DEFAULT_CTE_ROWS, 0}};
	ListCell *lc;

	if (levels <= 0)
		return;
	for (int i = 1; i <= list_length(rte->coltypes); i++)
		rows.columns = lappend_int(rows.columns, i);
	foreach (lc, noted)
	{
		NotedCte *cte = lfirst(lc);

		if (strcmp(cte->name, rte->ctename) == 0)
		{
			rows.estimate = cte->estimate;
			break;
		}
	}
	*rte = *TransferredEntry(rte, &rows);
}

void
StandInForCtes(Query *query)
{
	VisitCtes(query, stand_in, NULL);
}

static void
count_reference(RangeTblEntry *rte, int levels, void *arg)
{
	CommonTableExpr *cte = arg;

	if (levels == 0 && !rte->self_reference && strcmp(rte->ctename, cte->ctename) == 0)
		cte->cterefcount++;
}

/* Leaves only the CTEs that the query reads, and the last ones, as many as told. */
static void
keep_used_ctes(Query *query, int last)
{
	for (int i = list_length(query->cteList) - 1 - last; i >= 0; i--)
	{
		CommonTableExpr *cte = list_nth_node(CommonTableExpr, query->cteList, i);

		cte->cterefcount = 0;
		VisitCtes(query, count_reference, cte);
		if (cte->cterefcount == 0)
			query->cteList = list_delete_nth_cell(query->cteList, i);
	}
}

void
DivideCtes(Query *query, Query *leaf)
{
	List *sources = CtesOfTransfers(TransfersOfQuery(leaf));

	if (sources == NIL)
		return;
	query->cteList = list_concat(copyObject(leaf->cteList), sources);
	query->hasRecursive = leaf->hasRecursive;
	keep_used_ctes(query, list_length(sources));
	keep_used_ctes(leaf, 0);
}
