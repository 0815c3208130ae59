/*-------------------------------------------------------------------------
 *
 * names.h
 *	  The names of data tables and shards, turned back into the user's own.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_NAMES_H
#define DISTSHARD_NAMES_H

#include "postgres.h"

#include "utils/elog.h"

/* Replaces names of data tables, shards and their indexes in the error's fields and texts. */
extern void UseUserNames(ErrorData *edata);

/* For PG_CATCH: throws the current error again, with the user's names. */
extern void RethrowWithUserNames(void) pg_attribute_noreturn();

/* The name that the shard's part of something called name has; shard is the shard's relation. */
extern char *ShardObjectName(const char *name, Oid shard);

/* Gives the indexes and foreign keys of the data table's shards the names that go with the data table's. */
extern void NameShardObjects(Oid data_relid);

#endif
