/*-------------------------------------------------------------------------
 *
 * params.h
 *	  Parameters of a fragment, as they travel.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_PARAMS_H
#define DISTSHARD_PARAMS_H

#include "postgres.h"

#include "nodes/bitmapset.h"
#include "nodes/params.h"
#include "nodes/pg_list.h"
#include "nodes/primnodes.h"
#include "transport/connection.h"

/* In the current memory context. */
extern RemoteParams *EncodeParams(ParamListInfo params);

/* The numbers of the parameters in the expressions that the executor sets. */
extern Bitmapset *ExecParamsOf(List *exprs);

/* Does the expression stand for the value of the key? */
extern bool IsKeyReference(const Expr *expr);

/* Sets *value and returns true if the expression is a constant or one of the parameters. */
extern bool KnownValue(const Expr *expr, ParamListInfo params, ParamExternData *value);

#endif
