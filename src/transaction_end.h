/*-------------------------------------------------------------------------
 *
 * transaction_end.h
 *	  What parts of distshard do at the end of a transaction.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_TRANSACTION_END_H
#define DISTSHARD_TRANSACTION_END_H

#include "postgres.h"

#include "access/xact.h"

/* Sets of events. */
#define EVENT(event)     (1 << (event))
#define BEFORE_END       (EVENT(XACT_EVENT_PRE_COMMIT) | EVENT(XACT_EVENT_PRE_PREPARE))
#define AT_ABORT         EVENT(XACT_EVENT_ABORT)
#define AT_END_OF_WORKER (EVENT(XACT_EVENT_PARALLEL_COMMIT) | EVENT(XACT_EVENT_PARALLEL_ABORT))
#define AT_END           (EVENT(XACT_EVENT_COMMIT) | EVENT(XACT_EVENT_PREPARE) | AT_ABORT)

typedef void (*TransactionCallback)(XactEvent event);

/*
 * For InitXxx() functions: has a function called at these events, if the pointer
 * at state is not NULL then, or always if state is NULL. Like RegisterXactCallback's
 * they run last in, first out.
 */
extern void CallAtEvents(int events, TransactionCallback callback, void *state);

#endif
