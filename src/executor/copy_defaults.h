/*-------------------------------------------------------------------------
 *
 * copy_defaults.h
 *	  Values for the columns that a line of COPY FROM lacks.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_COPY_DEFAULTS_H
#define DISTSHARD_COPY_DEFAULTS_H

#include "postgres.h"

#include "commands/copyfrom_internal.h"
#include "executor/execdesc.h"
#include "lib/stringinfo.h"
#include "nodes/execnodes.h"

typedef struct DefaultFields DefaultFields;

extern void           UseDefaultsOf(CopyFromState cstate, Relation logical);
extern bool           DefaultsCanBeFields(CopyFromState cstate);
extern DefaultFields *CreateDefaultFields(CopyFromState cstate);
extern void           AppendDefaultFields(DefaultFields *fields, StringInfo line);

#endif
