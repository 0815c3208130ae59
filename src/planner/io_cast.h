/*-------------------------------------------------------------------------
 *
 * io_cast.h
 *	  Casts by way of a value's text, which every type has, and COLLATE.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_IO_CAST_H
#define DISTSHARD_IO_CAST_H

#include "postgres.h"

#include "nodes/primnodes.h"

/* The expression in a cast from or to text, or another type of strings. It is not copied. */
extern Expr *CastByIO(Expr *expr, Oid type, Oid collation);
extern Expr *AsText(Expr *expr);

/* expr COLLATE collation; not copied. */
extern Expr *WithCollation(Expr *expr, Oid collation);

#endif
