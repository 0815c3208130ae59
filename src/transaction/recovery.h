/*-------------------------------------------------------------------------
 *
 * recovery.h
 *	  Entry points of the background processes; PostgreSQL finds them by name.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_RECOVERY_H
#define DISTSHARD_RECOVERY_H

#include "postgres.h"

extern PGDLLEXPORT void RecoveryLauncherMain(Datum arg) pg_attribute_noreturn();
extern PGDLLEXPORT void RecoveryMain(Datum database);

#endif
