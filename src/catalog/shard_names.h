/*-------------------------------------------------------------------------
 *
 * shard_names.h
 *	  The names of what belongs to one shard.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_SHARD_NAMES_H
#define DISTSHARD_SHARD_NAMES_H

#include "postgres.h"

/* The name that the shard's part of something called name has; shard is the shard's relation. */
extern char *ShardObjectName(const char *name, Oid shard);

/* EndMark returns what looks like the mark of a shard at the end of a name, or NULL. */
extern const char *EndMark(const char *name);

/* MarkOfShard returns the mark in the name of a relation, or NULL if that is no shard. Reads catalogs like WholeName. */
extern const char *MarkOfShard(const char *name, const char *schema);

/*
 * What a name that was cut for its mark is a part of is called, in the same schema; NULL: it is whole, or not known.
 * Reads catalogs, if a transaction is in progress.
 */
extern char *WholeName(const char *name, const char *schema);

/* Gives indexes and foreign keys of the data table's shards the names that go with the data table's. */
extern void NameShardObjects(Oid data_relid);

#endif
