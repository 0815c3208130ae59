/*-------------------------------------------------------------------------
 *
 * dist_insert.h
 *	  The plan node that sends rows computed here to their shards.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_DIST_INSERT_H
#define DISTSHARD_DIST_INSERT_H

#include "postgres.h"

#include "nodes/extensible.h"

extern const CustomScanMethods DistInsertMethods;

extern void InitDistInsert(void);

#endif
