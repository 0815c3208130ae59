/*-------------------------------------------------------------------------
 *
 * partition_tree.c
 *	  Tables that the user partitioned: their data tables form the same tree.
 *
 * Every table of the tree is a distributed table, with a data table of its own.
 * That of a partition is a partition, with the same bound, of the data table of
 * what it is a partition of; at the leaves of the user's tree, the data table
 * is cut by the shard key, and its partitions are shards. So the name of a data
 * table at any place of the tree stands for this node's rows of all below it,
 * and PostgreSQL prunes, routes and moves rows by both.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/heap.h"
#include "catalog/partition.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_partitioned_table.h"
#include "nodes/makefuncs.h"
#include "parser/parser.h"
#include "placement/partition_tree.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

/* InheritsFrom returns the tables that it is a child or partition of itself. */
List *
InheritsFrom(Oid relid)
{
	Relation    inherits = table_open(InheritsRelationId, AccessShareLock);
	List       *parents = NIL;
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple   tuple;

	ScanKeyInit(&key, Anum_pg_inherits_inhrelid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(relid));
	scan = systable_beginscan(inherits, InheritsRelidSeqnoIndexId, true, NULL, 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
		parents = lappend_oid(parents, ((Form_pg_inherits) GETSTRUCT(tuple))->inhparent);
	systable_endscan(scan);
	table_close(inherits, AccessShareLock);
	return parents;
}

bool
IsPartitioned(Relation relation)
{
	return relation->rd_rel->relkind == RELKIND_PARTITIONED_TABLE;
}

static List *
PartitionExpressions(HeapTuple tuple)
{
	bool  isnull;
	Datum tree = SysCacheGetAttr(PARTRELID, tuple, Anum_pg_partitioned_table_partexprs, &isnull);

	return isnull ? NIL : castNode(List, stringToNode(TextDatumGetCString(tree)));
}

static Oid *
OidsOf(HeapTuple tuple, AttrNumber column)
{
	bool  isnull;
	Datum vector = SysCacheGetAttr(PARTRELID, tuple, column, &isnull);

	return ((oidvector *) DatumGetPointer(vector))->values;
}

/* Partitions the data table as the user partitioned the logical one. */
void
CopyPartitioning(Relation logical, Oid data_relid)
{
	HeapTuple tuple = SearchSysCache1(PARTRELID, ObjectIdGetDatum(RelationGetRelid(logical)));
	Form_pg_partitioned_table form = (Form_pg_partitioned_table) GETSTRUCT(tuple);
	Relation                  data = table_open(data_relid, AccessExclusiveLock);

	StorePartitionKey(data, form->partstrat, form->partnatts, form->partattrs.values,
					  PartitionExpressions(tuple),
					  OidsOf(tuple, Anum_pg_partitioned_table_partclass),
					  OidsOf(tuple, Anum_pg_partitioned_table_partcollation));
	table_close(data, NoLock);
	ReleaseSysCache(tuple);
	CommandCounterIncrement();
}

/* DistParent returns the distributed table that a table is a partition of, or NULL. */
DistTable *
DistParent(Oid relid)
{
	if (!get_rel_relispartition(relid))
		return NULL;
	return LookupDistTable(get_partition_parent(relid, true));
}

/* The bound of a partition, in the form that a parser gives it. */
static PartitionBoundSpec *
PartitionBound(Oid relid)
{
	HeapTuple       tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	bool            isnull;
	Datum           bound = SysCacheGetAttr(RELOID, tuple, Anum_pg_class_relpartbound, &isnull);
	char           *sql;
	AlterTableStmt *stmt;
	AlterTableCmd  *command;

	bound = DirectFunctionCall2(pg_get_expr, bound, ObjectIdGetDatum(relid));
	sql = psprintf("ALTER TABLE t ATTACH PARTITION p %s", TextDatumGetCString(bound));
	ReleaseSysCache(tuple);
	stmt =
		castNode(AlterTableStmt, linitial_node(RawStmt, raw_parser(sql, RAW_PARSE_DEFAULT))->stmt);
	command = linitial_node(AlterTableCmd, stmt->cmds);
	return castNode(PartitionCmd, command->def)->bound;
}

/* AttachCommand returns what makes the data table of a partition one, with the partition's bound. */
AlterTableCmd *
AttachCommand(Oid relid, Oid data_relid)
{
	AlterTableCmd *command = makeNode(AlterTableCmd);
	PartitionCmd  *attach = makeNode(PartitionCmd);

	attach->name = makeRangeVar(get_namespace_name(get_rel_namespace(data_relid)),
								get_rel_name(data_relid), -1);
	attach->bound = PartitionBound(relid);
	command->subtype = AT_AttachPartition;
	command->def = (Node *) attach;
	return command;
}
