/*-------------------------------------------------------------------------
 *
 * policies.c
 *	  Policies of row-level security whose subqueries read distributed tables.
 *
 * A fragment names data tables only, but the policies that this node adds to it
 * name the user's tables. Where such a subquery is tied to the shard key of the
 * row that it is about, this node has all that it asks for.
 *
 * Where it is not, the node that plans the query makes the table one that is
 * read past its policies, in a subquery with their conditions that is a security
 * barrier, as a view would be. Of a table that is changed, they become the
 * conditions of such a view and its check option.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/metadata.h"
#include "catalog/pg_authid.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "parser/parsetree.h"
#include "planner/leaf.h"
#include "planner/moved_tables.h"
#include "planner/policies.h"
#include "planner/print.h"
#include "planner/shape.h"
#include "planner/wrap_table.h"
#include "rewrite/rewriteManip.h"

/* Takes the policies away. */
static bool
strip_walker(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Query))
	{
		Query    *query = (Query *) node;
		ListCell *lc;

		foreach (lc, query->rtable)
			lfirst_node(RangeTblEntry, lc)->securityQuals = NIL;
		query->withCheckOptions = NIL;
		return query_tree_walker(query, strip_walker, context, 0);
	}
	return expression_tree_walker(node, strip_walker, context);
}

/* Gives data tables the names of their logical tables, by which it is known how rows are spread. */
static bool
name_walker(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, RangeTblEntry))
	{
		RangeTblEntry *rte = (RangeTblEntry *) node;
		DistTable *table = rte->rtekind == RTE_RELATION ? LookupDistTableByData(rte->relid) : NULL;

		if (table != NULL)
			rte->relid = table->relid;
		return false;
	}
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, name_walker, context, QTW_EXAMINE_RTES_BEFORE);
	return expression_tree_walker(node, name_walker, context);
}

/* Does the policy need more than the node of the row has? A row that changes its key has left it, perhaps. */
static bool
leaves_node(Query *query, Index rti, Node *policy)
{
	DistTable *table = LookupDistTable(rt_fetch(rti, query->rtable)->relid);

	if (!checkExprHasSubLink(policy))
		return false;
	if (rti == query->resultRelation && table && MayChangeKey(query, table))
		return true;
	return !ConditionStaysWithRow(query, rti, policy);
}

static bool
policy_leaves_node(Query *query, Index rti)
{
	ListCell *lc;

	foreach (lc, rt_fetch(rti, query->rtable)->securityQuals)
	{
		if (leaves_node(query, rti, lfirst(lc)))
			return true;
	}
	return false;
}

static bool
check_leaves_node(Query *query)
{
	ListCell *lc;

	foreach (lc, query->withCheckOptions)
	{
		if (leaves_node(query, query->resultRelation, lfirst_node(WithCheckOption, lc)->qual))
			return true;
	}
	return false;
}

bool
ConditionsLeaveNode(Query *query)
{
	for (Index rti = 1; rti <= list_length(query->rtable); rti++)
	{
		if (policy_leaves_node(query, rti))
			return true;
	}
	return check_leaves_node(query);
}

static bool
leaves_walker(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Query))
	{
		if (ConditionsLeaveNode((Query *) node))
			return true;
		return query_tree_walker((Query *) node, leaves_walker, context, 0);
	}
	return expression_tree_walker(node, leaves_walker, context);
}

void
SetRightsApart(Query *query, RangeTblEntry *table)
{
	RangeTblEntry *rights = copyObject(table);

	table->requiredPerms = 0;
	rights->securityQuals = NIL;
	rights->tablesample = NULL;
	rights->lateral = rights->inh = rights->inFromCl = false;
	query->rtable = lappend(query->rtable, rights);
}

/* The table is read and written past its policies. */
static void
pass_policies(Query *query, RangeTblEntry *table)
{
	SetRightsApart(query, table);
	table->checkAsUser = BOOTSTRAP_SUPERUSERID;
}

void
ReadPastPolicies(Query *query, Index rti, bool row_apart)
{
	Query         *allowed;
	RangeTblEntry *table;

	pass_policies(query, rt_fetch(rti, query->rtable));
	allowed = WrapTable(query, rti, row_apart);
	table = linitial_node(RangeTblEntry, allowed->rtable);
	rt_fetch(rti, query->rtable)->security_barrier = true;
	allowed->jointree->quals = (Node *) make_ands_explicit(table->securityQuals);
	allowed->hasSubLinks = true;
	table->securityQuals = NIL;
	MoveRowMark(query, rti, allowed);
}

void
ChangePastPolicies(Query *query)
{
	ListCell *lc;

	pass_policies(query, rt_fetch(query->resultRelation, query->rtable));
	foreach (lc, query->withCheckOptions)
	{
		WithCheckOption *option = lfirst_node(WithCheckOption, lc);

		if (option->kind != WCO_RLS_INSERT_CHECK && option->kind != WCO_RLS_UPDATE_CHECK)
			continue;
		option->relname =
			option->polname
				? psprintf("new row violates row-level security policy \"%s\" for table \"%s\"",
						   option->polname, option->relname)
				: psprintf("new row violates row-level security policy for table \"%s\"",
						   option->relname);
		option->polname = option->relname;
		option->kind = WCO_VIEW_CHECK;
	}
}

bool
LocksByOtherPolicies(Query *query)
{
	Query update = *query;

	update.commandType = CMD_UPDATE;
	return query->commandType == CMD_DELETE && query->hasRowSecurity &&
		   !equal(PoliciesOnTarget(query), PoliciesOnTarget(&update));
}

/* ON CONFLICT and MERGE check rows that only the nodes find. */
static bool
target_can_be_checked_here(Query *query)
{
	return query->resultRelation && query->commandType != CMD_MERGE && query->onConflict == NULL &&
		   LookupDistTable(rt_fetch(query->resultRelation, query->rtable)->relid) != NULL &&
		   (policy_leaves_node(query, query->resultRelation) || check_leaves_node(query));
}

static bool
check_here_walker(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Query))
	{
		Query    *query = (Query *) node;
		int       nentries = list_length(query->rtable);
		int       target = 0; /* whose policies are checked here */
		Query     rest;
		ListCell *lc;

		for (int rti = 1; rti <= nentries; rti++)
		{
			DistTable *table = LookupDistTable(rt_fetch(rti, query->rtable)->relid);

			if (table && rti != query->resultRelation && policy_leaves_node(query, rti))
				ReadPastPolicies(query, rti, false);
		}
		if (target_can_be_checked_here(query))
		{
			ChangePastPolicies(query);
			target = query->resultRelation;
		}
		/* what is left of policies is for the nodes */
		rest = *query;
		if (target == 0)
			rest.withCheckOptions = NIL;
		foreach (lc, query->rtable)
		{
			if (lfirst_node(RangeTblEntry, lc)->securityQuals == NIL ||
				foreach_current_index(lc) + 1 == target)
				range_table_entry_walker(lfirst(lc), check_here_walker, context, 0);
		}
		return query_tree_walker(&rest, check_here_walker, context, QTW_IGNORE_RANGE_TABLE);
	}
	return expression_tree_walker(node, check_here_walker, context);
}

void
CheckPoliciesHere(Query *query)
{
	(void) check_here_walker((Node *) query, NULL);
}

bool
OnlyPoliciesNameDistTables(Query *query)
{
	Query *stripped;

	if (!query->hasRowSecurity)
		return false;
	stripped = copyObject(query);
	(void) strip_walker((Node *) stripped, NULL);
	return !QueryNamesDistTable(stripped);
}

bool
PoliciesStayOnNode(Query *query)
{
	Query *named = copyObject(query);

	(void) name_walker((Node *) named, NULL);
	return !leaves_walker((Node *) named, NULL);
}
