/*-------------------------------------------------------------------------
 *
 * wrap.h
 *	  A plan that computes rows under a plan node that writes them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_WRAP_H
#define DISTSHARD_WRAP_H

#include "postgres.h"

#include "nodes/execnodes.h"
#include "nodes/extensible.h"
#include "nodes/parsenodes.h"
#include "nodes/plannodes.h"
#include "utils/tuplestore.h"

/*
 * WrapPlan puts a plan node on top of a planned SELECT, which becomes the plan
 * of the statement: its RETURNING list is what the node returns.
 */
extern PlannedStmt *WrapPlan(PlannedStmt *rows, Query *statement, const CustomScanMethods *methods,
							 List *private);

/* Runs the plan that computes rows to its end. The store is in the current memory context. */
extern Tuplestorestate *ComputeRows(PlanState *rows);

#endif
