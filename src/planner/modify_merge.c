/*-------------------------------------------------------------------------
 *
 * modify_merge.c
 *	  MERGE that one shard, or each node by itself, cannot do.
 *
 * The statement is divided. A CTE joins source and target, locks the target's
 * rows, and says for each joined row which of the WHEN clauses applies. Rows
 * that are matched go to their shards in MERGE statements that do what they are
 * told; each WHEN NOT MATCHED clause becomes an INSERT from the CTE. They are
 * parts of one statement, so a row that is changed twice is an error, as in
 * PostgreSQL.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_type.h"
#include "executor/dist_change.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "planner/inherited.h"
#include "planner/leaf.h"
#include "planner/modify.h"
#include "planner/modify_tree.h"
#include "planner/moved_tables.h"
#include "planner/row_columns.h"
#include "planner/row_identity.h"
#include "planner/row_template.h"
#include "planner/ship.h"
#include "rewrite/rewriteManip.h"

#define JOINED_ROWS "merge rows"

typedef struct Merge
{
	Query     *query; /* one level down, without its CTEs */
	DistTable *table;
	List      *tree; /* of oid: the target and those that inherit from it; NIL: there are none */
	bool       captured; /* are rows that move to appear in transition tables? */
	Query     *joined;   /* the CTE's query */
	bool       alike;    /* may several rows have the same identity? */
	List      *columns;  /* its target list: action, identity, what the clauses use */
	int        nidentity;
	List      *several; /* subqueries that give several new values, over the joined rows */
} Merge;

Query *
JoinForMerge(Query *merge)
{
	Query         *result = copyObject(merge);
	RangeTblEntry *rte = makeNode(RangeTblEntry);
	JoinExpr      *join = makeNode(JoinExpr);
	RangeTblRef   *target = makeNode(RangeTblRef);

	rte->rtekind = RTE_JOIN;
	rte->jointype = join->jointype = merge->mergeUseOuterJoin ? JOIN_LEFT : JOIN_INNER;
	rte->eref = makeAlias("merge join", NIL);
	rte->inFromCl = true;
	result->rtable = lappend(result->rtable, rte);

	target->rtindex = merge->resultRelation;
	join->larg = (Node *) makeFromExpr(result->jointree->fromlist, NULL);
	if (list_length(result->jointree->fromlist) == 1)
		join->larg = linitial(result->jointree->fromlist);
	join->rarg = (Node *) target;
	join->quals = result->jointree->quals;
	join->rtindex = list_length(result->rtable);
	result->jointree = makeFromExpr(list_make1(join), NULL);
	rt_fetch(merge->resultRelation, result->rtable)->inFromCl = true;

	result->commandType = CMD_SELECT;
	result->resultRelation = 0;
	result->mergeActionList = NIL;
	result->mergeUseOuterJoin = false;
	result->withCheckOptions = NIL;
	return result;
}

static Const *
number(int value)
{
	return makeConst(INT4OID, -1, InvalidOid, sizeof(int32), Int32GetDatum(value), false, true);
}

static Expr *
is_number(Expr *expr, int value)
{
	return make_opclause(Int4EqualOperator, BOOLOID, false, expr, (Expr *) number(value),
						 InvalidOid, InvalidOid);
}

static CaseExpr *
make_case(Oid type, int32 typmod, Oid collation, List *whens, Expr *otherwise)
{
	CaseExpr *result = makeNode(CaseExpr);

	result->casetype = type;
	result->casecollid = collation;
	result->args = whens;
	result->defresult = otherwise ? otherwise : (Expr *) makeNullConst(type, typmod, collation);
	result->location = -1;
	return result;
}

static CaseWhen *
make_when(Expr *condition, Expr *value)
{
	CaseWhen *result = makeNode(CaseWhen);

	result->expr = condition;
	result->result = value;
	result->location = -1;
	return result;
}

/* The number of the first clause, from 1, that applies to a row that is matched or not; 0: none. */
static Expr *
first_action(Query *merge, bool matched)
{
	List     *whens = NIL;
	ListCell *lc;

	foreach (lc, merge->mergeActionList)
	{
		MergeAction *action = lfirst_node(MergeAction, lc);
		Expr *condition = (Expr *) (action->qual ? action->qual : makeBoolConst(true, false));

		if (action->matched == matched)
			whens = lappend(whens,
							make_when(condition, (Expr *) number(foreach_current_index(lc) + 1)));
	}
	if (whens == NIL)
		return (Expr *) number(0);
	return (Expr *) make_case(INT4OID, -1, InvalidOid, whens, (Expr *) number(0));
}

static Expr *
place_of_row(Query *merge)
{
	return (Expr *) makeVar(merge->resultRelation, SelfItemPointerAttributeNumber, TIDOID, -1,
							InvalidOid, 0);
}

static Expr *
action_number(Query *merge)
{
	NullTest *matched = makeNode(NullTest);

	matched->arg = place_of_row(merge);
	matched->nulltesttype = IS_NOT_NULL;
	matched->location = -1;
	return (Expr *) make_case(INT4OID, -1, InvalidOid,
							  list_make1(make_when((Expr *) matched, first_action(merge, true))),
							  first_action(merge, false));
}

static Var *
joined_column(void *arg, TargetEntry *entry)
{
	return makeVarFromTargetEntry(1, entry);
}

/* The expression over the joined rows, which come first in the range table. */
static Node *
over_columns(Merge *merge, Node *expr)
{
	RowColumns columns = {.columns = merge->columns, .column = joined_column};

	return TakeFromColumns(expr, &columns);
}

/* The table that a row of the target is of. */
static Expr *
of_table(Query *merge)
{
	return (Expr *) makeVar(merge->resultRelation, TableOidAttributeNumber, OIDOID, -1, InvalidOid,
							0);
}

/*
 * What identifies a row of the target. In a reference table without a primary key, and in a tree of reference tables,
 * whose children do not inherit it, rows that the MERGE cannot tell from each other are changed alike.
 */
static List *
identity_of_target(Merge *merge)
{
	Index target = merge->query->resultRelation;

	if (merge->tree && merge->table->method == DIST_REFERENCE)
		return RowAsIdentity(merge->table, target);
	return RowIdentity(merge->table, target);
}

/* The same in a table of the tree. */
static List *
identity_in_table(Merge *merge, DistTable *table)
{
	Query *part;

	if (merge->tree == NIL || table->method != DIST_REFERENCE)
		return RowIdentity(table, merge->query->resultRelation);
	part = copyObject(merge->query);
	part->jointree = makeFromExpr(NIL, linitial(identity_of_target(merge)));
	return list_make1(PartForTable(part, table->relid)->jointree->quals);
}

static void
join_source(Merge *merge)
{
	List      *identity = identity_of_target(merge);
	RowColumns columns = {NIL};
	Query     *query = merge->query;
	bool       deletes = false;
	ListCell  *lc;

	merge->joined = JoinForMerge(query);
	AppendColumn(&columns.columns, action_number(query));
	merge->alike = merge->table->method == DIST_REFERENCE && !IsA(linitial(identity), Var);
	foreach (lc, identity)
	{
		AppendColumn(&columns.columns, lfirst(lc));
		merge->nidentity++;
	}
	foreach (lc, query->mergeActionList)
	{
		MergeAction *action = lfirst_node(MergeAction, lc);

		TakeFromColumns((Node *) action->targetList, &columns);
		deletes |= action->commandType == CMD_DELETE;
	}
	if (merge->tree)
		AppendColumn(&columns.columns, of_table(query));
	if (merge->alike)
		AppendColumn(&columns.columns, place_of_row(query));
	merge->columns = columns.columns;
	merge->joined->targetList = copyObject(merge->columns);
	merge->joined->hasSubLinks = checkExprHasSubLink((Node *) merge->joined);
	LockTarget(query, merge->joined, deletes);
}

/* A query over the joined rows, which are a CTE so many levels up. */
static Query *
over_joined_rows(Merge *merge, CmdType command, Index levels)
{
	Query *result = SelectFromCte(MakeCte(JOINED_ROWS, merge->joined, 1));

	linitial_node(RangeTblEntry, result->rtable)->ctelevelsup = levels;
	result->commandType = command;
	result->canSetTag = merge->query->canSetTag;
	result->hasRowSecurity = merge->query->hasRowSecurity;
	return result;
}

static Expr *
joined_action(Merge *merge)
{
	return (Expr *) makeVarFromTargetEntry(1, linitial(merge->columns));
}

/* WHEN NOT MATCHED THEN INSERT, as an INSERT of its own. */
static Query *
insert_of_action(Merge *merge, MergeAction *action, int action_no)
{
	Query *result = over_joined_rows(merge, CMD_INSERT, 1);

	result->rtable = lappend(
		result->rtable, copyObject(rt_fetch(merge->query->resultRelation, merge->query->rtable)));
	llast_node(RangeTblEntry, result->rtable)->inFromCl = false;
	result->resultRelation = 2;
	result->targetList = (List *) over_columns(merge, (Node *) action->targetList);
	result->override = action->override;
	result->jointree->quals = (Node *) is_number(joined_action(merge), action_no);
	result->hasSubLinks = checkExprHasSubLink((Node *) result->targetList);
	return result;
}

/* A value of an action, computed only for rows that it applies to. */
static Expr *
value_for_action(Merge *merge, Expr *expr, int action_no)
{
	Node *value = over_columns(merge, (Node *) expr);

	return (Expr *) make_case(
		exprType(value), exprTypmod(value), exprCollation(value),
		list_make1(make_when(is_number(joined_action(merge), action_no), (Expr *) value)), NULL);
}

/* Subqueries that give several columns are numbered in each clause from 1, and here throughout. */
static Node *
renumber_mutator(Node *node, int *offset)
{
	if (node == NULL)
		return NULL;
	if (IsA(node, Param) && ((Param *) node)->paramkind == PARAM_MULTIEXPR)
	{
		Param *param = copyObject((Param *) node);

		param->paramid += *offset << 16;
		return (Node *) param;
	}
	return expression_tree_mutator(node, renumber_mutator, offset);
}

/* (SELECT * FROM (subquery) WHERE the clause applies): it is not answered for other rows. */
static SubLink *
subquery_of_action(Merge *merge, SubLink *sublink, int action_no, int offset)
{
	SubLink       *result = (SubLink *) over_columns(merge, (Node *) sublink);
	Query         *subquery = castNode(Query, result->subselect);
	Query         *outer = SelectAround(subquery);
	RangeTblEntry *rte = makeNode(RangeTblEntry);
	RangeTblRef   *ref = makeNode(RangeTblRef);
	Var           *action = (Var *) joined_action(merge);
	List          *names = NIL;
	ListCell      *lc;

	IncrementVarSublevelsUp((Node *) subquery, 1, 1);
	foreach (lc, subquery->targetList)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);

		names = lappend(names, makeString(psprintf("column%d", tle->resno)));
		if (!tle->resjunk)
			outer->targetList =
				lappend(outer->targetList, makeTargetEntry((Expr *) makeVarFromTargetEntry(1, tle),
														   tle->resno, NULL, false));
	}
	rte->rtekind = RTE_SUBQUERY;
	rte->subquery = subquery;
	rte->eref = makeAlias("several", names);
	rte->inFromCl = true;
	outer->rtable = list_make1(rte);
	ref->rtindex = 1;
	action->varlevelsup = 1;
	outer->jointree = makeFromExpr(list_make1(ref), (Node *) is_number((Expr *) action, action_no));
	result->subselect = (Node *) outer;
	result->subLinkId += offset;
	return result;
}

/* New values of one clause, behind those of the clauses before. */
static void
add_new_values(Merge *merge, List *targetlist, int action_no, List **columns)
{
	int       offset = list_length(merge->several);
	ListCell *lc;

	foreach (lc, targetlist)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);

		if (tle->resjunk)
			merge->several =
				lappend(merge->several,
						subquery_of_action(merge, castNode(SubLink, tle->expr), action_no, offset));
		else
			AppendColumn(columns, value_for_action(
									  merge, (Expr *) renumber_mutator((Node *) tle->expr, &offset),
									  action_no));
	}
}

/* The columns that matched rows travel with: those of the joined rows up to the identity, and new values. */
static List *
columns_of_changes(Merge *merge)
{
	List     *result = NIL;
	ListCell *lc;

	for (int i = 0; i <= merge->nidentity; i++)
	{
		TargetEntry *tle = list_nth_node(TargetEntry, merge->columns, i);

		result = lappend(result, makeTargetEntry((Expr *) makeVarFromTargetEntry(1, tle), i + 1,
												 tle->resname, false));
	}
	foreach (lc, merge->query->mergeActionList)
	{
		MergeAction *action = lfirst_node(MergeAction, lc);

		if (action->commandType == CMD_UPDATE)
			add_new_values(merge, action->targetList, foreach_current_index(lc) + 1, &result);
	}
	return result;
}

/* The MERGE that the nodes get, for a table, with clauses that do this: which applies is a column of its source. */
static Query *
merge_template(Merge *merge, DistTable *table, Bitmapset *commands, List *columns)
{
	Query     *statement = merge->tree ? PartForTable(merge->query, table->relid) : merge->query;
	Query     *result = RowTemplate(statement, columns);
	List      *identity = identity_in_table(merge, table);
	List      *values = NIL;
	List      *actions = NIL;
	AttrNumber next = merge->nidentity + 2;
	ListCell  *lc;
	ListCell  *lc2;

	foreach (lc, identity)
		values = lappend(values, TemplateColumn(result, foreach_current_index(lc) + 2));
	foreach (lc, result->mergeActionList)
	{
		MergeAction *action = lfirst_node(MergeAction, lc);

		if (!bms_is_member(action->commandType, commands))
			continue;
		action->qual =
			(Node *) is_number((Expr *) TemplateColumn(result, 1), foreach_current_index(lc) + 1);
		foreach (lc2, action->targetList)
		{
			if (lfirst_node(TargetEntry, lc2)->resjunk)
				action->targetList = foreach_delete_current (action->targetList, lc2);
			else
				lfirst_node(TargetEntry, lc2)->expr = (Expr *) TemplateColumn(result, next++);
		}
		actions = lappend(actions, action);
	}
	result->mergeActionList = actions;
	result->mergeUseOuterJoin = false;
	result->jointree->quals = (Node *) make_ands_explicit(SameRow(table, identity, values));
	result->hasSubLinks = false;
	return result;
}

/* Rows of the table to which one of the template's clauses applies. */
static Node *
is_changed(Merge *merge, DistTable *table, Bitmapset *commands)
{
	Const *oid =
		makeConst(OIDOID, -1, InvalidOid, sizeof(Oid), ObjectIdGetDatum(table->relid), false, true);
	List     *conditions = NIL;
	ListCell *lc;

	foreach (lc, merge->query->mergeActionList)
	{
		if (bms_is_member(lfirst_node(MergeAction, lc)->commandType, commands))
			conditions =
				lappend(conditions, is_number(joined_action(merge), foreach_current_index(lc) + 1));
	}
	if (merge->tree == NIL)
		return (Node *) make_orclause(conditions);
	return (Node *) make_and_qual(
		(Node *) EqualityOf((Expr *) over_columns(merge, (Node *) of_table(merge->query)),
							(Expr *) oid),
		(Node *) make_orclause(conditions));
}

/* NOT EXISTS (SELECT FROM the same rows WHERE they are alike, and come before): one row stands for all of them. */
static Node *
is_first_of_alike(Merge *merge, Node *is_changed)
{
	Query   *others = over_joined_rows(merge, CMD_SELECT, 3);
	SubLink *exists = makeNode(SubLink);
	Var     *text = makeVarFromTargetEntry(1, lsecond(merge->columns));
	Expr    *place = (Expr *) over_columns(merge, (Node *) place_of_row(merge->query));
	Expr    *place_of_this = copyObject(place);
	Var     *text_of_this = copyObject(text);

	((Var *) place_of_this)->varlevelsup = text_of_this->varlevelsup = 1;
	others->jointree->quals = (Node *) make_ands_explicit(
		list_make3(copyObject(is_changed), EqualityOf((Expr *) text, (Expr *) text_of_this),
				   make_opclause(TIDLessOperator, BOOLOID, false, place, place_of_this, InvalidOid,
								 InvalidOid)));
	exists->subLinkType = EXISTS_SUBLINK;
	exists->subselect = (Node *) others;
	exists->location = -1;
	return (Node *) makeBoolExpr(NOT_EXPR, list_make1(exists), -1);
}

/* A SELECT of nothing, whose scan does to rows of the table what WHEN MATCHED says; NULL if that is nothing. */
static Query *
change_matched(Merge *merge, DistTable *table, Bitmapset *commands, List *columns)
{
	Query        *row_template = merge_template(merge, table, commands, columns);
	Query        *source = over_joined_rows(merge, CMD_SELECT, 2);
	Query        *result = makeNode(Query);
	Modification *modification = palloc0(sizeof(Modification));
	AttrNumber    key = merge->table->method == DIST_HASH ? merge->nidentity + 1 : 0;
	List         *attnums = NIL;
	ListCell     *lc;

	if (row_template->mergeActionList == NIL)
		return NULL;
	source->targetList = copyObject(columns);
	foreach (lc, merge->several)
		AppendColumn(&source->targetList, copyObject(lfirst(lc)));
	source->jointree->quals = is_changed(merge, table, commands);
	source->hasSubLinks = checkExprHasSubLink((Node *) source->targetList) || merge->alike;
	if (merge->alike)
		source->jointree->quals = make_and_qual(source->jointree->quals,
												is_first_of_alike(merge, source->jointree->quals));
	IncrementVarSublevelsUp((Node *) source->targetList, 1, 1);
	for (int i = 1; i <= list_length(columns); i++)
		attnums = lappend_int(attnums, i);
	modification->query = row_template;
	modification->source = source;
	modification->methods = &DistChangeMethods;
	modification->write = (WritePlan){.batch = {.table = table->relid,
												.statement = row_template,
												.columns = attnums,
												.key = key,
												.by_shard = true},
									  .named = NamedTable(merge->query),
									  .moves = MovedTables(row_template)};
	foreach (lc, merge->query->mergeActionList)
		modification->write.actions =
			lappend_int(modification->write.actions, lfirst_node(MergeAction, lc)->commandType);
	ReplaceOrCut(source);

	result->commandType = CMD_SELECT;
	result->jointree = makeFromExpr(list_make1(makeNode(RangeTblRef)), NULL);
	linitial_node(RangeTblRef, result->jointree->fromlist)->rtindex =
		AddModificationLeaf(result, modification);
	return result;
}

static void
find_tree(Merge *merge)
{
	RangeTblEntry *target = rt_fetch(merge->query->resultRelation, merge->query->rtable);

	merge->tree = TreeOfEntry(target);
	if (merge->tree && TreeHasPolicies(merge->tree, target->checkAsUser))
		RefuseModification(merge->query,
						   "others inherit from the table, and it has row-level security");
	merge->captured = MergeMovesCapturedRows(merge->query);
	if (merge->captured && merge->table->is_parent)
		RefuseModification(merge->query,
						   "it may change the shard key of a partitioned table that has "
						   "triggers with transition tables");
}

static void
add_change(Merge *merge, Query *outer, Oid relid, Bitmapset *commands, List *columns)
{
	Query *changes = change_matched(merge, LookupDistTable(relid), commands, columns);

	if (changes)
		AddStep(outer, psprintf("merge changes %d", list_length(outer->cteList)), changes);
}

/* Matched rows are changed in the table that they are of. */
static void
add_changes(Merge *merge, Query *outer)
{
	List      *columns = columns_of_changes(merge);
	List      *tables = merge->tree ? merge->tree : list_make1_oid(merge->table->relid);
	Bitmapset *deletes = bms_make_singleton(CMD_DELETE);
	Bitmapset *updates = bms_make_singleton(CMD_UPDATE);
	ListCell  *lc;

	foreach (lc, tables)
	{
		if (merge->captured)
		{
			add_change(merge, outer, lfirst_oid(lc), deletes, columns);
			add_change(merge, outer, lfirst_oid(lc), updates, columns);
		}
		else
			add_change(merge, outer, lfirst_oid(lc), bms_union(deletes, updates), columns);
	}
}

/* The SELECT has nothing but the steps; its one row goes nowhere. */
void
ReplaceMerge(Query *query)
{
	Merge     merge = {copyObject(query)};
	Query    *outer = SelectAround(query);
	ListCell *lc;

	MoveBelowCtes(merge.query);
	merge.table = LookupDistTable(rt_fetch(query->resultRelation, query->rtable)->relid);
	find_tree(&merge);
	join_source(&merge);

	outer->cteList = lappend(query->cteList, MakeCte(JOINED_ROWS, merge.joined, 1));
	add_changes(&merge, outer);
	foreach (lc, merge.query->mergeActionList)
	{
		MergeAction *action = lfirst_node(MergeAction, lc);
		int          action_no = foreach_current_index(lc) + 1;

		if (action->commandType == CMD_INSERT)
			AddStep(outer, psprintf("merge insert %d", action_no),
					insert_of_action(&merge, action, action_no));
	}

	outer->jointree = makeFromExpr(NIL, NULL);
	outer->hasSubLinks = true;
	outer->hasModifyingCTE = true;
	outer->hasRecursive = query->hasRecursive;
	*query = *outer;
}
