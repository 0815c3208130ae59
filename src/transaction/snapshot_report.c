/*-------------------------------------------------------------------------
 *
 * snapshot_report.c
 *	  Do the snapshots of several nodes see the same of every distributed
 *	  transaction?
 *
 * Each node takes a snapshot when its part of a statement comes, and reports
 * afterwards what that sees of the transactions that it knows (registry.c). Let
 * t0 be a time before the first of these snapshots, and elapsed the time from
 * there until a node's report had come. Clocks of different nodes are never
 * compared, only durations.
 *
 * Suppose that T is seen at B, and not at A, where it has a part as well. Then
 * one of these is true:
 *
 * (i) T was prepared at A only after A's snapshot. It was committed at B still
 * later, so after t0, and B reports it as seen, with an age of at most elapsed.
 * A does not report it as seen.
 *
 * (ii) T was prepared at A before A's snapshot. A reports it as pending. T was
 * committed at B after it was prepared at A; so if B's report does not have it,
 * it does not know all commits as far back as that is, which is its age at A
 * and elapsed of B together.
 *
 * So it is enough that for each T which B has seen within elapsed every other
 * node with a part in T reports it as seen, and that for each T which is pending
 * at A every other such node has it pending too, or would report it as seen.
 * The report of a node must reach as far back as elapsed of that node.
 *
 * An initiator that wrote counts as prepared from before it asked the others.
 *
 * Where that is not so, the nodes take other snapshots, once the transactions
 * in question have ended where they are pending. One that was seen somewhere
 * is prepared wherever it has a part. A node that waited for it and does not
 * report it as pending sees it, though it may have left the ring of finished
 * ones.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "transaction/registry.h"
#include "transaction/snapshot_report.h"

typedef struct ReportedTransaction
{
	uint64 id;
	bool   seen;
	int64  age;
	List  *groups; /* NIL: perhaps any */
} ReportedTransaction;

static void
Malformed(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_PROTOCOL_VIOLATION), errmsg("malformed report about a snapshot"),
			 errhint("All nodes of a cluster must run the same version of distshard.")));
}

static ReportedTransaction *
ReadTransaction(const char **pos)
{
	ReportedTransaction *transaction = palloc0(sizeof(ReportedTransaction));
	char                *end;

	transaction->id = strtou64(*pos, &end, 16);
	if (end == *pos || (*end != 'v' && *end != 'p'))
		Malformed();
	transaction->seen = *end == 'v';
	transaction->age = strtoi64(end + 1, &end, 10);
	if (*end != ':')
		Malformed();
	end++;
	while (isdigit((unsigned char) *end))
	{
		transaction->groups = lappend_int(transaction->groups, (int) strtol(end, &end, 10));
		if (*end == ',')
			end++;
	}
	*pos = end;
	return transaction;
}

SnapshotReport *
ReadReport(int32 group_id, const char *text, int64 elapsed)
{
	SnapshotReport *report = palloc0(sizeof(SnapshotReport));
	char           *end;

	report->group_id = group_id;
	report->elapsed = elapsed;
	report->covered = REPORT_HORIZON_US;
	if (text == NULL)
		return report;
	report->covered = strtoi64(text, &end, 10);
	if (end == text)
		Malformed();
	for (text = end; *text == ' ';)
	{
		text++;
		report->transactions = lappend(report->transactions, ReadTransaction(&text));
	}
	if (*text != '\0')
		Malformed();
	return report;
}

static ReportedTransaction *
FindTransaction(const SnapshotReport *report, uint64 id)
{
	ListCell *lc;

	foreach (lc, report->transactions)
	{
		if (((ReportedTransaction *) lfirst(lc))->id == id)
			return lfirst(lc);
	}
	return NULL;
}

static bool
ContainsId(List *ids, uint64 id)
{
	ListCell *lc;

	foreach (lc, ids)
	{
		if (*(uint64 *) lfirst(lc) == id)
			return true;
	}
	return false;
}

static List *
AddId(List *ids, uint64 id)
{
	uint64 *copy;

	if (ContainsId(ids, id))
		return ids;
	copy = palloc(sizeof(uint64));
	*copy = id;
	return lappend(ids, copy);
}

/* Does what one node reports about a transaction agree with what another one does? */
static bool
Agree(const SnapshotReport *report, const ReportedTransaction *transaction,
	  const SnapshotReport *other, const Awaited *awaited)
{
	ReportedTransaction *there;

	if (transaction->groups && !list_member_int(transaction->groups, other->group_id))
		return true;
	if (transaction->seen && transaction->age > report->elapsed)
		return true;
	there = FindTransaction(other, transaction->id);
	if (there)
		return there->seen == transaction->seen;
	if (transaction->seen)
		return ContainsId(awaited->decided, transaction->id);
	return other->covered > transaction->age + other->elapsed;
}

bool
SnapshotsFit(List *reports, Awaited *awaited)
{
	List     *ids = NIL;
	List     *decided = awaited->decided;
	bool      fit = true;
	ListCell *lc;
	ListCell *lc2;
	ListCell *lc3;

	foreach (lc, reports)
	{
		SnapshotReport *report = lfirst(lc);

		fit = fit && report->covered >= report->elapsed;
		foreach (lc2, report->transactions)
		{
			ReportedTransaction *transaction = lfirst(lc2);

			foreach (lc3, reports)
			{
				if (lfirst(lc3) == report || Agree(report, transaction, lfirst(lc3), awaited))
					continue;
				fit = false;
				ids = AddId(ids, transaction->id);
			}
		}
	}
	/* Seen anywhere, with another view elsewhere: it has committed. */
	foreach (lc, reports)
	{
		foreach (lc2, ((SnapshotReport *) lfirst(lc))->transactions)
		{
			ReportedTransaction *transaction = lfirst(lc2);

			if (transaction->seen && ContainsId(ids, transaction->id))
				decided = AddId(decided, transaction->id);
		}
	}
	awaited->ids = ids;
	awaited->decided = decided;
	return fit;
}

bool
AnyMissesDoubt(List *reports)
{
	ListCell *lc;
	ListCell *lc2;

	foreach (lc, reports)
	{
		foreach (lc2, ((SnapshotReport *) lfirst(lc))->transactions)
		{
			ReportedTransaction *transaction = lfirst(lc2);

			if (!transaction->seen && transaction->age >= DOUBT_AFTER_US)
				return true;
		}
	}
	return false;
}

void
AppendIds(StringInfo buf, List *ids)
{
	ListCell *lc;

	foreach (lc, ids)
		appendStringInfo(buf, "%s%016" INT64_MODIFIER "x", lc == list_head(ids) ? "" : ",",
						 *(uint64 *) lfirst(lc));
}

List *
ReadIds(const char **pos)
{
	List *ids = NIL;
	char *end;

	for (;;)
	{
		uint64 id = strtou64(*pos, &end, 16);

		if (end == *pos)
			return ids;
		ids = AddId(ids, id);
		*pos = *end == ',' ? end + 1 : end;
	}
}
