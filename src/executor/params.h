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

#include "nodes/params.h"
#include "transport/connection.h"

/* In the current memory context. */
extern RemoteParams *EncodeParams(ParamListInfo params);

#endif
