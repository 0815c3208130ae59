/*-------------------------------------------------------------------------
 *
 * fire_trigger.c
 *	  Calls a user's trigger function for a row of a shard, as if the row were
 *	  the logical table's.
 *
 * Row triggers of the data table all call this function. It finds the logical
 * table's trigger of the same name and calls its function with that trigger and
 * that relation, so that TG_RELID, TG_TABLE_NAME, the arguments and the type of
 * NEW and OLD are those that the user knows.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/logical_table.h"
#include "commands/trigger.h"
#include "executor/before_row.h"
#include "executor/held_triggers.h"
#include "executor/row_session.h"
#include "fmgr.h"
#include "utils/rel.h"

PG_FUNCTION_INFO_V1(distshard_fire_trigger);

static Trigger *
FindTrigger(Relation relation, const char *name)
{
	for (int i = 0; relation->trigdesc != NULL && i < relation->trigdesc->numtriggers; i++)
	{
		if (strcmp(relation->trigdesc->triggers[i].tgname, name) == 0)
			return &relation->trigdesc->triggers[i];
	}
	ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
					errmsg("trigger \"%s\" for table \"%s\" does not exist", name,
						   RelationGetRelationName(relation))));
}

/* What is looked up once for each query and shard. */
typedef struct UserTrigger
{
	Oid      shard;
	Oid      logical;
	FmgrInfo function;
} UserTrigger;

static UserTrigger *
user_trigger(FmgrInfo *ours, Oid shard)
{
	UserTrigger *user = ours->fn_extra;

	if (user == NULL)
		user = ours->fn_extra = MemoryContextAllocZero(ours->fn_mcxt, sizeof(UserTrigger));
	if (user->shard != shard)
	{
		user->logical = LogicalTableOf(shard);
		user->shard = shard;
	}
	return user;
}

static FmgrInfo *
user_function(UserTrigger *user, Oid function, MemoryContext context)
{
	if (user->function.fn_oid != function)
		fmgr_info_cxt(function, &user->function, context);
	return &user->function;
}

/* distshard.fire_trigger() trigger */
Datum
distshard_fire_trigger(PG_FUNCTION_ARGS)
{
	LOCAL_FCINFO(call, 0);
	TriggerData  trigdata;
	UserTrigger *user;
	FmgrInfo    *function;
	Relation     logical;
	Datum        result;
	bool         in_trigger;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
						errmsg("fire_trigger() must be called as a trigger")));
	trigdata = *(TriggerData *) fcinfo->context;
	if (HasFired(&trigdata))
		PG_RETURN_POINTER(trigdata.tg_trigtuple);
	if (TRIGGER_FIRED_BEFORE(trigdata.tg_event))
		WatchRowSession();
	user = user_trigger(fcinfo->flinfo, RelationGetRelid(trigdata.tg_relation));
	logical = table_open(user->logical, AccessShareLock);
	trigdata.tg_trigger = FindTrigger(logical, trigdata.tg_trigger->tgname);
	if (HoldTrigger(&trigdata, logical))
	{
		table_close(logical, NoLock);
		PG_RETURN_POINTER(NULL);
	}
	trigdata.tg_relation = logical;

	function = user_function(user, trigdata.tg_trigger->tgfoid, fcinfo->flinfo->fn_mcxt);
	InitFunctionCallInfoData(*call, function, 0, InvalidOid, (Node *) &trigdata, NULL);
	in_trigger = EnterRowTrigger();
	result = FunctionCallInvoke(call);
	LeaveRowTrigger(in_trigger);
	fcinfo->isnull = call->isnull;
	CheckCopiesAlike(&trigdata, logical, result);
	table_close(logical, NoLock);
	return result;
}
