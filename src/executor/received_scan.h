/*-------------------------------------------------------------------------
 *
 * received_scan.h
 *	  The plan node of a fragment that reads rows which nodes have sent.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_RECEIVED_SCAN_H
#define DISTSHARD_RECEIVED_SCAN_H

#include "postgres.h"

#include "nodes/extensible.h"

extern void InitReceivedScan(void);

/*
 * custom_private is the number of the transfer, and whether custom_scan_tlist ends
 * with the row as one value, behind the columns that travel.
 */
extern const CustomScanMethods ReceivedScanMethods;

#endif
