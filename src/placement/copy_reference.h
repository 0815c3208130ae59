/*-------------------------------------------------------------------------
 *
 * copy_reference.h
 *	  The rows of a reference table for a node that has none yet.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_COPY_REFERENCE_H
#define DISTSHARD_COPY_REFERENCE_H

#include "postgres.h"

#include "catalog/metadata.h"

/*
 * CopyReferenceTable sends all rows of a reference table to a node, where its
 * data table is still empty, as part of the transaction. The caller keeps
 * writers away.
 */
extern void CopyReferenceTable(DistTable *table, int32 node_id);

#endif
