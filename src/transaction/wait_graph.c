/*-------------------------------------------------------------------------
 *
 * wait_graph.c
 *	  The graph of sessions that wait for each other.
 *
 * Its vertices are sessions of the cluster, its edges the waits of all nodes. A
 * session is one vertex, wherever its backends are: each of them holds its locks
 * until the session's transaction ends, which needs all of them to go on. So a
 * cycle is a deadlock, provided that its edges were there at the same time.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "transaction/deadlock.h"

/* The wait as a line of text that ParseWait() reads. */
char *
PrintWait(const LockWait *wait)
{
	return psprintf("%d %d " INT64_FORMAT " %d %d %d %d %d %s", wait->node_id, wait->pid,
					wait->since, wait->waiter.node_id, wait->waiter.pid, wait->blocker_pid,
					wait->blocker.node_id, wait->blocker.pid, wait->lock);
}

LockWait *
ParseWait(const char *text)
{
	LockWait *wait = palloc0(sizeof(LockWait));
	long long since;
	int       words = 0;

	if (sscanf(text, "%d %d %lld %d %d %d %d %d %n", &wait->node_id, &wait->pid, &since,
			   &wait->waiter.node_id, &wait->waiter.pid, &wait->blocker_pid, &wait->blocker.node_id,
			   &wait->blocker.pid, &words) != 8)
		elog(ERROR, "malformed description of a wait: \"%s\"", text);
	wait->since = since;
	wait->lock = pstrdup(text + words);
	return wait;
}

static bool
SameWait(const LockWait *a, const LockWait *b)
{
	return a->node_id == b->node_id && a->pid == b->pid && a->since == b->since &&
		   a->blocker_pid == b->blocker_pid && SameSession(a->waiter, b->waiter) &&
		   SameSession(a->blocker, b->blocker);
}

/* The waits of the one list that are also in the other. */
List *
WaitsInBoth(List *some, List *others)
{
	List     *both = NIL;
	ListCell *lc;
	ListCell *lc2;

	foreach (lc, some)
	{
		foreach (lc2, others)
		{
			if (SameWait(lfirst(lc), lfirst(lc2)))
			{
				both = lappend(both, lfirst(lc));
				break;
			}
		}
	}
	return both;
}

/* The waits that are left when the session has gone. */
List *
WaitsWithout(List *waits, ClusterSession session)
{
	List     *left = NIL;
	ListCell *lc;

	foreach (lc, waits)
	{
		LockWait *wait = lfirst(lc);

		if (!SameSession(wait->waiter, session) && !SameSession(wait->blocker, session))
			left = lappend(left, wait);
	}
	return left;
}

/* One way to come to a session, for a search by breadth. */
typedef struct Reached
{
	LockWait       *wait;
	struct Reached *before; /* NULL: the first one */
} Reached;

static bool
WasReached(List *reached, ClusterSession session)
{
	ListCell *lc;

	foreach (lc, reached)
	{
		if (SameSession(((Reached *) lfirst(lc))->wait->blocker, session))
			return true;
	}
	return false;
}

static List *
AddReached(List *reached, List *waits, ClusterSession from, Reached *before)
{
	ListCell *lc;

	foreach (lc, waits)
	{
		LockWait *wait = lfirst(lc);
		Reached  *last;

		if (wait->blocker.pid == 0 || !SameSession(wait->waiter, from) ||
			WasReached(reached, wait->blocker))
			continue;
		last = palloc(sizeof(Reached));
		last->wait = wait;
		last->before = before;
		reached = lappend(reached, last);
	}
	return reached;
}

/* WaitCycle returns the waits by which the session waits for itself, as few as possible, or NIL. */
List *
WaitCycle(List *waits, ClusterSession session)
{
	List *reached = AddReached(NIL, waits, session, NULL);

	for (int i = 0; i < list_length(reached); i++)
	{
		Reached *last = list_nth(reached, i);

		if (SameSession(last->wait->blocker, session))
		{
			List *cycle = NIL;

			for (; last; last = last->before)
				cycle = lcons(last->wait, cycle);
			return cycle;
		}
		reached = AddReached(reached, waits, last->wait->blocker, last);
	}
	return NIL;
}
