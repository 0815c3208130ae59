/*-------------------------------------------------------------------------
 *
 * key_type.h
 *	  How the values of a shard key are hashed.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_KEY_TYPE_H
#define DISTSHARD_KEY_TYPE_H

#include "postgres.h"

extern Oid  KeyOpclass(Oid type);
extern Oid  HashedType(Oid type);
extern bool HashedByOids(Oid type);

#endif
