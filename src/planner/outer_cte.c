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

/* Calls a function for each entry that is a CTE of a query around this one. */
typedef struct CteWalk
{
	void (*visit)(RangeTblEntry *rte, void *arg);
	void *arg;
	int   depth;
} CteWalk;

static bool
walk_outer_ctes(Node *node, CteWalk *walk)
{
	if (node == NULL)
		return false;
	if (IsA(node, RangeTblEntry))
	{
		RangeTblEntry *rte = (RangeTblEntry *) node;

		if (rte->rtekind == RTE_CTE && (int) rte->ctelevelsup > walk->depth)
			walk->visit(rte, walk->arg);
		return false;
	}
	if (IsA(node, Query))
	{
		walk->depth++;
		query_tree_walker((Query *) node, walk_outer_ctes, walk, QTW_EXAMINE_RTES_BEFORE);
		walk->depth--;
		return false;
	}
	return expression_tree_walker(node, walk_outer_ctes, walk);
}

static void
visit_outer_ctes(Query *query, int depth, void (*visit)(RangeTblEntry *, void *), void *arg)
{
	CteWalk walk = {visit, arg, depth - 1};

	walk_outer_ctes((Node *) query, &walk);
}

static void
note_use(RangeTblEntry *rte, void *arg)
{
	CteUse   *use = arg;
	bool      found = false;
	ListCell *lc;

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

	visit_outer_ctes(query, 0, note_use, &use);
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
shift_level(RangeTblEntry *rte, void *levels)
{
	rte->ctelevelsup += *(int *) levels;
}

void
ShiftOuterCtes(Query *query, int levels)
{
	visit_outer_ctes(query, -1, shift_level, &levels);
}

static void
stand_in(RangeTblEntry *rte, void *arg)
{
	Transfer  rows = {.source = makeNode(Query), .estimate = {DEFAULT_CTE_ROWS, 0}};
	ListCell *lc;

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
	visit_outer_ctes(query, 0, stand_in, NULL);
}

typedef struct References
{
	const char *name;
	int         depth;
	int         count;
} References;

static bool
count_references(Node *node, References *references)
{
	if (node == NULL)
		return false;
	if (IsA(node, RangeTblEntry))
	{
		RangeTblEntry *rte = (RangeTblEntry *) node;

		if (rte->rtekind == RTE_CTE && (int) rte->ctelevelsup == references->depth &&
			!rte->self_reference && strcmp(rte->ctename, references->name) == 0)
			references->count++;
		return false;
	}
	if (IsA(node, Query))
	{
		references->depth++;
		query_tree_walker((Query *) node, count_references, references, QTW_EXAMINE_RTES_BEFORE);
		references->depth--;
		return false;
	}
	return expression_tree_walker(node, count_references, references);
}

/* Leaves only the CTEs that the query reads, and the last ones, as many as told. */
static void
keep_used_ctes(Query *query, int last)
{
	for (int i = list_length(query->cteList) - 1 - last; i >= 0; i--)
	{
		CommonTableExpr *cte = list_nth_node(CommonTableExpr, query->cteList, i);
		References       references = {cte->ctename, -1, 0};

		count_references((Node *) query, &references);
		cte->cterefcount = references.count;
		if (references.count == 0)
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
