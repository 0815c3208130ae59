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

#include "executor/tuptable.h"
#include "nodes/params.h"
#include "utils/tuplestore.h"

typedef struct LocalFragment
{
	Tuplestorestate *rows;      /* NULL if the fragment returns none */
	uint64           processed; /* rows returned or changed */
} LocalFragment;

/*
 * RunLocalFragment runs the fragment to its end, in the current transaction
 * and snapshot. Plans are kept for the session under the fragment's text.
 * Rows are collected in the current memory context, beyond work_mem on disk.
 */
extern LocalFragment *RunLocalFragment(const char *sql, ParamListInfo params);
extern bool           NextLocalRow(LocalFragment *fragment, TupleTableSlot *slot);
extern void           EndLocalFragment(LocalFragment *fragment);

/* The plan of a fragment, for EXPLAIN. */
struct ExplainState;
extern void ExplainLocalFragment(const char *sql, ParamListInfo params, struct ExplainState *es);

#endif
