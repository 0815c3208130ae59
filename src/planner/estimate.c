/*-------------------------------------------------------------------------
 *
 * estimate.c
 *	  How many rows the nodes will return.
 *
 * ANALYZE leaves with each logical table its size on all nodes and the
 * statistics of its columns, so PostgreSQL's planner can be asked about a part
 * of a query as if the table were here: its plan is thrown away, its estimate
 * kept. The columns of a leaf have the statistics of the columns that they
 * come from.
 *
 * A table that was never analyzed, or has grown since, is taken to be on every
 * node as large as on this one.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/metadata.h"
#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "optimizer/plancat.h"
#include "optimizer/planner.h"
#include "optimizer/tlist.h"
#include "parser/parse_clause.h"
#include "parser/parsetree.h"
#include "planner/equality.h"
#include "planner/estimate.h"
#include "planner/leaf.h"
#include "planner/outer_cte.h"
#include "planner/received_rows.h"
#include "rewrite/rewriteManip.h"
#include "storage/bufmgr.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/selfuncs.h"
#include "utils/syscache.h"

/* Rows to expect of a table that nothing is known about. */
#define DEFAULT_TABLE_ROWS  1000.0
#define DEFAULT_TABLE_PAGES 10

static int estimating;

static get_relation_stats_hook_type next_get_relation_stats_hook;

bool
IsEstimating(void)
{
	return estimating > 0;
}

/* Policies of a table that was cut out of a query may have subqueries, which the planner must know of. */
static bool
note_sublinks_walker(Node *node, void *context)
{
	Query    *query = (Query *) node;
	ListCell *lc;

	if (node == NULL)
		return false;
	if (!IsA(node, Query))
		return expression_tree_walker(node, note_sublinks_walker, context);
	foreach (lc, query->rtable)
	{
		if (checkExprHasSubLink((Node *) lfirst_node(RangeTblEntry, lc)->securityQuals))
			query->hasSubLinks = true;
	}
	return query_tree_walker(query, note_sublinks_walker, context, 0);
}

typedef struct OuterValues
{
	int depth;
	int first; /* number for a parameter that has no value */
} OuterValues;

static Node *
outer_values_mutator(Node *node, OuterValues *context)
{
	if (node == NULL)
		return NULL;
	if (IsA(node, Query))
	{
		Query *query;

		context->depth++;
		query = query_tree_mutator((Query *) node, outer_values_mutator, context, 0);
		context->depth--;
		return (Node *) query;
	}
	if ((IsA(node, Var) && (int) ((Var *) node)->varlevelsup > context->depth) ||
		(IsA(node, Aggref) && (int) ((Aggref *) node)->agglevelsup > context->depth) ||
		(IsA(node, GroupingFunc) && (int) ((GroupingFunc *) node)->agglevelsup > context->depth))
	{
		Param *param = makeNode(Param);

		param->paramkind = PARAM_EXTERN;
		param->paramid = context->first;
		param->paramtype = exprType(node);
		param->paramtypmod = exprTypmod(node);
		param->paramcollid = exprCollation(node);
		param->location = -1;
		return (Node *) param;
	}
	return expression_tree_mutator(node, outer_values_mutator, context);
}

QueryEstimate
EstimateQuery(Query *query, ParamListInfo params)
{
	QueryEstimate result = {1, 0};
	OuterValues   outer = {-1, params ? params->numParams + 1 : 1};
	Query        *copy = copyObject(query);
	PlannedStmt  *plan;

	/* PostgreSQL's planner would look for the queries around this one where it finds their columns */
	if (HasOuterColumns(copy))
		copy = (Query *) outer_values_mutator((Node *) copy, &outer);
	StandInForCtes(copy);
	note_sublinks_walker((Node *) copy, NULL);
	estimating++;
	PG_TRY();
	{
		plan = standard_planner(copy, NULL, 0, params);
		result.rows = clamp_row_est(plan->planTree->plan_rows);
		result.width = plan->planTree->plan_width;
	}
	PG_FINALLY();
	{
		estimating--;
	}
	PG_END_TRY();
	return result;
}

typedef struct LockedJoins
{
	bool locks_rows;
	bool joins_outer;
} LockedJoins;

static bool
find_locked_joins(Node *node, LockedJoins *found)
{
	if (node == NULL)
		return false;
	if (IsA(node, Query))
	{
		found->locks_rows |= ((Query *) node)->rowMarks != NIL;
		return query_tree_walker((Query *) node, find_locked_joins, found, 0);
	}
	if (IsA(node, JoinExpr))
		found->joins_outer |= IS_OUTER_JOIN(((JoinExpr *) node)->jointype);
	return expression_tree_walker(node, find_locked_joins, found);
}

void
CheckLockedRows(Query *query, ParamListInfo params)
{
	LockedJoins found = {false, false};

	find_locked_joins((Node *) query, &found);
	if (found.locks_rows && found.joins_outer)
		(void) EstimateQuery(query, params);
}

static void
add_size_of(Oid relid, double *pages, double *tuples)
{
	Relation    rel = table_open(relid, AccessShareLock);
	BlockNumber rel_pages = 0;
	double      rel_tuples = 0;
	double      visible;

	if (RELKIND_HAS_TABLE_AM(rel->rd_rel->relkind))
	{
		BlockNumber pages_here = RelationGetNumberOfBlocks(rel);

		/* takes a new table to have ten pages, which for many shards is too much */
		estimate_rel_size(rel, NULL, &rel_pages, &rel_tuples, &visible);
		if (pages_here < rel_pages)
		{
			rel_tuples *= (double) pages_here / rel_pages;
			rel_pages = pages_here;
		}
	}
	*pages += rel_pages;
	*tuples += rel_tuples;
	table_close(rel, AccessShareLock);
}

/* The size of the table if all nodes hold of it as much as this one. */
static void
extrapolate_size(DistTable *table, double *pages, double *tuples)
{
	int here = 0;

	*pages = *tuples = 0;
	for (int i = 0; i < table->nshards; i++)
	{
		if (!OidIsValid(table->shards[i].partition))
			continue;
		here++;
		add_size_of(table->shards[i].partition, pages, tuples);
	}
	if (here > 0)
	{
		*pages *= (double) table->nshards / here;
		*tuples *= (double) table->nshards / here;
	}
}

void
GuessSize(Relation logical, DistTable *table, double *pages, double *tuples)
{
	extrapolate_size(table, pages, tuples);
	*pages = Max(*pages, logical->rd_rel->relpages);
	*tuples = Max(*tuples, logical->rd_rel->reltuples);
}

void
UseSizeOfLogicalTable(RelOptInfo *rel, Oid relid)
{
	Relation logical = table_open(relid, NoLock);
	double   pages;
	double   tuples;

	GuessSize(logical, LookupDistTable(relid), &pages, &tuples);
	table_close(logical, NoLock);
	rel->pages = pages > 0 ? pages : DEFAULT_TABLE_PAGES;
	rel->tuples = tuples > 0 ? tuples : DEFAULT_TABLE_ROWS;
}

RangeTblEntry *
OriginOfColumn(Query *query, AttrNumber *attno, bool *unique)
{
	for (;;)
	{
		TargetEntry   *tle;
		Var           *var;
		RangeTblEntry *rte;
		List          *groups = query->groupClause ? query->groupClause : query->distinctClause;

		if (query->setOperations || query->groupingSets || *attno <= 0)
			return NULL;
		tle = get_tle_by_resno(query->targetList, *attno);
		if (tle == NULL)
			return NULL;
		if (groups)
		{
			*unique = list_length(groups) == 1 && targetIsInSortList(tle, InvalidOid, groups);
			return NULL;
		}
		var = (Var *) CanonicalTerm(query, tle->expr);
		if (!IsA(var, Var) || var->varlevelsup > 0)
			return NULL;
		rte = rt_fetch(var->varno, query->rtable);
		*attno = var->varattno;
		if (rte->rtekind == RTE_RELATION)
			return rte;
		if (rte->rtekind != RTE_SUBQUERY)
			return NULL;
		query = rte->subquery;
	}
}

void
SetWidthOfLeaf(RelOptInfo *rel, Query *leaf)
{
	ListCell *lc;

	foreach (lc, rel->reltarget->exprs)
	{
		Var           *var = lfirst(lc);
		AttrNumber     attno = var->varattno;
		bool           unique;
		RangeTblEntry *origin = IsA(var, Var) ? OriginOfColumn(leaf, &attno, &unique) : NULL;
		int32          width = origin ? get_attavgwidth(origin->relid, attno) : 0;
		int32         *estimate;

		if (width <= 0)
			continue;
		estimate = &rel->attr_widths[var->varattno - rel->min_attr];
		rel->reltarget->width += width - *estimate;
		*estimate = width;
	}
}

/* May the user see all values of the column? Else the planner uses its statistics with care. */
static bool
may_see_column(RangeTblEntry *rte, AttrNumber attno)
{
	Oid user = OidIsValid(rte->checkAsUser) ? rte->checkAsUser : GetUserId();

	return rte->securityQuals == NIL &&
		   (pg_class_aclcheck(rte->relid, user, ACL_SELECT) == ACLCHECK_OK ||
			pg_attribute_aclcheck(rte->relid, attno, user, ACL_SELECT) == ACLCHECK_OK);
}

/* Statistics of a leaf's column. */
static bool
leaf_column_stats(PlannerInfo *root, RangeTblEntry *rte, AttrNumber attno,
				  VariableStatData *vardata)
{
	Query         *leaf = LeafQuery(rte);
	RangeTblEntry *origin;

	if (leaf == NULL && ReceivedColumnStats(rte, attno, vardata))
		return true;
	if (leaf == NULL)
		return next_get_relation_stats_hook &&
			   next_get_relation_stats_hook(root, rte, attno, vardata);
	origin = OriginOfColumn(leaf, &attno, &vardata->isunique);
	if (origin == NULL)
		return true;
	vardata->statsTuple =
		SearchSysCache3(STATRELATTINH, ObjectIdGetDatum(origin->relid), Int16GetDatum(attno),
						BoolGetDatum(origin->relkind == RELKIND_PARTITIONED_TABLE));
	vardata->freefunc = ReleaseSysCache;
	vardata->acl_ok = may_see_column(origin, attno);
	return true;
}

void
InitEstimates(void)
{
	next_get_relation_stats_hook = get_relation_stats_hook;
	get_relation_stats_hook = leaf_column_stats;
}
