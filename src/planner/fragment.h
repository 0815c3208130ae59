/*-------------------------------------------------------------------------
 *
 * fragment.h
 *	  What a statement that names data tables must pass before it is planned.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_FRAGMENT_H
#define DISTSHARD_FRAGMENT_H

#include "postgres.h"

#include "executor/execdesc.h"

extern void InitFragmentCheck(void);

/* Takes the privileges asked for on data tables out of a fragment's plan: the sender checked them. */
extern void WaiveDataTablePermissions(QueryDesc *query);

#endif
