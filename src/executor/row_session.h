/*-------------------------------------------------------------------------
 *
 * row_session.h
 *	  What triggers must not do to the session of a node that is not their client's.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_ROW_SESSION_H
#define DISTSHARD_ROW_SESSION_H

#include "postgres.h"

#include "executor/execdesc.h"

extern void InitRowSession(void);

/* Around what another node has sent: nothing is watched yet, and an error if a trigger has changed settings. */
extern void BeginRowSession(void);
extern void CheckRowSession(void);

/* A trigger is about to fire before a row. From now on settings are watched, if another node has sent the statement. */
extern void WatchRowSession(void);

/* Around the call of a trigger's function, to tell statements of foreign keys that it fires from its own. */
extern bool EnterRowTrigger(void);
extern void LeaveRowTrigger(bool previous);

/* Raises an error if the statement is a trigger's and uses tables of this node only. */
extern void CheckRowStatement(QueryDesc *query);

/* Raises an error if a trigger is about to call a function that tells what number the client got last. */
extern void CheckRowFunction(Oid function);

#endif
