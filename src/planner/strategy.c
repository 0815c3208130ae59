/*-------------------------------------------------------------------------
 *
 * strategy.c
 *	  Which rows to move, so that nodes can join what is not co-located.
 *
 * The parts of a query are the entries of its FROM clause and the subqueries of
 * its expressions, with theirs. Each either stays where it is, or its rows are
 * sent: to all nodes (broadcast), or each to the node that holds the rows it is
 * joined with (re-hash). What stays is co-located; or nothing does, and all are
 * re-hashed by what they are joined on. For each way of doing that, spread.c
 * tells whether the nodes could then do the join, and the cheapest wins; what
 * it must beat is fetching all parts (pull). Rows that a statement changes or locks
 * stay in any case. Fetching them is no choice as long as there is another one:
 * all that may have to be changed would be locked.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <float.h>

#include "access/transam.h"
#include "catalog/pg_class.h"
#include "catalog/shard_key.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "optimizer/prep.h"
#include "parser/parsetree.h"
#include "planner/copies.h"
#include "planner/equality.h"
#include "planner/leaf.h"
#include "planner/transfer.h"
#include "planner/print.h"
#include "planner/shape.h"
#include "planner/strategy.h"
#include "planner/tie.h"
#include "rewrite/rewriteManip.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

/* So many ways are looked at. */
#define MAX_TRIES 300

static const struct config_enum_entry strategies[] = {{"auto", STRATEGY_AUTO, false},
													  {"pull", STRATEGY_PULL, false},
													  {"broadcast", STRATEGY_BROADCAST, false},
													  {"rehash", STRATEGY_REHASH, false},
													  {NULL, 0, false}};

int join_strategy = STRATEGY_AUTO;

typedef enum PartFate
{
	PART_STAYS,
	PART_BROADCAST,
	PART_REHASHED
} PartFate;

/* An entry of a query's range table, or the whole query if it is a subquery of an expression. */
typedef struct Part
{
	Query         *query;
	RangeTblEntry *rte; /* NULL: the whole query */
	Index          rti;
	Spread         spread;
	Transfer      *transfer; /* NULL: it cannot be moved */
	List          *keys;     /* of int: columns that are compared with something */
	RangeTblEntry  entry, transferred_entry;
	Query          whole, transferred_whole;

	PartFate fate;
	int      key;
} Part;

typedef struct Search
{
	Query        *query;
	List         *parts;
	DistTable    *table; /* whose rows stay, or that all are re-hashed like */
	bool          own_hash;
	int           nodes;
	bool          may_broadcast;
	bool          may_rehash;
	Query        *around; /* the query of which parts are subqueries */
	int           depth;  /* of the subquery whose parts are looked for */
	int           tries;
	bool          impossible;
	ParamListInfo params;

	double     best;
	DistTable *best_table;
	bool       best_own_hash;
	PartFate  *best_fates;
	int       *best_keys;
} Search;

static void add_parts(Search *search, Query *query, bool as_set);

/* Columns of an entry that an = compares, at any depth. */
typedef struct ComparedColumns
{
	Query *query;
	Index  rti;
	int    depth;
	List  *columns;
} ComparedColumns;

static bool
compared_columns_walker(Node *node, ComparedColumns *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, OpExpr) && list_length(((OpExpr *) node)->args) == 2 &&
		op_hashjoinable(((OpExpr *) node)->opno, exprType(linitial(((OpExpr *) node)->args))))
	{
		ListCell *lc;

		foreach (lc, ((OpExpr *) node)->args)
		{
			Expr *term = lfirst(lc);

			if (context->depth == 0)
				term = CanonicalTerm(context->query, term);
			else if (IsA(term, RelabelType))
				term = ((RelabelType *) term)->arg;
			if (IsA(term, Var) && ((Var *) term)->varno == context->rti &&
				(int) ((Var *) term)->varlevelsup == context->depth)
				context->columns =
					list_append_unique_int(context->columns, ((Var *) term)->varattno);
		}
	}
	if (IsA(node, Query))
	{
		bool result;

		context->depth++;
		result = query_tree_walker((Query *) node, compared_columns_walker, context,
								   QTW_IGNORE_JOINALIASES);
		context->depth--;
		return result;
	}
	return expression_tree_walker(node, compared_columns_walker, context);
}

static void
add_part(Search *search, Part *part)
{
	search->parts = lappend(search->parts, part);
	if (part->transfer == NULL && part->spread.kind == SPREAD_MIXED)
		search->impossible = true;
}

static void
add_entry(Search *search, Query *query, Index rti, bool as_set)
{
	RangeTblEntry  *rte = rt_fetch(rti, query->rtable);
	Part           *part;
	ComparedColumns compared = {query, rti, 0, NIL};

	if (rte->rtekind != RTE_SUBQUERY && rte->rtekind != RTE_CTE &&
		(rte->rtekind != RTE_RELATION || rte->relkind == RELKIND_VIEW))
		return;
	part = palloc0(sizeof(Part));
	part->spread = SpreadOfEntry(query, rti);
	if (part->spread.kind == SPREAD_COPIED)
		return;
	if (IsComputedOnce(query, rte))
		part->spread.kind = SPREAD_MIXED;
	part->query = query;
	part->rte = rte;
	part->rti = rti;
	part->transfer = TransferOfTable(query, rti, search->depth,
									 search->around ? TiesOfEntry(search->around, query, rti) : NIL,
									 as_set, search->params);
	if (part->transfer)
	{
		query_tree_walker(query, compared_columns_walker, &compared, QTW_IGNORE_JOINALIASES);
		part->keys = compared.columns;
		part->entry = *rte;
		part->transferred_entry = *TransferredEntry(rte, part->transfer);
	}
	add_part(search, part);
}

/* Is it of no consequence how often the subquery, and what it joins, has a row? */
static bool
is_used_as_set(SubLink *sublink)
{
	Query *subquery = castNode(Query, sublink->subselect);

	return (sublink->subLinkType == EXISTS_SUBLINK || sublink->subLinkType == ANY_SUBLINK ||
			sublink->subLinkType == ALL_SUBLINK) &&
		   !subquery->hasAggs && subquery->groupClause == NIL && subquery->groupingSets == NIL &&
		   subquery->havingQual == NULL && !subquery->hasWindowFuncs && !subquery->hasTargetSRFs &&
		   subquery->distinctClause == NIL && subquery->sortClause == NIL &&
		   subquery->setOperations == NULL && subquery->limitCount == NULL &&
		   subquery->limitOffset == NULL && !contain_volatile_functions((Node *) subquery);
}

static void
add_subquery(Search *search, SubLink *sublink)
{
	Query *subquery = castNode(Query, sublink->subselect);
	bool   as_set = is_used_as_set(sublink);
	Part  *part;

	if (HasOuterReferences(subquery))
	{
		search->depth++;
		add_parts(search, subquery, as_set);
		search->depth--;
		return;
	}
	part = palloc0(sizeof(Part));
	part->spread = SpreadOfQuery(subquery);
	if (part->spread.kind == SPREAD_COPIED)
	{
		if (WhyCopiesDiffer(subquery, UseOfRows(sublink), NIL) == NULL)
			return;
		part->spread.kind = SPREAD_MIXED;
	}
	part->query = subquery;
	part->transfer = TransferOfSubquery(subquery, as_set ? TiesOfIn(search->around, sublink) : NIL,
										as_set, search->params);
	if (part->transfer)
	{
		part->whole = *subquery;
		part->transferred_whole = *TransferredSubquery(subquery, part->transfer);
		if (sublink->subLinkType == ANY_SUBLINK)
			part->keys = list_copy(part->transfer->columns);
	}
	add_part(search, part);
}

static bool
add_subqueries_walker(Node *node, Search *search)
{
	if (node == NULL)
		return false;
	if (IsA(node, SubLink))
	{
		add_subquery(search, (SubLink *) node);
		return add_subqueries_walker(((SubLink *) node)->testexpr, search);
	}
	if (IsA(node, Query))
		return false;
	return expression_tree_walker(node, add_subqueries_walker, search);
}

static void
add_parts(Search *search, Query *query, bool as_set)
{
	Relids joined;
	int    rti = -1;
	Query  inner = *query;
	Query *around = search->around;

	/* the nodes cannot do it alone */
	if (search->depth == 0)
		inner.limitCount = inner.limitOffset = NULL;
	if (query->setOperations || (query->cteList && search->depth > 0))
	{
		search->impossible = true;
		return;
	}
	joined = get_relids_in_jointree((Node *) query->jointree, false);
	while ((rti = bms_next_member(joined, rti)) > 0)
		add_entry(search, query, rti, as_set);
	search->around = query;
	if (query->hasSubLinks)
		query_tree_walker(&inner, add_subqueries_walker, search,
						  QTW_IGNORE_RT_SUBQUERIES | QTW_IGNORE_CTE_SUBQUERIES);
	search->around = around;
}

/* Makes the query say what has been decided on a part. */
static void
put_in_place(Search *search, Part *part)
{
	bool moved = part->fate != PART_STAYS;

	if (part->transfer == NULL)
		return;
	part->transfer->table = part->fate == PART_REHASHED ? search->table : NULL;
	part->transfer->own_hash = search->own_hash;
	part->transfer->key = part->fate == PART_REHASHED ? part->key : 0;
	if (part->rte)
		*part->rte = moved ? part->transferred_entry : part->entry;
	else
		*part->query = moved ? part->transferred_whole : part->whole;
}

double
SendCost(const QueryEstimate *estimate, double copies)
{
	return MOVE_STARTUP + estimate->rows * copies * (SEND_COST + BYTE_COST * estimate->width);
}

static double
cost_of(Search *search, Part *part)
{
	Transfer *transfer = part->transfer;

	if (part->fate == PART_REHASHED)
		return transfer->cost + SendCost(&transfer->sent, 1) +
			   transfer->sent.rows * JOIN_COST / search->nodes;
	if (part->fate == PART_BROADCAST)
		return transfer->cost + SendCost(&transfer->sent, search->nodes) +
			   transfer->sent.rows * JOIN_COST;
	return transfer ? transfer->estimate.rows * JOIN_COST / search->nodes : 0;
}

static void
keep_best(Search *search, double cost)
{
	ListCell *lc;

	search->best = cost;
	search->best_table = search->table;
	search->best_own_hash = search->own_hash;
	foreach (lc, search->parts)
	{
		int   i = foreach_current_index(lc);
		Part *part = lfirst(lc);

		search->best_fates[i] = part->fate;
		search->best_keys[i] = part->key;
	}
}

static bool
anything_stays(Search *search)
{
	ListCell *lc;

	foreach (lc, search->parts)
	{
		if (((Part *) lfirst(lc))->fate == PART_STAYS)
			return true;
	}
	return false;
}

static void try_parts(Search *search, int n, double cost);

static void
try_fate(Search *search, int n, double cost, PartFate fate, int key)
{
	Part *part = list_nth(search->parts, n);

	part->fate = fate;
	part->key = key;
	try_parts(search, n + 1, cost + cost_of(search, part));
}

/* Decides on the n-th part and those behind it in all ways that may be cheaper than the best so far. */
static void
try_parts(Search *search, int n, double cost)
{
	Part     *part;
	ListCell *lc;

	if (cost >= search->best || search->tries > MAX_TRIES)
		return;
	if (n == list_length(search->parts))
	{
		if (!search->own_hash && !anything_stays(search))
			return;
		search->tries++;
		foreach (lc, search->parts)
			put_in_place(search, lfirst(lc));
		if (SpreadOfInput(search->query).kind == SPREAD_SPLIT)
			keep_best(search, cost);
		return;
	}
	part = list_nth(search->parts, n);
	if (part->spread.kind == SPREAD_SPLIT && !search->own_hash &&
		part->spread.table->colocation_id == search->table->colocation_id)
		try_fate(search, n, cost, PART_STAYS, 0);
	if (part->transfer == NULL)
		return;
	if (search->table->method == DIST_SINGLE)
		try_fate(search, n, cost, PART_REHASHED, 0);
	foreach (lc, search->may_rehash ? part->keys : NIL)
		try_fate(search, n, cost, PART_REHASHED, lfirst_int(lc));
	if (search->may_broadcast)
		try_fate(search, n, cost, PART_BROADCAST, 0);
}

static void
try_table(Search *search, DistTable *table, bool own_hash)
{
	search->table = table;
	search->own_hash = own_hash;
	search->nodes = list_length(GroupsOfTable(table));
	try_parts(search, 0, 0);
}

/* A column that can be hashed the same way on both sides of an = of its type. */
static Oid
hashable_type(Part *part, int column)
{
	RangeTblFunction *call = linitial(
		part->rte ? part->transferred_entry.functions
				  : linitial_node(RangeTblEntry, part->transferred_whole.rtable)->functions);
	Oid collation = list_nth_oid(call->funccolcollations, column - 1);

	if (OidIsValid(collation) && !get_collation_isdeterministic(collation))
		return InvalidOid;
	return getBaseType(list_nth_oid(call->funccoltypes, column - 1));
}

/* Re-hashes all parts by what they are joined on. */
static void
try_rehash_all(Search *search, DistTable *like)
{
	List     *families = NIL;
	ListCell *lc;
	ListCell *lc2;

	foreach (lc, search->parts)
	{
		Part *part = lfirst(lc);

		foreach (lc2, part->keys)
		{
			Oid        type = hashable_type(part, lfirst_int(lc2));
			DistTable *table = OidIsValid(type) ? TableCutBy(like, type) : NULL;

			if (table == NULL || list_member_oid(families, table->hash_opfamily))
				continue;
			families = lappend_oid(families, table->hash_opfamily);
			try_table(search, table, true);
		}
	}
}

static void
try_all(Search *search)
{
	List      *colocations = NIL;
	DistTable *like = NULL;
	ListCell  *lc;

	search->tries = 0;
	foreach (lc, search->parts)
	{
		Part *part = lfirst(lc);

		if (part->spread.kind != SPREAD_SPLIT ||
			list_member_int(colocations, part->spread.table->colocation_id))
			continue;
		colocations = lappend_int(colocations, part->spread.table->colocation_id);
		if (part->spread.table->method == DIST_HASH)
			like = part->spread.table;
		try_table(search, part->spread.table, false);
	}
	if (like && search->may_rehash)
		try_rehash_all(search, like);
}

/* Fetching all parts and joining them here. */
static double
pull_cost(Search *search)
{
	double    cost = 0;
	ListCell *lc;

	foreach (lc, search->parts)
	{
		Part *part = lfirst(lc);

		if (part->transfer)
			cost += part->transfer->estimate.rows *
					(PULL_COST + JOIN_COST + BYTE_COST * part->transfer->estimate.width);
	}
	return cost;
}

/* What the nodes return must be fetched, too. */
static double
result_cost(Search *search)
{
	QueryEstimate estimate = EstimateQuery(search->query, search->params);

	return estimate.rows * (PULL_COST + BYTE_COST * estimate.width);
}

static bool
may_pull(Query *query)
{
	return join_strategy == STRATEGY_AUTO && query->commandType == CMD_SELECT &&
		   query->rowMarks == NIL;
}

static void
search_best(Search *search)
{
	int n = list_length(search->parts);

	search->best_fates = palloc(sizeof(PartFate) * n);
	search->best_keys = palloc(sizeof(int) * n);
	search->may_broadcast = join_strategy != STRATEGY_REHASH;
	search->may_rehash = join_strategy != STRATEGY_BROADCAST;
	search->best = may_pull(search->query) ? pull_cost(search) - result_cost(search) : DBL_MAX;
	try_all(search);
	if (search->best_table == NULL && join_strategy == STRATEGY_REHASH)
	{
		search->may_broadcast = true;
		try_all(search);
	}
}

/* Puts the best way in place, or, if there is none, what was there before. */
static void
settle(Search *search)
{
	ListCell *lc;

	search->table = search->best_table;
	search->own_hash = search->best_own_hash;
	foreach (lc, search->parts)
	{
		Part *part = lfirst(lc);

		part->fate =
			search->best_table ? search->best_fates[foreach_current_index(lc)] : PART_STAYS;
		part->key = search->best_table ? search->best_keys[foreach_current_index(lc)] : 0;
		put_in_place(search, part);
	}
}

/* Do subqueries have to be computed for rows that the nodes cannot make by themselves? */
static bool
has_subqueries_above_grouping(Query *query)
{
	return (query->hasAggs || query->groupClause || query->groupingSets || query->hasWindowFuncs ||
			query->distinctClause || query->havingQual) &&
		   (checkExprHasSubLink((Node *) query->targetList) ||
			checkExprHasSubLink(query->havingQual));
}

bool
IsWorthSending(const QueryEstimate *estimate)
{
	if (join_strategy == STRATEGY_AUTO)
		return estimate->rows * (PULL_COST - SEND_COST) > MOVE_STARTUP;
	return join_strategy == STRATEGY_REHASH;
}

bool
TransferRows(Query *query, ParamListInfo params)
{
	Search    search = {.query = query, .params = params};
	ListCell *lc;

	if (join_strategy == STRATEGY_PULL || list_length(AllPrimaries()) < 2 ||
		has_subqueries_above_grouping(query) || SpreadOfInput(query).kind != SPREAD_MIXED)
		return false;
	add_parts(&search, query, false);
	if (search.impossible || search.parts == NIL)
		return false;
	search_best(&search);
	settle(&search);
	if (search.best_table && WhyNotPrintable(query) != NULL)
	{
		search.best_table = NULL;
		settle(&search);
	}
	if (search.best_table == NULL)
		return false;
	foreach (lc, search.parts)
	{
		Part *part = lfirst(lc);

		if (part->fate != PART_STAYS)
			PlanSource(part->transfer, params);
	}
	return true;
}

void
InitStrategy(void)
{
	DefineCustomEnumVariable(
		"distshard.join_strategy", "How tables are joined that are not co-located.",
		"The cheapest way, unless another one is to be tried where possible.", &join_strategy,
		STRATEGY_AUTO, strategies, PGC_USERSET, 0, NULL, NULL, NULL);
}
