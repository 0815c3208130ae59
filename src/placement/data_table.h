/*-------------------------------------------------------------------------
 *
 * data_table.h
 *	  The relations that hold the rows of a logical table on this node.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_DATA_TABLE_H
#define DISTSHARD_DATA_TABLE_H

#include "postgres.h"

#include "catalog/metadata.h"
#include "nodes/parsenodes.h"
#include "planner/claim.h"
#include "utils/relcache.h"

/* What Enter... changed, for Leave... to restore. */
typedef struct CatalogWork
{
	SavedRole role;
	int       guc_level;
} CatalogWork;

extern void EnterCatalogWork(CatalogWork *work);
extern void LeaveCatalogWork(CatalogWork *work);

extern void  AddToExtension(Oid class_id, Oid object_id);
extern char *DataSchemaName(const char *schema);
extern Oid   DataSchema(Relation logical);
extern Oid   CreateDataTable(Relation logical, int32 colocation_id, AttrNumber key);
extern void  DropDataTable(Oid data_relid);
extern void  RegisterDataTable(Oid relid, Oid data_relid, int32 colocation_id, AttrNumber key);
extern void  StatisticsLeaveExtension(Oid relid);
extern void  StatisticsJoinExtension(Oid relid);
extern void  UnregisterDataTable(Oid relid);

/* A leaf for a shard: CreateShardTable makes it, AttachShard puts it under the data table. */
extern Oid  CreateShardTable(Relation logical, const Shard *shard);
extern void AttachShard(Oid data_relid, Oid shard_relid, const Shard *shard);

/* What needs the rows to be there first: indexes, keys, triggers, policies. */
extern void FinishDataTable(DistTable *table);
extern bool TriggerForDataTable(CreateTrigStmt *stmt, bool inserts_here);
extern void TieTrigger(Oid relid, Oid data_relid, const char *name);
extern void RemakeTriggers(DistTable *table);

/* The tree of a statement that distshard or a pg_get_..def() function wrote. */
extern Node *ParseStatement(const char *sql);

extern void AlterDataTable(Oid relid, AlterTableCmd *command);

#endif
