/*-------------------------------------------------------------------------
 *
 * rowcodec.h
 *	  Values to and from the form in which they travel.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_ROWCODEC_H
#define DISTSHARD_ROWCODEC_H

#include "postgres.h"

#include "access/tupdesc.h"
#include "executor/tuptable.h"
#include "libpq-fe.h"
#include "transport/connection.h"

typedef struct RowCodec RowCodec;

/* Can all columns travel in binary format? */
extern bool RowIsBinary(TupleDesc desc);

/* The codec lives in the current memory context. */
extern RowCodec *MakeRowCodec(TupleDesc desc, bool binary);

/* Values are allocated in the current memory context. */
extern void DecodeRow(RowCodec *codec, const PGresult *result, int row, Datum *values, bool *nulls);

#endif
