/*-------------------------------------------------------------------------
 *
 * wait.c
 *	  Wait for nodes.
 *
 * All waiting, save for opening connections, goes through one wait event set
 * that lives as long as the set of connections does: making one for each wait
 * would cost a quarter of a single-key statement's time.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "pgstat.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "transport/internal.h"
#include "utils/memutils.h"

static WaitEventSet *wait_set = NULL;
static bool          stop_wanted = false;

/* The wait event set has to be made anew: a socket came or went. */
void
ResetWaitSet(void)
{
	if (wait_set)
		FreeWaitEventSet(wait_set);
	wait_set = NULL;
}

static void
MakeWaitSet(void)
{
	WaitEventSet *set = CreateWaitEventSet(TopMemoryContext, list_length(AllConns()) + 2);
	ListCell     *lc;

	foreach (lc, AllConns())
		((NodeConn *) lfirst(lc))->wait_pos = -1;

	wait_set = set;
	AddWaitEventToSet(set, WL_LATCH_SET, PGINVALID_SOCKET, MyLatch, NULL);
	AddWaitEventToSet(set, WL_EXIT_ON_PM_DEATH, PGINVALID_SOCKET, NULL, NULL);
	foreach (lc, AllConns())
	{
		NodeConn *conn = lfirst(lc);

		if (conn->pg && PQsocket(conn->pg) != PGINVALID_SOCKET && (conn->wanted || !conn->hung_up))
			conn->wait_pos =
				AddWaitEventToSet(set, WL_SOCKET_READABLE, PQsocket(conn->pg), NULL, conn);
	}
}

/*
 * AdjustWaitSet makes the set wait for the wanted connections. From others that
 * have unread results nothing is taken, or it would pile up in memory. Usually
 * no change and no system call.
 */
static void
AdjustWaitSet(void)
{
	ListCell *lc;

	if (wait_set == NULL)
		MakeWaitSet();
	foreach (lc, AllConns())
	{
		NodeConn *conn = lfirst(lc);
		uint32    events = WL_SOCKET_READABLE;

		if (conn->wait_pos < 0)
			continue;
		if (!conn->wanted && !dlist_is_empty(&conn->pending))
			events = conn->unsent ? WL_SOCKET_WRITEABLE : WL_SOCKET_CLOSED;
		else if (conn->unsent)
			events |= WL_SOCKET_WRITEABLE;
		ModifyWaitEvent(wait_set, conn->wait_pos, events, NULL);
	}
}

/* Whoever is answered when nodes have come to rest may not wait for long. */
bool
StopIsWanted(void)
{
	return stop_wanted || proc_exit_inprogress;
}

void
ForgetStopWanted(void)
{
	stop_wanted = false;
}

/*
 * WaitOnConns waits until something happened on one of the connections, or the
 * latch was set (the caller checks for interrupts), and moves bytes to and from
 * libpq's buffers. Timeout in milliseconds, -1 for none; returns false if it passed.
 */
bool
WaitOnConns(NodeConn **conns, int nconns, long timeout)
{
	WaitEvent events[16];
	int       nevents;

	for (int i = 0; i < nconns; i++)
	{
		conns[i]->wanted = true;
		if (conns[i]->wait_pos < 0)
			ResetWaitSet();
	}
	AdjustWaitSet();
	for (int i = 0; i < nconns; i++)
		conns[i]->wanted = false;

	nevents = WaitEventSetWait(wait_set, timeout, events, lengthof(events), PG_WAIT_EXTENSION);
	for (int i = 0; i < nevents; i++)
	{
		NodeConn *conn = events[i].user_data;

		if (events[i].events & WL_LATCH_SET)
			ResetLatch(MyLatch);
		else if (events[i].events & WL_SOCKET_CLOSED)
		{
			conn->hung_up = true;
			ResetWaitSet();
		}
		else
		{
			if (events[i].events & WL_SOCKET_WRITEABLE)
				conn->unsent = PQflush(conn->pg) == 1;
			if ((events[i].events & WL_SOCKET_READABLE) && !PQconsumeInput(conn->pg))
			{
				conn->hung_up = true;
				ResetWaitSet();
			}
		}
	}
	if (QueryCancelPending || ProcDiePending)
		stop_wanted = true;
	return nevents > 0;
}
