/*-------------------------------------------------------------------------
 *
 * reference_actions.c
 *	  Foreign keys from ordinary tables to reference tables.
 *
 * The node that has the ordinary table has a copy of the referenced one, so the
 * foreign key can be kept there: new rows are checked by PostgreSQL's own
 * triggers of the ordinary table, whose queries read this node's copy. Whichever
 * node changes the referenced rows, this node's copy changes too, and a trigger
 * on it calls what PostgreSQL's triggers of the logical table would do: look for
 * referencing rows, or change them.
 *
 * That one trigger serves all such foreign keys. It stays when they are dropped,
 * and then finds nothing to do.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "access/xact.h"
#include "catalog/logical_table.h"
#include "catalog/metadata.h"
#include "catalog/pg_trigger.h"
#include "commands/trigger.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "placement/data_table.h"
#include "placement/reference_actions.h"
#include "utils/rel.h"

#define TRIGGER_NAME "distshard_reference_actions"

PG_FUNCTION_INFO_V1(distshard_act_on_references);

void
WatchReferencedCopy(DistTable *table)
{
	CreateTrigStmt *stmt;
	CatalogWork     work;

	if (OidIsValid(get_trigger_oid(table->data_relid, TRIGGER_NAME, true)))
		return;
	stmt = makeNode(CreateTrigStmt);
	stmt->trigname = TRIGGER_NAME;
	stmt->funcname = list_make2(makeString("distshard"), makeString("act_on_references"));
	stmt->row = true;
	stmt->timing = TRIGGER_TYPE_AFTER;
	stmt->events = TRIGGER_TYPE_UPDATE | TRIGGER_TYPE_DELETE;
	EnterCatalogWork(&work);
	CreateTrigger(stmt, NULL, table->data_relid, InvalidOid, InvalidOid, InvalidOid, InvalidOid,
				  InvalidOid, NULL, false, false);
	CommandCounterIncrement();
	LeaveCatalogWork(&work);
}

/* Is it the part of such a foreign key that acts on this event? */
static bool
acts(Trigger *trigger, TriggerData *data)
{
	char unless = SessionReplicationRole == SESSION_REPLICATION_ROLE_REPLICA
					  ? TRIGGER_FIRES_ON_ORIGIN
					  : TRIGGER_FIRES_ON_REPLICA;

	return RI_FKey_trigger_type(trigger->tgfoid) == RI_TRIGGER_PK &&
		   LookupDistTable(trigger->tgconstrrelid) == NULL &&
		   trigger->tgenabled != TRIGGER_DISABLED && trigger->tgenabled != unless &&
		   (TRIGGER_FIRED_BY_UPDATE(data->tg_event) ? TRIGGER_FOR_UPDATE(trigger->tgtype)
													: TRIGGER_FOR_DELETE(trigger->tgtype));
}

static void
call_trigger(Trigger *trigger, TriggerData *data)
{
	LOCAL_FCINFO(fcinfo, 0);
	FmgrInfo function;

	if (TRIGGER_FIRED_BY_UPDATE(data->tg_event) &&
		!RI_FKey_pk_upd_check_required(trigger, data->tg_relation, data->tg_trigslot,
									   data->tg_newslot))
		return;
	data->tg_trigger = trigger;
	fmgr_info(trigger->tgfoid, &function);
	InitFunctionCallInfoData(*fcinfo, &function, 0, InvalidOid, (Node *) data, NULL);
	FunctionCallInvoke(fcinfo);
}

/* distshard.act_on_references() trigger */
Datum
distshard_act_on_references(PG_FUNCTION_ARGS)
{
	TriggerData  data;
	TriggerDesc *triggers;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
						errmsg("act_on_references() must be called as a trigger")));
	data = *(TriggerData *) fcinfo->context;
	data.tg_relation =
		table_open(LogicalTableOf(RelationGetRelid(data.tg_relation)), AccessShareLock);
	/* a foreign key that is dropped by a trigger while this one runs would take its entry along */
	triggers = CopyTriggerDesc(data.tg_relation->trigdesc);
	for (int i = 0; triggers != NULL && i < triggers->numtriggers; i++)
	{
		if (acts(&triggers->triggers[i], &data))
			call_trigger(&triggers->triggers[i], &data);
	}
	table_close(data.tg_relation, NoLock);
	return PointerGetDatum(NULL);
}
