/*-------------------------------------------------------------------------
 *
 * modify_rows.c
 *	  Modifications whose rows are computed here.
 *
 * The statement is divided: a SELECT that computes the rows, planned as any
 * other, and a template of the statement that writes them, which the nodes get
 * with the rows as values.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "access/table.h"
#include "catalog/pg_type.h"
#include "executor/dist_change.h"
#include "executor/dist_insert.h"
#include "executor/statement_triggers.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "optimizer/tlist.h"
#include "parser/parse_clause.h"
#include "parser/parse_func.h"
#include "parser/parse_oper.h"
#include "parser/parse_relation.h"
#include "parser/parsetree.h"
#include "planner/copies.h"
#include "planner/fragment.h"
#include "planner/inherited.h"
#include "planner/modify.h"
#include "planner/move_subqueries.h"
#include "planner/moved_tables.h"
#include "planner/picked_rows.h"
#include "planner/policies.h"
#include "planner/print.h"
#include "planner/row_columns.h"
#include "planner/row_identity.h"
#include "planner/row_template.h"
#include "planner/ship.h"
#include "rewrite/rewriteManip.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

/* The SELECT of a statement, without what is done with its rows. */
static Query *
source_query(Query *statement)
{
	Query    *source = copyObject(statement);
	ListCell *lc;

	source->commandType = CMD_SELECT;
	source->resultRelation = 0;
	source->returningList = NIL;
	source->onConflict = NULL;
	source->withCheckOptions = NIL;
	foreach (lc, source->rtable)
	{
		RangeTblEntry *rte = lfirst_node(RangeTblEntry, lc);

		/* the source of an INSERT is not part of a FROM clause, but of this one it is */
		if (rte->rtekind == RTE_SUBQUERY || rte->rtekind == RTE_VALUES)
			rte->inFromCl = true;
	}
	return source;
}

/* Columns that an INSERT writes: those it has values for, all that a trigger may set, and the key. */
static List *
written_columns(DistTable *table, List *attnums)
{
	Relation  rel = table_open(table->relid, NoLock);
	TupleDesc desc = RelationGetDescr(rel);
	List     *result = list_copy(attnums);
	int       i;

	for (i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, i);

		if (att->attisdropped || att->attgenerated)
			continue;
		if (att->attnum == table->key_attno || HasBeforeInsertHere(rel))
			result = list_append_unique_int(result, att->attnum);
	}
	table_close(rel, NoLock);
	return result;
}

static List *
columns_of_table(Oid relid, List *attnums)
{
	List     *result = NIL;
	ListCell *lc;

	foreach (lc, attnums)
	{
		Oid   type;
		int32 typmod;
		Oid   collation;

		get_atttypetypmodcoll(relid, lfirst_int(lc), &type, &typmod, &collation);
		result = lappend(
			result,
			makeTargetEntry((Expr *) makeVar(1, lfirst_int(lc), type, typmod, collation, 0),
							lfirst_int(lc), get_attname(relid, lfirst_int(lc), false), false));
	}
	return result;
}

static int
column_count(Oid relid)
{
	Relation rel = table_open(relid, NoLock);
	int      result = RelationGetNumberOfAttributes(rel);

	table_close(rel, NoLock);
	return result;
}

void
InsertRows(Query *query, Modification *modification)
{
	DistTable *table = LookupDistTable(rt_fetch(query->resultRelation, query->rtable)->relid);
	Query     *source = source_query(query);
	Query     *insert;
	List      *attnums = NIL;
	List      *written;
	List      *columns;
	List      *moved;
	int        natts = column_count(table->relid);
	ListCell  *lc;

	foreach (lc, source->targetList)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);

		attnums = lappend_int(attnums, tle->resno);
		tle->resno = list_length(attnums);
	}
	TakeEntriesOut(source, bms_make_singleton(query->resultRelation));
	moved = MoveSubqueries(query, &source);
	written = written_columns(table, attnums);
	columns = columns_of_table(table->relid, written);
	foreach (lc, moved)
	{
		attnums = lappend_int(attnums, ++natts);
		written = lappend_int(written, natts);
		columns = lappend(columns, makeTargetEntry(lfirst(lc), natts, NULL, false));
	}

	insert = RowTemplate(query, columns);
	insert->targetList = list_truncate(columns, list_length(columns) - list_length(moved));
	foreach (lc, insert->targetList)
		lfirst_node(TargetEntry, lc)->expr =
			(Expr *) TemplateColumn(insert, foreach_current_index(lc) + 1);
	UseMovedSubqueries(insert, moved);
	if (table->method == DIST_REFERENCE && CopiesDifferIn((Node *) insert->onConflict))
		RefuseModification(query, "ON CONFLICT would change each copy differently");
	if (ReadsOtherTables((Node *) insert->onConflict))
		RefuseModification(query, "a subquery of ON CONFLICT depends on the row that is there");
	modification->source = source;
	modification->methods = &DistInsertMethods;
	modification->write =
		(WritePlan){.batch = {.table = table->relid,
							  .statement = insert,
							  .columns = written,
							  .key = table->key_attno,
							  .by_row = moved != NIL || ConflictMayMoveRow(query, table),
							  .by_shard = InsertsByShard(query, table)},
					.attnums = attnums,
					.alone = !query->hasModifyingCTE && query->returningList == NIL,
					.named = NamedTable(query),
					.moves = MovedTables(insert)};
}

static Var *
column_of_template(void *arg, TargetEntry *entry)
{
	return TemplateColumn(arg, entry->resno);
}

/* Locks the rows that are found, as the change will. */
static void
lock_rows(Query *source, Index target, bool deletes)
{
	RowMarkClause *mark = makeNode(RowMarkClause);

	mark->rti = target;
	mark->strength = deletes ? LCS_FORUPDATE : LCS_FORNOKEYUPDATE;
	mark->waitPolicy = LockWaitBlock;
	source->rowMarks = list_make1(mark);
	source->hasForUpdate = true;
}

/* Policies act on the nodes, but the conditions of security barrier views stay. */
static void
keep_barriers(RangeTblEntry *target, List *barriers)
{
	target->securityQuals = copyObject(barriers);
	target->security_barrier = barriers != NIL;
}

/*
 * The statement that changes rows, given their new values and, behind these,
 * what identifies them.
 */
static Query *
change_template(Query *query, DistTable *table, RowColumns *returning, List *identity)
{
	Index        target = query->resultRelation;
	Query       *change = RowTemplate(query, returning->columns);
	List        *assigned = NIL;
	List        *values = NIL;
	RangeTblRef *ref = makeNode(RangeTblRef);
	ListCell    *lc;

	/* columns of the target come from the row, others from the values */
	returning->column = column_of_template;
	returning->arg = change;
	change->returningList = (List *) TakeFromColumns((Node *) query->returningList, returning);
	foreach (lc, change->targetList)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);

		if (tle->resjunk)
			continue;
		assigned = lappend(assigned, tle);
		tle->expr = (Expr *) TemplateColumn(change, list_length(assigned));
	}
	change->targetList = assigned;
	foreach (lc, identity)
		values = lappend(
			values, TemplateColumn(change, list_length(assigned) + foreach_current_index(lc) + 1));
	ref->rtindex = target;
	change->jointree->fromlist = lcons(ref, change->jointree->fromlist);
	change->jointree->quals = (Node *) make_ands_explicit(SameRow(table, identity, values));
	change->hasSubLinks = false;
	return change;
}

void
LockTarget(Query *query, Query *source, bool deletes)
{
	Index target = query->resultRelation;

	lock_rows(source, target, deletes);
	keep_barriers(rt_fetch(target, source->rtable), ViewBarriers(query));
	if (ReadTree(source, target))
		ReplaceOrCut(rt_fetch(target, source->rtable)->subquery);
	else
	{
		List *values;
		List *conditions = ConditionsByPickedRows(source, target, &values);

		PullRows(source, target, conditions, values);
	}
}

/*
 * BEFORE row triggers that fire here may change all columns that are stored, so
 * an UPDATE sets them all. Returns the attnums of its WritePlan.
 */
static List *
add_other_columns(Query *query, DistTable *table)
{
	Relation  rel = table_open(table->relid, NoLock);
	TupleDesc desc = RelationGetDescr(rel);
	List     *result = list_make1_int(query->commandType);
	ListCell *lc;

	for (int i = 0; query->commandType == CMD_UPDATE && i < desc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, i);
		Var *var = makeVar(query->resultRelation, att->attnum, att->atttypid, att->atttypmod,
						   att->attcollation, 0);

		if (!att->attisdropped && !att->attgenerated &&
			get_tle_by_resno(query->targetList, att->attnum) == NULL)
			query->targetList =
				lappend(query->targetList, makeTargetEntry((Expr *) var, att->attnum,
														   pstrdup(NameStr(att->attname)), false));
	}
	table_close(rel, NoLock);
	foreach (lc, query->targetList)
	{
		if (!lfirst_node(TargetEntry, lc)->resjunk)
			result = lappend_int(result, lfirst_node(TargetEntry, lc)->resno);
	}
	return result;
}

/* The row as it is, for triggers, and which one it is. */
static void
append_old_row(List **columns, Index target, Oid relid)
{
	Relation  rel = table_open(relid, NoLock);
	TupleDesc desc = RelationGetDescr(rel);

	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, i);

		AppendColumn(columns, att->attisdropped
								  ? (Expr *) makeNullConst(INT4OID, -1, InvalidOid)
								  : (Expr *) makeVar(target, att->attnum, att->atttypid,
													 att->atttypmod, att->attcollation, 0));
	}
	AppendColumn(columns, (Expr *) makeVar(target, SelfItemPointerAttributeNumber, TIDOID, -1,
										   InvalidOid, 0));
	table_close(rel, NoLock);
}

/*
 * A row that several rows are joined with is changed once. Elsewhere a second change does not find its ctid any more,
 * but the primary key stays, and triggers that fire here come first.
 */
static void
find_each_once(Query *source, int first, int count)
{
	List *distinct = NIL;

	for (int i = first; i < first + count; i++)
	{
		TargetEntry     *tle = list_nth_node(TargetEntry, source->targetList, i);
		SortGroupClause *clause = makeNode(SortGroupClause);

		get_sort_group_operators(exprType((Node *) tle->expr), false, false, false, &clause->sortop,
								 &clause->eqop, NULL, &clause->hashable);
		if (!OidIsValid(clause->sortop))
			return; /* a shard key may be of such a type */
		clause->tleSortGroupRef = assignSortGroupRef(tle, source->targetList);
		distinct = lappend(distinct, clause);
	}
	source->distinctClause = distinct;
	source->hasDistinctOn = true;
}

void
ChangeRows(Query *query, Modification *modification)
{
	Index      target = query->resultRelation;
	DistTable *table = LookupDistTable(rt_fetch(target, query->rtable)->relid);
	Query     *source;
	RowColumns returning = {.stay = bms_make_singleton(target)};
	List      *identity = RowIdentity(table, target);
	List      *columns = NIL;
	List      *fired = NIL;
	int        before_identity;
	AttrNumber key;
	Query     *change;
	ListCell  *lc;

	if (LocksByOtherPolicies(query))
		ChangePastPolicies(query);
	source = source_query(query);
	if (FiresBeforeChangeHere(query))
		fired = add_other_columns(query, table);
	foreach (lc, query->targetList)
	{
		if (!lfirst_node(TargetEntry, lc)->resjunk)
			AppendColumn(&returning.columns, copyObject(lfirst_node(TargetEntry, lc)->expr));
	}
	before_identity = list_length(returning.columns);
	foreach (lc, identity)
		AppendColumn(&returning.columns, copyObject(lfirst(lc)));
	key = table->method == DIST_HASH ? list_length(returning.columns) : 0;
	TakeFromColumns((Node *) query->returningList, &returning);
	foreach (lc, returning.columns)
		columns = lappend_int(columns, foreach_current_index(lc) + 1);

	source->targetList = copyObject(returning.columns);
	if (fired)
		append_old_row(&source->targetList, target, table->relid);
	/* subqueries that give several columns stand behind all others */
	foreach (lc, query->targetList)
	{
		if (lfirst_node(TargetEntry, lc)->resjunk)
			AppendColumn(&source->targetList, copyObject(lfirst_node(TargetEntry, lc)->expr));
	}
	if ((table->method == DIST_REFERENCE || fired) && !JoinsOneRow(query))
		find_each_once(source, before_identity, list_length(identity));
	LockTarget(query, source, query->commandType == CMD_DELETE);

	change = change_template(query, table, &returning, identity);
	modification->source = source;
	modification->methods = &DistChangeMethods;
	modification->write = (WritePlan){.batch = {.table = table->relid,
												.statement = change,
												.columns = columns,
												.key = key,
												.by_shard = true},
									  .attnums = fired,
									  .named = NamedTable(query),
									  .moves = MovedTables(change)};
}
