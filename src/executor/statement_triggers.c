/*-------------------------------------------------------------------------
 *
 * statement_triggers.c
 *	  Triggers of the logical table, which fire once for a statement, here.
 *
 * Other row triggers than BEFORE INSERT are on the shards, and fire there.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/pg_class.h"
#include "commands/trigger.h"
#include "executor/executor.h"
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
has_transition_table(TriggerDesc *triggers, CmdType operation)
{
	switch (operation)
	{
		case CMD_INSERT:
			return triggers->trig_insert_new_table;
		case CMD_UPDATE:
			return triggers->trig_update_old_table || triggers->trig_update_new_table;
		default:
			return triggers->trig_delete_old_table;
	}
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
	bool     result = rel->trigdesc && fires_triggers(rel, operation);

	if (result && has_transition_table(rel->trigdesc, operation))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("triggers with transition tables are not supported on distributed tables"),
				 errdetail("Table \"%s\" has such a trigger.", RelationGetRelationName(rel))));
	table_close(rel, NoLock);
	return result;
}

/* The entry of the plan's range table that says which columns the statement sets. */
static Index
target_entry(EState *estate, Oid logical_relid)
{
	Index rti;

	for (rti = 1; rti <= estate->es_range_table_size; rti++)
	{
		RangeTblEntry *rte = exec_rt_fetch(rti, estate);

		if (rte->rtekind == RTE_RELATION && rte->relid == logical_relid &&
			(rte->requiredPerms & (ACL_INSERT | ACL_UPDATE | ACL_DELETE)))
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

void
BeginStatementTriggers(StatementTriggers *triggers, EState *estate, Oid logical_relid,
					   Bitmapset *operations)
{
	triggers->estate = estate;
	triggers->operations = operations;
	triggers->target = makeNode(ResultRelInfo);
	InitResultRelInfo(triggers->target, table_open(logical_relid, NoLock),
					  target_entry(estate, logical_relid), NULL, estate->es_instrument);
}

void
FireBeforeStatement(StatementTriggers *triggers)
{
	if (bms_is_member(CMD_INSERT, triggers->operations))
		ExecBSInsertTriggers(triggers->estate, triggers->target);
	if (bms_is_member(CMD_UPDATE, triggers->operations))
		ExecBSUpdateTriggers(triggers->estate, triggers->target);
	if (bms_is_member(CMD_DELETE, triggers->operations))
		ExecBSDeleteTriggers(triggers->estate, triggers->target);
}

void
FireAfterStatement(StatementTriggers *triggers)
{
	if (bms_is_member(CMD_DELETE, triggers->operations))
		ExecASDeleteTriggers(triggers->estate, triggers->target, NULL);
	if (bms_is_member(CMD_UPDATE, triggers->operations))
		ExecASUpdateTriggers(triggers->estate, triggers->target, NULL);
	if (bms_is_member(CMD_INSERT, triggers->operations))
		ExecASInsertTriggers(triggers->estate, triggers->target, NULL);
}

void
EndStatementTriggers(StatementTriggers *triggers)
{
	table_close(triggers->target->ri_RelationDesc, NoLock);
}
