/*-------------------------------------------------------------------------
 *
 * shape.h
 *	  Where a query has to run: which of its tables are distributed, pinned to
 *	  one shard, or joined so that every node can answer for its own shards.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_SHAPE_H
#define DISTSHARD_SHAPE_H

#include "postgres.h"

#include "catalog/metadata.h"
#include "nodes/parsenodes.h"

/* What kinds of tables a query names, at any depth. */
typedef struct QueryTables
{
	List *dist_tables; /* of DistTable *, hash and single ones, each once */
	bool  has_reference;
	bool  writes_reference; /* every copy must be changed alike */
	bool  has_local;        /* ordinary tables, views of the system and the like */
} QueryTables;

extern bool FindDistTables(Query *query, QueryTables *tables);
extern bool QueryNamesDistTable(Query *query);
extern void DropUnusedCtes(Query *query);
extern void LiftOrder(Query *query);

/* Columns of CTEs that nothing refers to become nulls. */
extern void DropUnusedColumns(Query *query);

/* CTEs that PostgreSQL would put where they are used become subqueries. */
extern void InlineCtes(Query *query);

/* Conditions that all alternatives of an OR have in common come to stand beside it. */
extern void FactorAlternatives(Query *query);

/*
 * Can one shard answer? On success *key is the expression whose hash selects
 * the shard; NULL for tables that are one shard. Returns the table whose shard
 * map is to be used, or NULL.
 */
extern DistTable *FindRoute(Query *query, QueryTables *tables, Expr **key);

/*
 * The same for shards of several keys: *keys is an expression for an array.
 * Other shards have nothing to do with the answer.
 */
extern DistTable *FindKeys(Query *query, QueryTables *tables, Expr **keys);

/*
 * Does SELECT DISTINCT only have to drop what a node has twice? This field says so,
 * which has no meaning of its own where nothing is grouped.
 */
#define IsDistinctWithinNodes(query)                                                            \
	((query)->distinctClause != NIL && (query)->groupDistinct && (query)->groupClause == NIL && \
	 (query)->groupingSets == NIL)

/* How the rows of a (sub)query are spread over nodes. */
typedef enum SpreadKind
{
	SPREAD_COPIED, /* every node computes the same rows */
	SPREAD_SPLIT,  /* every node computes its own part; the parts make up the whole */
	SPREAD_MIXED   /* nodes cannot compute it by themselves */
} SpreadKind;

typedef struct Spread
{
	SpreadKind  kind;
	DistTable  *table;         /* SPREAD_SPLIT: whose shard map says how */
	List       *keys;          /* SPREAD_SPLIT: Vars of this query level that equal the shard key */
	List       *nullable_keys; /* others that do, or that an outer join has made null */
	const char *reason;        /* SPREAD_MIXED: why */
} Spread;

extern Spread SpreadOfQuery(Query *query);
extern Spread SpreadOfInput(Query *query); /* FROM and WHERE only */
extern Spread SpreadOfEntry(Query *query, Index rti);

/* Would it matter if an entry that is a CTE of the query were computed twice? */
extern bool IsComputedOnce(Query *query, RangeTblEntry *rte);

/*
 * Can the condition on rows of the entry be checked on the node that each row is on? NULL must count as false.
 */
extern bool ConditionStaysWithRow(Query *query, Index rti, Node *condition);

#endif
