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

/* ActsOnBehalf says whether the session is in between. */
extern bool ActsOnBehalf(void);

/* ActOnBehalf marks a superuser's session as acting for somebody, in the same way. */
extern void ActOnBehalf(SavedRole *saved);

/* Between these two, the session is the role that the query is to be planned as. */
typedef struct PlanningRole
{
	SavedRole role;
	int       guc_level; /* 0: the search path was not changed */
} PlanningRole;

extern void BeginPlanning(const Query *query, const char *text, PlanningRole *saved);
extern void EndPlanning(const PlanningRole *saved);

/*
 * KeepSearchPath remembers the session's search path, within the GUC nest level;
 * UseKeptSearchPath puts it in place, behind pg_catalog.
 */
extern void KeepSearchPath(void);
extern void UseKeptSearchPath(void);

#endif
