/*-------------------------------------------------------------------------
 *
 * set_constraints.c
 *	  SET CONSTRAINTS, when checks are those of shards.
 *
 * A constraint of a distributed table is checked where its data tables are, on
 * each node. PostgreSQL keeps there, as part of the transaction, when that is
 * to be; so all nodes are told, those too that the transaction has not used yet.
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
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

/* The tables that have a constraint of this name. Triggers of distributed ones must not be fired as superuser. */
static List *
TablesConstrained(const char *name, Oid schema, bool deferred)
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
	{
		Form_pg_constraint constraint = (Form_pg_constraint) GETSTRUCT(tuple);

		if (constraint->contype == CONSTRAINT_TRIGGER && !deferred &&
			LookupDistTable(constraint->conrelid) != NULL)
			ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
							errmsg("cannot set trigger \"%s\" of distributed table \"%s\" to "
								   "IMMEDIATE by its name",
								   name, get_rel_name(constraint->conrelid)),
							errhint("Use SET CONSTRAINTS ALL IMMEDIATE.")));
		relids = lappend_oid(relids, constraint->conrelid);
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return relids;
}

/* What the name stands for on data tables: PostgreSQL takes the first schema that has any of that name. */
static List *
DataConstraints(const RangeVar *name, bool deferred)
{
	List     *schemas = name->schemaname
							? list_make1_oid(LookupExplicitNamespace(name->schemaname, true))
							: fetch_search_path(true);
	List     *relids = NIL;
	List     *names = NIL;
	ListCell *lc;

	foreach (lc, schemas)
	{
		if ((relids = TablesConstrained(name->relname, lfirst_oid(lc), deferred)) != NIL)
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

/* ALL means those of data tables as well. Sent on, the names of what is not distributed are left out. */
void
SetConstraintsUtility(Utility *utility, Node *node)
{
	ConstraintsSetStmt *stmt = castNode(ConstraintsSetStmt, node);
	ConstraintsSetStmt *data_stmt = makeNode(ConstraintsSetStmt);
	List               *shared = NIL;
	ListCell           *lc;

	foreach (lc, stmt->constraints)
	{
		List *names = DataConstraints(lfirst_node(RangeVar, lc), stmt->deferred);

		if (names != NIL)
			shared = lappend(shared, lfirst(lc));
		data_stmt->constraints = list_concat(data_stmt->constraints, names);
	}
	if (utility->forwarded)
		stmt->constraints = shared;
	RunAsWritten(utility);
	data_stmt->deferred = stmt->deferred;
	if (data_stmt->constraints != NIL)
		RunOnData(utility, (Node *) data_stmt);
	if (data_stmt->constraints != NIL || (stmt->constraints == NIL && HaveDistTables()))
		Forward(utility);
}
