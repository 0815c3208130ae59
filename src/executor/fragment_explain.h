/*-------------------------------------------------------------------------
 *
 * fragment_explain.h
 *	  The plans of fragments, where they run.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_FRAGMENT_EXPLAIN_H
#define DISTSHARD_FRAGMENT_EXPLAIN_H

#include "postgres.h"

#include "executor/local_fragment.h"

extern void InitFragmentExplain(void);

/* A plan, printed in every way that may be asked for: the index is made of these. */
#define FRAGMENT_PLAN_VERBOSE 1
#define FRAGMENT_PLAN_COSTS   2

typedef struct FragmentPlans
{
	char *text[4];
} FragmentPlans;

/*
 * RunExplainedFragment is RunLocalFragment with instruments (of INSTRUMENT_*).
 * The executed plan is printed into the current memory context.
 */
extern LocalFragment *RunExplainedFragment(const char *sql, ParamListInfo params, int instruments,
										   FragmentPlans *plans);

#endif
