/*-------------------------------------------------------------------------
 *
 * row_columns.h
 *	  The columns in which what an expression needs comes to where it is computed.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_ROW_COLUMNS_H
#define DISTSHARD_ROW_COLUMNS_H

#include "postgres.h"

#include "nodes/pathnodes.h"

typedef struct RowColumns
{
	List  *columns;                                /* of TargetEntry */
	Relids stay;                                   /* Vars of these range table entries stay */
	Var *(*column)(void *arg, TargetEntry *entry); /* what stands for one of the columns */
	void *arg;
	int   depth;
} RowColumns;

extern void AppendColumn(List **columns, Expr *expr);

/*
 * TakeFromColumns returns the expression with columns in the place of its Vars,
 * at whatever depth. As long as column is NULL, it appends those that are missing.
 */
extern Node *TakeFromColumns(Node *node, RowColumns *columns);

#endif
