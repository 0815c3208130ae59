/*-------------------------------------------------------------------------
 *
 * ship.c
 *	  Plans of statements that are shipped whole.
 *
 * The plan is a bare CustomScan; PostgreSQL's planner is not asked. The logical
 * tables stay in its range table, for the permission checks, for the locks
 * that the plan cache takes, and for invalidation.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "executor/before_row.h"
#include "executor/remote_scan.h"
#include "executor/statement_triggers.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "planner/after_row.h"
#include "planner/moved_tables.h"
#include "planner/planner.h"
#include "planner/print.h"
#include "planner/ship.h"
#include "planner/transfer.h"
#include "utils/lsyscache.h"

static bool
collect_relations_walker(Node *node, List **relations)
{
	if (node == NULL)
		return false;
	if (IsA(node, RangeTblEntry))
	{
		RangeTblEntry *rte = (RangeTblEntry *) node;

		if (rte->rtekind == RTE_RELATION && rte->relkind != RELKIND_COMPOSITE_TYPE)
		{
			RangeTblEntry *copy = copyObject(rte);

			copy->securityQuals = NIL;
			copy->tablesample = NULL;
			*relations = lappend(*relations, copy);
		}
		return false;
	}
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, collect_relations_walker, relations,
								 QTW_EXAMINE_RTES_BEFORE);
	return expression_tree_walker(node, collect_relations_walker, relations);
}

List *
RelationsForChecks(Query *query)
{
	List     *relations = NIL;
	ListCell *lc;

	collect_relations_walker((Node *) query, &relations);
	foreach (lc, relations)
	{
		RangeTblEntry *rte = lfirst_node(RangeTblEntry, lc);

		rte->inh = false;
		rte->inFromCl = false;
		rte->lateral = false;
	}
	return relations;
}

/* What a fragment returns, as a range table entry that EXPLAIN can name columns of. */
static RangeTblEntry *
remote_result_entry(List *targetlist)
{
	RangeTblEntry *rte = makeNode(RangeTblEntry);
	ListCell      *lc;
	List          *names = NIL;

	foreach (lc, targetlist)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);

		if (!tle->resjunk)
			names = lappend(names, makeString(pstrdup(tle->resname ? tle->resname : "?column?")));
	}
	rte->rtekind = RTE_VALUES;
	rte->eref = makeAlias("remote", names);
	return rte;
}

/* Does the test hold for any operation of the statement on the table that it modifies? */
static bool
any_operation(Query *query, Oid target, bool (*test)(Oid target, CmdType operation))
{
	Bitmapset *operations = OperationsOfStatement(query);
	int        operation = -1;

	while ((operation = bms_next_member(operations, operation)) >= 0)
	{
		if (test(target, operation))
			return true;
	}
	return false;
}

/*
 * The rights to change rows are asked for on that table: the target, or one that it inherits from.
 * A statement of a rule has entries with such rights for the table that has the rule, too.
 */
Oid
NamedTable(Query *query)
{
	const AclMode  writes = ACL_INSERT | ACL_UPDATE | ACL_DELETE;
	RangeTblEntry *target = rt_fetch(query->resultRelation, query->rtable);
	ListCell      *lc;

	if ((target->requiredPerms & writes) != 0)
		return target->relid;
	foreach (lc, query->rtable)
	{
		RangeTblEntry *rte = lfirst_node(RangeTblEntry, lc);

		if (rte->rtekind == RTE_RELATION && (rte->requiredPerms & writes) != 0 &&
			LookupDistTable(rte->relid) != NULL &&
			typeInheritsFrom(get_rel_type_id(target->relid), get_rel_type_id(rte->relid)))
			return rte->relid;
	}
	return target->relid;
}

bool
FiresTriggersOfStatement(Query *query)
{
	Oid named;

	if (query->resultRelation == 0)
		return false;
	named = NamedTable(query);
	return LookupDistTable(named) != NULL && any_operation(query, named, FiresTriggersHere);
}

bool
FiresTriggersOfChange(Query *query)
{
	return query->commandType != CMD_INSERT && FiresTriggersOfStatement(query);
}

bool
FiresBeforeChangeHere(Query *query)
{
	return query->resultRelation != 0 &&
		   FiresBeforeRowHere(rt_fetch(query->resultRelation, query->rtable)->relid,
							  query->commandType);
}

bool
MergeMovesCapturedRows(Query *query)
{
	return query->commandType == CMD_MERGE && HasTransitionTables(NamedTable(query)) &&
		   MergeMayMoveRows(query,
							LookupDistTable(rt_fetch(query->resultRelation, query->rtable)->relid));
}

bool
CtesFireTriggers(Query *query)
{
	ListCell *lc;

	if (!query->hasModifyingCTE)
		return false;
	foreach (lc, query->cteList)
	{
		Query *statement = castNode(Query, lfirst_node(CommonTableExpr, lc)->ctequery);

		if (FiresTriggersOfStatement(statement) || FiresBeforeChangeHere(statement))
			return true;
	}
	return false;
}

/* The scan returns what the fragment does. */
static void
add_columns(CustomScan *scan, List *output, Index remote_rti)
{
	AttrNumber attno = 0;
	ListCell  *lc;

	foreach (lc, output)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);
		TargetEntry *copy;
		Var         *var;

		if (tle->resjunk)
			continue;
		var = makeVarFromTargetEntry(remote_rti, tle);
		var->varattno = ++attno;
		var->varattnosyn = attno;
		scan->custom_scan_tlist = lappend(
			scan->custom_scan_tlist, makeTargetEntry((Expr *) var, attno, tle->resname, false));

		var = copyObject(var);
		var->varno = INDEX_VAR;
		copy = makeTargetEntry((Expr *) var, attno, tle->resname, false);
		copy->resorigtbl = tle->resorigtbl;
		copy->resorigcol = tle->resorigcol;
		scan->scan.plan.targetlist = lappend(scan->scan.plan.targetlist, copy);
	}
}

/*
 * ShipQuery plans a statement as one fragment. The caller has filled in where
 * it runs; key is the expression that selects the shard, or NULL. The query
 * must be printable.
 */
PlannedStmt *
ShipQuery(Query *query, FragmentPlan *fragment, Expr *key)
{
	PlannedStmt *result = makeNode(PlannedStmt);
	CustomScan  *scan = makeNode(CustomScan);
	List        *before = NIL;
	List *output = query->commandType == CMD_SELECT ? query->targetList : query->returningList;
	List *params;
	List *relations =
		list_concat(RelationsForChecks(query), RelationsOfTransfers(TransfersOfQuery(query)));
	ListCell *lc;

	fragment->sql = PrintFragment(
		query, fragment->target == TARGET_ONE_SHARD && fragment->transfers == NIL, &params);
	fragment->key_type = key ? exprType((Node *) key) : InvalidOid;
	fragment->operation = query->commandType;
	fragment->locks_rows = query->rowMarks != NIL;
	fragment->whole_query = !FiresAfterRow(query, &result->relationOids);
	fragment->fires = FiresBeforeRow(query, &before);
	result->relationOids = list_concat_unique_oid(result->relationOids, before);
	fragment->counts = query->canSetTag;
	fragment->moves = MovedTables(query);
	if (FiresTriggersOfChange(query))
	{
		fragment->triggers = NamedTable(query);
		fragment->table = rt_fetch(query->resultRelation, query->rtable)->relid;
	}

	foreach (lc, relations)
		result->relationOids =
			list_append_unique_oid(result->relationOids, lfirst_node(RangeTblEntry, lc)->relid);
	relations = lappend(relations, remote_result_entry(output));
	add_columns(scan, output, list_length(relations));
	scan->scan.plan.startup_cost = 1;
	scan->scan.plan.total_cost = 1;
	scan->scan.plan.plan_rows = 1;
	scan->scan.plan.plan_width = 32;
	scan->flags = CUSTOMPATH_SUPPORT_PROJECTION;
	scan->custom_exprs = key ? lcons(expression_planner(copyObject(key)), params) : params;
	scan->custom_private = PackFragment(fragment);
	scan->methods = &RemoteScanMethods;

	result->commandType = query->commandType;
	result->queryId = query->queryId;
	result->hasReturning = query->returningList != NIL;
	result->hasModifyingCTE = query->hasModifyingCTE;
	result->canSetTag = query->canSetTag;
	result->dependsOnRole = query->hasRowSecurity;
	result->planTree = (Plan *) scan;
	result->rtable = relations;
	result->stmt_location = query->stmt_location;
	result->stmt_len = query->stmt_len;
	fix_opfuncids((Node *) scan->custom_exprs);
	return result;
}
