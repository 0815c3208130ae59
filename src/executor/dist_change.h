/*-------------------------------------------------------------------------
 *
 * dist_change.h
 *	  The plan node that updates or deletes rows found here.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_DIST_CHANGE_H
#define DISTSHARD_DIST_CHANGE_H

#include "postgres.h"

#include "nodes/extensible.h"

extern const CustomScanMethods DistChangeMethods;

extern void InitDistChange(void);

#endif
