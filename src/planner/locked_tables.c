/*-------------------------------------------------------------------------
 *
 * locked_tables.c
 *	  What PostgreSQL is told of tables whose rows the nodes lock.
 *
 * The executor and functions ask a plan whether its statement locks rows. An
 * entry of the range table that is used nowhere else names the user's table.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "nodes/nodeFuncs.h"
#include "parser/parsetree.h"
#include "planner/locked_tables.h"

/* A table whose rows a statement locks. */
typedef struct Locked
{
	RangeTblEntry *table;
	RowMarkClause *clause;
} Locked;

static bool
find_locked(Node *node, List **found)
{
	ListCell *lc;

	if (node == NULL)
		return false;
	if (!IsA(node, Query))
		return expression_tree_walker(node, find_locked, found);
	foreach (lc, ((Query *) node)->rowMarks)
	{
		RowMarkClause *clause = lfirst_node(RowMarkClause, lc);
		RangeTblEntry *rte = rt_fetch(clause->rti, ((Query *) node)->rtable);
		Locked        *locked = palloc(sizeof(Locked));

		if (rte->rtekind != RTE_RELATION)
			continue;
		locked->clause = clause;
		locked->table = makeNode(RangeTblEntry);
		locked->table->rtekind = RTE_RELATION;
		locked->table->relid = rte->relid;
		locked->table->relkind = rte->relkind;
		locked->table->rellockmode = rte->rellockmode;
		locked->table->eref = rte->eref;
		*found = lappend(*found, locked);
	}
	return query_tree_walker((Query *) node, find_locked, found, 0);
}

List *
FindLockedTables(Query *query)
{
	List *found = NIL;

	(void) find_locked((Node *) query, &found);
	return found;
}

void
MarkLockedTables(PlannedStmt *plan, List *locked)
{
	ListCell *lc;

	foreach (lc, locked)
	{
		Locked      *one = lfirst(lc);
		PlanRowMark *mark = makeNode(PlanRowMark);

		plan->rtable = lappend(plan->rtable, one->table);
		mark->rti = mark->prti = list_length(plan->rtable);
		mark->strength = one->clause->strength;
		mark->waitPolicy = one->clause->waitPolicy;
		mark->isParent = true;
		plan->rowMarks = lappend(plan->rowMarks, mark);
	}
}
