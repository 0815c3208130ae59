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

extern Oid LogicalTableOf(Oid relid);

/* Is it a data table, or one of its shards? */
extern bool IsDataTable(Oid relid);

#endif
