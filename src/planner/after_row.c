/*-------------------------------------------------------------------------
 *
 * after_row.c
 *	  May a statement fire row triggers, AFTER rows or BEFORE them?
 *
 * The former fire on the coordinator (executor/held_triggers.c), so a statement that
 * has any is more than what a node does. The latter may fire on the node. They may
 * be those of the table that the statement changes, of its partitions, and of tables
 * that are changed by actions of foreign keys.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/partitions.h"
#include "catalog/pg_trigger.h"
#include "commands/trigger.h"
#include "executor/statement_triggers.h"
#include "parser/parsetree.h"
#include "planner/after_row.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"

static bool table_fires(Oid relid, int16 timing, int16 events, List **relids);

/* The trigger events of these operations, a set of CmdType. */
static int16
events_of(Bitmapset *operations)
{
	int16 events = 0;

	if (bms_is_member(CMD_INSERT, operations))
		events |= TRIGGER_TYPE_INSERT;
	if (bms_is_member(CMD_UPDATE, operations))
		events |= TRIGGER_TYPE_UPDATE;
	if (bms_is_member(CMD_DELETE, operations))
		events |= TRIGGER_TYPE_DELETE;
	return events;
}

/* Is it the trigger of a foreign key's action, which changes rows of the referencing table? */
static bool
is_action(const Trigger *trigger)
{
	switch (trigger->tgfoid)
	{
		case F_RI_FKEY_CASCADE_DEL:
		case F_RI_FKEY_CASCADE_UPD:
		case F_RI_FKEY_SETNULL_DEL:
		case F_RI_FKEY_SETNULL_UPD:
		case F_RI_FKEY_SETDEFAULT_DEL:
		case F_RI_FKEY_SETDEFAULT_UPD:
			return true;
		default:
			return false;
	}
}

static bool
action_fires(const Trigger *trigger, int16 timing, List **relids)
{
	ListCell *lc;

	foreach (lc, PartitionTree(trigger->tgconstrrelid, AccessShareLock))
	{
		if (list_member_oid(*relids, lfirst_oid(lc)))
			continue;
		*relids = lappend_oid(*relids, lfirst_oid(lc));
		if (table_fires(lfirst_oid(lc), timing, TRIGGER_TYPE_UPDATE | TRIGGER_TYPE_DELETE, relids))
			return true;
	}
	return false;
}

static bool
table_fires(Oid relid, int16 timing, int16 events, List **relids)
{
	Relation rel = table_open(relid, AccessShareLock);
	bool     result = false;

	for (int i = 0; !result && rel->trigdesc && i < rel->trigdesc->numtriggers; i++)
	{
		const Trigger *trigger = &rel->trigdesc->triggers[i];

		if ((trigger->tgtype & events) == 0 || !TRIGGER_FOR_ROW(trigger->tgtype))
			continue;
		if (trigger->tgisinternal)
			result = is_action(trigger) && action_fires(trigger, timing, relids);
		else
			result = (trigger->tgtype & TRIGGER_TYPE_TIMING_MASK) == timing;
	}
	table_close(rel, NoLock);
	return result;
}

static bool
change_fires(Oid relid, int16 timing, int16 events, List **relids)
{
	List     *tables = PartitionTree(relid, AccessShareLock);
	bool      result = false;
	ListCell *lc;

	foreach (lc, tables)
		result = result || table_fires(lfirst_oid(lc), timing, events, relids);
	*relids = list_concat_unique_oid(*relids, tables);
	return result;
}

static bool
statement_fires(Query *query, int16 timing, List **relids)
{
	bool      result = false;
	ListCell *lc;

	foreach (lc, query->cteList)
		result =
			result || statement_fires(castNode(Query, lfirst_node(CommonTableExpr, lc)->ctequery),
									  timing, relids);
	return result || (query->resultRelation != 0 &&
					  change_fires(rt_fetch(query->resultRelation, query->rtable)->relid, timing,
								   events_of(OperationsOfStatement(query)), relids));
}

bool
FiresAfterRow(Query *query, List **relids)
{
	return statement_fires(query, TRIGGER_TYPE_AFTER, relids);
}

bool
FiresBeforeRow(Query *query, List **relids)
{
	return statement_fires(query, TRIGGER_TYPE_BEFORE, relids);
}

bool
InsertFiresBeforeRow(Oid relid)
{
	List *relids = NIL;

	return change_fires(relid, TRIGGER_TYPE_BEFORE, TRIGGER_TYPE_INSERT, &relids);
}
