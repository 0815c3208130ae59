/*-------------------------------------------------------------------------
 *
 * distribute.h
 *	  Parts of create_distributed_table() and its kin.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_DISTRIBUTE_H
#define DISTSHARD_DISTRIBUTE_H

#include "postgres.h"

#include "access/htup.h"
#include "catalog/metadata.h"
#include "utils/relcache.h"

/* distribute_checks.c: each raises what stands in the way */
extern void       CheckOwner(Oid relid);
extern void       CheckDistributable(Relation logical);
extern void       CheckUnpublished(Relation logical);
extern AttrNumber CheckShardKey(Relation logical, const char *name);
extern void       CheckUniqueKeys(Relation logical, AttrNumber key);
extern void       CheckForeignKeys(Relation logical, DistMethod method, int32 colocation_id,
								   AttrNumber key);
extern void       CheckForeignKeysAtCommit(Oid relid);
extern void       CheckUnreferenced(Oid relid);
extern void       WatchIfReferenced(DistTable *table);
extern void       WatchReferencedBy(Oid relid);
extern void       InitDistributeChecks(void);

/* Calls func for each foreign key of the table, and for those that others have to it. */
typedef void (*ForeignKeyFunc)(HeapTuple tuple, Oid other, bool referencing, void *arg);
extern void ForEachForeignKey(Oid relid, ForeignKeyFunc func, void *arg);

/* held_keys.c: in a transaction block, takes foreign keys to ordinary tables out; adds those to tables that are distributed now */
extern void     InitHeldKeys(void);
extern Relation TakeOutForeignKeys(Relation logical);
extern void     AddHeldForeignKeys(void);

/* colocation.c: find or make the colocation for a table; in EnterCatalogWork */
#define MAX_SHARD_COUNT 65536
extern int   DefaultShardCount;
extern void  InitColocation(void);
extern int32 HashColocation(Relation logical, AttrNumber key, int shard_count, bool own);
extern int32 SingleColocation(void);
extern int32 ReferenceColocation(void);
extern void  DropEmptyColocation(int32 colocation_id);

/* distribute.c */
extern void ShareSequences(Oid relid);
extern void DistributePartition(Oid relid, DistTable *parent);
extern void AddPartition(Oid relid, DistTable *parent);

/* move_rows.c */
extern void SpreadRows(Relation logical, DistTable *table);
extern void FillLogicalTable(Relation logical, DistTable *table);
extern void EmptyTable(Relation logical);

#endif
