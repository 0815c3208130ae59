/*-------------------------------------------------------------------------
 *
 * explain.h
 *	  What EXPLAIN shows of nodes.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_EXPLAIN_H
#define DISTSHARD_EXPLAIN_H

#include "postgres.h"

#include "catalog/metadata.h"
#include "commands/explain.h"
#include "executor/fragment_explain.h"

/* What a node did, for EXPLAIN ANALYZE. */
typedef struct ExplainedNode
{
	ClusterNode  *node;
	uint64        rows;
	double        milliseconds;
	int           statements; /* that it got; shown if there are several */
	int           scan;  /* the number under which another node keeps its plan; 0: there is none */
	FragmentPlans plans; /* of this node */
} ExplainedNode;

/* Lines of a plan, or of SQL, indented under a label. The text is scribbled on. */
extern void ShowLines(const char *label, char *text, ExplainState *es);
extern void ShowNodeNames(List *nodes, ExplainState *es); /* of ClusterNode * */
extern void ShowExplainedNode(const ExplainedNode *explained, ExplainState *es);

#endif
