/*-------------------------------------------------------------------------
 *
 * reference_actions.h
 *	  Foreign keys from ordinary tables to reference tables.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_REFERENCE_ACTIONS_H
#define DISTSHARD_REFERENCE_ACTIONS_H

#include "postgres.h"

#include "catalog/metadata.h"

/* Has this node's copy act on what references it from ordinary tables. */
extern void WatchReferencedCopy(DistTable *table);

#endif
