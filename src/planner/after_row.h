/*-------------------------------------------------------------------------
 *
 * after_row.h
 *	  May a statement fire AFTER ROW triggers?
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_AFTER_ROW_H
#define DISTSHARD_AFTER_ROW_H

#include "postgres.h"

#include "nodes/parsenodes.h"

/*
 * FiresAfterRow returns whether the statement may fire AFTER ROW triggers of
 * users, and adds to the list the tables on which that depends. Takes
 * AccessShareLock on them.
 */
extern bool FiresAfterRow(Query *query, List **relids);

#endif
