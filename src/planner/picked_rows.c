/*-------------------------------------------------------------------------
 *
 * picked_rows.c
 *	  Conditions on a table by rows that a subquery picks.
 *
 * A job is taken from a queue by "(k, id) IN (SELECT k, id .. LIMIT 1 FOR UPDATE
 * SKIP LOCKED)". Only these rows are to be locked, so they must be known when the
 * nodes are asked for rows of the table. The subquery becomes a CTE, and what it
 * returns is listed, an array for each column, before the leaf of the table is
 * run, which has "(k, id) IN (SELECT * FROM unnest($1, $2))". The arrays are read
 * from one CTE, so their elements are in the same order.
 *
 * A subquery in FROM, or a CTE, that picks rows tells the same by the columns
 * that are to equal those of the table. It stays joined.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "planner/dist_plan.h"
#include "planner/modify.h"
#include "planner/picked_rows.h"
#include "planner/print.h"
#include "rewrite/rewriteManip.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"

typedef struct PickedRows
{
	Query *query;
	Index  table;
	List  *conditions;
	List  *values; /* of SubLink */
} PickedRows;

static bool
is_limited(const Query *subquery)
{
	return subquery->limitCount || subquery->rowMarks;
}

/* Does a CTE, as seen from so many levels below the query, pick rows? One further out is computed here, and once, anyway. */
static bool
cte_picks_rows(const Query *query, const RangeTblEntry *rte, Index depth)
{
	ListCell *lc;

	if (rte->ctelevelsup > depth)
		return true;
	foreach (lc, query->cteList)
	{
		CommonTableExpr *cte = lfirst_node(CommonTableExpr, lc);

		if (strcmp(cte->ctename, rte->ctename) == 0)
			return is_limited(castNode(Query, cte->ctequery));
	}
	return false;
}

/* Does a subquery pick rows, by itself or as a CTE does that it reads? */
static bool
picks_rows(const Query *query, Query *subquery)
{
	RangeTblEntry *rte = subquery->rtable ? linitial(subquery->rtable) : NULL;

	if (contain_vars_of_level((Node *) subquery, 1))
		return false;
	return is_limited(subquery) ||
		   (rte && rte->rtekind == RTE_CTE && cte_picks_rows(query, rte, 1));
}

static RangeTblEntry *
add_cte(Query *query, Query *subquery)
{
	CommonTableExpr *cte =
		MakeCte(psprintf("picked %d", list_length(query->cteList) + 1), subquery, 1);
	RangeTblEntry *rte = linitial_node(RangeTblEntry, SelectFromCte(cte)->rtable);

	query->cteList = lappend(query->cteList, cte);
	rte->ctelevelsup = 0;
	return rte;
}

/* ARRAY(SELECT column FROM cte), two levels below the query */
static SubLink *
column_values(RangeTblEntry *cte, AttrNumber attno)
{
	SubLink       *values = makeNode(SubLink);
	Query         *select = makeNode(Query);
	RangeTblRef   *ref = makeNode(RangeTblRef);
	RangeTblEntry *rte = copyObject(cte);
	Var           *column = makeVar(1, attno, list_nth_oid(cte->coltypes, attno - 1),
									list_nth_int(cte->coltypmods, attno - 1),
									list_nth_oid(cte->colcollations, attno - 1), 0);

	rte->ctelevelsup += 2;
	ref->rtindex = 1;
	select->commandType = CMD_SELECT;
	select->rtable = list_make1(rte);
	select->jointree = makeFromExpr(list_make1(ref), NULL);
	select->targetList = list_make1(makeTargetEntry((Expr *) column, 1, "picked", false));
	values->subLinkType = ARRAY_SUBLINK;
	values->subselect = (Node *) select;
	values->location = -1;
	return values;
}

/* unnest() of the parameter with this number */
static RangeTblFunction *
unnested(SubLink *values, int number)
{
	RangeTblFunction *result = makeNode(RangeTblFunction);
	Param            *param = makeNode(Param);
	Oid               element = get_element_type(exprType((Node *) values));

	param->paramkind = PARAM_EXTERN;
	param->paramid = OWN_PARAM_BASE + number;
	param->paramtype = exprType((Node *) values);
	param->paramtypmod = -1;
	param->paramcollid = exprCollation((Node *) values);
	param->location = -1;
	result->funcexpr = (Node *) makeFuncExpr(F_UNNEST_ANYARRAY, element, list_make1(param),
											 param->paramcollid, InvalidOid, COERCE_EXPLICIT_CALL);
	castNode(FuncExpr, result->funcexpr)->funcretset = true;
	result->funccolcount = 1;
	return result;
}

/* Has each of the tests "term of the table = parameter", with a type of which there are arrays? */
static bool
are_tests_of_table(PickedRows *picked, List *tests)
{
	ListCell *lc;

	foreach (lc, tests)
	{
		OpExpr *test = lfirst(lc);
		Node   *value =
            IsA(test, OpExpr) && list_length(test->args) == 2 ? lsecond(test->args) : NULL;

		if (value == NULL || !IsA(value, Param) || !OidIsValid(get_array_type(exprType(value))) ||
			type_is_rowtype(exprType(value)) ||
			!bms_equal(pull_varnos(NULL, linitial(test->args)),
					   bms_make_singleton(picked->table)) ||
			checkExprHasSubLink(linitial(test->args)) || contain_volatile_functions((Node *) test))
			return false;
	}
	return tests != NIL;
}

/* Could the nodes be asked for what passes? */
static bool
is_printable(Node *condition)
{
	Query query;

	memset(&query, 0, sizeof(Query));
	query.type = T_Query;
	query.commandType = CMD_SELECT;
	query.jointree = makeFromExpr(NIL, condition);
	query.hasSubLinks = true;
	return WhyNotPrintable(&query) == NULL;
}

/* Adds the condition that the tests hold for one of the rows of a CTE. False, and nothing is done: it cannot be listed. */
static bool
add_condition(PickedRows *picked, List *tests, RangeTblEntry *cte, List *attnos)
{
	SubLink       *in = makeNode(SubLink);
	Query         *rows = makeNode(Query);
	RangeTblEntry *rte = makeNode(RangeTblEntry);
	RangeTblRef   *ref = makeNode(RangeTblRef);
	List          *names = NIL;
	List          *values = list_copy(picked->values);
	ListCell      *lc;

	foreach (lc, attnos)
	{
		SubLink          *column = column_values(cte, lfirst_int(lc));
		RangeTblFunction *function = unnested(column, list_length(values));
		Node             *call = function->funcexpr;
		int               number = foreach_current_index(lc) + 1;
		Var              *var = makeVar(1, number, exprType(call), -1, exprCollation(call), 0);

		values = lappend(values, column);
		rte->functions = lappend(rte->functions, function);
		names = lappend(names, makeString(psprintf("column%d", number)));
		rows->targetList = lappend(
			rows->targetList, makeTargetEntry((Expr *) var, number, strVal(llast(names)), false));
	}
	rte->rtekind = RTE_FUNCTION;
	rte->eref = makeAlias("picked", names);
	rte->inFromCl = true;
	ref->rtindex = 1;
	rows->commandType = CMD_SELECT;
	rows->rtable = list_make1(rte);
	rows->jointree = makeFromExpr(list_make1(ref), NULL);
	in->subLinkType = ANY_SUBLINK;
	in->testexpr = (Node *) make_ands_explicit(tests);
	in->operName = list_make1(makeString("="));
	in->subselect = (Node *) rows;
	in->location = -1;
	if (!is_printable((Node *) in))
		return false;
	picked->conditions = lappend(picked->conditions, in);
	picked->values = values;
	return true;
}

static List *
numbers_to(int count)
{
	List *result = NIL;

	for (int i = 1; i <= count; i++)
		result = lappend_int(result, i);
	return result;
}

/* Makes "x IN (SELECT ..)" a condition on the table. */
static bool
take_test(PickedRows *picked, Node *qual)
{
	SubLink *sublink = (SubLink *) qual;
	List    *tests;

	if (!IsA(qual, SubLink) || sublink->subLinkType != ANY_SUBLINK)
		return false;
	tests = is_andclause(sublink->testexpr) ? ((BoolExpr *) sublink->testexpr)->args
											: list_make1(sublink->testexpr);
	if (!are_tests_of_table(picked, tests) ||
		!picks_rows(picked->query, castNode(Query, sublink->subselect)))
		return false;
	if (add_condition(picked, copyObject(tests),
					  add_cte(picked->query, castNode(Query, sublink->subselect)),
					  numbers_to(list_length(tests))))
		return true;
	picked->query->cteList = list_delete_last(picked->query->cteList);
	return false;
}

/* The same for all those beside each other that WHERE has; returns the rest of it. */
static Node *
take_tests(PickedRows *picked, Node *quals)
{
	List     *rest = NIL;
	ListCell *lc;

	foreach (lc, make_ands_implicit((Expr *) quals))
	{
		if (!take_test(picked, lfirst(lc)))
			rest = lappend(rest, lfirst(lc));
	}
	return rest ? (Node *) make_ands_explicit(rest) : NULL;
}

/* "term = column of the entry" as a test that has, for the column, the parameter with this number; else NULL. */
static OpExpr *
test_by_column(OpExpr *op, Index entry, int number, AttrNumber *attno)
{
	if (!IsA(op, OpExpr) || list_length(op->args) != 2 || strcmp(get_opname(op->opno), "=") != 0)
		return NULL;
	for (int side = 0; side < 2; side++)
	{
		Var    *column = list_nth(op->args, side);
		Param  *param = makeNode(Param);
		OpExpr *test;

		if (!IsA(column, Var) || column->varno != entry || column->varattno <= 0 ||
			column->varlevelsup > 0 || (side == 0 && !OidIsValid(get_commutator(op->opno))))
			continue;
		param->paramkind = PARAM_SUBLINK;
		param->paramid = number;
		param->paramtype = column->vartype;
		param->paramtypmod = column->vartypmod;
		param->paramcollid = column->varcollid;
		param->location = -1;
		test = copyObject(op);
		if (side == 0)
			test->opno = get_commutator(op->opno);
		test->opfuncid = InvalidOid;
		test->args = list_make2(copyObject(list_nth(op->args, 1 - side)), param);
		*attno = column->varattno;
		return test;
	}
	return NULL;
}

/* What WHERE compares with columns of an entry of FROM that picks rows is a condition on the table. */
static void
add_joined(PickedRows *picked, Index rti)
{
	RangeTblEntry *rte = rt_fetch(rti, picked->query->rtable);
	List          *tests = NIL;
	List          *attnos = NIL;
	ListCell      *lc;

	if (rte->rtekind == RTE_SUBQUERY ? !picks_rows(picked->query, rte->subquery)
									 : rte->rtekind != RTE_CTE || rte->self_reference ||
										   !cte_picks_rows(picked->query, rte, 0))
		return;
	foreach (lc, make_ands_implicit((Expr *) picked->query->jointree->quals))
	{
		AttrNumber attno;
		OpExpr    *test = test_by_column(lfirst(lc), rti, list_length(tests) + 1, &attno);

		if (test == NULL || !are_tests_of_table(picked, list_make1(test)))
			continue;
		tests = lappend(tests, test);
		attnos = lappend_int(attnos, attno);
	}
	if (tests == NIL)
		return;
	if (rte->rtekind == RTE_CTE && rte->ctelevelsup == 0)
		KeepCtes(picked->query->cteList);
	if (rte->rtekind == RTE_SUBQUERY)
	{
		RangeTblEntry *cte = add_cte(picked->query, rte->subquery);

		cte->alias = rte->alias;
		cte->eref = rte->eref;
		list_nth_cell(picked->query->rtable, rti - 1)->ptr_value = rte = cte;
	}
	(void) add_condition(picked, tests, rte, attnos);
}

List *
ConditionsByPickedRows(Query *query, Index rti, List **values)
{
	PickedRows picked = {query, rti, NIL, NIL};
	ListCell  *lc;

	query->jointree->quals = take_tests(&picked, query->jointree->quals);
	foreach (lc, query->jointree->fromlist)
	{
		RangeTblRef *ref = lfirst(lc);

		if (IsA(ref, RangeTblRef) && ref->rtindex != (int) rti)
			add_joined(&picked, ref->rtindex);
	}
	query->hasSubLinks = checkExprHasSubLink((Node *) query);
	*values = picked.values;
	return picked.conditions;
}
