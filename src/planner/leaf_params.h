/*-------------------------------------------------------------------------
 *
 * leaf_params.h
 *	  Values that a leaf's quals get from the query around it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_LEAF_PARAMS_H
#define DISTSHARD_LEAF_PARAMS_H

#include "postgres.h"

#include "nodes/pathnodes.h"

/* Values that the executor sets (results of subplans and so on) become parameters. */
typedef struct ExecParams
{
	int   first; /* number of the first one */
	List *params;
} ExecParams;

extern Node *HideExecParams(Node *node, ExecParams *context);
extern Node *RestoreExecParams(Node *node, ExecParams *context);

/* Does the expression contain one of these parameters? */
extern bool ContainsParam(Node *node, List *numbers);

/*
 * A leaf of a correlated subquery is asked for again with each row of the outer
 * query. Where its rows are few, it is better to keep them and to compare them
 * with the outer row here. ParamsCheckedHere returns the numbers of the
 * parameters that make the difference, or NIL if the nodes are to be asked each
 * time; *rows is how many rows are fetched then.
 */
extern List *ParamsCheckedHere(PlannerInfo *root, RelOptInfo *rel, double max_rows, double *rows);

#endif
