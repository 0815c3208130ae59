/*-------------------------------------------------------------------------
 *
 * oid_types.h
 *	  Types that mean something on one node only: those whose values name
 *	  objects, which have other OIDs on other nodes, and those that others lack;
 *	  and types that do not travel in binary.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_OID_TYPES_H
#define DISTSHARD_OID_TYPES_H

#include "postgres.h"

/* Is the type regclass or another alias of oid? Neither arrays nor domains of them are. */
extern bool IsOidAlias(Oid type);

/* Does PostgreSQL refuse binary forms that it has made of values of the type? It does so with an empty vector. */
extern bool HasRefusedBinary(Oid type);

/* Does only this node have the type? It is of a temporary object, or the row of an ordinary table. */
extern bool IsLocalType(Oid type);

#endif
