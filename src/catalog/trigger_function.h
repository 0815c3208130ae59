/*-------------------------------------------------------------------------
 *
 * trigger_function.h
 *	  What a trigger's function may do, as far as one can see.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_TRIGGER_FUNCTION_H
#define DISTSHARD_TRIGGER_FUNCTION_H

#include "postgres.h"

/* May it run statements? It is one of C's, or PL/pgSQL that only computes, if not. */
extern bool MayRunStatements(Oid function);

#endif
