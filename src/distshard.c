/*-------------------------------------------------------------------------
 *
 * distshard.c
 *	  Entry point of the library: settings and hooks, nothing else.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/metadata.h"
#include "executor/consistent_read.h"
#include "executor/copy.h"
#include "executor/copy_lock.h"
#include "ddl/ddl.h"
#include "executor/dist_change.h"
#include "executor/dist_cursor.h"
#include "executor/dist_insert.h"
#include "executor/error_names.h"
#include "executor/first_statement.h"
#include "executor/fragment_explain.h"
#include "executor/deferred_triggers.h"
#include "executor/held_triggers.h"
#include "executor/outbox.h"
#include "executor/ordinary.h"
#include "executor/own_shard.h"
#include "executor/inbox.h"
#include "executor/received_scan.h"
#include "executor/row_sender.h"
#include "executor/row_session.h"
#include "executor/remote_scan.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "placement/distribute.h"
#include "placement/peer.h"
#include "planner/claim.h"
#include "planner/on_behalf.h"
#include "transaction/fault.h"
#include "transaction/xact.h"
#include "transport/connection.h"
#include "transport/session.h"
#include "transport/settings.h"
#include "planner/planner.h"

PG_MODULE_MAGIC;

void _PG_init(void);

/*
 * _PG_init runs once in the postmaster: the hooks must be in place before the
 * first statement of any session, or a logical table would look empty.
 */
void
_PG_init(void)
{
	if (!process_shared_preload_libraries_in_progress)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("distshard can only be loaded via shared_preload_libraries"),
						errhint("Add distshard to shared_preload_libraries in postgresql.conf and "
								"restart the server.")));

	NotePreviousHooks();
	InitMetadataCache();
	InitPeers();
	InitConnections();
	InitSessions();
	InitSettings();
	InitTransactions();
	InitColocation();
	InitDistributeChecks();
	InitHeldKeys();
	InitClaims();
	InitConsistentReads();
	InitOnBehalf();
	InitRemoteScan();
	InitFirstStatement();
	InitOpenCursor();
	InitFragmentExplain();
	InitInboxes();
	InitSentFragments();
	InitReceivedScan();
	InitDistInsert();
	InitDistCursor();
	InitErrorNames();
	InitOwnShard();
	InitDistChange();
	InitOutboxes();
	InitHeldTriggers();
	InitRowSession();
	InitCopyLock();
	InitFillColumn();
	LetOrdinaryPass(); /* after all others with hooks in the executor */
	InitPlanner();
	InitCopy();
	InitDdl();
	InitFaults();
	InitDeferredTriggers(); /* last, so that others see at the end of a transaction what triggers did */
}
