/*-------------------------------------------------------------------------
 *
 * cluster_snapshot.c
 *	  One snapshot of all nodes for a REPEATABLE READ transaction.
 *
 * Before the transaction reads anything, commits are held on all nodes, its own
 * included (hold_commits.c). Once none is under way anywhere, every node begins
 * the transaction there and takes its snapshot, then commits go on. A hold lasts
 * from before the first snapshot until after the last, so nothing becomes visible
 * between them: they show what one server would show at one moment. A hold that
 * expired too early is found out, and it is all done again.
 *
 * That leaves distributed transactions that were decided, but of which a node
 * has not been told: there it is prepared, and nobody commits it. Each node tells
 * what it has prepared, just before it takes its snapshot. The nodes that began
 * these look whether their snapshots show the commit record. If one does, or
 * cannot be asked, all is done again until recovery has been there. (A record is
 * deleted only when no node has the transaction prepared any more, and that
 * deletion is a commit, which is held as well.)
 *
 * Nor can a node prepare a transaction while it holds. So what gets committed on
 * a node between the snapshots, by recovery or from a node that does not hold
 * since it was left out, was prepared before on all that hold, and they told so,
 * unless their snapshots see it.
 *
 * This node's own snapshot PostgreSQL has taken before any of our code runs. It
 * is changed in place to the one that was taken meanwhile (own_snapshot.c). If
 * anything was read with it before, and it is not the same, the transaction fails.
 *
 * LOCK TABLE and SET CONSTRAINTS, which take no snapshot in PostgreSQL, may have
 * made nodes take part already: what others commit while LOCK TABLE waits for them
 * is to be seen after it. Such a node has read nothing yet, so it changes its
 * snapshot in place as well, which to hold commits took too early. Its locks stay,
 * however often it is all done again.
 *
 * A node that does not answer is left out. The transaction cannot use it later.
 *
 * SERIALIZABLE transactions stay on one node: PostgreSQL finds the dependencies
 * between transactions of one server only.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/metadata.h"
#include "common/pg_prng.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/latch.h"
#include "transaction/fault.h"
#include "transaction/hold_commits.h"
#include "transaction/internal.h"
#include "transaction/participants.h"
#include "transport/remote_xact.h"
#include "transport/settings.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

/* How long a node may take to hold its commits; then it is left out. */
#define NODE_TIMEOUT_MS 2000

/* After so long the transaction fails, if commits cannot be held. */
#define GIVE_UP_MS 15000

#define IN_DOUBT_PAUSE_MS 100
#define MAX_BUSY_PAUSE_MS 20

/* How the nodes' snapshots came about. */
typedef enum Snapshots
{
	SNAPSHOTS_NONE,    /* no node takes part yet */
	SNAPSHOTS_ALONE,   /* one node runs all that the transaction is to do */
	SNAPSHOTS_TOGETHER /* all were taken at one moment, or that is not wanted */
} Snapshots;

typedef enum Outcome
{
	TAKEN,
	BUSY,    /* commits could not be held for long enough */
	IN_DOUBT /* a distributed transaction would be seen on some of its nodes only */
} Outcome;

/* A node that is asked. */
typedef struct Asked
{
	NodeConn      *conn;
	bool           takes_part; /* already, and has locks */
	RemoteCommand *command;
	RemoteCommand *prepared;
} Asked;

static Snapshots snapshots = SNAPSHOTS_NONE;
static bool      read_here = false; /* something, before the snapshots were taken */
static bool      imported = false;  /* by SET TRANSACTION SNAPSHOT */
static List     *left_out = NIL;    /* ids of nodes that did not answer */
static int32     serializable_group = 0;

PG_FUNCTION_INFO_V1(distshard_prepared_here);
PG_FUNCTION_INFO_V1(distshard_may_have_committed);

/* ---------------------------------------------------- what nodes are asked --- */

/* prepared_here() returns the ids of distributed transactions that this node has prepared. */
Datum
distshard_prepared_here(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	ListCell      *lc;

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	foreach (lc, PreparedHere())
	{
		Datum value = CStringGetTextDatum(((PreparedTransaction *) lfirst(lc))->gid);
		bool  isnull = false;

		tuplestore_putvalues(result->setResult, result->setDesc, &value, &isnull);
	}
	return (Datum) 0;
}

/* may_have_committed(gid): does the transaction's snapshot show that this node has committed it? */
Datum
distshard_may_have_committed(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(MayHaveCommitted(text_to_cstring(PG_GETARG_TEXT_PP(0)), GetActiveSnapshot()));
}

/* ------------------------------------------------------------ asking nodes --- */

/* Can the nodes be reached, and used for now? Opens connections to all of them at once. */
static bool
CanUse(List *node_ids)
{
	MemoryContext caller = CurrentMemoryContext;
	volatile bool can = false;

	PG_TRY();
	{
		ListCell *lc;

		ConnectNodes(node_ids);
		foreach (lc, node_ids)
			(void) UseNode(lfirst_int(lc));
		can = true;
	}
	PG_CATCH();
	{
		if (ERRCODE_TO_CATEGORY(geterrcode()) != ERRCODE_CONNECTION_EXCEPTION)
			PG_RE_THROW();
		MemoryContextSwitchTo(caller);
		FlushErrorState();
	}
	PG_END_TRY();
	return can;
}

/* LeaveOut has the node take no part in the transaction. */
static void
LeaveOut(int32 node_id)
{
	MemoryContext old = MemoryContextSwitchTo(TopTransactionContext);

	left_out = list_append_unique_int(left_out, node_id);
	MemoryContextSwitchTo(old);
}

static List *
AddAsked(List *nodes, NodeConn *conn, bool takes_part)
{
	Asked *asked = palloc0(sizeof(Asked));

	asked->conn = conn;
	asked->takes_part = takes_part;
	return lappend(nodes, asked);
}

/* ReachNodes returns the other nodes, of Asked *, that can be reached. Those that take part must be. */
static List *
ReachNodes(void)
{
	List     *node_ids = NIL;
	List     *nodes = NIL;
	bool      all;
	ListCell *lc;

	foreach (lc, AllPrimaries())
	{
		ClusterNode *node = lfirst(lc);
		NodeConn    *conn;

		if (node->is_local || list_member_int(left_out, node->node_id))
			continue;
		if ((conn = EnlistAgain(node->node_id)) != NULL)
			nodes = AddAsked(nodes, conn, true);
		else
			node_ids = lappend_int(node_ids, node->node_id);
	}
	all = CanUse(node_ids);
	foreach (lc, node_ids)
	{
		int32 node_id = lfirst_int(lc);

		if (all || CanUse(list_make1_int(node_id)))
			nodes = AddAsked(nodes, PeekNodeConn(node_id), false);
		else
			LeaveOut(node_id);
	}
	return nodes;
}

static RemoteCommand *
Ask(NodeConn *conn, const char *sql)
{
	return QueueCommand(conn, sql, NULL, NULL, COMMAND_PREPARE | COMMAND_ROWS);
}

/* Was the answer yes? Reads to its end. */
static bool
AnswerIsYes(RemoteCommand *command)
{
	const char *value;
	bool        isnull;
	bool        yes = false;

	while (NextText(command, &value, &isnull))
		yes = !isnull && value[0] == 't';
	return yes;
}

/* HoldOnAll returns whether all nodes hold commits. Removes those that do not answer from the list. */
static bool
HoldOnAll(List **nodes)
{
	TimestampTz give_up;
	bool        held;
	ListCell   *lc;

	foreach (lc, *nodes)
	{
		Asked *asked = lfirst(lc);

		if (!asked->takes_part)
			SetConnFresh(asked->conn);
		asked->command = Ask(asked->conn, "SELECT distshard.hold_commits()");
		FlushCommands(asked->conn);
	}
	held = HoldCommitsHere();
	give_up = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), NODE_TIMEOUT_MS);
	foreach (lc, *nodes)
	{
		Asked *asked = lfirst(lc);
		long   left = TimestampDifferenceMilliseconds(GetCurrentTimestamp(), give_up);

		if (WaitForCommand(asked->command, left))
			held &= AnswerIsYes(asked->command);
		else
		{
			DropConn(asked->conn);
			if (asked->takes_part)
				CheckNotLost(FindParticipant(asked->conn));
			LeaveOut(ConnNodeId(asked->conn));
			*nodes = foreach_delete_current (*nodes, lc);
		}
	}
	return held;
}

static void
ReleaseAll(List *nodes)
{
	ListCell *lc;

	ReleaseCommitsHere();
	foreach (lc, nodes)
		ReleaseCommitsOn(((Asked *) lfirst(lc))->conn);
}

/*
 * ReleaseAll while an error is on its way. A node whose connection is closed gives up its hold. One that
 * took part before does so when its (sub)transaction is rolled back.
 */
static void
ReleaseAfterError(List *nodes, int before)
{
	ListCell *lc;

	ReleaseCommitsHere();
	foreach (lc, nodes)
	{
		Asked *asked = lfirst(lc);

		if (!asked->takes_part)
			DropConn(asked->conn);
	}
	UndoBegin(before);
}

/*
 * TakeOnAll begins the transaction on all nodes that take no part yet. Returns whether no hold was broken until
 * all had their snapshots.
 */
static bool
TakeOnAll(List *nodes, List **prepared, Snapshot *taken)
{
	TimestampTz began = GetCurrentTimestamp();
	bool        held = true;
	ListCell   *lc;

	foreach (lc, nodes)
	{
		Asked *asked = lfirst(lc);

		asked->prepared = Ask(asked->conn, "SELECT * FROM distshard.prepared_here()");
		if (!asked->takes_part)
		{
			EndBatch(asked->conn); /* a batch is a transaction block */
			BeginOnNode(asked->conn);
		}
		asked->command =
			Ask(asked->conn, asked->takes_part ? "SELECT distshard.take_snapshot_again()"
											   : "SELECT distshard.renew_hold()");
		FlushCommands(asked->conn);
	}
	foreach (lc, PreparedHere())
		*prepared = lappend(*prepared, ((PreparedTransaction *) lfirst(lc))->gid);
	*taken = RegisterSnapshot(GetLatestSnapshot());
	foreach (lc, nodes)
	{
		Asked      *asked = lfirst(lc);
		const char *gid;
		bool        isnull;

		while (NextText(asked->prepared, &gid, &isnull))
			*prepared = lappend(*prepared, pstrdup(gid));
		held &= AnswerIsYes(asked->command);
	}
	FAULT_POINT("snapshots taken");
	return held && RenewHold() &&
		   !TimestampDifferenceExceeds(began, GetCurrentTimestamp(), HOLD_EXPIRES_MS);
}

/* The node that is asked and began the transaction, NULL if there is none. */
static Asked *
Initiator(List *nodes, const char *gid)
{
	ListCell *lc;

	foreach (lc, nodes)
	{
		if (ConnGroupId(((Asked *) lfirst(lc))->conn) == InitiatingGroup(gid))
			return lfirst(lc);
	}
	return NULL;
}

/* Does one of the snapshots show that one of these, which are prepared on nodes, was committed? */
static bool
AnyIsDecided(List *nodes, List *gids, Snapshot taken)
{
	List     *questions = NIL;
	bool      decided = false;
	ListCell *lc;

	foreach (lc, gids)
	{
		char  *gid = lfirst(lc);
		Asked *initiator = Initiator(nodes, gid);

		if (InitiatingGroup(gid) == LocalGroupId())
			decided |= MayHaveCommitted(gid, taken);
		else if (initiator == NULL)
			decided = true;
		else
			questions =
				lappend(questions, QueueCommand(initiator->conn,
												psprintf("SELECT distshard.may_have_committed(%s)",
														 quote_literal_cstr(gid)),
												NULL, NULL, COMMAND_ROWS));
	}
	foreach (lc, questions)
		decided |= AnswerIsYes(lfirst(lc));
	return decided;
}

/* ------------------------------------------------------ this node's snapshot --- */

static void
UseSnapshot(Snapshot taken, Snapshot statement, int before)
{
	if (read_here && !IsTransactionSnapshot(taken))
	{
		UndoBegin(before);
		ereport(ERROR, (errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
						errmsg("could not serialize access due to concurrent update"),
						errdetail("The statement had read tables of this node before it came to "
								  "other nodes, and transactions have committed since."),
						errhint("Retry, in a transaction block.")));
	}
	ChangeTransactionSnapshot(taken, statement);
}

/* ------------------------------------------------------ taking the snapshot --- */

/* Registers what it has taken, unless the nodes have no snapshots that fit it. */
static Outcome
TryToTake(List *nodes, Snapshot *taken)
{
	List   *reached = list_copy(nodes);
	List   *prepared = NIL;
	int     before = nparticipants;
	Outcome outcome = BUSY;

	PG_TRY();
	{
		if (!HoldOnAll(&reached))
			ReleaseAll(reached);
		else
		{
			bool held = TakeOnAll(reached, &prepared, taken);

			ReleaseAll(reached);
			if (held)
				outcome = AnyIsDecided(reached, prepared, *taken) ? IN_DOUBT : TAKEN;
			if (outcome != TAKEN)
			{
				UnregisterSnapshot(*taken);
				UndoBegin(before);
			}
		}
	}
	PG_CATCH();
	{
		ReleaseAfterError(nodes, before);
		PG_RE_THROW();
	}
	PG_END_TRY();
	return outcome;
}

static void
Pause(long timeout)
{
	(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, timeout,
					 PG_WAIT_EXTENSION);
	ResetLatch(MyLatch);
	CHECK_FOR_INTERRUPTS();
}

static void
GiveUp(Outcome outcome)
{
	if (outcome == IN_DOUBT)
		ereport(ERROR, (errcode(ERRCODE_TRANSACTION_RESOLUTION_UNKNOWN),
						errmsg("the outcome of a distributed transaction is not known yet"),
						errdetail("A snapshot of all nodes would show it on some of them only."),
						errhint("See distshard.prepared_transactions.")));
	ereport(ERROR, (errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
					errmsg("could not take a snapshot of all nodes"),
					errdetail("Commits took longer than they can be held.")));
}

static void
Take(Snapshot statement)
{
	TimestampTz   began = GetCurrentTimestamp();
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "distshard snapshot", ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);
	int           before = nparticipants;
	Snapshot      taken;
	Outcome       outcome;

	while ((outcome = TryToTake(ReachNodes(), &taken)) != TAKEN)
	{
		if (TimestampDifferenceExceeds(began, GetCurrentTimestamp(),
									   outcome == IN_DOUBT ? InDoubtTimeout : GIVE_UP_MS))
			GiveUp(outcome);
		Pause(outcome == IN_DOUBT
				  ? IN_DOUBT_PAUSE_MS
				  : 1 + (long) pg_prng_uint64_range(&pg_global_prng_state, 0, MAX_BUSY_PAUSE_MS));
	}
	UseSnapshot(taken, statement, before);
	UnregisterSnapshot(taken);
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
}

static bool
IsWanted(void)
{
	return XactIsoLevel == XACT_REPEATABLE_READ && ConsistentReads && !IsClusterConnection() &&
		   list_length(AllPrimaries()) > 1;
}

/* Do others use this node's snapshot as well? Then it has to remain as it is. */
static bool
IsShared(void)
{
	return imported || XactHasExportedSnapshots();
}

void
TakeClusterSnapshot(Snapshot statement)
{
	if (snapshots != SNAPSHOTS_NONE || IsShared())
		return;
	if (IsWanted())
		Take(statement);
	snapshots = SNAPSHOTS_TOGETHER;
}

void
JoinClusterSnapshot(int32 node_id)
{
	if (snapshots == SNAPSHOTS_NONE && IsShared() && IsWanted())
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("cannot use an exported or imported snapshot on other nodes"),
				 errdetail("Snapshots are exported by one server to sessions on it."),
				 errhint("Set distshard.consistent_reads to off, if a snapshot on each node is "
						 "good enough.")));
	TakeClusterSnapshot(NULL);
	snapshots = snapshots == SNAPSHOTS_NONE ? SNAPSHOTS_TOGETHER : snapshots;
	if (snapshots == SNAPSHOTS_ALONE || list_member_int(left_out, node_id))
		ereport(ERROR, (errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
						errmsg("node %d does not take part in the transaction", node_id),
						errdetail("It was not there when the transaction's snapshot was taken.")));
}

void
ReadsHere(void)
{
	UseInSerializable(LocalGroupId());
	read_here = true;
}

bool
RunsAlone(void)
{
	if (snapshots != SNAPSHOTS_NONE || !IsWanted())
		return false;
	snapshots = SNAPSHOTS_ALONE;
	return true;
}

void
SnapshotWasImported(void)
{
	imported = true;
}

void
UseInSerializable(int32 group_id)
{
	if (XactIsoLevel != XACT_SERIALIZABLE || IsClusterConnection())
		return;
	if (serializable_group != 0 && serializable_group != group_id)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("a SERIALIZABLE transaction cannot use several nodes"),
				 errdetail("Dependencies between transactions are not tracked across nodes."),
				 errhint("Use REPEATABLE READ.")));
	serializable_group = group_id;
}

void
ForgetClusterSnapshot(void)
{
	snapshots = SNAPSHOTS_NONE;
	read_here = false;
	imported = false;
	left_out = NIL;
	serializable_group = 0;
}
