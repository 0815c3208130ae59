/*-------------------------------------------------------------------------
 *
 * held_keys.c
 *	  Foreign keys of tables that are distributed before those that they reference.
 *
 * A distributed table can have no foreign key to an ordinary one. But tables
 * that reference each other can only be distributed one after the other. So in
 * a transaction block such a key is taken out of a table that is about to be
 * distributed, and added again, checked as any other, when the table that it
 * references is distributed as well. One that is still held when the transaction
 * commits is an error, so none is lost.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/dependency.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_inherits.h"
#include "commands/comment.h"
#include "placement/cluster_change.h"
#include "placement/distribute.h"
#include "transaction_end.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/ruleutils.h"

typedef struct HeldKey
{
	Oid              referencing;
	Oid              referenced;
	char            *name;
	char            *definition; /* ALTER TABLE .. ADD CONSTRAINT */
	char            *comment;    /* NULL: none */
	SubTransactionId taken;
	SubTransactionId added; /* invalid: it is held */
} HeldKey;

static List *held = NIL; /* of HeldKey, of this transaction */

static void
take_out(HeapTuple tuple, Oid other, bool referencing, void *tree)
{
	Form_pg_constraint key = (Form_pg_constraint) GETSTRUCT(tuple);
	ObjectAddress      address = {ConstraintRelationId, key->oid, 0};
	MemoryContext      caller;
	HeldKey           *item;

	if (!referencing || OidIsValid(key->conparentid) || list_member_oid(tree, other) ||
		LookupDistTable(other) != NULL)
		return;
	caller = MemoryContextSwitchTo(TopTransactionContext);
	item = palloc0(sizeof(HeldKey));
	item->referencing = key->conrelid;
	item->referenced = key->confrelid;
	item->name = pstrdup(NameStr(key->conname));
	item->definition = pstrdup(pg_get_constraintdef_command(key->oid));
	item->comment = GetComment(key->oid, ConstraintRelationId, 0);
	item->taken = GetCurrentSubTransactionId();
	held = lappend(held, item);
	MemoryContextSwitchTo(caller);
	performDeletion(&address, DROP_RESTRICT, 0);
}

/* PostgreSQL lets nothing be taken out of a table that is open. */
Relation
TakeOutForeignKeys(Relation logical)
{
	Oid       relid = RelationGetRelid(logical);
	List     *tree;
	ListCell *lc;

	if (!IsTransactionBlock())
		return logical;
	table_close(logical, NoLock);
	tree = find_all_inheritors(relid, AccessExclusiveLock, NULL);
	foreach (lc, tree)
		ForEachForeignKey(lfirst_oid(lc), take_out, tree);
	CommandCounterIncrement();
	return table_open(relid, NoLock);
}

void
AddHeldForeignKeys(void)
{
	ListCell *lc;

	foreach (lc, held)
	{
		HeldKey *key = lfirst(lc);
		char    *table;

		if (key->added != InvalidSubTransactionId || LookupDistTable(key->referencing) == NULL ||
			LookupDistTable(key->referenced) == NULL)
			continue;
		table = quote_qualified_identifier(get_namespace_name(get_rel_namespace(key->referencing)),
										   get_rel_name(key->referencing));
		RunHere(key->definition);
		if (key->comment)
			RunHere(psprintf("COMMENT ON CONSTRAINT %s ON %s IS %s", quote_identifier(key->name),
							 table, quote_literal_cstr(key->comment)));
		key->added = GetCurrentSubTransactionId();
	}
}

/* A table that is gone has taken its keys along. */
static void
check_none_held(void)
{
	ListCell *lc;

	foreach (lc, held)
	{
		HeldKey *key = lfirst(lc);
		char    *referencing = get_rel_name(key->referencing);
		char    *referenced = get_rel_name(key->referenced);

		if (key->added == InvalidSubTransactionId && referencing != NULL)
			ereport(
				ERROR,
				(errcode(ERRCODE_INVALID_FOREIGN_KEY),
				 errmsg("foreign key \"%s\" from table \"%s\" to table \"%s\" cannot be enforced",
						key->name, referencing, referenced ? referenced : ""),
				 errdetail("One of the tables is distributed, and the other one is not."),
				 errhint("Change both in one transaction, or drop the foreign key first.")));
	}
}

static void
end_of_transaction(XactEvent event)
{
	switch (event)
	{
		case XACT_EVENT_PRE_COMMIT:
		case XACT_EVENT_PRE_PREPARE:
			check_none_held();
			break;
		case XACT_EVENT_COMMIT:
		case XACT_EVENT_PREPARE:
		case XACT_EVENT_ABORT:
			held = NIL;
			break;
		default:
			break;
	}
}

static void
end_of_subtransaction(SubXactEvent event, SubTransactionId subxact, SubTransactionId parent,
					  void *arg)
{
	bool             commits = event == SUBXACT_EVENT_COMMIT_SUB;
	SubTransactionId added = commits ? parent : InvalidSubTransactionId;
	ListCell        *lc;

	if (!commits && event != SUBXACT_EVENT_ABORT_SUB)
		return;
	foreach (lc, held)
	{
		HeldKey *key = lfirst(lc);

		if (key->added == subxact)
			key->added = added;
		if (key->taken != subxact)
			continue;
		if (commits)
			key->taken = parent;
		else
			held = foreach_delete_current (held, lc);
	}
}

void
InitHeldKeys(void)
{
	CallAtEvents(BEFORE_END | AT_END, end_of_transaction, &held);
	RegisterSubXactCallback(end_of_subtransaction, NULL);
}
