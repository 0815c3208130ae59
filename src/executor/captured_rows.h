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
 * changes: see held_triggers.h. Rows that a MERGE moves are among those that it
 * updates if it does nothing else, and the user did not partition the table.
 */
extern void CaptureRows(QueryDesc *fragment);

#endif
