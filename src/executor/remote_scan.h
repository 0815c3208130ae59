/*-------------------------------------------------------------------------
 *
 * remote_scan.h
 *	  The plan node that runs a fragment on its nodes and returns the rows.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_REMOTE_SCAN_H
#define DISTSHARD_REMOTE_SCAN_H

#include "postgres.h"

#include "nodes/extensible.h"

extern const CustomScanMethods RemoteScanMethods;

extern void InitRemoteScan(void);

/* open_cursor.c */
extern void InitOpenCursor(void);

#endif
