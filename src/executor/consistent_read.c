/*-------------------------------------------------------------------------
 *
 * consistent_read.c
 *	  A statement sees each distributed transaction on all nodes, or on none.
 *
 * At READ COMMITTED each node takes a snapshot of its own for a statement. Before
 * the statement gives a row, the nodes have told what theirs see, and it is
 * known that they fit together (snapshot_report.c).
 *
 * If the statement is one fragment, the nodes run it at once, and their reports
 * come with the first rows. Only if they do not fit the fragment is sent again,
 * with snapshots that do.
 *
 * Statements of several fragments, or that read this node's own tables as well,
 * or change rows, can not be started over. Their nodes take snapshots first,
 * until these fit, and then run the fragments with them; that costs a round trip.
 * If only one node is involved, its fragments have the snapshot of the first.
 * Should new transactions get in between every time, nodes hold their commits
 * meanwhile.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/parallel.h"
#include "access/transam.h"
#include "access/xact.h"
#include "catalog/metadata.h"
#include "catalog/shard_key.h"
#include "executor/consistent_read.h"
#include "executor/executor.h"
#include "executor/params.h"
#include "executor/remote_scan.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "parser/parsetree.h"
#include "planner/claim.h"
#include "planner/dist_plan.h"
#include "transaction/hold_commits.h"
#include "transaction/in_doubt.h"
#include "transaction/registry.h"
#include "transaction/xact.h"
#include "transaction_end.h"
#include "transport/remote_xact.h"
#include "transport/settings.h"
#include "utils/snapmgr.h"

/* So many times nodes take snapshots without holding commits, and then with. */
#define FREE_ATTEMPTS 2
#define MAX_ATTEMPTS  50

static ExecutorStart_hook_type next_ExecutorStart = NULL;

/* The statement that the query which is being started is part of. */
static EState *whole = NULL;

/* What a plan reads. */
typedef struct Reads
{
	ParamListInfo params;
	List         *rtable;
	List         *groups; /* node groups that its fragments may read */
	List         *plans;  /* of PlannedStmt *: its own, and those of what is to be sent to nodes */
	int           nfragments; /* that read */
	bool          own_tables; /* on this node, by itself */
	bool          once;       /* nothing in it is against sending its fragment again */
} Reads;

/* ------------------------------------------------------ what a plan reads --- */

/* The groups on which a fragment may run. */
static List *
GroupsOfFragment(const FragmentPlan *fragment, List *exprs, ParamListInfo params)
{
	DistTable      *table = LookupDistTable(fragment->table);
	ParamExternData key;

	if (table == NULL)
		return NIL;
	if (OidIsValid(fragment->key_type) && KnownValue(linitial(exprs), params, &key))
	{
		if (fragment->target == TARGET_ONE_SHARD)
			return list_make1_int(
				ShardForValue(table, fragment->key_type, key.value, key.isnull)->group_id);
		if (fragment->target == TARGET_SHARDS)
			return key.isnull ? NIL : GroupsForValues(table, key.value);
	}
	if (fragment->target == TARGET_THIS_COPY)
		return list_make1_int(LocalGroupId());
	return GroupsOfTable(table);
}

static void AddStatement(Reads *reads, PlannedStmt *statement);

/* A copy of a reference table is changed everywhere alike: locks see to that. */
static void
AddFragment(Reads *reads, CustomScan *scan)
{
	FragmentPlan fragment = UnpackFragment(scan->custom_private);
	ListCell    *lc;

	foreach (lc, fragment.transfers)
	{
		TransferPlan *transfer = lfirst(lc);

		if (transfer->source) /* else it is among the subplans */
			AddStatement(reads, transfer->source);
	}
	if (fragment.target == TARGET_ALL_COPIES)
		return;
	reads->nfragments++;
	reads->groups = list_concat_unique_int(
		reads->groups, GroupsOfFragment(&fragment, scan->custom_exprs, reads->params));
	if (fragment.operation != CMD_SELECT || fragment.locks_rows || fragment.transfers ||
		fragment.part || !bms_is_empty(scan->scan.plan.allParam))
		reads->once = false;
}

/* Catalogs are not what distributed transactions are about. */
static bool
ReadsOwnTable(Plan *plan, List *rtable)
{
	RangeTblEntry *rte;

	switch (nodeTag(plan))
	{
		case T_SeqScan:
		case T_SampleScan:
		case T_IndexScan:
		case T_IndexOnlyScan:
		case T_BitmapHeapScan:
		case T_TidScan:
		case T_TidRangeScan:
			rte = rt_fetch(((Scan *) plan)->scanrelid, rtable);
			return rte->relid >= FirstNormalObjectId;
		default:
			return false;
	}
}

static void AddPlan(Reads *reads, Plan *plan);

static void
AddPlans(Reads *reads, List *plans)
{
	ListCell *lc;

	foreach (lc, plans)
		AddPlan(reads, lfirst(lc));
}

static void
AddPlan(Reads *reads, Plan *plan)
{
	if (plan == NULL)
		return;
	check_stack_depth();
	switch (nodeTag(plan))
	{
		case T_Append:
			AddPlans(reads, ((Append *) plan)->appendplans);
			break;
		case T_MergeAppend:
			AddPlans(reads, ((MergeAppend *) plan)->mergeplans);
			break;
		case T_SubqueryScan:
			AddPlan(reads, ((SubqueryScan *) plan)->subplan);
			break;
		case T_CustomScan:
			if (((CustomScan *) plan)->methods == &RemoteScanMethods)
				AddFragment(reads, (CustomScan *) plan);
			AddPlans(reads, ((CustomScan *) plan)->custom_plans);
			break;
		default:
			reads->own_tables = reads->own_tables || ReadsOwnTable(plan, reads->rtable);
			break;
	}
	AddPlan(reads, outerPlan(plan));
	AddPlan(reads, innerPlan(plan));
}

static void
AddStatement(Reads *reads, PlannedStmt *statement)
{
	List *rtable = reads->rtable;

	reads->plans = lappend(reads->plans, statement);
	reads->rtable = statement->rtable;
	AddPlan(reads, statement->planTree);
	AddPlans(reads, statement->subplans);
	reads->rtable = rtable;
}

/* ------------------------------------------------------------- agreeing --- */

static bool
SameSnapshot(Snapshot a, Snapshot b)
{
	return a->xmin == b->xmin && a->xmax == b->xmax && a->xcnt == b->xcnt &&
		   a->subxcnt == b->subxcnt && a->suboverflowed == b->suboverflowed &&
		   memcmp(a->xip, b->xip, sizeof(TransactionId) * a->xcnt) == 0 &&
		   (a->subxcnt <= 0 ||
			memcmp(a->subxip, b->subxip, sizeof(TransactionId) * a->subxcnt) == 0);
}

/* Makes *snapshot the latest one, with the same command number. */
static void
Renew(Snapshot *snapshot)
{
	Snapshot latest = GetTransactionSnapshot();
	Snapshot old = *snapshot;

	if (SameSnapshot(latest, old))
		return;
	*snapshot = CopyOfSnapshot(latest, old->curcid, CurrentResourceOwner);
	UnregisterSnapshot(old);
}

static List *
OtherNodes(List *groups)
{
	List     *nodes = NIL;
	ListCell *lc;

	foreach (lc, groups)
	{
		if (lfirst_int(lc) != LocalGroupId())
			nodes = lappend_int(nodes, GroupPrimary(lfirst_int(lc), false)->node_id);
	}
	return nodes;
}

/*
 * One attempt: the nodes take snapshots, and this one if *here is not NULL. What is in doubt
 * about tables is awaited first. With hold, they hold commits.
 */
static List *
TakeSnapshots(int number, List *nodes, List *awaited, List *tables, bool hold, Snapshot *here)
{
	int64     start = MonotonicTime();
	List     *commands = NIL;
	List     *reports = NIL;
	ListCell *lc;
	ListCell *lc2;

	foreach (lc, nodes)
	{
		NodeConn *conn = EnlistNode(lfirst_int(lc), REMOTE_READ);

		commands = lappend(commands, QueueTakeSnapshot(conn, number, awaited, tables, hold));
		FlushCommands(conn);
	}
	if (*here)
	{
		if (hold)
			(void) HoldCommitsHere();
		AwaitTransactions(awaited);
		if (tables)
			(void) AwaitDoubtsAbout(tables, *here, start);
		Renew(here);
		reports = lappend(reports,
						  ReadReport(LocalGroupId(), ReportSnapshot(*here, start, REPORT_IN_FULL),
									 MonotonicTime() - start));
	}
	forboth (lc, nodes, lc2, commands)
	{
		const char *text;
		bool        isnull;

		if (!NextText(lfirst(lc2), &text, &isnull))
			elog(ERROR, "a node did not take a snapshot");
		reports = lappend(reports, ReadReport(ConnGroupId(PeekNodeConn(lfirst_int(lc))), text,
											  MonotonicTime() - start));
		FinishCommand(lfirst(lc2));
	}
	return reports;
}

static void
ReleaseCommits(List *nodes)
{
	ListCell *lc;

	ReleaseCommitsHere();
	foreach (lc, nodes)
		ReleaseCommitsOn(PeekNodeConn(lfirst_int(lc)));
}

/*
 * While nodes hold commits, none that could be in the way gets prepared, and those that are
 * prepared come to an end. After an error, a hold ends with what is rolled back.
 */
void
AgreeOnSnapshots(int number, List *groups, Awaited *awaited, List *plans, Snapshot *here)
{
	List *nodes = OtherNodes(groups);
	List *tables = NIL; /* which they are matters only if something is in doubt */
	int   attempt = 1;

	ConnectNodes(nodes);
	for (;;)
	{
		List *reports =
			TakeSnapshots(number, nodes, awaited->ids, tables, attempt > FREE_ATTEMPTS, here);
		bool fit = SnapshotsFit(reports, awaited);

		if (tables == NIL && AnyMissesDoubt(reports))
			tables = TablesOf(plans);
		else if (fit)
			break;
		CHECK_FOR_INTERRUPTS();
		if (attempt++ == MAX_ATTEMPTS)
			ereport(ERROR, (errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
							errmsg("could not take snapshots of all nodes that fit together"),
							errdetail("Distributed transactions took longer to commit than commits "
									  "can be held.")));
	}
	if (attempt > FREE_ATTEMPTS)
		ReleaseCommits(nodes);
}

/* -------------------------------------------------------------- starting --- */

static void
ContinueStart(QueryDesc *query, int eflags)
{
	if (next_ExecutorStart)
		next_ExecutorStart(query, eflags);
	else
		standard_ExecutorStart(query, eflags);
}

static bool
IsToBeConsistent(int eflags)
{
	return ConsistentReads && !IsolationUsesXactSnapshot() && !IsParallelWorker() &&
		   !(eflags & EXEC_FLAG_EXPLAIN_ONLY);
}

static void
NoteSnapshots(SentStatement *statement, List *groups)
{
	ListCell *lc;
	List     *nodes = OtherNodes(groups);

	foreach (lc, nodes)
		NoteStateKept(statement, PeekNodeConn(lfirst_int(lc)));
}

static void
StartWhole(QueryDesc *query, int eflags)
{
	Reads          reads = {.params = query->params, .once = true};
	bool           checks;
	bool           shares;
	int            number = 0;
	bool           is_here;
	SentStatement *statement;

	AddStatement(&reads, query->plannedstmt);
	if (reads.own_tables && reads.nfragments > 0)
		reads.groups = list_append_unique_int(reads.groups, LocalGroupId());
	is_here = list_member_int(reads.groups, LocalGroupId());
	checks = list_length(reads.groups) > 1 && reads.nfragments == 1 && reads.once &&
			 !reads.own_tables && query->instrument_options == 0;
	shares = !checks && (list_length(reads.groups) > 1 || (reads.nfragments > 1 && !is_here));

	if (shares)
		number = NewStatementNumber();
	if (shares && list_length(reads.groups) > 1)
	{
		Awaited  awaited = {NIL, NIL};
		Snapshot none = NULL;

		AgreeOnSnapshots(number, reads.groups, &awaited, reads.plans,
						 is_here ? &query->snapshot : &none);
	}
	else if (is_here && !checks && AnyInDoubt() &&
			 AwaitDoubtsAbout(TablesOf(reads.plans), query->snapshot, MonotonicTime()))
		Renew(&query->snapshot);
	ContinueStart(query, eflags);
	if (!checks && !shares)
		return;
	statement = AddSentStatement(query->estate, number);
	statement->checks_snapshots = checks;
	statement->shares_snapshots = shares;
	if (shares && list_length(reads.groups) == 1)
		TellTables(statement, reads.plans);
	else if (shares)
		NoteSnapshots(statement, reads.groups);
}

/*
 * What was in doubt when the query's snapshot was taken, or is now, if it can have a newer one. The parts
 * of a statement that this node runs for itself have waited before the statement's snapshot was taken.
 * A fragment of this node whose statement can start over does so by itself.
 */
static void
AwaitOutcomes(QueryDesc *query)
{
	const Claim *claim = FragmentClaim(query->sourceText);
	bool         shares = claim && claim->is_part && !claim->newest && !IsolationUsesXactSnapshot();
	bool         starts_over = claim && claim->tells_snapshot && InLocalFragment();
	bool         awaited = true;
	int64        at = MonotonicTime();
	Snapshot     fixed = NULL;

	if (shares && InLocalFragment())
		return;
	if (shares)
		fixed = SnapshotOfParts(&at, &awaited);
	else if (IsolationUsesXactSnapshot() || starts_over)
		fixed = query->snapshot;
	if (shares && fixed == NULL && AwaitDoubtsOfParts(query->snapshot, at))
		Renew(&query->snapshot);
	if ((AwaitDoubts(query, fixed, at) && (IsolationUsesXactSnapshot() || !starts_over)) ||
		(fixed && !awaited && MissesDoubts(fixed, at)))
		ereport(ERROR, (errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
						errmsg("could not serialize access due to a distributed transaction whose "
							   "outcome was not known"),
						errhint("The transaction might succeed if retried.")));
}

static void
StartConsistently(QueryDesc *query, int eflags)
{
	EState        *estate = whole;
	SentStatement *statement = estate ? FindSentStatement(estate) : NULL;

	whole = NULL;
	if (ConsistentReads && !IsParallelWorker() && !(eflags & EXEC_FLAG_EXPLAIN_ONLY))
		AwaitOutcomes(query);
	if (estate == NULL && IsToBeConsistent(eflags) && !IsForOneShard(query->plannedstmt))
	{
		StartWhole(query, eflags);
		return;
	}
	ContinueStart(query, eflags);
	if (statement)
	{
		SentStatement *part = AddSentStatement(query->estate, statement->number);

		part->shares_snapshots = statement->shares_snapshots;
		part->tables = statement->tables;
		part->nodes = list_copy(statement->nodes);
	}
}

void
StartPart(QueryDesc *part, int eflags, EState *estate)
{
	whole = estate;
	ExecutorStart(part, eflags);
}

static void
OnTransactionEnd(XactEvent event)
{
	whole = NULL; /* of a start that failed before */
}

void
InitConsistentReads(void)
{
	next_ExecutorStart = ExecutorStart_hook;
	ExecutorStart_hook = StartConsistently;
	CallAtEvents(AT_END, OnTransactionEnd, &whole);
}
