/*-------------------------------------------------------------------------
 *
 * compat.h
 *	  Differences between the PostgreSQL versions that we build with.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_COMPAT_H
#define DISTSHARD_COMPAT_H

#include "postgres.h"

#include "catalog/namespace.h"
#include "nodes/parsenodes.h"
#include "storage/lock.h"
#include "utils/guc.h"

/*
 * PushCatalogSearchPath makes pg_catalog the whole search path until the
 * matching pop. An error in between restores the path by itself, at the end of
 * the subtransaction.
 */
#if PG_VERSION_NUM < 170000

static inline int
PushCatalogSearchPath(void)
{
	OverrideSearchPath path = {NIL, true, false, 0};

	PushOverrideSearchPath(&path);
	return 0;
}

static inline void
PopCatalogSearchPath(int nest_level)
{
	PopOverrideSearchPath();
}

#else

static inline int
PushCatalogSearchPath(void)
{
	int nest_level = NewGUCNestLevel();

	(void) set_config_option("search_path", "pg_catalog", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	return nest_level;
}

static inline void
PopCatalogSearchPath(int nest_level)
{
	AtEOXact_GUC(true, nest_level);
}

#endif

/* The number of the transaction that a backend runs, among its own; and who holds a lock. */
#if PG_VERSION_NUM < 170000

#define ProcLocalXid(proc) ((proc)->lxid)

static inline VirtualTransactionId
HolderTransaction(const LockInstanceData *instance)
{
	VirtualTransactionId transaction = {instance->backend, instance->lxid};

	return transaction;
}

#else

#define ProcLocalXid(proc)          ((proc)->vxid.lxid)
#define HolderTransaction(instance) ((instance)->vxid)

#endif

/* This backend's place in an array of MaxBackends. */
#if PG_VERSION_NUM < 170000
#define OWN_BACKEND_INDEX (MyBackendId - 1)
#else
#define OWN_BACKEND_INDEX MyProcNumber
#endif

/* Minor releases added it behind the last one of WCOKind, those before never use the number. */
#define VIEW_CONFLICT_CHECK ((WCOKind) (WCO_RLS_MERGE_DELETE_CHECK + 1))

#endif
