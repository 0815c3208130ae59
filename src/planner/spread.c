/*-------------------------------------------------------------------------
 *
 * spread.c
 *	  How the rows of a query are spread over the nodes.
 *
 * Every (sub)query is copied, split or mixed (see SpreadKind). A split one can
 * be answered by every node over its own shards, the answer being the union.
 * Two split inputs stay split when they are joined on the shard key, a split
 * and a copied one always, unless an outer join would preserve the copied
 * side: each node would then add the same null-extended rows.
 *
 * A lateral subquery that is tied to the key of what it depends on is copied, in
 * a way: the node that has such a row computes all that belongs to it, and no
 * other one is asked for it.
 *
 * What is done with the joined rows is seen to in grouping.c, subqueries in
 * expressions in sublinks.c.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "optimizer/tlist.h"
#include "parser/parsetree.h"
#include "planner/equality.h"
#include "planner/leaf.h"
#include "planner/shape.h"
#include "planner/spread.h"
#include "planner/transfer.h"
#include "rewrite/rewriteManip.h"

static Spread
copied(void)
{
	Spread result = {SPREAD_COPIED};

	return result;
}

static Spread
split(DistTable *table, List *keys)
{
	Spread result = {SPREAD_SPLIT, table, keys};

	return result;
}

static Spread
mixed(const char *reason)
{
	Spread result = {.kind = SPREAD_MIXED, .reason = reason};

	return result;
}

KeySense
SenseOfKey(DistTable *table)
{
	KeySense sense = {table->hash_opfamily, table->key_collation};

	return sense;
}

static DistTable *
first_hash_table(Query *query)
{
	QueryTables tables;
	ListCell   *lc;

	FindDistTables(query, &tables);
	foreach (lc, tables.dist_tables)
	{
		DistTable *table = lfirst(lc);

		if (table->method == DIST_HASH)
			return table;
	}
	return NULL;
}

static List *
all_keys(const Spread *spread)
{
	return list_concat_copy(spread->keys, spread->nullable_keys);
}

/* Columns that are equal are not null, so whether they may be elsewhere is no matter. */
static bool
keys_meet(List *equalities, List *keys, List *other_keys)
{
	ListCell *lc;
	ListCell *lc2;

	foreach (lc, keys)
	{
		foreach (lc2, other_keys)
		{
			if (KnownEqual(equalities, lfirst(lc), lfirst(lc2)))
				return true;
		}
	}
	return false;
}

/* Is a split input tied to the rows of the query around it? */
static bool
tied_to_outer(Spread *spread, List *equalities, const OuterRows *outer)
{
	return outer->table && spread->kind == SPREAD_SPLIT &&
		   spread->table->colocation_id == outer->table->colocation_id &&
		   keys_meet(equalities, all_keys(spread), outer->keys);
}

static const OuterRows nothing_around;

/* The same, as seen from a subquery. */
static OuterRows
rows_around(Query *query, const OuterRows *beside)
{
	OuterRows result = {beside->table, copyObject(beside->keys),
						list_concat(list_make1(query), beside->around)};

	IncrementVarSublevelsUp((Node *) result.keys, 1, 0);
	return result;
}

/* What a lateral entry may lean on, with what has been joined before it. */
static OuterRows
add_beside(const OuterRows *beside, const Spread *joined)
{
	OuterRows result = *beside;

	if (joined->kind != SPREAD_SPLIT)
		return result;
	if (result.table == NULL)
		result.table = joined->table;
	if (result.table->colocation_id == joined->table->colocation_id)
		result.keys = list_concat(list_copy(result.keys), all_keys(joined));
	return result;
}

static CommonTableExpr *
find_cte(Query *query, RangeTblEntry *rte)
{
	ListCell *lc;

	foreach (lc, query->cteList)
	{
		CommonTableExpr *cte = lfirst_node(CommonTableExpr, lc);

		if (strcmp(cte->ctename, rte->ctename) == 0)
			return cte;
	}
	return NULL;
}

bool
IsComputedOnce(Query *query, RangeTblEntry *rte)
{
	CommonTableExpr *cte =
		rte->rtekind == RTE_CTE && rte->ctelevelsup == 0 ? find_cte(query, rte) : NULL;

	return cte && (contain_volatile_functions(cte->ctequery) ||
				   castNode(Query, cte->ctequery)->rowMarks != NIL);
}

/* The keys of a subquery that it returns, as Vars of the query around it. */
static List *
keys_in_output(Query *subquery, List *keys, Index rti)
{
	List     *result = NIL;
	ListCell *lc;
	ListCell *lc2;

	foreach (lc, subquery->targetList)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);

		if (tle->resjunk)
			continue;
		foreach (lc2, keys)
		{
			if (equal(CanonicalTerm(subquery, tle->expr), lfirst(lc2)))
				result = lappend(result, makeVarFromTargetEntry(rti, tle));
		}
	}
	return result;
}

static Spread
spread_of_relation(RangeTblEntry *rte, Index rti)
{
	DistTable *table;

	if (rte->relkind == RELKIND_VIEW)
		return copied();
	table = LookupDistTable(rte->relid);
	if (table == NULL)
		return mixed("a table is local to one node");
	if (table->method == DIST_REFERENCE)
		return rte->tablesample ? mixed("a reference table is sampled") : copied();
	if (table->method == DIST_SINGLE)
		return split(table, NIL);
	return split(table, list_make1(makeVar(rti, table->key_attno, table->key_type,
										   table->key_typmod, table->key_collation, 0)));
}

static Spread
spread_of_values(RangeTblEntry *rte)
{
	if (contain_volatile_functions((Node *) rte->functions) ||
		contain_volatile_functions((Node *) rte->tablefunc) ||
		contain_volatile_functions((Node *) rte->values_lists))
		return mixed("a volatile function is used in FROM");
	if (checkExprHasSubLink((Node *) rte->functions) ||
		checkExprHasSubLink((Node *) rte->values_lists))
		return mixed("a function in FROM has a subquery as argument");
	return copied();
}

static Spread
spread_of_function(RangeTblEntry *rte, Index rti)
{
	Transfer *transfer = TransferOfEntry(rte);

	if (transfer == NULL)
		return LeafQuery(rte) ? mixed("another part of the query is fetched by itself")
							  : spread_of_values(rte);
	if (transfer->table == NULL)
		return copied();
	return split(transfer->table,
				 transfer->key ? list_make1(TransferredKey(rte, rti, transfer)) : NIL);
}

static Spread
spread_of_subquery(Query *query, Index rti, Query *subquery, List *equalities,
				   const OuterRows *outer)
{
	DistTable *inner = equalities != NIL ? first_hash_table(subquery) : NULL;
	Spread     result;

	if (subquery->commandType != CMD_SELECT)
		return mixed("a data-modifying CTE is used");
	if (inner)
	{
		KeySense sense = SenseOfKey(inner);

		equalities = EqualitiesInSubquery(equalities, query, rti, subquery, &sense);
	}
	result = SpreadOfSubquery(subquery, USES_ROWS, equalities, outer);
	if (result.kind == SPREAD_SPLIT)
	{
		result.keys = keys_in_output(subquery, result.keys, rti);
		result.nullable_keys = keys_in_output(subquery, result.nullable_keys, rti);
	}
	return result;
}

/* A node that computes a CTE computes its own part of it. */
static Spread
spread_of_cte(Query *query, Index rti, const OuterRows *beside)
{
	RangeTblEntry   *rte = rt_fetch(rti, query->rtable);
	List            *queries = list_concat(list_make1(query), beside->around);
	OuterRows        outer = nothing_around;
	CommonTableExpr *cte;

	if ((int) rte->ctelevelsup >= list_length(queries))
		return mixed("a CTE of an outer query is used");
	outer.around = list_copy_tail(queries, rte->ctelevelsup);
	cte = find_cte(linitial(outer.around), rte);
	if (cte == NULL || cte->cterecursive)
		return mixed("a recursive query is used");
	return spread_of_subquery(query, rti, castNode(Query, cte->ctequery), NIL, &outer);
}

/* "beside": keys of rows on which the entry may depend, of its own level if it is lateral. */
static Spread
spread_of_rte(Query *query, Index rti, List *equalities, const OuterRows *beside)
{
	RangeTblEntry *rte = rt_fetch(rti, query->rtable);
	OuterRows      outer;

	switch (rte->rtekind)
	{
		case RTE_RELATION:
			return spread_of_relation(rte, rti);
		case RTE_SUBQUERY:
			outer = rows_around(query, beside);
			return spread_of_subquery(query, rti, rte->subquery, equalities, &outer);
		case RTE_CTE:
			return spread_of_cte(query, rti, beside);
		case RTE_FUNCTION:
			return spread_of_function(rte, rti);
		case RTE_TABLEFUNC:
		case RTE_VALUES:
			return spread_of_values(rte);
		case RTE_RESULT:
			return copied();
		default:
			return mixed("a range table entry cannot be shipped");
	}
}

/* Joins two inputs of an inner join. */
static Spread
inner_join(Spread left, Spread right, List *equalities)
{
	Spread result;

	if (left.kind == SPREAD_MIXED)
		return left;
	if (right.kind == SPREAD_MIXED)
		return right;
	if (left.kind == SPREAD_COPIED)
		return right;
	if (right.kind == SPREAD_COPIED)
		return left;
	if (left.table->colocation_id != right.table->colocation_id)
		return mixed("tables that are not co-located are joined");
	if (left.table->method != DIST_SINGLE &&
		!keys_meet(equalities, all_keys(&left), all_keys(&right)))
		return mixed("tables are not joined on the shard key");
	result = split(left.table, list_concat_copy(left.keys, right.keys));
	result.nullable_keys = list_concat_copy(left.nullable_keys, right.nullable_keys);
	return result;
}

/* Joins a preserved side with a nullable one. */
static Spread
outer_join(Spread preserved, Spread nullable, List *equalities)
{
	Spread result;

	if (preserved.kind == SPREAD_COPIED && nullable.kind == SPREAD_SPLIT)
		return mixed("an outer join preserves rows that every node has");
	result = inner_join(preserved, nullable, equalities);
	if (result.kind == SPREAD_SPLIT)
	{
		result.keys = preserved.keys;
		result.nullable_keys = list_concat_copy(preserved.nullable_keys, all_keys(&nullable));
	}
	return result;
}

/* FULL: rows of both sides survive, so both must be split by the joined key. */
static Spread
full_join(Spread left, Spread right, List *equalities, List *merged)
{
	Spread result = inner_join(left, right, equalities);

	if (result.kind == SPREAD_SPLIT)
	{
		if (left.kind != SPREAD_SPLIT || right.kind != SPREAD_SPLIT)
			return mixed("a full join preserves rows that every node has");
		result.nullable_keys = all_keys(&result);
		result.keys = merged;
	}
	return result;
}

/* Columns that a full join merges from keys of both sides. */
static List *
merged_keys(Query *query, JoinExpr *join, const Spread *left, const Spread *right)
{
	RangeTblEntry *rte = join->rtindex ? rt_fetch(join->rtindex, query->rtable) : NULL;
	List          *result = NIL;
	ListCell      *lc;

	foreach (lc, rte && rte->joinmergedcols > 0 ? rte->joinaliasvars : NIL)
	{
		CoalesceExpr *merged = lfirst(lc);

		if (merged && IsA(merged, CoalesceExpr) &&
			list_member(left->keys, CanonicalTerm(query, linitial(merged->args))) &&
			list_member(right->keys, CanonicalTerm(query, lsecond(merged->args))))
			result = lappend(result, makeVar(join->rtindex, foreach_current_index(lc) + 1,
											 exprType((Node *) merged), exprTypmod((Node *) merged),
											 exprCollation((Node *) merged), 0));
	}
	return result;
}

static Spread spread_of_jointree(Query *query, Node *jtnode, List *equalities,
								 const KeySense *sense, const OuterRows *outer);

/*
 * Items of a FROM list join in whatever order ties them to each other: start
 * with any split item, and add what meets its keys until nothing changes.
 */
static Spread
spread_of_from(Query *query, FromExpr *from, List *equalities, const KeySense *sense,
			   const OuterRows *outer)
{
	List     *pending = NIL;
	Spread    result = copied();
	OuterRows beside = *outer;
	ListCell *lc;
	bool      progress = true;

	equalities = list_concat_copy(equalities, EmergentEqualities(query, (Node *) from, sense));
	foreach (lc, from->fromlist)
	{
		Spread *item = palloc(sizeof(Spread));

		*item = spread_of_jointree(query, lfirst(lc), equalities, sense, &beside);
		if (item->kind == SPREAD_MIXED)
			return *item;
		beside = add_beside(&beside, item);
		pending = lappend(pending, item);
	}
	while (pending != NIL && progress)
	{
		progress = false;
		foreach (lc, pending)
		{
			Spread joined = inner_join(result, *(Spread *) lfirst(lc), equalities);

			if (joined.kind == SPREAD_MIXED)
				continue;
			result = joined;
			pending = foreach_delete_current (pending, lc);
			progress = true;
		}
	}
	if (pending != NIL)
		return inner_join(result, *(Spread *) linitial(pending), equalities);
	return result;
}

static Spread
spread_of_jointree(Query *query, Node *jtnode, List *equalities, const KeySense *sense,
				   const OuterRows *outer)
{
	JoinExpr *join;
	List     *inside;
	Spread    left;
	Spread    right;
	OuterRows beside;

	if (IsA(jtnode, RangeTblRef))
		return spread_of_rte(query, ((RangeTblRef *) jtnode)->rtindex, equalities, outer);
	if (IsA(jtnode, FromExpr))
		return spread_of_from(query, (FromExpr *) jtnode, equalities, sense, outer);

	join = castNode(JoinExpr, jtnode);
	inside = list_concat_copy(equalities, EmergentEqualities(query, jtnode, sense));
	inside = list_concat(inside, QualEqualities(query, join->quals, sense));
	left = spread_of_jointree(query, join->larg, equalities, sense, outer);
	beside = add_beside(outer, &left);
	right = spread_of_jointree(query, join->rarg, equalities, sense, &beside);
	switch (join->jointype)
	{
		case JOIN_INNER:
			return inner_join(left, right, inside);
		case JOIN_LEFT:
			return outer_join(left, right, inside);
		case JOIN_RIGHT:
			return outer_join(right, left, inside);
		case JOIN_FULL:
			return full_join(left, right, inside, merged_keys(query, join, &left, &right));
		default:
			return mixed("a join type cannot be shipped");
	}
}

/* FROM and WHERE, with the expressions over them. */
static Spread
spread_of_input(Query *query, List *equalities, const OuterRows *outer)
{
	DistTable  *table = first_hash_table(query);
	KeySense    sense = {InvalidOid, InvalidOid};
	Spread      spread;
	const char *reason;

	if (table)
		sense = SenseOfKey(table);
	sense.around = outer->around;
	spread = spread_of_from(query, query->jointree, equalities, &sense, outer);
	if (spread.keys != NIL)
		spread.keys =
			EqualColumns(spread.keys, EmergentEqualities(query, (Node *) query->jointree, &sense));
	reason = WhySublinksMix(query, spread, equalities, &sense);
	return reason ? mixed(reason) : spread;
}

static Spread
spread_of_setop(Query *query, Node *node, const OuterRows *outer)
{
	SetOperationStmt *setop;
	Spread            left;
	Spread            right;
	List             *common = NIL;
	ListCell         *lc;

	if (IsA(node, RangeTblRef))
		return spread_of_rte(query, ((RangeTblRef *) node)->rtindex, NIL, outer);

	setop = castNode(SetOperationStmt, node);
	left = spread_of_setop(query, setop->larg, outer);
	right = spread_of_setop(query, setop->rarg, outer);
	if (left.kind == SPREAD_MIXED)
		return left;
	if (right.kind == SPREAD_MIXED)
		return right;
	if (left.kind == SPREAD_COPIED && right.kind == SPREAD_COPIED)
		return copied();
	if (left.kind != right.kind || left.table->colocation_id != right.table->colocation_id)
		return mixed("a set operation is over tables that are not co-located");

	foreach (lc, left.keys)
	{
		ListCell *lc2;

		foreach (lc2, right.keys)
		{
			if (lfirst_node(Var, lc)->varattno == lfirst_node(Var, lc2)->varattno)
				common = lappend(common, lfirst(lc));
		}
	}
	if (!(setop->op == SETOP_UNION && setop->all) && common == NIL &&
		left.table->method != DIST_SINGLE)
		return mixed("a set operation does not keep the shard key");
	return split(left.table, common);
}

Spread
SpreadOfSubquery(Query *query, RowsUse use, List *equalities, const OuterRows *outer)
{
	Spread      spread;
	const char *reason;

	if (query->commandType != CMD_SELECT)
		return mixed("a data-modifying query is used");
	if (query->setOperations)
		spread = spread_of_setop(query, query->setOperations, outer);
	else
		spread = spread_of_input(query, equalities, outer);

	/* All that one outer row needs is on that row's node, whatever is done with it. */
	if (spread.kind == SPREAD_SPLIT && outer->table && !query->setOperations)
	{
		KeySense sense = SenseOfKey(outer->table);

		sense.around = outer->around;
		equalities = list_concat_copy(equalities,
									  EmergentEqualities(query, (Node *) query->jointree, &sense));
		if (tied_to_outer(&spread, equalities, outer))
			return copied();
	}

	reason = spread.kind == SPREAD_COPIED ? WhyCopiesDiffer(query, use, outer->around)
										  : WhyGroupingMixes(query, &spread);
	if (reason)
		return mixed(reason);
	if (spread.kind == SPREAD_SPLIT && spread.table->method != DIST_SINGLE &&
		(query->limitCount || query->limitOffset))
		return mixed("a subquery has LIMIT");
	return spread;
}

/*
 * SpreadOfQuery tells how the rows of a query without a query around it are
 * spread, its own ORDER BY and LIMIT apart.
 */
Spread
SpreadOfQuery(Query *query)
{
	Query     bare = *query;
	ListCell *lc;

	foreach (lc, query->cteList)
	{
		if (castNode(Query, lfirst_node(CommonTableExpr, lc)->ctequery)->commandType != CMD_SELECT)
			return mixed("a data-modifying CTE is used");
	}
	bare.limitCount = NULL;
	bare.limitOffset = NULL;
	return SpreadOfSubquery(&bare, USES_EXISTENCE, NIL, &nothing_around);
}

Spread
SpreadOfEntry(Query *query, Index rti)
{
	return spread_of_rte(query, rti, NIL, &nothing_around);
}

Spread
SpreadOfInput(Query *query)
{
	return spread_of_input(query, NIL, &nothing_around);
}
