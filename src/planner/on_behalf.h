/*-------------------------------------------------------------------------
 *
 * on_behalf.h
 *	  Acting as superuser on behalf of a user, whose code must not run then.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_ON_BEHALF_H
#define DISTSHARD_ON_BEHALF_H

#include "postgres.h"

#include "nodes/parsenodes.h"
#include "planner/claim.h"

extern void InitOnBehalf(void);

/* BecomeSuperuser makes the session the bootstrap superuser until RestoreRole or the (sub)transaction's end. */
extern void BecomeSuperuser(SavedRole *saved);

/* ActOnBehalf marks a superuser's session as acting for somebody, in the same way. */
extern void ActOnBehalf(SavedRole *saved);

/* BecomePlanningRole makes the session the role that the query is to be planned as. */
extern void BecomePlanningRole(const Query *query, const char *text, SavedRole *saved);

/*
 * KeepSearchPath remembers the session's search path, within the GUC nest level;
 * UseKeptSearchPath puts it in place, behind pg_catalog.
 */
extern void KeepSearchPath(void);
extern void UseKeptSearchPath(void);

#endif
