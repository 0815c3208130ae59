/*-------------------------------------------------------------------------
 *
 * after_row.h
 *	  May a statement fire row triggers, AFTER rows or BEFORE them?
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
 * AccessShareLock on them. FiresBeforeRow does so for triggers BEFORE rows.
 */
extern bool FiresAfterRow(Query *query, List **relids);
extern bool FiresBeforeRow(Query *query, List **relids);

/* May an INSERT into the table fire triggers BEFORE rows? */
extern bool InsertFiresBeforeRow(Oid relid);

#endif
