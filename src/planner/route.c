/*-------------------------------------------------------------------------
 *
 * route.c
 *	  Which distributed tables does a query name, and does one shard suffice?
 *
 * A query whose distributed tables are all pinned to one value of the key, at
 * whatever depth, is shipped whole to the node of that shard, whatever else it
 * does. The value may be a constant, a parameter or a stable expression: the
 * shard is chosen at execution.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "planner/equality.h"
#include "planner/policies.h"
#include "planner/transfer.h"
#include "planner/shape.h"

/* Is a relation without storage of its own that its rule has already replaced. */
static bool
is_expanded_view(RangeTblEntry *rte)
{
	return rte->relkind == RELKIND_VIEW;
}

static void
note_target(Query *query, QueryTables *tables)
{
	DistTable *target = NULL;

	if (query->resultRelation)
		target = LookupDistTable(rt_fetch(query->resultRelation, query->rtable)->relid);
	if (target && target->method == DIST_REFERENCE)
		tables->writes_reference = true;
}

static bool
find_tables_walker(Node *node, QueryTables *tables)
{
	if (node == NULL)
		return false;

	if (IsA(node, RangeTblEntry))
	{
		RangeTblEntry *rte = (RangeTblEntry *) node;
		DistTable     *table;
		Transfer      *transfer;

		transfer = TransferOfEntry(rte);
		if (transfer && transfer->table)
			tables->dist_tables = list_append_unique_ptr(tables->dist_tables, transfer->table);
		if (rte->rtekind != RTE_RELATION || is_expanded_view(rte))
			return false;
		table = LookupDistTable(rte->relid);
		if (table == NULL)
			tables->has_local = true;
		else if (table->method == DIST_REFERENCE)
			tables->has_reference = true;
		else
			tables->dist_tables = list_append_unique_ptr(tables->dist_tables, table);
		return false;
	}
	if (IsA(node, Query))
	{
		note_target((Query *) node, tables);
		return query_tree_walker((Query *) node, find_tables_walker, tables,
								 QTW_EXAMINE_RTES_BEFORE);
	}
	return expression_tree_walker(node, find_tables_walker, tables);
}

/*
 * FindDistTables fills in what a query names and returns whether any of it is
 * distributed.
 */
bool
FindDistTables(Query *query, QueryTables *tables)
{
	memset(tables, 0, sizeof(QueryTables));
	find_tables_walker((Node *) query, tables);
	return tables->dist_tables != NIL || tables->has_reference;
}

static bool
names_dist_table_walker(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Query))
		return QueryNamesDistTable((Query *) node);
	return expression_tree_walker(node, names_dist_table_walker, context);
}

/*
 * QueryNamesDistTable is the test that every statement of a session pays for:
 * expressions are walked only where there are subqueries in them.
 */
bool
QueryNamesDistTable(Query *query)
{
	ListCell *lc;

	foreach (lc, query->rtable)
	{
		RangeTblEntry *rte = lfirst_node(RangeTblEntry, lc);

		if (rte->rtekind == RTE_RELATION)
		{
			if (LookupDistTable(rte->relid))
				return true;
		}
		else if (rte->rtekind == RTE_SUBQUERY && QueryNamesDistTable(rte->subquery))
			return true;
	}
	foreach (lc, query->cteList)
	{
		if (QueryNamesDistTable(castNode(Query, lfirst_node(CommonTableExpr, lc)->ctequery)))
			return true;
	}
	return query->hasSubLinks &&
		   query_tree_walker(query, names_dist_table_walker, NULL,
							 QTW_IGNORE_RT_SUBQUERIES | QTW_IGNORE_CTE_SUBQUERIES);
}

/* One walk over a query that looks for what pins each of its tables. */
typedef struct RouteSearch
{
	KeySense   sense;
	DistTable *anchor;  /* the first table; all others must be of its colocation */
	bool       several; /* values of the key will do, and each table may have its own */
	Expr      *key;     /* what it is pinned to; an array, if it may be several */
	bool       failed;
} RouteSearch;

typedef struct SublinkSearch
{
	RouteSearch *search;
	Query       *query;
	List        *equalities;
} SublinkSearch;

static void search_query(RouteSearch *search, Query *query, List *equalities);

/* The same for a query that stands in another one. */
static void
search_inner(RouteSearch *search, Query *query, Query *inner, List *equalities)
{
	List *around = search->sense.around;

	search->sense.around = list_concat(list_make1(query), around);
	search_query(search, inner, equalities);
	search->sense.around = around;
}

static void
pin_table(RouteSearch *search, DistTable *table, Var *key_column, List *equalities)
{
	Expr *key;

	if (table->method == DIST_REFERENCE)
		return;
	if (table->colocation_id != search->anchor->colocation_id)
	{
		search->failed = true;
		return;
	}
	if (table->method == DIST_SINGLE)
		return;

	if (search->several)
	{
		key = KnownValues(equalities, (Expr *) key_column);
		if (search->key)
			key = UnionOfValues(search->key, key);
	}
	else
	{
		key = KnownConstant(equalities, (Expr *) key_column);
		if (search->key && !equal(search->key, key))
			key = NULL;
	}
	search->failed = key == NULL;
	search->key = key;
}

static void
search_rte(RouteSearch *search, Query *query, Index rti, List *equalities)
{
	RangeTblEntry *rte = rt_fetch(rti, query->rtable);
	Transfer      *transfer = TransferOfEntry(rte);

	if (rte->rtekind == RTE_SUBQUERY)
		search_inner(search, query, rte->subquery,
					 EqualitiesInSubquery(equalities, query, rti, rte->subquery, &search->sense));
	else if (transfer && transfer->own_hash)
		search->failed = true; /* the shard of a value is not that of the table's keys */
	else if (transfer && transfer->table)
		pin_table(search, transfer->table,
				  transfer->key ? TransferredKey(rte, rti, transfer) : NULL, equalities);
	else if (rte->rtekind == RTE_RELATION)
	{
		DistTable *table = LookupDistTable(rte->relid);

		if (table)
			pin_table(search, table,
					  makeVar(rti, table->key_attno, table->key_type, table->key_typmod,
							  table->key_collation, 0),
					  equalities);
	}
}

static bool
search_sublinks_walker(Node *node, SublinkSearch *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, SubLink))
	{
		SubLink *sublink = (SubLink *) node;
		SubLink  scalar = *sublink;

		/* here it may stand under NOT or OR, so its own test says nothing */
		scalar.subLinkType = EXPR_SUBLINK;
		search_inner(context->search, context->query, castNode(Query, sublink->subselect),
					 EqualitiesInSublink(context->equalities, context->query, &scalar,
										 &context->search->sense));
		return search_sublinks_walker(sublink->testexpr, context);
	}
	if (IsA(node, Query))
		return false;
	return expression_tree_walker(node, search_sublinks_walker, context);
}

static void
search_sublinks(RouteSearch *search, Query *query, Node *expr, List *equalities)
{
	SublinkSearch context = {search, query, equalities};

	search_sublinks_walker(expr, &context);
}

/* Quals that are ANDed: an IN there may be taken at its word. */
static void
search_quals(RouteSearch *search, Query *query, Node *quals, List *equalities)
{
	if (quals == NULL)
		return;
	if (is_andclause(quals))
	{
		ListCell *lc;

		foreach (lc, ((BoolExpr *) quals)->args)
			search_quals(search, query, lfirst(lc), equalities);
	}
	else if (IsA(quals, SubLink))
	{
		SubLink *sublink = (SubLink *) quals;

		search_inner(search, query, castNode(Query, sublink->subselect),
					 EqualitiesInSublink(equalities, query, sublink, &search->sense));
		search_sublinks(search, query, sublink->testexpr, equalities);
	}
	else
		search_sublinks(search, query, quals, equalities);
}

static Node *
preserved_side(JoinExpr *join)
{
	return join->jointype == JOIN_LEFT ? join->larg : join->rarg;
}

static void
search_jointree(RouteSearch *search, Query *query, Node *jtnode, List *equalities)
{
	if (jtnode == NULL || search->failed)
		return;

	if (IsA(jtnode, RangeTblRef))
		search_rte(search, query, ((RangeTblRef *) jtnode)->rtindex, equalities);
	else if (IsA(jtnode, FromExpr))
	{
		FromExpr *from = (FromExpr *) jtnode;
		ListCell *lc;

		equalities =
			list_concat_copy(equalities, EmergentEqualities(query, jtnode, &search->sense));
		foreach (lc, from->fromlist)
			search_jointree(search, query, lfirst(lc), equalities);
		search_quals(search, query, from->quals, equalities);
	}
	else
	{
		JoinExpr *join = castNode(JoinExpr, jtnode);
		List     *emergent = EmergentEqualities(query, jtnode, &search->sense);
		List     *stated = QualEqualities(query, join->quals, &search->sense);
		List     *outside = list_concat_copy(equalities, emergent);
		List     *inside;

		if (join->jointype == JOIN_FULL)
			outside = list_concat(outside,
								  EqualitiesBelowFullJoin(query, join, equalities, &search->sense));
		inside = list_concat_copy(outside, stated);
		if (join->jointype == JOIN_LEFT || join->jointype == JOIN_RIGHT)
			inside = list_concat(
				inside, EqualitiesWhere(query, preserved_side(join), join->quals, &search->sense));
		search_jointree(search, query, join->larg, join->jointype == JOIN_RIGHT ? inside : outside);
		search_jointree(search, query, join->rarg, join->jointype == JOIN_LEFT ? inside : outside);
		if (join->jointype == JOIN_INNER)
			search_quals(search, query, join->quals, inside);
		else
			search_sublinks(search, query, join->quals, outside);
	}
}

static void
search_setop(RouteSearch *search, Query *query, Node *setop, Index column_rti, List *equalities)
{
	if (IsA(setop, SetOperationStmt))
	{
		search_setop(search, query, ((SetOperationStmt *) setop)->larg, column_rti, equalities);
		search_setop(search, query, ((SetOperationStmt *) setop)->rarg, column_rti, equalities);
	}
	else
	{
		RangeTblEntry *arm = rt_fetch(castNode(RangeTblRef, setop)->rtindex, query->rtable);

		search_inner(
			search, query, arm->subquery,
			EqualitiesInSubquery(equalities, query, column_rti, arm->subquery, &search->sense));
	}
}

/* The range table entry whose columns stand for a set operation's result. */
static Index
setop_columns(Node *setop)
{
	while (IsA(setop, SetOperationStmt))
		setop = ((SetOperationStmt *) setop)->larg;
	return castNode(RangeTblRef, setop)->rtindex;
}

static void
search_query(RouteSearch *search, Query *query, List *equalities)
{
	ListCell *lc;

	if (search->failed)
		return;

	if (query->commandType == CMD_INSERT)
	{
		search->failed = true; /* only at top level, where the caller sees to it */
		return;
	}

	if (query->setOperations)
		search_setop(search, query, query->setOperations, setop_columns(query->setOperations),
					 equalities);
	foreach (lc, query->cteList)
		search_inner(search, query, castNode(Query, lfirst_node(CommonTableExpr, lc)->ctequery),
					 NIL);

	search_jointree(search, query, (Node *) query->jointree, equalities);

	if (query->hasSubLinks)
	{
		List *inside = list_concat_copy(
			equalities, EmergentEqualities(query, (Node *) query->jointree, &search->sense));

		search_sublinks(search, query, (Node *) query->targetList, inside);
		search_sublinks(search, query, (Node *) query->returningList, inside);
		search_sublinks(search, query, query->havingQual, inside);
		search_sublinks(search, query, query->limitCount, inside);
		search_sublinks(search, query, query->limitOffset, inside);
		foreach (lc, query->rtable)
		{
			RangeTblEntry *rte = lfirst_node(RangeTblEntry, lc);

			search_sublinks(search, query, (Node *) rte->functions, equalities);
			search_sublinks(search, query, (Node *) rte->values_lists, equalities);
		}
		if (ConditionsLeaveNode(query))
			search->failed = true;
	}
}

static DistTable *
find_keys(Query *query, QueryTables *tables, bool several, Expr **key)
{
	RouteSearch search = {{0}};

	*key = NULL;
	if (tables->has_local || tables->writes_reference || tables->dist_tables == NIL ||
		query->commandType == CMD_MERGE)
		return NULL;

	search.anchor = linitial(tables->dist_tables);
	search.sense.opfamily = search.anchor->hash_opfamily;
	search.sense.collation = search.anchor->key_collation;
	search.several = several;
	search_query(&search, query, NIL);

	if (search.failed || (search.anchor->method == DIST_HASH && search.key == NULL))
		return NULL;
	*key = search.key;
	return search.anchor;
}

DistTable *
FindRoute(Query *query, QueryTables *tables, Expr **key)
{
	return find_keys(query, tables, false, key);
}

DistTable *
FindKeys(Query *query, QueryTables *tables, Expr **keys)
{
	DistTable *table = find_keys(query, tables, true, keys);

	return table && table->method == DIST_HASH ? table : NULL;
}
