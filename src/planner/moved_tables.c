/*-------------------------------------------------------------------------
 *
 * moved_tables.c
 *	  Which rows can change node because a statement updates their shard key.
 *
 * A statement that sets the key to what it is known to be moves nothing. One
 * that changes columns which foreign keys reference may change, by their ON
 * UPDATE actions, the keys of other tables. A BEFORE UPDATE trigger may change
 * any column.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/metadata.h"
#include "catalog/shard_key.h"
#include "catalog/partitions.h"
#include "catalog/pg_constraint.h"
#include "commands/trigger.h"
#include "executor/statement_triggers.h"
#include "nodes/bitmapset.h"
#include "nodes/makefuncs.h"
#include "optimizer/optimizer.h"
#include "optimizer/tlist.h"
#include "parser/parsetree.h"
#include "planner/claim.h"
#include "planner/equality.h"
#include "planner/moved_tables.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

typedef struct Moves
{
	List *tables;       /* of oid */
	List *foreign_keys; /* of oid: those that were followed */
} Moves;

static void follow_change(Moves *moves, Oid relid, Bitmapset *columns);

static bool
moved_rows_wait(Relation logical, List *asked)
{
	ListCell *lc;
	bool      result = HasBeforeInsertHere(logical);

	asked = lappend_oid(asked, RelationGetRelid(logical));
	foreach (lc, result ? NIL : copyObject(RelationGetFKeyList(logical)))
	{
		Oid        referenced = lfirst_node(ForeignKeyCacheInfo, lc)->confrelid;
		DistTable *table = LookupDistTable(referenced);
		Relation   rel;

		if (result || table == NULL || table->method != DIST_HASH ||
			list_member_oid(asked, referenced))
			continue;
		rel = table_open(referenced, AccessShareLock);
		result = moved_rows_wait(rel, asked);
		table_close(rel, NoLock);
	}
	return result;
}

bool
MovedRowsWait(Relation logical)
{
	return moved_rows_wait(logical, NIL);
}

/* Is there a shard that this node does not have, or must rows wait for others? */
static bool
can_leave(DistTable *table, Relation rel)
{
	return !table->all_here || MovedRowsWait(rel);
}

/* The rows of a partitioned table are its partitions'. */
static void
add_tables(Moves *moves, Oid relid)
{
	ListCell *lc;

	foreach (lc, PartitionTree(relid, AccessShareLock))
	{
		if (!LookupDistTable(lfirst_oid(lc))->is_parent)
			moves->tables = list_append_unique_oid(moves->tables, lfirst_oid(lc));
	}
}

static bool
has_before_update_trigger(Oid relid, LOCKMODE lock)
{
	Relation rel = table_open(relid, lock);
	bool     result = rel->trigdesc && rel->trigdesc->trig_update_before_row;

	table_close(rel, NoLock);
	return result;
}

/* The columns, or all of them if triggers may change any in rows that are updated. */
static Bitmapset *
add_changed_by_triggers(Bitmapset *columns, Oid relid)
{
	ListCell *lc;

	/* those of a partition fire, too */
	foreach (lc, PartitionTree(relid, AccessShareLock))
	{
		if (has_before_update_trigger(lfirst_oid(lc), AccessShareLock))
			return bms_add_range(columns, 1, MaxHeapAttributeNumber);
	}
	return columns;
}

/* What the foreign key's ON UPDATE action does to the referencing table. */
static void
follow_action(Moves *moves, Oid constraint, Oid function, Bitmapset *columns)
{
	HeapTuple  tuple = SearchSysCache1(CONSTROID, ObjectIdGetDatum(constraint));
	AttrNumber from[INDEX_MAX_KEYS];
	AttrNumber to[INDEX_MAX_KEYS];
	Bitmapset *set = NULL;
	Bitmapset *referenced = NULL;
	Oid        referencing;
	int        count;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for constraint %u", constraint);
	referencing = ((Form_pg_constraint) GETSTRUCT(tuple))->conrelid;
	DeconstructFkConstraintRow(tuple, &count, from, to, NULL, NULL, NULL, NULL, NULL);
	ReleaseSysCache(tuple);
	for (int i = 0; i < count; i++)
	{
		referenced = bms_add_member(referenced, to[i]);
		if (function != F_RI_FKEY_CASCADE_UPD || bms_is_member(to[i], columns))
			set = bms_add_member(set, from[i]);
	}
	if (!bms_overlap(referenced, columns) || list_member_oid(moves->foreign_keys, constraint))
		return;
	moves->foreign_keys = lappend_oid(moves->foreign_keys, constraint);
	follow_change(moves, referencing, add_changed_by_triggers(set, referencing));
}

static void
follow_change(Moves *moves, Oid relid, Bitmapset *columns)
{
	DistTable *table = LookupDistTable(relid);
	Relation   rel;

	if (table == NULL || bms_is_empty(columns))
		return;
	rel = table_open(relid, AccessShareLock);
	if (table->method == DIST_HASH && bms_is_member(table->key_attno, columns) &&
		can_leave(table, rel))
		add_tables(moves, relid);
	for (int i = 0; rel->trigdesc && i < rel->trigdesc->numtriggers; i++)
	{
		Trigger *trigger = &rel->trigdesc->triggers[i];

		if (trigger->tgfoid == F_RI_FKEY_CASCADE_UPD || trigger->tgfoid == F_RI_FKEY_SETNULL_UPD ||
			trigger->tgfoid == F_RI_FKEY_SETDEFAULT_UPD)
			follow_action(moves, trigger->tgconstraint, trigger->tgfoid, columns);
	}
	table_close(rel, NoLock);
}

/* Is the key set to what it is? */
static bool
keeps_key(Query *query, DistTable *table, Expr *value)
{
	KeySense sense = {table->hash_opfamily, table->key_collation};
	Var  *key = makeVar(query->resultRelation, table->key_attno, table->key_type, table->key_typmod,
						table->key_collation, 0);
	List *equalities;

	value = CanonicalTerm(query, value);
	if (equal(value, key))
		return true;
	if (contain_volatile_functions((Node *) value))
		return false;
	equalities = EmergentEqualities(query, (Node *) query->jointree, &sense);
	return KnownEqual(equalities, (Expr *) key, value);
}

/* The columns to which an UPDATE's target list may give other values. */
static Bitmapset *
add_changed(Bitmapset *columns, Query *query, DistTable *table, List *targetlist, bool may_keep)
{
	ListCell *lc;

	foreach (lc, targetlist)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);

		if (tle->resjunk || (may_keep && tle->resno == table->key_attno &&
							 table->method == DIST_HASH && keeps_key(query, table, tle->expr)))
			continue;
		columns = bms_add_member(columns, tle->resno);
	}
	return add_changed_by_triggers(columns, table->relid);
}

/* The columns that a MERGE changes, itself or by triggers, of rows that are there. */
static Bitmapset *
changed_by_merge(Query *query, DistTable *table)
{
	Bitmapset *columns = NULL;
	ListCell  *lc;

	foreach (lc, query->mergeActionList)
	{
		MergeAction *action = lfirst_node(MergeAction, lc);

		if (action->commandType == CMD_UPDATE)
			columns = add_changed(columns, query, table, action->targetList, false);
	}
	return columns;
}

bool
MergeMayMoveRows(Query *query, DistTable *table)
{
	return table->method == DIST_HASH &&
		   bms_is_member(table->key_attno, changed_by_merge(query, table));
}

bool
ConflictMayMoveRow(Query *query, DistTable *table)
{
	OnConflictExpr *conflict = query->onConflict;
	TargetEntry    *tle;
	Var            *value;

	if (conflict == NULL || table->method != DIST_HASH || table->is_parent)
		return false;
	tle = get_tle_by_resno(conflict->onConflictSet, table->key_attno);
	if (tle == NULL || tle->resjunk)
		return false;
	/* the key of the new row is one of the shard in which it met the other */
	value = (Var *) tle->expr;
	return !(IsA(value, Var) && value->varattno == table->key_attno);
}

static void
find_moves(Moves *moves, Query *query)
{
	Bitmapset *columns = NULL;
	DistTable *table;
	Oid        relid;
	ListCell  *lc;

	foreach (lc, query->cteList)
		find_moves(moves, castNode(Query, lfirst_node(CommonTableExpr, lc)->ctequery));
	if (query->resultRelation == 0)
		return;
	relid = rt_fetch(query->resultRelation, query->rtable)->relid;
	table = LookupDistTable(relid);
	if (table == NULL)
		return;
	if (query->commandType == CMD_UPDATE)
		columns = add_changed(columns, query, table, query->targetList, true);
	columns = bms_add_members(columns, changed_by_merge(query, table));
	if (query->onConflict && query->onConflict->action == ONCONFLICT_UPDATE)
	{
		columns = add_changed(columns, query, table, query->onConflict->onConflictSet, false);
		/* even to another shard of this node; if a trigger would have it moved, it is an error there */
		if (ConflictMayMoveRow(query, table))
			add_tables(moves, relid);
		else
			columns = bms_del_member(columns, table->key_attno);
	}
	follow_change(moves, relid, columns);
}

static bool
sets_column(List *targetlist, AttrNumber attno)
{
	TargetEntry *tle = get_tle_by_resno(targetlist, attno);

	return tle && !tle->resjunk;
}

bool
MayChangeKey(Query *query, DistTable *table)
{
	bool      updates = query->commandType == CMD_UPDATE;
	ListCell *lc;

	foreach (lc, query->mergeActionList)
	{
		MergeAction *action = lfirst_node(MergeAction, lc);

		if (action->commandType == CMD_INSERT || sets_column(action->targetList, table->key_attno))
			return true;
		updates |= action->commandType == CMD_UPDATE;
	}
	if (query->onConflict)
		return sets_column(query->onConflict->onConflictSet, table->key_attno);
	if (updates &&
		has_before_update_trigger(rt_fetch(query->resultRelation, query->rtable)->relid, NoLock))
		return true;
	return query->commandType == CMD_UPDATE && sets_column(query->targetList, table->key_attno);
}

List *
MovedTables(Query *query)
{
	Moves moves = {NIL, NIL};

	if (InsideFragment())
		return NIL;
	if (query->commandType != CMD_SELECT || query->hasModifyingCTE)
		find_moves(&moves, query);
	return moves.tables;
}
