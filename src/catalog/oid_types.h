/*-------------------------------------------------------------------------
 *
 * oid_types.h
 *	  Types whose values name objects, which have other OIDs on other nodes.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_OID_TYPES_H
#define DISTSHARD_OID_TYPES_H

#include "postgres.h"

/* Is the type regclass or another alias of oid? Neither arrays nor domains of them are. */
extern bool IsOidAlias(Oid type);

#endif
