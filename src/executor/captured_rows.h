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

/* Has a fragment that has just been started hold the rows that it changes: see held_triggers.h. */
extern void CaptureRows(QueryDesc *fragment);

#endif
