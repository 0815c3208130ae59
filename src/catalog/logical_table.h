/*-------------------------------------------------------------------------
 *
 * logical_table.h
 *	  The user's table whose rows a relation of this node holds.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_LOGICAL_TABLE_H
#define DISTSHARD_LOGICAL_TABLE_H

#include "postgres.h"

#include "catalog/metadata.h"

/* The distributed table of a data table or of one of its shards; NULL for any other relation. */
extern DistTable *TableOfRows(Oid relid);

extern Oid LogicalTableOf(Oid relid);

#endif
