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
#include "transport/connection.h"

/* In the current memory context. */
extern RemoteParams *EncodeParams(ParamListInfo params);

/* The numbers of the parameters in the expressions that the executor sets. */
extern Bitmapset *ExecParamsOf(List *exprs);

#endif
