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

/* NextExplainedScan returns a number for a scan whose fragments are measured. */
extern int NextExplainedScan(void);

/* The value of distshard.explain_fragments that has the scan's fragments measured, as to INSTRUMENT_*. */
extern int FragmentExplainSetting(int instruments, int scan);

/* The command that gives it to a node, for the next fragment there. */
extern char *ExplainFragmentsCommand(int setting);

/*
 * RunExplainedFragment is RunLocalFragment with such a setting. The executed
 * plan is printed into the current memory context.
 */
extern LocalFragment *RunExplainedFragment(const char *sql, ParamListInfo params, EState *statement,
										   int setting, FragmentPlans *plans);

#endif
