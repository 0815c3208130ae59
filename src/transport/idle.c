/*-------------------------------------------------------------------------
 *
 * idle.c
 *	  Connections between transactions: kept, or closed.
 *
 * Connections are kept for the next transaction, until others wait for them
 * (admission.c) or they were idle for distshard.idle_connection_timeout. At that
 * time the backend mostly waits for its client, deep inside PostgreSQL. There it
 * obeys the signal for sessions that are slow to read invalidation messages: it
 * runs an empty transaction, and we get hold of its end. A timer of our own, and
 * other sessions, use the same way to be heard.
 *
 * Buffers of libpq grow to the size of the largest message and never shrink: a connection
 * that has carried a large one is not kept.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "access/xact.h"
#include "miscadmin.h"
#include "storage/sinval.h"
#include "transaction_end.h"
#include "transport/admission.h"
#include "transport/idle.h"
#include "transport/internal.h"
#include "utils/guc.h"
#include "utils/timeout.h"
#include "utils/timestamp.h"

#define SETTLE_TIMEOUT_MS  1000
#define HANG_UP_TIMEOUT_MS 1000
#define LARGE_MESSAGE      (16 * 1024 * 1024)

/* setting, in ms */
static int idle_connection_timeout = 300 * 1000;

static bool                  used = false;    /* by the current transaction */
static bool                  swollen = false; /* is any connection? */
static TimeoutId             timer = MAX_TIMEOUTS;
static bool                  timer_is_right = false; /* was the timer set by the current setting? */
static volatile sig_atomic_t timer_fired = false;

void
NoteUse(void)
{
	used = true;
	NoteAtWork();
}

/* NoteMessage is told of the size of each message that may be large. */
void
NoteMessage(NodeConn *conn, Size size)
{
	if (size >= LARGE_MESSAGE)
		swollen = conn->swollen = true;
}

/* Runs within a signal handler, as HandleCatchupInterrupt is made for. */
static void
OnTimer(void)
{
	timer_fired = true;
	HandleCatchupInterrupt();
}

static void
SetTimer(int delay)
{
	if (timer == MAX_TIMEOUTS)
		timer = RegisterTimeout(USER_TIMEOUT, OnTimer);
	disable_timeout(timer, false);
	if (idle_connection_timeout > 0)
		enable_timeout_after(timer, delay);
	timer_is_right = true;
}

/* An error disables all timers. */
static bool
TimerIsSet(void)
{
	return timer_is_right && (idle_connection_timeout == 0 || get_timeout_active(timer));
}

/*
 * Waits until the other ends of connections that we have closed are closed as
 * well: only then does the server have room for others.
 */
static void
WaitForHangUps(struct pollfd *fds, int n)
{
	TimestampTz deadline = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), HANG_UP_TIMEOUT_MS);

	for (int i = 0; i < n; i++)
	{
		char    byte[256];
		ssize_t nread = 1;

		while (nread != 0)
		{
			long timeout = TimestampDifferenceMilliseconds(GetCurrentTimestamp(), deadline);

			if (timeout == 0 || (poll(&fds[i], 1, timeout) < 0 && errno != EINTR))
				break;
			nread = recv(fds[i].fd, byte, sizeof(byte), MSG_DONTWAIT);
			if (nread < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
				break;
		}
		close(fds[i].fd);
	}
}

void
CloseConns(List *conns, bool wait)
{
	struct pollfd *fds = palloc(sizeof(struct pollfd) * Max(list_length(conns), 1));
	int            n = 0;
	ListCell      *lc;

	foreach (lc, conns)
	{
		NodeConn *conn = lfirst(lc);
		int       fd = wait ? dup(PQsocket(conn->pg)) : -1;

		if (fd >= 0)
			fds[n++] = (struct pollfd){.fd = fd, .events = POLLIN};
		DropConn(conn);
	}
	WaitForHangUps(fds, n);
	pfree(fds);
}

static bool
IsIdle(NodeConn *conn)
{
	return conn->pg && dlist_is_empty(&conn->pending) && !conn->needs_sync && !conn->copying &&
		   PQtransactionStatus(conn->pg) == PQTRANS_IDLE;
}

void
CloseOtherUsers(NodeConn *conn)
{
	List     *others = NIL;
	ListCell *lc;

	foreach (lc, AllConns())
	{
		NodeConn *other = lfirst(lc);

		if (other != conn && other->key.node_id == conn->key.node_id && IsIdle(other))
			others = lappend(others, other);
	}
	if (others)
		CloseConns(others, true);
}

/* Closes what nobody used for the timeout, and sets the timer for the rest. */
static void
CloseTimedOut(TimestampTz now)
{
	List     *closing = NIL;
	long      next = idle_connection_timeout;
	ListCell *lc;

	foreach (lc, AllConns())
	{
		NodeConn *conn = lfirst(lc);
		long      age;

		if (!IsIdle(conn))
			continue;
		age = TimestampDifferenceMilliseconds(conn->last_used, now);
		if (age >= idle_connection_timeout)
			closing = lappend(closing, conn);
		else
			next = Min(next, idle_connection_timeout - age);
	}
	CloseConns(closing, false);
	SetTimer(next);
}

static void
CloseSwollen(void)
{
	List     *closing = NIL;
	ListCell *lc;

	swollen = false;
	foreach (lc, AllConns())
	{
		NodeConn *conn = lfirst(lc);

		if (conn->swollen && IsIdle(conn))
			closing = lappend(closing, conn);
		else
			swollen |= conn->swollen;
	}
	CloseConns(closing, false);
}

static List *
OpenConnections(void)
{
	List     *result = NIL;
	ListCell *lc;

	foreach (lc, AllConns())
	{
		if (ConnIsOpen(lfirst(lc)))
			result = lappend(result, lfirst(lc));
	}
	return result;
}

/* The session is between two transactions that use connections. */
static void
LookAtIdleConns(TimestampTz now)
{
	SettleConns(AllConns(), false, SETTLE_TIMEOUT_MS);
	if (timer_fired && idle_connection_timeout > 0)
		CloseTimedOut(now);
	timer_fired = false;
	if (swollen)
		CloseSwollen();
	if (BeginLeaving(now))
	{
		CloseConns(OpenConnections(), true);
		Leave();
	}
	else if (OpenConnections() == NIL)
		Leave();
}

/*
 * At the end of a transaction that used connections the client gets its answer
 * first; connections are looked at when it has been sent.
 */
static void
OnTransactionEnd(void)
{
	TimestampTz now = GetCurrentTransactionStopTimestamp();

	if (used)
		NoteIdle(now);
	if (timer_fired || swollen || ShouldLeave(now))
	{
		if (used)
			HandleCatchupInterrupt();
		else
			LookAtIdleConns(now);
	}
	used = false;
	if (IsAdmitted() && !TimerIsSet())
		SetTimer(idle_connection_timeout);
}

static void
OnTransactionEvent(XactEvent event)
{
	if (IsAdmitted())
		OnTransactionEnd();
}

static void
TimeoutChanged(int newval, void *extra)
{
	timer_is_right = false;
}

void
InitIdleConns(void)
{
	DefineCustomIntVariable("distshard.idle_connection_timeout",
							"How long to keep a connection to another node that nobody uses.",
							"Zero means until the end of the session.", &idle_connection_timeout,
							300 * 1000, 0, INT_MAX, PGC_USERSET, GUC_UNIT_MS, NULL, TimeoutChanged,
							NULL);
	CallAtEvents(AT_END, OnTransactionEvent, NULL);
}
