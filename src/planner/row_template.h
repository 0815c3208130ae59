/*-------------------------------------------------------------------------
 *
 * row_template.h
 *	  Statements that take rows which are computed here.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_ROW_TEMPLATE_H
#define DISTSHARD_ROW_TEMPLATE_H

#include "postgres.h"

#include "nodes/parsenodes.h"
#include "nodes/pathnodes.h"

/*
 * A template is a statement whose last range table entry is a VALUES list that
 * has columns but no rows yet. RowTemplate makes one of a statement: all that
 * computed its rows is gone, and the caller adds what uses the columns (given
 * as target list entries).
 */
extern Query *RowTemplate(Query *statement, List *columns);

/* Range table entries of what is no longer part of the query make way for ones that stand for nothing. */
extern void TakeEntriesOut(Query *query, Relids entries);

/* An INSERT of these columns, past all policies: the template for rows that are in the table already. */
extern Query *InsertTemplate(Oid relid, List *attnums);

/* The Var for the n-th column of a template's rows. */
extern Var *TemplateColumn(Query *row_template, AttrNumber attno);

/*
 * The template with rows of parameters, numbered row by row from OWN_PARAM_BASE.
 * Only with one row may ON CONFLICT use columns.
 */
extern Query *FillRowTemplate(Query *row_template, int nrows);

#endif
