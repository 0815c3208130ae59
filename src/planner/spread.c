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

Spread
MixedSpread(const char *reason)
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
						list_concat(list_make1(query), beside->around), beside->recursion};

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

List *
KeysInOutput(Query *subquery, List *keys, Index rti)
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
		return MixedSpread("a table is local to one node");
	if (table->method == DIST_REFERENCE)
		return rte->tablesample ? MixedSpread("a reference table is sampled") : copied();
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
		return MixedSpread("a volatile function is used in FROM");
	if (checkExprHasSubLink((Node *) rte->functions) ||
		checkExprHasSubLink((Node *) rte->values_lists))
		return MixedSpread("a function in FROM has a subquery as argument");
	return copied();
}

static Spread
spread_of_function(RangeTblEntry *rte, Index rti)
{
	Transfer *transfer = TransferOfEntry(rte);

	if (transfer == NULL)
		return LeafQuery(rte) ? MixedSpread("another part of the query is fetched by itself")
							  : spread_of_values(rte);
	if (transfer->table == NULL)
		return copied();
	return split(transfer->table,
				 transfer->key ? list_make1(TransferredKey(rte, rti, transfer)) : NIL);
}

Spread
SpreadOfEntryQuery(Query *query, Index rti, Query *subquery, List *equalities,
				   const OuterRows *outer)
{
	DistTable *inner = equalities != NIL ? first_hash_table(subquery) : NULL;
	Spread     result;

	if (subquery->commandType != CMD_SELECT)
		return MixedSpread("a data-modifying CTE is used");
	if (inner)
	{
		KeySense sense = SenseOfKey(inner);

		equalities = EqualitiesInSubquery(equalities, query, rti, subquery, &sense);
	}
	result = SpreadOfSubquery(subquery, USES_ROWS, equalities, outer);
	if (result.kind == SPREAD_SPLIT)
	{
		result.keys = KeysInOutput(subquery, result.keys, rti);
		result.nullable_keys = KeysInOutput(subquery, result.nullable_keys, rti);
	}
	return result;
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
			return SpreadOfEntryQuery(query, rti, rte->subquery, equalities, &outer);
		case RTE_CTE:
			return SpreadOfCte(query, rti, beside);
		case RTE_FUNCTION:
			return spread_of_function(rte, rti);
		case RTE_TABLEFUNC:
		case RTE_VALUES:
			return spread_of_values(rte);
		case RTE_RESULT:
			return copied();
		default:
			return MixedSpread("a range table entry cannot be shipped");
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
		return MixedSpread("tables that are not co-located are joined");
	if (left.table->method != DIST_SINGLE &&
		!keys_meet(equalities, all_keys(&left), all_keys(&right)))
		return MixedSpread("tables are not joined on the shard key");
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
		return MixedSpread("an outer join preserves rows that every node has");
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
			return MixedSpread("a full join preserves rows that every node has");
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
			return MixedSpread("a join type cannot be shipped");
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
	return reason ? MixedSpread(reason) : spread;
}

Spread
SpreadOfSetop(Query *query, Node *node, const OuterRows *outer)
{
	SetOperationStmt *setop;
	Spread            left;
	Spread            right;
	List             *common = NIL;
	ListCell         *lc;

	if (IsA(node, RangeTblRef))
		return spread_of_rte(query, ((RangeTblRef *) node)->rtindex, NIL, outer);

	setop = castNode(SetOperationStmt, node);
	left = SpreadOfSetop(query, setop->larg, outer);
	right = SpreadOfSetop(query, setop->rarg, outer);
	if (left.kind == SPREAD_MIXED)
		return left;
	if (right.kind == SPREAD_MIXED)
		return right;
	if (left.kind == SPREAD_COPIED && right.kind == SPREAD_COPIED)
		return copied();
	if (left.kind != right.kind || left.table->colocation_id != right.table->colocation_id)
		return MixedSpread("a set operation is over tables that are not co-located");

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
		return MixedSpread("a set operation does not keep the shard key");
	return split(left.table, common);
}

Spread
SpreadOfSubquery(Query *query, RowsUse use, List *equalities, const OuterRows *outer)
{
	Spread      spread;
	const char *reason;

	if (query->commandType != CMD_SELECT)
		return MixedSpread("a data-modifying query is used");
	if (query->setOperations)
		spread = SpreadOfSetop(query, query->setOperations, outer);
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
		return MixedSpread(reason);
	if (spread.kind == SPREAD_SPLIT && spread.table->method != DIST_SINGLE &&
		(query->limitCount || query->limitOffset))
		return MixedSpread("a subquery has LIMIT");
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
			return MixedSpread("a data-modifying CTE is used");
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
