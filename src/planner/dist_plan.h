/*-------------------------------------------------------------------------
 *
 * dist_plan.h
 *	  What the planner tells the executor about a fragment.
 *
 * A plan node that runs a fragment is a CustomScan. Its custom_exprs are the
 * expression that selects the shard, if any, and the values for $1..$n; its
 * custom_private holds the rest, packed by PackFragment.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_DIST_PLAN_H
#define DISTSHARD_DIST_PLAN_H

#include "postgres.h"

#include "nodes/plannodes.h"

/*
 * Parameters that stand for values of ours are numbered from here; a client
 * can use 65,535. Among the values of a fragment this one is the value of the
 * key expression, which is computed once for choosing the shard and the row.
 */
#define OWN_PARAM_BASE (1 << 20)

/*
 * Set in jitFlags of plans that read and change no distributed table, where PostgreSQL leaves this bit alone: the
 * executor lets these pass (executor/ordinary.c).
 */
#define PLAN_IS_ORDINARY (1 << 30)

/* Where a fragment runs. */
typedef enum FragmentTarget
{
	TARGET_ONE_SHARD,  /* the shard that the key expression selects */
	TARGET_SHARDS,     /* the nodes of the shards that the key expression, an array, selects */
	TARGET_ALL_SHARDS, /* every node that holds shards of the table */
	TARGET_ALL_COPIES, /* every node: a write to a reference table */
	TARGET_THIS_COPY /* this node's copy of a reference table, which is to be changed by its rows */
} FragmentTarget;

/*
 * Rows that are sent to the nodes before a fragment that joins them. The source
 * is run for them; where it is one fragment, its nodes send straight to the
 * others.
 */
typedef struct TransferPlan
{
	int        transfer; /* its number: FROM distshard.received_rows(number, ...) in the fragment */
	Oid        table;    /* whose shard map tells the node; InvalidOid: broadcast */
	AttrNumber key;      /* column of the source that is hashed; 0: the table is one shard */
	bool       own_hash; /* hashed as its type is by default, not as the table's key */
	char      *name;     /* what EXPLAIN calls it */
	PlannedStmt *source; /* NULL: it is a CTE of the statement, ... */
	int          subplan; /* ... with this number among its subplans, from 1 */
} TransferPlan;

/* The name of that CTE. */
#define SOURCE_CTE(transfer) psprintf("rows to send %d", transfer)

typedef struct SortColumn
{
	AttrNumber attno; /* in what the nodes return */
	Oid        sort_op;
	Oid        collation;
	bool       nulls_first;
} SortColumn;

typedef struct FragmentPlan
{
	char  *sql;
	uint32 sql_hash; /* to find again what is kept for it; set where it is for one shard */
	char *
		probe; /* tells which rows it would lock, where LIMIT is for all nodes together; NULL: all */
	bool           probe_locks; /* the probe locks them: it is to be rolled back */
	FragmentTarget target;
	Oid            table;       /* logical table whose shard map is used */
	Oid            key_type;    /* type of the key expression, InvalidOid if there is none */
	Oid            triggers;    /* the table whose statement triggers fire here, or InvalidOid */
	CmdType        operation;   /* CMD_SELECT .. CMD_DELETE */
	bool           locks_rows;  /* SELECT FOR UPDATE and the like */
	bool           whole_query; /* nothing else is done in the statement */
	bool           whole_row;   /* the last column is the row of those before it */
	bool           part;        /* other fragments belong to the same statement */
	bool           fires;       /* triggers BEFORE rows, which may fire on the nodes */
	bool           counts;      /* rows that it changes are counted in the command tag */
	bool           repeatable;  /* asked again, the nodes would return the same */
	List *
		moves; /* of oid: logical tables whose rows it may move to other nodes, in order of insertion */
	List       *transfers; /* of TransferPlan * */
	List       *order;     /* of SortColumn: each node returns its rows so, and they are merged */
	const char *reason; /* why the nodes do not do more of the statement, if EXPLAIN is to tell */
} FragmentPlan;

extern List        *PackFragment(const FragmentPlan *fragment);
extern FragmentPlan UnpackFragment(List *packed);

/* Does it need no more than one node, whichever that is? */
extern bool RunsOnOneNode(List *packed);

#endif
