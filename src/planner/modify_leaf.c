/*-------------------------------------------------------------------------
 *
 * modify_leaf.c
 *	  A modification as a source of rows.
 *
 * A modification that is not all of a statement, or not all of which the nodes
 * can do, becomes a leaf: in its place the query has a SELECT of what it returns.
 * So RETURNING may use whatever a SELECT may, and a modification in WITH is a CTE
 * like others. PostgreSQL plans it all; the leaf's scan modifies rows.
 *
 * Where rows are computed for it here, the query that does so is planned as a
 * subquery of the leaf, below its scan.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "compat.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "executor/remote_scan.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/planmain.h"
#include "optimizer/planner.h"
#include "optimizer/restrictinfo.h"
#include "parser/parse_func.h"
#include "parser/parsetree.h"
#include "planner/after_row.h"
#include "planner/key_subqueries.h"
#include "planner/leaf.h"
#include "planner/leaf_params.h"
#include "planner/modify.h"
#include "planner/moved_tables.h"
#include "planner/outer_cte.h"
#include "planner/print.h"
#include "planner/record_fields.h"
#include "planner/row_columns.h"
#include "planner/ship.h"
#include "rewrite/rewriteManip.h"
#include "utils/builtins.h"

bool
ModifiesDistTable(Query *query)
{
	return query->resultRelation != 0 &&
		   LookupDistTable(rt_fetch(query->resultRelation, query->rtable)->relid) != NULL;
}

static bool
is_check_option(WithCheckOption *option)
{
	return option->kind == WCO_VIEW_CHECK || option->kind == VIEW_CONFLICT_CHECK;
}

/* A view with a check option, but no condition, has nothing to check. */
static bool
checks_rows(WithCheckOption *option)
{
	return is_check_option(option) && option->qual != NULL;
}

static bool
has_check_option(Query *query)
{
	ListCell *lc;

	foreach (lc, query->withCheckOptions)
	{
		if (checks_rows(lfirst_node(WithCheckOption, lc)))
			return true;
	}
	return false;
}

/* What nodes need not know of: their own policies remain. */
static List *
without_check_options(List *options)
{
	List     *result = NIL;
	ListCell *lc;

	foreach (lc, options)
	{
		if (!is_check_option(lfirst_node(WithCheckOption, lc)))
			result = lappend(result, lfirst(lc));
	}
	return result;
}

static Expr *
check_call(const char *function, WithCheckOption *option, Var *row)
{
	Oid    arg_types[] = {BOOLOID, TEXTOID, ANYELEMENTOID};
	List  *name = list_make2(makeString("distshard"), makeString(pstrdup(function)));
	Const *view = makeConst(TEXTOID, -1, DEFAULT_COLLATION_OID, -1,
							CStringGetTextDatum(option->relname), false, false);
	List  *args = list_make2(copyObject(option->qual), view);

	if (row)
		args = lappend(args, row);
	return (Expr *) makeFuncExpr(LookupFuncName(name, list_length(args), arg_types, false), BOOLOID,
								 args, InvalidOid, InvalidOid, COERCE_EXPLICIT_CALL);
}

/* A view's condition on the row that is there, before the statement's own. */
static void
check_conflicting_row(Query *query, Query *change)
{
	OnConflictExpr *conflict = change->onConflict;
	ListCell       *lc;

	foreach (lc, query->withCheckOptions)
	{
		WithCheckOption *option = lfirst_node(WithCheckOption, lc);

		if (option->kind == VIEW_CONFLICT_CHECK && checks_rows(option))
			conflict->onConflictWhere = make_and_qual(
				(Node *) check_call("check_conflict", option, NULL), conflict->onConflictWhere);
	}
}

/* The check options of views, as quals that raise an error for a row that fails. */
static List *
check_quals(Query *query)
{
	RangeTblEntry *target = rt_fetch(query->resultRelation, query->rtable);
	List          *result = NIL;
	ListCell      *lc;

	foreach (lc, query->withCheckOptions)
	{
		WithCheckOption *option = lfirst_node(WithCheckOption, lc);

		if (option->kind != WCO_VIEW_CHECK || !checks_rows(option))
			continue;
		if (option->polname)
			result = lappend(result, check_call("check_policy", option, NULL));
		else
			result = lappend(result,
							 check_call("check_option", option,
										makeWholeRowVar(target, query->resultRelation, 0, false)));
	}
	return result;
}

/* Can a node compute this for a row that it has written? */
static bool
computed_there(List *targetlist)
{
	Query returning;

	if (checkExprHasSubLink((Node *) targetlist) || HasRecords(targetlist))
		return false;
	/* of a SELECT from the same tables, only what it returns could not be printed */
	memset(&returning, 0, sizeof(Query));
	returning.type = T_Query;
	returning.commandType = CMD_SELECT;
	returning.jointree = makeFromExpr(NIL, NULL);
	returning.targetList = targetlist;
	return !ReturnsRecords(&returning) && WhyNotPrintable(&returning) == NULL;
}

bool
ReturnsHere(Query *query)
{
	return has_check_option(query) || !computed_there(query->returningList);
}

static void
raise_own_cte(RangeTblEntry *rte, int levels, void *arg)
{
	if (levels == 0)
		rte->ctelevelsup++;
}

void
MoveBelowCtes(Query *query)
{
	IncrementVarSublevelsUp((Node *) query, 1, 1);
	VisitCtes(query, raise_own_cte, NULL);
	query->cteList = NIL;
	query->hasRecursive = false;
	query->hasModifyingCTE = false;
}

void
KeepCtes(List *ctes)
{
	ListCell *lc;

	foreach (lc, ctes)
		lfirst_node(CommonTableExpr, lc)->ctematerialized = CTEMaterializeAlways;
}

/* The SELECT, and where in it the leaf is. */
typedef struct LeafPlace
{
	Query *outer;
	Index  leaf;
} LeafPlace;

static Var *
column_of_leaf(void *arg, TargetEntry *entry)
{
	LeafPlace *place = arg;

	return LeafColumn(place->outer, place->leaf, entry->resno);
}

/* A node that can check rows does so as it returns them; what others are left for here? */
static List *
check_there(List *checks, List **columns)
{
	List     *rest = NIL;
	ListCell *lc;

	foreach (lc, checks)
	{
		TargetEntry *column =
			makeTargetEntry(lfirst(lc), list_length(*columns) + 1, "checked", false);

		if (computed_there(list_make1(column)))
			*columns = lappend(*columns, column);
		else
			rest = lappend(rest, lfirst(lc));
	}
	return rest;
}

/* What is returned where rows count, but nothing of them is needed. */
static List *
one_column(void)
{
	return list_make1(
		makeTargetEntry((Expr *) makeNullConst(INT4OID, -1, InvalidOid), 1, "column1", false));
}

Query *
SelectAround(Query *query)
{
	Query *result = makeNode(Query);

	result->commandType = CMD_SELECT;
	result->querySource = query->querySource;
	result->queryId = query->queryId;
	result->canSetTag = query->canSetTag;
	result->hasRowSecurity = query->hasRowSecurity;
	result->stmt_location = query->stmt_location;
	result->stmt_len = query->stmt_len;
	return result;
}

/* CTEs go up if modifications are among them, or RETURNING may need them as well. */
static void
take_ctes(Query *outer, Query *query)
{
	outer->cteList = query->cteList;
	outer->hasRecursive = query->hasRecursive;
	outer->hasModifyingCTE = query->hasModifyingCTE;
	KeepCtes(outer->cteList);
}

/* Adds how it is done to the query around it, and returns its entry there. */
static Index
add_change(Query *outer, Query *change)
{
	List         *subqueries;
	Query        *rest = WithKeyFirst(change, &subqueries);
	Modification *modification = palloc0(sizeof(Modification));
	Index         rti;

	if (rest && ShipModification(rest, modification))
	{
		rti = AddModificationLeaf(outer, modification);
		GiveLeafValues(outer, rti, subqueries);
		return rti;
	}
	if (!HasOuterReferences(change) && ShipModification(change, modification))
		return AddModificationLeaf(outer, modification);
	memset(modification, 0, sizeof(Modification));
	modification->query = change;
	if (change->commandType == CMD_INSERT)
		InsertRows(change, modification);
	else
		ChangeRows(change, modification);
	ReplaceOrCut(modification->source);
	return AddModificationLeaf(outer, modification);
}

void
ReplaceModification(Query *query)
{
	Query     *change = copyObject(query);
	bool       here = ReturnsHere(query);
	Query     *outer = SelectAround(query);
	LeafPlace  place = {outer, 0};
	RowColumns returned = {.arg = &place};
	List      *checks = check_quals(query);
	ListCell  *lc;

	if (here)
	{
		query->returningList = RecordsFromFields(query, query->returningList);
		TakeFromColumns((Node *) query->returningList, &returned);
		checks = check_there(checks, &returned.columns);
		TakeFromColumns((Node *) checks, &returned);
		change->returningList = returned.columns ? returned.columns : one_column();
	}
	check_conflicting_row(query, change);
	change->withCheckOptions = without_check_options(change->withCheckOptions);
	if (query->hasModifyingCTE || (here && query->cteList != NIL))
	{
		take_ctes(outer, query); /* not the copy's, which are moved with it */
		MoveBelowCtes(change);
	}
	else
		IncrementVarSublevelsUp((Node *) change, 1, 1);
	change->hasSubLinks = checkExprHasSubLink((Node *) change);
	place.leaf = add_change(outer, change);
	outer->jointree = makeFromExpr(list_make1(makeNode(RangeTblRef)), NULL);
	linitial_node(RangeTblRef, outer->jointree->fromlist)->rtindex = place.leaf;

	if (here)
	{
		returned.column = column_of_leaf;
		outer->targetList = (List *) TakeFromColumns((Node *) query->returningList, &returned);
		if (checks)
			outer->jointree->quals =
				(Node *) make_ands_explicit((List *) TakeFromColumns((Node *) checks, &returned));
		outer->hasSubLinks = outer->hasSubLinks ||
							 checkExprHasSubLink((Node *) outer->targetList) ||
							 checkExprHasSubLink(outer->jointree->quals);
	}
	else
	{
		foreach (lc, query->returningList)
		{
			TargetEntry *tle = flatCopyTargetEntry(lfirst_node(TargetEntry, lc));

			tle->expr = (Expr *) LeafColumn(outer, place.leaf, foreach_current_index(lc) + 1);
			outer->targetList = lappend(outer->targetList, tle);
		}
	}
	*query = *outer;
}

/* Vars for all columns of what the leaf returns. */
static List *
leaf_columns(PlannerInfo *root, Index rti)
{
	RangeTblFunction *call = linitial(planner_rt_fetch(rti, root)->functions);
	List             *result = NIL;
	int               i;

	for (i = 1; i <= call->funccolcount; i++)
		result = lappend(result,
						 makeTargetEntry((Expr *) LeafColumn(root->parse, rti, i), i, NULL, false));
	return result;
}

/* The plan that computes rows; the scan around it is only there to say which range table it is of. */
static Plan *
plan_rows(RelOptInfo *rel)
{
	SubqueryScan *scan = makeNode(SubqueryScan);
	RelOptInfo   *final = fetch_upper_rel(rel->subroot, UPPERREL_FINAL, NULL);
	ListCell     *lc;

	scan->scan.scanrelid = rel->relid;
	scan->subplan = create_plan(rel->subroot, final->cheapest_total_path);
	foreach (lc, scan->subplan->targetlist)
	{
		TargetEntry *tle = flatCopyTargetEntry(lfirst_node(TargetEntry, lc));

		tle->expr = (Expr *) makeVarFromTargetEntry(rel->relid, tle);
		scan->scan.plan.targetlist = lappend(scan->scan.plan.targetlist, tle);
	}
	return &scan->scan.plan;
}

/* values: of the query's parameters from OWN_PARAM_BASE on */
static void
plan_shipped(CustomScan *scan, Modification *modification, List *values)
{
	ExecParams    hidden = {OWN_PARAM_BASE, values};
	FragmentPlan *fragment = &modification->fragment;
	Expr         *key = modification->key;
	List         *unused = NIL;
	List         *params;

	fragment->sql =
		PrintFragment(modification->query, fragment->target == TARGET_ONE_SHARD, &params);
	fragment->key_type = key ? exprType((Node *) key) : InvalidOid;
	fragment->operation = modification->query->commandType;
	if (FiresTriggersOfChange(modification->query))
		fragment->triggers = NamedTable(modification->query);
	fragment->part = true;
	fragment->fires = FiresBeforeRow(modification->query, &unused);
	fragment->moves = MovedTables(modification->query);
	fragment->counts = modification->query->canSetTag;
	if (key)
		params = lcons(expression_planner(copyObject(key)), params);
	/* without values, such a parameter is the key of a new row */
	scan->custom_exprs = values ? (List *) RestoreExecParams((Node *) params, &hidden) : params;
	scan->custom_private = PackFragment(fragment);
	scan->methods = &RemoteScanMethods;
	fix_opfuncids((Node *) scan->custom_exprs);
}

static Plan *
plan_modification(PlannerInfo *root, RelOptInfo *rel, CustomPath *path, List *tlist, List *clauses,
				  List *custom_plans)
{
	CustomScan   *scan = makeNode(CustomScan);
	Modification *modification = linitial(path->custom_private);

	if (modification->source)
	{
		scan->custom_plans = list_make1(plan_rows(rel));
		scan->custom_private = PackWrite(&modification->write);
		scan->methods = modification->methods;
	}
	else
		plan_shipped(scan, modification, LeafValues(planner_rt_fetch(rel->relid, root)));
	scan->custom_scan_tlist = leaf_columns(root, rel->relid);
	scan->scan.plan.targetlist = tlist;
	scan->scan.plan.qual = extract_actual_clauses(clauses, false);
	scan->flags = path->flags;
	return &scan->scan.plan;
}

static const CustomPathMethods modification_path_methods = {
	.CustomName = "Distshard Modification",
	.PlanCustomPath = plan_modification,
};

CustomPath *
ModificationPath(PlannerInfo *root, RelOptInfo *rel, Modification *modification)
{
	CustomPath *path = makeNode(CustomPath);

	if (modification->source)
	{
		Path *rows;

		rel->subroot = subquery_planner(root->glob, modification->source, root, false, 0.0);
		rel->subplan_params = root->plan_params;
		root->plan_params = NIL;
		rows = fetch_upper_rel(rel->subroot, UPPERREL_FINAL, NULL)->cheapest_total_path;
		path->path.startup_cost = path->path.total_cost = rows->total_cost;
		rel->rows = rel->tuples = rows->rows;
	}
	path->path.pathtype = T_CustomScan;
	path->path.parent = rel;
	path->path.pathtarget = rel->reltarget;
	path->path.rows = rel->rows;
	path->flags = CUSTOMPATH_SUPPORT_PROJECTION;
	path->custom_private = list_make1(modification);
	path->methods = &modification_path_methods;
	return path;
}
