/*-------------------------------------------------------------------------
 *
 * row_encoder.h
 *	  Tuples -> rows of a COPY stream.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_ROW_ENCODER_H
#define DISTSHARD_ROW_ENCODER_H

#include "postgres.h"

#include "executor/sharded_copy.h"
#include "fmgr.h"

typedef struct RowEncoder RowEncoder;

extern RowEncoder *CreateRowEncoder(DistTable *table, Relation logical, List *attnums);
extern CopyFormat *EncodedFormat(RowEncoder *encoder);
extern void        EncodeRow(RowEncoder *encoder, TupleTableSlot *slot, CopyRow *row);

extern char *ExactOutput(FmgrInfo *function, Datum value);

#endif
