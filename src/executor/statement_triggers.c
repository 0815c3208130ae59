/*-------------------------------------------------------------------------
 *
 * statement_triggers.c
 *	  Triggers of the logical table, which fire once for a statement, here.
 *
 * Other row triggers than BEFORE INSERT, and those with transition tables
 * (row_triggers.c), are on the shards. Those AFTER a row fire here as well
 * (held_triggers.c).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_class.h"
#include "commands/trigger.h"
#include "executor/executor.h"
#include "executor/held_triggers.h"
#include "executor/statement_triggers.h"
#include "utils/rel.h"

/*
 * Of a table that is partitioned, or a partition, the triggers that fire are those of the leaf that the row belongs
 * to. PostgreSQL finds it, on the node.
 */
bool
BeforeInsertFiresHere(Relation logical)
{
	return logical->rd_rel->relkind != RELKIND_PARTITIONED_TABLE &&
		   !logical->rd_rel->relispartition;
}

bool
HasBeforeInsertHere(Relation logical)
{
	return logical->trigdesc != NULL && logical->trigdesc->trig_insert_before_row &&
		   BeforeInsertFiresHere(logical);
}

static bool
wants_old_rows(TriggerDesc *triggers, CmdType operation)
{
	return (operation == CMD_UPDATE && triggers->trig_update_old_table) ||
		   (operation == CMD_DELETE && triggers->trig_delete_old_table);
}

static bool
wants_new_rows(TriggerDesc *triggers, CmdType operation)
{
	return (operation == CMD_UPDATE && triggers->trig_update_new_table) ||
		   (operation == CMD_INSERT && triggers->trig_insert_new_table);
}

static bool
wants_rows(Relation rel, CmdType operation)
{
	return rel->trigdesc &&
		   (wants_old_rows(rel->trigdesc, operation) || wants_new_rows(rel->trigdesc, operation));
}

static bool
fires_triggers(Relation rel, CmdType operation)
{
	TriggerDesc *triggers = rel->trigdesc;

	switch (operation)
	{
		case CMD_INSERT:
			return HasBeforeInsertHere(rel) || triggers->trig_insert_before_statement ||
				   triggers->trig_insert_after_statement;
		case CMD_UPDATE:
			return triggers->trig_update_before_statement || triggers->trig_update_after_statement;
		case CMD_DELETE:
			return triggers->trig_delete_before_statement || triggers->trig_delete_after_statement;
		default:
			return false;
	}
}

bool
FiresTriggersHere(Oid logical_relid, CmdType operation)
{
	Relation rel = table_open(logical_relid, NoLock);
	bool result = rel->trigdesc && (fires_triggers(rel, operation) || wants_rows(rel, operation));

	table_close(rel, NoLock);
	return result;
}

bool
HasTransitionTables(Oid logical_relid)
{
	Relation rel = table_open(logical_relid, NoLock);
	bool     result =
		wants_rows(rel, CMD_INSERT) || wants_rows(rel, CMD_UPDATE) || wants_rows(rel, CMD_DELETE);

	table_close(rel, NoLock);
	return result;
}

/*
 * The entry of the plan's range table that says which columns the statement sets: not that of
 * another operation on the table, whose rule this statement is.
 */
static Index
target_entry(EState *estate, Oid logical_relid, Bitmapset *operations)
{
	AclMode rights = 0;
	Index   rti;

	if (bms_is_member(CMD_INSERT, operations))
		rights |= ACL_INSERT;
	if (bms_is_member(CMD_UPDATE, operations))
		rights |= ACL_UPDATE;
	if (bms_is_member(CMD_DELETE, operations))
		rights |= ACL_DELETE;

	for (rti = 1; rti <= estate->es_range_table_size; rti++)
	{
		RangeTblEntry *rte = exec_rt_fetch(rti, estate);

		if (rte->rtekind == RTE_RELATION && rte->relid == logical_relid &&
			(rte->requiredPerms & rights) == rights)
			return rti;
	}
	return 0;
}

Bitmapset *
OperationsOfStatement(Query *statement)
{
	Bitmapset *result = NULL;
	ListCell  *lc;

	if (statement->commandType != CMD_MERGE)
		result = bms_make_singleton(statement->commandType);
	if (statement->onConflict && statement->onConflict->action == ONCONFLICT_UPDATE)
		result = bms_add_member(result, CMD_UPDATE);
	foreach (lc, statement->mergeActionList)
		result = bms_add_member(result, lfirst_node(MergeAction, lc)->commandType);
	return result;
}

static ResultRelInfo *
open_table(EState *estate, Oid relid, ResultRelInfo *named, Bitmapset *operations)
{
	ResultRelInfo *result = makeNode(ResultRelInfo);

	InitResultRelInfo(result, table_open(relid, NoLock), target_entry(estate, relid, operations),
					  named, estate->es_instrument);
	return result;
}

void
BeginStatementTriggers(StatementTriggers *triggers, EState *estate, Oid target, Oid named,
					   Bitmapset *operations)
{
	triggers->estate = estate;
	triggers->operations = triggers->before = operations;
	triggers->named = open_table(estate, named, NULL, operations);
	triggers->target =
		target == named ? triggers->named : open_table(estate, target, triggers->named, operations);
}

/*
 * Such triggers would see, beside the rows that they fire for, only those of
 * their table, while others that the statement changes inherit from it.
 */
static void
refuse_row_triggers(const StatementTriggers *triggers)
{
	ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					errmsg("cannot change rows of \"%s\" along with \"%s\", from which it inherits",
						   RelationGetRelationName(triggers->target->ri_RelationDesc),
						   RelationGetRelationName(triggers->named->ri_RelationDesc)),
					errdetail("The latter has a row trigger with transition tables."),
					errhint("Change the tables one by one, with ONLY.")));
}

/* Rows of a transition table are what its triggers are for; other row triggers are on the shards. */
static void
begin_captures(StatementTriggers *triggers)
{
	Relation      rel = triggers->target->ri_RelationDesc;
	Relation      named = triggers->named->ri_RelationDesc;
	MemoryContext old = MemoryContextSwitchTo(triggers->estate->es_query_cxt);
	int           operation = -1;

	while ((operation = bms_next_member(triggers->operations, operation)) >= 0)
	{
		if (operation > CMD_DELETE || !wants_rows(named, operation))
			continue;
		triggers->captures[operation] =
			MakeTransitionCaptureState(named->trigdesc, RelationGetRelid(named), operation);
		triggers->row_triggers[operation] =
			BeginRowTriggers(triggers->estate, triggers->named, operation);
		if (rel != named && triggers->row_triggers[operation])
			refuse_row_triggers(triggers);
	}
	triggers->captured = makeNode(ResultRelInfo);
	InitResultRelInfo(triggers->captured, rel, 0, triggers->target->ri_RootResultRelInfo, 0);
	triggers->captured->ri_TrigDesc = NULL;
	(void) ExecGetChildToRootMap(triggers->captured); /* kept from here on, not for a row */
	triggers->row =
		ExecInitExtraTupleSlot(triggers->estate, RelationGetDescr(rel), &TTSOpsHeapTuple);
	MemoryContextSwitchTo(old);
}

bool
CapturesRows(const StatementTriggers *triggers)
{
	return triggers->captures[CMD_INSERT] || triggers->captures[CMD_UPDATE] ||
		   triggers->captures[CMD_DELETE];
}

bool
WillCaptureRows(const StatementTriggers *triggers)
{
	int operation = -1;

	while ((operation = bms_next_member(triggers->operations, operation)) >= 0)
	{
		if (operation <= CMD_DELETE && wants_rows(triggers->named->ri_RelationDesc, operation))
			return true;
	}
	return false;
}

/* Puts a row that nodes have held into its transition tables, and keeps it for row triggers that want these. */
static void
capture_row(StatementTriggers *triggers, CmdType command, HeapTuple old, HeapTuple new)
{
	TransitionCaptureState *capture = triggers->captures[command];
	TupleTableSlot         *row = triggers->row;

	if (capture == NULL)
		return;
	if (new)
		ExecStoreHeapTuple(new, row, false);
	if (command == CMD_INSERT)
		ExecARInsertTriggers(triggers->estate, triggers->captured, row, NIL, capture);
	else if (command == CMD_DELETE)
		ExecARDeleteTriggers(triggers->estate, triggers->captured, NULL, old, capture, false);
	else
		ExecARUpdateTriggers(triggers->estate, triggers->captured, NULL, NULL, NULL, old, row, NIL,
							 capture, false);
	if (triggers->row_triggers[command])
		KeepForRowTriggers(triggers->row_triggers[command], old, row);
	ExecClearTuple(row);
}

static void
capture_rows(StatementTriggers *triggers)
{
	EState       *estate = triggers->estate;
	MemoryContext caller = MemoryContextSwitchTo(GetPerTupleMemoryContext(estate));
	HeapTuple     old;
	HeapTuple new;
	CmdType command;

	while ((command = NextChangedRow(estate, triggers->target->ri_RelationDesc, &old, &new)) !=
		   CMD_UNKNOWN)
	{
		capture_row(triggers, command, old, new);
		ResetPerTupleExprContext(estate);
	}
	MemoryContextSwitchTo(caller);
}

void
FireBeforeStatement(StatementTriggers *triggers)
{
	if (bms_is_member(CMD_INSERT, triggers->before))
		ExecBSInsertTriggers(triggers->estate, triggers->named);
	if (bms_is_member(CMD_UPDATE, triggers->before))
		ExecBSUpdateTriggers(triggers->estate, triggers->named);
	if (bms_is_member(CMD_DELETE, triggers->before))
		ExecBSDeleteTriggers(triggers->estate, triggers->named);
	begin_captures(triggers);
}

void
FireAfterStatement(StatementTriggers *triggers)
{
	TransitionCaptureState **captures = triggers->captures;

	if (CapturesRows(triggers))
		capture_rows(triggers);
	for (int operation = 0; operation <= CMD_DELETE; operation++)
	{
		if (triggers->row_triggers[operation])
			FireRowTriggers(triggers->row_triggers[operation]);
	}
	if (bms_is_member(CMD_DELETE, triggers->operations))
		ExecASDeleteTriggers(triggers->estate, triggers->named, captures[CMD_DELETE]);
	if (bms_is_member(CMD_UPDATE, triggers->operations))
		ExecASUpdateTriggers(triggers->estate, triggers->named, captures[CMD_UPDATE]);
	if (bms_is_member(CMD_INSERT, triggers->operations))
		ExecASInsertTriggers(triggers->estate, triggers->named, captures[CMD_INSERT]);
}

void
EndStatementTriggers(StatementTriggers *triggers)
{
	for (int operation = 0; operation <= CMD_DELETE; operation++)
	{
		if (triggers->row_triggers[operation])
			EndRowTriggers(triggers->row_triggers[operation]);
	}
	if (triggers->target != triggers->named)
		table_close(triggers->target->ri_RelationDesc, NoLock);
	table_close(triggers->named->ri_RelationDesc, NoLock);
}
