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
#include "planner/claim.h"

extern void InitFragmentCheck(void);

/* Raises an error if the relation is a data table or a shard, which only fragments may name. */
extern void CheckUnclaimedRelation(Oid relid);

/* Raises an error if a claim of all shards of the node does not agree with the metadata here. */
extern void CheckPlacementClaim(const Claim *claim, DistTable *table);

/* Do row-level security policies apply to the relation, for some at least? */
extern bool HasRowSecurity(Oid relid);

extern Oid RelationOwner(Oid relid);

/* Takes the privileges asked for on data tables out of a fragment's plan: the sender checked them. */
extern void WaiveDataTablePermissions(QueryDesc *query);

#endif
