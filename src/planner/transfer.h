/*-------------------------------------------------------------------------
 *
 * transfer.h
 *	  Parts of a query whose rows are sent to the nodes, so that these can do
 *	  the rest.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_TRANSFER_H
#define DISTSHARD_TRANSFER_H

#include "postgres.h"

#include "catalog/metadata.h"
#include "nodes/params.h"
#include "nodes/parsenodes.h"
#include "nodes/pathnodes.h"
#include "planner/dist_plan.h"
#include "planner/estimate.h"

/*
 * A range table entry, or a whole subquery of an expression, that can be
 * replaced by rows that are sent. Where they go makes it, for the rest of the
 * query, a reference table or one that is distributed.
 */
typedef struct Transfer
{
	int           number;
	char         *name;     /* for EXPLAIN */
	Query        *source;   /* the rows, with columns that nobody needs left out */
	QueryEstimate estimate; /* of all rows that are there */
	QueryEstimate sent;     /* of the source */
	double        cost;     /* of finding out which rows are asked for */
	List         *columns;  /* of int: of what it replaces, those that the source has */

	DistTable *table;    /* cut like this one; NULL: all rows go to all nodes */
	bool       own_hash; /* table is cut as the key's type is hashed by default */
	AttrNumber key;      /* column of what it replaces; 0: the table is one shard */

	PlannedStmt *plan; /* of the source, once it is chosen */
	char *cte; /* NULL; or the source reads CTEs of the statement, and becomes one of this name */
} Transfer;

/*
 * NULL if the entry cannot be replaced: it is lateral, or its rows have an identity that matters.
 * The query is as many levels as depth below the one that will read the fragment's rows. As a
 * set: of rows that are the same, one will do. Rows that do not pass all ties are not needed.
 */
extern Transfer *TransferOfTable(Query *query, Index rti, int depth, List *ties, bool as_set,
								 ParamListInfo params);

/* The same for a query that is a subquery of an expression. */
extern Transfer *TransferOfSubquery(Query *subquery, List *ties, bool as_set, ParamListInfo params);

/* Something that is cut like a table, but by the hash of another type; NULL if that may not be the same everywhere. */
extern DistTable *TableCutBy(DistTable *like, Oid type);

/* What stands for the rows that are sent. */
extern RangeTblEntry *TransferredEntry(RangeTblEntry *rte, Transfer *transfer);
extern Query         *TransferredSubquery(Query *subquery, Transfer *transfer);

/* The move that an entry stands for, or NULL; and the Var that is its key. */
extern Transfer *TransferOfEntry(RangeTblEntry *rte);
extern Var      *TransferredKey(RangeTblEntry *rte, Index rti, Transfer *transfer);

/* Moves are known from ForgetTransfers to RememberTransfers, which gives back what the former returned. */
extern List *ForgetTransfers(void);
extern void  RememberTransfers(List *transfers);

extern void  PlanSource(Transfer *transfer, ParamListInfo params);
extern List *TransfersOfQuery(Query *query);        /* of Transfer * */
extern List *RelationsOfTransfers(List *transfers); /* entries to check and lock with the query */

/* CTEs for the query that reads the fragment's rows. */
extern List *CtesOfTransfers(List *transfers);

/* A list of TransferPlan *. root: of the query that has those CTEs; or NULL, if there are none. */
extern List *TransferPlans(List *transfers, PlannerInfo *root);

#endif
