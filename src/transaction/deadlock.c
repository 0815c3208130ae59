/*-------------------------------------------------------------------------
 *
 * deadlock.c
 *	  Finds deadlocks across nodes, and breaks them.
 *
 * A process that is started when a wait on this node has lasted for
 * deadlock_timeout (deadlock_watch.c). It asks all nodes who waits for whom, and
 * if that makes a cycle of sessions (wait_graph.c), it asks all of them again.
 * Waits that were there both times were all there in between, so the cycle is
 * no assembly of parts that never met. The time between gives messages that end
 * a transaction, which nobody waits for, the chance to arrive.
 *
 * Of the sessions that cannot go on the one whose transaction is the youngest
 * has to give up its wait (verdict.c). Several nodes may find the same deadlock
 * at once: they know the same, choose the same, and the wait is ended once.
 *
 * A node that does not answer is left out: a deadlock in which it has no part
 * is found without it. Deadlocks within one node are PostgreSQL's business; it
 * has broken them by the time that this looks.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/metadata.h"
#include "catalog/pg_authid.h"
#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/latch.h"
#include "transaction/deadlock.h"
#include "transaction/internal.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#define NODE_TIMEOUT_MS  1000
#define CONFIRM_AFTER_MS 200

/* What is said of a session. */
typedef struct SessionFacts
{
	ClusterSession session;
	TimestampTz    started; /* its transaction; 0: not known */
	char          *user;
	char          *statement;
} SessionFacts;

static List *nodes = NIL; /* the others that answer, of ClusterNode * */

/* ---------------------------------------------------------- asking nodes --- */

/* AskNode for this one. */
static void
AskHere(const char *sql, AnswerReader reader, void *arg)
{
	SPI_connect();
	PushActiveSnapshot(GetTransactionSnapshot());
	if (SPI_execute(sql, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not execute \"%s\"", sql);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		char         *first = SPI_getvalue(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1);
		char         *second = SPI_getvalue(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 2);
		MemoryContext old = MemoryContextSwitchTo(RoundContext);

		reader(first, second, arg);
		MemoryContextSwitchTo(old);
	}
	PopActiveSnapshot();
	SPI_finish();
}

static void
Ask(int32 node_id, const char *sql, AnswerReader reader, void *arg)
{
	if (node_id == LocalNodeId())
		AskHere(sql, reader, arg);
	else
		AskNode(UseNode(node_id), sql, reader, arg);
}

static void
ReadWait(const char *line, const char *unused, void *waits)
{
	*(List **) waits = lappend(*(List **) waits, ParseWait(line));
}

/* A question to one node about its waits. */
typedef struct WaitsOfNode
{
	int32 node_id;
	List *waits;
} WaitsOfNode;

static void
AskWaits(void *arg)
{
	WaitsOfNode *asked = arg;

	AskNode(UseNode(asked->node_id), "SELECT line, '' FROM distshard.print_waits() line", ReadWait,
			&asked->waits);
}

static void
ReadLocalWaits(void *waits)
{
	MemoryContext old = MemoryContextSwitchTo(RoundContext);

	*(List **) waits = LocalWaits();
	MemoryContextSwitchTo(old);
}

/* All waits of the cluster, of LockWait *. Who does not answer is not asked again. */
static List *
CollectWaits(void)
{
	List     *waits = NIL;
	ListCell *lc;

	if (!RunStep(ReadLocalWaits, &waits, "could not read who waits for whom") || waits == NIL)
		return NIL;
	foreach (lc, nodes)
	{
		WaitsOfNode asked = {.node_id = ((ClusterNode *) lfirst(lc))->node_id};

		if (RunStep(AskWaits, &asked, "could not ask a node who waits for whom"))
			waits = list_concat(waits, asked.waits);
		else
			nodes = foreach_delete_current (nodes, lc);
	}
	return waits;
}

/* -------------------------------------------------------------- sessions --- */

static SessionFacts *
FindFacts(List *facts, ClusterSession session)
{
	ListCell *lc;

	foreach (lc, facts)
	{
		if (SameSession(((SessionFacts *) lfirst(lc))->session, session))
			return lfirst(lc);
	}
	return NULL;
}

static void
ReadFacts(const char *started_by, const char *statement, void *arg)
{
	SessionFacts *facts = arg;
	long long     started;
	int           user = 0;

	if (sscanf(started_by, "%lld %n", &started, &user) != 1)
		elog(ERROR, "malformed description of a session: \"%s\"", started_by);
	facts->started = started;
	facts->user = pstrdup(started_by + user);
	facts->statement = pstrdup(statement);
}

static void
AskFacts(void *arg)
{
	SessionFacts *facts = arg;

	Ask(facts->session.node_id,
		psprintf("SELECT started_by, statement FROM distshard.session_facts(%d)",
				 facts->session.pid),
		ReadFacts, facts);
}

/* Facts about all sessions that are part of a deadlock, of SessionFacts *. */
static List *
DeadlockedSessions(List *waits)
{
	List     *all = NIL;
	ListCell *lc;

	foreach (lc, waits)
	{
		LockWait     *wait = lfirst(lc);
		SessionFacts *facts;

		if (FindFacts(all, wait->waiter) || WaitCycle(waits, wait->waiter) == NIL)
			continue;
		facts = palloc0(sizeof(SessionFacts));
		facts->session = wait->waiter;
		facts->user = facts->statement = "";
		all = lappend(all, facts);
	}
	return all;
}

/* ------------------------------------------------------------- the victim --- */

static bool
IsYounger(const SessionFacts *a, const SessionFacts *b)
{
	if (a->started != b->started)
		return a->started > b->started;
	if (a->session.node_id != b->session.node_id)
		return a->session.node_id > b->session.node_id;
	return a->session.pid > b->session.pid;
}

static SessionFacts *
YoungestDeadlocked(List *waits, List *sessions)
{
	SessionFacts *youngest = NULL;
	ListCell     *lc;

	foreach (lc, sessions)
	{
		SessionFacts *facts = lfirst(lc);

		if ((youngest == NULL || IsYounger(facts, youngest)) &&
			WaitCycle(waits, facts->session) != NIL)
			youngest = facts;
	}
	return youngest;
}

/* May the role see what the session does, as in pg_stat_activity? */
static bool
MaySee(const char *role, const SessionFacts *facts)
{
	Oid role_id = get_role_oid(role, true);
	Oid user_id = get_role_oid(facts->user, true);

	return strcmp(role, facts->user) == 0 ||
		   (OidIsValid(role_id) && (has_privs_of_role(role_id, ROLE_PG_READ_ALL_STATS) ||
									(OidIsValid(user_id) && has_privs_of_role(role_id, user_id))));
}

/* What the error's detail says; statements as far as the role may see them, all if it is NULL. */
static char *
DescribeCycle(List *cycle, List *sessions, const char *role)
{
	StringInfoData text;
	ListCell      *lc;

	initStringInfo(&text);
	foreach (lc, cycle)
	{
		LockWait *wait = lfirst(lc);

		appendStringInfo(
			&text, "%sSession %d of node %d waits for %s on node %d (process %d); blocked by ",
			text.len > 0 ? "\n" : "", wait->waiter.pid, wait->waiter.node_id, wait->lock,
			wait->node_id, wait->pid);
		appendStringInfo(&text, "session %d of node %d", wait->blocker.pid, wait->blocker.node_id);
		if (wait->blocker_pid != 0)
			appendStringInfo(&text, " (process %d).", wait->blocker_pid);
		else
			appendStringInfoString(&text, " (prepared transaction).");
	}
	foreach (lc, cycle)
	{
		LockWait     *wait = lfirst(lc);
		SessionFacts *facts = FindFacts(sessions, wait->waiter);

		appendStringInfo(
			&text, "\nSession %d of node %d: %s", wait->waiter.pid, wait->waiter.node_id,
			role == NULL || MaySee(role, facts) ? facts->statement : "<insufficient privilege>");
	}
	return text.data;
}

/* A wait that is to be ended. */
typedef struct Sentence
{
	List *cycle; /* the victim's wait first */
	List *sessions;
} Sentence;

static void
ReadBroken(const char *broken, const char *unused, void *arg)
{
	Sentence *sentence = arg;
	LockWait *wait = linitial(sentence->cycle);

	if (strcmp(broken, "true") == 0)
		ereport(LOG, (errmsg("broke a deadlock across nodes: session %d of node %d gives up",
							 wait->waiter.pid, wait->waiter.node_id)));
}

static void
EndWait(void *arg)
{
	Sentence     *sentence = arg;
	LockWait     *wait = linitial(sentence->cycle);
	SessionFacts *victim = FindFacts(sentence->sessions, wait->waiter);

	Ask(wait->node_id,
		psprintf(
			"SELECT distshard.break_deadlock(%d, " INT64_FORMAT
			"::bigint, %s::text, %s::text)::text, ''",
			wait->pid, wait->since,
			quote_literal_cstr(DescribeCycle(sentence->cycle, sentence->sessions, victim->user)),
			quote_literal_cstr(DescribeCycle(sentence->cycle, sentence->sessions, NULL))),
		ReadBroken, sentence);
}

void
DeadlockCheckMain(Datum database)
{
	List         *waits;
	List         *sessions;
	SessionFacts *victim;
	ListCell     *lc;

	if (!StartRound(DatumGetObjectId(database), NODE_TIMEOUT_MS, &nodes) || nodes == NIL)
		return;
	waits = CollectWaits();
	sessions = DeadlockedSessions(waits);
	if (sessions == NIL)
		return;

	foreach (lc, sessions)
		(void) RunStep(AskFacts, lfirst(lc), "could not ask a node about a session");
	(void) WaitLatch(NULL, WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, CONFIRM_AFTER_MS, PG_WAIT_EXTENSION);
	CHECK_FOR_INTERRUPTS();

	waits = WaitsInBoth(CollectWaits(), waits);
	while ((victim = YoungestDeadlocked(waits, sessions)) != NULL)
	{
		Sentence sentence = {WaitCycle(waits, victim->session), sessions};

		(void) RunStep(EndWait, &sentence, "could not break a deadlock");
		waits = WaitsWithout(waits, victim->session);
	}
}
