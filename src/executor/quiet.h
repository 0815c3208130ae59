/*-------------------------------------------------------------------------
 *
 * quiet.h
 *	  Fragments whose notices the client has got already.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_QUIET_H
#define DISTSHARD_QUIET_H

#include "postgres.h"

#include "executor/execdesc.h"

/* For a fragment that has just been started. */
extern void MarkQuiet(QueryDesc *fragment);

/* Keeps notices back, whoever runs. */
extern int EnterQuiet(void);

/* Around what is run of a query: notices are kept back if it is such a fragment. */
extern int  BeginQuiet(const QueryDesc *query);
extern void EndQuiet(int level);

#endif
