/*-------------------------------------------------------------------------
 *
 * sharded_copy.h
 *	  Rows on their way to the shards of a table, as streams of COPY.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_SHARDED_COPY_H
#define DISTSHARD_SHARDED_COPY_H

#include "postgres.h"

#include "catalog/metadata.h"
#include "executor/row_batch.h"
#include "executor/tuptable.h"
#include "nodes/execnodes.h"
#include "nodes/pg_list.h"
#include "utils/relcache.h"

/* A row as bytes of the stream. */
typedef struct CopyRow
{
	const char *data; /* valid until the next row is asked for; with its newline */
	int         len;
	uint32      position; /* on the hash ring; not looked at unless the table is cut by hash */
	uint64      lineno;   /* of its last line in the user's input; 0 if there are no lines */
	int         newlines; /* how many newlines within it COPY counts as lines */
} CopyRow;

/* What to tell the nodes of the format of the rows. */
typedef struct CopyFormat
{
	List *columns; /* of String: names, in the order of the stream */
	List *options; /* of DefElem: options of the nodes' COPY FROM */
	bool  binary;
	bool  user_lines;   /* rows are lines of the user's, to be shown in errors as they are, ... */
	int   added_fields; /* ... but for that many fields in front, */
	char  delim;        /* which end with this, */
	char  quote;        /* and may be quoted with this, if not 0 */
} CopyFormat;

/* Sets *row to the next row, or returns false at the end. */
typedef bool (*CopyRowSource)(void *arg, CopyRow *row);

/* Returns the next row, of the logical table's row type, or NULL at the end. */
typedef TupleTableSlot *(*CopyTupleSource)(void *arg);

/* The statement calls AFTER ROW triggers; NULL if there are none. sent: for EXPLAIN ANALYZE, or NULL. */
extern uint64 CopyRowsToShards(DistTable *table, const CopyFormat *format, CopyRowSource source,
							   void *arg, EState *statement, SentRows *sent);

/*
 * Writes tuples into a table: attnums are the columns to be written, which must
 * include the key. The source may not use connections to nodes. Returns the
 * number of rows. Rights must have been checked.
 */
extern uint64 CopyTuplesToShards(DistTable *table, Relation logical, List *attnums,
								 CopyTupleSource source, void *arg, EState *statement,
								 SentRows *sent);

/* The COPY with which the rows of CopyTuplesToShards are sent. */
extern char *CopyCommandForTuples(DistTable *table, Relation logical, List *attnums);

#endif
