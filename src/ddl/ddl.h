/*-------------------------------------------------------------------------
 *
 * ddl.h
 *	  Utility commands on distributed tables: what the files of this folder
 *	  share. See utility.c for how they fit together.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_DDL_H
#define DISTSHARD_DDL_H

#include "postgres.h"

#include "catalog/metadata.h"
#include "catalog/objectaddress.h"
#include "catalog/dependency.h"
#include "nodes/parsenodes.h"
#include "nodes/plannodes.h"
#include "storage/lockdefs.h"
#include "tcop/utility.h"

/* A utility statement on its way through the hook. */
typedef struct Utility
{
	PlannedStmt          *pstmt; /* a copy, ours to change */
	const char           *query_string;
	ProcessUtilityContext context;
	ParamListInfo         params;
	QueryEnvironment     *query_env;
	DestReceiver         *dest;
	QueryCompletion      *qc;
	MemoryContext         memory;    /* of the lists below */
	bool                  only;      /* the partitions of the table are left alone */
	bool                  forwarded; /* by another node, which sees to the rest of the cluster */
	List                 *created; /* of ObjectAddress *: what the statement itself created here */
	List                 *dropped; /* of DroppedTable *: the distributed tables that it dropped */
	List *
		new_values; /* of String: new columns and what their rows have, in turn; other nodes are told */
} Utility;

/* A distributed table that is gone on this node, except for its data table and metadata. */
typedef struct DroppedTable
{
	Oid   relid;
	Oid   data_relid;
	char *name;
	int32 colocation_id;
	bool  finished; /* data table and metadata are gone, too */
} DroppedTable;

typedef void (*UtilityHandler)(Utility *utility, Node *stmt);

/* What a statement's relation is to the cluster. */
typedef enum RelationRole
{
	ROLE_LOCAL,    /* none of ours, or does not exist */
	ROLE_TABLE,    /* a distributed table */
	ROLE_INDEX,    /* an index of one */
	ROLE_SEQUENCE, /* a sequence that one uses */
	ROLE_VIEW      /* a view that every node has */
} RelationRole;

/* utility.c */
extern void InitDdl(void);
extern void RunAsWritten(Utility *utility);
extern void RunLocally(Utility *utility);

/* relation.c: what a name stands for */
extern RelationRole RoleOf(Oid relid, DistTable **table);
extern RelationRole RoleOfName(const RangeVar *name, DistTable **table);
extern Oid          RelationOfObject(const ObjectAddress *object);
extern bool         IsSharedObject(const ObjectAddress *object);
extern RangeVar    *NameOfRelation(Oid relid);
extern List        *DataLeaves(const DistTable *table);
extern List        *OwnRelations(const DistTable *table);
extern List        *Heirs(const DistTable *table);
extern Oid          DataIndex(const DistTable *table, Oid index);
extern bool         IsPartitionedData(const DistTable *table);

/* apply.c: running a changed copy of a statement on the data table */
extern void  BeQuiet(void);
extern void  RunOnData(Utility *utility, Node *stmt);
extern void  RunIndexOnData(Utility *utility, Node *stmt, const char *name);
extern void  RunForeignKeyOnData(Utility *utility, Node *stmt);
extern void  AlterData(Utility *utility, Oid relid, List *cmds);
extern void  AlterDataWithKeys(Utility *utility, Oid relid, List *cmds);
extern void  RunOnEmptyTables(Utility *utility);
extern Node *ParseExpression(const char *sql);

/* forward.c: sending a statement to the other nodes */
extern void  Forward(Utility *utility);
extern void  ForwardOutsideTransaction(Utility *utility);
extern void  ForwardText(const char *sql);
extern char *ForwardedStatement(Utility *utility);
extern void  ConnectAll(void);
extern void  RunOnAllOutsideTransaction(const char *sql);

/* lock.c */
extern void LockEverywhere(Utility *utility, List *relids, LOCKMODE mode);

/* fill_column.c */
extern void  InitFillColumn(void);
extern Node *DefaultForRows(Utility *utility, const DistTable *table, AttrNumber attno);
extern char *TellNewValues(List *values);
extern void  CheckUsingFillsAlike(const DistTable *table, AlterTableCmd *cmd);

/* constraint.c */
extern void SkipChecks(AlterTableStmt *stmt);
extern void ValidateForeignKeys(Utility *utility, const DistTable *table, AlterTableStmt *stmt);
extern void AdoptNotNull(Utility *utility, const DistTable *heir);
extern void CheckKeys(const DistTable *table);
extern void CheckLocalForeignKeys(Utility *utility);
extern void AddDataConstraint(Utility *utility, const DistTable *table, Oid constraint);

/* alter_table.c */
extern const char *KeyColumn(const DistTable *table);
extern void        ShareDefaultSequences(Utility *utility, Oid relid);

/* alter_data.c */
extern bool CanChangeDataTable(AlterTableCmd *cmd);
extern void ChangeDataTable(Utility *utility, const DistTable *table, List *heirs, List *cmds);

/* partition.c */
extern void       CreatePartition(Utility *utility, DistTable *parent);
extern void       CheckParents(const DistTable *company, List *parents);
extern DistTable *DistributeHeir(Utility *utility, AlterTableStmt *stmt);
extern bool       AlterPartitions(Utility *utility, DistTable *table, AlterTableStmt *stmt);
extern void       AttachIndex(Utility *utility, const DistTable *table, AlterTableStmt *stmt);

/* index.c */
extern Oid   LeafIndex(Oid index, Oid leaf);
extern Oid   ShardIndex(const DistTable *table, Oid index, Oid shard);
extern void  RestoreIndexOptions(Utility *utility, const DistTable *table);
extern List *ShardIndexes(const DistTable *table, Oid index);
extern void  CheckIndexesValid(const DistTable *table);

/* drop.c */
extern void RememberDrop(Utility *utility, Oid relid);
extern void FinishDrops(Utility *utility);
extern void ForwardDrops(Utility *utility);
extern void DropDataIndex(Utility *utility, const DistTable *table, const char *name);
extern void DropDataRelation(Utility *utility, ObjectType type, Oid data_schema, const char *name);

/* dependents.c: what goes down with other things is not told of */
extern void HideDependents(const DropStmt *stmt);
extern void HideDependentsOfOwned(List *roles);

/* attached.c */
extern void RenameStatistics(Utility *utility, RenameStmt *stmt);
extern void DropStatistics(Utility *utility, DropStmt *stmt);
extern void RunForObject(Utility *utility, ObjectType type, Node *object);

/* object.c */
extern void InitSharedObjects(void);
extern bool SharingIsOn(void);
extern bool IsSharedKind(ObjectType type);
extern void CheckSequenceOptions(const DistTable *table, List *options);

/* Handlers, one for each kind of statement. */
extern void AlterTableUtility(Utility *utility, Node *stmt);
extern void RenameUtility(Utility *utility, Node *stmt);
extern void SetSchemaUtility(Utility *utility, Node *stmt);
extern void CreateIndexConcurrently(Utility *utility, DistTable *table, IndexStmt *stmt);
extern void CreateIndexUtility(Utility *utility, Node *stmt);
extern void ReindexUtility(Utility *utility, Node *stmt);
extern void DropUtility(Utility *utility, Node *stmt);
extern void DropOwnedUtility(Utility *utility, Node *stmt);
extern void TruncateUtility(Utility *utility, Node *stmt);
extern void VacuumUtility(Utility *utility, Node *stmt);

/* statistics.c */
extern void AnalyzeDistTable(Oid relid, List *names);
extern void ClusterUtility(Utility *utility, Node *stmt);
extern void LockUtility(Utility *utility, Node *stmt);
extern void SetConstraintsUtility(Utility *utility, Node *stmt);
extern void CreateTriggerUtility(Utility *utility, Node *stmt);
extern void CreatePolicyUtility(Utility *utility, Node *stmt);
extern void AlterPolicyUtility(Utility *utility, Node *stmt);
extern void CreateRuleUtility(Utility *utility, Node *stmt);
extern void CreateStatisticsUtility(Utility *utility, Node *stmt);
extern void AlterStatisticsUtility(Utility *utility, Node *stmt);
extern void GrantUtility(Utility *utility, Node *stmt);
extern void CommentUtility(Utility *utility, Node *stmt);
extern void SecurityLabelUtility(Utility *utility, Node *stmt);
extern void CreateTableUtility(Utility *utility, Node *stmt);
extern void CreateViewUtility(Utility *utility, Node *stmt);
extern void SequenceUtility(Utility *utility, Node *stmt);
extern void PublicationUtility(Utility *utility, Node *stmt);
extern void CreateObjectUtility(Utility *utility, Node *stmt);
extern void ChangeObjectUtility(Utility *utility, Node *stmt);

#endif
