/*-------------------------------------------------------------------------
 *
 * dist_cursor.h
 *	  Cursors whose rows can be updated by WHERE CURRENT OF.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_DIST_CURSOR_H
#define DISTSHARD_DIST_CURSOR_H

#include "postgres.h"

#include "nodes/extensible.h"

/*
 * The plan node at the top of such a cursor returns the first columns of its
 * child. Its custom_private: a list of oid, the tables whose rows can be told,
 * once for each time that the query reads them; a list of int, for each the
 * column of the child where its identity begins; and a list of int: whether
 * the query locks them.
 */
extern const CustomScanMethods DistCursorMethods;

extern void InitDistCursor(void);

#endif
