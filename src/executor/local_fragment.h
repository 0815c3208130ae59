/*-------------------------------------------------------------------------
 *
 * local_fragment.h
 *	  Fragments that this node runs for itself.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_LOCAL_FRAGMENT_H
#define DISTSHARD_LOCAL_FRAGMENT_H

#include "postgres.h"

#include "executor/execdesc.h"
#include "tcop/dest.h"
#include "nodes/params.h"
#include "utils/plancache.h"
#include "utils/tuplestore.h"

typedef struct LocalFragment
{
	CachedPlan      *plan;
	ResourceOwner    owner;     /* of the plan */
	QueryDesc       *desc;      /* NULL once it has run to its end */
	Tuplestorestate *rows;      /* what it then had returned; NULL if it returns none */
	uint64           processed; /* and how many rows it returned or changed */
	EState          *statement; /* that it is a part of, which calls its AFTER ROW triggers */
} LocalFragment;

/*
 * RunLocalFragment runs the fragment to its end, in the current transaction
 * and snapshot. Plans are kept for the session under the fragment's text.
 * Rows are collected in the current memory context, beyond work_mem on disk.
 */
extern LocalFragment *RunLocalFragment(const char *sql, ParamListInfo params, EState *statement);

/* The same, with the rows going to the receiver. */
extern LocalFragment *RunLocalFragmentInto(const char *sql, ParamListInfo params,
										   DestReceiver *receiver);

/*
 * StartLocalFragment is for a fragment that only reads: its rows may be made
 * as NextLocalRow asks for them.
 */
extern LocalFragment *StartLocalFragment(const char *sql, ParamListInfo params, EState *statement);

/* Returns the next row, valid until the next call, perhaps in stored; NULL at the end. */
extern TupleTableSlot *NextLocalRow(LocalFragment *fragment, TupleTableSlot *stored);
extern void            EndLocalFragment(LocalFragment *fragment);

/* Is a row of such a fragment being made? */
extern bool RunsLocalFragment(void);

/* The plan of a fragment, for EXPLAIN. */
struct ExplainState;
extern void ExplainLocalFragment(const char *sql, ParamListInfo params, struct ExplainState *es);

#endif
