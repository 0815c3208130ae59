/*-------------------------------------------------------------------------
 *
 * set_constraints.c
 *	  SET CONSTRAINTS, when checks are those of shards.
 *
 * A constraint of a distributed table is checked where its data tables are, on
 * each node. PostgreSQL keeps there, as part of the transaction, when that is
 * to be; so all nodes are told, those too that the transaction has not used yet.
 *
 * Constraint triggers that are due then are held as those of a statement are, and
 * fire where the client is, as its user (executor/fire_held.c).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/table.h"
#include "catalog/indexing.h"
#include "catalog/metadata_read.h"
#include "catalog/namespace.h"
#include "catalog/pg_constraint.h"
#include "ddl/ddl.h"
#include "executor/held_triggers.h"
#include "placement/cluster_change.h"
#include "transaction/xact.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"

typedef struct Change
{
	Utility            *utility;
	ConstraintsSetStmt *data; /* the same for data tables; no names: nothing to do for these */
} Change;

/* The tables that have a constraint of this name. */
static List *
TablesConstrained(const char *name, Oid schema)
{
	Relation    rel = table_open(ConstraintRelationId, AccessShareLock);
	ScanKeyData keys[2];
	SysScanDesc scan;
	HeapTuple   tuple;
	List       *relids = NIL;

	ScanKeyInit(&keys[0], Anum_pg_constraint_conname, BTEqualStrategyNumber, F_NAMEEQ,
				CStringGetDatum(name));
	ScanKeyInit(&keys[1], Anum_pg_constraint_connamespace, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(schema));
	scan = systable_beginscan(rel, ConstraintNameNspIndexId, true, NULL, 2, keys);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
		relids = lappend_oid(relids, ((Form_pg_constraint) GETSTRUCT(tuple))->conrelid);
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return relids;
}

/* What the name stands for on data tables: PostgreSQL takes the first schema that has any of that name. */
static List *
DataConstraints(const RangeVar *name)
{
	List     *schemas = name->schemaname
							? list_make1_oid(LookupExplicitNamespace(name->schemaname, true))
							: fetch_search_path(true);
	List     *relids = NIL;
	List     *names = NIL;
	ListCell *lc;

	foreach (lc, schemas)
	{
		if ((relids = TablesConstrained(name->relname, lfirst_oid(lc))) != NIL)
			break;
	}
	foreach (lc, relids)
	{
		DistTable *table = LookupDistTable(lfirst_oid(lc));
		RangeVar  *data_name;

		if (table == NULL)
			continue;
		data_name = NameOfRelation(table->data_relid);
		data_name->relname = name->relname;
		names = lappend(names, data_name);
	}
	return names;
}

/* ALL means those of data tables as well. */
static void
ChangeHere(void *arg)
{
	Change *change = arg;

	RunAsWritten(change->utility);
	if (change->data->constraints != NIL)
		RunOnData(change->utility, (Node *) change->data);
}

static void
ChangeEverywhere(Change *change, bool shared)
{
	EState   *statement = CreateExecutorState();
	List     *commands = NIL;
	List     *held = NIL;
	ListCell *lc;

	HoldTriggers(true, statement, ChangeHere, change);
	if (shared && HaveOtherNodes())
		commands = RunOnOtherNodes(list_make1(ForwardedStatement(change->utility)));
	foreach (lc, commands)
		held = AddHeldTriggers(held, CommandNodeId(lfirst(lc)), HeldTriggers(lfirst(lc)));
	TakeHeldTriggers(statement, held);
	FireHeldTriggers(statement);
	FreeExecutorState(statement);
}

/* Sent on, the names of what is not distributed are left out. */
void
SetConstraintsUtility(Utility *utility, Node *node)
{
	ConstraintsSetStmt *stmt = castNode(ConstraintsSetStmt, node);
	Change              change = {utility, makeNode(ConstraintsSetStmt)};
	List               *shared = NIL;
	ListCell           *lc;

	change.data->deferred = stmt->deferred;
	foreach (lc, stmt->constraints)
	{
		List *names = DataConstraints(lfirst_node(RangeVar, lc));

		if (names != NIL)
			shared = lappend(shared, lfirst(lc));
		change.data->constraints = list_concat(change.data->constraints, names);
	}
	if (utility->forwarded)
	{
		stmt->constraints = shared;
		HoldTriggers(true, NULL, ChangeHere, &change);
		TellOfHeldTriggers();
	}
	else
		ChangeEverywhere(&change, shared != NIL || (stmt->constraints == NIL && HaveDistTables()));
}
