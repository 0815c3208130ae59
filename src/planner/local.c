/*-------------------------------------------------------------------------
 *
 * local.c
 *	  Queries that this node can answer from its own shards.
 *
 * The range table entries of logical tables are pointed at the data tables,
 * whose columns have the same numbers, and PostgreSQL plans the rest. The
 * rights that count are those on the logical table: a second entry for it,
 * which nothing refers to, keeps them, the lock in cached plans, and the
 * dependency that makes a change of placement replan the query.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/prep.h"
#include "parser/parsetree.h"
#include "planner/local.h"
#include "planner/moved_tables.h"
#include "planner/print.h"
#include "storage/lmgr.h"
#include "utils/lsyscache.h"

typedef struct PointContext
{
	int64 shard_id;        /* 0: all shards of this node */
	bool  references_only; /* leave hash and single tables alone */
	List *levels;          /* of List of Oid: per query level, what each entry was */
} PointContext;

static bool point_walker(Node *node, PointContext *context);

/*
 * Must the data table stay the target? It must if the query changes the shard
 * key, since rows then have to find their partition, or names a constraint of
 * the whole table.
 */
static bool
needs_data_table(Query *query, Index rti, DistTable *table)
{
	OnConflictExpr *on_conflict = query->onConflict;

	if (rti != query->resultRelation && !(on_conflict && rti == on_conflict->exclRelIndex))
		return false;
	return (on_conflict && OidIsValid(on_conflict->constraint)) || MayChangeKey(query, table);
}

static void
point_entry(Query *query, Index rti, PointContext *context)
{
	RangeTblEntry *rte = rt_fetch(rti, query->rtable);
	DistTable     *table;
	RangeTblEntry *rights;
	Oid            target;

	if (rte->rtekind != RTE_RELATION || rte->relkind == RELKIND_VIEW)
		return;
	table = LookupDistTable(rte->relid);
	if (table == NULL)
		return;
	/* targets, and entries for a leaf's rights, stay: a writer may not lock its copy before it is its turn */
	if (context->references_only &&
		(table->method != DIST_REFERENCE || rti == query->resultRelation ||
		 !bms_is_member(rti, get_relids_in_jointree((Node *) query->jointree, false))))
		return;

	target = table->data_relid;
	if (context->shard_id && table->method == DIST_HASH && !needs_data_table(query, rti, table))
	{
		Shard *shard = ShardById(table, context->shard_id);

		if (shard && OidIsValid(shard->partition))
			target = shard->partition;
	}

	rights = copyObject(rte);
	rights->inh = false;
	rights->inFromCl = false;
	rights->lateral = false;
	rights->securityQuals = NIL;
	rights->tablesample = NULL;
	query->rtable = lappend(query->rtable, rights);
	rte->requiredPerms = 0;
	/* ON CONFLICT's pseudo-relation has rights, but is stored nowhere */
	if (rte->relkind != RELKIND_COMPOSITE_TYPE)
	{
		LockRelationOid(target, rte->rellockmode);
		rte->relkind = get_rel_relkind(target);
		if (!table->is_parent) /* ONLY a table that the user partitioned has no rows */
			rte->inh = rte->relkind == RELKIND_PARTITIONED_TABLE;
	}
	rte->relid = target;
}

/* A constraint of the logical table: that of a shard has another name, so say its columns. */
static void
point_on_conflict(Query *query, Oid target)
{
	OnConflictExpr *on_conflict = query->onConflict;

	if (on_conflict == NULL || !OidIsValid(on_conflict->constraint))
		return;
	on_conflict->arbiterElems = ArbiterColumns(on_conflict->constraint, query->resultRelation);
	if (on_conflict->arbiterElems != NIL)
		on_conflict->constraint = InvalidOid;
	else
		on_conflict->constraint = get_relation_constraint_oid(
			target, get_constraint_name(on_conflict->constraint), false);
}

/* tableoid is that of the logical table, or of the partition that the row is in. */
static Node *
logical_tableoid(Var *var, Oid logical_relid)
{
	Const *value = makeConst(OIDOID, -1, InvalidOid, sizeof(Oid), ObjectIdGetDatum(logical_relid),
							 false, true);

	if (LookupDistTable(logical_relid)->is_parent)
		return (Node *) makeRelabelType((Expr *) TableOfPartition(var), OIDOID, -1, InvalidOid,
										COERCE_IMPLICIT_CAST);
	return NullWithRow(var, (Node *) value);
}

/* What tells the data table from the logical one: its OID, and the type of its rows. */
static Node *
identity_mutator(Node *node, PointContext *context)
{
	if (node == NULL)
		return NULL;
	if (IsA(node, Var))
	{
		Var *var = (Var *) node;

		/* what is above the query that was given is seen to with the query there */
		if ((var->varattno == TableOidAttributeNumber || var->varattno == InvalidAttrNumber) &&
			var->varlevelsup < list_length(context->levels))
		{
			List *level = list_nth(context->levels, var->varlevelsup);
			Oid   was = list_nth_oid(level, var->varno - 1);

			if (OidIsValid(was))
				return var->varattno == InvalidAttrNumber ? LogicalRow(var, LookupDistTable(was))
														  : logical_tableoid(var, was);
		}
		return (Node *) copyObject(var);
	}
	if (IsA(node, Query))
		return node; /* each query level is seen to by point_query */
	return expression_tree_mutator(node, identity_mutator, context);
}

static bool
uses_identity_walker(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Var))
		return ((Var *) node)->varattno == TableOidAttributeNumber ||
			   ((Var *) node)->varattno == InvalidAttrNumber;
	return expression_tree_walker(node, uses_identity_walker, context);
}

static void
point_query(Query *query, PointContext *context)
{
	const int this_level =
		QTW_DONT_COPY_QUERY | QTW_IGNORE_RT_SUBQUERIES | QTW_IGNORE_CTE_SUBQUERIES;

	int   nentries = list_length(query->rtable);
	List *was = NIL;
	int   rti;

	for (rti = 1; rti <= nentries; rti++)
	{
		RangeTblEntry *rte = rt_fetch(rti, query->rtable);
		Oid            before = rte->rtekind == RTE_RELATION ? rte->relid : InvalidOid;

		point_entry(query, rti, context);
		was = lappend_oid(was, rte->relid != before && rte->relkind != RELKIND_COMPOSITE_TYPE
								   ? before
								   : InvalidOid);
	}
	while (list_length(was) < list_length(query->rtable))
		was = lappend_oid(was, InvalidOid); /* the entries added for rights */
	if (query->resultRelation && OidIsValid(list_nth_oid(was, query->resultRelation - 1)))
		point_on_conflict(query, rt_fetch(query->resultRelation, query->rtable)->relid);

	context->levels = lcons(was, context->levels);
	if (query_tree_walker(query, uses_identity_walker, NULL, this_level))
		query_tree_mutator(query, identity_mutator, context, this_level);
	query_tree_walker(query, point_walker, context, 0);
	context->levels = list_delete_first(context->levels);
}

static bool
point_walker(Node *node, PointContext *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Query))
	{
		point_query((Query *) node, context);
		return false;
	}
	return expression_tree_walker(node, point_walker, context);
}

void
PointAtDataTables(Query *query, int64 shard_id)
{
	PointContext context = {shard_id, false, NIL};

	point_query(query, &context);
}

void
PointAtLocalCopies(Query *query)
{
	PointContext context = {0, true, NIL};

	point_query(query, &context);
}
