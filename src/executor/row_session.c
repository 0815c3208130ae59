/*-------------------------------------------------------------------------
 *
 * row_session.c
 *	  What triggers must not do to the session of a node that is not their client's.
 *
 * A trigger that fires where its row is stored, on another node than the client's,
 * has a session there which the client knows nothing of. To it settings would be
 * lost that are changed there; the number that a sequence gave last is another one;
 * and a table that is not distributed is another one, too, if there is one of that
 * name. All these are errors. Other nodes' changes of settings could not be had in
 * the client's session in an order in which PostgreSQL would have made them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/transam.h"
#include "access/xact.h"
#include "catalog/dependency.h"
#include "catalog/logical_table.h"
#include "catalog/metadata.h"
#include "catalog/pg_class.h"
#include "executor/row_session.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "planner/claim.h"
#include "transaction/xact.h"
#include "transaction_end.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/guc_tables.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

/* A setting that had been changed in the transaction when the first trigger fired. */
typedef struct SetBefore
{
	struct config_generic *setting;
	char                  *value;
} SetBefore;

static bool watching =
	false; /* has a trigger fired, in the statement that another node has sent? */
static int   watching_level = 0;  /* the subtransaction that the statement is in */
static List *set_before = NIL;    /* of SetBefore */
static bool  drew_number = false; /* has nextval() been called here, in this transaction? */
static bool  in_action = false;   /* does a trigger fire in the action of a foreign key? */
static bool *touched = NULL;      /* not NULL: the end of the transaction is to forget all this */

void
BeginRowSession(void)
{
	watching = in_action = false;
	watching_level = GetCurrentTransactionNestLevel();
	set_before = NIL;
}

static char *
value_of(const struct config_generic *setting)
{
	const char *value = GetConfigOption(setting->name, false, false);

	return pstrdup(value ? value : "");
}

void
WatchRowSession(void)
{
	struct config_generic **settings = get_guc_variables();
	MemoryContext           old;

	if (watching || !InsideFragment())
		return;
	watching = true;
	touched = &watching;
	old = MemoryContextSwitchTo(TopTransactionContext);
	for (int i = 0; i < GetNumConfigOptions(); i++)
	{
		SetBefore *before;

		if (settings[i]->stack == NULL)
			continue;
		before = palloc(sizeof(SetBefore));
		before->setting = settings[i];
		before->value = value_of(settings[i]);
		set_before = lappend(set_before, before);
	}
	MemoryContextSwitchTo(old);
}

bool
EnterRowTrigger(void)
{
	bool previous = in_action;

	in_action = InNoForceRLSOperation();
	return previous;
}

void
LeaveRowTrigger(bool previous)
{
	in_action = previous;
}

/* To leave one empty that had no value is as good as to leave it. */
static bool
was_changed(struct config_generic *setting)
{
	char     *value = value_of(setting);
	ListCell *lc;

	foreach (lc, set_before)
	{
		SetBefore *before = lfirst(lc);

		if (before->setting == setting)
			return strcmp(before->value, value) != 0;
	}
	return value[0] != '\0' || (setting->flags & GUC_CUSTOM_PLACEHOLDER) == 0;
}

static int
HintOnAfterTriggers(void)
{
	return errhint(
		"A trigger that fires after the row has changed acts where the client is connected.");
}

/* What is changed within a transaction has a stack. */
void
CheckRowSession(void)
{
	struct config_generic **settings = get_guc_variables();

	for (int i = 0; watching && i < GetNumConfigOptions(); i++)
	{
		if (settings[i]->stack != NULL && was_changed(settings[i]))
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("a trigger that fires where its row is stored cannot change setting "
							"\"%s\"",
							settings[i]->name),
					 errdetail("It would not change in the client's session."),
					 HintOnAfterTriggers()));
	}
	watching = false;
}

/* Extensions' tables are on every node. */
static bool
is_of_node_only(const RangeTblEntry *rte)
{
	if (rte->rtekind != RTE_RELATION || rte->relid < FirstNormalObjectId ||
		!(RELKIND_HAS_TABLE_AM(rte->relkind) || rte->relkind == RELKIND_PARTITIONED_TABLE ||
		  rte->relkind == RELKIND_FOREIGN_TABLE))
		return false;
	return LookupDistTable(rte->relid) == NULL && TableOfRows(rte->relid) == NULL &&
		   !OidIsValid(getExtensionOfObject(RelationRelationId, rte->relid));
}

/*
 * Ordinary tables may have foreign keys to this node's copies of reference tables: these act here, and are told by
 * the security context that they run in, which triggers of the rows that they change inherit.
 */
void
CheckRowStatement(QueryDesc *query)
{
	ListCell *lc;

	if (!watching || (InNoForceRLSOperation() && !in_action))
		return;
	foreach (lc, query->plannedstmt->rtable)
	{
		const RangeTblEntry *rte = lfirst_node(RangeTblEntry, lc);

		if (is_of_node_only(rte))
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("a trigger that fires where its row is stored cannot use table \"%s\", "
							"which is not distributed",
							get_rel_name(rte->relid)),
					 errdetail("It is another table than that of the client's node."),
					 HintOnRowActions()));
	}
}

void
CheckRowFunction(Oid function)
{
	if (!watching)
		return;
	if (function == F_NEXTVAL)
		drew_number = true;
	else if ((function == F_CURRVAL || function == F_LASTVAL) && !drew_number)
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("a trigger that fires where its row is stored cannot call %s()",
							   get_func_name(function)),
						errdetail("Numbers that the client has drawn are not known there."),
						HintOnAfterTriggers()));
}

static void
end_of_transaction(XactEvent event)
{
	watching = in_action = drew_number = false;
	set_before = NIL;
	touched = NULL;
}

/* Of the subtransactions in a trigger none is that of the statement. */
static void
end_of_subtransaction(SubXactEvent event, SubTransactionId subxact, SubTransactionId parent,
					  void *arg)
{
	if (event == SUBXACT_EVENT_ABORT_SUB && GetCurrentTransactionNestLevel() <= watching_level)
		watching = false;
}

void
InitRowSession(void)
{
	CallAtEvents(AT_END, end_of_transaction, &touched);
	RegisterSubXactCallback(end_of_subtransaction, NULL);
}
