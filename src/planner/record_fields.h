/*-------------------------------------------------------------------------
 *
 * record_fields.h
 *	  Rows of no named type, in parts that can travel.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_RECORD_FIELDS_H
#define DISTSHARD_RECORD_FIELDS_H

#include "postgres.h"

#include "nodes/parsenodes.h"

/* Do expressions of the query have columns that are rows of no named type, or the row of a subquery as a whole? */
extern bool HasRecords(List *targetlist);

/*
 * RecordsFromFields returns the expressions with such columns put together from their fields. It leaves
 * those of whose fields the query does not tell.
 */
extern List *RecordsFromFields(Query *query, List *targetlist);

/* Is this a field of such a column, or the test for whether it is null? */
extern Var *RecordOfPart(Node *node);

#endif
