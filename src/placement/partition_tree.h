/*-------------------------------------------------------------------------
 *
 * partition_tree.h
 *	  Tables that the user partitioned: their data tables form the same tree.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_PARTITION_TREE_H
#define DISTSHARD_PARTITION_TREE_H

#include "postgres.h"

#include "catalog/metadata.h"
#include "nodes/parsenodes.h"
#include "storage/lockdefs.h"
#include "utils/relcache.h"

extern List          *InheritsFrom(Oid relid);
extern bool           IsPartitioned(Relation relation);
extern void           CopyPartitioning(Relation logical, Oid data_relid);
extern DistTable     *DistParent(Oid relid);
extern AlterTableCmd *AttachCommand(Oid relid, Oid data_relid);

#endif
