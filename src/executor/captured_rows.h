/*-------------------------------------------------------------------------
 *
 * captured_rows.h
 *	  Rows that a fragment changes, for the transition tables of triggers.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_CAPTURED_ROWS_H
#define DISTSHARD_CAPTURED_ROWS_H

#include "postgres.h"

#include "executor/execdesc.h"

/*
 * CaptureRows has a fragment that has just been started hold the rows that it
 * changes: see held_triggers.h. An error for a MERGE that may move rows.
 */
extern void CaptureRows(QueryDesc *fragment, bool moves);

#endif
